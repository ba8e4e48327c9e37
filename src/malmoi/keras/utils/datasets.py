"""Datasets whose batches are made when they are used, as sequences that Keras' `fit` accepts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import check_number
from malmoi.keras.batches import PlainBatches, dataset_class

__all__ = ["BatchSource", "Places", "chosen_seed", "dataset_of"]

Places = npt.NDArray[np.int64]
_LARGEST_SEED = 2**32 - 1


class BatchSource(Protocol):
    """Samples that are read by their places."""

    def __len__(self) -> int:
        """Return the number of samples."""

    def batch(self, places: Places) -> Any:
        """Return samples: one array, or a tuple of samples and targets."""


def chosen_seed(shuffle: bool, seed: int | None) -> int | None:
    """Return the seed of the order, drawn from `numpy.random` if there is none, as in Keras; `None` if it is fixed.

    Raises:
        TypeError: the seed is not a whole number.
        ValueError: it is out of range.
    """
    if seed is not None:
        check_number("seed", seed, 0, _LARGEST_SEED)
    if not shuffle:
        return None
    return int(np.random.randint(1_000_000)) if seed is None else int(seed)


class _Batches:
    """Samples of a source in batches; with a seed in another order after every epoch."""

    def __init__(self, source: BatchSource, size: int | None, seed: int | None) -> None:
        self._source = source
        self._size = size
        self._draw = None if seed is None else np.random.default_rng(seed)
        self._order = np.arange(len(source))

    def __len__(self) -> int:
        return math.ceil(len(self._order) / (self._size or 1))

    def __getitem__(self, index: int) -> Any:
        if self._size is not None:
            return self._source.batch(self._order[index * self._size : (index + 1) * self._size])
        found = self._source.batch(self._order[index : index + 1])
        return tuple(part[0] for part in found) if isinstance(found, tuple) else found[0]

    def on_epoch_end(self) -> None:
        if self._draw is not None:
            self._order = self._draw.permutation(len(self._order))


class _Mapped:
    """Batches of another dataset after a function."""

    def __init__(self, dataset: Any, function: Callable[..., Any]) -> None:
        self._dataset = dataset
        self._function = function

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Any:
        batch = self._dataset[index]
        return self._function(*batch) if isinstance(batch, tuple) else self._function(batch)

    def on_epoch_end(self) -> None:
        self._dataset.on_epoch_end()


class _Taken:
    """The first batches of another dataset."""

    def __init__(self, dataset: Any, count: int) -> None:
        self._dataset = dataset
        self._count = count

    def __len__(self) -> int:
        return len(self._dataset) if self._count < 0 else min(self._count, len(self._dataset))

    def __getitem__(self, index: int) -> Any:
        return self._dataset[index]

    def on_epoch_end(self) -> None:
        self._dataset.on_epoch_end()


class _Cached:
    """Batches of another dataset, which stay in memory after their first use."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self._kept: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Any:
        if index not in self._kept:
            self._kept[index] = self._dataset[index]
        return self._kept[index]

    def on_epoch_end(self) -> None:
        pass  # another order would need other batches


class Dataset(PlainBatches):
    """Batches of samples: `dataset[0]` is the first, and `for batch in dataset` yields each once.

    Args:
        batches: the batches, made when they are used.
        attributes: attributes of the dataset, and of those that are derived from it.
    """

    def __init__(self, batches: Any, attributes: dict[str, Any]) -> None:
        super().__init__()
        self._batches = batches
        self._attributes = attributes
        for name, value in attributes.items():
            setattr(self, name, value)

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self._batches)

    def __getitem__(self, index: int) -> Any:
        """Return one batch; negative indices count from the end."""
        count = len(self)
        if not -count <= index < count:
            raise IndexError(f"index must be below {count}, the number of batches, got {index}")
        return self._batches[index % count]

    def on_epoch_end(self) -> None:
        """Draw a new order of the samples, if the dataset is shuffled; Keras calls it after every epoch."""
        self._batches.on_epoch_end()

    def map(self, function: Callable[..., Any], num_parallel_calls: object = None) -> Self:
        """Return a dataset of `function(batch)`, or of `function(samples, targets)`, computed when it is used."""
        return type(self)(_Mapped(self, function), self._attributes)

    def take(self, count: int) -> Self:
        """Return a dataset of the first batches; -1 for all."""
        check_number("count", count, -1)
        return type(self)(_Taken(self, count), self._attributes)

    def cache(self) -> Self:
        """Return a dataset whose batches stay in memory after their first use; they are not shuffled again."""
        return type(self)(_Cached(self), self._attributes)

    def prefetch(self, buffer_size: object = None) -> Self:
        """Return the dataset itself: batches are prepared when they are used; the method is there for old code."""
        return self


def dataset_of(source: BatchSource, *, size: int | None, seed: int | None, **attributes: Any) -> Any:
    """Return a dataset of samples; a `keras.utils.PyDataset` if Keras can be imported.

    Args:
        source: the samples, in the order of the first epoch.
        size: samples per batch; `None` for single samples without the axis of the batch.
        seed: seed of the orders of later epochs; `None` to keep that of the source.
        **attributes: attributes of the dataset, and of those that are derived from it.

    Raises:
        TypeError: `size` is not a whole number.
        ValueError: `size` is below 1.
    """
    if size is not None:
        check_number("batch_size", size, 1)
    return dataset_class(Dataset, __name__)(_Batches(source, size, seed), attributes)
