"""Sparse updates: only the rows of an embedding that occur in a batch are updated.

A batch has a few hundred words, the embedding tens of thousands of rows. If an optimizer does not change a variable
where the gradient is zero, updating the other rows has no effect. This holds for stochastic gradient descent, Adagrad,
and RMSprop: there the mean of squares only decays by a constant factor per step, which is applied when the row is
updated next.
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
"""The table as a list of one array, and the optimizer's state of its rows."""


@dataclass
class RowRule:
    """The row update of one optimizer.

    Args:
        optimizer: optimizer of Keras.
        kind: its type, "sgd", "adagrad" or "rmsprop".
        share: learning rate of the rows as a multiple of the optimizer's.
        rows: rows of the embedding.
        ids: ids of all samples.
        words: maximum number of distinct rows in a batch; increased when a batch has more.
    """

    optimizer: keras.Optimizer
    kind: str
    share: float
    rows: int
    ids: _core.IdRows
    words: int = 0

    def first_state(self, table: jax.Array) -> list[jax.Array]:
        """Return the initial optimizer state of the rows."""
        import jax

        numpy = jax.numpy
        if self.kind == "sgd":
            return [numpy.zeros((), np.int32)]
        if self.kind == "adagrad":
            return [numpy.full(table.shape, self.optimizer.initial_accumulator_value, np.float32)]
        # Means of squares, the last step in which each row was updated, number of steps.
        return [numpy.zeros(table.shape, np.float32), numpy.zeros(self.rows, np.int32), numpy.zeros((), np.int32)]

    def rows_of(self, table: jax.Array, words: jax.Array) -> jax.Array:
        """Return the rows of a batch's words, (words, dimension)."""
        return table.at[words].get(mode="clip")

    def changed(
        self, state: dict[str, list[jax.Array]], words: jax.Array, rows: jax.Array, gradient: jax.Array, rate: jax.Array
    ) -> _Changed:
        """Return the table with updated rows, and the optimizer's state."""
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
    """Return values that are read before their source changes; otherwise XLA copies the whole source."""
    import jax

    return list(jax.lax.optimization_barrier(values))


def _put(table: jax.Array, words: jax.Array, rows: jax.Array) -> jax.Array:
    """Return the table with replaced rows; indices beyond its end are ignored."""
    return table.at[words].set(rows, mode="drop", unique_indices=True, indices_are_sorted=True)


def row_rule(model: keras.Model, samples: Samples, settings: TrainingSettings) -> RowRule | None:
    """Return the sparse update; `None` if it would not be faster or would not give the same result."""
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
    """Return distinct ids of every batch, int32 (batches, words), sorted, and each id's index, (batches, size, length).

    The first id is 0. Batches with fewer ids are padded with numbers beyond the embedding's end.
    """
    batches, size = rows.shape
    order = np.ascontiguousarray(rows, np.int32).ravel()
    found, counts, places = rule.ids.batches(order, size, thread_count())
    most = max(rule.words, _grid(int(counts.max(initial=1))))
    rule.words = most
    words = np.arange(rule.rows, rule.rows + most, dtype=np.int32)[None].repeat(batches, axis=0)
    filled = np.arange(most) < counts[:, None]
    words[filled] = found
    return words, places.reshape(batches, size, -1)


def _grid(words: int) -> int:
    """Round up to one of few sizes, so that few programs are compiled."""
    step = max(GRID, 1 << max(words.bit_length() - 3, 0))
    return -(-words // step) * step
