"""Prediction in DuckDB: a function over texts for the SQL of a connection."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from malmoi.distributed.arguments import as_scorer, check_column_case
from malmoi.distributed.optional import import_engine
from malmoi.distributed.scorer import Scorer
from malmoi.distributed.structs import StructScorer
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["register"]


def register(
    connection: DuckDBPyConnection,
    model: str | os.PathLike[str] | Scorer,
    name: str = "malmoi_predict",
    *,
    reject_below: float | None = None,
    prefix: str | None = None,
    threads: int | None = 1,
) -> None:
    """Register a function for SQL: from a text to a struct of the label and the probabilities.

    `SELECT *, unnest(malmoi_predict(review)) FROM reviews` gives a table with the new columns. The function lives as
    long as the connection, and is not stored in a database file. DuckDB calls it with 2,048 texts at once.

    Args:
        connection: connection of DuckDB.
        model: model file, or a scorer, whose settings are then not given here; its `text_column` and `keep` have no
            effect.
        name: name of the function.
        reject_below: probability below which the label is null, 0 to 1; `None`: that of the model.
        prefix: put before the names of the fields; `None`: nothing.
        threads: number of threads of a call for a model file; 1, as DuckDB calls it from several; `None`: all cores.

    Raises:
        MissingExtraError: DuckDB or PyArrow is not installed.
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range, or a setting is given besides a scorer.
        DataError: this machine does not see the model, or two fields differ only in upper and lower case.
        FormatError: the model file is damaged, or the model is not one of texts.

    Example:
        >>> connection = duckdb.connect()  # doctest: +SKIP
        >>> mm.distributed.duckdb.register(connection, "films.malmoi")  # doctest: +SKIP
        >>> connection.sql("SELECT number, malmoi_predict(review).label FROM 'reviews.parquet'")  # doctest: +SKIP
    """
    duckdb = import_engine("duckdb", "prediction with DuckDB")
    import_engine("pyarrow", "prediction with DuckDB")
    if not isinstance(connection, duckdb.DuckDBPyConnection):
        raise TypeError(f"connection must be a connection of DuckDB, got {type(connection).__name__}")
    if not isinstance(name, str) or not name:
        raise TypeError(f"name must be a str of 1 character or more, got {shorten(name)}")
    structs = StructScorer(as_scorer(model, reject_below=reject_below, prefix=prefix, threads=threads))
    fields = {one.name: _type(connection, one.type) for one in structs.schema}
    check_column_case("DuckDB", list(fields))
    kind = connection.struct_type(fields)
    text = connection.type("VARCHAR")
    connection.create_function(name, structs, [text], kind, type="arrow", null_handling="special")


def _type(connection: Any, kind: Any) -> Any:
    """Return the type of DuckDB for a type of PyArrow."""
    import pyarrow as pa

    if pa.types.is_list(kind):
        return connection.list_type(_type(connection, kind.value_type))
    names = {"string": "VARCHAR", "int64": "BIGINT", "bool": "BOOLEAN", "double": "DOUBLE", "float": "FLOAT"}
    return connection.type(names[str(kind)])
