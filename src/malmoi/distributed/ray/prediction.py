"""Prediction of the texts of a dataset of Ray Data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from malmoi.distributed.arguments import as_scorer, kept_columns
from malmoi.distributed.optional import import_engine
from malmoi.distributed.scorer import Scorer
from malmoi.foundation.validation import check_number, real_number, shorten

__all__ = ["predict"]


def predict(
    dataset: Any,
    model: str | os.PathLike[str] | Scorer,
    text_column: str | None = None,
    *,
    reject_below: float | None = None,
    prefix: str | None = None,
    keep: Sequence[str] | None = None,
    batch_size: int | None = None,
    num_cpus: float = 1,
    concurrency: int | None = None,
) -> Any:
    """Return a dataset of Ray Data with label and probability columns, computed when it is consumed.

    The rows keep their order: `preserve_order` is set on the dataset's context. The predictions are those of the model
    on one machine, bit for bit, whatever the number of blocks. A worker that dies is replaced, and its batches are
    predicted again. The work runs as tasks, not as actors: Ray merges reading and prediction into one task unless
    `batch_size` is given, and a run of Ray Data ends with an error if one of its actors is ended by `ray.kill`.

    Args:
        dataset: a `ray.data.Dataset` with a text column.
        model: model file, which every worker must see under this path, or a scorer, whose settings are then not given
            here.
        text_column: the column of texts; `None`: "text", or the column of the scorer.
        reject_below: probability below which the label is null, 0 to 1; `None`: that of the model.
        prefix: put before the names of the new columns, for datasets that have such columns already; `None`: nothing.
        keep: columns of the dataset to return, besides the new ones; `None`: all.
        batch_size: rows per call; `None`: a block. The predictions do not depend on it, the memory of a worker does,
            and the speed: Ray (2.60) does not merge reading with work on batches of a given size.
        num_cpus: CPUs that Ray reserves for a worker; above 0. It uses as many threads, or those of the scorer.
        concurrency: most workers at a time; `None`: as many as the cluster has CPUs for.

    Returns:
        A `ray.data.Dataset`: the kept columns, then those of `Scorer`.

    Raises:
        MissingExtraError: Ray is not installed.
        TypeError: `dataset` is not a dataset of Ray Data, or an argument has the wrong type.
        ValueError: an argument is out of range, or a setting is given besides a scorer.
        DataError: the columns of the dataset are known, and the text column is missing or a new one is there already.

    Example:
        >>> reviews = ray.data.read_parquet("reviews")  # doctest: +SKIP
        >>> scored = mm.distributed.ray.predict(reviews, "films.malmoi", "review")  # doctest: +SKIP
        >>> scored.write_parquet("scored")  # doctest: +SKIP
    """
    data = import_engine("ray.data", "malmoi.distributed.ray.predict")
    if not isinstance(dataset, data.Dataset):
        raise TypeError(
            f"dataset must be a ray.data.Dataset, got {shorten(dataset)}; use ray.data.read_parquet or others"
        )
    for name, number in {"batch_size": batch_size, "concurrency": concurrency}.items():
        if number is not None:
            check_number(name, number, 1)
    if not real_number("num_cpus", num_cpus) > 0:
        raise ValueError(f"num_cpus must be above 0, got {num_cpus}")
    threads = max(1, int(num_cpus))
    scorer = as_scorer(model, text_column, reject_below=reject_below, prefix=prefix, keep=keep, threads=threads)
    if scorer.identity is not None and (names := dataset.columns(fetch_if_missing=False)):
        kept_columns(scorer, names)
    dataset = dataset.map_batches(
        scorer,
        batch_size=batch_size,
        batch_format="pyarrow",
        zero_copy_batch=True,
        num_cpus=num_cpus,
        compute=data.TaskPoolStrategy(size=concurrency),
    )
    dataset.context.execution_options.preserve_order = True
    return dataset
