"""Near duplicates in shards that do not fit into memory together."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, overload

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.near_duplicates import LEAST_THRESHOLD, NEAR_THRESHOLD
from malmoi.data.readers import DataPath, ReadSettings, check_input_format, column_names
from malmoi.distributed.duplicate_scratch import Ints, Scratch
from malmoi.distributed.duplicate_steps import FAMILIES, Search
from malmoi.errors import DataError
from malmoi.foundation.engines import Engine, ThisProcess, check_engine
from malmoi.foundation.files import scratch_folder
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import real_number
from malmoi.foundation.workers import WorkerDiedError
from malmoi.models.linear.shards import listed_shards

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

__all__ = ["near_duplicates"]

KEYS_TOGETHER = 1 << 20
"""Number of texts whose keys are compared by one task."""
SKETCHES_TOGETHER = 1 << 17
"""Number of texts of whose sketches one task compares all bands."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@overload
def near_duplicates(
    data: DataPath,
    *,
    text_column: str | Sequence[str] | None = None,
    threshold: float = NEAR_THRESHOLD,
    engine: Engine | None = None,
    scratch: str | os.PathLike[str] | None = None,
    output: None = None,
    input_format: str = "auto",
    progress: Progress = silent,
) -> DataFrame: ...


@overload
def near_duplicates(
    data: DataPath,
    *,
    text_column: str | Sequence[str] | None = None,
    threshold: float = NEAR_THRESHOLD,
    engine: Engine | None = None,
    scratch: str | os.PathLike[str] | None = None,
    output: str | os.PathLike[str],
    input_format: str = "auto",
    progress: Progress = silent,
) -> LazyFrame: ...


def near_duplicates(
    data: DataPath,
    *,
    text_column: str | Sequence[str] | None = None,
    threshold: float = NEAR_THRESHOLD,
    engine: Engine | None = None,
    scratch: str | os.PathLike[str] | None = None,
    output: str | os.PathLike[str] | None = None,
    input_format: str = "auto",
    progress: Progress = silent,
) -> DataFrame | LazyFrame:
    """Find duplicates and near duplicates in files that need not fit into memory together.

    The result is that of the check of `malmoi check` on all texts, in the order of the files: features, sketches and
    thresholds are the same. Each step runs as one task per file or per range of keys, and writes its results into the
    scratch folder.

    Args:
        data: a file, a glob such as `part-*.parquet`, or a list of them. Each file is a shard.
        text_column: column of the texts; several are joined with line breaks; `None` looks for "text", "review" and
            similar names.
        threshold: lowest Jaccard similarity of near duplicates; 0.5 to 1.0.
        engine: where the tasks run, such as `Processes(8)` or `RayEngine()`; `None`: in this process.
        scratch: existing folder for temporary files, about as large as the texts, which all workers see; `None`: the
            system's folder for temporary files. Temporary files are removed at the end.
        output: new or empty folder for the result, one Parquet file per shard; `None`: the result is returned.
        input_format: file format; "auto" detects it from the first bytes and the suffix of a file.
        progress: progress callback, called with the step's name, the number of tasks done and their total.

    Returns:
        A row for each text that is equal or similar to an earlier one, in the order of the texts: `shard` and `row`
        (counted from 0) of the text, of the first text of its group (`group_shard`, `group_row`) and of the most
        similar earlier text (`earlier_shard`, `earlier_row`); `similarity`; and whether both are equal except for case
        and white space (`equal`). Groups are the connected components of similar texts; to keep one text of each,
        remove the texts of this table. With `output`, a lazy frame that reads the folder.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range.
        DataError: a file cannot be read or occurs twice, the scratch folder cannot be used, or a worker died.
        FormatError: a file is damaged.

    Source:
        Sketches and bands: see `malmoi.data.near_duplicates.similar_texts`.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import malmoi as mm
        >>> with TemporaryDirectory() as folder:
        ...     _ = Path(folder, "1.jsonl").write_text('{"text": "Good film!"}\\n{"text": "A bad one"}\\n')
        ...     _ = Path(folder, "2.jsonl").write_text('{"text": "good  film!"}\\n')
        ...     found = mm.distributed.near_duplicates(f"{folder}/*.jsonl")
        >>> found.select("row", "earlier_row", "similarity", "equal").rows()
        [(0, 0, 1.0, True)]
    """
    import polars as pl

    threshold = real_number("threshold", threshold)
    if not LEAST_THRESHOLD <= threshold <= 1:
        raise ValueError(f"threshold must be from {LEAST_THRESHOLD} to 1.0, got {threshold}")
    columns = column_names("text_column", text_column)
    settings = ReadSettings(text_column=columns, labelled=False, input_format=input_format)
    check_input_format(settings)
    check_engine(engine)
    paths = tuple(shard.path for shard in listed_shards(data, absolute=True))
    folder = None if output is None else _output_folder(Path(output))
    if scratch is not None and not Path(scratch).is_dir():
        raise DataError(f"scratch must be an existing folder, got {os.fspath(scratch)}")
    tasks = _Tasks(ThisProcess() if engine is None else engine, progress)
    with scratch_folder(None if scratch is None else Path(os.path.abspath(scratch))) as place:
        search = _searched(Search(paths, settings, threshold, secrets.randbits(64), Scratch(str(place))), tasks)
        if folder is not None:
            files = [folder / f"part-{shard:05d}.parquet" for shard in range(len(paths))]
            tasks.run("results", search.write_result, list(enumerate(map(str, files))))
            return pl.scan_parquet(files)
        tables = tasks.run("results", search.result, range(len(paths)))
        return pl.concat([tables[shard] for shard in range(len(paths))])


def _output_folder(path: Path) -> Path:
    """Create the folder of the result, if it does not exist."""
    try:
        path.mkdir(exist_ok=True)
        if any(path.iterdir()):
            raise DataError(f"output must be a new or empty folder, but {path} has files; use another one")
    except OSError as error:
        raise DataError(f"output must be a folder, but {path} cannot be used: {error.strerror}") from error
    return Path(os.path.abspath(path))


@dataclass(frozen=True)
class _Tasks:
    """Runs the tasks of steps on an engine."""

    engine: Engine
    progress: Progress

    def run(self, step: str, work: Callable[[Item], Result], items: Sequence[Item]) -> dict[Item, Result]:
        """Return the result of every task of a step.

        Raises:
            DataError: a worker died, and the engine did not repeat its task.
        """
        results: dict[Item, Result] = {}

        def report() -> None:
            self.progress(step, len(results), len(items))

        with closing(self.engine.run(work, items, report)) as found:
            for item, result in found:
                if isinstance(result, WorkerDiedError):
                    cure = "use fewer workers, or smaller files"
                    raise DataError(f"{step}: a task of the search failed: {result}; {cure}") from result
                results[item] = result
                report()
        return results


def _searched(search: Search, tasks: _Tasks) -> Search:
    """Run all steps but the last, and return the search for the last."""
    shards, scratch = range(len(search.paths)), search.scratch
    counts = tasks.run("reading texts", search.describe, shards)
    starts = np.cumsum([0, *(counts[shard] for shard in shards)]).tolist()
    search = replace(search, starts=tuple(starts), parts=max(1, -(-starts[-1] // KEYS_TOGETHER)))
    tasks.run("equal texts", search.match_equal, range(search.parts))
    distinct = tasks.run("distinct texts", search.keep_distinct, shards)
    scratch.write("frequent", _frequent_features(search, tasks, [distinct[shard] for shard in shards]))
    tasks.run("texts of the same words", search.match_sets, range(search.parts))
    sketches = tasks.run("sketches", search.sketch, shards)
    parts = tuple(-(-sum(counts) // SKETCHES_TOGETHER) for counts in zip(*sketches.values(), strict=True))
    ranges = [(family, part, count) for family, count in zip(FAMILIES, parts, strict=True) for part in range(count)]
    tasks.run("candidates", search.propose, ranges)
    pairs = tasks.run("comparing texts", search.verify, [(shard, parts) for shard in shards])
    scratch.write("groups", _groups(list(pairs.values())))
    return search


def _frequent_features(search: Search, tasks: _Tasks, distinct: Sequence[int]) -> npt.NDArray[np.uint64]:
    """Return the features of more than 5 % of the distinct texts, estimated from a sample."""
    starts = np.cumsum([0, *distinct])
    places = _core.duplicate_sample(int(starts[-1]))
    owners = np.searchsorted(starts, places, side="right") - 1
    items = [(int(shard), tuple((places[owners == shard] - starts[shard]).tolist())) for shard in np.unique(owners)]
    found = tasks.run("frequent words", search.sample, items).values()
    sizes = [np.diff(ends, prepend=0) for _, ends in found]
    features = np.concatenate([np.empty(0, np.uint64), *(features for features, _ in found)])
    return _core.frequent_features(features, np.cumsum(np.concatenate([np.empty(0, np.int64), *sizes])))


def _groups(pairs: Sequence[Ints]) -> Ints:
    """Return the texts of pairs, ascending, and the first text of the group of each, (2, texts)."""
    texts, places = np.unique(np.concatenate(pairs, axis=1), return_inverse=True)
    edges = np.ascontiguousarray(places.reshape(2, -1).T, np.uint32)
    return np.stack([texts, texts[_core.connected_groups(edges, len(texts))]])
