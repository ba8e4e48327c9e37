"""Read settings: columns, format, encoding and dialect."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from malmoi.foundation.limits import most
from malmoi.foundation.validation import check_choice, real_number, shorten

__all__ = ["AUTO", "EVERY_COLUMN", "OnError", "Quoting", "ReadSettings", "checked_encoding", "column_names"]

EVERY_COLUMN = "all"
"""Value of `keep` for all columns."""
AUTO: Final = "auto"
OTHER_CODECS = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "unicode-escape")
"""Python codecs that are not encodings of files."""
Quoting = Literal["auto", "double", "none"]
OnError = Literal["stop", "skip"]
COLUMN_FIELDS = ("text_column", "label_column", "keep")


@dataclass(frozen=True)
class ReadSettings:
    r"""Settings for reading files.

    Args:
        text_column: column of the texts, by default found by its name, such as text or review; several are joined with
            line breaks.
        label_column: column of the labels, by default found by its name, such as label or class; several must be
            columns of 0 and 1, one per label.
        labelled: whether to read labels.
        labels_required: whether to refuse files without labels if `labelled` is set.
        model_columns: text columns that a model was trained on, which are read unless `text_column` is given.
        id_column: column that identifies the texts; passed through.
        group_column: column of groups that must not be split between training and test set, such as authors; a split
            keeps the texts of a group in the same part.
        keep: further columns to pass through, or "all".
        input_format: file format: auto, csv, tsv, jsonl, json-array, json-document, lines, fasttext, parquet, arrow,
            arrow-stream or excel; "auto" detects it from the first bytes and the suffix of the file.
        encoding: character encoding, such as "utf-8" or "cp949"; "auto" detects UTF-8, UTF-16, UTF-32 and cp949 from
            the first bytes.
        delimiter: one character between the fields of a table, such as ";" or "\t"; detected if not given.
        header: whether the first line of a table holds the column names; detected if not given.
        quoting: quotes in tables: "double" (fields may be enclosed in double quotes), "none" (quotes are ordinary
            characters) or "auto" (detected).
        label_separator: separator between the labels of one text, such as "|"; one label per text if not given.
        on_error: handling of invalid rows: "stop" (error at the first one) or "skip" (they are left out and counted).
        decompression_limit_gb: maximum size of a decompressed file in gigabytes, above 0; or 200 times the compressed
            size, if that is more.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range, or a column is named twice.
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
    decompression_limit_gb: float = 1.0

    def __post_init__(self) -> None:
        """Validate all settings."""
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
        if not 0 < real_number("decompression_limit_gb", self.decompression_limit_gb) <= most("inflated gigabytes"):
            rule = f"decompression_limit_gb must be above 0 and at most {most('inflated gigabytes'):,}"
            raise ValueError(f"{rule}, got {shorten(self.decompression_limit_gb)}")

    def _check_columns(self) -> None:
        if EVERY_COLUMN in self.keep and len(self.keep) > 1:
            raise ValueError(f'keep must be column names, or only "all", got {shorten(self.keep)}')
        if not self.labelled and self.label_column:
            raise ValueError(f"label_column must be None with labelled=False, got {shorten(self.label_column[0])}")
        if not self.labelled and self.label_separator is not None:
            raise ValueError(f"label_separator must be None with labelled=False, got {self.label_separator!r}")
        if self.label_separator is not None and len(self.label_column) > 1:
            raise ValueError("label_separator must be None with several label columns; name one column")
        both = [name for name in self.label_column if name in self.text_column]
        if both:
            rule = "label_column must differ from text_column"
            raise ValueError(f"{rule}, got {shorten(both[0])} for both")
        for field in COLUMN_FIELDS:
            names = getattr(self, field)
            twice = [name for name in names if names.count(name) > 1]
            if twice:
                raise ValueError(f"{field} must name a column once, got {shorten(twice[0])} twice")

    @property
    def are_guessed_quotes(self) -> bool:
        """Whether quoting is detected and not given."""
        return self.quoting == AUTO


def column_names(name: str, value: object) -> tuple[str, ...]:
    """Return one name, several names or `None` as a tuple of names.

    Raises:
        TypeError: a name is not a str.
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
    """Return Python's canonical name of an encoding, or "auto"; "utf-8" also for UTF-8 with a byte order mark.

    Raises:
        ValueError: it is not a text encoding of Python.
    """
    if encoding == AUTO:
        return encoding
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError, TypeError):
        rule = 'encoding must be "auto" or a Python encoding, such as "utf-8", "cp949" or "latin-1"'
        raise ValueError(f"{rule}, got {shorten(encoding)}") from None
    if name in OTHER_CODECS:
        raise ValueError(f"encoding must be an encoding of text files, got {shorten(encoding)}")
    return "utf-8" if name == "utf-8-sig" else name
