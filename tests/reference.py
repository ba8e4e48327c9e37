"""Plain Python twins of the core's kernels: slow, short, and plainly right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

Split = Callable[[str], list[str]]


def keras_words(text: str, filters: str, lower: bool, split: str) -> list[str]:
    """Keras' rule, from its documentation."""
    if lower:
        text = text.lower()
    for character in filters:
        text = text.replace(character, split)
    return [word for word in text.split(split) if word]


def ascii_words(text: str) -> list[str]:
    """UAX #29 for texts that are all ASCII, as one regular expression."""
    letters = r"[A-Za-z]+(?:[.':](?=[A-Za-z])[A-Za-z]+)*"
    numbers = r"[0-9]+(?:[.',;](?=[0-9])[0-9]+)*"
    pieces = re.findall(rf"(?:{letters}|{numbers}|_+)+", text)
    return [piece for piece in pieces if re.search(r"[A-Za-z0-9]", piece)]


def counts(texts: Sequence[str], split: Split) -> tuple[list[str], list[int], list[int]]:
    """Words, counts and texts that hold each; most frequent first, ties by first appearance."""
    tokens = Counter(token for text in texts for token in split(text))
    holders = Counter(token for text in texts for token in dict.fromkeys(split(text)))
    order = sorted(tokens, key=lambda token: -tokens[token])
    return order, [tokens[token] for token in order], [holders[token] for token in order]


def padded(sequences: list[list[int]], length: int, pad_left: bool, keep_last: bool) -> list[list[int]]:
    """Rows of one length."""
    rows = []
    for sequence in sequences:
        kept = sequence[-length:] if keep_last else sequence[:length]
        zeros = [0] * (length - len(kept))
        rows.append(zeros + kept if pad_left else kept + zeros)
    return rows


def vectors(text: str, words: Sequence[str], dimension: int) -> tuple[list[list[float]], list[bool]]:
    """The notes' loop over a GloVe file; the first row of a word wins."""
    table: dict[str, list[float]] = {}
    for line in text.splitlines():
        values = line.split()
        table.setdefault(values[0], [float(value) for value in values[1:]])
    return [table.get(word, [0.0] * dimension) for word in words], [word in table for word in words]
