"""All checks of data and of a result, in order."""

from __future__ import annotations

from collections.abc import Sequence

from malmoi.data.corpus import Corpus
from malmoi.data.texts import as_texts
from malmoi.evaluation.findings import Finding
from malmoi.evaluation.labels import check_labels
from malmoi.evaluation.result import check_against_bag, check_result
from malmoi.evaluation.texts import check_balance, check_empty_texts, check_leaks, check_unlabelled
from malmoi.evaluation.tokens import check_coverage, check_token_coverage, check_tokens
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.linear.model import BagModel

__all__ = ["check"]


def check(
    training: Corpus | tuple[Sequence[str], Sequence[object]] | Sequence[str],
    validation: Corpus | tuple[Sequence[str], Sequence[object]] | None = None,
    *,
    model: FittedModel | ModelEstimator[FittedModel] | None = None,
    bag: bool = True,
) -> list[Finding]:
    """Check labelled texts, and a model that was trained on them.

    Args:
        training: the texts and labels that the model learned from, a `Corpus` or a pair; or texts alone.
        validation: texts and labels that it was measured on; checks of the result need both this and a model.
        model: a trained classifier of texts.
        bag: compare another model than a bag with a bag of n-grams that is fitted on the same training texts.

    Returns:
        Findings, first those about the result, then those about the data.

    Raises:
        TypeError: a text is not a str, or the model is none of texts.
        NotFittedError: the model has learned nothing yet.

    Example:
        >>> check(Corpus(["good", " ", "fine", "nice"], ["pos", "pos", "pos", "neg"]))[0].code
        'imbalance'
    """
    corpus, held_out = _corpus(training), None if validation is None else _corpus(validation)
    fitted = model.fitted if isinstance(model, ModelEstimator) else model
    if fitted is not None and fitted.input_kind != "texts":
        raise TypeError(f"model must predict from texts, got one of {fitted.input_kind}")
    findings: list[Finding] = []
    if held_out is not None and len(held_out):
        if fitted is not None:
            findings += check_result(fitted, held_out)
            if bag and not isinstance(fitted, BagModel) and len(corpus) and len(corpus.classes) > 1:
                findings += check_against_bag(fitted, corpus, held_out)
        findings += check_leaks(corpus, held_out)
    findings += check_labels(corpus.coded, None if held_out is None else held_out.coded)
    findings += check_balance(corpus)
    findings += check_empty_texts(corpus)
    if fitted is not None:
        findings += check_token_coverage(fitted.tokenizers, corpus.texts)
        findings += check_unlabelled(fitted.known_shares)
    facts = None if fitted is None else fitted.training_facts
    if fitted is not None and facts is not None:
        findings += check_tokens(facts, full=fitted.vocabulary_is_full)
        if facts.coverage is not None:
            findings += check_coverage(facts.coverage)
    return findings


def _corpus(data: Corpus | tuple[Sequence[str], Sequence[object]] | Sequence[str]) -> Corpus:
    """A corpus, also of a pair of texts and labels, or of texts alone."""
    if isinstance(data, Corpus):
        return data
    if isinstance(data, tuple) and len(data) == 2 and not isinstance(data[0], str):
        return Corpus(as_texts(data[0]), data[1])
    return Corpus(as_texts(data))
