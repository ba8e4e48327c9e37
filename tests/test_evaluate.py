"""`malmoi.evaluate`: every task, unknown labels, labels of another kind, wrong calls; the figure of an evaluation."""

import json
import sys

import numpy as np
import pytest
from sklearn import metrics
from sklearn.exceptions import NotFittedError

import fixed_model as fixed
import malmoi as mm
from malmoi.data.labels import coded_labels
from malmoi.evaluation import predictions
from malmoi.evaluation.label_matching import match_labels
from malmoi.evaluation.learning_point import LearningPoint
from malmoi.metrics.paired import paired_difference
from malmoi.metrics.scores import Share
from malmoi.report import fonts
from malmoi.report.evaluation_figure import evaluation_figure
from malmoi.report.fonts import drawn_names

ROWS = {"good": 0.9, "fine": 0.8, "odd": 0.6, "dull": 0.3, "bad": 0.1}
TEXTS = ["good", "fine", "odd", "dull", "bad"] * 4
LABELS = ["pos", "pos", "neg", "neg", "neg"] * 4
NEWS = {"x": [0.7, 0.2, 0.1], "y": [0.1, 0.8, 0.1], "z": [0.2, 0.45, 0.35]}


def news(labels=("a", "b", "c")):
    return mm.evaluate(fixed.multiclass(NEWS), (["x", "y", "z"] * 10, list(labels) * 10))


# One label


def test_scores_of_a_binary_model_are_those_of_scikit_learn():
    found = mm.evaluate(fixed.binary(ROWS), mm.Corpus(TEXTS, LABELS))
    predicted = ["pos" if ROWS[text] > 0.5 else "neg" for text in TEXTS]
    probabilities = np.array([[1 - ROWS[text], ROWS[text]] for text in TEXTS])
    assert (found.task, found.samples) == ("binary", 20)
    assert list(found.scores) == [
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "log_loss",
        "expected_calibration_error",
    ]
    assert found.scores["accuracy"].value == metrics.accuracy_score(LABELS, predicted)
    assert found.scores["accuracy"].low == Share(16, 20).interval[0]
    assert found.scores["balanced_accuracy"].value == metrics.balanced_accuracy_score(LABELS, predicted)
    assert found.scores["macro_f1"].value == pytest.approx(metrics.f1_score(LABELS, predicted, average="macro"))
    assert found.scores["log_loss"].value == pytest.approx(metrics.log_loss(LABELS, probabilities), abs=1e-6)
    assert found.confusion.tolist() == metrics.confusion_matrix(LABELS, predicted).tolist()
    assert [score.label for score in found.classes] == ["neg", "pos"]
    assert (found.baseline.label, found.baseline.accuracy) == ("neg", Share(12, 20))
    assert found.baseline.difference == paired_difference(found.correct, np.array(LABELS) == "neg")
    assert found.calibration.error is found.scores["expected_calibration_error"]
    assert found.notes == ()


def test_mistakes_come_most_confident_first_and_in_order():
    found = mm.evaluate(fixed.binary(ROWS), (["odd", "good", "bad", "bad"], ["neg", "neg", "pos", "pos"]))
    assert [(one.position, one.text, one.label, one.prediction) for one in found.mistakes] == [
        (1, "good", "neg", "pos"),
        (2, "bad", "pos", "neg"),
        (3, "bad", "pos", "neg"),
        (0, "odd", "neg", "pos"),
    ]
    assert found.mistakes[0].confidence == pytest.approx(0.9)
    assert found.correct.tolist() == [False] * 4


def test_several_classes_and_a_class_that_is_never_predicted():
    found = news()
    assert found.task == "multiclass"
    assert found.scores["accuracy"].value == pytest.approx(2 / 3)
    assert found.classes[2].precision is None
    assert found.classes[2].recall == 0
    assert found.confusion[2].tolist() == [0, 10, 0]


def test_one_class_in_the_data_is_enough():
    found = mm.evaluate(fixed.multiclass(NEWS), (["x"] * 5, ["a"] * 5))
    assert found.scores["accuracy"].value == found.scores["balanced_accuracy"].value == 1
    assert found.notes == ("the data has no texts of 2 of the model's classes ('b', 'c'); their recall is unknown",)
    assert found.baseline.accuracy.value == 1
    assert not found.baseline.difference.is_better


def test_predictions_go_in_batches_of_bounded_size(monkeypatch):
    whole = mm.evaluate(fixed.binary(ROWS), (TEXTS, LABELS))
    seen, steps = [], []

    class Watched(fixed.FixedModel):
        def outputs(self, inputs):
            seen.append(len(inputs))
            return super().outputs(inputs)

    model = Watched(fixed.binary(ROWS).task, fixed.binary(ROWS).rows)
    monkeypatch.setattr(predictions, "INPUTS_TOGETHER", 8)
    again = mm.evaluate(model, (TEXTS, LABELS), progress=lambda *step: steps.append(step))
    assert seen == [8, 8, 4]
    assert steps == [("predicting", 8, 20), ("predicting", 16, 20), ("predicting", 20, 20)]
    assert again.to_json() == whole.to_json()
    monkeypatch.setattr(predictions, "CHARACTERS_TOGETHER", 5)
    seen.clear()
    mm.evaluate(model, (TEXTS, LABELS))
    assert max(seen) == 2


def test_the_seed_is_that_of_the_resamples():
    first, same, other = (mm.evaluate(fixed.binary(ROWS), (TEXTS, LABELS), seed=seed) for seed in (0, 0, 1))
    assert first.to_json() == same.to_json()
    assert first.scores["log_loss"] != other.scores["log_loss"]
    assert first.scores["accuracy"] == other.scores["accuracy"]


# Labels that the model does not have, or has in another kind


def test_unknown_labels_count_as_wrong_and_are_named():
    found = news(("a", "b", "new"))
    assert found.unknown_labels == {"new": 10}
    assert found.scores["accuracy"].value == pytest.approx(2 / 3)
    assert found.notes[0] == ("10 of 30 texts have labels that the model does not have ('new'); they count as wrong")
    assert found.notes[1].startswith("the data has no texts of 1 of the model's classes ('c')")
    assert [score.label for score in found.classes] == ["a", "b", "c", "new"]
    assert found.confusion.tolist()[3] == [0, 10, 0, 0]
    losses = -np.log([0.7, 0.8, 2.0**-23])
    assert found.scores["log_loss"].value == pytest.approx(losses.mean(), rel=1e-5)
    assert found.mistakes[0].label == "new"


def test_only_unknown_labels_are_refused():
    with pytest.raises(
        mm.DataError, match=r"classes of the model, \['a', 'b', 'c'\], got only \['d', 'e'\]; check the"
    ):
        mm.evaluate(fixed.multiclass(NEWS), (["x", "y"], ["e", "d"]))


@pytest.mark.parametrize(
    ("classes", "labels", "places", "unknown"),
    [
        (["0", "1"], [1, 0], [1, 0], {}),
        ([0, 1], ["1", "0", "01"], [1, 0, 2], {"01": 1}),
        ([0.0, 1.0], [1, 0], [1, 0], {}),
        ([False, True], ["true", "FALSE", "maybe"], [1, 0, 2], {"maybe": 1}),
        (["False", "True"], [True, False], [1, 0], {}),
        (["a", "b"], ["b", "z", "c", "z"], [1, 3, 2, 3], {"c": 1, "z": 2}),
    ],
)
def test_labels_of_another_kind_are_compared_as_text(classes, labels, places, unknown):
    found = match_labels(np.array(classes), coded_labels(labels, str))
    assert found.places.tolist() == places
    assert found.unknown == unknown


def test_labels_that_could_mean_two_classes_are_refused():
    rule = "the type of the model's classes, str, got True, which matches 'TRUE' and 'True'; convert the labels"
    with pytest.raises(mm.DataError, match=rule):
        match_labels(np.array(["TRUE", "True", "no"]), coded_labels([True], str))
    with pytest.raises(mm.DataError, match=r"must be classes of the model, \[False, True\], got only \[0, 1\]"):
        match_labels(np.array([False, True]), coded_labels([0, 1], str))


# Several labels, numbers


def test_several_labels_as_lists_and_as_rows():
    rows = {"x": [0.9, 0.8, 0.1], "y": [0.2, 0.6, 0.3], "z": [0.1, 0.1, 0.1]}
    texts, sets = ["x", "y", "z", "x"], [["a", "b"], ["a"], [], ["a", "b", "new"]]
    found = mm.evaluate(fixed.multilabel(rows), (texts, sets))
    assert list(found.scores) == ["exact_match", "micro_f1", "macro_f1", "hamming_loss"]
    assert found.scores["exact_match"].value == 0.5
    assert found.correct.tolist() == [True, False, True, False]
    assert found.unknown_labels == {"new": 1}
    assert [score.label for score in found.classes] == ["a", "b", "c", "new"]
    assert [(one.position, one.label, one.prediction) for one in found.mistakes] == [
        (3, ("a", "b", "new"), ("a", "b")),
        (1, ("a",), ("b",)),
    ]
    assert found.mistakes[1].confidence == pytest.approx(0.8 * 0.6 * 0.7)
    assert (found.confusion, found.calibration) == (None, None)
    assert (found.baseline.label, found.baseline.accuracy.count) == (("a", "b"), 1)
    indicator = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 1, 0]])
    numbered = mm.evaluate(fixed.multilabel(rows, [0, 1, 2], indicator=True), (texts, indicator))
    assert numbered.scores["exact_match"].value == 0.75
    assert json.loads(json.dumps(numbered.to_json()))["classes"][0]["label"] == 0
    empty = mm.evaluate(fixed.multilabel(rows), (["z"], [[]]))
    assert empty.scores["exact_match"].value == empty.scores["micro_f1"].value == 1
    with pytest.raises(mm.DataError, match="must have 3 columns, one per class, got 2"):
        mm.evaluate(fixed.multilabel(rows), (texts, indicator[:, :2]))
    with pytest.raises(mm.DataError, match=r"labels must be a list of labels.*got \['a'\]; the model predicts several"):
        mm.evaluate(fixed.multilabel(rows), (["x"], ["a"]))


def test_numbers():
    rows = {"one": [1.5], "two": [2.0], "four": [5.0], "nine": [8.0]}
    targets = [1.0, 2.0, 4.0, 9.0] * 5
    found = mm.evaluate(fixed.regression(rows), (list(rows) * 5, targets))
    predicted = [1.5, 2, 5, 8] * 5
    assert found.scores["mean_absolute_error"].value == metrics.mean_absolute_error(targets, predicted)
    assert found.scores["r2"].value == pytest.approx(metrics.r2_score(targets, predicted))
    assert found.scores["spearman"].value == pytest.approx(1)
    assert (found.mistakes[0].label, found.mistakes[0].prediction, found.mistakes[0].confidence) == (4, 5, None)
    assert found.numbers.predicted.tolist() == predicted
    assert found.correct is None
    assert found.to_json()["mistakes"] is None
    few = mm.evaluate(fixed.regression(rows), (["one", "two"], [1, 1]))
    assert few.notes[0].startswith("R2 and Spearman correlation are not defined: targets or predictions are constant")
    with pytest.raises(TypeError, match=r"labels must be numbers, one per sample.*got \['a'\]"):
        mm.evaluate(fixed.regression(rows), (["one"], ["a"]))
    with pytest.raises(mm.DataError, match=r"labels\[1\] must be finite, got nan; leave it out"):
        mm.evaluate(fixed.regression(rows), (["one", "two"], [1, np.nan]))
    with pytest.raises(mm.DataError, match="must predict one number per sample, got 2"):
        mm.evaluate(fixed.regression({"one": [1, 2]}, targets=2), (["one"], [1.0]))


# Trained models, wrong calls


def test_a_trained_estimator_is_evaluated(model):
    found = mm.evaluate(model, mm.Corpus(["good", "bad"] * 50, ["pos", "neg"] * 50))
    assert found.scores["accuracy"].value == 1
    assert found.baseline.difference.is_better
    assert mm.evaluate(model.fitted_, (["good", "bad"] * 50, ["pos", "neg"] * 50)).to_json() == found.to_json()


def test_wrong_calls_are_refused(texts, labels):
    model = fixed.binary(ROWS)
    for data in (mm.Corpus(["good"]), ["good", "bad"], ("good", "bad"), (["good"], None)):
        with pytest.raises(mm.DataError, match="the texts must have labels, got none; read them with a label column"):
            mm.evaluate(model, data)
    for data, labels_of in (([], []), ([], np.zeros(0, str))):
        with pytest.raises(mm.DataError, match="data must have 1 labelled text or more, got 0"):
            mm.evaluate(model, (data, labels_of))
    with pytest.raises(ValueError, match="labels must have 2 items, one for each of the texts, got 1"):
        mm.evaluate(model, (["good", "bad"], ["pos"]))
    for labels_of in ("pos", 3):
        with pytest.raises(TypeError, match="labels must be a list of labels, got"):
            mm.evaluate(model, (["good"], labels_of))
    for data in ("reviews.csv", {"good": "pos"}, 3):
        with pytest.raises(TypeError, match=r"data must be a Corpus or a pair \(texts, labels\), got"):
            mm.evaluate(model, data)
    with pytest.raises(TypeError, match=r"model must be a trained model, got 'm\.malmoi'; open a file with load"):
        mm.evaluate("m.malmoi", (texts, labels))
    with pytest.raises(ValueError, match="seed must be 0 or more, got -1"):
        mm.evaluate(model, (texts, labels), seed=-1)
    with pytest.raises(NotFittedError, match="call fit first"):
        mm.evaluate(mm.EmbeddingClassifier(), (texts, labels))

    class OfSeries(fixed.FixedModel):
        input_kind = "series"

    with pytest.raises(TypeError, match="data must be a table of series or a pair"):
        mm.evaluate(OfSeries(model.task, {}), mm.Corpus(texts, labels))


# How it is shown


def test_an_evaluation_is_text_json_and_a_table_in_a_notebook():
    found = news(("a", "b", "<new>"))
    printed = str(found)
    spaced = " ".join(printed.split())
    assert "accuracy 66.7% (95 % interval 48.8% to 80.8%)" in spaced
    assert "majority-class baseline ('a') 33.3%" in spaced
    assert "model vs. baseline +33.3 points (95 % interval " in spaced
    assert printed.endswith("their recall is unknown")
    assert repr(found) == "Evaluation(multiclass, 30 samples, accuracy 0.6667)"
    html = found._repr_html_()
    assert "<th>accuracy</th><td>66.7%" in html
    assert "&lt;new&gt;" in html
    assert "<new>" not in html
    assert "<th>c</th><td>-</td><td>-</td><td>-</td><td>0</td>" in html
    saved = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert saved["scores"]["accuracy"]["samples"] == 30
    assert saved["unknown_labels"] == [{"label": "<new>", "count": 10}]
    assert saved["classes"][2]["recall"] is None
    assert saved["mistakes"] == 10
    assert sum(one["samples"] for one in saved["calibration"]) == 30
    assert saved["baseline"]["difference"]["value"] == pytest.approx(1 / 3)


def test_long_lists_of_labels_are_cut():
    found = mm.evaluate(fixed.binary(ROWS), (["good"] * 9, ["pos", *"abcdefgh"]))
    assert "('a', 'b', 'c', 'd', 'e', ...)" in found.notes[0]


# The figure

CURVE = [LearningPoint(200, 0.8, 0.7, 0.9), LearningPoint(20, 0.6, 0.4, 0.7), LearningPoint(2000, 0.9, 0.85, 0.95)]


def titles(figure):
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def test_a_figure_has_three_panels():
    figure = evaluation_figure(news(), CURVE)
    figure.canvas.draw()
    assert [title.split(":")[0] for title in titles(figure)] == ["learning curve", "confusion matrix", "calibration"]
    curve, confusion, reliability = figure.axes[:3]
    assert curve.get_xscale() == "log"
    assert curve.lines[0].get_xdata().tolist() == [20, 200, 2000]
    assert curve.lines[1].get_ydata()[0] == pytest.approx(1 / 3)
    assert [label.get_text() for label in curve.get_xticklabels()] == ["20", "200", "2,000"]
    assert [text.get_text() for text in confusion.texts] == ["10", "0", "0", "0", "10", "0", "0", "10", "0"]
    assert [label.get_text() for label in confusion.get_yticklabels()] == ["a", "b", "c"]
    assert len(reliability.lines[1].get_xdata()) == 3
    assert len(titles(evaluation_figure(news()))) == 2


@pytest.mark.parametrize("classes", [1, 2, 13, 77])
def test_a_figure_of_many_classes_has_fewer_marks(classes):
    labels = [f"$class_{number}$" for number in range(max(2, classes))]
    rows = {label: np.eye(len(labels), dtype=np.float32)[place].tolist() for place, label in enumerate(labels)}
    model = fixed.multiclass(rows, labels) if classes > 2 else fixed.binary({labels[0]: 0.0, labels[1]: 1.0}, labels)
    figure = evaluation_figure(mm.evaluate(model, (labels[:classes], labels[:classes])))
    figure.canvas.draw()
    assert bool(figure.axes[0].texts) == (classes <= 13)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[:1] == (["$class_0$"] if classes <= 13 else [])
    assert figure.axes[0].get_ylabel() == ("true class" if classes <= 13 else f"true class ({classes} classes)")


def test_names_without_a_font_are_numbered_and_nothing_warns(monkeypatch):
    monkeypatch.setattr(fonts, "WIDE_FONTS", ())
    assert drawn_names(["neg", "긍정", "\u1100\u1161", 3, "a\x1b" * 9]).names == (
        "neg",
        "class 2",
        "class 3",
        "3",
        "a a a a a a...",
    )
    rows = {"가": [0.8, 0.1, 0.1], "나": [0.1, 0.8, 0.1], "😀": [0.1, 0.1, 0.8]}
    evaluate_hangul = mm.evaluate(fixed.multiclass(rows, list(rows)), (list(rows), list(rows)))
    figure = evaluation_figure(evaluate_hangul)
    figure.canvas.draw()
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["class 1", "class 2", "😀"]


def test_names_are_drawn_in_an_installed_font(monkeypatch):
    wide = ("Some Hangul", frozenset("긍정부"))
    monkeypatch.setattr(fonts, "_installed", lambda: (("DejaVu Sans", frozenset("neg")), [("None", frozenset()), wide]))
    found = drawn_names(["neg", "긍정", "中"])
    assert found.names == ("neg", "긍정", "class 3")
    assert found.families == ("DejaVu Sans", "Some Hangul")


def test_figures_of_numbers_and_of_several_labels():
    rows = {"one": [1.5], "two": [2.0], "four": [5.0]}
    numbers = mm.evaluate(fixed.regression(rows), (list(rows), [1.0, 2.0, 4.0]))
    figure = evaluation_figure(numbers)
    figure.canvas.draw()
    assert titles(figure) == ["R2 0.732, MAE 0.5"]
    assert len(figure.axes[0].collections[0].get_offsets()) == 3
    sets = mm.evaluate(fixed.multilabel({"x": [0.9, 0.8, 0.1]}), (["x", "y"], [["a", "b"], ["a"]]))
    figure = evaluation_figure(sets, CURVE)
    figure.canvas.draw()
    assert titles(figure) == ["learning curve: 95 % interval", "macro F1 83.3%"]
    assert [bar.get_width() for bar in figure.axes[1].patches] == pytest.approx([2 / 3, 1, 0])
    with pytest.raises(ValueError, match="learning_curve must be None for regression"):
        evaluation_figure(numbers, CURVE)
    with pytest.raises(ValueError, match="learning_curve must have 1 point or more, got 0"):
        evaluation_figure(sets, [])


def test_a_figure_needs_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(mm.MissingExtraError, match=r"drawing needs matplotlib; pip install 'malmoi\[plots\]'"):
        evaluation_figure(news())
