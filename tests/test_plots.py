"""Figures of results: they take and return axes, have one look, and hold the numbers of the results."""

import sys
from itertools import combinations, pairwise

import numpy as np
import pytest

import fixed_model as fixed
import malmoi as mm
from malmoi.experiments.backtest_result import Backtest, Fan, ForecastPicture
from malmoi.experiments.comparison import ComparedPoint, Comparison
from malmoi.experiments.curve_result import CurvePoint, LearningCurve
from malmoi.metrics.intervals import Score
from malmoi.metrics.scores import Share
from malmoi.models.history import EpochRow, History
from malmoi.report import fonts
from malmoi.report.fonts import drawn_names
from malmoi.report.look import BASELINE_COLOUR, PALETTE, TRAINING_COLOUR, VALIDATION_COLOUR, wrapped

pyplot = pytest.importorskip("matplotlib.pyplot")
from matplotlib import font_manager  # noqa: E402

STRANGE = [
    "한국어",
    "中文",
    "العربية",
    "😀🎉❤️",
    "👨\u200d👩\u200d👧",
    "हिन्दी",
    "$a_b$",
    "_x",
    "\u202eabc\n",
    "",
    "e\u0301",
]
NEWS = {"x": [0.7, 0.2, 0.1], "y": [0.1, 0.8, 0.1], "z": [0.2, 0.45, 0.35]}
HISTORY = History([EpochRow(0.7, 0.5, 0.68, 0.55), EpochRow(0.5, 0.8, 0.66, 0.6), EpochRow(0.2, 1.0, 0.9, 0.58)])
ERRORS = History([EpochRow(0.7, error=3.0), EpochRow(0.5, error=2.0)])
TIMES = np.arange("2024-01-01", "2024-01-31", dtype="datetime64[D]")


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    pyplot.close("all")
    yield
    pyplot.close("all")


def news(names=("a", "b", "c")):
    return mm.evaluate(fixed.multiclass(NEWS, names), (["x", "y", "z"] * 10, list(names) * 10))


def named(names):
    """An evaluation of classes with these names, the last one of which is always mistaken."""
    rows = {str(at): np.eye(len(names))[min(at, len(names) - 2)].tolist() for at in range(len(names))}
    return mm.evaluate(fixed.multiclass(rows, names), (list(rows), list(names)))


def compared(recipes=("bag", "conv", "conv + vectors"), labels=(20, 200, 2000), missing=()):
    points = []
    for size in labels:
        points.append(ComparedPoint("majority class", size, Score(0.5, 0.45, 0.55, 400)))
        for at, name in enumerate(recipes):
            value = 0.6 + 0.02 * at + 0.05 * np.log10(size)
            score = None if (name, size) in missing else Score(value, value - 0.03, value + 0.02, 400)
            points.append(ComparedPoint(name, size, score, missing=None if score else "too few texts"))
    named = {name: mm.Recipe("bag") for name in recipes}
    return Comparison(named, tuple(labels), tuple(points), 5, 2000, 400, ("neg", Share(200, 400)))


def curved(recipes=("bag", "auto"), labels=(20, 200, 2000)):
    points = [CurvePoint(name, size, (0.6, 0.62 + at / 10)) for size in labels for at, name in enumerate(recipes)]
    named = {name: mm.Recipe("bag") for name in recipes}
    return LearningCurve(named, tuple(labels), tuple(points), 5000, 400, ("neg", Share(200, 400)))


def forecast(*targets):
    values = np.arange(30.0)
    fan = Fan(TIMES[20:], values[20:], {0.8: (values[20:] - 1, values[20:] + 1)})
    return Backtest((), (), 1, 1, {}, tuple(ForecastPicture(name, TIMES, values, (fan,)) for name in targets))


PLOTS = {
    "confusion": lambda ax=None: mm.plot_confusion(news(), ax),
    "calibration": lambda ax=None: mm.plot_calibration(news(), ax),
    "learning curve": lambda ax=None: mm.plot_learning_curve(curved(), ax),
    "comparison": lambda ax=None: mm.plot_learning_curve(compared(), ax),
    "one size": lambda ax=None: mm.plot_learning_curve(compared(labels=[200]), ax),
    "history": lambda ax=None: HISTORY.plot(ax=ax),
    "forecast": lambda ax=None: forecast("sales").plot(ax=ax),
}
WRITTEN = {"curve": curved(), "comparison": compared(), "history": HISTORY, "forecast": forecast("sales")}


def is_whole(figure):
    """Whether nothing that is drawn is cut off at the edges."""
    figure.draw_without_rendering()
    bounds, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    return min(bounds.x0, bounds.y0, width - bounds.x1, height - bounds.y1) >= 0


def test_each_plot_draws_on_the_axes_it_is_given_and_returns_them():
    figure, grid = pyplot.subplots(2, 4, figsize=(12, 5), layout="constrained")
    settings = dict(pyplot.rcParams)
    axes = list(grid.flat)
    for place, plot in enumerate(PLOTS.values()):
        assert plot(axes[place]) is axes[place]
        assert [one.has_data() for one in axes] == [True] * (place + 1) + [False] * (7 - place)
    assert dict(pyplot.rcParams) == settings
    assert pyplot.get_fignums() == [figure.number]
    assert is_whole(figure)


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_without_axes_a_figure_of_pyplot_is_made(plot):
    axes = plot()
    assert pyplot.get_fignums() == [axes.figure.number]
    assert is_whole(axes.figure)


@pytest.mark.parametrize("result", WRITTEN.values(), ids=WRITTEN)
def test_a_picture_is_written_without_pyplot(result, tmp_path):
    axes = result.plot(tmp_path / "new" / "a.svg")
    assert "<svg" in (tmp_path / "new" / "a.svg").read_text()
    assert axes.has_data()
    assert pyplot.get_fignums() == []
    _, (left, right) = pyplot.subplots(1, 2)
    right.set_title("of the caller")
    assert result.plot(str(tmp_path / "b.svg"), ax=left) is left
    assert "<!-- of the caller -->" in (tmp_path / "b.svg").read_text()
    with pytest.raises(ValueError, match=r"path must end in .png, .svg or .pdf, got 'c.txt'"):
        result.plot(tmp_path / "c.txt", ax=right)
    assert not right.has_data()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["b.svg", "new"]


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_other_things_than_axes_are_refused(plot):
    figure, axes = pyplot.subplots(1, 2)
    with pytest.raises(
        TypeError, match=r"ax must be a matplotlib Axes, got ndarray; pass one of them, such as ax\[0\]"
    ):
        plot(axes)
    with pytest.raises(TypeError, match=r"ax must be a matplotlib Axes, got Figure; create one with plt\.subplots"):
        plot(figure)
    with pytest.raises(ValueError, match="ax must be rectilinear, got 'polar'; create it without a projection"):
        plot(pyplot.figure().add_subplot(projection="polar"))


def test_other_things_than_results_are_refused():
    sets = mm.evaluate(fixed.multilabel({"x": [0.9, 0.8, 0.1]}), (["x", "y"], [["a", "b"], ["a"]]))
    numbers = mm.evaluate(fixed.regression({"x": [1.0], "y": [2.0]}), (["x", "y"], [1.0, 3.0]))
    for plot, what in ((mm.plot_confusion, "a confusion matrix"), (mm.plot_calibration, "a calibration curve")):
        rule = f"evaluation must be of a single-label classifier for {what}, got the task"
        with pytest.raises(ValueError, match=f"{rule} 'multilabel'; use evaluation.classes for the precision"):
            plot(sets)
        with pytest.raises(ValueError, match=f"{rule} 'regression'; use evaluation.numbers for"):
            plot(numbers)
        with pytest.raises(
            TypeError, match=f"evaluation must be an Evaluation, got list; {what} needs the result of evaluate"
        ):
            plot([[1, 0], [0, 1]])
    with pytest.raises(
        TypeError, match="curve must be a LearningCurve or a Comparison, got History; use the result of learning_curve"
    ):
        mm.plot_learning_curve(HISTORY)
    with pytest.raises(ValueError, match="metric must be 'accuracy' or 'loss' for this history, got 'error'"):
        HISTORY.plot(metric="error")
    with pytest.raises(ValueError, match="metric must be 'error' or 'loss' for this history, got 'accuracy'"):
        ERRORS.plot(metric="accuracy")
    several = forecast("sales", "visitors")
    with pytest.raises(ValueError, match=r"target must be one of \['sales', 'visitors'\], got 'cost'"):
        several.plot(target="cost")
    with pytest.raises(ValueError, match=r"target must be one of \['sales', 'visitors'\] if ax is given, got None"):
        several.plot(ax=pyplot.gca())


def test_a_plot_needs_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    with pytest.raises(mm.MissingExtraError, match=r"drawing needs matplotlib; pip install 'malmoi\[plots\]'"):
        mm.plot_confusion(news())


# What is drawn


def test_a_confusion_matrix_shows_counts_and_shares():
    evaluation = news()
    axes = mm.plot_confusion(evaluation)
    assert [text.get_text() for text in axes.texts] == [str(count) for count in evaluation.confusion.ravel()]
    shares = evaluation.confusion / evaluation.confusion.sum(axis=1, keepdims=True)
    assert np.array_equal(axes.images[0].get_array(), shares)
    many = [f"card_payment_problem_number_{at}" for at in range(77)]
    axes = mm.plot_confusion(named(many))
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert len(set(shown)) == 77
    assert shown[0] == "card_paymen...m_number_0"
    axes = mm.plot_confusion(named(many), pyplot.subplots(figsize=(3, 3))[1])
    assert (axes.get_yticklabels(), axes.get_ylabel()) == ([], "true class (77 classes)")


def test_a_calibration_curve_shows_the_bins():
    evaluation = news()
    perfect, bins = mm.plot_calibration(evaluation).lines[:2]
    assert perfect.get_xydata().tolist() == [[0, 0], [1, 1]]
    expected = [[one.confidence, one.accuracy.value] for one in evaluation.calibration.bins]
    assert bins.get_xydata().tolist() == expected


def test_a_history_shows_its_measures():
    first = HISTORY.plot()
    assert [axes.get_ylabel() for axes in first.figure.axes] == ["accuracy", "loss"]
    assert first is first.figure.axes[0]
    for axes in first.figure.axes:
        drawn = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
        assert drawn["training"] == [getattr(row, axes.get_ylabel()) for row in HISTORY.rows]
        assert drawn["validation"] == [getattr(row, f"validation_{axes.get_ylabel()}") for row in HISTORY.rows]
        assert drawn["best: epoch 2"] == [0, 1]
    assert len(HISTORY.plot(metric="loss").figure.axes) == 1
    axes = HISTORY.plot(ax=pyplot.subplots()[1], metric="loss")
    assert (axes.get_ylabel(), len(axes.lines)) == ("loss", 3)
    assert ERRORS.plot(ax=pyplot.subplots()[1]).get_ylabel() == "mean absolute error"
    assert not History().plot(ax=pyplot.subplots()[1]).lines


def test_a_comparison_shows_recipes_and_baselines():
    comparison = compared(missing={("conv + vectors", 20), ("conv + vectors", 2000)})
    axes = comparison.plot(ax=pyplot.subplots()[1])
    majority, bag, conv, vectors = axes.lines
    assert majority.get_ydata()[0] == 0.5
    for line, recipe in ((bag, "bag"), (conv, "conv")):
        points = [point for point in comparison.points if point.recipe == recipe]
        assert line.get_ydata().tolist() == [point.accuracy.value for point in points]
        assert line.get_xdata() == pytest.approx([20, 200, 2000], rel=0.1)
    bounds = [segment[:, 1].tolist() for segment in axes.collections[0].get_segments()]
    assert bounds == [[p.accuracy.low, p.accuracy.high] for p in comparison.points if p.recipe == "bag"]
    assert np.isnan(vectors.get_ydata()).tolist() == [True, False, True]
    assert axes.get_xlabel().replace("\n", " ").endswith("missing: conv + vectors with 20, conv + vectors with 2,000")
    styles = [(line.get_color(), line.get_linestyle(), line.get_marker()) for line in axes.lines]
    assert {styles[0][0], styles[1][0]} == {BASELINE_COLOUR}
    assert len(set(styles)) == 4
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["majority class", "bag", "conv", "conv + vectors"]
    beside = {text.get_text() for text in comparison.plot().texts}
    assert beside == {"majority class 50.0 %", "bag 76.5 %", "conv 78.5 %", "conv + vectors (to 200)"}


def test_one_number_of_labels_is_drawn_as_sorted_intervals():
    comparison = compared(labels=[200], missing={("conv", 200)})
    axes = comparison.plot()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["conv + vectors", "bag", "majority class", "conv"]
    drawn = [line for line in axes.lines if line.get_marker() != "None"]
    scores = {point.recipe: point.accuracy for point in comparison.points}
    order = ("conv + vectors", "bag", "majority class")
    assert [line.get_xdata()[0] for line in drawn] == [scores[name].value for name in order]
    bars = [line.get_xdata() for line in axes.lines if len(set(line.get_ydata())) == 1 and len(line.get_xdata()) == 2]
    assert [tuple(bar) for bar in bars] == [(scores[name].low, scores[name].high) for name in order]
    assert "missing" in [text.get_text() for text in axes.texts]
    assert axes.get_title() == "comparison, 200 labels: mean of 5 runs, 95 % interval"


def test_twenty_recipes_differ_in_more_than_colour():
    axes = compared([f"recipe {at}" for at in range(20)]).plot()
    axes.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert all(below.y1 <= above.y0 for below, above in pairwise(sorted(boxes, key=lambda box: box.y0)))
    assert max(box.y1 for box in boxes) < axes.title.get_window_extent().y1
    lines = [line for line in axes.lines if len(line.get_xdata()) == 3 and line.get_marker() != "None"]
    assert len({(line.get_color(), line.get_marker(), str(line.get_linestyle())) for line in lines}) == 20
    assert len({(line.get_marker(), str(line.get_linestyle())) for line in lines}) >= 18


def test_several_targets_are_drawn_below_each_other():
    several = forecast("sales", "$x$")
    first = several.plot()
    assert [axes.get_title(loc="left") for axes in first.figure.axes] == ["sales", "$x$"]
    assert first is first.figure.axes[0]
    axes = several.plot(ax=pyplot.subplots(figsize=(3, 2))[1], target="$x$")
    assert axes.get_title() == "$x$"
    assert axes.lines[0].get_ydata().tolist() == np.arange(30.0).tolist()


# Names


@pytest.mark.parametrize("known", [True, False])
def test_strange_names_are_drawn_and_nothing_warns(monkeypatch, known):
    if not known:
        monkeypatch.setattr(fonts, "WIDE_FONTS", ())
    _, axes = pyplot.subplots(1, 4, figsize=(12, 4))
    mm.plot_confusion(named([name for name in STRANGE if name]), axes[0])
    compared(STRANGE, missing={(STRANGE[0], 20)}).plot(ax=axes[1])
    compared(STRANGE, [200], {(STRANGE[1], 200)}).plot(ax=axes[2])
    forecast(STRANGE[0]).plot(ax=axes[3])
    axes[0].figure.draw_without_rendering()
    names = [label.get_text() for label in axes[0].get_yticklabels()]
    assert names[5:8] == ["class 6" if not known else names[5], "$a_b$", "_x"]
    assert len(axes[1].get_legend().get_texts()) == len(STRANGE) + 1


def test_a_font_that_was_installed_later_is_found(monkeypatch):
    if drawn_names(["한"]).names != ("한",):
        pytest.skip("no font with Hangul is installed")
    kept = [entry for entry in font_manager.fontManager.ttflist if entry.name not in fonts.WIDE_FONTS]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", kept)
    fonts._add_new_fonts.cache_clear()
    assert drawn_names(["한"]).names == ("한",)


def test_long_names_stay_distinct():
    assert drawn_names(["card_payment_fee", "card_payment_time"]).names == ("card_p...t_fee", "card_p..._time")
    assert drawn_names(["card_payment_fee", "other"]).names == ("card_paymen...", "other")
    assert wrapped("긴 한국어 이름", points=60, size=10) == "긴 한국어\n이름"


# The look

VISION = {
    "normal": np.eye(3),
    # Machado, Oliveira & Fernandes 2009, A physiologically-based model for simulation of color vision deficiency,
    # severity 1.
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)


def linear(colour):
    shares = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def lab(colour, vision):
    seen = np.clip(np.asarray(VISION[vision]) @ linear(colour), 0, 1)
    x, y, z = np.cbrt(np.maximum(TO_XYZ @ seen / TO_XYZ.sum(axis=1), 1e-9))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_colours_are_distinct_in_every_kind_of_colour_vision(vision):
    for one, other in combinations(PALETTE, 2):
        assert np.linalg.norm(lab(one, vision) - lab(other, vision)) > 20, (one, other)
    for colour in PALETTE:
        assert np.linalg.norm(lab(colour, vision) - lab(BASELINE_COLOUR, vision)) > 16, colour
    assert np.linalg.norm(lab(TRAINING_COLOUR, vision) - lab(VALIDATION_COLOUR, vision)) > 50


def test_colours_stand_out_from_white_and_from_black():
    for colour in (*PALETTE, BASELINE_COLOUR):
        luminance = TO_XYZ[1] @ linear(colour)
        assert 1.05 / (luminance + 0.05) >= 3, colour
        assert (luminance + 0.05) / 0.05 >= 3, colour
