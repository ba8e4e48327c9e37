"""Replacement for `keras.preprocessing.sequence` with NumPy; only `TimeseriesGenerator` imports Keras.

The signatures are those of Keras, hence the many positional arguments.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import parsed_json
from malmoi.foundation.validation import shorten
from malmoi.keras.batches import dataset_class
from malmoi.keras.preprocessing import timeseries

if TYPE_CHECKING:
    from malmoi.keras.preprocessing.timeseries import TimeseriesGenerator

__all__ = [
    "TimeseriesGenerator",
    "make_sampling_table",
    "pad_sequences",
    "skipgrams",
    "timeseries_generator_from_json",
]

SIDES = ("pre", "post")

_Sequence: TypeAlias = Sequence[object] | npt.NDArray[np.generic]


def __getattr__(name: str) -> Any:
    """Create the class of Keras' kind when it is first used, because that imports Keras."""
    if name == "TimeseriesGenerator":
        return dataset_class(timeseries.TimeseriesGenerator, __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


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
        rule = f"`dtype` {dtype} is not compatible with `value`'s type, str"
        raise ValueError(f"{rule}: {shorten(value)}; set dtype=object")


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


def timeseries_generator_from_json(json_string: str) -> timeseries.TimeseriesGenerator:
    """Return a generator from the output of `TimeseriesGenerator.to_json`, also of Keras.

    The `start_index` of the JSON is that of the first target, as in Keras. It gives the same windows again, whereas
    Keras adds `length` a second time.

    Args:
        json_string: the JSON.

    Raises:
        ValueError: the text is not JSON, a part is missing, or a number is out of range.

    Example:
        >>> from malmoi.keras.preprocessing.sequence import TimeseriesGenerator
        >>> batches = TimeseriesGenerator([10, 11, 12, 13], [0, 1, 2, 3], length=2)
        >>> timeseries_generator_from_json(batches.to_json())[0][1].tolist()
        [2, 3]
    """
    try:
        config = dict(parsed_json(json_string)["config"])
        values = {name: parsed_json(config.pop(name)) for name in ("data", "targets")}
        config["start_index"] -= config["length"]
        generator: timeseries.TimeseriesGenerator = dataset_class(timeseries.TimeseriesGenerator, __name__)(
            **values, **config
        )
    except (KeyError, TypeError, ValueError) as error:
        cure = f"pass the output of TimeseriesGenerator.to_json ({error})"
        raise ValueError(f"json_string must contain a generator, got {shorten(json_string)}; {cure}") from error
    return generator
