"""The options `--engine` and `--workers`: where the work of a command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from malmoi.cli.usage import UsageError
from malmoi.foundation.engines import Engine, Processes
from malmoi.foundation.validation import check_number, shorten

__all__ = ["ENGINES", "EngineOption", "WorkersOption", "engine_of"]

ENGINES = ("processes", "ray")
EngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="Where the work runs: processes (of this machine) or ray (the cluster of RAY_ADDRESS, or this machine).",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        help="With --engine: number of parallel processes, or of tasks at once; default: all cores are used.",
    ),
]


def engine_of(name: str | None, workers: int | None) -> Engine | None:
    """Return the engine of the options `--engine` and `--workers`; `None` if `name` is `None`.

    Args:
        name: value of `--engine`.
        workers: value of `--workers`; `None`: all cores are used.

    Raises:
        UsageError: the engine is unknown, the number is below 1, or it is given without an engine.
    """
    if name is None:
        if workers is not None:
            raise UsageError("--workers has no effect without --engine; leave it out, or add --engine processes")
        return None
    if name not in ENGINES:
        raise UsageError(f"--engine must be {' or '.join(ENGINES)}, got {shorten(name)}")
    if workers is not None:
        try:
            check_number("--workers", workers, 1)
        except ValueError as error:
            raise UsageError(str(error)) from error
    if name == "processes":
        return Processes(workers)
    from malmoi.distributed.ray import RayEngine  # a module that only this engine needs

    return RayEngine(workers)
