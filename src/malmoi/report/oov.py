"""Out-of-vocabulary (OOV) rates of texts."""

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
"""Number of words looked up as one text."""

Flags = npt.NDArray[np.bool_]


def oov_rates(sources: Sources) -> npt.NDArray[np.float64] | None:
    """Return the OOV rate of each test text, float64 (samples,), in [0, 1].

    The vocabulary is that of the model or, if it has no vocabulary of words, the words of the training texts. A text
    without words has rate 0.

    Returns:
        The rates; `None` if there is no vocabulary.
    """
    texts = sources.measured.texts
    tokens = _word_tokenizer(sources.model)
    if tokens is not None:
        words, counts = word_counts(tokens, texts)
        in_vocabulary = _in_vocabulary(sources.model, tokens, words)
        if in_vocabulary is not None:
            return _rates(counts, ~in_vocabulary)
    if sources.training is None:
        return None
    words, counts = word_counts(Words(), texts)
    vocabulary = set(_words_of(Words(), sources.training.texts))
    return _rates(counts, np.array([word not in vocabulary for word in words], dtype=np.bool_))


def word_counts(tokens: Tokenizer, texts: Sequence[str]) -> tuple[list[str], csr_matrix]:
    """Return the distinct tokens of texts, and their counts in each text, CSR (samples, words)."""
    from malmoi.vectorizers import BagVectorizer  # imports scikit-learn

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
    """Return the model's word tokenizer; `None` if it has none, or its vocabulary is not of single words."""
    if isinstance(model, BagModel):
        if model.settings.buckets is not None or model.scorer.features.ngrams[0][0] > 1:
            return None
    elif not isinstance(model, TextNetworkModel) or not isinstance(_vocabulary(model), Vocabulary):
        return None
    tokens = model.tokenizers[0]
    return None if isinstance(tokens, Characters | Hangul) else tokens


def _vocabulary(model: TextNetworkModel) -> Vocabulary | None:
    return getattr(model.vectorizer, "vocabulary_", None)


def _in_vocabulary(model: FittedModel, tokens: Tokenizer, words: list[str]) -> Flags | None:
    """Return which words are in the model's vocabulary, bool (words,)."""
    if isinstance(model, TextNetworkModel):
        vocabulary = _vocabulary(model)
        known = set() if vocabulary is None else set(vocabulary.words)
        return np.array([word in known for word in words], dtype=np.bool_)
    if isinstance(model, BagModel):
        return _with_columns(model, tokens, words)
    return None


def _with_columns(model: BagModel, tokens: Tokenizer, words: list[str]) -> Flags:
    """Return which words are features of a bag, looked up in texts of one word per line."""
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
