"""The picture that a training writes: curves of epochs, or learning curve, confusion matrix and calibration."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from malmoi.data.corpus import Corpus
from malmoi.data.series_tables import SeriesTable
from malmoi.evaluation.measurement import evaluate
from malmoi.experiments.bag_curve import bag_learning_curve
from malmoi.models.base import FittedModel
from malmoi.report.evaluation_figure import evaluation_figure
from malmoi.report.figures import write_figure

__all__ = ["NO_MATPLOTLIB", "can_draw", "draw_history", "draw_numbers", "draw_scores", "draw_series"]

NO_MATPLOTLIB = "not drawn: matplotlib is not installed; pip install 'malmoi[plots]'"


def can_draw() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def draw_history(model: FittedModel, path: Path) -> bool:
    """Draw the curves of a model that has epochs; returns whether it has."""
    history = model.training_history
    if history is not None:
        history.plot(path)
    return history is not None


def draw_scores(model: FittedModel, training: Corpus, validation: Corpus, path: Path) -> None:
    """Draw learning curve, confusion matrix and calibration of a model, as measured on the validation set."""
    write_figure(evaluation_figure(evaluate(model, validation), bag_learning_curve(model, training, validation)), path)


def draw_series(model: FittedModel, validation: SeriesTable, path: Path) -> None:
    """Draw confusion matrix and calibration, or predicted against true numbers, as measured on the validation set."""
    write_figure(evaluation_figure(evaluate(model, validation)), path)


def draw_numbers(model: FittedModel, texts: list[str], numbers: list[float], path: Path) -> None:
    """Draw predicted against true numbers."""
    write_figure(evaluation_figure(evaluate(model, (texts, numbers))), path)
