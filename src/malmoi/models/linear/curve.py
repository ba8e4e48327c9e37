"""Learning curves of bag models: the same settings on more and more training texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from malmoi.data.draws import nested_order
from malmoi.data.label_forms import labels_of
from malmoi.models.linear.matrix import rows_of
from malmoi.models.linear.model import BagModel
from malmoi.models.linear.targets import accuracy_of, linear_targets
from malmoi.models.task import Classification

__all__ = ["accuracies_by_labels", "curve_sizes"]

LEAST_LABELS = 20
STEPS = 6


def curve_sizes(samples: int, classes: int) -> list[int]:
    """Return increasing training set sizes, each about twice the previous one; the last is all samples.

    Example:
        >>> curve_sizes(1_000, 2)
        [31, 62, 125, 250, 500, 1000]
    """
    sizes = [samples >> step for step in range(STEPS)][::-1]
    return [size for size in sizes if size >= max(LEAST_LABELS, 2 * classes) or size == samples]


def accuracies_by_labels(
    model: BagModel, training: tuple[Sequence[str], object], held_out: tuple[Sequence[str], object], *, seed: int = 0
) -> list[tuple[int, float]]:
    """Return pairs of a number of labels and the held-out accuracy of the same features and penalty fitted on so many.

    Args:
        model: fitted on the training texts.
        training: texts and labels.
        held_out: texts and labels of the test set.
        seed: random seed of the order in which texts are added.

    Raises:
        ValueError: the model is a regression model.
    """
    task = model.task
    if not isinstance(task, Classification):
        raise ValueError("model must be a classifier for a learning curve of accuracies, got a regression model")
    texts = [*training[0], *held_out[0]]
    matrix = rows_of(model.scorer, texts)
    encoded = np.concatenate([task.encode(training[1], "training"), task.encode(held_out[1], "held-out")])
    targets = linear_targets(task, encoded, None)
    count = len(training[0])
    measured = np.arange(count, len(texts))
    order = nested_order(labels_of(training[1]), np.random.default_rng(seed))
    sizes = curve_sizes(count, len(task.classes))
    jobs = [targets.job(np.sort(order[:size]), measured, [model.facts.C], keep=False) for size in sizes]
    found = matrix.fit(jobs, replace(model.settings, C=model.facts.C), targets.loss)
    taken = targets.taken(measured)
    accuracies = [accuracy_of(taken, job[0][1]) or 0.0 for job in found]
    return list(zip(sizes, accuracies, strict=True))
