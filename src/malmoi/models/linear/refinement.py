"""Update a fitted bag model with more labelled texts, without its earlier training texts.

Each weight has a normal posterior distribution: the mean is the weight, the variance follows from the curvature of
the loss at the earlier texts (Laplace's approximation, diagonal). The new texts change the weights under this prior.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import Texts, taken
from malmoi.errors import DataError
from malmoi.metrics.calibrators import Calibrator, Temperature
from malmoi.models.labels import places_among
from malmoi.models.linear.explaining import ngram_weights
from malmoi.models.linear.matrix import BagMatrix, rows_of
from malmoi.models.linear.model import BagModel
from malmoi.models.linear.parts import BagScorer, Floats, Learned, NgramWeight
from malmoi.models.linear.targets import linear_targets
from malmoi.models.task import Binary, Classification, Multiclass, Multilabel, Targets, Task

__all__ = ["grown_task", "refined_bag"]

EPOCHS, TOLERANCE = 200, 1e-3


def refined_bag(
    model: BagModel,
    task: Task,
    texts: Texts,
    targets: Targets,
    weights: npt.NDArray[np.float32] | None,
) -> BagModel:
    """Return a model updated with more texts.

    Args:
        model: the model so far.
        task: as returned by `grown_task`.
        texts: more texts.
        targets: targets encoded by the task.
        weights: float32 (samples,), sample weights; all 1 by default.
    """
    linear = linear_targets(task, targets, weights)
    start = _grown(model, task, texts, float(linear.weights.sum()))
    scorer, learned = start.scorer, start.learned
    matrix = rows_of(scorer, texts)
    strength = model.facts.C
    spread = 1 / learned.prior + strength * learned.curvature * learned.squares[:, None]
    refined = scorer.weights.refined(
        matrix.rows,
        targets=np.ascontiguousarray(linear.values, np.float32),
        costs=np.ascontiguousarray(strength * linear.weights, np.float32),
        variances=np.ascontiguousarray(1 / spread, np.float32),
        bias_variances=np.ascontiguousarray(1 / (1 + strength * learned.curvature * learned.weight), np.float32),
        factors=scorer.core_factors,
        loss=linear.loss,
        epochs=EPOCHS,
        tolerance=TOLERANCE,
        seed=model.settings.seed,
        threads=matrix.threads,
    )
    table = refined.table()
    moved = replace(scorer, table=table, bias=refined.bias())
    known = replace(learned, squares=learned.squares + matrix.squares(), weight=learned.weight + linear.weights.sum())
    facts = replace(model.facts, samples=model.facts.samples + len(texts), training_accuracy=None)
    top_ngrams = model.top_ngrams + _new_top_ngrams(model, matrix, texts, table, task)
    return replace(
        model,
        task=task,
        scorer=moved,
        calibrator=start.calibrator,
        learned=replace(known, weight=float(known.weight)),
        facts=facts,
        top_ngrams=top_ngrams,
    )


def grown_task(task: Task, new: Task) -> Task:
    """Return the task with the classes of both.

    Raises:
        DataError: the tasks have different types or forms.
    """
    if not isinstance(task, Classification) or not isinstance(new, Classification):
        return task
    if task.form is not new.form:
        rule = "partial_fit must get labels in the same form as fit"
        raise DataError(f"{rule}, {task.form.value}, got {new.form.value}")
    if isinstance(task, Multilabel) and task.indicator:
        return task
    if not len(new.classes):  # texts without a label
        return task
    if task.classes.dtype.kind != new.classes.dtype.kind:
        kinds = f"as {task.classes[0].item()!r}, got {new.classes[0].item()!r}"
        raise DataError(f"partial_fit must get labels of the same type as fit, {kinds}")
    unknown = new.classes[places_among(task.classes, new.classes) < 0]
    if not len(unknown):
        return task
    classes = np.unique(np.concatenate([task.classes, unknown]))
    return Multilabel(classes) if isinstance(task, Multilabel) else Multiclass(classes)


@dataclass(frozen=True)
class _Start:
    """The state of the model before the update."""

    scorer: BagScorer
    learned: Learned
    calibrator: Calibrator


def _grown(model: BagModel, task: Task, texts: Texts, weight: float) -> _Start:
    """Extend the weights by new n-grams and classes."""
    scorer, learned, calibrator = model.scorer, model.learned, model.calibrator
    columns = scorer.columns.extended(scorer.features.core, scorer.features.prepared(texts))
    new = len(columns) - len(scorer.columns)
    table = np.concatenate([scorer.table, np.zeros((new, scorer.table.shape[1]), np.float32)])
    factors = scorer.factors
    if factors is not None:  # the largest inverse document frequency
        factors = np.concatenate([factors, np.full(new, factors.max(initial=1.0), np.float32)])
    squares = np.concatenate([learned.squares, np.zeros(new, np.float32)])
    outputs = _Outputs(table, scorer.bias, learned.curvature, learned.prior)
    if task is not model.task and isinstance(task, Classification) and isinstance(model.task, Classification):
        if isinstance(model.task, Binary):
            outputs = outputs.of_two_classes()
            calibrator = calibrator if isinstance(calibrator, Temperature) else Temperature()
        places = np.searchsorted(task.classes, model.task.classes)
        outputs = outputs.spread(places, len(task.classes), weight / (weight + learned.weight))
    grown = replace(scorer, columns=columns, table=outputs.table, bias=outputs.bias, factors=factors)
    return _Start(grown, Learned(squares, outputs.curvature, outputs.prior, learned.weight), calibrator)


@dataclass(frozen=True)
class _Outputs:
    """The weights and statistics of all outputs."""

    table: Floats
    bias: Floats
    curvature: Floats
    prior: Floats

    def of_two_classes(self) -> _Outputs:
        """Return one output for each of two classes; their difference is the single score."""
        sides = np.array([-0.5, 0.5], dtype=np.float32)
        return _Outputs(self.table * sides, self.bias * sides, np.repeat(self.curvature, 2), np.repeat(self.prior, 2))

    def spread(self, places: npt.NDArray[np.intp], classes: int, share: float) -> _Outputs:
        """Return outputs of more classes; a new class has zero weights and a bias from its share of the texts."""
        table = np.zeros((len(self.table), classes), np.float32)
        table[:, places] = self.table
        bias = np.full(classes, np.log(share / max(1 - share, 1e-9)), np.float32)
        curvature = np.full(classes, share * (1 - share), np.float32)
        prior = np.full(classes, self.prior.mean(), np.float32)
        for target, values in ((bias, self.bias), (curvature, self.curvature), (prior, self.prior)):
            target[places] = values
        return _Outputs(table, bias, curvature, prior)


def _new_top_ngrams(
    model: BagModel, matrix: BagMatrix, texts: Texts, table: Floats, task: Task
) -> tuple[NgramWeight, ...]:
    """Return the n-grams with the largest weights for new classes."""
    if task is model.task or not isinstance(task, Classification) or not isinstance(model.task, Classification):
        return ()
    known = set(model.task.classes.tolist())
    found = ngram_weights(matrix, partial(taken, texts), table, task.classes.tolist())
    return tuple(one for one in found if one.label not in known)
