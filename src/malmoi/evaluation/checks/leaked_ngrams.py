"""Words and word pairs that nearly determine a class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject
from malmoi.evaluation.class_evidence import ClassEvidence, EvidenceKind
from malmoi.evaluation.findings import Finding, FindingKind, Severity, Values, cut
from malmoi.foundation.arrays import Label

__all__ = ["LEAKED_NGRAMS"]

PRECISION = 0.98
"""Minimum precision. In 7 data sets without leaked words, two n-grams have it with the coverage below: "how many" in
questions for numbers (TREC), and "nhl" in posts about hockey (20 newsgroups)."""
COVERAGE = 0.2
NOTE_COVERAGE = 0.25
"""Minimum coverage: share of the texts of the class that have it."""
PLAIN_PRECISION = 0.995
PLAIN_COVERAGE_OF_LONG, PLAIN_COVERAGE_OF_SHORT = 0.25, 0.5
"""Minimum coverage of ordinary words, for long and for short texts: a short question has few words for its topic
("who", "how many"), a long text many."""
LONG_CHARACTERS = 250
ALWAYS_COVERAGE = 0.9
BROAD_SHARE = 0.2
"""Minimum share of the class for ordinary words to be a leak: "alarm" may occur in all texts of one of fifty classes,
and in no other."""
GAP = 3.0
"""Multiple of the coverage of the next best word without a common part: keywords occur in groups ("nhl", "hockey",
"playoffs"), a leaked label alone."""
SAME_PLACE = 0.9
"""Minimum share of its texts that begin, or end, with it."""
SHORTEST_NAME = 3
READ = 100_000

PARTS = re.compile(r"[^\W_]+")


def _leaked(values: Values) -> str:
    shown = "; ".join(_one(found) for found in values["ngrams"])
    subject = "an n-gram reveals" if values["count"] == 1 else f"{values['count']} n-grams reveal"
    return f"{subject} the label: {shown}"


def _korean_leaked(values: Values) -> str:
    shown = "; ".join(map(_korean_one, values["ngrams"]))
    return f"n-gram {values['count']}개가 라벨을 노출합니다(데이터 누수): {shown}"


def _keywords(values: Values) -> str:
    return f"words that nearly determine a class: {'; '.join(map(_one, values['ngrams']))}"


def _korean_keywords(values: Values) -> str:
    return f"클래스를 거의 결정하는 단어: {'; '.join(map(_korean_one, values['ngrams']))}"


def _one(found: Values) -> str:
    label = cut(found["label"])
    return f'"{found["ngram"]}" in {found["coverage"]:.1%} of "{label}" (precision {found["precision"]:.1%})'


def _korean_one(found: Values) -> str:
    label = cut(found["label"])
    return f'"{found["ngram"]}": "{label}"의 {found["coverage"]:.1%}(정밀도 {found["precision"]:.1%})'


LEAK = FindingKind(
    "leaked-ngram",
    _leaked,
    _korean_leaked,
    "remove it from the texts unless later texts have it too; otherwise the score is too high",
    "앞으로 들어올 텍스트에도 나오는 것이 아니라면 텍스트에서 제거하세요. 그대로 두면 점수가 실제보다 높게 나옵니다",
)
KEYWORDS = FindingKind(
    "strong-keyword",
    _keywords,
    _korean_keywords,
    "check the examples; if it is an artefact of the data collection and not an ordinary word, remove it",
    "예시를 확인하세요. 일반적인 단어가 아니라 데이터 수집 과정에서 생긴 흔적이라면 제거하세요",
)


class _Ngram(TypedDict):
    """An n-gram that predicts a class, as values of a finding."""

    ngram: str
    label: Label
    coverage: float
    precision: float
    texts: int
    reason: str
    example: int


def _run(subject: Subject) -> Iterator[Finding]:
    evidence = subject.evidence
    is_ngram = evidence.kinds <= EvidenceKind.pair
    strong = (
        is_ngram[:, None]
        & (evidence.precision >= PRECISION)
        & (evidence.balanced_precision >= PRECISION)
        & (evidence.coverage >= COVERAGE)
    )
    leaks: list[_Ngram] = []
    keywords: list[_Ngram] = []
    for code in np.flatnonzero(strong.any(axis=0)).tolist():
        order = np.argsort(-evidence.by_class[:, code], kind="stable")
        pieces = [int(piece) for piece in order if strong[piece, code]]
        reasons = {piece: _reason(subject, evidence, piece, code) for piece in pieces}
        artificial = [piece for piece in pieces if reasons[piece]]
        for piece in _distinct(evidence, artificial or pieces):
            reason = reasons[piece] or _plain_reason(subject, evidence, piece, code)
            values = _values(evidence, piece, code, reason)
            if reason:
                leaks.append(values)
            elif values["coverage"] >= NOTE_COVERAGE:
                keywords.append(values)
    for kind, severity, found in ((LEAK, Severity.warning, leaks), (KEYWORDS, Severity.note, keywords)):
        if found:
            yield _finding(subject, kind, severity, found)


def _finding(subject: Subject, kind: FindingKind, severity: Severity, found: list[_Ngram]) -> Finding:
    found = sorted(found, key=lambda one: (-one["coverage"], one["ngram"]))
    shown = found[:SHOWN_EXAMPLES]
    examples = tuple(
        subject.example(one["example"], ngram=one["ngram"], label=one["label"], coverage=one["coverage"])
        for one in shown
    )
    ngrams = [{name: value for name, value in one.items() if name != "example"} for one in shown]
    return Finding(kind, severity, {"count": len(found), "ngrams": ngrams, "texts": subject.evidence.counted}, examples)


def _values(evidence: ClassEvidence, piece: int, code: int, reason: str) -> _Ngram:
    return {
        "ngram": evidence.names[piece],
        "label": evidence.labels[code],
        "coverage": float(evidence.coverage[piece, code]),
        "precision": float(evidence.precision[piece, code]),
        "texts": int(evidence.by_class[piece, code]),
        "reason": reason,
        "example": int(evidence.examples[piece]),
    }


def _distinct(evidence: ClassEvidence, pieces: list[int]) -> list[int]:
    """Return the pieces that share no word with an earlier one: a leaked token forms pairs with its neighbours."""
    kept: list[int] = []
    words: set[str] = set()
    by_length = sorted(pieces, key=lambda piece: (evidence.names[piece].count(" "), pieces.index(piece)))
    for piece in by_length:
        parts = set(evidence.names[piece].split())
        if not parts & words:
            kept.append(piece)
            words |= parts
    return kept


def _reason(subject: Subject, evidence: ClassEvidence, piece: int, code: int) -> str:
    """Return why the form of an n-gram is that of a label or an id and not of a word; "" if it is a word."""
    name, label = evidence.names[piece], str(evidence.labels[code]).lower()
    surface = _surface(subject.data.texts[int(evidence.examples[piece])], name)
    parts = PARTS.findall(name)
    names_label = any(_names(part, label) for part in parts[-1:] if " " in name) or (
        " " not in name and any(_names(part, label) for part in parts)
    )
    if names_label and re.search(r"[_:=#|/\[\]{}<>]|\w-\w", surface):
        return "it contains the label"
    if "_" in name:
        return "it is not a word"
    mixed = any(any(map(str.isdigit, part)) and any(map(str.isalpha, part)) for part in parts)
    if mixed and _has_fixed_position(evidence, piece):
        return "it is not a word, and is always at the same position"
    return ""


def _names(part: str, label: str) -> bool:
    """Return whether a part of a token is the label, a part of it, or has the same beginning."""
    names = [label, *PARTS.findall(label)]
    if part in names:
        return True
    short = min(len(part), len(label)) < SHORTEST_NAME
    return not short and (label.startswith(part) or part.startswith(label))


def _surface(text: str, name: str) -> str:
    """Return the n-gram as it is written in the text, with the characters around and between its words."""
    pattern = r"[\[{<(:=#|]?\s?" + r"\W{1,5}".join(map(re.escape, name.split())) + r"[\]}>)]?"
    found = re.search(pattern, text[:READ], re.IGNORECASE)
    return found[0].strip() if found else name


def _has_fixed_position(evidence: ClassEvidence, piece: int) -> bool:
    return bool(max(evidence.begins[piece], evidence.ends[piece]) >= SAME_PLACE * evidence.texts[piece])


def _plain_reason(subject: Subject, evidence: ClassEvidence, piece: int, code: int) -> str:
    """Return why ordinary words are too predictive to be keywords; "" if they are not."""
    coverage = evidence.coverage[:, code]
    precise = min(evidence.precision[piece, code], evidence.balanced_precision[piece, code])
    if precise < PLAIN_PRECISION or evidence.sizes[code] < BROAD_SHARE * evidence.counted:
        return ""
    if coverage[piece] >= ALWAYS_COVERAGE:
        return "nearly all texts of the class have it"
    characters = subject.facts.characters
    long = float(np.median(characters)) >= LONG_CHARACTERS
    least = PLAIN_COVERAGE_OF_LONG if long else PLAIN_COVERAGE_OF_SHORT
    if coverage[piece] >= least and coverage[piece] >= GAP * _next_best(evidence, piece, code, coverage):
        return "no other word has nearly its coverage"
    return ""


def _next_best(evidence: ClassEvidence, piece: int, code: int, coverage: npt.NDArray[np.float64]) -> float:
    """Return the coverage of the best word or pair without a common word."""
    words = set(evidence.names[piece].split())
    good = (evidence.kinds <= EvidenceKind.pair) & (evidence.balanced_precision[:, code] >= 0.9)
    for other in np.flatnonzero(good)[np.argsort(-coverage[good], kind="stable")].tolist():
        if not words & set(evidence.names[other].split()):
            return float(coverage[other])
    return 0.0


LEAKED_NGRAMS = Check(
    (LEAK, KEYWORDS),
    _run,
    what="a word or a word pair that occurs in many texts of one class and in hardly any other; on at most 50,000 "
    "texts, sampled evenly, and for classes of 30 texts or more",
    threshold="precision 98 %, also after balancing the classes, and 20 % of the texts of the class. Warning if its "
    "form is not that of a word (it is the label next to a sign such as `:`, `-` or `[`; it has a `_`; letters and "
    "digits, always first or last), or if ordinary words predict a class of 20 % of the texts or more with a "
    "precision of 99.5 %, and occur in 90 % of its texts, or in 25 % of long and 50 % of short texts and three times "
    "as often as the next best; else a note from 25 % on",
    why="the model learns an artefact of the data collection, and fails on texts without it",
    source="Kaufman et al. 2012, leakage in data mining; Gardner et al. 2021, competency problems",
    needs=frozenset({Need.labels}),
)
