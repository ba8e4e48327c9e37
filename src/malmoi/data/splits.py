"""Places of classes, and groups of equal texts that fill them: what a split is made of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten

__all__ = ["Counts", "checked_size", "chosen_groups", "even_quotas", "fair_quotas", "group_numbers"]


Counts = npt.NDArray[np.int64]


def checked_size(size: float, samples: int) -> int:
    """Return how many texts a number or a share asks for."""
    if isinstance(size, bool) or not isinstance(size, int | float | np.integer | np.floating):
        raise TypeError(f"size must be an int, or a float between 0 and 1, got {shorten(size)}")
    if isinstance(size, float | np.floating):
        if not 0 < size < 1:
            raise ValueError(f"size must be between 0 and 1 where it is a float, got {size}; write a number as int")
        size = round(float(size) * samples)
    if size > samples:
        raise ValueError(f"size must be at most {samples} (the corpus has so many texts), got {size}")
    if size < 1:
        raise ValueError(f"size must be 1 text or more, got {size}")
    return int(size)


def fair_quotas(counts: Counts, size: int) -> Counts:
    """Share out places in proportion, by largest remainder, but one at least; the first class wins a tie."""
    quotas, remainders = np.divmod(counts * size, counts.sum())
    quotas[np.argsort(-remainders, kind="stable")[: size - quotas.sum()]] += 1
    while not quotas.all():  # size is that of the classes or more, so the largest has two
        quotas[quotas.argmax()] -= 1
        quotas[quotas.argmin()] += 1
    return quotas


def even_quotas(counts: Counts, size: int) -> Counts:
    """Share out places evenly; those that a small class cannot fill go to the others."""
    quotas = np.zeros_like(counts)
    while (left := size - int(quotas.sum())) > 0:
        open_classes = np.flatnonzero(quotas < counts)[:left]
        quotas[open_classes] += left // len(open_classes)
        quotas = np.minimum(quotas, counts)
    return quotas


def group_numbers(texts: list[str]) -> Counts:
    """int64 (samples,): equal texts have the same number, from 0 up by first appearance."""
    firsts = np.asarray(_core.first_equals(texts, thread_count()), dtype=np.int64)
    numbers: Counts = np.unique(firsts, return_inverse=True)[1]
    return numbers


def chosen_groups(groups: Counts, codes: Counts, quotas: Counts, random: np.random.Generator) -> list[int]:
    """Return groups, met in random order, that fill the places of every class."""
    sizes = np.bincount(groups).tolist()
    pairs, amounts = np.unique(groups * len(quotas) + codes, return_counts=True)
    owners, classes = np.divmod(pairs, len(quotas))
    starts = np.searchsorted(owners, np.arange(len(sizes) + 1)).tolist()
    members = list(zip(classes.tolist(), amounts.tolist(), strict=True))
    left, space, taken, passed = quotas.tolist(), int(quotas.sum()), [], []
    for group in random.permutation(len(sizes)).tolist():
        own = members[starts[group] : starts[group + 1]]
        if any([left[code] < amount for code, amount in own]):  # noqa: C419 -- lists of one item are twice as fast
            passed.append(group)
            continue
        taken.append(group)
        space -= sizes[group]
        if not space:
            return taken
        for code, amount in own:
            left[code] -= amount
    return _filled_up(taken, passed, sizes, space)


def _filled_up(taken: list[int], passed: list[int], sizes: list[int], space: int) -> list[int]:
    """Fill the places that are still free, whatever their class, and give up as few groups for it as will do."""
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
    """Return groups that fill the room as far as any can: subset sum, with a bit for every sum in reach."""
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
