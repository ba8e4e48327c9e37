"""Tokenizer for Korean morphemes, which kiwipiepy analyses."""

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
"""A run of a letter for laughter or tears, shortened to two, or other text."""
LONGEST_RUN = 2
KOREAN = re.compile("[ㄱ-ㅣ가-힣\u1100-\u11ff]")
"""Only texts that match are analysed."""
PREDICATES = {"VV", "VA", "VX", "VCP", "VCN", "XSV", "XSA"}
FUNCTION_TAGS = {"VCP", "VX", "XPN", "XSN", "NP", "NNB", "MM", "MAJ", "Z_CODA", "Z_SIOT"}
NEGATION = {"않", "못하", "말"}
"""Auxiliary verbs that negate a sentence."""
VERSIONS = re.compile(r"kiwipiepy (\S+), kiwipiepy_model (\S+)")

Found = tuple[str, int, int]
"""A token with its start and end offsets."""


@dataclass(frozen=True, repr=False)
class Morphemes(Tokenizer):
    """Tokenizer that splits Korean into morphemes and other scripts into words, as `Words` does.

    Needs kiwipiepy (`pip install 'malmoi[korean]'`). Composed and decomposed texts give the same tokens. Runs of ㅋ,
    ㅎ, ㅠ, ㅜ are tokens; three or more become two. Slower than the tokenizers of the core: about 1,000 short texts a
    second. A saved model stores the versions of kiwipiepy and of its language model; loading it with other versions,
    which may give other morphemes, raises a warning.

    Args:
        dictionary_form: whether to append 다 to the stems of verbs and adjectives, as in a dictionary.
        keep_function_words: whether particles, endings, the copula 이다, prefixes and suffixes of nouns, pronouns,
            dependent nouns such as 것, determiners such as 이, conjunctions and auxiliary verbs are tokens. Otherwise
            only those of negation are (안, 못, 아니다, 않다, 못하다, 말다).
        join_affixes: whether a root and the suffix that makes it a verb, an adjective or an adverb are one token:
            지루하 instead of 지루 and 하.
        tags: whether to append the part of speech to every morpheme, as in 영화/NNG.
        keep_punctuation: whether characters other than letters and digits are tokens; otherwise only emoji are.
        lowercase, drop_html: see `Words`.
        normalization: Unicode normalization form, "NFC" or "NFKC"; see `Words`.
        versions: versions of kiwipiepy and its model that a saved model was trained with; set when a file is loaded.

    Raises:
        MissingExtraError: kiwipiepy is not installed; raised when the first text is tokenized.
        TypeError: a setting has the wrong type.
        ValueError: `normalization` is unknown, or `versions` has another form.

    Source:
        Kiwi, https://github.com/bab2min/kiwipiepy; the tags are those of the Sejong corpus.

    Example:
        >>> Morphemes()("영화가 재밌었다ㅋㅋㅋ good!")  # doctest: +SKIP
        ['영화', '가', '재밌', '었', '다', 'ㅋㅋ', 'good', '!']
        >>> Morphemes(dictionary_form=True, keep_function_words=False)("영화가 재밌었다")  # doctest: +SKIP
        ['영화', '재밌다']
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
        if (trained := VERSIONS.fullmatch(self.versions)) is None:
            rule = 'versions must be "kiwipiepy X, kiwipiepy_model Y", as in a saved model'
            raise ValueError(f"{rule}, got {shorten(self.versions)}")
        if kiwi_is_installed() and self.versions != (installed := installed_versions()):
            cure = f"pip install kiwipiepy=={trained[1]} kiwipiepy_model=={trained[2]}"
            rule = f"the model was trained with {self.versions}, but {installed} is installed"
            warnings.warn(f"{rule}, which may give different morphemes; {cure}", stacklevel=2)

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's splitter for the output of `prepared`.

        :meta private:
        """
        return _core.Splitter.keras_words("", False, SEPARATOR)

    @cached_property
    def _characters(self) -> Characters:
        return Characters(lowercase=False, normalization=self.normalization, drop_html=self.drop_html)

    @cached_property
    def _words(self) -> Words:
        return Words(lowercase=self.lowercase, keep_punctuation=self.keep_punctuation)

    def __getstate__(self) -> dict[str, object]:
        """Return the fields."""
        return {name: value for name, value in super().__getstate__().items() if not name.startswith("_")}

    def __call__(self, text: str) -> list[str]:
        """Tokenize one text."""
        return [token for token, _, _ in next(self._found([self._plain(one_text(text))]))]

    def spans(self, text: str) -> list[Span]:
        """Return the offsets of each token; a stem and an ending in the same syllable have the same offsets.

        Args:
            text: a str.

        Returns:
            (start, end) of each token, in characters, in the order of the tokens.

        Raises:
            MissingExtraError: kiwipiepy is not installed.
            TypeError: `text` is not a str.
            ValueError: it contains a lone surrogate.

        Example:
            >>> Morphemes().spans("했다")  # doctest: +SKIP
            [(0, 1), (0, 1), (1, 2)]
        """
        sources = self._characters.spans(one_text(text))
        offsets = [source for cluster, source in zip(self._characters(text), sources, strict=True) for _ in cluster]
        found = next(self._found([self._plain(text)]))
        return [(offsets[start][0], offsets[end - 1][1]) for _, start, end in found]

    def coverage(self, texts: Sequence[str], *, n_jobs: int | None = None) -> TokenCoverage:
        """Return the coverage of `Words`: all Korean counts as covered, removed function words included.

        Args:
            texts: one str per sample.
            n_jobs: number of threads; all cores if not given.

        Returns:
            Counts over all texts; two results can be added.

        Raises:
            TypeError: a text is not a str.
            ValueError: a text contains a lone surrogate.

        Example:
            >>> Morphemes(keep_punctuation=False).coverage(["영화가 ★"]).others
            (('★', 1),)
        """
        plain = [self._plain(text) for text in as_texts(texts)]
        return self._words.coverage(plain, n_jobs=n_jobs)

    def prepared(self, texts: Texts) -> list[str]:
        """Return the tokens of each text, joined by NUL.

        Raises:
            MissingExtraError: kiwipiepy is not installed.
            ValueError: a text contains a lone surrogate.

        :meta private:
        """
        _core.check_texts(texts)
        cache = remembered(self)
        if cache is None:
            return self._prepared(list(texts))
        new = list(dict.fromkeys(text for text in texts if text not in cache))
        cache.update(zip(new, self._prepared(new), strict=True))
        return [cache[text] for text in texts]

    def _prepared(self, texts: list[str]) -> list[str]:
        plain = [self._plain(text) for text in texts]
        return [SEPARATOR.join([token for token, _, _ in found]) for found in self._found(plain)]

    def recorded(self) -> Morphemes:
        """Return the tokenizer with its `versions`, or with the installed versions if it has none.

        :meta private:
        """
        return self if self.versions else replace(self, versions=installed_versions())

    def _plain(self, text: str) -> str:
        """Return the normalised text, with HTML tags removed if requested, and NUL replaced by a space."""
        return "".join(self._characters(text)).replace(SEPARATOR, " ")

    def _found(self, texts: list[str]) -> Iterator[list[Found]]:
        found = analysed(
            [text for text in texts if KOREAN.search(text)], join=self.join_affixes, versions=self.versions
        )
        for text in texts:
            yield list(self._tokens(text, next(found) if KOREAN.search(text) else []))

    def _tokens(self, text: str, morphemes: Iterable[Any]) -> Iterator[Found]:
        """Yield the morphemes of Korean, and the words of the text between them."""
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
        """Return a morpheme as a token; `None` if it is removed."""
        is_function_word = tag[0] in "EJ" or (tag in FUNCTION_TAGS and not (tag == "VX" and form in NEGATION))
        if is_function_word and not self.keep_function_words:
            return None
        if self.dictionary_form and tag in PREDICATES:
            form += "다"
        return f"{form}/{tag}" if self.tags else form

    def _letters(self, form: str, tag: str, start: int) -> Iterator[Found]:
        """Yield tokens of single letters, with runs of laughter and tears shortened to two."""
        for found in FEELING.finditer(form):
            token = found[0] if found[1] is None else found[0][:LONGEST_RUN]
            yield f"{token}/{tag}" if self.tags else token, start + found.start(), start + found.end()

    def _between(self, text: str, start: int, end: int) -> Iterator[Found]:
        piece = text[start:end]
        if piece.isspace():
            return
        for token, (first, last) in zip(self._words(piece), self._words.spans(piece), strict=True):
            yield token, start + first, start + last
