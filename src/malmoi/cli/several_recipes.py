"""What commands have that train several recipes on draws of labels: lists of recipes and sizes, and what is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.options import option_names
from malmoi.cli.reading import reading_as_asked, unlabelled_texts
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
RECIPES_HELP = "Names of recipes, or recipe files (NAME.json), between commas"
SIZES_HELP = "Numbers of labelled texts, or all, between commas."
TestOption = Annotated[
    list[str] | None, typer.Option(help="Held-out labelled texts, several times; a part of DATA, if not given.")
]
UnlabelledOption = Annotated[
    list[str] | None, typer.Option(help="More texts without labels, for recipes that use them; several times.")
]


@dataclass(frozen=True)
class Files:
    """Files that are read.

    Args:
        data: files, globs or a folder of labelled texts.
        test: files of held-out texts; nothing: a part of the data.
        unlabelled: files of texts without labels.
        others: files of recipes and of vectors.
    """

    data: Sequence[str]
    test: Sequence[str] = ()
    unlabelled: Sequence[str] = ()
    others: Sequence[str] = ()

    @property
    def all(self) -> list[str]:
        """All of them."""
        return [*self.data, *self.test, *self.unlabelled, *self.others]


@dataclass(frozen=True)
class Corpora:
    """What was read.

    Args:
        data: labelled texts.
        test: held-out texts; `None`: a part of the data.
        unlabelled: texts without labels.
        text_columns: columns of the texts.
    """

    data: Corpus
    test: Corpus | None
    unlabelled: list[str]
    text_columns: tuple[str, ...] = ()


def recipes_of(words: str) -> dict[str, Recipe]:
    """Return recipes by name; those of files by the name of the file.

    Raises:
        UsageError: there is no such recipe, or two have one name.
        DataError: a file is no recipe.
    """
    found: dict[str, Recipe] = {}
    for word in map(str.strip, words.split(",")):
        is_file = word.endswith(RECIPE_SUFFIX)
        name = Path(word).stem if is_file else word
        if name in found:
            cure = "rename a file" if is_file else "leave one out"
            raise UsageError(f"--recipes must have different names, got {name!r} twice; {cure}")
        if not is_file:
            with option_names(()):
                one_of("--recipes", word, recipe_table("texts"))
        found[name] = Recipe.read(word) if is_file else Recipe(word)
    return found


def files_of(words: str, recipes: Mapping[str, Recipe]) -> list[str]:
    """Return the files of recipes, and those that recipes name."""
    given = [word for word in map(str.strip, words.split(",")) if word.endswith(RECIPE_SUFFIX)]
    return [*given, *(file for recipe in recipes.values() for file in recipe.files)]


def sizes_of(words: str) -> list[Size]:
    """Return numbers of labels, and "all".

    Raises:
        UsageError: one is neither.
    """
    return ["all" if word.strip() == "all" else whole("--labels", word, "numbers or all") for word in words.split(",")]


def whole(flag: str, word: str, rule: str) -> int:
    """Return a whole number of a list.

    Raises:
        UsageError: it is none.
    """
    try:
        return int(word)
    except ValueError:
        raise UsageError(f"{flag} must be {rule}, between commas, got {shorten(word.strip())}") from None


def read_corpora(
    files: Files,
    reading: Mapping[str, object],
    outputs: Sequence[Path],
    *,
    overwrite: bool,
    progress: Progress,
) -> Corpora:
    """Read labelled, held-out and unlabelled texts; labels of held-out texts are of the kind of the others.

    Args:
        files: what is read.
        reading: how, by name.
        outputs: files that the command writes.
        overwrite: whether outputs may be replaced.
        progress: progress callback.
    """
    others: list[str | Path] = [*files.all, *outputs]
    with reading_as_asked(reading, labelled=True, overwrite=overwrite, others=others) as (settings, report):
        corpus = corpus_of(files.data, settings, report=report, progress=progress)
        test = None
        if files.test:
            same = ReadReport(report.on_read, report.skip)  # skipped rows of all files are told together
            read = read_texts(files.test, settings, report=same, progress=progress)
            test = Corpus(read.texts, read.labels(corpus.classes), places=read.places)
        unlabelled = unlabelled_texts(files.unlabelled, settings, report, progress)
        return Corpora(corpus, test, unlabelled, tuple(report.text_columns))
