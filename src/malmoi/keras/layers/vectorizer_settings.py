"""Settings of a vectorizer, checked as Keras checks them."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from malmoi.data.texts import items_of
from malmoi.foundation.validation import check_choice, check_number, shorten
from malmoi.keras.layers.token_rules import SPLITS, STANDARDIZATIONS, TokenRules

__all__ = [
    "SPECIALS",
    "KerasArguments",
    "check_weights",
    "checked_settings",
    "listed_weights",
    "listed_words",
    "rules_of",
]

SPECIALS = {"int": 2, "one_hot": 1, "multi_hot": 1, "count": 1, "tf_idf": 1}
"""Number of special tokens by output mode: padding and unknown for ids, unknown otherwise."""
OLD_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}
LONGEST_NGRAM = 255
"""The largest size that the compiled core counts."""
_KERAS_ARGUMENTS = ("has_input_vocabulary", "vocabulary_size", "dtype", "trainable")


@dataclass(frozen=True)
class KerasArguments:
    """Arguments that only a saved configuration of Keras has.

    Args:
        has_input_vocabulary: whether the vocabulary is fixed; `None` if it was not given.
        vocabulary_size: size of the vocabulary with the special tokens; `None` if it was not given.
    """

    has_input_vocabulary: bool | None
    vocabulary_size: int | None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> KerasArguments:
        """Return the arguments, of which `dtype` and `trainable` have no effect.

        Raises:
            TypeError: an argument is unknown.
        """
        unknown = [name for name in given if name not in _KERAS_ARGUMENTS]
        if unknown:
            raise TypeError(f"TextVectorization got an unknown argument: {', '.join(unknown)}")
        size = given.get("vocabulary_size")
        if size is not None:
            check_number("vocabulary_size", size, 1)
        fixed = given.get("has_input_vocabulary")
        return cls(None if fixed is None else bool(fixed), size)


def checked_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by name, with whole numbers as int and old output modes renamed.

    Raises:
        TypeError: a number is not a whole number, or a function is one that Keras has saved.
        ValueError: a setting is unknown or out of range, or does not fit the output mode.
    """
    settings = {**given, "output_mode": OLD_MODES.get(given["output_mode"], given["output_mode"])}
    _check_rules(settings)
    mode, max_tokens, length = (settings[name] for name in ("output_mode", "max_tokens", "output_sequence_length"))
    check_choice("output_mode", mode, list(SPECIALS))
    if max_tokens is not None:
        check_number("max_tokens", max_tokens, 2)
    if settings["pad_to_max_tokens"] and max_tokens is None:
        raise ValueError("max_tokens must be set if pad_to_max_tokens is True, got None")
    if length is not None:
        check_number("output_sequence_length", length, 1)
    if length is not None and mode != "int":
        raise ValueError(f"output_sequence_length must be None unless output_mode is 'int', got {length} and {mode!r}")
    for name, is_of_mode in (("ragged", mode == "int"), ("sparse", mode != "int")):
        if settings[name] and not is_of_mode:
            raise ValueError(f"{name} must be False if output_mode is {mode!r}, got True")
    return {name: _plain(value) for name, value in settings.items()}


def _plain(value: Any) -> Any:
    """Return whole numbers of other libraries as int."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return int(value) if isinstance(value, Integral) and not isinstance(value, bool) else value


def _check_rules(settings: Mapping[str, Any]) -> None:
    for name, known in (("standardize", STANDARDIZATIONS), ("split", SPLITS)):
        value = settings[name]
        if isinstance(value, Mapping):
            cure = f"pass the function: from_config({{**config, {name!r}: function}})"
            raise TypeError(f"{name} is a function that Keras has saved, got {shorten(value)}; {cure}")
        if value is not None and not callable(value):
            check_choice(name, value, [*known, None])
    try:
        codecs.lookup(settings["encoding"])
    except (LookupError, TypeError):
        raise ValueError(f"encoding must be known to Python, got {shorten(settings['encoding'])}") from None
    ngrams = settings["ngrams"]
    sizes = ngrams if isinstance(ngrams, tuple) else (1 if ngrams is None else ngrams,)
    if not sizes:
        raise ValueError("ngrams must have one size or more, got ()")
    for size in sizes:
        check_number("ngrams", size, 1, LONGEST_NGRAM)


def rules_of(settings: Mapping[str, Any]) -> TokenRules:
    """Return how texts become tokens."""
    ngrams = settings["ngrams"]
    sizes = tuple(range(1, ngrams + 1)) if isinstance(ngrams, int) else ngrams
    return TokenRules(settings["standardize"], settings["split"], sizes)


def check_weights(mode: str, weights: Any, *, are_needed: bool) -> None:
    """Check that inverse document frequencies are given for "tf_idf", and only then.

    Raises:
        ValueError: they are not, or are for another mode.
    """
    if mode == "tf_idf" and weights is None and are_needed:
        raise ValueError("`idf_weights` must be set with the vocabulary if output_mode is 'tf_idf', got None")
    if mode != "tf_idf" and weights is not None:
        raise ValueError(f"`idf_weights` should only be set if output_mode is 'tf_idf', got {mode!r}")


def listed_words(vocabulary: Any) -> list[Any] | None:
    """Return a vocabulary as a list; `None` for none or for a path, which Keras leaves out of a configuration too."""
    return None if vocabulary is None or isinstance(vocabulary, str | Path) else items_of(vocabulary, "vocabulary")


def listed_weights(weights: Any) -> list[Any] | None:
    """Return weights as a list."""
    return None if weights is None else np.asarray(weights).tolist()
