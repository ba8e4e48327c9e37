"""The tokenizer of `keras.preprocessing.text`; lists of str are processed by the compiled core.

The signatures are those of Keras, hence the many positional arguments and, in `to_json`, the `**kwargs`.
"""

from __future__ import annotations

import json
import math
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from malmoi._core import Splitter, TokenIndex, TokenTally
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten
from malmoi.keras.preprocessing.bags import MODES, bag_matrix
from malmoi.keras.preprocessing.words import FILTERS, Analyzer, Text, check_split, text_to_word_sequence

__all__ = ["COUNTS", "SETTINGS", "Tokenizer"]

SETTINGS = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
COUNTS = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
SHARED_INTS = 256  # Python has one object for each int up to this
CHARACTERS_PER_INDEXED_WORD = 8  # with fewer, building an index takes longer than a Python loop over the texts


class Tokenizer:
    """Vectorizer of texts to lists of ids or to matrices, compatible with Keras' class of this name.

    Ids start at 1, the most frequent word first, ties by first appearance over all calls of `fit_on_texts`; 0 is
    reserved for padding. `word_index` always holds every word. A text is a str, or a list of tokens; with `char_level`,
    a single str is treated as many texts of one character.

    Args:
        num_words: only ids below this are returned; None or 0 for all.
        filters, lower, split: see `text_to_word_sequence`.
        char_level: whether every character is a token; `filters` and `split` have no effect then.
        oov_token: token with the id 1 that replaces words without an id; None removes these.
        analyzer: function that splits a text, instead of `filters`, `lower` and `split`.
        document_count: number of texts counted before.
        nb_words: old name of `num_words`.

    Raises:
        ValueError: `split` is empty, and texts are split at it.

    Example:
        >>> tokenizer = Tokenizer(num_words=1000)
        >>> tokenizer.fit_on_texts(["The cat sat on the mat.", "The dog ate my homework."])
        >>> tokenizer.texts_to_sequences(["The dog sat."])
        [[1, 6, 3]]
        >>> tokenizer.sequences_to_texts([[1, 6, 3]])
        ['the dog sat']
        >>> tokenizer.word_counts["the"], tokenizer.word_docs["the"], tokenizer.document_count
        (3, 2, 2)
        >>> tokenizer.get_config()["num_words"]
        1000
        >>> small = Tokenizer(num_words=3, oov_token="?")
        >>> small.fit_on_texts(["so so good"])
        >>> small.texts_to_matrix(["so so so good film"], mode="count")
        array([[0., 2., 3.]])
        >>> list(small.texts_to_sequences_generator(["so good"])), list(small.sequences_to_texts_generator([[2, 1]]))
        ([[2, 1]], ['so ?'])
        >>> weights = Tokenizer(num_words=4)
        >>> weights.fit_on_sequences([[1, 2, 2], [2, 3]])
        >>> weights.sequences_to_matrix([[1, 2, 2]], mode="tfidf").round(2)
        array([[0.  , 0.69, 0.86, 0.  ]])
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: Iterable[str] = FILTERS,
        lower: bool = True,
        split: str | None = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Analyzer | None = None,
        *,
        document_count: int = 0,
        nb_words: int | None = None,
    ) -> None:
        """Store the settings."""
        if not char_level and analyzer is None:
            check_split(split)
        if nb_words is not None:
            warnings.warn("the `nb_words` argument has been renamed `num_words`", DeprecationWarning, stacklevel=2)
            num_words = nb_words
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.document_count = document_count
        self.word_counts: OrderedDict[str, int] = OrderedDict()
        self.word_docs: defaultdict[str, int] = defaultdict(int)
        self.index_docs: defaultdict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickled tokenizer; those of old Keras releases lack some attributes."""
        Tokenizer.__init__(self)
        self.__dict__.update(state)
        if "nb_words" in state:  # Keras 1
            self.num_words = self.__dict__.pop("nb_words")
        if "index_word" not in state:  # before Keras 2.2
            self.index_word = {rank: word for word, rank in self.word_index.items()}

    def fit_on_texts(self, texts: Iterable[Text]) -> None:
        """Count the words of texts, add the counts to earlier ones, and assign new ids to all words.

        Args:
            texts: texts, each a str or a list of tokens.

        Raises:
            TypeError: `texts` is a single str, or an item is neither a str nor a list; nothing is counted then.
        """
        listed = self._listed(texts)
        counts, documents = self._count(listed)
        self.document_count += len(listed)
        for word, count in counts.items():
            self.word_counts[word] = self.word_counts.get(word, 0) + count
        for word, count in documents.items():
            self.word_docs[word] = self.word_docs.get(word, 0) + count
        ranked = sorted(self.word_counts, key=self.word_counts.__getitem__, reverse=True)
        if self.oov_token is not None:
            ranked.insert(0, self.oov_token)
        self.word_index = {word: rank for rank, word in enumerate(ranked, start=1)}
        self.index_word = {rank: word for word, rank in self.word_index.items()}
        self.index_docs.update((self.word_index[word], count) for word, count in self.word_docs.items())

    def fit_on_sequences(self, sequences: Sequence[Iterable[int]]) -> None:
        """Count the document frequency of each id, for "tfidf" without `fit_on_texts`.

        Args:
            sequences: lists of ids, one per text.
        """
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def texts_to_sequences(self, texts: Iterable[Text]) -> list[list[int]]:
        """Return the word ids of each text.

        Words without an id below `num_words` are removed, or get the id of `oov_token`.

        Args:
            texts: texts, each a str or a list of tokens.

        Returns:
            One list of ids per text.

        Raises:
            TypeError: `texts` is a single str, or an item is neither a str nor a list.
        """
        listed = self._listed(texts)
        worthwhile = CHARACTERS_PER_INDEXED_WORD * len(self.word_index)
        if self._suits_core(listed) and sum(map(len, listed)) >= worthwhile:
            splitter = self._splitter()
            with suppress(ValueError):  # a lone surrogate in a text or a word, which UTF-8 cannot encode
                return self._sequences_in_core(listed, splitter)
        return list(self.texts_to_sequences_generator(listed))

    def texts_to_sequences_generator(self, texts: Iterable[Text]) -> Iterator[list[int]]:
        """Yield the word ids of each text, as `texts_to_sequences` returns them.

        Args:
            texts: texts, each a str or a list of tokens.

        Raises:
            TypeError: an item is neither a str nor a list.
        """
        (unseen, cut), limit = self._unknown_ids(), self._limit()
        for position, text in enumerate(texts):
            found = map(self.word_index.get, self._tokens(text, position))
            numbers = (unseen if number is None else number if number < limit else cut for number in found)
            yield [number for number in numbers if number is not None]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """Return the words of each list of ids, joined by spaces.

        Ids without a word and ids of `num_words` or more are removed, or become `oov_token`.

        Args:
            sequences: lists of ids.

        Returns:
            One str per list.
        """
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Iterable[int]]) -> Iterator[str]:
        """Yield the words of each list of ids, as `sequences_to_texts` returns them.

        Args:
            sequences: lists of ids.
        """
        limit = self._limit()
        unseen, cut = (None if number is None else self.index_word.get(number) for number in self._unknown_ids())
        for sequence in sequences:
            found = ((number, self.index_word.get(number)) for number in sequence)
            words = (unseen if word is None else word if number < limit else cut for number, word in found)
            yield " ".join(word for word in words if word is not None)

    def texts_to_matrix(self, texts: Iterable[Text], mode: str = "binary") -> npt.NDArray[np.float64]:
        """Return the bag-of-words matrix of texts: `sequences_to_matrix` of `texts_to_sequences`.

        Args:
            texts: texts, each a str or a list of tokens.
            mode: "binary", "count", "freq" or "tfidf"; see `sequences_to_matrix`.

        Returns:
            float64 (samples, `num_words`), or (samples, number of words + 1).

        Raises:
            TypeError: `texts` is a single str, or an item is neither a str nor a list.
            ValueError: the mode is unknown, or the tokenizer is not fitted as needed.
        """
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode=mode)

    def sequences_to_matrix(self, sequences: Iterable[Sequence[int]], mode: str = "binary") -> npt.NDArray[np.float64]:
        """Return the bag-of-words matrix of lists of ids, one feature per id.

        Args:
            sequences: lists of ids of 0 or more; ids of `num_words` or more are ignored.
            mode: values of the matrix: "binary" (0 or 1), "count", "freq" (count divided by the length of the
                sequence) or "tfidf".

        Returns:
            float64 (samples, `num_words`), or (samples, number of words + 1).

        Raises:
            TypeError: an id is not a whole number.
            ValueError: the mode is unknown, an id is below 0, or the tokenizer is not fitted as needed.

        Source:
            "tfidf" as in Keras: (1 + ln count) · ln(1 + texts / (1 + document frequency)).
        """
        self._check_mode(mode)
        columns = self.num_words or len(self.word_index) + 1
        return bag_matrix(sequences, columns, mode, self._text_weights(columns) if mode == "tfidf" else None)

    def get_config(self) -> JsonObject:
        """Return settings and counts by name, with the counts as JSON, as in Keras; `analyzer` is not included."""
        settings = {name: getattr(self, name) for name in SETTINGS}
        return settings | {name: json.dumps(getattr(self, name)) for name in COUNTS}

    def to_json(self, **kwargs: Any) -> str:
        """Return settings and counts as JSON, which `tokenizer_from_json` of malmoi and of Keras reads.

        Args:
            **kwargs: arguments of `json.dumps`, such as `indent`.
        """
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)

    def _listed(self, texts: Iterable[Text]) -> list[Text]:
        if isinstance(texts, str) and not self.char_level:
            raise TypeError("texts must be a list of str, got one str; wrap it: [text]")
        return list(texts)

    def _tokens(self, text: Text, position: int) -> list[str]:
        """Tokenize one text without the core."""
        if isinstance(text, list):
            if not self.lower:
                return text
            for index, token in enumerate(text):
                if not isinstance(token, str):
                    cure = "set lower=False for other tokens"
                    raise TypeError(f"texts[{position}][{index}] must be a str, got {shorten(token)}; {cure}")
            return [token.lower() for token in text]
        if self.analyzer is not None and not self.char_level:
            return list(self.analyzer(text))
        if not isinstance(text, str):
            raise TypeError(f"texts[{position}] must be a str or a list of tokens, got {shorten(text)}")
        if self.char_level:
            return list(text.lower() if self.lower else text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def _suits_core(self, texts: list[Text]) -> TypeGuard[list[str]]:
        by_core = self.char_level or (self.analyzer is None and self.split is not None)
        return by_core and all(isinstance(text, str) for text in texts)

    def _splitter(self) -> Splitter:
        if self.char_level:
            return Splitter.characters(
                graphemes=False,
                inside_words=False,
                squeeze=False,
                html=False,
                form=None,
                accents=False,
                lowercase=bool(self.lower),
            )
        return Splitter.keras_words("".join(self.filters), bool(self.lower), self.split or "")

    def _count(self, texts: list[Text]) -> tuple[dict[str, int], dict[str, int]]:
        """Return word counts and document frequencies, both in order of first appearance."""
        if self._suits_core(texts):
            splitter = self._splitter()
            with suppress(ValueError):  # a lone surrogate
                return self._count_in_core(texts, splitter)
        counts: dict[str, int] = {}
        documents: dict[str, int] = {}
        for position, text in enumerate(texts):
            tokens = self._tokens(text, position)
            for token in tokens:
                counts[token] = counts.get(token, 0) + 1
            for token in dict.fromkeys(tokens):
                documents[token] = documents.get(token, 0) + 1
        return counts, documents

    def _count_in_core(self, texts: list[str], splitter: Splitter) -> tuple[dict[str, int], dict[str, int]]:
        tally = TokenTally(splitter, threads=thread_count(), keep=False)
        tally.add(texts)
        (words, counts, documents), _, _ = tally.state()  # in order of first appearance
        return dict(zip(words, counts, strict=True)), dict(zip(words, documents, strict=True))

    def _sequences_in_core(self, texts: list[str], splitter: Splitter) -> list[list[int]]:
        (unknown, cut), limit = self._unknown_ids(), self._limit()
        words = ((word, number) for word, number in self.word_index.items() if isinstance(word, str))
        limited = {word: number if number < limit else cut for word, number in words}
        limited = {word: number for word, number in limited.items() if number is not None}
        indices, bounds = TokenIndex(list(limited), 0).sequences(
            texts, splitter, unknown=None if unknown is None else len(limited), threads=thread_count()
        )
        numbers = [*limited.values(), *([] if unknown is None else [unknown])]
        ends = pairwise([0, *bounds.tolist()])
        if all(type(number) is int and 0 <= number <= SHARED_INTS for number in numbers):
            found = np.array(numbers, dtype=np.int16)[indices]
            return [found[start:end].tolist() for start, end in ends]
        # One int object per id, which the lists share; users may have edited `word_index`.
        ids = np.array(numbers, dtype=object)
        return [ids.take(indices[start:end]).tolist() for start, end in ends]

    def _unknown_ids(self) -> tuple[int | None, int | None]:
        """Return the ids of words that are not in `word_index`, and of those that `num_words` excludes; None to remove.

        Old code without `oov_token` sets `word_index[None]`, which Keras uses for the second kind only.
        """
        number = self.word_index.get(self.oov_token)  # type: ignore[arg-type]  # old code adds the key None
        return (None if self.oov_token is None else number), number

    def _limit(self) -> float:
        return self.num_words or math.inf

    def _check_mode(self, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"mode must be 'binary', 'count', 'tfidf' or 'freq', got {shorten(mode)}")
        if not self.num_words and not self.word_index:
            raise ValueError(f"num_words must be 1 or more, got {self.num_words}; or call fit_on_texts first")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("document_count must be 1 or more for 'tfidf', got 0; call fit_on_texts first")

    def _text_weights(self, columns: int) -> npt.NDArray[np.float64]:
        documents = np.zeros(columns)
        for number, count in self.index_docs.items():
            if 0 <= number < columns:
                documents[number] = count
        return np.log(1 + self.document_count / (1 + documents))
