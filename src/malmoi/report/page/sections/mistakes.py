"""The most confident mistakes: the first page as HTML, all of them for the script that filters and pages."""

from __future__ import annotations

from dataclasses import dataclass

from malmoi.models.shading import LEVELS, Run
from malmoi.report.facts import Mistakes, ShownMistake, Unavailable
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.quantities import count, percent
from malmoi.report.page.visible import cut
from malmoi.report.unseen import parts, plain

__all__ = ["PAGE_SIZE", "MistakeRow", "MistakesView", "ShadedRun", "mistakes"]

PAGE_SIZE = 10


@dataclass(frozen=True)
class ShadedRun:
    """A run of characters.

    Args:
        shade: 1 to 8 for the prediction, -1 to -8 against it, 0 for none.
        parts: in turns plain text and the name of a character that cannot be seen.
    """

    shade: int
    parts: list[str]

    @property
    def kind(self) -> str:
        """The CSS class of the shade: "p3" for the prediction, "n3" against it, "" for none."""
        return f"{'p' if self.shade > 0 else 'n'}{abs(self.shade)}" if self.shade else ""


@dataclass(frozen=True)
class MistakeRow:
    """A mistake.

    Args:
        place: where it stands.
        label: the true label, in parts.
        prediction: the predicted label, in parts.
        confidence: in percent; "" where there is none.
        runs: the text.
        is_cut: whether a part is left out.
    """

    place: list[str]
    label: list[str]
    prediction: list[str]
    confidence: str
    runs: tuple[ShadedRun, ...]
    is_cut: bool

    def to_json(self) -> list[object]:
        """Return it as the script takes it: texts in parts, or alone; a shade goes before its run."""
        runs: list[object] = []
        for run in self.runs:
            runs += [run.shade] * bool(run.shade) + [_alone(run.parts)]
        return [
            _alone(self.place),
            _alone(self.label),
            _alone(self.prediction),
            self.confidence,
            runs,
            int(self.is_cut),
        ]


@dataclass(frozen=True)
class MistakesView:
    """The mistakes.

    Args:
        sentence: how many there are, and of how many the texts are here.
        method: how tokens were weighed.
        rows: those with their texts.
        labels: true labels among them.
        predictions: predicted labels among them.
    """

    sentence: str
    method: str
    rows: tuple[MistakeRow, ...]
    labels: tuple[str, ...]
    predictions: tuple[str, ...]

    @property
    def first(self) -> tuple[MistakeRow, ...]:
        """The first page."""
        return self.rows[:PAGE_SIZE]


def mistakes(context: Context) -> MistakesView | Missing:
    """Return the most confident mistakes."""
    found = context.facts.mistakes
    if isinstance(found, Unavailable):
        return context.missing("mistakes", found)
    return MistakesView(
        sentence=_sentence(context, found),
        method=found.method,
        rows=tuple(map(_row, found.shown)),
        labels=tuple(sorted({plain(cut(one.label), is_name=True) for one in found.shown})),
        predictions=tuple(sorted({plain(cut(one.prediction), is_name=True) for one in found.shown})),
    )


def _sentence(context: Context, found: Mistakes) -> str:
    say = context.say
    if not found.total:
        return say("mistakes/none")
    part = say("shown-of", shown=count(len(found.shown)), total=count(found.total))
    if not found.shown:
        return part
    return f"{say('mistakes/text-one')}" if found.total == 1 else f"{say('mistakes/text', total=found.total)} {part}."


def _row(mistake: ShownMistake) -> MistakeRow:
    return MistakeRow(
        place=parts(cut(mistake.place), is_name=True),
        label=parts(cut(mistake.label), is_name=True),
        prediction=parts(cut(mistake.prediction), is_name=True),
        confidence="" if mistake.confidence is None else percent(mistake.confidence),
        runs=tuple(map(_run, mistake.runs)),
        is_cut=mistake.is_cut,
    )


def _run(run: Run) -> ShadedRun:
    return ShadedRun(max(-LEVELS, min(LEVELS, round(run.shade * LEVELS))), parts(run.text))


def _alone(found: list[str]) -> str | list[str]:
    return found[0] if len(found) == 1 else found
