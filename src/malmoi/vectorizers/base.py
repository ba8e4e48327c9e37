"""What all vectorizers share: their checks at the door, their batches, scikit-learn's conventions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from malmoi.arrays import thread_count
from malmoi.corpus import as_texts
from malmoi.errors import shorten
from malmoi.estimators import BaseEstimator, TransformerMixin
from malmoi.grams import check_ngrams, check_tokens
from malmoi.labels import surrogate_at
from malmoi.progress import Progress
from malmoi.tokens import Tokenizer

__all__ = [
    "LARGEST_COUNT",
    "Csr",
    "TextTransformer",
    "batches",
    "check_choice",
    "check_number",
    "check_stop_words",
    "count_batches",
    "to_csr",
]

TEXTS_TOGETHER = 1_000_000
CHARACTERS_TOGETHER = 64_000_000
"""A batch has not much more than this, so that its tokens can be numbered by 32 bits, and an interrupt is noticed."""
LARGEST_NUMBER = 2**31 - 1
LARGEST_COUNT = 2**63 - 1

Csr = Any  # scipy's type; importing it takes longer than most work here


class TextTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A transformer of texts that checks its settings before any work."""

    tokens: Any
    n_jobs: int | None

    def __sklearn_tags__(self) -> Any:
        """Texts come in, one str a sample."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags

    def check_settings(self) -> None:
        """Refuse settings that are out of their range.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range.
        """
        check_tokens(self.tokens)
        thread_count(self.n_jobs)
        if getattr(self, "ngrams", "auto") != "auto":
            check_ngrams(getattr(self, "ngrams"))  # noqa: B009 -- only some have it

    def _prepared(self, tokens: Tokenizer, texts: list[str]) -> list[list[str]]:
        """Texts as the core takes them, in batches; a foreign tokenizer fails here, before anything is counted."""
        return [tokens.prepared(batch) for batch in batches(texts)]

    def _checked_texts(self, texts: Sequence[str]) -> list[str]:
        self.check_settings()
        return as_texts(texts)

    def _check_is_fitted(self, attribute: str) -> None:
        if not hasattr(self, attribute):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(f"this {type(self).__name__} has no vocabulary yet; call fit first")


def batches(texts: list[str]) -> list[list[str]]:
    """Cut texts into batches of bounded size; one empty batch where there are none."""
    cuts, characters = [0], 0
    for place, text in enumerate(texts):
        characters += len(text)
        if place + 1 - cuts[-1] >= TEXTS_TOGETHER or characters >= CHARACTERS_TOGETHER:
            cuts.append(place + 1)
            characters = 0
    if cuts[-1] < len(texts) or not texts:
        cuts.append(len(texts))
    return [texts[start:end] for start, end in pairwise(cuts)]


def count_batches(add: Callable[[list[str]], None], prepared: list[list[str]], progress: Progress, doing: str) -> None:
    """Hand every batch to the core, and say how many texts are done."""
    done, total = 0, sum(map(len, prepared))
    for batch in prepared:
        add(batch)
        done += len(batch)
        progress(doing, done, total)


def check_number(name: str, value: object, least: int, most: int | None = LARGEST_NUMBER) -> None:
    """Refuse what is no whole number of a range.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is out of the range.
    """
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, got {shorten(value)}")
    if value < least or (most is not None and value > most):
        span = f"{least} or more" if most is None or value < least else f"{most} at most"
        raise ValueError(f"{name} must be {span}, got {value}")


def check_choice(name: str, value: object, known: Sequence[object]) -> None:
    """Refuse what is not one of the known values.

    Raises:
        ValueError: it is something else.
    """
    if value not in known:
        names = [repr(item) for item in known]
        raise ValueError(f"{name} must be {', '.join(names[:-1])} or {names[-1]}, got {shorten(value)}")


def check_stop_words(stop_words: object) -> list[str]:
    """Return stop words as a list of distinct str.

    Raises:
        TypeError: it is one str, or holds something that is no str.
    """
    if isinstance(stop_words, str | bytes) or not isinstance(stop_words, Collection):
        cure = "; name the words, languages have no list here" if isinstance(stop_words, str) else ""
        raise TypeError(f"stop_words must be a list or a set of str, got {shorten(stop_words)}{cure}")
    words = list(stop_words)
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"stop_words must all be str, got {shorten(word)}")
        if surrogate_at(word) is not None:
            raise ValueError(f"stop_words must be whole characters, got {shorten(word)}")
    return sorted(set(words))


def to_csr(rows: tuple[bytearray, bytearray, bytearray], width: int, *, sparse: bool) -> Csr:
    """A matrix float32 (samples, columns) from the core's rows."""
    from scipy.sparse import csr_matrix

    values, columns = np.frombuffer(rows[0], "<f4"), np.frombuffer(rows[1], "<i4")
    starts = np.concatenate([np.zeros(1, "<i8"), np.frombuffer(rows[2], "<i8")])
    kind = np.int32 if len(columns) <= LARGEST_NUMBER else np.int64
    arrays = (values, columns.astype(kind, copy=False), starts.astype(kind))
    matrix = csr_matrix(arrays, shape=(len(starts) - 1, width), copy=False)
    matrix.has_sorted_indices = True
    matrix.has_canonical_format = True
    return matrix if sparse else matrix.toarray()
