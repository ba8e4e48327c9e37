"""How files are read: which columns, and how a table is written where that is not guessed."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from malmoi.foundation.limits import most
from malmoi.foundation.validation import check_choice, real_number, shorten

__all__ = ["AUTO", "EVERY_COLUMN", "OnError", "Quoting", "ReadSettings", "checked_encoding", "column_names"]

EVERY_COLUMN = "all"
"""What `keep` is where all columns are carried."""
AUTO: Final = "auto"
OTHER_CODECS = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "unicode-escape")
"""Python's codecs that are no encodings of files."""
Quoting = Literal["auto", "double", "none"]
OnError = Literal["stop", "skip"]
COLUMN_FIELDS = ("text_column", "label_column", "keep")


@dataclass(frozen=True)
class ReadSettings:
    r"""How files are read.

    Args:
        text_column: column of the texts, where its name does not tell; several are joined, a line each.
        label_column: column of the labels, where its name does not tell; several are columns of 0 and 1, one a label.
        labelled: whether labels are read.
        labels_required: whether files without labels are refused where labels are read.
        model_columns: columns that a model was trained on; its texts are read from the same, unless others are named.
        id_column: column that tells the texts apart, carried along.
        group_column: column of groups, such as authors: texts of one group stay on one side of a split.
        keep: columns that are carried along; "all" for every column.
        input_format: csv, tsv, jsonl, json-array, json-document, lines, fasttext, parquet, arrow, arrow-stream, excel;
            "auto" tells it from the first bytes and the name of a file.
        encoding: how bytes become characters; "auto" tells UTF-8, UTF-16, UTF-32 and cp949 from the first bytes.
        delimiter: one character between the fields of a table, such as ";" or "\t"; guessed if not given.
        header: whether the first line of a table names its columns; guessed if not given.
        quoting: "double": fields may stand in double quotes; "none": quotes are characters like others; "auto" guesses.
        label_separator: what stands between the labels of one text, such as "|"; one label a text if not given.
        on_error: "stop" at the first row that cannot be used, or "skip" such rows and count them.
        inflate_limit_gb: gigabytes that a compressed file may inflate to, or 200 times its size if that is more.

    Raises:
        TypeError: a setting is of the wrong kind.
        ValueError: a setting is out of its range, or a column is named twice.
    """

    text_column: tuple[str, ...] = ()
    label_column: tuple[str, ...] = ()
    labelled: bool = True
    labels_required: bool = True
    model_columns: tuple[str, ...] = ()
    id_column: str | None = None
    group_column: str | None = None
    keep: tuple[str, ...] = ()
    input_format: str = AUTO
    encoding: str = AUTO
    delimiter: str | None = None
    header: bool | None = None
    quoting: Quoting = AUTO
    label_separator: str | None = None
    on_error: OnError = "stop"
    inflate_limit_gb: float = 1.0

    def __post_init__(self) -> None:
        """Check all settings."""
        for name in COLUMN_FIELDS:
            object.__setattr__(self, name, column_names(name, getattr(self, name)))
        object.__setattr__(self, "encoding", checked_encoding(self.encoding))
        self._check_columns()
        check_choice("quoting", self.quoting, get_args(Quoting))
        check_choice("on_error", self.on_error, get_args(OnError))
        if self.delimiter is not None:
            object.__setattr__(self, "delimiter", _delimiter(self.delimiter))
        if self.header is not None and not isinstance(self.header, bool):
            raise TypeError(f"header must be True, False or None, got {shorten(self.header)}")
        if self.label_separator is not None and (not isinstance(self.label_separator, str) or not self.label_separator):
            raise ValueError(f"label_separator must be 1 character or more, got {shorten(self.label_separator)}")
        if not 0 < real_number("inflate_limit_gb", self.inflate_limit_gb) <= most("inflated gigabytes"):
            rule = f"inflate_limit_gb must be above 0 and {most('inflated gigabytes'):,} at most"
            raise ValueError(f"{rule}, got {shorten(self.inflate_limit_gb)}")

    def _check_columns(self) -> None:
        if EVERY_COLUMN in self.keep and len(self.keep) > 1:
            raise ValueError(f'keep must be names of columns, or "all" alone, got {shorten(self.keep)}')
        if not self.labelled and self.label_column:
            raise ValueError(f"label_column must be None with labelled=False, got {shorten(self.label_column[0])}")
        if not self.labelled and self.label_separator is not None:
            raise ValueError(f"label_separator must be None with labelled=False, got {self.label_separator!r}")
        if self.label_separator is not None and len(self.label_column) > 1:
            raise ValueError("label_separator must be None with several label columns; name one column")
        both = [name for name in self.label_column if name in self.text_column]
        if both:
            rule = "label_column must be another column than text_column"
            raise ValueError(f"{rule}, got {shorten(both[0])} for both")
        for field in COLUMN_FIELDS:
            names = getattr(self, field)
            twice = [name for name in names if names.count(name) > 1]
            if twice:
                raise ValueError(f"{field} must name a column once, got {shorten(twice[0])} twice")

    @property
    def are_guessed_quotes(self) -> bool:
        """Whether nobody said how fields are quoted."""
        return self.quoting == AUTO


def column_names(name: str, value: object) -> tuple[str, ...]:
    """Return one name, several names or `None` as a tuple of names.

    Raises:
        TypeError: a name is no str.
    """
    if value is None:
        return ()
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else (value,)
    for one in names:
        if not isinstance(one, str):
            raise TypeError(f"{name} must be a str or a list of str, got {shorten(value)}")
    return names


def _delimiter(value: object) -> str:
    known = {"\\t": "\t", "tab": "\t"}.get(str(value), value)
    if not isinstance(known, str) or len(known) != 1 or not known.isascii() or known in '"\r\n\0':
        raise ValueError(f'delimiter must be one ASCII character such as ",", ";" or "\\t", got {shorten(value)}')
    return known


def checked_encoding(encoding: str) -> str:
    """Return Python's name of an encoding, or "auto"; with or without a byte-order mark, UTF-8 is "utf-8".

    Raises:
        ValueError: Python knows no such encoding of text.
    """
    if encoding == AUTO:
        return encoding
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError, TypeError):
        known = 'encoding must be "auto", or one that Python knows, such as "utf-8", "cp949" or "latin-1"'
        raise ValueError(f"{known}, got {shorten(encoding)}") from None
    if name in OTHER_CODECS:
        raise ValueError(f"encoding must be one of texts, got {shorten(encoding)}")
    return "utf-8" if name == "utf-8-sig" else name
