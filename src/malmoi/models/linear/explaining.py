"""Exact explanations of bag models, and the n-grams with the largest weights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Label
from malmoi.foundation.validation import shorten
from malmoi.models.explanation import Explanation, FeatureWeight, TokenWeight
from malmoi.models.linear.features import BagFeatures, TextPlaces
from malmoi.models.linear.matrix import BagMatrix
from malmoi.models.linear.parts import BagScorer, Floats, NgramWeight
from malmoi.models.linear.settings import Weighting
from malmoi.models.state import plain
from malmoi.models.task import Classification, Regression, Task
from malmoi.tokenizers.base import Span, one_text

__all__ = ["explained", "ngram_weights"]

TELLING = 10
"""N-grams kept per class."""
MOST_CLASSES = 50
"""Maximum number of classes whose n-grams are kept."""
Weights = npt.NDArray[np.float64]
TextsAt: TypeAlias = Callable[[Sequence[int]], Sequence[str]]


@dataclass(frozen=True)
class ExplainedOutput:
    """The output of a model that is explained.

    Args:
        column: column of the weight table.
        unit: factor of the scores: -1 for the first of two classes, the standard deviation of a regression target.
        shift: constant added to the scores.
        label: the class, or the index of a regression target; `None` if there is one target.
        probability: probability of the class; `None` for regression.
    """

    column: int
    unit: float
    shift: float
    label: object
    probability: float | None


def explained(
    scorer: BagScorer, task: Task, outputs: Callable[[list[str]], Floats], text: str, label: object
) -> Explanation:
    """Return the weight of every token and n-gram of a text; the weights and the bias sum to the score.

    The weight of an n-gram is divided evenly among its occurrences, and then among the tokens of each.
    """
    one_text(text)
    output = _number(task, label) if isinstance(task, Regression) else _class(task, outputs([text]), label)
    places = scorer.features.places(text, scorer.columns)
    values = _values(scorer, places)
    weights = {one: value * float(scorer.table[one, output.column]) * output.unit for one, value in values.items()}
    tokens, features = _spread(scorer.features, places, text, weights)
    bias = float(scorer.bias[output.column]) * output.unit + output.shift
    score = bias + sum(weights.values())
    return Explanation(text, output.label, output.probability, tokens, features, bias, "exact", score)


def _number(task: Regression, label: object) -> ExplainedOutput:
    if label is None and task.units > 1:
        raise ValueError(f"label must be the index of a target, 0 to {task.units - 1}, got None; choose one")
    column = 0
    if label is not None:
        if isinstance(label, bool) or not isinstance(label, Integral) or int(label) not in range(task.units):
            raise ValueError(f"label must be the index of a target, 0 to {task.units - 1}, got {shorten(label)}")
        column = int(label)
    shown = column if task.units > 1 else None
    return ExplainedOutput(column, float(task.scale.scales[column]), float(task.scale.means[column]), shown, None)


def _class(task: Task, outputs: Floats, label: object) -> ExplainedOutput:
    if not isinstance(task, Classification):
        raise TypeError(f"only classification and regression can be explained, got {type(task).__name__}")
    probabilities = task.probabilities(outputs)[0]
    place = int(probabilities.argmax()) if label is None else task.place_of(label)
    shown, probability = plain(task.classes[place]), float(probabilities[place])
    if task.units == 1:  # one score for two classes
        return ExplainedOutput(0, 1.0 if place == 1 else -1.0, 0.0, shown, probability)
    return ExplainedOutput(place, 1.0, 0.0, shown, probability)


def _values(scorer: BagScorer, places: TextPlaces) -> dict[int, float]:
    """Return the value of every feature of the text, scaled to a vector of length 1."""
    known, counts = np.unique(places.columns[places.columns >= 0], return_counts=True)
    values = _local(scorer.weighting, counts)
    factors = 1.0 if scorer.factors is None else scorer.factors[known]  # already part of the table
    length = float(np.sqrt(((values * factors) ** 2).sum()))
    return dict(zip(known.tolist(), (values / length if length else values).tolist(), strict=True))


def _local(weighting: Weighting, counts: npt.NDArray[np.int64]) -> Weights:
    if weighting.local == "binary":
        return np.ones(len(counts))
    return counts.astype(np.float64) if weighting.local == "count" else 1 + np.log(counts)


def _spread(
    features: BagFeatures, places: TextPlaces, text: str, weights: dict[int, float]
) -> tuple[tuple[TokenWeight, ...], tuple[FeatureWeight, ...]]:
    """Divide the weights of n-grams among their tokens; return tokens and n-grams, the latter by absolute weight."""
    words = [(kind(text), kind.spans(text)) for kind in features.tokens]
    occurrences: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for column, (kind, start, end) in zip(places.columns.tolist(), places.tokens.tolist(), strict=True):
        if column in weights:
            occurrences[column].append((kind, start, end))
    by_token: dict[tuple[int, int], float] = defaultdict(float)
    named: dict[int, str] = {}
    for column, found in occurrences.items():
        kind, start, end = found[0]
        named[column] = features.name(words[kind][0][start:end], kind)
        for kind, start, end in found:
            visible = _visible(words[kind][1], start, end)
            for at in visible:
                by_token[kind, at] += weights[column] / len(found) / len(visible)
    tokens = [TokenWeight(words[kind][0][at], *words[kind][1][at], weight) for (kind, at), weight in by_token.items()]
    return tuple(sorted(tokens, key=lambda token: (token.start, token.end))), _features(occurrences, named, weights)


def _features(
    occurrences: dict[int, list[tuple[int, int, int]]], named: dict[int, str], weights: dict[int, float]
) -> tuple[FeatureWeight, ...]:
    """Return n-grams by absolute weight; n-grams of several tokenizers with the same characters are merged."""
    merged: dict[str, tuple[int, float]] = {}
    for column in sorted(occurrences):
        name = named[column].strip() or named[column]
        count, weight = merged.get(name, (0, 0.0))
        merged[name] = max(count, len(occurrences[column])), weight + weights[column]
    ordered = sorted(merged.items(), key=lambda item: (-abs(item[1][1]), item[0]))
    return tuple(FeatureWeight(name, count, weight) for name, (count, weight) in ordered)


def _visible(spans: list[Span], start: int, end: int) -> list[int]:
    """Return the tokens of an n-gram that occur in the text; if it has only added spaces, the nearest such token."""
    found = [at for at in range(start, end) if spans[at][0] < spans[at][1]]
    if found:
        return found
    visible = [at for at, span in enumerate(spans) if span[0] < span[1]]
    return [min(visible, key=lambda at: (abs(at - start), at))] if visible else []


def ngram_weights(
    matrix: BagMatrix, texts_at: TextsAt, table: Floats, labels: Sequence[Label]
) -> tuple[NgramWeight, ...]:
    """Return the n-grams with the largest weights for each label.

    Args:
        matrix: feature matrix of the texts.
        texts_at: returns the training texts at some indices, from which the n-grams' characters are read.
        table: float32 (features, outputs).
        labels: one for each output; two for a single output (negative and positive side).
    """
    two_sided = table.shape[1] == 1 and len(labels) == 2
    chosen: list[tuple[int, Label, float]] = []
    for place, label in enumerate(labels[:MOST_CLASSES]):
        column = table[:, 0] * (1 if place else -1) if two_sided else table[:, place]
        most = min(TELLING, len(column))
        largest = np.argpartition(-column, most - 1)[:most] if most else np.zeros(0, dtype=np.int64)
        ordered = sorted(largest.tolist(), key=lambda one: (-column[one], one))
        chosen += [(one, label, float(column[one])) for one in ordered if column[one] > 0]
    names = _names(matrix, texts_at, [one for one, _, _ in chosen])
    return tuple(NgramWeight(names[one], plain(label), weight) for one, label, weight in chosen if one in names)


def _names(matrix: BagMatrix, texts_at: TextsAt, columns: list[int]) -> dict[int, str]:
    """Return the n-gram of each column, read from the first text that holds it."""
    distinct = sorted(set(columns))
    rows = matrix.rows.first_rows(np.array(distinct, dtype=np.uint32)).tolist()
    columns_by_row: dict[int, list[int]] = defaultdict(list)
    for column, row in zip(distinct, rows, strict=True):
        if row >= 0:
            columns_by_row[row].append(column)
    names = {}
    texts = texts_at(list(columns_by_row))
    for text, columns_of_row in zip(texts, columns_by_row.values(), strict=True):
        places = matrix.features.places(text, matrix.columns)
        tokens = [kind(text) for kind in matrix.features.tokens]
        for column in columns_of_row:
            at = int(np.flatnonzero(places.columns == column)[0])
            kind, start, end = places.tokens[at].tolist()
            names[column] = matrix.features.name(tokens[kind][start:end], kind)
    return names
