"""File names and texts of the command line that are not UTF-8, or whose locale has another encoding."""

import json
import os
import subprocess
import sys

import polars as pl
import pytest

import malmoi as mm
from malmoi.cli.arguments import decoded_text
from malmoi.cli.commands import run

NAME, SHOWN = os.fsdecode(b"\xff\xfe.csv"), r"\udcff\udcfe.csv"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a table of such a name, and a model."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{word} film {number},{word}\n" for number in range(10) for word in ("bad", "good"))
    (tmp_path / NAME).write_text(f"text,label\n{rows}", encoding="utf-8")
    mm.BagClassifier(C=1.0).fit(["good", "bad"] * 4, ["bad", "good"] * 4).save("m.malmoi")
    return tmp_path


def test_such_a_file_name_is_escaped_in_every_output(folder, capsys):
    for suffix in ("csv", "jsonl", "parquet"):
        assert run(["evaluate", "m.malmoi", NAME, "-o", f"{suffix}.json", "--mistakes", f"w.{suffix}"]) == 0
    assert SHOWN in (folder / "w.csv").read_text(encoding="utf-8")
    assert json.loads((folder / "w.jsonl").read_text(encoding="utf-8").splitlines()[0])["place"].startswith(SHOWN)
    assert pl.read_parquet("w.parquet")["place"][0].startswith(SHOWN)
    compared = ["--recipes", "bag", "--labels", "4", "--json"]
    assert run(["compare", NAME, *compared, "compared.json", "--seeds", "2"]) == 0
    assert run(["learning-curve", NAME, *compared, "curve.json", "--draws", "2"]) == 0
    for name in ("compared.json", "curve.json"):
        json.loads((folder / name).read_text(encoding="utf-8"))
    assert run(["check", NAME, "-o", "checked.json"]) == 0


def test_a_study_must_have_a_name_that_its_library_opens(folder, capsys):
    assert run(["tune", NAME]) == 2
    error = capsys.readouterr().err
    assert r"--study must be a file whose name is UTF-8, got tune-\udcff\udcfe.sqlite; set one with --study" in error


def test_a_text_that_is_not_utf8_is_refused_in_one_line(folder, capsys):
    for command in (["predict", "m.malmoi", "\udcff good"], ["explain", "m.malmoi", "\udcff good"]):
        assert run(command) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert run(["predict", "m.malmoi", "\udcff good"]) == 2
    rule = r"DATA, one text, must be UTF-8, got '\udcff good' at character 0; give it on standard input"
    assert rule in capsys.readouterr().err


def test_texts_are_utf8_in_every_locale(folder):
    rows = "".join(f"좋은 영화 {number},긍정\n나쁜 영화 {number},부정\n" for number in range(10))
    (folder / "k.csv").write_text("글,라벨\n" + rows, encoding="utf-8")
    code = """
from malmoi.cli.commands import run
for words in TEXTS: assert run(words) == 0, words
""".replace(
        "TEXTS",
        ascii(
            [
                [os.fsencode(word).decode("ascii", "surrogateescape") for word in words]
                for words in (
                    [
                        "train",
                        "k.csv",
                        "-o",
                        "k.malmoi",
                        "--recipe",
                        "bag",
                        "--text-column",
                        "글",
                        "--label-column",
                        "라벨",
                    ],
                    ["explain", "k.malmoi", "좋은 영화", "--label", "긍정"],
                    ["predict", "k.malmoi", "좋은 영화", "--with-text", "-o", "p.csv"],
                )
            ]
        ),
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "좋은 영화" in (folder / "p.csv").read_text(encoding="utf-8")


def test_bytes_of_arguments_become_text():
    assert decoded_text("plain 글") == "plain 글"
    assert decoded_text(os.fsdecode(b"\xff")) == "\udcff"
    assert decoded_text("글\udcff") == "글\udcff"


def test_a_page_of_an_explanation_has_no_hidden_characters(folder):
    assert run(["explain", "m.malmoi", "good \x1b[31mbad\u202e", "-o", "page.html"]) == 0
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert r"\x1b" in page
