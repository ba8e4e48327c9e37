"""Training on a GPU that JAX sees: seconds an epoch, how busy the device is, to a million texts; else it says so.

    python benchmarks/gpu.py ../shared/data [--sizes 10000 100000 1000000]

The texts are the IMDB training reviews, repeated with one word changed, 200 words each; batch 512; float32, bfloat16.
How busy the device is: the mean of what `nvidia-smi` samples ten times a second during the epochs after the first.
"""

import argparse
import os
import statistics
import subprocess
import threading
from pathlib import Path

import numpy as np

import malmoi as mm
from malmoi.foundation.imports import import_keras
from malmoi.models.neural.networks import Plan, build_model
from malmoi.models.neural.samples import Samples
from malmoi.models.neural.settings import TrainingSettings
from malmoi.models.neural.training import fit

WORDS, LENGTH, EPOCHS, BATCH = 20_000, 200, 4, 512
NETWORKS = {
    "average": mm.Average(),
    "conv": mm.Conv(100, (3, 4, 5)),
    "lstm": mm.Recurrent("lstm", 64),
    "gru": mm.Recurrent("gru", 64),
}


class Watch:
    """Samples how busy the device is, from `start` on."""

    def __init__(self) -> None:
        command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.shares: list[float] = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self) -> None:
        for line in self.process.stdout:
            self.shares.append(float(line))

    def stop(self) -> float:
        self.process.terminate()
        self.thread.join()
        return statistics.mean(self.shares) if self.shares else float("nan")


def samples_of(data: Path, count: int) -> Samples:
    reviews = mm.read_corpus(data / "imdb-train.parquet")
    ids = mm.SequenceVectorizer(mm.Words(), WORDS, LENGTH).fit_transform(reviews.texts)
    targets = (np.asarray(reviews.labels) == "pos").astype(np.int32)
    random = np.random.default_rng(0)
    rows = np.arange(count) % len(ids)
    ids, targets = ids[rows].copy(), targets[rows]
    ids[np.arange(count), LENGTH - 1] = random.integers(2, WORDS, count)
    return Samples((ids,), targets, lengths=np.count_nonzero(ids, axis=1), pad_left=True)


def measure(name: str, samples: Samples, precision: str) -> str:
    plan = Plan(NETWORKS[name], WORDS, LENGTH, 100, 1, "sigmoid", precision=precision)
    watch: list[Watch] = []

    def heard(step: str, done: int, total: int) -> None:
        if done == 1:
            watch.append(Watch())

    history = fit(
        build_model(plan),
        samples,
        None,
        TrainingSettings("rmsprop", None, EPOCHS, BATCH, 0, None, None),
        progress=heard,
    )
    seconds = [row.seconds for row in history.rows]
    busy = watch[0].stop()
    return f"{statistics.median(seconds[1:]):.3g} | {seconds[0]:.3g} | {busy:.0f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options = parser.parse_args()
    import_keras()
    import jax

    devices = [device for device in jax.devices() if device.platform == "gpu"]
    if not devices:
        print(f"skipped: JAX sees no GPU here, only {jax.devices()[0].platform}")
        return
    if not (options.data / "imdb-train.parquet").exists():
        print(f"skipped: {options.data / 'imdb-train.parquet'} is not there")
        return
    print(f"{devices[0].device_kind}, JAX {jax.__version__}, {os.cpu_count()} cores\n")
    print("| network | texts | precision | seconds an epoch | first epoch | device busy |\n|---|---|---|---|---|---|")
    for count in options.sizes:
        samples = samples_of(options.data, count)
        for name in NETWORKS:
            for precision in ("float32", "bfloat16"):
                print(f"| {name} | {count:,} | {precision} | {measure(name, samples, precision)} |", flush=True)


if __name__ == "__main__":
    main()
