"""Word cache for tokenizers that always split at spaces: each distinct word is tokenized only once.

The tokens of a text are then the tokens of its words, and many words are tokenized together as one text. Other
tokenizers get whole texts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from malmoi import _core
from malmoi.wordvectors.static.subwords import Runs, Subwords

__all__ = ["WordSplit", "word_split_of"]

SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""The character that SentencePiece uses for a space."""

PREPENDED = {"type": "Prepend", "prepend": SPACE}
REPLACED = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
LOCAL_NORMALIZERS = {"BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents"}
SPLITTING = {"BertPreTokenizer", "Whitespace", "WhitespaceSplit"}
LOCAL_SPLITTING = {*SPLITTING, "Digits", "Punctuation"}
WORDS_TOGETHER = 256
CROSSING = re.compile(f"[^{SPACE}]{SPACE}")


@dataclass(frozen=True, eq=False)
class WordSplit:
    """Settings for tokenizing texts word by word.

    Args:
        pattern: regular expression of a word.
        subwords: tokenizer of words.
        lead: prefix of every text that is not empty.
        joint: separator between words that are tokenized together.
        whole: strings that exclude a text from the word cache.
    """

    pattern: str
    subwords: Subwords
    lead: str
    joint: str
    whole: tuple[str, ...]

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's implementation of the pattern."""
        return _core.Splitter.pattern(self.pattern, html=False, form=None, accents=False, lowercase=False)

    def suits(self, text: str) -> bool:
        """Return whether a text can be tokenized word by word."""
        return not any(token in text for token in self.whole)

    def ids(self, texts: list[str], threads: int) -> Runs:
        """Return the token ids of texts that can be tokenized word by word.

        Raises:
            ValueError: the library cannot tokenize a text.
        """
        if self.lead:
            texts = [self.lead + text if text else text for text in texts]
        tally = _core.TokenTally(self.splitter, threads=threads, keep=False)
        tally.add(texts)
        words = tally.counts()[0]
        of_words = self._of_words(words, threads)
        found, stops = _core.TokenIndex(words, 1).sequences(texts, self.splitter, unknown=None, threads=threads)
        numbers = found.astype(np.int64) - 1
        lengths = of_words.lengths[numbers]
        starts = (np.cumsum(of_words.lengths) - of_words.lengths)[numbers]
        ids = of_words.ids[np.repeat(starts, lengths) + Runs(np.empty(int(lengths.sum()), np.int64), lengths).places]
        before = np.concatenate([[0], np.cumsum(lengths)])
        ends = before[stops]
        return Runs(ids, np.diff(ends, prepend=0))

    def _of_words(self, words: list[str], threads: int) -> Runs:
        """Return the ids of distinct words; words of spaces only, which would merge, are tokenized one by one."""
        alone = [index for index, word in enumerate(words) if not word.strip(" ")]
        others = [index for index, word in enumerate(words) if word.strip(" ")]
        parts = [self.subwords.ids([words[index] for index in alone], threads)]
        parts.append(self._together([words[index] for index in others], threads))
        lengths = np.concatenate([part.lengths for part in parts])
        order = np.argsort(np.array([*alone, *others], dtype=np.int64))
        starts = (np.cumsum(lengths) - lengths)[order]
        lengths = lengths[order]
        ids = np.concatenate([part.ids for part in parts])
        return Runs(ids[np.repeat(starts, lengths) + Runs(ids, lengths).places], lengths)

    def _together(self, words: list[str], threads: int) -> Runs:
        """Return the ids of words joined into texts; the offset of a token gives the word that it belongs to."""
        groups = [words[start : start + WORDS_TOGETHER] for start in range(0, len(words), WORDS_TOGETHER)]
        found = self.subwords.ids_and_starts([self.joint.join(group) for group in groups], threads)
        lengths = [np.zeros(0, dtype=np.int64)]
        for group, (_, starts) in zip(groups, found, strict=True):
            widths = np.fromiter(map(len, group), dtype=np.int64, count=len(group)) + len(self.joint)
            of_tokens = np.searchsorted(np.cumsum(widths), starts, side="right")
            lengths.append(np.bincount(of_tokens, minlength=len(group)))
        return Runs(np.concatenate([np.zeros(0, dtype=np.int64), *(ids for ids, _ in found)]), np.concatenate(lengths))


def word_split_of(subwords: Subwords) -> WordSplit | None:
    """Return how to tokenize texts word by word without changing their tokens; `None` if that is not possible."""
    content = subwords.content
    if _splits_at_white_space(content):
        # Only characters that are white space in every version of Unicode and for every normalizer.
        return WordSplit(r"[^ \t\n\r]+", subwords, lead="", joint=" ", whole=())
    if _marks_spaces(content, subwords):
        # A word includes its leading space, so the tokenizer must not prepend another.
        alone = json.dumps({**content, "normalizer": REPLACED}, ensure_ascii=False)
        added = [str(token["content"]) for token in content.get("added_tokens") or ()]
        return WordSplit(r" +[^ ]*", Subwords(alone), lead=" ", joint="", whole=(SPACE, *added))
    return None


def _steps(step: Any, inside: str) -> list[dict[str, Any]]:
    """Return the steps of a nested sequence as a flat list."""
    if step is None:
        return []
    if step.get("type") == "Sequence":
        return [one for part in step[inside] for one in _steps(part, inside)]
    return [step]


def _splits_at_white_space(content: dict[str, Any]) -> bool:
    normalizers = {step.get("type") for step in _steps(content.get("normalizer"), "normalizers")}
    splitting = {step.get("type") for step in _steps(content.get("pre_tokenizer"), "pretokenizers")}
    return (
        normalizers <= LOCAL_NORMALIZERS
        and splitting <= LOCAL_SPLITTING
        and bool(splitting & SPLITTING)
        and _added_are_words(content)
    )


def _marks_spaces(content: dict[str, Any], subwords: Subwords) -> bool:
    """Return whether the tokenizer is a BPE with marked spaces, in which no token crosses a word boundary."""
    model = content["model"]
    return (
        model.get("type") == "BPE"
        and not content.get("pre_tokenizer")
        and content.get("normalizer") == {"type": "Sequence", "normalizers": [PREPENDED, REPLACED]}
        and not any(model.get(name) for name in ("continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"))
        and SPACE in subwords.vocabulary
        and _added_are_words(content)
        and not any(token["normalized"] for token in content.get("added_tokens") or ())
        and not any(CROSSING.search(token) for token in subwords.vocabulary)
    )


def _added_are_words(content: dict[str, Any]) -> bool:
    """Return whether no added token contains white space."""
    added = content.get("added_tokens") or ()
    return all(token["content"] and not re.search(r"\s", token["content"]) for token in added)
