"""`malmoi tune`: a search for the best recipe within a time, resumable."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from malmoi.cli.console import ProgressBars, answers, print_table
from malmoi.cli.options import option_names, options_for, with_options
from malmoi.cli.recipes import command_words, recipe_options
from malmoi.cli.train import PARTS, READING
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.corpus import read_corpus
from malmoi.data.readers import checked_encoding
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.settings import settings_of
from malmoi.experiments.splitting import cut_up
from malmoi.experiments.tune import SearchResult, check_limits, import_optuna, tune

__all__ = ["tune_command"]

NAMES = ("minutes", "trials", "tokens", "vectors", "seed")
SEARCH = options_for({name: settings_of(tune)[name] for name in NAMES}, "Search")
CUTTING = {name: option for name, option in PARTS.items() if name != "balanced"}


def _tune(
    search: dict[str, Any],
    parts: dict[str, Any],
    reading: dict[str, Any],
    data: Annotated[Path, typer.Argument(help="Labelled texts: whatever train takes.")],
    study: Annotated[Path | None, typer.Option(help="SQLite file from which it goes on; tune-NAME.sqlite.")] = None,
) -> None:
    """Search for the best recipe within a time; prints the command that trains it."""
    path = study or Path(f"tune-{data.resolve().name.split('.')[0]}.sqlite")
    with option_names((), ("minutes", "trials")):
        check_limits(search.get("minutes", SEARCH["minutes"].setting.default), search.get("trials"))
    import_optuna()
    tokens, seed, vectors = search.get("tokens", "auto"), search.get("seed", 0), search.get("vectors")
    settings = {"tokens": tokens, "seed": seed, **({} if vectors is None else {"embedding.vectors": vectors})}
    with option_names((), ("tokens",)):
        Recipe("flatten", settings).estimator()  # what can be refused is refused before anything is read
    with refused_options():
        checked_encoding(reading.get("encoding", "utf-8"))
        corpus = read_corpus(data, **reading)
    with option_names((), ("labels", "validation")):
        cut = cut_up(corpus, seed=seed, **parts)
    if cut.validation is None:
        raise UsageError("--validation must be above 0: recipes are compared on it")
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(f"--study must be a file in a folder that is there, got {path}")
    kept = (data.resolve(), parts.get("labels"), parts.get("validation", 0.2), tokens, vectors, seed)
    with ProgressBars() as progress:
        found = tune(cut, path, name=" ".join(map(str, kept)), progress=progress, **search)
    _print(found, data, path, {**parts, **reading})


tune_command = with_options(_tune, SEARCH, CUTTING, READING)


def _print(found: SearchResult, data: Path, study: Path, others: dict[str, Any]) -> None:
    """Print what was tried, and the command that trains the best recipe."""
    for place, trial in enumerate(found.trials[:5], 1):
        settings = ", ".join(f"{path} {value}" for path, value in trial.recipe.settings.items())
        line = f"{place}. {trial.accuracy:.1%} in {trial.seconds} s: {trial.recipe.name}, {settings}"
        answers.print(line, markup=False)
    rows = [
        ("recipes", f"{found.tried} tried, {found.tried_now} of them now"),
        ("best validation accuracy", f"{found.accuracy:.1%} (the best of many, so a little too good)"),
        ("goes on from", study),
    ]
    print_table("", rows)
    words = ["malmoi", "train", str(data), "-o", "best.malmoi", *command_words(found.best, recipe_options("texts"))]
    for name, value in others.items():
        words += [(PARTS | READING)[name].flags[0], str(value)]
    answers.print(f"\n{shlex.join(words)}", markup=False)
