"""Whether a classifier can distinguish the texts of two data sets (covariate shift)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject, severity
from malmoi.evaluation.findings import Example, Finding, FindingKind, Values
from malmoi.metrics.intervals import Score
from malmoi.metrics.ranking import area_under_roc
from malmoi.models.linear.classifier import BagClassifier
from malmoi.models.linear.out_of_sample import OutOfSample
from malmoi.models.task_of_labels import classification_of
from malmoi.tokenizers import Words
from malmoi.tokenizers.scripts import chosen_tokens

__all__ = ["SHIFT"]

MOST_TEXTS = 5_000
"""Maximum number of texts of each data set: enough to estimate the area to 0.01."""
FEWEST = 50
LEAST_AREA = 0.55
LARGE_AREA = 0.6
"""Random splits of seven data sets have 0.47 to 0.53, and lower bounds up to 0.52 (0.55 with 500 texts). The test set
of IMDB, with reviews of other films, has 0.60; IMDB with 30 % of its texts replaced by those of MR, NSMC or AG news
0.65; the later test set of 20 newsgroups 0.80."""
STRENGTH = 0.1
"""C of the bag whose n-grams are shown: a strong penalty favours n-grams that occur in many texts."""
SHOWN_NGRAMS = 5


def _english(values: Values) -> str:
    area = f"{values['area']:.2f} (95 % interval {values['low']:.2f} to {values['high']:.2f}, 0.50: no difference)"
    sentence = "a bag of n-grams can distinguish the texts of the second data set from those of the first: ROC AUC"
    first, second = (", ".join(map(repr, values[name])) for name in ("first_ngrams", "ngrams"))
    return f"{sentence} {area}; n-grams of the first: {first or 'none'}; of the second: {second or 'none'}"


def _korean(values: Values) -> str:
    area = f"{values['area']:.2f}(95% 신뢰구간 {values['low']:.2f}~{values['high']:.2f}, 구별할 수 없으면 0.50)"
    first, second = (", ".join(map(repr, values[name])) for name in ("first_ngrams", "ngrams"))
    sentence = f"n-gram BoW 분류기가 두 데이터의 텍스트를 구별합니다. ROC AUC {area}"
    return f"{sentence}. 첫 번째 데이터의 n-gram: {first or '없음'}. 두 번째 데이터의 n-gram: {second or '없음'}"


KIND = FindingKind(
    "shift",
    _english,
    _korean,
    "read the examples, which differ most from the first data set; if such texts are expected, add similar texts to "
    "the training set",
    "예시는 첫 번째 데이터와 가장 다른 텍스트입니다. 앞으로도 이런 텍스트가 들어온다면 비슷한 텍스트를 학습 데이터에 "
    "추가하세요",
)


@dataclass(frozen=True)
class _Sides:
    """Samples of both data sets: texts, whether each is from the second, and its index there."""

    texts: list[str]
    is_second: npt.NDArray[np.bool_]
    places: npt.NDArray[np.int64]


def _run(subject: Subject) -> Iterator[Finding]:
    if subject.validation is None or min(len(subject.data), len(subject.validation)) < FEWEST:
        return
    sides = _sides(subject.data.texts, subject.validation.texts, subject.seed)
    found = _told_apart(sides, subject)
    if found is None or found[0].low <= LEAST_AREA:
        return
    area, scores = found
    second = np.flatnonzero(sides.is_second)
    most = second[np.argsort(-scores[second], kind="stable")[:SHOWN_EXAMPLES]]
    examples: tuple[Example, ...] = tuple(
        subject.example(int(sides.places[one]), validation=True, probability=round(float(scores[one]), 3))
        for one in most
    )
    of_first, of_second = _ngrams(sides)
    values: dict[str, object] = {"area": area.value, "low": area.low, "high": area.high, "samples": area.samples}
    values |= {"ngrams": of_second, "first_ngrams": of_first}
    yield Finding(KIND, severity(warning=area.low > LARGE_AREA), values, examples)


def _sides(first: list[str], second: list[str], seed: int) -> _Sides:
    random = np.random.default_rng(seed)
    places = [np.sort(random.permutation(len(one))[:MOST_TEXTS]) for one in (first, second)]
    texts = [one[place] for one, chosen in zip((first, second), places, strict=True) for place in chosen.tolist()]
    is_second = np.repeat([False, True], [len(one) for one in places])
    return _Sides(texts, is_second, np.concatenate(places).astype(np.int64))


def _told_apart(sides: _Sides, subject: Subject) -> tuple[Score, npt.NDArray[np.float32]] | None:
    """Return the ROC AUC of out-of-sample probabilities, and the probabilities of the second data set."""
    task, targets = classification_of(sides.is_second)
    model = OutOfSample(sides.texts, task, targets.astype(np.int32, copy=False), subject.seed, subject.progress)
    if not model.known_classes.all():
        return None
    scores = np.zeros(len(sides.texts), dtype=np.float32)
    for places, probabilities in model.batches():
        scores[places] = probabilities[:, 1]
    return area_under_roc(scores, sides.is_second), scores


def _ngrams(sides: _Sides) -> tuple[list[str], list[str]]:
    """Return the words and word pairs (or character n-grams) with the largest weights for each data set."""
    tokens, _ = chosen_tokens("auto", sides.texts, bag=True)
    lengths = (1, 2) if isinstance(tokens, Words) else (2, 4)
    bag = BagClassifier(tokens, lengths, weighting="binary", C=STRENGTH, calibration=None)
    top_ngrams = bag.fit(sides.texts, sides.is_second).fitted.top_ngrams
    first, second = ([one.name.strip() for one in top_ngrams if one.label is side] for side in (False, True))
    return list(dict.fromkeys(first))[:SHOWN_NGRAMS], list(dict.fromkeys(second))[:SHOWN_NGRAMS]


SHIFT = Check(
    (KIND,),
    _run,
    what="the ROC AUC with which a bag of n-grams distinguishes the texts of both data sets, in 8-fold "
    "cross-validation with equal texts in the same fold; on at most 5,000 texts of each",
    threshold="note if the lower bound of its 95 % interval is above 0.55, warning above 0.6; from 50 texts in each "
    "data set on",
    why="scores on other types of texts say little about texts like those of the training set, and vice versa",
    source="Lopez-Paz and Oquab 2017 (two-sample tests by classifiers); DeLong et al. 1988 (the interval)",
    needs=frozenset({Need.validation}),
    thorough=True,
)
