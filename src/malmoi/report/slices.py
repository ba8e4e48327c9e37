"""Accuracy by slices of the test data: length, script, OOV rate, and columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from malmoi.evaluation.text_facts import SCRIPTS
from malmoi.metrics.independent import independent_difference
from malmoi.metrics.scores import Share
from malmoi.report.facts import Slice, SlicedColumn, SliceKind, Unavailable
from malmoi.report.oov import oov_rates
from malmoi.report.sources import Sources

__all__ = ["MISSING", "accuracy_slices"]

FEWEST_TEXTS = 20
"""Minimum size of a slice; with fewer texts, the interval of the accuracy is wider than 40 points."""
MOST_SLICES = 50
"""Maximum number of slices of a column; of more values, the most frequent are shown."""
MOST_DISTINCT_NUMBERS = 8
"""Numeric columns with more distinct values are binned at their quartiles."""
ERROR = 0.05
BUILT_IN = (SliceKind.LENGTH, SliceKind.SCRIPT, SliceKind.OOV)
MISSING = "—"
"""Name of the slice of texts with a missing value."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Part:
    """Texts of one slice.

    Args:
        name: common value; "" if `bounds` are given.
        bounds: minimum and maximum of the numbers; `None` if `name` is given.
        chosen: bool (samples,), mask of the texts.
    """

    name: str
    bounds: tuple[float, float] | None
    chosen: Flags


def accuracy_slices(sources: Sources) -> tuple[SlicedColumn, ...] | Unavailable:
    """Return the accuracy by slices of each type.

    A slice is marked if its accuracy differs significantly from that of all other texts: the interval of the difference
    excludes 0. Intervals are Newcombe's for independent samples, with Bonferroni's correction for all shown slices, so
    that the family-wise error rate is at most 5 %. A slice with fewer than 20 texts outside it is not marked. Types
    with only one slice are left out, except for requested columns.
    """
    texts, scripts = sources.measured.texts, sources.measured_facts.scripts
    lengths = np.fromiter(map(len, texts), dtype=np.float64, count=len(texts))
    kinds = {
        SliceKind.LENGTH: _quartiles(lengths),
        SliceKind.SCRIPT: [Part(SCRIPTS[one][0], None, scripts == one) for one in np.unique(scripts).tolist()],
    }
    rates = oov_rates(sources)
    if rates is not None:
        kinds[SliceKind.OOV] = _quartiles(rates)
    kinds = {kind: parts for kind, parts in kinds.items() if len(parts) > 1}
    found = [_sliced(kind, parts, sources.hits) for kind, parts in kinds.items()]
    found = [one for one in found if one.slices]
    found += [_sliced(_kind(name), _parts_of(values), sources.hits) for name, values in sources.columns.items()]
    return _marked(found, sources.hits) if found else Unavailable("too-few", {"texts": len(texts)})


def _kind(column: str) -> str:
    """Return the name of a column, in quotes if it equals a built-in type."""
    return f'"{column}"' if column in BUILT_IN else column


def _quartiles(numbers: npt.NDArray[np.float64]) -> list[Part]:
    """Return slices at the quartiles of numbers; equal numbers are in the same slice."""
    edges = np.unique(np.quantile(numbers, [0.25, 0.5, 0.75], method="lower"))
    places = np.searchsorted(edges, numbers, side="left")
    parts = [places == place for place in np.unique(places).tolist()]
    return [Part("", (float(numbers[part].min()), float(numbers[part].max())), part) for part in parts]


def _parts_of(values: Sequence[object]) -> list[Part]:
    """Return slices by the values of a column, the most frequent first; many distinct numbers by quartiles."""
    names = [MISSING if _is_missing(value) else str(value).strip() for value in values]
    numbers = [_number(value) for value in values]
    known = np.array([not _is_missing(value) for value in values], dtype=np.bool_)
    are_numbers = known.any() and all(number is not None for number in np.array(numbers, dtype=object)[known])
    if are_numbers and len({number for number in numbers if number is not None}) > MOST_DISTINCT_NUMBERS:
        places = np.flatnonzero(known)
        parts = []
        for part in _quartiles(np.array([numbers[place] for place in places.tolist()], dtype=np.float64)):
            chosen = np.zeros(len(names), dtype=np.bool_)
            chosen[places[part.chosen]] = True
            parts.append(replace(part, chosen=chosen))
        return parts if known.all() else [*parts, Part(MISSING, None, ~known)]
    distinct = {name: number for number, name in enumerate(dict.fromkeys(names))}
    codes = np.array([distinct[name] for name in names])
    order = np.argsort(-np.bincount(codes), kind="stable")
    counts = np.bincount(codes)
    every = list(distinct)
    kept = [code for code in order.tolist() if counts[code] >= FEWEST_TEXTS][:MOST_SLICES]
    return [Part(every[code], None, codes == code) for code in kept]


def _is_missing(value: object) -> bool:
    if isinstance(value, float) and math.isnan(value):
        return True
    return value is None or (isinstance(value, str) and not value.strip())


def _number(value: object) -> float | None:
    if isinstance(value, bool) or _is_missing(value):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _sliced(kind: str, parts: list[Part], hits: Flags) -> SlicedColumn:
    shown = [part for part in parts if int(part.chosen.sum()) >= FEWEST_TEXTS]
    slices = [_slice(part, hits) for part in shown]
    if not any(part.bounds for part in shown):
        slices.sort(key=lambda one: -one.accuracy.samples)
    return SlicedColumn(kind, tuple(slices), len(hits) - sum(one.accuracy.samples for one in slices))


def _slice(part: Part, hits: Flags) -> Slice:
    return Slice(part.name, part.bounds, Share(int(hits[part.chosen].sum()), int(part.chosen.sum())))


def _marked(columns: list[SlicedColumn], hits: Flags) -> tuple[SlicedColumn, ...]:
    """Mark the slices whose accuracy differs significantly from that of all other texts."""
    count = sum(len(column.slices) for column in columns)

    def marked(one: Slice) -> Slice:
        others = len(hits) - one.accuracy.samples
        if others < FEWEST_TEXTS:
            return one
        rest = Share(int(hits.sum()) - one.accuracy.count, others)
        _, low, high = independent_difference(one.accuracy, rest, error=ERROR / count)
        return replace(one, difference=-1 if high < 0 else 1 if low > 0 else 0)

    return tuple(replace(column, slices=tuple(map(marked, column.slices))) for column in columns)
