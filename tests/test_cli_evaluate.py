"""`malmoi evaluate`: tables, JSON, CSV, the file of mistakes; every mistake of the user is one line and status 2."""

import csv
import io
import json

import numpy as np
import polars as pl
import pytest

import fixed_model as fixed
import malmoi as mm
from malmoi.cli.commands import COMMANDS, run
from malmoi.persistence import KINDS, save
from messages import without_reading

ROWS = {"good": 0.9, "fine": 0.8, "odd, really": 0.6, "dull": 0.3, "bad": 0.1}
TABLE = "text,label\n" + "".join(f'"{text}",{"pos" if value > 0.7 else "neg"}\n' for text, value in ROWS.items())


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(KINDS, fixed.KIND, fixed.REGISTERED)


@pytest.fixture
def files(tmp_path):
    """A saved model and a table on which it is wrong once."""
    (tmp_path / "t.csv").write_text(TABLE)
    return [str(save(fixed.binary(ROWS), tmp_path / "m.malmoi")), str(tmp_path / "t.csv")]


def evaluated(capsys, *arguments):
    """Run the command; returns what it printed."""
    capsys.readouterr()
    assert run(["evaluate", *map(str, arguments)]) == 0
    return capsys.readouterr()


def mistake(capsys, *arguments):
    """Run the command, which must fail with exit status 2; returns its one line."""
    capsys.readouterr()
    assert run(["evaluate", *map(str, arguments)]) == 2
    printed = capsys.readouterr()
    lines = without_reading(printed.err)
    assert printed.out == ""
    assert len(lines) == 1, lines
    assert lines[0].startswith("malmoi: ")
    return lines[0]


def test_the_command_stands_between_explain_and_report():
    names = list(COMMANDS)
    assert names[names.index("evaluate") - 1 : names.index("evaluate") + 2] == ["explain", "evaluate", "report"]


def test_findings_are_printed_in_korean(files, capsys):
    assert "경고: 정확도 80.0%" in evaluated(capsys, *files, "--language", "ko").err
    assert "--language must be en or ko, got 'fr'" in mistake(capsys, *files, "--language", "fr")


def test_a_table_has_scores_classes_and_confusion(files, capsys):
    printed = evaluated(capsys, *files)
    lines = [" ".join(line.split()) for line in printed.out.splitlines()]
    assert "accuracy 80.0% (95 % interval 37.6% to 96.4%)" in lines
    assert "majority-class baseline ('neg') 60.0%" in lines
    assert "mistakes 1" in lines
    assert "neg 100.0% 66.7% 80.0% 3" in lines
    confusion = lines.index("Confusion matrix (rows: true class, columns: predicted class)")
    assert lines[confusion + 1 :] == ["true class neg pos", "neg 2 1", "pos 0 2"]
    assert [line.rpartition("[")[2] for line in without_reading(printed.err) if line[0] != " "] == [
        "majority-class]",
        "small-validation]",
        "undecided-baseline]",
        "rare-class]",
    ]
    assert len(max(printed.out.splitlines(), key=len)) < 100


def test_json_and_csv_hold_the_same_numbers(files, tmp_path, capsys):
    saved = json.loads(evaluated(capsys, *files, "--format", "json").out)
    corpus = mm.read_corpus(files[1])
    assert saved == mm.evaluate(fixed.binary(ROWS), corpus).to_json()
    rows = list(csv.DictReader(io.StringIO(evaluated(capsys, *files, "--format", "csv").out)))
    assert list(rows[0]) == ["score", "label", "prediction", "value", "low", "high", "samples"]
    by_name = {(row["score"], row["label"], row["prediction"]): row for row in rows}
    assert float(by_name["accuracy", "", ""]["low"]) == saved["scores"]["accuracy"]["low"]
    assert by_name["confusion", "neg", "pos"]["value"] == "1"
    assert ("confusion", "pos", "neg") not in by_name
    assert float(by_name["recall", "neg", ""]["value"]) == pytest.approx(2 / 3)
    assert float(by_name["majority_class", "neg", ""]["value"]) == 0.6


@pytest.mark.parametrize(("name", "kind"), [("s.json", "json"), ("s.csv", "csv"), ("s.txt", "table"), ("s", "table")])
def test_an_output_file_is_of_the_format_that_its_suffix_tells(files, tmp_path, capsys, name, kind):
    expected = evaluated(capsys, *files, "--format", kind).out
    output = tmp_path / name
    assert evaluated(capsys, *files, "-o", output).out == ""
    assert output.read_text() == expected
    line = mistake(capsys, *files, "-o", output)
    assert f"{name} exists; use --force" in line
    evaluated(capsys, *files, "-o", output, "--format", "json", "--force")
    assert json.loads(output.read_text())["samples"] == 5


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_mistakes_say_where_they_stand(files, tmp_path, capsys, suffix):
    output = tmp_path / f"wrong.{suffix}"
    with open(files[1], "a", encoding="utf-8") as table:
        table.write('"a text\nof two lines",pos\nbad,pos\n')
    evaluated(capsys, *files, "--mistakes", output)
    read = {"csv": pl.read_csv, "jsonl": pl.read_ndjson, "parquet": pl.read_parquet}[suffix](output)
    assert read.columns == ["place", "text", "label", "prediction", "confidence"]
    assert read.rows() == [
        (f"{files[1]}:7", "a text\nof two lines", "pos", "neg", 1.0),
        (f"{files[1]}:9", "bad", "pos", "neg", 0.9),
        (f"{files[1]}:4", "odd, really", "neg", "pos", 0.6),
    ]


def test_no_mistakes_make_an_empty_file(files, tmp_path, capsys):
    (tmp_path / "t.csv").write_text("text,label\ngood,pos\nbad,neg\n")
    evaluated(capsys, *files, "--mistakes", tmp_path / "wrong.csv")
    assert (tmp_path / "wrong.csv").read_text() == "place,text,label,prediction,confidence\n"


def test_folders_other_columns_and_encodings(tmp_path, files, capsys):
    for text, label in (("good", "pos"), ("bad", "neg"), ("odd, really", "neg")):
        (tmp_path / "data" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / label / f"{text}.txt").write_text(text)
    output = tmp_path / "wrong.csv"
    assert "66.7%" in evaluated(capsys, files[0], tmp_path / "data", "--mistakes", output).out
    assert output.read_text().splitlines()[1].startswith(f'"{tmp_path}/data/neg/odd, really.txt"')
    (tmp_path / "k.csv").write_bytes("문장,정답\ngood,긍정\nbad,neg\n".encode("cp949"))
    columns = ["--text-column", "문장", "--label-column", "정답", "--encoding", "cp949"]
    printed = evaluated(capsys, files[0], tmp_path / "k.csv", *columns)
    assert without_reading(printed.err)[0] == (
        "note: 1 of 2 texts have labels that the model does not have ('긍정'); they count as wrong"
    )


def test_whole_numbers_of_a_table_are_the_models_text(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("text,label\ngood,1\nbad,0\n")
    for number, classes in enumerate((("0", "1"), (0, 1))):
        path = save(fixed.binary(ROWS, classes), tmp_path / f"{number}.malmoi")
        assert "accuracy" in evaluated(capsys, path, tmp_path / "t.csv").out
        assert json.loads(evaluated(capsys, path, tmp_path / "t.csv", "--format", "json").out)["unknown_labels"] == []


def test_many_classes_print_the_most_frequent_confusions(tmp_path, capsys):
    labels = [f"class \x1b[31m{number:02}" for number in range(21)]
    texts = [f"text {number:02}" for number in range(21)]
    rows = {text: np.eye(21)[place].tolist() for place, text in enumerate(texts)}
    rows["text 00"] = rows["text 01"]
    path = save(fixed.multiclass(rows, labels), tmp_path / "m.malmoi")
    pl.DataFrame({"text": [*texts, "text 00"], "label": [*labels, labels[0]]}).write_parquet(tmp_path / "t.parquet")
    out = evaluated(capsys, path, tmp_path / "t.parquet").out
    assert "\x1b" not in out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    place = lines.index("Most frequent confusions")
    assert lines[place + 1 :] == ["true class predicted class texts", "class \\x1b[31m00 class \\x1b[31m01 2"]


def test_numbers_are_read_from_the_label_column(tmp_path, capsys):
    path = save(fixed.regression({"one": [1.5], "two": [2.0], "four": [5.0], "six": [6.0]}), tmp_path / "m.malmoi")
    table, output = tmp_path / "t.csv", tmp_path / "wrong.csv"
    table.write_text("text,label\none,1\ntwo,2.0\nfour,4e0\nsix,6\n")
    lines = [" ".join(line.split()) for line in evaluated(capsys, path, table, "--mistakes", output).out.splitlines()]
    assert lines[:2] == ["task regression", "samples 4"]
    assert any(line.startswith("mean absolute error 0.375 (95 % interval ") for line in lines)
    assert pl.read_csv(output).rows()[0] == (f"{table}:4", "four", 4.0, 5.0, 1.0)
    assert pl.read_csv(output).columns[-1] == "error"
    for wrong, shown in (("x", "'x'"), ("nan", "'nan'")):
        table.write_text(f"text,label\none,1\ntwo,{wrong}\n")
        line = mistake(capsys, path, table)
        assert f"{table}:3: label must be a finite number, because the model predicts numbers, got {shown}" in line


# Mistakes of the user


def test_what_the_user_gets_wrong_is_one_line(files, tmp_path, capsys):
    model, table = files
    assert "--format must be one of table, json, csv, got 'xml'" in mistake(capsys, *files, "--format", "xml")
    line = mistake(capsys, *files, "--mistakes", tmp_path / "w.txt")
    assert "--mistakes must end in .csv, .jsonl, .ndjson, .parquet, got 'w.txt'" in line
    both = tmp_path / "x.csv"
    assert "--mistakes must be another file than --output" in mistake(capsys, *files, "-o", both, "--mistakes", both)
    assert "no such file or folder" in mistake(capsys, tmp_path / "none.malmoi", table)
    assert "no such file or folder" in mistake(capsys, model, tmp_path / "none.csv")
    assert "no such folder" in mistake(capsys, *files, "-o", tmp_path / "none" / "x.json")
    assert "label_column must be a column of the file, got 'x'" in mistake(capsys, *files, "--label-column", "x")
    line = mistake(capsys, *files, "--label-column", "text", "--text-column", "text")
    assert "--label-column must differ from text_column, got 'text' for both" in line
    assert "klingon" in mistake(capsys, *files, "--encoding", "klingon")
    assert "label_column must be None for a folder" in mistake(capsys, model, tmp_path, "--label-column", "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.malmoi", "t.csv"]


def test_data_that_cannot_be_evaluated_is_one_line(files, tmp_path, capsys):
    model, other = files[0], tmp_path / "o.csv"
    other.write_text("text,label\na,x\nb,y\n")
    line = mistake(capsys, model, other)
    assert "labels must be classes of the model, ['neg', 'pos'], got only ['x', 'y']" in line
    other.write_text("text,label\n")
    assert f"{other}: data must have 1 labelled text or more, got 0" in mistake(capsys, model, other)
    other.write_text("text\na\n")
    assert "the label column must be called label, class" in mistake(capsys, model, other)
    (tmp_path / "o.txt").write_text("a\n")
    assert "labels must come from a table" in mistake(capsys, model, tmp_path / "o.txt")
    (tmp_path / "o.jsonl").write_text('{"text": "good", "label": "pos"}\n{"text": "bad", "label": 3}\n')
    line = mistake(capsys, model, tmp_path / "o.jsonl")
    assert f"{tmp_path / 'o.jsonl'}:2: label must be of the same type as 'pos', got 3" in line


def test_one_label_each_is_refused_for_a_model_of_several(tmp_path, files, capsys):
    path = save(fixed.multilabel({}), tmp_path / "s.malmoi")
    line = mistake(capsys, path, files[1])
    assert "labels must be a list of labels per text, or rows of zeros and ones, got one label each" in line


def test_models_of_series_are_refused(tmp_path, files, capsys):
    pytest.importorskip("keras")
    series = mm.SeriesClassifier(mm.Average(), epochs=1).fit(np.ones((4, 2)), ["a", "b"] * 2)
    line = mistake(capsys, series.save(tmp_path / "series.malmoi"), files[1])
    assert "malmoi evaluate needs a text model, got one of series" in line


def test_the_help_says_what_each_score_is(capsys):
    assert run(["evaluate", "--help"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for expected in (
        "balanced accuracy, macro F1: mean recall and mean F1",
        "calibration error: expected",
        "--mistakes",
    ):
        assert expected in printed
