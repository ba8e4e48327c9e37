"""What a fastText classifier has learned: dictionary, embeddings and outputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts
from malmoi.errors import DataError
from malmoi.foundation.arrays import joined
from malmoi.foundation.threads import thread_count
from malmoi.models.fasttext.tables import Table
from malmoi.tokenizers import Tokenizer
from malmoi.tokenizers.batches import batches

__all__ = ["END", "LABEL_PREFIX", "Dictionary", "FastTextNetwork", "NetworkLoss", "prepared"]

Floats = npt.NDArray[np.float32]
NetworkLoss = Literal["softmax", "one-vs-all", "negative sampling", "hierarchical softmax"]
LABEL_PREFIX = "__label__"
END = b"</s>"
"""The end of every text, which is a word of fastText."""


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Words and labels, the kinds of features, and which buckets have rows.

    Args:
        entries: uint8 (bytes,), the bytes of the words, then of the labels with their prefix.
        ends: int64 (entries,), the end of each.
        counts: int64 (entries,), number of occurrences of each.
        words: number of words.
        ngrams: number of words of the longest word n-gram.
        characters: lengths of the shortest and the longest character n-gram; (0, 0): none.
        buckets: number of buckets.
        kept: uint32 (kept,), the buckets that have rows, in the order of the rows; `None`: all have one.
        zeros: whether other buckets are zero vectors, which count in the mean; otherwise they are ignored.
    """

    entries: npt.NDArray[np.uint8]
    ends: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    words: int
    ngrams: int
    characters: tuple[int, int]
    buckets: int
    kept: npt.NDArray[np.uint32] | None
    zeros: bool

    @property
    def rows(self) -> int:
        """Number of rows of the embeddings."""
        return self.words + (self.buckets if self.kept is None else len(self.kept))

    @property
    def label_counts(self) -> npt.NDArray[np.int64]:
        """int64 (labels,), number of training texts of each label."""
        return self.counts[self.words :]

    def entry(self, number: int) -> bytes:
        """Return the bytes of a word or a label."""
        start = int(self.ends[number - 1]) if number else 0
        return self.entries[start : int(self.ends[number])].tobytes()

    @property
    def labels(self) -> list[bytes]:
        """The labels, with their prefix."""
        return [self.entry(number) for number in range(self.words, len(self.ends))]

    @cached_property
    def core(self) -> _core.FastTextDictionary:
        """The object of the core.

        Raises:
            ValueError: entries or buckets repeat.
        """
        return _core.FastTextDictionary(
            self.entries,
            self.ends,
            self.words,
            shortest=self.characters[0],
            longest=self.characters[1],
            ngrams=self.ngrams,
            buckets=self.buckets,
            kept=self.kept,
            zeros=self.zeros,
        )

    def __getstate__(self) -> dict[str, object]:
        """Return the fields for a copy, without objects of the core."""
        return {name: value for name, value in vars(self).items() if name != "core"}

    def with_kept(self, kept: npt.NDArray[np.uint32], *, zeros: bool) -> Dictionary:
        """Return the dictionary with rows for other buckets."""
        return replace(self, kept=kept, zeros=zeros)


@dataclass(frozen=True, eq=False)
class FastTextNetwork:
    """Dictionary, embeddings and outputs.

    Args:
        tokens: tokenizer; `None`: white space.
        dictionary: words, labels, and the rows of features.
        input: (rows, dimension), embeddings of words and buckets.
        output: (labels, dimension); for hierarchical softmax a row per node of the tree.
        loss: the loss function of the training.
        order: int64 (labels,), for each class the position of its label in the dictionary.
    """

    tokens: Tokenizer | None
    dictionary: Dictionary
    input: Table
    output: Table
    loss: NetworkLoss
    order: npt.NDArray[np.int64]

    @cached_property
    def core(self) -> _core.FastTextModel:
        """The object of the core.

        Raises:
            ValueError: the matrices do not fit the dictionary.
        """
        counts = self.dictionary.label_counts.tolist() if self.loss == "hierarchical softmax" else None
        tables = self.input.core, self.output.core
        return _core.FastTextModel(self.dictionary.core, *tables, labels=len(self.order), counts=counts)

    def __getstate__(self) -> dict[str, object]:
        """Return the fields for a copy, without objects of the core."""
        return {name: value for name, value in vars(self).items() if name != "core"}

    def scores(self, texts: Texts, n_jobs: int | None) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return scores float32 (samples, classes), and whether a word of each text is known, bool (samples,).

        The scores of hierarchical softmax are logarithms of probabilities.

        Raises:
            DataError: the model has numbers that are not finite.
        """
        threads = thread_count(n_jobs)
        parts = [self.core.predict(prepared(self.tokens, batch), threads) for batch in batches(texts)]
        scores = joined([scores for scores, _ in parts], np.float32, len(self.order))
        if not np.isfinite(scores).all():
            raise DataError("the scores of the model must be finite, got NaN or infinity; the model file is damaged")
        known = np.concatenate([known for _, known in parts]).astype(np.bool_)
        return scores[:, self.order], known


def prepared(tokens: Tokenizer | None, texts: Texts) -> Texts:
    """Return texts whose words are separated by white space: the tokens of a tokenizer, joined with spaces."""
    return texts if tokens is None else [" ".join(tokens(text)) for text in texts]
