"""What training starts from: counted words, pretrained vectors, or an earlier model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.errors import DataError
from malmoi.foundation.log import logger
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten
from malmoi.models.fasttext.network import LABEL_PREFIX, Dictionary
from malmoi.models.fasttext.settings import FastTextSettings
from malmoi.models.task import Classification
from malmoi.wordvectors import WordVectors

__all__ = ["Start", "dictionary_of", "label_names", "start_of"]

Floats = npt.NDArray[np.float32]
BLANKS = (b" ", b"\t", b"\n", b"\v", b"\f", b"\r", b"\0")
VECTORS_TOGETHER = 100_000


@dataclass(frozen=True)
class Start:
    """Words, embeddings and outputs to start from.

    Args:
        words: the first words of the dictionary, in order.
        counts: int64 (words,), their numbers of occurrences so far.
        rows: float32 (words + buckets, dimension).
        buckets: uint32 (buckets,).
        output: float32 (labels, dimension), of the first labels; further ones start at zero.
    """

    words: list[bytes]
    counts: npt.NDArray[np.int64]
    rows: Floats
    buckets: npt.NDArray[np.uint32]
    output: Floats


def start_of(settings: FastTextSettings) -> Start:
    """Return the pretrained vectors, or an empty start.

    Raises:
        DataError: a number of the vectors is not finite.
    """
    nothing = np.zeros((0, settings.dimension), np.float32)
    words, rows = ([], nothing) if settings.vectors is None else _vectors(settings.vectors)
    return Start(words, np.zeros(len(words), np.int64), rows, np.zeros(0, np.uint32), nothing)


def _vectors(vectors: WordVectors) -> tuple[list[bytes], Floats]:
    """Return the words that can be tokens, and their vectors."""
    names = [word.encode() for word in vectors.words]
    usable = [
        place
        for place, name in enumerate(names)
        if name and not name.startswith(LABEL_PREFIX.encode()) and not any(blank in name for blank in BLANKS)
    ]
    rows = np.empty((len(usable), vectors.dimension), np.float32)
    for first in range(0, len(usable), VECTORS_TOGETHER):
        places = np.array(usable[first : first + VECTORS_TOGETHER], dtype=np.int64)
        rows[first : first + len(places)] = vectors.table.vectors(places)
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        word = shorten(names[usable[int(bad[0])]].decode())
        raise DataError(f"vectors must be finite numbers, found NaN or infinity for the word {word}; leave it out")
    if len(usable) < len(names):
        logger.warning("pretrained words with white space or a label's prefix, left out: %d", len(names) - len(usable))
    return [names[place] for place in usable], rows


def dictionary_of(
    settings: FastTextSettings,
    vocabulary: _core.FastTextVocabulary,
    task: Classification,
    label_counts: npt.NDArray[np.int64],
    start: Start,
) -> Dictionary:
    """Return the dictionary of counted words: the words of the start, then new ones, the most frequent first.

    Raises:
        DataError: no text has a word.
    """
    texts, tokens, dropped = vocabulary.totals()
    if tokens == texts and not start.words:
        raise DataError("training texts must have words, separated by white space, got none")
    if dropped:
        logger.warning("very many words: those with %d occurrences or fewer were dropped to bound the memory", dropped)
    found, ends, counts = vocabulary.words(settings.min_count, thread_count(settings.n_jobs))
    entries, ends, counts = _joined(start, np.frombuffer(found, np.uint8), ends, counts)
    names = label_names(task)
    label_ends = (int(ends[-1]) if len(ends) else 0) + np.cumsum([len(name) for name in names])
    return Dictionary(
        entries=np.concatenate([entries, np.frombuffer(b"".join(names), np.uint8)]),
        ends=np.concatenate([ends, label_ends]).astype(np.int64),
        counts=np.concatenate([counts, label_counts]).astype(np.int64),
        words=len(ends),
        ngrams=settings.longest_ngram,
        characters=settings.characters or (0, 0),
        buckets=settings.used_buckets,
        kept=np.zeros(0, np.uint32),
        zeros=True,
    )


Entries = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]


def _joined(
    start: Start, found: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> Entries:
    """Return bytes, ends and counts of the words of the start and of new ones."""
    if not start.words:
        return found, ends, counts
    content, stops = found.tobytes(), ends.tolist()
    words = [content[first:last] for first, last in zip([0, *stops], stops, strict=False)]
    places = {word: place for place, word in enumerate(start.words)}
    known, new, new_counts = start.counts.copy(), [], []
    for word, count in zip(words, counts.tolist(), strict=True):
        place = places.get(word)
        if place is None:
            new.append(word)
            new_counts.append(count)
        else:
            known[place] += count
    every = [*start.words, *new]
    return (
        np.frombuffer(b"".join(every), np.uint8),
        np.cumsum([len(word) for word in every]).astype(np.int64),
        np.concatenate([known, np.array(new_counts, np.int64)]),
    )


def label_names(task: Classification) -> list[bytes]:
    """Return the labels of the classes with fastText's prefix."""
    return [(LABEL_PREFIX + str(label)).encode() for label in task.classes.tolist()]
