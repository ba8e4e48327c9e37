"""`malmoi train --stream`: train on files that need not fit into memory."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from malmoi.cli.console import ProgressBars, print_table
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.reading import checked_reading
from malmoi.cli.run_recording import RunRecorder
from malmoi.cli.training_options import Request
from malmoi.cli.usage import UsageError
from malmoi.experiments.recording import Training
from malmoi.models.fasttext.streams import FileBatches

__all__ = ["train_stream"]


def train_stream(request: Request, split: Sequence[str], reading: Mapping[str, object]) -> None:
    """Train on files that are read once per epoch, and once before; write the model.

    Args:
        request: data, recipe and options.
        split: given options of the split, which are refused.
        reading: reading options by name.

    Raises:
        UsageError: the recipe cannot be trained in this way, or an option has no effect.
    """
    _check(request, split, reading)
    start = time.perf_counter()
    request.check_outputs()
    recorder = RunRecorder(request.runs)
    estimator, force = request.recipe.estimator(), request.options.force
    with outputs_named_on_failure(request.output), ProgressBars() as progress:
        training = Training.of("train", request.recipe, request.data, 0, 0)
        with (
            checked_reading(reading, labelled=True, overwrite=force, others=request.used) as (settings, report),
            recorder.failures_of(training),
        ):
            estimator.fit_stream(FileBatches(request.data, settings, report), progress=progress)
            estimator.fitted_ = estimator.fitted.with_text_columns(report.text_columns)
            estimator.save(request.output, overwrite=force, examples=None if request.options.examples else [])
        samples = estimator.facts_.samples
        recorder.record(replace(training, training_samples=samples).learned(request.output))
    model = estimator.fitted
    rows: list[tuple[str, object]] = [
        ("recipe", request.recipe.name),
        ("training texts", f"{estimator.facts_.samples:,} labelled"),
        ("classes", ", ".join(map(str, model.classes))),
        *model.summary(),
        ("seconds", f"{time.perf_counter() - start - recorder.seconds:.1f}"),
        ("model", request.output),
        *recorder.rows(),
    ]
    print_table("", rows)


def _check(request: Request, split: Sequence[str], reading: Mapping[str, object]) -> None:
    """Refuse other recipes, and options that have no effect."""
    if request.recipe.name != "fasttext":
        raise UsageError(f"--stream needs the recipe fasttext, got {request.recipe.name!r}; add --recipe fasttext")
    options = request.options
    flags = {
        **dict.fromkeys(split, True),
        "--unlabelled": bool(options.unlabelled),
        "--checkpoint": options.checkpoint is not None,
        "--summary": options.summary,
        "--no-refit": not options.refit,
        "--task": options.task is not None,
        "--group-column": "group_column" in reading,
    }
    for flag in (flag for flag, given in flags.items() if given):
        raise UsageError(f"{flag} has no effect with --stream, which has no validation set; leave it out")
