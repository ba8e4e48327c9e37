"""Whether the text lengths of two data sets differ."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from malmoi.evaluation.checks.base import Check, Need, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind, Values

__all__ = ["LENGTH_SHIFT"]

LEAST_DISTANCE = 0.1
LARGE_DISTANCE = 0.25
"""Random fifths of seven data sets have a distance of 0.02 to 0.04 from the rest. The original test sets of IMDB, NSMC
and 20 newsgroups have 0.01, that of TREC, which was collected elsewhere, 0.34."""
SURE = 1.95
"""Standardized distance that is exceeded in 1 of 1,000 pairs of samples with equal distributions."""
FEWEST = 20


def _english(values: Values) -> str:
    other = "longer" if values["median"] > values["training_median"] else "shorter"
    if values["median"] == values["training_median"]:
        other = "of different lengths"
    medians = f"median {values['median']:,.0f} characters against {values['training_median']:,.0f}"
    return f"the texts of the second data set are {other}: {medians} (distance {values['distance']:.2f})"


def _korean(values: Values) -> str:
    other = (
        "첫 번째 데이터보다 깁니다" if values["median"] > values["training_median"] else "첫 번째 데이터보다 짧습니다"
    )
    if values["median"] == values["training_median"]:
        other = "첫 번째 데이터와 길이 분포가 다릅니다"
    medians = f"중앙값 {values['median']:,.0f}자, 첫 번째 데이터 {values['training_median']:,.0f}자"
    return f"두 번째 데이터의 텍스트는 {other}: {medians} (거리 {values['distance']:.2f})"


KIND = FindingKind(
    "length-shift",
    _english,
    _korean,
    "also train on texts of such lengths, or evaluate short and long texts separately",
    "비슷한 길이의 텍스트로도 학습하거나, 짧은 텍스트와 긴 텍스트를 따로 평가하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    if subject.validation is None or min(len(subject.data), len(subject.validation)) < FEWEST:
        return
    first, second = (np.array(list(map(len, one.texts))) for one in (subject.data, subject.validation))
    points = np.unique(np.concatenate([first, second]))
    shares = [np.searchsorted(np.sort(one), points, side="right") / len(one) for one in (first, second)]
    distance = float(np.abs(shares[0] - shares[1]).max())
    units = math.sqrt(len(first) * len(second) / (len(first) + len(second)))
    if distance <= LEAST_DISTANCE or distance * units <= SURE:
        return
    medians = [float(np.median(one)) for one in (first, second)]
    values = {"distance": distance, "median": medians[1], "training_median": medians[0], "samples": len(second)}
    outside = np.argsort(-np.abs(np.log1p(second) - np.log1p(medians[0])), kind="stable")
    examples = subject.examples(outside, validation=True)
    yield Finding(KIND, severity(warning=distance > LARGE_DISTANCE), values, examples)


LENGTH_SHIFT = Check(
    (KIND,),
    _run,
    what="the Kolmogorov-Smirnov distance between the text lengths of both data sets, in characters",
    threshold="note above 0.1, warning above 0.25, if equal distributions have such a distance in at most 1 of 1,000 "
    "cases; from 20 texts in each data set on",
    why="scores depend on the length of the texts, and differ for texts of other lengths",
    source="Kolmogorov 1933 and Smirnov 1948, the two-sample test",
    needs=frozenset({Need.validation}),
)
