"""`malmoi train --stream`: train on files that need not fit into memory."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from malmoi.cli.console import ProgressBars, print_table
from malmoi.cli.engine_options import engine_of
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.reading import checked_reading
from malmoi.cli.run_recording import RunRecorder
from malmoi.cli.training_options import Request, TrainOptions
from malmoi.cli.usage import UsageError
from malmoi.experiments.recording import Training
from malmoi.models.fasttext.streams import FileBatches
from malmoi.models.linear.classifier import BagClassifier
from malmoi.models.linear.shard_training import fitted_on_shards

__all__ = ["refuse_stream_options", "train_stream"]

STREAMED = ("bag", "fasttext")


def train_stream(request: Request, split: Sequence[str], reading: Mapping[str, object]) -> None:
    """Train on files that are read in every step; write the model.

    Args:
        request: data, recipe and options.
        split: given options of the split, which are refused.
        reading: reading options by name.

    Raises:
        UsageError: the recipe cannot be trained in this way, or an option has no effect.
    """
    _check(request, split, reading)
    engine = engine_of(request.options.engine, request.options.workers)
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
            if isinstance(estimator, BagClassifier):
                estimator.fitted_ = fitted_on_shards(
                    estimator.check_settings(),
                    request.data,
                    settings,
                    engine=engine,
                    scratch=request.options.scratch,
                    report=report,
                    progress=progress,
                )
            else:
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


def refuse_stream_options(options: TrainOptions) -> None:
    """Refuse options of streams without --stream.

    Raises:
        UsageError: one is given.
    """
    for flag, given in _of_shards(options).items():
        if given and not options.stream:
            raise UsageError(f"{flag} has no effect without --stream; add --recipe bag --stream, or leave it out")


def _of_shards(options: TrainOptions) -> dict[str, bool]:
    """Return options of training on files one by one, and whether each is given."""
    return {
        "--engine": options.engine is not None,
        "--workers": options.workers is not None,
        "--scratch": options.scratch is not None,
    }


def _check(request: Request, split: Sequence[str], reading: Mapping[str, object]) -> None:
    """Refuse other recipes, and options that have no effect."""
    if request.recipe.name not in STREAMED:
        rule = "--stream needs the recipe bag or fasttext"
        raise UsageError(f"{rule}, got {request.recipe.name!r}; add --recipe bag or --recipe fasttext")
    options = request.options
    for flag, given in _of_shards(options).items():
        if given and request.recipe.name != "bag":
            raise UsageError(f"{flag} needs the recipe bag, got {request.recipe.name!r}; leave it out")
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
