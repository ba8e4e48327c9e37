"""Labels as one array of one kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from malmoi.errors import DataError
from malmoi.foundation.arrays import Labels
from malmoi.foundation.validation import shorten, surrogate_at

__all__ = ["tidy_labels"]

LONGEST_LABEL = 1000


def tidy_labels(values: Sequence[object], place: Callable[[int], str]) -> Labels:
    """Return labels as an array of str, int64 or bool; whole floats become int.

    Args:
        values: str, int, float or bool, all of one kind.
        place: says where the label at a position stands, for the error.

    Raises:
        DataError: a label is missing, of another kind than the first one, or no label at all.

    Example:
        >>> tidy_labels([1.0, 0.0], "labels[{}]".format)
        array([1, 0])
    """
    if set(map(type, values)) not in ({str}, {int}, {bool}):
        values = [_label(value, place(position)) for position, value in enumerate(values)]
    kind = type(values[0]) if values else str
    for position, value in enumerate(values):
        if type(value) is not kind:
            kinds = f"as {shorten(values[0])}, got {shorten(value)}"
            raise DataError(f"{place(position)} must be of the same kind {kinds}; write all of them as text")
    for value in set(values):
        if (isinstance(value, str) and _is_odd(value)) or (isinstance(value, int) and not -(2**63) <= value < 2**63):
            rule = f"must be {LONGEST_LABEL} whole characters without NUL at most, or a number of 64 bits"
            raise DataError(f"{place(values.index(value))} {rule}, got {shorten(value)}; is it the right column?")
    return np.array(values, dtype={str: np.str_, int: np.int64, bool: np.bool_}[kind])


def _is_odd(label: str) -> bool:
    return len(label) > LONGEST_LABEL or "\0" in label or surrogate_at(label) is not None


def _label(value: object, place: str) -> str | int | bool:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int):
        return str.__str__(value) if isinstance(value, str) else int(value)
    cure = "leave the text out" if str(value) in ("None", "nan", "<NA>", "NaT") else "write it as text"
    raise DataError(f"{place} must be a str, an int or a bool, got {shorten(value)}; {cure}")
