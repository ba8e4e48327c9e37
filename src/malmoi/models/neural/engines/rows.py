"""Changing only those rows of an embedding that a batch holds.

A batch holds some hundred words, the embedding has ten thousands of rows. For an optimizer that leaves a variable as
it is where the gradient is zero, changing the other rows changes nothing: stochastic gradient descent, Adagrad, and
RMSprop, whose mean of squares only fades meanwhile, by a factor a step, which is made up for when the row's turn comes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.threads import thread_count
from malmoi.models.neural.samples import Samples
from malmoi.models.neural.settings import TrainingSettings, embedding_of

if TYPE_CHECKING:
    import jax
    import keras

__all__ = ["RowRule", "row_rule", "words_of_batches"]

WORTH_ROWS = 2
GRID = 64

_Changed: TypeAlias = "tuple[list[jax.Array], list[jax.Array]]"
"""The table as a list of one, and what is remembered of its rows."""


@dataclass
class RowRule:
    """How one optimizer changes rows.

    Args:
        optimizer: of Keras, "sgd", "adagrad" or "rmsprop".
        share: the rows' learning rate, in shares of the optimizer's own.
        rows: of the embedding.
        ids: of all samples.
        words: rows that a batch may hold; grows where a batch holds more.
    """

    optimizer: keras.Optimizer
    kind: str
    share: float
    rows: int
    ids: _core.IdRows
    words: int = 0

    def first_state(self, table: jax.Array) -> list[jax.Array]:
        """What is remembered of every row, at the start."""
        import jax

        numpy = jax.numpy
        if self.kind == "sgd":
            return [numpy.zeros((), np.int32)]
        if self.kind == "adagrad":
            return [numpy.full(table.shape, self.optimizer.initial_accumulator_value, np.float32)]
        # Means of squares, the step in which each was up to date, steps done.
        return [numpy.zeros(table.shape, np.float32), numpy.zeros(self.rows, np.int32), numpy.zeros((), np.int32)]

    def rows_of(self, table: jax.Array, words: jax.Array) -> jax.Array:
        """The rows of a batch's words, (words, dimension)."""
        return table.at[words].get(mode="clip")

    def changed(
        self, state: dict[str, list[jax.Array]], words: jax.Array, rows: jax.Array, gradient: jax.Array, rate: jax.Array
    ) -> _Changed:
        """The table with changed rows, and what is remembered."""
        step = {"sgd": self._descended, "adagrad": self._adagrad, "rmsprop": self._rmsprop}[self.kind]
        table, kept = step(state["table"][0], state["rows"], words, rows, gradient, rate * self.share)
        return table, kept

    def _descended(
        self,
        table: jax.Array,
        kept: list[jax.Array],
        words: jax.Array,
        rows: jax.Array,
        gradient: jax.Array,
        rate: jax.Array,
    ) -> _Changed:
        return [_put(table, words, rows - rate * gradient)], kept

    def _adagrad(
        self,
        table: jax.Array,
        kept: list[jax.Array],
        words: jax.Array,
        rows: jax.Array,
        gradient: jax.Array,
        rate: jax.Array,
    ) -> _Changed:
        import jax

        (squares,) = _before_writing([kept[0].at[words].get(mode="clip")])
        squares = squares + gradient * gradient
        step = rate * gradient / jax.numpy.sqrt(squares + self.optimizer.epsilon)
        return [_put(table, words, rows - step)], [_put(kept[0], words, squares)]

    def _rmsprop(
        self,
        table: jax.Array,
        kept: list[jax.Array],
        words: jax.Array,
        rows: jax.Array,
        gradient: jax.Array,
        rate: jax.Array,
    ) -> _Changed:
        import jax

        numpy, rho = jax.numpy, self.optimizer.rho
        means, seen, done = kept
        done = done + 1
        squares, last = _before_writing([means.at[words].get(mode="clip"), seen.at[words].get(mode="clip")])
        faded = numpy.power(numpy.float32(rho), (done - last).astype(np.float32))
        squares = squares * faded[:, None] + (1 - rho) * gradient * gradient
        step = rate * gradient / numpy.sqrt(squares + self.optimizer.epsilon)
        kept = [_put(means, words, squares), _put(seen, words, done), done]
        return [_put(table, words, rows - step)], kept


def _before_writing(values: list[jax.Array]) -> list[jax.Array]:
    """Values that are read before their source changes; otherwise XLA copies the whole source."""
    import jax

    return list(jax.lax.optimization_barrier(values))


def _put(table: jax.Array, words: jax.Array, rows: jax.Array) -> jax.Array:
    """The table with other rows; words behind its end are none."""
    return table.at[words].set(rows, mode="drop", unique_indices=True, indices_are_sorted=True)


def row_rule(model: keras.Model, samples: Samples, settings: TrainingSettings) -> RowRule | None:
    """How only some rows are changed; `None` where all are, because it would not pay or would not be the same."""
    table = embedding_of(model)
    kinds: dict[str, Callable[[keras.Optimizer], bool]] = {
        "sgd": lambda optimizer: not optimizer.momentum,
        "adagrad": lambda optimizer: True,
        "rmsprop": lambda optimizer: not optimizer.momentum and not optimizer.centered,
    }
    optimizer, kind = model.optimizer, settings.optimizer
    if table is None or not table.trainable or kind not in kinds or not kinds[kind](optimizer):
        return None
    if table.regularizer is not None or len(samples.inputs) != 1 or samples.inputs[0].ndim != 2:
        return None
    rate = settings.embedding_learning_rate
    share = 1.0 if rate is None else rate / float(optimizer.learning_rate)
    ids = _core.IdRows(np.ascontiguousarray(samples.inputs[0], np.int32), table.shape[0])
    rule = RowRule(optimizer, kind, share, table.shape[0], ids)
    batch = min(settings.batch_size, len(samples))
    most = min(rule.rows, batch * samples.length)
    few = np.arange(min(len(samples), 8 * batch) // batch * batch, dtype=np.int32).reshape(-1, batch)
    rule.words = min(most, words_of_batches(rule, few)[0].shape[1])
    return rule if rule.words * WORTH_ROWS <= rule.rows else None


def words_of_batches(rule: RowRule, rows: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Distinct ids of every batch, int32 (batches, words), sorted, 0 first; each id's place, (batches, size, length).

    Batches with fewer are filled up with numbers behind the embedding's end.
    """
    batches, size = rows.shape
    order = np.ascontiguousarray(rows, np.int32).ravel()
    found, counts, places = rule.ids.batches(order, size, thread_count())
    most = max(rule.words, _grid(int(counts.max(initial=1))))
    rule.words = most
    words = np.arange(rule.rows, rule.rows + most, dtype=np.int32)[None].repeat(batches, axis=0)
    there = np.arange(most) < counts[:, None]
    words[there] = found
    return words, places.reshape(batches, size, -1)


def _grid(words: int) -> int:
    """A size a little above, one of few, so that few programs are compiled."""
    step = max(GRID, 1 << max(words.bit_length() - 3, 0))
    return -(-words // step) * step
