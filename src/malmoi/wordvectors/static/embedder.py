"""Static sentence embeddings of pretrained models."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import text_list
from malmoi.foundation.arrays import Matrix
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_choice, check_number, shorten
from malmoi.tokenizers.transformer import TextTransformer
from malmoi.wordvectors.static.vectors import StaticVectors

__all__ = ["StaticEmbedder"]


class StaticEmbedder(TextTransformer):
    """Embedder of texts as the mean of pretrained token vectors, float32 (samples, dimension).

    `TextEmbedder.open` creates one from a folder. Nothing is learned from texts; `fit` only validates. The embedding of
    a text without tokens is all zeros.

    Args:
        vectors: an opened model.
        norm: normalization of every embedding, "l2" or `None`, or "auto", as configured in the files of the model; with
            "l2" the length is 1, so that dot products are cosines.
        max_length: maximum number of tokens per text, from the first on; `None`: all; "auto": as configured in the
            files of the model (model2vec: 512 if not configured).
        n_jobs: number of threads of the core; `None` for all cores. Unless this is 1, the library `tokenizers` starts
            its own threads, as many as there are cores or as `RAYON_NUM_THREADS` sets.

    Source:
        Tulkens and van Dongen 2024, model2vec; Miller 2024, wordllama; `StaticEmbedding` of sentence-transformers.

    Example:
        >>> from malmoi import TextEmbedder
        >>> embedder = TextEmbedder.open("potion-base-8M", norm="l2", max_length=None)  # doctest: +SKIP
        >>> embedder.dimension, embedder.transform(["so good", ""]).shape  # doctest: +SKIP
        (256, (2, 256))
    """

    def __init__(
        self,
        vectors: StaticVectors,
        *,
        norm: str | None = "auto",
        max_length: int | str | None = "auto",
        n_jobs: int | None = None,
    ) -> None:
        self.vectors = vectors
        self.norm = norm
        self.max_length = max_length
        self.n_jobs = n_jobs

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        norm: str | None = "auto",
        max_length: int | str | None = "auto",
        n_jobs: int | None = None,
    ) -> Self:
        """Open a model of model2vec, sentence-transformers' `StaticEmbedding` or wordllama.

        Args:
            path: the folder; or the safetensors file if the folder holds several models.
            norm, max_length, n_jobs: see the class.

        Raises:
            FileNotFoundError: the tokenizer or the table is missing.
            FormatError: the files are damaged, do not match, or belong to another type of model.
            MissingExtraError: the library `tokenizers` is not installed.
            TypeError, ValueError: a setting has the wrong type or is out of range.
        """
        embedder = cls(StaticVectors.open(Path(path)), norm=norm, max_length=max_length, n_jobs=n_jobs)
        embedder.check_settings()
        return embedder

    def fit(self, texts: Sequence[str], y: object = None) -> Self:
        """Check the settings and the texts; nothing is learned.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        self.checked_texts(texts)
        return self

    def fit_transform(self, texts: Sequence[str], y: object = None) -> Matrix:
        """Return the result of `transform`; nothing is learned.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.

        Returns:
            float32 (samples, dimension).

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        return self.transform(texts)

    def transform(self, texts: Sequence[str]) -> Matrix:
        """Return the embeddings of texts.

        Args:
            texts: list of str, or an array or a column of them.

        Returns:
            float32 (samples, dimension).

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        return self.settled().embed(text_list(self.checked_texts(texts)), thread_count(self.n_jobs))

    @property
    def dimension(self) -> int:
        """Embedding dimension."""
        return self.vectors.dimension

    def settled(self) -> StaticVectors:
        """Return the vectors with the `norm` and `max_length` of this embedder.

        :meta private:
        """
        self.check_settings()
        vectors = self.vectors
        if self.norm != "auto":
            vectors = replace(vectors, normalize=self.norm == "l2")
        if self.max_length != "auto":
            vectors = replace(vectors, max_length=self.max_length)  # type: ignore[arg-type]  # checked above
        return vectors

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the state as JSON values and named arrays.

        :meta private:
        """
        return self.settled().to_state()

    @classmethod
    def from_state(cls, header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return an embedder from the output of `to_state`.

        Raises:
            ValueError: a part is missing, has the wrong type, or does not match the others.
            MissingExtraError: the library `tokenizers` is not installed.

        :meta private:
        """
        return cls(StaticVectors.from_state(header, arrays))

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Return the feature names: "staticembedder0" and so on.

        Args:
            input_features: not used.

        Returns:
            object (dimension,), str.
        """
        return np.array([f"staticembedder{column}" for column in range(self.dimension)], dtype=object)

    def check_settings(self) -> None:
        """Check all settings, as `fit` does.

        :meta private:
        """
        if not isinstance(self.vectors, StaticVectors):
            rule = f"vectors must be StaticVectors, got {shorten(self.vectors)}"
            raise TypeError(f"{rule}; open a folder: TextEmbedder.open(folder)")
        check_choice("norm", self.norm, ("auto", "l2", None))
        if self.max_length != "auto" and self.max_length is not None:
            check_number("max_length", self.max_length, 1)
        thread_count(self.n_jobs)

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags; `fit` is not required."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags
