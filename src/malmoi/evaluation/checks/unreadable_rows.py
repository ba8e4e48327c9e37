"""Rows of the files that could not be read."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Subject
from malmoi.evaluation.findings import Example, Finding, FindingKind, Severity
from malmoi.foundation.validation import shorten

__all__ = ["UNREADABLE_ROWS"]

KIND = FindingKind(
    "unreadable-rows",
    "{count:row is invalid and was|rows are invalid and were} skipped",
    "잘못된 행 {count:,}개를 건너뛰었습니다",
    "fix or remove them; --rejects FILE saves them with their reasons",
    "수정하거나 제거하세요. --rejects FILE을 지정하면 건너뛴 행을 이유와 함께 저장합니다",
)


def _run(subject: Subject) -> Iterator[Finding]:
    reading = subject.reading
    if reading is None or not reading.skipped:
        return
    rows = reading.first_skipped[:SHOWN_EXAMPLES]
    examples = tuple(Example(shorten(row.raw), row.place, {"reason": row.reason}) for row in rows)
    yield Finding(KIND, Severity.warning, {"count": reading.skipped}, examples)


UNREADABLE_ROWS = Check(
    (KIND,),
    _run,
    what="rows of the files without a text or a label, or with invalid bytes",
    threshold="warning from 1 row on",
    why="they are missing from all results",
    source="-",
)
