"""`malmoi train --task regression`: train a model that predicts numbers on texts with numeric targets."""

from __future__ import annotations

import time
from collections.abc import Mapping

from malmoi.cli.console import ProgressBars, print_table
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.option_values import value_of
from malmoi.cli.options import option_names
from malmoi.cli.pictures import NO_MATPLOTLIB, can_draw, draw_numbers
from malmoi.cli.reading import read_labelled
from malmoi.cli.run_recording import RunRecorder
from malmoi.cli.training_options import Request
from malmoi.cli.usage import UsageError
from malmoi.data.corpus_files import ReadTexts
from malmoi.experiments.numbers import held_out_texts, run_numbers
from malmoi.experiments.recording import Training
from malmoi.experiments.run_result import RunResult
from malmoi.foundation.progress import Progress
from malmoi.models.base import FittedModel, ModelEstimator

__all__ = ["train_numbers"]


def train_numbers(
    request: Request, parts: Mapping[str, object], reading: Mapping[str, object]
) -> ModelEstimator[FittedModel]:
    """Train a regression model; print its scores, write the model and a picture."""
    for name in ("labels", "balanced"):
        if name in parts:
            raise UsageError(f"--{name} has no effect on regression; leave it out")
    if "group_column" in reading:
        raise UsageError("--group-column has no effect on regression; leave it out")
    start, options = time.perf_counter(), request.options
    if options.unlabelled:
        raise UsageError("--unlabelled has no effect on regression; leave it out")
    request.check_outputs()
    recorder = RunRecorder(request.runs)
    with outputs_named_on_failure(request.output, request.curves), ProgressBars() as progress:
        data = read_labelled(request.data, reading, progress=progress, overwrite=options.force, others=request.used)
        texts, numbers = data.texts, data.numbers()
        with option_names((), ("validation",)):
            result, measured = _fitted(
                request, data, numbers, value_of(parts, "validation", float, 0.2), recorder, progress
            )
        estimator = result.model
        written: list[tuple[str, object]] = [("model", request.output)]
        if result.validation_model is not None and len(measured) > 1 and can_draw():
            some = [texts[place] for place in measured], [numbers[place] for place in measured]
            draw_numbers(result.validation_model, *some, request.curves)
            written.append(("picture", request.curves))
        elif len(measured) > 1:
            written.append(("picture", NO_MATPLOTLIB))
    rows = [("texts", f"{len(texts):,} with numbers"), *estimator.fitted.summary(), *result.rows()[3:-1]]
    print_table("", [*rows, ("seconds", f"{time.perf_counter() - start:.1f}"), *written, *recorder.rows()])
    return estimator


def _fitted(
    request: Request,
    data: ReadTexts,
    numbers: list[float],
    validation: float,
    recorder: RunRecorder,
    progress: Progress,
) -> tuple[RunResult, list[int]]:
    """Train and save; record the run, even if it fails."""
    texts, options = data.texts, request.options
    held_out = held_out_texts(validation, len(texts))
    training = Training.of("train", request.recipe, request.data, len(texts) - held_out, held_out)
    with recorder.failures_of(training):
        result, measured = run_numbers(
            request.recipe, texts, numbers, validation=validation, refit=options.refit, progress=progress
        )
        estimator = result.model
        estimator.fitted_ = estimator.fitted.with_text_columns(data.report.text_columns)
        estimator.save(request.output, overwrite=options.force, examples=None if options.examples else [])
    recorder.record(training.finished(result, request.output))
    return result, measured
