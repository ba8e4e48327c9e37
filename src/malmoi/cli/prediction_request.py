"""Parsed arguments of `malmoi predict`, and checks of their combinations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from malmoi.cli.cells import RAW_FLAG, refuse_raw
from malmoi.cli.option_values import several_of, value_of
from malmoi.cli.prediction_input import STANDARD_INPUT
from malmoi.cli.prediction_writers import FORMATS, PredictionFormat
from malmoi.cli.reading import CARRYING
from malmoi.cli.usage import UsageError
from malmoi.data.readers import EVERY_COLUMN
from malmoi.foundation.engines import Engine
from malmoi.models.base import FittedModel
from malmoi.models.task import Binary, Multiclass

__all__ = ["EmptyRule", "PredictRequest"]

EmptyRule = Literal["leave", "mark", "stop"]
ANEW = ("rejects", "on_error", "decompression_limit_gb")
"""Options that a resumed run may change, because the written rows do not depend on them."""


@dataclass(frozen=True)
class PredictRequest:
    """Parsed arguments of `malmoi predict`.

    Args:
        model: model file.
        data: a file, a folder, one text, or "-" for lines of standard input.
        output: output file; `None`: standard output.
        kind: csv, jsonl or parquet; `None`: by the suffix of `output`.
        with_text: add a column with the text.
        reading: reading options by name; for series only `id_column`.
        label_column: for series: column of the labels, which is ignored.
        on_empty: what to do with texts that are empty or white space.
        excel: write CSV for Excel.
        raw: write CSV cells unchanged.
        resume: resume an earlier run.
        force: overwrite an existing output.
        reject_below: probability below which the label is left empty; `None`: that of the model.
        engine: where shards are predicted; `None`: all data in this process.
        skip_bad_shards: with an engine: complete the run without shards that cannot be predicted.
    """

    model: Path
    data: str
    output: Path | None = None
    kind: str | None = None
    with_text: bool = False
    reading: Mapping[str, object] = field(default_factory=dict)
    label_column: str | None = None
    on_empty: str = "leave"
    excel: bool = False
    raw: bool = False
    resume: bool = False
    force: bool = False
    reject_below: float | None = None
    engine: Engine | None = None
    skip_bad_shards: bool = False

    @property
    def format(self) -> PredictionFormat:
        """The output format.

        Raises:
            UsageError: unknown format.
        """
        kind = self.kind
        if kind is None:
            suffix = "" if self.output is None else self.output.suffix.lstrip(".").lower()
            kind = {"": "csv", "ndjson": "jsonl"}.get(suffix, suffix)
        for known in FORMATS:
            if known == kind:
                return known
        raise UsageError(f"--format must be one of {', '.join(FORMATS)}, got {kind!r}")

    @property
    def id_column(self) -> str | None:
        """Id column, which is copied to the output."""
        return value_of(self.reading, "id_column", str)

    @property
    def named_columns(self) -> list[str]:
        """Columns of the input that are copied to the output, without those of `all`."""
        named = [] if self.id_column is None else [self.id_column]
        return list(
            dict.fromkeys([*named, *(name for name in several_of(self.reading, "keep") if name != EVERY_COLUMN)])
        )

    @property
    def output_options(self) -> dict[str, object]:
        """The options that the bytes of the output depend on, by flag."""
        return {
            "--format": self.format,
            "--with-text": self.with_text,
            **{CARRYING[name].flags[0]: value for name, value in self.reading.items() if name not in ANEW},
            "--on-empty": self.on_empty,
            "--excel": self.excel,
            RAW_FLAG: self.raw,
            "--reject-below": self.reject_below,
        }

    def check(self) -> None:
        """Check single options and their combinations.

        Raises:
            UsageError: an option is invalid or has no effect.
        """
        if self.excel and self.format != "csv":
            raise UsageError(f"--excel needs --format csv, got {self.format}; leave it out")
        refuse_raw(self.raw, writes_csv=self.format == "csv")
        if self.on_empty not in get_args(EmptyRule):
            raise UsageError(f"--on-empty must be one of {', '.join(get_args(EmptyRule))}, got {self.on_empty!r}")
        if self.reject_below is not None and not 0 <= self.reject_below <= 1:
            raise UsageError(f"--reject-below must be from 0 to 1, got {self.reject_below:g}")
        if self.resume and self.output is None:
            raise UsageError("--resume needs an output file; add --output FILE")
        if self.resume and self.data == STANDARD_INPUT:
            raise UsageError("--resume needs texts that can be read again, got standard input; pass a file or a folder")

    def check_shards(self) -> None:
        """Check the options of a run over shards.

        Raises:
            UsageError: an option is invalid or has no effect.
        """
        if self.output is None:
            raise UsageError("--engine needs a folder for the outputs, one file per shard; add --output FOLDER")
        if self.data == STANDARD_INPUT:
            raise UsageError("--engine needs files, a folder, a glob or a URL, got standard input")
        self._refuse({"--rejects": "rejects" in self.reading}, "shards, whose skipped rows are counted in the manifest")

    def check_model(self, model: FittedModel) -> None:
        """Refuse options that have no effect with this model.

        Raises:
            UsageError: an option has no effect.
        """
        if model.input_kind == "history":
            cure = "use malmoi series forecast, or mm.load(FILE).forecast(history) in Python"
            raise UsageError(f"malmoi predict needs a model of texts or series, got a {model.kind}; {cure}")
        if self.reject_below is not None and not isinstance(model.task, Binary | Multiclass):
            raise UsageError("--reject-below needs a model with one label per text; leave it out")
        if model.input_kind != "series":
            if self.label_column is not None:
                raise UsageError("--label-column has no effect on texts; leave it out")
            return
        if self.data == STANDARD_INPUT or self.with_text:
            raise UsageError("DATA must be the file of a table for a model of series, without --with-text")
        self._refuse_reading("series", but="id_column")
        self._refuse({"--on-empty": self.on_empty != "leave", "--resume": self.resume}, "series")

    def check_lines(self) -> None:
        """Refuse options of files if the texts are lines of standard input.

        Raises:
            UsageError: an option has no effect.
        """
        self._refuse_reading("lines of standard input", but="encoding")

    def check_one_text(self) -> None:
        """Refuse options of files if DATA is a text.

        Raises:
            UsageError: an option has no effect.
        """
        self._refuse_reading("one text")
        self._refuse({"--resume": self.resume}, "one text")

    def _refuse_reading(self, what: str, but: str = "") -> None:
        self._refuse({CARRYING[name].flags[0]: name != but for name in self.reading}, what)

    @staticmethod
    def _refuse(without_effect: dict[str, object], what: str) -> None:
        for flag, given in without_effect.items():
            if given:
                raise UsageError(f"{flag} has no effect on {what}; leave it out")
