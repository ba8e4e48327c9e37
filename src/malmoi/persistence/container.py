"""The form of a model file: data only, checked, versioned.

Layout, numbers little-endian: `malmoi\\r\\n`, format (4 bytes), length of the header (8), length of the weights
(8), SHA-256 of all else (32); then the header, JSON; then the weights, safetensors.
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
    """Write a header and arrays, whole or not at all.

    Raises:
        ValueError: the header is larger than `read_parts` would take.
    """
    refuse_existing(path, overwrite=overwrite)
    said, tensors = packed(header, arrays)
    try:
        check_header_size(len(said), len(tensors))
        json_object(said, "its header", len(tensors))
    except ValueError as error:
        raise ValueError(f"the model cannot be saved, no version could open the file: {error}") from error
    with whole_file(path, overwrite=overwrite) as file:
        file.write(FRONT.pack(MAGIC, FORMAT, len(said), len(tensors), _checksum(said, tensors)))
        file.write(said)
        file.write(tensors)
    return Path(path)


def packed(header: JsonObject, arrays: Arrays) -> tuple[bytes, bytes]:
    """Return header and arrays as a file holds them."""
    from safetensors.numpy import save as to_bytes

    said = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    # safetensors writes an array's memory as it lies, and takes it for rows.
    return said, to_bytes({name: np.asarray(array, order="C") for name, array in arrays.items()})


def _checksum(*parts: bytes) -> bytes:
    digest = hashlib.sha256(struct.pack("<IQQ", FORMAT, *(len(part) for part in parts)))
    for part in parts:
        digest.update(part)
    return digest.digest()


def versions(libraries: Sequence[str]) -> dict[str, str]:
    """Return the versions of malmoi and of the libraries that a model was made with, by name; imports none of them.

    A library that is not installed is left out: a network that was loaded predicts without Keras.
    """
    found = {"malmoi": malmoi.__version__}
    for name in libraries:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


@dataclass(frozen=True)
class Parts:
    """A model file's header and the bytes of its weights, both checked against the checksum."""

    path: Path
    header: JsonObject
    weights: bytes

    def arrays(self) -> Arrays:
        """The weights by name."""
        from safetensors import SafetensorError
        from safetensors.numpy import load as from_bytes

        try:
            _check_tensors(self.weights)
        except ValueError as error:
            raise self.wrong(f"its weights are no safetensors: {error}") from error
        try:
            return dict(from_bytes(self.weights))
        except (SafetensorError, ValueError) as error:
            raise self.wrong(f"its weights are no safetensors: {shorten(str(error))}") from error

    def wrong(self, rule: str) -> FormatError:
        """An error that says what the file should hold."""
        return FormatError(f"{self.path} is not a model that this version can use: {rule}")

    def changed(self, what: str) -> FormatError:
        """Return an error that says which predictions differ from the saved ones."""
        return FormatError(f"{self.path} {what}")


def _check_tensors(weights: bytes) -> None:
    """Refuse a table of tensors that is too large, names one twice, or holds one of another kind.

    Raises:
        ValueError: it is.
    """
    size = int.from_bytes(weights[:8], "little")
    if len(weights) < 8 or size > len(weights) - 8:
        raise ValueError(f"their table must have {max(len(weights) - 8, 0)} bytes at most, has {size}")
    for name, tensor in json_object(weights[8 : 8 + size], "their table").items():
        if name == "__metadata__":
            continue
        if not isinstance(tensor, dict) or tensor.get("dtype") not in DTYPES:
            raise ValueError(f"{shorten(name)} must be of {', '.join(DTYPES)}, found {shorten(tensor)}")
        shape = tensor.get("shape")
        sizes = [axis for axis in shape if type(axis) is int] if isinstance(shape, list) else []
        if not isinstance(shape, list) or len(shape) > MOST_AXES or len(sizes) < len(shape):
            raise ValueError(f"{shorten(name)} must have {MOST_AXES} axes at most, found {shorten(shape)}")
        if 0 in sizes and max(sizes) > most("units"):
            raise ValueError(
                f"{shorten(name)} must have no axis above {most('units')} where it is empty, found {shape}"
            )


def read_parts(path: Path) -> Parts:
    """Read a file, and check its form and its checksum."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        front = file.read(FRONT.size)
        header_bytes, weights_bytes, checksum = _checked_front(path, front, size)
        header, weights = file.read(header_bytes), file.read(weights_bytes)
        if file.read(1) or _checksum(header, weights) != checksum:  # one that grew meanwhile is damaged too
            raise FormatError(f"{path} is damaged: its checksum does not fit its content; copy it again")
        return Parts(path, _header_from(path, header, weights_bytes), weights)


def _checked_front(path: Path, front: bytes, size: int) -> tuple[int, int, bytes]:
    if front[:4] == b"PK\x03\x04":
        raise FormatError(f"{path} is a zip archive, not a malmoi model; it is left packed")
    if front[: len(MAGIC)] != MAGIC[: len(front)] or not front:
        raise FormatError(f"{path} is not a malmoi model: it begins with {shorten(front[:8])}")
    if len(front) < FRONT.size:
        raise FormatError(f"{path} is cut short: it has {size} bytes, a model has {FRONT.size} and more")
    _, version, header_bytes, weights_bytes, checksum = FRONT.unpack(front)
    if version > FORMAT or version < 1:
        raise FormatError(f"{path} has format {version}, this version reads up to {FORMAT}; upgrade malmoi")
    expected = FRONT.size + header_bytes + weights_bytes
    if expected != size:
        state = "cut short" if size < expected else "longer than it should be"
        raise FormatError(f"{path} is {state}: it says {expected} bytes and has {size}")
    try:
        check_header_size(header_bytes, weights_bytes)
    except ValueError as error:
        raise FormatError(f"{path}: {error}, has {header_bytes}") from error
    return header_bytes, weights_bytes, checksum


def _header_from(path: Path, raw: bytes, weights_bytes: int) -> JsonObject:
    try:
        return json_object(raw, "its header", weights_bytes)
    except ValueError as error:
        raise FormatError(f"{path}: {error}") from error
