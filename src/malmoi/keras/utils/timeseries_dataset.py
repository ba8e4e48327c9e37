"""Replacement for Keras' `timeseries_dataset_from_array` without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import check_number, shorten
from malmoi.keras.utils.datasets import Places, chosen_seed, dataset_of

__all__ = ["timeseries_dataset_from_array"]


@dataclass(frozen=True)
class _Windows:
    """Windows of a series, which are copied batch by batch.

    Args:
        data: (time, ...), the series.
        targets: (time, ...), the target of the window that starts at each step; `None` without targets.
        starts: int64 (samples,), first steps of the windows.
        offsets: int64 (length,), steps of a window after its first one.
    """

    data: npt.NDArray[Any]
    targets: npt.NDArray[Any] | None
    starts: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.starts)

    def batch(self, places: Places) -> Any:
        """Return windows (samples, length, ...), and their targets if there are any."""
        starts = self.starts[places]
        windows = self.data[starts[:, None] + self.offsets]
        return windows if self.targets is None else (windows, self.targets[starts])


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",  # noqa: A002 -- the name in Keras
) -> Any:
    """Return a dataset of sliding windows, compatible with Keras' function of this name, without TensorFlow.

    Windows are copied from the series batch by batch, when they are used. The dataset is a `keras.utils.PyDataset`,
    which `fit` accepts, or a plain sequence of batches where Keras is not installed. It has `len(dataset)`,
    `dataset[index]`, `map(function)`, `take(batches)` and `cache()`. Windows, targets and order are those of Keras;
    with `shuffle` the order differs, and `on_epoch_end`, which Keras calls after every epoch, draws a new one.

    Args:
        data: (time, ...), values at equal intervals.
        targets: (time, ...); `targets[i]` is the target of the window that starts at step i, and windows after the
            last target are left out. None for no targets.
        sequence_length: values of a window; 1 or more.
        sequence_stride: steps between the starts of windows; 1 or more.
        sampling_rate: steps between the values of a window; 1 or more.
        batch_size: windows per batch; None for single windows.
        shuffle: whether to shuffle the windows; otherwise they are in time order.
        seed: random seed, 0 to 2**32 - 1; None draws one from `numpy.random`.
        start_index: first step to use; None for the first of the series.
        end_index: the step after the last one to use, below the length of `data`; None for all.
        format: "tf", the only value: the format of Grain is not supported.

    Returns:
        A dataset; batches are windows (samples, length, ...), or a tuple of windows and targets (samples, ...).

    Raises:
        TypeError: a number is not a whole number.
        ValueError: a number is out of range, the series is shorter than a window, or targets are missing.

    Example:
        >>> series = np.arange(10)
        >>> dataset = timeseries_dataset_from_array(series[:-3], series[3:], sequence_length=3, batch_size=2)
        >>> windows, targets = dataset[0]
        >>> windows.tolist(), targets.tolist(), len(dataset)
        ([[0, 1, 2], [1, 2, 3]], [3, 4], 3)
    """
    if format != "tf":
        raise ValueError(f"format must be 'tf', the default; Grain is not supported, got {shorten(format)}")
    values = np.asarray(data)
    if values.ndim == 0:
        raise TypeError(f"data must be an array (time, ...), got {shorten(data)}")
    first, last = _range(start_index, end_index, len(values))
    check_number("sequence_length", sequence_length, 1)
    for name, number in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        check_number(name, number, 1)
        if number >= len(values):
            raise ValueError(f"{name} must be lower than the length of data, {len(values)}, got {number}")
    given = None if targets is None else np.asarray(targets)
    offsets = np.arange(0, sequence_length * sampling_rate, sampling_rate)
    starts = _starts(last - first, int(offsets[-1]) + 1, sequence_stride, None if given is None else len(given) - first)
    chosen = chosen_seed(shuffle, seed)
    if chosen is not None:
        np.random.RandomState(chosen).shuffle(starts)
    windows = _Windows(values[first:last], None if given is None else given[first:last], starts, offsets)
    return dataset_of(windows, size=batch_size, seed=chosen)


def _starts(steps: int, needed: int, stride: int, targets: int | None) -> npt.NDArray[np.int64]:
    """Return the first steps of windows.

    Args:
        steps: steps of the series from the first one to use.
        needed: steps of a window from its first to its last value.
        stride: steps between the starts of windows.
        targets: number of targets from the first step to use; `None` without targets.
    """
    if steps < needed:
        raise ValueError(f"data must have {needed} steps, those of a window, or more, got {steps}")
    windows = steps - needed + 1
    if targets is not None and targets < 1:
        raise ValueError(f"targets must have one item or more after start_index, got {max(targets, 0)}")
    return np.arange(0, windows if targets is None else min(windows, targets), stride)


def _range(start_index: int | None, end_index: int | None, steps: int) -> tuple[int, int]:
    """Return the first step to use, and the one after the last."""
    first = 0 if start_index is None else start_index
    check_number("start_index", first, 0)
    if first >= steps:
        raise ValueError(f"start_index must be lower than the length of data, {steps}, got {first}")
    if end_index is None:
        return int(first), steps
    check_number("end_index", end_index, 1)
    if end_index <= first:
        raise ValueError(f"end_index must be higher than start_index, {first}, got {end_index}")
    if end_index >= steps:
        raise ValueError(f"end_index must be lower than the length of data, {steps}, got {end_index}")
    return int(first), int(end_index)
