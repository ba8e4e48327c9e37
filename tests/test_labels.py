"""Labels: one rule for every source, codes, forms, and what is questionable about them."""

import logging
import re

import numpy as np
import polars
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
from malmoi.data import labels as rule
from malmoi.data.coded_labels import CodedLabels, joined_labels
from malmoi.data.label_forms import labels_of
from malmoi.data.labels import any_labels, coded_labels, coded_sets, tidy_label
from malmoi.errors import DataError
from malmoi.evaluation.checks.label_values import label_findings
from malmoi.models.labels import places_among
from malmoi.models.state import State
from malmoi.models.task import Binary, task_from_state
from malmoi.models.task_of_labels import classification_of

PLACE = "labels[{}]".format
TEXTS = ["red apple", "green leaf", "blue sky"] * 8


# The rule


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([" pos", "pos\t", "\ufeffpos", "\u200bpos\u200b", "\u3000pos\xa0"], ["pos"] * 5),
        (["\u1107\u116e\u110c\u1165\u11bc", "부정"], ["부정", "부정"]),
        (["1.0", "1"], ["1.0", "1"]),
        ([1.0, 0.0, np.float32(1)], [1, 0, 1]),
        ([1, 1.0], [1, 1]),
        ([np.True_, False], [True, False]),
        ([np.str_(" a"), "a"], ["a", "a"]),
        (["a b", "a  b"], ["a b", "a  b"]),
    ],
)
def test_labels_with_types_are_composed_and_stripped(values, expected):
    found = coded_labels(values, PLACE).to_list()
    assert found == expected
    assert set(map(type, found)) == set(map(type, expected))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["0", "1.0", "-1 ", "1.00"], [0, 1, -1, 1]),
        (["007", "1"], ["007", "1"]),
        (["1.5", "1.0"], ["1.5", "1.0"]),
        (["1e3", "1"], ["1e3", "1"]),
        (["-0", "0"], ["-0", "0"]),
        (["\u0661", "1"], ["\u0661", "1"]),
        (["True", "FALSE", " true"], [True, False, True]),
        (["true", "yes"], ["true", "yes"]),
        (["1", "x"], ["1", "x"]),
        ([], []),
    ],
)
def test_labels_without_types_are_numbers_where_all_are(values, expected):
    found = coded_labels(values, PLACE, are_text=True).to_list()
    assert found == expected
    assert set(map(type, found)) == set(map(type, expected))


@settings(max_examples=50)
@given(st.text())
def test_the_rule_is_done_at_once(label):
    tidy = tidy_label(label)
    assert tidy_label(tidy) == tidy
    assert tidy == tidy.strip()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", ""], "labels[1] must not be empty, got ''; remove the text"),
        (["a", " \ufeff"], "labels[1] must not be empty, got ' \\ufeff'; remove the text"),
        (["a", None], "labels[1] must be a str, an int or a bool, got None; remove the text"),
        (["a", float("nan")], "labels[1] must be a str, an int or a bool, got nan; remove the text"),
        (["a", "b", 1], "labels[2] must be of the same type as 'a', got 1; write all of them as text"),
        ([1, True], "labels[1] must be of the same type as 1, got True; write all of them as text"),
        (["a", "b" * 1001], "labels[1] must be a str of at most 1000 characters without NUL and lone surrogates"),
        ([["a"], "b"], "labels[1] must be a list of labels, as labels[0] is, got 'b'"),
        ([["a"], ["b", ""]], "labels[1] must not be empty, got ''; remove the text"),
        ([[0, 1], [1, 0]], "labels[0]: lists of equal length that hold only 0 and 1 are ambiguous"),
    ],
)
def test_labels_that_cannot_be_used_are_named(values, message):
    with pytest.raises(DataError, match=re.escape(message)):
        any_labels(values, PLACE)


def test_very_many_long_labels_are_refused(monkeypatch):
    monkeypatch.setattr(rule, "LARGEST_CLASSES", 2**20)
    message = "the classes must take at most 1 MiB .*, got 401 classes, the longest of 900"
    with pytest.raises(DataError, match=message):
        coded_labels([*map(str, range(400)), "x" * 900], PLACE)


# Codes


labels_lists = st.lists(st.sampled_from(["a", "b", "c", "d"]))
sets_lists = st.lists(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=3))


@given(labels_lists, st.data())
def test_codes_are_the_labels(labels, data):
    coded = coded_labels(labels, PLACE)
    assert coded.to_list() == coded.to_array().tolist() == labels
    assert coded.classes.tolist() == sorted(set(labels))
    assert coded.class_counts() == {label: labels.count(label) for label in sorted(set(labels))}
    places = np.array(data.draw(st.lists(st.integers(0, len(labels) - 1))) if labels else [], dtype=np.int64)
    taken = coded.take(places)
    assert taken.to_list() == [labels[place] for place in places]
    assert taken.classes.tolist() == sorted(set(taken.to_list()))
    assert joined_labels(coded, taken).to_list() == labels + taken.to_list()


@given(sets_lists, st.data())
def test_codes_are_the_sets_of_labels(sets, data):
    coded, expected = coded_sets(sets, PLACE), [tuple(sorted(set(labels))) for labels in sets]
    assert coded.to_list() == expected
    assert coded.class_counts() == {
        label: sum(label in labels for labels in sets)
        for label in sorted({label for labels in sets for label in labels})
    }
    places = np.array(data.draw(st.lists(st.integers(0, len(sets) - 1))) if sets else [], dtype=np.int64)
    taken = coded.take(places)
    assert taken.to_list() == [expected[place] for place in places]
    assert joined_labels(coded, taken).to_list() == expected + taken.to_list()
    strata, counts = coded.strata(), coded.class_counts()
    rarest = [min(labels, key=lambda label: (counts[label], label), default="") for labels in expected]
    assert len(set(zip(strata.tolist(), rarest, strict=True))) == len(set(rarest)) == len(set(strata.tolist()))
    if sets:
        label, has_label = coded.most_frequent()
        assert has_label.sum() == max(map(expected.count, expected)) == expected.count(label)


def test_labels_of_two_forms_are_not_joined():
    with pytest.raises(TypeError, match="labels must be of one form, got one label per sample and several"):
        joined_labels(coded_labels(["a"], PLACE), coded_sets([["a"]], PLACE))


def test_long_labels_take_no_array_as_wide_as_the_longest_for_each_text():
    corpus = mm.Corpus(["t"] * 50_000, ["a"] * 49_999 + ["z" * 1000])
    assert (corpus.coded.codes.nbytes, corpus.coded.classes.nbytes) == (200_000, 8_000)
    part = corpus.take([0, 1])
    assert part.labels.tolist() == ["a", "a"]
    assert not part.labels.flags.writeable


# Forms


def columns():
    yield [[1], [0], [1]], np.array([[1], [0], [1]])
    yield ["b", "a", "b"], polars.Series(["b", "a", "b"])
    yield ["b", "a", "b"], polars.Series(["b", "a", "b"], dtype=polars.Categorical)
    yield ["b", "a", "b"], polars.DataFrame({"label": ["b", "a", "b"]})
    yield ["b", "a", "b"], np.array([["b"], ["a"], ["b"]], dtype=object)


@pytest.mark.parametrize(("expected", "labels"), list(columns()), ids=lambda value: type(value).__name__)
def test_columns_are_one_label_a_text(expected, labels):
    assert labels_of(labels).to_list() == [value[0] if isinstance(value, list) else value for value in expected]


def test_columns_of_pandas_and_arrow_are_one_label_a_text():
    pandas, pyarrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    for labels in (
        pandas.Series(["b", "a"], dtype="category"),
        pandas.DataFrame({"label": ["b", "a"]}),
        pyarrow.chunked_array([["b"], ["a"]]),
        pyarrow.table({"label": ["b", "a"]}),
    ):
        assert labels_of(labels).to_list() == ["b", "a"]
    assert labels_of(pandas.Series([["b"], ["a", "b"]])).to_list() == [("b",), ("a", "b")]


def test_one_hot_rows_are_one_label_a_text_and_that_is_logged(caplog):
    rows = np.eye(3)[[0, 2, 1] * 8]
    with caplog.at_level(logging.WARNING, "malmoi"):
        model = mm.BagClassifier(C=1.0, calibration=None).fit(TEXTS, rows)
    assert (
        "labels of shape (24, 3) are one-hot (exactly one 1 in each row): read as one label per sample" in caplog.text
    )
    assert model.predict(["red apple", "leaf", "sky"]).tolist() == [0, 2, 1]
    assert model.predict_proba(["red sky", "unknown"]).sum(axis=1) == pytest.approx(1)
    assert model.score(TEXTS, rows) == model.score(TEXTS, rows.argmax(axis=1)) == 1
    assert mm.evaluate(model, (TEXTS, rows)).scores["accuracy"].value == 1
    assert mm.Corpus(TEXTS, rows).class_counts() == {0: 8, 1: 8, 2: 8}
    model.partial_fit(["red apple"], np.eye(3)[:1])
    assert model.classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "labels",
    [scipy.sparse.csr_matrix(np.eye(3)[[0, 2, 1]]), np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1]])],
    ids=["sparse one-hot", "several"],
)
def test_sparse_and_other_rows_are_several_labels_a_text(labels):
    task, targets = classification_of(labels)
    assert (task.form, targets.shape) == ("indicator", (3, 3))


def test_rows_in_a_corpus_are_the_numbers_of_their_columns():
    corpus = mm.Corpus(["a", "b", "c"], np.array([[1, 0, 1], [0, 0, 0], [1, 0, 0]]))
    assert corpus.labels == [(0, 2), (), (0,)]
    assert corpus.classes.tolist() == [0, 2]


def test_classes_of_old_files_stay_as_they_were_and_are_found():
    state = State({"classes": {"kind": "str", "values": ["", " neg", "pos"], "form": "class"}}, {})
    task = task_from_state(state)
    assert task.classes.tolist() == ["", " neg", "pos"]
    assert task.encode(["neg", " pos"], "data").tolist() == [1, 2]
    assert places_among(np.array(["a", "a "]), np.array(["a"])).tolist() == [0]


def test_a_score_counts_labels_as_fit_takes_them():
    task = Binary(np.array(["neg", "pos"]))
    outputs = np.array([[0.9], [0.2], [0.6]], dtype=np.float32)
    assert task.hits(outputs, ["pos ", "neg", "new"]).tolist() == [True, True, False]
    assert task.hits(outputs, ["pos", "neg", "pos"], least=0.7).tolist() == [True, True, False]


# Several labels of a corpus


def test_a_corpus_of_several_labels_is_split_by_its_rarest():
    sets = [["news"], ["news", "rare"], [], ["sport"], ["news", "sport"]] * 20
    corpus = mm.Corpus([str(place) for place in range(100)], sets)
    assert corpus.class_counts() == {"news": 60, "rare": 20, "sport": 40}
    first, rest = corpus.split(0.75, seed=0)
    assert first.class_counts() == {"news": pytest.approx(45, abs=1), "rare": 15, "sport": 30}
    assert rest.labels.count(()) == 5
    with pytest.raises(ValueError, match="balanced must be False for several labels per text, got True"):
        corpus.split(0.5, seed=0, balanced=True)


def test_every_label_comes_into_the_first_part():
    corpus = mm.Corpus([str(place) for place in range(40)], [["a"], ["b"]] * 19 + [["a", "c"], ["c"]])
    for seed in range(20):
        assert len(corpus.split(4, seed=seed)[0].classes) == 3


def test_a_run_measures_several_labels():
    sets = [["red"], ["green"], ["blue", "cold"]] * 8
    texts = [f"{text} {place}" for place, text in enumerate(TEXTS)]
    result = mm.run(mm.Recipe("bag", {"C": 16.0, "calibration": None}), mm.Corpus(texts, sets), validation=6)
    assert result.score_name == "exact match"
    assert (result.validation_score.samples, result.baseline[1].samples) == (6, 6)
    assert isinstance(result.baseline[0], tuple)
    assert result.micro_f1.value == 1
    assert "validation exact match" in str(result)
    assert result.findings[0].code == "most-frequent-labels"
    assert 'exact match 100.0% (95 % interval 61.0% to 100.0%, 6 samples) is better than always predicting "' in str(
        result.findings[0]
    )
    assert "완전 일치율 100.0%" in result.findings[0].sentence("ko")
    with pytest.raises(DataError, match="data must have one label for each text, got several"):
        mm.evaluate(mm.BagClassifier(C=1.0, calibration=None).fit(TEXTS, ["a", "b", "c"] * 8), (texts, sets))


# Findings


@pytest.mark.parametrize(
    ("labels", "difference"),
    [
        (["pos", "POS"], "case"),
        (["very good", "verygood"], "white-space"),
        (["1", "1.0"], "decimal-zero"),
        (["１", "1"], "compatibility"),
        (["good", "good."], "punctuation"),
        (["Good!", "good"], "several"),
    ],
)
def test_spellings_of_one_label_are_named(labels, difference):
    (finding,) = label_findings({labels[0]: 5, labels[1]: 1, "other": 9})
    assert finding.code == "similar-labels"
    assert finding.values["groups"] == [{"labels": labels, "counts": [5, 1], "difference": difference}]
    assert (
        f'labels that may be the same: "{labels[0]}" (5 texts) and "{labels[1]}" (1 text) differ only'
        in finding.message
    )
    assert "같은 라벨일 수 있습니다" in finding.sentence("ko")


@pytest.mark.parametrize(
    "labels", [["C", "C++", "C#"], ["A+", "A", "A-"], ["+", "-"], ["unknown", "other", "미분류"], [1, 0]]
)
def test_labels_that_only_look_alike_are_none(labels):
    assert list(label_findings(dict.fromkeys(labels, 3))) == []


@pytest.mark.parametrize("label", ["nan", "NULL", "None", "n/a", "없음", "?", "<NA>", "-"])
def test_labels_that_spell_missing_are_named(label):
    (finding,) = label_findings({label: 4, "pos": 9})
    assert finding.values == {"labels": [label], "counts": [4]}
    assert f'labels that may mean a missing label: "{label}" (4 texts)' in finding.message
    assert finding.recommendation() == "if so, remove these texts"
    assert "결측값을 뜻할 수 있는 라벨" in finding.sentence("ko")


def test_labels_are_compared_with_the_classes_of_a_model():
    (finding,) = label_findings({"POS": 1}, ["pos", "neg"])
    assert [example.text for example in finding.examples] == ["POS", "pos"]
    assert list(label_findings({"pos": 1}, ["pos", "POS"])) == []
    many = {f"{case}{place}": 1 for place in range(9) for case in "ab" + "AB"}
    assert "13 more groups" in next(label_findings(many)).message


def test_a_label_of_its_own_for_every_text_is_questioned():
    corpus = mm.Corpus(["t"] * 12, [f"id{place}" for place in range(12)])
    message = r"all texts have different labels \('id0', 'id1', 'id10', ...\); is it an id\? set the label column"
    with pytest.raises(DataError, match=message):
        mm.run(mm.Recipe("bag"), corpus)
    assert mm.check(corpus)[0].code == "distinct-labels"
    assert mm.check(corpus)[0].message.startswith("each of the 12 texts has a different label")
    assert "모두 다릅니다" in mm.check(corpus)[0].sentence("ko")
    assert "distinct-labels" not in [one.code for one in mm.check(mm.Corpus(["t"] * 9, range(9)))]


def test_the_column_of_ids_is_named():
    class Read:
        text_columns, label_columns = ("text",), ("id",)

    corpus = mm.Corpus([str(place) for place in range(12)], [f"id{place}" for place in range(12)], Read())
    assert corpus.take([0]).source is corpus.source
    with pytest.raises(DataError, match=r"all texts have different labels in the column 'id' \('id0'"):
        mm.run(mm.Recipe("bag"), corpus)


def test_findings_of_labels_are_part_of_a_check():
    corpus, validation = mm.Corpus(["a", "b"], ["x", "y"]), mm.Corpus(["c"], ["X"])
    assert "similar-labels" in [finding.code for finding in mm.check(corpus, validation)]
    assert isinstance(corpus.coded, CodedLabels)
