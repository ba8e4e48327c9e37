"""Word vectors of a file: opened, looked up, compared, written anew."""

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
from malmoi.wordvectors.training import GloveSettings, HeardEpoch, Training

__all__ = ["WordVectors"]

Missing: TypeAlias = Literal["zeros", "random", "subwords"]
MISSING_ROWS = ("zeros", "random", "subwords")
SMALL = 0.05
ESCAPED = re.compile(rb"\\x([89a-f][0-9a-f])")


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Word vectors. A file is looked at when it is opened; rows are read when they are wanted.

    Args:
        source: where the rows are; `WordVectors.open` and `from_arrays` find it.
        encoding: of the words in the file.
    """

    source: Source
    encoding: str = "utf-8"

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, encoding: str = "utf-8") -> Self:
        """Open a file of word vectors of any kind; what it is, is seen from its content.

        Args:
            path: GloVe text (a word and its numbers on every line; words may hold spaces), word2vec text or binary,
                fastText `.vec` or `.bin`, each also packed as `.gz`, `.zst` or `.zip` of one file; or what
                `convert` wrote.
            encoding: of the words; a byte that does not fit it is shown as `\\xNN`, and can be asked for so.

        Raises:
            FileNotFoundError: there is no such file.
            FormatError: the file is empty, damaged, or holds no word vectors.
            LookupError: no such encoding.
        """
        "".encode(encoding)
        return cls(recognise(Path(path)), encoding)

    @classmethod
    def from_arrays(cls, words: Sequence[str], matrix: npt.ArrayLike) -> Self:
        """Word vectors from memory.

        Args:
            words: distinct words, the most frequent first.
            matrix: float (words, dimension), finite.

        Raises:
            ValueError: a word stands twice, a number is not finite, or the shapes do not fit.
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
        on_epoch: HeardEpoch | None = None,
    ) -> Self:
        """Train vectors on texts: GloVe. The same settings give the same vectors on any machine.

        Args:
            texts: a list, an array or a column of str; or an iterator, of texts or of batches of texts, which is gone
                through once.
            tokens: how a text becomes tokens; "auto" looks at the scripts: words, of Korean in dictionary form
                where kiwipiepy is installed, else without particles. Tokens end where a text ends.
            dimension: embedding dimension.
            window: words at this distance or nearer count, each by 1 / distance; words without a vector leave no gap.
            symmetric: count words on both sides; off: those before alone.
            min_count: words seen less often have no vector.
            max_tokens: vectors at most, those of the most frequent words.
            epochs: passes over all pairs.
            x_max: pairs counted less often weigh less. 10 suits a few million words, 100 a billion.
            alpha: exponent of the weight of rare pairs.
            learning_rate: learning rate of AdaGrad.
            seed: random seed of the first vectors and of the order of the pairs.
            n_jobs: threads; `None` for all cores. The result is the same with any number.
            memory_mb: megabytes for texts and counts; the rest is kept in files of `folder`. The words
                and their vectors, 16 bytes a number, come on top.
            folder: folder of these files; `None`: the system's folder for temporary files.
            checkpoint: a file that is written as the training goes on; where it is there, the training goes on from it.
            checkpoint_every: epochs between two writings.
            progress: hears how far the training is.
            on_epoch: hears the number of every epoch that is done, from 1, and its mean cost.

        Returns:
            vectors in memory, most frequent word first: the sum of a word's two vectors; `training` tells the rest.

        Raises:
            DataError: no word is frequent enough, none stands near another, or the checkpoint is of another training.
            FormatError: the checkpoint is damaged.
            OSError: the disk is full.
            TypeError, ValueError: a setting or a text cannot be used.

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
        """How the vectors were trained; `None` for those of a file."""
        return self.source.training if isinstance(self.source, MemorySource) else None

    @property
    def path(self) -> Path:
        """The file."""
        return self.source.path

    @property
    def kind(self) -> str:
        """What kind of file it is, in words."""
        return self.source.kind

    @property
    def dimension(self) -> int:
        """Numbers in a row."""
        return self.source.dimension

    def __deepcopy__(self, memo: object) -> Self:
        """Nothing of it ever changes, so that copies may share it."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles hold vectors that are in memory, and of a file its path: it is opened anew."""
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
        """Read the vectors of a vocabulary's words; of a text file, in one pass and nothing else.

        Args:
            vocabulary: the words.
            missing: what rows without a vector get: "zeros"; "random", uniform numbers within 0.05; "subwords", made
                of the word's character n-grams where the file has those (fastText `.bin`), and zeros elsewhere.
            lowercase: give a word that is not there the vector of its lower case form.
            seed: of the random rows.
            progress: hears how far the reading is.

        Returns:
            float32 (vocabulary, dimension), zeros for padding and unknown; and what was found, and how.

        Raises:
            FormatError: the file is damaged.
            ValueError: `missing` is none of the three.

        Source:
            Pennington, Socher and Manning 2014; Bojanowski et al. 2017 for subwords.
        """
        if missing not in MISSING_ROWS:
            raise ValueError(f"missing must be one of {', '.join(MISSING_ROWS)}, got {shorten(missing)}")
        found, how = self._found(vocabulary.words, lowercase=lowercase, progress=progress)
        matrix = np.zeros((len(vocabulary), self.dimension), dtype=np.float32)
        matrix[FIRST_ID:] = found.matrix[: len(vocabulary.words)]
        if missing != "subwords":
            made = how == SUBWORDS
            matrix[FIRST_ID:][made], how[made] = 0, MISSING
        if missing == "random":
            empty = np.flatnonzero(how == MISSING)
            rows = np.random.default_rng(seed).uniform(-SMALL, SMALL, (len(empty), self.dimension))
            matrix[empty + FIRST_ID] = rows.astype(np.float32)
        return matrix, coverage_of(vocabulary, how, found.rows, found.repeated)

    def _found(
        self, words: Sequence[str], *, lowercase: bool, progress: Progress
    ) -> tuple[Found, npt.NDArray[np.uint8]]:
        """Look words up, and their lower case forms where they differ, in one reading."""
        wanted = {self._bytes(word): None for word in words}
        lowered = {word: self._bytes(word.lower()) for word in words if lowercase and word.lower() != word}
        wanted.update(dict.fromkeys(lowered.values()))
        found = self.source.find(list(wanted), progress)
        places = {word: place for place, word in enumerate(wanted)}
        rows = np.fromiter((places[self._bytes(word)] for word in words), dtype=np.int64, count=len(words))
        how = found.how[rows].copy()
        for position, word in enumerate(words):
            if how[position] != EXACT and word in lowered and found.how[places[lowered[word]]] == EXACT:
                rows[position], how[position] = places[lowered[word]], LOWERCASED
        return Found(found.matrix[rows], how, found.rows, found.repeated), how

    def _bytes(self, word: str) -> bytes:
        """A word as the file has it."""
        content = word.encode(self.encoding, errors="backslashreplace")
        if b"\\x" in content:
            content = ESCAPED.sub(lambda escape: bytes.fromhex(escape[1].decode()), content)
        return content

    def _text(self, word: bytes) -> str:
        return word.decode(self.encoding, errors="backslashreplace")

    @cached_property
    def table(self) -> WordTable:
        """All rows: read where they are needed if the file is ours, read into memory if it is not."""
        if isinstance(self.source, StoredSource | MemorySource):
            return self.source.table
        return Table.of(self.source.rows(silent), self.dimension)[0]

    @cached_property
    def words(self) -> list[str]:
        """All words, in the file's order."""
        return [self._text(word) for word in self.table.all_words()]

    def __len__(self) -> int:
        """Words with a row."""
        return len(self.table)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and int(self.table.rows_of([self._bytes(word)])[0]) >= 0

    def vector(self, word: str) -> npt.NDArray[np.float32]:
        """float32 (dimension,): a word's vector; of a fastText `.bin`, also of a word that it never saw.

        Raises:
            KeyError: the word has none; words that begin alike are named.
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
        places = {word: place for place, word in enumerate(distinct)}
        return found.matrix[[places[self._bytes(word)] for word in words]]

    def similarity(self, first: str, second: str) -> float:
        """Cosine between two words' vectors, from -1 to 1; 0 where one is all zeros.

        Raises:
            KeyError: a word has no vector.
        """
        one, other = _units(self._vectors([first, second]))
        return float(one @ other)

    def nearest(self, word: str | npt.ArrayLike, n: int = 10) -> list[Neighbour]:
        """The words whose vectors point most alike, by cosine, exactly.

        Args:
            word: a word, which is left out of the answer, or a vector: float (dimension,).
            n: how many; 1 or more.

        Returns:
            (word, cosine), the most similar first; of equal ones the first in the file.

        Raises:
            KeyError: the word has no vector.
            ValueError: the vector has another dimension, or `n` is below 1.
        """
        if isinstance(word, str):
            return self._most_similar(self.vector(word), n, [word])
        vector = np.asarray(word, dtype=np.float32)
        if vector.shape != (self.dimension,) or not np.isfinite(vector).all():
            raise ValueError(f"a vector must be {self.dimension} finite numbers, got shape {vector.shape}")
        return self._most_similar(vector, n, [])

    def analogy(self, a: str, b: str, c: str, n: int = 10) -> list[Neighbour]:
        """What is to `c` as `b` is to `a`: the words nearest to b - a + c, each made as long as the others.

        Raises:
            KeyError: a word has no vector.

        Source:
            Mikolov, Yih and Zweig 2013.

        Example:
            `vectors.analogy("man", "king", "woman")` should begin with "queen".
        """
        one, two, three = _units(self._vectors([a, b, c]))
        return self._most_similar(two - one + three, n, [a, b, c])

    def odd_one_out(self, words: Iterable[str]) -> str:
        """The word that is least like the mean of all.

        Raises:
            KeyError: a word has no vector.
            ValueError: there are fewer than 3 words.
        """
        words = list(words)
        if len(words) < 3:
            raise ValueError(f"words must be 3 or more, got {len(words)}")
        units = _units(self._vectors(words))
        return words[int(np.argmin(units @ units.mean(axis=0)))]

    def _most_similar(self, vector: npt.NDArray[np.float32], n: int, left_out: Sequence[str]) -> list[Neighbour]:
        n = whole_number("n", n)
        if n < 1:
            raise ValueError(f"n must be 1 or more, got {n}")
        rows = self.table.rows_of(list(dict.fromkeys(map(self._bytes, left_out))))
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
        """Write a file of our own, which opens in milliseconds, and is read where it is needed.

        Args:
            path: the new file; any name.
            dtype: of its rows: "float32"; "float16", half the size; "int8", a quarter, with a scale for every row.
            overwrite: replace a file that is there.
            progress: hears how far the reading is.

        Returns:
            the new file, opened.

        Raises:
            FileExistsError: the file is there already.
            FormatError: this file is damaged.
            ValueError: no such `dtype`, or float16 cannot hold the numbers.
        """
        if dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, got {shorten(dtype)}")
        write_vectors(self.source.rows(progress), self.dimension, path, dtype=dtype, overwrite=overwrite)
        return type(self)(StoredSource.open(Path(path)), self.encoding)


def _units(matrix: Matrix) -> Matrix:
    lengths = np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)
    return np.asarray(matrix / np.where(lengths > 0, lengths, 1), dtype=np.float32)
