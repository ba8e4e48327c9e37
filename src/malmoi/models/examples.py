"""Texts that a model file keeps with their predictions, so that loading can check that it predicts the same."""

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
    """Return the first 200 characters of texts with their outputs, as JSON holds them."""
    cut = [text[:EXAMPLE_CHARACTERS] for text in texts]
    return [{"text": text, "outputs": row} for text, row in zip(cut, outputs(cut).tolist(), strict=True)]


def example_texts(state: State, width: int, predictions: str = "outputs") -> tuple[str, ...]:
    """Return the texts that a file keeps.

    Args:
        state: of a file whose rules were checked.
        width: numbers of a prediction.
        predictions: their name.

    Raises:
        ValueError: an example has another number of them.
    """
    kept = state.get("examples", list)
    for place, one in enumerate(kept):
        if len(one[predictions]) != width:
            raise ValueError(f"examples[{place}].{predictions} must be {width}, found {len(one[predictions])}")
    return tuple(one["text"] for one in kept)


def changed_example(state: State, outputs: Outputs) -> str | None:
    """Predict the kept texts once more; return the first that differs from what was saved, if any."""
    for example in state.get("examples", list):
        row = outputs([state.get("text", str, example)])[0]
        saved = state.get("outputs", list, example)
        if not is_close(row, saved):
            return f"predicts {row.tolist()} for {shorten(example['text'])}, it was {saved}"
    return None


def is_close(predicted: npt.NDArray[np.floating], saved: npt.ArrayLike) -> bool:
    """Whether predictions are the saved ones but for the last digits."""
    if np.shape(predicted) != np.shape(saved):
        return False
    return bool(np.allclose(predicted, saved, rtol=LARGEST_DIFFERENCE, atol=LARGEST_DIFFERENCE))
