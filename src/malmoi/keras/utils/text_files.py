"""Text files of a folder with their labels, in the order of Keras, and their division for validation."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.errors import DataError
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_choice, shorten, surrogate_at
from malmoi.keras.utils.datasets import Places

__all__ = ["TextFiles", "TextSource", "check_split", "found_files"]

SUFFIX = ".txt"
Part = Literal["training", "validation"]


@dataclass(frozen=True)
class TextFiles:
    """Paths of text files.

    Args:
        paths: the files.
        labels: the label of each; `None` without labels.
        classes: names of the classes; `None` without labels.
    """

    paths: list[str]
    labels: list[int] | None
    classes: list[str] | None

    def shuffled(self, seed: int) -> TextFiles:
        """Return the files in the order that Keras draws for a seed."""
        places = np.arange(len(self.paths))
        np.random.RandomState(seed).shuffle(places)
        return self._taken(places.tolist())

    def part(self, part: Part, share: float, directory: str) -> TextFiles:
        """Return the files for training, which are the first ones, or for validation.

        Args:
            part: "training" or "validation".
            share: share of the files that are for validation.
            directory: the folder, for the error.

        Raises:
            ValueError: the part has no files.
        """
        held_out = int(share * len(self.paths))
        training = len(self.paths) - held_out
        chosen = range(training) if part == "training" else range(training, len(self.paths))
        if not chosen or not held_out:
            raise ValueError(
                f"No {part} text files found in directory {directory}: validation_split must leave files for both "
                f"parts, got {share} of {len(self.paths)} files"
            )
        return self._taken(chosen)

    def _taken(self, places: Sequence[int]) -> TextFiles:
        labels = None if self.labels is None else [self.labels[place] for place in places]
        return TextFiles([self.paths[place] for place in places], labels, self.classes)


def check_split(share: float | None, subset: str | None, *, shuffle: bool, seed: int | None) -> None:
    """Check the settings of the division.

    Raises:
        ValueError: they do not fit each other.
    """
    if share and not 0 < share < 1:
        raise ValueError(f"validation_split must be between 0 and 1, got {shorten(share)}")
    if bool(share) != bool(subset):
        raise ValueError("If `subset` is set, `validation_split` must be set, and inversely.")
    check_choice("subset", subset, ("training", "validation", "both", None))
    if share and shuffle and seed is None:
        raise ValueError("seed must be set if validation_split and shuffle are, so that the parts do not overlap")


def found_files(directory: str, labels: Any, class_names: Sequence[str] | None, *, follow_links: bool) -> TextFiles:
    """Return the text files of a folder, sorted by folder and name, in the order of Keras.

    Args:
        directory: the folder; with inferred labels, the parent of one folder per class.
        labels: "inferred", `None`, or a list of labels, one per file.
        class_names: names of the folders, in the order of their labels; `None` for alphanumerical order.
        follow_links: whether to search folders that are symbolic links.

    Raises:
        FileNotFoundError: the folder does not exist.
        ValueError: names or labels do not fit the folder.
    """
    if not os.path.isdir(directory):
        raise FileNotFoundError(f"directory must be a folder, found none at {directory}")
    if labels == "inferred":
        return _inferred(directory, class_names, follow_links=follow_links)
    if class_names is not None:
        raise ValueError(f"class_names must be None unless labels is 'inferred', got {shorten(class_names)}")
    paths = [os.path.join(directory, name) for name in _text_files(directory, follow_links=follow_links)]
    if labels is None:
        return TextFiles(paths, None, None)
    numbers = np.asarray(labels)
    if len(labels) != len(paths):
        raise ValueError(f"labels must be one per file, {len(paths)} in directory {directory}, got {len(labels)}")
    if len(labels) and numbers.dtype.kind not in "iu":
        raise ValueError(f"labels must be whole numbers, got {shorten(labels)}")
    return TextFiles(paths, numbers.tolist(), [str(label) for label in np.unique(numbers).tolist()])


def _inferred(directory: str, class_names: Sequence[str] | None, *, follow_links: bool) -> TextFiles:
    folders = sorted(
        name
        for name in os.listdir(directory)
        if not name.startswith(".") and os.path.isdir(os.path.join(directory, name))
    )
    if class_names is not None:
        unknown = [name for name in class_names if name not in folders]
        if unknown or len(set(class_names)) < len(class_names):
            rule = f"class_names must be distinct names of folders, {shorten(folders)}"
            raise ValueError(f"{rule}, got {shorten(list(class_names))}")
        folders = list(class_names)
    paths: list[str] = []
    labels: list[int] = []
    for label, folder in enumerate(folders):
        place = os.path.join(directory, folder)
        names = _text_files(place, follow_links=follow_links)
        paths += [os.path.join(place, name) for name in names]
        labels += [label] * len(names)
    return TextFiles(paths, labels, folders)


def _text_files(folder: str, *, follow_links: bool) -> list[str]:
    """Return the paths of text files, relative to the folder."""
    found = []
    for root, _, names in sorted(os.walk(folder, followlinks=follow_links), key=lambda entry: entry[0]):
        for name in sorted(names):
            if name.lower().endswith(SUFFIX):
                path = os.path.relpath(os.path.join(root, name), folder)
                if surrogate_at(path) is not None:
                    raise DataError(f"{folder}: file names must be UTF-8, got {path!a}; rename it")
                found.append(path)
    return found


@dataclass(frozen=True)
class TextSource:
    """Texts of files, read when they are used, with their labels.

    Args:
        files: the files.
        targets: labels as a model expects them (samples, ...); `None` without labels.
        max_length: largest number of characters of a text; `None` for no limit.
    """

    files: TextFiles
    targets: npt.NDArray[Any] | None
    max_length: int | None

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self.files.paths)

    def batch(self, places: Places) -> Any:
        """Return texts (samples,) as an array of str objects, and their targets if there are labels.

        Raises:
            DataError: a file cannot be read, or is not UTF-8.
        """
        texts = _core.read_text_files([self.files.paths[place] for place in places.tolist()], thread_count())
        found = np.empty(len(texts), dtype=object)
        found[:] = [text[: self.max_length] for text in texts]
        return found if self.targets is None else (found, self.targets[places])
