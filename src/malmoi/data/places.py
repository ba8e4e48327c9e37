"""Locations of texts in the files that they were read from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Places"]


@dataclass(frozen=True, eq=False)
class Places:
    """The location of each text, such as "train.csv:381".

    Args:
        names: functions that format the number of a line, a row or a file as a location.
        owners: int32 (samples,), index into `names` of the function for each text.
        numbers: int64 (samples,), number of each text's line, row or file.

    Example:
        >>> places = Places.of([("a.csv:{}".format, [2, 3]), ("b.csv:{}".format, [2])])
        >>> places[2], places.take([1])[0]
        ('b.csv:2', 'a.csv:3')
    """

    names: tuple[Callable[[int], str], ...]
    owners: npt.NDArray[np.int32]
    numbers: npt.NDArray[np.int64]

    @classmethod
    def of(cls, parts: Sequence[tuple[Callable[[int], str], Sequence[int]]]) -> Places:
        """Concatenate the locations of parts, each given as a formatting function and the numbers of its texts."""
        numbers = [np.asarray(part, dtype=np.int64) for _, part in parts]
        owners = np.repeat(np.arange(len(parts), dtype=np.int32), list(map(len, numbers)))
        return cls(tuple(name for name, _ in parts), owners, np.concatenate([np.empty(0, np.int64), *numbers]))

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.numbers)

    def __getitem__(self, position: int) -> str:
        """Return the location of a text."""
        return self.names[int(self.owners[position])](int(self.numbers[position]))

    def take(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> Places:
        """Return the locations of the texts at some indices, in the given order."""
        chosen = np.asarray(indices, dtype=np.int64)
        return Places(self.names, self.owners[chosen], self.numbers[chosen])
