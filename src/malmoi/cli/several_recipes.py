"""Parsing and reading shared by the commands that train several recipes on random training subsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.options import option_names
from malmoi.cli.reading import checked_reading, unlabelled_texts
from malmoi.cli.usage import UsageError
from malmoi.data.corpus import Corpus
from malmoi.data.corpus_files import corpus_of, read_texts
from malmoi.data.readers import ReadReport
from malmoi.experiments.curve_data import Size
from malmoi.experiments.kinds import recipe_table
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.settings import one_of
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten

__all__ = [
    "RECIPES_HELP",
    "SIZES_HELP",
    "Corpora",
    "Files",
    "TestOption",
    "UnlabelledOption",
    "files_of",
    "read_corpora",
    "recipes_of",
    "sizes_of",
    "whole",
]

RECIPE_SUFFIX = ".json"
RECIPES_HELP = "Comma-separated names of recipes or recipe files (NAME.json)"
SIZES_HELP = "Comma-separated numbers of training labels, or all."
TestOption = Annotated[
    list[str] | None,
    typer.Option(help="Labelled texts of the test set; may be given several times; default: a part of DATA."),
]
UnlabelledOption = Annotated[
    list[str] | None,
    typer.Option(help="Unlabelled texts for recipes that use them; may be given several times."),
]


@dataclass(frozen=True)
class Files:
    """Input files.

    Args:
        data: files, globs or a folder of labelled texts.
        test: files of the test set; if empty, a part of the data is held out.
        unlabelled: files of unlabelled texts.
        others: files of recipes and of word vectors.
    """

    data: Sequence[str]
    test: Sequence[str] = ()
    unlabelled: Sequence[str] = ()
    others: Sequence[str] = ()

    @property
    def all(self) -> list[str]:
        """All input files."""
        return [*self.data, *self.test, *self.unlabelled, *self.others]


@dataclass(frozen=True)
class Corpora:
    """Texts read from the input files.

    Args:
        data: labelled texts.
        test: the test set; `None`: a part of the data.
        unlabelled: unlabelled texts.
        text_columns: columns of the texts.
    """

    data: Corpus
    test: Corpus | None
    unlabelled: list[str]
    text_columns: tuple[str, ...] = ()


def recipes_of(words: str) -> dict[str, Recipe]:
    """Return recipes by name; a recipe file has the name of the file.

    Raises:
        UsageError: unknown recipe, or two recipes with the same name.
        DataError: a file is not a recipe.
    """
    found: dict[str, Recipe] = {}
    for word in map(str.strip, words.split(",")):
        is_file = word.endswith(RECIPE_SUFFIX)
        name = Path(word).stem if is_file else word
        if name in found:
            cure = "rename a file" if is_file else "remove one"
            raise UsageError(f"--recipes must have different names, got {name!r} twice; {cure}")
        if not is_file:
            with option_names(()):
                one_of("--recipes", word, recipe_table("texts"))
        found[name] = Recipe.read(word) if is_file else Recipe(word)
    return found


def files_of(words: str, recipes: Mapping[str, Recipe]) -> list[str]:
    """Return recipe files, and the files that the recipes use."""
    given = [word for word in map(str.strip, words.split(",")) if word.endswith(RECIPE_SUFFIX)]
    return [*given, *(file for recipe in recipes.values() for file in recipe.files)]


def sizes_of(words: str) -> list[Size]:
    """Return training-set sizes: numbers of labels, or "all".

    Raises:
        UsageError: a size is not a whole number or "all".
    """
    return ["all" if word.strip() == "all" else whole("--labels", word, "numbers or all") for word in words.split(",")]


def whole(flag: str, word: str, rule: str) -> int:
    """Return a whole number of a comma-separated list.

    Raises:
        UsageError: the word is not a whole number.
    """
    try:
        return int(word)
    except ValueError:
        raise UsageError(f"{flag} must be {rule}, comma-separated, got {shorten(word.strip())}") from None


def read_corpora(
    files: Files,
    reading: Mapping[str, object],
    outputs: Sequence[Path],
    *,
    overwrite: bool,
    progress: Progress,
) -> Corpora:
    """Read training data, test set and unlabelled texts; labels of both data sets get the same type.

    Args:
        files: input files.
        reading: reading options by name.
        outputs: output files of the command.
        overwrite: whether outputs may be overwritten.
        progress: progress callback, called with the step's name, the number done and the total.
    """
    others: list[str | Path] = [*files.all, *outputs]
    with checked_reading(reading, labelled=True, overwrite=overwrite, others=others) as (settings, report):
        corpus = corpus_of(files.data, settings, report=report, progress=progress)
        test = None
        if files.test:
            same = ReadReport(report.on_read, report.skip)  # skipped rows of all files are reported together
            read = read_texts(files.test, settings, report=same, progress=progress)
            test = Corpus(read.texts, read.labels(corpus.classes), places=read.places)
        unlabelled = unlabelled_texts(files.unlabelled, settings, report, progress)
        return Corpora(corpus, test, unlabelled, tuple(report.text_columns))
