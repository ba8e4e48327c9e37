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
    always = f'always saying "{values["label"]}" ({values["baseline"]:.1%})'
    verdict = {
        "worse": f"is worse than {always}",
        "no better": f"is no better than {always}: it may have learned nothing",
        "hardly better": f"is hardly better than {always}: it learned next to nothing",
        "better": f"is better than {always}",
    }[values["verdict"]]
    return f"accuracy {accuracy} {verdict}"


def _overfitting(values: Values) -> str:
    gap = f"{values['training']:.1%} right on the training texts and {values['validation']:.1%} on others"
    return f"{gap}: it knows its texts by heart; more labels, fewer parameters, dropout or fewer epochs help"


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
