"""Texts a second of every adapter of `malmoi.distributed`, beside the scorer called directly, on one core.

Needs the packages of the engines; one that is missing is left out. Every way gets the same Arrow table in memory, and
returns a table; its result is compared with that of the scorer.

    taskset -c 0 python benchmarks/distributed_adapters.py DATA
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

import malmoi as mm

REPEATS = 5


def scored_here(table: Any, model: Path) -> Any:
    return mm.distributed.Scorer(model)(table)


def with_polars(table: Any, model: Path) -> Any:
    import polars as pl

    return mm.distributed.polars.predict(pl.from_arrow(table), model).to_arrow()


def with_polars_streaming(table: Any, model: Path) -> Any:
    import polars as pl

    return mm.distributed.polars.predict(pl.from_arrow(table).lazy(), model).collect(engine="streaming").to_arrow()


def with_duckdb(table: Any, model: Path) -> Any:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.register("reviews", table)
        mm.distributed.duckdb.register(connection, model)
        return connection.sql("SELECT *, unnest(malmoi_predict(text)) FROM reviews").to_arrow_table()


def with_daft(table: Any, model: Path) -> Any:
    import daft

    return mm.distributed.daft.predict(daft.from_arrow(table), model).to_arrow()


def with_spark(table: Any, model: Path) -> Any:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    return mm.distributed.spark.predict(session.createDataFrame(table), model).toArrow()


def with_spark_alone(table: Any, _: Path) -> Any:
    """Send the table to a Python worker and back, without a prediction."""
    from pyspark.sql import SparkSession

    frame = SparkSession.builder.getOrCreate().createDataFrame(table)
    return frame.mapInArrow(unchanged, frame.schema).toArrow()


def unchanged(batches: Any) -> Any:
    yield from batches


WAYS: dict[str, tuple[str, Callable[[Any, Path], Any]]] = {
    "Scorer": ("pyarrow", scored_here),
    "Polars": ("polars", with_polars),
    "Polars, streaming": ("polars", with_polars_streaming),
    "DuckDB": ("duckdb", with_duckdb),
    "Daft": ("daft", with_daft),
    "Spark": ("pyspark", with_spark),
    "Spark, no prediction": ("pyspark", with_spark_alone),
}


def start_spark() -> None:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder.config("spark.driver.host", "127.0.0.1").getOrCreate().sparkContext.setLogLevel("OFF")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with imdb-train.parquet and imdb-test.parquet")
    folder = parser.parse_args().data
    training = pq.read_table(folder / "imdb-train.parquet")
    table = pq.read_table(folder / "imdb-test.parquet", columns=["text"])
    with tempfile.TemporaryDirectory() as place:
        model = mm.BagClassifier().fit(training["text"], training["label"].to_pylist()).save(Path(place) / "m.malmoi")
        wanted = scored_here(table, model)
        if find_spec("pyspark"):
            start_spark()
        ways = {name: way for name, (package, way) in WAYS.items() if find_spec(package)}
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        processor: dict[str, list[float]] = {name: [] for name in ways}
        for repeat in range(REPEATS + 1):  # the first opens the model and starts the workers
            for name, way in ways.items():
                start, work = time.perf_counter(), time.process_time()
                found = way(table, model)
                if repeat:
                    seconds[name].append(time.perf_counter() - start)
                    processor[name].append(time.process_time() - work)
                if found.num_columns == wanted.num_columns:
                    assert found.cast(wanted.schema).to_pylist() == wanted.to_pylist(), name
    size = pa.compute.sum(pa.compute.binary_length(table["text"])).as_py() / 1e6
    print(f"{table.num_rows} reviews, {size:.1f} MB; the fastest of {REPEATS}; speed as a part of the scorer's")
    print("CPU seconds are those of this process, without the Java runtime and the worker of Spark")
    for name, each in seconds.items():
        best = min(each)
        part = min(seconds["Scorer"]) / best
        rate = table.num_rows / best
        print(f"{name:22} {best:6.2f} s {rate:9,.0f} texts/s {part:6.2f} {min(processor[name]):6.2f} CPU s")


if __name__ == "__main__":
    main()
