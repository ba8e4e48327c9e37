"""Folders of text files, with or without one folder per class."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from malmoi import _core
from malmoi.data.readers.base import LABEL, TEXT, Chunk, Source
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.encodings import decoded
from malmoi.data.readers.report import BadRow
from malmoi.errors import DataError
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import surrogate_at

__all__ = ["FolderReader"]

READ_TOGETHER, UNLABELLED_FOLDER = 1000, "unsup"
LAYOUT = "a folder must contain one folder per class, two or more, each with .txt files (such as neg/ and pos/)"
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".arrow", ".feather", ".xlsx")


@dataclass(frozen=True)
class _Files:
    """The text files of a folder, and the number of its other files."""

    texts: list[str] = field(default_factory=list)
    others: int = 0


@dataclass(frozen=True)
class FolderReader:
    """Reader of folders of text files; if there are two or more class folders, of the files in these.

    Text files end in `.txt`; if no file of a class does, files without a suffix are read.
    """

    form: str = "a folder"

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the texts of a folder: classes and files sorted by name."""
        path = source.path
        source.refuse_columns(self.form)
        folders = _class_folders(path)
        if source.settings.labelled and source.settings.labels_required:
            _check_classes(path, folders)
        has_classes = sum(bool(members.texts) for members in folders.values()) > 1
        labelled = folders if has_classes else {"": _text_files(path)}
        files = [(file, name) for name, members in labelled.items() for file in members.texts]
        if not files:
            raise DataError(f"{path}: a folder must contain .txt files, got none{_other_cure(path)}")
        others = sum(members.others for members in labelled.values())
        form = f"a folder of {len(files):,} text files" + (f" in {len(labelled)} classes" if has_classes else "")
        left_out = f"files of other types ({others:,})" if others else ""
        wanted = source.without_columns(form, has_labels=has_classes, left_out=left_out)
        for start in range(0, len(files), READ_TOGETHER):
            yield wanted, _chunk(source, files, start, labelled=bool(wanted.labels))
            source.progress("reading", min(start + READ_TOGETHER, len(files)), len(files))


def _chunk(source: Source, files: list[tuple[str, str]], start: int, *, labelled: bool) -> Chunk:
    batch = files[start : start + READ_TOGETHER]
    texts: list[str | None] = _texts(source, [file for file, _ in batch])
    kept = [place for place, text in enumerate(texts) if text is not None]
    values: dict[str, list[object]] = {TEXT: [texts[place] for place in kept]}
    if labelled:
        values[LABEL] = [batch[place][1] for place in kept]
    numbers = [start + place for place in kept]
    raw = lambda position: batch[kept[position]][0]  # noqa: E731 -- shorter than a function
    return Chunk(values, numbers, lambda number: files[number][0], are_text=False, raw=raw)


def _texts(source: Source, paths: list[str]) -> list[str | None]:
    """Return the texts of files; `None` for skipped ones."""
    if source.settings.encoding in ("auto", "utf-8"):
        try:
            return list(_core.read_text_files(paths, thread_count()))
        except DataError:
            if source.settings.encoding == "utf-8" and source.settings.on_error == "stop":
                raise
    return [_text(source, Path(file)) for file in paths]


def _text(source: Source, path: Path) -> str | None:
    try:
        return decoded(path, path.read_bytes(), source.settings.encoding)
    except DataError as error:
        source.refuse(BadRow(str(path), str(error).removeprefix(f"{path}: "), str(path)))
        return None


def _check_classes(path: Path, folders: dict[str, _Files]) -> None:
    filled = [name for name, files in folders.items() if files.texts]
    if len(filled) < 2 or len(filled) < len(folders):
        found = [f"{name}/ with {len(files.texts)} .txt files" for name, files in folders.items()]
        got = ", ".join(found[:4] + ["..."] * (len(found) > 4)) or "no folders"
        raise DataError(
            f"{path}: {LAYOUT}, got {got}{_other_cure(path) or '; move folders that are not classes elsewhere'}"
        )


def _other_cure(path: Path) -> str:
    """Return a cure for a folder of tables: a glob of its files."""
    suffixes = sorted({Path(entry.name).suffix.lower() for entry in _visible(path) if entry.is_file()} & set(TABLES))
    return f"; to read its tables, pass '{path}/*{suffixes[0]}'" if suffixes else ""


def _class_folders(path: Path) -> dict[str, _Files]:
    places = {entry.name: Path(entry) for entry in _visible(path) if entry.is_dir()}
    places.pop(UNLABELLED_FOLDER, None)
    folders = {name: _text_files(place) for name, place in places.items()}
    if any(files.texts for files in folders.values()):
        return folders
    return {name: _text_files(place, suffix="") for name, place in places.items()}


def _visible(path: Path) -> list[os.DirEntry[str]]:
    with os.scandir(path) as listing:
        entries = sorted((entry for entry in listing if not entry.name.startswith(".")), key=lambda entry: entry.name)
    for entry in entries:
        if surrogate_at(entry.name) is not None:
            raise DataError(f"{path}: file names must be UTF-8, got {entry.name!a}; rename it")
    return entries


def _text_files(path: Path, suffix: str = ".txt") -> _Files:
    """Return the text files of a folder, sorted by name, and the number of other files, pipes and devices included."""
    files = [entry for entry in _visible(path) if not entry.is_dir()]
    texts = [entry.path for entry in files if entry.is_file() and _suffix(entry.name) == suffix]
    return _Files(texts, len(files) - len(texts))


def _suffix(name: str) -> str:
    """Return the suffix of a name in lower case; a number after a dot, as in `comp.1234`, is not a suffix."""
    suffix = Path(name).suffix.lower()
    return "" if suffix[1:].isdecimal() else suffix
