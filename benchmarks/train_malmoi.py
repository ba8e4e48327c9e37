"""One line of `train.py`: our loop."""

import json
import statistics
import sys
import time

import numpy as np

import malmoi as mm
from malmoi.models.neural.networks import Plan, build_model
from malmoi.models.neural.samples import Samples
from malmoi.models.neural.settings import TrainingSettings
from malmoi.models.neural.training import fit

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
plan = Plan(network, int(rows), data["ids"].shape[1], int(dimension), 1, "sigmoid", name != "flatten 2")
lengths = np.count_nonzero(data["ids"], axis=1) if plan.masked else None
samples = Samples((data["ids"],), data["targets"], lengths=lengths, pad_left=True)
first = []
history = fit(
    build_model(plan),
    samples,
    None,
    TrainingSettings("rmsprop", None, int(epochs), int(batch), 0, None, None),
    progress=lambda *_: first.append(time.perf_counter() - start),
)
print(json.dumps({"first": first[0], "epoch": statistics.median(row.seconds for row in history.rows[1:])}))
