"""N-grams that were counted, with all that says how."""

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
    """Which n-grams become columns, as `BagVectorizer`'s settings of these names say."""

    min_count: int
    min_texts: int
    max_share: float
    max_tokens: int | None

    @property
    def leave_all(self) -> bool:
        """Nothing is left out."""
        return self.min_count == self.min_texts == self.max_share == 1 and self.max_tokens is None

    def columns(self, tally: _core.GramTally) -> _core.GramColumns:
        """The n-grams within the limits."""
        # As scikit-learn's max_df: a share of the texts, not rounded.
        most_texts = tally.texts if self.max_share == 1 else int(self.max_share * tally.texts)
        return tally.columns(
            least_count=self.min_count, least_texts=self.min_texts, most_texts=most_texts, most=self.max_tokens
        )


@dataclass
class CountedGrams:
    """A tally of the core and what it counts.

    Args:
        tokens: how a text becomes tokens.
        choice: why that one.
        ngrams: shortest and longest order.
        stop_words: tokens that count for nothing.
        threads: how many work.
        is_complete: whether everything that was counted is kept, so that counting can go on.
    """

    tokens: Tokenizer
    choice: str
    ngrams: tuple[int, int]
    stop_words: list[str]
    threads: int
    is_complete: bool = False
    tally: _core.GramTally = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.tally = self._empty()

    @property
    def rule(self) -> tuple[object, ...]:
        """What has to be the same for two of them to be added."""
        return self.tokens, self.ngrams, self.stop_words

    def count(self, prepared: list[Texts], *, keep: bool, progress: Progress) -> None:
        """Count batches; with `keep`, remember them for their rows."""
        with whole_or_refused(self.tally):
            count_batches(partial(self.tally.add, keep=keep), prepared, progress, "counting n-grams")

    def compact(self, columns: _core.GramColumns) -> _core.GramColumns:
        """Forget all but some n-grams; returns these as columns."""
        state = self.tally.state(columns)
        self.tally = self._empty()
        return self.tally.restore(state)

    def state(self, columns: _core.GramColumns | None) -> dict[str, Any]:
        """What a copy needs: everything that was counted, or the columns alone."""
        grams = self.tally.state(None if self.is_complete else columns)
        fields = {name: value for name, value in self.__dict__.items() if name not in ("tally", "threads")}
        return {**fields, "grams": grams}

    @classmethod
    def restored(cls, state: dict[str, Any]) -> tuple[CountedGrams, _core.GramColumns]:
        """A copy, and its n-grams as columns in the order of the state."""
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
    """What a bag of n-grams learned.

    Args:
        counted: the tally, and what it counts.
        columns: n-grams in the order of the columns.
        limits: which n-grams became columns.
        weighing: what the core is told of values.
        counts: int64 (n-grams,), how often each was seen.
        text_counts: int64 (n-grams,), texts that hold it.
        weights: float64 (n-grams,), what each is multiplied by; `None` for weightings without.
    """

    counted: CountedGrams
    columns: _core.GramColumns
    limits: Limits
    weighing: dict[str, Any]
    counts: npt.NDArray[np.int64]
    text_counts: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64] | None

    def compacted(self) -> LearnedBag:
        """Return the same without what the limits left out."""
        return self if self.limits.leave_all else replace(self, columns=self.counted.compact(self.columns))

    def state(self) -> dict[str, Any]:
        """Return what a copy needs."""
        fields = {name: value for name, value in vars(self).items() if name not in ("counted", "columns")}
        return {**fields, "counted": self.counted.state(self.columns)}

    @classmethod
    def restored(cls, state: dict[str, Any]) -> LearnedBag:
        """Return a copy."""
        counted, columns = CountedGrams.restored(state["counted"])
        if counted.is_complete:
            columns = state["limits"].columns(counted.tally)
        return cls(**{**state, "counted": counted, "columns": columns})
