"""Keras' `imdb.load_data`, from Keras' file or from a folder of the raw reviews.

The signatures are those of Keras, hence the many positional arguments.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi._core import read_text_files
from malmoi.errors import DataError
from malmoi.foundation.download import fetch_file
from malmoi.foundation.json_values import parsed_json
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten
from malmoi.keras.preprocessing.text import Tokenizer

__all__ = ["get_word_index", "load_data"]

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
REVIEWS_SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
WORD_INDEX_MD5 = "bfafd718b763782e994055a2d397834f"  # Keras publishes no SHA-256 of this file
HALVES = ("train", "test")
CLASSES = ("neg", "pos")

Reviews: TypeAlias = npt.NDArray[np.object_]
"""object (samples,): one list of ids per review."""

Half: TypeAlias = tuple[Reviews, npt.NDArray[np.int64]]
"""Reviews, and their labels: 0 for neg, 1 for pos."""


class _Ragged(NamedTuple):
    """Reviews as concatenated ids, int64 (tokens,), with lengths and labels, int64 (samples,)."""

    ids: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]


def load_data(
    path: str | os.PathLike[str] = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Half, Half]:
    """Return the IMDB film reviews as lists of word ids, ranked by frequency: training set, then test set.

    Keras' file is opened only if its SHA-256 is the one that Keras publishes.

    Args:
        path: Keras' `imdb.npz`; a folder `aclImdb` of raw reviews; or a folder with `imdb-train.parquet` and
            `imdb-test.parquet`, with the columns text and label. Another name is looked up in `~/.keras/datasets`, and
            downloaded to that folder if it is missing.
        num_words: ids from this one on become `oov_char`; None or 0 for the largest id.
        skip_top: ids below this one become `oov_char`.
        maxlen: only reviews with fewer ids than this are kept; None or 0 for all.
        seed: random seed of the order of the reviews.
        start_char: id before each review; None for none.
        oov_char: id that replaces those excluded by `num_words` and `skip_top`; None removes them.
        index_from: offset added to the rank of each word, which starts at 1.

    Returns:
        Training set and test set, each (reviews, labels): object (samples,) of lists of int, and int64 (samples,), 0
        for negative and 1 for positive reviews.

    Raises:
        DataError: the data are missing or invalid, or the download failed.
        ValueError: no review of the training or the test set is shorter than `maxlen`.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     for half in ("train", "test"):
        ...         for name, text in (("neg", "so bad"), ("pos", "so good")):
        ...             path = Path(folder, half, name, "0.txt")
        ...             path.parent.mkdir(parents=True)
        ...             _ = path.write_text(text)
        ...     (x_train, y_train), _ = load_data(folder, num_words=1000)
        >>> x_train.tolist(), y_train.tolist()
        ([[1, 4, 5], [1, 4, 6]], [0, 1])
    """
    halves = _read_halves(Path(path))
    random = np.random.RandomState(seed)  # as in Keras: the same seed gives the same order
    ready = []
    for half in halves:
        order = np.arange(len(half.labels))
        random.shuffle(order)
        ready.append(_limit_length(_start(_reorder(half, order), start_char, index_from), maxlen))
    limit = num_words or max(int(half.ids.max(initial=0)) for half in ready)
    train, test = (_cut_vocabulary(half, skip_top, limit, oov_char) for half in ready)
    return (_as_lists(train), train.labels), (_as_lists(test), test.labels)


def get_word_index(path: str | os.PathLike[str] = "imdb_word_index.json") -> dict[str, int]:
    """Return the frequency rank of each word, from 1; `load_data` adds `index_from` to it.

    Args:
        path: Keras' `imdb_word_index.json`, or the folder passed to `load_data`. Another name is looked up in
            `~/.keras/datasets`, and downloaded to that folder if it is missing.

    Returns:
        Words with their ranks; for a folder, those of its training set.

    Raises:
        DataError: the data are missing or invalid, or the download failed.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "index.json")
        ...     _ = path.write_text('{"so": 1, "good": 2}')
        ...     get_word_index(path)
        {'so': 1, 'good': 2}
    """
    path = Path(path)
    if path.is_dir():
        return _fitted(_read_half(path, "train")[0]).word_index
    if not path.is_file():
        path = _fetch(path, ".json", "imdb_word_index.json", WORD_INDEX_MD5)
    try:
        ranks = parsed_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} must be valid JSON: {error}") from error
    if not isinstance(ranks, dict) or not all(type(rank) is int for rank in ranks.values()):
        raise DataError(f"{path} must contain words and their ranks, got {shorten(ranks)}")
    return ranks


def _read_halves(path: Path) -> list[_Ragged]:
    if not path.is_dir():
        return _read_npz(path if path.is_file() else _fetch(path, ".npz", "imdb.npz", REVIEWS_SHA256))
    texts, labels = zip(*(_read_half(path, half) for half in HALVES), strict=True)
    tokenizer = _fitted(texts[0])
    return [_ragged(tokenizer.texts_to_sequences(half), label) for half, label in zip(texts, labels, strict=True)]


def _fetch(path: Path, ending: str, name: str, checksum: str) -> Path:
    if path.suffix != ending:
        raise DataError(f"path must be a folder, or a name that ends in {ending}, got {shorten(str(path))}")
    cache = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets"
    return fetch_file(ORIGIN + name, cache / path, checksum)


def _read_npz(path: Path) -> list[_Ragged]:
    """Read Keras' file; it holds pickles, which can run any code, so it is only opened if its checksum matches."""
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != REVIEWS_SHA256:
        cure = "remove it, so that it is downloaded again"
        raise DataError(f"{path} must be Keras' file with the SHA-256 {REVIEWS_SHA256}, got {found}; {cure}")
    with np.load(io.BytesIO(content), allow_pickle=True) as arrays:
        return [_ragged(arrays[f"x_{half}"], arrays[f"y_{half}"]) for half in HALVES]


def _read_half(folder: Path, half: str) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Read the texts and labels of the training or the test set, from Parquet if that exists."""
    table = folder / f"imdb-{half}.parquet"
    if table.is_file():
        return _read_table(table)
    paths = [sorted((folder / half / name).glob("*.txt")) for name in CLASSES]
    for name, found in zip(CLASSES, paths, strict=True):
        if not found:
            raise DataError(f"{folder} must contain {table.name}, or .txt files in {half}/{name}, found neither")
    texts = read_text_files([str(path) for path in chain(*paths)], thread_count())
    return texts, np.repeat(np.arange(len(CLASSES)), [len(found) for found in paths])


def _read_table(table: Path) -> tuple[list[str], npt.NDArray[np.int64]]:
    import polars

    try:
        frame = polars.read_parquet(table, columns=["text", "label"], glob=False)
    except polars.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{table} must be Parquet with the columns text and label: {reason}") from error
    texts, labels = frame["text"].to_list(), frame["label"].to_list()
    for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
        if not isinstance(text, str) or label not in CLASSES:
            shown = shorten((label, text))
            raise DataError(f"{table}: row {row} must contain a text, and the label neg or pos, got {shown}")
    return texts, np.array([CLASSES.index(label) for label in labels], dtype=np.int64)


def _fitted(texts: list[str]) -> Tokenizer:
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(texts)
    return tokenizer


def _ragged(sequences: Sequence[list[int]] | Reviews, labels: npt.NDArray[np.generic]) -> _Ragged:
    lengths = np.fromiter(map(len, sequences), np.int64, count=len(sequences))
    everything: Iterable[int] = chain.from_iterable(sequences)
    return _Ragged(np.fromiter(everything, np.int64, count=int(lengths.sum())), lengths, labels.astype(np.int64))


def _rows(half: _Ragged) -> list[npt.NDArray[np.int64]]:
    return [half.ids[start:end] for start, end in pairwise([0, *half.lengths.cumsum().tolist()])]


def _reorder(half: _Ragged, order: npt.NDArray[np.int64]) -> _Ragged:
    rows = _rows(half)
    ids = np.concatenate([rows[index] for index in order.tolist()] or [half.ids])
    return _Ragged(ids, half.lengths[order], half.labels[order])


def _start(half: _Ragged, start_char: int | None, index_from: int) -> _Ragged:
    ids = half.ids + index_from
    if start_char is None:
        return half._replace(ids=ids)
    starts = half.lengths.cumsum() - half.lengths
    return half._replace(ids=np.insert(ids, starts, start_char), lengths=half.lengths + 1)


def _limit_length(half: _Ragged, maxlen: int | None) -> _Ragged:
    if not maxlen:
        return half
    short = half.lengths < maxlen
    if not short.any():
        shortest = min(half.lengths.tolist(), default=0)
        raise ValueError(f"maxlen must be above the shortest review's length, {shortest}, got {maxlen}")
    return _Ragged(half.ids[np.repeat(short, half.lengths)], half.lengths[short], half.labels[short])


def _cut_vocabulary(half: _Ragged, skip_top: int, limit: int, oov_char: int | None) -> _Ragged:
    kept = (half.ids >= skip_top) & (half.ids < limit)
    if oov_char is not None:
        return half._replace(ids=np.where(kept, half.ids, oov_char))
    rows = np.repeat(np.arange(len(half.lengths)), half.lengths)[kept]
    return half._replace(ids=half.ids[kept], lengths=np.bincount(rows, minlength=len(half.lengths)))


def _as_lists(half: _Ragged) -> Reviews:
    reviews = np.empty(len(half.lengths), dtype=object)
    for position, row in enumerate(_rows(half)):
        reviews[position] = row.tolist()
    return reviews
