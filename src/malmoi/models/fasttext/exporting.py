"""Write classifiers as files that fastText opens."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.foundation.log import logger
from malmoi.foundation.validation import shorten
from malmoi.metrics.calibrators import Temperature
from malmoi.models.fasttext.model import FastTextModel
from malmoi.models.fasttext.network import Dictionary, FastTextNetwork
from malmoi.models.fasttext.opening import LOSSES
from malmoi.models.fasttext.tables import CENTROIDS, QuantisedTable

__all__ = ["write_fasttext"]

MAGIC, VERSION, SUPERVISED = 793_712_314, 12, 3
WINDOW, NEGATIVES, RATE_UPDATES, SAMPLING = 5, 5, 100, 1e-4
"""Settings of fastText that its classifiers do not use."""
ROWS_TOGETHER = 65_536
Floats = npt.NDArray[np.float32]


def write_fasttext(model: FastTextModel, path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Write a model as a file of fastText.

    Raises:
        FileExistsError: the file exists and `overwrite` is false.
        ValueError: fastText has no such model.
    """
    network = model.network
    if not isinstance(model.calibrator, Temperature):
        raise ValueError("calibration must be 'temperature' or None for fastText, which has no isotonic regression")
    if bad := next((label for label in network.dictionary.labels if b"\0" in label), None):
        raise ValueError(f"labels must have no NUL in files of fastText, got {shorten(bad)}")
    refuse_existing(path, overwrite=overwrite)
    if network.tokens is not None:
        cure = f"pass it the tokens of {network.tokens!r}, joined with spaces"
        logger.warning("fastText splits texts at white space only; %s", cure)
    with whole_file(path, overwrite=overwrite) as file:
        _write(file, model, network, np.float32(model.calibrator.temperature))
    return Path(path)


def _write(file: BinaryIO, model: FastTextModel, network: FastTextNetwork, temperature: np.float32) -> None:
    dictionary, epochs = network.dictionary, max(model.facts.epochs, 1)
    loss = next(number for number, name in LOSSES.items() if name == network.loss)
    numbers = (network.input.shape[1], WINDOW, epochs, model.settings.min_count, NEGATIVES, dictionary.ngrams)
    shortest, longest = dictionary.characters
    file.write(struct.pack("<8i", MAGIC, VERSION, *numbers))
    file.write(struct.pack("<6id", loss, SUPERVISED, dictionary.buckets, shortest, longest, RATE_UPDATES, SAMPLING))
    _write_dictionary(file, dictionary, pruned=isinstance(network.input, QuantisedTable))
    if isinstance(network.input, QuantisedTable):
        file.write(b"\1")
        _write_quantised(file, network.input)
    else:
        file.write(b"\0" + struct.pack("<qq", dictionary.words + dictionary.buckets, network.input.shape[1]))
        for block in _rows(network):
            file.write(block.astype("<f4", copy=False).tobytes())
    if isinstance(network.output, QuantisedTable):
        file.write(b"\1")
        _write_quantised(file, network.output)
    else:
        output = network.output.dense() / temperature
        file.write(b"\0" + struct.pack("<qq", *output.shape) + output.astype("<f4").tobytes())


def _write_dictionary(file: BinaryIO, dictionary: Dictionary, *, pruned: bool) -> None:
    kept = dictionary.kept if pruned else None
    entries, ends = dictionary.entries.tobytes(), dictionary.ends.tolist()
    sizes = len(ends), dictionary.words, len(ends) - dictionary.words
    tokens = int(dictionary.counts.sum())
    file.write(struct.pack("<3iqq", *sizes, tokens, -1 if kept is None else len(kept)))
    counts = dictionary.counts.tolist()
    for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        file.write(entries[start:end] + b"\0" + struct.pack("<qb", counts[number], number >= dictionary.words))
    if kept is not None:
        pairs = np.stack([kept.astype("<i4"), np.arange(len(kept), dtype="<i4")], axis=1)
        file.write(pairs.tobytes())


def _write_quantised(file: BinaryIO, table: QuantisedTable) -> None:
    rows, columns = table.shape
    has_norms = table.norm_codes is not None and table.norms is not None
    file.write(struct.pack("<?qqi", has_norms, rows, columns, table.codes.size))
    file.write(table.codes.tobytes())
    _write_quantizer(file, table.centroids, columns, table.part)
    if table.norm_codes is not None and table.norms is not None:
        file.write(table.norm_codes.tobytes())
        _write_quantizer(file, table.norms, 1, 1)


def _write_quantizer(file: BinaryIO, centroids: Floats, columns: int, part: int) -> None:
    parts = -(-columns // part)
    file.write(struct.pack("<4i", columns, parts, part, columns - (parts - 1) * part))
    file.write(centroids.astype("<f4").reshape(CENTROIDS * columns).tobytes())


def _rows(network: FastTextNetwork) -> Iterator[Floats]:
    """Yield the rows of words, and of all buckets, in blocks; buckets without a row are zeros."""
    dictionary, values = network.dictionary, network.input.dense()
    if dictionary.kept is None:
        for start in range(0, len(values), ROWS_TOGETHER):
            yield values[start : start + ROWS_TOGETHER]
        return
    for start in range(0, dictionary.words, ROWS_TOGETHER):
        yield values[start : min(start + ROWS_TOGETHER, dictionary.words)]
    places = np.argsort(dictionary.kept)
    ordered = dictionary.kept[places]
    for start in range(0, dictionary.buckets, ROWS_TOGETHER):
        stop = min(start + ROWS_TOGETHER, dictionary.buckets)
        first, last = np.searchsorted(ordered, [start, stop])
        block = np.zeros((stop - start, values.shape[1]), np.float32)
        block[ordered[first:last] - start] = values[dictionary.words + places[first:last]]
        yield block
