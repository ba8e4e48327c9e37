"""Empty, very short and very long texts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malmoi.evaluation.checks.base import Check, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind, Severity

__all__ = ["TEXT_LENGTHS"]

SHORTEST_CHARACTERS = 3
"""Minimum length of a normal text: one or two characters are a grade or a typing error ("A", "ㅋㅋ", "10")."""
LEAST_MEDIAN = 8
"""Median length below which short texts are normal."""
SHORT_NOTE_SHARE = 0.001
SHORT_WARNING_SHARE = 0.05
"""Short Korean reviews (NSMC) have 1.1 %, short messages 0.09 %, five other data sets none."""
LONG_MEDIANS = 20
LONG_CHARACTERS = 5_000
"""Multiple of the median. In reviews it is rare (none in 25,000 of IMDB), but not in newsgroup posts with a file."""
HUGE_CHARACTERS = 1_000_000
"""Length of a text that cannot be a single text: a whole file, or a quotation mark that was never closed."""

EMPTY_TEXTS = FindingKind(
    "empty-texts",
    "{count:text is|texts are} empty",
    "텍스트 {count:,}개가 비어 있습니다",
    "remove or fill them; all empty texts get the same prediction",
    "제거하거나 내용을 채우세요. 빈 텍스트의 예측은 모두 같습니다",
)
SHORT_TEXTS = FindingKind(
    "short-texts",
    "{count:text has|texts have} one or two characters ({share:.1%}); the median is {median:,}",
    "텍스트 {count:,}개({share:.1%})가 한두 글자입니다. 중앙값은 {median:,}자입니다",
    "check that the right column was read, and that such texts determine a label",
    "열을 제대로 읽었는지, 이런 텍스트만으로 라벨을 정할 수 있는지 확인하세요",
)
LONG_TEXTS = FindingKind(
    "long-texts",
    "{count:text has|texts have} more than {limit:,} characters ({share:.1%}), the longest {longest:,}; the median is "
    "{median:,}",
    "텍스트 {count:,}개({share:.1%})가 {limit:,}자를 넘습니다. 가장 긴 것은 {longest:,}자, 중앙값은 {median:,}자입니다",
    "check whether they are files, tables or several texts; an unclosed quotation mark joins lines of a table",
    "파일이나 표, 여러 텍스트가 하나로 합쳐진 것은 아닌지 확인하세요. 따옴표가 닫히지 않으면 표의 여러 줄이 하나로 "
    "합쳐집니다",
)


def _run(subject: Subject) -> Iterator[Finding]:
    characters = subject.facts.characters.astype(np.int64)
    empty = np.flatnonzero(subject.blank)
    if len(empty):
        yield Finding(EMPTY_TEXTS, Severity.warning, {"count": len(empty)}, subject.examples(empty))
    filled = characters[characters > 0]
    if not len(filled):
        return
    median = int(np.median(filled))
    short = np.flatnonzero((characters > 0) & (characters < SHORTEST_CHARACTERS))
    if median >= LEAST_MEDIAN and len(short) > SHORT_NOTE_SHARE * len(filled):
        share = len(short) / len(characters)
        values = {"count": len(short), "share": share, "median": median}
        warning = share > SHORT_WARNING_SHARE
        yield Finding(SHORT_TEXTS, severity(warning=warning), values, subject.examples(short))
    limit = max(LONG_MEDIANS * median, LONG_CHARACTERS)
    long = np.flatnonzero(characters > limit)
    if len(long):
        long = long[np.argsort(-characters[long], kind="stable")]
        longest = int(characters[long[0]])
        values = {"count": len(long), "share": len(long) / len(characters), "limit": limit, "median": median}
        examples = [subject.example(int(place), characters=int(characters[place])) for place in long[:3]]
        warning = longest >= HUGE_CHARACTERS
        yield Finding(LONG_TEXTS, severity(warning=warning), {**values, "longest": longest}, tuple(examples))


TEXT_LENGTHS = Check(
    (EMPTY_TEXTS, SHORT_TEXTS, LONG_TEXTS),
    _run,
    what="texts of white space only; texts of one or two characters; texts far longer than the others; white space is "
    "not counted",
    threshold="empty: warning from 1 text on. Short: note above 0.1 % of the texts, warning above 5 %; none if the "
    "median is below 8 characters. Long: note above 20 times the median and 5,000 characters, warning from 1,000,000 "
    "characters on",
    why="a model cannot distinguish empty texts; the label of a very short text is often a guess; a very long text is "
    "often several texts, or a table that was read wrongly",
    source="-",
)
