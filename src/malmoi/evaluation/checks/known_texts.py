"""Whether a model is measured on texts that it learned from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject
from malmoi.evaluation.findings import Finding, FindingKind, Severity
from malmoi.models.examples import EXAMPLE_CHARACTERS

__all__ = ["KNOWN_TEXTS"]

FEWEST_KEPT = 2
"""One text may stand in other data by chance."""

KIND = FindingKind(
    "known-texts",
    "the model may have learned from the measured texts: all {kept:,} of the training texts that it keeps are among "
    "them",
    "모델이 평가 텍스트로 학습했을 수 있습니다. 모델에 남아 있는 학습 텍스트 {kept:,}개가 모두 그 안에 있습니다",
    "measure it on texts that it did not learn from; the scores on these are too high",
    "학습하지 않은 텍스트로 평가하세요. 이 점수는 실제보다 높습니다",
)


def _run(subject: Subject) -> Iterator[Finding]:
    measured = subject.measured
    kept = () if subject.model is None else tuple(dict.fromkeys(filter(str.strip, subject.model.training_texts)))
    if measured is None or len(kept) < FEWEST_KEPT:
        return
    wanted = set(kept)
    known = np.flatnonzero([text[:EXAMPLE_CHARACTERS] in wanted for text in measured.corpus.texts])
    found = {measured.corpus.texts[place][:EXAMPLE_CHARACTERS] for place in known.tolist()}
    if found == wanted:
        examples = tuple(subject.measured_example(int(place)) for place in known[:SHOWN_EXAMPLES])
        yield Finding(KIND, Severity.warning, {"kept": len(kept)}, examples)


KNOWN_TEXTS = Check(
    (KIND,),
    _run,
    what="whether the training texts that a model file keeps (four, 200 characters of each) are all among the texts "
    "that it is measured on",
    threshold="warning where all are, and there are 2 or more",
    why="scores on texts that a model learned from say nothing",
    source="-",
    needs=frozenset({Need.measured}),
)
