"""Exact explanations of fastText classifiers: the score is the mean of the features' contributions."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from malmoi.models.explanation import Explanation, FeatureWeight, TokenWeight
from malmoi.models.fasttext.network import FastTextNetwork
from malmoi.models.state import plain
from malmoi.models.task import Classification, Multilabel
from malmoi.tokenizers.base import Span, one_text

__all__ = ["explained"]

Floats = npt.NDArray[np.float32]
NGRAM_OF_WORDS = 2
NO_SPAN = (0, 0)
WORD = re.compile(rb"[^ \t\n\v\f\r\0]+")
"""A word of fastText."""


@dataclass(frozen=True)
class TextWords:
    """The words of a text, separated by white space, and their positions in the original text.

    Args:
        text: the text that the core reads.
        starts: byte offset in it of each character, and of its end.
        spans: position in the original text of each character of it.
    """

    text: str
    starts: list[int]
    spans: list[Span]

    @classmethod
    def of(cls, network: FastTextNetwork, text: str) -> TextWords:
        """Return the words of a text."""
        tokens = network.tokens
        if tokens is None:
            read, spans = text, [(place, place + 1) for place in range(len(text))]
        else:
            read, spans = " ".join(tokens(text)), []
            for token, span in zip(tokens(text), tokens.spans(text), strict=True):
                # The characters of a token may be normalized, so each has the position of the whole token.
                spans += [NO_SPAN] * bool(spans) + [span] * len(token)
        return cls(read, [0, *accumulate(len(character.encode()) for character in read)], spans)

    def span(self, start: int, end: int) -> Span:
        """Return the position in the original text of some bytes of the text that the core reads."""
        first, last = (bisect_left(self.starts, place) for place in (start, end))
        found = [span for span in self.spans[first:last] if span != NO_SPAN]
        return (min(span[0] for span in found), max(span[1] for span in found)) if found else NO_SPAN

    def words(self, start: int, end: int) -> list[Span]:
        """Return the positions in the original text of the words among some bytes."""
        content = self.text.encode()[start:end]
        return [self.span(start + one.start(), start + one.end()) for one in WORD.finditer(content)]

    def name(self, start: int, end: int) -> str:
        """Return the characters of an n-gram; an n-gram with the end of the text has one byte more."""
        content = self.text.encode()
        name = content[start:end].decode()
        return f"{name.rstrip()} </s>" if end > len(content) else name


def explained(
    network: FastTextNetwork, task: Classification, outputs: Callable[[list[str]], Floats], text: str, label: object
) -> Explanation:
    """Return the weight of every word and n-gram of a text; the weights and the bias sum to the score.

    The score of a class is its log-odds against each other class, on average, before calibration; of a multilabel model
    its log-odds. The bias is the contribution of the end of the text, which is a feature of every text.
    """
    one_text(text)
    probabilities = task.probabilities(outputs([text]))[0]
    place = int(probabilities.argmax()) if label is None else task.place_of(label)
    words = TextWords.of(network, text)
    rows, spans, count = network.core.features(words.text)
    weights = _contributions(network, rows, task, place) / max(count, 1)
    bias, features, parts = 0.0, defaultdict[str, list[float]](list), defaultdict[Span, float](float)
    for (kind, start, end), weight in zip(spans.tolist(), weights.tolist(), strict=True):
        if start == end:
            bias += weight
            continue
        features[words.name(start, end)].append(weight)
        pieces = words.words(start, end) if kind == NGRAM_OF_WORDS else [words.span(start, end)]
        for piece in pieces:
            parts[piece] += weight / len(pieces)
    label, probability = plain(task.classes[place]), float(probabilities[place])
    tokens = tuple(TokenWeight(text[span[0] : span[1]], *span, parts[span]) for span in sorted(parts))
    score = float(weights.sum())
    return Explanation(text, label, probability, tokens, _sorted(features), bias, "exact", score, _note(task))


def _contributions(
    network: FastTextNetwork, rows: npt.NDArray[np.uint32], task: Classification, place: int
) -> npt.NDArray[np.float64]:
    """Return the contribution of each feature to the score of a class, float64 (features,), before the mean."""
    scores = network.core.contributions(rows)[:, network.order].astype(np.float64)
    own: npt.NDArray[np.float64] = scores[:, place]
    if isinstance(task, Multilabel):
        return own
    return np.asarray(own - (scores.sum(axis=1) - own) / (scores.shape[1] - 1))


def _note(task: Classification) -> str:
    if isinstance(task, Multilabel) or len(task.classes) == 2:
        return ""
    return "log-odds against the other classes, on average"


def _sorted(features: Mapping[str, Sequence[float]]) -> tuple[FeatureWeight, ...]:
    found = [FeatureWeight(name, len(weights), sum(weights)) for name, weights in features.items()]
    return tuple(sorted(found, key=lambda feature: (-abs(feature.weight), feature.name)))
