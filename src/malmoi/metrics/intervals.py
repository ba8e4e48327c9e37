"""Scores with 95 % confidence intervals, and the bootstrap for scores without a formula."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import JsonObject
from malmoi.metrics.scores import Share

__all__ = ["Floats", "Ints", "Score", "percentiles", "resample_counts", "resampled_means", "resamples_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RESAMPLES = 1000
LEAST_RESAMPLES = 200
MOST_DRAWN = 12_500_000
"""Largest total number of draws: for more samples fewer resamples are drawn, because these vary less."""
DRAWN_TOGETHER = 2_000_000


@dataclass(frozen=True)
class Score:
    """A score with its 95 % confidence interval over samples.

    Args:
        value: the score.
        low: lower bound of the interval, in the unit of the score.
        high: upper bound of the interval, in the unit of the score.
        samples: number of samples.

    Example:
        >>> score = Score.of_share(Share(90, 100))
        >>> print(score)
        0.900 (95 % interval 0.826 to 0.945)
        >>> sorted(score.to_json())
        ['high', 'low', 'samples', 'value']
    """

    value: float
    low: float
    high: float
    samples: int

    @classmethod
    def of_share(cls, share: Share) -> Score:
        """Return a proportion with its Wilson interval.

        Args:
            share: the proportion.
        """
        return cls(share.value, *share.interval, share.samples)

    def to_json(self) -> JsonObject:
        """Return the fields as a JSON object."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.value:.3f} (95 % interval {self.low:.3f} to {self.high:.3f})"


def resamples_of(samples: int) -> int:
    """Return the number of bootstrap resamples for a number of samples."""
    return min(RESAMPLES, max(LEAST_RESAMPLES, MOST_DRAWN // samples))


def resample_counts(samples: int, seed: int) -> Iterator[Ints]:
    """Yield how often each sample is drawn in each resample, int64 (resamples, samples), in blocks of resamples.

    Args:
        samples: number of samples, which is also the size of each resample (with replacement); 1 or more.
        seed: random seed.

    Source:
        Efron & Tibshirani 1993, An Introduction to the Bootstrap.
    """
    random = np.random.default_rng(seed)
    together = max(1, DRAWN_TOGETHER // samples)
    total = resamples_of(samples)
    for start in range(0, total, together):
        rows = min(together, total - start)
        drawn = random.integers(samples, size=(rows, samples))
        drawn += (np.arange(rows) * samples)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * samples).reshape(rows, samples)


def resampled_means(values: Floats, seed: int) -> Floats:
    """Return the means of columns in every resample.

    Args:
        values: float64 (samples, columns).
        seed: random seed.

    Returns:
        float64 (resamples, columns). BLAS is not used, because its last digits depend on the number of threads.
    """
    columns = np.ascontiguousarray(values.T)
    rows = [
        np.stack([np.einsum("rs,s->r", counts, column) for column in columns], axis=1)
        for counts in resample_counts(len(values), seed)
    ]
    means: Floats = np.concatenate(rows) / len(values)
    return means


def percentiles(values: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Return the 2.5th and the 97.5th percentile."""
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
