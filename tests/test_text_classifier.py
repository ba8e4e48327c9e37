"""The classifier that tries recipes: what it reports, few texts, wrong calls."""

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

import malmoi as mm
from malmoi.experiments.candidates import CHEAP, DEAR, TextProfile, candidates_for
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.selection import SelectionReport
from malmoi.metrics.scores import Share
from malmoi.tokenizers.kiwi import kiwi_is_installed

VOCABULARY = ["so", "good", "bad", "film", "fun", "dull", "not", "very", "plot", "end", "joy", "sad"]
BAG = mm.Recipe("bag", {"C": 4.0, "calibration": None})


def made(samples, seed=0, classes=2):
    """Texts whose words depend on their class, and names of the classes."""
    random = np.random.default_rng(seed)
    numbers = np.arange(samples) % classes
    shares = np.linspace(1, 9, len(VOCABULARY)) / np.linspace(1, 9, len(VOCABULARY)).sum()
    words = [random.choice(VOCABULARY, size=random.integers(2, 9), p=np.roll(shares, 4 * one)) for one in numbers]
    return [f"{' '.join(one)} {place}" for place, one in enumerate(words)], [f"class {one}" for one in numbers]


TEXTS, LABELS = made(60)


@pytest.fixture(scope="module")
def fitted():
    """A fitted model, which no test changes."""
    return mm.TextClassifier().fit(TEXTS, LABELS)


# The report


def test_every_candidate_is_tried_and_the_smallest_loss_is_kept(fitted):
    report = fitted.report_
    assert [one.name for one in report.tried] == [
        "bag of words 1-2, nb",
        "bag of words 1-2 and characters inside words 1-5, nb",
        "bag of words 1-2, tfidf",
    ]
    assert report.best.loss == min(one.loss for one in report.tried)
    assert fitted.recipe_ == report.best.recipe
    assert fitted.settings_["C"] == fitted.recipe_.settings["C"]
    assert all(0 <= one.accuracy <= 1 and one.loss > 0 for one in report.tried)
    assert (report.skipped, report.refitted, report.budget_seconds) == ((), True, None)


def test_the_report_is_a_table_with_remarks(fitted):
    lines = str(fitted.report_).splitlines()
    assert len(lines) == 5
    assert sum(line.endswith("(kept)") for line in lines) == 1
    assert all("log loss 0." in line and "accuracy" in line and ", C " in line for line in lines[:3])
    assert lines[3].startswith("accuracy on held-out texts not used for the selection: ")
    assert lines[3].endswith("12 samples)")
    assert lines[4] == "the model was then refitted on all labelled texts"
    html = fitted.report_._repr_html_()
    assert html.count("<tr>") == 3
    assert "<p>the model was then refitted" in html
    assert len(fitted.report_.rows()) == 3


def test_a_report_escapes_what_it_shows():
    report = SelectionReport(mm.TextClassifier(BAG).fit(TEXTS, LABELS).report_.tried, ("<b>",), None, False, 2.5)
    assert "&lt;b&gt;" in report._repr_html_()
    assert "skipped, time budget of 2.5 seconds exceeded" in str(report)


def test_the_accuracy_is_of_texts_that_were_not_used(monkeypatch):
    """Labels that nothing says anything of are guessed, though the training texts are learned by heart."""
    labels = np.random.default_rng(0).permutation(LABELS).tolist()
    texts = [f"word{place}" for place in range(60)]
    seen = []
    original = mm.BagClassifier.fit

    def fit(self, texts, labels, **options):
        seen.append(list(texts))
        return original(self, texts, labels, **options)

    monkeypatch.setattr(mm.BagClassifier, "fit", fit)
    model = mm.TextClassifier(refit=False).fit(texts, labels)
    assert model.report_.accuracy.value < 0.8
    assert [len(one) for one in seen] == [48]
    held_out = sorted(set(texts) - set(seen[0]))
    assert len(held_out) == model.report_.accuracy.samples == 12
    right = sum(model.predict([text])[0] == labels[texts.index(text)] for text in held_out)
    assert right == model.report_.accuracy.count


def test_refit_learns_from_all_texts_with_what_was_chosen():
    measured, kept = (mm.TextClassifier(refit=refit).fit(TEXTS, LABELS) for refit in (True, False))
    assert measured.report_.accuracy == kept.report_.accuracy
    assert (measured.report_.refitted, kept.report_.refitted) == (True, False)
    assert (measured.fitted.facts.samples, kept.fitted.facts.samples) == (60, 48)
    assert measured.fitted.facts.C == kept.fitted.facts.C
    assert measured.fitted.calibrator == kept.fitted.calibrator
    assert "the model was then fitted" not in str(kept.report_)


def test_nothing_is_measured_where_it_is_not_asked_for():
    model = mm.TextClassifier().fit(TEXTS, LABELS, measure=False)
    assert model.report_.accuracy is None
    assert not model.report_.refitted
    assert model.fitted.facts.samples == 60


def test_the_result_depends_on_the_seed_alone(tmp_path):
    files = []
    for number, (n_jobs, seed) in enumerate([(1, 0), (3, 0), (None, 0), (1, 5)]):
        model = mm.TextClassifier(n_jobs=n_jobs, seed=seed).fit(TEXTS, LABELS)
        files.append((model.save(tmp_path / f"{number}.malmoi").read_bytes(), str(model.report_)))
    assert files[0] == files[1] == files[2]
    assert files[0] != files[3]


def test_a_saved_model_is_that_of_the_recipe(fitted, tmp_path):
    loaded = mm.load(fitted.save(tmp_path / "m.malmoi"), verify=True)
    assert isinstance(loaded, mm.BagClassifier)
    assert loaded.predict_proba(TEXTS).tobytes() == fitted.predict_proba(TEXTS).tobytes()
    assert fitted.explain("so good").score == loaded.explain("so good").score


# The candidates


def test_korean_texts_get_characters_and_morphemes_where_kiwipiepy_is_installed():
    profile = TextProfile.of(["정말 좋은 영화"] * 9, 2)
    assert profile.has_morphemes == kiwi_is_installed()
    names = [one.recipe.settings["tokens"] for one in candidates_for(replace(profile, has_morphemes=False))]
    assert names == [
        {"kind": "Characters"},
        [{"kind": "Words", "keep_punctuation": True}, {"kind": "Characters"}],
        {"kind": "Characters"},
    ]
    more = candidates_for(replace(profile, has_morphemes=True))
    assert more[0].recipe.settings["tokens"] == [{"kind": "Morphemes", "join_affixes": False}, {"kind": "Characters"}]
    assert [one.recipe.settings["tokens"] for one in more[1:]] == names
    assert len(candidates_for(replace(profile, has_morphemes=True, characters=20_000_000))) < len(more)


GROUPS = (["good", "fine", "great", "lovely"], ["bad", "poor", "weak", "dull"])
UNLABELLED = [
    f"{one} {two} film {number}"
    for number in range(50)
    for group in GROUPS
    for one in group
    for two in group
    if one != two
]


def test_few_labels_with_unlabelled_texts_get_the_recipe_few_labels():
    texts, labels = ["good film", "bad film", "great film", "weak film"] * 5, ["pos", "neg"] * 10
    model = mm.TextClassifier().fit(texts, labels, unlabelled=UNLABELLED)
    assert (model.recipe_.name, model.uses_unlabelled_) == ("few-labels", True)
    assert model.predict(["poor film", "lovely film"]).tolist() == ["neg", "pos"]
    few = mm.TextClassifier().fit(texts, labels, unlabelled=UNLABELLED[:500])
    assert (few.recipe_.name, few.uses_unlabelled_) == ("bag", False)
    with pytest.raises(ValueError, match="unlabelled has no effect on the recipe 'bag'; leave it out"):
        mm.TextClassifier("bag").fit(texts, labels, unlabelled=UNLABELLED)


def test_run_leaves_validation_texts_out_of_the_unlabelled_ones():
    corpus = mm.Corpus(UNLABELLED[:40], ["pos", "neg"] * 20)
    more = [*UNLABELLED, "", " "]
    found = mm.run(Recipe("few-labels", {"epochs": 1}), corpus, labels=10, validation=20, unlabelled=more)
    assert (found.removed_samples, found.unlabelled_samples) == (22, 10 + 1200 - 20)
    assert ("unlabelled texts", "1,190") in found.rows()
    with pytest.raises(ValueError, match="unlabelled has no effect on the recipe 'bag'; leave it out"):
        mm.run(Recipe("bag"), corpus, unlabelled=more)


def test_dear_candidates_are_left_out_but_never_the_first():
    cheap = candidates_for(TextProfile(10_000, 1_000_000, 2, None))
    dear = candidates_for(TextProfile(100_000, 100_000_000, 2, None))
    most = candidates_for(TextProfile(1_000, 10**12, 2, None))
    assert (len(cheap), len(most)) == (3, 1)
    assert [one.cost <= CHEAP for one in dear[1:]] == [True] * len(dear[1:])
    assert most[0].cost > DEAR
    assert dear[0].recipe.settings["ngrams"] == [1, 3]
    for one in [*cheap, *dear, *most]:
        one.recipe.estimator()


# Budget, recipes


def test_recipes_that_are_not_begun_in_time_are_skipped():
    model = mm.TextClassifier(budget_seconds=1e-9, n_jobs=1).fit(TEXTS, LABELS)
    assert len(model.report_.tried) == 1
    assert len(model.report_.skipped) == 2
    assert "bag of words 1-2, tfidf" in model.report_.skipped
    printed = str(model.report_)
    assert printed.count("skipped, time budget of 1e-09 seconds exceeded") == 2
    assert "2 recipes were skipped (time budget): the selection is not reproducible" in printed
    assert "(kept)" not in printed
    ample = mm.TextClassifier(budget_seconds=1e6).fit(TEXTS, LABELS)
    assert ample.report_.skipped == ()
    assert "not reproducible" not in str(ample.report_)


@pytest.mark.parametrize("recipe", ["bag", BAG])
def test_a_named_recipe_is_the_only_one(recipe):
    model = mm.TextClassifier(recipe).fit(TEXTS, LABELS)
    assert [one.name for one in model.report_.tried] == ["bag"]
    assert "the only candidate" in str(model.report_)
    assert model.recipe_ == (BAG if recipe is BAG else mm.Recipe("bag"))
    assert model.report_.accuracy.samples == 12
    alone = model.recipe_.estimator().fit(TEXTS, LABELS)
    if recipe is BAG:
        assert alone.predict_proba(TEXTS).tobytes() == model.predict_proba(TEXTS).tobytes()


def test_a_network_is_a_recipe_too():
    pytest.importorskip("keras")
    recipe = mm.Recipe("average", {"epochs": 1, "max_length": 4, "embedding.dimension": 2})
    model = mm.TextClassifier(recipe, class_weight="balanced").fit(TEXTS[:20], LABELS[:20])
    assert model.report_.refitted
    assert len(model.predict(TEXTS)) == 60
    with pytest.raises(AttributeError, match="the recipe 'average' has no partial_fit; fit on all texts again"):
        model.partial_fit(["a"], ["class 0"])


def test_settings_reach_the_recipe():
    model = mm.TextClassifier(seed=4, n_jobs=1, reject_below=1.0, class_weight={"class 1": 2.0}).fit(TEXTS, LABELS)
    settings = model.settings_
    assert (settings["seed"], settings["reject_below"], settings["class_weight"]) == (4, 1.0, {"class 1": 2.0})
    assert model.predict([""]).tolist() == [None]


# Few texts, odd texts


@pytest.mark.parametrize("samples", [2, 4, 6, 10])
def test_few_texts_are_enough(samples):
    texts, labels = made(samples)
    model = mm.TextClassifier().fit(texts, labels)
    assert model.predict(texts).shape == (samples,)
    assert np.isfinite(model.predict_proba([*texts, ""])).all()
    if samples == 2:
        assert (model.report_.accuracy, model.report_.refitted) == (None, False)
        assert str(model.report_) == "bag of words 1-2, nb  the only candidate"


def test_a_class_with_one_text_is_learned_though_nothing_can_be_measured():
    model = mm.TextClassifier().fit([*TEXTS, "strange thing"], [*LABELS, "odd"])
    assert model.classes_.tolist() == ["class 0", "class 1", "odd"]
    assert model.report_.accuracy is None
    assert model.fitted.facts.samples == 61


def test_equal_texts_are_not_on_both_sides():
    model = mm.TextClassifier().fit(["good"] * 30 + ["bad"] * 30, ["a"] * 30 + ["b"] * 30)
    assert model.predict(["good", "bad"]).tolist() == ["a", "b"]
    assert model.report_.accuracy is None


def test_labels_in_every_form_are_measured():
    sets = [["one", "two", "three"][: 1 + place % 3] for place in range(60)]
    model = mm.TextClassifier().fit(TEXTS, sets)
    assert model.report_.accuracy.samples > 5
    assert all(isinstance(one, tuple) for one in model.predict(TEXTS[:3]))
    rows = np.array([[1, 0], [1, 1], [0, 1]] * 20)
    model = mm.TextClassifier().fit(TEXTS, rows)
    assert model.report_.accuracy.samples > 5
    assert model.predict(TEXTS[:3]).shape == (3, 2)
    for labels in ([one == "class 0" for one in LABELS], [len(one) % 3 for one in TEXTS]):
        assert mm.TextClassifier().fit(TEXTS, labels).classes_.tolist() == sorted(set(labels))


def test_several_labels_are_measured_and_not_rejected():
    sets = [["one"] if "0" in label else ["one", "two"] for label in LABELS]
    assert mm.TextClassifier().fit(TEXTS, sets).report_.accuracy.count > 3
    with pytest.raises(ValueError, match="reject_below must be None for multilabel data"):
        mm.TextClassifier(reject_below=0.0).fit(TEXTS, sets)


def test_rows_of_zeros_and_ones_are_measured_too():
    model = mm.TextClassifier().fit(TEXTS, np.array([[1, 0], [1, 1], [0, 1]] * 20))
    assert isinstance(model.report_.accuracy, Share)


@pytest.mark.parametrize("index", [range(59, -1, -1), [f"row {place}" for place in range(60)]], ids=["order", "names"])
def test_a_column_of_pandas_is_taken_by_position(index):
    pandas = pytest.importorskip("pandas")
    texts, labels = [*TEXTS[::2], *TEXTS[1::2]], [*LABELS[::2], *LABELS[1::2]]
    expected = mm.TextClassifier(refit=False).fit(texts, labels)
    found = mm.TextClassifier(refit=False).fit(pandas.Series(texts, index=index), pandas.Series(labels, index=index))
    assert found.report_.accuracy == expected.report_.accuracy
    assert found.predict_proba(TEXTS).tobytes() == expected.predict_proba(TEXTS).tobytes()


def test_columns_of_other_libraries_are_labels(fitted):
    polars = pytest.importorskip("polars")
    for column in (polars.Series, np.array, tuple):
        model = mm.TextClassifier().fit(column(TEXTS), column(LABELS))
        assert model.predict_proba(TEXTS).tobytes() == fitted.predict_proba(TEXTS).tobytes()


@pytest.mark.parametrize("recipe", [BAG.with_settings({"weighting": "tfidf"}), pytest.param("auto")])
def test_weights_of_samples_count(recipe):
    doubtful = ["odd word"] * 4
    texts, labels = [*TEXTS, *doubtful], [*LABELS, "class 0", "class 0", "class 1", "class 1"]
    for weights, expected in (([5, 5, 1, 1], "class 0"), ([1, 1, 5, 5], "class 1")):
        model = mm.TextClassifier(recipe).fit(texts, labels, sample_weight=[1.0] * 60 + weights)
        assert model.predict(doubtful[:1]).tolist() == [expected]


def test_weights_may_be_zero_for_most_texts():
    for place in range(60):
        weights = np.zeros(60)
        weights[place] = 1.0
        mm.TextClassifier(BAG).fit(TEXTS, LABELS, sample_weight=weights)


# Later


def test_more_texts_are_learned_from_and_a_new_class():
    model = mm.TextClassifier().fit(TEXTS, LABELS)
    before, report = model.fitted, model.report_
    model.partial_fit([f"new words {place}" for place in range(20)], ["new"] * 20)
    assert model.classes_.tolist() == ["class 0", "class 1", "new"]
    assert model.predict(["new words"]).tolist() == ["new"]
    assert before.classes.tolist() == ["class 0", "class 1"]
    assert model.report_ is report
    first = mm.TextClassifier().partial_fit(TEXTS, LABELS)
    assert first.report_.accuracy == report.accuracy


def test_a_copy_that_learns_more_leaves_the_original_as_it_was():
    model = mm.TextClassifier(BAG).fit(TEXTS, LABELS)
    before = model.predict_proba(TEXTS).tobytes()
    copy.copy(model).partial_fit(["so good"] * 30, ["class 0"] * 30)
    assert model.predict_proba(TEXTS).tobytes() == before
    assert model.partial_fit([], []).predict_proba(TEXTS).tobytes() == before


def test_a_refit_keeps_recipe_penalty_and_calibration():
    model = mm.TextClassifier().fit(TEXTS, LABELS)
    before = model.fitted
    more, labels = made(40, seed=7)
    model.refit_on(TEXTS + more, LABELS + labels)
    assert (model.fitted.facts.C, model.fitted.calibrator) == (before.facts.C, before.calibrator)
    assert model.fitted.facts.samples == 100
    with pytest.raises(NotFittedError):
        mm.TextClassifier().refit_on(TEXTS, LABELS)


def test_a_fit_that_fails_changes_nothing():
    model = mm.TextClassifier().fit(TEXTS, LABELS)
    fitted, report = model.fitted, model.report_
    with pytest.raises(mm.DataError):
        model.fit(TEXTS, ["a"] * 60)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(TEXTS, LABELS, sample_weight=[-1.0] * 60)
    assert (model.fitted, model.report_) == (fitted, report)


def test_eight_threads_predict_at_once(fitted):
    expected = fitted.predict_proba(TEXTS).tobytes()
    fresh = mm.TextClassifier().fit(TEXTS, LABELS)  # nothing of it is cached yet
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: fresh.predict_proba(TEXTS).tobytes(), range(32)))
        weights = set(pool.map(lambda _: fresh.explain("so good").score, range(16)))
    assert set(found) == {expected}
    assert len(weights) == 1


def test_progress_is_called():
    seen = []
    mm.TextClassifier().fit(TEXTS, LABELS, progress=lambda *step: seen.append(step))
    assert ("trying recipes", 3, 3) in seen
    assert all(0 <= done <= total for _, done, total in seen)


# scikit-learn


def test_scikit_learn_takes_it(fitted):
    assert is_classifier(fitted)
    check_is_fitted(fitted)
    fresh = clone(fitted.__class__(BAG, seed=3))
    assert fresh.get_params()["recipe"] == BAG
    with pytest.raises(NotFittedError):
        check_is_fitted(fresh)
    texts, labels = np.array(TEXTS, dtype=object), np.array(LABELS)
    search = GridSearchCV(mm.TextClassifier(BAG, refit=False), {"class_weight": [None, "balanced"]}, cv=2)
    assert search.fit(texts, labels).best_score_ > 0.5
    assert cross_val_score(mm.TextClassifier(BAG), texts, labels, cv=2).shape == (2,)
    pipeline = make_pipeline(FunctionTransformer(lambda some: [one.lower() for one in some]), mm.TextClassifier(BAG))
    assert pipeline.fit(texts, labels).score(texts, labels) > 0.8
    assert OneVsRestClassifier(mm.TextClassifier(BAG)).fit(texts, labels).predict(texts).shape == (60,)
    assert repr(mm.TextClassifier(budget_seconds=3)) == "TextClassifier(budget_seconds=3)"
    shallow = copy.copy(fitted)
    assert shallow.predict_proba(TEXTS).tobytes() == fitted.predict_proba(TEXTS).tobytes()


def test_a_deep_copy_predicts_the_same(fitted):
    assert copy.deepcopy(fitted).predict_proba(TEXTS).tobytes() == fitted.predict_proba(TEXTS).tobytes()


# Wrong calls


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"recipe": "bagg"}, ValueError, "recipe must be one of auto, bag, fasttext, few-labels, .* got 'bagg'"),
        ({"recipe": 3}, TypeError, 'recipe must be "auto", the name of another recipe, or a Recipe, got 3'),
        (
            {"recipe": mm.Recipe("bag", task="regression")},
            ValueError,
            "recipe must be for classification of texts, got Recipe",
        ),
        ({"budget_seconds": 0}, ValueError, "budget_seconds must be above 0, got 0; use None for no limit"),
        ({"budget_seconds": -1.5}, ValueError, "budget_seconds must be above 0, got -1.5; use None for no limit"),
        (
            {"budget_seconds": float("nan")},
            ValueError,
            "budget_seconds must be above 0, got nan; use None for no limit",
        ),
        ({"budget_seconds": "a minute"}, TypeError, "budget_seconds must be a number, got 'a minute'"),
        ({"budget_seconds": 3, "recipe": "bag"}, ValueError, "budget_seconds has no effect with another recipe"),
        ({"class_weight": "even"}, ValueError, "class_weight must be \"balanced\" or a dict of weights, got 'even'"),
        (
            {"class_weight": {"odd": 1}},
            ValueError,
            r"class_weight must have the classes as keys, \['class 0', 'class 1'\], got 'odd'",
        ),
        ({"reject_below": 7}, ValueError, "reject_below must be None, or from 0 to 1, got 7"),
        ({"reject_below": 0.5, "recipe": "conv"}, ValueError, "reject_below has no effect on the recipe 'conv'; leave"),
        ({"seed": -1}, ValueError, "seed must be 0 or more, got -1"),
        ({"seed": "a"}, TypeError, "seed must be a whole number, got 'a'"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be from 1 to 1024, or -1 for all cores, got 0"),
    ],
    ids=str,
)
def test_a_setting_out_of_range_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        mm.TextClassifier(**given).fit(TEXTS, LABELS)


def test_the_settings_are_checked_before_any_work():
    with pytest.raises(ValueError, match="reject_below must be None, or from 0 to 1, got 7"):
        mm.TextClassifier(reject_below=7).check_settings()


def test_refit_is_a_truth_value():
    with pytest.raises(TypeError, match="refit must be"):
        mm.TextClassifier(refit="no").fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("texts", "labels", "weights", "error", "message"),
    [
        ("so good", LABELS, None, TypeError, "texts must be a list of str, got one str; wrap it"),
        (TEXTS, LABELS[:3], None, ValueError, "labels must have 60 items, one per text, got 3"),
        (TEXTS, ["a"] * 60, None, mm.DataError, "labels must have 2 classes or more, got only 'a'"),
        ([], [], None, mm.DataError, "labels must have 2 classes or more, got no labels"),
        (
            TEXTS,
            LABELS,
            [1.0],
            ValueError,
            r"sample_weight must have one number for each of the 60 samples, got \(1,\)",
        ),
        (TEXTS, LABELS, [-1.0] * 60, ValueError, "sample_weight must be 0 or more, finite, and not all zero"),
        (TEXTS, LABELS, [0.0] * 60, ValueError, "sample_weight must be 0 or more, finite, and not all zero"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_texts_labels_and_weights_are_checked(texts, labels, weights, error, message):
    with pytest.raises(error, match=message):
        mm.TextClassifier().fit(texts, labels, sample_weight=weights)


def test_nothing_is_predicted_before_fit():
    for name in ("classes_", "fitted", "settings_"):
        with pytest.raises(NotFittedError, match="this TextClassifier is not fitted; call fit first"):
            getattr(mm.TextClassifier(), name)
    with pytest.raises(NotFittedError):
        mm.TextClassifier().predict(["a"])
