"""Every tokenizer, vectorizer and network keeps every promise; a new kind that is in no table fails."""

import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import clone

import malmoi as mm
from malmoi import _core, networks, tokens, vectorizers
from malmoi.networks import NETWORKS
from malmoi.storage import load
from malmoi.tokens import TOKENIZERS

TEXTS = ["The cat sat.", "", "고양이가 앉았다!", "don't\tstop 3.5", "\u1100\u1161 \ud55c", "שלום \U0001f600 a_b", "the"]
LABELS = ["a", "b", "a", "b", "a", "b", "a"]

TOKENIZER_TABLE = {
    "KerasWords": [mm.KerasWords(), mm.KerasWords(filters="", lower=False, split="가")],
    "Words": [mm.Words(), mm.Words(lowercase=False)],
}
VECTORIZER_TABLE = {"SequenceVectorizer": [mm.SequenceVectorizer(max_length=3), mm.SequenceVectorizer(max_tokens=5)]}
NETWORK_TABLE = {"Flatten": [mm.Flatten(), mm.Flatten(hidden=8), mm.Flatten((4, 3), dropout=0.5)]}

EVERY_TOKENIZER = [value for values in TOKENIZER_TABLE.values() for value in values]
EVERY_VECTORIZER = [value for values in VECTORIZER_TABLE.values() for value in values]
EVERY_NETWORK = [value for values in NETWORK_TABLE.values() for value in values]


def test_every_kind_is_in_its_table():
    assert set(TOKENIZER_TABLE) == set(TOKENIZERS) == kinds(tokens, lambda kind: hasattr(kind, "splitter"))
    assert set(NETWORK_TABLE) == set(NETWORKS) == kinds(networks, lambda kind: {"build", "units"} <= set(dir(kind)))
    assert set(VECTORIZER_TABLE) == kinds(vectorizers, lambda kind: hasattr(kind, "transform"))


def kinds(room, is_kind):
    classes = inspect.getmembers(room, inspect.isclass)
    return {kind.__name__ for _, kind in classes if kind.__module__ == room.__name__ and is_kind(kind)}


@pytest.mark.parametrize("tokenizer", EVERY_TOKENIZER, ids=repr)
class TestTokenizers:
    def test_an_empty_text_has_no_tokens(self, tokenizer):
        assert tokenizer("") == []

    def test_tokens_are_never_empty_and_stand_in_the_text(self, tokenizer):
        for text in TEXTS:
            for token in tokenizer(text):
                assert token
                assert token in text.lower() or token in text

    def test_counting_sees_the_same_tokens_at_any_thread_count(self, tokenizer):
        expected = sorted({token for text in TEXTS for token in tokenizer(text)})
        for threads in (1, 2, 5):
            tally = _core.TokenTally(tokenizer.splitter, threads=threads, keep=False)
            tally.add(TEXTS)
            assert sorted(tally.counts()[0]) == expected

    def test_a_copy_does_the_same(self, tokenizer):
        copied = pickle.loads(pickle.dumps(tokenizer))
        assert copied == tokenizer
        assert [copied(text) for text in TEXTS] == [tokenizer(text) for text in TEXTS]


@pytest.mark.parametrize("vectorizer", EVERY_VECTORIZER, ids=repr)
class TestVectorizers:
    def test_a_batch_equals_its_texts_one_by_one(self, vectorizer):
        fitted = clone(vectorizer).fit(TEXTS)
        together = fitted.transform(TEXTS)
        alone = np.concatenate([fitted.transform([text]) for text in TEXTS])
        assert np.array_equal(together, alone)
        assert np.array_equal(fitted.transform(TEXTS[::-1]), together[::-1])

    def test_nothing_gives_the_same_dtype_and_width(self, vectorizer):
        fitted = clone(vectorizer).fit(TEXTS)
        some = fitted.transform(TEXTS)
        for texts in ([], [""], ["\n"]):
            rows = fitted.transform(texts)
            assert (rows.dtype, rows.shape) == (some.dtype, (len(texts), some.shape[1]))

    def test_it_can_be_fitted_on_nothing(self, vectorizer):
        assert clone(vectorizer).fit([]).transform(["a"]).shape[0] == 1

    def test_fit_transform_is_fit_then_transform(self, vectorizer):
        assert np.array_equal(clone(vectorizer).fit_transform(TEXTS), clone(vectorizer).fit(TEXTS).transform(TEXTS))

    def test_a_copy_does_the_same(self, vectorizer):
        fitted = clone(vectorizer).fit(TEXTS)
        copied = pickle.loads(pickle.dumps(fitted))
        assert np.array_equal(copied.transform(TEXTS), fitted.transform(TEXTS))


@pytest.fixture(scope="class")
def trained(network):
    pytest.importorskip("keras")
    model = mm.EmbeddingClassifier(network, max_length=4, embedding=mm.Learned(3), max_tokens=20, epochs=2)
    return model.fit(TEXTS, LABELS)


@pytest.mark.parametrize("network", EVERY_NETWORK, ids=repr, scope="class")
class TestNetworks:
    def test_a_batch_equals_its_texts_one_by_one(self, trained):
        together = trained.predict_proba(TEXTS)
        alone = np.concatenate([trained.predict_proba([text]) for text in TEXTS])
        assert together.tobytes() == alone.tobytes()
        assert together.dtype == np.float32

    def test_nothing_has_no_answers(self, trained):
        assert trained.predict_proba([]).shape == (0, 2)

    def test_parameters_are_counted_rightly(self, trained, network):
        assert trained._plan().parameter_count == trained.network_.count_params()

    def test_a_saved_model_answers_the_same_bits(self, trained, network, tmp_path):
        loaded = load(trained.save(tmp_path / "m.malmoi"), verify=True)
        assert loaded.predict_proba(TEXTS).tobytes() == trained.predict_proba(TEXTS).tobytes()
        assert loaded.network == network

    def test_the_same_seed_gives_the_same_file(self, trained, tmp_path):
        again = clone(trained).fit(TEXTS, LABELS)
        files = [model.save(tmp_path / name) for name, model in (("a", trained), ("b", again))]
        assert files[0].read_bytes() == files[1].read_bytes()
