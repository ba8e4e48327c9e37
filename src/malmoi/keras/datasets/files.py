"""Files of Keras' data sets: the originals, downloaded with checksums, and texts from which they can be built."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi._core import read_text_files
from malmoi.errors import DataError
from malmoi.foundation.download import fetch_file
from malmoi.foundation.json_values import parsed_json
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten

__all__ = ["read_arrays", "read_folders", "read_table", "read_word_index"]

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def _fetch(path: Path, name: str, checksum: str) -> Path:
    ending = Path(name).suffix
    if path.suffix != ending:
        raise DataError(f"path must be a folder, or a name that ends in {ending}, got {shorten(str(path))}")
    cache = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets"
    return fetch_file(ORIGIN + name, cache / path, checksum)


def read_arrays(path: Path, name: str, sha256: str) -> Mapping[str, npt.NDArray[Any]]:
    """Read Keras' file; it holds pickles, which can run any code, so it is only opened if its checksum matches.

    Args:
        path: the file; another name is looked up in Keras' folder, and downloaded if it is missing.
        name: name of the file at its origin.
        sha256: checksum that Keras publishes.

    Returns:
        The arrays by name.

    Raises:
        DataError: the checksum differs, or the download failed.
    """
    path = path if path.is_file() else _fetch(path, name, sha256)
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        cure = "remove it, so that it is downloaded again"
        raise DataError(f"{path} must be Keras' file with the SHA-256 {sha256}, got {found}; {cure}")
    with np.load(io.BytesIO(content), allow_pickle=True) as arrays:
        return dict(arrays)


def read_word_index(path: Path, name: str, md5: str) -> dict[str, int]:
    """Read the frequency rank of each word from Keras' JSON file.

    Args:
        path: the file; another name is looked up in Keras' folder, and downloaded if it is missing.
        name: name of the file at its origin.
        md5: checksum; Keras publishes no SHA-256 of these files.

    Raises:
        DataError: the file is invalid, or the download failed.
    """
    path = path if path.is_file() else _fetch(path, name, md5)
    try:
        ranks = parsed_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} must be valid JSON: {error}") from error
    if not isinstance(ranks, dict) or not all(type(rank) is int for rank in ranks.values()):
        raise DataError(f"{path} must contain words and their ranks, got {shorten(ranks)}")
    return ranks


def read_folders(folders: Sequence[Path]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Read the `.txt` files of each folder, sorted by name, with the index of their folder as the label.

    Returns:
        Texts, and labels int64 (samples,).
    """
    paths = [sorted(folder.glob("*.txt")) for folder in folders]
    texts = read_text_files([str(path) for path in chain(*paths)], thread_count())
    return texts, np.repeat(np.arange(len(folders)), [len(found) for found in paths])


def read_table(table: Path, classes: Sequence[str]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Read a Parquet file with the columns text and label.

    Args:
        table: the file.
        classes: the labels; their indices are returned.

    Returns:
        Texts, and labels int64 (samples,).

    Raises:
        DataError: it is no such table, a text is missing, or a label is unknown.
    """
    import polars

    try:
        frame = polars.read_parquet(table, columns=["text", "label"], glob=False)
    except polars.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{table} must be Parquet with the columns text and label: {reason}") from error
    texts, labels = frame["text"].to_list(), frame["label"].to_list()
    indices = {name: index for index, name in enumerate(classes)}
    for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
        if not isinstance(text, str) or label not in indices:
            allowed = " or ".join(classes) if len(classes) <= 3 else f"one of {len(classes)} names"
            shown = shorten((label, text))
            raise DataError(f"{table}: row {row} must contain a text, and the label {allowed}, got {shown}")
    return texts, np.array([indices[label] for label in labels], dtype=np.int64)
