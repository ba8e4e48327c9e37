"""`malmoi predict`: predict labels and probabilities for texts, or for a table of series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from malmoi.cli.arguments import decoded_text
from malmoi.cli.cells import Cells, RawOption
from malmoi.cli.console import ProgressBars, messages
from malmoi.cli.data_output import is_terminal, refuse_binary
from malmoi.cli.engine_options import EngineOption, WorkersOption, engine_of
from malmoi.cli.options import with_options
from malmoi.cli.output_options import ExcelOption, ForceOption, OutputOption, RejectOption, TableFormatOption
from malmoi.cli.predict_shards import predict_shards
from malmoi.cli.prediction_input import (
    STANDARD_INPUT,
    Block,
    blocks,
    input_files,
    input_identity,
    is_one_text,
    standard_input_lines,
)
from malmoi.cli.prediction_job import ROWS_TOGETHER, PredictionJob, print_notes
from malmoi.cli.prediction_output import checked_output, opened_output, refuse_same_file, written_files
from malmoi.cli.prediction_request import PredictRequest
from malmoi.cli.prediction_state import PartSettings
from malmoi.cli.prediction_tables import parquet_types
from malmoi.cli.reading import CARRYING, checked_reading
from malmoi.cli.series_predictions import predict_series
from malmoi.cli.usage import UsageError
from malmoi.data.readers import AUTO, Batch, ReadReport, ReadSettings, read_batches
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten, surrogate_at
from malmoi.persistence import load_fitted, model_identity

if TYPE_CHECKING:
    from polars import DataType

__all__ = ["PredictRequest", "predict", "predict_command"]


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
    engine: EngineOption = None,
    workers: WorkersOption = None,
    skip_bad_shards: Annotated[
        bool, typer.Option("--skip-bad-shards", help="With --engine: complete the run without shards that failed.")
    ] = False,
) -> None:
    """Predict labels and probabilities (or numbers) for texts or series, in input order.

    A multilabel model writes the column `labels`: a list in JSON Lines and
    Parquet, "a|b" in CSV.

    With --output, the rows are written to OUTPUT.part, which is renamed when it is
    complete; --resume continues an incomplete one.

    With --engine, every file of DATA (a folder, a glob or a URL) is a shard, which a
    process or a worker of Ray predicts. OUTPUT is then a folder, with one file per
    shard and manifest.jsonl, from which --resume continues.
    """
    where = engine_of(engine, workers)
    if skip_bad_shards and where is None:
        raise UsageError("--skip-bad-shards has no effect without --engine; leave it out")
    flags = (excel, raw, resume, force, reject_below, where, skip_bad_shards)
    request = PredictRequest(model, data, output, kind, with_text, reading, label_column, on_empty, *flags)
    if where is None:
        predict(request)
    else:
        predict_shards(request, where)


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
        job = PredictionJob.of(request, model, kind, first, cells, source.types(kind))
        start = first or Block(kept={name: [] for name in job.kept})
        settings, is_table = _settings(request, source), kind == "parquet"
        how = {"resume": request.resume, "resumable": source.is_resumable}
        with opened_output(output, settings, rows if is_table else None, **how) as opened:
            job.run(opened, chain([start], read))
    print_notes(opened.counts, request, job.found["unknown"])


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

    def types(self, kind: str) -> Mapping[str, DataType]:
        """Return the column types of Parquet files that an output of some kind keeps."""
        return parquet_types(self.files) if kind == "parquet" and self.is_resumable else {}


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
