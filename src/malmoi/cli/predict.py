"""`malmoi predict`: texts in, labels and probabilities out."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from malmoi.arrays import Labels, Probabilities
from malmoi.classifiers import EmbeddingClassifier, SeriesClassifier, SeriesRegressor
from malmoi.cli.console import ProgressBars, UsageError, refused_options
from malmoi.cli.mistakes import StoppedError, reason
from malmoi.corpus import read_corpus
from malmoi.errors import DataError, shorten
from malmoi.output import refuse_existing, whole_file
from malmoi.progress import Progress
from malmoi.series_tables import SeriesTable, read_series
from malmoi.storage import load
from malmoi.tables import checked_encoding

__all__ = ["FORMATS", "predict"]

FORMATS = ("csv", "jsonl", "parquet")
TOGETHER = 8_192


def predict(
    model_path: Path,
    data: str,
    output: Path | None,
    *,
    kind: str | None,
    with_text: bool,
    text_column: str | None,
    encoding: str,
    force: bool,
    id_column: str | None = None,
    label_column: str | None = None,
) -> None:
    """Answer every text of a file, or every line of standard input; or every series of a table."""
    kind = _kind(kind, output)
    with refused_options():
        encoding = checked_encoding(encoding)
    if output is not None:
        refuse_existing(output, overwrite=force)
    model = load(model_path)
    if not isinstance(model, EmbeddingClassifier):
        if data == "-" or with_text:
            raise UsageError("a model of series answers a table of numbers, without --with-text: give its file")
        table = _series(model, data, id_column, label_column)
        with _opened(output, force=force) as file:
            _write_series(model, table, id_column, kind, file)
        return
    with ProgressBars() as progress:
        texts = _lines(encoding) if data == "-" else _texts(data, text_column, encoding, progress)
        with _opened(output, force=force) as file:
            writer = _writer(kind, file, model.classes_, "text" if with_text else None)
            for start in range(0, len(texts), TOGETHER):
                batch = texts[start : start + TOGETHER]
                writer.write(batch, model.predict_proba(batch))
                progress("answering", min(start + TOGETHER, len(texts)), len(texts))
            writer.close()


def _series(
    model: SeriesClassifier | SeriesRegressor, data: str, id_column: str | None, label_column: str | None
) -> SeriesTable:
    """The columns that the model learned from, wherever they stand in the file, if it knows their names."""
    names = getattr(model, "feature_names_in_", None)
    if names is not None and id_column is None:
        rule = f"this model learned from the columns {shorten(names.tolist())}, a row a step"
        raise UsageError(f"{rule}; name the column that tells the series apart (--id-column)")
    features = None if names is None else names.tolist()
    return read_series(data, label_column=label_column, id_column=id_column, features=features, labelled=False)


def _write_series(
    model: SeriesClassifier | SeriesRegressor, table: SeriesTable, id_column: str | None, kind: str, file: BinaryIO
) -> None:
    ids = table.ids or [None] * len(table.series)
    if isinstance(model, SeriesClassifier):
        writer = _writer(kind, file, model.classes_, id_column)
        writer.write(ids, model.predict_proba(table.series))
        writer.close()
        return
    import polars as pl

    numbers = model.predict(table.series).reshape(len(ids), -1)
    names = ["number"] if numbers.shape[1] == 1 else [f"number_{place}" for place in range(1, numbers.shape[1] + 1)]
    answers = pl.DataFrame(numbers, schema=names)
    if id_column is not None:
        _refuse_name_of_an_answer(id_column, names)
        answers.insert_column(0, pl.Series(id_column, ids))
    write: dict[str, Any] = {"csv": answers.write_csv, "jsonl": answers.write_ndjson, "parquet": answers.write_parquet}
    write[kind](file)


def _kind(kind: str | None, output: Path | None) -> str:
    if kind is None:
        suffix = "" if output is None else output.suffix.lstrip(".").lower()
        kind = {"": "csv", "ndjson": "jsonl"}.get(suffix, suffix)
    if kind not in FORMATS:
        raise UsageError(f"--format must be one of {', '.join(FORMATS)}, got {kind!r}")
    return kind


def _texts(data: str, text_column: str | None, encoding: str, progress: Progress) -> list[str]:
    with refused_options():
        return read_corpus(data, labelled=False, text_column=text_column, encoding=encoding, progress=progress).texts


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


class _Writer(Protocol):
    """A form of answers; what was asked stands before them if its column has a name."""

    def write(self, asked: Sequence[object], probabilities: Probabilities) -> None:
        """Answer a batch."""

    def close(self) -> None:
        """Write what is left."""


class _CsvWriter:
    def __init__(self, file: BinaryIO, classes: Labels, asked_column: str | None) -> None:
        self._file = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._classes = classes
        self._asked_column = asked_column
        self._rows.writerow([*([] if asked_column is None else [asked_column]), *_columns(classes)])

    def write(self, asked: Sequence[object], probabilities: Probabilities) -> None:
        for one, row in zip(asked, probabilities, strict=True):
            answer = [self._classes[row.argmax()], *(f"{value:.6g}" for value in row)]
            self._rows.writerow(answer if self._asked_column is None else [one, *answer])

    def close(self) -> None:
        self._file.detach()


class _JsonLinesWriter:
    def __init__(self, file: BinaryIO, classes: Labels, asked_column: str | None) -> None:
        self._file = file
        self._classes = classes.tolist()
        self._asked_column = asked_column

    def write(self, asked: Sequence[object], probabilities: Probabilities) -> None:
        for one, row in zip(asked, probabilities, strict=True):
            shares = {str(label): float(f"{value:.6g}") for label, value in zip(self._classes, row, strict=True)}
            answer = {"label": self._classes[row.argmax()], "probabilities": shares}
            line = answer if self._asked_column is None else {self._asked_column: one, **answer}
            self._file.write(json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n")

    def close(self) -> None:
        """Nothing is held back."""


class _ParquetWriter:
    def __init__(self, file: BinaryIO, classes: Labels, asked_column: str | None) -> None:
        self._file = file
        self._classes = classes
        self._asked_column = asked_column
        self._asked: list[object] = []
        self._rows: list[Probabilities] = []

    def write(self, asked: Sequence[object], probabilities: Probabilities) -> None:
        self._asked += asked if self._asked_column is not None else []
        self._rows.append(probabilities)

    def close(self) -> None:
        import numpy as np
        import polars as pl

        rows = np.concatenate([np.zeros((0, len(self._classes)), np.float32), *self._rows])
        names = _columns(self._classes)
        columns: dict[str, object] = {} if self._asked_column is None else {self._asked_column: self._asked}
        columns[names[0]] = self._classes[rows.argmax(axis=1)].tolist()
        columns.update({name: rows[:, place] for place, name in enumerate(names[1:])})
        pl.DataFrame(columns).write_parquet(self._file)


def _columns(classes: Labels) -> list[str]:
    return ["label", *(f"probability_{label}" for label in classes.tolist())]


def _refuse_name_of_an_answer(asked_column: str, names: Sequence[str]) -> None:
    if asked_column in names:
        raise UsageError(f"the answers have a column {asked_column!r} of their own; give the ids' column another name")


def _writer(kind: str, file: BinaryIO, classes: Labels, asked_column: str | None) -> _Writer:
    if asked_column is not None:
        _refuse_name_of_an_answer(asked_column, [*_columns(classes), "probabilities"])
    if kind == "csv":
        return _CsvWriter(file, classes, asked_column)
    if kind == "jsonl":
        return _JsonLinesWriter(file, classes, asked_column)
    return _ParquetWriter(file, classes, asked_column)
