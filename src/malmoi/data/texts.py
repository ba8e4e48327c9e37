"""Conversion of lists, arrays and data frame columns to texts: an Arrow column without a copy, otherwise a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from malmoi import _core
from malmoi.foundation.validation import shorten

__all__ = ["Texts", "as_texts", "character_count", "items_of", "taken", "text_list"]

Texts: TypeAlias = list[str] | _core.TextColumn
"""Validated texts: none is missing, none contains a lone surrogate."""
Sequence.register(_core.TextColumn)
_MOST_LEVELS = 16
"""Most nested levels of dictionaries, runs and extension types; a text column has at most three."""


def as_texts(values: object, *, whole: bool = True) -> Texts:
    """Return texts as a new list of str, or as an Arrow column, without a copy, if they are stored in Arrow's format.

    Args:
        values: a list, a tuple or another sequence; an iterator, which is consumed; a `Corpus`; or a one-dimensional
            array or column of NumPy, pandas, Polars, PyArrow or Hugging Face datasets.
        whole: whether to check for lone surrogates; pass `False` if all texts go to the core, which raises the same
            error.

    Raises:
        TypeError: the values are a single str or not a list, an item is not a str, or a column does not hold text.
        ValueError: a text contains a lone surrogate, which UTF-8 cannot encode, or is not valid UTF-8.
    """
    arrow = _arrow_form(values)
    if arrow is not None:
        return arrow if isinstance(arrow, _core.TextColumn) else _core.TextColumn(arrow)
    items = items_of(values, "texts")
    if set(map(type, items)) - {str}:
        items = [_text(item, position) for position, item in enumerate(items)]
    if whole:
        _core.check_texts(items)
    return items


def text_list(values: object) -> list[str]:
    """Return texts as a list of str; an Arrow column is copied. See `as_texts`."""
    texts = as_texts(values)
    return texts if isinstance(texts, list) else texts.to_list()


def taken(texts: Texts, places: Sequence[int]) -> Texts:
    """Return the texts at some indices, in the given order."""
    return [texts[place] for place in places] if isinstance(texts, list) else texts.take(places)


def character_count(texts: Sequence[str]) -> int:
    """Return the total number of characters."""
    return texts.characters() if isinstance(texts, _core.TextColumn) else sum(map(len, texts))


def _arrow_form(values: Any) -> Any:
    """Return an object with Arrow's C data interface if the texts are stored in Arrow's format, else `None`."""
    if type(values) is list:
        return None
    packages = {kind.__module__.partition(".")[0] for kind in type(values).__mro__}  # also those of base classes
    if "pandas" in packages:
        array = getattr(values, "array", values)
        kind = getattr(array, "dtype", None)
        is_arrow = getattr(kind, "storage", None) == "pyarrow" or hasattr(kind, "pyarrow_dtype")
        held = array.__arrow_array__() if is_arrow and hasattr(array, "__arrow_array__") else None
        # PyArrow up to 15 has the C data interface for arrays, but not for chunked arrays.
        return _flat(held) if hasattr(held, "__arrow_c_stream__") or hasattr(held, "__arrow_c_array__") else None
    if isinstance(values, _core.TextColumn):
        return values
    is_arrow = hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__")
    is_no_text = "polars" in packages and str(getattr(values, "dtype", "")) in ("Object", "Null")
    if not is_arrow or is_no_text or len(getattr(values, "shape", (0,))) != 1:
        return None
    if packages & {"pyarrow", "polars"}:
        _flat(values)
    if "pyarrow" in packages and hasattr(values, "validate"):
        try:
            values.validate()  # checks the lengths of its buffers, which the C data interface does not carry
        except ValueError as error:
            raise ValueError(f"texts must be a valid Arrow column: {error}") from error
    return values


def _flat(values: Any) -> Any:
    """Return values of PyArrow or Polars after refusing nested types, which the core would parse recursively."""
    kinds = [values.type] if hasattr(values, "type") else getattr(getattr(values, "schema", None), "types", [])
    for kind in [*kinds, getattr(values, "dtype", None)]:
        if _is_nested(kind):
            rule = f"texts must be a column of text, got {type(kind).__name__}"
            raise TypeError(f"{rule}; pick a column of text inside it")
    return values


def _is_nested(kind: Any) -> bool:
    for _ in range(_MOST_LEVELS):
        if kind is None:
            return False
        if hasattr(kind, "is_nested"):  # Polars
            return bool(kind.is_nested())
        if getattr(kind, "num_fields", 0) and not hasattr(kind, "run_end_type"):
            return True
        kind = getattr(kind, "storage_type", getattr(kind, "value_type", None))
    return True


def items_of(values: Any, name: str) -> list[Any]:
    """Return the items of a list, an array or a column as a list."""
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
    raise TypeError(f"{name} must be a list, an array or a column, got {kind}; convert it to a list")


def _is_column(values: Any) -> bool:
    """Return whether an object has the methods of a sequence, as a lazy column of Hugging Face datasets has."""
    return all(hasattr(values, method) for method in ("__getitem__", "__len__", "__iter__")) and not isinstance(
        values, Mapping
    )


def _text(item: object, position: int) -> str:
    if isinstance(item, str):
        return str.__str__(item)
    cure = 'decode it: item.decode("utf-8")' if isinstance(item, bytes) else "remove it, or replace it by a str"
    raise TypeError(f"texts[{position}] must be a str, got {shorten(item)}; {cure}")
