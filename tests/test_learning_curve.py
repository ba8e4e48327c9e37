"""Learning curves: nested draws, the same for every recipe; held-out texts that nothing learns from; tables, figure."""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import malmoi as mm
from malmoi.data.draws import nested_order
from malmoi.data.label_forms import labels_of
from malmoi.experiments.curve_result import CurvePoint, LearningCurve
from malmoi.experiments.kinds import RECIPES, RecipeKind
from malmoi.foundation.light_estimators import LightClassifierMixin
from malmoi.metrics.means import Mean
from malmoi.metrics.scores import Share
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.task import Task
from malmoi.models.task_of_labels import classification_of
from malmoi.report.curve_lines import CurveLines

EXAMPLES = Path(__file__).parents[1] / "examples" / "recipes"
WORDS = {"pos": ("good", "fine"), "neg": ("bad", "dull")}


def reviews(each, prefix="film"):
    rows = [(f"{WORDS[label][n % 2]} {prefix} {n}", label) for n in range(each) for label in WORDS]
    return mm.Corpus([text for text, _ in rows], [label for _, label in rows])


# A recipe that notes what it is given, predicts the first class, and needs six labelled texts.


@dataclass(frozen=True, eq=False)
class FirstClassModel(FittedModel):
    """Predicts the first class."""

    input_kind: ClassVar[str] = "texts"
    task: Task
    kind = "FirstClass"

    def outputs(self, inputs):
        return np.zeros((len(inputs), self.task.units), dtype=np.float32)

    def to_state(self, examples=None): ...

    @classmethod
    def from_state(cls, state): ...

    def parameters(self): ...

    def changed_example(self, state): ...


FITS = []


class FirstClass(LightClassifierMixin, ModelEstimator):
    """Notes what it is given.

    Args:
        seed: random seed.
        least: labelled texts that it needs.
    """

    def __init__(self, seed: int = 7, least: int = 6) -> None:
        self.seed = seed
        self.least = least

    def fit(self, texts, labels, *, validation=None, unlabelled=(), progress=None):
        FITS.append((self.seed, texts, labels.to_list(), unlabelled, validation))
        progress("training", 1, 1)
        if len(texts) < self.least:
            raise ValueError(f"texts must be {self.least} or more, got {len(texts)}")
        self.fitted_ = FirstClassModel(classification_of(labels)[0])
        return self


@pytest.fixture(autouse=True)
def first_class(monkeypatch):
    monkeypatch.setitem(RECIPES["texts", "classification"], "first-class", RecipeKind(f"{__name__}:FirstClass"))
    FITS.clear()


# Draws


LABELS = st.lists(st.sampled_from("abc"), min_size=2, max_size=40).filter(lambda labels: len(set(labels)) > 1)


@given(LABELS, st.integers(0, 99), st.booleans())
def test_every_beginning_of_a_nested_order_is_a_draw(labels, seed, balanced):
    order = nested_order(labels_of(labels), np.random.default_rng(seed), balanced=balanced)
    assert sorted(order) == list(range(len(labels)))
    classes, counts = np.unique(labels, return_counts=True)
    for size in range(len(classes), len(labels) + 1):
        drawn = np.array([sum(labels[place] == one for place in order[:size]) for one in classes])
        assert drawn.min() >= 1
        if balanced:
            assert max(drawn) - min(drawn[drawn < counts], default=max(drawn)) <= 1
        else:
            assert (np.abs(drawn - np.maximum(1, size * counts / len(labels))) <= len(classes)).all()


@given(st.lists(st.sets(st.sampled_from("abcd")).map(sorted), min_size=4, max_size=20), st.integers(0, 9))
def test_draws_of_several_labels_a_text_have_every_label(sets, seed):
    sets = [*sets, ["a", "b"]]
    labels = labels_of(sets)
    order = nested_order(labels, np.random.default_rng(seed))
    first = [sets[place] for place in order[: len(labels.classes)]]
    assert set().union(*first) == set(labels.classes.tolist())


def test_recipes_learn_from_the_same_nested_draws_and_never_from_held_out_texts():
    test = reviews(5, "play")
    data = mm.Corpus([*reviews(10).texts, "GOOD  play 0"], [*reviews(10).labels, "pos"])
    more = ["more", "Dull play 1", " ", "fine film 1"]
    recipes = {"one": "first-class", "two": mm.Recipe("first-class", {"seed": 1})}
    curve = mm.learning_curve(recipes, data, ["all", 8], test=test, unlabelled=more, repeats=[1, 3], seed=5)
    assert curve.labels == (8, 20)
    assert [fit[0] for fit in FITS] == [7, 1, 8, 2, 9, 3, 7, 1]  # the seed of the recipe and the number of the draw
    for one, two in zip(FITS[::2], FITS[1::2], strict=True):
        assert one[1:] == two[1:]
    draws = [fit[1] for fit in FITS[::2]]
    assert draws[3][:8] == draws[0]
    assert draws[0] != draws[1]
    for _, texts, labels, unlabelled, validation in FITS:
        assert validation is None
        assert set(labels) == {"pos", "neg"}
        assert sorted([*texts, *unlabelled]) == sorted([*reviews(10).texts, "more", "fine film 1"])
    notes = " ".join(curve.notes)
    assert "removed from the labelled texts: 1 of 21 that are equal to a test text" in notes
    assert "removed from the unlabelled texts: 2 that are empty or equal to a test text" in notes
    assert "unlabelled texts for one, two: the rest of the data in each draw, and 2 more" in notes


def test_a_point_that_cannot_be_trained_is_missing_with_the_reason():
    curve = mm.learning_curve(["bag", "first-class"], reviews(10), [4, 8], repeats=2)
    missing = curve.point("first-class", 4)
    assert (missing.mean, missing.accuracies, missing.missing) == (None, (), "texts must be 6 or more, got 4")
    assert len([fit for fit in FITS if len(fit[1]) == 4]) == 1
    assert curve.difference("first-class", "bag", 4) is None
    assert curve.point("first-class", 8).accuracies == (0.5, 0.5)
    assert "note: missing: first-class with 4 labels: texts must be 6 or more, got 4" in str(curve).splitlines()
    assert curve.rows()[1] == ("4", "first-class", "missing", "", "", "", "", "")
    with pytest.raises(mm.DataError, match="no recipe could be trained; first-class with 4: texts must be 6 or more"):
        mm.learning_curve(["first-class"], reviews(10), [4], repeats=1)
    assert CurveLines.from_curve(curve).missing == [("first-class", 4)]


def test_ctrl_c_ends_it():
    def interrupted(step, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mm.learning_curve(["first-class"], reviews(10), [8], repeats=4, progress=interrupted)
    assert len(FITS) == 2


def test_several_labels_a_text_are_measured_by_exact_match():
    sets = [["film", "good"], ["film"], ["good"], ["dull"]] * 10
    data = mm.Corpus([" ".join(labels) for labels in sets], sets)
    curve = mm.learning_curve(["bag"], data, [8, "all"], repeats=1, validation=8, test=None)
    assert curve.columns[2] == "exact match (%)"
    with pytest.raises(ValueError, match="balanced must be False for multilabel data, got True"):
        mm.learning_curve(["bag"], data, [8], balanced=True)


def test_notes_say_what_draws_are_not():
    data = mm.Corpus([f"text {n}" for n in range(40)], ["a"] * 4 + ["b"] * 36)
    test = mm.Corpus(["x", "y"], ["a", "c"])
    curve = mm.learning_curve(["bag"], data, [4, 20, "all"], test=test, repeats=2, balanced=True)
    assert curve.notes == (
        "labels of the test set that are not in the data: 'c' (1); their predictions count as wrong",
        "draws of all 40 labels have the same texts and differ only in the random seed",
        "draws of 20 and 40 labels are not balanced: the class 'a' has only 4",
    )


# Bad input


@pytest.mark.parametrize(
    ("recipes", "options", "kind", "message"),
    [
        ("bag", {}, TypeError, "recipes must be a list or a dict, got 'bag'; wrap one in a list"),
        ([], {}, ValueError, "recipes must have 1 recipe or more, got 0"),
        (["bag", mm.Recipe("bag", {"C": 1.0})], {}, ValueError, "recipes must have different names, got 'bag' twice"),
        ([3], {}, TypeError, "recipes must be names or Recipes, got 3"),
        (["bagg"], {}, ValueError, "recipe must be one of .*, got 'bagg'; did you mean 'bag'"),
        (
            [mm.Recipe("bag", {}, "texts", "regression")],
            {},
            ValueError,
            "must be for classification of texts, got 'bag' for",
        ),
        (["bag"], {"labels": [40]}, ValueError, r"labels must be at most 16 .*, got 40; use \"all\", or leave it"),
        (["bag"], {"labels": [1]}, ValueError, "labels must be 2 or more, one text for each class, got 1"),
        (["bag"], {"labels": [4, 4]}, ValueError, "labels must be different numbers, got 4 twice; remove one"),
        (["bag"], {"labels": [16, "all"]}, ValueError, 'got 16, which is "all", twice'),
        (["bag"], {"labels": []}, TypeError, 'labels must be a list of one or more numbers or "all", got'),
        (["bag"], {"labels": ["most"]}, TypeError, "labels must be a whole number, got 'most'"),
        (["bag"], {"repeats": 0}, ValueError, "repeats must be 1 or more, got 0"),
        (["bag"], {"repeats": [1, 2]}, ValueError, "repeats must be 1 number, or 1 for each of the 1 labels, got 2"),
        (["bag"], {"repeats": 2.5}, TypeError, "repeats must be a whole number, got 2.5"),
        (["bag"], {"balanced": "yes"}, TypeError, "balanced must be True or False, got 'yes'"),
        (["first-class"], {"unlabelled": "a"}, TypeError, r"must be a list of str, got one str; wrap it: \[text\]"),
        (["bag"], {"seed": -1}, ValueError, "seed must be 0 or more, got -1"),
        (
            ["bag"],
            {"unlabelled": ["a"]},
            ValueError,
            r"unlabelled must be empty for recipes that do not use unlabelled texts \(bag\), got 1",
        ),
        (["bag"], {"validation": 0}, ValueError, "validation must be above 0, got 0: accuracy is measured on it"),
        (["bag"], {"validation": 4, "test": reviews(2)}, ValueError, "validation has no effect with test, got 4"),
        (["bag"], {"test": mm.Corpus([], [])}, mm.DataError, "test must have labelled texts, got none"),
        (["bag"], {"test": mm.Corpus(["a"], [1])}, mm.DataError, "labels of the same type as data, got 1 and 'neg'"),
        (["bag"], {"test": reviews(10)}, mm.DataError, "all 20 labelled texts are equal to a test text"),
    ],
)
def test_bad_arguments_are_refused_before_any_training(recipes, options, kind, message):
    steps = []
    with pytest.raises(kind, match=message):
        mm.learning_curve(recipes, reviews(10), **{"labels": [4], **options}, progress=lambda *step: steps.append(step))
    assert steps == []


# The result


def test_the_interval_is_students():
    values = (0.6, 0.65, 0.72, 0.61, 0.7)
    mean = Mean(values)
    expected = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    assert mean.interval == pytest.approx(expected)
    assert mean.deviation == pytest.approx(np.std(values, ddof=1))
    assert Mean((0.1, 0.9)).interval == (0.0, 1.0)
    assert (Mean((0.5,)).interval, Mean((0.5,)).deviation) == (None, None)
    with pytest.raises(ValueError, match="values must have 1 number or more, got 0"):
        Mean(())


def result(recipes=("bag", "적은 레이블"), labels=(20, 1000), missing=()):
    points = [
        CurvePoint(name, size, (), (), "too few")
        if (name, size) in missing
        else CurvePoint(name, size, tuple(0.6 + place / 50 + draw / 100 for draw in range(3)), (1.0, 2.0, 3.0))
        for size in labels
        for place, name in enumerate(recipes)
    ]
    named = {name: mm.Recipe("bag") for name in recipes}
    return LearningCurve(named, labels, tuple(points), 1000, 500, ("neg", Share(300, 500)), ("a <note>",))


def test_a_result_is_a_table_and_json():
    curve = result()
    assert str(curve).splitlines()[:3] == [
        "     labels  recipe       accuracy (%)   sd  95 % interval  repeats     vs. bag (points)  seconds",
        "         20  bag                  61.0  1.0   58.5 to 63.5        3                           2.0",
        "         20  적은 레이블          63.0  1.0   60.5 to 65.5        3  +2.0 (+2.0 to +2.0)      2.0",
    ]
    assert curve.rows()[2][0] == "1,000 (all)"
    assert "note: evaluated on 500 test texts; majority class ('neg'): 60.0 %" in str(curve)
    assert "<td>적은 레이블</td><td>63.0</td>" in curve._repr_html_()
    assert "a &lt;note&gt;" in curve._repr_html_()
    saved = json.loads(json.dumps(curve.to_json()))
    assert saved["baseline"] == {"label": "neg", "accuracy": 0.6}
    assert saved["points"][1]["mean"] == pytest.approx(0.63)
    assert saved["points"][1]["difference"]["reference"] == "bag"
    assert mm.Recipe.from_json(json.dumps(saved["recipes"]["bag"])) == mm.Recipe("bag")
    with pytest.raises(KeyError, match="no point of 'bag' with 30 labels"):
        curve.point("bag", 30)


@pytest.mark.parametrize("number", [1, 6])
def test_names_in_the_figure_never_overlap(tmp_path, number):
    pytest.importorskip("matplotlib")
    names = ("bag", "auto", "a long name of a recipe that is cut", "conv", "flatten", "few-labels")[:number]
    curve = result(names, (20, 50, 200, 950, 1000), {("bag", 1000)} if number > 1 else set())
    axes = curve.plot(tmp_path / "c.png")
    figure = axes.figure
    figure.canvas.draw()
    boxes = sorted((text.get_window_extent() for text in axes.texts), key=lambda box: box.y0)
    assert len(boxes) == number + 1
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))
    assert axes.get_xticklabels()[-1].get_text() == "1,000\n(all)"
    assert "950" not in [label.get_text() for label in axes.get_xticklabels()]
    assert figure.bbox.x1 >= max(box.x1 for box in boxes)
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


def test_the_recipes_of_the_notes_differ_by_their_vectors_alone():
    notes, glove = (mm.Recipe.read(EXAMPLES / name) for name in ("notes.json", "notes-glove.json"))
    different = {path for path, _ in set(notes.settings.items()) ^ set(glove.settings.items())}
    assert different == {"embedding.dimension", "embedding.vectors"}
    assert (notes.settings["embedding.dimension"], glove.settings["embedding.vectors"]) == (50, "glove.6B.50d.txt")
