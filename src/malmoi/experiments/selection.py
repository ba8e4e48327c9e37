"""What a choice among recipes tried, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from malmoi.experiments.recipe import Recipe
from malmoi.foundation.json_values import JsonObject
from malmoi.metrics.scores import Share

__all__ = ["SelectionReport", "Tried", "best_of", "short_name"]


@dataclass(frozen=True)
class Tried:
    """A recipe that was tried.

    Args:
        recipe: how the model is made.
        loss: log loss on held-out training texts after calibration, in nats; `None`: there was nothing to compare.
        accuracy: accuracy on them.
    """

    recipe: Recipe
    loss: float | None
    accuracy: float | None

    @property
    def name(self) -> str:
        """The recipe in a few words."""
        return short_name(self.recipe)


def best_of(tried: Sequence[Tried]) -> Tried:
    """Return the recipe with the smallest log loss; the only one, where nothing was compared."""
    return min(tried, key=lambda one: one.loss if one.loss is not None else 0.0)


def short_name(recipe: Recipe) -> str:
    """Return a recipe in a few words."""
    settings = recipe.settings
    tokens = settings.get("tokens")
    if tokens is None:
        return recipe.name
    ngrams = settings["ngrams"]
    kinds = tokens if isinstance(tokens, list) else [tokens]
    ranges = ngrams if isinstance(tokens, list) and isinstance(ngrams, list | tuple) else [ngrams]
    pairs = zip(kinds, ranges, strict=True)
    named = " and ".join(f"{_kind_name(kind)} {low}-{high}" for kind, (low, high) in pairs)
    return f"{recipe.name} of {named}, {settings.get('weighting', 'nb')}"


def _kind_name(kind: str | JsonObject) -> str:
    if isinstance(kind, str):
        return kind
    return str(kind["kind"]).lower() + (" inside words" if kind.get("inside_words") else "")


@dataclass(frozen=True)
class SelectionReport:
    """What was tried, and how good the kept recipe is.

    Args:
        tried: recipes with what they brought, in the order in which they were tried.
        skipped: recipes that were not begun in time.
        accuracy: of the kept recipe on texts that decided nothing; `None`: nothing was measured.
        refitted: whether the model was then fitted on all texts.
        budget_seconds: seconds after which no recipe was begun; `None`: there was no such limit.
    """

    tried: tuple[Tried, ...]
    skipped: tuple[str, ...]
    accuracy: Share | None
    refitted: bool
    budget_seconds: float | None

    @property
    def best(self) -> Tried:
        """The recipe that was kept."""
        return best_of(self.tried)

    def rows(self) -> list[tuple[str, str]]:
        """Return names and values, as a table shows them."""
        rows = []
        for one in self.tried:
            C = one.recipe.settings.get("C")
            loss = (
                "the only one" if one.loss is None else f"log loss {one.loss:.4f}, accuracy {one.accuracy:.1%}, C {C:g}"
            )
            rows.append((one.name, f"{loss}{'  (kept)' if one is self.best and len(self.tried) > 1 else ''}"))
        rows += [(name, f"skipped, {self.budget_seconds:g} seconds were over") for name in self.skipped]
        return rows

    @property
    def remarks(self) -> list[str]:
        """What to know of the choice, one sentence each."""
        found = []
        if self.accuracy is not None:
            found.append(f"accuracy on texts that decided nothing: {self.accuracy}")
        if self.refitted:
            found.append("the model was then fitted on all labelled texts")
        if self.skipped:
            found.append(f"{len(self.skipped)} recipes were skipped for lack of time: the choice is not reproducible")
        return found

    def __str__(self) -> str:
        rows = self.rows()
        width = max(len(name) for name, _ in rows)
        return "\n".join([*(f"{name:{width}}  {value}" for name, value in rows), *self.remarks])

    def _repr_html_(self) -> str:
        """Return a table for notebooks."""
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in self.rows())
        return f"<table>{rows}</table>" + "".join(f"<p>{escape(one)}</p>" for one in self.remarks)
