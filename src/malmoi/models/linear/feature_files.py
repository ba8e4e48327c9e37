"""What files hold of features, columns and arrays of numbers."""

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
    """Return kinds of token and lengths of n-grams as JSON holds them."""
    return {
        "tokens": [value_to_json(one.recorded()) for one in features.tokens],
        "ngrams": [list(pair) for pair in features.ngrams],
        "choice": features.choice,
    }


def features_from(state: State, within: Mapping[str, object]) -> BagFeatures:
    """Return the features that a part of a header holds as "features".

    Raises:
        ValueError: it holds none.
    """
    saved = state.get("features", dict, within)
    kinds, pairs = state.get("tokens", list, saved), state.get("ngrams", list, saved)
    if not kinds or len(kinds) != len(pairs):
        raise ValueError(f"features must have an n-gram range for each kind of token, found {shorten(saved)}")
    tokens = tuple(State({"tokens": one}, {}).value("tokens", TOKENIZERS) for one in kinds)
    return BagFeatures(tokens, tuple(check_ngrams(one) for one in pairs), state.get("choice", str, saved))


def columns_from(state: State, name: str) -> _core.BagColumns:
    """Return the columns whose hashes an array holds.

    Raises:
        ValueError: the array holds no hashes, or one twice.
    """
    hashes = state.arrays.get(name, np.zeros(0))
    if hashes.dtype != np.uint64 or hashes.ndim != 1:
        raise ValueError(f"{name} must be uint64 of one axis, found {hashes.dtype} {hashes.shape}")
    return _core.BagColumns.learned(hashes.astype("<u8").tobytes())


def floats_from(
    state: State, name: str, shape: tuple[int, ...], least: float = -np.inf, dtype: npt.DTypeLike = np.float32
) -> npt.NDArray[np.float32]:
    """Return an array of finite numbers of a shape, as float32.

    Args:
        state: what a file holds.
        name: of the array.
        shape: that it must have.
        least: no number may be smaller.
        dtype: that it must have in the file.

    Raises:
        ValueError: it is missing, or of another kind.
    """
    found = state.arrays.get(name, np.zeros(0))
    if found.dtype != dtype or found.shape != shape or not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite {np.dtype(dtype)} {shape}, found {found.dtype} {found.shape}")
    if found.size and found.min() < least:
        raise ValueError(f"{name} must be {least:g} or more, found {found.min()}")
    return found.astype(np.float32, copy=False)
