"""Runs as text tables and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import islice

import numpy as np
import numpy.typing as npt
from rich.table import Table

from malmoi.cli.evaluation_tables import rendered
from malmoi.experiments.run_record import RunRecord
from malmoi.foundation.json_values import parsed_json
from malmoi.foundation.printable import printable
from malmoi.metrics.paired import PairedDifference, paired_difference

__all__ = ["compared", "difference", "listed", "run_json", "settings_of_run", "shown"]

COLUMNS = ("run", "started (UTC)", "command", "recipe", "data", "labelled", "score", "95 % interval", "seconds")
NUMBERS = ("run", "labelled", "seconds")
LONGEST_CELL, LONGEST_NAME, LONGEST_FAILURE, LONGEST_VALUE = 24, 40, 60, 2_000
"""Maximum characters shown in a table; a file of runs may come from another program and have long values."""
SHOWN_SETTINGS = 500
SHARES = ("accuracy", "exact match")
UNKNOWN = "-"


def listed(runs: Sequence[RunRecord]) -> str:
    """Return a table with one row per run."""
    table = Table(box=None, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in NUMBERS else "left")
    for run in runs:
        table.add_row(
            str(run.id),
            run.started[:16].replace("T", " "),
            run.command,
            printable(run.name, LONGEST_CELL),
            printable(run.data, LONGEST_CELL),
            f"{run.training_samples:,}",
            _score(run),
            _interval(run),
            f"{run.seconds:.2f}" if run.seconds < 10 else f"{run.seconds:.1f}",
        )
    return rendered(table)


def _number(run: RunRecord, value: float | None) -> str:
    if value is None:
        return UNKNOWN
    return f"{value:.1%}" if run.score_name in SHARES else f"{value:.4g}"


def _score(run: RunRecord) -> str:
    if run.failure is not None:
        return printable(f"failed: {run.failure}", LONGEST_FAILURE)
    return UNKNOWN if run.score is None else f"{_number(run, run.score)} {printable(run.score_name, LONGEST_CELL)}"


def _interval(run: RunRecord) -> str:
    if run.failure is not None:
        return ""
    return UNKNOWN if run.low is None else f"{_number(run, run.low)} to {_number(run, run.high)}"


def settings_of_run(run: RunRecord) -> dict[str, object]:
    """Return the settings of a run's recipe by path; empty for a model that continued training."""
    try:
        settings = parsed_json(run.recipe)["settings"]
    except (ValueError, KeyError, TypeError):
        return {}
    return dict(settings) if isinstance(settings, Mapping) else {}


def shown(run: RunRecord) -> list[tuple[str, str]]:
    """Return names and values of a run's record."""
    epochs = _epochs(run)
    rows: dict[str, object] = {
        "run": run.id,
        "started": f"{run.started.replace('T', ' ').removesuffix('Z')} (UTC)",
        "command": run.command,
        "recipe": run.name,
        "data": run.data,
        "checksum of the data": run.checksum,
        "seed": run.seed,
        "draw": run.draw,
        "labelled samples": f"{run.training_samples:,}",
        "validation samples": f"{run.validation_samples:,}",
        printable(run.score_name, LONGEST_CELL) or "score": _number(run, run.score),
        "95 % interval": _interval(run) if run.low is not None else None,
        "baseline": _number(run, run.baseline) if run.baseline is not None else None,
        "seconds": f"{run.seconds:.1f}",
        "prediction seconds": None if run.prediction_seconds is None else f"{run.prediction_seconds:.3g}",
        "model": run.output,
        "size": None if run.size_bytes is None else f"{run.size_bytes:,} bytes",
        "epochs": epochs,
        "failure": run.failure,
        "malmoi version": run.version,
    }
    known = settings_of_run(run)
    settings: dict[str, object] = {
        printable(f"setting {path}", LONGEST_NAME): json.dumps(value, ensure_ascii=False)
        for path, value in islice(known.items(), SHOWN_SETTINGS)
    }
    if len(known) > SHOWN_SETTINGS:
        settings["more settings"] = f"{len(known) - SHOWN_SETTINGS:,}; use --json to show them"
    return [(name, _shown(str(value))) for name, value in (rows | settings).items() if value not in (None, "")]


def _shown(value: str) -> str:
    """Return a value for a table, truncated with its length if it is long."""
    if len(value) <= LONGEST_VALUE:
        return value
    return f"{value[:LONGEST_VALUE]}... ({len(value):,} characters; use --json to show all)"


def _epochs(run: RunRecord) -> str | None:
    try:
        history = parsed_json(run.history or "null")
        kept = history["kept_epoch"]
        return f"{len(history['history']):,}{'' if kept is None else f', epoch {kept} was kept'}"
    except (ValueError, KeyError, TypeError):
        return None


def compared(runs: Sequence[RunRecord]) -> str:
    """Return a table with one column per run: scores, and the values that differ."""
    columns = [_compared(run) for run in runs]
    names = list(dict.fromkeys(name for column in columns for name in column))
    table = Table(box=None, pad_edge=False)
    table.add_column("run", style="bold")
    for run in runs:
        table.add_column(str(run.id))
    for name in names:
        cells = [column.get(name, UNKNOWN) for column in columns]
        if name in ALWAYS or len(set(cells)) > 1:
            table.add_row(name, *(printable(cell, LONGEST_FAILURE) for cell in cells))
    return rendered(table)


ALWAYS = ("recipe", "data", "score", "95 % interval")
"""Rows that are always shown, even if all values are equal."""
LEFT_OUT = ("run", "started", "epochs", *SHARES, "mean absolute error", "95 % interval", "failure", "recipe", "data")


def _compared(run: RunRecord) -> dict[str, str]:
    first = {"recipe": run.name, "data": run.data, "score": _score(run), "95 % interval": _interval(run) or UNKNOWN}
    return first | {name: value for name, value in shown(run) if name not in LEFT_OUT}


def difference(first: RunRecord, second: RunRecord) -> PairedDifference | None:
    """Return the accuracy of the second run minus that of the first, paired by text.

    Returns:
        The difference; `None` if the runs have different test sets, or their correct predictions are unknown.
    """
    same = first.checksum == second.checksum != "" and first.validation_samples == second.validation_samples
    hits = [_hits(run) for run in (second, first)]
    if not same or hits[0] is None or hits[1] is None:
        return None
    return paired_difference(hits[0], hits[1])


def _hits(run: RunRecord) -> npt.NDArray[np.bool_] | None:
    """Return the mask of texts that a run predicts correctly; `None` if it is unknown."""
    if run.hits is None or not run.validation_samples or len(run.hits) != -(-run.validation_samples // 8):
        return None
    return np.unpackbits(np.frombuffer(run.hits, np.uint8), count=run.validation_samples).astype(bool)


def run_json(run: RunRecord) -> dict[str, object]:
    """Return a run as a JSON object without `hits`, with recipe and history as objects."""
    values = asdict(run)
    del values["hits"]
    number = values.pop("id")
    for name in ("recipe", "history"):
        try:
            values[name] = parsed_json(values[name])
        except (ValueError, TypeError):
            values[name] = None
    return {"id": number, **values}
