"""The sections of duplicates and of suspected labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from malmoi.report.facts import DuplicatePair, Duplicates, SuspectedLabel, Suspects, Unavailable
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.quantities import count, percent
from malmoi.report.page.visible import Html, named, shown

__all__ = ["DuplicatesView", "PairRow", "SuspectRow", "SuspectsView", "duplicates", "suspects"]

SHOWN_PAIRS = 20
"""Number of pairs shown without expanding the list."""


@dataclass(frozen=True)
class PairRow:
    """A pair of duplicate texts.

    Args:
        similarity: similarity as text.
        is_equal: whether the texts are equal.
        is_conflict: whether their labels differ.
        texts: place, label and text of both; the second text is "" if it equals the first.
    """

    similarity: str
    is_equal: bool
    is_conflict: bool
    texts: tuple[tuple[Html, Html, Html], ...]


@dataclass(frozen=True)
class DuplicatesView:
    """View of the duplicates.

    Args:
        sentence: number of pairs, and in which data.
        shown: number of pairs shown; "" if all.
        pairs: the pairs shown.
        roles: roles of the two texts of a pair.
    """

    sentence: str
    shown: str
    pairs: tuple[PairRow, ...]
    roles: tuple[str, str]

    @property
    def parts(self) -> tuple[tuple[PairRow, ...], ...]:
        """The pairs shown at first, and the rest."""
        return self.pairs[:SHOWN_PAIRS], self.pairs[SHOWN_PAIRS:]


@dataclass(frozen=True)
class SuspectRow:
    """A suspected label as HTML; `probability` is in percent."""

    place: Html
    text: Html
    label: Html
    suggestion: Html
    probability: str


@dataclass(frozen=True)
class SuspectsView:
    """View of the suspected labels.

    Args:
        sentence: number of labels, and in which data.
        doubt: sentence that many labels may be correct; "" otherwise.
        shown: number of labels shown; "" if all.
        rows: labels, the most suspicious first.
        key: key of the decisions in the browser's storage.
    """

    sentence: str
    doubt: str
    shown: str
    rows: tuple[SuspectRow, ...]
    key: str


def duplicates(context: Context) -> DuplicatesView | Missing:
    """Return the view of duplicates."""
    found, say = context.facts.duplicates, context.say
    if isinstance(found, Unavailable):
        return context.missing("duplicates", found)
    where = "across" if found.across else "within"
    sentence = (
        say(f"duplicates/{where}", total=found.total, equal=found.equal)
        if found.total
        else say(f"duplicates/none-{where}")
    )
    roles = (say("data/measured"), say("data/training" if found.across else "duplicates/earlier"))
    return DuplicatesView(sentence, _shown(context, len(found.shown), found.total), _pairs(context, found), roles)


def _pairs(context: Context, found: Duplicates) -> tuple[PairRow, ...]:
    return tuple(_pair(context, pair) for pair in found.shown)


def _pair(context: Context, pair: DuplicatePair) -> PairRow:
    similarity = context.say("duplicates/similarity", value=percent(pair.similarity, 0))
    first = (named(pair.place), named(pair.label), shown(pair.text))
    second_text = Html("") if pair.text == pair.other_text else shown(pair.other_text)
    second = (named(pair.other_place), named(pair.other_label), second_text)
    return PairRow(similarity, pair.equal, pair.label != pair.other_label, (first, second))


def suspects(context: Context) -> SuspectsView | Missing:
    """Return the view of suspected labels."""
    found, say = context.facts.suspects, context.say
    if isinstance(found, Unavailable):
        return context.missing("suspects", found)
    sentence = say(f"suspects/{found.role}", total=found.total) if found.total else say("suspects/none")
    return SuspectsView(
        sentence=sentence,
        doubt="" if found.reliable or not found.total else say("suspects/unreliable"),
        shown=_shown(context, len(found.shown), found.total),
        rows=tuple(map(_suspect, found.shown)),
        key=_key(found),
    )


def _suspect(one: SuspectedLabel) -> SuspectRow:
    labels = (named(one.label), named(one.suggestion))
    return SuspectRow(named(one.place), shown(one.text), *labels, percent(one.probability))


def _key(found: Suspects) -> str:
    """Return a key that is unique to the labels shown, so that decisions are never applied to other texts."""
    content = "\0".join(part for one in found.shown for part in (one.place, one.text, one.label, one.suggestion))
    return "malmoi-" + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _shown(context: Context, shown_number: int, total: int) -> str:
    if shown_number >= total:
        return ""
    return context.say("shown-of", shown=count(shown_number), total=count(total))
