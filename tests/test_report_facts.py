"""The facts of a report: each section by hand, against a peer, and on data that has little to show."""

import dataclasses
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

import fixed_model
import malmoi as mm
from malmoi.errors import DataError
from malmoi.evaluation.learning_point import LearningPoint
from malmoi.experiments.comparison import ComparedPoint, Comparison
from malmoi.experiments.recipe import Recipe
from malmoi.metrics.class_words import class_word_scores
from malmoi.metrics.independent import independent_difference
from malmoi.metrics.intervals import Score
from malmoi.metrics.power_law import draw_errors, fit_power_law
from malmoi.metrics.scores import Share
from malmoi.metrics.thresholds import chosen_thresholds, threshold_scores
from malmoi.models.history import EpochRow, History
from malmoi.models.shading import Run
from malmoi.report.facts import LabelCurve, SliceKind, Unavailable, WordPlane
from malmoi.report.gathering import gather
from malmoi.report.label_curve import Measured, with_fit
from malmoi.report.mistakes import strongest_part
from malmoi.report.sources import shortened
from report_data import WORDS, bag, reviews

TRAINING, MEASURED = reviews(120), reviews(80, seed=1)
NAMED = {"name": "m.malmoi", "measured_name": "test.csv", "command": "malmoi report m.malmoi test.csv"}


def gathered(model, measured, **settings):
    return gather(model, measured, **(NAMED | {"created": "2026-11-27"} | settings))


@pytest.fixture(scope="module")
def facts():
    """A report of a bag with its training data."""
    columns = {
        "stars": [str(1 + number % 20) for number in range(80)],
        "shop": [("a", "b", None, "rare")[number % 4 if number < 60 else 0] for number in range(80)],
    }
    return gathered(
        bag(TRAINING), MEASURED, training=TRAINING, training_name="train.csv", columns=columns, size_bytes=7
    )


def test_scores_and_data_are_told(facts):
    accuracy = facts.evaluation.scores["accuracy"]
    assert facts.title == "test.csv"
    assert accuracy.value == pytest.approx(np.mean(facts.evaluation.correct))
    training, measured = facts.data
    assert (training.role, training.name, training.texts) == ("training", "train.csv", 120)
    assert measured.class_counts == dict(sorted(MEASURED.class_counts().items(), key=lambda pair: -pair[1]))
    lengths = sorted(map(len, MEASURED.texts))
    assert measured.characters == (lengths[39], lengths[75])
    assert measured.scripts == {"Latin": 80}
    assert facts.reproduction.checksums == {"training": training.checksum, "measured": measured.checksum}
    assert facts.reproduction.created == "2026-11-27"
    assert {"malmoi", "python", "numpy"} <= set(facts.reproduction.versions)


def test_the_model_is_told_with_the_settings_that_were_changed(facts):
    model = facts.model
    assert (model.recipe, model.task, model.classes) == ("BagClassifier", "binary", ("neg", "pos"))
    assert model.settings == {"tokens": "Words()", "ngrams": "(1, 1)", "C": "1.0", "calibration": "None"}
    assert (model.training_samples, model.size_bytes) == (120, 7)
    assert dict(model.rows)["C"] == "1"


def test_every_section_is_there(facts):
    missing = {
        field.name: getattr(facts, field.name).reason
        for field in dataclasses.fields(facts)
        if isinstance(getattr(facts, field.name), Unavailable)
    }
    assert missing == {"comparison": "no-comparison", "histories": "no-epochs"}
    assert (facts.bag, facts.bag_reason) == (None, "is-bag")


def test_slices_of_length_are_quartiles(facts):
    length = next(column for column in facts.slices if column.kind == SliceKind.LENGTH)
    sizes = [one.accuracy.samples for one in length.slices]
    assert sum(sizes) + length.left_out == 80
    bounds = [one.bounds for one in length.slices]
    assert all(first[1] < second[0] for first, second in itertools.pairwise(bounds))


def test_slices_of_columns_are_values_or_quartiles(facts):
    columns = {column.kind: column for column in facts.slices}
    assert [one.name for one in columns["shop"].slices] == ["a"]  # 35 texts; the others have 15
    assert (columns["shop"].slices[0].accuracy.samples, columns["shop"].left_out) == (35, 45)
    assert [one.bounds for one in columns["stars"].slices] == [(1, 5), (6, 10), (11, 15), (16, 20)]
    chosen = [number % 20 < 5 for number in range(80)]
    assert columns["stars"].slices[0].accuracy == Share(int(facts.evaluation.correct[chosen].sum()), 20)


def test_columns_with_the_name_of_a_kind_are_told_apart():
    slices = gathered(bag(TRAINING), MEASURED, columns={"length": ["a"] * 80, "id": [*list(range(79)), None]}).slices
    columns = {column.kind: column for column in slices}
    assert columns["length"].slices[0].bounds is not None
    assert [(one.name, one.difference) for one in columns['"length"'].slices] == [("a", 0)]
    assert [one.accuracy.samples for one in columns["id"].slices] == [20, 20, 20]  # 19 texts, and one without a value
    assert columns["id"].left_out == 20


def test_oov_rates_are_those_of_the_model():
    texts = ["good film", "good zzz", "zzz yyy", ""] * 30
    measured = mm.Corpus(texts, ["pos", "neg", "neg", "pos"] * 30)
    found = gathered(bag(TRAINING), measured)
    oov = next(column for column in found.slices if column.kind == SliceKind.OOV)
    assert [one.bounds for one in oov.slices] == [(0, 0), (0.5, 0.5), (1, 1)]
    assert [one.accuracy.samples for one in oov.slices] == [60, 30, 30]


def test_oov_words_of_models_without_a_vocabulary_are_those_that_training_lacks():
    hashed = bag(TRAINING, buckets=64)
    measured = mm.Corpus(["good film", "good zzz"] * 20, ["pos", "neg"] * 20)
    kinds = [column.kind for column in gathered(hashed, measured, training=TRAINING).slices]
    assert SliceKind.OOV in kinds
    without = gathered(hashed, measured).slices
    assert SliceKind.OOV not in [column.kind for column in without]


def test_slices_that_differ_clearly_are_marked():
    texts = [*["good film"] * 60, *["a film that is not one that I can call a bad one at all"] * 60]
    found = gathered(bag(TRAINING), mm.Corpus(texts, ["pos"] * 120))
    length = next(column for column in found.slices if column.kind == SliceKind.LENGTH)
    assert [one.difference for one in length.slices] == [1, -1]


def test_slices_of_nearly_all_texts_are_not_marked():
    texts = [*["good film"] * 100, *["!?"] * 19]
    scripts = gathered(bag(TRAINING), mm.Corpus(texts, [*["pos"] * 100, *["neg", "pos"] * 9, "neg"])).slices
    latin = next(column for column in scripts if column.kind == SliceKind.SCRIPT).slices[0]
    assert (latin.name, latin.accuracy, latin.difference) == ("Latin", Share(100, 100), 0)


def test_threshold_scores_are_those_of_scikit_learn():
    from sklearn.metrics import accuracy_score, f1_score, precision_recall_curve

    random = np.random.default_rng(3)
    positive = random.random(300) < 0.3
    scores = (random.random(300) * 0.6 + positive * 0.3).round(2).astype(np.float32)  # with ties
    precision, recall, thresholds = precision_recall_curve(positive, scores)
    found = threshold_scores(scores, positive, ~positive, thresholds.astype(np.float64))
    assert found.precision == pytest.approx(precision[:-1])
    assert found.recall == pytest.approx(recall[:-1])
    for place in (0, len(thresholds) // 2, -1):
        predicted = scores >= thresholds[place]
        assert found.f1[place] == pytest.approx(f1_score(positive, predicted))
        assert found.accuracy[place] == pytest.approx(accuracy_score(positive, predicted))


def test_thresholds_are_quantiles_of_the_scores_and_a_half():
    found = chosen_thresholds(np.linspace(0, 0.4, 1000, dtype=np.float32))
    assert 0.5 in found
    assert len(found) == 51
    assert (np.diff(found) > 0).all()
    nothing = threshold_scores(np.array([0.2]), np.array([True]), np.array([False]), np.array([0.9]))
    assert math.isnan(nothing.precision[0])
    assert nothing.f1[0] == 0
    with pytest.raises(ValueError, match="is_positive must have 1 positive sample or more, got none"):
        threshold_scores(np.array([0.2]), np.array([False]), np.array([True]), np.array([0.5]))


def test_the_threshold_curve_begins_with_all_and_knows_the_usual_accuracy(facts):
    assert facts.positive == "pos"
    first = facts.thresholds[0]
    assert first.recall == 1
    assert first.precision == pytest.approx(MEASURED.class_counts()["pos"] / 80)
    half = next(one for one in facts.thresholds if one.threshold == 0.5)
    assert half.accuracy == pytest.approx(facts.evaluation.scores["accuracy"].value)


def test_mistakes_are_shown_with_the_tokens_of_the_prediction(facts):
    wrong = facts.evaluation.mistakes
    assert facts.mistakes.total == len(wrong)
    assert facts.mistakes.method == "exact"
    first = facts.mistakes.shown[0]
    assert "".join(run.text for run in first.runs) == wrong[0].text
    assert (first.label, first.prediction, first.confidence) == (
        wrong[0].label,
        wrong[0].prediction,
        wrong[0].confidence,
    )
    shades = {word: run.shade for run in first.runs for word in run.text.split()}
    assert max(abs(shade) for shade in shades.values()) == 1.0
    assert all(shades.get(word, 1.0) > 0 for word in WORDS[first.prediction])
    assert first.place == f"texts[{wrong[0].position}]"


def test_mistakes_are_bounded_in_bytes_and_number():
    facts = gathered(bag(TRAINING), MEASURED, most_bytes=100)
    shown = facts.mistakes.shown
    assert 0 < sum(len(run.text.encode()) for one in shown for run in one.runs) <= 100
    assert facts.mistakes.total > len(shown)


def test_of_long_texts_the_strongest_part_is_shown():
    runs = (Run("a b " * 300, 0.0), Run("strong", 1.0), Run(" c d" * 300, 0.0))
    part, is_cut = strongest_part(runs, 100)
    text = "".join(run.text for run in part)
    assert is_cut
    assert 100 <= len(text) <= 180
    assert "strong" in text
    assert abs(text.index("strong") - len(text) / 2) < 30
    assert text == text.strip() or text[0] != " "
    unshaded, _ = strongest_part((Run("word " * 100, 0.0),), 50)
    assert "".join(run.text for run in unshaded).startswith("word word")
    assert strongest_part(runs[1:2], 100) == (runs[1:2], False)


def test_duplicates_are_those_across_the_split():
    measured = mm.Corpus([*MEASURED.texts[:20], TRAINING.texts[3].upper()], [*MEASURED.labels[:20], "pos"])
    found = gathered(bag(TRAINING), measured, training=TRAINING).duplicates
    assert (found.across, found.total, found.equal) == (True, 1, 1)
    pair = found.shown[0]
    assert (pair.place, pair.other_place, pair.similarity, pair.equal) == ("texts[20]", "training[3]", 1.0, True)
    assert (pair.label, pair.other_label) == ("pos", TRAINING.labels[3])


def test_duplicates_within_the_measured_data_where_there_is_no_training():
    measured = mm.Corpus(
        [*MEASURED.texts[:20], MEASURED.texts[5], " ", " "], [*MEASURED.labels[:20], "pos", "neg", "pos"]
    )
    found = gathered(bag(TRAINING), measured).duplicates
    assert (found.across, found.total, found.equal) == (False, 1, 1)
    assert (found.shown[0].place, found.shown[0].other_place) == ("texts[20]", "texts[5]")


def test_suspects_are_those_of_the_check(facts):
    finding = next(one for one in facts.findings if one.code == "suspected-labels")
    assert (facts.suspects.role, facts.suspects.total) == ("training", finding.values["count"])
    assert facts.suspects.shown[0].place == finding.examples[0].place.replace("texts", "training")
    assert facts.suspects.shown[0].suggestion == finding.examples[0].values["predicted"]


def test_the_bag_beside_another_model_is_that_of_the_check(model, monkeypatch):
    texts, labels = ["so good", "good fun", "bad", "so bad"] * 10, ["pos", "pos", "neg", "neg"] * 10
    training = mm.Corpus([f"{text} {number}" for number, text in enumerate(texts)], labels)
    found = gathered(model.fitted, mm.Corpus(texts, labels), training=training)
    finding = next(one for one in found.findings if one.code == "bag-baseline")
    assert found.bag_reason == ""
    assert (found.bag.value, found.bag.low) == (finding.values["difference"], finding.values["low"])
    assert found.histories == {"m.malmoi": model.fitted.training_history}
    assert found.model.recipe == "EmbeddingClassifier"
    assert isinstance(found.word_map, Unavailable) or found.word_map.source == "embedding"


def test_why_there_is_no_bag_is_told(monkeypatch):
    model = fixed_model.binary({text: [0.9, 0.1][label == "neg"] for text, label in zip(*two_words(), strict=True)})
    measured = mm.Corpus(*two_words())
    assert gathered(model, measured).bag_reason == "needs-training"
    assert gathered(model, measured, training=mm.Corpus(["good", "fine"], ["pos", "pos"])).bag_reason == "failed"
    assert gathered(bag(TRAINING), measured).bag_reason == "is-bag"


def two_words():
    """Texts and labels that need no training."""
    return ["good film", "bad film"] * 10, ["pos", "neg"] * 10


def test_nothing_is_predicted_twice(monkeypatch):
    model, calls = bag(TRAINING), []
    outputs = type(model).outputs

    def counted(self, inputs):
        calls.append(len(inputs))
        return outputs(self, inputs)

    monkeypatch.setattr(type(model), "outputs", counted)
    gathered(model, MEASURED, most_bytes=0)
    assert calls.count(80) == 1


def test_words_of_the_map_are_evidence_for_their_class(facts):
    words = {one.word: one for one in facts.word_map.words}
    assert facts.word_map.source == "texts"
    assert "pos" in {words[word].label for word in WORDS["pos"]} <= {"pos", ""}
    assert "neg" in {words[word].label for word in WORDS["neg"]} <= {"neg", ""}
    assert "the" not in words
    assert "a" not in words
    assert words["good"].count == sum("good" in text.split() for text in TRAINING.texts)
    assert all(0 <= one.x <= 1 and 0 <= one.y <= 1 for one in words.values())


def test_korean_words_of_the_map_are_words_without_particles():
    texts = ["영화가 정말 좋아요", "영화를 추천한다", "배우는 지루했다", "배우가 별로다"] * 15
    corpus = mm.Corpus([f"{text} {number}" for number, text in enumerate(texts)], ["긍정", "긍정", "부정", "부정"] * 15)
    found = gathered(bag(corpus, tokens="auto", ngrams="auto"), corpus)
    words = {one.word for one in found.word_map.words}
    assert {"영화", "배우"} <= words
    assert not {"영화가", "배우는"} & words
    assert SliceKind.OOV not in [column.kind for column in found.slices]  # its tokens are characters


def test_class_word_scores_follow_the_shares_of_texts():
    scores = class_word_scores(np.array([[30.0, 10.0, 0.0], [10.0, 10.0, 0.0]]), np.array([40.0, 40.0]))
    assert scores[0, 0] > 3
    assert scores[1, 0] < -3
    assert scores[:, 1:] == pytest.approx(0, abs=1e-9)
    assert np.isfinite(class_word_scores(np.array([[5.0]]), np.array([5.0]))).all()


def test_the_label_curve_is_that_of_a_bag_on_training_texts(facts):
    curve = facts.label_curve
    assert (curve.recipe, curve.source) == ("bag", "training")
    assert [point.labels for point in curve.points] == [20, 50, 100, 120]
    assert all(point.low < point.accuracy < point.high for point in curve.points)
    assert [gain.more for gain in curve.gains] == [200, 120]
    assert all(gain.low <= gain.value <= gain.high for gain in curve.gains)
    sizes = [labels for labels, _, _, _ in curve.fitted]
    assert (sizes[0], sizes[-1]) == (20, 240)
    assert sizes == sorted({round(size) for size in sizes})


def test_a_gain_is_told_once():
    measured = Measured("bag", points_of(20, 50, 200), np.full(3, 0.01), 0.01, "training", 200)
    assert [gain.more for gain in with_fit(measured, 0).gains] == [200]


def test_curves_are_fitted_to_twenty_labels_or_more():
    few = Measured("bag", points_of(2, 6, 20, 50), np.full(4, 0.01), 0.01, "comparison", 50)
    assert (with_fit(few, 0).fitted, with_fit(few, 0).gains) == ((), ())
    more = with_fit(Measured("bag", points_of(6, 20, 22, 26), np.full(4, 0.01), 0.01, "comparison", 26), 0)
    sizes = [labels for labels, _, _, _ in more.fitted]
    assert (sizes[0], sizes[-1], len(more.points)) == (20, 52, 4)
    assert len(set(map(round, sizes))) == len(sizes) < 25


def points_of(*sizes):
    return tuple(LearningPoint(size, 0.9 - size**-0.5, 0.85 - size**-0.5, 0.95 - size**-0.5) for size in sizes)


def test_groups_of_equal_texts_leave_fewer_texts_to_learn_from(monkeypatch):
    monkeypatch.setattr("malmoi.report.label_curve.MOST_LABELS", 47)
    labels = ["pos" if number // 5 % 2 else "neg" for number in range(60)]
    measured = mm.Corpus([f"{WORDS[label][0]} film {number // 5}" for number, label in enumerate(labels)], labels)
    curve = gathered(bag(TRAINING), measured).label_curve  # of 48 texts three equal a held-out one
    assert [point.labels for point in curve.points] == [20, 45]
    assert gathered(bag(TRAINING), TRAINING, training=TRAINING).label_curve == Unavailable("too-few")


def test_texts_on_both_sides_are_no_training_texts_of_the_curve():
    measured = mm.Corpus([*MEASURED.texts, *TRAINING.texts[:50]], [*MEASURED.labels, *TRAINING.labels[:50]])
    curve = gathered(bag(TRAINING), measured, training=TRAINING).label_curve
    assert [point.labels for point in curve.points] == [20, 50, 70]
    assert curve.gains[0].labels == 120


def test_the_label_curve_without_training_is_of_the_measured_data():
    curve = gathered(bag(TRAINING), MEASURED).label_curve
    assert curve.source == "measured"
    assert [point.labels for point in curve.points] == [20, 50, 64]
    assert curve.gains[0].labels == 120  # which the model learned from


def test_the_label_curve_of_a_comparison_is_that_of_the_best_recipe(monkeypatch):
    monkeypatch.setattr("malmoi.report.reproduction.versions", lambda names: dict.fromkeys(names, "1"))

    def point(recipe, labels, accuracy):
        return ComparedPoint(recipe, labels, Score(accuracy, accuracy - 0.02, accuracy + 0.02, 500), (accuracy,))

    points = [point("majority class", size, 0.99) for size in (20, 100, 500)]
    points += [point("bag", size, 0.9 - size**-0.5) for size in (20, 100, 500)]
    points += [point("conv", size, 0.95 - 2 * size**-0.5) for size in (20, 100, 500)]
    points += [ComparedPoint("average", size, None, missing="it failed") for size in (20, 100, 500)]
    recipes = {name: Recipe(name) for name in ("bag", "conv", "average")}
    histories = {"conv": History([EpochRow(0.5, 0.9)])}
    comparison = Comparison(recipes, (20, 100, 500), tuple(points), 1, 500, 500, ("neg", Share(1, 2)), histories)
    found = gathered(bag(TRAINING), MEASURED, comparison=comparison)
    assert (found.label_curve.recipe, found.label_curve.source) == ("conv", "comparison")
    assert found.label_curve.gains[0].labels == 500
    assert found.label_curve.gains[1].value == pytest.approx(2 * (500**-0.5 - 1000**-0.5), abs=0.01)
    assert found.comparison is comparison
    assert found.histories is histories
    assert {"keras", "jax", "numpy"} <= set(found.reproduction.versions)
    short = replace(comparison, recipes={"bag": Recipe("bag")}, labels=(20, 100), points=tuple(points[1:2]))
    two = gathered(bag(TRAINING), MEASURED, training=TRAINING, comparison=short)
    assert (two.label_curve.recipe, two.label_curve.source) == ("bag", "training")  # another experiment
    assert "keras" not in two.reproduction.versions


@pytest.mark.parametrize("law", [(0.9, 1.2, 0.5), (0.95, 1.0, 0.3), (1.0, 0.8, 0.15), (0.85, 3.0, 1.0)], ids=str)
def test_intervals_of_the_gain_hold_the_true_one(law):
    a, b, c = law
    sizes = np.array([20, 50, 100, 200, 500, 1000])
    errors, random, held, cases = 0.1 / np.sqrt(sizes), np.random.default_rng(7), 0, 40
    for case in range(cases):
        accuracies = a - b * sizes**-c + errors * random.standard_normal(6) + 0.005 * random.standard_normal()
        fitted = fit_power_law(sizes.tolist(), accuracies.tolist(), errors.tolist(), shared=0.005, seed=case)
        _, low, high = fitted.gain(1000, 1000)
        held += low <= b * (1000**-c - 2000**-c) <= high
    assert held >= 0.85 * cases


def test_power_laws_stay_within_their_bounds():
    falling = fit_power_law([10, 20, 40, 80], [0.8, 0.7, 0.6, 0.5], [0.01] * 4)
    assert falling.gain(80, 80)[0] == 0
    steep = fit_power_law([10, 20, 40, 80], [0.2, 0.5, 0.8, 1.0], [0.01] * 4)
    assert steep.accuracy(1e9)[0] <= 1
    assert steep.accuracy(1e9)[2] <= 1
    with pytest.raises(ValueError, match="labels must have 3 distinct numbers or more, got 2"):
        fit_power_law([10, 20, 20], [0.5, 0.6, 0.6], [0.1] * 3)
    with pytest.raises(ValueError, match="must have the same length, got 3, 2 and 3"):
        fit_power_law([10, 20, 30], [0.5, 0.6], [0.1] * 3)
    with pytest.raises(ValueError, match="draws must have 2 accuracies or more for at least one size, got 1 for each"):
        draw_errors([10, 20], [[0.5], [0.6]])


def test_independent_differences_are_newcombes():
    """Table II of Newcombe 1998, method 10."""
    for first, second, low, high in [((56, 70), (48, 80), 0.0524, 0.3339), ((10, 10), (0, 20), 0.6791, 1.0)]:
        found = independent_difference(Share(*first), Share(*second))
        assert found[1:] == pytest.approx((low, high), abs=5e-5)
    wide = independent_difference(Share(56, 70), Share(48, 80), error=0.001)
    assert wide[1] < 0.0524
    assert wide[2] > 0.3339
    with pytest.raises(ValueError, match="error must be between 0 and 1, got 1"):
        independent_difference(Share(1, 2), Share(1, 2), error=1)


def test_models_of_several_labels_leave_sections_out():
    texts, labels = ["good film", "bad film", "good", "bad"] * 15, [["pos", "film"], ["neg", "film"], ["pos"], ["neg"]]
    corpus = mm.Corpus([f"{text} {number}" for number, text in enumerate(texts)], labels * 15)
    measured = mm.Corpus([*texts, corpus.texts[0]], [*labels * 15, labels[0]])
    found = gathered(bag(corpus), measured, training=corpus)
    sections = {"thresholds": found.thresholds, "mistakes": found.mistakes, "suspects": found.suspects}
    assert {name: one.reason for name, one in sections.items()} == dict.fromkeys(sections, "several-labels")
    assert found.model.task == "multilabel"
    assert found.positive == ""
    assert isinstance(found.label_curve, LabelCurve)
    assert isinstance(found.word_map, WordPlane)
    assert found.duplicates.shown[0].label == "film, pos"


@pytest.mark.parametrize(
    "measured",
    [
        mm.Corpus(["good"], ["pos"]),
        mm.Corpus(["good", "bad"], ["pos", "neg"]),
        mm.Corpus(["", " ", "!!"], ["pos", "neg", "pos"]),
        mm.Corpus(["good", "bad", "fine"] * 8, ["pos", "new", "<b>"] * 8),
    ],
    ids=["one text", "one text a class", "empty texts", "unknown labels"],
)
def test_little_data_is_reported(measured):
    found = gathered(bag(TRAINING), measured, training=TRAINING)
    assert found.evaluation.samples == len(measured)
    assert gathered(bag(TRAINING), measured).duplicates.across is False
    if len(measured) == 24:
        assert found.evaluation.scores["accuracy"].value <= 1 / 3
        assert {one.label for one in found.mistakes.shown} >= {"new", "<b>"}


def test_a_constant_model_is_reported():
    constant = bag(mm.Corpus(["x"] * 40, ["neg", "pos"] * 20))
    found = gathered(constant, MEASURED)
    assert len(found.thresholds) <= 2
    assert found.mistakes.method == "exact"
    assert found.mistakes.shown[0].confidence == pytest.approx(0.5, abs=0.01)


def test_the_same_inputs_give_the_same_facts_with_any_number_of_threads(facts, monkeypatch):
    from threadpoolctl import threadpool_limits

    monkeypatch.setenv("MALMOI_THREADS", "1")
    with threadpool_limits(1):
        again = gathered(bag(TRAINING), MEASURED, training=TRAINING)
    for name in ("word_map", "label_curve", "mistakes", "thresholds", "duplicates", "suspects", "findings"):
        assert getattr(again, name) == getattr(facts, name), name


def test_what_cannot_be_reported_is_refused(monkeypatch):
    numbers = mm.BagRegressor(C=1.0).fit(["a b", "b c", "c d"] * 5, [1.0, 2.0, 3.0] * 5).fitted
    with pytest.raises(TypeError, match="got a regression model; use malmoi evaluate"):
        gathered(numbers, MEASURED)
    with pytest.raises(TypeError, match="model must be a text classifier, got 'm'; load a file with load_fitted"):
        gathered("m", MEASURED)
    for kind, cure in {"series": "malmoi series evaluate", "history": "mm.backtest"}.items():
        model = bag(TRAINING)
        monkeypatch.setattr(type(model), "input_kind", kind)
        with pytest.raises(TypeError, match=cure):
            gathered(model, MEASURED)
        monkeypatch.undo()
    model = bag(TRAINING)
    with pytest.raises(DataError, match="the texts must have labels, got none"):
        gathered(model, mm.Corpus(["good"]))
    with pytest.raises(DataError, match="measured must have 1 labelled text or more, got 0"):
        gathered(model, mm.Corpus([], []))
    with pytest.raises(DataError, match="labels must be classes of the model"):
        gathered(model, mm.Corpus(["good"], ["x"]))
    with pytest.raises(ValueError, match="columns must have a value for each of the 80 texts, got 1 of 'c'"):
        gathered(model, MEASURED, columns={"c": [1]})
    with pytest.raises(ValueError, match="seed must be 0 or more, got -1"):
        gathered(model, MEASURED, seed=-1)


def test_long_texts_are_shortened():
    assert shortened("x" * 10, 10) == "x" * 10
    assert shortened("x" * 11, 10) == "x" * 7 + "..."
