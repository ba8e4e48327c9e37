"""Several labels a text, weights, what is set aside, going on after a kill."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, ShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted

import malmoi as mm
from systems import needs_posix

pytest.importorskip("keras")
TEXTS = ["red car", "blue car", "red bike", "blue bike", "red blue car", "green tree"] * 6
SETS = [["red"], ["blue"], ["red"], ("blue",), {"red", "blue"}, []] * 6
ROWS = np.array([["red" in one, "blue" in one] for one in SETS], dtype=int)


def small(**settings):
    settings = {
        "max_length": 4,
        "embedding": mm.Learned(6),
        "max_tokens": 30,
        "epochs": 40,
        "network": mm.Average(),
        "learning_rate": 0.05,
        **settings,
    }
    return mm.EmbeddingClassifier(**settings)


def test_sets_of_labels_are_answered_by_sets():
    model = small(epochs=90).fit(TEXTS, SETS, validation=(TEXTS[:6], SETS[:6]))
    assert model.classes_.tolist() == ["blue", "red"]
    assert model.predict(["red car", "red blue car", "green tree"]) == [("red",), ("blue", "red"), ()]
    assert model.history_.kept.validation_accuracy == 1
    assert model.predict([]) == []


def test_rows_of_zeros_and_ones_are_answered_by_rows(tmp_path):
    model = small(epochs=90).fit(TEXTS, ROWS)
    assert model.predict(TEXTS).tolist() == ROWS.tolist()
    assert model.score(TEXTS, ROWS) == 1
    loaded = mm.load(model.save(tmp_path / "m.malmoi"), verify=True)
    assert loaded.predict(TEXTS).tolist() == ROWS.tolist()
    assert np.allclose(model.predict_proba(["xyz"]), loaded.predict_proba(["xyz"]))
    sets = small(epochs=1).fit(TEXTS, SETS)
    assert mm.load(sets.save(tmp_path / "s.malmoi")).predict(TEXTS[:3]) == sets.predict(TEXTS[:3])


def test_class_weights_move_the_answers_and_equal_repeated_texts():
    texts, labels = ["a b"] * 30 + ["a c"] * 3, ["x"] * 30 + ["y"] * 3
    few = {"epochs": 3, "learning_rate": 0.01}
    plain, balanced = (small(class_weight=weight, **few).fit(texts, labels) for weight in (None, "balanced"))
    by_hand = small(class_weight={"x": 33 / 60, "y": 33 / 6}, **few).fit(texts, labels)
    by_sample = small(**few).fit(texts, labels, sample_weight=[33 / 60] * 30 + [33 / 6] * 3)
    assert balanced.predict_proba(["a"])[0, 1] > plain.predict_proba(["a"])[0, 1] + 0.02
    assert balanced.predict_proba(texts).tobytes() == by_hand.predict_proba(texts).tobytes()
    assert np.allclose(balanced.predict_proba(texts), by_sample.predict_proba(texts), atol=1e-6)


def test_validation_may_be_a_share_of_which_nothing_is_learned():
    texts, labels = [f"word{number} good bad"[: 8 + number] for number in range(40)], ["x", "y"] * 20
    model = small(epochs=1).fit(texts, labels, validation=0.25)
    assert (model.facts_.samples, model.facts_.validation_samples) == (30, 10)
    assert model.history_.kept.validation_loss is not None
    for wrong in (1.0, 0, -0.5, 3):
        with pytest.raises(ValueError, match="validation must be data, or a share between 0 and 1, got"):
            small().fit(texts, labels, validation=wrong)


@pytest.mark.parametrize(
    ("settings", "call", "error", "message"),
    [
        (
            {"class_weight": {"z": 1.0}},
            {},
            ValueError,
            r"class_weight must have the classes as keys, \['x', 'y'\], got 'z'",
        ),
        (
            {"class_weight": {"x": -1}},
            {},
            ValueError,
            r"class_weight\['x'\] must be 0 or more and at most 1e.30, got -1",
        ),
        ({"class_weight": 3}, {}, TypeError, 'class_weight must be None, "balanced" or a dict'),
        ({}, {"sample_weight": [1.0]}, ValueError, "sample_weight must have one number for each of the 4 samples"),
        ({}, {"sample_weight": [0] * 4}, ValueError, "sample_weight must be 0 or more, finite, and not all zero"),
        ({}, {"callbacks": ["stop"]}, TypeError, r"callbacks\[0\] must be a keras.callbacks.Callback, got 'stop'"),
        ({}, {"callbacks": print}, TypeError, "callbacks must be a list of keras.callbacks.Callback"),
        ({}, {"validation": "x.csv"}, TypeError, r"validation must be a Corpus, \(texts, labels\), or a share"),
        (
            {"network": mm.Conv(widths=5)},
            {},
            ValueError,
            "widest window, 5, got 4; increase the length or lower widths",
        ),
        (
            {"embedding": mm.Hashed(4, 50, (1, 2)), "network": mm.Flatten()},
            {},
            ValueError,
            "ngrams of several lengths need the network Average",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused(settings, call, error, message):
    with pytest.raises(error, match=message):
        small(**settings).fit(["a", "b", "c", "d"], ["x", "y", "x", "y"], **call)
    with pytest.raises(ValueError, match="class_weight must be None for multilabel data"):
        small(class_weight="balanced").fit(TEXTS, SETS)
    with pytest.raises(mm.DataError, match="validation labels must have 2 columns, got 3"):
        small().fit(TEXTS, ROWS, validation=(["a"], np.ones((1, 3))))


def test_buckets_know_every_word_and_every_pair(tmp_path):
    model = small(embedding=mm.Hashed(8, 500, (1, 2)), epochs=30).fit(TEXTS, [one.split()[0] for one in TEXTS])
    assert model.network_.get_layer("embedding").input_dim == 501
    assert model.facts_.unknown_share == 0
    loaded = mm.load(model.save(tmp_path / "m.malmoi"), verify=True)
    assert loaded.predict_proba(["never seen"]).tobytes() == model.predict_proba(["never seen"]).tobytes()
    assert loaded.embedding == model.embedding
    assert not np.allclose(model.predict_proba(["red blue"]), model.predict_proba(["blue red"]), atol=1e-5)


def test_own_learning_rate_moves_the_vectors_otherwise():
    def vectors(rate):
        model = small(embedding=mm.Learned(6, learning_rate=rate), epochs=1).fit(TEXTS, ["a", "b"] * 18)
        return model.network_.get_weights()[0], model.network_.get_weights()[1]

    slow, same, plain = vectors(1e-9), vectors(0.05), vectors(None)
    assert np.allclose(same[0], plain[0], atol=1e-6)
    assert np.abs(slow[0] - plain[0]).max() > 0.01
    assert np.abs(slow[0]).max() < 0.0501  # where they began


def test_scikit_learn_searches_over_networks_and_settings():
    labels = ["a", "b"] * 18
    grid = {"network": [mm.Average(), mm.Flatten(hidden=2)], "embedding": [mm.Learned(2)], "epochs": [1]}
    search = GridSearchCV(small(), grid, cv=ShuffleSplit(1, random_state=0)).fit(TEXTS, labels, validation=0.3)
    assert search.best_params_["network"] in grid["network"]
    assert len(cross_val_score(small(epochs=1), TEXTS, labels, cv=2)) == 2
    pipeline = make_pipeline(small(epochs=1)).fit(TEXTS, labels)
    check_is_fitted(pipeline[-1])
    assert set(pipeline.predict(TEXTS)) <= {"a", "b"}
    tags = small().__sklearn_tags__()
    assert tags.input_tags.string
    assert tags.classifier_tags.multi_label


SCRIPT = """
import sys, malmoi as mm

def train(checkpoint, output, told):
    texts = [f"w{n % 97} w{n % 89} w{n % 7}" for n in range(400)]
    model = mm.EmbeddingClassifier(
        mm.Average(dropout=0.2), max_length=4, embedding=mm.Learned(8), epochs=15, batch_size=4, max_tokens=500,
        patience=30,
    )
    progress = lambda step, done, total: step == "training" and told(done)
    model.fit(texts, ["x", "y"] * 200, validation=0.2, checkpoint=checkpoint, progress=progress).save(output)

if __name__ == "__main__":
    train(sys.argv[1], sys.argv[2], lambda done: print(done, flush=True))
"""


@needs_posix
def test_a_training_that_is_killed_goes_on_to_the_same_file(tmp_path):
    """The killed one is a process of its own; what goes on and what is trained at once are here."""
    script = {"__name__": "script"}
    exec(SCRIPT, script)
    whole, output, state = tmp_path / "whole.malmoi", tmp_path / "again.malmoi", tmp_path / "state"
    epochs = []
    script["train"](None, whole, epochs.append)
    assert epochs[-1] == 15
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, state, output], stdout=subprocess.PIPE, text=True)
    while int(process.stdout.readline()) < 5:
        pass
    deadline = time.monotonic() + 30
    while not state.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not output.exists()
    epochs = []
    script["train"](state, output, epochs.append)
    assert 5 <= epochs[0] <= epochs[-1] == 15
    assert output.read_bytes() == whole.read_bytes()
