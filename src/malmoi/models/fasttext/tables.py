"""Matrices of embeddings and of outputs: float32 in memory, in a mapped file, or product-quantised."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.models.state import Arrays

__all__ = ["DenseTable", "MappedTable", "QuantisedTable", "Table", "table_from"]

Floats = npt.NDArray[np.float32]
CENTROIDS = 256


class Table(ABC):
    """A matrix (rows, columns)."""

    @property
    @abstractmethod
    def core(self) -> _core.FastTextTable:
        """The object of the core; it shares the arrays."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""

    @abstractmethod
    def dense(self) -> Floats:
        """Return all values, float32 (rows, columns)."""

    @abstractmethod
    def arrays(self) -> Arrays:
        """Return the arrays of a file by name."""

    @property
    def size_bytes(self) -> int:
        """Size of the arrays in bytes."""
        return sum(array.nbytes for array in self.arrays().values())

    def __getstate__(self) -> dict[str, object]:
        """Return the fields for a copy, without objects of the core."""
        return {name: value for name, value in vars(self).items() if name != "core"}


@dataclass(frozen=True, eq=False)
class DenseTable(Table):
    """A matrix in memory.

    Args:
        values: float32 (rows, columns), contiguous.
    """

    values: Floats

    @cached_property
    def core(self) -> _core.FastTextTable:
        """The object of the core."""
        return _core.FastTextTable.dense(self.values)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self.values.shape[0], self.values.shape[1]

    def dense(self) -> Floats:
        """Return the values."""
        return self.values

    def arrays(self) -> Arrays:
        """Return the values."""
        return {"values": self.values}


@dataclass(frozen=True, eq=False)
class MappedTable(Table):
    """A matrix in the bytes of a file that is mapped into memory.

    Args:
        content: uint8 (bytes,), the bytes of the file.
        start: offset of the first number, at any alignment.
        rows, columns: the shape.
    """

    content: npt.NDArray[np.uint8]
    start: int
    rows: int
    columns: int

    @cached_property
    def core(self) -> _core.FastTextTable:
        """The object of the core."""
        return _core.FastTextTable.of_bytes(self.content, self.start, self.rows, self.columns)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self.rows, self.columns

    def dense(self) -> Floats:
        """Return a copy of the values."""
        part = self.content[self.start : self.start + 4 * self.rows * self.columns]
        values = np.frombuffer(part.tobytes(), dtype="<f4").astype(np.float32, copy=False)
        return values.reshape(self.rows, self.columns)

    def arrays(self) -> Arrays:
        """Return a copy of the values."""
        return {"values": self.dense()}

    def __reduce__(self) -> tuple[type[DenseTable], tuple[Floats]]:
        """Copy the values: another process does not have the mapped file."""
        return DenseTable, (self.dense(),)


@dataclass(frozen=True, eq=False)
class QuantisedTable(Table):
    """A product-quantised matrix: each part of a row is one of 256 centroids of this part.

    Args:
        codes: uint8 (rows, parts).
        centroids: float32 (256 * columns,): the centroids (256, columns of the part) of each part.
        columns: number of columns.
        part: number of columns of a part; the last may have fewer.
        norm_codes: uint8 (rows,), codes of the rows' lengths; `None`: the rows have their own lengths.
        norms: float32 (256,), the lengths.

    Source:
        Jegou, Douze and Schmid 2011, "Product quantization for nearest neighbor search".
    """

    codes: npt.NDArray[np.uint8]
    centroids: Floats
    columns: int
    part: int
    norm_codes: npt.NDArray[np.uint8] | None = None
    norms: Floats | None = None

    @cached_property
    def core(self) -> _core.FastTextTable:
        """The object of the core.

        Raises:
            ValueError: the arrays do not fit each other.
        """
        return _core.FastTextTable.quantised(
            self.codes,
            self.centroids,
            columns=self.columns,
            part=self.part,
            norm_codes=self.norm_codes,
            norms=self.norms,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.codes), self.columns

    def dense(self) -> Floats:
        """Return the approximated values."""
        values = np.empty(self.shape, dtype=np.float32)
        for number, first in enumerate(range(0, self.columns, self.part)):
            width = min(self.part, self.columns - first)
            own = self.centroids[CENTROIDS * first : CENTROIDS * (first + width)].reshape(CENTROIDS, width)
            values[:, first : first + width] = own[self.codes[:, number]]
        if self.norm_codes is not None and self.norms is not None:
            values *= self.norms[self.norm_codes][:, None]
        return values

    def arrays(self) -> Arrays:
        """Return codes and centroids."""
        arrays: Arrays = {"codes": self.codes, "centroids": self.centroids}
        if self.norm_codes is not None and self.norms is not None:
            arrays |= {"norm_codes": self.norm_codes, "norms": self.norms}
        return arrays


def table_from(arrays: Arrays, prefix: str, columns: int, part: int) -> Table:
    """Return the matrix of a file.

    Args:
        arrays: arrays of a file that match its schema.
        prefix: beginning of the names of its arrays.
        columns: number of columns.
        part: number of columns of a part; 0: not quantised.

    Raises:
        ValueError: an array is missing, or has another shape.
    """
    found = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    if not part:
        values = found.get("values")
        if set(found) != {"values"} or values is None or values.ndim != 2 or values.shape[1] != columns:
            raise ValueError(f"{prefix}values must have {columns} columns, found {sorted(found)}")
        return DenseTable(np.ascontiguousarray(values, np.float32))
    if not {"codes", "centroids"} <= set(found) <= {"codes", "centroids", "norm_codes", "norms"}:
        raise ValueError(f"{prefix} must have codes and centroids, found {sorted(found)}")
    table = QuantisedTable(**found, columns=columns, part=part)  # type: ignore[arg-type]  # the schema has the dtypes
    _ = table.core  # checks that the arrays fit each other
    return table
