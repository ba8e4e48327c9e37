"""Word vectors: opening, training, embedding matrices and conversion."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Matrix
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import shorten
from malmoi.tokenizers.scripts import TokensOrAuto
from malmoi.tokenizers.vocabulary import FIRST_ID, Vocabulary
from malmoi.wordvectors.coverage import MISSING, SUBWORDS, Coverage, coverage_of
from malmoi.wordvectors.formats.memory import MemorySource
from malmoi.wordvectors.formats.recognition import recognise
from malmoi.wordvectors.formats.stored import StoredSource
from malmoi.wordvectors.formats.writing import DTYPES, write_vectors
from malmoi.wordvectors.lookup import WordLookup
from malmoi.wordvectors.training import EpochCallback, GloveSettings, Training

__all__ = ["WordVectors"]

Missing: TypeAlias = Literal["zeros", "random", "subwords"]
MISSING_ROWS = ("zeros", "random", "subwords")
SMALL = 0.05


@dataclass(frozen=True, eq=False)
class WordVectors(WordLookup):
    """Word vectors of a file or in memory; opening a file reads its beginning, and vectors are read when needed.

    Create them with `open`, `from_arrays` or `train`. `len` is the number of words; `word in vectors` tests whether a
    word has a vector. Pickles of vectors of a file hold its path only.

    Args:
        source: source of the vectors.
        encoding: character encoding of the words in the file.

    Example:
        >>> words = ["king", "queen", "man", "woman", "apple"]
        >>> values = [[3.0, 1.0, 0.1], [3.0, -1.0, 0.2], [0.5, 1.0, 0.1], [0.5, -1.0, 0.2], [0.0, 0.1, 4.0]]
        >>> vectors = WordVectors.from_arrays(words, values)
        >>> len(vectors), vectors.dimension, "queen" in vectors
        (5, 3, True)
        >>> vectors.vector("man"), round(vectors.similarity("king", "queen"), 3)
        (array([0.5, 1. , 0.1], dtype=float32), 0.8)
        >>> [word for word, cosine in vectors.nearest("king", n=2)]
        ['queen', 'man']
        >>> vectors.analogy("man", "king", "woman", n=1)[0][0], vectors.odd_one_out(["king", "queen", "apple"])
        ('queen', 'apple')
        >>> vectors.kind, vectors.path.name, vectors.training
        ('vectors in memory', '<memory>', None)
    """

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

        Example:
            >>> from pathlib import Path
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder:
            ...     path = Path(folder, "glove.txt")
            ...     _ = path.write_text("so 0.5 1.0\\ngood 0.25 -1.0\\n")
            ...     vectors = WordVectors.open(path)
            ...     vectors.kind, vectors.words, vectors.vector("good").tolist()
            ('GloVe text', ['so', 'good'], [0.25, -1.0])
        """
        "".encode(encoding)
        return cls(recognise(Path(path)), encoding)

    @classmethod
    def from_arrays(cls, words: Sequence[str], matrix: npt.ArrayLike) -> Self:
        """Create word vectors from arrays.

        Args:
            words: distinct words, the most frequent first.
            matrix: float (words, dimension), finite; stored as float32.

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
            dimension: embedding dimension; 1 or more.
            window: maximum distance of co-occurring words, which count 1 / distance each; words without a vector are
                removed first.
            symmetric: whether to count context words on both sides; otherwise only preceding words.
            min_count: minimum count of a word; 1 or more.
            max_tokens: maximum vocabulary size; keeps the most frequent words. `None`: no limit.
            epochs: number of passes over all pairs; 1 or more.
            x_max: co-occurrence count below which pairs have a lower weight, above 0; 10 suits a few million words,
                100 a billion.
            alpha: exponent of the weighting function, above 0, at most 10.
            learning_rate: learning rate of AdaGrad, above 0, at most 10.
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

        Example:
            >>> texts = ["so good a film", "so bad a film"] * 5
            >>> vectors = WordVectors.train(texts, dimension=4, min_count=10, epochs=2)
            >>> vectors.words, vectors.training.counts, len(vectors.training.costs)
            (['so', 'a', 'film'], array([10, 10, 10]), 2)
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
        """Record of the training: tokenizer, settings, loss of each epoch; `None` for vectors that were not trained."""
        return self.source.training if isinstance(self.source, MemorySource) else None

    @property
    def path(self) -> Path:
        """Path of the file; "<memory>" for vectors in memory."""
        return self.source.path

    @property
    def kind(self) -> str:
        """Description of the file format, such as "GloVe text"."""
        return self.source.kind

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
            missing: vectors of words that the file lacks: "zeros", "random" (uniform from -0.05 to 0.05) or "subwords"
                (computed from character n-grams if the file has them, as fastText `.bin` does, otherwise zeros).
            lowercase: whether a word without a vector gets the vector of its lower case form.
            seed: random seed of `missing="random"`.
            progress: progress callback; called with the step's name, the number done and the total.

        Returns:
            float32 (vocabulary, dimension), zeros for padding and unknown; and the coverage.

        Raises:
            FormatError: the file is damaged.
            ValueError: `missing` is not one of the three.

        Source:
            Bojanowski et al. 2017, "Enriching word vectors with subword information", for subwords.

        Example:
            >>> from malmoi import Vocabulary
            >>> vectors = WordVectors.from_arrays(["good", "bad"], [[1.0, 2.0], [3.0, 4.0]])
            >>> matrix, coverage = vectors.matrix_for(Vocabulary(["Good", "film"], [3, 1]))
            >>> matrix.tolist()
            [[0.0, 0.0], [0.0, 0.0], [1.0, 2.0], [0.0, 0.0]]
            >>> print(coverage)
            vectors for 1 of 2 words (50.0%), 75.0% of the tokens; 1 in lower case
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
            dtype: dtype of the stored values: "float32", "float16" (half the size) or "int8" (a quarter, with a scale
                per vector).
            overwrite: whether to replace an existing file.
            progress: progress callback; called with the step's name, the number done and the total.

        Returns:
            The new file, opened.

        Raises:
            FileExistsError: the file exists.
            FormatError: the source file is damaged.
            ValueError: `dtype` is unknown, or the values do not fit into float16.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> vectors = WordVectors.from_arrays(["good", "bad"], [[1.0, 2.0], [3.0, 4.0]])
            >>> with TemporaryDirectory() as folder:
            ...     stored = vectors.convert(f"{folder}/small.vectors", dtype="float16")
            ...     stored.kind, stored.vector("bad").tolist()
            ('malmoi vectors, float16', [3.0, 4.0])
        """
        if dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, got {shorten(dtype)}")
        write_vectors(self.source.rows(progress), self.dimension, path, dtype=dtype, overwrite=overwrite)
        return type(self)(StoredSource.open(Path(path)), self.encoding)
