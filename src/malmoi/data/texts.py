"""Texts from whatever holds them: a column where Arrow holds them, a list of str else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from malmoi import _core
from malmoi.foundation.validation import shorten

__all__ = ["Texts", "as_texts", "character_count", "items_of", "taken", "text_list"]

Texts: TypeAlias = list[str] | _core.TextColumn
"""Texts that were checked: each is whole characters, none is missing."""
Sequence.register(_core.TextColumn)
_MOST_LEVELS = 16
"""Of dictionaries, runs and extensions inside each other; a column of text has three at most."""


def as_texts(values: object, *, whole: bool = True) -> Texts:
    """Return texts as a new list of str, or as a column where they lie in memory as Arrow has it, which is not copied.

    Args:
        values: a list, a tuple or another sequence; an iterator, which is used up; a `Corpus`; or a one-dimensional
            array or column of NumPy, pandas, Polars, PyArrow or Hugging Face's datasets.
        whole: look for half characters; off: the core refuses them in the same words, where it is given all texts.

    Raises:
        TypeError: it is one str or no list, an item is no str, or a column holds something else.
        ValueError: a text holds half a character (a lone surrogate), which no UTF-8 file can hold, or is not UTF-8.
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
    """Return what `as_texts` does as a list of str, which has to be made of a column."""
    texts = as_texts(values)
    return texts if isinstance(texts, list) else texts.to_list()


def taken(texts: Texts, places: Sequence[int]) -> Texts:
    """Return some texts, in the order asked for."""
    return [texts[place] for place in places] if isinstance(texts, list) else texts.take(places)


def character_count(texts: Sequence[str]) -> int:
    """Return how many characters texts have together."""
    return texts.characters() if isinstance(texts, _core.TextColumn) else sum(map(len, texts))


def _arrow_form(values: Any) -> Any:
    """What Arrow's C interface reads, where texts are held as Arrow does; otherwise nothing."""
    if type(values) is list:
        return None
    packages = {kind.__module__.partition(".")[0] for kind in type(values).__mro__}  # also those of base classes
    if "pandas" in packages:
        array = getattr(values, "array", values)
        kind = getattr(array, "dtype", None)
        is_arrow = getattr(kind, "storage", None) == "pyarrow" or hasattr(kind, "pyarrow_dtype")
        held = array.__arrow_array__() if is_arrow and hasattr(array, "__arrow_array__") else None
        # PyArrow 15 and before hands on arrays, and no columns of several.
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
            values.validate()  # it knows how long its buffers are, which the C interface does not tell
        except ValueError as error:
            raise ValueError(f"texts must be a valid Arrow column: {error}") from error
    return values


def _flat(values: Any) -> Any:
    """Return values of PyArrow or Polars, unless their type is nested: the core reads all its levels on its stack."""
    kinds = [values.type] if hasattr(values, "type") else getattr(getattr(values, "schema", None), "types", [])
    for kind in [*kinds, getattr(values, "dtype", None)]:
        if _is_nested(kind):
            rule = f"texts must be a column of text, got one of {type(kind).__name__}"
            raise TypeError(f"{rule}; pick a column of text inside it")
    return values


def _is_nested(kind: Any) -> bool:
    for _ in range(_MOST_LEVELS):
        if kind is None:
            return False
        if hasattr(kind, "is_nested"):  # of Polars
            return bool(kind.is_nested())
        if getattr(kind, "num_fields", 0) and not hasattr(kind, "run_end_type"):
            return True
        kind = getattr(kind, "storage_type", getattr(kind, "value_type", None))
    return True


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
