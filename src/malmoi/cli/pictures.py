"""The picture of a training: training curves, or learning curve, confusion matrix and calibration."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from malmoi.cli.usage import UsageError
from malmoi.data.corpus import Corpus
from malmoi.data.series_tables import SeriesTable
from malmoi.errors import MissingExtraError
from malmoi.evaluation.measurement import evaluate
from malmoi.experiments.bag_curve import bag_learning_curve
from malmoi.models.base import FittedModel
from malmoi.report.evaluation_figure import evaluation_figure
from malmoi.report.figures import write_figure

__all__ = ["NO_MATPLOTLIB", "can_draw", "check_picture", "draw_history", "draw_numbers", "draw_scores", "draw_series"]

PICTURES = (".png", ".svg", ".pdf")
NO_MATPLOTLIB = "not drawn: matplotlib is not installed; pip install 'malmoi[plots]'"


def can_draw() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def check_picture(flag: str, path: Path) -> None:
    """Check the suffix of a picture, and that matplotlib is installed.

    Args:
        flag: option that names the file.
        path: the file.

    Raises:
        UsageError: the suffix is not that of a picture.
        MissingExtraError: matplotlib is not installed.
    """
    if path.suffix.lower() not in PICTURES:
        raise UsageError(f"{flag} must end in {', '.join(PICTURES)}, got {path}")
    if not can_draw():
        raise MissingExtraError(f"drawing needs matplotlib; pip install 'malmoi[plots]', or leave {flag} out")


def draw_history(model: FittedModel, path: Path) -> bool:
    """Draw the training curves of a model, if it has any; return whether it has."""
    history = model.training_history
    if history is not None:
        history.plot(path)
    return history is not None


def draw_scores(model: FittedModel, training: Corpus, validation: Corpus, path: Path) -> None:
    """Draw learning curve, confusion matrix and calibration of a model on the validation set."""
    write_figure(evaluation_figure(evaluate(model, validation), bag_learning_curve(model, training, validation)), path)


def draw_series(model: FittedModel, validation: SeriesTable, path: Path) -> None:
    """Draw confusion matrix and calibration, or predicted against true numbers, on the validation set."""
    write_figure(evaluation_figure(evaluate(model, validation)), path)


def draw_numbers(model: FittedModel, texts: list[str], numbers: list[float], path: Path) -> None:
    """Draw predicted against true numbers."""
    write_figure(evaluation_figure(evaluate(model, (texts, numbers))), path)
