"""Whether a model is evaluated on its training texts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject
from malmoi.evaluation.findings import Finding, FindingKind, Severity
from malmoi.models.examples import EXAMPLE_CHARACTERS

__all__ = ["KNOWN_TEXTS"]

FEWEST_KEPT = 2
"""A single text may be in other data by chance."""

KIND = FindingKind(
    "known-texts",
    "the model may have been trained on the evaluated texts: all {kept:,} training texts stored in the model are among "
    "them",
    "평가 텍스트가 모델 학습에 쓰였을 수 있습니다. 모델에 저장된 학습 텍스트 {kept:,}개가 모두 평가 텍스트에 있습니다",
    "evaluate it on texts that were not used for training; these scores are too high",
    "학습에 쓰지 않은 텍스트로 평가하세요. 이 점수는 실제 성능보다 높습니다",
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
    what="whether the training texts stored in a model file (four, truncated to 200 characters) are all among the "
    "evaluated texts",
    threshold="warning if all of them are, and there are 2 or more",
    why="scores on training texts do not measure generalization",
    source="-",
    needs=frozenset({Need.measured}),
)
