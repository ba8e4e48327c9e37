"""Counted n-grams, with the settings of the count."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.tokenizers import Tokenizer
from malmoi.tokenizers.batches import count_batches, whole_or_refused

__all__ = ["CountedGrams", "LearnedBag", "Limits"]


@dataclass(frozen=True)
class Limits:
    """Limits that select the n-grams that become features; see the settings of `BagVectorizer`."""

    min_count: int
    min_texts: int
    max_share: float
    max_tokens: int | None

    @property
    def leave_all(self) -> bool:
        """Whether all n-grams are selected."""
        return self.min_count == self.min_texts == self.max_share == 1 and self.max_tokens is None

    def columns(self, tally: _core.GramTally) -> _core.GramColumns:
        """Return the n-grams within the limits."""
        # As scikit-learn's max_df: a share of the texts, not rounded.
        most_texts = tally.texts if self.max_share == 1 else int(self.max_share * tally.texts)
        return tally.columns(
            least_count=self.min_count, least_texts=self.min_texts, most_texts=most_texts, most=self.max_tokens
        )


@dataclass
class CountedGrams:
    """An n-gram tally of the core, with its settings.

    Args:
        tokens: tokenizer.
        choice: reason for the choice of the tokenizer.
        ngrams: smallest and largest n.
        stop_words: tokens that are ignored.
        threads: number of threads.
        is_complete: whether all counts are kept, so that counting can continue.
    """

    tokens: Tokenizer
    choice: str
    ngrams: tuple[int, int]
    stop_words: list[str]
    threads: int
    is_complete: bool = False
    tally: _core.GramTally = field(init=False)

    def __post_init__(self) -> None:
        """Create an empty tally."""
        self.tally = self._empty()

    @property
    def rule(self) -> tuple[object, ...]:
        """Settings that must be equal for two tallies to be merged."""
        return self.tokens, self.ngrams, self.stop_words

    def count(self, prepared: list[Texts], *, keep: bool, progress: Progress) -> None:
        """Count batches of texts; with `keep`, store them to compute their feature vectors later."""
        with whole_or_refused(self.tally):
            count_batches(partial(self.tally.add, keep=keep), prepared, progress, "counting n-grams")

    def compact(self, columns: _core.GramColumns) -> _core.GramColumns:
        """Discard all but some n-grams, and return these as columns."""
        state = self.tally.state(columns)
        self.tally = self._empty()
        return self.tally.restore(state)

    def state(self, columns: _core.GramColumns | None) -> dict[str, Any]:
        """Return the state for pickling: all counts if complete, otherwise the columns only."""
        grams = self.tally.state(None if self.is_complete else columns)
        fields = {name: value for name, value in self.__dict__.items() if name not in ("tally", "threads")}
        return {**fields, "grams": grams}

    @classmethod
    def restored(cls, state: dict[str, Any]) -> tuple[CountedGrams, _core.GramColumns]:
        """Rebuild from a state; return the counts, and the n-grams as columns in the order of the state."""
        fields = {name: value for name, value in state.items() if name != "grams"}
        counted = cls(**fields, threads=thread_count())
        return counted, counted.tally.restore(state["grams"])

    def _empty(self) -> _core.GramTally:
        shortest, longest = self.ngrams
        return _core.GramTally(
            self.tokens.splitter, threads=self.threads, shortest=shortest, longest=longest, stop_words=self.stop_words
        )


@dataclass(frozen=True)
class LearnedBag:
    """The learned state of a bag of n-grams.

    Args:
        counted: the counts with their settings.
        columns: n-grams in feature order.
        limits: limits that selected the features.
        weighing: weighting arguments for the core.
        counts: int64 (n-grams,), total count of each n-gram.
        text_counts: int64 (n-grams,), document frequency of each n-gram.
        weights: float64 (n-grams,), weight of each n-gram; `None` for weightings without.
    """

    counted: CountedGrams
    columns: _core.GramColumns
    limits: Limits
    weighing: dict[str, Any]
    counts: npt.NDArray[np.int64]
    text_counts: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64] | None

    def compacted(self) -> LearnedBag:
        """Return the same state without the n-grams outside the limits."""
        return self if self.limits.leave_all else replace(self, columns=self.counted.compact(self.columns))

    def state(self) -> dict[str, Any]:
        """Return the state for pickling."""
        fields = {name: value for name, value in vars(self).items() if name not in ("counted", "columns")}
        return {**fields, "counted": self.counted.state(self.columns)}

    @classmethod
    def restored(cls, state: dict[str, Any]) -> LearnedBag:
        """Rebuild from a state."""
        counted, columns = CountedGrams.restored(state["counted"])
        if counted.is_complete:
            columns = state["limits"].columns(counted.tally)
        return cls(**{**state, "counted": counted, "columns": columns})
