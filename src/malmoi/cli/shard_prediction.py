"""Prediction of one shard of `malmoi predict --engine`, in a worker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from malmoi.cli.cells import Cells
from malmoi.cli.mistakes import is_full, reason
from malmoi.cli.prediction_input import Block, blocks
from malmoi.cli.prediction_job import ROWS_TOGETHER, PredictionJob
from malmoi.cli.prediction_output import written_to
from malmoi.cli.prediction_request import PredictRequest
from malmoi.cli.prediction_state import Counts, PartSettings
from malmoi.cli.prediction_tables import parquet_types
from malmoi.data.readers import Batch, ReadReport, ReadSettings, shard_batches
from malmoi.distributed.manifest import ShardResult
from malmoi.distributed.opened_models import opened_model
from malmoi.distributed.shards import Shard, local_copy
from malmoi.errors import DataError
from malmoi.foundation.files import file_checksum, whole_file
from malmoi.models.base import FittedModel

__all__ = ["ShardColumns", "ShardPrediction", "block_without_rows", "columns_of"]


@dataclass(frozen=True)
class ShardColumns:
    """The columns that all shards must have.

    Args:
        texts: text columns; empty for formats without column names.
        kept: columns that are copied to the output.
    """

    texts: tuple[str, ...]
    kept: tuple[str, ...]


def columns_of(shard: Shard, settings: ReadSettings) -> ShardColumns | None:
    """Return the columns of a shard, as the settings choose them; `None` if it has no rows.

    Raises:
        DataError: a column is missing, or the first rows are invalid.
        FormatError: the file is damaged.
    """
    report = ReadReport()
    with local_copy(shard) as path:
        for batch in shard_batches(str(path), settings, report):
            if batch.texts:
                return ShardColumns(report.text_columns, tuple(batch.kept))
    return None


def block_without_rows(columns: ShardColumns | None) -> Block:
    """Return a block that names the kept columns, and has no rows."""
    return Block(kept={name: list[object]() for name in (() if columns is None else columns.kept)})


@dataclass(frozen=True)
class ShardPrediction:
    """A picklable function that predicts a shard and returns what became of it.

    Args:
        request: the options.
        model: absolute path of the model.
        identity: identity of the model file.
        settings: read settings.
        columns: the columns that the shard must have; `None`: no shard has rows.
        folder: the output folder.
    """

    request: PredictRequest
    model: str
    identity: str
    settings: ReadSettings
    columns: ShardColumns | None
    folder: str

    def __call__(self, shard: Shard) -> ShardResult:
        """Predict a shard; its failure is a result.

        Raises:
            MalmoiError: the model cannot be opened, or the disk of the output is full, which ends the run.
        """
        model = opened_model(self.model, self.identity)
        try:
            return self._predicted(model, shard)
        except Exception as error:
            if is_full(error):
                raise DataError(f"{self.folder} cannot be written: {reason(error)}") from error
            return ShardResult(error=reason(error) or f"{type(error).__name__}: {error}")

    def _predicted(self, model: FittedModel, shard: Shard) -> ShardResult:
        kind = self.request.format
        report = ReadReport()
        output = Path(self.folder, shard.output_name(kind))
        with local_copy(shard) as path:
            _check_unchanged(shard, path)
            digest = file_checksum(path)
            read = blocks(self._batches(path, report), ROWS_TOGETHER[kind])
            first = next(read, None)
            start = first or block_without_rows(self.columns)
            types = parquet_types([path]) if kind == "parquet" else {}
            job = PredictionJob.of(self.request, model, kind, start, Cells(self.request.raw, False), types)
            output.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(output, overwrite=True, durable=False) as file:
                counts = self._write(job, file, start, read)
                file.flush()
                os.fsync(file.fileno())
                size = file.tell()
        return ShardResult(
            output=shard.output_name(kind),
            output_bytes=size,
            rows=counts.rows,
            empty_rows=counts.empty_rows,
            unknown_rows=job.found["unknown"],
            skipped_rows=report.skipped,
            changed_cells=counts.changed,
            sha256=digest,
        )

    def _batches(self, path: Path, report: ReadReport) -> Iterator[Batch]:
        """Yield the rows of a file after checking that its columns are those of the other shards."""
        for batch in shard_batches(str(path), self.settings, report):
            wanted = None if self.columns is None else self.columns.texts
            if wanted is not None and report.text_columns != wanted:
                names = [" + ".join(map(repr, one)) or "no column names" for one in (wanted, report.text_columns)]
                raise DataError(f"text columns must be those of the first shard, {names[0]}, found {names[1]}")
            yield batch

    def _write(self, job: PredictionJob, file: BinaryIO, start: Block, read: Iterator[Block]) -> Counts:
        import malmoi

        settings = PartSettings(malmoi.__version__, self.identity, {}, {})
        rows = ROWS_TOGETHER["parquet"] if self.request.format == "parquet" else None
        with written_to(file, settings, rows) as output:
            job.run(output, chain([start], read))
            return output.counts


def _check_unchanged(shard: Shard, path: Path) -> None:
    status = path.stat()
    if str(path) != shard.path:  # downloaded; its size is 0 if it is not known
        is_same = shard.size_bytes in (0, status.st_size)
    else:
        is_same = (status.st_size, str(status.st_mtime_ns)) == (shard.size_bytes, shard.modified)
    if not is_same:
        raise DataError(f"{shard.name} was changed after the run had started; run again with --resume")
