"""Training of fastText's classifiers: the gradient, its independence of threads, weights, pretrained vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
from binary_files import Model, word2vec_bytes
from fasttext_reference import Training

TEXTS = ["so good", "really good film", "good fun 고양이", "so bad", "really bad film", "bad, dull", "naïve film"] * 3
LABELS = ["pos", "pos", "mid", "neg", "neg", "neg", "mid"] * 3
SETS = [["a"], ["a", "b"], [], ["c"], ["b"], [], ["c"]] * 3
FAST = {"dimension": 4, "epochs": 6, "buckets": 64, "calibration": None}
NEW = ["good", "a good film", "bad fun", "고양이 naïve", "", "unheard", "so so dull"]
SHAPES = {
    "softmax": (LABELS, {"ngrams": 2}),
    "one-vs-all": (LABELS, {"loss": "one-vs-all", "ngrams": 3}),
    "multilabel": (SETS, {}),
    "characters": (LABELS, {"characters": (1, 3), "dimension": 70}),
    "calibrated": (LABELS, {"calibration": "temperature"}),
    "class weights": (LABELS, {"class_weight": "balanced"}),
    "a tokenizer": (LABELS, {"tokens": mm.Characters()}),
    "a minimum count": (LABELS, {"min_count": 4}),
}


def fitted(texts=TEXTS, labels=LABELS, weights=None, **changes):
    return mm.FastTextClassifier(**{**FAST, **changes}).fit(texts, labels, sample_weight=weights)


def numbers(model):
    """Embeddings of words and buckets by name, and outputs."""
    network = model.fitted.network
    dictionary, values = network.dictionary, network.input.dense()
    words = {dictionary.entry(place): values[place] for place in range(dictionary.words)}
    buckets = dict(zip(dictionary.kept.tolist(), values[dictionary.words :], strict=True))
    return words, buckets, network.output.dense()


def as_bits(model):
    network = model.fitted.network
    arrays = {**network.input.arrays(), **network.output.arrays()}
    return [array.tobytes() for array in arrays.values()]


# The gradient


def assert_equals_the_reference(model, texts, labels, classes, weights, training):
    expected = training(texts, labels, classes, weights)
    words, buckets, output = numbers(model)
    assert set(words) == set(expected.words)
    assert set(buckets) == set(expected.buckets)
    for found, wanted in ((words, expected.words), (buckets, expected.buckets)):
        for name, row in found.items():
            assert np.abs(row - wanted[name]).max() < 1e-5
    assert np.abs(output - expected.output).max() < 1e-5
    assert model.facts_.losses == pytest.approx(expected.losses, abs=1e-5)


@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize("softmax", [True, False])
def test_embeddings_and_outputs_equal_the_reference(epochs, softmax):
    changes = {"epochs": epochs, "learning_rate": 0.7, "ngrams": 3, "characters": (2, 3), "buckets": 50, "seed": 5}
    model = fitted(
        TEXTS[:7],
        LABELS[:7],
        dimension=9,
        loss="softmax" if softmax else "one-vs-all",
        **{name: value for name, value in changes.items() if name != "dimension"},
    )
    codes = [[["mid", "neg", "pos"].index(label)] for label in LABELS[:7]]
    training = Training(dimension=9, is_softmax=softmax, **changes)
    assert_equals_the_reference(model, TEXTS[:7], codes, 3, [1.0] * 7, training)
    words, _, output = numbers(model)
    unchanged = Training(dimension=9, **{**changes, "learning_rate": 0.0})(TEXTS[:7], codes, 3, [1.0] * 7)
    assert np.abs(output).max() > 0.01
    assert max(np.abs(words[name] - row).max() for name, row in unchanged.words.items()) > 1e-4 or epochs == 1


WORDS = st.lists(st.sampled_from(["a", "b", "cat", "고양이", "naïve", "</s>", "__label__x", "\u00a0"]), max_size=5)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            WORDS.map(" ".join), st.lists(st.integers(0, 2), max_size=3, unique=True), st.sampled_from([0.5, 1, 2])
        ),
        min_size=1,
        max_size=9,
    ),
    st.integers(1, 3),
    st.sampled_from([(0, 0), (1, 1), (2, 4)]),
    st.integers(1, 17),
    st.integers(0, 2**63 - 1),
)
def test_multilabel_training_of_any_texts_equals_the_reference(samples, ngrams, characters, dimension, seed):
    texts = [*[text for text, _, _ in samples], "a", "b a"]
    codes = [*[own for _, own, _ in samples], [0, 1], [2]]
    weights = [*[float(weight) for _, _, weight in samples], 1.0, 1.0]
    changes = {"epochs": 2, "learning_rate": 0.5, "ngrams": ngrams, "seed": seed}
    hashed = ngrams > 1 or characters[1] > 0
    model = mm.FastTextClassifier(
        dimension=dimension,
        characters=characters if characters[1] else None,
        calibration=None,
        **({"buckets": 13} if hashed else {}),
        **changes,
    ).fit(texts, [["xyz"[code] for code in own] for own in codes], sample_weight=weights)
    training = Training(dimension, characters=characters, buckets=13 if hashed else 0, is_softmax=False, **changes)
    assert_equals_the_reference(model, texts, codes, 3, weights, training)


# Threads and seeds


@pytest.mark.parametrize(("labels", "changes"), SHAPES.values(), ids=SHAPES)
def test_the_number_of_threads_changes_no_bit(tmp_path, labels, changes):
    models = [fitted(TEXTS * 3, labels * 3, n_jobs=jobs, **changes) for jobs in (1, 2, 5)]
    files = [model.save(tmp_path / f"{place}.malmoi").read_bytes() for place, model in enumerate(models)]
    assert files[0] == files[1] == files[2]
    assert as_bits(models[0]) == as_bits(models[1]) == as_bits(models[2])
    predicted = [model.predict_proba(NEW).tobytes() for model in models]
    assert predicted[0] == predicted[1] == predicted[2]


def test_threads_that_share_long_batches_change_no_bit():
    """So many features per batch that the core shares them among threads."""
    random = np.random.default_rng(0)
    texts = [" ".join(f"w{number}" for number in random.integers(0, 300, 150)) for _ in range(24)]
    changes = {"dimension": 100, "ngrams": 3, "buckets": 5_000, "epochs": 2}
    models = [fitted(texts, ["a", "b", "c"] * 8, n_jobs=jobs, **changes) for jobs in (1, 2, 5)]
    assert as_bits(models[0]) == as_bits(models[1]) == as_bits(models[2])


def test_the_seed_decides_and_another_gives_others():
    assert as_bits(fitted(seed=3)) == as_bits(fitted(seed=3))
    assert as_bits(fitted(seed=3)) != as_bits(fitted(seed=4))
    assert not np.array_equal(fitted(seed=3).predict_proba(NEW), fitted(seed=4).predict_proba(NEW))


# The order of the texts


def themed(count, seed):
    """Texts of two classes that share most words."""
    random, texts, labels = np.random.default_rng(seed), [], []
    for _ in range(count):
        label = int(random.integers(0, 2))
        own = random.integers(0, 40, 2) + 40 * label
        words = [*(f"own{word}" for word in own), *(f"any{word}" for word in random.integers(0, 200, 8))]
        texts.append(" ".join(random.permutation(words)))
        labels.append("ab"[label])
    return texts, labels


def test_texts_sorted_by_label_are_learned_as_well_as_shuffled_ones():
    texts, labels = themed(600, 0)
    new, right = themed(400, 1)
    order = np.argsort(labels, kind="stable")
    changes = {"ngrams": 1, "epochs": 3, "dimension": 8, "buckets": mm.FastTextClassifier().buckets}
    shuffled = fitted(texts, labels, **changes).score(new, right)
    sorted_by_label = fitted([texts[place] for place in order], [labels[place] for place in order], **changes)
    assert shuffled > 0.85
    assert sorted_by_label.score(new, right) > shuffled - 0.03


# Weights


def test_a_weight_of_0_leaves_a_text_out():
    """Labels contradict each other but for the weights."""
    texts, labels = ["good film", "bad film"] * 20, ["pos", "neg"] * 20
    both = texts + texts, labels + ["neg", "pos"] * 20
    weights = np.repeat([1.0, 0.0], 40)
    found = fitted(*both, weights, epochs=20).predict(["good film", "bad film"]).tolist()
    assert found == fitted(texts, labels, epochs=20).predict(["good film", "bad film"]).tolist() == ["pos", "neg"]
    other = fitted(*both, 1 - weights, epochs=20).predict(["good film", "bad film"]).tolist()
    assert other == ["neg", "pos"]


def test_a_weight_of_2_differs_from_1_and_doubles_the_step():
    one, two = (fitted(TEXTS[:1] + TEXTS[3:4], ["pos", "neg"], [weight] * 2, epochs=1) for weight in (1.0, 2.0))
    faster = fitted(TEXTS[:1] + TEXTS[3:4], ["pos", "neg"], epochs=1, learning_rate=2 * one.learning_rate)
    assert as_bits(one) != as_bits(two)
    assert all(
        np.allclose(a, b, atol=1e-6) for a, b in zip(numbers(two)[0].values(), numbers(faster)[0].values(), strict=True)
    )
    assert np.allclose(numbers(two)[2], numbers(faster)[2], atol=1e-6)
    rare = np.where(np.array(LABELS) == "mid", 5.0, 1.0)
    place = fitted().classes_.tolist().index("mid")
    assert fitted(weights=rare).predict_proba(["film"])[0, place] > fitted().predict_proba(["film"])[0, place] + 0.02


def test_class_weights_are_weights_of_texts():
    by_class = {"pos": 3.0, "neg": 0.5}
    weights = [by_class.get(label, 1.0) for label in LABELS]
    assert as_bits(fitted(class_weight=by_class)) == as_bits(fitted(weights=weights)) != as_bits(fitted())
    counts = {label: LABELS.count(label) for label in set(LABELS)}
    balanced = {label: len(LABELS) / 3 / count for label, count in counts.items()}
    assert as_bits(fitted(class_weight="balanced")) == as_bits(fitted(class_weight=balanced)) != as_bits(fitted())


@pytest.mark.parametrize("weights", [[-1.0] * 21, [np.nan] * 21, [np.inf] * 21, [1.0] * 20, [0.0] * 21])
def test_odd_weights_are_refused(weights):
    with pytest.raises((ValueError, mm.DataError), match="sample_weight"):
        fitted(weights=weights)


# Pretrained vectors


BUCKETS = mm.FastTextClassifier().buckets
VECTORS = mm.WordVectors.from_arrays(
    ["good", "bad", "excellent", "two words", "__label__x"],
    np.array([[3, 0, 0, 1], [0, 3, 0, 1], [3, 0, 0.1, 1], [1, 1, 1, 1], [1, 1, 1, 1]], np.float32),
)


def test_pretrained_vectors_are_where_embeddings_start(caplog):
    model = fitted(vectors=VECTORS)
    words, _, _ = numbers(model)
    assert words[b"excellent"].tolist() == pytest.approx([3, 0, 0.1, 1])
    assert not {b"two words", b"__label__x"} & set(words)
    assert "pretrained words with white space or a label's prefix, left out: 2" in caplog.text
    assert 0 < np.abs(words[b"good"] - [3, 0, 0, 1]).max() < 1
    assert np.abs(words[b"film"]).max() < 1
    assert model.known(["excellent", "two"]).tolist() == [True, False]
    assert not fitted().known(["excellent"])[0]


def test_a_pretrained_word_that_no_text_has_is_predicted_as_its_neighbour():
    texts, labels = ["good", "bad", "so good", "so bad"] * 5, ["pos", "neg"] * 10
    model = fitted(texts, labels, vectors=VECTORS, epochs=20)
    assert model.predict(["excellent"]).tolist() == ["pos"]
    assert model.predict_proba(["excellent"])[0, 1] > 0.8


def test_one_step_from_pretrained_vectors_equals_the_step_from_those_rows():
    model = fitted(["good", "bad"], ["pos", "neg"], vectors=VECTORS, epochs=1, ngrams=1, buckets=BUCKETS)
    words, _, output = numbers(model)
    # Both texts are in one batch. For the first the outputs are 0, and so is the gradient of its rows.
    started = {b"good": [3, 0, 0, 1], b"bad": [0, 3, 0, 1]}
    changed = [name for name, row in started.items() if np.abs(words[name] - row).max() > 0]
    assert len(changed) == 1
    assert np.abs(output).max() > 0.1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_vectors_that_are_not_finite_are_refused_by_name(tmp_path, value):
    rows = [(b"one", [1.0] * 4), (b"two", [1.0, 1.0, value, 1.0]), (b"three", [1.0] * 4)]
    (tmp_path / "word2vec.bin").write_bytes(word2vec_bytes(rows))
    with pytest.raises(mm.FormatError, match=r'every number must be finite, found .* in the row of "two"'):
        fitted(vectors=mm.WordVectors.open(tmp_path / "word2vec.bin"))
    (tmp_path / "fasttext.bin").write_bytes(Model(dimension=4, changed={(2, 1): value}).to_bytes())
    with pytest.raises(mm.FormatError, match=r'every number must be finite, found .* in a row of "dog"'):
        fitted(vectors=mm.WordVectors.open(tmp_path / "fasttext.bin"))


def test_vectors_that_overflow_are_refused_by_name(tmp_path):
    """The rows of a word and its n-grams are finite, their sum is not."""
    (tmp_path / "fasttext.bin").write_bytes(Model(dimension=4, changed={...: 3e38}).to_bytes())
    with pytest.raises(mm.FormatError, match='the sum of the rows of "cat" exceeds the range of float32'):
        fitted(vectors=mm.WordVectors.open(tmp_path / "fasttext.bin"))


def test_vectors_of_another_dimension_or_kind_are_refused():
    with pytest.raises(ValueError, match="dimension must be that of the vectors, 4, got 5"):
        fitted(vectors=VECTORS, dimension=5)
    with pytest.raises(TypeError, match=r"vectors must be None or WordVectors, got .*; use WordVectors\.open"):
        fitted(vectors="vectors.txt")


# What is learned


def test_real_questions_are_learned(data):
    lines = [(data / "fasttext" / f"trec-{name}.txt").read_text(encoding="utf-8") for name in ("train", "test")]
    samples = [[line.removeprefix("__label__").split(" ", 1) for line in part.splitlines()] for part in lines]
    (labels, texts), (right, new) = (tuple(zip(*part, strict=True)) for part in samples)
    model = mm.FastTextClassifier(calibration=None, epochs=10).fit(list(texts), list(labels))
    assert model.score(list(new), list(right)) >= 0.86
    assert model.facts_.losses[-1] < model.facts_.losses[0] / 3
    assert model.facts_.samples == 5452


def test_few_reviews_are_learned():
    texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
    model = mm.FastTextClassifier().fit(texts, labels)
    assert model.predict(["a good film", "bad"]).tolist() == ["pos", "neg"]
    assert model.facts_.training_accuracy == 1.0
    found = model.explain("good film")
    assert found.label == "pos"
    assert max(found.tokens, key=lambda one: one.weight).token == "good"


def test_words_rarer_than_min_count_are_unknown():
    model = fitted([*TEXTS, "once"], [*LABELS, "pos"], min_count=3)
    assert model.known(["once", "film"]).tolist() == [False, True]
    assert b"once" not in numbers(model)[0]


def test_a_learning_rate_that_diverges_is_refused():
    # Rows of very large numbers and opposite labels: scores overflow.
    rows = np.full((2, 4), 1e30, np.float32)
    vectors = mm.WordVectors.from_arrays(["good", "bad"], rows)
    with pytest.raises(mm.DataError, match=r"training diverged: .*; lower learning_rate, which is 100"):
        fitted(vectors=vectors, learning_rate=100.0, epochs=30)
