"""runs.db: every training is a row, whatever happens to the file; `malmoi runs` lists, shows, compares and deletes."""

import contextlib
import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi import DataError, FormatError, MalmoiError, MissingExtraError, Recipe
from malmoi.cli import regression, series_training, train
from malmoi.cli import runs as runs_command
from malmoi.cli.commands import run
from malmoi.cli.run_recording import RunRecorder, runs_path
from malmoi.cli.usage import UsageError
from malmoi.experiments import runs_storage
from malmoi.experiments.recording import Training
from malmoi.experiments.run_record import RunRecord
from malmoi.experiments.runs_file import RunFilter, RunsFile
from malmoi.experiments.runs_table import COLUMNS
from malmoi.foundation.files import locked
from malmoi.metrics.paired import paired_difference
from messages import without_reading
from systems import needs_posix

WRITER = """
import sys
from malmoi.experiments.run_record import RunRecord
from malmoi.experiments.runs_file import RunsFile
runs = RunsFile.open(sys.argv[1])
for number in range(int(sys.argv[3])):
    values = ("{}", "reviews.csv", number, 80, 20, "accuracy", 0.5, 1.0, "2026-11-27T08:30:00Z", "0.1.0")
    print(runs.add(RunRecord("compare", sys.argv[2], *values, key=f"{sys.argv[2]}-{number}")).key, flush=True)
"""


def record(**values):
    usual = {
        "command": "train",
        "name": "bag",
        "recipe": Recipe("bag", {"C": 4.0}).to_json(),
        "data": "reviews.csv",
        "seed": 0,
        "training_samples": 80,
        "validation_samples": 20,
        "score_name": "accuracy",
        "score": 0.9,
        "low": 0.8,
        "high": 0.95,
        "baseline": 0.5,
        "seconds": 1.5,
        "started": "2026-11-27T08:30:00Z",
        "version": "0.1.0",
    }
    return RunRecord(**{**usual, **values})


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A folder without runs.db, in which commands record."""
    monkeypatch.delenv("MALMOI_RUNS")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs.db"


@pytest.fixture
def runs(path):
    return RunsFile.open(path)


def mistake(capsys, *arguments):
    capsys.readouterr()
    assert run([str(argument) for argument in arguments]) == 2
    lines = without_reading(capsys.readouterr().err)
    assert len(lines) == 1, lines
    return lines[0].removeprefix("malmoi: ")


# Rows


def test_a_row_is_read_as_it_was_written(runs):
    full = record(
        command="compare", checksum="ab", draw=0, prediction_seconds=0.1, size_bytes=9, failure="no", output="o"
    )
    full = replace(full, key="k", hits=b"\x00\xff", history='{"history": []}', seed=2**63 - 1)
    added = [runs.add(one) for one in (record(), full)]
    assert [one.id for one in added] == [1, 2]
    assert runs.select(order="oldest") == added
    assert replace(added[1], id=None) == full
    assert set(COLUMNS) == set(RunRecord.__dataclass_fields__)


@settings(max_examples=15)
@given(texts=st.lists(st.text(st.characters(codec=None), max_size=20), min_size=3, max_size=3))
def test_any_text_is_kept(tmp_path_factory, texts):
    runs = RunsFile.open(tmp_path_factory.getbasetemp() / "any.db")
    added = runs.add(record(name=texts[0], data=texts[1], failure=texts[2]))
    (found,) = runs.select(RunFilter(ids=[added.id]))
    readable = [text.encode("utf-8", "backslashreplace").decode() for text in texts]  # names that are no UTF-8
    assert [found.name, found.data, found.failure] == readable


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"command": "trian"}, "command must be one of train, train --continue, .*, got 'trian'"),
        ({"score": math.nan}, "score must be finite, got nan; use None, with the reason in failure"),
        ({"seconds": math.inf}, "seconds must be finite, got inf"),
        ({"seed": 2**63}, "seed must be"),
    ],
)
def test_records_that_sqlite_cannot_hold_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        record(**values)


def test_numbers_of_numpy_are_numbers_and_other_kinds_are_refused(runs):
    assert runs.add(record(seed=np.int64(3), score=np.float32(0.5))) == runs.select()[0]
    with pytest.raises(TypeError, match="name must be a text, got 3"):
        runs.add(record(name=3))
    with pytest.raises(TypeError, match=r"seconds must be a number, got None"):
        runs.add(record(seconds=None))
    assert runs.count() == 1


def test_a_key_has_one_finished_run(runs):
    failed = runs.add(record(key="a", score=None, failure="diverged"))
    assert runs.finished(["a"]) == {}
    first = runs.add(record(key="a", score=0.8))
    assert first.id > failed.id
    for again in (record(key="a", score=0.7), record(key="a", score=None, failure="diverged")):
        assert runs.add(again) == first
    assert runs.count() == 1
    assert runs.finished([*(f"b{number}" for number in range(40_000)), "a", ""]) == {"a": first}
    assert runs.add(record()).id != runs.add(record()).id  # runs without a key are all kept


def test_filters_and_orders(runs):
    rows = [
        record(score=0.7, started="2026-10-31T23:59:59Z"),
        record(name="conv", score=0.8, data="data/reviews.csv, more.csv"),
        record(command="tune", score=None, failure="diverged"),
        record(score=3.0, score_name="mean absolute error", data="prices.csv"),
        record(score=2.0, score_name="mean absolute error", data="prices.csv"),
    ]
    for one in rows:
        runs.add(one)

    def ids(limit=None, order="oldest", **values):
        which = RunFilter(**values)
        found = [one.id for one in runs.select(which, limit=limit, order=order)]
        assert runs.count(which) == len(found) or limit is not None
        return found

    assert ids(command="tune") == [3]
    assert ids(recipe="conv") == ids(data="more.csv") == [2]
    assert ids(data="reviews.csv", failed=False) == [1, 2]
    assert ids(failed=True) == [3]
    assert ids(since="2026-11-01") == ids(since="2026-11-01T09:00+09:00") == [2, 3, 4, 5]
    assert ids(ids=[5, 1, 99]) == [1, 5]
    assert ids(ids=[]) == []
    assert ids(2, "newest") == [5, 4]
    assert ids(order="best") == [2, 1, 5, 4, 3]
    assert runs.delete([5, 99]) == 1
    assert runs.add(record()).id == 6  # numbers are not given again
    with pytest.raises(ValueError, match="since must be a date or a time such as 2026-11-01, got 'soon'"):
        RunFilter(since="soon")


# Several at once, and killed ones


def write(path, name, number):
    return subprocess.Popen([sys.executable, "-c", WRITER, path, name, str(number)], stdout=subprocess.PIPE, text=True)


def test_four_processes_lose_nothing(path):
    writers = [write(path, f"p{number}", 25) for number in range(4)]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [(None, 0)] * 4
    keys = {one.key for one in RunsFile.open(path).select()}
    assert keys == {f"p{process}-{number}" for process in range(4) for number in range(25)}


def test_threads_lose_nothing(runs):
    threads = [threading.Thread(target=lambda: [runs.add(record()) for _ in range(5)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.id for one in runs.select(order="oldest")] == list(range(1, 21))


@needs_posix
def test_a_killed_writer_leaves_what_it_has_written(path):
    writer = write(path, "p", 10_000)
    told = [writer.stdout.readline().strip() for _ in range(5)]
    writer.kill()
    told += writer.communicate()[0].split()
    assert writer.returncode == -signal.SIGKILL
    runs = RunsFile.open(path)
    keys = [one.key for one in runs.select(order="oldest")]
    assert keys[: len(told)] == told
    assert len(keys) <= len(told) + 1
    assert runs.kept_aside is None


HALF = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE runs SET failure = 'half', hits = zeroblob(100000)")
os.kill(os.getpid(), signal.SIGKILL)
"""


@needs_posix
def test_a_transaction_that_is_half_on_the_disk_is_rolled_back(runs):
    added = [runs.add(record()) for _ in range(3)]
    assert subprocess.run([sys.executable, "-c", HALF, runs.path], check=False).returncode == -signal.SIGKILL
    assert os.path.exists(f"{runs.path}-journal")
    assert RunsFile.open(runs.path).select(order="oldest") == added


# Files that cannot be used


def damage(path):
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)


def test_a_damaged_file_is_kept_aside(runs, path):
    runs.add(record())
    damage(path)
    (path.parent / "runs.db-shm").write_bytes(b"old")
    damaged = path.read_bytes()
    (path.parent / "runs.db.damaged-1").write_text("an earlier one")
    with pytest.raises(
        FormatError, match=r"runs\.db is damaged.*; use another file with --runs; the file was not changed"
    ):
        RunsFile.open(path, create=False)
    assert path.read_bytes() == damaged
    again = RunsFile.open(path)
    assert again.kept_aside == path.parent / "runs.db.damaged-2"
    assert again.kept_aside.read_bytes() == damaged
    assert (path.parent / "runs.db.damaged-2-shm").exists()
    assert (path.parent / "runs.db.damaged-1").read_text() == "an earlier one"
    assert again.count() == 0
    path.write_bytes(b"no database, but long enough to look like something" * 99)
    assert again.add(record()).id == 1  # damaged after it was opened
    assert again.kept_aside == path.parent / "runs.db.damaged-3"


def test_processes_that_find_the_damage_at_once_move_one_file(path):
    path.write_bytes(b"no database" * 999)
    writers = [write(path, f"p{number}", 1) for number in range(3)]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [(None, 0)] * 3
    assert RunsFile.open(path).count() == 3
    assert sorted(one.name for one in path.parent.iterdir()) == ["runs.db", "runs.db.damaged-1"]


def test_a_damaged_file_that_another_process_has_moved_just_now(path):
    storage = runs_storage.Storage(path, 1.0)
    assert storage.set_aside() is None
    path.unlink()
    storage.check_damage(create=True)
    assert RunsFile.open(path).add(record()).id == 1


def test_files_of_others_are_left_alone(path):
    others = {"other.db": "database of another application", "data.csv": "is not a file of runs"}
    with contextlib.closing(sqlite3.connect("other.db")) as other:
        other.execute("CREATE TABLE t (x)")
        other.commit()
    path.with_name("data.csv").write_text("text,label\n" * 99)
    for name, message in others.items():
        before = path.with_name(name).read_bytes()
        with pytest.raises(DataError, match=message):
            RunsFile.open(name)
        assert path.with_name(name).read_bytes() == before
    damage(path.with_name("other.db"))
    content = bytearray(path.with_name("other.db").read_bytes())
    content[68:72] = b"abcd"
    path.with_name("other.db").write_bytes(content)
    with pytest.raises(DataError, match="database of another application"):
        RunsFile.open("other.db")
    assert sorted(one.name for one in path.parent.iterdir()) == ["data.csv", "other.db"]


def test_an_empty_file_is_a_new_one(path):
    path.write_bytes(b"")
    assert RunsFile.open(path, create=False).select() == []
    runs = RunsFile.open(path)
    assert runs.add(record()).id == 1
    assert runs.kept_aside is None


def test_a_later_format_is_refused(runs, path):
    with contextlib.closing(sqlite3.connect(path)) as later:
        later.execute("PRAGMA user_version = 2")
    rule = r"runs\.db has format 2, this version reads up to 1; upgrade malmoi, or use another file with --runs"
    for use in (lambda: RunsFile.open(path), lambda: runs.add(record()), runs.select):
        with pytest.raises(FormatError, match=rule):
            use()


@contextlib.contextmanager
def holding(path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


def test_a_locked_file_is_waited_for_and_then_refused(runs, path):
    rule = r"has been locked by another process for 0\.1 seconds; wait until it ends, or use another file"
    with holding(path), pytest.raises(DataError, match=rule):
        RunsFile.open(path, wait_seconds=0.1)
    with holding(path):
        thread = threading.Thread(target=runs.add, args=(record(),))
        thread.start()
        thread.join(0.2)
    thread.join()
    assert runs.count() == 1


@needs_posix
@pytest.mark.parametrize(
    ("place", "message"),
    [
        (".", "the file of runs must be a file, got the folder ."),
        ("nowhere/runs.db", "no such folder: nowhere; create it first"),
        ("/dev/null", "must be a regular file, got /dev/null; use --runs none for no file"),
        ("/proc/runs.db", "/proc/runs.db cannot be opened: no permission for the file or its folder"),
    ],
)
def test_places_that_take_no_file(path, place, message):
    with pytest.raises(DataError, match=message):
        RunsFile.open(place)
    with pytest.raises(DataError, match=r"no such file: no\.db; malmoi train creates it, or use another file"):
        RunsFile.open("no.db", create=False)


def test_what_sqlite_cannot_write_is_one_line(runs, monkeypatch):
    codes = {runs_storage.READ_ONLY: "is read-only", runs_storage.FULL: "the disk is full", 1: "cannot be used: oh"}
    for code, message in codes.items():
        error = sqlite3.OperationalError("oh")
        error.sqlite_errorcode = code

        def refuse(*arguments, error=error):
            raise error

        monkeypatch.setattr(runs_storage.Statements, "__call__", refuse)
        with pytest.raises(DataError, match=f"{message}.* use another file with --runs"):
            runs.add(record())
    del error.sqlite_errorcode
    with pytest.raises(sqlite3.OperationalError, match="oh"):  # a wrong call is a bug
        runs.add(record())
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    with pytest.raises(MissingExtraError, match="this Python was built without sqlite3; use --runs none"):
        runs.add(record())


def test_a_damaged_file_that_cannot_be_moved(path, monkeypatch):
    path.write_bytes(b"no database" * 999)
    with locked(path.parent), pytest.raises(DataError, match=r"the folder of .*runs\.db is locked by another process"):
        RunsFile.open(path, wait_seconds=0.05)

    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(runs_storage.os, "rename", refuse)
    with pytest.raises(DataError, match=r"runs\.db is damaged and cannot be renamed: Permission denied; use another"):
        RunsFile.open(path)
    assert path.read_bytes() == b"no database" * 999


def test_a_row_that_others_have_written_is_checked(runs, path):
    runs.add(record())
    for value, rule in (("'abc'", "score must be a number, or NULL, found 'abc'"), ("9e999", "score must be finite")):
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute(f"UPDATE runs SET score = {value}")
            other.commit()
        with pytest.raises(FormatError, match=rf"runs\.db: run 1: {rule}.*; repair the row, or delete it"):
            runs.select()


# Where runs are recorded


def test_the_file_is_that_of_the_option_or_of_the_environment(path, monkeypatch):
    assert str(runs_path(None)) == "runs.db"
    monkeypatch.setenv("MALMOI_RUNS", "")
    assert str(runs_path(None)) == "runs.db"
    monkeypatch.setenv("MALMOI_RUNS", "mine.db")
    assert str(runs_path(None)) == "mine.db"
    assert runs_path(path) == path
    assert runs_path(path.with_name("none").relative_to(path.parent)) is None
    monkeypatch.setenv("MALMOI_RUNS", "none")
    assert runs_path(None) is None
    for wrong, message in (
        (path.parent, "--runs must be a file, got the folder .*; pass a file, or none"),
        (path / "a.db", "--runs must be in an existing folder, got"),
        (path, "--runs must be another file than the other files of the command"),
    ):
        with pytest.raises(UsageError, match=message):
            runs_path(wrong, [path, None])


@pytest.fixture
def reviews(path):
    rows = [
        f"{word} film {number},{label}" for number in range(20) for word, label in (("good", "pos"), ("bad", "neg"))
    ]
    (path.parent / "reviews.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    return "reviews.csv"


BAG = ["--recipe", "bag", "--ngrams", "1-1", "--tokens", "words", "--C", "4", "--seed", "7"]
UNMEASURED = [*BAG, "--validation", "0"]


def test_trainings_are_rows(reviews, path, monkeypatch, capsys):
    for command in (train, regression, series_training):
        monkeypatch.setattr(command, "can_draw", lambda: False)
    assert run(["train", reviews, "-o", "m.malmoi", *BAG]) == 0
    assert " 1 in runs.db" in capsys.readouterr().out
    assert run(["train", "--continue", "m.malmoi", reviews, "--force"]) == 0
    assert " 2 in runs.db" in capsys.readouterr().out
    numbers = [f"film {number % 7},{number % 7}" for number in range(30)]
    path.with_name("numbers.csv").write_text("\n".join(["text,label", *numbers]) + "\n")
    assert run(["train", "numbers.csv", "--task", "regression", "-o", "n.malmoi", "--runs", "runs.db"]) == 0
    table = [f"{number % 2},{number % 3},{number % 2},{number}" for number in range(20)]
    path.with_name("series.csv").write_text("\n".join(["label,a,b,c", *table]) + "\n")
    assert run(["series", "train", "series.csv", "-o", "s.malmoi"]) == 0
    assert " 4 in runs.db" in capsys.readouterr().out
    first, second, third, fourth = RunsFile.open(path).select(order="oldest")
    assert (first.command, first.name, first.data, first.seed) == ("train", "bag", reviews, 7)
    assert (first.training_samples, first.validation_samples, first.score_name) == (32, 8, "accuracy")
    assert first.low < first.score == 1
    assert (first.baseline, first.failure, first.history) == (0.5, None, None)
    assert Recipe.from_json(first.recipe).settings["seed"] == 7
    assert (first.output, second.output) == ("m.malmoi", "m.malmoi")
    assert second.size_bytes == path.with_name("m.malmoi").stat().st_size
    assert (second.command, second.name, second.recipe) == ("train --continue", "BagClassifier", "")
    assert (second.seed, second.training_samples, second.score, second.score_name) == (7, 40, None, "")
    assert (third.name, third.training_samples, third.validation_samples) == ("bag", 24, 6)
    assert (third.score_name, third.low) == ("mean absolute error", None)
    assert third.score < third.baseline
    assert (fourth.command, fourth.training_samples) == ("series train", 16)


def test_nothing_is_recorded_where_nothing_shall_be(reviews, path, monkeypatch, capsys):
    assert run(["train", reviews, "-o", "m.malmoi", *UNMEASURED, "--runs", "none"]) == 0
    monkeypatch.setenv("MALMOI_RUNS", "none")
    assert run(["train", reviews, "-o", "n.malmoi", *UNMEASURED]) == 0
    assert "runs.db" not in capsys.readouterr().out
    monkeypatch.delenv("MALMOI_RUNS")
    mistake(capsys, "train", "nowhere.csv", "-o", "o.malmoi")
    assert "--runs must be another file than the other files of" in mistake(capsys, "train", reviews, "--runs", reviews)
    assert not path.exists()


def test_a_training_that_fails_is_a_row(reviews, path, monkeypatch, capsys):
    for error, rows in ((MalmoiError("the loss\nis nan"), 1), (OSError(28, "No space left"), 2), (TypeError("bug"), 2)):

        def fail(*arguments, error=error, **options):
            raise error

        monkeypatch.setattr(train, "fit_parts", fail)
        with pytest.raises(TypeError, match="bug") if isinstance(error, TypeError) else contextlib.nullcontext():
            assert run(["train", reviews, "-o", "m.malmoi", *UNMEASURED]) == 2
        assert RunsFile.open(path).count() == rows
    full, diverged = RunsFile.open(path).select()
    assert (diverged.failure, diverged.score, diverged.output) == ("the loss is nan", None, "")
    assert full.failure == "the disk is full"


def test_a_training_goes_on_where_its_run_cannot_be_recorded(reviews, path, monkeypatch, capsys):
    monkeypatch.setattr(train, "RunRecorder", partial(RunRecorder, wait_seconds=0.1))
    command = ["train", reviews, "-o", "m.malmoi", *UNMEASURED, "--force"]

    def warnings():
        assert run(command) == 0
        captured = capsys.readouterr()
        assert " runs.db" not in captured.out
        return [line for line in captured.err.splitlines() if "runs.db" in line]

    path.mkdir()
    (line,) = warnings()
    assert line.startswith("warning: the run was not recorded: the file of runs must be a file, got the folder runs.db")
    path.rmdir()
    RunsFile.open(path)
    with holding(path):
        (line,) = warnings()
    assert "not recorded: runs.db has been locked by another process for 0.1 seconds" in line
    path.write_bytes(b"no database" * 999)
    assert run(command) == 0
    captured = capsys.readouterr()
    assert (
        "warning: runs.db is damaged: it was renamed to runs.db.damaged-1, and a new file was created" in captured.err
    )
    assert " 1 in runs.db" in captured.out


def test_a_recorder_warns_once_of_each_reason(path, capsys):
    recorder = RunRecorder(path, wait_seconds=0.05)
    path.mkdir()
    assert [recorder.record(record()) for _ in range(2)] == [None, None]
    assert capsys.readouterr().err.count("warning: the run was not recorded") == 1
    assert recorder.rows() == [("runs not recorded", "2")]
    path.rmdir()
    assert [recorder.record(record()).id for _ in range(2)] == [1, 2]
    assert recorder.rows()[0] == ("runs", f"2 in {path}, numbered 1 to 2")
    assert RunRecorder(None).record(record()) is None


def test_a_score_that_is_not_finite_is_a_failure():
    fitted = SimpleNamespace(training_history=None)
    values = {"training_samples": 3, "validation_samples": 2, "seconds": 1.0, "baseline": ("median", math.inf)}
    result = SimpleNamespace(
        validation_score=math.nan, score_name="mean absolute error", validation_model=fitted, **values
    )
    found = Training("train", "bag", "", ["a.csv", "b.csv"], 0, 3, 2).finished(result)
    assert (found.score, found.baseline, found.data) == (None, None, "a.csv, b.csv")
    assert found.failure == "the score on the validation set is not finite: nan"


# malmoi runs


@pytest.fixture
def filled(runs):
    right = np.arange(20) % 4 != 0
    other = np.arange(20) % 5 != 0
    kept = {"command": "compare", "checksum": "ab", "draw": 0}
    runs.add(record(started="2026-10-01T00:00:00Z"))
    runs.add(record(hits=np.packbits(right).tobytes(), key="a", **kept))
    recipe = Recipe("conv", {"epochs": 3}).to_json()
    history = '{"history": [{"loss": 1.0}, {"loss": 0.5}], "kept_epoch": 2, "note": null}'
    runs.add(record(name="conv", recipe=recipe, hits=np.packbits(other).tobytes(), key="b", history=history, **kept))
    runs.add(record(command="tune", score=None, low=None, high=None, failure="the loss is nan"))
    return right, other


def test_runs_are_listed(filled, capsys):
    assert run(["runs"]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert [line.split()[0] for line in lines] == ["run", "4", "3", "2", "1"]
    assert lines[0].split()[:2] == ["run", "started"]
    assert "failed: the loss is nan" in lines[1]
    assert lines[-1].split() == [
        *("1", "2026-10-01", "00:00", "train", "bag", "reviews.csv", "80", "90.0%", "accuracy"),
        *("80.0%", "to", "95.0%", "1.50"),
    ]
    assert captured.err.strip() == "4 runs in runs.db"
    assert run(["runs", "--since", "2026-11-01", "--limit", "1", "--sort", "best", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["id"], found["recipe"]["settings"], found["history"]) == (2, {"C": 4.0}, None)
    assert run(["runs", "list", "--failed", "--command", "tune", "--recipe", "bag", "--data", "views"]) == 0
    assert capsys.readouterr().err.strip() == "1 matching run in runs.db"
    assert run(["runs", "--limit", "2"]) == 0
    assert capsys.readouterr().err.strip() == "2 of 4 runs in runs.db; --limit 4 lists all"
    assert run(["runs", "--recipe", "nothing"]) == 0
    assert capsys.readouterr() == ("", "0 matching runs in runs.db\n")


def test_a_run_is_shown(filled, capsys):
    assert run(["runs", "show", "3"]) == 0
    rows = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    shown = {
        row[0]: row[-1].strip() or row[-2].strip() for row in ([cell for cell in row if cell.strip()] for row in rows)
    }
    assert shown["accuracy"].strip() == "90.0%"
    assert shown["epochs"].strip() == "2, epoch 2 was kept"
    assert shown["setting epochs"].strip() == "3"
    assert run(["runs", "show", "4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["failure"] == "the loss is nan"


def test_runs_are_compared(filled, capsys):
    right, other = filled
    assert run(["runs", "compare", "2", "3"]) == 0
    captured = capsys.readouterr()
    rows = {line[:14].strip(): line[14:].split() for line in captured.out.splitlines()}
    assert rows["run"] == ["2", "3"]
    assert rows["setting C"] == ["4.0", "-"]
    assert rows["setting epochs"] == ["-", "3"]
    assert "seconds" not in rows  # the same for both
    assert f"run 3 minus run 2: {paired_difference(other, right)}" in captured.out
    assert captured.err == ""
    assert run(["runs", "compare", "2", "3", "1", "--json"]) == 0
    compared = json.loads(capsys.readouterr().out)
    assert [(one["run"], one["less"]) for one in compared["differences"]] == [(3, 2)]
    assert [one["id"] for one in compared["runs"]] == [2, 3, 1]
    assert run(["runs", "compare", "1", "4"]) == 0
    captured = capsys.readouterr()
    assert "less run" not in captured.out
    assert "paired differences are only shown for runs of malmoi compare" in captured.err


def test_runs_are_deleted(filled, runs, monkeypatch, capsys):
    line = mistake(capsys, "runs", "delete", "1", "2")
    assert line == "deleting 2 runs needs confirmation, and standard input is not a terminal; pass --yes"
    monkeypatch.setattr(runs_command.sys.stdin, "isatty", lambda: True, raising=False)
    for reply, left in (("n\n", 4), ("y\n", 3)):
        monkeypatch.setattr(runs_command.typer, "confirm", lambda *a, reply=reply, **o: reply == "y\n")
        assert run(["runs", "delete", "--failed"]) == 0
        assert runs.count() == left
    assert "deleted: 1; remaining: 3 in runs.db" in capsys.readouterr().err
    assert "has no run 4, 99; malmoi runs lists them" in mistake(capsys, "runs", "delete", "1", "4", "99", "--yes")
    assert run(["runs", "delete", "1", "2", "--yes"]) == 0
    assert [one.id for one in runs.select()] == [3]
    assert run(["runs", "delete", "--failed", "--yes"]) == 0
    assert "no such run in runs.db; nothing was deleted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "soon"], "--since must be a date or a time such as 2026-11-01, got 'soon'"),
        (["--sort", "bset"], "--sort must be one of newest, oldest, best, got 'bset'; did you mean 'best'?"),
        (["--limit", "0"], "--limit must be 1 or more, got 0"),
        (["--runs", "no.db"], "no such file: no.db; malmoi train creates it, or use another file with --runs"),
        (["--runs", "none"], "--runs must be a file, got none"),
        (["--failed", "--failed"], "--failed must be given once"),
        (["show", "99"], "runs.db has no run 99; malmoi runs lists them"),
        (["show", str(10**30)], f"runs.db has no run {10**30}"),
        (["compare", "1", "1"], "NUMBERS must be two or more different run numbers, got 1, 1"),
        (["delete"], "by numbers or by a filter such as --failed, got neither; use one of them"),
        (["delete", "1", "--failed"], "got both; use one"),
        (["shwo", "1"], "No such command 'shwo'"),
    ],
)
def test_wrong_commands_are_one_line(filled, capsys, arguments, message):
    assert message in mistake(capsys, "runs", *arguments)


def test_names_with_control_characters_are_shown_as_text(runs, capsys):
    name = "\x1b[31m[red]\u202ebag\x07\n:smile:"
    runs.add(record(name=name, data=name, failure=name, recipe='{"settings": {"\\u001b[2J": "\\u001b"}}'))
    runs.add(record(name=name, recipe="no JSON", history="[]"))
    for arguments in ([], ["show", "1"], ["show", "2"], ["compare", "1", "2"], ["--json"], ["show", "1", "--json"]):
        assert run(["runs", *arguments]) == 0
        captured = capsys.readouterr()
        assert all(c.isprintable() or c == "\n" for c in captured.out + captured.err)
        if "--json" not in arguments:
            assert "\\x1b[31m[red]\\u202ebag" in captured.out
    assert run(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[1]["name"] == name


# Files of others

ENDLESS = "WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x FROM n) SELECT x AS id FROM n WHERE x = 2"


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (
            f"DROP TABLE runs; CREATE VIEW runs AS {ENDLESS}",
            "the view 'runs'",
        ),
        ("CREATE TRIGGER t BEFORE INSERT ON runs BEGIN DELETE FROM runs; END", "the trigger 't'"),
        ("CREATE TABLE more (x CHECK (x = hex(zeroblob(500000000))))", "the table 'more'"),
        ("DROP TABLE runs; CREATE TABLE runs (id AS (hex(zeroblob(500000000))), y)", "the table 'runs'"),
    ],
)
def test_a_file_that_holds_more_than_the_table_is_refused(runs, path, capsys, statements, found):
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.executescript(statements)
    before = path.read_bytes()
    assert f"must only have malmoi's table of runs, found {found}; use" in mistake(capsys, "runs", "list")
    with pytest.raises(FormatError, match="found the"):
        runs.add(record())
    assert path.read_bytes() == before


def test_a_file_that_is_cut_short_or_has_a_page_twice_is_refused(runs, path, monkeypatch, capsys):
    for number in range(12):
        runs.add(record(name=str(number) * 900))
    whole = path.read_bytes()
    for size in (3_000, 4_096, 8_192, len(whole) - 4_096):
        path.write_bytes(whole[:size])
        assert "is damaged" in mistake(capsys, "runs", "show", "2")
    path.write_bytes(whole)
    monkeypatch.setattr(runs_storage, "BESIDE_PAGES", -len(whole) + 5_000)
    with pytest.raises(FormatError, match=r"runs\.db is damaged: its rows are larger than the file"):
        runs.select()


def test_text_that_is_no_utf_8_is_one_line(runs, path, capsys):
    runs.add(record())
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE runs SET name = CAST(x'ff41' AS TEXT)")
        other.commit()
    for arguments in (["list"], ["show", "1"]):
        assert "runs.db: texts of runs must be UTF-8, found another encoding; repair" in mistake(
            capsys, "runs", *arguments
        )


def test_a_statement_of_sqlite_can_be_interrupted_and_ends(monkeypatch):
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        statements = runs_storage.Statements(connection, 0.0)
        previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(KeyboardInterrupt):
                statements(ENDLESS)
        finally:
            signal.signal(signal.SIGALRM, previous)
        monkeypatch.setattr(runs_storage, "STATEMENT_SECONDS", 0.02)
        with pytest.raises(runs_storage.UnreadableError, match=r"cannot be read within 0\.02 seconds"):
            statements(ENDLESS)


def test_long_cells_are_cut_in_tables(runs, capsys):
    long = "가" * 500_000
    settings = json.dumps({"settings": {"a" * 5_000: long, **{f"s{number}": number for number in range(600)}}})
    runs.add(record(name=long, failure=long, score_name=long, data=long, recipe=settings, output=long))
    runs.add(record(score_name=long))
    for arguments in (["list"], ["show", "1"], ["show", "2"], ["compare", "1", "2"]):
        assert run(["runs", *arguments]) == 0
        assert len(capsys.readouterr().out) < 100_000
    assert run(["runs", "show", "1"]) == 0
    shown = "".join(capsys.readouterr().out.split())
    assert "500,000characters;use--jsontoshowall" in shown
    assert "101;use--jsontoshowthem" in shown
