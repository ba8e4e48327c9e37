"""Keras' `imdb.load_data`, from Keras' file or from a folder of the raw reviews.

The signatures are those of Keras, hence the many positional arguments.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.keras.datasets.files import read_arrays, read_folders, read_table, read_word_index
from malmoi.keras.datasets.ids import (
    Half,
    Ragged,
    as_lists,
    cut_vocabulary,
    fitted_tokenizer,
    limit_length,
    ragged,
    reorder,
    start,
)

__all__ = ["get_word_index", "load_data"]

REVIEWS_SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
WORD_INDEX_MD5 = "bfafd718b763782e994055a2d397834f"
HALVES = ("train", "test")
CLASSES = ("neg", "pos")


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
        ready.append(limit_length(start(reorder(half, order), start_char, index_from), maxlen))
    limit = num_words or max(int(half.ids.max(initial=0)) for half in ready)
    train, test = (cut_vocabulary(half, skip_top, limit, oov_char) for half in ready)
    return (as_lists(train), train.labels), (as_lists(test), test.labels)


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
        return fitted_tokenizer(_read_half(path, "train")[0]).word_index
    return read_word_index(path, "imdb_word_index.json", WORD_INDEX_MD5)


def _read_halves(path: Path) -> list[Ragged]:
    if not path.is_dir():
        arrays = read_arrays(path, "imdb.npz", REVIEWS_SHA256)
        return [ragged(arrays[f"x_{half}"], arrays[f"y_{half}"]) for half in HALVES]
    texts, labels = zip(*(_read_half(path, half) for half in HALVES), strict=True)
    tokenizer = fitted_tokenizer(texts[0])
    return [ragged(tokenizer.texts_to_sequences(half), label) for half, label in zip(texts, labels, strict=True)]


def _read_half(folder: Path, half: str) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Read the texts and labels of the training or the test set, from Parquet if that exists."""
    table = folder / f"imdb-{half}.parquet"
    if table.is_file():
        return read_table(table, CLASSES)
    for name in CLASSES:
        if not any((folder / half / name).glob("*.txt")):
            raise DataError(f"{folder} must contain {table.name}, or .txt files in {half}/{name}, found neither")
    return read_folders([folder / half / name for name in CLASSES])
