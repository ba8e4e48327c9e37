import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
from malmoi.evaluation.checks.base import Subject
from malmoi.evaluation.suspected import suspected_labels
from malmoi.metrics.label_quality import (
    confident_classes,
    confident_thresholds,
    label_issues,
    normalized_margins,
    self_confidence,
)
from malmoi.models.linear import out_of_sample
from malmoi.models.linear.out_of_sample import OutOfSample
from malmoi.models.task_of_labels import classification_of

WORDS = {"neg": "awful bad dull weak poor boring", "pos": "fine good great lovely strong superb"}


def reviews(count, seed=0, classes=("neg", "pos")):
    """Texts of 12 words, half of them those of the class, and their labels."""
    random = np.random.default_rng(seed)
    labels = [classes[place % 2] for place in range(count)]
    texts = []
    for place in range(count):
        own = random.choice(WORDS["neg" if place % 2 == 0 else "pos"].split(), 6)
        texts.append(" ".join(random.permutation([*own, *(f"w{one}" for one in random.integers(200, size=6))])))
    return texts, labels


def with_wrong(labels, count, seed=0):
    places = np.random.default_rng(seed).choice(len(labels), count, replace=False)
    classes, wrong = sorted(set(labels)), list(labels)
    for place in places.tolist():
        wrong[place] = next(one for one in classes if one != labels[place])
    return wrong, set(places.tolist())


def found_in(*data, **options):
    return {one.code: one for one in mm.check(*data, **options)}


def test_wrong_labels_are_found_and_ranked():
    texts, labels = reviews(400)
    wrong, places = with_wrong(labels, 24)
    subject = Subject(mm.Corpus(texts, wrong))
    found = subject.suspected
    assert subject.suspected is found, "worked out once"
    assert set(found.ranking[:24].tolist()) == places
    assert set(found.places.tolist()) <= set(found.ranking[: len(found.places)].tolist())
    assert found.places.tolist() == found.ranking[: len(found.places)].tolist()
    assert found.scores.dtype == np.float32
    assert found.scores.shape == (400,)
    again = suspected_labels(texts, subject.data.required_codes)
    assert np.array_equal(again.scores, found.scores)


def test_the_finding_names_label_prediction_and_probability():
    texts, labels = reviews(400)
    wrong, places = with_wrong(labels, 40)
    found = found_in((texts, wrong))["suspected-labels"]
    assert found.is_warning
    assert found.values["low"] > 0.02
    assert found.values["share"] == found.values["count"] / 400
    assert found.values["most_confident"] == 100
    assert len(found.examples) == 3
    for one in found.examples:
        place = int(one.place.removeprefix("texts[").removesuffix("]"))
        assert place in places
        assert one.values["label"] == wrong[place]
        assert one.values["predicted"] == labels[place]
        assert 0.5 < one.values["probability"] <= 1
    assert "are suspected to be wrong: models that were not trained on them, with " in found.message
    assert found.message.endswith(" of all labels are wrong")
    assert "라벨 " in found.sentence("ko")
    assert "--fix" in found.recommendation()
    assert "--fix" in found.recommendation("ko")
    assert json.loads(json.dumps(found.to_json()))["code"] == "suspected-labels"


@pytest.mark.parametrize("classes", [(0, 1), (False, True)])
def test_labels_that_are_no_text_are_judged_too(classes):
    texts, labels = reviews(200, classes=classes)
    wrong, _ = with_wrong(labels, 12)
    example = found_in((texts, np.array(wrong)))["suspected-labels"].examples[0]
    assert type(json.loads(json.dumps(example.to_json()))["predicted"]) is type(classes[0])


def test_poor_models_only_make_notes_of_few_labels():
    random = np.random.default_rng(0)
    texts = [" ".join(f"w{one}" for one in random.integers(40, size=6)) for _ in range(400)]
    found = found_in((texts, random.choice(["a", "b"], 400).tolist()))["suspected-labels"]
    assert not found.is_warning
    assert not found.values["reliable"]
    assert found.values["count"] <= 20
    assert found.message.endswith("; with this low accuracy most of them may be correct")
    assert "정확도가 낮으므로" in found.sentence("ko")


def test_right_labels_are_not_suspected():
    found = found_in(reviews(400))
    assert "suspected-labels" not in found
    assert "unjudged-labels" not in found


def test_training_leaves_the_check_out():
    report = mm.check(reviews(40), thorough=False)
    assert "suspected-labels" not in (*report.ran, *(one.code for one in report.skipped))


@pytest.mark.parametrize(
    "labels",
    [
        None,
        ["a"] * 40,
        [str(place) for place in range(40)],
        ["a"] * 35 + ["b"] * 5,
        [["a", "b"], ["a"]] * 20,
    ],
    ids=["none", "one class", "one text a class", "one class with few", "several a text"],
)
def test_what_cannot_be_judged_is_skipped_and_why(labels):
    data = mm.Corpus([f"text {place}" for place in range(40)], labels)
    skipped = {one.code: one for one in mm.check(data).skipped}["suspected-labels"]
    assert skipped.reason() == "one label per text, with two classes or more of 10 texts or more"
    assert "10개 이상" in skipped.reason("ko")
    assert Subject(data).suspected is None


def test_labels_of_classes_with_few_texts_are_not_judged():
    texts, labels = reviews(200)
    texts, labels = [*texts, "odd one", "odd two", *["equal odd text"] * 20], [*labels, *["odd"] * 22]
    unjudged = found_in((texts, labels))["unjudged-labels"]
    assert not unjudged.is_warning
    assert unjudged.values["count"] == 22
    assert unjudged.message.startswith("22 labels cannot be assessed: their classes have fewer than 10")
    assert "22개" in unjudged.sentence("ko")
    found = suspected_labels(texts, mm.Corpus(texts, labels).required_codes)
    assert np.isnan(found.scores[200:]).all()
    assert found.judged == len(found.ranking) == 200


def test_equal_texts_cannot_be_judged():
    found = found_in((["the same text"] * 40, ["a", "b"] * 20))
    assert found["unjudged-labels"].values["count"] == 40
    assert "suspected-labels" not in found


def test_texts_without_common_words_cannot_be_judged():
    random = np.random.default_rng(0)
    texts = [f"{one:x}" * 900 for one in random.integers(2**60, size=1_000)]  # 12 million characters: words alone
    data = mm.Corpus(texts, ["a", "b"] * 500)
    assert Subject(data).suspected is None
    assert found_in(data)["unjudged-labels"].values["count"] == 1_000
    assert "shift" not in found_in(data, data)


def test_a_text_with_two_labels_is_judged_by_models_that_know_neither():
    texts, labels = reviews(200)
    texts, labels = [*texts, texts[0], texts[0]], [*labels, "pos", "pos"]
    found = suspected_labels(texts, mm.Corpus(texts, labels).required_codes)
    assert set(found.ranking[:2].tolist()) == {200, 201}


def test_many_texts_are_predicted_by_two_models(monkeypatch):
    monkeypatch.setattr(out_of_sample, "MOST_TEXTS_OF_FOLDS", 200)
    monkeypatch.setattr(out_of_sample, "TEXTS_TOGETHER", 64)
    texts, labels = reviews(600)
    texts, labels = texts + texts[:100], labels + labels[:100]
    wrong, places = with_wrong(labels, 30)
    task, targets = classification_of(wrong)
    batches = list(OutOfSample(texts, task, targets, 0, lambda *_: None).batches())
    assert sorted(np.concatenate([one for one, _ in batches]).tolist()) == list(range(700))
    assert 200 <= len(batches[0][0]) <= 250, "both samples, with their equals"
    model = OutOfSample(texts, task, targets, 0, lambda *_: None)
    first, second = model._sides
    assert not {texts[place] for place in first} & {texts[place] for place in second}
    found = suspected_labels(texts, mm.Corpus(texts, wrong).required_codes)
    assert found.judged == 700
    assert len(places & set(found.ranking[:30].tolist())) > 26


CONFUSED = st.integers(2, 4).flatmap(
    lambda classes: st.tuples(
        st.lists(
            st.tuples(st.integers(0, classes - 1), st.lists(st.integers(1, 50), min_size=classes, max_size=classes)),
            min_size=1,
            max_size=30,
        ),
        st.just(classes),
    )
)


def coded(case):
    rows, _ = case
    weights = np.array([row for _, row in rows], dtype=np.float64)
    return np.array([code for code, _ in rows]), weights / weights.sum(axis=1, keepdims=True)


@given(CONFUSED)
@settings(max_examples=60)
def test_confident_learning_equals_its_definition(case):
    codes, rows = coded(case)
    classes = rows.shape[1]
    limits = [np.mean(rows[codes == one, one]) if (codes == one).any() else 2 for one in range(classes)]
    assert confident_thresholds(codes, rows) == pytest.approx(limits)
    for code, row, found, issue in zip(
        codes,
        rows,
        confident_classes(rows, np.array(limits)),
        label_issues(codes, rows, np.array(limits)),
        strict=True,
    ):
        reached = [one for one in range(classes) if row[one] >= limits[one] - 1e-6]
        expected = -1 if not reached else reached[0] if len(reached) == 1 else int(row.argmax())
        assert found == expected
        assert issue == (expected not in (-1, code) and row.argmax() != code)
    others = [max(p for one, p in enumerate(row) if one != code) for code, row in zip(codes, rows, strict=True)]
    assert normalized_margins(codes, rows) == pytest.approx((self_confidence(codes, rows) - others + 1) / 2)
