"""Representations of a few-label model, and the texts that they are learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.foundation.progress import Progress
from malmoi.models.few_labels.projection import PrincipalAxes, principal_axes
from malmoi.models.few_labels.representations import NgramTable, Representation, StaticTable
from malmoi.models.few_labels.settings import LEARNED_PARTS, PART_NAMES, FewLabelSettings, PartName
from malmoi.models.few_labels.sources import (
    TextRows,
    components_table,
    documents_table,
    sif_table,
    text_rows,
)
from malmoi.wordvectors import WordVectors

__all__ = ["Prepared", "known_shares", "part_names", "prepared_representations"]

LEAST_TEXTS = 1_000
"""Number of texts from which document vectors are useful."""
SAMPLE = 200_000
SAMPLED, SEEN_IN = 500, 5_000
"""Texts whose n-grams are looked up, and unlabelled texts whose n-grams count as known."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A learned representation.

    Args:
        name: name of the part.
        representation: maps texts to vectors.
        axes: principal axes of the vectors of the training texts, or of a sample of them.
        texts: number of training texts.
    """

    name: str
    representation: Representation
    axes: PrincipalAxes
    texts: int


def part_names(settings: FewLabelSettings, texts: int, *, has_unlabelled: bool) -> list[PartName]:
    """Return the parts to learn, except the bag, in the order of preference.

    Raises:
        DataError: a requested part needs unlabelled texts, and there are none.
    """
    if settings.parts != "auto":
        named: list[PartName] = [name for name in PART_NAMES if name in settings.parts and name != "bag"]
        learned = [name for name in named if name in LEARNED_PARTS]
        if learned and not has_unlabelled:
            raise DataError(f"parts {', '.join(learned)} need unlabelled texts, got none; pass unlabelled")
        return named
    found: list[PartName] = []
    if has_unlabelled and texts >= LEAST_TEXTS:
        found = ["documents"]
    found += ["static"] if settings.embedder is not None else []
    found += ["pretrained"] if settings.vectors is not None else []
    return [name for name in PART_NAMES if name in found]


def prepared_representations(
    settings: FewLabelSettings, texts: list[str], labels: int, *, has_unlabelled: bool, progress: Progress
) -> list[Prepared]:
    """Learn the representations of the parts.

    Args:
        settings: settings of the model, which name the parts.
        texts: distinct texts, labelled and unlabelled.
        labels: number of labelled texts.
        has_unlabelled: whether there are unlabelled texts.
        progress: progress callback, called with the step's name, the number done and the total.
    """
    names = part_names(settings, len(texts), has_unlabelled=has_unlabelled)
    rows = None
    if {"documents", "components"} & set(names):
        rows = text_rows(settings, texts, progress)
    return [_prepared(name, settings, texts, rows, labels, progress) for name in names]


def _prepared(
    name: str,
    settings: FewLabelSettings,
    texts: list[str],
    rows: TextRows | None,
    labels: int,
    progress: Progress,
) -> Prepared:
    found: Representation
    if rows is not None and name in ("documents", "components"):
        if name == "documents":
            table = documents_table(rows, settings, progress)
        else:
            table = components_table(rows, labels, settings, progress)
        if len(texts) <= SAMPLE:
            return Prepared(name, table, principal_axes(table.vectors_of_rows(rows.rows, rows.threads)), len(texts))
        found = table
    elif name == "static" and settings.embedder is not None:
        found = StaticTable(settings.embedder.settled())
    else:
        vectors = settings.vectors if name == "pretrained" else None
        if vectors is None:
            count = 5 if len(texts) >= LEAST_TEXTS else 1
            vectors = WordVectors.train(
                texts, min_count=count, seed=settings.seed, n_jobs=settings.n_jobs, progress=progress
            )
        found = sif_table(vectors, texts, settings, progress)
    vectors_of_some = found.vectors(_spread(texts, SAMPLE), settings.n_jobs)
    return Prepared(name, found, principal_axes(vectors_of_some), len(texts))


def known_shares(
    prepared: Sequence[Prepared], texts: list[str], unlabelled: list[str], threads: int
) -> tuple[float, float] | None:
    """Return the shares of the n-grams of labelled and of unlabelled texts that occur in unlabelled texts.

    The first share is much smaller if the labelled texts have another language. `None` if nothing was learned from
    unlabelled texts.
    """
    tables = [one.representation for one in prepared if one.name in ("documents", "components")]
    if not unlabelled or not tables or not isinstance(tables[0], NgramTable):
        return None
    table, some = tables[0], _spread(unlabelled, SEEN_IN)
    rows = table.columns.rows(table.features.core, table.features.prepared(some), local="binary", threads=threads)
    seen = rows.text_counts(columns=len(table.columns)) > 0
    return _known_share(table, texts, seen), _known_share(table, unlabelled, seen)


def _known_share(table: NgramTable, texts: list[str], seen: npt.NDArray[np.bool_]) -> float:
    known = total = 0
    for text in _spread(texts, SAMPLED):
        columns = table.features.places(text, table.columns).columns
        known, total = known + int(seen[columns[columns >= 0]].sum()), total + len(columns)
    return known / max(total, 1)


def _spread(texts: list[str], most: int) -> list[str]:
    """Return a sample of evenly spaced texts."""
    return texts[:: -(-len(texts) // most) or 1]
