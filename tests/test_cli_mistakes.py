"""More mistakes at the command line, each one line and exit status 2; what is written is told truly."""

import csv
import io
import subprocess
import sys

import pytest

from malmoi.cli.commands import run

pytest.importorskip("keras")

FAST = ["--epochs", "1", "--length", "5", "--dimension", "4", "--vocabulary", "200"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table of ten texts a class."""
    path = tmp_path_factory.mktemp("table") / "reviews.csv"
    rows = [f"{word} film number {number},{word}\n" for number in range(10) for word in ("bad", "good")]
    path.write_text("text,label\n" + "".join(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.malmoi"
    assert run(["train", str(table), "-o", str(path), *FAST]) == 0
    return path


def mistake(capsys, *arguments):
    """Run a command that must fail with exit status 2; returns its one line."""
    capsys.readouterr()
    assert run([str(argument) for argument in arguments]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("malmoi: ")
    return lines[0]


def malmoi(*arguments, **options):
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "malmoi", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, **options)


def test_an_output_that_the_curves_would_replace_is_refused(table, tmp_path, capsys):
    line = mistake(capsys, "train", table, "-o", tmp_path / "x.png")
    assert "--output must not end in .png" in line
    assert "x.png" in line
    assert list(tmp_path.iterdir()) == []


def test_lines_of_standard_input_end_at_a_newline_alone(trained):
    lines = ["\ufeffgood\u2028film", "bad\x0bfilm\r", "", "good\x85film\x1cfilm"]
    answer = malmoi("predict", trained, "--with-text", input="\n".join(lines).encode())
    rows = list(csv.reader(io.StringIO(answer.stdout.decode(), newline="")))
    assert [row[0] for row in rows[1:]] == ["good\u2028film", "bad\x0bfilm", "", "good\x85film\x1cfilm"]
