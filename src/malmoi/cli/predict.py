"""`malmoi predict`: texts in, labels and probabilities out; or a table of series in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from malmoi.cli.console import ProgressBars
from malmoi.cli.mistakes import StoppedError, reason
from malmoi.cli.number_writers import number_writer
from malmoi.cli.prediction_writers import FORMATS, prediction_writer
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.readers import Batch, Columns, checked_encoding, read_batches
from malmoi.data.series_tables import SeriesTable, read_series
from malmoi.errors import DataError
from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel
from malmoi.models.task import Binary, Classification, Multiclass
from malmoi.persistence import load_fitted

__all__ = ["PredictRequest", "predict", "predict_command"]

TOGETHER = 8_192


@dataclass(frozen=True)
class PredictRequest:
    """What the options ask for.

    Args:
        model: a file that `malmoi train` wrote.
        data: a file, a folder, or "-" for lines of standard input.
        output: the file of predictions; standard output, if not given.
        kind: csv, jsonl or parquet; the suffix of `output` tells, if not given.
        with_text: repeat every text before its prediction.
        text_column: column of the texts.
        id_column: column that is repeated before the predictions; of series the one that tells them apart.
        label_column: of series: the column of the labels, which is left out.
        encoding: of the files.
        force: replace an output that exists.
        reject_below: probability below which the label is left empty; that of the model, if not given.
    """

    model: Path
    data: str
    output: Path | None = None
    kind: str | None = None
    with_text: bool = False
    text_column: str | None = None
    id_column: str | None = None
    label_column: str | None = None
    encoding: str = "utf-8"
    force: bool = False
    reject_below: float | None = None


def predict_command(
    model: Annotated[Path, typer.Argument(help="A file that malmoi train wrote.")],
    data: Annotated[str, typer.Argument(help="Texts: a file as for train, labels not needed; - for lines.")] = "-",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Standard output, if not given.")] = None,
    kind: Annotated[str | None, typer.Option("--format", help="csv, jsonl or parquet; the suffix tells.")] = None,
    with_text: Annotated[bool, typer.Option("--with-text", help="Repeat every text before its prediction.")] = False,
    text_column: Annotated[str | None, typer.Option(help="Column of the texts, where its name does not tell.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column that is repeated before the predictions.")] = None,
    label_column: Annotated[str | None, typer.Option(help="Series: column of the labels, left out.")] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the files.")] = "utf-8",
    force: Annotated[bool, typer.Option("--force", help="Replace an output that exists.")] = False,
    reject_below: Annotated[
        float | None, typer.Option(help="Leave the label empty where none has this probability.")
    ] = None,
) -> None:
    """Predict labels with probabilities for texts, in order; numbers, or labels for series."""
    columns = (text_column, id_column, label_column)
    predict(PredictRequest(model, data, output, kind, with_text, *columns, encoding, force, reject_below))


def predict(request: PredictRequest) -> None:
    """Write predictions for every text of a file, or every line of standard input; or for every series of a table."""
    kind = _kind(request.kind, request.output)
    with refused_options():
        encoding = checked_encoding(request.encoding)
    if request.output is not None:
        refuse_existing(request.output, overwrite=request.force)
    least = request.reject_below
    if least is not None and not 0 <= least <= 1:
        raise UsageError(f"--reject-below must be from 0 to 1, got {least:g}")
    model = load_fitted(request.model)
    if least is not None and not isinstance(model.task, Binary | Multiclass):
        raise UsageError("--reject-below goes with models of one label a text; leave it out")
    if model.input_kind == "series":
        _predict_series(model, request, kind)
        return
    if request.label_column is not None:
        raise UsageError("--label-column has no effect on texts; leave it out")
    names = [*([request.id_column] if request.id_column else []), *(["text"] if request.with_text else [])]
    with ProgressBars() as progress:
        batches = _batches(request, encoding, progress)
        first = next(batches, None)  # what is wrong with the first batch is said before anything is written
        with _opened(request.output, force=request.force) as file:
            writer = _writer(kind, file, model, names, least)
            for batch in _chained(first, batches):
                _write(writer, model, batch, names, request.id_column)
            writer.close()


def _writer(kind: str, file: BinaryIO, model: FittedModel, names: list[str], least: float | None) -> Any:
    if isinstance(model.task, Classification):
        return prediction_writer(kind, file, model.classes, names, model.reject_below if least is None else least)
    return number_writer(kind, file, model.task.units, names)


def _write(writer: Any, model: FittedModel, batch: Batch, names: list[str], id_column: str | None) -> None:
    columns = {name: batch.ids if name == id_column else batch.texts for name in names}
    for start in range(0, len(batch.texts), TOGETHER):
        part = slice(start, start + TOGETHER)
        kept = {name: values[part] for name, values in columns.items()}
        texts = batch.texts[part]
        is_classes = isinstance(model.task, Classification)
        writer.write(kept, model.predict_proba(texts) if is_classes else model.predict(texts))


def _chained(first: Batch | None, rest: Iterator[Batch]) -> Iterator[Batch]:
    if first is not None:
        yield first
        yield from rest


def _batches(request: PredictRequest, encoding: str, progress: Progress) -> Iterator[Batch]:
    if request.data == "-":
        for name, wanted in (("--text-column", request.text_column), ("--id-column", request.id_column)):
            if wanted is not None:
                raise UsageError(f"{name} has no effect on lines of standard input; leave it out")
        lines = _lines(encoding)
        yield Batch(lambda line: f"standard input:{line}", lines, [], [], list(range(1, len(lines) + 1)))
        return
    columns = Columns(request.text_column, labelled=False, id=request.id_column)
    with refused_options():
        yield from read_batches(request.data, columns, encoding=encoding, progress=progress)


def _predict_series(model: FittedModel, request: PredictRequest, kind: str) -> None:
    if request.data == "-" or request.with_text:
        raise UsageError("a model of series answers a table of numbers, without --with-text: give its file")
    for flag, given in (("--text-column", request.text_column), ("--encoding", request.encoding != "utf-8" or None)):
        if given is not None:
            raise UsageError(f"{flag} has no effect on series; leave it out")
    table = _series_table(model, request)
    with _opened(request.output, force=request.force) as file:
        _write_series(model, table, request.id_column, kind, file)


def _series_table(model: FittedModel, request: PredictRequest) -> SeriesTable:
    """The columns that the model learned from, wherever they stand in the file, if it knows their names."""
    names = getattr(model, "feature_names", None)
    if names is not None and request.id_column is None:
        rule = f"this model learned from the columns {shorten(names.tolist())}, a row a step"
        raise UsageError(f"{rule}; name the column that tells the series apart (--id-column)")
    features = None if names is None else names.tolist()
    return read_series(
        request.data,
        label_column=request.label_column,
        id_column=request.id_column,
        features=features,
        labelled=False,
    )


def _write_series(model: FittedModel, table: SeriesTable, id_column: str | None, kind: str, file: BinaryIO) -> None:
    ids = table.ids or [None] * len(table.series)
    kept = {} if id_column is None else {id_column: ids}
    if isinstance(model.task, Classification):
        writer = prediction_writer(kind, file, model.classes, list(kept))
        writer.write(kept, model.predict_proba(table.series))
        writer.close()
        return
    numbers = number_writer(kind, file, model.task.units, list(kept))
    numbers.write(kept, model.predict(table.series))
    numbers.close()


def _kind(kind: str | None, output: Path | None) -> str:
    if kind is None:
        suffix = "" if output is None else output.suffix.lstrip(".").lower()
        kind = {"": "csv", "ndjson": "jsonl"}.get(suffix, suffix)
    if kind not in FORMATS:
        raise UsageError(f"--format must be one of {', '.join(FORMATS)}, got {kind!r}")
    return kind


def _lines(encoding: str) -> list[str]:
    raw = sys.stdin.buffer.read()
    try:
        lines = raw.decode(encoding).removeprefix("\ufeff").split("\n")
        # Lines end at a newline alone, as in a .txt file; what stands behind the last one is no line if empty.
        return [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]
    except UnicodeDecodeError as error:
        rule = f"standard input: byte {error.start} (0x{raw[error.start]:02x}) is not {encoding}"
        raise DataError(f"{rule}; give its encoding (--encoding)") from error


@contextmanager
def _opened(output: Path | None, *, force: bool) -> Iterator[BinaryIO]:
    if output is None:
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # The reader has seen enough (`| head`): no mistake, and nobody left to tell.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except (Exception, KeyboardInterrupt) as error:
            if (said := reason(error)) is None:
                raise
            raise StoppedError(f"{said}; the answers are not whole") from error
    else:
        with whole_file(output, overwrite=force) as file:
            yield file
