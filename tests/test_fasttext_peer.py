"""fastText itself opens what malmoi writes, and malmoi what fastText writes (`make test-extras` installs it)."""

import random

import numpy as np
import pytest

import malmoi as mm

fasttext = pytest.importorskip("fasttext", reason="fasttext-numpy2-wheel is not installed")

WORDS = {
    "pos": ["good", "fine", "great", "좋다"],
    "neg": ["bad", "dull", "weak", "나쁘다"],
    "mid": ["so", "well", "ok"],
}
TEXTS_TO_PREDICT = [
    "a good film",
    "나쁘다 film",
    "qwerty zxcv",
    "naïve\xa0good",
    "good </s> bad",
    "How\x0bfine",
    "__label__pos",
]


def labelled(count=900):
    draw = random.Random(0)
    labels = [draw.choice(list(WORDS)) for _ in range(count)]
    fillers = ["a", "film", "the", "play", "with", "actors"]
    return [" ".join([*draw.choices(fillers, k=4), *draw.choices(WORDS[label], k=2)]) for label in labels], labels


TEXTS, LABELS = labelled()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("peer") / "train.txt"
    lines = [f"__label__{label} {text}" for text, label in zip(TEXTS, LABELS, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def peer_probabilities(path, classes):
    """Probabilities (texts, classes) of fastText; 0 where it gives none."""
    model, found = fasttext.load_model(str(path)), np.zeros((len(TEXTS_TO_PREDICT), len(classes)))
    for row, text in enumerate(TEXTS_TO_PREDICT):
        for label, probability in zip(*model.predict(text, k=-1), strict=True):
            found[row, classes.index(label.removeprefix("__label__"))] = probability
    return found


@pytest.mark.parametrize("quantised", [None, {"qnorm": True}, {"qnorm": False, "dsub": 3}], ids=["bin", "ftz", "dsub"])
@pytest.mark.parametrize(
    "settings",
    [
        {"loss": "softmax", "wordNgrams": 2},
        {"loss": "ova", "minn": 1, "maxn": 3, "wordNgrams": 2},
        {"loss": "hs", "minn": 2, "maxn": 4},
        {"loss": "ns", "wordNgrams": 3, "lr": 0.05},
    ],
    ids=lambda settings: settings["loss"],
)
def test_malmoi_predicts_as_fasttext_does(file, tmp_path, settings, quantised):
    # Each thread of fastText initializes a tenth of the embeddings; with fewer, small models start from garbage.
    given = {"dim": 10, "lr": 0.2, "epoch": 5, "bucket": 5000, "thread": 10, "verbose": 0, **settings}
    path = tmp_path / "model.bin"
    model = fasttext.train_supervised(str(file), **given)
    if quantised is not None:
        model.quantize(input=str(file), **quantised)
    model.save_model(str(path))
    opened = mm.FastTextClassifier.open(path)
    expected = peer_probabilities(path, opened.classes_.tolist())
    found = opened.predict_proba(TEXTS_TO_PREDICT)
    left_out = expected == 0  # with hierarchical softmax fastText leaves out labels below 0.00001
    assert not left_out.any() or settings["loss"] == "hs"
    assert (found[left_out] < 1e-5).all()
    np.testing.assert_allclose(found[~left_out], expected[~left_out], atol=2e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"calibration": None},
        {"calibration": "temperature", "characters": (1, 3)},
        {"ngrams": 3, "calibration": None, "min_count": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("max_bytes", [None, 60_000], ids=["bin", "ftz"])
def test_fasttext_predicts_as_malmoi_does(tmp_path, settings, max_bytes):
    model = mm.FastTextClassifier(epochs=5, buckets=3000, **settings).fit(TEXTS, LABELS)
    if max_bytes is not None:
        model.quantize(max_bytes=max_bytes)
    path = model.export_fasttext(tmp_path / "model.bin")
    found, known = model.predict_proba(TEXTS_TO_PREDICT), model.known(TEXTS_TO_PREDICT)
    expected = peer_probabilities(path, model.classes_.tolist())
    assert known.sum() >= 4
    np.testing.assert_allclose(found[known] + 1e-5, expected[known], atol=2e-6)


def test_fasttext_predicts_several_labels_as_malmoi_does(tmp_path):
    sets = [[label, "film"] if "film" in text else [label] for text, label in zip(TEXTS, LABELS, strict=True)]
    model = mm.FastTextClassifier(epochs=10, buckets=3000).fit(TEXTS, sets)
    path = model.export_fasttext(tmp_path / "model.bin")
    known = model.known(TEXTS_TO_PREDICT)
    expected = peer_probabilities(path, model.classes_.tolist())
    np.testing.assert_allclose(model.predict_proba(TEXTS_TO_PREDICT)[known] + 1e-5, expected[known], atol=2e-6)


def test_fasttext_gives_the_vectors_of_an_exported_model(tmp_path):
    model = mm.FastTextClassifier(epochs=5, ngrams=1, calibration=None).fit(TEXTS, LABELS)
    path = model.export_fasttext(tmp_path / "model.bin")
    vector = fasttext.load_model(str(path)).get_word_vector("good")
    np.testing.assert_allclose(mm.WordVectors.open(path).vector("good"), vector, atol=1e-6)
