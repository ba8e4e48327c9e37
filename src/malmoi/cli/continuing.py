"""`malmoi train --continue MODEL DATA`: continue training on more labelled texts, which may have new classes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from malmoi.cli.console import ProgressBars, print_table
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.reading import read_labelled, refuse_same_files
from malmoi.cli.run_recording import RunRecorder, runs_path
from malmoi.cli.training_options import TrainOptions
from malmoi.cli.usage import UsageError
from malmoi.data.coded_labels import AnyLabels, CodedLabels
from malmoi.data.corpus_files import ReadTexts
from malmoi.data.labels import coded_labels
from malmoi.errors import DataError
from malmoi.experiments.recording import Training
from malmoi.foundation.files import refuse_existing
from malmoi.metrics.scores import Share
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.task import Classification, Multilabel, Regression
from malmoi.persistence import load

__all__ = ["continue_training"]

WITHOUT_EFFECT = ("recipe", "recipe_file", "set", "checkpoint", "summary", "refit", "task", "language", "unlabelled")


def continue_training(
    data: Sequence[str], given: Mapping[str, object], flags: Mapping[str, str], reading: Mapping[str, object]
) -> ModelEstimator[FittedModel]:
    """Train an existing model on more texts; print its score on them before training, write the model.

    Args:
        data: labelled texts.
        given: options by name.
        flags: given options of the recipe and of the split, by flag.
        reading: reading options by name.
    """
    for flag in (*(f"--{name.replace('_', '-')}" for name in WITHOUT_EFFECT if name in given), *flags):
        raise UsageError(f"{flag} has no effect with --continue, which keeps the model's settings; leave it out")
    start, options = time.perf_counter(), TrainOptions.of(given)
    path = options.continue_model or Path(data[0])
    output = options.output or path
    refuse_same_files("--output", output, data, what="DATA")
    refuse_existing(output, overwrite=options.force)
    recorder = RunRecorder(runs_path(options.runs, [*data, path, output]))
    used = [path, output, recorder.path]
    model = load(path)
    if not hasattr(model, "partial_fit"):
        raise UsageError(f"--continue needs a bag model, got {path}, a {model.fitted.kind}; train a new model instead")
    with outputs_named_on_failure(output), ProgressBars() as progress:
        before = model.fitted
        columns = before.text_columns
        texts = read_labelled(
            data, reading, progress=progress, overwrite=options.force, model_columns=columns, others=used
        )
        labels = _labels(texts, before)
        score = _score_before(before, texts.texts, labels)
        seed = int(model.get_params(deep=False).get("seed", 0))
        training = Training("train --continue", before.kind, "", data, seed, len(texts.texts), 0)
        with recorder.failures_of(training):
            model.partial_fit(texts.texts, labels)
            model.save(output, overwrite=options.force, examples=None if options.examples else [])
        recorder.record(training.learned(output))
    rows: list[tuple[str, object]] = [("continued from", path), ("new texts", f"{len(texts.texts):,}"), *score]
    if isinstance(before.task, Classification):
        new = sorted(set(model.fitted.classes.tolist()) - set(before.classes.tolist()), key=str)
        rows.append(("new classes", ", ".join(map(str, new)) or "none"))
    rows += [("seconds", f"{time.perf_counter() - start:.1f}"), ("model", output), *recorder.rows()]
    print_table("", rows)
    return model


def _labels(texts: ReadTexts, model: FittedModel) -> AnyLabels | list[float]:
    """Return labels of the type of the model's classes, or numbers for a regression model."""
    if isinstance(model.task, Regression):
        return texts.numbers()
    labels = texts.labels(model.classes)
    is_text, known_text = labels.classes.dtype.kind in "US", model.classes.dtype.kind in "US"
    if is_text == known_text or not isinstance(labels, CodedLabels):
        return labels
    if known_text:
        return coded_labels([str(label) for label in labels.to_list()], "labels[{}]".format)
    types = f"such as {model.classes[0].item()!r}, got {labels.to_list()[0]!r}"
    raise DataError(f"{texts.name}: labels must have the type of the model's classes, {types}")


def _score_before(model: FittedModel, texts: list[str], labels: AnyLabels | list[float]) -> list[tuple[str, object]]:
    """Return the score of the model on the new texts before it is trained on them."""
    if not isinstance(model.task, Classification):
        error = float(np.abs(model.predict(texts) - np.asarray(labels)).mean())
        return [("error before", f"{error:.4g} (mean absolute error)")]
    right = model.task.hits(model.outputs(texts), labels)
    name = "exact match" if isinstance(model.task, Multilabel) else "accuracy"
    return [(f"{name} before", Share(int(right.sum()), len(texts)))]
