"""Reading of the tensors of a static sentence embedding from a safetensors file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from malmoi.errors import FormatError
from malmoi.foundation.arrays import Matrix
from malmoi.foundation.files import open_regular
from malmoi.foundation.validation import shorten
from malmoi.wordvectors.formats.sources import LARGEST_DIMENSION
from malmoi.wordvectors.formats.tensor_header import Tensor, read_header

__all__ = ["DTYPES", "Tensors", "check_finite", "decoded", "read_tensors"]

DTYPES = {"float16": "<f2", "float32": "<f4", "float64": "<f8", "bfloat16": "<u2", "int8": "i1"}
"""Dtypes of tables, and the NumPy dtypes to read them; NumPy has no bfloat16."""

NAMES = {"F16": "float16", "F32": "float32", "F64": "float64", "BF16": "bfloat16", "I8": "int8"}
OTHER_DTYPES = {"I32": "<i4", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8"}
TABLE_NAME = re.compile(r"(?:^|[._])embeddings?(?:\.weight)?$")
FLOAT16_EXPONENT, BFLOAT16_EXPONENT = 0x7C00, 0x7F80
CHECKED_NUMBERS = 1 << 22
LARGEST_HEADER = 16 << 20


@dataclass(frozen=True, eq=False)
class Tensors:
    """Tensors of a static sentence embedding.

    Args:
        name: name of the table in the file.
        table: (rows, dimension), as stored in the file.
        dtype: dtype of the table; bfloat16 is stored in uint16.
        weights: float (vocabulary,), weight of each token.
        mapping: int (vocabulary,), table row of each token.
    """

    name: str
    table: npt.NDArray[Any]
    dtype: str
    weights: npt.NDArray[Any] | None
    mapping: npt.NDArray[Any] | None


def read_tensors(path: Path) -> Tensors:
    """Read the tensors of a file into memory.

    Raises:
        FormatError: the file is not a safetensors file, is damaged, or holds tensors besides one table, `weights` and
            `mapping`.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        entries = _header(path, file, size)
        name, dtype = _table_of(path, entries)
        others = {other: _other_dtype(path, other, entries[other]) for other in entries if other != name}
        table = _read(path, file, entries[name], DTYPES[dtype])
        rest = {other: _read(path, file, entries[other], kind) for other, kind in others.items()}
    return Tensors(name, table, dtype, rest.get("weights"), rest.get("mapping"))


def _header(path: Path, file: BinaryIO, size: int) -> Mapping[str, Tensor]:
    def read(offset: int, count: int) -> bytes:
        file.seek(offset)
        return file.read(count)

    try:
        header = read_header(path, size, LARGEST_HEADER, read)
        header.check_filled(path)
    except FormatError as error:
        reason = str(error).removeprefix(f"{path}: ").partition(";")[0]
        raise FormatError(
            f"{path} is not a safetensors file, or is damaged or truncated ({reason}); copy it again"
        ) from None
    return header.tensors


def _table_of(path: Path, entries: Mapping[str, Tensor]) -> tuple[str, str]:
    """Return name and dtype of the only table."""
    tables = [name for name in entries if TABLE_NAME.search(name)]
    others = [name for name in entries if name not in (*tables[:1], "weights", "mapping")]
    if len(tables) != 1 or others:
        shown = ", ".join([name for name in entries if "attention" in name][:1] + list(entries)[:3])
        rule = f"{path} must contain one table of token embeddings, and no other tensors than weights and mapping"
        cure = "a transformer or another network is not a static embedding; use a model of model2vec or wordllama"
        raise FormatError(f"{rule}, found {len(entries)} tensors: {shorten(shown)}; {cure}")
    name = tables[0]
    dtype, shape = NAMES.get(entries[name].dtype), entries[name].shape
    if dtype is None:
        raise FormatError(
            f"{path}: the tensor {name!r} must be of {', '.join(DTYPES)}, found {shorten(entries[name].dtype)}"
        )
    if len(shape) != 2 or 0 in shape:
        raise FormatError(f"{path}: the tensor {name!r} must have two axes, found the shape {list(shape)}")
    if shape[1] > LARGEST_DIMENSION:
        raise FormatError(
            f"{path}: the tensor {name!r} must have at most {LARGEST_DIMENSION} columns, found {shape[1]}"
        )
    return name, dtype


def _other_dtype(path: Path, name: str, tensor: Tensor) -> str:
    kind = "I" if name == "mapping" else "F"
    if tensor.dtype not in OTHER_DTYPES or tensor.dtype[0] != kind or len(tensor.shape) != 1:
        found = f"{tensor.dtype} {list(tensor.shape)}"
        raise FormatError(f"{path}: the tensor {name!r} must have one number per token, found {shorten(found)}")
    return OTHER_DTYPES[tensor.dtype]


def _read(path: Path, file: BinaryIO, tensor: Tensor, dtype: str) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.empty(tensor.shape, dtype=dtype)
    file.seek(tensor.start)
    if file.readinto(array.reshape(-1).view(np.uint8).data) != tensor.size_bytes:  # type: ignore[attr-defined]
        raise FormatError(f"{path} is shorter than when it was opened; open it again")
    return array


def decoded(rows: npt.NDArray[Any], dtype: str) -> Matrix:
    """Convert rows of a table to float32."""
    if dtype == "bfloat16":
        return (rows.astype(np.uint32) << 16).view(np.float32)
    return rows.astype(np.float32)


def check_finite(table: npt.NDArray[Any], dtype: str) -> None:
    """Check that a table has no NaN or infinity; it is checked in parts.

    Raises:
        ValueError: a value is not finite; the message has its position.
    """
    step = max(1, CHECKED_NUMBERS // table.shape[1])
    for start in range(0, len(table), step):
        block = table[start : start + step]
        if dtype in ("float16", "bfloat16"):
            exponent = FLOAT16_EXPONENT if dtype == "float16" else BFLOAT16_EXPONENT
            wrong = (block.view(np.uint16) & exponent) == exponent
        else:
            wrong = ~np.isfinite(block)
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ValueError(
                f"the table must contain finite numbers, found NaN or infinity at [{start + row}, {column}]"
            )
