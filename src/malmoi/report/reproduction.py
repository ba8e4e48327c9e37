"""Facts to reproduce a report."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime

from malmoi.experiments.comparison import Comparison
from malmoi.foundation.imports import import_keras
from malmoi.foundation.threads import thread_count
from malmoi.models.base import FittedModel
from malmoi.persistence.container import versions
from malmoi.report.facts import CorpusFacts, Reproduction
from malmoi.report.model_facts import model_seed

__all__ = ["libraries_of", "reproduction"]

KERAS = "keras"


def reproduction(
    model: FittedModel,
    data: tuple[CorpusFacts, ...],
    *,
    command: str,
    seed: int,
    checksums: Mapping[str, str],
    created: str | None,
    comparison: Comparison | None = None,
) -> Reproduction:
    """Return command, versions, seeds and checksums.

    Args:
        model: model, whose libraries and seed are included.
        data: data sets, whose checksums are included by role.
        command: command line or Python call.
        seed: random seed of the report.
        checksums: checksums of files by name.
        created: date, ISO 8601; `None`: today in UTC.
        comparison: comparison, whose libraries are included.
    """
    trained = model_seed(model)
    return Reproduction(
        command=command,
        versions={"python": platform.python_version(), **versions(libraries_of(model, comparison))},
        seeds={"report": seed, **({} if trained is None else {"model": trained})},
        checksums={**checksums, **{one.role: one.checksum for one in data}},
        created=datetime.now(UTC).date().isoformat() if created is None else created,
        threads=thread_count(),
    )


def libraries_of(model: FittedModel, comparison: Comparison | None) -> list[str]:
    """Return the libraries of a model and of the recipes of a comparison; Keras with its backend."""
    names = set(model.libraries)
    recipes = () if comparison is None else comparison.recipes.values()
    if any(recipe.kind.network is not None for recipe in recipes):
        names.add(KERAS)
    if KERAS in names:
        names.add(import_keras().backend.backend())
    return sorted(names)
