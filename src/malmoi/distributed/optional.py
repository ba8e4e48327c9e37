"""Import of the engines, each of which is an extra."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from malmoi.errors import MissingExtraError
from malmoi.foundation.log import logger

__all__ = ["import_engine"]

TESTED: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "ray": ((2, 49), (2, 60)),
    "daft": ((0, 6), (0, 7)),
    "duckdb": ((1, 4), (2, 0)),
    "pyspark": ((4, 0), (4, 3)),
}
"""Lowest and highest release (major, minor) of each engine with which the tests ran."""
_warned: set[str] = set()


def import_engine(name: str, what: str, *, package: str | None = None) -> Any:
    """Import a module of an engine; log a warning, once, if its release was not tested.

    Args:
        name: the module, such as "ray.data".
        what: what needs it, for the error.
        package: the name under which it is installed, such as "ray[data]"; by default that of the module.

    Raises:
        MissingExtraError: it is not installed.
    """
    top = name.partition(".")[0]
    try:
        module = import_module(name)
    except ImportError as error:
        extras = {"ray": "'malmoi[ray]'", "daft": "'malmoi[daft]'"}
        raise MissingExtraError(f"{what} needs {top}; pip install {extras.get(top, package or top)}") from error
    _warn_of_untested(top)
    return module


def _warn_of_untested(name: str) -> None:
    if name not in TESTED:
        return
    try:
        found = version(name)
        numbers = found.split(".")[:2]
        release = (int(numbers[0]), int(numbers[1]))
    except (PackageNotFoundError, ValueError, IndexError):
        return
    lowest, highest = TESTED[name]
    if not lowest <= release <= highest and name not in _warned:
        _warned.add(name)
        tested = f"{lowest[0]}.{lowest[1]} to {highest[0]}.{highest[1]}"
        logger.warning("%s %s is not tested with this version of malmoi, %s are", name, found, tested)
