"""Korean words between spaces, with particles split off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from malmoi import _core
from malmoi.tokenizers.base import Tokenizer

__all__ = ["Eojeol"]


@dataclass(frozen=True, repr=False)
class Eojeol(Tokenizer):
    """Words as `Words` has them; frequent particles of Korean are tokens of their own. No dictionary, no dependency.

    A particle of a closed list (은 는 이 가 을 를 에 의 와 과 도 만 로 에서 까지 처럼 보다 ..., and stackings such as
    에서는) is split off where the syllable before it has the final consonant that it needs, and two characters or more
    are left; the longest particle first. Runs of ㅋ, ㅎ, ㅠ, ㅜ are tokens, three or more become two. Without a
    dictionary, rare words that end as if with a particle are cut (엉덩이; some thirty frequent ones such as 고양이 and
    그래도 are known), 좋아하는 loses its 는, and other verbs keep their endings. Composed and decomposed texts give the
    same tokens.

    Args:
        keep_particles: particles are tokens; off: they are left out.
        keep_punctuation: keep what is neither letter nor digit, a token each; off: emoji alone.
        lowercase, strip_accents, drop_html: as in `Words`.
        normalization: "NFC" or "NFKC".

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
        """The core's form of this rule."""
        return _core.Splitter.eojeol(
            particles=self.keep_particles,
            punctuation=self.keep_punctuation,
            html=self.drop_html,
            form=self.normalization,
            accents=self.strip_accents,
            lowercase=self.lowercase,
        )
