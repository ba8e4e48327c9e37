"""Open classifiers in files of fastText, `.bin` and `.ftz`."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.labels import check_classes, check_label, tidy_label
from malmoi.errors import DataError, FormatError
from malmoi.foundation.files import open_regular
from malmoi.foundation.limits import most
from malmoi.foundation.validation import shorten
from malmoi.metrics.calibrators import Temperature
from malmoi.models.fasttext.model import FastTextModel
from malmoi.models.fasttext.network import LABEL_PREFIX, Dictionary, FastTextNetwork, NetworkLoss
from malmoi.models.fasttext.parts import FastTextFacts
from malmoi.models.fasttext.settings import BUCKETS, FastTextSettings
from malmoi.models.fasttext.tables import DenseTable, MappedTable, QuantisedTable, Table
from malmoi.models.task import Classification, Multilabel, single_label_task

__all__ = ["opened_fasttext"]

LOSSES: dict[int, NetworkLoss] = {
    1: "hierarchical softmax",
    2: "negative sampling",
    3: "softmax",
    4: "one-vs-all",
}


def opened_fasttext(path: Path) -> FastTextModel:
    """Return the model of a file of fastText.

    Raises:
        FileNotFoundError: the file does not exist.
        FormatError: it is damaged, has word vectors instead of a classifier, or has fewer than two labels.
    """
    content = _mapped(path)
    try:
        found = _core.read_fasttext(content, str(path))
    except ValueError as error:
        raise FormatError(f"{path}: {error}") from error
    dictionary = Dictionary(
        entries=np.frombuffer(found["entries"], np.uint8),
        ends=found["ends"],
        counts=np.concatenate([found["counts"], found["label_counts"]]),
        words=found["words"],
        ngrams=max(found["ngrams"], 1),
        characters=(found["shortest"], found["longest"]) if found["longest"] else (0, 0),
        buckets=found["buckets"],
        kept=found["kept"],
        zeros=False,
    )
    loss = LOSSES[found["loss"]]
    classes, order = _classes(path, dictionary.labels)
    task: Classification = Multilabel(classes) if loss == "one-vs-all" else single_label_task(classes)
    dimension = found["dimension"]
    output = _table(content, found["output"], dimension)
    network = FastTextNetwork(
        tokens=None,
        dictionary=dictionary,
        input=_table(content, found["input"], dimension),
        output=DenseTable(output.dense()) if isinstance(output, MappedTable) else output,
        loss=loss,
        order=order,
    )
    try:
        _ = network.core
    except ValueError as error:
        raise FormatError(f"{path}: {error}") from error
    facts = FastTextFacts(0, 0, 0, 0, learned_held_out=True, losses=(), training_accuracy=None)
    return FastTextModel(task, _settings(dictionary, loss, dimension), network, Temperature(), facts, prior=None)


def _mapped(path: Path) -> npt.NDArray[np.uint8]:
    """Return the bytes of a file, mapped into memory."""
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise FormatError(f"{path}: byte 0: expected fastText's magic number, the file is empty")
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype=np.uint8)


def _classes(path: Path, labels: list[bytes]) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.int64]]:
    """Return the sorted classes, and the position of each among the labels."""
    prefix = LABEL_PREFIX.encode()
    strip = all(label.startswith(prefix) for label in labels)
    names = []
    for number, label in enumerate(labels):
        try:
            name = (label.removeprefix(prefix) if strip else label).decode()
            check_label(name, f"{path}: label {number}")
        except (UnicodeDecodeError, DataError) as error:
            raise FormatError(f"{path}: label {number} must be UTF-8 text, found {shorten(label)}: {error}") from error
        if tidy_label(name) == "":
            raise FormatError(f"{path}: label {number} must not be empty, found {shorten(label)}")
        names.append(name)
    distinct: dict[object, str] = {}
    for name in names:
        if (other := distinct.setdefault(tidy_label(name), name)) != name or names.count(name) > 1:
            raise FormatError(f"{path}: labels must be distinct, found {shorten(other)} and {shorten(name)}")
    if len(names) < 2:
        raise FormatError(f"{path}: a classifier must have two labels or more, found {shorten(names)}")
    check_classes(names, str(path))
    order = sorted(range(len(names)), key=names.__getitem__)
    return np.array([names[place] for place in order]), np.array(order, dtype=np.int64)


def _table(content: npt.NDArray[np.uint8], place: dict[str, Any], columns: int) -> Table:
    if "dense" in place:
        return MappedTable(content, place["dense"][0], place["rows"], columns)

    def copied(span: tuple[int, int], dtype: str) -> npt.NDArray[Any]:
        return np.frombuffer(content[span[0] : span[1]].tobytes(), dtype=dtype)

    norms = place["norms"]
    codes = copied(place["codes"], "u1").reshape(place["rows"], -1)
    return QuantisedTable(
        codes=codes if place["rows"] else np.zeros((0, -(-columns // place["part"])), np.uint8),
        centroids=copied(place["centroids"], "<f4").astype(np.float32),
        columns=columns,
        part=place["part"],
        norm_codes=None if norms is None else copied(norms[0], "u1"),
        norms=None if norms is None else copied(norms[1], "<f4").astype(np.float32),
    )


def _settings(dictionary: Dictionary, loss: NetworkLoss, dimension: int) -> FastTextSettings:
    """Return the settings of a file, with which `fit` would train anew."""
    shortest, longest = dictionary.characters
    hashed = dictionary.buckets > 0 and (dictionary.ngrams > 1 or longest > 0)
    return FastTextSettings(
        dimension=dimension,
        ngrams=(1, min(dictionary.ngrams, most("n-gram size"))),
        characters=(max(shortest, 1), longest) if longest else None,
        buckets=dictionary.buckets if hashed else BUCKETS,
        loss="auto" if loss != "one-vs-all" else "one-vs-all",
        calibration=None,
    )
