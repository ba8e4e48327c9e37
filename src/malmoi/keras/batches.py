"""The base class of datasets that are sequences of batches: that of Keras if possible, otherwise a plain one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any, TypeVar

from malmoi.errors import MalmoiError
from malmoi.foundation.imports import import_keras

__all__ = ["WORKERS", "PlainBatches", "dataset_class"]

WORKERS = (
    "workers and use_multiprocessing have no effect: with several workers, Keras 3 repeats and drops batches, "
    "so one thread prepares them"
)


class PlainBatches:
    """A sequence of batches with the constructor arguments of `keras.utils.PyDataset`, without Keras.

    A subclass defines `__len__` (batches) and `__getitem__` (one batch). The batches are always prepared by one thread:
    with several workers, Keras 3 (up to 3.15, on JAX) drops one batch of an epoch and repeats another, and `predict`
    returns the predictions in another order.

    Args:
        workers: accepted for old code; more than 1 has no effect, and a warning says so.
        use_multiprocessing: as `workers`.
        max_queue_size: without effect, because there is one worker.
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        """Warn about settings without effect."""
        self._workers = 1  # Keras looks whether it is there
        if workers > 1 or use_multiprocessing:
            warnings.warn(WORKERS, UserWarning, stacklevel=3)

    @property
    def workers(self) -> int:
        """Return 1.

        :meta private:
        """
        return 1

    @workers.setter
    def workers(self, workers: int) -> None:
        if workers > 1:
            warnings.warn(WORKERS, UserWarning, stacklevel=2)

    @property
    def use_multiprocessing(self) -> bool:
        """Return False.

        :meta private:
        """
        return False

    @use_multiprocessing.setter
    def use_multiprocessing(self, use_multiprocessing: bool) -> None:
        if use_multiprocessing:
            warnings.warn(WORKERS, UserWarning, stacklevel=2)

    def __len__(self) -> int:
        """Return the number of batches."""
        raise NotImplementedError

    def __getitem__(self, index: int) -> Any:
        """Return one batch."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        """Yield every batch once."""
        return (self[index] for index in range(len(self)))


Plain = TypeVar("Plain", bound=PlainBatches)


@cache
def dataset_class(plain: type[Plain], module: str) -> type[Plain]:
    """Return a class that is also a `keras.utils.PyDataset`, or the plain class where Keras cannot be used.

    Keras is imported by this call, not before.

    Args:
        plain: a class of batches, which works without Keras.
        module: the module in which the returned class is found by its name, so that it can be pickled.
    """
    base = _base()
    if base is PlainBatches:
        return plain
    names = {"__module__": module, "__qualname__": plain.__qualname__, "__doc__": plain.__doc__}
    return type(plain.__name__, (plain, base), names)


def _base() -> type[Any]:
    if find_spec("keras") is None:
        return PlainBatches
    try:
        base: type[Any] = import_keras().utils.PyDataset
    except (ImportError, MalmoiError):
        return PlainBatches
    return base
