"""The YAML metadata of a model card for the Hugging Face Hub."""

from __future__ import annotations

from malmoi.report.card_text import in_yaml
from malmoi.report.facts import ReportFacts
from malmoi.report.learned_texts import learned_texts

__all__ = ["is_korean", "metadata"]

METRICS = {
    "accuracy": ("accuracy", "Accuracy"),
    "exact_match": ("accuracy", "Exact match"),
    "balanced_accuracy": ("balanced_accuracy", "Balanced accuracy"),
    "macro_f1": ("f1", "Macro F1"),
    "micro_f1": ("f1", "Micro F1"),
    "log_loss": ("log_loss", "Log loss"),
    "hamming_loss": ("hamming_loss", "Hamming loss"),
    "expected_calibration_error": ("expected_calibration_error", "Expected calibration error"),
}
"""Metric type and display name of each score."""
HANGUL = "Hangul"
DIGITS = 4


def metadata(facts: ReportFacts) -> list[str]:
    """Return the lines of the metadata, with the enclosing lines of three dashes.

    The language is only given if most texts are Korean, since Latin script is used by many languages. License and names
    of data sets on the Hub are unknown and left out. Scores are left out if the model was evaluated on training texts.
    """
    lines = ["---"]
    if is_korean(facts):
        lines += ["language:", "- ko"]
    lines += ["library_name: malmoi", "pipeline_tag: text-classification", "tags:"]
    lines += [f"- {tag}" for tag in ("text-classification", "malmoi", facts.model.task)]
    lines += [] if learned_texts(facts.findings) is not None else _results(facts)
    return [*lines, "---", ""]


def _results(facts: ReportFacts) -> list[str]:
    scores = [(METRICS[name], score) for name, score in facts.evaluation.scores.items() if name in METRICS]
    kinds = list(dict.fromkeys(kind for (kind, _), _ in scores))
    lines = ["metrics:", *(f"- {kind}" for kind in kinds)]
    lines += ["model-index:", f"- name: {in_yaml(facts.model.name)}", "  results:"]
    lines += ["  - task:", "      type: text-classification", "      name: Text classification"]
    lines += ["    dataset:", f"      type: {in_yaml(facts.title)}", f"      name: {in_yaml(facts.title)}"]
    lines += ["    metrics:"]
    for (kind, name), score in scores:
        lines += [f"    - type: {kind}", f"      value: {round(score.value, DIGITS)}", f"      name: {name}"]
    return lines


def is_korean(facts: ReportFacts) -> bool:
    """Return whether most texts of every data set are written in Hangul."""
    return all(next(iter(data.scripts), "") == HANGUL for data in facts.data)
