"""MiniRocket's features and accuracy beside aeon's: `make test-extras`, which installs aeon by itself."""

import os
import subprocess

import numpy as np
import pytest

import malmoi as mm
from malmoi.models.minirocket.parts import Convolutions

PYTHON = os.environ.get("AEON_PYTHON")
pytestmark = pytest.mark.skipif(PYTHON is None, reason="AEON_PYTHON names no Python with aeon: make test-extras")
WORK = """
import sys, numpy as np
from aeon import datasets
from aeon.classification.convolution_based import MiniRocketClassifier
from aeon.transformations.collection.convolution_based import MiniRocket
name, path = sys.argv[1:]
load = getattr(datasets, name)
X, y = load(split="train"); Z, z = load(split="test")
transformer = MiniRocket(random_state=0).fit(X)
channel_counts, channels, dilations, counts, biases = transformer.parameters
score = MiniRocketClassifier(random_state=0).fit(X, y).score(Z, z)
np.savez(path, X=X, y=y.astype(str), Z=Z, z=z.astype(str), features=transformer.transform(Z), biases=biases,
         channel_counts=channel_counts, channels=channels, dilations=dilations, counts=counts, score=score)
"""


@pytest.fixture(scope="module", params=["load_unit_test", "load_italy_power_demand", "load_basic_motions"])
def theirs(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("aeon") / "set.npz"
    subprocess.run([PYTHON, "-c", WORK, request.param, str(path)], check=True, capture_output=True)
    return dict(np.load(path))


def test_features_equal_with_the_same_biases(theirs):
    lists = (theirs[name].astype(np.uint64) for name in ("dilations", "counts", "channel_counts", "channels"))
    convolutions = Convolutions(theirs["X"].shape[1], 0, *lists, theirs["biases"].astype(np.float32))
    series = theirs["Z"].swapaxes(1, 2).astype(np.float32)
    ends = np.cumsum([len(one) for one in series], dtype=np.uint64)
    features = convolutions.core.features(np.ascontiguousarray(np.concatenate(series)), ends, threads=2)
    # A step whose convolution equals the bias but for rounding may count or not.
    assert np.isclose(features, theirs["features"], atol=1e-6).mean() > 0.999
    assert np.abs(features - theirs["features"]).max() < 0.13  # one step of the 8 at which a kernel stays inside


def test_accuracy_is_not_clearly_below(theirs):
    series = [theirs[name].swapaxes(1, 2) for name in ("X", "Z")]
    score = mm.SeriesClassifier().fit(series[0], theirs["y"]).score(series[1], theirs["z"])
    assert score > float(theirs["score"]) - 0.03
