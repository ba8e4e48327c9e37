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
from malmoi.cli.prediction_writers import FORMATS, prediction_writer, refuse_taken_names
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.readers import Batch, Columns, checked_encoding, read_batches
from malmoi.data.series_tables import SeriesTable, read_series
from malmoi.errors import DataError
from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel
from malmoi.models.task import Classification
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
) -> None:
    """Predict labels with probabilities for texts, in order; or for series."""
    predict(PredictRequest(model, data, output, kind, with_text, text_column, id_column, label_column, encoding, force))


def predict(request: PredictRequest) -> None:
    """Write predictions for every text of a file, or every line of standard input; or for every series of a table."""
    kind = _kind(request.kind, request.output)
    with refused_options():
        encoding = checked_encoding(request.encoding)
    if request.output is not None:
        refuse_existing(request.output, overwrite=request.force)
    model = load_fitted(request.model)
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
            writer = prediction_writer(kind, file, model.classes, names)
            for batch in _chained(first, batches):
                _write(writer, model, batch, names, request.id_column)
            writer.close()


def _write(writer: Any, model: FittedModel, batch: Batch, names: list[str], id_column: str | None) -> None:
    columns = {name: batch.ids if name == id_column else batch.texts for name in names}
    for start in range(0, len(batch.texts), TOGETHER):
        part = slice(start, start + TOGETHER)
        kept = {name: values[part] for name, values in columns.items()}
        writer.write(kept, model.predict_proba(batch.texts[part]))


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
    import polars as pl

    numbers = model.predict(table.series).reshape(len(ids), -1)
    names = ["number"] if numbers.shape[1] == 1 else [f"number_{place}" for place in range(1, numbers.shape[1] + 1)]
    answers = pl.DataFrame(numbers, schema=names)
    refuse_taken_names(list(kept), names)
    for name, values in kept.items():
        answers.insert_column(0, pl.Series(name, values))
    write: dict[str, Any] = {"csv": answers.write_csv, "jsonl": answers.write_ndjson, "parquet": answers.write_parquet}
    write[kind](file)


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
