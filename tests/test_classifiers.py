import copy
import pickle
import threading

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

import malmoi as mm
from malmoi.models.neural.text import EmbeddingClassifier

pytest.importorskip("keras")


def small(**settings):
    settings = {"max_length": 4, "embedding": mm.Learned(4), "max_tokens": 30, "epochs": 2, **settings}
    return EmbeddingClassifier(**settings)


def test_it_learns_and_answers(model, texts, labels):
    assert model.predict(texts).tolist() == labels
    assert model.predict_proba(["so good"])[0].argmax() == 1
    assert len(model.history_) == 30


def test_probabilities_sum_to_one(model):
    rows = model.predict_proba(["so good", "", "xyz"])
    assert (rows.shape, rows.dtype) == ((3, 2), np.float32)
    assert np.allclose(rows.sum(axis=1), 1)
    assert model.predict_proba([]).shape == (0, 2)
    assert model.predict([]).shape == (0,)


@pytest.mark.parametrize(
    "labels", [["b", "a", "c"] * 2, [3, 1, 2] * 2, [True, False] * 3, np.array([2.0, 1.0] * 3), list("ㄱㄴㄷ") * 2]
)
def test_labels_of_any_sortable_kind(texts, labels):
    trained = small().fit(texts, labels)
    assert trained.classes_.tolist() == sorted(set(np.asarray(labels).tolist()))
    assert set(trained.predict(texts).tolist()) <= set(trained.classes_.tolist())
    assert trained.predict_proba(texts).shape == (6, len(trained.classes_))
    assert trained.network_.output_shape[-1] == (1 if len(trained.classes_) == 2 else 3)


def test_rows_of_the_embedding_are_as_asked_or_as_needed(texts, labels):
    assert small(max_tokens=30).fit(texts, labels).network_.get_layer("embedding").input_dim == 30
    needed = small(max_tokens=None).fit(texts, labels)
    assert needed.network_.get_layer("embedding").input_dim == len(needed.vectorizer_.vocabulary_) == 9


def test_words_of_unlabelled_texts_are_counted_too(texts, labels):
    trained = small().fit(texts, labels, unlabelled=["zebra zebra"])
    assert "zebra" in trained.vectorizer_.vocabulary_.words
    assert trained.facts_.samples == 6


def test_pretrained_vectors_stay_when_frozen_and_change_when_not(tmp_path, texts, labels):
    (tmp_path / "v.txt").write_text("good 1 2\nbad -1 -2\n")
    vectors = mm.WordVectors.open(tmp_path / "v.txt")
    frozen = small(embedding=mm.Pretrained(vectors)).fit(texts, labels)
    free = small(embedding=mm.Pretrained(vectors, trainable=True)).fit(texts, labels)
    place = frozen.vectorizer_.vocabulary_.id_of("good")
    assert frozen.network_.get_weights()[0][place].tolist() == [1, 2]
    assert free.network_.get_layer("embedding").get_weights()[0][place].tolist() != [1, 2]
    assert (frozen.facts_.coverage.found, frozen.facts_.coverage.words) == (2, 7)


def test_validation_is_a_corpus_or_texts_and_labels(texts, labels):
    as_pair = small().fit(texts, labels, validation=(texts[:2], labels[:2]))
    as_corpus = small().fit(texts, labels, validation=mm.Corpus(texts[:2], np.array(labels[:2])))
    assert as_pair.history_ == as_corpus.history_
    assert as_pair.facts_.validation_samples == 2


def test_the_seed_decides_everything(texts, labels):
    first, again, other = (small(seed=seed).fit(texts, labels) for seed in (1, 1, 2))
    assert first.predict_proba(texts).tobytes() == again.predict_proba(texts).tobytes()
    assert first.predict_proba(texts).tobytes() != other.predict_proba(texts).tobytes()


def test_progress_hears_of_every_step(texts, labels):
    steps = []
    small().fit(texts, labels, progress=lambda step, done, total: steps.append(step))
    assert list(dict.fromkeys(steps)) == ["counting words", "training"]


@pytest.mark.parametrize("kind", ["numpy", "pandas", "polars", "arrow", "tuple"])
def test_columns_of_texts_and_labels(kind, texts, labels):
    if kind == "numpy":
        columns = np.array(texts), np.array(labels)
    elif kind == "pandas":
        pandas = pytest.importorskip("pandas")
        columns = pandas.Series(texts), pandas.Series(labels)
    elif kind == "polars":
        polars = pytest.importorskip("polars")
        columns = polars.Series(texts), polars.Series(labels)
    elif kind == "arrow":
        pyarrow = pytest.importorskip("pyarrow")
        columns = pyarrow.array(texts), labels
    else:
        columns = tuple(texts), tuple(labels)
    assert small().fit(*columns).classes_.tolist() == ["neg", "pos"]


@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        (["a", "b"], ["x", "y", "x"], ValueError, "labels must have 2 items, one per text, got 3"),
        (["a", "b"], ["x", "x"], mm.DataError, "labels must have 2 classes or more, got only 'x'"),
        ([], [], mm.DataError, "labels must have 2 classes or more, got no labels"),
        (
            ["a", "b"],
            ["x", None],
            mm.DataError,
            r"labels\[1\] must be a str, an int or a bool, got None; remove the text",
        ),
        (
            ["a", "b"],
            [1.0, float("nan")],
            mm.DataError,
            r"labels\[1\] must be a str, an int or a bool, got nan; remove",
        ),
        (["a", "b"], ["x", 1], mm.DataError, r"labels\[1\] must be of the same type as 'x', got 1; write all"),
        (["a", "b"], [[1, 0], [0, 1]], mm.DataError, "are ambiguous; pass np.asarray"),
        (
            ["a", "b"],
            np.eye(2) / 2,
            mm.DataError,
            "training labels of two axes must be zeros and ones, got other values",
        ),
        (["a", "b"], np.zeros((2, 2, 2)), TypeError, "labels must have one axis, got ndarray with 3"),
        (["a", "b"], [[1], "x"], mm.DataError, r"labels\[1\] must be a list of labels, as labels\[0\] is, got 'x'"),
        (["a", "b"], [["x"], ["x"]], mm.DataError, "labels must have 2 classes or more, got only 'x'"),
        (["a", "b"], [b"x", b"y"], mm.DataError, r"labels\[0\] must be a str, an int or a bool, got b'x'"),
        (
            ["a", "b"],
            ["x", "\ud800"],
            mm.DataError,
            r"labels\[1\] must be a str of at most 1000 characters without NUL and lone surrogates",
        ),
        (
            ["a", "b"],
            ["a", "a\0"],
            mm.DataError,
            r"labels\[1\] must be a str of at most 1000 characters without NUL and lone surrogates",
        ),
        (["a", "b"], np.array([1, 2**63], np.uint64), mm.DataError, "or a 64-bit int, got 9223372036854775808"),
        (["a", "b"], [0.5, 1.5], mm.DataError, r"labels\[0\] must be a str, an int or a bool, got 0.5; write it as"),
        (["a", None], ["x", "y"], TypeError, r"texts\[1\] must be a str, got None"),
        ("ab", ["x", "y"], TypeError, "texts must be a list of str, got one str; wrap it"),
    ],
)
def test_texts_and_labels_that_cannot_be_used(texts, labels, error, message):
    with pytest.raises(error, match=message):
        small().fit(texts, labels)


def test_validation_labels_that_training_lacks_are_named(texts, labels):
    with pytest.raises(mm.DataError, match=r"label 'odd', training only has \['neg', 'pos'\]; add training"):
        small().fit(texts, labels, validation=(["a"], ["odd"]))
    with pytest.raises(mm.DataError, match="validation labels must have the type of the training labels, got 1"):
        small().fit(texts, labels, validation=(["a"], [1]))
    with pytest.raises(mm.DataError, match="validation must contain labelled texts, got none"):
        small().fit(texts, labels, validation=([], []))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"network": "flatten"},
            TypeError,
            r"such as Flatten\(\), or a function, got 'flatten'",
        ),
        (
            {"embedding": 100},
            TypeError,
            r"embedding must be Learned\(...\), .* or Hashed\(...\), got 100",
        ),
        ({"optimizer": "x"}, ValueError, "optimizer must be one of"),
        ({"max_length": 0}, ValueError, "max_length must be 1 or more, got 0"),
        ({"min_count": 10**30}, ValueError, "min_count must be at most 9223372036854775807, got 1000"),
        ({"epochs": 2.0}, TypeError, "epochs must be a whole number, got 2.0"),
        ({"batch_size": 2.5}, TypeError, "batch_size must be a whole number, got 2.5"),
        ({"learning_rate": True}, TypeError, "learning_rate must be a number, got True"),
        ({"seed": np.float64(1)}, TypeError, "seed must be a whole number, got"),
    ],
)
def test_settings_are_checked_before_any_work(settings, error, message, texts, labels):
    with pytest.raises(error, match=message):
        small(**{"max_length": 4, **settings}).fit(texts, labels)


def test_it_is_an_estimator_of_scikit_learn(texts, labels):
    estimator = small(epochs=1)
    assert clone(estimator.fit(texts, labels)).get_params() == estimator.get_params()
    assert not hasattr(clone(estimator), "network_")
    assert cross_val_score(estimator, texts, labels, cv=2).shape == (2,)
    assert estimator.score(texts, labels) >= 0


def test_before_fit_there_are_no_answers(tmp_path):
    for use in (lambda: small().predict(["a"]), lambda: small().save(tmp_path / "x.malmoi")):
        with pytest.raises(NotFittedError, match="call fit first"):
            use()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_answer_the_same(model, texts, copied):
    assert copied(model).predict_proba(texts).tobytes() == model.predict_proba(texts).tobytes()


def fail(step, done, total):
    raise RuntimeError("stopped")


def test_a_fit_that_fails_leaves_no_thread_and_nothing_learned(texts, labels):
    classifier = small()
    with pytest.raises(mm.DataError, match="validation has the label 'odd'"):
        classifier.fit(texts, labels, validation=(["a"], ["odd"]))
    with pytest.raises(RuntimeError, match="stopped"):
        classifier.fit(texts, labels, progress=fail)
    assert not [thread for thread in threading.enumerate() if thread.name == "malmoi-warm-up"]
    assert not [name for name in vars(classifier) if name.endswith("_")]


@pytest.mark.parametrize("step", ["counting words", "training"])
def test_a_refit_that_fails_leaves_the_old_model_whole(texts, labels, step):
    classifier = small().fit(texts, labels)
    before, answers = dict(vars(classifier)), classifier.predict_proba(texts).tobytes()
    with pytest.raises(RuntimeError, match="stopped"):
        classifier.fit(["x y", "z", "w"], [1, 2, 3], progress=lambda now, *of: fail(now, *of) if now == step else None)
    assert vars(classifier) == before
    assert classifier.predict_proba(texts).tobytes() == answers
    assert classifier.predict(["good"])[0] in labels


def test_whole_numbers_of_numpy_are_settings_too(texts, labels, tmp_path):
    whole = {"max_tokens": 30, "max_length": 4, "min_count": 1, "epochs": 2, "batch_size": 3, "seed": 5}
    plain = small(**whole).fit(texts, labels)
    settings = {name: np.int64(value) for name, value in whole.items()}
    numpys = small(**settings, embedding=mm.Learned(np.int64(4))).fit(texts, labels)
    files = [model.save(tmp_path / name).read_bytes() for name, model in (("a", plain), ("b", numpys))]
    assert files[0] == files[1]
