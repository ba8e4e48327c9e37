"""Series that a model file keeps with their predictions, so that loading can check that it predicts the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten
from malmoi.models.examples import is_close
from malmoi.models.state import Arrays, State

__all__ = ["EXAMPLE", "changed_series", "feature_names_from", "series_examples", "series_from"]

EXAMPLE = "example/"
Predictions = Callable[[Sequence[npt.NDArray[np.float32]]], npt.NDArray[np.float32]]


def series_examples(series: Sequence[npt.NDArray[np.float32]], predictions: Predictions) -> State:
    """Return what a file holds of series float32 (time, features) and their predictions."""
    saved = predictions(series).tolist() if len(series) else []
    arrays: Arrays = {f"{EXAMPLE}{place}": one for place, one in enumerate(series)}
    return State({"examples": saved}, arrays)


def series_from(state: State, features: int, width: int | None) -> tuple[npt.NDArray[np.float32], ...]:
    """Return the series that a file keeps.

    Args:
        state: of a file whose rules were checked.
        features: of a step.
        width: numbers of a prediction; `None`: it is a number.

    Raises:
        ValueError: one is no series of so many features, or there is no prediction of this width for each.
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
        raise ValueError(f"examples must be as many as the {len(found)} series that are kept, found {len(saved)}")
    for place, one in enumerate(saved):
        if (len(one) if isinstance(one, list) else None) != width:
            rule = "a number" if width is None else f"a list of {width}"
            raise ValueError(f"examples[{place}] must be {rule}, found {shorten(one)}")
    return tuple(found)


def changed_series(series: Sequence[npt.NDArray[np.float32]], predictions: Predictions, state: State) -> str | None:
    """Predict the kept series once more; return what differs from what was saved, if anything."""
    saved = state.get("examples", list)
    if not series and not saved:
        return None
    predicted = predictions(series)
    if is_close(predicted, saved):
        return None
    return f"predicts {shorten(predicted.tolist())} for its examples, it was {shorten(saved)}"


def feature_names_from(state: State, features: int) -> npt.NDArray[np.object_] | None:
    """Return the names of the features, object (features,); `None` where the training series had none.

    Raises:
        ValueError: they are no texts, or not as many as features.
    """
    names = state.get("feature_names", list) if state.header.get("feature_names") else []  # older files have none
    if names and len(names) != features:
        raise ValueError(f"feature_names must be {features}, found {len(names)}")
    return np.asarray(names, dtype=object) if names else None
