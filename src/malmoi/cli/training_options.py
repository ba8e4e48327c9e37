"""Options shared by all training commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from malmoi.cli.option_values import call_with, paths_of, several_of
from malmoi.cli.reading import refuse_shared_files
from malmoi.cli.reporting import spoken
from malmoi.cli.run_recording import runs_path
from malmoi.cli.usage import UsageError
from malmoi.evaluation.findings import Language
from malmoi.experiments.recipe import Recipe
from malmoi.foundation.files import refuse_existing

__all__ = ["MOST_NUMBERED_CLASSES", "OldSeriesOptions", "Request", "TrainOptions", "data_name"]


PATHS = ("output", "recipe_file", "checkpoint", "continue_model", "scratch", "runs")
TASKS = ("classification", "regression")
MOST_NUMBERED_CLASSES = 20
"""With more distinct numbers as labels, the task must be given explicitly."""


@dataclass(frozen=True)
class TrainOptions:
    """Options of training and of its outputs.

    Args:
        output: model file to write, by default NAME.malmoi; the picture is written beside it.
        recipe: name of the recipe: auto (default), bag, fasttext or few-labels (texts), minirocket (series), flatten,
            average, conv or recurrent (networks); by default the first one, auto before others, that has all given
            options.
        recipe_file: recipe as a JSON file; options override its settings.
        set: setting of the recipe, such as epochs=5; may be given several times.
        unlabelled: texts without labels (file or glob) for semi-supervised recipes; may be given several times.
        checkpoint: checkpoint file, written after every epoch; if it exists, training resumes from it.
        force: overwrite existing outputs.
        summary: print the Keras model summary.
        examples: store four training samples in the model file, to verify it later.
        language: language of the findings, en or ko.
        refit: after validation, refit recipes without epochs on training and validation set; never with --labels.
        task: classification (default), or regression for numeric labels.
        continue_model: existing model to continue training on the data (new classes are added).
        stream: read the data from the files in every step instead of keeping it in memory; only for the recipes bag and
            fasttext.
        engine: where the files are read and counted with --stream and the recipe bag: this process (default), processes
            or ray.
        workers: number of parallel processes, or of tasks at once, with --engine; by default all cores are used.
        scratch: existing folder for temporary files of --stream with the recipe bag, on a disk that all workers share;
            by default that of the system.
        runs: SQLite file that records the run (see malmoi runs), or none; by default MALMOI_RUNS or runs.db.
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
    stream: bool = False
    engine: str | None = None
    workers: int | None = None
    scratch: Path | None = None
    runs: Path | None = None

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Self:
        """Return the given options.

        Raises:
            UsageError: unknown language or task.
        """
        several = {name: several_of(given, name) for name in ("set", "unlabelled")}
        options = call_with(cls, {**given, **paths_of(given, PATHS), **several})
        if options.task not in (None, *TASKS):
            raise UsageError(f"--task must be {' or '.join(TASKS)}, got {options.task!r}")
        spoken(options.language)
        return options

    @property
    def spoken(self) -> Language:
        """The language of the findings."""
        return self.language


@dataclass(frozen=True)
class Request:
    """Parsed arguments of a training command.

    Args:
        data: training data: files, globs or a folder.
        recipe: the recipe.
        options: outputs and other options.
    """

    data: Sequence[str]
    recipe: Recipe
    options: TrainOptions

    @property
    def output(self) -> Path:
        """The model file; named after the data by default."""
        return self.options.output or Path(f"{data_name(self.data)}.malmoi")

    @property
    def curves(self) -> Path:
        """The picture of the training curves, beside the model."""
        return self.output.with_suffix(".png")

    @property
    def runs(self) -> Path | None:
        """The file that records the run; `None` if runs are not recorded.

        Raises:
            UsageError: the given path cannot be such a file.
        """
        return runs_path(self.options.runs, [*self.inputs, *(path for _, path in self.outputs)])

    @property
    def inputs(self) -> list[str | Path]:
        """Input files."""
        file = self.options.recipe_file
        return [*self.data, *self.options.unlabelled, *self.recipe.files, *([] if file is None else [file])]

    @property
    def outputs(self) -> list[tuple[str, Path]]:
        """Output files with their options, without the file of runs."""
        checkpoint = self.options.checkpoint
        written = [("--output", self.output), (self.curves_flag, self.curves)]
        return [*written, *([] if checkpoint is None else [("--checkpoint", checkpoint)])]

    @property
    def used(self) -> list[str | Path | None]:
        """All input and output files."""
        return [*self.inputs, *(path for _, path in self.outputs), self.runs]

    @property
    def curves_flag(self) -> str:
        """The option that sets the file of the curves."""
        return "--output"

    def check_outputs(self) -> None:
        """Check that the outputs can be written.

        Raises:
            UsageError: two outputs, or an output and an input, are the same file.
            FileExistsError: an output exists and may not be overwritten.
        """
        if self.curves == self.output:
            raise UsageError(f"--output must not end in .png, the suffix of the picture, got {self.output}")
        refuse_shared_files(self.outputs, self.inputs)
        for path in (self.output, self.curves):
            refuse_existing(path, overwrite=self.options.force)


def data_name(data: Sequence[str]) -> str:
    """Return the name of the data without suffixes and wildcards, as the default name of output files."""
    name = Path(data[0]).resolve().name.split(".")[0]
    return "".join(character for character in name if character not in "*?[]").strip("-_ ") or "data"


@dataclass(frozen=True)
class OldSeriesOptions:
    """Deprecated options of `malmoi train`, replaced by `malmoi series train`.

    Args:
        series: deprecated, use malmoi series train.
        regression: deprecated, use malmoi series train --regression.
        missing: deprecated, use malmoi series train --missing.
        id_column: deprecated, use malmoi series train --id-column.
    """

    series: bool = False
    regression: bool = False
    missing: str | None = None
    id_column: str | None = None
