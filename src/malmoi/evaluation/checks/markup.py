"""HTML tags and character entities in texts."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi import _core
from malmoi.evaluation.checks.base import Check, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind, Values
from malmoi.foundation.threads import thread_count

__all__ = ["MARKUP"]

NOTE_SHARE = 0.001
WARNING_SHARE = 0.05
"""Share of texts from which there is a warning, since tags are then frequent tokens: 58 % of the IMDB reviews have
`<br />`, so "br" is one of their ten most frequent words. Occasional quotes of web pages have far fewer."""
SHOWN_NAMES = 3


def _tags(values: Values) -> str:
    return f"{_texts(values)} tags: {_shown(values)}"


def _korean_tags(values: Values) -> str:
    return f"텍스트 {values['count']:,}개({values['share']:.1%})에 태그가 있습니다: {_shown(values)}"


def _entities(values: Values) -> str:
    return f"{_texts(values)} character entities: {_shown(values)}"


def _korean_entities(values: Values) -> str:
    return f"텍스트 {values['count']:,}개({values['share']:.1%})에 문자 엔티티가 있습니다: {_shown(values)}"


def _texts(values: Values) -> str:
    noun, verb = ("text", "contains") if values["count"] == 1 else ("texts", "contain")
    return f"{values['count']:,} {noun} ({values['share']:.1%}) {verb}"


def _shown(values: Values) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in values["names"].items())


TAGS = FindingKind(
    "markup",
    _tags,
    _korean_tags,
    "remove them with drop_html=True of the tokenizers; by default their names become tokens",
    "토크나이저의 drop_html=True로 제거하세요. 기본값(False)에서는 태그 이름이 토큰이 됩니다",
)
ENTITIES = FindingKind(
    "character-entities",
    _entities,
    _korean_entities,
    "replace them with html.unescape before training; restore a missing `&` first, as in `#39;`; drop_html does not "
    "remove them, and their names become tokens",
    "학습 전에 html.unescape로 변환하세요(`#39;`처럼 `&`가 빠졌으면 먼저 복원하세요). drop_html은 엔티티를 제거하지 "
    "않으므로 그 이름이 토큰이 됩니다",
)


def _run(subject: Subject) -> Iterator[Finding]:
    found = _core.text_markup(subject.data.texts, thread_count())
    for kind, (count, examples, names) in zip((TAGS, ENTITIES), found, strict=True):
        share = count / max(len(subject.data), 1)
        if share <= NOTE_SHARE:
            continue
        most = sorted(names, key=lambda name: -name[1])[:SHOWN_NAMES]
        values = {"count": count, "share": share, "names": {name: times for name, times, _ in most}}
        yield Finding(kind, severity(warning=share > WARNING_SHARE), values, subject.examples(examples))


MARKUP = Check(
    (TAGS, ENTITIES),
    _run,
    what="HTML tags and BBCode end tags; character entities such as `&amp;`, also numeric ones without their `&`",
    threshold="note above 0.1 % of the texts, warning above 5 %",
    why="their names become tokens: `br`, `amp`, `quot`, `39`",
    source="HTML Living Standard, sections 4 and 13.5",
)
