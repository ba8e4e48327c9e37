"""Old public names: each gives what the new one gives, with a warning, for one release."""

import numpy as np
import pytest

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.evaluation.findings import FindingKind, Severity
from malmoi.experiments.recipe import Recipe
from malmoi.models.history import EpochRow
from malmoi.wordvectors.evaluation import AnalogyScore

TEXTS = ["good film", "bad film", "good play", "bad play"] * 4
LABELS = ["pos", "neg"] * 8
CORPUS = mm.Corpus(TEXTS, LABELS)
MODEL = mm.BagClassifier(tokens=mm.Words(), ngrams=(1, 1)).fit(TEXTS, LABELS)
ANALOGIES = AnalogyScore((("one", 2, 3),), 4, 100, ())


def deprecated(old, new):
    text = rf"{old} is deprecated and will be removed in the next release; use {new}$"
    return pytest.warns(FutureWarning, match=text)


@pytest.mark.parametrize(
    ("instance", "old", "new"),
    [
        (MODEL, "telling_", "top_ngrams_"),
        (EpochRow(0.5, 0.5), "watched", "monitored_loss"),
        (mm.History([EpochRow(0.5, 0.5)]), "figure", "metric"),
        (ANALOGIES, "right", "correct"),
        (ANALOGIES, "among", "candidates"),
        (CORPUS, "known_labels", "required_labels"),
        (CORPUS, "known_codes", "required_codes"),
        (mm.evaluate(MODEL, CORPUS), "right", "correct"),
        (mm.run(Recipe("bag"), CORPUS), "measured", "validation_model"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_an_old_attribute_gives_the_new_one(instance, old, new):
    with deprecated(f"{type(instance).__name__}.{old}", new):
        found = getattr(instance, old)
    assert found is not None
    np.testing.assert_equal(found, getattr(instance, new))


@pytest.mark.parametrize(
    ("instance", "old", "new", "arguments"),
    [
        (MODEL.explain("good film"), "strongest", "top_features", ()),
        (mm.Finding(FindingKind("a", "b", "c", "do it"), Severity.note), "cure", "recommendation", ()),
        (mm.HashedBagVectorizer(), "place", "bucket", ("good",)),
    ],
    ids=["Explanation", "Finding", "HashedBagVectorizer"],
)
def test_an_old_method_does_what_the_new_one_does(instance, old, new, arguments):
    with deprecated(f"{type(instance).__name__}.{old}", new):
        found = getattr(instance, old)(*arguments)
    assert found
    assert found == getattr(instance, new)(*arguments)


def test_a_vocabulary_is_set_under_the_old_name():
    vocabulary = mm.SequenceVectorizer(tokens=mm.Words()).fit(["good film"]).vocabulary_
    vectorizer = mm.SequenceVectorizer(tokens=mm.Words())
    with deprecated("SequenceVectorizer.take_vocabulary", "set_vocabulary"):
        vectorizer.take_vocabulary(vocabulary)
    assert vectorizer.vocabulary_ is vocabulary


def test_old_arguments_are_the_new_ones(tmp_path):
    with deprecated("the argument numbers of fit", "targets"):
        old = mm.BagRegressor().fit(TEXTS, numbers=[1.0, 0.0] * 8)
    assert old.predict(TEXTS).tolist() == mm.BagRegressor().fit(TEXTS, [1.0, 0.0] * 8).predict(TEXTS).tolist()
    with deprecated("the argument draws of learning_curve", "repeats"):
        curve = mm.learning_curve(["bag"], CORPUS, [4], draws=2)
    assert len(curve.points[0].accuracies) == 2
    path = tmp_path / "reviews.csv"
    path.write_text("text,label\ngood,pos\nbad,neg\n")
    with deprecated("the argument inflate_limit_gb of read_corpus", "decompression_limit_gb"):
        assert mm.read_corpus(path, inflate_limit_gb=2.0).texts == ["good", "bad"]
    vectors = mm.WordVectors.from_arrays(["a", "b", "c", "d"], np.eye(4, dtype=np.float32))
    (tmp_path / "analogies.txt").write_text(": one\na b c d\n")
    with deprecated("the argument among of evaluate_vectors", "candidates"):
        assert mm.evaluate_vectors(vectors, tmp_path / "analogies.txt", among=3).candidates >= 3


def test_a_history_is_drawn_with_the_old_argument():
    pytest.importorskip("matplotlib")
    from matplotlib import pyplot

    with deprecated("the argument measure of plot", "metric"):
        axes = mm.History([EpochRow(0.5, 0.5), EpochRow(0.4, 0.6)]).plot(measure="loss")
    assert len(axes.figure.axes) == 1
    pyplot.close(axes.figure)


def test_both_names_of_an_argument_are_refused():
    with deprecated("the argument draws of learning_curve", "repeats"), pytest.raises(TypeError, match="got both"):
        mm.learning_curve(["bag"], CORPUS, [4], draws=2, repeats=2)


def test_old_options_are_the_new_ones(tmp_path, capsys):
    path = tmp_path / "reviews.csv"
    path.write_text("text,label\n" + "".join(f"{text} {at},{LABELS[at]}\n" for at, text in enumerate(TEXTS)))
    arguments = ["learning-curve", str(path), "--recipes", "bag", "--labels", "4"]
    assert run([*arguments, "--draws=2", "--inflate-limit-gb", "2"]) == 0
    old = capsys.readouterr()
    assert run([*arguments, "--repeats", "2", "--decompression-limit-gb", "2"]) == 0
    new = capsys.readouterr()
    for name, other in {"--draws": "--repeats", "--inflate-limit-gb": "--decompression-limit-gb"}.items():
        assert f"malmoi: {name} is deprecated and will be removed in the next release; use {other}" in old.err
    assert "deprecated" not in new.err
    assert [line.rsplit(None, 1)[0] for line in old.out.splitlines()[:2]] == [
        line.rsplit(None, 1)[0] for line in new.out.splitlines()[:2]
    ]


def test_an_option_that_a_command_never_had_is_unknown(tmp_path, capsys):
    assert run(["check", str(tmp_path), "--draws", "2"]) == 2
    assert "deprecated" not in capsys.readouterr().err


def test_a_text_after_two_hyphens_is_no_option(tmp_path, capsys):
    path = tmp_path / "reviews.malmoi"
    MODEL.save(path)
    capsys.readouterr()
    assert run(["explain", str(path), "--", "--draws"]) == 0
    assert "deprecated" not in capsys.readouterr().err
