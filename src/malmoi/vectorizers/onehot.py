"""One-hot encoding of the tokens of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.limits import most
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_number
from malmoi.tokenizers import Characters, Tokenizer
from malmoi.tokenizers.batches import count_batches
from malmoi.tokenizers.scripts import TokensOrAuto, chosen_tokens
from malmoi.tokenizers.transformer import TextTransformer
from malmoi.vectorizers.sparse import Csr

__all__ = ["OneHotVectorizer", "one_hot_rows"]

ONES_TOGETHER = 1 << 14
"""Number of ones written at once: each may touch a new memory page, which takes a microsecond; interrupts are handled
in between."""


class OneHotVectorizer(TextTransformer):
    """Vectorizer of texts to one-hot arrays with a one at (sample, position, id) per token.

    Ids start at 1, in order of first appearance or of an alphabet; column 0 is always zero. An out-of-vocabulary token
    keeps its position, with all zeros. Tokens after `max_length` are truncated.

    Args:
        tokens: tokenizer; "auto" chooses one by the scripts of the training texts.
        max_length: number of positions, 1 or more; `None`: the number of tokens of the longest training text.
        sparse_output: whether to return a CSR matrix (samples, positions * columns), for large outputs; otherwise a
            dense array.
        n_jobs: number of threads; `None` for all cores.

    Attributes:
        token_index_: ids of the tokens.
        length_: number of positions.
        tokens_: the tokenizer in use.
        choice_: reason for the choice of the tokenizer.

    Example:
        >>> vectorizer = OneHotVectorizer(max_length=3)
        >>> vectorizer.fit_transform(["so good", "good film"]).shape
        (2, 3, 4)
        >>> vectorizer.token_index_
        {'so': 1, 'good': 2, 'film': 3}
        >>> vectorizer.inverse_transform(vectorizer.transform(["so bad film"]))
        [['so', None, 'film']]
    """

    token_index_: dict[str, int]
    length_: int
    tokens_: Tokenizer
    choice_: str
    _index: _core.TokenIndex

    def __init__(
        self,
        tokens: TokensOrAuto = "auto",
        max_length: int | None = None,
        *,
        sparse_output: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.tokens = tokens
        self.max_length = max_length
        self.sparse_output = sparse_output
        self.n_jobs = n_jobs

    def fit(self, texts: Sequence[str], y: object = None, *, progress: Progress = silent) -> Self:
        """Learn the token ids.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.
            progress: progress callback; called with the step's name, the number of texts done and the total.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        texts = self.checked_texts(texts)
        tokens, choice = chosen_tokens(self.tokens, texts, bag=False)
        tally = _core.TokenTally(tokens.splitter, threads=thread_count(self.n_jobs), keep=True)
        count_batches(tally.add, self.prepared_batches(tokens, texts), progress, "counting words")
        alphabet = tokens.known_tokens if isinstance(tokens, Characters) else None
        words = tally.state()[0][0] if alphabet is None else alphabet
        _, lengths, _ = tally.padded(kept=len(words), first_id=1, unknown=1, length=1, pad_left=False, keep_last=False)
        self.tokens_, self.choice_ = tokens, choice
        self.token_index_ = {word: number for number, word in enumerate(words, start=1)}
        self.length_ = self.max_length or int(lengths.max(initial=1)) or 1
        return self

    def fit_transform(
        self, texts: Sequence[str], y: object = None, *, progress: Progress = silent
    ) -> npt.NDArray[np.float32] | Csr:
        """Learn the token ids, and return the one-hot arrays of the same texts; an iterator is consumed once.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.
            progress: progress callback; called with the step's name, the number of texts done and the total.

        Returns:
            float32 (samples, positions, columns), or CSR (samples, positions * columns) if `sparse_output`.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
            MemoryError: the dense array does not fit into memory.
        """
        texts = self.checked_texts(texts, whole=False)
        return self.fit(texts, progress=progress).transform(texts)

    def transform(self, texts: Sequence[str]) -> npt.NDArray[np.float32] | Csr:
        """Return the one-hot arrays of texts; out-of-vocabulary tokens are all zeros.

        Args:
            texts: list of str, or an array or a column of them.

        Returns:
            float32 (samples, positions, columns), or CSR (samples, positions * columns) if `sparse_output`.

        Raises:
            NotFittedError: the vectorizer is not fitted.
            TypeError: a text is not a str.
            ValueError: a text contains a lone surrogate.
            MemoryError: the dense array does not fit into memory.
        """
        texts = self.checked_texts(texts, whole=False)
        self.check_is_fitted("token_index_")
        index, width = _core.TokenIndex(list(self.token_index_), 1), len(self.token_index_) + 1
        # Unknown tokens get an id after the last column, which is replaced by 0 below.
        rows, _, _ = index.padded(
            self.tokens_.prepared(texts),
            self.tokens_.splitter,
            unknown=width,
            length=self.length_,
            pad_left=False,
            keep_last=False,
            threads=thread_count(self.n_jobs),
        )
        return one_hot_rows(np.where(rows == width, 0, rows), width, sparse=self.sparse_output, zero=0)

    def inverse_transform(self, rows: npt.ArrayLike) -> list[list[str | None]]:
        """Return the tokens of each text up to its last known token; `None` at positions without a one.

        Args:
            rows: the output of `transform`, dense or sparse.

        Returns:
            One list of tokens per sample.

        Raises:
            NotFittedError: the vectorizer is not fitted.
            ValueError: the shape is not that of an output of `transform`.
        """
        self.check_is_fitted("token_index_")
        array = np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows)
        array = array.reshape(len(array), self.length_, len(self.token_index_) + 1)
        names: list[str | None] = [None, *self.token_index_]
        texts = [[names[number] for number in sample] for sample in array.argmax(axis=2)]
        ends = [max((position + 1 for position, token in enumerate(text) if token), default=0) for text in texts]
        return [text[:end] for text, end in zip(texts, ends, strict=True)]

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Return the feature names of the two-dimensional form: position and token.

        Args:
            input_features: not used.

        Returns:
            object (positions * columns,), str such as "position0=good"; without a token for column 0.

        Raises:
            NotFittedError: the vectorizer is not fitted.
        """
        self.check_is_fitted("token_index_")
        names = ["", *self.token_index_]
        return np.asarray([f"position{at}={name}" for at in range(self.length_) for name in names], dtype=object)

    def check_settings(self) -> None:
        """Check all settings, as `fit` does.

        :meta private:
        """
        super().check_settings()
        if self.max_length is not None:
            check_number("max_length", self.max_length, 1, most("text length"))


def one_hot_rows(ids: npt.NDArray[np.int32], width: int, *, sparse: bool, zero: int) -> npt.NDArray[np.float32] | Csr:
    """Return one-hot arrays of ids.

    Args:
        ids: int32 (samples, positions), below `width`.
        width: number of columns.
        sparse: whether to return CSR (samples, positions * columns) instead of float32 (samples, positions, columns).
        zero: id that is encoded as all zeros.

    Raises:
        MemoryError: the array does not fit.
    """
    samples, positions = np.nonzero(ids != zero)
    numbers = ids[samples, positions]
    if sparse:
        from scipy.sparse import csr_matrix

        ends = np.concatenate([[0], np.cumsum((ids != zero).sum(axis=1))])
        columns = positions.astype(np.int64) * width + numbers
        ones = np.ones(len(columns), dtype=np.float32)
        return csr_matrix((ones, columns, ends), shape=(len(ids), ids.shape[1] * width))
    rows = np.zeros((*ids.shape, width), dtype=np.float32)
    for start in range(0, len(numbers), ONES_TOGETHER):
        part = slice(start, start + ONES_TOGETHER)
        rows[samples[part], positions[part], numbers[part]] = 1
    return rows
