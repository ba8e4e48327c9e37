"""The settings of fastText's classifier and their validation."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from malmoi.foundation.limits import most
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_choice, check_number, real_number, shorten
from malmoi.metrics.calibrators import CALIBRATIONS
from malmoi.models.linear.settings import check_reject_below
from malmoi.models.weights import ClassWeight, check_class_weight
from malmoi.tokenizers import Tokenizer
from malmoi.wordvectors import WordVectors

__all__ = ["BUCKETS", "LARGEST_RATE", "LOSSES", "FastTextSettings", "LossName"]

LossName = Literal["auto", "softmax", "one-vs-all"]
LOSSES = ("auto", "softmax", "one-vs-all")
BUCKETS = 2_000_000
LARGEST_RATE = 100.0
LARGEST_SEED = 2**63 - 1
LEARNED_TEXTS, FEWEST_EPOCHS, MOST_EPOCHS = 250_000, 5, 25
"""Texts that are learned in all passes together, and limits of the number of passes."""


@dataclass(frozen=True)
class FastTextSettings:
    """The parameters of `FastTextClassifier`; see there for meanings and defaults."""

    tokens: Tokenizer | None = None
    dimension: int = 16
    epochs: int | Literal["auto"] = "auto"
    learning_rate: float = 0.5
    ngrams: int | tuple[int, int] = (1, 2)
    characters: tuple[int, int] | None = None
    buckets: int = BUCKETS
    min_count: int = 1
    loss: LossName = "auto"
    vectors: WordVectors | None = None
    class_weight: ClassWeight = None
    calibration: str | None = "temperature"
    reject_below: float | None = None
    seed: int = 0
    n_jobs: int | None = None

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def of(cls, estimator: object) -> FastTextSettings:
        """Read the settings from an estimator and check them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.
        """
        settings = cls(**{one.name: getattr(estimator, one.name) for one in fields(cls)})
        settings.check()
        characters = None if settings.characters is None else (int(settings.characters[0]), int(settings.characters[1]))
        return replace(settings, seed=int(settings.seed), ngrams=(1, settings.longest_ngram), characters=characters)

    def check(self) -> None:
        """Raise an error if a setting is out of range or has no effect."""
        if self.tokens is not None and not isinstance(self.tokens, Tokenizer):
            raise TypeError(f"tokens must be None or a tokenizer, such as Words(), got {shorten(self.tokens)}")
        check_number("dimension", self.dimension, 1, most("dimension"))
        if self.epochs != "auto":
            if isinstance(self.epochs, str):
                raise TypeError(f'epochs must be "auto" or a whole number, got {shorten(self.epochs)}')
            check_number("epochs", self.epochs, 1, most("count"))
        if not 0 < real_number("learning_rate", self.learning_rate) <= LARGEST_RATE:
            raise ValueError(f"learning_rate must be above 0 and at most {LARGEST_RATE:g}, got {self.learning_rate}")
        self._check_features()
        check_choice("loss", self.loss, LOSSES)
        check_class_weight(self.class_weight)
        if self.calibration is not None:
            check_choice("calibration", self.calibration, (*CALIBRATIONS, None))
        check_reject_below(self.reject_below)
        check_number("seed", self.seed, 0, LARGEST_SEED)
        thread_count(self.n_jobs)

    def _check_features(self) -> None:
        if isinstance(self.ngrams, tuple | list):
            if len(self.ngrams) != 2 or self.ngrams[0] != 1:
                raise ValueError(f"ngrams must be a range (1, longest), got {shorten(self.ngrams)}")
            check_number("ngrams[1]", self.ngrams[1], 1, most("n-gram size"))
        else:
            check_number("ngrams", self.ngrams, 1, most("n-gram size"))
        check_number("min_count", self.min_count, 1, most("count"))
        check_number("buckets", self.buckets, 1, most("buckets"))
        if self.characters is not None:
            self._check_characters()
        elif self.longest_ngram == 1 and self.buckets != BUCKETS:
            raise ValueError("buckets has no effect without word n-grams and characters; leave it out")
        if self.vectors is None:
            return
        if not isinstance(self.vectors, WordVectors):
            raise TypeError(f"vectors must be None or WordVectors, got {shorten(self.vectors)}; use WordVectors.open")
        if self.vectors.dimension != self.dimension:
            raise ValueError(f"dimension must be that of the vectors, {self.vectors.dimension}, got {self.dimension}")

    def _check_characters(self) -> None:
        pair = self.characters
        if isinstance(pair, str) or not isinstance(pair, tuple | list) or len(pair) != 2:
            raise TypeError(f"characters must be None or a pair (shortest, longest), got {shorten(pair)}")
        check_number("characters[0]", pair[0], 1, most("n-gram size"))
        check_number("characters[1]", pair[1], 1, most("n-gram size"))
        if pair[0] > pair[1]:
            raise ValueError(f"characters must be a pair (shortest, longest), got {shorten(pair)}")

    @property
    def longest_ngram(self) -> int:
        """Number of words of the longest word n-gram."""
        return int(self.ngrams[1] if isinstance(self.ngrams, tuple | list) else self.ngrams)

    @property
    def used_buckets(self) -> int:
        """Number of buckets; 0 without n-grams."""
        return self.buckets if self.longest_ngram > 1 or self.characters is not None else 0

    def epochs_for(self, texts: int) -> int:
        """Return the number of passes over so many texts."""
        if self.epochs != "auto":
            return int(self.epochs)
        return min(max(LEARNED_TEXTS // max(texts, 1), FEWEST_EPOCHS), MOST_EPOCHS)
