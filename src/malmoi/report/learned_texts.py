"""Detection of training texts in the test data, which invalidate the scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from malmoi.evaluation.findings import Finding

__all__ = ["MANY_LEARNED", "LearnedTexts", "learned_texts"]

MANY_LEARNED = 0.1
"""Minimum share of training texts in the test data that invalidates the scores; "leak" also reports smaller shares."""


@dataclass(frozen=True)
class LearnedTexts:
    """Test texts that the model was trained on.

    Args:
        kind: "trained" (all are in the training data), "shared" (a tenth or more are), or "known" (all training texts
            stored in the model file are among them, so the model may have been trained on them).
        share: share of the test texts; `None` for "known".
    """

    kind: str
    share: float | None = None


def learned_texts(findings: Iterable[Finding]) -> LearnedTexts | None:
    """Return the training texts in the test data by the findings; `None` if there are none.

    Args:
        findings: findings of all checks.
    """
    found = {one.code: one for one in findings}
    share = found["leak"].values["share"] if "leak" in found else 0.0
    if share >= MANY_LEARNED:
        return LearnedTexts("trained" if share == 1 else "shared", share)
    return LearnedTexts("known") if "known-texts" in found else None
