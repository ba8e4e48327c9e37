"""`malmoi learning-curve`: table, picture and JSON; every mistake of the user is one line and status 2."""

import json

import pytest

import malmoi as mm
from malmoi.cli.commands import run
from messages import without_reading

pytest.importorskip("matplotlib")
LINES = [f"{word} film {number},{label}" for number in range(12) for word, label in (("good", "pos"), ("bad", "neg"))]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A table of labelled texts, a test set, unlabelled texts, and a recipe, in the folder of the run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("\n".join(["text,label", *LINES]) + "\n")
    (tmp_path / "test.csv").write_text("text,label\ngood play,pos\nbad play,neg\n")
    (tmp_path / "more.txt").write_text("a good one\nBAD  play\n")
    mm.Recipe("bag", {"C": 1.0}).write(tmp_path / "weak.json")
    return tmp_path


def mistake(capsys, *arguments):
    """Run the command, which must fail with exit status 2; returns its one line."""
    capsys.readouterr()
    assert run(["learning-curve", *arguments]) == 2
    printed = capsys.readouterr()
    lines = without_reading(printed.err)
    assert printed.out == ""
    assert len(lines) == 1, lines
    return lines[0]


def test_recipes_are_compared_on_a_test_set(files, capsys):
    options = ["--recipes", "bag, weak.json", "--labels", "4,all", "--repeats", "2,1", "--test", "test.csv"]
    outputs = ["-o", "curve.png", "--json", "curve.json"]
    assert run(["learning-curve", "data.csv", *options, *outputs, "--seed", "3", "--balanced"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "labels recipe accuracy (%) sd 95 % interval repeats vs. bag (points) seconds"
    assert [line.split()[:2] for line in lines[1:3]] == [["4", "bag"], ["4", "weak"]]
    assert lines[3].startswith("24 (all) bag 100.0 1 ")
    assert "picture curve.png" in lines
    assert (files / "curve.png").read_bytes().startswith(b"\x89PNG")
    saved = json.loads((files / "curve.json").read_text())
    recipes = {"bag": "bag", "weak": mm.Recipe.read("weak.json")}
    data, test = mm.read_corpus("data.csv"), mm.read_corpus("test.csv")
    again = mm.learning_curve(recipes, data, [4, "all"], test=test, repeats=[2, 1], seed=3, balanced=True).to_json()
    without = [[{**point, "seconds": None} for point in curve["points"]] for curve in (saved, again)]
    assert without[0] == without[1]
    line = mistake(capsys, "data.csv", *options, *outputs)
    assert "curve.png exists; use --force" in line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--recipes", "bag,bag"], "--recipes must have different names, got 'bag' twice; remove one"),
        (["--recipes", "weak.json,weak.json"], "--recipes must have different names, got 'weak' twice; rename a file"),
        (["--recipes", "no.json"], "no.json cannot be read: No such file or directory"),
        (["--recipes", "bagg"], "--recipes must be one of auto, bag, "),
        (["--recipes", "bag", "--labels", "4,some"], "--labels must be numbers or all, comma-separated, got 'some'"),
        (["--recipes", "bag", "--labels", "400"], "--labels must be at most 19 (the labelled texts that are not held"),
        (
            ["--recipes", "bag", "--repeats", "x"],
            "--repeats must be a number, or one for each of --labels, comma-separated",
        ),
        (["--recipes", "bag", "--repeats", "0", "--labels", "4"], "--repeats must be 1 or more, got 0"),
        (["--recipes", "bag", "--test", "test.csv", "--validation", "4"], "--validation has no effect with --test"),
        (["--recipes", "bag", "--validation", "30"], "--validation must leave 2 of the 24 texts or more"),
        (
            ["--recipes", "bag", "--unlabelled", "more.txt"],
            "--unlabelled must be empty for recipes that do not use unlabelled texts",
        ),
        (["--recipes", "bag", "-o", "c.txt"], "--output must end in .png, .svg, .pdf, got c.txt"),
        (
            ["--recipes", "bag", "-o", "c.png", "--json", "c.png"],
            "--json must be another file than --output, got c.png",
        ),
        (["--recipes", "bag", "--json", "data.csv"], "--json must be another file than the other files of the command"),
        (["--recipes", "bag", "--force"], "--force has no effect without --output or --json; leave it out"),
    ],
)
def test_mistakes_are_one_line(files, capsys, options, message):
    assert message in mistake(capsys, "data.csv", *options)
    assert not (files / "c.png").exists()


def test_unlabelled_texts_are_read_without_labels(files, monkeypatch):
    given = []

    def noted(recipes, data, labels, *, test, unlabelled, **options):
        given.append((data.texts, test.labels.tolist(), unlabelled))
        return mm.learning_curve(recipes, data, labels, test=test, **options)

    monkeypatch.setattr("malmoi.cli.learning_curve.learning_curve", noted)
    options = ["--recipes", "bag", "--labels", "4", "--repeats", "1", "--label-column", "label", "--test", "test.csv"]
    assert run(["learning-curve", "data.csv", *options, "--unlabelled", "more.txt", "--unlabelled", "test.csv"]) == 0
    texts = ["a good one", "BAD  play", "good play", "bad play"]
    assert given == [(mm.read_corpus("data.csv").texts, ["pos", "neg"], texts)]


def test_ctrl_c_writes_nothing(files, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("malmoi.cli.learning_curve.learning_curve", interrupted)
    line = mistake(capsys, "data.csv", "--recipes", "bag", "-o", "c.png")
    assert line == "malmoi: interrupted; nothing was written"
    assert not (files / "c.png").exists()
