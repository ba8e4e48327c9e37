"""The section of the most confident mistakes: the first page as HTML, all of them as data for the script."""

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
    """A run of characters with one shade.

    Args:
        shade: 1 to 8 if the run supports the prediction, -1 to -8 if it contradicts it, 0 for none.
        parts: alternating plain text and names of invisible characters.
    """

    shade: int
    parts: list[str]

    @property
    def kind(self) -> str:
        """The CSS class of the shade, such as "p3" or "n3"; "" for none."""
        return f"{'p' if self.shade > 0 else 'n'}{abs(self.shade)}" if self.shade else ""


@dataclass(frozen=True)
class MistakeRow:
    """A mistake.

    Args:
        place: file and line, in parts.
        label: true label, in parts.
        prediction: predicted label, in parts.
        confidence: confidence in percent; "" if there is none.
        runs: text as runs of characters.
        is_cut: whether the text is truncated.
    """

    place: list[str]
    label: list[str]
    prediction: list[str]
    confidence: str
    runs: tuple[ShadedRun, ...]
    is_cut: bool

    def to_json(self) -> list[object]:
        """Return the row for the script: texts in parts or as one str; a shade is before its run."""
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
    """View of the mistakes.

    Args:
        sentence: numbers of mistakes in total and shown.
        method: method of the token weights.
        rows: mistakes with their texts.
        labels: true labels of the rows.
        predictions: predicted labels of the rows.
    """

    sentence: str
    method: str
    rows: tuple[MistakeRow, ...]
    labels: tuple[str, ...]
    predictions: tuple[str, ...]

    @property
    def first(self) -> tuple[MistakeRow, ...]:
        """The rows of the first page."""
        return self.rows[:PAGE_SIZE]


def mistakes(context: Context) -> MistakesView | Missing:
    """Return the view of the most confident mistakes."""
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
