"""What commands say of the files that they read, and what models keep of them."""

import json
import re

import pandas
import polars
import pytest

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.data.frames import text_columns_of, texts_of
from malmoi.data.series_tables import read_series
from malmoi.persistence import read_header

ROWS = [(word, f"the {word} film {number}") for number in range(20) for word in ("good", "bad")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table with a title, a body and a label, and a model that was trained on the body."""
    folder = tmp_path_factory.mktemp("reading")
    lines = [f"{number},Title {number % 3},{text},{label}" for number, (label, text) in enumerate(ROWS)]
    (folder / "reviews.csv").write_text("\n".join(["id,title,body,label", *lines]) + "\n")
    assert run(["train", str(folder / "reviews.csv"), "-o", str(folder / "m.malmoi"), "--recipe", "bag"]) == 0
    return folder


def test_columns_are_said_and_kept(folder, capsys):
    assert read_header(folder / "m.malmoi")["text_columns"] == ["body"]
    assert mm.load(folder / "m.malmoi").text_columns_ == ("body",)
    assert run(["info", str(folder / "m.malmoi")]) == 0
    assert re.search(r"text columns +body", capsys.readouterr().out)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet", ".json"])
def test_predict_reads_the_column_of_the_model_or_refuses(folder, tmp_path, capsys, suffix):
    frame = polars.DataFrame({"title": ["bad"], "text": ["bad"], "body": ["the good film"]})
    path = tmp_path / f"new{suffix}"
    for columns, status in ((["title", "text", "body"], 0), (["title", "text"], 2)):
        part = frame.select(columns)
        if suffix in (".csv", ".tsv"):
            part.write_csv(path, separator="," if suffix == ".csv" else "\t")
        elif suffix == ".parquet":
            part.write_parquet(path)
        else:
            path.write_text(json.dumps(part.to_dicts()) if suffix == ".json" else json.dumps(part.to_dicts()[0]))
        capsys.readouterr()
        assert run(["predict", str(folder / "m.malmoi"), str(path)]) == status
        said = capsys.readouterr()
        if status:
            rule = (
                "the file must have the column 'body', which the model was trained on, got the columns 'title', 'text'"
            )
            assert f"{rule}; name it with text_column (on the command line --text-column)" in said.err
            continue
        assert said.out.splitlines()[1].startswith("good,")
        assert f"read new{suffix}: " in said.err
        assert "; text column: body" in said.err
    assert run(["predict", str(folder / "m.malmoi"), str(path), "--text-column", "text"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("bad,")


def test_evaluate_and_continue_read_the_column_of_the_model(folder, tmp_path, capsys):
    (tmp_path / "more.csv").write_text("text,body,label\nbad,the good film,good\ngood,the bad film,bad\n")
    assert run(["evaluate", str(folder / "m.malmoi"), str(tmp_path / "more.csv"), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"]["accuracy"]["value"] == 1
    words = ["train", "--continue", str(folder / "m.malmoi"), str(tmp_path / "more.csv"), "-o"]
    assert run([*words, str(tmp_path / "n.malmoi")]) == 0
    assert read_header(tmp_path / "n.malmoi")["text_columns"] == ["body"]


def test_joined_columns_are_kept(folder, tmp_path, capsys):
    words = ["train", str(folder / "reviews.csv"), "--text-column", "title", "--text-column", "body", "--recipe", "bag"]
    assert run([*words, "-o", str(tmp_path / "m.malmoi")]) == 0
    assert "text columns: title + body; label column: label" in capsys.readouterr().err
    assert read_header(tmp_path / "m.malmoi")["text_columns"] == ["title", "body"]
    (tmp_path / "new.csv").write_text("body,title\nthe good film,Title 0\n")
    assert run(["predict", str(tmp_path / "m.malmoi"), str(tmp_path / "new.csv"), "--with-text"]) == 0
    assert '"Title 0\nthe good film",good,' in capsys.readouterr().out


def test_rows_are_skipped_counted_and_kept(folder, tmp_path, capsys):
    lines = (folder / "reviews.csv").read_text().splitlines()
    lines[5:5] = ["only,two"] * 12
    (tmp_path / "a.csv").write_text("\n".join(lines))
    words = ["train", str(tmp_path / "a.csv"), "--recipe", "bag", "-o", str(tmp_path / "m.malmoi")]
    assert run(words) == 2
    assert "a.csv:6: a row must have 4 fields, as the first line has, got 2" in capsys.readouterr().err
    rejects = tmp_path / "rejects.jsonl"
    assert run([*words, "--rejects", str(rejects)]) == 2
    assert "--rejects has no effect with --on-error stop; pass --on-error skip too" in capsys.readouterr().err
    assert not rejects.exists()
    assert run([*words, "--on-error", "skip", "--rejects", str(rejects)]) == 0
    said = capsys.readouterr().err
    assert f"warning: 12 rows were skipped and written to {rejects}" in said
    assert said.count("a row must have 4 fields") == 10
    assert "and 2 more" in said
    kept = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [row["row"] for row in kept] == ["only,two"] * 12
    assert kept[-1]["place"].endswith("a.csv:17")


def test_a_run_that_met_a_bad_row_is_resumed_without_it(folder, tmp_path, capsys):
    good = [f"{number},the good film {'x' * 200}" for number in range(12_000)]
    rows = ["id,body", *good, "too,many,fields", "12001,the bad film"]
    (tmp_path / "new.csv").write_text("\n".join(rows))
    words = ["predict", str(folder / "m.malmoi"), str(tmp_path / "new.csv"), "--id-column", "id", "-o"]
    assert run([*words, str(tmp_path / "o.csv")]) == 2
    said = capsys.readouterr().err
    assert "new.csv:12002: a row must have 2 fields" in said
    assert "--resume continues from row 8,193; --on-error skip skips invalid rows" in said
    assert run([*words, str(tmp_path / "o.csv"), "--resume", "--on-error", "skip"]) == 0
    assert run([*words, str(tmp_path / "whole.csv"), "--on-error", "skip"]) == 0
    assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert (tmp_path / "o.csv").read_text().splitlines()[-1].startswith("12001,bad,")


def test_no_output_replaces_what_is_read(folder, tmp_path, capsys):
    model, data = tmp_path / "m.malmoi", tmp_path / "a.csv"
    model.write_bytes((folder / "m.malmoi").read_bytes())
    data.write_bytes((folder / "reviews.csv").read_bytes())
    before = model.read_bytes(), data.read_bytes()
    skip = ["--on-error", "skip", "--force", "--rejects"]
    for words in (
        ["predict", model, data, "-o", tmp_path / "o.csv", *skip, data],
        ["predict", model, data, "-o", tmp_path / "o.csv", *skip, model],
        ["predict", model, data, "-o", tmp_path / "o.csv", *skip, tmp_path / "o.csv"],
        ["train", data, "--recipe", "bag", "-o", tmp_path / "n.malmoi", *skip, data],
        ["train", data, "--recipe", "bag", "-o", data, "--force"],
        ["evaluate", model, data, "--mistakes", data, "--force"],
        ["vectorize", data, "-o", tmp_path / "o.npz", *skip, data],
    ):
        assert run([str(word) for word in words]) == 2
        assert "must be another file than" in capsys.readouterr().err
    assert (model.read_bytes(), data.read_bytes()) == before


@pytest.mark.parametrize(
    ("name", "options", "rule"),
    [
        ("a.jsonl", ["--delimiter", ";"], "delimiter has no effect on JSON lines; remove it"),
        ("a.jsonl", ["--no-header"], "header has no effect on JSON lines; remove it"),
        ("a.parquet", ["--encoding", "cp949"], "encoding has no effect on Parquet; remove it"),
        ("a.jsonl", ["--input-format", "json"], "--input-format must be 'auto', 'parquet'"),
        ("a.jsonl", ["--encoding", "utf-16"], "UTF-16 stream does not start with BOM; pass the file's encoding"),
        ("a.jsonl", ["--encoding", "idna"], "--encoding must be an encoding of text files, got 'idna'"),
    ],
)
def test_options_of_reading_without_effect_or_sense(folder, tmp_path, capsys, name, options, rule):
    frame = polars.DataFrame({"body": ["the good film"]})
    getattr(frame, {"a.jsonl": "write_ndjson", "a.parquet": "write_parquet"}[name])(tmp_path / name)
    assert run(["predict", str(folder / "m.malmoi"), str(tmp_path / name), *options]) == 2
    assert rule in capsys.readouterr().err


def test_every_command_reads_globs_and_odd_files(folder, tmp_path, capsys):
    for number, part in enumerate((ROWS[:20], ROWS[20:])):
        text = "\r\n".join(["본문;분류", *(f"{text};{label}" for label, text in part), ""])
        (tmp_path / f"part-{number}.csv").write_bytes(text.encode("utf-16"))
    pattern, model = str(tmp_path / "part-*.csv"), str(tmp_path / "m.malmoi")
    assert run(["train", pattern, "-o", model, "--recipe", "bag"]) == 0
    said = capsys.readouterr()
    assert (
        "part-0.csv: CSV, semicolon delimited, header, double quotes, UTF-16; text column: 본문; label column: 분류"
        in said.err
    )
    assert said.err.count("read part") == 1  # what is the same is said once
    assert run(["evaluate", model, pattern]) == 0
    assert run(["predict", model, pattern, "--id-column", "분류"]) == 0
    assert len([line for line in capsys.readouterr().out.splitlines() if line.startswith(("good,", "bad,"))]) == 40
    assert run(["vectorize", pattern, "-o", str(tmp_path / "bag.npz")]) == 0
    assert "40 texts" in capsys.readouterr().err
    (tmp_path / "fresh").mkdir()
    assert run(["train", pattern, "--recipe", "bag", "--header", "--delimiter", ";", "-o", model, "--force"]) == 0


def test_labels_between_separators_are_pointed_out(tmp_path, capsys):
    rows = [
        f"the {a} film {n},{b}" for n in range(20) for a, b in (("good", "pos|film"), ("bad", "neg"), ("fine", "pos"))
    ]
    (tmp_path / "a.csv").write_text("\n".join(["text,label", *rows]))
    words = ["train", str(tmp_path / "a.csv"), "--recipe", "bag", "-o", str(tmp_path / "m.malmoi"), "--force"]
    assert run(words) == 0
    assert '"pos|film" (20 texts)' in capsys.readouterr().err
    assert run([*words, "--label-separator", "|"]) == 0
    said = capsys.readouterr()
    assert re.search(r"classes +film, neg, pos", said.out)
    assert "pos|film" not in said.err


# Data frames.


def frames():
    data = {"id": list(range(len(ROWS))), "review": [text for _, text in ROWS], "label": [label for label, _ in ROWS]}
    pyarrow = pytest.importorskip("pyarrow")
    return {"pandas": pandas.DataFrame(data), "polars": polars.DataFrame(data), "pyarrow": pyarrow.table(data)}


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("kind", ["bag", "text"])
def test_frames_with_names_are_fitted_and_predicted(library, kind, tmp_path):
    frame = frames()[library]
    model = mm.BagClassifier() if kind == "bag" else mm.TextClassifier("bag")
    model.fit(frame, "label")
    assert model.text_columns_ == ("review",)
    expected = [label for label, _ in ROWS]
    assert model.predict(frame).tolist() == expected
    model.save(tmp_path / "m.malmoi")
    again = mm.load(tmp_path / "m.malmoi")
    assert again.predict(frame).tolist() == expected
    assert again.predict_proba(frame).shape == (40, 2)
    wrong = pandas.DataFrame({"text": ["a"], "note": ["b"]})
    with pytest.raises(
        ValueError, match=r"the frame must have the column 'review', which the model was fitted on, got"
    ):
        again.predict(wrong)
    assert mm.BagClassifier().fit([text for _, text in ROWS], expected).text_columns_ == ()


def test_labels_of_a_frame_may_be_left_out_or_given():
    frame = frames()["pandas"]
    by_name = mm.BagClassifier().fit(frame, "label").predict_proba(frame)
    for labels in ({}, {"y": frame["label"]}, {"labels": frame["label"].tolist()}):
        assert (mm.BagClassifier().fit(frame, **labels).predict_proba(frame) == by_name).all()
    with pytest.raises(ValueError, match=r"labels must be one of the frame's columns, .*, got 'nothing'"):
        mm.BagClassifier().fit(frame, "nothing")
    with pytest.raises(ValueError, match="the frame must have a label column called label or class"):
        mm.BagClassifier().fit(frame[["id", "review"]])
    assert mm.BagRegressor().fit(frame[["review"]], list(range(40))).text_columns_ == ("review",)


def test_models_are_evaluated_on_frames():
    frame = frames()["pandas"]
    model = mm.BagClassifier().fit(frame, "label")
    for data in (frame, (frame, "label"), (frame, frame["label"])):
        assert mm.evaluate(model, data).scores["accuracy"].value == 1
    with pytest.raises(ValueError, match="the frame must have the column 'review', which the model was fitted on"):
        mm.evaluate(model, frame[["label"]])


def test_the_columns_of_a_frame():
    frame = pandas.DataFrame({"title": ["A"], "body": ["b"], "label": ["x"]})
    assert texts_of(frame[["title", "body"]]) == ["A\nb"]
    assert texts_of(pandas.DataFrame({"words": ["w"]})) == ["w"]
    assert text_columns_of(["a"]) == ()
    assert text_columns_of(frame, "label") == ("body",)  # as of files
    others = pandas.DataFrame({"a": ["x"], "b": ["y"], "label": ["z"]})
    with pytest.raises(
        ValueError, match=r"the frame must have a text column .*, got \['a', 'b'\]; select the text columns"
    ):
        text_columns_of(others, "label")


def test_models_that_learn_on_keep_their_columns():
    frame = frames()["pandas"]
    model = mm.BagClassifier().fit(frame, "label")
    model.partial_fit(["the good play", "the bad play"], ["good", "bad"])
    assert model.text_columns_ == ("review",)
    model.partial_fit(frame.head(2), "label")
    assert model.text_columns_ == ("review",)


def test_generators_and_lazy_columns_are_texts():
    class Lazy:
        """As columns of Hugging Face's datasets: a sequence by its methods alone."""

        def __len__(self):
            return 2

        def __getitem__(self, place):
            return ["the good film", "the bad film"][place]

        def __iter__(self):
            return iter(["the good film", "the bad film"])

    model = mm.BagClassifier().fit([text for _, text in ROWS], [label for label, _ in ROWS])
    assert model.predict(Lazy()).tolist() == ["good", "bad"]
    assert model.predict(text for text in Lazy()).tolist() == ["good", "bad"]


# Series.


@pytest.mark.parametrize(
    "moments",
    [
        ["2024-01-01 00:00", "2024-01-01 00:01", "2024-01-01 00:02"],
        ["2024-01-01T00:00:00Z", "2024-01-01T00:00:01Z", "2024-01-01T00:00:02Z"],
        ["2024.01.01", "2024.01.02", "2024.01.03"],
        ["1", "2", "10"],
    ],
)
def test_time_columns_sort_and_are_no_features(tmp_path, moments):
    lines = [f"d{device},{moments[place]},{place},{'ab'[device % 2]}" for place in (2, 0, 1) for device in range(4)]
    (tmp_path / "s.csv").write_text("\n".join(["device,time,온도,label", *lines]))
    table = read_series(tmp_path / "s.csv", id_column="device")
    assert table.time_columns == ("time",)
    assert table.columns == ("온도",)
    assert table.series[0][:, 0].tolist() == [0, 1, 2]
    assert table.notes == ("steps are sorted by 'time', which is not a feature; 4 of 4 series were not in order",)
    assert table.ids == ["d0", "d1", "d2", "d3"]


def test_a_time_column_is_said(tmp_path, capsys):
    lines = [f"d{n},2024-01-0{day},{n % 2 + day / 10},{'ab'[n % 2]}" for n in range(20) for day in (1, 2, 3)]
    (tmp_path / "s.csv").write_text("\n".join(["device,day,x,label", *lines]))
    words = ["series", "train", str(tmp_path / "s.csv"), "--id-column", "device", "--epochs", "1"]
    assert run([*words, "-o", str(tmp_path / "m.malmoi")]) == 0
    assert "note: steps are in order of 'day', which is not a feature" in capsys.readouterr().err
    assert run(["series", "predict", str(tmp_path / "m.malmoi"), str(tmp_path / "s.csv"), "--id-column", "device"]) == 0
    (tmp_path / "s.csv").write_text("\n".join(["device,day,x,label", *lines, "d1,,1.0,b"]))
    assert run([*words, "-o", str(tmp_path / "m.malmoi"), "--force"]) == 2
    assert "the time column 'day' must have a value in every row, got an empty cell" in capsys.readouterr().err
