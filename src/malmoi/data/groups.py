"""Groups of texts that belong together, such as those of one author: they should stand on one side of a split."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Groups", "joined_groups"]

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Groups:
    """The group of each text.

    Args:
        names: (groups,), distinct.
        codes: int64 (samples,), places among the names; -1: the text has no group.

    Example:
        >>> groups = Groups.of(["kim", None, "lee", "kim"])
        >>> groups.names, groups.codes.tolist()
        (('kim', 'lee'), [0, -1, 1, 0])
    """

    names: tuple[str, ...]
    codes: Codes

    @classmethod
    def of(cls, values: Sequence[object]) -> Groups:
        """Return the groups of values; `None` and blank ones are no group."""
        names: dict[str, int] = {}
        codes = [-1 if (name := _name(value)) is None else names.setdefault(name, len(names)) for value in values]
        return cls(tuple(names), np.array(codes, dtype=np.int64))

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.codes)

    def take(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> Groups:
        """Return the groups of some texts, in the order asked for."""
        return Groups(self.names, self.codes[np.asarray(indices, dtype=np.int64)])


def joined_groups(firsts: Codes, groups: Groups) -> Codes:
    """Join groups of equal texts with groups that were given: what shares one of either belongs together.

    Args:
        firsts: int64 (samples,), numbers of groups of equal texts, from 0.
        groups: of the same texts.

    Returns:
        int64 (samples,): numbers from 0, by first appearance.

    Example:
        >>> joined_groups(np.array([0, 1, 0, 2]), Groups.of(["kim", "kim", None, None])).tolist()
        [0, 0, 0, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    samples, count = len(firsts), int(firsts.max(initial=-1)) + 1
    known = groups.codes >= 0
    ones = np.ones(int(known.sum()), dtype=np.int8)
    size = count + len(groups.names)
    # SciPy before 1.15 finds no components of int64 indices.
    sides = (firsts[known].astype(np.int32), (count + groups.codes[known]).astype(np.int32))
    _, numbers = connected_components(coo_array((ones, sides), shape=(size, size)), directed=False)
    _, starts, found = np.unique(numbers[firsts], return_index=True, return_inverse=True)
    order = np.empty(len(starts), dtype=np.int64)
    order[np.argsort(starts)] = np.arange(len(starts))
    return order[found] if samples else np.empty(0, dtype=np.int64)


def _name(value: object) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    name = str(value).strip()
    return name or None
