"""Where the first word vectors come from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from malmoi.foundation.limits import check_limit
from malmoi.foundation.validation import real_number, shorten, whole_number
from malmoi.tokenizers.ngrams import check_ngrams
from malmoi.wordvectors import WordVectors

__all__ = ["SAVED_EMBEDDINGS", "Embedding", "Hashed", "Learned", "Pretrained"]


@dataclass(frozen=True)
class Learned:
    """Word vectors that are learned with the task, from small random numbers.

    Args:
        dimension: embedding dimension; 1 or more.
        trainable: `False` in a loaded model whose pretrained vectors were frozen.
        learning_rate: learning rate of the embedding alone; `None`: that of all other weights.
    """

    dimension: int = 100
    trainable: bool = True
    learning_rate: float | None = None

    def __post_init__(self) -> None:
        _check_dimension(self)
        _check_flag("trainable", self.trainable)
        _check_rate(self)


@dataclass(frozen=True)
class Pretrained:
    """Word vectors from a file; zeros for a word that the file lacks.

    Args:
        vectors: opened word vectors; as a setting, the path of their file.
        trainable: whether training may change the vectors.
        learning_rate: learning rate of the embedding alone, where it is trainable; `None`: that of all other weights.
    """

    vectors: WordVectors
    trainable: bool = False
    learning_rate: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.vectors, WordVectors):
            raise TypeError(f"vectors must be WordVectors, got {self.vectors!r}; open a file: WordVectors.open(path)")
        _check_flag("trainable", self.trainable)
        _check_rate(self)
        if self.learning_rate is not None and not self.trainable:
            raise ValueError("learning_rate must be None where trainable is False: frozen vectors learn nothing")

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self.vectors.dimension


@dataclass(frozen=True)
class Hashed:
    """Learned vectors of n-grams in buckets: no vocabulary, so that no word is unknown; some n-grams share a vector.

    Args:
        dimension: embedding dimension; 1 or more.
        buckets: rows of the hashed embedding; 1 to 2**31 - 2.
        ngrams: smallest and largest size of the n-grams that are hashed; above 1 with `Average` alone, where order does
            not count.
        seed: seed of the hash; 0 to 2**64 - 1.
        learning_rate: learning rate of the embedding alone; `None`: that of all other weights.

    Source:
        Weinberger et al. 2009, "Feature hashing for large scale multitask learning"; with 2-grams Joulin et al. 2017.
    """

    dimension: int = 50
    buckets: int = 2**18
    ngrams: tuple[int, int] = (1, 1)
    seed: int = 0
    learning_rate: float | None = None

    def __post_init__(self) -> None:
        _check_dimension(self)
        check_ngrams(self.ngrams)
        object.__setattr__(self, "ngrams", (int(self.ngrams[0]), int(self.ngrams[1])))
        for name, least, most in (("buckets", 1, 2**31 - 2), ("seed", 0, 2**64 - 1)):
            value = whole_number(name, getattr(self, name))
            if not least <= value <= most:
                raise ValueError(f"{name} must be from {least} to {most}, got {shorten(value)}")
            object.__setattr__(self, name, value)
        _check_rate(self)

    @property
    def trainable(self) -> bool:
        """They are always learned."""
        return True

    @property
    def sizes(self) -> int:
        """How many sizes of n-grams there are."""
        return self.ngrams[1] - self.ngrams[0] + 1


Embedding: TypeAlias = Learned | Pretrained | Hashed
SAVED_EMBEDDINGS: dict[str, type[Learned] | type[Hashed]] = {"Learned": Learned, "Hashed": Hashed}
"""Those of model files: vectors that came from a file are in the model."""


def _check_dimension(embedding: Learned | Hashed) -> None:
    object.__setattr__(embedding, "dimension", whole_number("dimension", embedding.dimension))
    if embedding.dimension < 1:
        raise ValueError(f"dimension must be 1 or more, got {shorten(embedding.dimension)}")
    check_limit("dimension", "dimension", embedding.dimension)


def _check_rate(embedding: Embedding) -> None:
    if embedding.learning_rate is None:
        return
    rate = real_number("learning_rate", embedding.learning_rate)
    if not 0 < rate < math.inf:
        raise ValueError(f"learning_rate must be above 0 and finite, got {rate}")
    object.__setattr__(embedding, "learning_rate", rate)


def _check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {shorten(value)}")
