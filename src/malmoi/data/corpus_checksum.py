"""Checksum of a corpus, to recognise reports and comparisons of the same data."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from malmoi.data.coded_labels import AnyLabels, CodedSets
from malmoi.data.corpus import Corpus

__all__ = ["corpus_checksum"]

FORMAT = b"malmoi corpus 1\n"
TEXTS_TOGETHER = 4096


def corpus_checksum(corpus: Corpus) -> str:
    """Return the SHA-256 of the texts and labels of a corpus, 64 hexadecimal digits.

    It depends on every text, on every label with its type (`1`, `"1"` and `True` are different labels), and on the
    order of the texts; not on files, locations or groups. Every text is preceded by its length in UTF-8 bytes, so that
    the encoding of a corpus is unique.

    Args:
        corpus: labelled or unlabelled.

    Example:
        >>> corpus_checksum(Corpus(["ab", "c"], ["x", "y"])) == corpus_checksum(Corpus(["a", "bc"], ["x", "y"]))
        False
    """
    digest = hashlib.sha256(FORMAT)
    digest.update(_size(len(corpus)))
    for start in range(0, len(corpus), TEXTS_TOGETHER):
        encoded = [text.encode() for text in corpus.texts[start : start + TEXTS_TOGETHER]]
        digest.update(b"".join(part for text in encoded for part in (_size(len(text)), text)))
    for part in _label_parts(corpus.coded):
        digest.update(_size(len(part)) + part)
    return digest.hexdigest()


def _label_parts(labels: AnyLabels | None) -> list[bytes]:
    """Return the form of the labels, the classes as JSON, and the codes."""
    if labels is None:
        return [b"none"]
    classes = json.dumps(labels.classes.tolist()).encode()
    codes = np.ascontiguousarray(labels.codes, dtype="<i4").tobytes()
    if isinstance(labels, CodedSets):
        return [b"several", classes, codes, np.ascontiguousarray(labels.ends, dtype="<i8").tobytes()]
    return [b"one", classes, codes]


def _size(number: int) -> bytes:
    return number.to_bytes(8, "little")
