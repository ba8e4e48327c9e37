"""The form of a model file: data only, checked, versioned.

Layout, numbers little-endian: `malmoi\\r\\n`, format (4 bytes), length of the header (8), length of the weights
(8), SHA-256 of all else (32); then the header, JSON; then the weights, safetensors.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import NoneType
from typing import Any, BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt

import malmoi
from malmoi.errors import FormatError, shorten
from malmoi.output import refuse_existing, whole_file
from malmoi.startup import import_keras

__all__ = [
    "FORMAT",
    "FRONT",
    "MAGIC",
    "Parts",
    "plain",
    "read_parts",
    "value_from",
    "value_to_json",
    "versions",
    "write",
]

MAGIC = b"malmoi\r\n"
FORMAT = 1
FRONT = struct.Struct("<8sIQQ32s")
CHUNK_BYTES = 1 << 20
LARGEST_HEADER_BYTES = 1 << 30

Value = TypeVar("Value")
Arrays = dict[str, npt.NDArray[Any]]


def write(path: str | os.PathLike[str], header: dict[str, Any], arrays: Arrays, *, overwrite: bool) -> Path:
    """Write a header and arrays, whole or not at all."""
    from safetensors.numpy import save as to_bytes

    refuse_existing(path, overwrite=overwrite)
    said = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    # safetensors writes an array's memory as it lies, and takes it for rows.
    tensors = to_bytes({name: np.asarray(array, order="C") for name, array in arrays.items()})
    with whole_file(path, overwrite=overwrite) as file:
        file.write(FRONT.pack(MAGIC, FORMAT, len(said), len(tensors), _checksum(said, tensors)))
        file.write(said)
        file.write(tensors)
    return Path(path)


def _checksum(*parts: bytes) -> bytes:
    digest = hashlib.sha256(struct.pack("<IQQ", FORMAT, *(len(part) for part in parts)))
    for part in parts:
        digest.update(part)
    return digest.digest()


def versions() -> dict[str, str]:
    """Of the libraries that the answers depend on."""
    return {"keras": import_keras().__version__, "malmoi": malmoi.__version__, "numpy": np.__version__}


def plain(value: object) -> object:
    """A number of NumPy as one of Python."""
    return value.item() if isinstance(value, np.generic) else value


def value_to_json(value: Any) -> dict[str, Any]:
    """A frozen value as its name and its fields."""
    return {"kind": type(value).__name__, **asdict(value)}


@dataclass(frozen=True)
class Parts:
    """A model file's header and the bytes of its weights, both checked against the checksum."""

    path: Path
    header: dict[str, Any]
    weights: bytes

    def has(self, name: str) -> bool:
        """Whether the header says anything of it."""
        return name in self.header

    def get(self, name: str, kind: type[Value], within: dict[str, Any] | None = None) -> Value:
        """A value of the header, or of a part of it, which must be of a kind."""
        value = (self.header if within is None else within).get(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(f"{name} must be a {kind.__name__}, found {shorten(value)}")
        return value

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


def read_parts(path: Path) -> Parts:
    """Read a file, and check its form and its checksum."""
    with path.open("rb") as file:
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


_OTHERS: dict[type, tuple[type, ...]] = {float: (int,), NoneType: (str, float)}
"""What may stand for a kind: a setting that may be missing is a text or a number otherwise."""


def value_from(parts: Parts, name: str, known: Mapping[str, Any], *, default: str | None = None) -> Any:
    """A frozen value from its name and its fields; only the names in `known` exist."""
    saved = dict(parts.get(name, dict))
    kind = known.get(str(saved.pop("kind", default)))
    if kind is None:
        raise parts.wrong(f"{name} must be one of {', '.join(known)}, found {shorten(parts.header[name])}")
    # Fields that came later have their defaults in older files.
    if not set(saved) <= {field.name for field in fields(kind)}:
        raise parts.wrong(f"{name} must have the fields of {kind.__name__}, found {shorten(sorted(saved))}")
    example = kind()
    values = {field: tuple(value) if isinstance(value, list) else value for field, value in saved.items()}
    for field, value in values.items():
        expected = type(getattr(example, field))
        allowed = {expected, *_OTHERS.get(expected, ())}
        if type(value) not in allowed:
            raise parts.wrong(f"{name}.{field} must be a {expected.__name__}, found {shorten(value)}")
        if isinstance(value, tuple) and not all(type(item) is int for item in value):
            raise parts.wrong(f"{name}.{field} must be whole numbers, found {shorten(value)}")
    return kind(**values)
