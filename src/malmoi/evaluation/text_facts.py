"""Properties of each text for checks: size, script, and encoding damage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.threads import thread_count

__all__ = ["SCRIPTS", "Damage", "Likeness", "TextFacts", "even_places"]

SCRIPTS: tuple[tuple[str, str], ...] = (
    ("no", "없음"),
    ("Latin", "라틴 문자"),
    ("Hangul", "한글"),
    ("Chinese or Japanese", "한자 또는 가나"),
    ("Cyrillic", "키릴 문자"),
    ("Greek", "그리스 문자"),
    ("Arabic", "아랍 문자"),
    ("Hebrew", "히브리 문자"),
    ("Indic", "인도계 문자"),
    ("Southeast Asian", "동남아시아 문자"),
    ("another", "그 밖의 문자"),
)
"""Names of the scripts by their number, in English and in Korean."""

Counts = npt.NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class TextFacts:
    """Properties of each text.

    Args:
        characters: uint32 (texts,), number of characters except white space.
        letters: uint32 (texts,).
        script_letters: uint32 (texts,), number of letters of the most frequent script.
        scripts: uint8 (texts,), that script, an index in `SCRIPTS`; 0 for a text without letters.

    Example:
        >>> facts = TextFacts.of(["so good!", "좋아요"])
        >>> facts.characters.tolist(), [SCRIPTS[script][0] for script in facts.scripts]
        ([7, 3], ['Latin', 'Hangul'])
    """

    characters: Counts
    letters: Counts
    script_letters: Counts
    scripts: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, texts: list[str]) -> TextFacts:
        """Compute the properties of texts."""
        return cls(*_core.text_facts(texts, thread_count()))


@dataclass(frozen=True, eq=False)
class Damage:
    """Texts that were decoded with the wrong encoding, or lost characters; one row per damaged text.

    Args:
        texts: int64 (damaged,), indices of the texts.
        mojibake: uint32 (damaged,), number of character sequences from wrong decoding.
        first_mojibake: uint32 (damaged,), character index of the first of them.
        replacements: uint32 (damaged,), number of characters U+FFFD.
        first_replacement: uint32 (damaged,), character index of the first of them.

    Example:
        >>> damage = Damage.of(["fine", "cafÃ©"])
        >>> damage.texts.tolist(), damage.mojibake.tolist(), damage.first_mojibake.tolist()
        ([1], [1], [3])
    """

    texts: npt.NDArray[np.int64]
    mojibake: Counts
    first_mojibake: Counts
    replacements: Counts
    first_replacement: Counts

    @classmethod
    def of(cls, texts: list[str]) -> Damage:
        """Find the damage of texts."""
        rows = _core.text_damage(texts, thread_count())
        return cls(rows[:, 0].astype(np.int64), *rows[:, 1:].T)


@dataclass(frozen=True, eq=False)
class Likeness:
    """Similarity of the words of each text to those of a sample.

    Args:
        words: uint32 (texts,), number of words of letters only, in the first 2,000 bytes.
        frequent: uint32 (texts,), number of them that are among the 100 most frequent words of the sample, and have
            a frequency of at least one in 2,000 words there.
        trigrams: uint32 (texts,), number of letter trigrams, with a space on both sides of a word.
        scores: float32 (texts,), mean log probability of the trigrams in the sample.

    Source:
        Cavnar and Trenkle 1994, "N-gram-based text categorization", and Grefenstette 1995, "Comparing two language
        identification schemes" (frequent words); the profile is computed from the data.
    """

    words: Counts
    frequent: Counts
    trigrams: Counts
    scores: npt.NDArray[np.float32]

    @classmethod
    def of(cls, texts: list[str], sample: Sequence[int]) -> Likeness:
        """Compute the similarity of texts to a sample of them."""
        return cls(*_core.text_likeness(texts, list(sample), thread_count()))


def even_places(count: int, most: int) -> npt.NDArray[np.int64]:
    """Return at most `most` evenly spaced indices from 0 to `count`.

    Example:
        >>> even_places(10, 4).tolist(), even_places(3, 4).tolist()
        ([0, 2, 5, 7], [0, 1, 2])
    """
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.arange(most, dtype=np.int64) * count // most
