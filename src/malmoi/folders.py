"""Folders of text files, with a folder for every class or without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from malmoi import _core
from malmoi.arrays import Labels, thread_count
from malmoi.errors import DataError
from malmoi.labels import surrogate_at
from malmoi.progress import Progress
from malmoi.tables import read_file

__all__ = ["folder_texts", "read_folder"]

READ_TOGETHER, UNLABELLED_FOLDER = 1000, "unsup"
LAYOUT = "a folder must hold one folder per class, two or more, each with .txt files (such as neg/ and pos/)"


def read_folder(path: Path, labelled: bool, encoding: str, progress: Progress) -> tuple[list[str], Labels | None]:
    """Read a folder that holds a folder of `.txt` files for every class.

    Raises:
        DataError: it holds no files, or with labels fewer than two classes.
    """
    folders = _class_folders(path)
    filled = [name for name, files in folders.items() if files]
    if labelled and (len(filled) < 2 or len(filled) < len(folders)):
        found = [f"{name}/ with {len(files)} .txt files" for name, files in folders.items()]
        got = ", ".join(found[:4] + ["..."] * (len(found) > 4)) or "no folders"
        raise DataError(f"{path}: {LAYOUT}, got {got}; move elsewhere what is no class")
    texts = [text for batch in folder_texts(path, encoding, progress) for text in batch]
    counts = [len(members) for members in folders.values()]
    return texts, np.repeat(np.array(list(folders), dtype=np.str_), counts) if labelled else None


def folder_texts(path: Path, encoding: str, progress: Progress) -> Iterator[list[str]]:
    """Yield the texts of a folder's `.txt` files, some at a time; of its class folders, where there are two or more."""
    folders = _class_folders(path)
    has_classes = sum(bool(files) for files in folders.values()) > 1
    files = [file for members in folders.values() for file in members] if has_classes else _text_files(path)
    if not files:
        raise DataError(f"{path}: a folder must hold .txt files, got none")
    for start in range(0, len(files), READ_TOGETHER):
        batch = files[start : start + READ_TOGETHER]
        if encoding == "utf-8":
            yield _core.read_text_files(batch, thread_count())
        else:
            yield [read_file(Path(file), encoding) for file in batch]
        progress("reading", min(start + READ_TOGETHER, len(files)), len(files))


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
