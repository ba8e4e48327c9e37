"""Labels that may be wrong: confident learning on out-of-sample probabilities of a bag of n-grams."""

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
"""Share of most confident predictions. On unmodified data sets (IMDB, TREC, AG news, MR, NSMC, SMS spam,
20 newsgroups) 0.0 % to 1.8 % of them contradict the label; with 5 % wrong labels added 4.0 % to 6.6 %. So this share
estimates that of the wrong labels; among all predictions (1 % to 21 %) errors of the model would dominate."""
REPEATS = 2
"""Number of cross-validations. On IMDB with 500 wrong labels, over 5 random samples, two rank 0.822 of the wrong
labels among the first 5 %, one ranks 0.812, and three rank 0.820."""
FEWEST_CONFIDENT = 100
"""Minimum number of most confident predictions, up to half of the texts."""
LEAST_SKILL = 0.5
"""Minimum share of the majority-class baseline's errors that the model avoids; below it, contradicted labels are
mostly errors of the model. 500 to 2,000 texts of MR and the Korean sample have 0.2 to 0.46, and 4 % to 27 % are
contradicted though no label is wrong; all others have 0.5 or more, and 0 % to 4 %."""
MOST_OF_A_POOR_MODEL = 0.05
"""Maximum share of suspected labels for a model below this minimum."""


@dataclass(frozen=True, eq=False)
class SuspectedLabels:
    """Labels that are suspected to be wrong.

    They are found by confident learning, the most suspicious first, but limited to the upper bound of the share of
    wrong
    labels, and to 5 % if the models have low accuracy.

    Args:
        places: int64 (found,), indices of the texts, most suspicious first.
        predicted: int32 (found,), indices of the predicted classes.
        probabilities: float32 (found,), probabilities of the predicted classes.
        scores: float32 (samples,), probability of the given label; NaN if it cannot be assessed.
        confident: number of labels found by confident learning, before the limit.
        wrong: share of contradicted labels among the most confident predictions: for models with sufficient accuracy an
            estimate of the share of wrong labels.
        accuracy: out-of-sample accuracy of the models.
        majority: accuracy of the majority-class baseline.
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
        """Whether the models are accurate enough to estimate the share of wrong labels."""
        return self.accuracy - self.majority >= LEAST_SKILL * (1 - self.majority)

    @property
    def ranking(self) -> npt.NDArray[np.int64]:
        """int64 (judged,): all texts with assessable labels, the most suspicious first."""
        return np.argsort(self.scores, kind="stable")[: self.judged].astype(np.int64)

    @property
    def judged(self) -> int:
        """Number of labels that can be assessed."""
        return int((~np.isnan(self.scores)).sum())


@dataclass(frozen=True, eq=False)
class _Predictions:
    """Selected values of the predictions of each text."""

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
        labels: one per text, of two classes or more. Labels of classes with fewer than 10 distinct texts are not
            assessed.
        seed: random seed of folds and samples.
        progress: progress callback, called with the step's name, the number done and the total.

    Returns:
        The labels, ranked by the probability of the given label; `None` if fewer than two classes can be assessed, or
        no n-gram is frequent enough.

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
    """Return the share of contradicted labels among the most confident predictions."""
    judged = np.flatnonzero(~np.isnan(found.scores))
    size = max(int(MOST_CONFIDENT * len(judged)), min(FEWEST_CONFIDENT, (len(judged) + 1) // 2))
    most_confident = judged[np.argsort(-found.probabilities[judged], kind="stable")[:size]]
    return Share(int((found.predicted[most_confident] != codes[most_confident]).sum()), size)
