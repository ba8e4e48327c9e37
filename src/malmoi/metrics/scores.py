"""Proportions with their intervals, and the majority class."""

from __future__ import annotations

import math
from dataclasses import dataclass

from malmoi.data.label_forms import labels_of
from malmoi.foundation.arrays import Label

__all__ = ["Z_95", "Share", "majority_class"]

Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Share:
    """A proportion of samples, with its 95 % confidence interval.

    Args:
        count: number of samples that have the property, from 0 to `samples`.
        samples: number of samples; 1 or more.

    Raises:
        ValueError: a number is out of range.

    Source:
        Wilson 1927, "Probable inference, the law of succession, and statistical inference": the score interval, which
        is within 0 and 1 and valid for small counts.

    Example:
        >>> share = Share(52, 100)
        >>> low, high = share.interval
        >>> round(low, 3), round(high, 3)
        (0.423, 0.615)
        >>> print(Share(9, 9))
        100.0% (95 % interval 70.1% to 100.0%, 9 samples)
        >>> low, high = share.bounds(z=1.645)  # 90 %
        >>> round(low, 3), round(high, 3)
        (0.438, 0.601)
    """

    count: int
    samples: int

    def __post_init__(self) -> None:
        if self.samples < 1 or not 0 <= self.count <= self.samples:
            rule = "count must be from 0 to samples, and samples 1 or more"
            raise ValueError(f"{rule}, got {self.count} of {self.samples}")

    @property
    def value(self) -> float:
        """The proportion, 0 to 1."""
        return self.count / self.samples

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound of the 95 % interval, 0 to 1."""
        return self.bounds(Z_95)

    def bounds(self, z: float) -> tuple[float, float]:
        """Return the bounds of the interval of another confidence level.

        Args:
            z: quantile of the standard normal distribution, above 0, such as 1.645 for 90 %.
        """
        squared = z**2 / self.samples
        middle = (self.value + squared / 2) / (1 + squared)
        spread = self.value * (1 - self.value) / self.samples + squared / (4 * self.samples)
        half = z * math.sqrt(spread) / (1 + squared)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} (95 % interval {low:.1%} to {high:.1%}, {self.samples:,} samples)"


def majority_class(labels: object) -> tuple[Label | tuple[Label, ...], Share]:
    """Return the most frequent label or label set (on a tie, the first in order), and its share.

    Args:
        labels: one or several labels per sample, in any form that `labels_of` accepts.

    Raises:
        ValueError: there are no labels.

    Example:
        >>> majority_class(["neg", "pos", "neg"])[0]
        'neg'
    """
    coded = labels_of(labels)
    if len(coded) == 0:
        raise ValueError("labels must have 1 label or more, got 0")
    label, has_label = coded.most_frequent()
    return label, Share(int(has_label.sum()), len(coded))
