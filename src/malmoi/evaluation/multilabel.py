"""Evaluation of multilabel classifiers."""

from __future__ import annotations

from collections import Counter

import numpy as np

from malmoi.data.coded_labels import CodedLabels
from malmoi.data.label_forms import LabelForm, form_of, indicator_rows, label_sets
from malmoi.errors import DataError
from malmoi.evaluation.evaluation import Baseline, Evaluation, Mistake
from malmoi.evaluation.label_matching import match_labels
from malmoi.evaluation.predictions import Request, input_batches
from malmoi.foundation.arrays import Label, Labels
from malmoi.foundation.validation import shorten
from malmoi.metrics.intervals import Score
from malmoi.metrics.multilabel import Flags, label_scores, multilabel_scores
from malmoi.metrics.paired import paired_difference
from malmoi.metrics.scores import Share

__all__ = ["evaluate_label_sets"]


def evaluate_label_sets(request: Request) -> Evaluation:
    """Evaluate a multilabel classifier.

    Raises:
        DataError: labels have another form, or none is among the model's classes.
    """
    classes = request.model.classes
    truth, unknown = _truth(request.labels, classes)
    most_frequent = _most_frequent_row(truth)
    predicted = np.zeros(truth.shape, dtype=np.bool_)
    outputs = np.concatenate([request.model.outputs(inputs) for _, inputs in input_batches(request)])
    probabilities = request.classification.probabilities(outputs)
    chosen = probabilities > 0.5
    predicted[:, : len(classes)] = chosen
    confidence = np.where(chosen, probabilities, 1 - probabilities).astype(np.float64).prod(axis=1)
    labels = [*classes.tolist(), *unknown]
    found = multilabel_scores(truth, predicted, seed=request.seed)
    correct = (truth == predicted).all(axis=1)
    wrong = np.flatnonzero(~correct)
    named = np.array(labels, dtype=object)
    return Evaluation(
        task="multilabel",
        samples=len(truth),
        input_kind=request.model.input_kind,
        scores={
            "exact_match": Score.of_share(found.exact_match),
            "micro_f1": found.micro_f1,
            "macro_f1": found.macro_f1,
            "hamming_loss": found.hamming_loss,
        },
        correct=correct,
        mistakes=tuple(
            Mistake(at, request.shown(at), tuple(named[truth[at]]), tuple(named[predicted[at]]), float(confidence[at]))
            for at in wrong[np.argsort(-confidence[wrong], kind="stable")].tolist()
        ),
        classes=label_scores(truth, predicted, labels),
        baseline=Baseline(
            tuple(named[truth[most_frequent[0]]]),
            Share(int(most_frequent[1].sum()), len(truth)),
            paired_difference(correct, most_frequent[1]),
        ),
        unknown_labels=unknown,
        outputs=outputs,
    )


def _most_frequent_row(truth: Flags) -> tuple[int, Flags]:
    """Return the first sample with the most frequent set of labels, and a mask of the samples with that set."""
    packed = np.packbits(truth, axis=1)
    keys = [row.tobytes() for row in packed]
    most = Counter(keys).most_common(1)[0][0]
    return keys.index(most), np.fromiter((key == most for key in keys), dtype=np.bool_, count=len(keys))


def _truth(labels: object, classes: Labels) -> tuple[Flags, dict[Label, int]]:
    """Return labels as bool (samples, labels), with labels unknown to the model in the last columns."""
    form = form_of(labels)
    if form is LabelForm.indicator:
        rows = indicator_rows(labels, "data") > 0
        if rows.shape[1] != len(classes):
            raise DataError(f"data labels must have {len(classes)} columns, one per class, got {rows.shape[1]}")
        return rows, {}
    if form is not LabelForm.sets:
        got = "one label each" if isinstance(labels, CodedLabels) else shorten(labels)
        rule = f"labels must be a list of labels per text, or rows of zeros and ones, got {got}"
        raise DataError(f"{rule}; the model predicts several labels per text")
    sets = label_sets(labels, "data")
    if not len(sets.codes):
        return np.zeros((len(sets), len(classes)), dtype=np.bool_), {}
    matched = match_labels(classes, CodedLabels(sets.codes, sets.classes))
    truth = np.zeros((len(sets), len(classes) + len(matched.unknown)), dtype=np.bool_)
    truth[sets.owners, matched.places] = True
    return truth, matched.unknown
