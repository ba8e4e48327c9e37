"""What checks need to know of every text: its size, its script, and what is damaged in it."""

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
    """Facts of each text.

    Args:
        characters: uint32 (texts,), characters that are no white space.
        letters: uint32 (texts,).
        script_letters: uint32 (texts,), letters of the script that most letters belong to.
        scripts: uint8 (texts,), that script, a place in `SCRIPTS`; 0 where there is no letter.

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
        """Return the facts of texts."""
        characters, letters, of_script, scripts = _core.text_facts(texts, thread_count())
        return cls(_counts(characters), _counts(letters), _counts(of_script), np.frombuffer(scripts, np.uint8))


@dataclass(frozen=True, eq=False)
class Damage:
    """Texts that were decoded with the wrong encoding, or lost characters; one row for each such text.

    Args:
        texts: int64 (damaged,), places of the texts.
        mojibake: uint32 (damaged,), sequences of characters that a wrong decoding makes.
        first_mojibake: uint32 (damaged,), the first of them, as a place among the characters.
        replacements: uint32 (damaged,), characters U+FFFD.
        first_replacement: uint32 (damaged,), the first of them.

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
        """Return the damage of texts."""
        rows = _counts(_core.text_damage(texts, thread_count())).reshape(-1, 5)
        return cls(rows[:, 0].astype(np.int64), *rows[:, 1:].T)


@dataclass(frozen=True, eq=False)
class Likeness:
    """How much the words of each text are like those of a sample.

    Args:
        words: uint32 (texts,), words of letters alone, in the first 2,000 bytes.
        frequent: uint32 (texts,), those of them that are among the 100 most frequent of the sample, and at
            least one word in 2,000 there.
        trigrams: uint32 (texts,), trigrams of their letters, with a space on both sides of a word.
        scores: float32 (texts,), the mean logarithm of the trigrams' probability in the sample.

    Source:
        Cavnar and Trenkle 1994, "N-gram-based text categorization", and Grefenstette 1995, "Comparing two language
        identification schemes" (frequent words); the profile is that of the data.
    """

    words: Counts
    frequent: Counts
    trigrams: Counts
    scores: npt.NDArray[np.float32]

    @classmethod
    def of(cls, texts: list[str], sample: Sequence[int]) -> Likeness:
        """Return the likeness of texts to a sample of them."""
        words, frequent, trigrams, scores = _core.text_likeness(texts, list(sample), thread_count())
        return cls(_counts(words), _counts(frequent), _counts(trigrams), np.frombuffer(scores, "<f4"))


def even_places(count: int, most: int) -> npt.NDArray[np.int64]:
    """Return at most so many places from 0 to a count, evenly spaced.

    Example:
        >>> even_places(10, 4).tolist(), even_places(3, 4).tolist()
        ([0, 2, 5, 7], [0, 1, 2])
    """
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.arange(most, dtype=np.int64) * count // most


def _counts(data: bytes | bytearray) -> npt.NDArray[np.uint32]:
    return np.frombuffer(data, "<u4")
