"""Choice of the tokenizer by the scripts of texts."""

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

__all__ = [
    "TokensOrAuto",
    "check_tokenizer",
    "check_tokens",
    "chosen_tokens",
    "chosen_words",
    "main_script",
    "sampling_step",
    "script_shares",
]


SHARE_OF_LETTERS = 0.3  # a syllable or an ideograph carries as much information as two or three letters of an alphabet


SAMPLED_TEXTS = 2_000


TokensOrAuto: TypeAlias = Tokenizer | Literal["auto"]


def check_tokenizer(tokens: object) -> None:
    """Check that a value is a tokenizer, and not "auto".

    Raises:
        TypeError: it is not.
    """
    if not isinstance(tokens, Tokenizer):
        raise TypeError(f"tokens must be a tokenizer such as Words(), got {shorten(tokens)}")


def check_tokens(tokens: object) -> None:
    """Check that a value is a tokenizer or "auto".

    Raises:
        TypeError: it is neither.
    """
    if tokens != "auto" and not isinstance(tokens, Tokenizer):
        raise TypeError(f'tokens must be "auto" or a tokenizer such as Words(), got {shorten(tokens)}')


def chosen_tokens(tokens: TokensOrAuto, texts: Texts, *, bag: bool) -> tuple[Tokenizer, str]:
    """Return the tokenizer for the scripts of texts, and the reason for the choice.

    Words for alphabetic scripts. If at least 30 % of the letters are Korean, Japanese, Chinese, Thai, Lao, Khmer or
    Burmese: for a bag, characters inside words, whose n-grams cover words without spaces and stems with endings; for
    sequences, syllables for Korean, and characters for the others.

    Args:
        tokens: "auto", or a tokenizer, which is returned unchanged.
        texts: training texts, of which 2,000, evenly spaced, are examined.
        bag: whether the tokens are for bags of n-grams instead of sequences.
    """
    if tokens != "auto":
        return tokens, f"{tokens!r}, as requested"
    script, share = script_shares(texts, thread_count())
    if script is None:
        return Words(), "Words(), because the script separates words by spaces"
    chosen: Tokenizer = Characters(inside_words=True) if bag else Hangul() if script == "Korean" else Characters()
    return chosen, f"{chosen!r}, because {share:.0%} of the letters are {script}"


def chosen_words(tokens: TokensOrAuto, texts: Texts) -> tuple[Tokenizer, str]:
    """Return a tokenizer whose tokens are words, for word vectors, and the reason for the choice.

    For Korean: words in dictionary form without function words if kiwipiepy is installed, otherwise words between
    spaces without their particles. For other scripts: as `chosen_tokens` for sequences.

    Args:
        tokens: "auto", or a tokenizer, which is returned unchanged.
        texts: training texts, of which 2,000, evenly spaced, are examined.
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
    """Return the main script of texts among Korean and the scripts without spaces, and its share of the letters.

    `None` if such scripts have less than 30 % of the letters; 2,000 texts, evenly spaced, are examined.
    """
    return main_script(*_core.letters(texts[:: sampling_step(len(texts))], threads))


def sampling_step(texts: int) -> int:
    """Return the distance between the texts whose letters are counted."""
    return -(-texts // SAMPLED_TEXTS) or 1


def main_script(hangul: int, ideographs: int, unspaced: int, spaced: int) -> tuple[str | None, float]:
    """Return the result of `script_shares` from numbers of letters.

    Args:
        hangul: Korean letters.
        ideographs: Japanese or Chinese letters.
        unspaced: Thai, Lao, Khmer or Burmese letters.
        spaced: all other letters.
    """
    others = {"Korean": hangul, "Japanese or Chinese": ideographs, "Thai, Lao, Khmer or Burmese": unspaced}
    script = max(others, key=others.__getitem__)
    total = sum(others.values()) + spaced
    if not total or sum(others.values()) / total < SHARE_OF_LETTERS:
        return None, 0.0
    return script, others[script] / total
