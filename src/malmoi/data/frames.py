"""Text and label columns of data frames: pandas, Polars, PyArrow, Hugging Face datasets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Sized
from typing import Protocol, TypeGuard

from malmoi.data.columns import BETWEEN_TEXTS, LABEL_COLUMNS, TEXT_COLUMNS, usual_columns
from malmoi.data.texts import Texts, as_texts, items_of
from malmoi.foundation.validation import shorten

__all__ = ["Frame", "frame_labels", "is_frame", "text_columns_of", "texts_of", "usual_label_column"]


class Frame(Protocol):
    """A table with column names in `column_names` or `columns`."""

    def __getitem__(self, name: str, /) -> object: ...


def is_frame(values: object) -> TypeGuard[Frame]:
    """Return whether an object is a table with column names."""
    if hasattr(values, "collect") and hasattr(values, "collect_schema"):
        raise TypeError(f"texts must be in memory, got {type(values).__name__}; collect it: frame.collect()")
    names = getattr(values, "column_names", None) or getattr(values, "columns", None)
    return names is not None and not callable(names) and not isinstance(values, str) and hasattr(values, "__getitem__")


def text_columns_of(frame: object, label: str | None = None, known: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names of the text columns of a data frame; empty if the input is not a data frame.

    Args:
        frame: a data frame; or texts in another form.
        label: the label column.
        known: the text columns that a model was fitted on.

    Raises:
        ValueError: a column of the model is missing, or the text column cannot be determined.
    """
    if not is_frame(frame):
        return ()
    names = [name for name in _names(frame) if name != label]
    if known:
        missing = [name for name in known if name not in names]
        if missing:
            rule = f"the frame must have the column {missing[0]!r}, which the model was fitted on"
            raise ValueError(f"{rule}, got {shorten(names)}; rename one, or pass its texts: frame[{names[:1]}]")
        return tuple(known)
    usual = usual_columns(names, TEXT_COLUMNS)
    are_selected = label is None and len(names) > 1 and len(usual) in (0, len(names))
    if are_selected or (len(names) == 1 and not usual):
        return tuple(names)
    if usual:
        return (usual[0],)
    rule = f"the frame must have a text column with a usual name, got {shorten(names)}"
    raise ValueError(f'{rule}; select the text columns: frame[["{names[0] if names else "text"}"]]')


def texts_of(values: object, columns: Sequence[str] = ()) -> Texts:
    """Return the texts of a data frame, several columns joined with line breaks, or of another input of `as_texts`.

    Raises:
        TypeError: a value is not a str.
        ValueError: the frame does not have the columns.
    """
    if not is_frame(values):
        return as_texts(values)
    chosen = [as_texts(values[name]) for name in text_columns_of(values, known=columns)]
    if len(chosen) == 1:
        return chosen[0]
    return [BETWEEN_TEXTS.join(filter(None, row)) for row in zip(*chosen, strict=True)]


def usual_label_column(frame: Frame) -> str | None:
    """Return the first column of a frame with a usual name of labels; `None` if there is none."""
    return next(iter(usual_columns(_names(frame), LABEL_COLUMNS)), None)


def frame_labels(frame: Frame, labels: Sized | None) -> Sized:
    """Return labels as given, or from a column of the frame: the named one, or one with a usual name.

    Raises:
        ValueError: the frame has no such column.
    """
    if labels is not None and not isinstance(labels, str):
        return labels
    names = _names(frame)
    if labels is None:
        found = usual_columns(names, LABEL_COLUMNS)
        if not found:
            rule = f"the frame must have a label column called {' or '.join(LABEL_COLUMNS[:6])} or similar"
            raise ValueError(f'{rule}, got {shorten(names)}; name it: fit(frame, "NAME")')
        return items_of(frame[found[0]], "labels")
    if labels not in names:
        raise ValueError(f"labels must be one of the frame's columns, {shorten(names)}, got {labels!r}")
    return items_of(frame[labels], "labels")


def _names(frame: Frame) -> list[str]:
    names: Iterable[object] | None = getattr(frame, "column_names", None)
    columns: Iterable[object] = getattr(frame, "columns", ()) if names is None else names
    return [name for name in columns if isinstance(name, str)]
