"""Folders of text files, with one folder per class or without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from malmoi import _core
from malmoi.data.readers.base import Batch, Source
from malmoi.data.readers.lines import read_file
from malmoi.errors import DataError
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import surrogate_at

__all__ = ["FolderReader"]

READ_TOGETHER, UNLABELLED_FOLDER = 1000, "unsup"
LAYOUT = "a folder must hold one folder per class, two or more, each with .txt files (such as neg/ and pos/)"


@dataclass(frozen=True)
class FolderReader:
    """Reads folders of `.txt` files; of the class folders, where there are two or more."""

    suffixes: tuple[str, ...] = ()
    is_packable: bool = False
    labels_are_text: bool = False

    def batches(self, source: Source) -> Iterator[Batch]:
        """Yield the texts of a folder: classes and files sorted by name."""
        path, columns = source.path, source.columns
        folders = _class_folders(path)
        if columns.labelled:
            _check_classes(path, folders)
        has_classes = sum(bool(files) for files in folders.values()) > 1
        labelled = {name: members for name, members in folders.items() if has_classes} or {"": _text_files(path)}
        files = [(file, name) for name, members in labelled.items() for file in members]
        if not files:
            raise DataError(f"{path}: a folder must hold .txt files, got none")
        for start in range(0, len(files), READ_TOGETHER):
            batch = files[start : start + READ_TOGETHER]
            paths = [file for file, _ in batch]
            if source.encoding == "utf-8":
                texts = _core.read_text_files(paths, thread_count())
            else:
                texts = [read_file(Path(file), source.encoding) for file in paths]
            labels: list[object] = [name for _, name in batch] if columns.labelled else []
            numbers = list(range(start, start + len(batch)))
            yield Batch(lambda number: files[number][0], texts, labels, [], numbers)
            source.progress("reading", min(start + READ_TOGETHER, len(files)), len(files))


def _check_classes(path: Path, folders: dict[str, list[str]]) -> None:
    filled = [name for name, files in folders.items() if files]
    if len(filled) < 2 or len(filled) < len(folders):
        found = [f"{name}/ with {len(files)} .txt files" for name, files in folders.items()]
        got = ", ".join(found[:4] + ["..."] * (len(found) > 4)) or "no folders"
        raise DataError(f"{path}: {LAYOUT}, got {got}; move elsewhere what is no class")


def _class_folders(path: Path) -> dict[str, list[str]]:
    folders = {entry.name: _text_files(Path(entry)) for entry in _visible(path) if entry.is_dir()}
    folders.pop(UNLABELLED_FOLDER, None)
    return folders


def _visible(path: Path) -> list[os.DirEntry[str]]:
    with os.scandir(path) as listing:
        entries = sorted((entry for entry in listing if not entry.name.startswith(".")), key=lambda entry: entry.name)
    for entry in entries:
        if surrogate_at(entry.name) is not None:
            raise DataError(f"{path}: file names must be UTF-8, got {entry.name!a}; rename it")
    return entries


def _text_files(path: Path) -> list[str]:
    entries = _visible(path)
    return [entry.path for entry in entries if entry.name.lower().endswith(".txt") and entry.is_file()]
