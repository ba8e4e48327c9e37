"""Initial word vectors of a network."""

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
    """Word vectors that are trained with the network, from small random initial values.

    Args:
        dimension: embedding dimension; 1 or more.
        trainable: whether the vectors are trained; `False` only in a loaded model whose pretrained vectors were frozen.
        learning_rate: learning rate of the embedding, above 0; `None`: the same as for all other weights.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range.

    Example:
        >>> from malmoi import Average, EmbeddingClassifier
        >>> EmbeddingClassifier(Average(), embedding=Learned(dimension=50, learning_rate=0.01)).embedding
        Learned(dimension=50, trainable=True, learning_rate=0.01)
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
    """Word vectors from a file; zeros for words that are not in the file.

    Args:
        vectors: file of word vectors; in Python `WordVectors.open(path)`, in saved settings the path.
        trainable: whether the vectors are trained.
        learning_rate: learning rate of the embedding, above 0, if it is trainable; `None`: the same as for all other
            weights.

    Raises:
        TypeError: `vectors` is not a `WordVectors`, or a setting has the wrong type.
        ValueError: a setting is out of range, or there is a learning rate for frozen vectors.

    Example:
        >>> vectors = WordVectors.from_arrays(["good", "bad"], [[1.0, 0.0, 0.5], [-1.0, 0.0, 0.5]])
        >>> embedding = Pretrained(vectors, trainable=True, learning_rate=0.001)
        >>> embedding.dimension, embedding.trainable
        (3, True)
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
            raise ValueError("learning_rate must be None if trainable is False, as frozen vectors are not trained")

    @property
    def dimension(self) -> int:
        """The embedding dimension."""
        return self.vectors.dimension


@dataclass(frozen=True)
class Hashed:
    """Trained vectors of hashed n-grams: without a vocabulary, so no word is unknown, but some n-grams share a vector.

    Args:
        dimension: embedding dimension; 1 or more.
        buckets: rows of the hashed embedding; 1 to 2**31 - 2.
        ngrams: n-gram range (shortest, longest) in tokens; above 1 only with `Average`, which does not depend on the
            order of tokens.
        seed: random seed of the hash; 0 to 2**64 - 1.
        learning_rate: learning rate of the embedding, above 0; `None`: the same as for all other weights.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range.

    Source:
        Weinberger et al. 2009, "Feature hashing for large scale multitask learning"; with 2-grams Joulin et al. 2017.

    Example:
        >>> from malmoi import Average, EmbeddingClassifier
        >>> embedding = Hashed(dimension=20, buckets=10_000, ngrams=(1, 2))
        >>> embedding.trainable, EmbeddingClassifier(Average(), embedding=embedding).embedding.buckets
        (True, 10000)
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
        """Always true: hashed vectors are trained."""
        return True

    @property
    def sizes(self) -> int:
        """Number of n-gram lengths.

        :meta private:
        """
        return self.ngrams[1] - self.ngrams[0] + 1


Embedding: TypeAlias = Learned | Pretrained | Hashed
SAVED_EMBEDDINGS: dict[str, type[Learned] | type[Hashed]] = {"Learned": Learned, "Hashed": Hashed}
"""Embeddings of model files; pretrained vectors are saved as `Learned`."""


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
