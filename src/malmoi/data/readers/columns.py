"""Selection of the columns to read from a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from malmoi.data.columns import LABEL_COLUMNS, TEXT_COLUMNS, usual_columns
from malmoi.data.readers.settings import EVERY_COLUMN, ReadSettings
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["Wanted", "wanted_columns"]

SHOWN_NAMES, SHOWN_KOREAN = 6, 4


@dataclass(frozen=True)
class Wanted:
    """The columns to read from a table.

    Args:
        texts: text columns; several are joined.
        labels: label columns; several are columns of 0 and 1; empty if labels are not read.
        kept: columns that are passed through.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All distinct column names."""
        return tuple(dict.fromkeys((*self.texts, *self.labels, *self.kept)))


def wanted_columns(path: Path, names: Sequence[str], settings: ReadSettings, guessed: Wanted | None = None) -> Wanted:
    """Return the columns to read.

    Args:
        path: path of the table, for errors.
        names: all column names of the table.
        settings: read settings, which may name columns; otherwise usual names are looked for.
        guessed: text and label columns to use if no column has a usual name.

    Raises:
        DataError: a column is missing or occurs twice.
    """
    guess = Wanted(()) if guessed is None else guessed
    taken = (*settings.text_column, *settings.label_column)
    free = [name for name in names if name not in taken]
    texts = settings.text_column or _of_the_model(path, names, settings)
    texts = texts or _found(path, names, free, "text", guess.texts)
    labels: tuple[str, ...] = ()
    if settings.labelled:
        rest = [name for name in free if name not in texts]
        optional = not settings.labels_required and not _usual_or_guessed(rest, LABEL_COLUMNS, guess.labels)
        labels = settings.label_column or (() if optional else _found(path, names, rest, "label", guess.labels))
    kept = settings.keep if settings.keep != (EVERY_COLUMN,) else tuple(names)
    if settings.id_column is not None:
        kept = (settings.id_column, *(name for name in kept if name != settings.id_column))
    ids = () if settings.id_column is None else (settings.id_column,)
    groups = () if settings.group_column is None else (settings.group_column,)
    kept = (*kept, *(name for name in groups if name not in kept))
    for kind, columns in (("text", texts), ("label", labels), ("id", ids), ("group", groups), ("keep", kept)):
        for name in columns:
            _check(path, names, name, kind)
    return Wanted(texts, labels, kept)


def _of_the_model(path: Path, names: Sequence[str], settings: ReadSettings) -> tuple[str, ...]:
    """Return the text columns that the model was trained on; empty if there are none."""
    missing = [name for name in settings.model_columns if name not in names]
    if missing:
        rule = f"the file must have the column {shorten(missing[0])}, which the model was trained on"
        raise DataError(f"{path}: {rule}, got the columns {_listed(names)}; {_cure('text')}")
    return settings.model_columns


def _found(
    path: Path, names: Sequence[str], free: Sequence[str], kind: str, guessed: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the usual name among the free ones, otherwise the guess."""
    usual = TEXT_COLUMNS if kind == "text" else LABEL_COLUMNS
    if found := _usual_or_guessed(free, usual, guessed):
        return found
    if taken := _usual_or_guessed(names, usual, guessed):
        other = "label" if kind == "text" else "text"
        raise DataError(
            f"{path}: {shorten(taken[0])} must not be both the {other} and the {kind} column; {_cure(kind)}"
        )
    korean = [name for name in usual if not name.isascii()][:SHOWN_KOREAN]
    shown = f"{', '.join(usual[:SHOWN_NAMES])}, {', '.join(korean)} or similar"
    cure = _cure(kind) if len(names) != 1 else f"{_cure(kind)}; or set the delimiter (--delimiter), or --no-header"
    raise DataError(f"{path}: the {kind} column must be called {shown}, got the columns {_listed(names)}; {cure}")


def _usual_or_guessed(free: Sequence[str], usual: Sequence[str], guessed: tuple[str, ...]) -> tuple[str, ...]:
    found = usual_columns(free, usual)
    if found:
        return (found[0],)
    return guessed if all(name in free for name in guessed) else ()


def _check(path: Path, names: Sequence[str], wanted: str, kind: str) -> None:
    if wanted not in names:
        option = "keep" if kind == "keep" else f"{kind}_column"
        rule = f"{option} must be a column of the file, got {shorten(wanted)}"
        near = get_close_matches(wanted, names, 1)
        guess = f"did you mean {shorten(near[0])}? " if near else ""
        raise DataError(f"{path}: {rule}; the columns are {_listed(names)}; {guess}{_cure(kind)}")
    if list(names).count(wanted) > 1:
        raise DataError(f"{path}: column names must be unique, got {shorten(wanted)} twice; rename one")


def _cure(kind: str) -> str:
    if kind == "keep":
        return "name one of them with keep (on the command line --keep, of malmoi report --slice)"
    return f"name it with {kind}_column (on the command line --{kind}-column)"


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(map(shorten, names[:20]))}{', ...' if len(names) > 20 else ''}"
