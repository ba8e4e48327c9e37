"""Reading of whole files of texts, with or without labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import SupportsFloat

from malmoi.data.coded_labels import AnyLabels
from malmoi.data.corpus import Corpus
from malmoi.data.groups import Groups
from malmoi.data.labels import any_labels
from malmoi.data.places import Places
from malmoi.data.readers import Batch, DataPath, ReadReport, ReadSettings, column_names, read_batches
from malmoi.data.readers.settings import OnError, Quoting
from malmoi.errors import DataError
from malmoi.foundation.arrays import Labels
from malmoi.foundation.log import logger
from malmoi.foundation.names import deprecated_arguments
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import shorten

__all__ = ["ReadTexts", "corpus_of", "read_corpus", "read_texts"]


@dataclass
class ReadTexts:
    """Texts read from files, with the location of each.

    Args:
        batches: batches of texts, in order.
        report: how the files were parsed, and which rows were skipped.
    """

    batches: list[Batch]
    report: ReadReport = field(default_factory=ReadReport)

    @property
    def texts(self) -> list[str]:
        """All texts, in order."""
        return [text for batch in self.batches for text in batch.texts]

    @property
    def values(self) -> list[object]:
        """Values of the label columns, in order.

        Raises:
            DataError: there are no texts.
        """
        values = [label for batch in self.batches for label in batch.labels]
        if not values:
            raise DataError(f"{self.name}: data must have 1 labelled text or more, got 0")
        without = next((batch for batch in self.batches if len(batch.labels) < len(batch.texts)), None)
        if without is not None:
            rule = "either all files or none must have labels"
            raise DataError(
                f"{without.place(without.numbers[0])}: {rule}, got a text without a label; read the files separately"
            )
        if any(isinstance(value, list) for value in values):
            return [value if isinstance(value, list) else [value] for value in values]
        return values

    @property
    def name(self) -> str:
        """Path of the first file, for errors."""
        return str(self.report.sources[0].path) if self.report.sources else "data"

    @property
    def has_labels(self) -> bool:
        """Whether any text has a label."""
        return any(batch.labels for batch in self.batches)

    @property
    def are_text(self) -> bool:
        """Whether the labels come from untyped files, such as CSV."""
        return all(batch.labels_are_text for batch in self.batches)

    def place(self, position: int) -> str:
        """Return the location of a text, such as "test.csv:381"."""
        return self.places[position]

    @cached_property
    def places(self) -> Places:
        """Locations of the texts."""
        return Places.of([(batch.place, batch.numbers) for batch in self.batches])

    def groups(self, column: str) -> Groups:
        """Return the groups given by a column."""
        return Groups.of([value for batch in self.batches for value in batch.kept[column]])

    def labels(self, classes: Labels | None = None) -> AnyLabels:
        """Encode labels as codes, one or several per text; labels of an untyped file stay str if `classes` are str.

        Args:
            classes: classes of the model, if there is one.

        Raises:
            DataError: a label is invalid.
        """
        are_text = self.are_text and (classes is None or classes.dtype.kind not in "US")
        return any_labels(self.values, lambda position: f"{self.place(position)}: label", are_text=are_text)

    def numbers(self) -> list[float]:
        """Return labels as numbers.

        Raises:
            DataError: a label is not a finite number.
        """
        return [self._number(value, position) for position, value in enumerate(self.values)]

    def _number(self, value: object, position: int) -> float:
        number = math.nan
        if isinstance(value, int | float | str | bytes | SupportsFloat) and not isinstance(value, bool):
            with suppress(TypeError, ValueError):
                number = float(value)
        if not math.isfinite(number):
            rule = "label must be a finite number, because the model predicts numbers"
            raise DataError(f"{self.place(position)}: {rule}, got {shorten(value)}; remove the text")
        return number


def read_texts(
    data: DataPath, settings: ReadSettings, *, report: ReadReport | None = None, progress: Progress = silent
) -> ReadTexts:
    """Read all texts of files; see `read_batches` for the arguments."""
    filled = ReadReport() if report is None else report
    return ReadTexts(list(read_batches(data, settings, report=filled, progress=progress)), filled)


@deprecated_arguments(inflate_limit_gb="decompression_limit_gb")
def read_corpus(
    path: DataPath,
    *,
    text_column: str | Sequence[str] | None = None,
    label_column: str | Sequence[str] | None = None,
    group_column: str | None = None,
    labelled: bool = True,
    encoding: str = "auto",
    delimiter: str | None = None,
    header: bool | None = None,
    quoting: Quoting = "auto",
    label_separator: str | None = None,
    on_error: OnError = "stop",
    decompression_limit_gb: float = 1.0,
    report: ReadReport | None = None,
    progress: Progress = silent,
) -> Corpus:
    r"""Read texts and labels from a folder or from files; the format is detected from the first bytes.

    Args:
        path: a folder with one subfolder of `.txt` files (or files without a suffix) per class, as the raw IMDB reviews
            have, where `unsup`, other files and names that begin with a dot are ignored; or a table: CSV, TSV, JSON
            lines, a JSON array, the output of pandas' `to_json`, Parquet, Arrow, Feather, Excel; or a file in fastText
            format; or lines of text without labels. Text files may be compressed: `.gz`, `.bz2`, `.xz`, `.zst`, or
            `.zip` with one member. Also a glob such as `part-*.csv`, or a list of files.
        text_column: column of the texts; several are joined with line breaks; `None` looks for "text", "review" and
            similar names. In JSON also a dotted path, such as "data.body".
        label_column: column of the labels; several must be columns of 0 and 1, whose names become the labels of a text;
            `None` looks for "label", "class" and similar names.
        group_column: column of groups, such as authors; a split keeps the texts of a group in the same part.
        labelled: `False` reads the texts only, also from a table without labels or a folder without class folders.
        encoding: character encoding, such as "utf-8" or "cp949"; "auto" detects UTF-8, UTF-16, UTF-32 and cp949 from
            the first bytes.
        delimiter: one character between the fields of a table, such as ";" or "\t"; detected if not given.
        header: whether the first line of a table holds the column names; detected if not given.
        quoting: quotes in tables: "double" (fields may be enclosed in double quotes), "none" (quotes are ordinary
            characters) or "auto" (detected).
        label_separator: separator between the labels of one text, such as "|"; one label per text if not given.
        on_error: handling of invalid rows: "stop" (error at the first one) or "skip" (they are left out; `report`
            counts them, or a warning is logged without one).
        decompression_limit_gb: maximum size of a decompressed file in gigabytes, above 0; or 200 times the compressed
            size, if that is more.
        report: a `ReadReport`, filled with how the files were parsed and which rows were skipped; `None`: none.
        progress: progress callback; called with the step's name, the number done and the total, in files of a folder or
            bytes of a file.

    Returns:
        A corpus, empty texts included. Classes and files of a folder are sorted by name; rows keep their order.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range.
        DataError: the path cannot be read, a text or a label is invalid, or there is only one class.
        FormatError: a compressed or a binary file is damaged.
        MissingExtraError: a library that the format needs is not installed.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "reviews.csv")
        ...     _ = path.write_text("text;label\nso good;pos\nso bad;neg\n")
        ...     corpus = read_corpus(path)
        >>> corpus.texts, corpus.labels.tolist()
        (['so good', 'so bad'], ['pos', 'neg'])
        >>> print(corpus.source)
        reviews.csv: CSV, semicolon delimited, header, double quotes, UTF-8; text column: text; label column: label
    """
    settings = ReadSettings(
        text_column=column_names("text_column", text_column),
        label_column=column_names("label_column", label_column),
        group_column=group_column,
        labelled=labelled,
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        quoting=quoting,
        label_separator=label_separator,
        on_error=on_error,
        decompression_limit_gb=decompression_limit_gb,
    )
    return corpus_of(path, settings, report=report, progress=progress)


def corpus_of(
    data: DataPath,
    settings: ReadSettings,
    *,
    classes: Labels | None = None,
    report: ReadReport | None = None,
    progress: Progress = silent,
) -> Corpus:
    """Read a corpus from files; `classes` are the classes of a model; see `read_corpus` for the rest."""
    read = read_texts(data, settings, report=report, progress=progress)
    if read.report.skipped and report is None:
        first = read.report.first_skipped[0]
        logger.warning("rows skipped: %d; the first: %s", read.report.skipped, first)
    source = read.report.sources[0] if read.report.sources else None
    corpus = Corpus(
        read.texts,
        read.labels(classes) if _are_labels_read(read, settings) else None,
        source,
        places=read.places,
        groups=None if settings.group_column is None else read.groups(settings.group_column),
    )
    if settings.labelled and settings.labels_required and classes is None and len(corpus.classes) < 2:
        if not len(corpus):
            raise DataError(f"{read.name}: data must contain labelled texts, got no rows")
        only = f"only the label {corpus.classes.tolist()[0]!r}" if len(corpus.classes) else "none"
        raise DataError(f"{read.name}: labels must have two classes or more, got {only}")
    return corpus


def _are_labels_read(read: ReadTexts, settings: ReadSettings) -> bool:
    return settings.labelled and bool(read.batches) and (settings.labels_required or read.has_labels)
