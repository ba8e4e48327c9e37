"""The section of data sets, classes and findings."""

from __future__ import annotations

from dataclasses import dataclass

from malmoi.evaluation.findings import Finding
from malmoi.evaluation.text_facts import SCRIPTS
from malmoi.report.card_text import spaced
from malmoi.report.facts import CorpusFacts
from malmoi.report.page.charts.bars import BarRow, bar_rows
from malmoi.report.page.charts.marks import bar_swatch
from malmoi.report.page.context import Context
from malmoi.report.page.figure import Figure, Key, draw_twice
from malmoi.report.page.quantities import count, percent
from malmoi.report.page.table import Cell, Table, counted, share, words_cell
from malmoi.report.page.visible import Html, in_line, named, shown
from malmoi.report.unseen import plain

__all__ = ["DataView", "ShownFinding", "data", "script_name"]

DRAWN_CLASSES = 20
SHOWN_SCRIPTS = 3
NO_SCRIPT = SCRIPTS[0][0]


@dataclass(frozen=True)
class ShownFinding:
    """A finding.

    Args:
        is_warning: whether it is a warning, not a note.
        code: code of the finding.
        sentence: description of the finding.
        cure: recommended action; "" for none.
        examples: place, text and further values of each example.
    """

    is_warning: bool
    code: str
    sentence: Html
    cure: Html
    examples: tuple[tuple[Html, Html, Html], ...]


@dataclass(frozen=True)
class DataView:
    """View of the section of data.

    Args:
        sets: table with one row per data set.
        counts: texts by class; `None` if there are no labels.
        findings: findings, warnings first.
    """

    sets: Table
    counts: Figure | None
    findings: tuple[ShownFinding, ...]


def data(context: Context) -> DataView:
    """Return the view of the data and its findings."""
    findings = sorted(context.facts.findings, key=lambda finding: not finding.is_warning)
    return DataView(_sets(context), _counts(context), tuple(_finding(context, finding) for finding in findings))


def script_name(context: Context, english: str) -> str:
    """Return the name of a script in the language of the page."""
    if english == NO_SCRIPT:
        return context.say("data/no-letters")
    names = {name: (name, korean)[context.say.language == "ko"] for name, korean in SCRIPTS}
    return names.get(english, english)


def _sets(context: Context) -> Table:
    say, rows = context.say, []
    for corpus in context.facts.data:
        scripts = list(corpus.scripts.items())[:SHOWN_SCRIPTS]
        written = ", ".join(f"{script_name(context, name)} {count(number)}" for name, number in scripts)
        cells = (Cell(say(f"data/{corpus.role}")), words_cell(corpus.name), counted(corpus.texts))
        sizes = (counted(corpus.characters[0]), counted(corpus.characters[1]))
        digest = Html(f"<code>{plain(corpus.checksum[:8])}…</code>") if corpus.checksum else Html("–")
        rows.append((*cells, *sizes, Cell(plain(written)), Cell(digest, plain(corpus.checksum))))
    names = ("role", "name", "texts", "characters", "longest", "scripts", "checksum")
    return Table("data-sets", say("data/sets"), tuple(say(f"data/{name}") for name in names), tuple(rows))


def _counts(context: Context) -> Figure | None:
    say, sets = context.say, [corpus for corpus in context.facts.data if corpus.class_counts]
    classes = list(dict.fromkeys(name for corpus in sets for name in corpus.class_counts))
    if not classes:
        return None
    largest = max(_share(corpus, name) for corpus in sets for name in classes) or 1.0
    drawn = [
        BarRow(
            name,
            tuple(
                (
                    _share(one, name) / largest,
                    f"{count(one.class_counts.get(name, 0))} ({percent(_share(one, name))})",
                    number,
                )
                for number, one in enumerate(sets)
            ),
        )
        for name in classes[:DRAWN_CLASSES]
    ]
    title, total = say("data/counts"), count(len(classes))
    note = say("data/most", shown=DRAWN_CLASSES, total=total) if len(classes) > DRAWN_CLASSES else ""
    roles = [say(f"data/{corpus.role}") for corpus in sets]
    return Figure(
        name="class-counts",
        title=title,
        texts=(say("data/counts-text"),),
        pictures=draw_twice("class-counts", (title, say("data/counts-text")), lambda width: bar_rows(width, drawn)),
        table=_count_table(context, sets, classes),
        keys=tuple(Key(role, bar_swatch(place)) for place, role in enumerate(roles)) if len(sets) > 1 else (),
        note=note,
    )


def _share(corpus: CorpusFacts, name: str) -> float:
    return corpus.class_counts.get(name, 0) / max(corpus.texts, 1)


def _count_table(context: Context, sets: list[CorpusFacts], classes: list[str]) -> Table:
    say, columns = context.say, [context.say("data/class")]
    for corpus in sets:
        role = say(f"data/{corpus.role}")
        columns += [say("data/count", role=role), say("data/share", role=role)]
    rows = []
    for name in classes:
        cells = [cell for one in sets for cell in (counted(one.class_counts.get(name, 0)), share(_share(one, name)))]
        rows.append((words_cell(name), *cells))
    return Table("class-counts", say("data/counts"), tuple(columns), tuple(rows))


def _finding(context: Context, finding: Finding) -> ShownFinding:
    language = context.say.language
    examples = []
    for example in finding.examples:
        values = example.values.items()
        more = ", ".join(f"{context.say.known(f'name/{name}', name)}: {_value(value)}" for name, value in values)
        examples.append((named(example.place), shown(example.text), in_line(more)))
    sentence, cure = spaced(finding.sentence(language)), spaced(finding.recommendation(language))
    return ShownFinding(finding.is_warning, finding.code, in_line(sentence), in_line(cure), tuple(examples))


def _value(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
