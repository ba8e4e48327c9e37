"""`malmoi train --series` and `malmoi predict` for tables of numbers in time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from malmoi.classifiers import SeriesClassifier, SeriesRegressor
from malmoi.cli.console import ProgressBars, UsageError, answers, print_table, refused_options
from malmoi.cli.mistakes import telling_what_is_written
from malmoi.cli.networks import NetworkOptions, made_network
from malmoi.metrics import Share, majority_class
from malmoi.output import refuse_existing
from malmoi.series_tables import read_series

__all__ = ["SeriesRequest", "train_series"]


@dataclass(frozen=True)
class SeriesRequest:
    """The options of `malmoi train --series`."""

    data: Path
    output: Path
    network: NetworkOptions
    regression: bool = False
    missing: str = "refuse"
    validation: float = 0.2
    optimizer: str = "adam"
    learning_rate: float | None = None
    epochs: int = 20
    batch_size: int = 32
    seed: int = 0
    patience: int | None = None
    class_weight: str | None = None
    precision: str = "float32"
    checkpoint: Path | None = None
    label_column: str | None = None
    id_column: str | None = None
    force: bool = False
    summary: bool = False


def train_series(request: SeriesRequest) -> SeriesClassifier | SeriesRegressor:
    """Train as asked; prints the result, writes the model and its curves."""
    start = time.perf_counter()
    curves = request.output.with_suffix(".png")
    if curves == request.output:
        raise UsageError(f"--output must not end in .png, the suffix of the curves beside it, got {request.output}")
    refuse_existing(request.output, overwrite=request.force)
    refuse_existing(curves, overwrite=request.force)
    with refused_options():
        if not 0 <= request.validation < 1:
            raise UsageError(f"--validation must be a share below 1 with --series, got {request.validation:g}")
        model = _untrained(request)
        model.check_settings()
    with telling_what_is_written(request.output, curves), ProgressBars() as progress:
        table = read_series(request.data, label_column=request.label_column, id_column=request.id_column)
        with refused_options():
            targets: Any = np.asarray(table.labels, dtype=np.float64) if request.regression else table.labels
            model.fit(
                table.series, targets, validation=request.validation or None, checkpoint=request.checkpoint,
                progress=progress,
            )  # fmt: skip
        model.save(request.output, overwrite=request.force)
        model.history_.plot(curves)
    if request.summary:
        model.network_.summary(print_fn=answers.print)
    answers.print(str(model.history_), markup=False)
    rows = _rows(model, len(table.series), targets)
    rows += [("seconds", f"{time.perf_counter() - start:.1f}"), ("model", request.output), ("curves", curves)]
    print_table("", rows)
    return model


def _untrained(request: SeriesRequest) -> SeriesClassifier | SeriesRegressor:
    network = made_network(request.network)
    settings: dict[str, Any] = {
        name: getattr(request, name)
        for name in ("optimizer", "learning_rate", "epochs", "batch_size", "seed", "patience", "precision")
    }
    if request.regression:
        if request.class_weight is not None:
            raise UsageError("--class-weight goes without --regression, which has no classes")
        return SeriesRegressor(network, request.missing, **settings)
    return SeriesClassifier(network, request.missing, class_weight=request.class_weight, **settings)


def _rows(model: SeriesClassifier | SeriesRegressor, samples: int, targets: Any) -> list[tuple[str, object]]:
    kept = model.history_.kept
    shape = f"{samples:,} of up to {model.length_} steps and {model.n_features_in_} features"
    rows: list[tuple[str, object]] = [("series", shape), ("parameters", f"{model.network_.count_params():,}")]
    if isinstance(model, SeriesRegressor):
        rows.append(("training error", f"{kept.error:.4g}"))
        if kept.validation_error is not None:
            rows.append(("validation error", f"{kept.validation_error:.4g} (mean, absolute)"))
        spread = np.abs(targets - np.median(targets, axis=0)).mean()
        return [*rows, ("always the median", f"{spread:.4g}")]
    rows.append(("classes", ", ".join(str(label) for label in model.classes_)))
    rows.append(("training accuracy", f"{kept.accuracy:.1%}"))
    if kept.validation_accuracy is not None:
        looked_at = model.validation_samples_
        rows.append(("validation accuracy", Share(round(kept.validation_accuracy * looked_at), looked_at)))
    label, share = majority_class(np.asarray(targets))
    return [*rows, ("always the same", f'{share.value:.1%} ("{label}")')]
