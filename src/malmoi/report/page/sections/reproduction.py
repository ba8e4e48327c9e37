"""The section on reproduction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from malmoi.report.page.context import Context
from malmoi.report.page.quantities import count, size
from malmoi.report.page.table import Cell, Table, words_cell
from malmoi.report.page.visible import Html, shown

__all__ = ["ReproductionView", "reproduction"]


@dataclass(frozen=True)
class ReproductionView:
    """View of the section on reproduction.

    Args:
        command: command line.
        created: date and number of cores.
        tables: model, settings, versions, seeds, checksums.
    """

    command: Html
    created: str
    tables: tuple[Table, ...]


def reproduction(context: Context) -> ReproductionView:
    """Return the view of the section on reproduction."""
    facts, say = context.facts.reproduction, context.say
    model, rows = context.facts.model, dict(context.facts.model.rows)
    if model.training_samples is not None:
        rows.setdefault(say("reproduction/trained"), count(model.training_samples))
    if model.size_bytes is not None:
        rows.setdefault(say("reproduction/size"), size(model.size_bytes))
    found = {
        "model": rows,
        "settings": model.settings,
        "versions": facts.versions,
        "seeds": {name: str(seed) for name, seed in facts.seeds.items()},
        "checksums": facts.checksums,
    }
    tables = tuple(_table(context, name, values) for name, values in found.items() if values)
    created = say("reproduction/created", date=facts.created, threads=facts.threads)
    return ReproductionView(shown(facts.command), created, tables)


def _table(context: Context, name: str, values: Mapping[str, str]) -> Table:
    columns = (context.say("reproduction/name"), context.say("reproduction/value"))
    named = {} if name in ("settings", "versions") else {key: _name(context, key) for key in values}
    rows = tuple((words_cell(named.get(key, key)), Cell(shown(value))) for key, value in values.items())
    return Table(name, context.say(f"reproduction/{name}"), columns, rows)


def _name(context: Context, name: str) -> str:
    """Return a built-in name in the language of the page; a part after a colon is unchanged."""
    first, colon, rest = name.partition(": ")
    return f"{context.say.known(f'name/{first}', first)}{colon}{rest}"
