"""The base class of datasets that are sequences of batches: that of Keras if possible, otherwise a plain one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any, TypeVar

from malmoi.errors import MalmoiError
from malmoi.foundation.imports import import_keras

__all__ = ["PlainBatches", "batches_class", "dataset_class"]


class PlainBatches:
    """A sequence of batches with the constructor arguments and methods of `keras.utils.PyDataset`, without Keras.

    A subclass defines `__len__` (batches) and `__getitem__` (one batch).

    Args:
        workers: threads that Keras would use; 1 or more.
        use_multiprocessing: whether Keras would use processes instead of threads.
        max_queue_size: batches that Keras would prepare in advance; 1 or more.
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        """Store the settings, which have no effect without Keras."""
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __len__(self) -> int:
        """Return the number of batches."""
        raise NotImplementedError

    def __getitem__(self, index: int) -> Any:
        """Return one batch."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        """Yield every batch once."""
        return (self[index] for index in range(len(self)))


def batches_class() -> type[Any]:
    """Return `keras.utils.PyDataset`, which `fit` of Keras accepts, or `PlainBatches` where Keras cannot be used.

    Keras is imported by this call, not before. A class is derived from the result inside a function:
    `class Windows(batches_class()): ...`, with `super().__init__(**kwargs)` in its constructor.
    """
    if find_spec("keras") is None:
        return PlainBatches
    try:
        base: type[Any] = import_keras().utils.PyDataset
    except (ImportError, MalmoiError):
        return PlainBatches
    return base


Plain = TypeVar("Plain", bound=PlainBatches)


@cache
def dataset_class(plain: type[Plain], module: str) -> type[Plain]:
    """Return a class that is also a `keras.utils.PyDataset`, or the plain class where Keras cannot be used.

    Args:
        plain: a class of batches, which works without Keras.
        module: the module in which the returned class is found by its name, so that it can be pickled.
    """
    base = batches_class()
    if base is PlainBatches:
        return plain
    names = {"__module__": module, "__qualname__": plain.__qualname__, "__doc__": plain.__doc__}
    return type(plain.__name__, (plain, base), names)
