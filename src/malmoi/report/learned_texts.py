"""Whether a model was measured on texts that it learned from: then its scores say little of new texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from malmoi.evaluation.findings import Finding

__all__ = ["MANY_LEARNED", "LearnedTexts", "learned_texts"]

MANY_LEARNED = 0.1
"""Share of the measured texts from which on their scores are not trusted; the finding "leak" names fewer too."""


@dataclass(frozen=True)
class LearnedTexts:
    """Measured texts that the model learned from.

    Args:
        kind: "trained" (all are in the training data), "shared" (a tenth or more of them are), or "known" (all training
            texts that the model file keeps are among them, so it may have learned from them).
        share: of the measured texts; `None` of "known".
    """

    kind: str
    share: float | None = None


def learned_texts(findings: Iterable[Finding]) -> LearnedTexts | None:
    """Return what findings say of measured texts that the model learned from; `None` where they say nothing.

    Args:
        findings: of all checks.
    """
    found = {one.code: one for one in findings}
    share = found["leak"].values["share"] if "leak" in found else 0.0
    if share >= MANY_LEARNED:
        return LearnedTexts("trained" if share == 1 else "shared", share)
    return LearnedTexts("known") if "known-texts" in found else None
