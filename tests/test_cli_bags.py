"""Bags on the command line: `malmoi train` without a recipe, `--continue`, `--task regression`, reject, the demo."""

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest

import malmoi as mm
from malmoi.cli import demo as demo_module
from malmoi.cli.commands import run
from malmoi.persistence import load_fitted
from messages import without_reading

GOOD, BAD = ("good", "great", "fine", "lovely"), ("bad", "dull", "awful", "boring")
SIDES = ((GOOD, "pos"), (BAD, "neg"))
ROWS = [(f"{words[n % 4]} film number {n}", label) for n in range(30) for words, label in SIDES]


def write(path, rows, head=("text", "label")):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return path


@pytest.fixture
def reviews(tmp_path):
    return write(tmp_path / "reviews.csv", ROWS)


@pytest.fixture
def trained(reviews, tmp_path):
    output = tmp_path / "m.malmoi"
    assert run(["train", str(reviews), "-o", str(output), "--recipe", "bag"]) == 0
    return output


def spaced(text):
    return " ".join(text.split())


def mistake(capsys, *arguments):
    capsys.readouterr()
    assert run([str(argument) for argument in arguments]) == 2
    lines = without_reading(capsys.readouterr().err)
    assert len(lines) == 1, lines
    return lines[0]


def test_train_without_a_recipe_tries_some_and_fits_the_best_on_all_texts(reviews, tmp_path, capsys):
    output = tmp_path / "m.malmoi"
    assert run(["train", str(reviews), "-o", str(output)]) == 0
    printed = capsys.readouterr()
    out = spaced(printed.out)
    assert "recipe auto" in out
    assert out.count("tried bag of") == 3
    assert out.count("(kept)") == 1
    assert "saved model refitted on all 60 labelled texts after validation" in out
    assert 'is better than the majority-class baseline "neg" (50.0%)' in spaced(printed.err)
    assert output.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    model = mm.load(output, verify=True)
    assert isinstance(model, mm.BagClassifier)
    assert model.facts_.samples == 60
    assert run(["train", str(reviews), "-o", str(output), "--force", "--no-refit"]) == 0
    assert "saved model" not in spaced(capsys.readouterr().out)
    assert mm.load(output).facts_.samples == 48


def test_a_number_of_labels_is_kept_to(reviews, tmp_path, capsys):
    output = tmp_path / "m.malmoi"
    assert run(["train", str(reviews), "-o", str(output), "--labels", "20", "--validation", "30"]) == 0
    assert "saved model" not in capsys.readouterr().out
    assert mm.load(output).facts_.samples == 20


def test_the_same_data_gives_the_same_file(reviews, tmp_path):
    for name in ("a", "b"):
        assert run(["train", str(reviews), "-o", str(tmp_path / f"{name}.malmoi")]) == 0
    assert (tmp_path / "a.malmoi").read_bytes() == (tmp_path / "b.malmoi").read_bytes()


def test_options_of_networks_choose_a_network_and_those_of_bags_a_bag(reviews, tmp_path, capsys):
    pytest.importorskip("keras")
    fast = ["--epochs", "1", "--max-length", "3", "--max-tokens", "20", "--dimension", "2"]
    for options, recipe in ((fast, "flatten"), (["--C", "2", "--tokens", "words", "--ngrams", "1-2"], "bag")):
        assert run(["train", str(reviews), "-o", str(tmp_path / f"{recipe}.malmoi"), *options]) == 0
        assert f"recipe {recipe}" in spaced(capsys.readouterr().out)
    assert mm.load(tmp_path / "bag.malmoi").facts_.C == 2
    hashed = [*fast, "--recipe", "average", "--buckets", "50", "--ngrams", "1-2"]
    assert run(["train", str(reviews), "-o", str(tmp_path / "h.malmoi"), *hashed]) == 0
    assert mm.load(tmp_path / "h.malmoi").embedding == mm.Hashed(2, 50, (1, 2))


def test_several_kinds_of_token_on_the_command_line(reviews, tmp_path):
    options = ["--tokens", "words,characters-inside-words", "--ngrams", "1-2,2-4", "--recipe", "bag"]
    assert run(["train", str(reviews), "-o", str(tmp_path / "m.malmoi"), *options]) == 0
    model = mm.load(tmp_path / "m.malmoi")
    assert model.tokens == (mm.Words(), mm.Characters(inside_words=True))
    assert model.ngrams == ((1, 2), (2, 4))


def test_a_model_that_loses_to_the_bag_is_said_to_lose(tmp_path, capsys):
    pytest.importorskip("keras")
    rows = [(f"{'x ' * (n % 7)}{word}{' y' * (n % 5)}", label) for n in range(150) for word, label in ROWS[:2]]
    table = write(tmp_path / "t.csv", rows)
    options = ["--recipe", "flatten", "--epochs", "1", "--max-length", "2", "--max-tokens", "9", "--dimension", "1"]
    assert run(["train", str(table), "-o", str(tmp_path / "m.malmoi"), *options]) == 0
    assert "the model is worse than the bag [bag-baseline] > use --recipe bag or auto" in spaced(
        capsys.readouterr().err
    )


def test_continue_learns_new_texts_and_new_classes(trained, tmp_path, capsys):
    more = write(tmp_path / "more.csv", [("so so film", "mixed"), ("so so story", "mixed"), ("great film", "pos")] * 5)
    output = tmp_path / "n.malmoi"
    assert run(["train", "--continue", str(trained), str(more), "-o", str(output)]) == 0
    printed = spaced(capsys.readouterr().out)
    assert "new texts 15" in printed
    assert "accuracy before 33.3%" in printed
    assert "new classes mixed" in printed
    model = mm.load(output, verify=True)
    assert model.classes_.tolist() == ["mixed", "neg", "pos"]
    assert model.predict(["so so film", "dull film number 3", "great film number 5"]).tolist() == [
        "mixed",
        "neg",
        "pos",
    ]
    kept = trained.read_bytes()
    assert "exists; use --force" in mistake(capsys, "train", "--continue", trained, more)
    assert trained.read_bytes() == kept


def test_continue_refuses_what_has_no_effect_and_other_models(trained, reviews, tmp_path, capsys):
    base = ["train", "--continue", trained, reviews, "-o", tmp_path / "n.malmoi"]
    for option in (["--C", "3"], ["--validation", "5"], ["--recipe", "bag"], ["--series"], ["--language", "ko"]):
        assert f"{option[0]} has no effect with --continue" in mistake(capsys, *base, *option)
    numbers = write(tmp_path / "numbers.csv", [("a", 1), ("b", 2)])
    assert mm.load(trained).classes_.tolist() == ["neg", "pos"]
    assert run([str(part) for part in ["train", "--continue", trained, numbers, "-o", tmp_path / "k.malmoi"]]) == 0
    assert mm.load(tmp_path / "k.malmoi").classes_.tolist() == ["1", "2", "neg", "pos"]  # as the model's: text
    pytest.importorskip("keras")
    series = tmp_path / "s.csv"
    series.write_text("label,a,b\n" + "x,1,2\ny,2,1\n" * 5)
    assert run(["series", "train", str(series), "-o", str(tmp_path / "s.malmoi"), "--epochs", "1"]) == 0
    line = mistake(capsys, "train", "--continue", tmp_path / "s.malmoi", reviews, "-o", tmp_path / "n.malmoi")
    assert "--continue needs a bag model" in line


def test_numbers_are_predicted_where_the_task_is_regression(tmp_path, capsys):
    stars = [(text, 4.5 if label == "pos" else 1.5) for text, label in ROWS]
    table, output = write(tmp_path / "stars.csv", stars), tmp_path / "stars.malmoi"
    assert run(["train", str(table), "-o", str(output), "--task", "regression"]) == 0
    assert "60 with numbers" in capsys.readouterr().out
    assert output.with_suffix(".png").exists()
    assert isinstance(mm.load(output, verify=True), mm.BagRegressor)
    assert run(["predict", str(output), str(table)]) == 0
    found = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert abs(float(found[0]["number"]) - 4.5) < 0.5
    assert run(["predict", str(output), str(table), "--format", "jsonl", "--with-text"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert set(first) == {"text", "number"}
    assert run(["evaluate", str(output), str(table)]) == 0
    assert "mean absolute error" in capsys.readouterr().out
    assert "--labels has no effect on regression" in mistake(
        capsys, "train", table, "--task", "regression", "--labels", "3"
    )
    assert "--reject-below needs a model with one label per text" in mistake(
        capsys, "predict", output, table, "--reject-below", "0.5"
    )


def test_labels_that_are_numbers_are_asked_about(tmp_path, capsys):
    many = write(tmp_path / "many.csv", [(f"text {n}", n % 40) for n in range(200)])
    line = mistake(capsys, "train", many, "-o", tmp_path / "m.malmoi")
    assert "the labels are 40 distinct numbers: pass --task regression to predict numbers, or --task class" in line
    few = write(tmp_path / "few.csv", [(f"text{n % 3} {n}", n % 3) for n in range(60)])
    assert run(["train", str(few), "-o", str(tmp_path / "m.malmoi")]) == 0
    assert "note: the labels are 3 distinct numbers, used as classes" in capsys.readouterr().err
    assert run(["train", str(few), "-o", str(tmp_path / "m.malmoi"), "--force", "--task", "classification"]) == 0
    assert "distinct numbers" not in capsys.readouterr().err
    assert "--task must be classification or regression" in mistake(capsys, "train", few, "--task", "ranking")


def test_labels_that_are_not_probable_are_left_empty(trained, reviews, tmp_path, capsys):
    unsure = tmp_path / "unsure.malmoi"
    options = ["--recipe", "bag", "--C", "0.01", "--set", "calibration=none"]
    assert run(["train", str(reviews), "-o", str(unsure), *options]) == 0
    for least, expected in (("0", {"pos", "neg"}), ("0.99", {""})):
        capsys.readouterr()
        assert run(["predict", str(unsure), str(reviews), "--reject-below", least]) == 0
        assert {row["label"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))} == expected
    assert run(["evaluate", str(trained), str(reviews), "--reject-below", "0.6", "--format", "json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert 0 <= scores["kept_share"]["value"] <= 1
    assert "--reject-below must be from 0 to 1, got 2" in mistake(
        capsys, "predict", trained, reviews, "--reject-below", "2"
    )


def test_more_labels_than_texts_and_a_budget_of_nothing_are_refused(reviews, tmp_path, capsys):
    output = ["-o", tmp_path / "m.malmoi"]
    assert "must be at most 60 together" in mistake(capsys, "train", reviews, *output, "--labels", "100")
    line = mistake(capsys, "train", reviews, *output, "--budget-seconds", "0")
    assert "budget_seconds must be above 0, got 0" in line
    empty = write(tmp_path / "empty.csv", [(" ", "a"), ("", "b")] * 10)
    assert "texts must have an n-gram" in mistake(capsys, "train", empty, *output, "--validation", "0")


def test_what_a_budget_leaves_out_is_said(reviews, tmp_path, capsys):
    assert run(["train", str(reviews), "-o", str(tmp_path / "m.malmoi"), "--budget-seconds", "1e-9"]) == 0
    printed = capsys.readouterr()
    assert "skipped, time budget of 1e-09 seconds exceeded" in spaced(printed.out)
    assert "the selection is not reproducible" in spaced(printed.err)


def test_a_bag_predicts_without_heavy_libraries(trained):
    code = f"""
import sys, io
sys.stdin = io.TextIOWrapper(io.BytesIO(b"good film\\nbad film\\n"))
from malmoi.cli.commands import run
assert run(["predict", {str(trained)!r}]) == 0
import malmoi as mm
model = mm.load({str(trained)!r})
model.predict(["good"]), model.predict_proba(["good"]), model.explain("good film")
print(sorted({{"keras", "jax", "sklearn", "scipy", "polars"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_library_that_is_missing_is_named_and_left_out(reviews, tmp_path, capsys, monkeypatch):
    from malmoi.cli import train

    monkeypatch.setattr(train, "can_draw", lambda: False)
    assert run(["train", str(reviews), "-o", str(tmp_path / "m.malmoi")]) == 0
    assert "matplotlib is not installed; pip install 'malmoi[plots]'" in spaced(capsys.readouterr().out)
    assert not (tmp_path / "m.png").exists()
    monkeypatch.setattr(demo_module.importlib.util, "find_spec", lambda name: None)
    assert run(["demo", "--language", "ko", "--folder", str(tmp_path / "demo")]) == 0
    printed = spaced(capsys.readouterr().out)
    assert "left out: keras and jax not installed; pip install 'malmoi[networks]'" in printed
    assert "exact: the bias and all weights sum to the score" in printed
    model = load_fitted(tmp_path / "demo" / "reviews-ko.malmoi", verify=True)
    assert np.allclose(model.predict_proba(["정말 재미있어요"]).sum(), 1)
