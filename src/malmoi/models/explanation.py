"""Explanation of a prediction by the weights of a text's tokens."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.names import Deprecated
from malmoi.foundation.printable import printable
from malmoi.foundation.validation import check_choice, shorten
from malmoi.models.shading import Run, html_of_runs, shaded_runs
from malmoi.models.state import plain
from malmoi.tokenizers import Words

__all__ = ["Explanation", "FeatureWeight", "Method", "TokenWeight"]

Method = Literal["exact", "occlusion"]
METHODS = {
    "exact": "exact: the bias and all weights sum to the score",
    "occlusion": "occlusion: a weight is the change of the score when the token is left out",
}
SHOWN_FEATURES = 10
SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class TokenWeight:
    """The contribution of a token to the score.

    Args:
        token: its characters in the text, or their normalized form.
        start, end: its position, `text[start:end]`, of 1 character or more.
        weight: change of the score of the explained label, in log-odds (natural logarithm); for regression in the
            target's unit.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
        >>> token = mm.BagClassifier(tokens=mm.Words()).fit(texts, labels).explain("a bad film", label="pos").tokens[0]
        >>> token.token, token.start, token.end, token.weight < 0
        ('bad', 2, 5, True)
    """

    token: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class FeatureWeight:
    """The contribution of a feature, summed over its occurrences in the text.

    Args:
        name: the n-gram; for models without n-grams the token.
        count: number of occurrences.
        weight: change of the score of the explained label, as in `TokenWeight`.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
        >>> model = mm.BagClassifier(tokens=mm.Words(), weighting="count").fit(texts, labels)
        >>> feature = model.explain("good, good").features[0]
        >>> feature.name, feature.count, feature.weight > 0
        ('good', 2, True)
    """

    name: str
    count: int
    weight: float

    @property
    def shown_name(self) -> str:
        """The name in one line, at most 60 characters.

        :meta private:
        """
        line = "".join(" " if one in "\r\n\t" else one for one in self.name)
        return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 3] + "..."

    @property
    def times(self) -> str:
        """The number of occurrences as a suffix of the name; empty for a single one.

        :meta private:
        """
        return f" ({self.count} times)" if self.count > 1 else ""


@dataclass(frozen=True)
class Explanation:
    """The explanation of a prediction: the weight of every token.

    Args:
        text: the text.
        label: the explained label; for regression `None`, or the index of the target if there are several.
        probability: probability of the label; `None` for regression.
        tokens: tokens with their weights, in the order of the text; they may overlap.
        features: n-grams with their weights, in decreasing order of absolute weight; may be empty.
        bias: score of a text without tokens.
        method: "exact": the score is `bias` plus the sum of all weights; "occlusion": a weight is the change of the
            score when the token is left out, and the weights need not sum to the score.
        score: log-odds of the label, in nats: for "exact" before calibration, for "occlusion" of `probability`. For
            regression the predicted value.
        note: remark on the weights.

    Raises:
        ValueError: a token is not part of the text, or the method is unknown.

    Example:
        >>> tokens = (TokenWeight("not", 0, 3, -1.5), TokenWeight("bad", 4, 7, 2.0))
        >>> explanation = Explanation("not bad", "pos", 0.7, tokens, (), 0.35, "exact", 0.85)
        >>> print(explanation)
        pos: 70.0 % (log-odds +0.85)
        not bad
          +2  bad
        -1.5  not
        bias +0.35; exact: the bias and all weights sum to the score
        >>> explanation.character_weights().tolist()[:4]
        [-0.5, -0.5, -0.5, 0.0]
        >>> explanation.top_features(1)
        (FeatureWeight(name='bad', count=1, weight=2.0),)
        >>> [(run.text, run.shade) for run in explanation.runs()]
        [('not', -0.75), (' ', 0.0), ('bad', 1.0)]
        >>> explanation.headline, explanation.remarks[:10]
        ('pos: 70.0 % (log-odds +0.85)', 'bias +0.35')
        >>> explanation.to_json()["label"], explanation.to_html().startswith("<div>")
        ('pos', True)
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
        """Return the weight of every character: the weight of a token is split evenly over its characters.

        Returns:
            float64 (len(text),); the sum equals that of the tokens' weights.
        """
        weights = np.zeros(len(self.text))
        for token in self.tokens:
            weights[token.start : token.end] += token.weight / (token.end - token.start)
        return weights

    def runs(self) -> tuple[Run, ...]:
        """Return the text as runs of characters with a shade: green increases the score, red decreases it.

        Tokens are shaded by their weights. If tokens overlap, such as n-grams of characters, each word is shaded by the
        sum of its characters' weights.

        Returns:
            Runs of consecutive characters, each with a shade from -1 (darkest red) to 1 (darkest green); joined, their
            texts are the text.
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

    strongest = Deprecated("top_features")

    def top_features(self, count: int = SHOWN_FEATURES) -> tuple[FeatureWeight, ...]:
        """Return the features with the largest absolute weights.

        Args:
            count: maximum number of features; 1 or more.

        Returns:
            N-grams, or without n-grams tokens, in decreasing order of absolute weight; without those of weight 0.
        """
        found = self.features or _grouped(self.tokens)
        ordered = sorted(found, key=lambda feature: -abs(feature.weight))
        return tuple(feature for feature in ordered[:count] if feature.weight)

    def to_json(self) -> JsonObject:
        """Return the fields as a JSON object."""
        return {**asdict(self), "label": plain(self.label)}

    @property
    def headline(self) -> str:
        """The label with its probability and score, or the predicted value, in one line."""
        if self.probability is None:
            return f"prediction {self.score:.6g}" if self.label is None else f"{self.label}: {self.score:.6g}"
        return f"{plain(self.label)}: {self.probability:.1%} (log-odds {self.score:+.4g})".replace("%", " %")

    @property
    def remarks(self) -> str:
        """The bias, the method and the note, in one line."""
        return "; ".join([f"bias {self.bias:+.4g}", METHODS[self.method], *([self.note] if self.note else [])])

    def __str__(self) -> str:
        rows = [(f"{one.weight:+.4g}", one) for one in self.top_features()]
        width = max((len(weight) for weight, _ in rows), default=0)
        lines = [f"{weight:>{width}}  {one.shown_name}{one.times}" for weight, one in rows]
        return "\n".join(map(printable, [self.headline, self.text, *lines, self.remarks]))

    def __repr__(self) -> str:
        tokens = f"{len(self.tokens)} tokens"
        return f"Explanation({shorten(self.text)}, {plain(self.label)!r}, score={self.score:.4g}, {tokens})"

    def to_html(self) -> str:
        """Return an HTML element: the text with shaded tokens and a table of the largest weights."""
        cell = "padding:.1em .8em .1em 0;text-align"
        rows = "".join(
            f'<tr><td style="{cell}:right">{one.weight:+.4g}</td>'
            f'<td style="{cell}:start"><bdi>{_shown(one.shown_name)}</bdi>{one.times}</td></tr>'
            for one in self.top_features()
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
        """Return the HTML for a notebook."""
        return self.to_html()


def _shown(value: object) -> str:
    return escape(printable(value))


def _grouped(tokens: tuple[TokenWeight, ...]) -> list[FeatureWeight]:
    """Merge tokens with the same characters."""
    weights: dict[str, list[float]] = {}
    for token in tokens:
        weights.setdefault(token.token, []).append(token.weight)
    return [FeatureWeight(name, len(found), sum(found)) for name, found in weights.items()]
