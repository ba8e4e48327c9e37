"""Arrays in a folder that all workers of a search for near duplicates share."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError

__all__ = ["GrowingArray", "Ints", "SearchScratch", "key_slice"]

Ints = npt.NDArray[np.int64]
KEY_BITS = {"uint32": 32, "uint64": 64}


@dataclass(frozen=True)
class SearchScratch:
    """A folder of arrays, each in a file of its own; files appear whole, so that a step can be repeated.

    Args:
        folder: the folder, which all workers must see under this path.
    """

    folder: str

    def write(self, name: str, array: npt.NDArray[Any]) -> None:
        """Write an array, or replace it.

        Raises:
            DataError: it cannot be written.
        """
        with self._new_file(name) as file:
            np.save(file, array, allow_pickle=False)

    def read(self, name: str) -> npt.NDArray[Any]:
        """Return an array, mapped into memory.

        Raises:
            DataError: it cannot be read.
        """
        try:
            # A plain array instead of a `memmap`, whose slices are slow; it keeps the file mapped.
            return np.asarray(np.load(self._path(name), mmap_mode="r", allow_pickle=False))
        except OSError as error:
            rule = f"the scratch folder must be the same for all workers, but {self._path(name)} cannot be read"
            raise DataError(f"{rule}: {error.strerror}; pass scratch=, a folder that all of them see") from error

    @contextmanager
    def growing(self, name: str, dtype: npt.DTypeLike, *width: int) -> Iterator[GrowingArray]:
        """Write an array in pieces within a `with` block.

        Args:
            name: name of the array.
            dtype: its type.
            width: lengths of all axes but the first.

        Raises:
            DataError: it cannot be written.
        """
        with self._new_file(name) as file:
            array = GrowingArray(file, np.dtype(dtype), width)
            yield array
            array.finish()

    @contextmanager
    def _new_file(self, name: str) -> Iterator[BinaryIO]:
        path = self._path(name)
        partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        try:
            with partial.open("xb") as file:
                yield file
            os.replace(partial, path)
        except OSError as error:
            cure = "pass scratch=, a folder with enough space that all workers see"
            raise DataError(f"{self.folder} cannot be written: {error.strerror or error}; {cure}") from error
        finally:
            with suppress(FileNotFoundError):
                partial.unlink()

    def _path(self, name: str) -> Path:
        return Path(self.folder, f"{name}.npy")


class GrowingArray:
    """An array in a file, written in pieces.

    Args:
        file: a new file.
        dtype: type of the values.
        width: lengths of all axes but the first.
    """

    def __init__(self, file: BinaryIO, dtype: np.dtype[Any], width: Sequence[int]) -> None:
        self._file, self._dtype, self._width = file, dtype, tuple(width)
        self.rows = 0
        self._write_header()

    def append(self, piece: npt.NDArray[Any]) -> None:
        """Append rows."""
        self._file.write(np.ascontiguousarray(piece, self._dtype).data)
        self.rows += len(piece)

    def finish(self) -> None:
        """Write the number of rows."""
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        """Write the header; NumPy leaves space for the digits of a growing first axis."""
        shape = (self.rows, *self._width)
        header = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)


def key_slice(keys: npt.NDArray[np.unsignedinteger[Any]], part: int, parts: int) -> slice:
    """Return which keys, in ascending order, belong to one of several parts of about the same size."""
    bits = KEY_BITS[keys.dtype.name]
    start, end = (part << bits) // parts, (((part + 1) << bits) // parts)
    begin = int(np.searchsorted(keys, keys.dtype.type(start)))
    return slice(begin, len(keys) if part + 1 == parts else int(np.searchsorted(keys, keys.dtype.type(end))))
