"""Texts as means of their words' vectors, against the formulas said in NumPy."""

import pickle
from collections import Counter

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import malmoi as mm

WORDS = ["the", "cat", "sat", "stop", "고양이가"]
MATRIX = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
VECTORS = mm.WordVectors.from_arrays(WORDS, MATRIX)
TEXTS = ["the cat sat", "", "the the dog", "Cat STOP stop", "zebra", "고양이가 sat"]


def expected(texts, weigh, common, *, fitted_on=None):
    def rows(texts, shares):
        out = []
        for text in texts:
            found = [word for word in text.lower().split() if word in WORDS]
            weights = np.array([weigh(shares[word]) for word in found])
            vectors = np.array([MATRIX[WORDS.index(word)] for word in found]).reshape(-1, 4)
            out.append((weights[:, None] * vectors).sum(axis=0) / max(1, len(found)))
        return np.array(out)

    fitted_on = texts if fitted_on is None else fitted_on
    counts = Counter(word for text in fitted_on for word in text.lower().split())
    shares = Counter({word: count / counts.total() for word, count in counts.items()})
    _, _, directions = np.linalg.svd(rows(fitted_on, shares))
    means = rows(texts, shares)
    return means - means @ directions[:common].T @ directions[:common]


def test_means():
    np.testing.assert_allclose(
        mm.TextEmbedder(VECTORS).fit_transform(TEXTS), expected(TEXTS, lambda _: 1, 0), atol=1e-6
    )


@pytest.mark.parametrize("common", [0, 1, 3])
def test_smooth_inverse_frequency(common):
    embedder = mm.TextEmbedder(VECTORS, "sif", smoothing=0.01, common=common).fit(TEXTS)

    def weigh(share):
        return 0.01 / (0.01 + share)

    np.testing.assert_allclose(embedder.transform(TEXTS), expected(TEXTS, weigh, common), atol=1e-6)
    others = ["stop the zebra", "cat"]
    np.testing.assert_allclose(embedder.transform(others), expected(others, weigh, common, fitted_on=TEXTS), atol=1e-6)
    assert embedder.components_.shape == (common, 4)


def test_words_that_were_not_in_the_training_texts_have_their_vectors():
    embedder = mm.TextEmbedder(VECTORS).fit(["the"])
    np.testing.assert_allclose(embedder.transform(["cat"]), MATRIX[1:2], atol=1e-7)


def test_lengths_are_one_where_there_is_a_word():
    lengths = np.linalg.norm(mm.TextEmbedder(VECTORS, norm="l2").fit_transform(TEXTS), axis=1)
    np.testing.assert_allclose(lengths, [1, 0, 1, 1, 0, 1], atol=1e-6)


def test_what_it_knows_is_told():
    embedder = mm.TextEmbedder(VECTORS).fit(TEXTS)
    assert embedder.coverage_.missing == ("dog", "zebra")
    assert embedder.vocabulary_.words[0] == "the"
    assert embedder.get_feature_names_out().tolist() == [f"textembedder{column}" for column in range(4)]


def test_tokens_are_those_that_the_vectors_were_trained_with():
    korean = ["고양이가 앉았다", "고양이가 잔다"] * 5
    trained = mm.WordVectors.train(korean, dimension=4, epochs=1, tokens=mm.Hangul())
    assert mm.TextEmbedder(trained).fit(korean).tokens_ == mm.Hangul()
    assert mm.TextEmbedder(VECTORS).fit(korean).tokens_ == mm.Words()
    assert mm.TextEmbedder(VECTORS).fit(["猫が座った"]).tokens_ == mm.Characters()
    assert mm.TextEmbedder(VECTORS, tokens=mm.Whitespace()).fit(korean).tokens_ == mm.Whitespace()


def test_any_kind_of_vectors_can_be_copied_and_sent_elsewhere(tmp_path):
    text = tmp_path / "vectors.txt"
    text.write_text("".join(f"{word} {' '.join(map(str, row))}\n" for word, row in zip(WORDS, MATRIX, strict=True)))
    own = VECTORS.convert(tmp_path / "own")
    for vectors in (VECTORS, mm.WordVectors.open(text), own):
        fitted = mm.TextEmbedder(vectors, "sif").fit(TEXTS)
        copied = pickle.loads(pickle.dumps(fitted))
        assert copied.transform(TEXTS).tobytes() == fitted.transform(TEXTS).tobytes()
        assert clone(fitted).fit_transform(TEXTS).tobytes() == fitted.transform(TEXTS).tobytes()


def test_real_vectors_of_every_kind_can_be_sent_elsewhere(data):
    for path in sorted((data / "vectors").iterdir()):
        if path.suffix == ".bin" and path.name in ("gensim_lee_fasttext_new.bin", "gensim_euclidean_vectors.bin"):
            vectors = mm.WordVectors.open(path)
            copied = pickle.loads(pickle.dumps(vectors))
            assert copied.words == vectors.words


def test_few_labels_in_a_pipeline():
    texts = ["cat sat", "the cat", "stop", "stop stop"] * 3
    model = make_pipeline(mm.TextEmbedder(VECTORS), LogisticRegression()).fit(texts, ["a", "a", "b", "b"] * 3)
    assert model.predict(["cat cat", "Stop"]).tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"weighting": "tfidf"}, ValueError, "weighting must be 'mean' or 'sif', got 'tfidf'"),
        ({"smoothing": 0}, ValueError, "smoothing must be above 0, got 0"),
        ({"common": 5}, ValueError, "common must be at most 4, got 5"),
        ({"norm": "l1"}, ValueError, "norm must be"),
        ({"missing": "random"}, ValueError, "missing must be"),
        ({"lowercase": 1}, TypeError, "lowercase must be True or False"),
        ({"vectors": "glove.txt"}, TypeError, "vectors must be WordVectors, got 'glove.txt'; open a file"),
        ({"tokens": "words"}, TypeError, "tokens must be"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        mm.TextEmbedder(**{"vectors": VECTORS, **settings}).fit(TEXTS)


def test_it_must_be_fitted():
    with pytest.raises(NotFittedError, match="TextEmbedder"):
        mm.TextEmbedder(VECTORS).transform(TEXTS)
