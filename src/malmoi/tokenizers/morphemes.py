"""Korean by morphemes, as kiwipiepy finds them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from malmoi import _core
from malmoi.data.texts import Texts, as_texts
from malmoi.foundation.validation import shorten
from malmoi.tokenizers.base import Span, Tokenizer, one_text
from malmoi.tokenizers.characters import Characters
from malmoi.tokenizers.coverage import TokenCoverage
from malmoi.tokenizers.kiwi import analysed, installed_versions, kiwi_is_installed, remembered
from malmoi.tokenizers.words import Words

__all__ = ["SEPARATOR", "Morphemes"]

SEPARATOR = "\0"
FEELING = re.compile(r"([ㅋㅎㅠㅜ])\1*|[^ㅋㅎㅠㅜ]+")
"""A run of laughter or tears, or what is none; of a run two are kept."""
LONGEST_RUN = 2
KOREAN = re.compile("[ㄱ-ㅣ가-힣\u1100-\u11ff]")
"""Only texts that hold some of it are analysed."""
PREDICATES = {"VV", "VA", "VX", "VCP", "VCN", "XSV", "XSA"}
FUNCTION_TAGS = {"VCP", "VX", "XPN", "XSN", "NP", "NNB", "MM", "MAJ", "Z_CODA", "Z_SIOT"}
NEGATION = {"않", "못하", "말"}
"""Auxiliary verbs that turn the meaning of a sentence."""
VERSIONS = re.compile(r"kiwipiepy (\S+), kiwipiepy_model (\S+)")

Found = tuple[str, int, int]
"""A token, its first character, and the one behind its last."""


@dataclass(frozen=True, repr=False)
class Morphemes(Tokenizer):
    """Korean by morphemes, everything else as `Words` has it. Needs kiwipiepy (`pip install 'malmoi[korean]'`).

    Composed and decomposed texts give the same tokens. Runs of ㅋ, ㅎ, ㅠ, ㅜ are tokens, three or more become two.
    Slower than the tokenizers of the core: about 1,000 short texts a second. A model keeps the versions of
    kiwipiepy and of its language model; other versions may find other morphemes, so opening it warns of them.

    Args:
        dictionary_form: write stems of verbs and adjectives with 다, as a dictionary lists them.
        keep_function_words: keep particles, endings, the copula 이다, prefixes and suffixes of nouns, pronouns,
            dependent nouns such as 것, determiners such as 이, conjunctions and auxiliary verbs, a token each. Off:
            those of negation stay (안, 못, 아니다, 않다, 못하다, 말다).
        join_affixes: one token for a root and the suffix that makes it a verb, an adjective or an adverb: 지루하, not
            지루 and 하.
        tags: write the part of speech behind every morpheme, as in 영화/NNG.
        keep_punctuation: keep what is neither letter nor digit, a token each; off: emoji alone.
        lowercase, drop_html: as in `Words`.
        normalization: "NFC" or "NFKC".
        versions: of kiwipiepy and of its model that a saved model was trained with; only files set it.

    Raises:
        MissingExtraError: kiwipiepy is not installed; when a text is cut, not before.

    Source:
        Kiwi, https://github.com/bab2min/kiwipiepy; the tags are those of the Sejong corpus.
    """

    dictionary_form: bool = False
    keep_function_words: bool = True
    join_affixes: bool = True
    tags: bool = False
    keep_punctuation: bool = True
    lowercase: bool = True
    normalization: str = "NFC"
    drop_html: bool = False
    versions: str = field(default="", compare=False, repr=False)
    in_core = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.versions:
            return
        if (known := VERSIONS.fullmatch(self.versions)) is None:
            rule = 'versions must be "kiwipiepy X, kiwipiepy_model Y", as a saved model has it'
            raise ValueError(f"{rule}, got {shorten(self.versions)}")
        if kiwi_is_installed() and self.versions != (here := installed_versions()):
            cure = f"pip install kiwipiepy=={known[1]} kiwipiepy_model=={known[2]}"
            rule = f"the model was trained with {self.versions}, installed are {here}"
            warnings.warn(f"{rule}, which may find other morphemes; {cure}", stacklevel=2)

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's rule for what `prepared` returns."""
        return _core.Splitter.keras_words("", False, SEPARATOR)

    @cached_property
    def _characters(self) -> Characters:
        return Characters(lowercase=False, normalization=self.normalization, drop_html=self.drop_html)

    @cached_property
    def _words(self) -> Words:
        return Words(lowercase=self.lowercase, keep_punctuation=self.keep_punctuation)

    def __getstate__(self) -> dict[str, object]:
        """Copies hold the fields."""
        return {name: value for name, value in super().__getstate__().items() if not name.startswith("_")}

    def __call__(self, text: str) -> list[str]:
        """Split one text."""
        return [token for token, _, _ in next(self._found([self._plain(one_text(text))]))]

    def spans(self, text: str) -> list[Span]:
        """Where each token stands; a stem and an ending that share a syllable share its place."""
        sources = self._characters.spans(one_text(text))
        places = [source for cluster, source in zip(self._characters(text), sources, strict=True) for _ in cluster]
        found = next(self._found([self._plain(text)]))
        return [(places[start][0], places[end - 1][1]) for _, start, end in found]

    def coverage(self, texts: Sequence[str], *, n_jobs: int | None = None) -> TokenCoverage:
        """Count as `Words` does: Korean is in tokens, function words that are left out on purpose too."""
        plain = [self._plain(text) for text in as_texts(texts)]
        return self._words.coverage(plain, n_jobs=n_jobs)

    def prepared(self, texts: Texts) -> list[str]:
        """Texts as their tokens with NUL between them.

        Raises:
            MissingExtraError: kiwipiepy is not installed.
            ValueError: a text holds half a character.
        """
        _core.check_texts(texts)
        known = remembered(self)
        if known is None:
            return self._prepared(list(texts))
        new = list(dict.fromkeys(text for text in texts if text not in known))
        known.update(zip(new, self._prepared(new), strict=True))
        return [known[text] for text in texts]

    def _prepared(self, texts: list[str]) -> list[str]:
        plain = [self._plain(text) for text in texts]
        return [SEPARATOR.join([token for token, _, _ in found]) for found in self._found(plain)]

    def recorded(self) -> Morphemes:
        """Return the same tokenizer with the versions that it was made with, or is used with for the first time."""
        return self if self.versions else replace(self, versions=installed_versions())

    def _plain(self, text: str) -> str:
        """The text without tags, composed; NUL, which separates tokens, is a space."""
        return "".join(self._characters(text)).replace(SEPARATOR, " ")

    def _found(self, texts: list[str]) -> Iterator[list[Found]]:
        found = analysed(
            [text for text in texts if KOREAN.search(text)], join=self.join_affixes, versions=self.versions
        )
        for text in texts:
            yield list(self._tokens(text, next(found) if KOREAN.search(text) else []))

    def _tokens(self, text: str, morphemes: Iterable[Any]) -> Iterator[Found]:
        """The morphemes of Korean, and the words of what stands between them."""
        begun = end = 0
        for morpheme in morphemes:
            tag = morpheme.tag
            if tag[0] in "SW" and not "ㄱ" <= morpheme.form[0] <= "ㅣ":
                continue
            start = max(morpheme.start, begun)
            if start > end:
                yield from self._between(text, end, start)
            begun, end = start, max(end, morpheme.end, start)
            if "ㄱ" <= morpheme.form[0] <= "ㅣ" and tag[0] == "S":
                yield from self._letters(morpheme.form, tag, start)
            elif (token := self._written(morpheme.form, tag.partition("-")[0])) is not None:
                yield token, min(start, end - 1), end
        if end < len(text):
            yield from self._between(text, end, len(text))

    def _written(self, form: str, tag: str) -> str | None:
        """Write a morpheme as a token; `None`: it is left out."""
        is_function_word = tag[0] in "EJ" or (tag in FUNCTION_TAGS and not (tag == "VX" and form in NEGATION))
        if is_function_word and not self.keep_function_words:
            return None
        if self.dictionary_form and tag in PREDICATES:
            form += "다"
        return f"{form}/{tag}" if self.tags else form

    def _letters(self, form: str, tag: str, start: int) -> Iterator[Found]:
        """Letters that stand alone; laughter and tears in runs of two at most."""
        for found in FEELING.finditer(form):
            token = found[0] if found[1] is None else found[0][:LONGEST_RUN]
            yield f"{token}/{tag}" if self.tags else token, start + found.start(), start + found.end()

    def _between(self, text: str, start: int, end: int) -> Iterator[Found]:
        piece = text[start:end]
        if piece.isspace():
            return
        for token, (first, last) in zip(self._words(piece), self._words.spans(piece), strict=True):
            yield token, start + first, start + last
