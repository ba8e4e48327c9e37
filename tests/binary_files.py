"""Small binary files of word vectors for tests, and plain Python twins of their readers."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

MAGIC = 793712314
SUPERVISED = 3


@dataclass
class Model:
    """What stands in a fastText file; `version` None is the oldest layout, without a magic number."""

    words: list[bytes] = field(default_factory=lambda: [b"</s>", b"cat", b"dog", "고양이".encode(), b"\xa7\xec"])
    labels: list[bytes] = field(default_factory=list)
    version: int | None = 12
    dimension: int = 3
    kind: int = 2
    buckets: int = 7
    shortest: int = 2
    longest: int = 3
    kept: dict[int, int] | None = None
    quantised: int = 0
    changed: dict[tuple[int, int], float] = field(default_factory=dict)

    @property
    def matrix(self) -> np.ndarray:
        """float32 (words and buckets, dimension), every number another one."""
        rows = len(self.words) + (self.buckets if self.kept is None else len(self.kept))
        matrix = np.sin(np.arange(rows * self.dimension, dtype=np.float32)).reshape(rows, self.dimension)
        for place, value in self.changed.items():
            matrix[place] = value
        return matrix

    def settings(self) -> bytes:
        head = b"" if self.version is None else struct.pack("<2i", MAGIC, self.version)
        numbers = [self.dimension, 5, 5, 1, 5, 1, 2, self.kind, self.buckets, self.shortest, self.longest, 100]
        return head + struct.pack("<12id", *numbers, 1e-4)

    def dictionary(self) -> bytes:
        words, labels = len(self.words), len(self.labels)
        head = struct.pack("<3iq", words + labels, words, labels, 100)
        if self.version is not None:
            head += struct.pack("<q", -1 if self.kept is None else len(self.kept))
        entries = [(word, 0) for word in self.words] + [(label, 1) for label in self.labels]
        body = b"".join(
            word + b"\0" + struct.pack("<qb", 10 + place, kind) for place, (word, kind) in enumerate(entries)
        )
        return head + body + b"".join(struct.pack("<2i", *pair) for pair in (self.kept or {}).items())

    def to_bytes(self) -> bytes:
        flag = b"" if self.version is None else bytes([self.quantised])
        outputs = np.ones((2, self.dimension), dtype=np.float32)
        matrices = [
            flag + struct.pack("<2q", *matrix.shape) + matrix.astype("<f4").tobytes()
            for matrix in (self.matrix, outputs)
        ]
        return self.settings() + self.dictionary() + b"".join(matrices)

    def rows(self, word: bytes) -> list[int]:
        """The rows whose mean is the vector of a word; none where there is none."""
        own = [self.words.index(word)] if word in self.words else []
        without = self.kind == SUPERVISED and self.version != 12
        if word == b"</s>" or without or not self.buckets:
            return own
        grams = [gram_hash(gram) % self.buckets for gram in grams_of(word, self.shortest, self.longest)]
        kept = self.kept if self.kept is not None else {bucket: bucket for bucket in range(self.buckets)}
        return own + [len(self.words) + kept[gram] for gram in grams if gram in kept]

    def vector(self, word: bytes) -> np.ndarray:
        """float32 (dimension,): zeros where there is no row."""
        rows = self.rows(word)
        return self.matrix[rows].mean(axis=0) if rows else np.zeros(self.dimension, dtype=np.float32)


def gram_hash(gram: bytes) -> int:
    """FNV-1a, except that a byte's sign is extended."""
    value = 2166136261
    for byte in gram:
        value = ((value ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) % 2**32
    return value


def grams_of(word: bytes, shortest: int, longest: int) -> list[bytes]:
    """The n-grams of `<word>`, where characters begin at every byte that is no continuation byte of UTF-8."""
    marked = b"<" + word + b">"
    starts = [place for place, byte in enumerate(marked) if not 0x80 <= byte < 0xC0] + [len(marked)]
    found = []
    for first in range(len(starts) - 1):
        for size in range(max(1, shortest), longest + 1):
            last = first + size
            lone_mark = size == 1 and (first == 0 or last == len(starts) - 1)
            if last < len(starts) and not lone_mark:
                found.append(marked[starts[first] : starts[last]])
    return found


def word2vec_bytes(
    rows: list[tuple[bytes, list[float]]], *, newlines: bool = True, header: bytes | None = None
) -> bytes:
    """A binary word2vec file; `header` stands in place of the right one."""
    end = b"\n" if newlines else b""
    if header is None:
        header = b"%d %d\n" % (len(rows), len(rows[0][1]))
    return header + b"".join(word + b" " + struct.pack(f"<{len(row)}f", *row) + end for word, row in rows)
