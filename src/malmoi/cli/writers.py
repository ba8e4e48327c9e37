"""Writing of array rows to one file, batch by batch, completely or not at all."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.foundation.files import scratch_folder, spool_folder, whole_file

if TYPE_CHECKING:
    from polars import DataFrame

__all__ = ["SUFFIXES", "RowBatch", "Rows", "Written", "write_rows"]


class SparseRows(Protocol):
    """A SciPy matrix in CSR format."""

    data: npt.NDArray[np.float32]
    indices: npt.NDArray[np.integer]
    indptr: npt.NDArray[np.integer]

    @property
    def nnz(self) -> int:
        """Number of stored values."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Numbers of rows and columns."""


RowBatch: TypeAlias = SparseRows | npt.NDArray[np.int32] | npt.NDArray[np.float32]
SUFFIXES = (".npz", ".parquet", ".jsonl")
COPIED_TOGETHER = 1 << 22
LARGEST_INT32 = 2**31 - 1


@dataclass(frozen=True)
class Rows:
    """Batches of CSR matrices or of int32 token ids, their width, and the feature names if the output has them."""

    batches: Iterator[RowBatch]
    width: int
    names: list[str] | None


@dataclass
class Written:
    """Numbers of rows and values written."""

    samples: int = 0
    values: int = 0
    ends: list[npt.NDArray[np.int64]] = field(default_factory=list)


def write_rows(path: Path, rows: Rows, *, overwrite: bool, compress: bool) -> Written:
    """Write all batches in the format of the suffix.

    Args:
        path: `.npz` for `scipy.sparse.load_npz`, or with an array "ids" for `numpy.load`; `.parquet`; `.jsonl`.
        rows: the rows.
        overwrite: whether an existing file may be overwritten.
        compress: compress an `.npz`.
    """
    with whole_file(path, overwrite=overwrite) as file:
        suffix = path.suffix.lower()
        if suffix == ".npz":
            return _write_npz(file, spool_folder(path), rows, zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED)
        if suffix == ".parquet":
            return _write_parquet(file, spool_folder(path), rows)
        return _write_json_lines(file, rows)


def _write_npz(file: BinaryIO, folder: Path | None, rows: Rows, method: int) -> Written:
    """Write an .npz; values and columns go to temporary files first, because an array's header has its size."""
    done, is_sparse = Written(), True
    with tempfile.TemporaryFile(dir=folder) as values, tempfile.TemporaryFile(dir=folder) as columns:
        for batch in rows.batches:
            is_sparse = not isinstance(batch, np.ndarray)
            if not isinstance(batch, np.ndarray):
                values.write(batch.data.astype("<f4", copy=False).data)
                columns.write(batch.indices.astype("<i4", copy=False).data)
                done.ends.append(done.values + batch.indptr[1:].astype("<i8"))
                done.values += len(batch.data)
            else:
                values.write(np.ascontiguousarray(batch, dtype="<i4").data)
                done.values += batch.size
            done.samples += batch.shape[0]
        with zipfile.ZipFile(file, "w", method, allowZip64=True) as archive:
            if not is_sparse:
                _put_spooled(archive, "ids", values, "<i4", (done.samples, rows.width))
                return done
            kind = "<i4" if done.values <= LARGEST_INT32 else "<i8"
            starts = np.concatenate([np.zeros(1, "<i8"), *done.ends]).astype(kind)
            _put_spooled(archive, "indices", columns, "<i4", (done.values,), kind)
            _put(archive, "indptr", starts)
            _put(archive, "format", np.array(b"csr"))
            _put(archive, "shape", np.array([done.samples, rows.width], dtype="<i8"))
            _put_spooled(archive, "data", values, "<f4", (done.values,))
    done.ends.clear()
    return done


def _put(archive: zipfile.ZipFile, name: str, array: npt.NDArray[np.generic]) -> None:
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array(member, array, allow_pickle=False)


def _put_spooled(
    archive: zipfile.ZipFile,
    name: str,
    spool: IO[bytes],
    kind: str,
    shape: tuple[int, ...],
    written_as: str | None = None,
) -> None:
    """Write an array whose bytes are in a file, optionally as another type."""
    target = np.dtype(written_as or kind)
    spool.seek(0)
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        header = {"descr": np.lib.format.dtype_to_descr(target), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(member, header)
        while block := spool.read(COPIED_TOGETHER):
            member.write(np.frombuffer(block, kind).astype(target, copy=False).tobytes())


def _write_parquet(file: BinaryIO, folder: Path | None, rows: Rows) -> Written:
    """Write one Parquet file per batch and merge them, because the index of Parquet is at its end."""
    import polars

    done = Written()
    with scratch_folder(folder) as parts:
        paths = []
        for number, batch in enumerate(rows.batches):
            paths.append(parts / f"{number:09}.parquet")
            table = _as_table(batch)
            table.write_parquet(paths[-1])
            done.samples += len(table)
            done.values += batch.size if isinstance(batch, np.ndarray) else batch.nnz
        if paths:
            polars.scan_parquet(paths, glob=False).sink_parquet(file)
        else:
            polars.DataFrame().write_parquet(file)
    return done


def _as_table(batch: RowBatch) -> DataFrame:
    import polars

    if isinstance(batch, np.ndarray):
        return polars.DataFrame({"ids": polars.Series(batch, dtype=polars.Array(polars.Int32, batch.shape[1]))})
    bounds = list(zip(batch.indptr[:-1].tolist(), batch.indptr[1:].tolist(), strict=True))
    # Arrays of equal length would become a matrix; series become lists.
    lists = {
        "columns": [polars.Series(batch.indices[a:b], dtype=polars.Int32) for a, b in bounds],
        "values": [polars.Series(batch.data[a:b], dtype=polars.Float32) for a, b in bounds],
    }
    kinds = {"columns": polars.List(polars.Int32), "values": polars.List(polars.Float32)}
    return polars.DataFrame(lists, schema=kinds)


def _write_json_lines(file: BinaryIO, rows: Rows) -> Written:
    done = Written()
    for batch in rows.batches:
        done.samples += batch.shape[0]
        if isinstance(batch, np.ndarray):
            done.values += batch.size
            file.writelines(json.dumps({"ids": row}).encode() + b"\n" for row in batch.tolist())
            continue
        done.values += batch.nnz
        for first, last in zip(batch.indptr[:-1].tolist(), batch.indptr[1:].tolist(), strict=True):
            columns = batch.indices[first:last].tolist()
            keys = columns if rows.names is None else [rows.names[column] for column in columns]
            row = {key: float(f"{value:.7g}") for key, value in zip(keys, batch.data[first:last].tolist(), strict=True)}
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    return done
