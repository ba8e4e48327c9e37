"""What the processes of `distributed.py` and `distributed_memory.py` do; each prints lines of JSON.

    PYTHON benchmarks/distributed_work.py WORK ARGUMENTS

ARGUMENTS is a JSON object. A process opens its model, prints `{"ready": SECONDS}`, and waits for a line on its standard
input before the work that is timed. `fasttext` needs fastText and NumPy; the others need malmoi and PyArrow, `ray` Ray.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BATCH_ROWS = 8_192
BEGAN = time.perf_counter()
Run = dict[str, Any]


def ready() -> None:
    """Say that the work can begin, and wait for the word."""
    print(json.dumps({"ready": time.perf_counter() - BEGAN}), flush=True)
    sys.stdin.readline()


def one_thread() -> None:
    """Let PyArrow use one thread, as a worker has one core; Polars gets its number from the environment."""
    import pyarrow as pa

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def batches(path: str, rows: int = BATCH_ROWS) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=rows, use_threads=False)


def plain(model: str, files: list[str], output: str) -> Run:
    """Score Parquet files in this process: the id and the predictions of every row, a file for a file."""
    import pyarrow.parquet as pq

    from malmoi.distributed import Scorer

    one_thread()
    scorer = Scorer(model, keep=["id"])
    _ = scorer.model
    ready()
    start, texts = time.perf_counter(), 0
    for path in files:
        writer = None
        for batch in batches(path):
            found, texts = scorer(batch), texts + batch.num_rows
            if writer is None:
                writer = pq.ParquetWriter(Path(output) / Path(path).name, found.schema, compression="zstd")
            writer.write_batch(found)
        if writer is not None:
            writer.close()
    return {"seconds": time.perf_counter() - start, "texts": texts}


def usual(model: str, files: list[str], output: str) -> Run:
    """The usual way: fastText's model, JSON lines, one document a call."""
    from importlib import import_module
    from importlib.metadata import packages_distributions, version
    from importlib.util import find_spec

    name = next(name for name in ("fasttext", "fasttext_new") if find_spec(name))
    opened = import_module(name).load_model(model)
    ready()
    start, texts, predicting = time.perf_counter(), 0, 0.0
    for path in files:
        with open(path, encoding="utf-8") as lines, (Path(output) / Path(path).name).open("w") as file:
            for line in lines:
                row = json.loads(line)
                before = time.perf_counter()
                labels, probabilities = opened.predict(row["text"].replace("\n", " "))
                predicting += time.perf_counter() - before
                found = {"id": row["id"], "label": labels[0], "probability": round(float(probabilities[0]), 6)}
                file.write(json.dumps(found) + "\n")
                texts += 1
    distribution = packages_distributions()[name][0]
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "predicting": predicting,
        "texts": texts,
        "title": f"{distribution} {version(distribution)}",
    }


def started_ray(cpus: int) -> Any:
    import logging

    import ray

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=cpus, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray


def ray_data(model: str, folder: str, output: str, workers: int) -> Run:
    """Score with Ray Data; the cluster is started before, a few texts have warmed up the workers.

    The folder is named, not its files: without aiohttp, Ray 2.60 fails now and then if it looks at several paths in
    its threads, as each of them tries to import it.
    """
    import ray.data

    import malmoi as mm

    ray = started_ray(workers)
    warm = ray.data.read_parquet(f"{Path(folder).parent}/few", override_num_blocks=2 * workers)
    mm.distributed.ray.predict(warm, model, keep=["id"]).materialize()
    ready()
    start = time.perf_counter()
    found = mm.distributed.ray.predict(ray.data.read_parquet(folder), model, keep=["id"])
    found.write_parquet(output)
    seconds = time.perf_counter() - start
    import pyarrow.parquet as pq

    texts = sum(pq.read_metadata(path).num_rows for path in Path(output).glob("*.parquet"))
    title = f"Ray {ray.__version__}"
    ray.shutdown()
    return {"seconds": seconds, "texts": texts, "title": title}


def nothing(item: int) -> int:
    return item


def ray_tasks(tasks: int, workers: int) -> Run:
    """Seconds of the driver per task of `RayEngine`, for tasks that do nothing."""
    from malmoi.distributed.ray import RayEngine

    ray = started_ray(workers)
    engine = RayEngine()
    list(engine.run(nothing, range(200), lambda: None))
    ready()
    start, cpu = time.perf_counter(), time.process_time()
    done = sum(1 for _ in engine.run(nothing, range(tasks), lambda: None))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    title = f"Ray {ray.__version__}"
    ray.shutdown()
    return {"seconds": seconds, "driver_seconds": cpu, "tasks": done, "title": title}


def train(data: str, bag: str, vectors: str) -> Run:
    """Train the models: a bag of words with a linear classifier, and one of fastText's kind."""
    import polars as pl

    import malmoi as mm

    rows = pl.read_parquet(Path(data) / "imdb-train.parquet")
    texts, labels = rows["text"], rows["label"].to_list()
    mm.BagClassifier(calibration=None).fit(texts, labels).save(bag, overwrite=True)
    model = mm.FastTextClassifier(dimension=10, epochs=5, learning_rate=0.5, ngrams=2, seed=1, calibration=None)
    model.fit(texts.to_list(), labels).export_fasttext(vectors, overwrite=True)
    ready()
    return {"title": f"malmoi {mm.__version__}"}


def status(name: str) -> float:
    """Return a size of this process in MB, as Linux tells it."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 / 1e6 for line in file if line.startswith(f"{name}:"))


def batch_of(files: list[str], megabytes: float) -> Any:
    """Read one record batch with at least so many megabytes of text, or the last rows there are."""
    import pyarrow as pa

    parts, size = [], 0.0
    for path in files:
        for batch in batches(path, 512):
            parts.append(batch)
            size += batch["text"].nbytes / 1e6
            if size >= megabytes:
                return pa.Table.from_batches(parts).combine_chunks().to_batches()[0]
    return pa.Table.from_batches(parts).combine_chunks().to_batches()[0]


def warm_up() -> None:
    """Score a text with small models of both kinds, so that everything is imported."""
    import tempfile

    import pyarrow as pa

    import malmoi as mm
    from malmoi.distributed import Scorer

    one_thread()
    texts, labels = ["good film", "dull film"] * 5, ["pos", "neg"] * 5
    small = mm.FastTextClassifier(dimension=2, buckets=100, epochs=1, calibration=None).fit(texts, labels)
    with tempfile.TemporaryDirectory() as folder:
        small.export_fasttext(Path(folder) / "small.bin")
        mm.BagClassifier(calibration=None).fit(texts, labels).save(Path(folder) / "small.malmoi")
        for name in ("small.bin", "small.malmoi"):
            Scorer(Path(folder) / name)(pa.table({"text": ["good"]}))


def memory(model: str, files: list[str], megabytes: float, batches: int) -> Run:
    """Score batches that are read from an Arrow file; the peak above that of an idle worker."""
    import tempfile

    import pyarrow as pa

    from malmoi.distributed import Scorer

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.arrow"
        size = stored_batch(files, megabytes, path)
        warm_up()
        ready()
        idle = status("VmRSS")
        scorer = Scorer(model, keep=["id"])
        _ = scorer.model
        opened = status("VmRSS") - idle
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        for _ in range(batches):
            with pa.OSFile(str(path)) as file:
                table = pa.ipc.open_file(file).get_batch(0)
                scorer(table)
                del table
        return {"idle": idle, "opened": opened, "batch": size, "peak": status("VmHWM") - idle}


def stored_batch(files: list[str], megabytes: float, path: Path) -> float:
    """Write one batch to a file, in a process of its own, whose memory ends with it; return its size in MB."""
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(store_batch, (files, megabytes, path))


def store_batch(files: list[str], megabytes: float, path: Path) -> float:
    import pyarrow as pa

    batch = batch_of(files, megabytes)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, batch.schema) as writer:
        writer.write_batch(batch)
    return batch.nbytes / 1e6


def hold(model: str, files: list[str], megabytes: float, batches: int) -> Run:
    """Score a batch and stay, until the next line on the standard input."""
    import pyarrow as pa

    from malmoi.distributed import Scorer

    warm_up()
    ready()
    scorer = Scorer(model, keep=["id"])
    for _ in range(batches):
        scorer(batch_of(files, megabytes))
    pa.default_memory_pool().release_unused()
    print(json.dumps({"held": True}), flush=True)
    sys.stdin.readline()
    return {}


def convert(model: str, output: str) -> Run:
    """Save a model of fastText as malmoi does."""
    import malmoi as mm

    mm.FastTextClassifier.open(model).save(output)
    return {"size": Path(output).stat().st_size}


WORKS = {"plain": plain, "usual": usual, "ray_data": ray_data, "ray_tasks": ray_tasks, "train": train}
WORKS |= {"memory": memory, "hold": hold, "convert": convert}


def main() -> None:
    work, arguments = sys.argv[1:]
    print(json.dumps(WORKS[work](**json.loads(arguments))), flush=True)


if __name__ == "__main__":
    main()
