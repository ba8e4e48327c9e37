"""Files of a vectorizer: one JSON file with everything, or Keras' `vocabulary.txt`."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from malmoi.errors import DataError
from malmoi.foundation.files import open_regular, whole_file
from malmoi.foundation.json_values import JsonObject, parsed_json
from malmoi.foundation.validation import shorten
from malmoi.keras.layers.word_table import MASK, UNKNOWN, WordTable

__all__ = ["VOCABULARY_FILE", "StoredVectorizer", "read_vectorizer", "write_vectorizer", "write_words"]

VOCABULARY_FILE = "vocabulary.txt"
FORMAT, VERSION = "malmoi TextVectorization", 1
_FIELDS = {"format", "version", "config", "vocabulary", "idf_weights"}


@dataclass(frozen=True)
class StoredVectorizer:
    """Content of a file: settings by name, and the vocabulary if there is one."""

    config: JsonObject
    table: WordTable | None


def write_vectorizer(path: str | os.PathLike[str], stored: StoredVectorizer, *, overwrite: bool) -> None:
    """Write settings and vocabulary as JSON; the file appears complete or not at all.

    Raises:
        ValueError: a setting is a function.
        FileExistsError: the file exists and `overwrite` is `False`.
        OSError: it cannot be written.
    """
    for name, value in stored.config.items():
        if callable(value):
            cure = "save get_vocabulary(), and pass it to a new TextVectorization with the same function"
            raise ValueError(f"{name} is a function, which a file cannot hold, got {shorten(value)}; {cure}")
    table = stored.table
    content = {
        "format": FORMAT,
        "version": VERSION,
        "config": stored.config,
        "vocabulary": None if table is None else table.words,
        "idf_weights": None if table is None or table.weights is None else table.weights.tolist(),
    }
    with whole_file(path, overwrite=overwrite) as file:
        file.write(json.dumps(content, ensure_ascii=False, allow_nan=False).encode())


def read_vectorizer(path: str | os.PathLike[str], specials_of: dict[str, int]) -> StoredVectorizer:
    """Read settings and vocabulary.

    Args:
        path: a file of `write_vectorizer`.
        specials_of: number of special tokens by output mode.

    Raises:
        DataError: the file is damaged, or is another file.
        OSError: it cannot be read.
    """
    with open_regular(path) as file:
        content = file.read()
    try:
        found = parsed_json(content)
    except ValueError as error:
        raise DataError(f"{path} is damaged, or is no file of TextVectorization.save: {error}") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise DataError(f"{path} is no file of TextVectorization.save; pass a file that it has written")
    if found.get("version") != VERSION:
        raise DataError(f"{path} has format {shorten(found.get('version'))}, this version reads 1; upgrade malmoi")
    config, words, weights = found.get("config"), found.get("vocabulary"), found.get("idf_weights")
    if set(found) != _FIELDS or not isinstance(config, dict) or config.get("output_mode") not in specials_of:
        raise DataError(f"{path} is damaged: a setting is missing")
    if (weights is not None) != (config["output_mode"] == "tf_idf" and words is not None):
        raise DataError(f"{path} is damaged: idf_weights must belong to a vocabulary and the output mode tf_idf")
    table = None if words is None else _table(Path(path), words, weights, specials_of[config["output_mode"]])
    most = config.get("max_tokens")
    if table is not None and isinstance(most, int) and table.specials + len(table.words) > most:
        raise DataError(f"{path} is damaged: vocabulary must have max_tokens ({most}) words at most")
    return StoredVectorizer(config, table)


def _table(path: Path, words: Any, weights: Any, specials: int) -> WordTable:
    if not isinstance(words, list) or not all(isinstance(word, str) and word != MASK for word in words):
        raise DataError(f"{path} is damaged: vocabulary must be a list of words")
    if not words or len(set(words)) < len(words):
        raise DataError(f"{path} is damaged: vocabulary must have distinct words, one or more")
    try:
        "".join(words).encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{path} is damaged: vocabulary has a lone surrogate") from error
    if weights is None:
        return WordTable(words, specials)
    are_numbers = isinstance(weights, list) and all(type(weight) in (int, float) for weight in weights)
    if not are_numbers or len(weights) != specials + len(words) or not np.isfinite(np.array(weights, float)).all():
        raise DataError(f"{path} is damaged: idf_weights must have one number per word, and one for unknown tokens")
    return WordTable(words, specials, np.array(weights, dtype=np.float32))


def write_words(folder: str | os.PathLike[str], table: WordTable | None, specials: int) -> None:
    """Write `vocabulary.txt` as Keras does: special tokens first, one per line.

    Raises:
        ValueError: a word has a line separator; Keras would read it as two words.
        OSError: the file cannot be written.
    """
    words = [MASK, UNKNOWN][-specials:] + ([] if table is None else table.words)
    for word in words:
        if word and word.splitlines() != [word]:
            rule = f"{VOCABULARY_FILE} cannot hold a word with a line separator"
            raise ValueError(f"{rule}, got {shorten(word)}; use save()")
    with whole_file(Path(folder) / VOCABULARY_FILE, overwrite=True) as file:
        file.write("\n".join(words).encode())
