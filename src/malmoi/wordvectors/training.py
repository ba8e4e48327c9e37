"""How vectors are trained: settings, and what a training tells of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import LARGEST_COUNT, check_number, real_number, shorten
from malmoi.tokenizers.base import Tokenizer
from malmoi.wordvectors.formats.sources import LARGEST_DIMENSION

__all__ = ["GloveSettings", "HeardEpoch", "Training"]


WIDEST_WINDOW = 10_000


HeardEpoch = Callable[[int, float], None]
"""Hears an epoch's number, from 1, and its mean cost."""


@dataclass(frozen=True)
class GloveSettings:
    """What a training depends on; `WordVectors.train` explains each.

    Raises:
        TypeError: a setting is of the wrong kind.
        ValueError: a setting is out of its range.
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
        """Check them."""
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
                raise ValueError(f"{name} must be above 0 and {most:g} at most, got {number:g}")


@dataclass(frozen=True)
class Training:
    """How vectors were trained.

    Args:
        tokens: how texts became tokens; what uses the vectors should cut texts in the same way.
        settings: all that the result depends on, the texts aside.
        costs: mean cost of each epoch, ½ f(x) (difference of product and logarithm)².
        counts: int64 (words,), how often each word stands in the texts.
        running_tokens: tokens of the texts, those without a vector included.
        pairs: pairs of words that stand near each other, both ways.
        spilled_bytes: what did not fit into memory, and was kept in files.
        choice: the tokenizer, and why this one.
    """

    tokens: Tokenizer
    settings: GloveSettings
    costs: tuple[float, ...]
    counts: npt.NDArray[np.int64] = field(repr=False)
    running_tokens: int
    pairs: int
    spilled_bytes: int
    choice: str = ""
