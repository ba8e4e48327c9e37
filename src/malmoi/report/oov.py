"""Which share of the words of each text a model does not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from malmoi.models.base import FittedModel
from malmoi.models.linear.model import BagModel
from malmoi.models.neural.text_model import TextNetworkModel
from malmoi.report.sources import Sources
from malmoi.tokenizers import Characters, Hangul, Tokenizer, Vocabulary, Words

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["oov_rates", "word_counts"]

TEXTS_TOGETHER = 20_000
WORDS_TOGETHER = 2_000
"""Words that are looked up as one text."""

Flags = npt.NDArray[np.bool_]


def oov_rates(sources: Sources) -> npt.NDArray[np.float64] | None:
    """Return the share of the words of each measured text that the model does not know, float64 (samples,).

    Known are the words of the model's vocabulary; where it has none, or none of words, those of the training texts.
    A text without words has 0.

    Returns:
        `None` where it is not known which words the model knows.
    """
    texts = sources.measured.texts
    tokens = _word_tokenizer(sources.model)
    if tokens is not None:
        words, counts = word_counts(tokens, texts)
        known = _known_to(sources.model, tokens, words)
        if known is not None:
            return _rates(counts, ~known)
    if sources.training is None:
        return None
    words, counts = word_counts(Words(), texts)
    learned = set(_words_of(Words(), sources.training.texts))
    return _rates(counts, np.array([word not in learned for word in words], dtype=np.bool_))


def word_counts(tokens: Tokenizer, texts: Sequence[str]) -> tuple[list[str], csr_matrix]:
    """Return the distinct tokens of texts, and how often each text holds each, CSR (samples, words)."""
    from malmoi.vectorizers import BagVectorizer  # which imports scikit-learn

    if not any(text.strip() for text in texts):
        from scipy.sparse import csr_matrix

        return [], csr_matrix((len(texts), 0), dtype=np.float32)
    bag = BagVectorizer(tokens, (1, 1))
    rows = bag.fit_transform(texts)
    return list(map(str, bag.get_feature_names_out())), rows


def _words_of(tokens: Tokenizer, texts: Sequence[str]) -> list[str]:
    from malmoi.vectorizers import BagVectorizer

    return list(map(str, BagVectorizer(tokens, (1, 1)).fit(texts).get_feature_names_out()))


def _word_tokenizer(model: FittedModel) -> Tokenizer | None:
    """The model's tokenizer of words; `None` where it has none, or its vocabulary is not of single words."""
    if isinstance(model, BagModel):
        if model.settings.buckets is not None or model.scorer.features.ngrams[0][0] > 1:
            return None
    elif not isinstance(model, TextNetworkModel) or not isinstance(_vocabulary(model), Vocabulary):
        return None
    tokens = model.tokenizers[0]
    return None if isinstance(tokens, Characters | Hangul) else tokens


def _vocabulary(model: TextNetworkModel) -> Vocabulary | None:
    return getattr(model.vectorizer, "vocabulary_", None)


def _known_to(model: FittedModel, tokens: Tokenizer, words: list[str]) -> Flags | None:
    """Which words the model knows, bool (words,)."""
    if isinstance(model, TextNetworkModel):
        vocabulary = _vocabulary(model)
        known = set() if vocabulary is None else set(vocabulary.words)
        return np.array([word in known for word in words], dtype=np.bool_)
    if isinstance(model, BagModel):
        return _with_columns(model, tokens, words)
    return None


def _with_columns(model: BagModel, tokens: Tokenizer, words: list[str]) -> Flags:
    """Which words have a column of a bag: many are looked up as one text, a line each."""
    features, columns = model.scorer.features, model.scorer.columns
    known: set[str] = set()
    for start in range(0, len(words), WORDS_TOGETHER):
        text = "\n".join(words[start : start + WORDS_TOGETHER])
        found, names = features.places(text, columns), tokens(text)
        kinds, first, end = found.tokens.T
        single = (kinds == 0) & (end - first == 1) & (found.columns >= 0)
        known.update(names[place] for place in first[single].tolist())
    return np.array([word in known for word in words], dtype=np.bool_)


def _rates(counts: csr_matrix, unknown: Flags) -> npt.NDArray[np.float64]:
    totals = np.asarray(counts.sum(axis=1), dtype=np.float64).reshape(-1)
    missing = np.asarray(counts[:, np.flatnonzero(unknown)].sum(axis=1), dtype=np.float64).reshape(-1)
    rates: npt.NDArray[np.float64] = np.divide(missing, totals, out=np.zeros(len(totals)), where=totals > 0)
    return rates
