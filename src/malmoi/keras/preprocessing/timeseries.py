"""`TimeseriesGenerator` of old Keras.

The signatures are those of Keras, hence the many positional arguments and, in `to_json`, the `**kwargs`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten
from malmoi.keras.batches import PlainBatches

__all__ = ["TimeseriesGenerator"]

Values: TypeAlias = Sequence[object] | npt.NDArray[np.generic]
Batch: TypeAlias = tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]]


class TimeseriesGenerator(PlainBatches):
    """Batches of sliding windows over a series, each with the target of the following step.

    Where Keras is installed, it is a `keras.utils.PyDataset`, which `fit`, `evaluate` and `predict` of Keras models
    accept, also as `validation_data`. Otherwise it is a plain sequence of batches.

    Args:
        data: (time, ...) list, array or table of pandas or Polars, whose index is ignored.
        targets: (time, ...), of the same length.
        length: steps per window; 1 or more.
        sampling_rate: steps between the values of a window; 1 or more.
        stride: steps between windows; 1 or more.
        start_index: first step to use; 0 or more.
        end_index: last step to use as a target; None for the last one.
        shuffle: whether to sample windows at random with `numpy.random`, as in Keras.
        reverse: whether the values of a window are in reverse order.
        batch_size: number of windows per batch; 1 or more.
        workers, use_multiprocessing, max_queue_size: accepted for old code, without effect: with several workers, Keras
            3 repeats and drops batches. A warning says so.

    Raises:
        ValueError: a number is out of range, or the series is too short.

    Example:
        >>> batches = TimeseriesGenerator([10, 11, 12, 13], [0, 1, 2, 3], length=2)
        >>> samples, targets = batches[0]
        >>> samples.tolist(), targets.tolist()
        ([[10, 11], [11, 12]], [2, 3])
        >>> len(batches), batches.get_config()["data"]
        (1, '[10, 11, 12, 13]')
    """

    def __init__(
        self,
        data: Values,
        targets: Values,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        *,
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> None:
        """Store the data; batches are created on access."""
        super().__init__(workers, use_multiprocessing, max_queue_size)
        if len(data) != len(targets):
            raise ValueError(f"targets must have {len(data)} items, as data, got {len(targets)}")
        steps = {"length": length, "sampling_rate": sampling_rate, "stride": stride, "batch_size": batch_size}
        for name, number in steps.items():
            if number < 1:
                raise ValueError(f"{name} must be 1 or more, got {number}")
        if start_index < 0:
            raise ValueError(f"start_index must be 0 or more, got {start_index}")
        last = len(data) - 1 if end_index is None else end_index
        _check_end(start_index + length, last, len(data))
        self.data = _as_array(data)
        self.targets = _as_array(targets)
        self.length = length
        self.sampling_rate = sampling_rate
        self.stride = stride
        self.start_index = start_index + length
        self.end_index = last
        self.shuffle = shuffle
        self.reverse = reverse
        self.batch_size = batch_size

    def __len__(self) -> int:
        """Return the number of batches."""
        return int((self.end_index - self.start_index) // (self.batch_size * self.stride) + 1)

    def __getitem__(self, index: int) -> Batch:
        """Return the windows (batch, length, ...) and the targets (batch, ...) of one batch."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"index must be below {len(self)}, got {index}")
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * (index % len(self))
            last = min(first + self.batch_size * self.stride, self.end_index + 1)
            rows = np.arange(first, last, self.stride)
        if isinstance(self.data, np.ndarray):
            samples = self.data[rows[:, None] + np.arange(-self.length, 0, self.sampling_rate)]
        else:
            samples = np.array([self.data[row - self.length : row : self.sampling_rate] for row in rows.tolist()])
        targets = np.array([self.targets[row] for row in rows.tolist()])
        return (samples[:, ::-1] if self.reverse else samples), targets

    def __iter__(self) -> Iterator[Batch]:
        """Yield every batch once."""
        return (self[index] for index in range(len(self)))

    def get_config(self) -> dict[str, str | int | None]:
        """Return settings and data by name, with the data as JSON.

        Raises:
            TypeError: data or targets cannot be represented as JSON.
        """
        return {
            "data": _as_json("data", self.data),
            "targets": _as_json("targets", self.targets),
            "length": self.length,
            "sampling_rate": self.sampling_rate,
            "stride": self.stride,
            "start_index": self.start_index,
            "end_index": self.end_index,
            "shuffle": self.shuffle,
            "reverse": self.reverse,
            "batch_size": self.batch_size,
        }

    def to_json(self, **kwargs: Any) -> str:
        """Return settings and data as JSON.

        Args:
            **kwargs: arguments of `json.dumps`, such as `indent`.

        Raises:
            TypeError: data or targets cannot be represented as JSON.
        """
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def _as_json(name: str, values: Values) -> str:
    try:
        return json.dumps(values.tolist() if isinstance(values, np.ndarray | np.generic) else values)
    except TypeError as error:
        raise TypeError(f"{name} must be representable as JSON, got {shorten(values)}") from error


def _as_array(values: Any) -> Values:
    """Return a column or table of pandas or Polars as an array, by position: their own indexing is by label."""
    array: Values = values.to_numpy() if hasattr(values, "to_numpy") else values
    return array


def _check_end(first: int, last: int, steps: int) -> None:
    if first > last:
        fault = f"`start_index+length={first} > end_index={last}` is disallowed"
        raise ValueError(f"{fault}, because no window would be left")
    if last >= steps:
        raise ValueError(f"end_index must be at most that of the last step, {steps - 1}, got {last}")
