"""`malmoi tune`: hyperparameter search with a time limit, resumable."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.console import ProgressBars, answers, print_table
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.option_values import call_with, value_of
from malmoi.cli.options import option_names, options_for, with_options
from malmoi.cli.output_options import ForceOption
from malmoi.cli.reading import LABELLED, checked_reading, refuse_shared_files
from malmoi.cli.recipes import command_words, recipe_options
from malmoi.cli.run_recording import RunRecorder, RunsOption, runs_path
from malmoi.cli.train import PARTS
from malmoi.cli.training_options import data_name
from malmoi.cli.usage import UsageError
from malmoi.data.coded_labels import joined_labels
from malmoi.data.corpus_files import corpus_of
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.recording import Training
from malmoi.experiments.run_record import RunRecord
from malmoi.experiments.search_spaces import search_space
from malmoi.experiments.settings import settings_of
from malmoi.experiments.splitting import Parts, cut_up
from malmoi.experiments.tune import SearchResult, check_limits, import_optuna, tune
from malmoi.foundation.files import refuse_existing
from malmoi.foundation.printable import printable
from malmoi.foundation.validation import surrogate_at

__all__ = ["tune_command"]

NAMES = ("recipe", "minutes", "trials", "tokens", "vectors", "seed")
MINUTES: float = inspect.signature(tune).parameters["minutes"].default
SEARCH = options_for({name: settings_of(tune)[name] for name in NAMES}, "Search")
CUTTING = {name: option for name, option in PARTS.items() if name != "balanced"}


def _tune(
    search: dict[str, object],
    parts: dict[str, object],
    reading: dict[str, object],
    data: Annotated[list[str], typer.Argument(help="Labelled texts, as for train.")],
    study: Annotated[Path | None, typer.Option(help="Search file for resuming; default: tune-NAME.sqlite.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Train the best recipe on all labelled texts; write the model."),
    ] = None,
    refit: Annotated[bool, typer.Option(help="With --output, also train on the validation set.")] = True,
    force: ForceOption = False,
    runs: RunsOption = None,
) -> None:
    """Search for the best recipe and hyperparameters within a time limit; print its training command, or train it."""
    path, vectors = _study_file(study, data), value_of(search, "vectors", str)
    refuse_shared_files([("--output", output), ("--study", path)], [*data, vectors])
    _check_output(output, force=force, refit=refit)
    recorder = RunRecorder(runs_path(runs, [*data, vectors, output, path]))
    with option_names((), ("minutes", "trials")):
        check_limits(value_of(search, "minutes", float, MINUTES), value_of(search, "trials", int))
    import_optuna()
    tokens, seed = value_of(search, "tokens", str, "auto"), value_of(search, "seed", int, 0)
    recipe = value_of(search, "recipe", str, "networks")
    with option_names((), ("recipe", "tokens")):
        search_space(recipe, tokens, vectors, seed).checked()
    used = [*data, vectors, output, path, recorder.path]
    with checked_reading(reading, labelled=True, overwrite=force, others=used) as (read_settings, report):
        corpus = corpus_of(data, read_settings, report=report)
    with option_names((), ("labels", "validation")):
        cut = call_with(partial(cut_up, corpus, seed=seed), parts)
    if cut.validation is None:
        raise UsageError("--validation must be above 0: recipes are compared on it")
    name = _study_name(data, parts, (tokens, vectors, seed, *([] if recipe == "networks" else [recipe])))
    with ProgressBars() as progress:
        searching = partial(tune, cut, path, name=name, on_trial=_recording(recorder, data), progress=progress)
        found = call_with(searching, search)
    _print(found, data, path, {**parts, **reading}, recorder)
    if output is not None:
        saved = _Best(found.best, cut if refit else replace(cut, validation=None), data, report.text_columns, output)
        _save_best(saved, recorder, force=force)


def _check_output(output: Path | None, *, force: bool, refit: bool) -> None:
    """Refuse an existing output, and options that have no effect without an output."""
    if output is not None:
        refuse_existing(output, overwrite=force)
    elif force or not refit:
        raise UsageError(f"{'--force' if force else '--no-refit'} has no effect without --output; leave it out")


def _study_file(study: Path | None, data: Sequence[str]) -> Path:
    """Return the file of the search."""
    path = study or Path(f"tune-{data_name(data)}.sqlite")
    if not path.parent.is_dir() or (path.exists() and not path.is_file()):
        raise UsageError(f"--study must be a regular file in an existing folder, got {path}")
    if surrogate_at(str(path)) is not None:  # SQLAlchemy cannot open it
        cure = "use another name" if study is not None else "set one with --study FILE"
        raise UsageError(f"--study must be a file whose name is UTF-8, got {path}; {cure}")
    return path


def _study_name(data: Sequence[str], parts: Mapping[str, object], others: tuple[object, ...]) -> str:
    """Return the name that identifies a search in its file."""
    paths = [Path(one).resolve() for one in data]
    return printable(" ".join(map(str, (*paths, parts.get("labels"), parts.get("validation", 0.2), *others))))


tune_command = with_options(_tune, SEARCH, CUTTING, LABELLED)


def _recording(recorder: RunRecorder, data: Sequence[str]) -> Callable[[RunRecord], None]:
    """Return a callback that records a trial with the names of its data."""

    def record(trial: RunRecord) -> None:
        recorder.record(replace(trial, data=", ".join(data)))

    return record


@dataclass(frozen=True)
class _Best:
    """The best recipe and its training data."""

    recipe: Recipe
    parts: Parts
    data: Sequence[str]
    columns: Sequence[str]
    output: Path


def _save_best(best: _Best, recorder: RunRecorder, *, force: bool) -> None:
    """Train the best recipe, with the best number of epochs, on the training set and any validation set; save it."""
    parts = best.parts
    texts, labels = parts.training.texts, parts.training.required_codes
    if parts.validation is not None:
        texts, labels = texts + parts.validation.texts, joined_labels(labels, parts.validation.required_codes)
    training = Training.of("tune", best.recipe, best.data, len(texts), 0)
    with outputs_named_on_failure(best.output):
        with recorder.failures_of(training), ProgressBars() as progress:
            estimator = best.recipe.estimator()
            given = {"unlabelled": parts.unlabelled} if estimator.takes_unlabelled else {}
            model = estimator.fit(texts, labels, progress=progress, **given)
            model.fitted_ = model.fitted.with_text_columns(best.columns)
            model.save(best.output, overwrite=force)
        run = recorder.record(training.learned(best.output))
    every = "all " if parts.validation is not None else ""
    rows = [("model", best.output), ("trained on", f"{every}{len(texts):,} labelled texts, after the search")]
    print_table("", rows if run is None else [*rows, ("run", f"{run.id} in {recorder.path}")])


def _print(
    found: SearchResult, data: Sequence[str], study: Path, others: dict[str, object], recorder: RunRecorder
) -> None:
    """Print the best trials, and the command that trains the best recipe."""
    for place, trial in enumerate(found.trials[:5], 1):
        settings = ", ".join(f"{path} {value}" for path, value in trial.recipe.settings.items())
        line = f"{place}. {trial.accuracy:.1%} in {trial.seconds} s: {trial.recipe.name}, {settings}"
        answers.print(line)
    optimistic = f" (optimistic: the best of {found.tried} trials)" if found.tried > 1 else ""
    rows = [
        ("trials", f"{found.tried}, {found.tried_now} of them in this call"),
        ("best validation accuracy", f"{found.accuracy:.1%}{optimistic}"),
        ("study", study),
        *recorder.rows(),
    ]
    print_table("", rows)
    words = ["malmoi", "train", *data, "-o", "best.malmoi", *command_words(found.best, recipe_options("texts"))]
    for name, value in others.items():
        for one in value if isinstance(value, list) else [value]:
            words += [(PARTS | LABELLED)[name].flags[0], str(one)]
    answers.print()
    answers.print(shlex.join(words))
