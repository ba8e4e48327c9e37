"""Whether labels are suspected to be wrong."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind, Severity, Values
from malmoi.evaluation.suspected import SuspectedLabels

__all__ = ["SUSPECTED_LABELS"]

MANY_WRONG_SHARE = 0.02
"""Minimum lower bound of the share of wrong labels, above the errors of models: it is at most 1.2 % for unmodified data
sets (MR, whose labels a bag predicts with 79 % accuracy), and 2.6 % or more with 5 % wrong labels added."""


def _english(values: Values) -> str:
    suspected = f"{values['count']:,} labels ({values['share']:.1%}) are suspected to be wrong: models that were not "
    suspected += f"trained on them, with {values['accuracy']:.1%} accuracy, predict other labels"
    if not values["reliable"]:
        return f"{suspected}; with this low accuracy most of them may be correct"
    return f"{suspected}; an estimated {values['low']:.1%} to {values['high']:.1%} of all labels are wrong"


def _korean(values: Values) -> str:
    suspected = (
        f"라벨 {values['count']:,}개({values['share']:.1%})가 잘못되었을 수 있습니다. 해당 라벨을 학습하지 않은 모델"
    )
    suspected += f"(정확도 {values['accuracy']:.1%})이 다른 라벨로 예측합니다"
    if not values["reliable"]:
        return f"{suspected}. 모델의 정확도가 낮으므로 대부분 올바른 라벨일 수 있습니다"
    return f"{suspected}. 전체 라벨의 {values['low']:.1%}~{values['high']:.1%}가 잘못된 것으로 추정됩니다(95% 신뢰구간)"


SUSPECTED = FindingKind(
    "suspected-labels",
    _english,
    _korean,
    "review them, the most suspicious first, and correct wrong ones; malmoi check DATA --fix OUT marks them",
    "가장 의심되는 것부터 검토해 잘못된 라벨을 수정하세요. malmoi check DATA --fix OUT을 실행하면 표시합니다",
)
UNJUDGED = FindingKind(
    "unjudged-labels",
    "{count:label|labels} cannot be assessed: their classes have fewer than 10 distinct texts with words in common",
    "라벨 {count:,}개는 올바른지 판단할 수 없습니다. 해당 클래스에 공통 단어가 있는 서로 다른 텍스트가 10개 미만입니다",
    "label more texts of these classes",
    "해당 클래스의 텍스트를 더 라벨링하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    found = subject.suspected
    if found is not None and len(found.places):
        yield _finding(subject, found)
    unjudged = len(subject.data) - (0 if found is None else found.judged)
    if unjudged:
        yield Finding(UNJUDGED, Severity.note, {"count": unjudged, "share": unjudged / len(subject.data)})


def _finding(subject: Subject, found: SuspectedLabels) -> Finding:
    low, high = found.wrong.interval
    values = {
        "count": len(found.places),
        "share": len(found.places) / len(subject.data),
        "wrong": found.wrong.value,
        "low": low,
        "high": high,
        "most_confident": found.wrong.samples,
        "confident_issues": found.confident,
        "accuracy": found.accuracy,
        "reliable": found.is_reliable,
    }
    classes, labels = subject.data.classes, subject.data.required_codes
    examples = []
    for rank in range(min(SHOWN_EXAMPLES, len(found.places))):
        place = int(found.places[rank])
        known = {
            "label": classes[labels.codes[place]].item(),
            "predicted": classes[found.predicted[rank]].item(),
            "probability": round(float(found.probabilities[rank]), 3),
        }
        examples.append(subject.example(place, **known))
    return Finding(SUSPECTED, severity(warning=found.is_reliable and low > MANY_WRONG_SHARE), values, tuple(examples))


SUSPECTED_LABELS = Check(
    (SUSPECTED, UNJUDGED),
    _run,
    what="labels that out-of-sample predictions of a bag of n-grams contradict with confidence, ranked by the "
    "probability of the given label; 8-fold cross-validation, twice, up to 100,000 texts; above that two models of "
    "50,000 texts each, which predict all other texts",
    threshold="note from 1 label on, limited to the upper bound of the share of wrong labels; warning if the lower "
    "bound of that share, estimated on the 10 % most confident predictions, is above 2 %, and the models avoid half "
    "of the errors of the majority-class baseline (else a note for at most 5 % of the labels); labels of classes with "
    "fewer than 10 distinct texts are not assessed, which is a note",
    why="models learn wrong labels, and scores on them are less reliable",
    source="Northcutt, Jiang and Chuang 2021 (confident learning); Wilson 1927 (the interval)",
    needs=frozenset({Need.judgeable_labels}),
    thorough=True,
)
