"""The section of the word map."""

from __future__ import annotations

from collections import Counter

from malmoi.report.facts import MapWord, Unavailable, WordPlane
from malmoi.report.page.charts.intervals import WIDE
from malmoi.report.page.charts.scatter import PlacedWord, scatter
from malmoi.report.page.charts.svg import picture
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.figure import Figure, Key
from malmoi.report.page.table import Cell, Table, counted, words_cell
from malmoi.report.page.visible import named

__all__ = ["word_map"]

SIZE = (WIDE, 540.0)
GREY = 5
COLOURED = (0, 1, 2, 3, 4, 6, 7)
"""Colours of classes; grey is for words of no class or of rare classes."""


def word_map(context: Context) -> Figure | Missing:
    """Return the figure of the word map."""
    plane, say = context.facts.word_map, context.say
    if isinstance(plane, Unavailable):
        return context.missing("words", plane)
    if not plane.words:
        return context.missing("words", "no-words")
    words = sorted(plane.words, key=lambda word: -word.count)
    numbers = _numbers(words)
    placed = [PlacedWord(word.word, word.x, word.y, numbers.get(word.label, GREY)) for word in words]
    title = say("words/title")
    drawn = scatter(SIZE, placed)
    return Figure(
        name="word-map",
        title=title,
        texts=(say(f"words/{plane.source}"), say("words/hidden")),
        pictures=(picture("word-map-all", SIZE, (title, say("words/description")), drawn),),
        table=_table(context, plane),
        keys=_keys(context, words, numbers),
        classes="map",
    )


def _numbers(words: list[MapWord]) -> dict[str, int]:
    """Return the numbers of colour and marker of the most frequent classes."""
    labels = Counter(word.label for word in words if word.label)
    frequent = sorted(labels, key=lambda label: (-labels[label], label))[: len(COLOURED)]
    return dict(zip(sorted(frequent), COLOURED, strict=False))


def _keys(context: Context, words: list[MapWord], numbers: dict[str, int]) -> tuple[Key, ...]:
    keys = [Key.of(named(label), number, has_line=False) for label, number in numbers.items()]
    labels = {word.label for word in words}
    others = [context.say("words/none")] * ("" in labels) + [context.say("words/others")] * bool(
        labels - {"", *numbers}
    )
    if others:
        keys.append(Key.of(", ".join(others), GREY, has_line=False))
    return tuple(keys)


def _table(context: Context, plane: WordPlane) -> Table:
    say, rows = context.say, []
    for word in sorted(plane.words, key=lambda word: (-word.count, word.word)):
        label = words_cell(word.label) if word.label else Cell("–")
        rows.append((words_cell(word.word), label, counted(word.count)))
    names = ("word", "class", "count")
    return Table(
        "words", say("words/list"), tuple(say(f"words/{name}") for name in names), tuple(rows), is_sortable=True
    )
