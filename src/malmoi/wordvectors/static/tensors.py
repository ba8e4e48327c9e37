"""The tensors of a static sentence embedding, from one safetensors file that is mapped into memory."""

from __future__ import annotations

import json
import mmap
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.errors import FormatError
from malmoi.foundation.arrays import Matrix
from malmoi.foundation.validation import shorten

__all__ = ["DTYPES", "Tensors", "check_finite", "decoded", "read_tensors"]

DTYPES = {"float16": "<f2", "float32": "<f4", "float64": "<f8", "bfloat16": "<u2", "int8": "i1"}
"""What a table may hold, and how its memory is read; NumPy has no bfloat16."""

NAMES = {"F16": "float16", "F32": "float32", "F64": "float64", "BF16": "bfloat16", "I8": "int8"}
OTHER_DTYPES = {"I32": "<i4", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8"}
TABLE_NAME = re.compile(r"(?:^|[._])embeddings?(?:\.weight)?$")
FLOAT16_EXPONENT, BFLOAT16_EXPONENT = 0x7C00, 0x7F80
CHECKED_NUMBERS = 1 << 22


@dataclass(frozen=True, eq=False)
class Tensors:
    """What a file holds.

    Args:
        name: of the table in the file.
        table: (rows, dimension), as it lies in the file.
        dtype: of the table; bfloat16 lies in uint16.
        weights: float (vocabulary,), what the vector of each token is multiplied by.
        mapping: int (vocabulary,), the row of each token.
    """

    name: str
    table: npt.NDArray[Any]
    dtype: str
    weights: npt.NDArray[Any] | None
    mapping: npt.NDArray[Any] | None


def read_tensors(path: Path) -> Tensors:
    """Map the tensors of a file into memory.

    Raises:
        FormatError: the file is no safetensors file, is damaged, or holds other tensors than one table, `weights` and
            `mapping`.
    """
    header, data = _checked_file(path)
    entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    tables = [name for name in entries if TABLE_NAME.search(name)]
    others = [name for name in entries if name not in (*tables[:1], "weights", "mapping")]
    if len(tables) != 1 or others:
        shown = ", ".join([name for name in entries if "attention" in name][:1] + list(entries)[:3])
        rule = f"{path} must hold one table of token embeddings, and besides it weights and mapping at most"
        cure = "a transformer or another network is no static embedding; take a model of model2vec or wordllama"
        raise FormatError(f"{rule}, found {len(entries)} tensors: {shorten(shown)}; {cure}")
    name = tables[0]
    dtype = NAMES.get(entries[name]["dtype"])
    if dtype is None:
        raise FormatError(
            f"{path}: the tensor {name!r} must be of {', '.join(DTYPES)}, found {shorten(entries[name]['dtype'])}"
        )
    table = _view(data, entries[name], DTYPES[dtype])
    if table.ndim != 2 or 0 in table.shape:
        raise FormatError(f"{path}: the tensor {name!r} must have two axes, found the shape {list(table.shape)}")
    rest = {other: _other(path, data, other, entries[other]) for other in entries if other != name}
    return Tensors(name, table, dtype, rest.get("weights"), rest.get("mapping"))


def _checked_file(path: Path) -> tuple[dict[str, Any], memoryview]:
    """The header of a file, whose sizes are checked, and the bytes behind it."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np"):  # checks that the tensors fill the file, without gaps and overlaps
            pass
    except SafetensorError as error:
        raise FormatError(
            f"{path} is no safetensors file, or is damaged or cut short ({shorten(str(error))}); copy it again"
        ) from None
    with path.open("rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    length = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(bytes(content[8 : 8 + length]))
    return header, content[8 + length :]


def _view(data: memoryview, entry: dict[str, Any], dtype: str) -> npt.NDArray[Any]:
    start, end = entry["data_offsets"]
    return np.frombuffer(data[start:end], dtype=dtype).reshape(entry["shape"])


def _other(path: Path, data: memoryview, name: str, entry: dict[str, Any]) -> npt.NDArray[Any]:
    kind = "I" if name == "mapping" else "F"
    if entry["dtype"] not in OTHER_DTYPES or entry["dtype"][0] != kind or len(entry["shape"]) != 1:
        found = f"{entry['dtype']} {entry['shape']}"
        raise FormatError(f"{path}: the tensor {name!r} must hold one number a token, found {shorten(found)}")
    return _view(data, entry, OTHER_DTYPES[entry["dtype"]])


def decoded(rows: npt.NDArray[Any], dtype: str) -> Matrix:
    """Return rows of a table as float32."""
    if dtype == "bfloat16":
        return (rows.astype(np.uint32) << 16).view(np.float32)
    return rows.astype(np.float32)


def check_finite(table: npt.NDArray[Any], dtype: str) -> None:
    """Refuse a table with NaN or infinity; it is read a part at a time.

    Raises:
        ValueError: a number is not finite; says which row.
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
            raise ValueError(f"the table must hold finite numbers, found NaN or infinity at [{start + row}, {column}]")
