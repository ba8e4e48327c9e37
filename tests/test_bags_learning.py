"""Bags that learn in parts, that are copied, that stand in a pipeline, and that are asked for nonsense."""

import pickle
import re
from functools import partial
from importlib.metadata import version
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import malmoi as mm

texts_of_words = st.lists(st.text("abc 가", max_size=12), max_size=8)
cuts = st.lists(st.integers(0, 8), max_size=3).map(sorted)
vectorizers = st.builds(
    mm.BagVectorizer,
    st.sampled_from([mm.Words(), mm.Characters(), mm.Characters(inside_words=True), mm.External(str.split)]),
    st.sampled_from([(1, 1), (1, 3), (2, 2), (3, 5)]),
    st.sampled_from(["count", "binary", "frequency", "sublinear", "tfidf", "sublinear-tfidf"]),
    min_count=st.integers(1, 3),
    min_texts=st.integers(1, 2),
    max_share=st.sampled_from([0.5, 1.0]),
    max_tokens=st.sampled_from([None, 2, 5]),
    stop_words=st.sampled_from([(), ("a",), ("b", "가")]),
    n_jobs=st.sampled_from([1, 3]),
)


def parts(texts, places):
    ends = [0, *places, len(texts)]
    return [texts[start:end] for start, end in pairwise(ends)]


def a_new(vectorizer):
    return mm.BagVectorizer(**vectorizer.get_params())


def copy(vectorizer):
    return pickle.loads(pickle.dumps(vectorizer))


def assert_alike(one, other, texts):
    """Two bags know the same n-grams, in the same order, and weigh them alike, to the bit."""
    assert one.get_feature_names_out().tolist() == other.get_feature_names_out().tolist()
    assert one.counts_.tolist() == other.counts_.tolist()
    assert one.text_counts_.tolist() == other.text_counts_.tolist()
    rows, others = one.transform(texts), other.transform(texts)
    assert rows.shape == others.shape
    assert [array.tobytes() for array in (rows.data, rows.indices, rows.indptr)] == [
        array.tobytes() for array in (others.data, others.indices, others.indptr)
    ]


def test_batches_are_learned_as_the_whole():
    whole = mm.BagVectorizer(mm.Words(), (1, 2), "tfidf").fit(["a b", "b c", "c"])
    learned = mm.BagVectorizer(mm.Words(), (1, 2), "tfidf").partial_fit(["a b"]).partial_fit(["b c", "c"])
    assert learned.get_feature_names_out().tolist() == ["b", "c", "a", "a b", "b c"]
    assert_alike(learned, whole, ["a b c"])


@settings(max_examples=50)
@given(texts_of_words, vectorizers, cuts, st.booleans())
def test_learning_in_any_cut_is_learning_all_at_once(texts, vectorizer, places, copied):
    learned = a_new(vectorizer).partial_fit([])
    for batch in parts(texts, places):
        if copied:
            learned = copy(learned)
        learned.partial_fit(batch)
    assert_alike(learned, a_new(vectorizer).fit(texts), ["a b c ab", *texts])


@settings(max_examples=50)
@given(texts_of_words, vectorizers, st.integers(0, 8), st.booleans(), texts_of_words)
def test_merging_two_is_learning_all_at_once(texts, vectorizer, cut, copied, later):
    first, second = a_new(vectorizer).partial_fit(texts[:cut]), a_new(vectorizer).partial_fit(texts[cut:])
    if copied:
        first, second = copy(first), copy(second)
    merged = first.merge(second)
    assert merged is first
    assert_alike(merged, a_new(vectorizer).fit(texts), texts)
    assert_alike(second, a_new(vectorizer).fit(texts[cut:]), texts)
    assert_alike(merged.partial_fit(later), a_new(vectorizer).fit(texts + later), texts)


def test_merging_with_itself_counts_twice():
    vectorizer = mm.BagVectorizer(mm.Words()).partial_fit(["a b", "c b"])
    assert_alike(vectorizer.merge(vectorizer), mm.BagVectorizer(mm.Words()).fit(["a b", "c b"] * 2), ["a b"])
    sequences = mm.SequenceVectorizer(mm.Words()).partial_fit(["a b", "c b"])
    assert sequences.merge(sequences).vocabulary_.counts.tolist() == [4, 2, 2]


def test_many_batches_can_be_merged_in_a_tree():
    texts = [f"w{number % 7} w{number % 11} w{number}" for number in range(300)]
    leaves = [mm.BagVectorizer(mm.Words()).partial_fit(texts[start : start + 20]) for start in range(0, 300, 20)]
    while len(leaves) > 1:
        pairs = [leaves[at].merge(leaves[at + 1]) for at in range(0, len(leaves) - 1, 2)]
        leaves = pairs + leaves[len(pairs) * 2 :]
    assert_alike(leaves[0], mm.BagVectorizer(mm.Words()).fit(texts), texts)


def test_learning_in_parts_begins_anew_after_fit():
    vectorizer = mm.BagVectorizer(mm.Words()).fit(["x y z"]).partial_fit(["a b"])
    assert_alike(vectorizer, mm.BagVectorizer(mm.Words()).fit(["a b"]), ["a b x"])
    assert_alike(vectorizer.fit(["c"]), mm.BagVectorizer(mm.Words()).fit(["c"]), ["a b c"])


def test_a_batch_that_is_refused_changes_nothing():
    vectorizer = mm.BagVectorizer(mm.Words()).partial_fit(["a b"])
    with pytest.raises(TypeError, match=r"texts\[1\]"):
        vectorizer.partial_fit(["c", None])
    assert_alike(vectorizer.partial_fit(["d"]), mm.BagVectorizer(mm.Words()).fit(["a b", "d"]), ["a b c d"])


def test_only_what_counts_the_same_can_be_merged():
    learned = mm.BagVectorizer(mm.Words()).partial_fit(["a"])
    for other, message in (
        (mm.BagVectorizer(mm.Whitespace()), r"the same tokens, got Words\(\) and Whitespace\(\)"),
        (mm.BagVectorizer(mm.Words(), (1, 3)), r"the same ngrams, got \(1, 2\) and \(1, 3\)"),
        (mm.BagVectorizer(mm.Words(), stop_words=["a"]), r"the same stop_words, got \[\] and \['a'\]"),
    ):
        with pytest.raises(ValueError, match=f"both vectorizers must have {message}"):
            learned.merge(other.partial_fit(["a"]))
    for other in (mm.BagVectorizer(mm.Words()), mm.BagVectorizer(mm.Words()).fit(["a"])):
        with pytest.raises(ValueError, match="both vectorizers must be fitted with partial_fit"):
            learned.merge(other)
        with pytest.raises(ValueError, match="both vectorizers must be fitted with partial_fit"):
            other.merge(learned)


def test_labels_cannot_be_learned_in_parts():
    with pytest.raises(ValueError, match="weighting must not be 'naive-bayes' for partial_fit"):
        mm.BagVectorizer(weighting="naive-bayes").partial_fit(["a"], ["x"])


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (None, ValueError, "y must be the labels for the weighting 'naive-bayes', got None"),
        (["x"], ValueError, r"y must have 2 items, one per text, got 1"),
        (["x", "x"], mm.DataError, "y must have 2 classes for the weighting 'naive-bayes', got 1"),
    ],
)
def test_log_count_ratios_need_two_classes(labels, error, message):
    with pytest.raises(error, match=message):
        mm.BagVectorizer(weighting="naive-bayes").fit(["a", "b"], labels)


def test_the_ngrams_of_a_row_come_back():
    vectorizer = mm.BagVectorizer(mm.Words(), (1, 2), "tfidf")
    rows = vectorizer.fit_transform(["b a b", "", "a"])
    for given_rows in (rows, rows.toarray()):
        found = vectorizer.inverse_transform(given_rows)
        assert [sorted(row.tolist()) for row in found] == [["a", "a b", "b", "b a"], [], ["a"]]


def test_dense_rows_become_tables():
    vectorizer = mm.BagVectorizer(mm.Words(), sparse_output=False, ngrams=(1, 1)).set_output(transform="polars")
    table = vectorizer.fit_transform(["so good", "so so"])
    assert isinstance(table, pl.DataFrame)
    assert table.to_dict(as_series=False) == {"so": [1.0, 2.0], "good": [1.0, 0.0]}
    assert vectorizer.transform(["good"]).rows() == [(0.0, 1.0)]


def test_dense_rows_become_pandas_tables():
    pandas = pytest.importorskip("pandas")
    vectorizer = mm.BagVectorizer(mm.Words(), sparse_output=False, ngrams=(1, 1)).set_output(transform="pandas")
    texts = pandas.Series(["so good", "so so"], index=[7, 9])
    table = vectorizer.fit_transform(texts)
    assert table.columns.tolist() == ["so", "good"]
    index = [7, 9] if version("scikit-learn") >= "1.8" else [0, 1]  # before 1.8 that of a DataFrame alone
    assert table.index.tolist() == index
    assert table.to_numpy().tolist() == [[1, 1], [2, 0]]


def test_a_bag_stands_in_a_pipeline(texts, labels):
    for weighting in ("count", "tfidf", "naive-bayes"):
        pipeline = make_pipeline(mm.BagVectorizer(weighting=weighting), LogisticRegression(C=10))
        assert pipeline.fit(texts, labels).predict(["a good film", "a bad film"]).tolist() == ["pos", "neg"]
        assert pipeline[:-1].get_feature_names_out()[0] == "good"


def test_a_grid_search_chooses_its_settings(texts, labels):
    grid = {"bagvectorizer__ngrams": [(1, 1), (1, 2)], "bagvectorizer__max_tokens": [1, None]}
    search = GridSearchCV(make_pipeline(mm.BagVectorizer(mm.Words()), LogisticRegression()), grid, cv=3)
    assert search.fit(texts, labels).best_score_ == 1
    assert set(search.best_params_) == set(grid)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"tokens": str.split}, TypeError, 'tokens must be "auto" or a tokenizer such as Words(), got <method'),
        ({"ngrams": (2, 1)}, ValueError, "from 1 to 255, got (2, 1); swap them: (1, 2)"),
        (
            {"ngrams": (0, 1)},
            ValueError,
            "ngrams must be the smallest and the largest n, from 1 to 255, got (0, 1)",
        ),
        ({"ngrams": (1, 256)}, ValueError, "from 1 to 255, got (1, 256)"),
        ({"ngrams": 2}, TypeError, "ngrams must be two whole numbers, such as (1, 2), got 2"),
        ({"ngrams": (1, 2.0)}, TypeError, "ngrams must be two whole numbers, such as (1, 2), got (1, 2.0)"),
        ({"ngrams": "12"}, TypeError, "ngrams must be two whole numbers, such as (1, 2), got '12'"),
        ({"weighting": "tf-idf"}, ValueError, "weighting must be 'count', 'binary', "),
        ({"weighting": None}, ValueError, "or 'naive-bayes', got None"),
        ({"norm": "L2"}, ValueError, "norm must be 'auto', 'l1', 'l2' or None, got 'L2'"),
        ({"min_count": 0}, ValueError, "min_count must be 1 or more, got 0"),
        ({"min_count": 1.5}, TypeError, "min_count must be a whole number, got 1.5"),
        ({"min_texts": 0}, ValueError, "min_texts must be 1 or more, got 0"),
        ({"min_texts": 0.1}, TypeError, "min_texts must be a whole number, got 0.1"),
        ({"max_share": 0}, ValueError, "max_share must be above 0 and at most 1, got 0"),
        ({"max_share": 1.01}, ValueError, "max_share must be above 0 and at most 1, got 1.01"),
        ({"max_share": float("nan")}, ValueError, "max_share must be above 0 and at most 1, got nan"),
        ({"max_share": True}, TypeError, "max_share must be a number, got True"),
        ({"max_tokens": 0}, ValueError, "max_tokens must be 1 or more, got 0"),
        ({"max_tokens": 2**31}, ValueError, "max_tokens must be at most 2147483647, got 2147483648"),
        ({"max_tokens": "9"}, TypeError, "max_tokens must be a whole number, got '9'"),
        (
            {"stop_words": "english"},
            TypeError,
            "stop_words must be a list or a set of str, got 'english'; pass the words",
        ),
        ({"stop_words": None}, TypeError, "stop_words must be a list or a set of str, got None"),
        ({"stop_words": ["a", 1]}, TypeError, "stop_words must all be str, got 1"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be from 1 to 1024, or -1 for all cores, got 0"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, error, message):
    for call in ("fit", "fit_transform", "partial_fit"):
        with pytest.raises(error, match=re.escape(message)):
            getattr(mm.BagVectorizer(**wrong), call)(["a"])


@pytest.mark.parametrize("kind", [list, lambda texts: np.array(texts, dtype=object), tuple])
def test_a_missing_text_is_named_by_its_place(kind):
    vectorizer = mm.BagVectorizer().fit(["a"])
    for missing, shown in ((None, "None"), (float("nan"), "nan"), (np.nan, "nan")):
        for call in (vectorizer.transform, mm.BagVectorizer().fit, mm.BagVectorizer().partial_fit):
            with pytest.raises(TypeError, match=rf"texts\[2\] must be a str, got {shown}; remove it"):
                call(kind(["a", "b", missing]))


def test_a_null_of_a_column_is_named_by_its_place():
    with pytest.raises(TypeError, match=r"texts\[1\] must be a str, got None"):
        mm.BagVectorizer().fit(pl.Series(["a", None]))


@pytest.mark.parametrize("together", ["TEXTS_TOGETHER", "CHARACTERS_TOGETHER"])
@pytest.mark.parametrize("size", [1, 2, 7])
def test_texts_counted_in_batches_are_counted_as_the_whole(monkeypatch, together, size):
    texts, labels = ["b a b", "", "a c", "c d c", "b", "a b c d"] * 2, ["x", "y", "y"] * 4
    kinds = [
        mm.BagVectorizer(mm.Words(), (1, 3), "tfidf"),
        mm.BagVectorizer(weighting="naive-bayes", min_count=3),
        mm.BagVectorizer(mm.Characters(inside_words=True), (2, 5), sparse_output=False),
        mm.HashedOneHotVectorizer(),
        mm.HashedBagVectorizer(buckets=9),
        mm.OneHotVectorizer(),
        mm.SequenceVectorizer(max_length=3),
    ]
    expected = [kind.fit_transform(texts, labels) for kind in kinds]
    monkeypatch.setattr(f"malmoi.tokenizers.batches.{together}", size)
    for kind, rows in zip(kinds, expected, strict=True):
        heard = []
        learn = getattr(kind, "collisions", partial(kind.fit, y=labels))  # hashing learns nothing, but it counts
        learn(texts, progress=lambda *step: heard.append(step))  # noqa: B023
        found = kind.transform(texts)
        assert heard[-1][1:] == (12, 12)
        assert len(heard) > 1
        for matrix in (found, kind.fit_transform(texts, labels)):
            assert (abs(matrix - rows) > 0).sum() == 0


def test_a_batch_that_fails_late_is_not_counted_in_part(monkeypatch):
    def split(text):
        return text.split() if text != "boom" else 1 / 0

    monkeypatch.setattr("malmoi.tokenizers.batches.TEXTS_TOGETHER", 2)
    for kind in (mm.BagVectorizer, mm.SequenceVectorizer):
        vectorizer = kind(mm.External(split)).partial_fit(["a"])
        with pytest.raises(ZeroDivisionError):
            vectorizer.partial_fit(["c", "c", "c", "boom"])
        vectorizer.partial_fit(["d"])
        counts = vectorizer.counts_.tolist() if kind is mm.BagVectorizer else vectorizer.vocabulary_.counts
        assert list(counts) == [1, 1]


def test_stop_words_that_can_be_read_only_once_are_all_dropped():
    vectorizer = mm.BagVectorizer(mm.Words(), (1, 1), stop_words=(word for word in ["the", "a"]))
    try:
        vectorizer.fit(["the cat", "a cat"])
    except TypeError as error:
        assert "stop_words must be a list or a set of str" in str(error)  # noqa: PT017 -- either way is right
    else:
        assert vectorizer.get_feature_names_out().tolist() == ["cat"]


@pytest.mark.parametrize("join", [False, True], ids=["partial_fit", "merge"])
@pytest.mark.parametrize("kind", [mm.BagVectorizer, mm.SequenceVectorizer])
def test_texts_are_not_counted_twice_after_an_interrupt_of_what_follows(kind, join, monkeypatch):
    """Ctrl-C while columns are chosen: the texts are counted, and the same call again must not count them once more."""
    vectorizer, more = kind(mm.Words()).partial_fit(["a b"]), kind(mm.Words()).partial_fit(["b c"])
    work = (lambda: vectorizer.merge(more)) if join else (lambda: vectorizer.partial_fit(["b c"]))
    before = vectorizer.transform(["a b c"])

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(kind, "_learned" if kind is mm.BagVectorizer else "_take", interrupted)
        with pytest.raises(KeyboardInterrupt):
            work()
    with pytest.raises(RuntimeError, match="an earlier call ended early"):
        work()
    assert (vectorizer.transform(["a b c"]) != before).sum() == 0


def test_a_first_batch_that_was_interrupted_is_learned_by_the_next_call(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    vectorizer = mm.SequenceVectorizer(mm.Words())
    with monkeypatch.context() as patched:
        patched.setattr(mm.SequenceVectorizer, "_take", interrupted)
        with pytest.raises(KeyboardInterrupt):
            vectorizer.partial_fit(["a b"])
    assert vectorizer.partial_fit(["a b"]).vocabulary_.counts.tolist() == [1, 1]
