"""English sentences of findings, by code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["ENGLISH", "Sentence", "Values"]

Values = Mapping[str, Any]
Sentence = Callable[[Values], str]


def _majority_class(values: Values) -> str:
    accuracy = (
        f"{values['accuracy']:.1%} (95 % interval {values['low']:.1%} to {values['high']:.1%}, "
        f"{values['samples']:,} samples)"
    )
    baseline = f'the majority-class baseline "{values["label"]}" ({values["baseline"]:.1%})'
    balanced = f"{values['balanced']:.1%} (95 % interval {values['balanced_low']:.1%} to {values['balanced_high']:.1%})"
    verdict = {
        "worse": f"is worse than {baseline}",
        "no better": f"is no better than {baseline}: the model may have learned nothing",
        "balanced": f"is no better than {baseline}, but balanced accuracy, {balanced}, is above chance, "
        f"{values['chance']:.1%}",
        "better": f"is better than {baseline}",
    }[values["verdict"]]
    return f"accuracy {accuracy} {verdict}"


def _bag_baseline(values: Values) -> str:
    points = [f"{100 * values[name]:+.1f}" for name in ("difference", "low", "high")]
    gap = f"{points[0]} points (95 % interval {points[1]} to {points[2]})"
    scores = f"accuracy {values['accuracy']:.1%} against {values['bag']:.1%} of a bag of n-grams, {gap}"
    verdict = {
        "worse": "the model is worse than the bag; --recipe bag is better and faster",
        "no better": "the model is no better than the bag, which is faster",
        "better": "the model is better than the bag",
    }[values["verdict"]]
    return f"{scores}: {verdict}"


def _overfitting(values: Values) -> str:
    gap = f"{values['training']:.1%} training accuracy, {values['validation']:.1%} validation accuracy"
    return f"the model overfits: {gap}; more labels, fewer parameters, dropout or fewer epochs help"


def _small_validation(values: Values) -> str:
    return f"validation has only {values['samples']} texts, so its accuracy is known to {values['width']:.0%} only"


def _leak(values: Values) -> str:
    return (
        f"{values['count']:,} validation texts ({values['share']:.1%}) also stand in training; their answers are known"
    )


def _truncation(values: Values) -> str:
    cure = "; a larger max_length (--length) keeps them" if values["much"] else ""
    return f"{values['share']:.1%} of the training tokens are cut off{cure}"


def _unknown_tokens(values: Values) -> str:
    cures = {
        "max_tokens": "; a larger max_tokens (--vocabulary) knows more",
        "min_count": "; a smaller min_count (--min-count) knows more",
        None: "",
    }
    return f"{values['share']:.1%} of the training tokens are not in the vocabulary{cures[values['cure']]}"


def _vector_coverage(values: Values) -> str:
    without = f"{values['words']:.1%} of the vocabulary and {values['tokens']:.1%} of its tokens have no vector"
    return without + (f"; the most frequent: {', '.join(values['missing'])}" if values["missing"] else "")


def _repeated_vectors(values: Values) -> str:
    return f"the vectors file has {values['count']:,} words of the vocabulary twice; the first row won"


ENGLISH: dict[str, Sentence] = {
    "bag-baseline": _bag_baseline,
    "empty-texts": lambda values: f"{values['count']:,} training texts are empty; they are kept, as rows of padding",
    "imbalance": lambda values: f'{values["share"]:.1%} of the training labels are "{values["label"]}"',
    "leak": _leak,
    "majority-class": _majority_class,
    "overfitting": _overfitting,
    "repeated-vectors": _repeated_vectors,
    "small-validation": _small_validation,
    "truncation": _truncation,
    "unknown-tokens": _unknown_tokens,
    "vector-coverage": _vector_coverage,
}
