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
from typing import Any, BinaryIO

import numpy as np

import malmoi
from malmoi.errors import FormatError
from malmoi.foundation.files import open_regular, refuse_existing, whole_file
from malmoi.foundation.validation import shorten
from malmoi.models.state import Arrays

__all__ = ["FORMAT", "FRONT", "MAGIC", "Parts", "packed", "read_parts", "versions", "write"]

MAGIC = b"malmoi\r\n"
FORMAT = 1
FRONT = struct.Struct("<8sIQQ32s")
CHUNK_BYTES = 1 << 20
LARGEST_HEADER_BYTES = 1 << 30


def write(path: str | os.PathLike[str], header: dict[str, Any], arrays: Arrays, *, overwrite: bool) -> Path:
    """Write a header and arrays, whole or not at all."""
    refuse_existing(path, overwrite=overwrite)
    said, tensors = packed(header, arrays)
    with whole_file(path, overwrite=overwrite) as file:
        file.write(FRONT.pack(MAGIC, FORMAT, len(said), len(tensors), _checksum(said, tensors)))
        file.write(said)
        file.write(tensors)
    return Path(path)


def packed(header: dict[str, Any], arrays: Arrays) -> tuple[bytes, bytes]:
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
    header: dict[str, Any]
    weights: bytes

    def arrays(self) -> Arrays:
        """The weights by name."""
        from safetensors import SafetensorError
        from safetensors.numpy import load as from_bytes

        try:
            return dict(from_bytes(self.weights))
        except SafetensorError as error:
            raise self.wrong(f"its weights are no safetensors: {shorten(str(error))}") from error

    def wrong(self, rule: str) -> FormatError:
        """An error that says what the file should hold."""
        return FormatError(f"{self.path} is not a model that this version can use: {rule}")

    def changed(self, what: str) -> FormatError:
        """Return an error that says which predictions differ from the saved ones."""
        return FormatError(f"{self.path} {what}")


def read_parts(path: Path) -> Parts:
    """Read a file, and check its form and its checksum."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        front = file.read(FRONT.size)
        header_bytes, weights_bytes, checksum = _checked_front(path, front, size)
        digest = hashlib.sha256(struct.pack("<IQQ", FORMAT, header_bytes, weights_bytes))
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
        if digest.digest() != checksum:
            raise FormatError(f"{path} is damaged: its checksum does not fit its content; copy it again")
        file.seek(FRONT.size)
        return Parts(path, _header_from(path, file, header_bytes), file.read(weights_bytes))


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
    if header_bytes > LARGEST_HEADER_BYTES:
        raise FormatError(f"{path}: its header must have {LARGEST_HEADER_BYTES} bytes at most, has {header_bytes}")
    return header_bytes, weights_bytes, checksum


def _header_from(path: Path, file: BinaryIO, size: int) -> dict[str, Any]:
    try:
        header = json.loads(file.read(size))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: its header is not JSON: {shorten(str(error))}") from error
    if not isinstance(header, dict):
        raise FormatError(f"{path}: its header must be a JSON object, found {shorten(header)}")
    return header
