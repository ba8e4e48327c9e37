"""Every tokenizer, vectorizer, network, classifier of texts keeps every promise; a kind that is in no table fails."""

import inspect
import json
import pickle
import unicodedata

import numpy as np
import pytest
from sklearn.base import clone

import malmoi as mm
from malmoi import _core, tokenizers, vectorizers
from malmoi.models.neural import networks
from malmoi.models.neural.networks import NETWORKS
from malmoi.persistence import KINDS, load
from malmoi.tokenizers import TOKENIZERS
from malmoi.wordvectors import embedder
from malmoi.wordvectors.static import embedder as static_embedder
from malmoi.wordvectors.static.subwords import Subwords
from malmoi.wordvectors.static.vectors import StaticVectors

TEXTS = ["The cat sat.", "", "고양이가 앉았다!", "don't\tstop 3.5", "\u1100\u1161 \ud55c", "שלום \U0001f600 a_b", "the"]
LABELS = ["a", "b", "a", "b", "a", "b", "a"]

TOKENIZER_TABLE = {
    "Characters": [
        mm.Characters(),
        mm.Characters(graphemes=False, squeeze_spaces=True),
        mm.Characters(inside_words=True),
        mm.Characters(alphabet="aeiou가", normalization="NFKC"),
    ],
    "Eojeol": [mm.Eojeol(), mm.Eojeol(keep_particles=False, keep_punctuation=True, drop_html=True)],
    "External": [mm.External(str.split), mm.External(list, joiner="")],
    "Hangul": [mm.Hangul(), mm.Hangul("jamo", keep_punctuation=False)],
    "KerasWords": [mm.KerasWords(), mm.KerasWords(filters="", lower=False, split="가")],
    "Morphemes": [mm.Morphemes(), mm.Morphemes(True, keep_function_words=False, tags=True, keep_punctuation=False)],
    "Pattern": [mm.Pattern(), mm.Pattern(r"(\w)[!.]", lowercase=False)],
    "Whitespace": [mm.Whitespace(), mm.Whitespace(lowercase=True, drop_html=True)],
    "Words": [
        mm.Words(),
        mm.Words(lowercase=False),
        mm.Words(emoji=False),
        mm.Words(keep_punctuation=True, strip_accents=True),
        mm.Words(normalization="NFKC", drop_html=True),
    ],
}
VECTORIZER_TABLE = {
    "BagVectorizer": [
        mm.BagVectorizer(),
        mm.BagVectorizer(mm.Words(), (1, 3), "tfidf", stop_words=["the"], max_tokens=5),
        mm.BagVectorizer(mm.Characters(inside_words=True), (2, 4), "sublinear", norm="l1", sparse_output=False),
    ],
    "HashedBagVectorizer": [mm.HashedBagVectorizer(), mm.HashedBagVectorizer(ngrams=(2, 2), buckets=7, signed=False)],
    "HashedOneHotVectorizer": [mm.HashedOneHotVectorizer(), mm.HashedOneHotVectorizer(buckets=9, sparse_output=True)],
    "HashedSequenceVectorizer": [
        mm.HashedSequenceVectorizer(max_length=3),
        mm.HashedSequenceVectorizer(mm.Words(), (1, 2), 50, 4, "post", "post"),
    ],
    "OneHotVectorizer": [mm.OneHotVectorizer(), mm.OneHotVectorizer(max_length=2, sparse_output=True)],
    "SequenceVectorizer": [
        mm.SequenceVectorizer(max_length=3),
        mm.SequenceVectorizer(max_tokens=5, keep_unknown=False),
    ],
}
VECTORS = mm.WordVectors.from_arrays(["the", "cat", "고양이가"], np.random.default_rng(0).normal(size=(3, 4)))
STATIC_TOKENIZER = {"model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "the": 1, "3": 2}, "unk_token": "[UNK]"}}
STATIC_TOKENIZER |= {"normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"}}
STATIC = StaticVectors(
    Subwords(json.dumps(STATIC_TOKENIZER)), np.eye(3, dtype=np.float16), "float16", None, None, "wordllama", False, None
)
EMBEDDER_TABLE = {
    "StaticEmbedder": [mm.StaticEmbedder(STATIC), mm.StaticEmbedder(STATIC, norm="l2", max_length=2)],
    "TextEmbedder": [
        mm.TextEmbedder(VECTORS),
        mm.TextEmbedder(VECTORS, "sif", norm="l2"),
        mm.TextEmbedder(VECTORS, "sif", common=2, smoothing=0.1, tokens=mm.Whitespace(), lowercase=False),
    ],
}
NETWORK_TABLE = {
    "Average": [mm.Average(), mm.Average("max", hidden=3, dropout=0.2, l2=0.01)],
    "Conv": [mm.Conv(4, (2, 3)), mm.Conv(3, 2, layers=2, pooling="mean", l2=0.01)],
    "Flatten": [mm.Flatten(), mm.Flatten(hidden=8), mm.Flatten((4, 3), dropout=0.5)],
    "Recurrent": [
        mm.Recurrent("simple", 3),
        mm.Recurrent("gru", 3, layers=2, dropout=0.3),
        mm.Recurrent("lstm", 3, bidirectional=True, l2=0.01),
    ],
}

CLASSIFIER_TABLE = {
    "BagClassifier": [mm.BagClassifier(), mm.BagClassifier(mm.Characters(), (1, 2), "tfidf", C=2.0, buckets=100)],
    "FastTextClassifier": [
        mm.FastTextClassifier(dimension=4, epochs=3),
        mm.FastTextClassifier(mm.Words(), 4, 3, characters=(1, 3), buckets=100, loss="one-vs-all", min_count=2),
        mm.FastTextClassifier(dimension=4, epochs=3, ngrams=3, vectors=VECTORS, calibration="isotonic"),
    ],
    "FewLabelClassifier": [
        mm.FewLabelClassifier(["documents", "bag"], dimension=4, epochs=2),
        mm.FewLabelClassifier(["components"], mm.Characters(), (1, 2), self_training=True),
        mm.FewLabelClassifier(["pretrained", "static"], vectors=VECTORS, embedder=mm.StaticEmbedder(STATIC)),
    ],
}
OF_NETWORKS = {"EmbeddingClassifier", "SeriesClassifier"}
OF_SERIES = {"MiniRocketClassifier"}  # tests/test_minirocket.py

EVERY_TOKENIZER = [value for values in TOKENIZER_TABLE.values() for value in values]
EVERY_VECTORIZER = [value for values in {**VECTORIZER_TABLE, **EMBEDDER_TABLE}.values() for value in values]
EVERY_NETWORK = [value for values in NETWORK_TABLE.values() for value in values]
EVERY_CLASSIFIER = [value for values in CLASSIFIER_TABLE.values() for value in values]


def test_every_kind_is_in_its_table():
    assert (
        set(TOKENIZER_TABLE)
        == {*TOKENIZERS, "External"}
        == kinds(tokenizers, lambda kind: hasattr(kind, "splitter")) - {"Tokenizer"}
    )
    built = kinds(networks, lambda kind: {"build", "widest"} <= set(dir(kind)))
    assert set(NETWORK_TABLE) == set(NETWORKS) == built - {"Network"}
    embedders = (embedder, static_embedder)
    assert set(EMBEDDER_TABLE) == set().union(*(kinds(room, lambda k: hasattr(k, "transform")) for room in embedders))
    assert set(VECTORIZER_TABLE) == kinds(vectorizers, lambda kind: hasattr(kind, "transform"))
    assert {*CLASSIFIER_TABLE, *OF_NETWORKS, *OF_SERIES} == {name for name in KINDS if name.endswith("Classifier")}


def kinds(room, is_kind):
    classes = inspect.getmembers(room, inspect.isclass)
    return {kind.__name__ for _, kind in classes if kind.__module__.startswith(room.__name__) and is_kind(kind)}


def plain(text):
    return "".join(character for character in text if not unicodedata.combining(character))


def dense(rows):
    return rows.toarray() if hasattr(rows, "toarray") else rows


@pytest.mark.parametrize("tokenizer", EVERY_TOKENIZER, ids=repr)
class TestTokenizers:
    def test_an_empty_text_has_no_tokens(self, tokenizer):
        assert tokenizer("") == []

    def test_tokens_are_never_empty_and_stand_where_their_spans_say(self, tokenizer):
        for text in TEXTS:
            assert all(tokenizer(text))
            if isinstance(tokenizer, mm.External):
                continue
            spans = tokenizer.spans(text)
            assert len(spans) == len(tokenizer(text))
            assert all(0 <= start <= end <= len(text) for start, end in spans)
            assert spans == sorted(spans)
            if isinstance(tokenizer, mm.Morphemes):
                continue  # a stem is not written as in the text
            for token, (start, end) in zip(tokenizer(text), spans, strict=True):
                source = unicodedata.normalize("NFKD", text[start:end].lower())
                assert unicodedata.normalize("NFKD", token.lower()).strip() in (source.strip(), plain(source), *source)

    def test_counting_sees_the_same_tokens_at_any_thread_count(self, tokenizer):
        expected = sorted({token for text in TEXTS for token in tokenizer(text)})
        for threads in (1, 2, 5):
            tally = _core.TokenTally(tokenizer.splitter, threads=threads, keep=False)
            tally.add(tokenizer.prepared(TEXTS))
            assert sorted(tally.counts()[0]) == expected

    def test_a_copy_does_the_same(self, tokenizer):
        copied = pickle.loads(pickle.dumps(tokenizer))
        assert copied == tokenizer
        assert [copied(text) for text in TEXTS] == [tokenizer(text) for text in TEXTS]


@pytest.mark.parametrize("vectorizer", EVERY_VECTORIZER, ids=repr)
class TestVectorizers:
    def test_a_batch_equals_its_texts_one_by_one(self, vectorizer):
        fitted = clone(vectorizer).fit(TEXTS)
        together = dense(fitted.transform(TEXTS))
        alone = np.concatenate([dense(fitted.transform([text])) for text in TEXTS])
        assert np.array_equal(together, alone)
        assert np.array_equal(dense(fitted.transform(TEXTS[::-1])), together[::-1])

    def test_nothing_gives_the_same_dtype_and_width(self, vectorizer):
        fitted = clone(vectorizer).fit(TEXTS)
        some = fitted.transform(TEXTS)
        for texts in ([], [""], ["\n"]):
            rows = fitted.transform(texts)
            assert type(rows) is type(some)
            assert (rows.dtype, rows.shape) == (some.dtype, (len(texts), *some.shape[1:]))

    def test_it_can_be_fitted_on_nothing(self, vectorizer):
        assert clone(vectorizer).fit([]).transform(["a"]).shape[0] == 1

    def test_fit_transform_is_fit_then_transform(self, vectorizer):
        at_once, then = clone(vectorizer).fit_transform(TEXTS), clone(vectorizer).fit(TEXTS).transform(TEXTS)
        assert np.array_equal(dense(at_once), dense(then))

    def test_an_iterator_is_used_up_once(self, vectorizer):
        found, expected = clone(vectorizer).fit_transform(iter(TEXTS)), clone(vectorizer).fit_transform(TEXTS)
        assert np.array_equal(dense(found), dense(expected))

    def test_the_number_of_threads_changes_nothing(self, vectorizer):
        texts = TEXTS * 5
        rows = [dense(clone(vectorizer).set_params(n_jobs=jobs).fit_transform(texts)) for jobs in (1, 2, 5)]
        assert rows[0].tobytes() == rows[1].tobytes() == rows[2].tobytes()

    def test_fitting_twice_is_fitting_once(self, vectorizer):
        twice = clone(vectorizer).fit(["other words", "zzz"]).fit(TEXTS)
        assert np.array_equal(dense(twice.transform(TEXTS)), dense(clone(vectorizer).fit(TEXTS).transform(TEXTS)))

    def test_a_copy_does_the_same(self, vectorizer):
        fitted = clone(vectorizer).fit(TEXTS)
        copied = pickle.loads(pickle.dumps(fitted))
        assert np.array_equal(dense(copied.transform(TEXTS)), dense(fitted.transform(TEXTS)))

    def test_columns_have_names(self, vectorizer):
        fitted = clone(vectorizer).set_params(**({"buckets": 50} if hasattr(vectorizer, "buckets") else {})).fit(TEXTS)
        rows = dense(fitted.transform(TEXTS))
        assert len(fitted.get_feature_names_out()) == np.prod(rows.shape[1:])

    def test_a_lone_str_and_an_odd_text_are_refused(self, vectorizer):
        with pytest.raises(TypeError, match="got one str; wrap it"):
            clone(vectorizer).fit("the cat")
        for odd, error in ((None, TypeError), (b"x", TypeError), (1.5, TypeError), ("\ud800", ValueError)):
            with pytest.raises(error, match=r"texts\[1\]"):
                clone(vectorizer).fit(["a", odd])


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
        assert trained.fitted_.network.plan.parameter_count == trained.network_.count_params()

    def test_a_saved_model_answers_the_same_bits(self, trained, network, tmp_path):
        loaded = load(trained.save(tmp_path / "m.malmoi"), verify=True)
        assert loaded.predict_proba(TEXTS).tobytes() == trained.predict_proba(TEXTS).tobytes()
        assert loaded.network == network

    def test_the_same_seed_gives_the_same_file(self, trained, tmp_path):
        again = clone(trained).fit(TEXTS, LABELS)
        files = [model.save(tmp_path / name) for name, model in (("a", trained), ("b", again))]
        assert files[0].read_bytes() == files[1].read_bytes()


def learned(classifier, **settings):
    unlabelled = {"unlabelled": TEXTS * 3} if isinstance(classifier, mm.FewLabelClassifier) else {}
    return clone(classifier).set_params(**settings).fit(TEXTS * 3, LABELS * 3, **unlabelled)


@pytest.mark.parametrize("classifier", EVERY_CLASSIFIER, ids=lambda one: type(one).__name__)
class TestClassifiers:
    def test_a_batch_equals_its_texts_one_by_one(self, classifier):
        model = learned(classifier)
        together = model.predict_proba(TEXTS)
        alone = np.concatenate([model.predict_proba([text]) for text in TEXTS])
        assert np.allclose(together, alone, atol=1e-5)
        assert np.allclose(model.predict_proba(TEXTS[::-1]), together[::-1], atol=1e-5)
        assert together.dtype == alone.dtype == np.float32

    def test_nothing_has_no_predictions(self, classifier):
        model = learned(classifier)
        assert model.predict_proba([]).shape == (0, 2)
        assert model.predict([]).shape == (0,)
        assert np.isfinite(model.predict_proba(["", "\n"])).all()

    def test_the_same_seed_gives_the_same_file_at_any_number_of_threads(self, classifier, tmp_path):
        files = [learned(classifier, n_jobs=jobs).save(tmp_path / str(jobs)).read_bytes() for jobs in (1, 2, 5)]
        assert files[0] == files[1] == files[2]

    def test_saved_and_copied_models_predict_the_same_bits(self, classifier, tmp_path):
        model = learned(classifier)
        loaded = load(model.save(tmp_path / "m.malmoi"), verify=True)
        for one in (loaded, pickle.loads(pickle.dumps(model))):
            assert one.predict_proba(TEXTS).tobytes() == model.predict_proba(TEXTS).tobytes()

    def test_a_lone_str_and_an_odd_text_are_refused(self, classifier):
        model = learned(classifier)
        for use in (model.predict, model.predict_proba, lambda texts: clone(classifier).fit(texts, ["a", "b"])):
            with pytest.raises(TypeError, match="got one str; wrap it"):
                use("the cat")
            for odd, error in ((None, TypeError), (b"x", TypeError), (1.5, TypeError), ("\ud800", ValueError)):
                with pytest.raises(error, match=r"texts\[1\]"):
                    use(["a", odd])
