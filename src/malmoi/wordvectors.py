"""Word vectors from files, and the matrix of them that a vocabulary needs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.arrays import Matrix, thread_count
from malmoi.errors import FormatError, shorten
from malmoi.progress import Progress, silent
from malmoi.vocabulary import FIRST_ID, Vocabulary

__all__ = ["Coverage", "WordVectors"]

HEAD_BYTES = 1 << 20
SHOWN_MISSING = 20
COMPRESSED = {
    b"\x1f\x8b": ("gzip", "gunzip --keep"),
    b"PK\x03\x04": ("zip", "unzip"),
    b"\x28\xb5\x2f\xfd": ("zstd", "zstd --decompress"),
}


@dataclass(frozen=True)
class Coverage:
    """How much of a vocabulary a vectors file knows.

    Args:
        words: words of the vocabulary, without padding and unknown.
        found: words with a vector.
        tokens: tokens in the counted texts that are words of the vocabulary.
        found_tokens: tokens whose word has a vector.
        missing: the most frequent words without a vector, 20 at most.
        rows: rows of the file.
        repeated: rows of words that had one before; the first wins.
    """

    words: int
    found: int
    tokens: int
    found_tokens: int
    missing: tuple[str, ...]
    rows: int
    repeated: int

    @property
    def vocabulary_share(self) -> float:
        """Share of the words with a vector; 0 without words."""
        return self.found / self.words if self.words else 0.0

    @property
    def token_share(self) -> float:
        """Share of the tokens whose word has a vector; 0 without tokens."""
        return self.found_tokens / self.tokens if self.tokens else 0.0

    def __str__(self) -> str:
        return (
            f"vectors for {self.found:,} of {self.words:,} words ({self.vocabulary_share:.1%}), "
            f"{self.token_share:.1%} of the tokens"
        )


@dataclass(frozen=True)
class WordVectors:
    """A text file of word vectors that was looked at, not read: rows are read when they are wanted.

    Args:
        path: the file.
        dimension: numbers in a row.
        start: byte where the rows begin, behind a header line if there is one.
    """

    path: Path
    dimension: int
    start: int

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Look at the first row of a GloVe or word2vec text file.

        Args:
            path: a text file; a line is a word and its numbers, with one space between. A first line of two
                whole numbers (rows and dimension, as word2vec writes it) is passed over.

        Raises:
            FileNotFoundError: there is no such file.
            FormatError: the file is empty, compressed, binary, or its first row is no row of numbers.
        """
        path = Path(path)
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        _refuse_other_kinds(path, head)
        first, newline, rest = head.partition(b"\n")
        fields = first.split()
        if len(fields) == 2 and all(field.isdigit() for field in fields) and newline:
            start = len(first) + 1
            fields = rest.partition(b"\n")[0].split()
            declared = int(first.split()[1])
        else:
            start = 0
            declared = len(fields) - 1
        dimension = _dimension(path, fields, declared, line=2 if start else 1)
        return cls(path, dimension, start)

    def matrix_for(self, vocabulary: Vocabulary, *, progress: Progress = silent) -> tuple[Matrix, Coverage]:
        """Read the vectors of a vocabulary's words, in one pass over the file.

        Args:
            vocabulary: the words.
            progress: hears how many bytes are done.

        Returns:
            float32 (vocabulary, dimension), zeros for padding, unknown and every word without a vector; and
            what was found.

        Raises:
            FormatError: a line has another number of fields, or a wanted one holds no finite numbers.

        Source:
            Pennington, Socher and Manning 2014 for the file's form.
        """
        try:
            scan = _core.scan_vectors(
                str(self.path), vocabulary.words, self.dimension, self.start, thread_count(),
                lambda done, total: progress("reading vectors", done, total),
            )  # fmt: skip
        except FormatError as error:
            if self.start or "numbers after the word" not in str(error):
                raise
            raise FormatError(f"{error}; line 1 has {self.dimension}") from None
        matrix = np.zeros((len(vocabulary), self.dimension), dtype=np.float32)
        matrix[FIRST_ID:] = np.frombuffer(scan.matrix, dtype="<f4").reshape(-1, self.dimension)
        found = np.frombuffer(scan.found, dtype=np.uint8).astype(bool)
        return matrix, _coverage(vocabulary, found, scan.lines, scan.repeated)


def _coverage(vocabulary: Vocabulary, found: npt.NDArray[np.bool_], rows: int, repeated: int) -> Coverage:
    missing = tuple(vocabulary.words[position] for position in np.flatnonzero(~found)[:SHOWN_MISSING])
    return Coverage(
        words=len(vocabulary.words),
        found=int(found.sum()),
        tokens=int(vocabulary.counts.sum()),
        found_tokens=int(vocabulary.counts[found].sum()),
        missing=missing,
        rows=rows,
        repeated=repeated,
    )


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    if not head.strip():
        raise FormatError(f"{path} is empty; a vectors file has a word and its numbers on every line")
    for magic, (kind, cure) in COMPRESSED.items():
        if head.startswith(magic):
            raise FormatError(f"{path} is {kind}-compressed, and only plain text is read; run: {cure} {path}")
    if b"\x00" in head:
        place = head.index(b"\x00")
        raise FormatError(f"{path} must be a text file, found a NUL byte at {place}; is it a binary vectors file?")


def _dimension(path: Path, fields: list[bytes], declared: int, line: int) -> int:
    where = f"{path}:{line}"
    if len(fields) < 2:
        raise FormatError(
            f"{where}: expected a word and its numbers, found {shorten(b' '.join(fields).decode(errors='replace'))}"
        )
    if declared < 1 or len(fields) - 1 < declared:
        raise FormatError(f"{where}: expected {declared} numbers after the word, found {len(fields) - 1}")
    for field in fields[-declared:]:
        try:
            float(field)
        except ValueError:
            shown = shorten(field.decode(errors="replace"))
            raise FormatError(f"{where}: {shown} is not a number; is this a file of word vectors?") from None
    return declared
