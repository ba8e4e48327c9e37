"""Children of a process that has loaded, predicted or trained: they predict, or say at once that they cannot train."""

import os
import subprocess
import sys

import numpy as np
import pytest

import malmoi as mm

TEXTS, LABELS = ["so good", "good film", "so bad", "bad film"] * 6, ["pos", "pos", "neg", "neg"] * 6
EVERY_KIND = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import numpy as np
import malmoi as mm

INPUTS = {"network": ["good film"], "bag": ["good film"], "few": ["good film"], "rocket": np.ones((2, 12, 1))}
MODELS = {path.stem: mm.load(path) for path in sorted(Path(sys.argv[1]).glob("*.malmoi"))}

def predicted(name):
    model = MODELS[name]
    found = model.forecast().values if name == "forecast" else model.predict(INPUTS[name])
    return np.asarray(found).tolist()

if __name__ == "__main__":
    expected = {name: predicted(name) for name in MODELS}
    assert len(expected) == 5
    for method in ("fork", "forkserver", "spawn"):
        with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
            found = {name: pool.submit(predicted, name).result(timeout=60) for name in MODELS}
        print(method, found == expected, flush=True)
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with a model of every kind."""
    pytest.importorskip("keras")
    folder = tmp_path_factory.mktemp("models")
    embedding = mm.Learned(3)
    network = mm.EmbeddingClassifier(mm.Conv(3, 2), max_length=3, embedding=embedding, epochs=1).fit(TEXTS, LABELS)
    series = np.random.default_rng(0).normal(size=(20, 12, 1))
    network.save(folder / "network.malmoi")
    mm.BagClassifier().fit(TEXTS, LABELS).save(folder / "bag.malmoi")
    mm.FewLabelClassifier(["components"]).fit(TEXTS, LABELS, unlabelled=TEXTS).save(folder / "few.malmoi")
    mm.SeriesClassifier().fit(series, ["a", "b"] * 10).save(folder / "rocket.malmoi")
    mm.Forecaster(2).fit(np.arange(40.0)).save(folder / "forecast.malmoi")
    return folder


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_children_of_every_start_method_predict_with_every_kind(models, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(EVERY_KIND)
    command = [sys.executable, "-W", "ignore", str(script), str(models)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout.splitlines() == ["fork True", "forkserver True", "spawn True"], done.stderr


FORKED = """
import multiprocessing, os, sys
import malmoi as mm
first = sys.argv[2]
if first == "train":
    mm.EmbeddingClassifier(mm.Average(), max_length=3, epochs=1).fit(["a", "b"] * 4, [0, 1] * 4)
model = mm.load(sys.argv[1])
if first == "predict":
    model.predict(["a"])

def predict(place):
    return model.predict(["good film"]).tolist()

def train(place):
    try:
        mm.EmbeddingClassifier(mm.Average(), max_length=3, epochs=1).fit(["a", "b"] * 4, [0, 1] * 4)
    except mm.MalmoiError as error:
        return str(error)
    return "trained"

if __name__ == "__main__":
    expected = predict(0)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(predict, range(4)).get(60) == [expected] * 4
        print(pool.map_async(train, range(1)).get(60)[0])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("first", ["load", "predict", "train"])
def test_a_child_forked_after_anything_predicts(models, first):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED, str(models / "network.malmoi"), first],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said = "Keras cannot be used in a child that was forked after JAX was loaded; start processes with 'spawn' or"
    assert done.stdout.startswith(said if first == "train" else "trained")
