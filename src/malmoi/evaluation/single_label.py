"""Evaluation of single-label classifiers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.data.label_forms import plain_labels
from malmoi.evaluation.evaluation import Baseline, Evaluation, Mistake
from malmoi.evaluation.label_matching import MatchedLabels, match_labels
from malmoi.evaluation.predictions import Request, input_batches
from malmoi.metrics.calibration import calibration
from malmoi.metrics.classification import (
    accuracy,
    balanced_accuracy_and_macro_f1,
    class_scores,
    confusion_matrix,
    log_loss,
)
from malmoi.metrics.intervals import Ints, Score
from malmoi.metrics.paired import paired_difference
from malmoi.metrics.scores import Share
from malmoi.models.task import Binary

__all__ = ["evaluate_classes"]


@dataclass(frozen=True, eq=False)
class Predicted:
    """Predictions of single labels, (samples,) each.

    Args:
        places: int64, index of the predicted class.
        confidence: float32, its probability.
        true_probability: float32, probability of the true label; 0 for labels that the model does not have.
        outputs: float32 (samples, units), outputs of the model.
    """

    places: Ints
    confidence: npt.NDArray[np.float32]
    true_probability: npt.NDArray[np.float32]
    outputs: npt.NDArray[np.float32]


def evaluate_classes(request: Request) -> Evaluation:
    """Evaluate a single-label classifier.

    Raises:
        DataError: a label is invalid, or no label is among the model's classes.
    """
    matched = match_labels(request.model.classes, plain_labels(request.labels, "data"))
    predicted = _predicted(request, matched)
    correct = predicted.places == matched.places
    labels = [*request.model.classes.tolist(), *matched.unknown]
    confusion = confusion_matrix(matched.places, predicted.places, len(labels))
    balanced, macro_f1 = balanced_accuracy_and_macro_f1(confusion, seed=request.seed)
    calibrated = calibration(predicted.confidence, correct, seed=request.seed)
    most = int(confusion.sum(axis=1).argmax())
    share = Share(int(confusion[most].sum()), len(correct))
    return Evaluation(
        task="binary" if isinstance(request.model.task, Binary) else "multiclass",
        samples=len(correct),
        input_kind=request.model.input_kind,
        scores={
            "accuracy": Score.of_share(accuracy(confusion)),
            "balanced_accuracy": balanced,
            "macro_f1": macro_f1,
            "log_loss": log_loss(predicted.true_probability, seed=request.seed),
            "expected_calibration_error": calibrated.error,
            **_scores_of_kept(correct, predicted.confidence, request.reject_below),
        },
        correct=correct,
        mistakes=_mistakes(request, labels, matched, predicted),
        classes=class_scores(confusion, labels),
        confusion=confusion,
        calibration=calibrated,
        baseline=Baseline(labels[most], share, paired_difference(correct, matched.places == most)),
        unknown_labels=matched.unknown,
        outputs=predicted.outputs,
    )


def _scores_of_kept(
    correct: npt.NDArray[np.bool_], confidence: npt.NDArray[np.float32], least: float | None
) -> dict[str, Score]:
    """Return the share of predictions that are not rejected, and the accuracy on them."""
    if least is None:
        return {}
    kept = confidence >= least
    found = {"kept_share": Score.of_share(Share(int(kept.sum()), len(kept)))}
    if kept.any():
        found["kept_accuracy"] = Score.of_share(Share(int(correct[kept].sum()), int(kept.sum())))
    return found


def _predicted(request: Request, matched: MatchedLabels) -> Predicted:
    samples, task = len(request.inputs), request.classification
    classes, outputs = len(task.classes), []
    places = np.zeros(samples, dtype=np.int64)
    confidence, true_probability = np.zeros(samples, dtype=np.float32), np.zeros(samples, dtype=np.float32)
    for part, inputs in input_batches(request):
        outputs.append(request.model.outputs(inputs))
        probabilities = task.probabilities(outputs[-1])
        places[part] = probabilities.argmax(axis=1)
        confidence[part] = probabilities.max(axis=1)
        known = np.flatnonzero(matched.places[part] < classes)
        true_probability[part][known] = probabilities[known, matched.places[part][known]]
    return Predicted(places, confidence, true_probability, np.concatenate(outputs))


def _mistakes(
    request: Request, labels: list[object], matched: MatchedLabels, predicted: Predicted
) -> tuple[Mistake, ...]:
    wrong = np.flatnonzero(predicted.places != matched.places)
    order = wrong[np.argsort(-predicted.confidence[wrong], kind="stable")]
    return tuple(
        Mistake(
            at,
            request.shown(at),
            labels[matched.places[at]],
            labels[predicted.places[at]],
            float(predicted.confidence[at]),
        )
        for at in order.tolist()
    )
