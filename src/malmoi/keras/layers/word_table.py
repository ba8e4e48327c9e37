"""The vocabulary of a vectorizer: words with their ids and inverse document frequencies, and how they are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts, items_of, text_list
from malmoi.errors import DataError
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten
from malmoi.keras.layers.ngram_ids import NgramIds
from malmoi.keras.layers.text_inputs import InputTexts
from malmoi.keras.layers.token_rules import TokenRules

__all__ = ["MASK", "UNKNOWN", "WordCounts", "WordTable", "given_table", "words_of_file"]

MASK, UNKNOWN = "", "[UNK]"
_Weights: TypeAlias = npt.NDArray[np.float32]
_Ids: TypeAlias = npt.NDArray[np.int32 | np.int64]
_SHOWN = 10
_NEVER_WORDS = 2
"""Special tokens, which may be among the most frequent tokens of texts, but are not words."""
DROPPED = -1
"""Id of tokens that no bag counts."""


@dataclass(frozen=True, eq=False)
class WordTable:
    """Words without the special tokens, in the order of their ids.

    Args:
        words: distinct words.
        specials: number of special tokens: 2, padding and unknown, for ids; 1, unknown, for bags.
        weights: float32 (specials + words,), inverse document frequencies; `None` without them.
    """

    words: list[str]
    specials: int
    weights: _Weights | None = None
    trees: dict[TokenRules, NgramIds] = field(default_factory=dict, init=False)

    @cached_property
    def index(self) -> _core.TokenIndex:
        """Ids of words for the compiled core."""
        return _core.TokenIndex(self.words, self.specials)

    @cached_property
    def ids(self) -> dict[str, int]:
        """Ids of words and of the mask."""
        found = {word: number for number, word in enumerate(self.words, self.specials)}
        return found | {MASK: 0 if self.specials == 2 else DROPPED}

    def encoded(self, texts: Texts, rules: TokenRules) -> tuple[_Ids, npt.NDArray[np.int64]]:
        """Return ids of texts, concatenated, and the end of each text; the core splits them."""
        if rules.ngrams is not None:
            if rules not in self.trees:
                parts = [rules.parts_of(word) for word in self.words]
                self.trees[rules] = NgramIds.of(parts, self.specials, max(rules.ngrams))
            return self.trees[rules].encoded(texts, rules.splitter, rules.ngrams, thread_count())
        return self.index.sequences(texts, rules.splitter, unknown=self.specials - 1, threads=thread_count())

    def padded(self, texts: Texts, rules: TokenRules, length: int) -> npt.NDArray[np.int64]:
        """Return ids (samples, length), truncated and padded at the end; the core splits the texts."""
        ids, _, _ = self.index.padded(
            texts,
            rules.splitter,
            unknown=self.specials - 1,
            length=length,
            pad_left=False,
            keep_last=False,
            threads=thread_count(),
        )
        return ids.astype(np.int64)

    def encoded_rows(self, rows: Sequence[list[str]]) -> tuple[_Ids, npt.NDArray[np.int64]]:
        """Return ids of rows of tokens, concatenated, and the end of each row."""
        ids, unknown = self.ids, self.specials - 1
        found = np.fromiter((ids.get(token, unknown) for row in rows for token in row), dtype=np.int64)
        return found, np.cumsum([len(row) for row in rows], dtype=np.int64)


class WordCounts:
    """Counts of tokens over batches of texts.

    Args:
        rules: how texts become tokens.
        count_documents: whether to count the documents of each token too.
    """

    def __init__(self, rules: TokenRules, *, count_documents: bool) -> None:
        self._rules = rules
        self._tally = _core.TokenTally(rules.splitter, threads=thread_count(), keep=False) if rules.is_of_core else None
        self._grams = _gram_tally(rules)
        self._count_documents = count_documents
        self._counts: Counter[str] = Counter()
        self._holders: Counter[str] = Counter()
        self._documents = 0

    def add(self, inputs: InputTexts) -> None:
        """Count the tokens of a batch; with a split every text is a document, without one every row."""
        texts = self._rules.prepared(inputs.texts)
        if self._tally is not None:
            self._tally.add(texts)
            return
        if self._grams is not None:
            self._grams.add(texts, keep=False)
            return
        rows = InputTexts(text_list(texts), inputs.axes, inputs.lengths).rows()
        documents = self._rules.rows(rows)
        for tokens in documents:
            self._counts.update(tokens)
            if self._count_documents:
                self._holders.update(set(tokens))
        self._documents += len(documents)

    def table(self, specials: int, most: int | None) -> WordTable:
        """Return the most frequent words, ties by the words in descending order.

        Args:
            specials: number of special tokens.
            most: largest number of words; `None` for all.

        Raises:
            DataError: there are none.
        """
        words, counts, holders = self._totals() if self._grams is None else self._gram_totals(self._grams, most)
        places = [place for place, word in enumerate(words) if word not in (MASK, UNKNOWN)]
        if most is not None and most < len(places):
            least = sorted((counts[place] for place in places), reverse=True)[most - 1] if most else 0
            places = [place for place in places if counts[place] >= least]
        places.sort(key=words.__getitem__, reverse=True)
        places.sort(key=counts.__getitem__, reverse=True)
        chosen = places[:most]
        if not chosen:
            raise DataError("the texts must have one token or more that fits into max_tokens, got none; add texts")
        listed = [words[place] for place in chosen]
        if not self._count_documents:
            return WordTable(listed, specials)
        documents = self._documents + sum(one.texts for one in (self._tally, self._grams) if one is not None)
        known = np.log(1 + documents / (1 + np.array([holders[place] for place in chosen]))).astype(np.float32)
        return WordTable(listed, specials, _behind(known.mean(dtype=np.float64), known))

    def _gram_totals(self, grams: _core.GramTally, most: int | None) -> tuple[list[str], list[int], list[int]]:
        """As `_totals`, of n-grams that are frequent enough to be among the `most`."""
        columns = grams.columns(least_count=1, least_texts=1, most_texts=max(grams.texts, 1), most=None)
        counts, holders = grams.column_counts(columns)
        end = len(counts)
        if most is not None and most + _NEVER_WORDS < end:
            end = int(np.searchsorted(-counts, -counts[most + _NEVER_WORDS], side="right"))
        return grams.names(columns, " ", 0, end), counts[:end].tolist(), holders[:end].tolist()

    def _totals(self) -> tuple[list[str], list[int], list[int]]:
        """Return words, their counts, and the number of documents with each of them, if these were counted."""
        if self._tally is None:
            words = list(self._counts)
            _core.check_texts(words)
            return words, list(self._counts.values()), [self._holders[word] for word in words]
        if self._count_documents:
            return self._tally.counts()
        words, counts = self._tally.words(least=0, most=None)
        return words, counts.tolist(), []


def _gram_tally(rules: TokenRules) -> _core.GramTally | None:
    """Return counts of n-grams in the core, if their sizes are consecutive."""
    sizes = sorted(rules.ngrams_of_core or ())
    if not sizes or sizes != list(range(sizes[0], sizes[-1] + 1)):
        return None
    return _core.GramTally(rules.splitter, threads=thread_count(), shortest=sizes[0], longest=sizes[-1], stop_words=[])


def _behind(unknown: Any, weights: npt.NDArray[Any]) -> _Weights:
    """Return the weight of unknown tokens, followed by those of the words."""
    return np.concatenate([[unknown], weights]).astype(np.float32)


def given_table(vocabulary: Any, weights: Any, specials: int, most: int | None) -> WordTable:
    """Return a vocabulary that a user gives, with or without the special tokens in front.

    Args:
        vocabulary: words; a list, an array or a column, or the path of a file with one word per line.
        weights: inverse document frequencies, as many as items of the vocabulary; `None` without them.
        specials: number of special tokens.
        most: largest number of items with the special tokens; `None` for no limit.

    Raises:
        TypeError: an item is not a str.
        ValueError: there are no words, too many, or a repeated one; "" is a word; or weights do not fit.
    """
    if isinstance(vocabulary, str | Path):
        vocabulary = words_of_file(Path(vocabulary))
    items = _words(items_of(vocabulary, "vocabulary"))
    front = [MASK, UNKNOWN][-specials:]
    has_specials = items[:specials] == front
    words = items[specials:] if has_specials else items
    if not words:
        raise ValueError("Cannot set an empty vocabulary: vocabulary must have one word or more, got none")
    repeated = [word for word, count in Counter(words).items() if count > 1]
    if repeated:
        shown = f"{repeated[:_SHOWN]}" + (f" and {len(repeated) - _SHOWN} more" if len(repeated) > _SHOWN else "")
        raise ValueError(f"The passed vocabulary has at least one repeated term: {shown}; remove the repetitions")
    if MASK in words:
        rule = f"vocabulary must have '' only at the start, with the special tokens {front}"
        raise ValueError(f"{rule}, got it at position {items.index(MASK, len(items) - len(words))}; remove it")
    if most is not None and specials + len(words) > most:
        raise ValueError(
            f"vocabulary must have max_tokens ({most}) items at most, special tokens included, got "
            f"{specials + len(words)}; raise max_tokens"
        )
    return WordTable(words, specials, None if weights is None else _given_weights(weights, len(items), has_specials))


def _words(items: Iterable[Any]) -> list[str]:
    words = [item.decode() if isinstance(item, bytes) else item for item in items]
    for position, word in enumerate(words):
        if not isinstance(word, str):
            raise TypeError(f"vocabulary[{position}] must be a str, got {shorten(word)}")
    found = list(map(str, words))
    _core.check_texts(found)
    return found


def _given_weights(weights: Any, items: int, has_specials: bool) -> _Weights:
    array = np.asarray(weights)
    if array.ndim != 1 or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise ValueError(f"idf_weights must be a list of finite numbers, got {shorten(weights)}")
    if len(array) != items:
        raise ValueError(f"`idf_weights` must be the same length as vocabulary: {items} for this one, got {len(array)}")
    return array.astype(np.float32) if has_specials else _behind(np.average(array), array)


def words_of_file(path: Path) -> list[str]:
    """Return the words of a file in UTF-8, one per line.

    Raises:
        ValueError: the file does not exist, or is not UTF-8.
    """
    if not path.exists():
        raise ValueError(f"Vocabulary file {path} does not exist.")
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be UTF-8: {error.reason} at byte {error.start}") from error
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines
