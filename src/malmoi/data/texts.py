"""Texts from whatever holds them, as a list of str."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from malmoi import _core
from malmoi.foundation.validation import shorten, surrogate_at

__all__ = ["as_texts", "items_of"]


def as_texts(values: object) -> list[str]:
    """Return texts as a new list of str, whatever kind of list, array, series or corpus held them.

    Args:
        values: a list, a tuple or another sequence; an iterator, which is used up; a `Corpus`; or a one-dimensional
            array or column of NumPy, pandas, Polars, PyArrow or Hugging Face's datasets.

    Raises:
        TypeError: it is one str or no list, or an item is no str.
        ValueError: a text holds half a character (a lone surrogate), which no UTF-8 file can hold.
    """
    items = items_of(values, "texts")
    if set(map(type, items)) - {str}:
        items = [_text(item, position) for position, item in enumerate(items)]
    position = _core.first_surrogate(items)
    if position is not None:
        character = surrogate_at(items[position])
        rule = f"texts[{position}] holds a lone surrogate at character {character}, which no UTF-8 file can hold"
        raise ValueError(f'{rule}; clean it: text.encode("utf-8", "replace").decode("utf-8")')
    return items


def items_of(values: Any, name: str) -> list[Any]:
    """Return a list's, an array's or a column's items."""
    kind = type(values).__name__
    if isinstance(values, str | bytes | bytearray):
        raise TypeError(f"{name} must be a list of str, got one {kind}; wrap it: [{name[:-1]}]")
    axes = len(getattr(values, "shape", (0,)))
    if axes != 1:
        raise TypeError(f"{name} must have one axis, got {kind} with {axes}; pick one column")
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(values, method):
            return list(getattr(values, method)())
    if isinstance(values, Sequence | Iterator) or _is_column(values):
        return list(values)
    raise TypeError(f"{name} must be a list, an array or a column, got {kind}; make a list of it")


def _is_column(values: Any) -> bool:
    """Whether it is a sequence that says so by its methods alone, such as a lazy column of Hugging Face's datasets."""
    return all(hasattr(values, method) for method in ("__getitem__", "__len__", "__iter__")) and not isinstance(
        values, Mapping
    )


def _text(item: object, position: int) -> str:
    if isinstance(item, str):
        return str.__str__(item)
    cure = 'decode it: item.decode("utf-8")' if isinstance(item, bytes) else "leave it out, or make it a str"
    raise TypeError(f"texts[{position}] must be a str, got {shorten(item)}; {cure}")
