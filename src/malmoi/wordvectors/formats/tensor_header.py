"""Headers of safetensors files, validated against the file size."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from malmoi.errors import FormatError
from malmoi.foundation.json_values import distinct_names
from malmoi.foundation.validation import shorten

__all__ = ["Tensor", "TensorHeader", "read_header"]

LENGTH_BYTES = 8
METADATA = "__metadata__"
WIDTHS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"), 1),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 2),
    **dict.fromkeys(("U32", "I32", "F32"), 4),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 8),
}
"""Bytes per value of each dtype."""


@dataclass(frozen=True)
class Tensor:
    """A tensor in a file.

    Args:
        dtype: safetensors name of the dtype.
        shape: length of each axis.
        start: offset of its first byte in the file.
        size_bytes: its size in bytes.
    """

    dtype: str
    shape: tuple[int, ...]
    start: int
    size_bytes: int


@dataclass(frozen=True)
class TensorHeader:
    """The header of a safetensors file.

    Args:
        tensors: tensors by name, in header order; all of them lie within the file.
        metadata: metadata by name.
        start: offset of the first byte after the header.
        size_bytes: size of the file in bytes.
    """

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    start: int
    size_bytes: int

    def check_filled(self, path: Path) -> None:
        """Check that the tensors fill the file without overlaps and gaps.

        Raises:
            FormatError: they do not.
        """
        start = self.start
        for name, tensor in sorted(self.tensors.items(), key=lambda item: (item[1].start, item[1].size_bytes)):
            if tensor.start != start:
                kind = "overlaps another" if tensor.start < start else "leaves a gap before it"
                raise _damaged(path, min(tensor.start, start), f"the tensor {shorten(name)} {kind}")
            start += tensor.size_bytes
        if start != self.size_bytes:
            raise _damaged(path, start, f"{self.size_bytes - start} bytes belong to no tensor")


def read_header(path: Path, size: int, largest: int, read: Callable[[int, int], bytes]) -> TensorHeader:
    """Read and validate the header of a safetensors file.

    Args:
        path: the file, for messages.
        size: size of the file in bytes.
        largest: largest size of the header in bytes.
        read: function that returns bytes of the file, given an offset and a size.

    Raises:
        FormatError: it is not a safetensors header, or a tensor does not fit into the file.
    """
    length = int.from_bytes(read(0, LENGTH_BYTES), "little") if size >= LENGTH_BYTES else 0
    if not 2 <= length <= min(largest, size - LENGTH_BYTES):
        raise _damaged(path, 0, "the header is not a safetensors header")
    try:
        header = json.loads(read(LENGTH_BYTES, length), object_pairs_hook=distinct_names, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        reason = shorten(str(error))
        raise _damaged(path, LENGTH_BYTES, f"the header is not a safetensors header ({reason})") from None
    if not isinstance(header, dict):
        raise _damaged(path, LENGTH_BYTES, f"the header must be an object, found {shorten(header)}")
    metadata = header.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _damaged(path, LENGTH_BYTES, f"the metadata must map names to texts, found {shorten(metadata)}")
    start = LENGTH_BYTES + length
    tensors = {name: _tensor(path, name, entry, start, size) for name, entry in header.items()}
    return TensorHeader(tensors, metadata, start, size)


def _damaged(path: Path, offset: int, rule: str) -> FormatError:
    return FormatError(f"{path}: byte {offset}: {rule}; the file is damaged or truncated")


def _refused(name: str) -> float:
    raise ValueError(f"{name} is not valid JSON")


def _tensor(path: Path, name: str, entry: Any, start: int, size: int) -> Tensor:
    """Return a tensor after checking that it lies within the file."""
    damaged = _damaged(path, LENGTH_BYTES, f"the tensor {shorten(name)} does not fit into the file")
    if not isinstance(entry, dict) or not isinstance(entry.get("dtype"), str) or entry["dtype"] not in WIDTHS:
        raise damaged
    shape, offsets = entry.get("shape"), entry.get("data_offsets")
    if not isinstance(shape, list) or not isinstance(offsets, list) or len(offsets) != 2 or len(shape) > 2:
        raise damaged
    if not all(type(number) is int and 0 <= number < 1 << 63 for number in [*shape, *offsets]):
        raise damaged
    first, last = offsets
    if not first <= last <= size - start or math.prod(shape) * WIDTHS[entry["dtype"]] != last - first:
        raise damaged
    return Tensor(entry["dtype"], tuple(shape), start + first, last - first)
