"""Example texts that a model file keeps with their predictions, to verify predictions after loading."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import Json
from malmoi.foundation.validation import shorten
from malmoi.models.state import State

__all__ = ["EXAMPLE_CHARACTERS", "changed_example", "example_texts", "examples_of", "is_close"]

EXAMPLE_CHARACTERS = 200
Outputs = Callable[[Sequence[str]], npt.NDArray[np.float32]]
LARGEST_DIFFERENCE = 1e-4


def examples_of(texts: Sequence[str], outputs: Outputs) -> list[Json]:
    """Return texts, truncated to 200 characters, with their outputs as JSON."""
    cut = [text[:EXAMPLE_CHARACTERS] for text in texts]
    return [{"text": text, "outputs": row} for text, row in zip(cut, outputs(cut).tolist(), strict=True)]


def example_texts(state: State, width: int, predictions: str = "outputs") -> tuple[str, ...]:
    """Return the example texts of a file.

    Args:
        state: content of a file that matches its schema.
        width: number of values per prediction.
        predictions: key of the predictions.

    Raises:
        ValueError: an example has another number of values.
    """
    kept = state.get("examples", list)
    for place, one in enumerate(kept):
        if len(one[predictions]) != width:
            raise ValueError(f"examples[{place}].{predictions} must have {width} values, found {len(one[predictions])}")
    return tuple(one["text"] for one in kept)


def changed_example(state: State, outputs: Outputs) -> str | None:
    """Predict the saved examples again; return the first whose prediction has changed, if any."""
    for example in state.get("examples", list):
        row = outputs([state.get("text", str, example)])[0]
        saved = state.get("outputs", list, example)
        if not is_close(row, saved):
            return f"predicts {row.tolist()} for {shorten(example['text'])}, but {saved} when it was saved"
    return None


def is_close(predicted: npt.NDArray[np.floating], saved: npt.ArrayLike) -> bool:
    """Return whether predictions equal the saved ones up to rounding errors."""
    if np.shape(predicted) != np.shape(saved):
        return False
    return bool(np.allclose(predicted, saved, rtol=LARGEST_DIFFERENCE, atol=LARGEST_DIFFERENCE))
