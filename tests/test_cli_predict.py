"""`malmoi predict`: what stands in the predictions, where they go, and how a run that was killed is resumed."""

import csv
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import malmoi as mm
from malmoi.cli import predict as predict_module
from malmoi.cli import prediction_input, prediction_job, prediction_parts
from malmoi.cli.commands import run
from malmoi.cli.prediction_input import blocks, is_one_text
from malmoi.cli.prediction_tables import kept_series
from malmoi.cli.significant_digits import six_digits
from malmoi.data.readers import Batch
from malmoi.errors import DataError
from malmoi.foundation.files import locked
from systems import needs_posix

TEXTS = ["good film", "dull film", "good fun", "dull fun"] * 8
SETS = [["good", "film"], ["film"], ["good"], []] * 8
SMALL = {"csv": 10, "jsonl": 10, "parquet": 10}
FORMATS = ["csv", "jsonl", "parquet"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with a model of each task."""
    folder = tmp_path_factory.mktemp("models")
    labels = ["pos", "neg"] * 16
    mm.BagClassifier(C=1.0).fit(TEXTS, labels).save(folder / "two.malmoi")
    mm.BagClassifier(C=2.0).fit(TEXTS, labels).save(folder / "other.malmoi")
    mm.BagClassifier(C=10.0).fit(TEXTS, SETS).save(folder / "sets.malmoi")
    mm.BagClassifier(C=10.0).fit(TEXTS, [["a|b", "c"], ["c"]] * 16).save(folder / "bars.malmoi")
    rows = np.array([["good" in row, "film" in row] for row in SETS], dtype=int)
    mm.BagClassifier(C=10.0).fit(TEXTS, rows).save(folder / "indicator.malmoi")
    mm.BagRegressor().fit(TEXTS, [1.0, 2.0, 3.0, 4.0] * 8).save(folder / "number.malmoi")
    return folder


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(predict_module, "ROWS_TOGETHER", SMALL)


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def predict(*arguments):
    return run(["predict", *map(str, arguments)])


def mistake(capsys, *arguments):
    """Run predict, which must fail with exit status 2; returns its last line."""
    capsys.readouterr()
    assert predict(*arguments) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("malmoi: ")
    return line


def read(path):
    """The rows of a file of predictions, as dicts."""
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    return pl.read_parquet(path).to_dicts()


def predicted(model, data, tmp_path, *options):
    """The rows of the three formats."""
    for kind in FORMATS:
        assert predict(model, data, "-o", tmp_path / f"o.{kind}", "--force", *options) == 0
    return [read(tmp_path / f"o.{kind}") for kind in FORMATS]


# Numbers


@given(arrays.arrays(np.float32, st.integers(0, 50), elements=st.floats(width=32)))
def test_six_digits_are_those_of_python(numbers):
    written = [bytes(row).replace(b"\0", b"").decode() for row in six_digits(numbers)]
    assert written == [f"{number:.6g}" for number in numbers.tolist()]
    written = [bytes(row).replace(b"\0", b"").decode() for row in six_digits(numbers, as_json=True)]
    for text, number in zip(written, numbers.tolist(), strict=True):
        expected = json.dumps(float(f"{number:.6g}"))
        assert text == expected if abs(number) < 1e5 else json.dumps(json.loads(text)) == expected


def test_six_digits_round_ties_and_powers_of_ten_as_python_does():
    powers = np.array([10.0**-power for power in range(38)], dtype=np.float32)
    near = [np.nextafter(powers, np.float32(side)) for side in (0, 1)]
    ties = np.arange(1, 1 << 14, dtype=np.float32) / (1 << 14)
    tiny = np.exp(np.random.default_rng(0).uniform(-80, 0, 5000)).astype(np.float32)
    numbers = np.concatenate([powers, *near, ties, tiny])
    written = [row.tobytes().replace(b"\0", b"").decode() for row in six_digits(numbers)]
    assert written == [f"{number:.6g}" for number in numbers.tolist()]


# Several labels


@pytest.mark.parametrize(("name", "good", "film"), [("sets", "good", "film"), ("indicator", 0, 1)])
def test_several_labels_are_written_as_such(models, tmp_path, name, good, film):
    (tmp_path / "t.txt").write_text("good film\ndull film\ndull\n")
    rows, lines, table = predicted(models / f"{name}.malmoi", tmp_path / "t.txt", tmp_path)
    expected = [sorted([good, film]), [film], []]
    assert [line["labels"] for line in lines] == expected
    assert [row["labels"] for row in table] == expected
    assert [row["labels"] for row in rows] == ["|".join(map(str, labels)) for labels in expected]
    assert set(lines[0]["probabilities"]) == {str(good), str(film)}
    assert list(table[0]) == list(rows[0]) == ["labels", *(f"probability_{x}" for x in sorted([good, film]))]


def test_labels_that_csv_cannot_join_are_refused(models, tmp_path, capsys):
    (tmp_path / "t.txt").write_text("good film\n")
    line = mistake(capsys, models / "bars.malmoi", tmp_path / "t.txt")
    assert (
        "labels must not be empty or contain '|', which joins the labels of a text in CSV, got 'a|b'; use --format"
        in line
    )
    assert predict(models / "bars.malmoi", tmp_path / "t.txt", "--format", "jsonl") == 0
    assert json.loads(capsys.readouterr().out)["labels"] == ["a|b", "c"]


# Columns of the input

ROWS = [
    {"text": "good film", "id": 7, "who": "a,b", "more": [1, "한"], "empty": None, "sure": True},
    {"text": "dull film", "id": 8, "who": 'q"q', "more": {"k": 1.5}, "empty": None, "sure": False},
]


def test_columns_are_kept_in_order_before_the_label(models, tmp_path):
    data = write_rows(tmp_path / "in.jsonl", ROWS)
    options = ["--id-column", "id", "--keep", "more", "--keep", "who", "--keep", "empty", "--keep", "sure"]
    rows, lines, table = predicted(models / "two.malmoi", data, tmp_path, *options)
    names = ["id", "more", "who", "empty", "sure"]
    assert list(lines[0]) == [*names, "label", "probabilities"]
    assert [{name: line[name] for name in names} for line in lines] == [
        {name: row[name] for name in names} for row in ROWS
    ]
    assert [list(row.values())[:5] for row in rows] == [
        ["7", '[1, "한"]', "a,b", "", "true"],
        ["8", '{"k": 1.5}', 'q"q', "", "false"],
    ]
    assert [list(row.values())[:5] for row in table] == [
        [7, '[1, "한"]', "a,b", None, True],
        [8, '{"k": 1.5}', 'q"q', None, False],
    ]


def test_every_column_is_kept(models, tmp_path):
    data = tmp_path / "in.csv"
    data.write_text("id,text\n1,good film\n2,dull film\n")
    rows, lines, _ = predicted(models / "two.malmoi", data, tmp_path, "--keep", "all")
    assert list(rows[0])[:3] == ["id", "text", "label"]
    assert [line["id"] for line in lines] == ["1", "2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--keep", "all"], "the predictions already have a column 'label'; rename it in the input"),
        (["--keep", "text", "--with-text"], "must have different names, got 'text' twice; leave out --with-text"),
        (["--keep", "id", "--keep", "id"], "--keep must name a column once, got 'id' twice"),
        (["--keep", "id", "--keep", "all"], '--keep must be column names, or only "all"'),
        (["--keep", "none"], "must be a column of the file, got 'none'"),
        (["--on-empty", "skip"], "--on-empty must be one of leave, mark, stop, got 'skip'"),
        (["--excel", "--format", "jsonl"], "--excel needs --format csv, got jsonl"),
        (["--resume"], "--resume needs an output file; add --output FILE"),
    ],
)
def test_wrong_options_are_refused(models, tmp_path, capsys, options, message):
    (tmp_path / "in.csv").write_text("text,id,label\ngood,1,pos\n")
    assert message in mistake(capsys, models / "two.malmoi", tmp_path / "in.csv", *options)


def test_kinds_of_a_kept_column_become_one_type(models, tmp_path, small_blocks):
    """In one block, and among blocks, whose types are found out one by one."""
    kinds = {"whole": range(25), "half": [*range(20), *[0.5] * 5], "mixed": [*range(10), *["x"] * 10, *[None] * 5]}
    rows = [
        {"text": "good", **dict(zip(kinds, values, strict=True)), "late": None if number < 20 else "y"}
        for number, values in enumerate(zip(*kinds.values(), strict=True))
    ]
    output = tmp_path / "o.parquet"
    assert predict(models / "two.malmoi", write_rows(tmp_path / "in.jsonl", rows), "-o", output, "--keep", "all",
                   "--id-column", "whole") == 0  # fmt: skip
    table = pl.read_parquet(output).drop("text")
    assert dict(list(table.schema.items())[:4]) == {
        "whole": pl.Int64, "half": pl.Float64, "mixed": pl.String, "late": pl.String,
    }  # fmt: skip
    assert table["mixed"].to_list() == [*map(str, range(10)), *["x"] * 10, *[None] * 5]
    assert table["late"].to_list()[19:21] == [None, "y"]
    assert kept_series("x", [1, None, "1", True, [2]]).to_list() == ["1", None, "1", "true", "[2]"]
    assert kept_series("x", [2**70, 1]).to_list() == [str(2**70), "1"]


# Texts of white space alone


@pytest.mark.parametrize("name", ["two", "sets", "number"])
def test_empty_texts_have_no_prediction(models, tmp_path, capsys, name):
    data = write_rows(tmp_path / "in.jsonl", [{"text": text} for text in ("good film", " \t", "dull")])
    rows, lines, table = predicted(models / f"{name}.malmoi", data, tmp_path)
    assert "note: 1 empty text has no prediction; --on-empty mark predicts and marks them" in capsys.readouterr().err
    assert set(rows[1].values()) == {""}
    assert set(lines[1].values()) == set(table[1].values()) == {None}
    assert "" not in rows[0].values()
    assert None not in [*table[0].values(), *lines[2].values()]
    marked, lines, table = predicted(models / f"{name}.malmoi", data, tmp_path, "--on-empty", "mark")
    assert "note: 1 empty text is marked in the column is_empty" in capsys.readouterr().err
    assert [row["is_empty"] for row in marked] == ["false", "true", "false"]
    assert [row["is_empty"] for row in lines] == [row["is_empty"] for row in table] == [False, True, False]
    assert None not in table[1].values()
    line = mistake(capsys, models / f"{name}.malmoi", data, "--on-empty", "stop")
    assert r"in.jsonl:2: text must not be empty (--on-empty stop), got ' \t'; leave it out" in line


# Resuming

KILLED = """
import os, signal, sys
from malmoi.cli import predict, prediction_parts
from malmoi.cli.commands import run
from malmoi.foundation.files import GrowingFile

moment, calls = sys.argv[1], [0]
predict.ROWS_TOGETHER = {"csv": 10, "jsonl": 10, "parquet": 10}

def killing(function, call, before=lambda *arguments: None):
    def wrapped(*arguments, **options):
        calls[0] += 1
        if calls[0] == call:
            before(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return wrapped

def half(file, piece):
    file._file.write(piece[: len(piece) // 2])
    file._file.flush()

if moment == "within a line":
    GrowingFile.append = killing(GrowingFile.append, 4, half)
elif moment == "before the state":
    prediction_parts.Part._save = killing(prediction_parts.Part._save, 4)
else:
    prediction_parts.merge_tables = killing(prediction_parts.merge_tables, 1)
run(sys.argv[2:])
"""


@pytest.fixture
def many(tmp_path):
    """A table of 45 rows; texts hold newlines and quotes, and 9 begin as formulas."""
    return write_rows(
        tmp_path / "many.jsonl",
        [
            {"text": f'{"" if row % 5 else "="}{"good" if row % 3 else "dull"}\n"film", {row}', "id": row}
            for row in range(45)
        ],
    )


@needs_posix
@pytest.mark.parametrize(
    ("kind", "moment", "row"),
    [
        ("csv", "within a line", 21),
        ("jsonl", "before the state", 21),
        ("parquet", "before the state", 21),
        ("parquet", "before the merge", 46),
    ],
)
def test_a_killed_run_is_resumed_with_the_same_bytes(models, many, tmp_path, capsys, small_blocks, kind, moment, row):
    output, whole = tmp_path / f"o.{kind}", tmp_path / f"whole.{kind}"
    command = [models / "two.malmoi", many, "--with-text", "--id-column", "id", "-o"]
    killed = [sys.executable, "-c", KILLED, moment, "predict", *map(str, [*command, output])]
    assert subprocess.run(killed, check=False).returncode == -signal.SIGKILL
    assert not output.exists()
    assert predict(*command, output, "--resume") == 0
    error = capsys.readouterr().err
    assert f"note: resuming from row {row}, after the rows of {output}.part" in error
    assert predict(*command, whole) == 0
    note = "note: 9 cells that a spreadsheet would run as formulas were prefixed with an apostrophe"
    assert (note in error, note in capsys.readouterr().err) == (kind == "csv", kind == "csv")
    assert output.read_bytes() == whole.read_bytes()
    assert not [path for path in tmp_path.iterdir() if ".part" in path.name]


@needs_posix
def test_a_run_that_is_killed_from_outside_is_resumed(models, tmp_path, capsys):
    (tmp_path / "t.txt").write_text("".join(f"good film {row}\n" for row in range(60_000)))
    output, whole = tmp_path / "o.csv", tmp_path / "whole.csv"
    command = [models / "two.malmoi", tmp_path / "t.txt", "-o"]
    process = subprocess.Popen([sys.executable, "-m", "malmoi", "predict", *map(str, [*command, output])])
    part = Path(f"{output}.part")
    while process.poll() is None and not (part.exists() and part.stat().st_size > 20_000):
        os.sched_yield()
    process.kill()
    process.wait()
    assert predict(*command, output, "--resume") == 0
    assert "note: resuming from row " in capsys.readouterr().err
    assert predict(*command, whole) == 0
    assert output.read_bytes() == whole.read_bytes()


@pytest.fixture
def stopped(models, many, tmp_path, capsys, small_blocks, monkeypatch):
    """A command whose run ended after 20 rows, on a full disk."""
    command = [models / "two.malmoi", many, "-o", tmp_path / "o.csv"]
    append, calls = prediction_parts.GrowingFile.append, []

    def full(file, piece):
        calls.append(piece)
        if len(calls) == 4:
            raise OSError(28, "No space left on device")
        append(file, piece)

    with monkeypatch.context() as patched:
        patched.setattr(prediction_parts.GrowingFile, "append", full)
        line = mistake(capsys, *command)
    part = f"{tmp_path / 'o.csv'}.part"
    resume = f"{part} has 20 rows: the same command with --resume continues from row 21"
    assert line == f"malmoi: the disk is full; {resume}"
    return command


def test_an_error_in_the_middle_keeps_the_part(stopped, tmp_path, capsys):
    assert not (tmp_path / "o.csv").exists()
    assert predict(*stopped, "--resume") == 0
    assert "note: resuming from row 21" in capsys.readouterr().err
    assert len(read(tmp_path / "o.csv")) == 45
    assert mistake(capsys, *stopped, "--resume").endswith("use --force to replace it")
    assert predict(*stopped, "--resume", "--force") == 0
    assert "note: no partial file of" in capsys.readouterr().err


def test_a_part_is_replaced_without_resume(stopped, tmp_path, capsys):
    assert predict(*stopped) == 0
    replaced = f"note: {tmp_path / 'o.csv'}.part is replaced; it has 20 rows of an earlier run"
    assert f"{replaced}; --resume would have continued from row 21" in capsys.readouterr().err
    assert len(read(tmp_path / "o.csv")) == 45


def test_what_differs_is_named(stopped, models, many, tmp_path, capsys):
    cure = "use the same model, input and options, or leave out --resume to start from row 1"
    line = mistake(capsys, models / "other.malmoi", *stopped[1:], "--resume")
    assert line.endswith(f"o.csv.part: the model has changed; {cure}")
    assert f"--with-text was False, is now True; {cure}" in mistake(capsys, *stopped, "--resume", "--with-text")
    copy = many.with_name("copy.jsonl")
    copy.write_bytes(many.read_bytes())
    line = mistake(capsys, stopped[0], copy, *stopped[2:], "--resume")
    assert f"the input was {many}, is now {copy}; {cure}" in line
    many.write_bytes(many.read_bytes() + b'{"text": "x", "id": 1}\n')
    line = mistake(capsys, *stopped, "--resume")
    assert f"the input was changed (size or time of a file): {many}; {cure}" in line
    part = tmp_path / "o.csv.part"
    assert part.exists()
    with locked(part):
        assert f"{part} is being written by another malmoi predict; wait" in mistake(capsys, *stopped)


def test_a_damaged_or_foreign_part_is_refused(stopped, tmp_path, capsys):
    part, state = tmp_path / "o.csv.part", tmp_path / "o.csv.part.json"
    content = part.read_bytes()
    for damaged in (content[:40], content.replace(b"pos", b"neg")):
        part.write_bytes(damaged)
        assert "was changed after it was written, or is damaged; leave out" in mistake(capsys, *stopped, "--resume")
    written = json.loads(state.read_text())
    state.write_text(json.dumps(written | {"format": 1, "counts": {"rows": 20, "is_escaped": False}}))
    assert f"{state} has format 1, this version reads 3; use the same" in mistake(capsys, *stopped, "--resume")
    state.write_text("{}")
    assert f"{state} must be a file of malmoi predict, found another file" in mistake(capsys, *stopped)
    state.unlink()
    assert f"{part} must be a file of malmoi predict, found another file; delete it" in mistake(capsys, *stopped)
    assert part.exists()


WRONG_STATES = {
    "deep": "[" * 100_000,
    "deep object": '{"command": "malmoi predict", "counts": ' + "[" * 100_000,
    "large": '{"command": "malmoi predict"}' + " " * 1_000_000,
    "binary": "\0",
    "a list": "[]",
}
WRONG_VALUES = [
    *({"counts": {"rows": rows}} for rows in (10**30, 5, -5, 0, 30, "12", float("inf"), 1.5, None, True)),
    *({"counts": {"size_bytes": size}} for size in ("5", -1, 10**30)),
    *({"counts": {"pieces": pieces}} for pieces in ("x", -1, 10**15)),
    *({"counts": {"empty_rows": rows}} for rows in (-1, 21)),
    {"counts": {"changed": -1}},
    {"counts": []},
    {"counts": None},
    {"options": []},
    {"input": None},
    {"malmoi": 1},
    {"format": "3"},
    {"format": True},
    {"more": 1},
]


@pytest.mark.parametrize("state", WRONG_STATES.values(), ids=WRONG_STATES)
def test_a_state_that_is_something_else_is_refused(stopped, tmp_path, capsys, state):
    (tmp_path / "o.csv.part.json").write_text(state)
    rule = f"{tmp_path}/o.csv.part.json must be a file of malmoi predict, found another file; delete it"
    assert rule in mistake(capsys, *stopped, "--resume")
    assert rule in mistake(capsys, *stopped)


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("wrong", WRONG_VALUES, ids=str)
def test_a_state_that_was_changed_is_refused(stopped, tmp_path, capsys, wrong, is_signed):
    path = tmp_path / "o.csv.part.json"
    state = json.loads(path.read_text())
    del state["checksum"]
    for name, value in wrong.items():
        state[name] = state["counts"] | value if isinstance(value, dict) else value
    checksum = hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest() if is_signed else "0" * 64
    path.write_text(json.dumps(state | {"checksum": checksum}))
    line = mistake(capsys, *stopped, "--resume")
    assert re.search(r"o\.csv\.part(\.json)? was changed after it was written, or is damaged; leave out --resume", line)
    assert not (tmp_path / "o.csv").exists()


def test_a_damaged_state_is_replaced_without_resume(stopped, tmp_path, capsys):
    path = tmp_path / "o.csv.part.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"counts": {}}))
    assert predict(*stopped) == 0
    assert (
        f"note: {tmp_path / 'o.csv'}.part is replaced; it is damaged or of another version" in capsys.readouterr().err
    )
    assert len(read(tmp_path / "o.csv")) == 45


def test_an_empty_text_that_stops_says_where_to_resume(models, tmp_path, capsys, small_blocks):
    data = write_rows(tmp_path / "in.jsonl", [{"text": " " if row == 24 else "good"} for row in range(30)])
    line = mistake(capsys, models / "two.malmoi", data, "-o", tmp_path / "o.jsonl", "--on-empty", "stop")
    assert "in.jsonl:25: text must not be empty" in line
    assert line.endswith("o.jsonl.part has 20 rows: the same command with --resume continues from row 21")
    data = write_rows(tmp_path / "in.jsonl", [{"text": " "}])
    line = mistake(capsys, models / "two.malmoi", data, "-o", tmp_path / "p.jsonl", "--on-empty", "stop")
    assert "holds" not in line
    assert not (tmp_path / "p.jsonl.part").exists()


def test_an_interrupt_before_the_first_block_leaves_nothing(models, many, tmp_path, capsys, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(prediction_job.PredictionJob, "_values", interrupt)
    line = mistake(capsys, models / "two.malmoi", many, "-o", tmp_path / "o.csv")
    assert line == "malmoi: interrupted; nothing was written"
    assert [path.name for path in tmp_path.iterdir()] == ["many.jsonl"]


@needs_posix
def test_what_cannot_be_read_again_cannot_be_resumed(models, tmp_path, capsys):
    options = [models / "two.malmoi", "-o", tmp_path / "o.csv", "--resume"]
    assert "--resume needs texts that can be read again, got standard input" in mistake(capsys, *options)
    os.mkfifo(tmp_path / "pipe.txt")
    line = mistake(capsys, options[0], tmp_path / "pipe.txt", *options[1:])
    assert f"--resume needs texts that can be read again, got the pipe {tmp_path / 'pipe.txt'}" in line
    assert "--resume has no effect on one text" in mistake(capsys, options[0], "good film", *options[1:])


# Where predictions go


def test_an_output_that_is_an_input_is_refused(models, tmp_path, capsys):
    (tmp_path / "t.csv").write_text("text\ngood\n")
    rule = "--output must be another file than MODEL and DATA, got"
    for output in (tmp_path / "t.csv", models / "two.malmoi"):
        options = ["-o", output, "--force", "--format", "csv"]
        assert rule in mistake(capsys, models / "two.malmoi", tmp_path / "t.csv", *options)


@needs_posix
def test_devices_are_written_to(models, tmp_path, capsysbinary):
    (tmp_path / "t.txt").write_text("good\n")
    for output in ("/dev/stdout", "-"):
        assert predict(models / "two.malmoi", tmp_path / "t.txt", "-o", output) == 0
        assert capsysbinary.readouterr().out.startswith(b"label,")
    assert predict(models / "two.malmoi", tmp_path / "t.txt", "-o", os.devnull) == 0
    assert predict(models / "two.malmoi", tmp_path / "t.txt", "-o", os.devnull, "--resume") == 2
    assert b"--resume needs an output file" in capsysbinary.readouterr().err
    if Path("/dev/full").exists():
        assert predict(models / "two.malmoi", tmp_path / "t.txt", "-o", "/dev/full") == 2
        assert b"malmoi: the disk is full; the predictions are incomplete" in capsysbinary.readouterr().err
    assert predict(models / "two.malmoi", tmp_path / "t.txt", "--format", "parquet") == 0
    assert pl.read_parquet(capsysbinary.readouterr().out).height == 1
    assert not Path(f"{os.devnull}.part").exists()


def test_excel_gets_a_mark_and_line_ends_and_no_csv_has_formulas(models, tmp_path, capsys):
    texts = ["=1+1", "+82 10", "-3.5", "@x", "good, 영화", "1e5"]
    data = write_rows(tmp_path / "in.jsonl", [{"text": text, "n": -1} for text in texts])
    output = tmp_path / "o.csv"
    assert predict(models / "two.malmoi", data, "-o", output, "--excel", "--with-text", "--keep", "n") == 0
    note = "note: 3 cells that a spreadsheet would run as formulas were prefixed with an apostrophe"
    assert f"{note}; --raw-cells writes cells unchanged" in capsys.readouterr().err
    content = output.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfn,text,label,")
    assert content.count(b"\n") == content.count(b"\r\n") == 7
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row[1] for row in rows[1:]] == ["'=1+1", "'+82 10", "-3.5", "'@x", "good, 영화", "1e5"]
    assert [row[0] for row in rows[1:]] == ["-1"] * 6


# One text


def test_one_text_is_predicted(models, capsys):
    assert predict(models / "two.malmoi", "good film", "--with-text") == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[1].startswith("good film,pos,")
    assert printed.err == "note: no such file: DATA is read as one text\n"
    assert "--keep has no effect on one text" in mistake(capsys, models / "two.malmoi", "good film", "--keep", "x")
    for path in ("none.csv", "my new.csv", "data/new", "../a b"):
        assert f"no such file or folder: {path}" in mistake(capsys, models / "two.malmoi", path)
    assert "no file matches 'new*'; a glob must match one file or more" in mistake(
        capsys, models / "two.malmoi", "new*"
    )
    line = mistake(capsys, models / "two.malmoi", "reviews")
    assert "no such file or folder: reviews; to predict one word, use standard input: echo reviews |" in line


def test_what_looks_like_a_path_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "정말 좋은 영화").mkdir()
    for text in ("so good", "한 문장", "재미없다", "great!", "good/bad or not?", "a\0b c", "x" * 5000 + " y", ""):
        assert is_one_text(text), text
    for path in ("-", "정말 좋은 영화", "리뷰.CSV", "리뷰.csv.gz", "/tmp/a b", "~/a b", "a/b", "[ab]"):
        assert not is_one_text(path), path
    with pytest.raises(DataError, match="no such file or folder: folder; to predict one word"):
        is_one_text("folder")


# Streams


class Pieces(io.RawIOBase):
    """Bytes that come in pieces of given sizes, as through a pipe."""

    def __init__(self, content, sizes):
        self.content, self.sizes = content, iter(sizes)

    def read1(self, size):
        size = next(self.sizes, 1 << 16)
        piece, self.content = self.content[:size], self.content[size:]
        return piece


@given(
    st.text(st.sampled_from("a한\n\r\ufeff🎬\u2028"), max_size=30),
    st.lists(st.integers(1, 5)),
    st.sampled_from(["utf-8", "utf-16-le", "utf-8"]),
)
def test_lines_are_the_same_however_they_come(text, sizes, encoding):
    lines = text.removeprefix("\ufeff").split("\n")
    expected = [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]
    assert list(prediction_input._lines(Pieces(text.encode(encoding), sizes), encoding)) == expected


def test_a_wrong_byte_of_standard_input_is_named():
    content = "좋은 ".encode() * 50 + b"\xff"
    with pytest.raises(DataError, match=r"standard input: byte 350 \(0xff\) is not utf-8; set the encoding"):
        list(prediction_input._lines(Pieces(content, [3] * 200), "utf-8"))


@given(st.lists(st.integers(0, 7), max_size=6), st.integers(1, 9), st.integers(1, 30))
def test_blocks_depend_on_the_rows_alone(sizes, together, characters):
    texts = [f"{'x' * (number % 5)}{number}" for number in range(sum(sizes))]
    batches, start = [], 0
    for size in sizes:
        numbers = list(range(start, start + size))
        kept = {"n": list(numbers)}
        batches.append(Batch(str, texts[start : start + size], kept=kept, numbers=numbers))
        start += size
    whole = [Batch(str, texts, kept={"n": list(range(start))}, numbers=list(range(start)))]
    before = prediction_input.CHARACTERS_TOGETHER
    prediction_input.CHARACTERS_TOGETHER = characters
    try:
        cut, reference = list(blocks(batches, together)), list(blocks(whole, together))
    finally:
        prediction_input.CHARACTERS_TOGETHER = before
    assert [(block.start, block.texts, block.kept) for block in cut] == [
        (block.start, block.texts, block.kept) for block in reference
    ]
    assert [text for block in cut for text in block.texts] == texts
    for block in cut:
        assert 1 <= len(block.texts) <= together
        assert sum(map(len, block.texts[:-1])) < characters
        places = [block.place(row) for row in range(len(block.texts))]
        assert places == [str(block.start + row) for row in range(len(block.texts))]
