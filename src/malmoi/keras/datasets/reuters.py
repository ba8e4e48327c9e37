"""Keras' `reuters.load_data`, from Keras' file or from a folder of texts.

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

__all__ = ["get_label_names", "get_word_index", "load_data"]

NEWSWIRES_SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
WORD_INDEX_MD5 = "4d44cc38712099c9e383dc6e5f11a921"
_TOPICS = """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton
    carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock
    retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead
"""
TOPICS = tuple(_TOPICS.split())
"""The label of a newswire is the index of its topic."""


def load_data(
    path: str | os.PathLike[str] = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Half, Half]:
    """Return the Reuters newswires as lists of word ids, ranked by frequency: training set, then test set.

    Keras' file is opened only if its SHA-256 is the one that Keras publishes.

    Args:
        path: Keras' `reuters.npz`; a folder with one subfolder of `.txt` files per topic, named as `get_label_names`
            returns them; or a folder with `reuters.parquet`, with the columns text and label. Another name is looked up
            in `~/.keras/datasets`, and downloaded to that folder if it is missing.
        num_words: ids from this one on become `oov_char`; None or 0 for the largest id.
        skip_top: ids below this one become `oov_char`.
        maxlen: only newswires with fewer ids than this are kept; None or 0 for all.
        test_split: proportion of newswires in the test set, 0.0 to 1.0.
        seed: random seed of the order of the newswires.
        start_char: id before each newswire; None for none.
        oov_char: id that replaces those excluded by `num_words` and `skip_top`; None removes them.
        index_from: offset added to the rank of each word, which starts at 1.

    Returns:
        Training set and test set, each (newswires, labels): object (samples,) of lists of int, and int64 (samples,),
        the indices of `get_label_names`.

    Raises:
        DataError: the data are missing or invalid, or the download failed.
        ValueError: `test_split` is out of range, or no newswire is shorter than `maxlen`.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     for topic in ("grain", "earn"):
        ...         Path(folder, topic).mkdir()
        ...         for number in range(2):
        ...             _ = Path(folder, topic, f"{number}.txt").write_text(f"news of {topic}")
        ...     (x_train, y_train), (x_test, y_test) = load_data(folder, test_split=0.25)
        >>> x_train.tolist(), y_train.tolist(), y_test.tolist()
        ([[1, 4, 5, 2], [1, 4, 5, 2], [1, 4, 5, 6]], [3, 3, 1], [1])
    """
    if not 0 <= test_split <= 1:
        raise ValueError(f"test_split must be from 0.0 to 1.0, got {test_split}")
    newswires = _read(Path(path))
    order = np.arange(len(newswires.labels))
    np.random.RandomState(seed).shuffle(order)  # as in Keras: the same seed gives the same order
    ready = limit_length(start(reorder(newswires, order), start_char, index_from), maxlen)
    ready = cut_vocabulary(ready, skip_top, num_words or int(ready.ids.max(initial=0)), oov_char)
    lists, count = as_lists(ready), int(len(ready.labels) * (1 - test_split))
    return (lists[:count], ready.labels[:count]), (lists[count:], ready.labels[count:])


def get_word_index(path: str | os.PathLike[str] = "reuters_word_index.json") -> dict[str, int]:
    """Return the frequency rank of each word, from 1; `load_data` adds `index_from` to it.

    Args:
        path: Keras' `reuters_word_index.json`, or the folder passed to `load_data`. Another name is looked up in
            `~/.keras/datasets`, and downloaded to that folder if it is missing.

    Returns:
        Words with their ranks.

    Raises:
        DataError: the data are missing or invalid, or the download failed.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "index.json")
        ...     _ = path.write_text('{"the": 1, "of": 2}')
        ...     get_word_index(path)
        {'the': 1, 'of': 2}
    """
    path = Path(path)
    if path.is_dir():
        return fitted_tokenizer(_read_texts(path)[0]).word_index
    return read_word_index(path, "reuters_word_index.json", WORD_INDEX_MD5)


def get_label_names() -> tuple[str, ...]:
    """Return the 46 topics in the order of their labels.

    Example:
        >>> get_label_names()[:3]
        ('cocoa', 'grain', 'veg-oil')
    """
    return TOPICS


def _read(path: Path) -> Ragged:
    if not path.is_dir():
        arrays = read_arrays(path, "reuters.npz", NEWSWIRES_SHA256)
        return ragged(arrays["x"], arrays["y"])
    texts, labels = _read_texts(path)
    return ragged(fitted_tokenizer(texts).texts_to_sequences(texts), labels)


def _read_texts(folder: Path) -> tuple[list[str], npt.NDArray[np.int64]]:
    table = folder / "reuters.parquet"
    if table.is_file():
        return read_table(table, TOPICS)
    if not any((folder / topic).is_dir() for topic in TOPICS):
        raise DataError(f"{folder} must contain {table.name}, or a folder of .txt files per topic, found neither")
    return read_folders([folder / topic for topic in TOPICS])
