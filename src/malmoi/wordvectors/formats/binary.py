"""Binary files of word vectors: word2vec's, and fastText's with its character n-grams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from malmoi import _core
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.threads import thread_count
from malmoi.wordvectors.coverage import EXACT, MISSING
from malmoi.wordvectors.formats.sources import Found, Rows, told
from malmoi.wordvectors.formats.table import ends_of

__all__ = ["FastTextSource", "Word2VecSource", "open_binary"]

ROWS_TOGETHER = 1 << 14


@dataclass(frozen=True)
class Word2VecSource:
    """A binary file as word2vec writes it: read from the start, some of it at a time.

    Args:
        path: the file.
        file: what the core knows of it.
        kind: what it is, in words.
        makes_subwords: never.
    """

    path: Path
    file: _core.Word2VecFile
    kind: str = "word2vec binary"
    makes_subwords: bool = False

    @property
    def dimension(self) -> int:
        """Numbers in a row."""
        return self.file.dimension

    @property
    def claimed(self) -> int | None:
        """Rows that its first line says."""
        return self.file.rows

    def find(self, words: Sequence[bytes], progress: Progress) -> Found:
        """Read the wanted rows, in one pass over the file.

        Raises:
            FormatError: the file is damaged or cut short.
        """
        scan = self.file.scan(list(words), told(progress))
        how = np.where(scan.found == 1, EXACT, MISSING).astype(np.uint8)
        return Found(scan.matrix, how, self.file.rows, scan.repeated)

    def rows(self, progress: Progress) -> Iterator[Rows]:
        """All rows, at once; the first of a word.

        Raises:
            FormatError: the file is damaged or cut short.
        """
        everything = self.file.read(told(progress))
        words = everything.words
        yield Rows(b"".join(words), ends_of(words), everything.matrix)


@dataclass(frozen=True)
class FastTextSource:
    """A model file of fastText: rows by their place, and n-grams of characters for words that it never saw.

    Args:
        path: the file.
        file: what the core knows of it.
        kind: what it is, in words.
    """

    path: Path
    file: _core.FastTextFile
    kind: str = "fastText binary"

    @property
    def dimension(self) -> int:
        """Numbers in a row."""
        return self.file.dimension

    @property
    def claimed(self) -> int | None:
        """Words of its dictionary."""
        return len(self.file.words)

    @property
    def makes_subwords(self) -> bool:
        """Whether it has n-grams of characters."""
        return self.file.subwords[2] > 0

    def find(self, words: Sequence[bytes], progress: Progress) -> Found:
        """Read the rows of words, and of their n-grams.

        Raises:
            FormatError: the file is damaged.
        """
        found = self.file.matrix_for(list(words), True, thread_count(), told(progress))
        # The core's numbers are `MISSING`, `EXACT` and `SUBWORDS`.
        return Found(found.matrix, found.how, len(self.file.words), 0)

    def rows(self, progress: Progress) -> Iterator[Rows]:
        """The vectors of all words of the dictionary, some at a time.

        Raises:
            FormatError: the file is damaged.
        """
        words = self.file.words
        for start in range(0, len(words), ROWS_TOGETHER):
            part = words[start : start + ROWS_TOGETHER]
            yield Rows(b"".join(part), ends_of(part), self.find(part, silent).matrix)
            progress("reading vectors", start + len(part), len(words))


def open_binary(path: Path, place: Path, *, word2vec: bool) -> Word2VecSource | FastTextSource:
    """Look at the beginning of a binary file.

    Args:
        path: the file, for messages.
        place: where its bytes are; another file, if it was unpacked.
        word2vec: whether it begins with a line of two numbers.

    Raises:
        FormatError: it is damaged, or of another kind.
    """
    if word2vec:
        return Word2VecSource(path, _core.Word2VecFile.open(str(place), str(path)))
    return FastTextSource(path, _core.FastTextFile.open(str(place), str(path)))
