"""Settings and record of a GloVe training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import LARGEST_COUNT, check_number, real_number, shorten
from malmoi.tokenizers.base import Tokenizer
from malmoi.wordvectors.formats.sources import LARGEST_DIMENSION

__all__ = ["EpochCallback", "GloveSettings", "Training"]


WIDEST_WINDOW = 10_000


EpochCallback = Callable[[int, float], None]
"""Callback after each epoch; called with the epoch's number, from 1, and its mean loss."""


@dataclass(frozen=True)
class GloveSettings:
    """Settings that determine the result of a training.

    Args:
        dimension, window, symmetric, min_count, max_tokens: see `WordVectors.train`.
        epochs, x_max, alpha, learning_rate, seed: see `WordVectors.train`.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range.

    Example:
        >>> from malmoi import WordVectors
        >>> WordVectors.train(["so good"], dimension=2, min_count=1, epochs=1).training.settings.window
        15
    """

    dimension: int
    window: int
    symmetric: bool
    min_count: int
    max_tokens: int | None
    epochs: int
    x_max: float
    alpha: float
    learning_rate: float
    seed: int

    def __post_init__(self) -> None:
        """Validate the settings."""
        check_number("dimension", self.dimension, 1, LARGEST_DIMENSION)
        check_number("window", self.window, 1, WIDEST_WINDOW)
        check_number("min_count", self.min_count, 1, LARGEST_COUNT)
        check_number("epochs", self.epochs, 1)
        check_number("seed", self.seed, 0, LARGEST_COUNT)
        if self.max_tokens is not None:
            check_number("max_tokens", self.max_tokens, 1)
        if not isinstance(self.symmetric, bool):
            raise TypeError(f"symmetric must be True or False, got {shorten(self.symmetric)}")
        for name, most in {"x_max": 1e15, "alpha": 10.0, "learning_rate": 10.0}.items():
            number = real_number(name, getattr(self, name))
            if not 0 < number <= most:
                raise ValueError(f"{name} must be above 0 and at most {most:g}, got {number:g}")


@dataclass(frozen=True)
class Training:
    """Record of a training.

    Args:
        tokens: tokenizer; users of the vectors should tokenize in the same way.
        settings: settings of the training.
        costs: mean loss of each epoch, ½ f(x) (dot product and biases - log count)².
        counts: int64 (words,), count of each word in the texts, in the order of the vectors.
        running_tokens: number of tokens of the texts, those without a vector included.
        pairs: number of co-occurring word pairs, counted in both directions.
        spilled_bytes: bytes that did not fit into memory and were stored in temporary files.
        choice: the tokenizer, and the reason for its choice.

    Example:
        >>> from malmoi import WordVectors
        >>> training = WordVectors.train(["so good a film"] * 9, dimension=4, min_count=1, epochs=2).training
        >>> training.tokens, training.settings.window, training.running_tokens, training.pairs
        (Words(), 15, 36, 12)
        >>> training.costs[1] < training.costs[0]
        True
    """

    tokens: Tokenizer
    settings: GloveSettings
    costs: tuple[float, ...]
    counts: npt.NDArray[np.int64] = field(repr=False)
    running_tokens: int
    pairs: int
    spilled_bytes: int
    choice: str = ""
