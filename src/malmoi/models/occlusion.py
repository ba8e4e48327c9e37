"""Explanation of any text model by occlusion: the change of the score when a word is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten
from malmoi.models.explanation import Explanation, TokenWeight
from malmoi.models.state import plain
from malmoi.models.task import Classification, Task
from malmoi.tokenizers import Words
from malmoi.tokenizers.base import Span, one_text

__all__ = ["explain_by_occlusion", "occluded_spans", "without"]

MOST_OCCLUSIONS = 500
"""Maximum number of variants of a text."""
MOST_CHARACTERS, LEAST_OCCLUSIONS = 20_000_000, 20
"""Maximum number of characters of all variants together, if there are more than 20 variants."""
CHARACTERS_TOGETHER = 4_000_000
"""Approximate maximum number of characters of variants that are predicted together."""
SMALLEST = 1e-7
"""Minimum probability: smaller ones, and their complements in float32, are clipped to it."""

Outputs = Callable[[list[str]], npt.NDArray[np.float32]]
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Explained:
    """The explained output: one class, or one regression target.

    Args:
        task: the task of the model.
        column: index of the class, or of the target.
    """

    task: Task
    column: int

    def scores(self, outputs: npt.NDArray[np.float32]) -> Scores:
        """Return log-odds of the class, or predicted values, float64 (samples,), from outputs (samples, units)."""
        if not isinstance(self.task, Classification):
            numbers: Scores = np.asarray(self.task.decode(outputs), np.float64).reshape(len(outputs), -1)
            return numbers[:, self.column]
        shares = self.task.probabilities(outputs)[:, self.column].astype(np.float64).clip(SMALLEST, 1 - SMALLEST)
        log_odds: Scores = np.log(shares) - np.log1p(-shares)
        return log_odds

    @property
    def label(self) -> object:
        """The class; for regression the index of the target if there are several, else `None`."""
        if isinstance(self.task, Classification):
            return plain(self.task.classes[self.column])
        return self.column if self.task.units > 1 else None

    def probability(self, outputs: npt.NDArray[np.float32]) -> float | None:
        """Return the probability of the class, from outputs (1, units); `None` for regression."""
        if not isinstance(self.task, Classification):
            return None
        return float(self.task.probabilities(outputs)[0, self.column])


def explain_by_occlusion(task: Task, outputs: Outputs, text: str, label: object = None) -> Explanation:
    """Explain a prediction by the change of the score when each word is left out.

    Words are those of `Words(keep_punctuation=True)`; in a very long text, windows of several consecutive words are
    left out, and the explanation has a note.

    Args:
        task: the task of the model.
        outputs: maps texts to outputs float32 (samples, units), which the task decodes.
        text: the text.
        label: the class; the most probable one by default. For regression with several targets: the index of the
            target.

    Raises:
        TypeError: the text is not a str.
        ValueError: the label is unknown, the text has a lone surrogate, or there are several targets and no label.

    Source:
        Li, Monroe and Jurafsky 2016, "Understanding neural networks through representation erasure".
    """
    one_text(text)
    place = None if label is None else _place_of(task, label)
    spans, together = occluded_spans(text)
    predicted = _predicted(outputs, [text, "", *(without(text, span) for span in spans)])
    explained = Explained(task, _default_place(task, predicted[:1]) if place is None else place)
    score, bias, *occluded = explained.scores(predicted).tolist()
    pairs = zip(spans, occluded, strict=True)
    tokens = tuple(
        TokenWeight(text[start:end], start, end, score - without_token) for (start, end), without_token in pairs
    )
    probability = explained.probability(predicted[:1])
    note = f"windows of {together} words are left out, because the text is long" if together > 1 else ""
    return Explanation(text, explained.label, probability, tokens, (), bias, "occlusion", score, note)


def _place_of(task: Task, label: object) -> int:
    """Return the index of a label, or of a target."""
    if isinstance(task, Classification):
        return task.place_of(label)
    if isinstance(label, bool) or not isinstance(label, int) or not 0 <= label < task.units:
        raise ValueError(f"label must be the index of a target, 0 to {task.units - 1}, got {shorten(label)}")
    return label


def _default_place(task: Task, outputs: npt.NDArray[np.float32]) -> int:
    if isinstance(task, Classification):
        return int(task.probabilities(outputs)[0].argmax())
    if task.units > 1:
        raise ValueError(f"label must be the index of a target, 0 to {task.units - 1}, got None; choose one")
    return 0


def occluded_spans(text: str) -> tuple[list[Span], int]:
    """Return the spans to leave out, in the order of the text, and the maximum number of words per span.

    Example:
        >>> occluded_spans("Not bad!")
        ([(0, 3), (4, 7), (7, 8)], 1)
    """
    spans = Words(keep_punctuation=True).spans(text)
    most = min(MOST_OCCLUSIONS, max(LEAST_OCCLUSIONS, MOST_CHARACTERS // max(len(text), 1)))
    together = max(1, -(-len(spans) // most))
    windows = [spans[start : start + together] for start in range(0, len(spans), together)]
    return [(window[0][0], window[-1][1]) for window in windows], together


def without(text: str, span: Span) -> str:
    """Return a text without a span, and without white space that would be doubled or at an end.

    Example:
        >>> without("so very good", (3, 7)), without("so good", (3, 7))
        ('so good', 'so')
    """
    before, after = text[: span[0]], text[span[1] :]
    if after[:1].isspace() and (not before or before[-1].isspace()):
        after = after[1:]
    elif not after and before[-1:].isspace():
        before = before[:-1]
    return before + after


def _predicted(outputs: Outputs, texts: list[str]) -> npt.NDArray[np.float32]:
    """Return outputs (samples, units) of all texts, in batches of a limited number of characters."""
    together = max(1, CHARACTERS_TOGETHER // max(len(texts[0]), 1))
    return np.concatenate([outputs(texts[start : start + together]) for start in range(0, len(texts), together)])
