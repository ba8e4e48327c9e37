"""English sentences of findings, by code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["ENGLISH", "Sentence", "Values", "cut"]

LONGEST_SHOWN = 40

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


def _most_frequent_labels(values: Values) -> str:
    exact = (
        f"{values['exact_match']:.1%} (95 % interval {values['low']:.1%} to {values['high']:.1%}, "
        f"{values['samples']:,} samples)"
    )
    labels = " and ".join(f'"{label}"' for label in values["labels"])
    always = f"always predicting {labels or 'no label'} ({values['baseline']:.1%})"
    verdict = {
        "worse": f"is worse than {always}",
        "no better": f"is no better than {always}: the model may have learned nothing",
        "better": f"is better than {always}",
    }[values["verdict"]]
    return f"exact match {exact} {verdict}; micro F1 {values['micro_f1']:.1%}"


def _bag_baseline(values: Values) -> str:
    points = [f"{100 * values[name]:+.1f}" for name in ("difference", "low", "high")]
    gap = f"{points[0]} points (95 % interval {points[1]} to {points[2]})"
    scores = f"{values['measure']} {values['accuracy']:.1%} against {values['bag']:.1%} of a bag of n-grams, {gap}"
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


def _texts_without_tokens(values: Values) -> str:
    lost = (
        f"{values['count']:,} training texts ({values['share']:.1%}) have no token, so their predictions are all alike"
    )
    return f"{lost}: {', '.join(values['examples'])}; other tokens (--tokens), such as characters, may keep them"


def _uncovered_characters(values: Values) -> str:
    lost = f"{values['share']:.1%} of the characters are in no token, punctuation not counted"
    frequent = ", ".join(map(repr, values["frequent"]))
    return f"{lost}; the most frequent: {frequent}; other tokens (--tokens), such as characters, keep them"


def _repeated_vectors(values: Values) -> str:
    return f"the vectors file has {values['count']:,} words of the vocabulary twice; the first row won"


DIFFERENCES = {
    "case": "by case",
    "white-space": "by white space",
    "decimal-zero": "by .0",
    "compatibility": "by Unicode compatibility characters",
    "punctuation": "by punctuation at the ends",
    "several": "by case, white space, punctuation or Unicode characters",
}


def _similar_labels(values: Values) -> str:
    groups = [
        f"{_counted(group['labels'], group['counts'])} differ only {DIFFERENCES[group['difference']]}"
        for group in values["groups"]
    ]
    more = f" and {values['count'] - len(groups)} more groups" if values["count"] > len(groups) else ""
    return f"labels that may be one: {'; '.join(groups)}{more}; write each label in one way"


def _joined_labels(values: Values) -> str:
    labels, separator = _counted(values["labels"], values["counts"]), values["separator"]
    cure = f"to read them as several labels a text pass --label-separator '{separator}'"
    return f"labels that may be several labels with {separator!r} between them: {labels}; {cure}"


def _missing_labels(values: Values) -> str:
    return (
        f"labels that may stand for a missing label: {_counted(values['labels'], values['counts'])}; "
        "if so, leave these texts out"
    )


def cut(label: object) -> str:
    """Return a label for a sentence, 40 characters at most."""
    text = str(label)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def _counted(labels: list[str], counts: list[int]) -> str:
    return " and ".join(
        f'"{cut(label)}" ({count:,} {"text" if count == 1 else "texts"})'
        for label, count in zip(labels, counts, strict=True)
    )


ENGLISH: dict[str, Sentence] = {
    "bag-baseline": _bag_baseline,
    "distinct-labels": lambda values: (
        f"each of the {values['count']:,} texts has a label of its own; is the label column one of ids?"
    ),
    "empty-texts": lambda values: f"{values['count']:,} training texts are empty; they are kept, as rows of padding",
    "few-forecasts": lambda values: f"only {values['count']:,} forecasts of each target were measured",
    "imbalance": lambda values: f'{values["share"]:.1%} of the training labels are "{values["label"]}"',
    "leak": _leak,
    "majority-class": _majority_class,
    "joined-labels": _joined_labels,
    "missing-labels": _missing_labels,
    "most-frequent-labels": _most_frequent_labels,
    "naive-forecast": lambda values: (
        f'the {values["method"]} forecast of "{cut(values["target"])}" is better than the model: MASE '
        f"{values['naive']:.3f} against {values['model']:.3f}"
    ),
    "overfitting": _overfitting,
    "repeated-vectors": _repeated_vectors,
    "similar-labels": _similar_labels,
    "small-validation": _small_validation,
    "texts-without-tokens": _texts_without_tokens,
    "truncation": _truncation,
    "uncovered-characters": _uncovered_characters,
    "unknown-tokens": _unknown_tokens,
    "unlike-unlabelled": lambda values: (
        f"the unlabelled texts may be of another kind or language: the model knows {values['unlabelled']:.0%} of their "
        f"n-grams, but {values['labelled']:.0%} of those of the labelled texts"
    ),
    "vector-coverage": _vector_coverage,
}
