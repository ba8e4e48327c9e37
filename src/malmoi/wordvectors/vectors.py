"""Word vectors: opening, training, look-up, similarity and conversion."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Matrix
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import shorten, whole_number
from malmoi.tokenizers.scripts import TokensOrAuto
from malmoi.tokenizers.vocabulary import FIRST_ID, Vocabulary
from malmoi.wordvectors.coverage import EXACT, LOWERCASED, MISSING, SUBWORDS, Coverage, coverage_of
from malmoi.wordvectors.formats.memory import MemorySource
from malmoi.wordvectors.formats.recognition import recognise
from malmoi.wordvectors.formats.sources import Found, Source, WordTable
from malmoi.wordvectors.formats.stored import StoredSource
from malmoi.wordvectors.formats.table import Table, found_in
from malmoi.wordvectors.formats.writing import DTYPES, write_vectors
from malmoi.wordvectors.neighbours import Neighbour, most_similar
from malmoi.wordvectors.training import EpochCallback, GloveSettings, Training

__all__ = ["WordVectors"]

Missing: TypeAlias = Literal["zeros", "random", "subwords"]
MISSING_ROWS = ("zeros", "random", "subwords")
SMALL = 0.05
ESCAPED = re.compile(rb"\\x([89a-f][0-9a-f])")


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Word vectors of a file or in memory; opening a file reads its beginning, and vectors are read when needed.

    Args:
        source: source of the vectors; use `WordVectors.open` or `from_arrays` to create it.
        encoding: character encoding of the words in the file.
    """

    source: Source
    encoding: str = "utf-8"

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, encoding: str = "utf-8") -> Self:
        """Open a file of word vectors; its format is detected from its content.

        Args:
            path: GloVe text (a word and its values per line; words may contain spaces), word2vec text or binary,
                fastText `.vec` or `.bin`, each also compressed as `.gz`, `.zst` or a `.zip` of one file; or a file
                written by `convert`.
            encoding: character encoding of the words; an invalid byte is shown as `\\xNN` and can be looked up so.

        Raises:
            FileNotFoundError: the file does not exist.
            FormatError: the file is empty, damaged, or does not hold word vectors.
            LookupError: the encoding is unknown.
        """
        "".encode(encoding)
        return cls(recognise(Path(path)), encoding)

    @classmethod
    def from_arrays(cls, words: Sequence[str], matrix: npt.ArrayLike) -> Self:
        """Create word vectors from arrays.

        Args:
            words: distinct words, the most frequent first.
            matrix: float (words, dimension), finite.

        Raises:
            ValueError: a word is repeated, a value is not finite, or the shapes do not match.
        """
        return cls(MemorySource.of([word.encode() for word in words], matrix))

    @classmethod
    def train(
        cls,
        texts: Iterable[str] | Iterable[Sequence[str]],
        *,
        tokens: TokensOrAuto = "auto",
        dimension: int = 100,
        window: int = 15,
        symmetric: bool = True,
        min_count: int = 5,
        max_tokens: int | None = None,
        epochs: int = 15,
        x_max: float = 10.0,
        alpha: float = 0.75,
        learning_rate: float = 0.05,
        seed: int = 0,
        n_jobs: int | None = None,
        memory_mb: int = 2048,
        folder: str | os.PathLike[str] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int = 1,
        progress: Progress = silent,
        on_epoch: EpochCallback | None = None,
    ) -> Self:
        """Train word vectors on texts with GloVe; the same settings give the same vectors on any machine.

        Args:
            texts: a list, an array or a column of str; or an iterator of texts or of batches of texts, which is
                consumed once.
            tokens: tokenizer; "auto" chooses words, for Korean in dictionary form if kiwipiepy is installed and
                otherwise without particles. Windows do not cross texts.
            dimension: embedding dimension.
            window: largest distance of co-occurring words, which count 1 / distance each; words without a vector are
                removed first.
            symmetric: whether to count context words on both sides; otherwise only preceding words.
            min_count: lowest count of a word.
            max_tokens: largest vocabulary size; keeps the most frequent words.
            epochs: passes over all pairs.
            x_max: co-occurrence count below which pairs have a lower weight; 10 suits a few million words, 100 a
                billion.
            alpha: exponent of the weighting function.
            learning_rate: learning rate of AdaGrad.
            seed: random seed of the initial vectors and of the order of the pairs.
            n_jobs: number of threads; `None` for all cores. The result does not depend on it.
            memory_mb: memory for texts and counts, in megabytes; the rest is stored in temporary files. Words and
                vectors need additional memory, 16 bytes per value.
            folder: folder of the temporary files; `None`: the system's default.
            checkpoint: checkpoint file; if it exists, the training is resumed from it.
            checkpoint_every: number of epochs between checkpoints.
            progress: progress callback; called with the step's name, the number done and the total.
            on_epoch: callback after each epoch; called with the epoch's number, from 1, and its mean loss.

        Returns:
            Vectors in memory, most frequent word first, each the sum of word and context vector; `training` holds the
            record of the training.

        Raises:
            DataError: no word is frequent enough, no words co-occur, or the checkpoint belongs to another training.
            FormatError: the checkpoint is damaged.
            OSError: the disk is full.
            TypeError, ValueError: a setting or a text is invalid.

        Source:
            Pennington, Socher and Manning 2014, "GloVe: global vectors for word representation".
        """
        from malmoi.wordvectors.glove import Workplace, train_glove

        settings = GloveSettings(
            dimension, window, symmetric, min_count, max_tokens, epochs, x_max, alpha, learning_rate, seed
        )
        workplace = Workplace.of(n_jobs, memory_mb, folder, checkpoint, checkpoint_every)
        words, matrix, training = train_glove(texts, tokens, settings, workplace, progress, on_epoch)
        return cls(MemorySource.of([word.encode() for word in words], matrix, training))

    @property
    def training(self) -> Training | None:
        """Record of the training; `None` for vectors of a file."""
        return self.source.training if isinstance(self.source, MemorySource) else None

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self.source.path

    @property
    def kind(self) -> str:
        """Description of the file format."""
        return self.source.kind

    @property
    def dimension(self) -> int:
        """Embedding dimension."""
        return self.source.dimension

    def __deepcopy__(self, memo: object) -> Self:
        """Return the object itself, which is immutable."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle vectors in memory by value, and vectors of a file by path."""
        if isinstance(self.source, MemorySource):
            return type(self), (self.source, self.encoding)
        return partial(type(self).open, encoding=self.encoding), (str(self.path),)

    def __repr__(self) -> str:
        return f"WordVectors({str(self.path)!r}, {self.kind}, dimension={self.dimension})"

    def matrix_for(
        self,
        vocabulary: Vocabulary,
        *,
        missing: Missing = "zeros",
        lowercase: bool = True,
        seed: int = 0,
        progress: Progress = silent,
    ) -> tuple[Matrix, Coverage]:
        """Return the embedding matrix of a vocabulary and its coverage; a text file is read in one pass.

        Args:
            vocabulary: the words.
            missing: vectors of words that the file lacks: "zeros"; "random", uniform values within 0.05; "subwords",
                computed from character n-grams if the file has them (fastText `.bin`), otherwise zeros.
            lowercase: whether a word without a vector gets the vector of its lower case form.
            seed: random seed of `missing="random"`.
            progress: progress callback; called with the step's name, the number done and the total.

        Returns:
            float32 (vocabulary, dimension), zeros for padding and unknown; and the coverage.

        Raises:
            FormatError: the file is damaged.
            ValueError: `missing` is not one of the three.

        Source:
            Pennington, Socher and Manning 2014; Bojanowski et al. 2017 for subwords.
        """
        if missing not in MISSING_ROWS:
            raise ValueError(f"missing must be one of {', '.join(MISSING_ROWS)}, got {shorten(missing)}")
        found, how = self._found(vocabulary.words, lowercase=lowercase, progress=progress)
        matrix = np.zeros((len(vocabulary), self.dimension), dtype=np.float32)
        matrix[FIRST_ID:] = found.matrix[: len(vocabulary.words)]
        if missing != "subwords":
            computed = how == SUBWORDS
            matrix[FIRST_ID:][computed], how[computed] = 0, MISSING
        if missing == "random":
            empty = np.flatnonzero(how == MISSING)
            rows = np.random.default_rng(seed).uniform(-SMALL, SMALL, (len(empty), self.dimension))
            matrix[empty + FIRST_ID] = rows.astype(np.float32)
        return matrix, coverage_of(vocabulary, how, found.rows, found.repeated)

    def _found(
        self, words: Sequence[str], *, lowercase: bool, progress: Progress
    ) -> tuple[Found, npt.NDArray[np.uint8]]:
        """Look up words and their lower case forms in one pass."""
        wanted = {self._bytes(word): None for word in words}
        lowered = {word: self._bytes(word.lower()) for word in words if lowercase and word.lower() != word}
        wanted.update(dict.fromkeys(lowered.values()))
        found = self.source.find(list(wanted), progress)
        indices = {word: index for index, word in enumerate(wanted)}
        rows = np.fromiter((indices[self._bytes(word)] for word in words), dtype=np.int64, count=len(words))
        how = found.how[rows].copy()
        for position, word in enumerate(words):
            if how[position] != EXACT and word in lowered and found.how[indices[lowered[word]]] == EXACT:
                rows[position], how[position] = indices[lowered[word]], LOWERCASED
        return Found(found.matrix[rows], how, found.rows, found.repeated), how

    def _bytes(self, word: str) -> bytes:
        """Encode a word as in the file."""
        content = word.encode(self.encoding, errors="backslashreplace")
        if b"\\x" in content:
            content = ESCAPED.sub(lambda escape: bytes.fromhex(escape[1].decode()), content)
        return content

    def _text(self, word: bytes) -> str:
        return word.decode(self.encoding, errors="backslashreplace")

    @cached_property
    def table(self) -> WordTable:
        """All vectors: read on demand from a file written by `convert`, otherwise loaded into memory."""
        if isinstance(self.source, StoredSource | MemorySource):
            return self.source.table
        return Table.of(self.source.rows(silent), self.dimension)[0]

    @cached_property
    def words(self) -> list[str]:
        """All words, in file order."""
        return [self._text(word) for word in self.table.all_words()]

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.table)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and int(self.table.rows_of([self._bytes(word)])[0]) >= 0

    def vector(self, word: str) -> npt.NDArray[np.float32]:
        """Return the vector of a word, float32 (dimension,); a fastText `.bin` has vectors for unknown words too.

        Raises:
            KeyError: the word has no vector.
        """
        vector: npt.NDArray[np.float32] = self._vectors([word])[0]
        return vector

    def _vectors(self, words: Sequence[str]) -> Matrix:
        for word in words:
            if not isinstance(word, str):
                raise TypeError(f"a word must be a str, got {shorten(word)}")
        distinct = list(dict.fromkeys(map(self._bytes, words)))
        makes_subwords = self.source.makes_subwords
        found = self.source.find(distinct, silent) if makes_subwords else found_in(self.table, distinct)
        if (found.how == MISSING).any():
            raise KeyError(f"no vector for {shorten(self._text(distinct[int(np.argmin(found.how))]))}")
        indices = {word: index for index, word in enumerate(distinct)}
        return found.matrix[[indices[self._bytes(word)] for word in words]]

    def similarity(self, first: str, second: str) -> float:
        """Return the cosine similarity of two words, from -1 to 1; 0 if a vector is all zeros.

        Raises:
            KeyError: a word has no vector.
        """
        one, other = _units(self._vectors([first, second]))
        return float(one @ other)

    def nearest(self, word: str | npt.ArrayLike, n: int = 10) -> list[Neighbour]:
        """Return the words with the largest cosine similarity (exact search).

        Args:
            word: a word, which is excluded from the result, or a vector: float (dimension,).
            n: number of words; 1 or more.

        Returns:
            (word, cosine), the most similar first; ties in file order.

        Raises:
            KeyError: the word has no vector.
            ValueError: the vector has another dimension, or `n` is below 1.
        """
        if isinstance(word, str):
            return self._most_similar(self.vector(word), n, [word])
        vector = np.asarray(word, dtype=np.float32)
        if vector.shape != (self.dimension,) or not np.isfinite(vector).all():
            raise ValueError(f"a vector must have {self.dimension} finite numbers, got shape {vector.shape}")
        return self._most_similar(vector, n, [])

    def analogy(self, a: str, b: str, c: str, n: int = 10) -> list[Neighbour]:
        """Solve the analogy "a is to b as c is to ?": return the words nearest to b - a + c, with normalised vectors.

        Raises:
            KeyError: a word has no vector.

        Source:
            Mikolov, Yih and Zweig 2013.

        Example:
            The first result of `vectors.analogy("man", "king", "woman")` should be "queen".
        """
        one, two, three = _units(self._vectors([a, b, c]))
        return self._most_similar(two - one + three, n, [a, b, c])

    def odd_one_out(self, words: Iterable[str]) -> str:
        """Return the word that is least similar to the mean of all.

        Raises:
            KeyError: a word has no vector.
            ValueError: there are fewer than 3 words.
        """
        words = list(words)
        if len(words) < 3:
            raise ValueError(f"words must be 3 or more, got {len(words)}")
        units = _units(self._vectors(words))
        return words[int(np.argmin(units @ units.mean(axis=0)))]

    def _most_similar(self, vector: npt.NDArray[np.float32], n: int, excluded: Sequence[str]) -> list[Neighbour]:
        n = whole_number("n", n)
        if n < 1:
            raise ValueError(f"n must be 1 or more, got {n}")
        rows = self.table.rows_of(list(dict.fromkeys(map(self._bytes, excluded))))
        return [
            (self._text(self.table.word(row)), score)
            for row, score in most_similar(self.table, vector, n, without=rows[rows >= 0])
        ]

    def convert(
        self,
        path: str | os.PathLike[str],
        *,
        dtype: str = "float32",
        overwrite: bool = False,
        progress: Progress = silent,
    ) -> Self:
        """Write the vectors to a file in malmoi's format, which opens in milliseconds and is read on demand.

        Args:
            path: the new file, with any name.
            dtype: dtype of the vectors: "float32"; "float16", half the size; "int8", a quarter, with a scale per
                vector.
            overwrite: whether to replace an existing file.
            progress: progress callback; called with the step's name, the number done and the total.

        Returns:
            The new file, opened.

        Raises:
            FileExistsError: the file exists.
            FormatError: the source file is damaged.
            ValueError: `dtype` is unknown, or the values do not fit into float16.
        """
        if dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, got {shorten(dtype)}")
        write_vectors(self.source.rows(progress), self.dimension, path, dtype=dtype, overwrite=overwrite)
        return type(self)(StoredSource.open(Path(path)), self.encoding)


def _units(matrix: Matrix) -> Matrix:
    lengths = np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)
    return np.asarray(matrix / np.where(lengths > 0, lengths, 1), dtype=np.float32)
