"""The result of automatic recipe selection."""

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
    """A recipe that was tried by `TextClassifier`.

    Args:
        recipe: the recipe.
        loss: log loss on held-out training texts after calibration, in nats; `None` if it was the only candidate.
        accuracy: accuracy on these texts.

    Example:
        >>> Tried(Recipe("bag", {"weighting": "tfidf"}), loss=0.31, accuracy=0.88).name
        'bag'
    """

    recipe: Recipe
    loss: float | None
    accuracy: float | None

    @property
    def name(self) -> str:
        """A short description of the recipe, such as "bag of words 1-2, nb"."""
        return short_name(self.recipe)


def best_of(tried: Sequence[Tried]) -> Tried:
    """Return the recipe with the smallest log loss, or the only candidate."""
    return min(tried, key=lambda one: one.loss if one.loss is not None else 0.0)


def short_name(recipe: Recipe) -> str:
    """Return a short description of a recipe."""
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
    r"""The recipes that were tried, and the accuracy of the selected one.

    Args:
        tried: recipes with their scores, in the order of the trials.
        skipped: recipes that were not started within the time budget.
        accuracy: accuracy of the selected recipe on held-out texts that were not used for the selection; `None` if it
            was not measured.
        refitted: whether the model was then refitted on all texts.
        budget_seconds: time budget in seconds; `None` for no limit.

    Example:
        >>> from malmoi import TextClassifier
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 10, ["pos", "neg"] * 20
        >>> report = TextClassifier().fit(texts, labels).report_
        >>> report.best.name, report.accuracy.value
        ('bag of words 1-2, nb', 1.0)
        >>> len(report.rows()) == len(report.tried)
        True
        >>> print(*report.remarks, sep="\n")
        accuracy on held-out texts not used for the selection: 100.0% (95 % interval 72.2% to 100.0%, 10 samples)
        the model was then refitted on all labelled texts
    """

    tried: tuple[Tried, ...]
    skipped: tuple[str, ...]
    accuracy: Share | None
    refitted: bool
    budget_seconds: float | None

    @property
    def best(self) -> Tried:
        """The selected recipe, with its log loss and accuracy."""
        return best_of(self.tried)

    def rows(self) -> list[tuple[str, str]]:
        """Return each recipe that was tried or skipped with its log loss and accuracy, as pairs for a table."""
        rows = []
        for one in self.tried:
            C = one.recipe.settings.get("C")
            loss = (
                "the only candidate"
                if one.loss is None
                else f"log loss {one.loss:.4f}, accuracy {one.accuracy:.1%}, C {C:g}"
            )
            rows.append((one.name, f"{loss}{'  (kept)' if one is self.best and len(self.tried) > 1 else ''}"))
        rows += [(name, f"skipped, time budget of {self.budget_seconds:g} seconds exceeded") for name in self.skipped]
        return rows

    @property
    def remarks(self) -> list[str]:
        """Accuracy of the selected recipe, refitting, and skipped recipes; one sentence each."""
        found = []
        if self.accuracy is not None:
            found.append(f"accuracy on held-out texts not used for the selection: {self.accuracy}")
        if self.refitted:
            found.append("the model was then refitted on all labelled texts")
        if self.skipped:
            what = "1 recipe was" if len(self.skipped) == 1 else f"{len(self.skipped)} recipes were"
            found.append(f"{what} skipped (time budget): the selection is not reproducible")
        return found

    def __str__(self) -> str:
        rows = self.rows()
        width = max(len(name) for name, _ in rows)
        return "\n".join([*(f"{name:{width}}  {value}" for name, value in rows), *self.remarks])

    def _repr_html_(self) -> str:
        """Return a table for notebooks."""
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in self.rows())
        return f"<table>{rows}</table>" + "".join(f"<p>{escape(one)}</p>" for one in self.remarks)
