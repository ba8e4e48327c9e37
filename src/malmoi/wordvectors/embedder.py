"""Text embeddings as weighted means of word vectors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts
from malmoi.foundation.arrays import Matrix
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_choice, check_number, real_number, shorten
from malmoi.tokenizers import Hangul, Tokenizer, Words
from malmoi.tokenizers.batches import count_batches
from malmoi.tokenizers.scripts import TokensOrAuto, chosen_tokens
from malmoi.tokenizers.transformer import TextTransformer
from malmoi.tokenizers.vocabulary import FIRST_ID, Vocabulary
from malmoi.wordvectors.coverage import Coverage
from malmoi.wordvectors.static.embedder import StaticEmbedder
from malmoi.wordvectors.vectors import WordVectors

__all__ = ["TextEmbedder"]

WEIGHTINGS = ("mean", "sif")


@dataclass(frozen=True)
class _CountedTexts:
    """Counted texts, with the vectors float32 (words, dimension) of their words."""

    tally: _core.TokenTally
    vocabulary: Vocabulary
    rows: Matrix
    coverage: Coverage


class TextEmbedder(TextTransformer):
    """Embedder of texts as the mean of their word vectors, float32 (samples, dimension).

    For classifiers with few labels and for text similarity. Words that do not occur in the training texts are used too,
    if they have a vector. The embedding of a text without known words is all zeros.

    Args:
        vectors: opened or trained word vectors; a text file is read at every call, so convert a file that is used
            often.
        weighting: weights of the words: "mean" (equal) or "sif" (smooth inverse frequency); with "sif", a word has the
            weight smoothing / (smoothing + relative frequency in the training texts), and the common components of the
            training texts are removed.
        smoothing: smoothing of "sif", above 0; smaller values give frequent words lower weights.
        common: number of common components that "sif" removes; 0 or more.
        norm: normalization of every embedding, "l2" or `None`; with "l2" the length is 1, so that dot products are
            cosines.
        tokens: tokenizer; "auto": the tokenizer that the vectors were trained with, if known; otherwise words, or
            characters for Japanese, Chinese, Thai and similar scripts.
        missing: treatment of words without a vector: "zeros" (ignored) or "subwords" (vectors computed from character
            n-grams if the file has them).
        lowercase: whether a word without a vector gets the vector of its lower case form.
        n_jobs: number of threads; `None` for all cores.

    Attributes:
        tokens_: the tokenizer in use.
        vocabulary_: words of the training texts with their counts.
        coverage_: coverage of the vocabulary by the vectors.
        components_: float32 (common, dimension), the removed components; no rows for "mean".

    Source:
        Arora, Liang and Ma 2017, "A simple but tough-to-beat baseline for sentence embeddings".

    Example:
        >>> from malmoi import WordVectors
        >>> vectors = WordVectors.from_arrays(["good", "bad"], [[1.0, 0.0], [0.0, 1.0]])
        >>> embedder = TextEmbedder(vectors)
        >>> embedder.fit_transform(["good film", "Good, bad, bad"])
        array([[1.        , 0.        ],
               [0.33333334, 0.6666667 ]], dtype=float32)
        >>> embedder.coverage_.missing, embedder.get_feature_names_out()
        (('film',), array(['textembedder0', 'textembedder1'], dtype=object))
        >>> sif = TextEmbedder(vectors, "sif", common=1, norm="l2").fit(["good film", "good", "so bad"])
        >>> sif.components_.shape
        (1, 2)
    """

    tokens_: Tokenizer
    vocabulary_: Vocabulary
    coverage_: Coverage
    components_: npt.NDArray[np.float32]
    _shares: dict[str, float]

    def __init__(
        self,
        vectors: WordVectors,
        weighting: str = "mean",
        *,
        smoothing: float = 1e-3,
        common: int = 1,
        norm: str | None = None,
        tokens: TokensOrAuto = "auto",
        missing: str = "zeros",
        lowercase: bool = True,
        n_jobs: int | None = None,
    ) -> None:
        self.vectors = vectors
        self.weighting = weighting
        self.smoothing = smoothing
        self.common = common
        self.norm = norm
        self.tokens = tokens
        self.missing = missing
        self.lowercase = lowercase
        self.n_jobs = n_jobs

    @staticmethod
    def open(
        path: str | os.PathLike[str],
        *,
        norm: str | None = "auto",
        max_length: int | str | None = "auto",
        n_jobs: int | None = None,
    ) -> StaticEmbedder:
        """Open static sentence embeddings of model2vec, sentence-transformers or wordllama.

        Nothing is downloaded.

        Args:
            path: a folder with `tokenizer.json` and one safetensors table; for wordllama also the folder of the
                package. If a folder holds several tables, the safetensors file.
            norm, max_length, n_jobs: see `StaticEmbedder`.

        Returns:
            An embedder with the interface of this class, which needs no `fit`.

        Raises:
            FileNotFoundError: the tokenizer or the table is missing.
            FormatError: the files are damaged, do not match, or belong to another type of model.
            MissingExtraError: the library `tokenizers` is not installed.
            TypeError, ValueError: a setting has the wrong type or is out of range.

        Example:
            >>> TextEmbedder.open("potion-base-8M").transform(["so good"]).shape  # doctest: +SKIP
            (1, 256)
        """
        return StaticEmbedder.open(path, norm=norm, max_length=max_length, n_jobs=n_jobs)

    def fit(self, texts: Sequence[str], y: object = None, *, progress: Progress = silent) -> Self:
        """Learn word frequencies and the common components of texts.

        Args:
            texts: list of str, or an array or a column of them; unlabelled texts can be used.
            y: not used.
            progress: progress callback; called with the step's name, the number done and the total.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        self._learn(self.checked_texts(texts), progress)
        return self

    def fit_transform(self, texts: Sequence[str], y: object = None, *, progress: Progress = silent) -> Matrix:
        """Fit, and return the embeddings of the same texts; the texts are tokenized once.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.
            progress: progress callback; called with the step's name, the number done and the total.

        Returns:
            float32 (samples, dimension).

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        return self._of_learned(self._learn(self.checked_texts(texts), progress))

    def transform(self, texts: Sequence[str]) -> Matrix:
        """Return the embeddings of texts.

        Args:
            texts: list of str, or an array or a column of them.

        Returns:
            float32 (samples, dimension).

        Raises:
            NotFittedError: the embedder is not fitted.
            TypeError: a text is not a str.
            ValueError: a text contains a lone surrogate.
        """
        texts = self.checked_texts(texts)
        self.check_is_fitted("components_")
        return self._of_learned(self._counted(texts, self.tokens_, silent))

    def _of_learned(self, counted: _CountedTexts) -> Matrix:
        return self._embedded(counted, self._shares, self.components_, normalize=self.norm == "l2")

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Return the feature names: "textembedder0" and so on.

        Args:
            input_features: not used.

        Returns:
            object (dimension,), str.

        Raises:
            NotFittedError: the embedder is not fitted.
        """
        self.check_is_fitted("components_")
        return np.array([f"textembedder{column}" for column in range(self.vectors.dimension)], dtype=object)

    def check_settings(self) -> None:
        """Check all settings, as `fit` does.

        :meta private:
        """
        super().check_settings()
        if not isinstance(self.vectors, WordVectors):
            rule = f"vectors must be WordVectors, got {shorten(self.vectors)}"
            raise TypeError(f"{rule}; open a file: WordVectors.open(path)")
        check_choice("weighting", self.weighting, WEIGHTINGS)
        check_choice("norm", self.norm, ("l2", None))
        check_choice("missing", self.missing, ("zeros", "subwords"))
        check_number("common", self.common, 0, self.vectors.dimension)
        if not isinstance(self.lowercase, bool):
            raise TypeError(f"lowercase must be True or False, got {shorten(self.lowercase)}")
        if not real_number("smoothing", self.smoothing) > 0:
            raise ValueError(f"smoothing must be above 0, got {self.smoothing}")

    def _learn(self, texts: Texts, progress: Progress) -> _CountedTexts:
        tokens = self._chosen_tokens(texts)
        counted = self._counted(texts, tokens, progress)
        shares = _shares(counted.vocabulary)
        components = np.empty((0, self.vectors.dimension), dtype=np.float32)
        common = int(self.common) if self.weighting == "sif" else 0
        if common:
            components = _common_components(self._embedded(counted, shares, components, normalize=False), common)
        # Set all attributes at once: if a fit fails earlier, the old values stay.
        self.tokens_, self.vocabulary_, self.coverage_ = tokens, counted.vocabulary, counted.coverage
        self._shares, self.components_ = shares, components
        return counted

    def _chosen_tokens(self, texts: Texts) -> Tokenizer:
        if isinstance(self.tokens, Tokenizer):
            return self.tokens
        if self.vectors.training is not None:
            return self.vectors.training.tokens
        tokens, _ = chosen_tokens("auto", texts, bag=False)
        # Files of Korean vectors hold words; single syllables are among them only by chance.
        return Words() if isinstance(tokens, Hangul) else tokens

    def _counted(self, texts: Texts, tokens: Tokenizer, progress: Progress) -> _CountedTexts:
        """Count the words of texts, and look up their vectors."""
        tally = _core.TokenTally(tokens.splitter, threads=thread_count(self.n_jobs), keep=True)
        count_batches(tally.add, self.prepared_batches(tokens, texts), progress, "counting words")
        vocabulary = Vocabulary.counted(tally, least=0, most=None)
        matrix, coverage = self.vectors.matrix_for(
            vocabulary,
            missing=self.missing,  # type: ignore[arg-type]
            lowercase=self.lowercase,
            progress=progress,
        )
        return _CountedTexts(tally, vocabulary, matrix[FIRST_ID:], coverage)

    def _embedded(
        self, counted: _CountedTexts, shares: dict[str, float], components: Matrix, *, normalize: bool
    ) -> Matrix:
        """Return the weighted means of the word vectors, with the components removed."""
        found: npt.NDArray[np.bool_] = np.any(counted.rows != 0, axis=1)
        rows = self._weighted(counted.rows, counted.vocabulary.words, shares)
        return counted.tally.embedded(
            rows=np.ascontiguousarray(rows, np.float32),
            counts=found.tolist(),
            components=np.ascontiguousarray(components, np.float32),
            normalize=normalize,
        )

    def weighted_rows(self) -> tuple[list[str], Matrix]:
        """Return the words of the training texts that have a vector, and their weighted vectors (words, dimension).

        :meta private:
        """
        self.check_is_fitted("components_")
        matrix, _ = self.vectors.matrix_for(
            self.vocabulary_,
            missing=self.missing,  # type: ignore[arg-type]
            lowercase=self.lowercase,
        )
        rows = matrix[FIRST_ID:]
        found = np.flatnonzero(np.any(rows != 0, axis=1))
        words = [self.vocabulary_.words[row] for row in found.tolist()]
        return words, self._weighted(rows[found], words, self._shares)

    def _weighted(self, rows: Matrix, words: Sequence[str], shares: dict[str, float]) -> Matrix:
        """Return word vectors multiplied by their weights."""
        if self.weighting != "sif":
            return rows
        of_words = np.array([shares.get(word, 0.0) for word in words])
        weighted: Matrix = rows * (self.smoothing / (self.smoothing + of_words)).astype(np.float32)[:, None]
        return weighted

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the word frequencies, which are computed again."""
        return {name: value for name, value in super().__getstate__().items() if name != "_shares"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore settings and learned attributes."""
        super().__setstate__(state)
        if hasattr(self, "vocabulary_"):
            self._shares = _shares(self.vocabulary_)


def _shares(vocabulary: Vocabulary) -> dict[str, float]:
    """Return the relative frequency of each word."""
    shares = vocabulary.counts / max(1, int(vocabulary.counts.sum()))
    return dict(zip(vocabulary.words, shares.tolist(), strict=True))


def _common_components(embedded: Matrix, count: int) -> Matrix:
    """Return the first principal directions of the embeddings, not centred, float32 (count, dimension)."""
    exact = embedded.astype(np.float64)
    _, directions = np.linalg.eigh(exact.T @ exact)
    return np.ascontiguousarray(directions[:, ::-1][:, :count].T, dtype=np.float32)
