"""Replacement for `keras.preprocessing.sequence` with NumPy, without Keras.

The signatures are those of Keras, hence the many positional arguments and, in `to_json`, the `**kwargs`.
"""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten

__all__ = ["TimeseriesGenerator", "make_sampling_table", "pad_sequences", "skipgrams"]

SIDES = ("pre", "post")

_Sequence: TypeAlias = Sequence[object] | npt.NDArray[np.generic]


def pad_sequences(
    sequences: Sequence[_Sequence],
    maxlen: int | None = None,
    dtype: npt.DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float | str = 0.0,
) -> npt.NDArray[np.generic]:
    """Pad and truncate sequences to the same length.

    Args:
        sequences: lists of numbers, or arrays (time, ...) with equal axes except the first.
        maxlen: length of the result, 0 or more; None for the length of the longest sequence.
        dtype: dtype of the result; `object` for str of any length.
        padding: side that is padded, "pre" or "post".
        truncating: side that is truncated if a sequence is too long, "pre" (keeps the end) or "post".
        value: padding value.

    Returns:
        `dtype` (samples, `maxlen`, ...).

    Raises:
        ValueError: an argument is out of range, an item is not a sequence, or its axes differ from those of the first.

    Example:
        >>> pad_sequences([[1, 2, 3], [4]], maxlen=2)
        array([[2, 3],
               [0, 4]], dtype=int32)
        >>> pad_sequences([[1, 2, 3], [4]], maxlen=2, padding="post", truncating="post", value=9)
        array([[1, 2],
               [4, 9]], dtype=int32)
    """
    _check_padding(maxlen, dtype, padding, truncating, value)
    lengths = _lengths(sequences)
    width = int(lengths.max(initial=0)) if maxlen is None else maxlen
    first = next((sequence for sequence, length in zip(sequences, lengths, strict=True) if length), ())
    rest = np.asarray(first).shape[1:]
    shape, numeric = (len(lengths), width, *rest), np.dtype(dtype).kind in "biuf"
    empty = numeric and isinstance(value, int | float) and value == 0  # zeros are allocated lazily
    padded = np.zeros(shape, dtype) if empty else np.full(shape, value, dtype)
    kept = np.minimum(lengths, width)
    with _refusing_overflow():
        _fill(padded, sequences, kept, rest, flat=numeric and not rest, padding=padding, truncating=truncating)
    return padded


@contextmanager
def _refusing_overflow() -> Iterator[None]:
    """Raise errors for numbers out of a dtype's range in NumPy 1 too, which would wrap them."""
    if int(np.__version__.partition(".")[0]) > 1:
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "NumPy will stop allowing conversion of out-of-bound", DeprecationWarning)
        yield


def _fill(
    padded: npt.NDArray[np.generic],
    sequences: Sequence[_Sequence],
    kept: npt.NDArray[np.int64],
    rest: tuple[int, ...],
    *,
    flat: bool,
    padding: str,
    truncating: str,
) -> None:
    """Write the kept values of each sequence into a row of an array."""
    width = padded.shape[1]
    if flat and all(type(sequence) in {list, tuple} for sequence in sequences):
        # One truncated list at a time: keeping all of them would trigger the garbage collector repeatedly.
        cut = (_cut(sequence, width, truncating) for sequence in sequences)
        with suppress(DeprecationWarning, OverflowError, TypeError, ValueError):  # the slower code below names the item
            numbers = np.fromiter(chain.from_iterable(cut), padded.dtype, count=int(kept.sum()))
            shifts = np.arange(len(kept)) * width + (0 if padding == "post" else width - kept) + kept - kept.cumsum()
            padded.reshape(-1)[np.arange(len(numbers)) + np.repeat(shifts, kept)] = numbers
            return
    for position, (row, sequence, length) in enumerate(zip(padded, sequences, kept.tolist(), strict=True)):
        if length:
            part = _part(_cut(sequence, width, truncating), padded.dtype, rest, position)
            row[slice(length) if padding == "post" else slice(width - length, None)] = part


def _check_padding(maxlen: int | None, dtype: npt.DTypeLike, padding: str, truncating: str, value: float | str) -> None:
    if maxlen is not None and maxlen < 0:
        raise ValueError(f"maxlen must be 0 or more, got {maxlen}")
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in SIDES:
            raise ValueError(f"{name} must be 'pre' or 'post', got {shorten(side)}")
    if isinstance(value, str) and np.dtype(dtype).kind not in "OSU":
        raise ValueError(f"dtype must be able to represent {shorten(value)}, got {shorten(dtype)}; set dtype=object")


def _lengths(sequences: Sequence[_Sequence]) -> npt.NDArray[np.int64]:
    if not hasattr(sequences, "__len__"):
        raise ValueError(f"sequences must be a list of lists, got {shorten(sequences)}; wrap it: list(...)")
    for position, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__"):
            raise ValueError(f"sequences[{position}] must be a list or an array, got {shorten(sequence)}")
    return np.fromiter(map(len, sequences), np.int64, count=len(sequences))


def _cut(sequence: _Sequence, width: int, truncating: str) -> _Sequence:
    if len(sequence) <= width:
        return sequence
    return sequence[:width] if truncating == "post" else sequence[len(sequence) - width :]


def _part(
    sequence: _Sequence, dtype: np.dtype[np.generic], rest: tuple[int, ...], position: int
) -> npt.NDArray[np.generic]:
    try:
        part = np.asarray(sequence, dtype=dtype)
    except (DeprecationWarning, OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"sequences[{position}] must contain {dtype}, got {shorten(sequence)}") from error
    if part.shape[1:] != rest:
        rule = f"must have the shape {rest} after the first axis, as the sequences before it"
        raise ValueError(f"sequences[{position}] {rule}, got {part.shape[1:]}")
    return part


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> npt.NDArray[np.float64]:
    """Return the probability for `skipgrams` to keep the word of each rank; frequent words are kept less often.

    Args:
        size: number of ranks, including 0 for "no word"; 1 or more.
        sampling_factor: frequency below which every word is kept; 0 or more.

    Returns:
        float64 (size,), 0.0 to 1.0.

    Raises:
        ValueError: `size` is below 1, or `sampling_factor` below 0.

    Source:
        Subsampling of word2vec (Mikolov et al. 2013), for frequencies that follow Zipf's law, whose harmonic sum is
        about ln(rank) + 0.577 + 1 / (2 rank) - 1 / (12 rank²).

    Example:
        >>> make_sampling_table(3).round(4)
        array([0.0032, 0.0032, 0.0055])
    """
    if size < 1:
        raise ValueError(f"size must be 1 or more, got {size}")
    if sampling_factor < 0:
        raise ValueError(f"sampling_factor must be 0 or more, got {sampling_factor}")
    ranks = np.maximum(np.arange(size), 1)
    inverse_frequencies = ranks * (np.log(ranks) + 0.577) + 0.5 - 1 / (12 * ranks)
    return np.minimum(1.0, np.sqrt(sampling_factor * inverse_frequencies))


def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Sequence[float] | npt.NDArray[np.float64] | None = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[int | list[int]]]:
    """Return skip-gram pairs: every word with its context words, and with random words as negative samples.

    Args:
        sequence: word ids; 0 is "no word" and is ignored.
        vocabulary_size: largest id + 1; 2 or more if there are negative samples.
        window_size: number of context words on each side; 0 or more.
        negative_samples: number of negative pairs per positive pair; 0 or more.
        shuffle: whether to shuffle the pairs; otherwise the positive pairs come first, in order.
        categorical: whether labels are [0, 1] and [1, 0] instead of 1 and 0.
        sampling_table: (vocabulary,), probability to keep each id; see `make_sampling_table`.
        seed: random seed; Python's `random` is then not used. None uses `random`.

    Returns:
        Pairs [id, other id], and their labels, 1 for positive pairs.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> skipgrams([1, 2, 3], vocabulary_size=4, window_size=1, negative_samples=0, shuffle=False)
        ([[1, 2], [2, 1], [2, 3], [3, 2]], [1, 1, 1, 1])
    """
    if window_size < 0:
        raise ValueError(f"window_size must be 0 or more, got {window_size}")
    if negative_samples < 0:
        raise ValueError(f"negative_samples must be 0 or more, got {negative_samples}")
    if negative_samples and vocabulary_size < 2:
        raise ValueError(f"vocabulary_size must be 2 or more for negative samples, got {vocabulary_size}")
    source: random.Random | ModuleType = random if seed is None else random.Random(f"skipgrams {seed}")
    couples = _neighbours(sequence, window_size, sampling_table, source)
    negatives = int(len(couples) * negative_samples)
    positive, negative = ([0, 1], [1, 0]) if categorical else (1, 0)
    labels: list[int | list[int]] = [positive] * len(couples) + [negative] * negatives
    if negative_samples:
        words = [couple[0] for couple in couples]
        source.shuffle(words)
        numbers = range(negatives)
        couples += [[words[number % len(words)], source.randint(1, vocabulary_size - 1)] for number in numbers]
    if shuffle:
        order = list(range(len(couples)))
        # The same order as Keras for this seed.
        random.Random(source.randint(0, 10_000_000) if seed is None else seed).shuffle(order)
        couples, labels = [couples[index] for index in order], [labels[index] for index in order]
    return couples, labels


def _neighbours(
    sequence: Sequence[int],
    window_size: int,
    table: Sequence[float] | npt.NDArray[np.float64] | None,
    source: random.Random | ModuleType,
) -> list[list[int]]:
    couples = []
    for position, word in enumerate(sequence):
        if not word or (table is not None and table[word] < source.random()):
            continue
        window = range(max(0, position - window_size), min(len(sequence), position + window_size + 1))
        couples += [[word, sequence[other]] for other in window if other != position and sequence[other]]
    return couples


class TimeseriesGenerator:
    """Batches of sliding windows over a series, each with the target of the following step.

    It is a plain sequence of batches; pass it to `fit` of Keras 3 as a generator: `model.fit((batch for _ in
    range(epochs) for batch in batches), epochs=epochs, steps_per_epoch=len(batches), shuffle=False)`.

    Args:
        data: (time, ...) list or array.
        targets: (time, ...), of the same length.
        length: steps per window; 1 or more.
        sampling_rate: steps between the values of a window; 1 or more.
        stride: steps between windows; 1 or more.
        start_index: first step to use; 0 or more.
        end_index: last step to use as a target; None for the last one.
        shuffle: whether to sample windows at random with `numpy.random`, as in Keras.
        reverse: whether the values of a window are in reverse order.
        batch_size: number of windows per batch; 1 or more.

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
        data: _Sequence,
        targets: _Sequence,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
    ) -> None:
        """Store the data; batches are created on access."""
        if len(data) != len(targets):
            raise ValueError(f"targets must have {len(data)} items, as data, got {len(targets)}")
        steps = {"length": length, "sampling_rate": sampling_rate, "stride": stride, "batch_size": batch_size}
        for name, number in steps.items():
            if number < 1:
                raise ValueError(f"{name} must be 1 or more, got {number}")
        if start_index < 0:
            raise ValueError(f"start_index must be 0 or more, got {start_index}")
        last = len(data) - 1 if end_index is None else end_index
        if not start_index + length <= last < len(data):
            rule = f"from start_index + length to the last step, {start_index + length} to {len(data) - 1}"
            raise ValueError(f"end_index must be {rule}, got {last}")
        self.data = data
        self.targets = targets
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

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]]:
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

    def __iter__(self) -> Iterator[tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]]]:
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


def _as_json(name: str, values: _Sequence) -> str:
    try:
        return json.dumps(values.tolist() if isinstance(values, np.ndarray | np.generic) else values)
    except TypeError as error:
        raise TypeError(f"{name} must be representable as JSON, got {shorten(values)}") from error
