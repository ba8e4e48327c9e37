"""Example series that a model file keeps with their predictions, to verify predictions after loading."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten
from malmoi.models.examples import is_close
from malmoi.models.state import Arrays, State

__all__ = ["EXAMPLE", "changed_series", "feature_names_from", "series_examples", "series_from"]

EXAMPLE = "example/"
Predictions = Callable[[Sequence[npt.NDArray[np.float32]]], npt.NDArray[np.floating]]


def series_examples(series: Sequence[npt.NDArray[np.float32]], predictions: Predictions) -> State:
    """Return example series float32 (time, features) with their predictions for a file."""
    saved = predictions(series).tolist() if len(series) else []
    arrays: Arrays = {f"{EXAMPLE}{place}": one for place, one in enumerate(series)}
    return State({"examples": saved}, arrays)


def series_from(state: State, features: int, width: int | None) -> tuple[npt.NDArray[np.float32], ...]:
    """Return the example series of a file.

    Args:
        state: content of a file that matches its schema.
        features: number of features.
        width: number of values per prediction; `None`: a scalar.

    Raises:
        ValueError: an array is not a series with these features, or its prediction is missing or has another width.
    """
    named = [name for name in state.arrays if name.startswith(EXAMPLE)]
    found = []
    for name in sorted(named, key=lambda name: (len(name), name)):
        array = state.arrays[name]
        if array.dtype != np.float32 or array.ndim != 2 or array.shape[1] != features or not len(array):
            raise ValueError(f"{name} must be float32 (time, {features}), found {array.dtype} {array.shape}")
        found.append(array.astype(np.float32, copy=False))
    saved = state.get("examples", list)
    if len(saved) != len(found):
        raise ValueError(f"examples must have one entry for each of the {len(found)} saved series, found {len(saved)}")
    for place, one in enumerate(saved):
        if (len(one) if isinstance(one, list) else None) != width:
            rule = "a number" if width is None else f"a list of {width}"
            raise ValueError(f"examples[{place}] must be {rule}, found {shorten(one)}")
    return tuple(found)


def changed_series(series: Sequence[npt.NDArray[np.float32]], predictions: Predictions, state: State) -> str | None:
    """Predict the example series again; return a description of the change, if any prediction has changed."""
    saved = state.get("examples", list)
    if not series and not saved:
        return None
    predicted = predictions(series)
    if is_close(predicted, saved):
        return None
    return f"predicts {shorten(predicted.tolist())} for its examples, but {shorten(saved)} when it was saved"


def feature_names_from(state: State, features: int) -> npt.NDArray[np.object_] | None:
    """Return the names of the features, object (features,); `None` if the training series had none.

    Raises:
        ValueError: the number of names differs from `features`.
    """
    names = state.get("feature_names", list) if state.header.get("feature_names") else []  # older files have none
    if names and len(names) != features:
        raise ValueError(f"feature_names must be {features}, found {len(names)}")
    return np.asarray(names, dtype=object) if names else None
