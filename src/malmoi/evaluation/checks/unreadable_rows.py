"""Rows of the files that could not be used."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Subject
from malmoi.evaluation.findings import Example, Finding, FindingKind, Severity
from malmoi.foundation.validation import shorten

__all__ = ["UNREADABLE_ROWS"]

KIND = FindingKind(
    "unreadable-rows",
    "{count:row cannot be used and was|rows cannot be used and were} skipped",
    "쓸 수 없는 행 {count:,}개를 건너뛰었습니다",
    "mend or remove them; --rejects FILE keeps them with the reason of each",
    "고치거나 지우세요. --rejects FILE은 이유와 함께 그 행들을 남깁니다",
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
    what="rows of the files that hold no text, no label, or bytes that no text holds",
    threshold="warning from 1 row on",
    why="they are in no result",
    source="-",
)
