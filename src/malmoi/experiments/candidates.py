"""Choice of candidate recipes for labelled texts by estimated cost, independent of measured time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NotRequired, TypedDict

from malmoi.data.texts import Texts, character_count
from malmoi.experiments.recipe import Recipe
from malmoi.foundation.threads import thread_count
from malmoi.models.linear.features import CHARACTERS_OF_A_WORD, longest_words
from malmoi.tokenizers.kiwi import kiwi_is_installed
from malmoi.tokenizers.scripts import script_shares

__all__ = ["Candidate", "TextProfile", "candidates_for"]

OUTPUTS_TOGETHER = 8
"""Number of classes that the solver fits in one pass over the texts."""
CHEAP = 30_000_000
"""Maximum cost of candidates that are always tried."""
DEAR = 600_000_000
"""Maximum cost of candidates that are tried with few labels."""
FEW_LABELS_OF_A_CLASS = 2_000
"""Maximum texts per class for which character n-grams in addition to words are worth their cost."""


class _Tokens(TypedDict):
    """A tokenizer in a recipe's settings."""

    kind: str
    keep_punctuation: NotRequired[bool]
    inside_words: NotRequired[bool]
    join_affixes: NotRequired[bool]


WORDS: _Tokens = {"kind": "Words", "keep_punctuation": True}
INSIDE_WORDS: _Tokens = {"kind": "Characters", "inside_words": True}
CHARACTERS: _Tokens = {"kind": "Characters"}
CHARACTERS_OF = {"Words": CHARACTERS_OF_A_WORD, "Morphemes": 2}
"""Mean characters per token."""
MORPHEMES: _Tokens = {"kind": "Morphemes", "join_affixes": False}
"""Stems and endings as separate tokens, more accurate for bags than joined ones."""
MOST_ANALYSED = 10_000_000
"""Maximum characters of Korean texts for morphemes (about 40,000 per second); above, only characters are used."""


@dataclass(frozen=True)
class TextProfile:
    """Inputs of the cost model.

    Args:
        texts: number of labelled texts.
        characters: number of characters of all texts.
        classes: number of classes.
        script: script of the texts, if it has no spaces between words or is agglutinative; `None`: another script.
        has_morphemes: whether the texts are Korean and the morphological analyser kiwipiepy is installed.
    """

    texts: int
    characters: int
    classes: int
    script: str | None
    has_morphemes: bool = False

    @classmethod
    def of(cls, texts: Texts, classes: int, n_jobs: int | None = None) -> TextProfile:
        """Return the profile of texts."""
        script, _ = script_shares(texts, thread_count(n_jobs))
        has_morphemes = script == "Korean" and kiwi_is_installed()
        return cls(len(texts), character_count(texts), classes, script, has_morphemes)


@dataclass(frozen=True)
class Candidate:
    """A candidate recipe.

    Args:
        recipe: the recipe.
        cost: number of counted n-grams times the passes of the solver over all classes.
    """

    recipe: Recipe
    cost: int


def candidates_for(profile: TextProfile) -> list[Candidate]:
    """Return the candidate recipes, the most promising first.

    Example:
        >>> [one.recipe.settings["weighting"] for one in candidates_for(TextProfile(1_000, 100_000, 2, None))]
        ['nb', 'nb', 'tfidf']
    """
    longest = longest_words(profile.characters, profile.classes)
    if profile.script is not None:
        made = [
            _bag(profile, [CHARACTERS], [(1, 5)]),
            _bag(profile, [WORDS, CHARACTERS], [(1, 2), (1, 4)]),
            _bag(profile, [CHARACTERS], [(1, 5)], "tfidf"),
        ]
        if profile.has_morphemes and profile.characters <= MOST_ANALYSED:
            made.insert(0, _bag(profile, [MORPHEMES, CHARACTERS], [(1, 3), (1, 4)]))
    else:
        made = [
            _bag(profile, [WORDS], [(1, longest)]),
            _bag(profile, [WORDS, INSIDE_WORDS], [(1, longest), (1, 5)]),
            _bag(profile, [WORDS], [(1, 2)], "tfidf"),
        ]
    limit = DEAR if profile.texts / profile.classes <= FEW_LABELS_OF_A_CLASS else CHEAP
    return [one for number, one in enumerate(made) if number == 0 or one.cost <= limit]


def _bag(
    profile: TextProfile, tokens: list[_Tokens], ngrams: list[tuple[int, int]], weighting: str = "nb"
) -> Candidate:
    counted = 0.0
    for kind, (shortest, longest) in zip(tokens, ngrams, strict=True):
        units = profile.characters / CHARACTERS_OF.get(kind["kind"], 1)
        counted += units * (longest + 1 - shortest)
    outputs = 1 if profile.classes == 2 else profile.classes
    passes = 1 if outputs == 1 else -(-outputs // OUTPUTS_TOGETHER)
    settings: dict[str, object] = {"tokens": tokens, "ngrams": [list(pair) for pair in ngrams], "weighting": weighting}
    if len(tokens) == 1:
        settings |= {"tokens": tokens[0], "ngrams": list(ngrams[0])}
    return Candidate(Recipe("bag", settings), round(counted * passes))
