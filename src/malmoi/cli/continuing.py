"""`malmoi train --continue MODEL DATA`: a model learns from more labelled texts, new classes included."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from malmoi.cli.console import ProgressBars, print_table
from malmoi.cli.labelled_texts import LabelledTexts, read_labelled
from malmoi.cli.mistakes import telling_what_is_written
from malmoi.cli.training_options import TrainOptions
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.readers import Columns, checked_encoding
from malmoi.errors import DataError
from malmoi.foundation.files import refuse_existing
from malmoi.metrics.scores import Share
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.task import Classification, Regression
from malmoi.persistence import load

__all__ = ["continue_training"]

WITHOUT_EFFECT = ("recipe", "recipe_file", "set", "checkpoint", "summary", "refit", "task", "language")


def continue_training(
    data: Path, given: Mapping[str, Any], others: Mapping[str, str], reading: Mapping[str, Any]
) -> ModelEstimator[Any]:
    """Let a model learn from more texts; prints what it predicted for them before, writes the model.

    Args:
        data: labelled texts.
        given: options by name.
        others: options of the recipe and of the split that were given, as they are written.
        reading: how the data is read.
    """
    for flag in (*(f"--{name.replace('_', '-')}" for name in WITHOUT_EFFECT if name in given), *others):
        raise UsageError(f"{flag} has no effect with --continue, which keeps the model's settings; leave it out")
    start, options = time.perf_counter(), TrainOptions.of(given)
    path = options.continue_model or data
    output = options.output or path
    refuse_existing(output, overwrite=options.force)
    with refused_options():
        encoding = checked_encoding(reading.get("encoding", "utf-8"))
    model = load(path)
    if not hasattr(model, "partial_fit"):
        raise UsageError(f"--continue goes with models of bags, got {path}, a {model.fitted.kind}; train it anew")
    columns = Columns(reading.get("text_column"), reading.get("label_column"))
    with telling_what_is_written(output), ProgressBars() as progress:
        texts = read_labelled(data, columns, encoding=encoding, progress=progress)
        before = model.fitted
        labels = _labels(texts, before)
        score = _score_before(before, texts.texts, labels)
        model.partial_fit(texts.texts, labels)
        model.save(output, overwrite=options.force, examples=None if options.examples else [])
    rows: list[tuple[str, object]] = [("continued from", path), ("new texts", f"{len(texts.texts):,}"), *score]
    if isinstance(before.task, Classification):
        new = sorted(set(model.fitted.classes.tolist()) - set(before.classes.tolist()), key=str)
        rows.append(("new classes", ", ".join(map(str, new)) or "none"))
    rows += [("seconds", f"{time.perf_counter() - start:.1f}"), ("model", output)]
    print_table("", rows)
    return model


def _labels(texts: LabelledTexts, model: FittedModel) -> Any:
    """Labels of the kind that the model has; numbers where it predicts numbers."""
    if isinstance(model.task, Regression):
        return texts.numbers()
    labels = texts.labels()
    is_text, known_text = labels.dtype.kind in "US", model.classes.dtype.kind in "US"
    if is_text == known_text:
        return labels
    if known_text:
        return labels.astype(str)
    try:
        return labels.astype(model.classes.dtype)
    except ValueError:
        kinds = f"as {model.classes[0].item()!r}, got {labels[0].item()!r}"
        raise DataError(f"{texts.path}: labels must be of the kind of the model's, {kinds}") from None


def _score_before(model: FittedModel, texts: list[str], labels: Any) -> list[tuple[str, object]]:
    """How good the model was on the new texts before it learned from them."""
    predicted = model.task.decode(model.outputs(texts))
    if isinstance(model.task, Regression):
        return [("error before", f"{float(np.abs(predicted - np.asarray(labels)).mean()):.4g} (mean, absolute)")]
    right = np.asarray(predicted == labels)
    return [("accuracy before", Share(int(right.sum()), len(texts)))]
