"""Why a model predicts what it predicts: the weights of the tokens of one text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.printable import printable
from malmoi.foundation.validation import check_choice, shorten
from malmoi.models.shading import Run, html_of_runs, shaded_runs
from malmoi.models.state import plain
from malmoi.tokenizers import Words

__all__ = ["Explanation", "FeatureWeight", "Method", "TokenWeight"]

Method = Literal["exact", "occlusion"]
METHODS = {
    "exact": "exact: the score is the bias and the sum of all weights",
    "occlusion": "occlusion: a weight is the change of the score when the token is left out",
}
SHOWN_FEATURES = 10
SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class TokenWeight:
    """How much a token of the text raises the score.

    Args:
        token: its characters, or what the model made of them.
        start, end: its place, `text[start:end]`, of 1 character or more.
        weight: change of the score of the explained label, in log-odds (natural logarithm); where numbers are
            predicted, in the target's unit.
    """

    token: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class FeatureWeight:
    """How much a feature of the text raises the score, all its occurrences together.

    Args:
        name: the n-gram.
        count: how often the text holds it.
        weight: as of `TokenWeight`.
    """

    name: str
    count: int
    weight: float

    @property
    def shown_name(self) -> str:
        """The name in one line, 60 characters at most."""
        line = "".join(" " if one in "\r\n\t" else one for one in self.name)
        return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 3] + "..."

    @property
    def times(self) -> str:
        """How often the text holds it, as a remark behind the name; empty for once."""
        return f" ({self.count} times)" if self.count > 1 else ""


@dataclass(frozen=True)
class Explanation:
    """Why a model gives a text a label: the weight of every token.

    Args:
        text: the text.
        label: the explained label; `None` where one number is predicted, else the number's place.
        probability: of the label; `None` where numbers are predicted.
        tokens: tokens with their weights, in the order of the text; they may overlap.
        features: n-grams with their weights, the largest absolute weight first; may be empty.
        bias: score of a text without tokens.
        method: "exact": the score is `bias` and the sum of all weights; "occlusion": a weight is the change of the
            score when the token is left out, and the weights need not sum to the score.
        score: log-odds of the label, in nats: "exact": before calibration; "occlusion": of `probability`. Where numbers
            are predicted, the number.
        note: what a reader has to know beside the weights.

    Raises:
        ValueError: a token is not a part of the text, or the method is unknown.

    Example:
        >>> tokens = (TokenWeight("not", 0, 3, -1.5), TokenWeight("bad", 4, 7, 2.0))
        >>> explanation = Explanation("not bad", "pos", 0.7, tokens, (), 0.35, "exact", 0.85)
        >>> print(explanation)
        pos: 70.0 % (log-odds +0.85)
        not bad
          +2  bad
        -1.5  not
        bias +0.35; exact: the score is the bias and the sum of all weights
        >>> explanation.character_weights().tolist()[:4]
        [-0.5, -0.5, -0.5, 0.0]
    """

    text: str
    label: object
    probability: float | None
    tokens: tuple[TokenWeight, ...]
    features: tuple[FeatureWeight, ...]
    bias: float
    method: Method
    score: float
    note: str = ""

    def __post_init__(self) -> None:
        check_choice("method", self.method, list(METHODS))
        for place, token in enumerate(self.tokens):
            if not 0 <= token.start < token.end <= len(self.text):
                rule = f"tokens[{place}] must be within the {len(self.text)} characters of the text"
                raise ValueError(f"{rule}, got {token.start} to {token.end}")

    def character_weights(self) -> npt.NDArray[np.float64]:
        """Return the weight of every character, float64 (len(text),): each token's is spread evenly over its own.

        The sum is that of the tokens' weights.
        """
        weights = np.zeros(len(self.text))
        for token in self.tokens:
            weights[token.start : token.end] += token.weight / (token.end - token.start)
        return weights

    def runs(self) -> tuple[Run, ...]:
        """Return the text as runs of characters with a shade: green raises the score, red lowers it.

        Tokens are shaded by their weights. Where tokens overlap, such as n-grams of characters, every word is shaded by
        the weights of its characters together.
        """
        spans = [(token.start, token.end, token.weight) for token in self.tokens]
        if any(first[1] > second[0] for first, second in pairwise(sorted(spans))):
            characters = self.character_weights()
            words = Words(keep_punctuation=True).spans(self.text)
            spans = [(start, end, float(characters[start:end].sum())) for start, end in words]
        weights = np.zeros(len(self.text))
        for start, end, weight in spans:
            weights[start:end] = weight
        largest = float(np.abs(weights).max(initial=0.0))
        return shaded_runs(self.text, weights / largest if largest > 0 else weights)

    def strongest(self, count: int = SHOWN_FEATURES) -> tuple[FeatureWeight, ...]:
        """Return the n-grams, or where there are none the tokens, of the largest absolute weights, without zeros."""
        found = self.features or _grouped(self.tokens)
        ordered = sorted(found, key=lambda feature: -abs(feature.weight))
        return tuple(feature for feature in ordered[:count] if feature.weight)

    def to_json(self) -> JsonObject:
        """Return what JSON can hold of it, by the names of its fields."""
        return {**asdict(self), "label": plain(self.label)}

    @property
    def headline(self) -> str:
        """The label with its probability and score, or the number, in one line."""
        if self.probability is None:
            return f"prediction {self.score:.6g}" if self.label is None else f"{self.label}: {self.score:.6g}"
        return f"{plain(self.label)}: {self.probability:.1%} (log-odds {self.score:+.4g})".replace("%", " %")

    @property
    def remarks(self) -> str:
        """The bias, the method and the note, in one line."""
        return "; ".join([f"bias {self.bias:+.4g}", METHODS[self.method], *([self.note] if self.note else [])])

    def __str__(self) -> str:
        rows = [(f"{one.weight:+.4g}", one) for one in self.strongest()]
        width = max((len(weight) for weight, _ in rows), default=0)
        lines = [f"{weight:>{width}}  {one.shown_name}{one.times}" for weight, one in rows]
        return "\n".join(map(printable, [self.headline, self.text, *lines, self.remarks]))

    def __repr__(self) -> str:
        tokens = f"{len(self.tokens)} tokens"
        return f"Explanation({shorten(self.text)}, {plain(self.label)!r}, score={self.score:.4g}, {tokens})"

    def to_html(self) -> str:
        """Return the text with shaded tokens and a table of the strongest; reads on light and on dark backgrounds."""
        cell = "padding:.1em .8em .1em 0;text-align"
        rows = "".join(
            f'<tr><td style="{cell}:right">{one.weight:+.4g}</td>'
            f'<td style="{cell}:start"><bdi>{_shown(one.shown_name)}</bdi>{one.times}</td></tr>'
            for one in self.strongest()
        )
        what = "the number" if self.probability is None else f"the score of {_shown(plain(self.label))}"
        legend = f"{html_of_runs((Run('raises', 1.0),))} and {html_of_runs((Run('lowers', -1.0),))} {what}"
        table = f'<table aria-label="weights">{rows}</table>' if rows else ""
        text = html_of_runs(self.runs())
        style = "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.8"
        return (
            f'<div><p><strong><bdi>{_shown(self.headline)}</bdi></strong></p><p dir="auto" style="{style}">{text}</p>'
            f"{table}<p><small>{legend}; {_shown(self.remarks)}</small></p></div>"
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return self.to_html()


def _shown(value: object) -> str:
    return escape(printable(value))


def _grouped(tokens: tuple[TokenWeight, ...]) -> list[FeatureWeight]:
    """Tokens with the same characters together."""
    weights: dict[str, list[float]] = {}
    for token in tokens:
        weights.setdefault(token.token, []).append(token.weight)
    return [FeatureWeight(name, len(found), sum(found)) for name, found in weights.items()]
