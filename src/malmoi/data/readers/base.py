"""What readers of files share: which columns are wanted, what a batch holds, how large it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from malmoi.errors import DataError
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import shorten

__all__ = ["Batch", "Columns", "Reader", "Row", "Source", "batched"]

TEXTS_TOGETHER = 20_000
CHARACTERS_TOGETHER = 16_000_000
"""A batch has not much more than this."""

TEXT_COLUMNS = ("text", "review", "document", "sentence", "comment", "content", "message", "title")


LABEL_COLUMNS = ("label", "class", "category", "sentiment", "target", "y")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a table are wanted.

    Args:
        text: name of the column with the texts; `None` looks for a usual name.
        label: name of the column with the labels; `None` looks for a usual name.
        labelled: whether labels are read at all.
        id: name of the column with what tells the texts apart; `None`: none is read.
    """

    text: str | None = None
    label: str | None = None
    labelled: bool = True
    id: str | None = None

    def find(self, path: Path, names: Sequence[str]) -> tuple[str, str | None]:
        """Return the names of the text column and of the label column, as the table writes them.

        Raises:
            DataError: a column is missing, or stands there twice.
        """
        if self.id is not None:
            _column(path, names, self.id, names, "id")
        text = _column(path, names, self.text, [name for name in names if name != self.label], "text")
        if not self.labelled:
            return text, None
        return text, _column(path, names, self.label, [name for name in names if name != text], "label")


def _column(path: Path, names: Sequence[str], wanted: str | None, free: Sequence[str], kind: str) -> str:
    """Return the wanted name, else the first usual one among the free names."""
    shown = f"got the columns {', '.join(map(shorten, names[:20]))}{', ...' if len(names) > 20 else ''}"
    cure = f"name it with {kind}_column (on the command line --{kind}-column)"
    if wanted is None:
        usual = TEXT_COLUMNS if kind == "text" else LABEL_COLUMNS
        spelt = {name.strip().casefold(): name for name in reversed(free)}
        wanted = next((spelt[name] for name in usual if name in spelt), None)
        if wanted is None:
            raise DataError(f"{path}: the {kind} column must be called {' or '.join(usual)}, {shown}; {cure}")
    if wanted not in names:
        raise DataError(f"{path}: {kind}_column must be one of the file's, not {shorten(wanted)}, {shown}; {cure}")
    if list(names).count(wanted) > 1:
        raise DataError(f"{path}: a column's name must stand there once, got {shorten(wanted)} twice; rename one")
    return wanted


@dataclass(frozen=True)
class Source:
    """A file or a folder, and what is wanted of it.

    Args:
        path: where it is.
        columns: of a table.
        encoding: how bytes become characters, as Python calls it.
        progress: progress callback.
    """

    path: Path
    columns: Columns = Columns()
    encoding: str = "utf-8"
    progress: Progress = silent


class Row(NamedTuple):
    """One text with its label and id, as the file has them, and the number of its line, row or file."""

    text: str
    label: object
    id: object
    number: int


@dataclass
class Batch:
    """Texts that were read together.

    Args:
        place: says where the text of a number stands, such as "train.csv:381".
        texts: in the order of the file.
        labels: as many, as the file has them; none where none are read.
        ids: what tells the texts apart; none where none are read.
        numbers: of each text's line, row or file.
    """

    place: Callable[[int], str]
    texts: list[str] = field(default_factory=list)
    labels: list[object] = field(default_factory=list)
    ids: list[object] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)


class Reader(Protocol):
    """What reads one format, a batch at a time."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Names of files that it reads end so."""

    @property
    def is_packable(self) -> bool:
        """Whether `.gz` or `.zst` may follow."""

    @property
    def labels_are_text(self) -> bool:
        """Whether labels have no type in the file: whole numbers are told by their form."""

    def batches(self, source: Source) -> Iterator[Batch]:
        """Yield the texts of a file, in order.

        Raises:
            DataError: a column is missing, or a text or a label cannot be used.
            FormatError: the file is damaged.
        """


def batched(rows: Iterable[Row], place: Callable[[int], str], columns: Columns) -> Iterator[Batch]:
    """Yield rows in batches of bounded size."""
    batch, characters = Batch(place), 0
    for row in rows:
        batch.texts.append(row.text)
        batch.numbers.append(row.number)
        if columns.labelled:
            batch.labels.append(row.label)
        if columns.id is not None:
            batch.ids.append(row.id)
        characters += len(row.text)
        if len(batch.texts) >= TEXTS_TOGETHER or characters >= CHARACTERS_TOGETHER:
            yield batch
            batch, characters = Batch(place), 0
    if batch.texts:
        yield batch
