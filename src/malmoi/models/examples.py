"""Texts that a model file keeps with their predictions, so that loading can check that it predicts the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten
from malmoi.models.state import State

__all__ = ["EXAMPLE_CHARACTERS", "changed_example", "example_texts", "examples_of", "is_close"]

EXAMPLE_CHARACTERS = 200
Outputs = Callable[[Sequence[str]], npt.NDArray[np.float32]]
LARGEST_DIFFERENCE = 1e-4


def examples_of(texts: Sequence[str], outputs: Outputs) -> list[dict[str, Any]]:
    """Return the first 200 characters of texts with their outputs, as JSON holds them."""
    cut = [text[:EXAMPLE_CHARACTERS] for text in texts]
    return [{"text": text, "outputs": row} for text, row in zip(cut, outputs(cut).tolist(), strict=True)]


def example_texts(state: State) -> tuple[str, ...]:
    """Return the texts that a file keeps.

    Raises:
        ValueError: an example is no text with its outputs.
    """
    return tuple(state.get("text", str, _checked(one)) for one in state.get("examples", list))


def changed_example(state: State, outputs: Outputs) -> str | None:
    """Predict the kept texts once more; return the first that differs from what was saved, if any."""
    for example in state.get("examples", list):
        row = outputs([state.get("text", str, example)])[0]
        saved = state.get("outputs", list, example)
        if not is_close(row, saved):
            return f"predicts {row.tolist()} for {shorten(example['text'])}, it was {saved}"
    return None


def is_close(predicted: npt.NDArray[Any], saved: Sequence[Any]) -> bool:
    """Whether predictions are the saved ones but for the last digits."""
    if np.shape(predicted) != np.shape(saved):
        return False
    return bool(np.allclose(predicted, saved, rtol=LARGEST_DIFFERENCE, atol=LARGEST_DIFFERENCE))


def _checked(example: object) -> dict[str, Any]:
    if not isinstance(example, dict) or not isinstance(example.get("outputs"), list):
        raise ValueError(f"examples must hold texts with their outputs, found {shorten(example)}")
    if not all(isinstance(value, float) for value in example["outputs"]):
        raise ValueError(f"outputs must be numbers, found {shorten(example['outputs'])}")
    return example
