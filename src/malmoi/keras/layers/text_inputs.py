"""Texts in all forms in which a layer may get them: a str, lists, arrays, columns, and batches of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from malmoi.data.texts import Texts, as_texts
from malmoi.foundation.validation import check_number, shorten

__all__ = ["InputTexts", "input_texts", "text_batches"]

_NESTED = (list, tuple, np.ndarray)
_OF_TEXT = "OSTU"
"""Kinds of NumPy arrays that may hold texts: objects, bytes, strings of variable and of fixed width."""


@dataclass(frozen=True)
class InputTexts:
    """Texts in order, and how they were nested.

    Args:
        texts: all texts.
        axes: 0 for one text, 1 for a list of texts, 2 for a list of rows.
        lengths: number of texts of each row, if there are rows.
    """

    texts: Texts
    axes: int
    lengths: tuple[int, ...] = ()

    def of_single_texts(self) -> InputTexts:
        """Return a list of texts as rows of one text each."""
        return replace(self, axes=2, lengths=(1,) * len(self.texts)) if self.axes == 1 else self

    def rows(self) -> list[list[str]]:
        """Return the rows; a list of texts, or one text, is one row."""
        texts = self.texts if isinstance(self.texts, list) else self.texts.to_list()
        if self.axes < 2:
            return [texts]
        found = iter(texts)
        return [list(islice(found, length)) for length in self.lengths]


def input_texts(inputs: Any, encoding: str) -> InputTexts:
    """Return texts in order, from any of their forms.

    Args:
        inputs: a str or bytes; a list, a tuple, an array or a column of these; or a list or an array of such rows.
        encoding: encoding of bytes.

    Raises:
        TypeError: an item is not a text, there are more than two axes, or the input is a symbolic tensor of Keras.
        ValueError: bytes are not valid in the encoding.
    """
    if type(inputs).__name__ == "KerasTensor":
        cure = "apply it to the texts before the model: dataset.map(lambda x, y: (vectorizer(x), y))"
        raise TypeError(f"TextVectorization cannot be part of a model, got {shorten(inputs)}; {cure}")
    if isinstance(inputs, str | bytes):
        return InputTexts(_decoded([inputs], encoding), 0)
    if not isinstance(inputs, _NESTED) and _is_tensor(inputs):
        inputs = np.asarray(inputs)
    if isinstance(inputs, np.ndarray):
        inputs = _listed(inputs)
        if isinstance(inputs, str | bytes):
            return InputTexts(_decoded([inputs], encoding), 0)
    if not isinstance(inputs, list | tuple):
        return InputTexts(as_texts(inputs, whole=False), 1)
    if any(isinstance(item, _NESTED) for item in inputs):
        return _of_rows(inputs, encoding)
    return InputTexts(_decoded(inputs, encoding), 1)


def _is_tensor(inputs: Any) -> bool:
    """Whether an object is an array of another library: it has axes, and is not a column of pandas or Polars."""
    packages = {kind.__module__.partition(".")[0] for kind in type(inputs).__mro__}
    return hasattr(inputs, "__array__") and hasattr(inputs, "shape") and not packages & {"pandas", "polars"}


def _listed(array: np.ndarray[Any, Any]) -> Any:
    if array.ndim > 2:
        raise TypeError(f"texts must have one or two axes, got {array.ndim}; reshape them to (texts,)")
    if array.size and array.dtype.kind not in _OF_TEXT:
        raise TypeError(f"texts must be str, got an array of {array.dtype}; convert it: array.astype(str)")
    return array.tolist()


def _of_rows(rows: list[Any] | tuple[Any, ...], encoding: str) -> InputTexts:
    texts: list[Any] = []
    lengths = []
    for position, row in enumerate(rows):
        if not isinstance(row, _NESTED):
            raise TypeError(f"texts[{position}] must be a list, as the items before or after it, got {shorten(row)}")
        items = _listed(row) if isinstance(row, np.ndarray) else row
        if any(isinstance(item, _NESTED) for item in items):
            raise TypeError(f"texts must have one or two axes, got more in texts[{position}]")
        texts += items
        lengths.append(len(items))
    return InputTexts(_decoded(texts, encoding), 2, tuple(lengths))


def _decoded(items: list[Any] | tuple[Any, ...], encoding: str) -> Texts:
    if any(kind is not str and issubclass(kind, bytes) for kind in set(map(type, items))):
        items = [
            _text(item, position, encoding) if isinstance(item, bytes) else item for position, item in enumerate(items)
        ]
    return as_texts(items, whole=False)


def _text(item: bytes, position: int, encoding: str) -> str:
    try:
        return item.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"texts[{position}] must be {encoding}, got {shorten(item)}: {error.reason}") from error


def text_batches(data: Any, steps: int | None, encoding: str) -> Iterator[InputTexts]:
    """Yield texts in batches: a list, an array or a column is one batch; an iterable yields one batch per item.

    Args:
        data: texts, or an iterable of batches of texts.
        steps: number of batches of an iterable to use; `None` for all.
        encoding: encoding of bytes.

    Raises:
        TypeError: the data are one str, are not iterable, or a batch has labels too.
        ValueError: `steps` is below 0, or is given without batches.
    """
    if isinstance(data, str | bytes):
        raise TypeError(f"data must be texts, got one {type(data).__name__}; wrap it: [text]")
    if steps is not None:
        check_number("steps", steps, 0)
    is_whole = isinstance(data, _NESTED) or _is_tensor(data) or hasattr(data, "__arrow_c_stream__")
    if is_whole or type(data).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow"):
        if steps is not None:
            raise ValueError(f"steps must be None for a list or an array, which is one batch, got {steps}")
        yield input_texts(data, encoding).of_single_texts()
        return
    if not isinstance(data, Iterable) or isinstance(data, Mapping):
        raise TypeError(f"data must be texts or an iterable of batches of texts, got {shorten(data)}")
    for position, batch in enumerate(islice(data, steps)):
        if isinstance(batch, tuple) and len(batch) > 1 and not all(isinstance(item, str | bytes) for item in batch):
            cure = "keep the texts: adapt(dataset.map(lambda x, y: x))"
            raise TypeError(f"batches of data must be texts, got a tuple of {len(batch)} in batch {position}; {cure}")
        yield input_texts(batch, encoding)
