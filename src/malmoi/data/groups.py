"""Groups of texts, such as those of one author, that a split must keep in the same part."""

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
        codes: int64 (samples,), indices into `names`; -1 for a text without a group.

    Example:
        >>> groups = Groups.of(["kim", None, "lee", "kim"])
        >>> groups.names, groups.codes.tolist()
        (('kim', 'lee'), [0, -1, 1, 0])
    """

    names: tuple[str, ...]
    codes: Codes

    @classmethod
    def of(cls, values: Sequence[object]) -> Groups:
        """Return the groups of values; `None`, NaN and blank values mean no group."""
        names: dict[str, int] = {}
        codes = [-1 if (name := _name(value)) is None else names.setdefault(name, len(names)) for value in values]
        return cls(tuple(names), np.array(codes, dtype=np.int64))

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.codes)

    def take(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> Groups:
        """Return the groups of the texts at some indices, in the given order."""
        return Groups(self.names, self.codes[np.asarray(indices, dtype=np.int64)])


def joined_groups(firsts: Codes, groups: Groups) -> Codes:
    """Merge groups of equal texts with given groups: texts that share a group of either sort get the same number.

    Args:
        firsts: int64 (samples,), group numbers of equal texts, from 0.
        groups: the given groups of the same texts.

    Returns:
        int64 (samples,): numbers of the merged groups, from 0, in order of first appearance.

    Example:
        >>> joined_groups(np.array([0, 1, 0, 2]), Groups.of(["kim", "kim", None, None])).tolist()
        [0, 0, 0, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    samples, count = len(firsts), int(firsts.max(initial=-1)) + 1
    has_group = groups.codes >= 0
    ones = np.ones(int(has_group.sum()), dtype=np.int8)
    size = count + len(groups.names)
    # SciPy before 1.15 finds no components of int64 indices.
    sides = (firsts[has_group].astype(np.int32), (count + groups.codes[has_group]).astype(np.int32))
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
