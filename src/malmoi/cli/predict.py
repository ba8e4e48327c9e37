"""`malmoi predict`: predict labels and probabilities for texts, or for a table of series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from malmoi.cli.arguments import decoded_text
from malmoi.cli.cells import Cells, RawOption, tell_changed
from malmoi.cli.console import ProgressBars, messages
from malmoi.cli.data_output import is_terminal, refuse_binary
from malmoi.cli.options import with_options
from malmoi.cli.output_options import ExcelOption, ForceOption, OutputOption, RejectOption, TableFormatOption
from malmoi.cli.prediction_input import (
    STANDARD_INPUT,
    Block,
    blocks,
    input_files,
    input_identity,
    is_one_text,
    standard_input_lines,
)
from malmoi.cli.prediction_output import Output, checked_output, opened_output, refuse_same_file, written_files
from malmoi.cli.prediction_request import PredictRequest
from malmoi.cli.prediction_state import Counts, PartSettings
from malmoi.cli.prediction_writers import BlockWriter, PredictionFormat, block_writer
from malmoi.cli.reading import CARRYING, checked_reading
from malmoi.cli.series_predictions import predict_series
from malmoi.cli.usage import UsageError
from malmoi.data.readers import AUTO, Batch, ReadReport, ReadSettings, read_batches
from malmoi.errors import DataError
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten, surrogate_at
from malmoi.models.base import FittedModel
from malmoi.models.output_columns import Mask, Predicted, predicted_values
from malmoi.persistence import load_fitted, model_identity

__all__ = ["PredictRequest", "predict", "predict_command"]

ROWS_TOGETHER: dict[PredictionFormat, int] = {"csv": 8_192, "jsonl": 8_192, "parquet": 65_536}
"""Rows per written block; in Parquet, rows per row group."""

EMPTY_COLUMN = "is_empty"


def _command(
    reading: dict[str, object],
    model: Annotated[Path, typer.Argument(help="Model file written by malmoi train.")],
    data: Annotated[
        str,
        typer.Argument(
            help="Texts: data as for train (labels not needed), one text in quotes, or - for lines of standard input."
        ),
    ] = STANDARD_INPUT,
    output: OutputOption = None,
    kind: TableFormatOption = None,
    with_text: Annotated[bool, typer.Option("--with-text", help="Add a column with the text.")] = False,
    label_column: Annotated[str | None, typer.Option(help="Series: column of the labels, which is ignored.")] = None,
    on_empty: Annotated[
        str,
        typer.Option(
            help="For empty or white-space texts: leave (no prediction), mark (add column is_empty) or stop (error)."
        ),
    ] = "leave",
    excel: ExcelOption = False,
    raw: RawOption = False,
    resume: Annotated[bool, typer.Option("--resume", help="Resume a run that was interrupted or failed.")] = False,
    force: ForceOption = False,
    reject_below: RejectOption = None,
) -> None:
    """Predict labels and probabilities (or numbers) for texts or series, in input order.

    A multilabel model writes the column `labels`: a list in JSON Lines and
    Parquet, "a|b" in CSV.

    With --output, the rows are written to OUTPUT.part, which is renamed when it is
    complete; --resume continues an incomplete one.
    """
    flags = (excel, raw, resume, force, reject_below)
    predict(PredictRequest(model, data, output, kind, with_text, reading, label_column, on_empty, *flags))


predict_command = with_options(_command, CARRYING)


def predict(request: PredictRequest) -> None:
    """Write predictions for the texts of a file, the lines of standard input, or the series of a table."""
    request.check()
    kind = request.format
    output = checked_output(request.output, overwrite=request.force)
    model = load_fitted(request.model)
    request.check_model(model)
    refuse_binary(output, kind)
    cells = Cells(request.raw, is_terminal(output))
    if model.input_kind == "series":
        refuse_same_file(output, [request.model, Path(request.data)])
        columns = {"label_column": request.label_column, "id_column": request.id_column}
        least = request.reject_below
        excel = request.excel
        predict_series(model, request.data, output, kind, cells, columns=columns, excel=excel, reject_below=least)
        return
    source = _source(request)
    refuse_same_file(output, [request.model, *source.files])
    model_columns, force = model.text_columns, request.force
    used = [request.model, *source.files, *written_files(output)]
    opened_reading = checked_reading(
        request.reading, labelled=False, overwrite=force, model_columns=model_columns, others=used
    )
    with opened_reading as reading, ProgressBars() as progress:
        rows = ROWS_TOGETHER[kind]
        read = blocks(_batches(request, source, reading, progress), rows)
        first = next(read, None)  # errors in the first block are raised before anything is written
        job = _Job.of(request, model, kind, first, cells)
        start = first or Block(kept={name: [] for name in job.kept})
        settings, is_table = _settings(request, source), kind == "parquet"
        how = {"resume": request.resume, "resumable": source.is_resumable}
        with opened_output(output, settings, rows if is_table else None, **how) as opened:
            job.run(opened, chain([start], read))
    _print_notes(opened.counts, request, job.found["unknown"])


@dataclass(frozen=True)
class _Source:
    """The source of the texts.

    Args:
        text: the text, if it was given as an argument.
        files: files to read.
        is_resumable: whether the texts can be read again.
    """

    text: str | None
    files: list[Path]
    is_resumable: bool


def _source(request: PredictRequest) -> _Source:
    if request.data == STANDARD_INPUT:
        request.check_lines()
        return _Source(None, [], False)
    if is_one_text(request.data):
        request.check_one_text()
        text = decoded_text(request.data)
        if (place := surrogate_at(text)) is not None:
            cure = "give it on standard input, with its encoding (--encoding)"
            raise UsageError(f"DATA, one text, must be UTF-8, got {shorten(text)} at character {place}; {cure}")
        messages.print("note: no such file: DATA is read as one text")
        return _Source(text, [], False)
    files = input_files(request.data)
    pipe = next((file for file in files if not file.is_file()), None)
    if request.resume and pipe is not None:
        raise UsageError(f"--resume needs texts that can be read again, got the pipe {pipe}; write them into a file")
    return _Source(None, files, pipe is None)


def _batches(
    request: PredictRequest, source: _Source, reading: tuple[ReadSettings, ReadReport], progress: Progress
) -> Iterator[Batch]:
    settings, report = reading
    if source.text is not None:
        return iter([Batch("DATA".format, [source.text], numbers=[1])])
    if request.data == STANDARD_INPUT:
        return standard_input_lines("utf-8" if settings.encoding == AUTO else settings.encoding)
    return read_batches(request.data, settings, report=report, progress=progress)


def _settings(request: PredictRequest, source: _Source) -> PartSettings:
    import malmoi

    model = model_identity(request.model)
    identity: dict[str, object] = input_identity(request.data, source.files) if source.is_resumable else {}
    return PartSettings(malmoi.__version__, model, identity, request.output_options)


@dataclass(frozen=True)
class _Job:
    """Prediction of blocks of texts, written as bytes.

    Args:
        request: the options.
        model: the model.
        writer: writer of the output format.
        kept: names of the input columns to copy to the output.
        found: number of texts without a known word, under "unknown".
    """

    request: PredictRequest
    model: FittedModel
    writer: BlockWriter
    kept: list[str]
    found: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(
        cls, request: PredictRequest, model: FittedModel, kind: PredictionFormat, first: Block | None, cells: Cells
    ) -> _Job:
        """Return the job for an input; its column names are taken from the first block."""
        kept = request.named_columns if first is None else list(first.kept)
        made = ["text"] * request.with_text + [EMPTY_COLUMN] * (request.on_empty == "mark")
        least, excel = request.reject_below, request.excel
        writer = block_writer(kind, model, [*kept, *made], cells, reject_below=least, excel=excel)
        return cls(request, model, writer, kept)

    def run(self, output: Output, read: Iterator[Block]) -> None:
        """Predict all blocks that are not in the output yet, and finish the output."""
        start = self.writer.start()
        if start and not output.counts.pieces:
            output.append(start, changed=self.writer.changed)
        done, pieces, end = output.counts.rows, int(bool(start)), 0
        for block in read:
            if block.start + len(block.texts) > done or not output.counts.pieces:
                output.check_place(end, pieces)
                before = self.writer.changed
                empty = self._empty(block)
                piece = self._written(block, empty)
                output.append(piece, len(block.texts), int(empty.sum()), changed=self.writer.changed - before)
            end = block.start + len(block.texts)
            pieces += bool(block.texts) or not start
        output.check_place(end, pieces)
        output.finish()

    def _empty(self, block: Block) -> Mask:
        empty = np.array([not text.strip() for text in block.texts], dtype=np.bool_)
        if self.request.on_empty == "stop" and empty.any():
            row = int(empty.argmax())
            rule = f"{block.place(row)}: text must not be empty (--on-empty stop), got {shorten(block.texts[row])}"
            raise DataError(f"{rule}; leave it out, or pass --on-empty leave or mark")
        return empty

    def _written(self, block: Block, empty: Mask) -> bytes:
        kept = dict(block.kept)
        if self.request.with_text:
            kept["text"] = list(block.texts)
        if is_marked := self.request.on_empty == "mark":
            kept[EMPTY_COLUMN] = empty.tolist()
        values = self._values(block.texts)
        return self.writer.block(kept, values, np.zeros_like(empty) if is_marked else empty)

    def _values(self, texts: list[str]) -> Predicted:
        """Return probabilities (samples, classes) or numbers, in batches of fixed size."""
        values = predicted_values(self.model, texts)
        self.found["unknown"] += self.model.texts_without_known_words(texts, values)
        return values


def _print_notes(counts: Counts, request: PredictRequest, unknown: int) -> None:
    """Print notes about empty texts, texts without a known word, and changed cells."""
    if counts.empty_rows and request.on_empty == "mark":
        what = "1 empty text is" if counts.empty_rows == 1 else f"{counts.empty_rows:,} empty texts are"
        messages.print(f"note: {what} marked in the column {EMPTY_COLUMN}")
    elif counts.empty_rows:
        what = "1 empty text has" if counts.empty_rows == 1 else f"{counts.empty_rows:,} empty texts have"
        rule = f"{what} no prediction"
        messages.print(f"note: {rule}; --on-empty mark predicts and marks them, --on-empty stop raises an error")
    if unknown:
        what = "1 text has" if unknown == 1 else f"{unknown:,} texts have"
        rule = f"{what} no word that the model knows"
        messages.print(f"note: {rule}; the probabilities are the shares of the training labels")
    tell_changed(counts.changed)
