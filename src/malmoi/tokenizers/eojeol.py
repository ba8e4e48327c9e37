"""Tokenizer for Korean words with particles split off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from malmoi import _core
from malmoi.tokenizers.base import Tokenizer

__all__ = ["Eojeol"]


@dataclass(frozen=True, repr=False)
class Eojeol(Tokenizer):
    """Word tokenizer like `Words` that splits frequent particles off Korean words; needs no dictionary or dependency.

    A particle of a closed list (은 는 이 가 을 를 에 의 와 과 도 만 로 에서 까지 처럼 보다 ..., and combinations such
    as 에서는) is split off if the preceding syllable has the final consonant that the particle requires and at least
    two characters remain; the longest particle comes first. Runs of ㅋ, ㅎ, ㅠ, ㅜ are tokens; three or more become
    two. Because there is no dictionary, rare words that end like a particle are split (엉덩이; about thirty frequent
    ones such as 고양이 and 그래도 are exceptions), 좋아하는 loses its 는, and other verbs keep their endings. Composed
    and decomposed texts give the same tokens.

    Args:
        keep_particles: whether particles are tokens; otherwise they are removed.
        keep_punctuation: whether characters other than letters and digits are tokens; otherwise only emoji are.
        lowercase, strip_accents, drop_html: see `Words`.
        normalization: Unicode normalization form, "NFC" or "NFKC"; see `Words`.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: `normalization` is unknown.

    Example:
        >>> Eojeol()("영화가 극장에서는 재밌다ㅋㅋㅋㅋ")
        ['영화', '가', '극장', '에서는', '재밌다', 'ㅋㅋ']
        >>> Eojeol(keep_particles=False)("아이의 나이는")
        ['아이', '나이']
    """

    keep_particles: bool = True
    keep_punctuation: bool = False
    lowercase: bool = True
    strip_accents: bool = False
    normalization: str = "NFC"
    drop_html: bool = False

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's implementation of this tokenizer.

        :meta private:
        """
        return _core.Splitter.eojeol(
            particles=self.keep_particles,
            punctuation=self.keep_punctuation,
            html=self.drop_html,
            form=self.normalization,
            accents=self.strip_accents,
            lowercase=self.lowercase,
        )
