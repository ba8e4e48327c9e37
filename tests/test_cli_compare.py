"""`malmoi compare`: table, report, resuming after SIGKILL, several processes with one file of runs."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing import get_context

import pytest

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.experiments.runs_file import RunsFile
from messages import without_reading
from systems import needs_posix

PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["malmoi.cli.compare", "malmoi.models.linear.classifier", "scipy.special"])
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


def test_an_engine_gives_the_same_table(files):
    words = ["compare", "data.csv", "--recipes", "weak.json", "--labels", "4", "--seeds", "2", "--runs", "none"]
    assert run([*words, "--processes", "1", "--json", "here.json"]) == 0
    assert run([*words, "--engine", "processes", "--workers", "2", "--json", "there.json"]) == 0
    assert without_times(files / "here.json") == without_times(files / "there.json")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--recipes", "conf"], "--recipes must be one of"),
        (["--labels", "4,some"], "--labels must be numbers or all, comma-separated, got 'some'"),
        (["--seeds", "0"], "--seeds must be 1 or more, got 0"),
        (["--processes", "0"], "--processes must be 1 or more, got 0"),
        (["--engine", "spark"], "--engine must be processes or ray, got 'spark'"),
        (["--workers", "2"], "--workers has no effect without --engine"),
        (["--engine", "processes", "--workers", "0"], "--workers must be 1 or more, got 0"),
        (["--engine", "ray", "--processes", "2"], "--processes has no effect with --engine; use --workers"),
        (["--test", "test.csv", "--validation", "5"], "--validation has no effect with --test"),
        (["--force"], "--force has no effect without --output, --picture or --json"),
        (["-o", "report.pdf"], "--output must end in .html"),
        (["--picture", "curve.html"], "--picture must end in .png, .svg, .pdf"),
        (["--json", "data.csv"], "--json must be another file than the other files of the command"),
        (["-o", "one.html", "--json", "one.html"], "must be different files"),
        (["--language", "fr"], "--language must be en or ko, got 'fr'"),
        (["--vectors", "none.txt", "--recipes", "bag"], "vectors has no effect on the recipes bag"),
        (["--runs", "data.csv"], "--runs must be another file than the other files of the command"),
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
    assert "runs.db is damaged: it was renamed to" in capsys.readouterr().err
    assert (files / "runs.db.damaged-1").read_bytes() == b"no database" * 100


def in_new_process(*options):
    """Compare in a process of its own, which has imported all already."""
    words = ["compare", "data.csv", "--recipes", "weak.json", "--processes", "1", *options]
    process = PROCESSES.Process(target=run_quietly, args=(words, os.getcwd()))
    process.start()
    return process


def run_quietly(words, folder):
    os.chdir(folder)
    os.environ.pop("MALMOI_RUNS", None)
    with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        sys.exit(run(words))


def finished(*options):
    process = in_new_process(*options)
    process.join()
    assert process.exitcode == 0


def test_killed_five_times_and_started_again_it_gives_the_same_table(files):
    asked = ["--labels", "4,20", "--seeds", "4"]
    start = time.perf_counter()
    finished(*asked, "--runs", "other.db", "--json", "whole.json")
    taken = time.perf_counter() - start
    chance = random.Random(0)
    for _ in range(5):
        process = in_new_process(*asked)
        process.join(chance.uniform(0.1, 0.5) * taken)  # the moment that it is killed
        process.kill()
        process.join()
    finished(*asked, "--json", "again.json")
    assert without_times(files / "again.json") == without_times(files / "whole.json")
    assert RunsFile.open("runs.db").count() == 2 * 2 * 4


def test_two_at_the_same_time_lose_nothing(files):
    both = [in_new_process("--labels", labels, "--seeds", "4") for labels in ("4,20", "4,10")]
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    records = RunsFile.open("runs.db").select()
    assert len(records) == len({record.key for record in records}) == 2 * 3 * 4


@needs_posix
def test_an_interrupt_says_that_the_trainings_are_kept(files):
    words = ["data.csv", "--recipes", "weak.json", "--labels", "4,20", "--seeds", "2000"]
    process = subprocess.Popen([sys.executable, "-m", "malmoi", "compare", *words], stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (os.path.exists("runs.db") and RunsFile.open("runs.db").count()):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 2
    assert "finished trainings are kept in runs.db; run the same command again to resume" in said
