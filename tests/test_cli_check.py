import json

import numpy as np
import polars as pl
import pytest

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.evaluation.checks.table import CHECKS, CODES

GOOD = ["a fine film about boats", "a lovely play with songs", "great actors and good pictures", "warm and funny story"]
BAD = ["a dull film about stones", "an awful play with noise", "poor actors and bad pictures", "cold and boring story"]


def table(path, rows):
    """Write a CSV of texts, labels and whatever other columns."""
    pl.DataFrame(rows).write_csv(path)
    return str(path)


@pytest.fixture
def data(tmp_path):
    texts = [f"{text} number {place}" for place in range(5) for text in (*GOOD, *BAD)]
    labels = (["pos"] * 4 + ["neg"] * 4) * 5
    return table(tmp_path / "data.csv", {"id": list(range(40)), "text": texts, "label": labels, "author": labels})


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "m.malmoi"
    mm.BagClassifier(C=4.0).fit([*GOOD, *BAD], ["pos"] * 4 + ["neg"] * 4).save(path)
    return str(path)


def found(capsys, *arguments):
    """The status, and the findings as JSON by code."""
    status = run(["check", *arguments, "--format", "json"])
    said = json.loads(capsys.readouterr().out)
    return status, {one["code"]: one for one in said["findings"]}, said


def test_findings_have_places_numbers_and_cures(tmp_path, capsys):
    rows = {"text": ["so good", "So  good", "so good", "bad", ""], "label": ["pos", "pos", "neg", "neg", "Neg"]}
    path = table(tmp_path / "d.csv", rows)
    status, codes, _ = found(capsys, path)
    assert status == 0
    assert codes["duplicates"]["values"] == {"count": 2, "share": 0.4}
    assert codes["duplicates"]["examples"][0] == {
        "place": f"{path}:3",
        "text": "'So  good'",
        "similarity": 1.0,
        "other": f"{path}:2",
    }
    assert codes["conflicting-labels"]["values"] == {"count": 3, "share": 0.6, "groups": 1}
    assert codes["conflicting-labels"]["examples"][0]["other"] == f"{path}:4"
    assert codes["empty-texts"]["examples"][0]["place"] == f"{path}:6"
    assert codes["similar-labels"]["cure"] == "use one spelling for each label"
    assert run(["check", path]) == 0
    printed = capsys.readouterr().out
    assert "warning: 1 text is empty [empty-texts]" in printed
    assert f"    {path}:3  'So  good'  (similarity: 1, other: {path}:2)" in printed
    assert "  > use one spelling for each label" in printed


def test_strict_ends_with_three_where_there_is_a_warning(tmp_path, capsys):
    path = table(tmp_path / "d.csv", {"text": ["a b", "c d", " "], "label": ["x", "y", "x"]})
    assert run(["check", path, "--strict"]) == 3
    assert run(["check", path, "--strict", "--ignore", "empty-texts,rare-class"]) == 0
    assert "ignored (--ignore): empty-texts, rare-class" in capsys.readouterr().out
    assert run(["check", path, "--ignore", "emptytexts"]) == 2
    assert (
        "ignore must contain codes of findings, got 'emptytexts'; did you mean 'empty-texts'?"
        in capsys.readouterr().err
    )


def test_findings_speak_korean(tmp_path, capsys):
    path = table(tmp_path / "d.csv", {"text": ["좋아요", "별로", " "], "label": ["긍정", "부정", "부정"]})
    assert run(["check", path, "--language", "ko"]) == 0
    printed = capsys.readouterr().out
    assert "경고: 텍스트 1개가 비어 있습니다 [empty-texts]" in printed
    assert "건너뜀: " in printed
    assert run(["check", path, "--language", "fr"]) == 2


def test_texts_without_labels_are_checked_and_the_other_checks_named(tmp_path, capsys):
    path = tmp_path / "lines.txt"
    path.write_text("one line\nanother line\none line\n")
    status, codes, said = found(capsys, str(path))
    assert status == 0
    assert codes["duplicates"]["values"]["count"] == 1
    skipped = {one["code"]: one["needs"] for one in said["skipped"]}
    assert skipped["imbalance"] == ["labels"]
    assert skipped["leak"] == ["validation"]
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("1.txt", "2.txt"):
        (folder / name).write_text("the same words")
    assert found(capsys, str(folder))[1]["duplicates"]["values"]["count"] == 1
    plain = table(tmp_path / "plain.csv", {"text": ["a b", "c d"], "stars": [1, 2]})
    assert "imbalance" in {one["code"] for one in found(capsys, plain)[2]["skipped"]}


def test_a_second_data_set_shows_leaks_and_groups(data, tmp_path, capsys):
    texts = ["a fine film about boats number 1", "A FINE, film about boats (number 2)!", "something else altogether"]
    test = table(tmp_path / "t.csv", {"text": texts, "label": ["pos", "pos", "neg"], "author": ["pos", "kim", "lee"]})
    _, codes, _ = found(capsys, data, "--against", test)
    assert codes["leak"]["values"]["count"] == 1
    assert codes["leak"]["examples"][0]["place"] == f"{test}:2"
    assert codes["near-leak"]["values"]["count"] == 1
    assert codes["near-leak"]["examples"][0]["place"] == f"{test}:3"


def test_a_model_is_measured_on_the_data_or_on_the_second_set(data, model, tmp_path, capsys):
    _, codes, said = found(capsys, data, "--against", model)
    assert codes["majority-class"]["values"]["samples"] == 40
    assert "majority-class" in said["ran"]
    test = table(tmp_path / "t.csv", {"text": [*GOOD, *BAD], "label": ["pos"] * 4 + ["neg"] * 4})
    _, codes, _ = found(capsys, data, "--against", model, "--against", test)
    assert codes["majority-class"]["values"]["samples"] == 8


def test_a_model_of_other_classes_or_of_series_is_refused(data, tmp_path, capsys):
    path = tmp_path / "other.malmoi"
    mm.BagClassifier(C=4.0).fit(["a b", "c d"] * 5, ["x", "y"] * 5).save(path)
    assert run(["check", data, "--against", str(path)]) == 2
    assert "labels must be classes of the model, ['x', 'y'], got only ['neg', 'pos']" in capsys.readouterr().err
    series = tmp_path / "s.malmoi"
    mm.MiniRocketClassifier().fit(np.random.default_rng(0).normal(size=(20, 12)), ["a", "b"] * 10).save(series)
    assert run(["check", data, "--against", str(series)]) == 2
    assert "--against must be a model of texts, got one of series" in capsys.readouterr().err
    assert run(["check", data, "--against", str(path), "--against", str(path)]) == 2
    assert "--against takes one model" in capsys.readouterr().err


def test_rows_that_cannot_be_used_are_a_finding(tmp_path, capsys):
    path = tmp_path / "d.csv"
    path.write_text("text,label\ngood one,pos\nbad one,\nbad two,neg\n")
    status, codes, _ = found(capsys, str(path))
    assert status == 0
    assert codes["unreadable-rows"]["values"] == {"count": 1}
    assert codes["unreadable-rows"]["examples"][0]["place"] == f"{path}:3"
    assert run(["check", str(path), "--on-error", "stop"]) == 2
    assert f"{path}:3: label must not be empty" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_fix_writes_the_data_without_duplicates_with_its_columns(suffix, tmp_path, capsys):
    texts = ["so good indeed", "SO good  indeed", "bad thing", "bad thing", ""]
    rows = {"id": [7, 8, 9, 10, 11], "text": texts, "label": ["pos", "pos", "neg", "pos", "neg"]}
    path, out = table(tmp_path / "d.csv", rows), tmp_path / f"out{suffix}"
    assert run(["check", path, "--fix", str(out)]) == 0
    told = "4 of 5 texts, without 1 duplicates and 0 near duplicates; to review: 0 suspected-label, 2 conflicting-label"
    assert told in capsys.readouterr().err
    read = {".csv": pl.read_csv, ".jsonl": pl.read_ndjson, ".parquet": pl.read_parquet}[suffix](out)
    assert read.columns == ["id", "text", "label", "review", "suggested_label", "suggested_probability"]
    assert [str(one) for one in read["id"].to_list()] == ["7", "9", "10", "11"]
    assert read["review"].to_list()[1:3] == ["conflicting-label", "conflicting-label"]
    assert run(["check", path, "--fix", str(out)]) == 2
    assert "exists; use --force" in capsys.readouterr().err
    assert run(["check", path, "--fix", str(out), "--force", "--ignore", "duplicates"]) == 0
    assert "5 of 5 texts" in capsys.readouterr().err


def test_fix_of_a_folder_has_texts_labels_and_places(tmp_path, capsys):
    for name in ("neg", "pos"):
        (tmp_path / "d" / name).mkdir(parents=True)
        for number in range(3):
            (tmp_path / "d" / name / f"{number}.txt").write_text(f"{name} text {number // 2}")
    out = tmp_path / "out.jsonl"
    assert run(["check", str(tmp_path / "d"), "--fix", str(out)]) == 0
    read = pl.read_ndjson(out)
    assert read["label"].to_list() == ["neg", "neg", "pos", "pos"]
    assert read["place"][0].endswith("d/neg/0.txt")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "DATA must be a file, a glob or a folder, got none"),
        (["DATA", "--fix", "x.xlsx"], "--fix must end in .csv, .jsonl, .parquet, got 'x.xlsx'"),
        (["DATA", "--format", "xml"], "--format must be one of table, json, got 'xml'"),
        (["DATA", "--seed", "-1"], "--seed must be 0 or more, got -1"),
        (["DATA", "--force"], "--force has no effect without --output or --fix"),
        (["DATA", "--fix", "o.csv", "-o", "o.csv"], "--fix must be another file than --output"),
        (["DATA", "--group-column", "nobody"], "group_column must be a column of the file, got 'nobody'"),
        (["nothing.csv"], "no such file or folder: nothing.csv"),
    ],
)
def test_wrong_options_are_refused(words, message, data, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["check", *[data if word == "DATA" else word for word in words]]) == 2
    assert message in capsys.readouterr().err


def test_all_checks_are_listed(capsys):
    assert run(["check", "--list"]) == 0
    printed = capsys.readouterr().out
    assert all(code in printed for code in CODES)
    assert len(CODES) == len(set(CODES))
    assert all(check.what and check.threshold and check.why and check.source for check in CHECKS)


def test_a_model_of_numbers_is_refused(data, tmp_path, capsys):
    path = tmp_path / "n.malmoi"
    model = mm.BagRegressor(C=4.0).fit(["a b", "c d"] * 5, [1.0, 2.5] * 5)
    model.save(path)
    assert run(["check", data, "--against", str(path)]) == 2
    assert "--against must be a model that predicts labels, got one of numbers" in capsys.readouterr().err
    with pytest.raises(TypeError, match="model must be a classifier, got a regression model"):
        mm.check(["a b"], model=model)
    assert run(["check", data, "--against", data, "--against", data]) == 2
    assert "--against must name different files" in capsys.readouterr().err


def test_the_same_data_on_both_sides_is_called_so(data, capsys):
    _, codes, _ = found(capsys, data, "--against", data)
    assert codes["leak"]["values"]["share"] == 1.0
    assert codes["leak"]["cure"].startswith("check that the data sets differ")


def test_fix_keeps_texts_of_the_same_words_in_another_order(tmp_path, capsys):
    long = "one of the best films that i have seen in many years because the story is told so well by all actors"
    rows = {
        "text": [
            "the food was good but the service was bad",
            "the food was bad but the service was good",
            "The food was good, but the service was bad!",
            long,
            long.replace("best", "finest"),
        ],
        "label": ["mixed"] * 3 + ["pos"] * 2,
    }
    out = tmp_path / "out.csv"
    assert run(["check", table(tmp_path / "d.csv", rows), "--fix", str(out)]) == 0
    read = pl.read_csv(out)
    assert read["text"].to_list() == [rows["text"][0], rows["text"][1], long]
    assert read["review"].to_list() == [None, "near-duplicate", None]


def test_escape_sequences_of_the_data_do_not_reach_the_terminal(tmp_path, capsys):
    escape, introducer = chr(27), chr(155)
    rows = {"text": [f"{escape}[31mred cafÃ© {introducer}", "so good"] * 10, "label": [f"{escape}[2Ja", "b"] * 10}
    assert run(["check", table(tmp_path / "d.csv", rows)]) == 0
    printed = capsys.readouterr().out
    assert escape not in printed
    assert introducer not in printed


def test_data_frames_are_checked():
    frame = pl.DataFrame({"text": ["so good", "so good", "bad"], "label": ["pos", "pos", "neg"]})
    for data in (frame, frame.to_pandas(), (frame, "label")):
        report = mm.check(data)
        assert "duplicates" in [one.code for one in report]
        assert "imbalance" in report.ran
    assert "imbalance" not in mm.check(frame.select("text")).ran
