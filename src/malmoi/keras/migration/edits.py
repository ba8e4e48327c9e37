"""Edits of a text by offsets, which keep everything between them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["Edit", "applied", "chosen", "line_starts", "origins", "whole_groups"]

LINE_END = re.compile(r"\r\n|\n")


class Edit(NamedTuple):
    """A replacement of a part of a text.

    Args:
        start: offset of the first replaced character.
        end: offset after the last replaced character; `start` for an insertion.
        text: the replacement.
    """

    start: int
    end: int
    text: str


def chosen(edits: Iterable[Edit]) -> list[Edit]:
    """Return the edits in order, without those that overlap an earlier or larger one."""
    kept: list[Edit] = []
    for edit in sorted(dict.fromkeys(edits), key=lambda one: (one.start, one.end > one.start, -one.end)):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


def whole_groups(groups: Iterable[Sequence[Edit]]) -> list[Edit]:
    """Return the edits of those groups that can be applied as a whole, in order.

    Args:
        groups: edits that belong together; a group that overlaps another one is left out.
    """
    left = list(groups)
    while True:
        kept = chosen(edit for group in left for edit in group)
        applied_edits = set(kept)
        whole = [group for group in left if applied_edits.issuperset(group)]
        if len(whole) == len(left):
            return kept
        left = whole


def applied(text: str, edits: Sequence[Edit]) -> str:
    """Return the text after edits that are in order and do not overlap."""
    pieces, position = [], 0
    for edit in edits:
        pieces += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*pieces, text[position:]])


def line_starts(text: str) -> list[int]:
    """Return the offset of each line; lines end as in Python, not as in `str.splitlines`."""
    return [0, *(found.end() for found in LINE_END.finditer(text))]


def origins(before: str, after: str, edits: Sequence[Edit], lines: Sequence[int]) -> list[int]:
    """Return the original line of each line of an edited text.

    Args:
        before: the text before the edits.
        after: the text after them.
        edits: the edits, in order.
        lines: original line of each line of `before`.
    """
    starts, found = line_starts(before), []
    moves: list[tuple[int, int, int]] = []  # offset after an edit in the new text, in the old text, start in the new
    shift = 0
    for edit in edits:
        begin = edit.start + shift
        shift += len(edit.text) - (edit.end - edit.start)
        moves.append((begin + len(edit.text), edit.end, begin))
    begins = [move[2] for move in moves]
    for start in line_starts(after):
        place = bisect_right(begins, start) - 1
        old = start
        if place >= 0:
            after_new, after_old, _ = moves[place]
            old = after_old + (start - after_new) if start >= after_new else edits[place].start
        found.append(lines[min(bisect_right(starts, old), len(lines)) - 1])
    return found
