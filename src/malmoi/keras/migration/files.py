"""Migration of files: scripts in any encoding, and notebooks."""

from __future__ import annotations

import io
import os
import re
import tokenize
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from malmoi.errors import FormatError
from malmoi.foundation.files import open_regular
from malmoi.keras.migration.magic_findings import magic_findings
from malmoi.keras.migration.magics import Hidden, hidden_magics
from malmoi.keras.migration.notebook_text import Cell, code_cells, with_sources
from malmoi.keras.migration.results import Change, Finding
from malmoi.keras.migration.rewriting import migrate, migrate_part
from malmoi.keras.migration.syntax_errors import explained, syntax_error

__all__ = ["FileMigration", "Piece", "migrate_file"]

NOTEBOOK = ".ipynb"
SUFFIXES = (".py", ".pyw", "", NOTEBOOK)
NOT_PARSED = "cell-not-parsed"
WORD = "malmoi_hidden_"

Result = TypeVar("Result", Change, Finding)


@dataclass(frozen=True)
class Piece:
    """A script, or a cell of a notebook that was changed.

    Args:
        before: the old source.
        after: the new source.
        cell: number of the cell; 1 or more. None for a script.
    """

    before: str
    after: str
    cell: int | None = None


@dataclass(frozen=True)
class FileMigration:
    """A migrated file.

    Args:
        path: the file that was read.
        before: the old content.
        content: the new content, in the encoding of the file.
        pieces: what was changed; empty if nothing was.
        changes: rewritten places.
        findings: what was not rewritten.
    """

    path: Path
    before: bytes
    content: bytes
    pieces: tuple[Piece, ...]
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]


def migrate_file(path: str | os.PathLike[str]) -> FileMigration:
    """Rewrite a script or a notebook of old Keras for Keras 3; the file is read and not changed.

    Args:
        path: a script, in the encoding that it declares (UTF-8 by default), or a notebook (`.ipynb`) of format 4.
            Cells that are not Python are findings; magics are kept. Only the sources of changed cells change.

    Raises:
        FormatError: it is no script and no notebook, or a script that is not Python 3; the message has the line.
        OSError: it cannot be read.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "old.py"
        ...     _ = path.write_text("from keras.utils.np_utils import to_categorical\\n")
        ...     migrate_file(path).content.decode().splitlines()
        ['import malmoi.keras  # chooses an installed backend for Keras', 'from keras.utils import to_categorical']
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise FormatError(f"{path} must be a script (.py) or a notebook (.ipynb), got a file named *{path.suffix[:20]}")
    with open_regular(path) as file:
        content = file.read()
    return _notebook(path, content) if path.suffix.lower() == NOTEBOOK else _script(path, content)


def _decoded(path: Path, content: bytes) -> tuple[str, str]:
    """Return the text of a script and its encoding."""
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0]
        text = content.decode(encoding)
        is_kept = text.encode(encoding) == content
    except SyntaxError as error:
        raise FormatError(f"{path} is not a Python script: {error.msg}; save it as UTF-8") from None
    except (UnicodeError, LookupError) as error:
        raise FormatError(f"{path} is not a Python script: {error}; save it as UTF-8") from None
    if "\0" in text or not is_kept:
        raise FormatError(f"{path} is not a Python script: it has other bytes than text; save it as UTF-8")
    if "\r" in text.replace("\r\n", ""):
        raise FormatError(f"{path} has line ends that are single carriage returns; save it with line feeds")
    return text, encoding


def _script(path: Path, content: bytes) -> FileMigration:
    text, encoding = _decoded(path, content)
    try:
        done = migrate(text)
        new = done.source.encode(encoding)
    except SyntaxError as error:
        raise FormatError(f"{path}:{error.lineno or 1}: {explained(error, text)}") from None
    except (RecursionError, MemoryError):
        raise FormatError(f"{path} is not a script that can be read: it is nested too deeply") from None
    pieces = (Piece(text, done.source),) if done.source != text else ()
    return FileMigration(path, content, new, pieces, done.changes, done.findings)


def _notebook(path: Path, content: bytes) -> FileMigration:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeError as error:
        raise FormatError(f"{path} is not a notebook: {error}; save it again with Jupyter") from None
    mark = content[: len(content) - len(text.encode())]
    cells = code_cells(text, str(path))
    word = WORD
    while word in text:
        word += "_"
    hidden, findings = _readable(cells, word)
    try:
        magics = [magic for one in hidden.values() for magic in one.magics.values()]
        left = [cell.source for cell in cells if cell.number not in hidden]
        joined = _Joined(hidden, word, frozenset(re.findall(r"\w+", " ".join([*magics, *left]))))
    except (RecursionError, MemoryError):
        raise FormatError(f"{path} is not a notebook that can be read: a cell is nested too deeply") from None
    sources = {cell.number: cell.source for cell in cells}
    new = {number: source for number, source in joined.sources.items() if source != sources[number]}
    pieces = tuple(Piece(sources[number], source, number) for number, source in new.items())
    changed = mark + with_sources(text, new, cells).encode()
    found = tuple(sorted([*findings, *joined.findings], key=lambda one: (one.cell or 0, one.line)))
    return FileMigration(path, content, changed, pieces, joined.changes, found)


def _readable(cells: list[Cell], word: str) -> tuple[dict[int, Hidden], list[Finding]]:
    """Return the cells that are Python, without their magics, and a finding for each of the others."""
    hidden: dict[int, Hidden] = {}
    findings: list[Finding] = []
    for cell in cells:
        one = hidden_magics(cell.source, f"{word}{cell.number}_")
        magics = cell.source.split("\n") if one is None else one.magics.values()
        findings += magic_findings(cell.source, frozenset(magic.strip() for magic in magics), cell.number)
        if one is None:
            continue
        error = syntax_error(one.text)
        if error is None:
            hidden[cell.number] = one
            continue
        cure = "then migrate the notebook again; this cell was left as it is"
        findings.append(Finding(error.lineno or 1, NOT_PARSED, explained(error, one.text), cure, cell.number))
    return hidden, findings


class _Joined:
    """The cells of a notebook as one source, because they share their names.

    Args:
        hidden: the cells.
        word: a word that is nowhere in the notebook.
        kept: words of magics and of other cells, which may be names.
    """

    def __init__(self, hidden: dict[int, Hidden], word: str, kept: frozenset[str]) -> None:
        separator = f"#{word}\n"
        done = migrate_part("".join(f"{one.text}\n{separator}" for one in hidden.values()), kept)
        found = done.source.split(separator)[: len(hidden)]
        pairs = zip(hidden.items(), found, strict=True)
        self.sources = {number: one.restored(text.removesuffix("\n")) for (number, one), text in pairs}
        self._places: list[tuple[int, int]] = []
        for number, one in hidden.items():
            lines = one.text.count("\n") + 1
            self._places += [(number, line) for line in (*range(1, lines + 1), lines)]
        self.changes = tuple(self._in_cell(one) for one in done.changes)
        self.findings = [self._in_cell(one) for one in done.findings]

    def _in_cell(self, one: Result) -> Result:
        """Return a result with its cell and its line in the cell."""
        cell, line = self._places[min(one.line, len(self._places)) - 1]
        return replace(one, line=line, cell=cell)
