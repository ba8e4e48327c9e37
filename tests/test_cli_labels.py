"""Labels on the command line: several a text, spellings, ids; the models that are trained, measured and continued."""

import json

import polars as pl
import pytest

import malmoi as mm
from malmoi.cli.commands import run

WORDS = {"red": "warm", "green": "cold", "blue": "cold"}
ROWS = [(f"{word} thing {place}", [word, WORDS[word]]) for place in range(10) for word in WORDS]


def write(path, rows):
    path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
    return str(path)


@pytest.fixture
def data(tmp_path):
    return write(tmp_path / "several.jsonl", ROWS)


@pytest.fixture
def model(data, tmp_path):
    path = str(tmp_path / "m.malmoi")
    assert run(["train", data, "-o", path, "--recipe", "bag", "--validation", "9"]) == 0
    return path


def table(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_several_labels_are_trained_measured_and_continued(data, tmp_path, capsys):
    model = str(tmp_path / "m.malmoi")
    assert run(["train", data, "-o", model, "--recipe", "bag", "--validation", "9"]) == 0
    printed = capsys.readouterr()
    lines = table(printed.out)
    assert "classes blue, cold, green, red, warm" in lines
    assert "training exact match 100.0%" in lines
    assert any(line.startswith("validation exact match 100.0%") for line in lines)
    assert any(line.startswith("most frequent labels") and "' and '" in line for line in lines)
    assert "exact match 100.0%" in printed.err
    assert (tmp_path / "m.png").exists()
    assert run(["evaluate", model, data]) == 0
    lines = table(capsys.readouterr().out)
    assert "exact match 100.0% (95 % interval 88.6% to 100.0%)" in lines
    assert "baseline, exact match ('red' and 'warm') 33.3%" in lines
    more = write(tmp_path / "more.jsonl", [("yellow sun", ["warm", "yellow"]), ("grey", [])])
    assert run(["train", "--continue", model, more, "--force"]) == 0
    lines = table(capsys.readouterr().out)
    assert any(line.startswith("exact match before") for line in lines)
    assert "new classes yellow" in lines
    assert isinstance(mm.load(model).predict(["yellow"])[0], tuple)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_mistakes_hold_lists_of_labels(model, tmp_path, suffix):
    path = tmp_path / f"wrong.{suffix}"
    data = write(
        tmp_path / "data.jsonl", [("red thing", ["warm"]), ("green thing", []), ("blue thing", ["blue", "cold"])]
    )
    assert run(["evaluate", model, data, "--mistakes", str(path), "--format", "csv", "--force"]) == 0
    read = {"csv": pl.read_csv, "jsonl": pl.read_ndjson, "parquet": pl.read_parquet}[suffix](path)
    rows = sorted(read.select("text", "label", "prediction").rows())
    assert [text for text, _, _ in rows] == ["green thing", "red thing"]
    if suffix == "csv":
        assert [labels[1:] for labels in rows] == [("", "cold|green"), ("warm", "red|warm")]
    else:
        assert [labels[1:] for labels in rows] == [([], ["cold", "green"]), (["warm"], ["red", "warm"])]


def test_a_model_of_one_label_refuses_lists(model, data, tmp_path, capsys):
    (tmp_path / "one.csv").write_text("text,label\n" + "".join(f"red {n},warm\nblue {n},cold\n" for n in range(20)))
    one = str(tmp_path / "one.malmoi")
    assert run(["train", str(tmp_path / "one.csv"), "-o", one, "--recipe", "bag"]) == 0
    capsys.readouterr()
    assert run(["evaluate", one, data]) == 2
    assert "data must have one label for each text, got several" in capsys.readouterr().err
    assert run(["evaluate", model, str(tmp_path / "one.csv")]) == 2
    assert "labels must be a list of labels per text, or rows of zeros and ones, got one label" in (
        capsys.readouterr().err
    )
    assert run(["train", data, "-o", one, "--force", "--labels", "9", "--balanced"]) == 2
    assert "balanced must be False for several labels per text" in capsys.readouterr().err


def test_spellings_of_labels_are_said_by_train_and_evaluate(tmp_path, capsys):
    data, model = tmp_path / "t.csv", str(tmp_path / "m.malmoi")
    data.write_text(
        "text,label\n"
        + "".join(f"good {n}, pos\nbad {n},neg\n" for n in range(20))
        + "".join(f"fine {n},Pos\nfaint {n},nan\n" for n in range(3))
    )
    assert run(["train", str(data), "-o", model, "--recipe", "bag"]) == 0
    told = capsys.readouterr().err
    assert 'labels that may be the same: "pos" (20 texts) and "Pos" (3 texts) differ only in case' in told
    assert 'labels that may mean a missing label: "nan" (3 texts)' in told
    data.write_text("text,label\ngood,POS\nbad,neg\n")
    assert run(["evaluate", model, str(data)]) == 0
    assert '"POS" (1 text) and "Pos" (0 texts) and "pos" (0 texts) differ only in case' in capsys.readouterr().err


def test_numbers_and_truth_values_of_a_table_are_those_of_the_model(tmp_path, capsys):
    data, model = tmp_path / "t.csv", str(tmp_path / "m.malmoi")
    data.write_text("text,label\n" + "".join(f"good {n},1.0\nbad {n},0\n" for n in range(20)))
    assert run(["train", str(data), "-o", model, "--recipe", "bag"]) == 0
    assert mm.load(model).classes_.tolist() == [0, 1]
    assert run(["evaluate", model, str(data)]) == 0
    data.write_text("text,label\n" + "".join(f"good {n},True\nbad {n},false\n" for n in range(20)))
    assert run(["train", str(data), "-o", model, "--recipe", "bag", "--force"]) == 0
    assert mm.load(model).classes_.tolist() == [False, True]
    capsys.readouterr()


def test_a_column_of_ids_is_questioned(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("text,label\n" + "".join(f"text,id{n}\n" for n in range(10)))
    assert run(["train", str(tmp_path / "t.csv"), "-o", str(tmp_path / "m.malmoi")]) == 2
    assert "all texts have different labels" in capsys.readouterr().err
