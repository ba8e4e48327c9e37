"""Labels that are suspected to be wrong: confident learning over out-of-sample probabilities of a bag of n-grams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import CodedLabels
from malmoi.foundation.progress import Progress, silent
from malmoi.metrics.label_quality import confident_thresholds, label_issues, self_confidence
from malmoi.metrics.scores import Share
from malmoi.models.linear.out_of_sample import OutOfSample
from malmoi.models.task import single_label_task

__all__ = ["SuspectedLabels", "suspected_labels"]

MOST_CONFIDENT = 0.1
"""Of the untouched sets (IMDB, TREC, AG news, MR, NSMC, SMS spam, 20 newsgroups) 0.0 % to 1.8 % of the labels of the
10 % most confident predictions are contradicted; with 5 % wrong labels planted 4.0 % to 6.6 %. The share is thus that
of the wrong labels, and errors of the model hardly count, as they do among all predictions (1 % to 21 %)."""
REPEATS = 2
"""Cross-validations. On IMDB with 500 wrong labels, over 5 draws, two put 0.822 of them among the first 5 % instead of
0.812, and three no more (0.820)."""
FEWEST_CONFIDENT = 100
"""So many are taken at least, up to half of the texts."""
LEAST_SKILL = 0.5
"""Of the errors of always predicting the majority class so many are avoided; else the contradicted labels are errors of
the model. 500 to 2,000 texts of MR and the Korean sample have 0.2 to 0.46, and 4 % to 27 % are contradicted though no
label is wrong; all others have 0.5 or more, and 0 % to 4 %."""
MOST_OF_A_POOR_MODEL = 0.05
"""Share of the labels that a model without such skill may call suspected."""


@dataclass(frozen=True, eq=False)
class SuspectedLabels:
    """Labels that are suspected to be wrong.

    Those that confident learning finds, the most suspected first, but no more than the upper bound of the share of
    wrong labels allows, and than 5 % where the models are poor.

    Args:
        places: int64 (found,), the texts, most suspected first.
        predicted: int32 (found,), the classes that are predicted for them, places among the classes.
        probabilities: float32 (found,), of the predicted classes.
        scores: float32 (samples,), probability of the given label; NaN where it cannot be judged.
        confident: how many labels confident learning finds, before the bound.
        wrong: labels that are contradicted among the most confident predictions: about the share of wrong labels,
            where the models are good.
        accuracy: share of the labels that are predicted.
        majority: accuracy of always predicting the majority class.
    """

    places: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int32]
    probabilities: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    confident: int
    wrong: Share
    accuracy: float
    majority: float

    @property
    def is_reliable(self) -> bool:
        """Whether the models are so good that the share of wrong labels can be told."""
        return self.accuracy - self.majority >= LEAST_SKILL * (1 - self.majority)

    @property
    def ranking(self) -> npt.NDArray[np.int64]:
        """Int64 (judged,): all texts that can be judged, the most suspected first."""
        return np.argsort(self.scores, kind="stable")[: self.judged].astype(np.int64)

    @property
    def judged(self) -> int:
        """How many labels can be judged."""
        return int((~np.isnan(self.scores)).sum())


@dataclass(frozen=True, eq=False)
class _Predictions:
    """What is kept of the probabilities of each text."""

    predicted: npt.NDArray[np.int32]
    probabilities: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    is_issue: npt.NDArray[np.bool_]


def suspected_labels(
    texts: list[str], labels: CodedLabels, *, seed: int = 0, progress: Progress = silent
) -> SuspectedLabels | None:
    """Find labels that are suspected to be wrong.

    Args:
        texts: (samples,).
        labels: as many, of two classes or more. Labels of classes with fewer than 10 different texts are not judged.
        seed: random seed of folds and draws.
        progress: progress callback.

    Returns:
        The labels, ranked by the probability of the given label; `None` where fewer than two classes can be judged, or
        no n-gram is in enough texts.

    Source:
        Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in dataset labels".
    """
    model = OutOfSample(texts, single_label_task(labels.classes), labels.codes, seed, progress, REPEATS)
    if model.known_classes.sum() < 2:
        return None
    found = _predictions(model, labels.codes)
    judged = np.flatnonzero(~np.isnan(found.scores))
    if not len(judged):
        return None
    ranked = np.argsort(found.scores, kind="stable")
    issues = ranked[found.is_issue[ranked]]
    wrong = _wrong_share(found, labels.codes)
    accuracy = float((found.predicted[judged] == labels.codes[judged]).mean())
    majority = float(np.bincount(labels.codes[judged]).max() / len(judged))

    def suspected(most: float) -> SuspectedLabels:
        places = issues[: int(np.ceil(most * len(judged)))].astype(np.int64)
        predicted, probabilities = found.predicted[places], found.probabilities[places]
        return SuspectedLabels(places, predicted, probabilities, found.scores, len(issues), wrong, accuracy, majority)

    upper = wrong.interval[1]
    made = suspected(upper)
    return made if made.is_reliable else suspected(min(upper, MOST_OF_A_POOR_MODEL))


def _predictions(model: OutOfSample, codes: npt.NDArray[np.integer]) -> _Predictions:
    samples, known = len(codes), model.known_classes
    found = _Predictions(
        np.zeros(samples, np.int32),
        np.zeros(samples, np.float32),
        np.full(samples, np.nan, np.float32),
        np.zeros(samples, np.bool_),
    )
    thresholds = None
    for batch, rows in model.batches():
        judged = known[codes[batch]]
        places, probabilities = batch[judged], rows[judged]
        given = codes[places]
        if thresholds is None:
            thresholds = confident_thresholds(given, probabilities)
        found.predicted[places] = probabilities.argmax(axis=1)
        found.probabilities[places] = probabilities.max(axis=1)
        found.scores[places] = self_confidence(given, probabilities)
        found.is_issue[places] = label_issues(given, probabilities, thresholds)
    return found


def _wrong_share(found: _Predictions, codes: npt.NDArray[np.integer]) -> Share:
    """The share of labels that are contradicted among the most confident predictions."""
    judged = np.flatnonzero(~np.isnan(found.scores))
    size = max(int(MOST_CONFIDENT * len(judged)), min(FEWEST_CONFIDENT, (len(judged) + 1) // 2))
    surest = judged[np.argsort(-found.probabilities[judged], kind="stable")[:size]]
    return Share(int((found.predicted[surest] != codes[surest]).sum()), size)
