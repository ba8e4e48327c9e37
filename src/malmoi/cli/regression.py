"""`malmoi train --task regression`: from a table of texts with numbers to a model that predicts numbers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from malmoi.cli.console import ProgressBars, print_table
from malmoi.cli.mistakes import telling_what_is_written
from malmoi.cli.options import option_names
from malmoi.cli.pictures import NO_MATPLOTLIB, can_draw, draw_numbers
from malmoi.cli.reading import read_as_asked
from malmoi.cli.training_options import Request
from malmoi.cli.usage import UsageError
from malmoi.experiments.numbers import run_numbers
from malmoi.models.base import ModelEstimator

__all__ = ["train_numbers"]


def train_numbers(request: Request, parts: Mapping[str, Any], reading: Mapping[str, Any]) -> ModelEstimator[Any]:
    """Train as asked; prints the result, writes the model and a picture."""
    for name in ("labels", "balanced"):
        if name in parts:
            raise UsageError(f"--{name} goes with labels, not with numbers; leave it out")
    if "group_column" in reading:
        raise UsageError("--group-column goes with labels, not with numbers; leave it out")
    start, options = time.perf_counter(), request.options
    if options.unlabelled:
        raise UsageError("--unlabelled goes with labels, not with numbers; leave it out")
    request.check_outputs()
    with telling_what_is_written(request.output, request.curves), ProgressBars() as progress:
        data = read_as_asked(request.data, reading, progress=progress, overwrite=options.force, others=[request.output])
        texts, numbers = data.texts, data.numbers()
        with option_names((), ("validation",)):
            result, measured = run_numbers(
                request.recipe,
                texts,
                numbers,
                validation=parts.get("validation", 0.2),
                refit=options.refit,
                progress=progress,
            )
        estimator = result.model
        estimator.fitted_ = estimator.fitted.with_text_columns(data.report.text_columns)
        estimator.save(request.output, overwrite=options.force, examples=None if options.examples else [])
        written: list[tuple[str, object]] = [("model", request.output)]
        if result.measured is not None and len(measured) > 1 and can_draw():
            some = [texts[place] for place in measured], [numbers[place] for place in measured]
            draw_numbers(result.measured, *some, request.curves)
            written.append(("picture", request.curves))
        elif len(measured) > 1:
            written.append(("picture", NO_MATPLOTLIB))
    rows = [("texts", f"{len(texts):,} with numbers"), *estimator.fitted.summary(), *result.rows()[3:-1]]
    print_table("", [*rows, ("seconds", f"{time.perf_counter() - start:.1f}"), *written])
    return estimator
