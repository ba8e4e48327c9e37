"""Make a fastText classifier smaller: product quantisation, and fewer words and buckets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_number
from malmoi.models.fasttext.model import FastTextModel
from malmoi.models.fasttext.network import END, Dictionary, FastTextNetwork
from malmoi.models.fasttext.tables import CENTROIDS, DenseTable, QuantisedTable

__all__ = ["quantised_model"]

Floats = npt.NDArray[np.float32]
WORD_BYTES, BUCKET_BYTES = 16, 8
"""Bytes of a word beside its characters, and of a bucket, in the larger of both files."""
HEADER_BYTES = 6_000
"""Bytes of the header of a model file, without labels, losses and examples."""
EXAMPLE_BYTES = 1_500
LABEL_BYTES = 60
SCALAR_COLUMNS = 8
"""Number of components up to which each has a code of its own."""
SMALLEST_SHARE = 1e-6
"""Singular values below this share of the largest are rounding errors."""


def quantised_model(model: FastTextModel, max_bytes: int | None, part: int | None) -> FastTextModel:
    """Return a model with quantised embeddings.

    Args:
        model: the model.
        max_bytes: maximum size of its file, and of the file for fastText; `None`: no word and no bucket is dropped.
        part: number of components of an embedding that share a code; `None`: 1 for few components, otherwise 2.

    Raises:
        ValueError: a setting is out of range, the size cannot be reached, or the model is quantised already.
    """
    network = model.network
    if isinstance(network.input, QuantisedTable):
        raise ValueError("the model is quantised already; quantize the model that it was made from")
    if max_bytes is not None:
        check_number("max_bytes", max_bytes, 1)
    values, output = _reduced(network)
    columns = values.shape[1]
    if part is None:
        part = 1 if columns <= SCALAR_COLUMNS else 2
    check_number("part", part, 1, columns)
    small = replace(model, network=replace(network, output=DenseTable(output)))
    chosen = np.arange(network.dictionary.rows)
    if max_bytes is not None:
        chosen = _chosen(small, values, max_bytes, part)
    table = _quantised(values[chosen], part, model.settings.seed, thread_count(model.settings.n_jobs))
    dictionary = _pruned(network.dictionary, chosen)
    return replace(model, network=replace(small.network, dictionary=dictionary, input=table))


def _reduced(network: FastTextNetwork) -> tuple[Floats, Floats]:
    """Return embeddings and outputs with the same scores and as few components as possible.

    The outputs are decomposed into singular vectors; their scale becomes part of the embeddings, so that an error of a
    component changes the scores as much as an error of any other. With softmax, scores may be shifted.
    """
    output = network.output.dense().astype(np.float64)
    if network.loss == "softmax":
        output -= output.mean(axis=0)
    left, sizes, right = np.linalg.svd(output, full_matrices=False)
    rank = max(1, int((sizes > SMALLEST_SHARE * sizes.max(initial=0)).sum()))
    projection = (right[:rank].T * sizes[:rank]).astype(np.float32)
    return network.input.dense() @ projection, np.ascontiguousarray(left[:, :rank], np.float32)


def _chosen(model: FastTextModel, values: Floats, max_bytes: int, part: int) -> npt.NDArray[np.int64]:
    """Return the rows to keep, ascending: those that change scores most, as many as fit into the size."""
    dictionary = model.network.dictionary
    columns = values.shape[1]
    row_bytes = -(-columns // part) + (part > 1)
    sizes = np.full(len(values), BUCKET_BYTES + row_bytes, dtype=np.int64)
    lengths = np.diff(dictionary.ends[: dictionary.words], prepend=0)
    sizes[: dictionary.words] = lengths + WORD_BYTES + row_bytes
    importance = np.linalg.norm(values, axis=1).astype(np.float64)
    end = next((number for number in range(dictionary.words) if dictionary.entry(number) == END), None)
    if end is not None:
        importance[end] = np.inf
    order = np.argsort(-importance, kind="stable")
    used = np.cumsum(sizes[order])
    fixed = _fixed_bytes(model, columns)
    count = int(np.searchsorted(used, max_bytes - fixed, side="right"))
    if not count:
        least = fixed + int(used[0])
        raise ValueError(f"max_bytes must be {least:,} or more for this model, got {max_bytes:,}")
    return np.sort(order[:count])


def _fixed_bytes(model: FastTextModel, columns: int) -> int:
    """Return the bytes of a file that do not depend on the rows."""
    labels = sum(map(len, model.network.dictionary.labels)) * 6 + LABEL_BYTES * len(model.task.classes)
    centroids = 4 * CENTROIDS * (columns + 1)
    texts = sum(len(text.encode()) for text in model.training_texts) * 2 + EXAMPLE_BYTES * bool(model.examples)
    return HEADER_BYTES + labels + centroids + texts + model.network.output.size_bytes + 30 * len(model.facts.losses)


def _quantised(values: Floats, part: int, seed: int, threads: int) -> QuantisedTable:
    """Return quantised rows; with parts of several components directions and lengths are quantised separately."""
    columns = values.shape[1]
    if part == 1:
        codes, centroids = _core.product_quantised(
            np.ascontiguousarray(values, np.float32), part=1, seed=seed, threads=threads
        )
        return QuantisedTable(codes, centroids, columns, 1)
    lengths = np.linalg.norm(values, axis=1).astype(np.float32)
    directions = values / np.where(lengths > 0, lengths, 1)[:, None].astype(np.float32)
    codes, centroids = _core.product_quantised(
        np.ascontiguousarray(directions, np.float32), part=part, seed=seed, threads=threads
    )
    norm_codes, norms = _core.product_quantised(lengths[:, None].copy(), part=1, seed=seed, threads=threads)
    return QuantisedTable(codes, centroids, columns, part, norm_codes[:, 0].copy(), norms)


def _pruned(dictionary: Dictionary, chosen: npt.NDArray[np.int64]) -> Dictionary:
    """Return the dictionary with some of its words and buckets."""
    if len(chosen) == dictionary.rows and dictionary.kept is None:
        return dictionary
    words = chosen[chosen < dictionary.words]
    numbers = [*words.tolist(), *range(dictionary.words, len(dictionary.ends))]
    entries = [dictionary.entry(number) for number in numbers]
    buckets = chosen[len(words) :] - dictionary.words
    kept = buckets if dictionary.kept is None else dictionary.kept[buckets]
    return replace(
        dictionary,
        entries=np.frombuffer(b"".join(entries), np.uint8),
        ends=np.cumsum([len(entry) for entry in entries]).astype(np.int64),
        counts=dictionary.counts[numbers],
        words=len(words),
        kept=kept.astype(np.uint32),
        zeros=False,  # as in fastText, which has no zero vectors for buckets that were dropped
    )
