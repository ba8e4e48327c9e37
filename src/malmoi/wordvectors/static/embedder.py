"""Texts to the static sentence embeddings of a model that others trained."""

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
    """Texts to vectors float32 (samples, dimension): the mean of their tokens' rows in a table that was trained before.

    `TextEmbedder.open` makes one of a folder. Nothing is learned from texts; `fit` only checks. A text without tokens
    is zeros.

    Args:
        vectors: an opened model.
        norm: "l2" makes every vector 1 long, so that products are cosines; `None` leaves them; "auto": as the files
            of the model say.
        max_length: tokens of a text that count, the first ones; `None`: all of them; "auto": as the files say
            (model2vec: 512 where they say nothing).
        n_jobs: threads of the core; `None` for all cores. The library `tokenizers` starts threads of its own, as many
            as there are cores or as `RAYON_NUM_THREADS` says, unless this is 1.

    Source:
        Tulkens and van Dongen 2024, model2vec; Miller 2024, wordllama; `StaticEmbedding` of sentence-transformers.
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
        """Open a model that model2vec, sentence-transformers' `StaticEmbedding` or wordllama wrote.

        Args:
            path: the folder; or, of several models in one folder, the safetensors file.
            norm, max_length, n_jobs: as of the class.

        Raises:
            FileNotFoundError: the tokenizer or the table is missing.
            FormatError: the files are damaged, do not fit each other, or are of another kind of model.
            MissingExtraError: the library `tokenizers` is not installed.
            TypeError, ValueError: a setting is out of its range.
        """
        embedder = cls(StaticVectors.open(Path(path)), norm=norm, max_length=max_length, n_jobs=n_jobs)
        embedder.check_settings()
        return embedder

    def fit(self, texts: Sequence[str], y: object = None) -> Self:
        """Check the settings and the texts; nothing is learned.

        Raises:
            TypeError: a text is not a str, or a setting is of the wrong kind.
            ValueError: a setting is out of its range.
        """
        self.checked_texts(texts)
        return self

    def fit_transform(self, texts: Sequence[str], y: object = None) -> Matrix:
        """Return the same as `transform`: nothing is learned."""
        return self.transform(texts)

    def transform(self, texts: Sequence[str]) -> Matrix:
        """Embed texts; float32 (samples, dimension)."""
        return self.settled().embed(text_list(self.checked_texts(texts)), thread_count(self.n_jobs))

    @property
    def dimension(self) -> int:
        """Numbers of an embedding."""
        return self.vectors.dimension

    def settled(self) -> StaticVectors:
        """Return the vectors with `norm` and `max_length` as they are set here."""
        self.check_settings()
        vectors = self.vectors
        if self.norm != "auto":
            vectors = replace(vectors, normalize=self.norm == "l2")
        if self.max_length != "auto":
            vectors = replace(vectors, max_length=self.max_length)  # type: ignore[arg-type]  # checked above
        return vectors

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what makes the same embeddings as data: what JSON can hold, and arrays by name."""
        return self.settled().to_state()

    @classmethod
    def from_state(cls, header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return an embedder of what `to_state` made data of.

        Raises:
            ValueError: something is missing, is of another kind, or does not fit the rest.
            MissingExtraError: the library `tokenizers` is not installed.
        """
        return cls(StaticVectors.from_state(header, arrays))

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Names of the columns."""
        return np.array([f"staticembedder{column}" for column in range(self.dimension)], dtype=object)

    def check_settings(self) -> None:
        """Refuse settings that are out of their range, as `fit` does."""
        if not isinstance(self.vectors, StaticVectors):
            rule = f"vectors must be StaticVectors, got {shorten(self.vectors)}"
            raise TypeError(f"{rule}; open a folder: TextEmbedder.open(folder)")
        check_choice("norm", self.norm, ("auto", "l2", None))
        if self.max_length != "auto" and self.max_length is not None:
            check_number("max_length", self.max_length, 1)
        thread_count(self.n_jobs)

    def __sklearn_tags__(self) -> Any:
        """Nothing needs to be learned."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags
