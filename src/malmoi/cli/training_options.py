"""Options that all commands of training have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from malmoi.cli.option_values import call_with, paths_of, several_of
from malmoi.cli.reading import refuse_shared_files
from malmoi.cli.run_recording import runs_path
from malmoi.cli.usage import UsageError
from malmoi.evaluation.findings import LANGUAGES, Language
from malmoi.experiments.recipe import Recipe
from malmoi.foundation.files import refuse_existing

__all__ = ["MOST_NUMBERED_CLASSES", "OldSeriesOptions", "Request", "TrainOptions", "data_name"]


PATHS = ("output", "recipe_file", "checkpoint", "continue_model", "runs")
TASKS = ("classification", "regression")
MOST_NUMBERED_CLASSES = 20
"""More distinct numbers as labels are taken as classes only where the task is named."""


@dataclass(frozen=True)
class TrainOptions:
    """What is trained, and what is written.

    Args:
        output: the model file; its curves are drawn beside it.
        recipe: name of the recipe, auto if not given, or the first one that has the options given.
        recipe_file: a recipe as JSON; options win over it.
        set: a setting of the recipe, such as epochs=5; may be given several times.
        unlabelled: texts without labels, a file or a glob, for recipes that learn from them; may be given several
            times.
        checkpoint: file that is written after every epoch; where it is there, training goes on from it.
        force: replace outputs that exist.
        summary: print the summary of Keras.
        examples: keep four training samples in the model, to verify it.
        language: language of the findings, en or ko.
        refit: fit models without epochs on the validation set too, once they are measured; never with --labels.
        task: classification, or regression where the labels are numbers to predict.
        continue_model: a model that learns from the data too, new classes included, instead of a new one.
        runs: SQLite file in which the run is recorded (malmoi runs), or none; MALMOI_RUNS or runs.db, if not given.
    """

    output: Path | None = None
    recipe: str | None = None
    recipe_file: Path | None = None
    set: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()
    checkpoint: Path | None = None
    force: bool = False
    summary: bool = False
    examples: bool = True
    language: Language = "en"
    refit: bool = True
    task: str | None = None
    continue_model: Path | None = None
    runs: Path | None = None

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Self:
        """Return the options that were given.

        Raises:
            UsageError: there is no such language or task.
        """
        several = {name: several_of(given, name) for name in ("set", "unlabelled")}
        options = call_with(cls, {**given, **paths_of(given, PATHS), **several})
        if options.task not in (None, *TASKS):
            raise UsageError(f"--task must be {' or '.join(TASKS)}, got {options.task!r}")
        if options.language not in LANGUAGES:
            raise UsageError(f"--language must be {' or '.join(LANGUAGES)}, got {options.language!r}")
        return options

    @property
    def spoken(self) -> Language:
        """The language of the findings."""
        return self.language


@dataclass(frozen=True)
class Request:
    """What all commands of training are asked for.

    Args:
        data: what is learned from: files, globs or a folder.
        recipe: how the model is made.
        options: what is written, and all else.
    """

    data: Sequence[str]
    recipe: Recipe
    options: TrainOptions

    @property
    def output(self) -> Path:
        """The model; where no file is given, it bears the name of the data."""
        return self.options.output or Path(f"{data_name(self.data)}.malmoi")

    @property
    def curves(self) -> Path:
        """Where the curves are drawn: beside the model."""
        return self.output.with_suffix(".png")

    @property
    def runs(self) -> Path | None:
        """The file in which the run is recorded; `None`: nowhere.

        Raises:
            UsageError: the file that was given cannot be one.
        """
        return runs_path(self.options.runs, [*self.inputs, *(path for _, path in self.outputs)])

    @property
    def inputs(self) -> list[str | Path]:
        """Files that are read."""
        file = self.options.recipe_file
        return [*self.data, *self.options.unlabelled, *self.recipe.files, *([] if file is None else [file])]

    @property
    def outputs(self) -> list[tuple[str, Path]]:
        """Files that are written, with their options; without that of the runs."""
        checkpoint = self.options.checkpoint
        written = [("--output", self.output), (self.curves_flag, self.curves)]
        return [*written, *([] if checkpoint is None else [("--checkpoint", checkpoint)])]

    @property
    def used(self) -> list[str | Path | None]:
        """All files that are read or written."""
        return [*self.inputs, *(path for _, path in self.outputs), self.runs]

    @property
    def curves_flag(self) -> str:
        """The option that names the curves."""
        return "--output"

    def check_outputs(self) -> None:
        """Refuse files that cannot be written.

        Raises:
            UsageError: a file would have two parts.
            FileExistsError: one of them exists, and may not be replaced.
        """
        if self.curves == self.output:
            raise UsageError(f"--output must not end in .png, the suffix of the curves beside it, got {self.output}")
        refuse_shared_files(self.outputs, self.inputs)
        for path in (self.output, self.curves):
            refuse_existing(path, overwrite=self.options.force)


def data_name(data: Sequence[str]) -> str:
    """Return the name of data without suffixes and wildcards, for files that are named after it."""
    name = Path(data[0]).resolve().name.split(".")[0]
    return "".join(character for character in name if character not in "*?[]").strip("-_ ") or "data"


@dataclass(frozen=True)
class OldSeriesOptions:
    """Options of `malmoi train` that `malmoi series train` has now.

    Args:
        series: the data are a table of numbers in time.
        regression: predict numbers instead of labels.
        missing: refuse or indicate missing numbers.
        id_column: column that tells the series apart.
    """

    series: bool = False
    regression: bool = False
    missing: str | None = None
    id_column: str | None = None
