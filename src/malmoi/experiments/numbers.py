"""One regression run on texts: split, fit, evaluate, refit."""

from __future__ import annotations

import time

import numpy as np

from malmoi.experiments.recipe import Recipe
from malmoi.experiments.run_result import RunResult
from malmoi.foundation.progress import Progress, silent
from malmoi.models.base import FittedModel, ModelEstimator

__all__ = ["held_out_texts", "run_numbers"]


def held_out_texts(validation: float, samples: int) -> int:
    """Return the size of the validation set.

    Args:
        validation: a number of texts, or a share below 1.
        samples: number of all texts.

    Raises:
        ValueError: fewer than 2 training texts are left.
    """
    held_out = int(validation) if validation >= 1 else round(validation * samples)
    if not 0 <= held_out < samples - 1:
        raise ValueError(f"validation must leave 2 of the {samples} texts or more, got {validation:g}")
    return held_out


def run_numbers(
    recipe: Recipe,
    texts: list[str],
    numbers: list[float],
    *,
    validation: float = 0.2,
    refit: bool = True,
    progress: Progress = silent,
) -> tuple[RunResult, list[int]]:
    """Train a recipe on texts with numeric targets, and evaluate it on a validation set.

    Args:
        recipe: recipe for text regression; its seed is also that of the split.
        texts: texts, (samples,).
        numbers: targets, float (samples,).
        validation: size of the validation set: a number of texts, or a share below 1; 0: none.
        refit: refit on training and validation set after validation.
        progress: progress callback, called with the step's name, the number done and the total.

    Returns:
        The result, and the indices of the validation texts.

    Raises:
        ValueError: a setting is out of range, or too few training texts are left.
        DataError: a number is not finite.
    """
    start = time.perf_counter()
    estimator: ModelEstimator[FittedModel] = recipe.estimator()
    held_out = held_out_texts(validation, len(texts))
    order = np.random.default_rng(int(getattr(estimator, "seed", 0))).permutation(len(texts)).tolist()
    measured, training = sorted(order[:held_out]), sorted(order[held_out:])
    truth = np.asarray(numbers, dtype=np.float64)
    estimator.fit([texts[place] for place in training], truth[training], progress=progress)
    fitted = estimator.fitted
    predicted = fitted.predict([texts[place] for place in measured])
    score = float(np.abs(predicted - truth[measured]).mean()) if measured else None
    reference = truth[measured or training]
    if measured and refit:
        estimator.fit(texts, truth, progress=progress)
    result = RunResult(
        recipe=recipe,
        model=estimator,
        training_samples=len(training),
        validation_samples=len(measured),
        unlabelled_samples=0,
        training_score=None,
        validation_score=score,
        baseline=("median", float(np.abs(reference - np.median(truth[training])).mean())),
        findings=(),
        seconds=time.perf_counter() - start,
        refitted=bool(measured) and refit,
        validation_model=fitted,
    )
    return result, measured
