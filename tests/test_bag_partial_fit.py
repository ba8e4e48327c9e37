"""More labelled texts for a fitted bag: near to a fit on all, new n-grams, new classes, wrong calls."""

import numpy as np
import pytest

import malmoi as mm

WORDS = mm.Words(keep_punctuation=True)
TOPICS = {
    "sport": ["goal", "match", "team", "coach", "league", "score"],
    "food": ["bread", "soup", "cook", "salt", "oven", "taste"],
    "music": ["song", "band", "guitar", "drum", "tune", "concert"],
    "travel": ["train", "ticket", "beach", "hotel", "island", "map"],
}
COMMON = ["the", "a", "we", "had", "some", "very", "good", "today", "again", "there"]


def made(samples, topics, seed=0):
    """Texts of topics in turn, with some words that say nothing, and the topics."""
    random = np.random.default_rng(seed)
    labels = [topics[place % len(topics)] for place in range(samples)]
    words = [[*random.choice(TOPICS[one], size=2), *random.choice(COMMON, size=5)] for one in labels]
    return [" ".join(random.permutation(one)) for one in words], labels


def accuracy(model, topics, seed=9):
    """Of each topic."""
    texts, labels = made(200, topics, seed)
    right = np.array(model.predict(texts)) == labels
    return {one: right[np.array(labels) == one].mean() for one in topics}


@pytest.mark.parametrize("weighting", ["nb", "tfidf", "count"])
def test_a_few_more_texts_are_nearly_a_fit_on_all(weighting):
    topics = ["sport", "food"]
    (texts, labels), (more, others), (new, _) = (made(n, topics, seed) for n, seed in ((200, 0), (20, 1), (100, 2)))
    model = mm.BagClassifier(WORDS, (1, 1), weighting, C=4.0, calibration=None).fit(texts, labels)
    before = model.decision_function(new)
    model.partial_fit(more, others)
    together = mm.BagClassifier(WORDS, (1, 1), weighting, C=4.0, calibration=None).fit(texts + more, labels + others)
    expected = together.decision_function(new)
    assert np.abs(model.decision_function(new) - expected).mean() < 0.1 * np.abs(expected).mean()
    assert np.abs(before - model.decision_function(new)).max() > 1e-3
    assert model.facts_.samples == 220


def test_texts_in_one_part_or_in_many_end_up_near_each_other():
    (texts, labels), (more, others), (new, _) = (
        made(n, ["sport", "food"], seed) for n, seed in ((100, 0), (40, 1), (60, 2))
    )
    once, often = (mm.BagClassifier(WORDS, (1, 1), C=4.0).fit(texts, labels) for _ in range(2))
    once.partial_fit(more, others)
    for place in range(0, 40, 10):
        often.partial_fit(more[place : place + 10], others[place : place + 10])
    scores = once.decision_function(new), often.decision_function(new)
    assert np.abs(scores[0] - scores[1]).mean() < 0.15 * np.abs(scores[0]).mean()
    assert often.facts_.samples == 140


def test_ngrams_that_are_new_are_learned():
    texts, labels = made(100, ["sport", "food"])
    model = mm.BagClassifier(WORDS, (1, 2), C=4.0).fit(texts, labels)
    columns = len(model.fitted.scorer.columns)
    assert model.decision_function(["zebra"])[0] == model.decision_function([""])[0]
    model.partial_fit(["zebra the", "zebra again", "zebra today", "bread soup"], ["sport", "sport", "sport", "food"])
    assert len(model.fitted.scorer.columns) > columns
    assert model.decision_function(["zebra"])[0] > model.decision_function([""])[0] + 0.1
    found = {one.name: one.weight for one in model.explain("zebra bread", label="sport").features}
    assert found["zebra"] > 0 > found["bread"]
    assert min(accuracy(model, ["sport", "food"]).values()) > 0.95


def test_a_correction_is_taken_up():
    texts, labels = made(100, ["sport", "food"])
    model = mm.BagClassifier(WORDS, (1, 1), C=4.0).fit(texts, labels)
    score = model.decision_function(["goal"])[0]
    model.partial_fit(["goal"] * 5, ["food"] * 5)
    assert model.decision_function(["goal"])[0] < score - 0.1
    assert min(accuracy(model, ["sport", "food"]).values()) > 0.8


@pytest.mark.parametrize("more", [{}, {"weighting": "tfidf"}, {"buckets": 4096}, {"calibration": "isotonic"}], ids=str)
def test_a_third_class_is_learned_beside_two(more):
    texts, labels = made(200, ["sport", "food"])
    model = mm.BagClassifier(WORDS, (1, 1), **more).fit(texts, labels)
    model.partial_fit(*made(20, ["music"], seed=1))
    assert model.classes_.tolist() == ["food", "music", "sport"]
    found = accuracy(model, ["sport", "food", "music"])
    assert min(found["sport"], found["food"]) > 0.95
    assert found["music"] > 0.7
    shares = model.predict_proba(["song band", "goal", ""])
    assert shares.shape == (3, 3)
    assert np.abs(shares.sum(axis=1) - 1).max() < 1e-6
    assert model.explain("song band").label == "music"
    assert any(one.label == "music" and one.name in TOPICS["music"] for one in model.top_ngrams_)


def test_one_more_class_beside_several():
    topics = ["sport", "food", "music"]
    model = mm.BagClassifier(WORDS, (1, 1)).fit(*made(240, topics))
    before = accuracy(model, topics)
    model.partial_fit(*made(20, ["travel"], seed=1))
    assert model.classes_.tolist() == ["food", "music", "sport", "travel"]
    after = accuracy(model, [*topics, "travel"])
    assert all(after[one] >= before[one] - 0.05 for one in topics)
    assert after["travel"] > 0.7
    model.partial_fit(*made(20, ["travel", "food"], seed=2))
    assert len(model.classes_) == 4
    assert accuracy(model, ["travel"])["travel"] > 0.8


def test_two_classes_become_three_without_a_change_of_their_difference():
    texts, labels = made(100, ["sport", "food"])
    model = mm.BagClassifier(WORDS, (1, 1), C=4.0, calibration=None).fit(texts, labels)
    new = made(50, ["sport", "food"], seed=2)[0]
    before = model.decision_function(new)
    model.partial_fit(["song"], ["music"])
    after = model.decision_function(new)  # food, music, sport
    assert np.abs(after[:, 2] - after[:, 0] - before).mean() < 0.1 * np.abs(before).mean()


def test_one_more_label_beside_several_a_text():
    texts, labels = made(200, ["sport", "food"])
    model = mm.BagClassifier(WORDS, (1, 1)).fit(texts, [[one] for one in labels])
    more, _ = made(20, ["music"], seed=1)
    model.partial_fit([*more, "song goal"], [["music"]] * 20 + [["music", "sport"]])
    assert model.classes_.tolist() == ["food", "music", "sport"]
    new, truth = made(90, ["sport", "food", "music"], seed=3)
    predicted = model.predict(new)
    right = [one == (true,) for one, true in zip(predicted, truth, strict=True)]
    assert np.mean([hit for hit, true in zip(right, truth, strict=True) if true != "music"]) > 0.9
    assert np.mean(["music" in one for one, true in zip(predicted, truth, strict=True) if true == "music"]) > 0.7


def test_rows_of_zeros_and_ones_keep_their_columns():
    texts, labels = made(100, ["sport", "food"])
    rows = np.array([[one == "sport", one == "food"] for one in labels]).astype(int)
    model = mm.BagClassifier(WORDS, (1, 1)).fit([*texts, "goal soup"], np.concatenate([rows, [[1, 1]]]))
    model.partial_fit(["goal soup"], np.array([[1, 1]])).partial_fit(["goal", "soup"], np.eye(2))
    assert model.predict(["goal match", "soup salt"]).tolist() == [[1, 0], [0, 1]]
    with pytest.raises(mm.DataError, match="partial_fit labels must have 2 columns, got 3"):
        model.partial_fit(["goal"], np.array([[1, 0, 1]]))


def test_numbers_are_refined_too():
    texts, labels = made(200, ["sport", "food"])
    numbers = np.array([5.0 if one == "sport" else 1.0 for one in labels])
    model = mm.BagRegressor(WORDS, (1, 1), C=4.0).fit(texts[:180], numbers[:180])
    before = model.predict(["goal match team"])[0]
    model.partial_fit(texts[180:], numbers[180:])
    together = mm.BagRegressor(WORDS, (1, 1), C=4.0).fit(texts, numbers)
    new = made(50, ["sport", "food"], seed=2)[0]
    assert np.abs(model.predict(new) - together.predict(new)).mean() < 0.1 * numbers.std()
    model.partial_fit(["goal match team"] * 10, [9.0] * 10)
    assert model.predict(["goal match team"])[0] > before + 0.3


def test_weights_say_how_much_each_text_counts():
    texts, labels = made(100, ["sport", "food"])
    fitted = [mm.BagClassifier(WORDS, (1, 1), C=4.0).fit(texts, labels) for _ in range(4)]
    before = fitted[0].decision_function(["goal"])[0]
    fitted[0].partial_fit(["goal"] * 3, ["food"] * 3)
    fitted[1].partial_fit(["goal"], ["food"], sample_weight=[3.0])
    fitted[2].partial_fit(["goal"], ["food"], sample_weight=[0.1])
    fitted[3].partial_fit(["goal", "bread"], ["food", "food"], sample_weight=[0.0, 1.0])
    scores = [model.decision_function(["goal"])[0] for model in fitted]
    assert scores[0] == pytest.approx(scores[1], abs=0.02)
    assert scores[1] < scores[2] < before
    assert before - scores[3] < before - scores[1]


def test_no_texts_leave_it_as_it_is():
    model = mm.BagClassifier(C=1.0).fit(*made(30, ["sport", "food"]))
    fitted = model.fitted
    assert model.partial_fit([], []) is model
    assert model.fitted is fitted
    number = mm.BagRegressor(C=1.0).fit(["a", "b"], [1, 2])
    assert number.partial_fit([], []).fitted is number.fitted


def test_an_empty_text_moves_the_bias_alone():
    model = mm.BagClassifier(C=1.0, calibration=None).fit(*made(30, ["sport", "food"]))
    before = model.fitted.scorer
    model.partial_fit([""], ["sport"])
    assert model.fitted.scorer.table.tobytes() == before.table.tobytes()
    assert model.fitted.scorer.bias[0] > before.bias[0]


def test_the_first_call_is_fit():
    texts, labels = made(30, ["sport", "food"])
    first = mm.BagClassifier().partial_fit(texts, labels)
    assert first.predict_proba(texts).tobytes() == mm.BagClassifier().fit(texts, labels).predict_proba(texts).tobytes()
    number = mm.BagRegressor().partial_fit(texts, range(30))
    assert number.predict(texts).tobytes() == mm.BagRegressor().fit(texts, range(30)).predict(texts).tobytes()
    with pytest.raises(mm.DataError, match="labels must have 2 classes or more, got only 'sport'"):
        mm.BagClassifier().partial_fit(["a"], ["sport"])


def test_the_number_of_threads_changes_no_bit(tmp_path):
    files = []
    for n_jobs in (1, 2, 3):
        model = mm.BagClassifier(n_jobs=n_jobs).fit(*made(60, ["sport", "food", "music"]))
        model.partial_fit(*made(20, ["travel", "food"], seed=1))
        files.append(model.save(tmp_path / f"{n_jobs}.malmoi").read_bytes())
    assert files[0] == files[1] == files[2]


def test_a_loaded_model_learns_as_the_saved_one_does(tmp_path):
    model = mm.BagClassifier().fit(*made(60, ["sport", "food"]))
    loaded = mm.load(model.save(tmp_path / "m.malmoi"))
    more = made(10, ["food", "music"], seed=1)
    files = [
        one.partial_fit(*more).save(tmp_path / f"{n}.malmoi").read_bytes() for n, one in enumerate((model, loaded))
    ]
    assert files[0] == files[1]
    again = mm.load(tmp_path / "0.malmoi", verify=True)
    assert again.classes_.tolist() == ["food", "music", "sport"]
    assert again.predict_proba(more[0]).tobytes() == model.predict_proba(more[0]).tobytes()


def test_the_fitted_model_of_before_stays_as_it_was():
    texts, labels = made(60, ["sport", "food"])
    model = mm.BagClassifier().fit(texts, labels)
    before, expected = model.fitted, model.predict_proba(texts).tobytes()
    model.partial_fit(*made(10, ["music"], seed=1))
    assert before.predict_proba(texts).tobytes() == expected
    with pytest.raises(mm.DataError):
        model.partial_fit(["a"], [1])
    assert model.classes_.tolist() == ["food", "music", "sport"]


# Wrong calls


@pytest.fixture(scope="module")
def fitted():
    """Models of each form of labels, which no test changes."""
    texts, labels = made(20, ["sport", "food"])
    return {
        "str": mm.BagClassifier(C=1.0).fit(texts, labels),
        "int": mm.BagClassifier(C=1.0).fit(texts, [len(one) for one in labels]),
        "bool": mm.BagClassifier(C=1.0).fit(texts, [one == "food" for one in labels]),
        "sets": mm.BagClassifier(C=1.0).fit(texts, [[one] for one in labels]),
        "int sets": mm.BagClassifier(C=1.0).fit(
            texts, [[len(one), 7][: place % 3] for place, one in enumerate(labels)]
        ),
        "indicator": mm.BagClassifier(C=1.0).fit(texts, np.array([[1, 0], [1, 1]] * 10)),
        "number": mm.BagRegressor(C=1.0).fit(texts, range(20)),
        "numbers": mm.BagRegressor(C=1.0).fit(texts, np.ones((20, 2)) * np.arange(20)[:, None]),
    }


@pytest.mark.parametrize(
    ("kind", "texts", "labels", "error", "message"),
    [
        ("str", ["a"], [1], mm.DataError, "partial_fit must get labels of the same type as fit, as 'food', got 1"),
        ("int", ["a"], ["5"], mm.DataError, "partial_fit must get labels of the same type as fit, as 4, got '5'"),
        (
            "str",
            ["a"],
            [["food"]],
            mm.DataError,
            "partial_fit must get labels in the same form as fit, class, got sets",
        ),
        ("sets", ["a"], ["food"], mm.DataError, "partial_fit must get labels in the same form as fit, sets, got class"),
        ("indicator", ["a"], [["food"]], mm.DataError, "in the same form as fit, indicator, got sets"),
        ("sets", ["a"], np.array([[1, 0]]), mm.DataError, "in the same form as fit, sets, got indicator"),
        ("indicator", ["a"], np.array([[1, 2]]), mm.DataError, "labels of two axes must be zeros and ones"),
        ("str", ["a", "b"], ["food"], ValueError, "labels must have 2 items, one per text, got 1"),
        ("str", ["a"], [None], mm.DataError, r"labels\[0\] must be a str, .* got None; remove the text"),
        ("str", "a", ["food"], TypeError, "texts must be a list of str, got one str; wrap it"),
        ("number", ["a", "b"], [1.0], ValueError, "targets must have 2 items, one per text, got 1"),
        ("number", ["a"], ["b"], TypeError, "must be numbers"),
        ("number", ["a"], [float("inf")], mm.DataError, "must be finite, got inf; leave it out"),
        ("number", ["a"], [[1.0, 2.0]], ValueError, "partial_fit must have 1 numbers per sample, got 2"),
        ("numbers", ["a"], [1.0], ValueError, "partial_fit must have 2 numbers per sample, got 1"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_other_labels_are_refused(fitted, kind, texts, labels, error, message):
    before = fitted[kind].fitted
    with pytest.raises(error, match=message):
        fitted[kind].partial_fit(texts, labels)
    assert fitted[kind].fitted is before


LARGE = pytest.param([1e39])


@pytest.mark.parametrize("weights", [[0.0], [-1.0], [float("nan")], LARGE])
def test_odd_weights_are_refused(fitted, weights):
    with pytest.raises(ValueError, match="sample_weight must be 0 or more, finite, and not all zero"):
        fitted["str"].partial_fit(["a"], ["food"], sample_weight=weights)


def test_as_many_weights_as_texts_are_needed(fitted):
    with pytest.raises(ValueError, match=r"sample_weight must have one number for each of the 1 samples, got \(2,\)"):
        fitted["str"].partial_fit(["a"], ["food"], sample_weight=[1.0, 1.0])


def test_a_text_without_a_label_is_learned_from_where_labels_are_numbers(fitted):
    assert mm.BagClassifier.from_fitted(fitted["int sets"].fitted).partial_fit(["a"], [[]]).classes_.tolist() == [
        4,
        5,
        7,
    ]


def test_a_text_without_a_label_is_learned_from(fitted):
    model = mm.BagClassifier.from_fitted(fitted["sets"].fitted).partial_fit(["goal goal"] * 9, [[]] * 9)
    assert model.classes_.tolist() == ["food", "sport"]
    assert model.predict_proba(["goal goal"])[0, 1] < fitted["sets"].predict_proba(["goal goal"])[0, 1]


@pytest.mark.parametrize(("kind", "label"), [("bool", 5), ("bool", 1), ("int", True)])
def test_numbers_and_truth_values_are_different_kinds(fitted, kind, label):
    with pytest.raises(mm.DataError, match="labels of the same type as fit"):
        mm.BagClassifier.from_fitted(fitted[kind].fitted).partial_fit(["a"], [label])


@pytest.mark.parametrize(("kind", "labels"), [("str", ["food"]), ("number", [1.0])])
def test_labels_without_texts_are_refused(fitted, kind, labels):
    with pytest.raises(ValueError, match="must have 0 items, one per text, got 1"):
        fitted[kind].partial_fit([], labels)


def test_no_texts_may_have_no_weights(fitted):
    assert fitted["str"].partial_fit([], [], sample_weight=[]) is fitted["str"]
