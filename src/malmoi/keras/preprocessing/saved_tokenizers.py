"""Tokenizers from JSON, and from pickles of old Keras releases, which are read without running code from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from malmoi.errors import DataError
from malmoi.foundation.json_values import parsed_json
from malmoi.foundation.validation import shorten
from malmoi.keras.preprocessing.old_pickles import tokenizer_state
from malmoi.keras.preprocessing.tokenizer import COUNTS, Tokenizer

__all__ = ["load_tokenizer", "tokenizer_from_json"]

_NUMBERS: frozenset[type] = frozenset({int})
_WORDS: frozenset[type] = frozenset({str, int, type(None)})
_SETTING_TYPES: Mapping[str, frozenset[type]] = {
    "num_words": frozenset({int, type(None)}),
    "filters": frozenset({str, list, type(None)}),
    "lower": frozenset({bool, int}),
    "split": frozenset({str, type(None)}),
    "char_level": frozenset({bool, int}),
    "oov_token": _WORDS,
    "document_count": _NUMBERS,
    "analyzer": frozenset({type(None)}),
}


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """Return a tokenizer from the output of `Tokenizer.to_json`, also of Keras.

    Args:
        json_string: the JSON.

    Raises:
        ValueError: the text is not JSON, or a part of the tokenizer is missing.

    Example:
        >>> tokenizer = Tokenizer()
        >>> tokenizer.fit_on_texts(["so good"])
        >>> tokenizer_from_json(tokenizer.to_json()).texts_to_sequences(["good"])
        [[2]]
    """
    try:
        config = dict(parsed_json(json_string)["config"])
        parts = {name: dict(parsed_json(config.pop(name))) for name in COUNTS}
        for name in ("index_docs", "index_word"):  # JSON has no int keys
            parts[name] = {int(number): value for number, value in parts[name].items()}
        tokenizer = Tokenizer(**config)
    except (KeyError, TypeError, ValueError) as error:
        cure = "pass the output of Tokenizer.to_json"
        raise ValueError(f"json_string must contain a tokenizer, got {shorten(json_string)}; {cure}") from error
    tokenizer.word_index, tokenizer.index_word = parts["word_index"], parts["index_word"]
    tokenizer.word_counts.update(parts["word_counts"])
    tokenizer.word_docs.update(parts["word_docs"])
    tokenizer.index_docs.update(parts["index_docs"])
    return tokenizer


def load_tokenizer(path: str | os.PathLike[str]) -> Tokenizer:
    """Open a tokenizer that was saved by malmoi or by any Keras release: a pickle, or the JSON of `Tokenizer.to_json`.

    `pickle.load` runs code that a file names. This function allows a closed list only: `Tokenizer` under its old module
    names, `collections.OrderedDict`, `collections.defaultdict` and `int`.

    Args:
        path: the file.

    Returns:
        The tokenizer.

    Raises:
        DataError: the file is damaged, needs a class that is not in the list, or contains something else.

    Example:
        >>> import pickle
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> tokenizer = Tokenizer()
        >>> tokenizer.fit_on_texts(["so good"])
        >>> with TemporaryDirectory() as folder:
        ...     _ = Path(folder, "tokenizer.pickle").write_bytes(pickle.dumps(tokenizer))
        ...     load_tokenizer(Path(folder, "tokenizer.pickle")).texts_to_sequences(["good"])
        [[2]]
    """
    content = Path(path).read_bytes()
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b'"'}:
        return _from_json_file(content, path)
    state = _checked_state(tokenizer_state(content, path), path)
    tokenizer = Tokenizer()
    tokenizer.__setstate__(state)
    return tokenizer


def _from_json_file(content: bytes, path: str | os.PathLike[str]) -> Tokenizer:
    try:
        text = content.decode("utf-8-sig")
        if text.lstrip().startswith('"'):  # json.dump(tokenizer.to_json(), file) writes JSON inside a JSON string
            text = parsed_json(text)
        tokenizer = tokenizer_from_json(text)
    except ValueError as error:
        raise DataError(f"{path} must contain a tokenizer: {error}") from error
    _checked_state(vars(tokenizer), path)
    return tokenizer


def _shown(value: object) -> str:
    """Return a short form of a value; only the type of a container, whose items may contain each other."""
    return shorten(value) if isinstance(value, str | int | float | None) else f"a {type(value).__name__}"


def _checked_state(state: Mapping[str, Any], path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the state with plain dictionaries of the right types.

    Raises:
        DataError: a part is missing or has another type.
    """
    checked = dict(state)
    for name in COUNTS:
        if name not in checked and name in {"word_index", "word_counts"}:
            raise DataError(f"{path} must contain a fitted tokenizer, but {name} is missing")
        found = checked.get(name, {})
        keys, values = (_NUMBERS, _WORDS) if name == "index_word" else (_WORDS | _NUMBERS, _NUMBERS)
        if not isinstance(found, dict) or not {*map(type, found)} <= keys or not {*map(type, found.values())} <= values:
            raise DataError(f"{path} must contain words and numbers in {name}, got {_shown(found)}")
    allowed = {"nb_words": _NUMBERS | {type(None)}, **_SETTING_TYPES}
    for name in checked.keys() - set(COUNTS):
        if name not in allowed and hasattr(Tokenizer, name):
            raise DataError(f"{path} must contain the state of a tokenizer, but it replaces the method {shorten(name)}")
        if name in allowed and type(checked[name]) not in allowed[name]:
            raise DataError(f"{path} contains an invalid {name}, {_shown(checked[name])}")
    return checked
