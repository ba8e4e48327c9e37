"""The container format of model files: data only, with a version and a checksum.

Layout, numbers little-endian: `malmoi\\r\\n`, format (4 bytes), length of the header (8), length of the weights
(8), SHA-256 of everything else (32); then the header as JSON; then the weights as safetensors.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

import malmoi
from malmoi.errors import FormatError
from malmoi.foundation.files import open_regular, refuse_existing, whole_file
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.limits import most
from malmoi.foundation.validation import shorten
from malmoi.models.state import Arrays
from malmoi.persistence.header import check_header_size, json_object

__all__ = ["FORMAT", "FRONT", "MAGIC", "Parts", "packed", "read_parts", "versions", "write"]

MAGIC = b"malmoi\r\n"
FORMAT = 1
FRONT = struct.Struct("<8sIQQ32s")
DTYPES = ("BOOL", "F16", "F32", "F64", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64")
MOST_AXES = 8


def write(path: str | os.PathLike[str], header: JsonObject, arrays: Arrays, *, overwrite: bool) -> Path:
    """Write a header and arrays to a file, atomically.

    Raises:
        ValueError: the header is larger than `read_parts` accepts.
    """
    refuse_existing(path, overwrite=overwrite)
    header_json, tensors = packed(header, arrays)
    try:
        check_header_size(len(header_json), len(tensors))
        json_object(header_json, "its header", len(tensors))
    except ValueError as error:
        raise ValueError(f"the model cannot be saved, because no version could load the file: {error}") from error
    with whole_file(path, overwrite=overwrite) as file:
        file.write(FRONT.pack(MAGIC, FORMAT, len(header_json), len(tensors), _checksum(header_json, tensors)))
        file.write(header_json)
        file.write(tensors)
    return Path(path)


def packed(header: JsonObject, arrays: Arrays) -> tuple[bytes, bytes]:
    """Return header and arrays as bytes of a file."""
    from safetensors.numpy import save as to_bytes

    text = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    # safetensors writes the memory of an array as if it were in C order.
    return text.encode(), to_bytes({name: np.asarray(array, order="C") for name, array in arrays.items()})


def _checksum(*parts: bytes) -> bytes:
    digest = hashlib.sha256(struct.pack("<IQQ", FORMAT, *(len(part) for part in parts)))
    for part in parts:
        digest.update(part)
    return digest.digest()


def versions(libraries: Sequence[str]) -> dict[str, str]:
    """Return the versions of malmoi and of the libraries that a model uses, by name, without importing them.

    Libraries that are not installed are omitted: a loaded network predicts without Keras.
    """
    found = {"malmoi": malmoi.__version__}
    for name in libraries:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


@dataclass(frozen=True)
class Parts:
    """Header and weights of a model file whose checksum was verified."""

    path: Path
    header: JsonObject
    weights: bytes

    def arrays(self) -> Arrays:
        """Return the weights by name."""
        from safetensors import SafetensorError
        from safetensors.numpy import load as from_bytes

        try:
            _check_tensors(self.weights)
        except ValueError as error:
            raise self.wrong(f"its weights are not valid safetensors: {error}") from error
        try:
            return dict(from_bytes(self.weights))
        except (SafetensorError, ValueError) as error:
            raise self.wrong(f"its weights are not valid safetensors: {shorten(str(error))}") from error

    def wrong(self, rule: str) -> FormatError:
        """Return an error about a violated rule of the file format."""
        return FormatError(f"{self.path} is not a model that this version can use: {rule}")

    def changed(self, what: str) -> FormatError:
        """Return an error about predictions that differ from the stored ones."""
        return FormatError(f"{self.path} {what}")


def _check_tensors(weights: bytes) -> None:
    """Check the safetensors header of the weights: its size, distinct names, dtypes and shapes.

    Raises:
        ValueError: it is invalid.
    """
    size = int.from_bytes(weights[:8], "little")
    if len(weights) < 8 or size > len(weights) - 8:
        raise ValueError(f"their header must have at most {max(len(weights) - 8, 0)} bytes, found {size}")
    for name, tensor in json_object(weights[8 : 8 + size], "their header").items():
        if name == "__metadata__":
            continue
        if not isinstance(tensor, dict) or tensor.get("dtype") not in DTYPES:
            raise ValueError(f"{shorten(name)} must be of {', '.join(DTYPES)}, found {shorten(tensor)}")
        shape = tensor.get("shape")
        sizes = [axis for axis in shape if type(axis) is int] if isinstance(shape, list) else []
        if not isinstance(shape, list) or len(shape) > MOST_AXES or len(sizes) < len(shape):
            raise ValueError(f"{shorten(name)} must have at most {MOST_AXES} axes, found {shorten(shape)}")
        if 0 in sizes and max(sizes) > most("units"):
            raise ValueError(f"{shorten(name)} must have no axis above {most('units')} if it is empty, found {shape}")


def read_parts(path: Path) -> Parts:
    """Read a model file, and verify its layout and its checksum."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        front = file.read(FRONT.size)
        header_bytes, weights_bytes, checksum = _checked_front(path, front, size)
        header, weights = file.read(header_bytes), file.read(weights_bytes)
        if file.read(1) or _checksum(header, weights) != checksum:  # also damaged if the file has grown meanwhile
            raise FormatError(f"{path} is damaged: its checksum does not match its content; copy it again")
        return Parts(path, _header_from(path, header, weights_bytes), weights)


def _checked_front(path: Path, front: bytes, size: int) -> tuple[int, int, bytes]:
    if front[:4] == b"PK\x03\x04":
        raise FormatError(f"{path} is a zip archive, not a malmoi model; it was not opened")
    if front[: len(MAGIC)] != MAGIC[: len(front)] or not front:
        raise FormatError(
            f"{path} is not a malmoi model: it begins with {shorten(front[:8])}; pass a file that malmoi has saved"
        )
    if len(front) < FRONT.size:
        raise FormatError(f"{path} is truncated: it has {size} bytes, a model has {FRONT.size} or more")
    _, version, header_bytes, weights_bytes, checksum = FRONT.unpack(front)
    if version > FORMAT or version < 1:
        raise FormatError(f"{path} has format {version}, this version reads up to {FORMAT}; upgrade malmoi")
    expected = FRONT.size + header_bytes + weights_bytes
    if expected != size:
        state = "truncated" if size < expected else "too long"
        raise FormatError(f"{path} is {state}: it must have {expected} bytes, found {size}")
    try:
        check_header_size(header_bytes, weights_bytes)
    except ValueError as error:
        raise FormatError(f"{path}: {error}, found {header_bytes}") from error
    return header_bytes, weights_bytes, checksum


def _header_from(path: Path, raw: bytes, weights_bytes: int) -> JsonObject:
    try:
        return json_object(raw, "its header", weights_bytes)
    except ValueError as error:
        raise FormatError(f"{path}: {error}") from error
