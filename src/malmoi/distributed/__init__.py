"""Prediction and training on the engines of clusters: Ray, Daft, Spark; also Polars, DuckDB and plain processes."""

from importlib import import_module as _import_module

from malmoi.distributed.near_duplicates import near_duplicates
from malmoi.distributed.scorer import Scorer
from malmoi.foundation.engines import Processes

__all__ = ["Processes", "Scorer", "near_duplicates"]

_ADAPTERS = ("daft", "duckdb", "polars", "ray", "spark")
"""Modules that need an engine, which are imported when they are used."""


def __getattr__(name: str) -> object:
    if name in _ADAPTERS:
        return _import_module(f"malmoi.distributed.{name}")
    raise AttributeError(f"module 'malmoi.distributed' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *_ADAPTERS]
