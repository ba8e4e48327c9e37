"""Where a tokenizer splits every text at its spaces anyway, each distinct word needs to be split only once.

The tokens of a text are then those of its words, one after the other, and many words are split together, as one text.
Tokenizers that are not known to be such take whole texts.
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
"""How tokenizers in the manner of SentencePiece write a space."""

PREPENDED = {"type": "Prepend", "prepend": SPACE}
REPLACED = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
LOCAL_NORMALIZERS = {"BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents"}
SPLITTING = {"BertPreTokenizer", "Whitespace", "WhitespaceSplit"}
LOCAL_SPLITTING = {*SPLITTING, "Digits", "Punctuation"}
WORDS_TOGETHER = 256
CROSSING = re.compile(f"[^{SPACE}]{SPACE}")


@dataclass(frozen=True, eq=False)
class WordSplit:
    """How texts become words.

    Args:
        pattern: of a word.
        subwords: the tokenizer of words.
        lead: what stands before every text that is not empty.
        joint: what stands between words that are split together.
        whole: texts that hold one of these are not split into words.
    """

    pattern: str
    subwords: Subwords
    lead: str
    joint: str
    whole: tuple[str, ...]

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's form of the pattern."""
        return _core.Splitter.pattern(self.pattern, html=False, form=None, accents=False, lowercase=False)

    def suits(self, text: str) -> bool:
        """Whether the tokens of a text are those of its words."""
        return not any(token in text for token in self.whole)

    def ids(self, texts: list[str], threads: int) -> Runs:
        """Return the ids of texts that all suit, as the tokenizer has them.

        Raises:
            ValueError: the library cannot split a text.
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
        """The ids of distinct words; those without a letter, which would grow together, one by one."""
        alone = [place for place, word in enumerate(words) if not word.strip(" ")]
        others = [place for place, word in enumerate(words) if word.strip(" ")]
        parts = [self.subwords.ids([words[place] for place in alone], threads)]
        parts.append(self._together([words[place] for place in others], threads))
        lengths = np.concatenate([part.lengths for part in parts])
        order = np.argsort(np.array([*alone, *others], dtype=np.int64))
        starts = (np.cumsum(lengths) - lengths)[order]
        lengths = lengths[order]
        ids = np.concatenate([part.ids for part in parts])
        return Runs(ids[np.repeat(starts, lengths) + Runs(ids, lengths).places], lengths)

    def _together(self, words: list[str], threads: int) -> Runs:
        """The ids of words that are joined into texts; where a token begins says of which word it is."""
        groups = [words[start : start + WORDS_TOGETHER] for start in range(0, len(words), WORDS_TOGETHER)]
        found = self.subwords.ids_and_starts([self.joint.join(group) for group in groups], threads)
        lengths = [np.zeros(0, dtype=np.int64)]
        for group, (_, starts) in zip(groups, found, strict=True):
            widths = np.fromiter(map(len, group), dtype=np.int64, count=len(group)) + len(self.joint)
            of_tokens = np.searchsorted(np.cumsum(widths), starts, side="right")
            lengths.append(np.bincount(of_tokens, minlength=len(group)))
        return Runs(np.concatenate([np.zeros(0, dtype=np.int64), *(ids for ids, _ in found)]), np.concatenate(lengths))


def word_split_of(subwords: Subwords) -> WordSplit | None:
    """Return how texts may be split into words without a change of their tokens; `None` where no way is known."""
    content = subwords.content
    if _splits_at_white_space(content):
        # Only white space that every version of Unicode and every normalizer takes for such.
        return WordSplit(r"[^ \t\n\r]+", subwords, lead="", joint=" ", whole=())
    if _marks_spaces(content, subwords):
        # The space of a word is part of it, so that nothing is put before it any more.
        alone = json.dumps({**content, "normalizer": REPLACED}, ensure_ascii=False)
        added = [str(token["content"]) for token in content.get("added_tokens") or ()]
        return WordSplit(r" +[^ ]*", Subwords(alone), lead=" ", joint="", whole=(SPACE, *added))
    return None


def _steps(step: Any, inside: str) -> list[dict[str, Any]]:
    """The steps of a sequence of them, one after the other."""
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
    """Whether it is byte pair encoding of texts whose spaces became marks, and no token goes on behind a word."""
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
    """Whether no added token has white space in it."""
    added = content.get("added_tokens") or ()
    return all(token["content"] and not re.search(r"\s", token["content"]) for token in added)
