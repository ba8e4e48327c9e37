"""All checks of data and of a result, in order."""

from __future__ import annotations

from collections.abc import Sequence

from malmoi.data.corpus import Corpus
from malmoi.data.texts import as_texts
from malmoi.evaluation.findings import Finding
from malmoi.evaluation.result import check_result
from malmoi.evaluation.texts import check_balance, check_empty_texts, check_leaks
from malmoi.evaluation.tokens import check_coverage, check_tokens
from malmoi.models.base import FittedModel, ModelEstimator

__all__ = ["check"]


def check(
    training: Corpus | Sequence[str],
    validation: Corpus | None = None,
    *,
    model: FittedModel | ModelEstimator[FittedModel] | None = None,
) -> list[Finding]:
    """Check labelled texts, and a model that was trained on them.

    Args:
        training: the texts and labels that the model learned from; texts alone where there are no labels.
        validation: texts and labels that it was measured on; checks of the result need both this and a model.
        model: a trained classifier of texts.

    Returns:
        Findings, first those about the result, then those about the data.

    Raises:
        TypeError: a text is not a str, or the model is none of texts.
        NotFittedError: the model has learned nothing yet.

    Example:
        >>> check(Corpus(["good", " ", "fine", "nice"], ["pos", "pos", "pos", "neg"]))[0].code
        'imbalance'
    """
    corpus = training if isinstance(training, Corpus) else Corpus(as_texts(training))
    fitted = model.fitted if isinstance(model, ModelEstimator) else model
    if fitted is not None and fitted.input_kind != "texts":
        raise TypeError(f"model must predict from texts, got one of {fitted.input_kind}")
    findings: list[Finding] = []
    if validation is not None and len(validation):
        if fitted is not None:
            findings += check_result(fitted, validation)
        findings += check_leaks(corpus, validation)
    findings += check_balance(corpus)
    findings += check_empty_texts(corpus)
    facts = None if fitted is None else fitted.training_facts
    if fitted is not None and facts is not None:
        findings += check_tokens(facts, full=fitted.vocabulary_is_full)
        if facts.coverage is not None:
            findings += check_coverage(facts.coverage)
    return findings
