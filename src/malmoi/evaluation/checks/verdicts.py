"""Verdicts from the interval of a difference."""

from __future__ import annotations

from typing import Literal, TypeAlias

from malmoi.metrics.paired import PairedDifference

__all__ = ["Verdict", "difference_values", "verdict_of"]

Verdict: TypeAlias = Literal["better", "worse", "no better"]


def verdict_of(difference: PairedDifference) -> Verdict:
    """Return "better" or "worse" if the interval excludes 0, else "no better"."""
    return "better" if difference.is_better else "worse" if difference.is_worse else "no better"


def difference_values(difference: PairedDifference) -> dict[str, float]:
    """Return a difference and its interval as values of a finding."""
    return {
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "samples": difference.samples,
    }
