"""One line of `train.py`: our loop."""

import json
import statistics
import sys
import time

import numpy as np

import malmoi as mm
from malmoi.networks import Output, Plan, build_model
from malmoi.training import Samples, TrainingSettings, fit

NETWORKS = {
    "flatten 1": mm.Flatten(),
    "flatten 2": mm.Flatten(hidden=32),
    "average": mm.Average(),
    "conv": mm.Conv(100, (3, 4, 5)),
    "lstm": mm.Recurrent("lstm", 64),
    "gru": mm.Recurrent("gru", 64),
}
name, path, rows, dimension, batch, epochs = sys.argv[1:]
data = np.load(path)
import keras  # noqa: E402, F401 -- imported beforehand, as for the peers

network = NETWORKS[name]
start = time.perf_counter()
plan = Plan(network, int(rows), data["ids"].shape[1], int(dimension), Output("class", 2), name != "flatten 2")
lengths = np.count_nonzero(data["ids"], axis=1) if plan.masked else None
samples = Samples((data["ids"],), data["targets"], None, lengths, pad_left=True)
first = []
history = fit(
    build_model(plan), samples, None, TrainingSettings(epochs=int(epochs), batch_size=int(batch)),
    progress=lambda *_: first.append(time.perf_counter() - start),
)  # fmt: skip
print(json.dumps({"first": first[0], "epoch": statistics.median(row.seconds for row in history.rows[1:])}))
