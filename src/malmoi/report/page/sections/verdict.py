"""The verdict: whether the model is significantly better than the baselines."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from malmoi.report.facts import Duplicates
from malmoi.report.learned_texts import learned_texts
from malmoi.report.page.context import Context
from malmoi.report.page.quantities import bounds, count, percent, points
from malmoi.report.page.visible import Html

__all__ = ["Tile", "Verdict", "verdict"]

OUTCOMES = ("better", "unproven", "worse")
"""Outcomes by the interval of the difference, best first."""
DOUBT = "doubt"
"""Outcome if the model was trained on many of the test texts, whatever the intervals."""


@dataclass(frozen=True)
class Tile:
    """A number of the verdict.

    Args:
        name: name of the number.
        value: the number.
        unit: unit; "" for none.
        more: interval or other details.
        outcome: "better", "worse", "unproven", "doubt", or "" for none.
    """

    name: str
    value: str
    unit: str
    more: str
    outcome: str = ""


@dataclass(frozen=True)
class Verdict:
    """The verdict.

    Args:
        outcome: "better", "unproven" or "worse" (the worst over the baselines), or "doubt".
        badges: outcome and its text for each baseline.
        sentence: the verdict as a sentence.
        doubts: sentence with the number of warnings; "" if there are none.
        tiles: the numbers of the verdict.
    """

    outcome: str
    badges: tuple[tuple[str, str], ...]
    sentence: Html
    doubts: str
    tiles: tuple[Tile, ...]


def verdict(context: Context) -> Verdict:
    """Return the verdict on the model."""
    say, outcomes = context.say, [one.outcome for one in context.compared]
    badges = [(one.outcome, say(f"badge/{one.outcome}", name=say(f"badge/{one.name}"))) for one in context.compared]
    learned = learned_texts(context.facts.findings)
    if learned is not None:
        badges = [(DOUBT, say(f"badge/{learned.kind}", share=percent(learned.share)))]
    warnings = sum(finding.is_warning for finding in context.facts.findings)
    return Verdict(
        outcome=max(outcomes, key=OUTCOMES.index) if learned is None else DOUBT,
        badges=tuple(badges),
        sentence=_sentence(context),
        doubts=say("verdict/doubt" if warnings == 1 else "verdict/doubts", count=count(warnings)) if warnings else "",
        tiles=(_accuracy(context), *_differences(context), _warnings(context, warnings)),
    )


def _sentence(context: Context) -> Html:
    """Return the sentence: the accuracy, then the difference from each baseline."""
    say, value, compared = context.say, context.accuracy, context.compared
    fields = {"value": percent(value.value), "samples": value.samples, "texts": _origin(context)}
    clauses = [say("verdict/start-sets" if context.is_of_sets else "verdict/start", **fields)]
    for place, other in enumerate(compared):
        end = "-end" if place == len(compared) - 1 else ""
        difference = other.difference
        values = {
            "name": say(f"verdict/{other.name}"),
            "share": percent(other.accuracy.value),
            "points": points(difference.value, signed=False),
            "low": points(difference.low),
            "high": points(difference.high),
        }
        clauses.append(say(f"verdict/{other.outcome}{end}", **values))
    learned = learned_texts(context.facts.findings)
    sentence = escape("".join(clauses), quote=False)
    if learned is None:
        return Html(sentence)
    return Html(f"{sentence} <strong>{escape(say(f'verdict/{learned.kind}-doubt'), quote=False)}</strong>")


def _origin(context: Context) -> str:
    """Return the phrase on whether the model was trained on the test texts."""
    facts, learned = context.facts, learned_texts(context.facts.findings)
    if learned is not None:
        return context.say(f"verdict/{learned.kind}", share=percent(learned.share))
    if all(corpus.role != "training" for corpus in facts.data):
        return context.say("verdict/unknown")
    duplicates = facts.duplicates
    is_shared = isinstance(duplicates, Duplicates) and duplicates.across and duplicates.equal > 0
    return context.say("verdict/equal" if is_shared else "verdict/untrained")


def _accuracy(context: Context) -> Tile:
    score = context.accuracy
    name = context.say("tile/exact" if context.is_of_sets else "tile/accuracy")
    return Tile(name, percent(score.value), "", f"{context.say('interval')} {bounds(score.low, score.high)}")


def _differences(context: Context) -> list[Tile]:
    say, tiles = context.say, []
    for other in context.compared:
        difference = other.difference
        interval = f"{say('interval')} {say('range', low=points(difference.low), high=points(difference.high))}"
        outcome = other.outcome if learned_texts(context.facts.findings) is None else DOUBT
        tiles.append(Tile(say(f"tile/{other.name}"), points(difference.value), say("points"), interval, outcome))
    return tiles


def _warnings(context: Context, warnings: int) -> Tile:
    notes = len(context.facts.findings) - warnings
    more = context.say("tile/notes", count=count(notes)) if context.facts.findings else context.say("tile/no-notes")
    return Tile(context.say("tile/warnings"), count(warnings), "", more, "doubt" if warnings else "")
