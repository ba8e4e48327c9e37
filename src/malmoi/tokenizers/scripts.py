"""Which tokens suit which script."""

from __future__ import annotations

from typing import Literal, TypeAlias

from malmoi import _core
from malmoi.data.texts import Texts
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten
from malmoi.tokenizers.base import Tokenizer
from malmoi.tokenizers.characters import Characters
from malmoi.tokenizers.eojeol import Eojeol
from malmoi.tokenizers.hangul import Hangul
from malmoi.tokenizers.kiwi import kiwi_is_installed
from malmoi.tokenizers.morphemes import Morphemes
from malmoi.tokenizers.words import Words

__all__ = ["TokensOrAuto", "check_tokenizer", "check_tokens", "chosen_tokens", "chosen_words", "script_shares"]


SHARE_OF_LETTERS = 0.3  # a syllable or an ideograph says as much as two or three letters of an alphabet


LOOKED_AT = 2_000


TokensOrAuto: TypeAlias = Tokenizer | Literal["auto"]


def check_tokenizer(tokens: object) -> None:
    """Refuse what is no tokenizer, "auto" too, where there are no texts to look at.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(tokens, Tokenizer):
        raise TypeError(f"tokens must be a tokenizer such as Words(), got {shorten(tokens)}")


def check_tokens(tokens: object) -> None:
    """Refuse what is neither a tokenizer nor "auto".

    Raises:
        TypeError: it is something else.
    """
    if tokens != "auto" and not isinstance(tokens, Tokenizer):
        raise TypeError(f'tokens must be "auto" or a tokenizer such as Words(), got {shorten(tokens)}')


def chosen_tokens(tokens: TokensOrAuto, texts: Texts, *, bag: bool) -> tuple[Tokenizer, str]:
    """The tokenizer that suits the texts' scripts, and why.

    Words for alphabetic scripts. Where 30 % of the letters or more are Korean, Japanese, Chinese, Thai, Lao, Khmer or
    Burmese: for a bag, characters inside words, whose n-grams find words without spaces and stems with endings; for
    sequences, syllables of Korean, and characters of the others.

    Args:
        tokens: "auto", or what the user chose, which stays.
        texts: training texts; 2,000 of them, evenly spread, are looked at.
        bag: whether n-grams are counted, or texts become sequences.
    """
    if tokens != "auto":
        return tokens, f"{tokens!r}, as asked"
    script, share = script_shares(texts, thread_count())
    if script is None:
        return Words(), "Words(), because the script separates words by spaces"
    chosen: Tokenizer = Characters(inside_words=True) if bag else Hangul() if script == "Korean" else Characters()
    return chosen, f"{chosen!r}, because {share:.0%} of the letters are {script}"


def chosen_words(tokens: TokensOrAuto, texts: Texts) -> tuple[Tokenizer, str]:
    """The tokenizer whose tokens are words, for word vectors, and why.

    Of Korean: words in dictionary form, without function words, where kiwipiepy is installed; otherwise words
    between spaces without their particles. Of other scripts: as `chosen_tokens` has it for sequences.

    Args:
        tokens: "auto", or what the user chose, which stays.
        texts: training texts; 2,000 of them, evenly spread, are looked at.
    """
    chosen, choice = chosen_tokens(tokens, texts, bag=False)
    if tokens != "auto" or not isinstance(chosen, Hangul):
        return chosen, choice
    _, share = script_shares(texts, thread_count())
    why = f"{share:.0%} of the letters are Korean"
    if kiwi_is_installed():
        stems = Morphemes(dictionary_form=True, keep_function_words=False, keep_punctuation=False)
        return stems, f"{stems!r}, because {why} and kiwipiepy is installed"
    words = Eojeol(keep_particles=False)
    cure = "pip install 'malmoi[korean]' for dictionary forms"
    return words, f"{words!r}, because {why} and kiwipiepy is not installed; {cure}"


def script_shares(texts: Texts, threads: int) -> tuple[str | None, float]:
    """Return the script without spaces between words, or with endings, that texts are written in, and its share.

    `None` where fewer than 30 % of the letters are of such scripts; 2,000 texts, evenly spread, are looked at.
    """
    hangul, ideographs, unspaced, spaced = _core.letters(texts[:: -(-len(texts) // LOOKED_AT) or 1], threads)
    others = {"Korean": hangul, "Japanese or Chinese": ideographs, "Thai, Lao, Khmer or Burmese": unspaced}
    script = max(others, key=others.__getitem__)
    total = sum(others.values()) + spaced
    if not total or sum(others.values()) / total < SHARE_OF_LETTERS:
        return None, 0.0
    return script, others[script] / total
