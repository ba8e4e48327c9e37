"""Binary files of word vectors: word2vec, and fastText with character n-grams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from malmoi import _core
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.threads import thread_count
from malmoi.wordvectors.coverage import EXACT, MISSING
from malmoi.wordvectors.formats.sources import Found, Rows, reading_callback
from malmoi.wordvectors.formats.table import ends_of

__all__ = ["FastTextSource", "Word2VecSource", "open_binary"]

ROWS_TOGETHER = 1 << 14


@dataclass(frozen=True)
class Word2VecSource:
    """A word2vec binary file, read sequentially in blocks.

    Args:
        path: the file.
        file: the core's object for the file.
        kind: description of the format.
        makes_subwords: always `False`.
    """

    path: Path
    file: _core.Word2VecFile
    kind: str = "word2vec binary"
    makes_subwords: bool = False

    @property
    def dimension(self) -> int:
        """Embedding dimension."""
        return self.file.dimension

    @property
    def claimed(self) -> int | None:
        """Number of rows according to the first line."""
        return self.file.rows

    def find(self, words: Sequence[bytes], progress: Progress) -> Found:
        """Return the vectors of words, read in one pass over the file.

        Raises:
            FormatError: the file is damaged or truncated.
        """
        scan = self.file.scan(list(words), reading_callback(progress))
        how = np.where(scan.found == 1, EXACT, MISSING).astype(np.uint8)
        return Found(scan.matrix, how, self.file.rows, scan.repeated)

    def rows(self, progress: Progress) -> Iterator[Rows]:
        """Yield all rows at once; of repeated words only the first.

        Raises:
            FormatError: the file is damaged or truncated.
        """
        everything = self.file.read(reading_callback(progress))
        words = everything.words
        yield Rows(b"".join(words), ends_of(words), everything.matrix)


@dataclass(frozen=True)
class FastTextSource:
    """A fastText model file, with random access and character n-grams for out-of-vocabulary words.

    Args:
        path: the file.
        file: the core's object for the file.
        kind: description of the format.
    """

    path: Path
    file: _core.FastTextFile
    kind: str = "fastText binary"

    @property
    def dimension(self) -> int:
        """Embedding dimension."""
        return self.file.dimension

    @property
    def claimed(self) -> int | None:
        """Number of words in the dictionary."""
        return len(self.file.words)

    @property
    def makes_subwords(self) -> bool:
        """Whether the model has character n-grams."""
        return self.file.subwords[2] > 0

    def find(self, words: Sequence[bytes], progress: Progress) -> Found:
        """Return the vectors of words, computed with their character n-grams.

        Raises:
            FormatError: the file is damaged.
        """
        found = self.file.matrix_for(list(words), True, thread_count(), reading_callback(progress))
        # The core's numbers are `MISSING`, `EXACT` and `SUBWORDS`.
        return Found(found.matrix, found.how, len(self.file.words), 0)

    def rows(self, progress: Progress) -> Iterator[Rows]:
        """Yield the vectors of all words of the dictionary in blocks.

        Raises:
            FormatError: the file is damaged.
        """
        words = self.file.words
        for start in range(0, len(words), ROWS_TOGETHER):
            part = words[start : start + ROWS_TOGETHER]
            yield Rows(b"".join(part), ends_of(part), self.find(part, silent).matrix)
            progress("reading vectors", start + len(part), len(words))


def open_binary(path: Path, place: Path, *, word2vec: bool) -> Word2VecSource | FastTextSource:
    """Open a binary file and read its beginning.

    Args:
        path: the file, for messages.
        place: path of the content; differs from `path` if the file was decompressed.
        word2vec: whether it begins with a line of two numbers.

    Raises:
        FormatError: it is damaged, or has another format.
    """
    if word2vec:
        return Word2VecSource(path, _core.Word2VecFile.open(str(place), str(path)))
    return FastTextSource(path, _core.FastTextFile.open(str(place), str(path)))
