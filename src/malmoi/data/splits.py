"""Quotas of classes in a split, and the groups of equal texts that fill them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten

__all__ = ["Counts", "checked_size", "chosen_groups", "even_quotas", "fair_quotas", "group_numbers"]


Counts = npt.NDArray[np.int64]


def checked_size(size: float, samples: int) -> int:
    """Return the number of texts of a part whose size is a number or a share."""
    if isinstance(size, bool) or not isinstance(size, int | float | np.integer | np.floating):
        raise TypeError(f"size must be an int, or a float between 0 and 1, got {shorten(size)}")
    if isinstance(size, float | np.floating):
        if not 0 < size < 1:
            raise ValueError(
                f"size must be between 0 and 1 if it is a float, got {size}; pass a number of texts as int"
            )
        size = round(float(size) * samples)
    if size > samples:
        raise ValueError(f"size must be at most {samples}, the number of texts, got {size}")
    if size < 1:
        raise ValueError(f"size must be 1 text or more, got {size}")
    return int(size)


def fair_quotas(counts: Counts, size: int) -> Counts:
    """Return quotas in proportion to the counts (largest remainder), at least 1 each; ties favour the first class."""
    quotas, remainders = np.divmod(counts * size, counts.sum())
    quotas[np.argsort(-remainders, kind="stable")[: size - quotas.sum()]] += 1
    while not quotas.all():  # size is at least the number of classes, so the largest quota is 2 or more
        quotas[quotas.argmax()] -= 1
        quotas[quotas.argmin()] += 1
    return quotas


def even_quotas(counts: Counts, size: int) -> Counts:
    """Return equal quotas; what a small class cannot fill goes to the other classes."""
    quotas = np.zeros_like(counts)
    while (left := size - int(quotas.sum())) > 0:
        open_classes = np.flatnonzero(quotas < counts)[:left]
        quotas[open_classes] += left // len(open_classes)
        quotas = np.minimum(quotas, counts)
    return quotas


def group_numbers(texts: list[str]) -> Counts:
    """Return group numbers int64 (samples,), the same for equal texts, from 0 in order of first appearance."""
    firsts = np.asarray(_core.first_equals(texts, thread_count()), dtype=np.int64)
    numbers: Counts = np.unique(firsts, return_inverse=True)[1]
    return numbers


def chosen_groups(groups: Counts, codes: Counts, quotas: Counts, random: np.random.Generator) -> list[int]:
    """Choose groups in random order so that they fill the quota of every class."""
    sizes = np.bincount(groups).tolist()
    pairs, amounts = np.unique(groups * len(quotas) + codes, return_counts=True)
    owners, classes = np.divmod(pairs, len(quotas))
    starts = np.searchsorted(owners, np.arange(len(sizes) + 1)).tolist()
    members = list(zip(classes.tolist(), amounts.tolist(), strict=True))
    left, space, taken, passed = quotas.tolist(), int(quotas.sum()), [], []
    for group in random.permutation(len(sizes)).tolist():
        labels = members[starts[group] : starts[group + 1]]
        if any([left[code] < amount for code, amount in labels]):  # noqa: C419 -- lists of one item are twice as fast
            passed.append(group)
            continue
        taken.append(group)
        space -= sizes[group]
        if not space:
            return taken
        for code, amount in labels:
            left[code] -= amount
    return _filled_up(taken, passed, sizes, space)


def _filled_up(taken: list[int], passed: list[int], sizes: list[int], space: int) -> list[int]:
    """Fill the remaining size with groups of any class, replacing as few chosen groups as possible."""
    best, missing, released = taken, space, 0
    while missing:
        kept = taken[: len(taken) - released]
        room = space + sum(sizes[group] for group in taken[len(kept) :])
        picked = _fitting(taken[len(kept) :] + passed, sizes, room)
        still_missing = room - sum(sizes[group] for group in picked)
        if still_missing < missing:
            best, missing = kept + picked, still_missing
        if released == len(taken):
            break
        released = min(len(taken), max(1, 2 * released))
    return best


def _fitting(groups: list[int], sizes: list[int], room: int) -> list[int]:
    """Return groups whose total size is the largest within the room: subset sum, one bit per reachable sum."""
    by_size: dict[int, list[int]] = {}
    for group in groups:
        by_size.setdefault(sizes[group], []).append(group)
    stages, reach = [], 1
    for size, members in sorted(by_size.items()):
        stages.append((size, members, reach))
        left, step = min(len(members), room // size), 1
        while left > 0:
            step = min(step, left)
            reach |= (reach << step * size) & ((2 << room) - 1)
            left, step = left - step, 2 * step
    total, picked = reach.bit_length() - 1, []
    for size, members, before in reversed(stages):
        number = 0
        while not before >> total & 1:
            total, number = total - size, number + 1
        picked += members[:number]
    return picked
