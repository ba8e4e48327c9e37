"""Fit a fastText classifier on texts in memory, or update one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from malmoi.foundation.progress import Progress
from malmoi.metrics.calibrators import Calibrator, Temperature
from malmoi.models.fasttext.calibration import TEXTS_WITHOUT_REFIT, held_out_scores, spread_texts
from malmoi.models.fasttext.model import FastTextModel
from malmoi.models.fasttext.parts import FastTextFacts
from malmoi.models.fasttext.settings import FastTextSettings
from malmoi.models.fasttext.training import Trained, check_words, label_counts, trained_network
from malmoi.models.linear.learning import TrainingTexts
from malmoi.models.task import Classification

__all__ = ["fitted_fasttext", "refitted", "with_training_accuracy"]

KEPT_EXAMPLES = 4
SCORED_TEXTS = 5_000
"""Training texts on which the training accuracy is measured."""


def fitted_fasttext(settings: FastTextSettings, training: TrainingTexts, progress: Progress) -> FastTextModel:
    """Train on all texts, or on all but the held-out ones of a large set; calibrate on held-out texts.

    Raises:
        DataError: training diverges, or no text has a word.
        ValueError: a setting does not fit the labels.
    """
    held_out = held_out_scores(settings, training, progress)
    learns_all = held_out is None or len(training.texts) < TEXTS_WITHOUT_REFIT
    trained = trained_network(settings, training, progress) if held_out is None or learns_all else held_out.trained
    facts = FastTextFacts(
        samples=len(training.texts),
        tokens=trained.tokens,
        epochs=len(trained.losses),
        held_out=0 if held_out is None else len(held_out.places),
        learned_held_out=learns_all,
        losses=trained.losses,
        training_accuracy=None,
        held_out_accuracy=None if held_out is None else held_out.accuracy(training),
        dropped_up_to=trained.dropped_up_to,
    )
    calibrator = Temperature() if held_out is None else held_out.calibrator(settings, training)
    return _model(settings, training, trained, calibrator, facts)


def refitted(model: FastTextModel, training: TrainingTexts, progress: Progress) -> FastTextModel:
    """Return a model that is trained anew on all of other texts, with the calibration of a model."""
    settings = replace(model.settings, calibration=None)
    fitted = fitted_fasttext(settings, training, progress)
    facts = replace(
        fitted.facts,
        held_out=model.facts.held_out,
        held_out_accuracy=model.facts.held_out_accuracy,
        learned_held_out=True,
    )
    return replace(fitted, settings=model.settings, calibrator=model.calibrator, facts=facts)


def _model(
    settings: FastTextSettings,
    training: TrainingTexts,
    trained: Trained,
    calibrator: Calibrator,
    facts: FastTextFacts,
) -> FastTextModel:
    task = training.task
    if not isinstance(task, Classification):
        raise TypeError(f"the task must be classification, got {type(task).__name__}")
    check_words(settings, trained.network)
    counts = label_counts(task, training.targets)
    prior = (counts / max(len(training.texts), 1)).astype(np.float32)
    examples = tuple(training.texts[:KEPT_EXAMPLES])
    model = FastTextModel(task, settings, trained.network, calibrator, facts, prior, examples)
    return with_training_accuracy(model, training)


def with_training_accuracy(model: FastTextModel, training: TrainingTexts) -> FastTextModel:
    """Return the model with its accuracy on some training texts."""
    scored = spread_texts(training, SCORED_TEXTS)
    probabilities, targets = model.task.probabilities(model.outputs(scored.texts)), scored.targets
    if targets.ndim == 2:
        hits = ((probabilities > 0.5) == (targets > 0)).all(axis=1)
    else:
        hits = probabilities.argmax(axis=1) == targets
    return replace(model, facts=replace(model.facts, training_accuracy=float(hits.mean())))
