"""`malmoi compare`: table, report, resuming after SIGKILL, several processes with one file of runs."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.experiments.runs_file import RunsFile
from messages import without_reading

LINES = [f"{word} film {number},{label}" for number in range(20) for word, label in (("good", "pos"), ("bad", "neg"))]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A table of labelled texts, a test set, and a recipe, in the folder of the run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MALMOI_RUNS")
    (tmp_path / "data.csv").write_text("\n".join(["text,label", *LINES]) + "\n")
    (tmp_path / "test.csv").write_text("text,label\ngood play,pos\nbad play,neg\n")
    mm.Recipe("bag", {"C": 1.0}).write(tmp_path / "weak.json")
    return tmp_path


def rows_of(table):
    """The cells of a table that are the same in every run: without seconds and speed."""
    lines = [line.split() for line in table.splitlines() if line[:1] in " 0123456789"]
    return [[*line[:-4], line[-2:]] for line in lines]


def without_times(path):
    content = json.loads(path.read_text())
    for point in content["points"]:
        point["seconds"] = point["texts_per_second"] = None
    return content


def mistake(capsys, *arguments):
    """Run the command, which must fail with exit status 2; returns its one line."""
    capsys.readouterr()
    assert run(["compare", *arguments]) == 2
    printed = capsys.readouterr()
    lines = without_reading(printed.err)
    assert len(lines) == 1, lines
    return lines[0]


def test_recipes_are_compared_and_kept(files, capsys):
    options = ["--recipes", "weak.json", "--labels", "4,all", "--seeds", "3", "--test", "test.csv"]
    assert run(["compare", "data.csv", *options, "--json", "found.json"]) == 0
    printed = capsys.readouterr().out
    assert [line.split()[0] for line in printed.splitlines()[:3]] == ["labels", "4", "4"]
    assert "malmoi runs" in printed
    records = RunsFile.open("runs.db").select()
    assert {record.name for record in records} == {"bag", "weak"}
    assert len(records) == 2 * 2 * 3
    saved = json.loads((files / "found.json").read_text())
    recipes = {"weak": mm.Recipe.read("weak.json")}
    data, test = mm.read_corpus("data.csv"), mm.read_corpus("test.csv")
    again = mm.compare(recipes, data, [4, "all"], test=test, seeds=3, runs="runs.db")
    assert again.to_json()["points"] == [
        {**point, "accuracies": tuple(point["accuracies"]), "seconds": tuple(point["seconds"])}
        for point in saved["points"]
    ]
    assert len(RunsFile.open("runs.db").select()) == len(records)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--recipes", "conf"], "--recipes must be one of"),
        (["--labels", "4,some"], "--labels must be numbers or all, between commas, got 'some'"),
        (["--seeds", "0"], "--seeds must be 1 or more, got 0"),
        (["--processes", "0"], "--processes must be 1 or more, got 0"),
        (["--test", "test.csv", "--validation", "5"], "--validation has no effect with --test"),
        (["--force"], "--force has no effect without --output, --picture or --json"),
        (["-o", "report.pdf"], "--output must end in .html"),
        (["--picture", "curve.html"], "--picture must end in .png, .svg, .pdf"),
        (["--json", "data.csv"], "--json must be another file than those of the command"),
        (["-o", "one.html", "--json", "one.html"], "must be different files"),
        (["--language", "fr"], "--language must be en or ko, got 'fr'"),
        (["--vectors", "none.txt", "--recipes", "bag"], "vectors has no effect on the recipes bag"),
        (["--runs", "data.csv"], "--runs must be another file than those of the command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_one_line(files, capsys, options, message):
    assert message in mistake(capsys, "data.csv", *options)


def test_a_file_of_runs_from_a_later_version_is_refused_and_kept(files, capsys):
    import sqlite3

    RunsFile.open("runs.db")
    with sqlite3.connect("runs.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    before = (files / "runs.db").read_bytes()
    assert "runs.db has format 99" in mistake(capsys, "data.csv", "--recipes", "bag", "--labels", "4")
    assert (files / "runs.db").read_bytes() == before


def test_a_damaged_file_of_runs_is_kept_aside(files, capsys):
    (files / "runs.db").write_bytes(b"no database" * 100)
    assert run(["compare", "data.csv", "--recipes", "bag", "--labels", "4", "--seeds", "1"]) == 0
    assert "runs.db is damaged: it is kept as" in capsys.readouterr().err
    assert (files / "runs.db.damaged-1").read_bytes() == b"no database" * 100


def started(*options, labels="4,20", seeds="4"):
    words = ["--recipes", "weak.json", "--labels", labels, "--seeds", seeds, *options]
    return subprocess.Popen(
        [sys.executable, "-m", "malmoi", "compare", "data.csv", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_killed_five_times_and_started_again_it_gives_the_same_table(files):
    start = time.perf_counter()
    whole = started("--runs", "other.db", "--json", "whole.json")
    expected, _ = whole.communicate()
    taken = time.perf_counter() - start
    assert whole.returncode == 0
    chance = random.Random(0)
    for _ in range(5):
        process = started()
        with suppress(subprocess.TimeoutExpired):  # the moment that it is killed, if it has not ended
            process.wait(chance.uniform(0.2, 0.7) * taken)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    again = started("--json", "again.json")
    table, _ = again.communicate()
    assert rows_of(table) == rows_of(expected)
    assert without_times(files / "again.json") == without_times(files / "whole.json")
    assert len(RunsFile.open("runs.db").select()) == 2 * 2 * 4


def test_two_at_the_same_time_lose_nothing(files):
    both = [started(), started(labels="4,10", seeds="4")]
    assert [process.communicate() and process.returncode for process in both] == [0, 0]
    records = RunsFile.open("runs.db").select()
    assert len(records) == len({record.key for record in records}) == 2 * 3 * 4


def test_an_interrupt_says_that_the_trainings_are_kept(files):
    process = started(seeds="2000")
    while process.poll() is None and not (os.path.exists("runs.db") and RunsFile.open("runs.db").count()):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 2
    assert "finished trainings are kept in runs.db, and the same command goes on from them" in said
