"""The result of a migration: the new source, what was changed, and what was found but not changed."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Change", "Finding", "Migration"]


@dataclass(frozen=True, order=True)
class Change:
    """One rewritten place.

    Args:
        line: line of the old source; 1 or more. In a notebook, line of the cell.
        what: what was rewritten, in a few words.
        cell: number of the cell of a notebook; 1 or more. None for a script.
    """

    line: int
    what: str
    cell: int | None = None


@dataclass(frozen=True, order=True)
class Finding:
    """One place that a person must change, or should know of.

    Args:
        line: line of the old source; 1 or more. In a notebook, line of the cell.
        code: short name of the kind of finding, such as `removed-name`.
        reason: why the code does not work with Keras 3, or works differently.
        cure: what to do about it.
        cell: number of the cell of a notebook; 1 or more. None for a script.
    """

    line: int
    code: str
    reason: str
    cure: str
    cell: int | None = None


@dataclass(frozen=True)
class Migration:
    """A migrated source.

    Args:
        source: the new source; the old source if nothing was to be changed.
        changes: rewritten places, by line.
        findings: what was not rewritten, by line.
    """

    source: str
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
