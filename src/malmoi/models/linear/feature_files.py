"""Features, columns and arrays of numbers in model files."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten
from malmoi.models.linear.features import BagFeatures
from malmoi.models.state import State, value_to_json
from malmoi.tokenizers import TOKENIZERS
from malmoi.tokenizers.ngrams import check_ngrams

__all__ = ["columns_from", "features_from", "features_to_json", "floats_from"]


def features_to_json(features: BagFeatures) -> JsonObject:
    """Return tokenizers and n-gram ranges as JSON."""
    return {
        "tokens": [value_to_json(one.recorded()) for one in features.tokens],
        "ngrams": [list(pair) for pair in features.ngrams],
        "choice": features.choice,
    }


def features_from(state: State, within: Mapping[str, object]) -> BagFeatures:
    """Read the features under "features" in a part of a header.

    Raises:
        ValueError: they are missing or malformed.
    """
    saved = state.get("features", dict, within)
    kinds, pairs = state.get("tokens", list, saved), state.get("ngrams", list, saved)
    if not kinds or len(kinds) != len(pairs):
        raise ValueError(f"features must have one n-gram range per tokenizer, found {shorten(saved)}")
    tokens = tuple(State({"tokens": one}, {}).value("tokens", TOKENIZERS) for one in kinds)
    return BagFeatures(tokens, tuple(check_ngrams(one) for one in pairs), state.get("choice", str, saved))


def columns_from(state: State, name: str) -> _core.BagColumns:
    """Read the columns from an array of their hashes.

    Raises:
        ValueError: the array has the wrong type, or a duplicate hash.
    """
    hashes = state.arrays.get(name, np.zeros(0))
    if hashes.dtype != np.uint64 or hashes.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional uint64, found {hashes.dtype} {hashes.shape}")
    return _core.BagColumns.learned(np.ascontiguousarray(hashes, np.uint64))


def floats_from(
    state: State, name: str, shape: tuple[int, ...], least: float = -np.inf, dtype: npt.DTypeLike = np.float32
) -> npt.NDArray[np.float32]:
    """Read an array of finite numbers, as float32.

    Args:
        state: content of a file.
        name: name of the array.
        shape: required shape.
        least: minimum value.
        dtype: required type in the file.

    Raises:
        ValueError: it is missing, or has another type, shape or range.
    """
    found = state.arrays.get(name, np.zeros(0))
    if found.dtype != dtype or found.shape != shape or not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite {np.dtype(dtype)} {shape}, found {found.dtype} {found.shape}")
    if found.size and found.min() < least:
        raise ValueError(f"{name} must be {least:g} or more, found {found.min()}")
    return found.astype(np.float32, copy=False)
