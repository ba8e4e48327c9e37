"""The arguments that all adapters share: the model, and the settings of its scorer."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence

from malmoi.distributed.scorer import Scorer
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["as_scorer", "check_column_case", "kept_columns", "scorer_with", "type_name"]


def as_scorer(
    model: str | os.PathLike[str] | Scorer,
    text_column: str | None = None,
    *,
    reject_below: float | None = None,
    prefix: str | None = None,
    keep: Sequence[str] | None = None,
    threads: int | None = 1,
) -> Scorer:
    """Return a scorer: the one given, or one for a model file with the settings given.

    Args:
        model: model file, or a scorer.
        text_column: the column of texts; `None`: "text", or that of the scorer.
        reject_below: probability below which the label is null; `None`: that of the model or scorer.
        prefix: put before the names of the new columns; `None`: nothing, or that of the scorer.
        keep: columns to return, besides the new ones; `None`: all, or those of the scorer.
        threads: number of threads of a call for a model file; `None`: all cores. A scorer has its own.

    Raises:
        TypeError: `model` is neither, or another argument has the wrong type.
        ValueError: a setting is given besides a scorer, or out of range.
    """
    if isinstance(model, Scorer):
        settings = {"text_column": text_column, "reject_below": reject_below, "prefix": prefix, "keep": keep}
        for name, value in settings.items():
            if value is not None:
                raise ValueError(f"{name} must be left out where model is a Scorer, which has its own, got {value!r}")
        return model
    if not isinstance(model, str | os.PathLike):
        cure = "save an estimator first: model.save(path)"
        raise TypeError(f"model must be the path of a model file or a Scorer, got {shorten(model)}; {cure}")
    column = "text" if text_column is None else text_column
    start = "" if prefix is None else prefix
    return Scorer(model, column, reject_below=reject_below, prefix=start, keep=keep, threads=threads)


def scorer_with(scorer: Scorer, *, path: str | None = None, keep: Sequence[str] | None = None) -> Scorer:
    """Return a scorer with other kept columns, or for a copy of its model file.

    Args:
        scorer: the scorer, which is not changed.
        path: where the copy is, whose identity is not checked again; `None`: the file of the scorer.
        keep: columns to return besides the new ones; `None`: as it is.
    """
    changed = copy.copy(scorer)
    if path is not None:
        object.__setattr__(changed, "path", path)
        object.__setattr__(changed, "identity", None)
    if keep is not None:
        object.__setattr__(changed, "keep", tuple(keep))
    return changed


def kept_columns(scorer: Scorer, names: Sequence[str]) -> list[str]:
    """Return the columns of a table that the scorer keeps, before any row is read; opens the model.

    Args:
        scorer: the scorer.
        names: names of the columns of the table.

    Raises:
        DataError: a column is missing, or a new column has the name of one that is kept.
    """
    kept = scorer._kept(names)
    scorer._check_names(list(scorer.new_columns), kept)
    return kept


def type_name(value: object) -> str:
    """Return the name of a type with its package, as several libraries have a `DataFrame`."""
    kind = type(value)
    return f"{kind.__module__.partition('.')[0]}.{kind.__name__}"


def check_column_case(engine: str, names: Sequence[str]) -> None:
    """Check that names differ in more than upper and lower case, for engines that do not distinguish these.

    Args:
        engine: name of the engine, for the error.
        names: names of all columns of the result.

    Raises:
        DataError: two names are equal but for case.
    """
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            rule = f"{engine} does not distinguish upper and lower case, got the columns {other!r} and {name!r}"
            raise DataError(f"{rule}; rename one of them, or the classes of the model")
