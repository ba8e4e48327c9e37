"""Static sentence embeddings: a tokenizer, a table of token vectors, and mean pooling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from malmoi.errors import FormatError
from malmoi.foundation.arrays import Matrix
from malmoi.foundation.validation import shorten
from malmoi.wordvectors.static.folder import Folder, find_files, read_json_bytes
from malmoi.wordvectors.static.subwords import Runs, Subwords
from malmoi.wordvectors.static.tensors import DTYPES, Tensors, check_finite, decoded, read_tensors
from malmoi.wordvectors.static.words import WordSplit, word_split_of

__all__ = ["StaticVectors"]

Form: TypeAlias = Literal["model2vec", "sentence-transformers", "wordllama"]
FORMS: tuple[Form, ...] = get_args(Form)
MODEL2VEC_LENGTH = 512
SHORT_RUN = 24
ROWS_TOGETHER = 4096
BLOCK_CHARACTERS, BLOCK_TEXTS = 4_000_000, 1 << 16


@dataclass(frozen=True, eq=False)
class StaticVectors:
    """A static sentence embedding: the mean of a text's token vectors, zeros for a text without tokens.

    Args:
        subwords: the tokenizer.
        table: (rows, dimension), in the dtype of the file.
        dtype: dtype of the table.
        weights: float32 (vocabulary,), weight of each token; `None`: 1.
        mapping: int64 (vocabulary,), table row of each token; `None`: its id.
        form: library whose behaviour is followed; model2vec ignores unknown tokens.
        normalize: whether embeddings are normalised to length 1.
        max_length: number of tokens to use per text, from the first on; `None`: all.
    """

    subwords: Subwords
    table: npt.NDArray[Any]
    dtype: str
    weights: npt.NDArray[np.float32] | None
    mapping: npt.NDArray[np.int64] | None
    form: Form
    normalize: bool
    max_length: int | None

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open the files of a model; the table is loaded into memory.

        Raises:
            FileNotFoundError: a file is missing.
            FormatError: the files are damaged, do not match, or belong to another type of model.
            MissingExtraError: the library `tokenizers` is not installed.
        """
        files = find_files(Path(path))
        tensors = read_tensors(files.table)
        try:
            subwords = Subwords(read_json_bytes(files.tokenizer).decode())
            found = cls._of_files(files, tensors, subwords)
            found.check()
        except ValueError as error:
            raise FormatError(f"{files.table} with {files.tokenizer.name}: {error}") from None
        return found

    @classmethod
    def _of_files(cls, files: Folder, tensors: Tensors, subwords: Subwords) -> Self:
        form: Form = "sentence-transformers" if files.has_modules else "wordllama"
        normalize, max_length = files.normalizes, subwords.truncation if files.has_modules else None
        if tensors.name == "embeddings":
            form = "model2vec"
            normalize = files.config.get("normalize", normalize and not files.config)
            max_length = files.config.get("max_length", MODEL2VEC_LENGTH)
        weights, mapping = tensors.weights, tensors.mapping
        return cls(
            subwords,
            tensors.table,
            tensors.dtype,
            None if weights is None else weights.astype(np.float32),
            None if mapping is None else mapping.astype(np.int64),
            form,
            normalize,
            max_length,
        )

    @property
    def dimension(self) -> int:
        """Embedding dimension."""
        return int(self.table.shape[1])

    def __repr__(self) -> str:
        rows, dimension = self.table.shape
        return f"StaticVectors({self.form}, {rows} x {dimension} {self.dtype})"

    def __deepcopy__(self, memo: object) -> Self:
        """Return the object itself, which is immutable."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the state of `to_state`."""
        return type(self).from_state, self.to_state()

    def to_state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return the state as JSON values and named arrays."""
        header = {name: getattr(self, name) for name in ("dtype", "form", "normalize", "max_length")}
        text = np.frombuffer(self.subwords.text.encode(), dtype=np.uint8)
        arrays = {"table": self.table, "tokenizer": text, "weights": self.weights, "mapping": self.mapping}
        return header, {name: np.asarray(array) for name, array in arrays.items() if array is not None}

    @classmethod
    def from_state(cls, header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return static vectors from the output of `to_state`.

        Raises:
            ValueError: a part is missing, has the wrong type, or does not match the others.
            MissingExtraError: the library `tokenizers` is not installed.
        """
        for name in ("table", "tokenizer"):
            if name not in arrays:
                raise ValueError(f"a static embedding must have the array {name!r}, found {shorten(sorted(arrays))}")
        found = cls(
            Subwords(arrays["tokenizer"].astype(np.uint8).tobytes().decode()),
            arrays["table"],
            str(header.get("dtype")),
            arrays.get("weights"),
            arrays.get("mapping"),
            header.get("form"),  # type: ignore[arg-type]  # checked below
            header.get("normalize"),  # type: ignore[arg-type]
            header.get("max_length"),
        )
        found.check()
        return found

    def check(self) -> None:
        """Check that all parts have the right type and match each other.

        Raises:
            ValueError: they do not.
        """
        self._check_settings()
        ids = self.subwords.vocabulary.values()
        tokens = len(ids)
        if tokens and max(ids) >= tokens:
            raise ValueError(f"the tokenizer must have the ids 0 to {tokens - 1} for {tokens} tokens, got {max(ids)}")
        rows = len(self.table)
        if self.mapping is None and rows != tokens:
            rule = f"the table must have a row for each of the tokenizer's {tokens} tokens, found {rows} rows"
            raise ValueError(f"{rule}; the two files belong to different models")
        for name, array in (("weights", self.weights), ("mapping", self.mapping)):
            if array is not None and array.shape != (tokens,):
                raise ValueError(f"{name} must have one number for each of {tokens} tokens, found {len(array)}")
        if self.mapping is not None and tokens and not 0 <= self.mapping.min() <= self.mapping.max() < rows:
            wrong = self.mapping.min() if self.mapping.min() < 0 else self.mapping.max()
            raise ValueError(f"mapping must contain rows from 0 to {rows - 1} of the table, found {wrong}")
        if self.weights is not None and not np.isfinite(self.weights).all():
            raise ValueError("weights must be finite, found NaN or infinity")
        check_finite(self.table, self.dtype)

    def _check_settings(self) -> None:
        if self.form not in FORMS:
            raise ValueError(f"form must be one of {', '.join(FORMS)}, found {shorten(self.form)}")
        if not isinstance(self.normalize, bool):
            raise ValueError(f"normalize must be true or false, found {shorten(self.normalize)}")
        if self.max_length is not None and (type(self.max_length) is not int or self.max_length < 0):
            raise ValueError(f"max_length must be 0 or more, or null, found {shorten(self.max_length)}")
        if self.dtype not in DTYPES or self.table.dtype != np.dtype(DTYPES[self.dtype]) or self.table.ndim != 2:
            found = f"{self.table.dtype} as {self.dtype}, with {self.table.ndim} axes"
            raise ValueError(f"the table must have two axes and be of {', '.join(DTYPES)}, found {shorten(found)}")
        kinds = {"weights": (self.weights, np.float32), "mapping": (self.mapping, np.int64)}
        for name, (array, kind) in kinds.items():
            if array is not None and (array.dtype != kind or array.ndim != 1):
                raise ValueError(f"{name} must be {np.dtype(kind).name} with one axis, found {array.dtype}")

    def embed(self, texts: list[str], threads: int = 1) -> Matrix:
        """Return the embeddings of texts.

        Args:
            texts: texts to embed.
            threads: number of threads of the core; with more than 1, the library `tokenizers` starts its own threads.
                The result does not depend on it.

        Returns:
            float32 (samples, dimension).

        Raises:
            ValueError: the tokenizer cannot tokenize a text.
        """
        if self.form == "model2vec" and self.max_length is not None:
            characters = self.max_length * self.subwords.median_length
            texts = [text[:characters] for text in texts]
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for block in _blocks(texts):
            rows[block] = self._embedded(texts[block], threads)
        if self.normalize:
            exact = rows.astype(np.float64)
            lengths = np.sqrt((exact * exact).sum(axis=1, keepdims=True))
            rows = (exact / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        return rows

    @cached_property
    def _words(self) -> WordSplit | None:
        return word_split_of(self.subwords)

    def _embedded(self, texts: list[str], threads: int) -> Matrix:
        """Return the means of the token vectors of texts."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        by_words = np.zeros(len(texts), dtype=np.bool_)
        if self._words is not None:
            by_words = np.fromiter(map(self._words.suits, texts), dtype=np.bool_, count=len(texts))
            rows[by_words] = self._means(self._words.ids(list(compress(texts, by_words)), threads))
        if not by_words.all():
            rows[~by_words] = self._means(self.subwords.ids(list(compress(texts, ~by_words)), threads))
        return rows

    def _means(self, runs: Runs) -> Matrix:
        if self.max_length is not None and runs.lengths.max(initial=0) > self.max_length:
            runs = runs.kept(runs.places < self.max_length)
        runs = self._without_unknown(runs)
        used = np.zeros(len(self.subwords.vocabulary), dtype=np.bool_)
        used[runs.ids] = True
        rows = np.cumsum(used) - 1
        sums = _sums(self._rows(np.flatnonzero(used)), Runs(rows[runs.ids], runs.lengths))
        sums /= np.maximum(runs.lengths, 1)[:, None].astype(np.float32)
        return sums

    def _without_unknown(self, runs: Runs) -> Runs:
        """Return the ids without unknown tokens if the model ignores these."""
        unknown = self.subwords.unknown_id if self.form == "model2vec" else None
        return runs if unknown is None else runs.kept(runs.ids != unknown)

    def _rows(self, ids: npt.NDArray[np.int64]) -> Matrix:
        """Return the weighted vectors of ids."""
        rows = decoded(self.table[ids if self.mapping is None else self.mapping[ids]], self.dtype)
        return rows if self.weights is None else rows * self.weights[ids][:, None]


def _sums(rows: Matrix, runs: Runs) -> Matrix:
    """Return the sum of each run's rows, float32 (runs, dimension), in an order that depends only on the run."""
    sums = np.zeros((len(runs.lengths), rows.shape[1]), dtype=np.float32)
    ends = np.cumsum(runs.lengths)
    starts = ends - runs.lengths
    short = np.flatnonzero(runs.lengths <= SHORT_RUN)
    for position in range(SHORT_RUN):
        short = short[runs.lengths[short] > position]
        for start in range(0, len(short), ROWS_TOGETHER):
            chosen = short[start : start + ROWS_TOGETHER]
            sums[chosen] += rows.take(runs.ids[starts[chosen] + position], axis=0)
    for run in np.flatnonzero(runs.lengths > SHORT_RUN).tolist():
        for start in range(int(starts[run]), int(ends[run]), ROWS_TOGETHER):
            stop = min(start + ROWS_TOGETHER, int(ends[run]))
            sums[run] += rows.take(runs.ids[start:stop], axis=0).sum(axis=0)
    return sums


def _blocks(texts: list[str]) -> Iterator[slice]:
    """Yield slices of the texts whose tokens need little memory."""
    start, characters = 0, 0
    for end, text in enumerate(texts, start=1):
        characters += len(text)
        if characters >= BLOCK_CHARACTERS or end - start >= BLOCK_TEXTS or end == len(texts):
            yield slice(start, end)
            start, characters = end, 0
