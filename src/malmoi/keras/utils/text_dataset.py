"""Replacement for Keras' `text_dataset_from_directory` without TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import check_choice, check_number, shorten
from malmoi.keras.utils.datasets import chosen_seed, dataset_of
from malmoi.keras.utils.text_files import TextFiles, TextSource, check_split, found_files

__all__ = ["text_dataset_from_directory"]


def text_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",  # noqa: A002 -- the name in Keras
    verbose: bool = True,
) -> Any:
    """Return a dataset of the text files of a folder, compatible with Keras' function of this name, without TensorFlow.

    Files are read in UTF-8, batch by batch, when they are used. The dataset is a `keras.utils.PyDataset`, which `fit`
    accepts, or a plain sequence of batches where Keras is not installed. It has `len(dataset)`, `dataset[index]`,
    `map(function)`, `take(batches)`, `cache()`, `class_names` and `file_paths`. `on_epoch_end`, which Keras calls after
    every epoch, draws a new order if it is shuffled.

    The files for training and validation are those that Keras chooses for the same seed. These differ:

    - Orders under `shuffle` differ, and every epoch shuffles all samples, not only nearby ones.
    - `max_length` counts characters, where TensorFlow counts bytes and may cut a character in two.
    - A byte-order mark at the start of a file is not part of the text.

    Args:
        directory: the folder; with inferred labels it has one folder per class, each with `.txt` files.
        labels: "inferred", from the names of the folders; None; or a list of integers, one per file in sorted order.
        label_mode: "int", labels int32 (samples,); "binary", float32 (samples, 1), for two classes; "categorical",
            float32 (samples, classes), one-hot; None, no labels.
        class_names: names of the folders in the order of their labels; None for alphanumerical order.
        batch_size: texts per batch; None for single texts.
        max_length: largest number of characters of a text; None for no limit.
        shuffle: whether to shuffle the files; otherwise they are sorted by name.
        seed: random seed, 0 to 2**32 - 1; None draws one from `numpy.random`.
        validation_split: share of the files that are for validation, between 0 and 1; None for no division.
        subset: "training", "validation", or "both" for a list of both datasets; with `validation_split` only.
        follow_links: whether to search folders that are symbolic links.
        format: "tf", the only value: the format of Grain is not supported.
        verbose: whether to print the number of files.

    Returns:
        A dataset; batches are texts (samples,), an array of str objects, or a tuple of texts and labels.

    Raises:
        FileNotFoundError: the folder does not exist.
        ValueError: a setting is out of range, or does not fit the folder; or there are no text files.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     for name, text in [("neg", "too long"), ("pos", "so good")]:
        ...         (Path(folder) / name).mkdir()
        ...         _ = (Path(folder) / name / "1.txt").write_text(text)
        ...     dataset = text_dataset_from_directory(folder, shuffle=False)
        ...     dataset[0], dataset.class_names
        Found 2 files belonging to 2 classes.
        ((array(['too long', 'so good'], dtype=object), array([0, 1], dtype=int32)), ['neg', 'pos'])
    """
    _check_settings(labels, label_mode, format, max_length)
    if labels is None or label_mode is None:
        labels = label_mode = None
    check_split(validation_split, subset, shuffle=shuffle, seed=seed)
    folder, chosen = os.fspath(directory), chosen_seed(shuffle, seed)
    files = found_files(folder, labels, class_names, follow_links=follow_links)
    of_classes = "" if files.classes is None else f" belonging to {len(files.classes)} classes"
    _print_if(verbose, f"Found {len(files.paths)} files{of_classes}.")
    if not files.paths:
        raise ValueError(f"No text files found in directory {folder}. Allowed format: .txt")
    _check_labels(files, label_mode)
    files = files if chosen is None else files.shuffled(chosen)
    made = []
    for part in {None: (None,), "both": ("training", "validation")}.get(subset, (subset,)):
        own = files if part is None else files.part(part, float(validation_split or 0), folder)
        if part is not None:
            _print_if(verbose, f"Using {len(own.paths)} files for {part}.")
        source = TextSource(own, _targets(own, label_mode), max_length)
        order = None if subset == "both" and part == "validation" else chosen  # as in Keras
        names = {"class_names": own.classes, "file_paths": own.paths}
        made.append(dataset_of(source, size=batch_size, seed=order, **names))
    return made if subset == "both" else made[0]


def _check_settings(labels: Any, label_mode: str | None, form: str, max_length: int | None) -> None:
    if not (labels is None or isinstance(labels, list | tuple | np.ndarray) or labels == "inferred"):
        raise ValueError(f"labels must be 'inferred', None, or a list of integers, got {shorten(labels)}")
    check_choice("label_mode", label_mode, ("int", "categorical", "binary", None))
    if form != "tf":
        raise ValueError(f"format must be 'tf', the default; Grain is not supported, got {shorten(form)}")
    if max_length is not None:
        check_number("max_length", max_length, 0)


def _check_labels(files: TextFiles, label_mode: str | None) -> None:
    """Check that labels are the numbers of classes, where the mode needs that."""
    if files.labels is None or files.classes is None or label_mode not in ("binary", "categorical"):
        return
    classes = len(files.classes)
    if label_mode == "binary" and classes != 2:
        raise ValueError(f"label_mode='binary' needs exactly 2 classes, got {shorten(files.classes)}")
    if not set(files.labels) <= set(range(classes)):
        raise ValueError(f"labels must be 0 to {classes - 1} for label_mode={label_mode!r}, got {files.classes}")


def _targets(files: TextFiles, label_mode: str | None) -> npt.NDArray[Any] | None:
    if files.labels is None or files.classes is None:
        return None
    labels = np.array(files.labels, dtype=np.int64)
    if label_mode == "binary":
        return labels.astype(np.float32)[:, None]
    if label_mode == "categorical":
        return np.asarray(labels[:, None] == np.arange(len(files.classes)), dtype=np.float32)
    return labels.astype(np.int32)


def _print_if(verbose: bool, line: str) -> None:
    if verbose:
        from malmoi.foundation.terminal import SafeConsole

        SafeConsole().print(line)
