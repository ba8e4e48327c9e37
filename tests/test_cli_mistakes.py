"""More mistakes at the command line, each one line and exit status 2; what is written is told truly."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from malmoi.cli.commands import run
from messages import without_reading

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


@pytest.fixture(scope="module")
def bag(table, tmp_path_factory):
    """A model that a process of its own opens at once."""
    path = tmp_path_factory.mktemp("model") / "bag.malmoi"
    assert run(["train", str(table), "-o", str(path), "--recipe", "bag"]) == 0
    return path


def mistake(capsys, *arguments):
    """Run a command that must fail with exit status 2; returns its one line."""
    capsys.readouterr()
    assert run([str(argument) for argument in arguments]) == 2
    lines = without_reading(capsys.readouterr().err)
    assert len(lines) == 1, lines
    assert lines[0].startswith("malmoi: ")
    return lines[0]


def malmoi(*arguments, **options):
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "malmoi", *map(str, arguments)]
    return subprocess.run(command, **{"stdout": subprocess.PIPE, **options}, stderr=subprocess.PIPE, check=False)


def test_an_output_that_the_curves_would_replace_is_refused(table, tmp_path, capsys):
    line = mistake(capsys, "train", table, "-o", tmp_path / "x.png")
    assert "--output must not end in .png" in line
    assert "x.png" in line
    assert list(tmp_path.iterdir()) == []


def test_lines_of_standard_input_end_at_a_newline_alone(bag):
    lines = ["\ufeffgood\u2028film", "bad\x0bfilm\r", "", "good\x85film\x1cfilm"]
    answer = malmoi("predict", bag, "--with-text", input="\n".join(lines).encode())
    rows = list(csv.reader(io.StringIO(answer.stdout.decode(), newline="")))
    assert [row[0] for row in rows[1:]] == ["good\u2028film", "bad\x0bfilm", "", "good\x85film\x1cfilm"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--validation", "inf"], "--validation must be a number of texts or a share below 1, got inf"),
        (["--validation", "nan"], "--validation must be a number of texts or a share below 1, got nan"),
        (["--validation", "21"], "--validation must leave 2 of the 20 texts or more, one for each class, got 21"),
        (["--validation", "0.97"], "got 0.97 (19 texts); lower it (0 means no validation set), or use more texts"),
        (["--validation", "1", "--labels", "10"], "--validation must be 2 texts or more, one for each class, got 1"),
        (["--labels", "-3"], "--labels must be 2 or more, one text for each class, got -3"),
        (["--labels", "0"], "--labels must be 2 or more, one text for each class, got 0"),
        (["--labels", "1"], "--labels must be 2 or more, one text for each class, got 1"),
        (["--balanced"], "--balanced needs --labels"),
        (["--min-count", "1" + "0" * 30], "min_count must be at most 9223372036854775807, got 1000"),
        (
            ["--text-column", "label", "--label-column", "label"],
            "--label-column must differ from",
        ),
    ],
)
def test_wrong_options_are_named_as_they_are_written(table, tmp_path, capsys, options, message):
    assert message in mistake(capsys, "train", table, "-o", tmp_path / "m.malmoi", *options)
    assert list(tmp_path.iterdir()) == []


def test_columns_named_for_a_folder_are_the_users_mistake(trained, tmp_path, capsys):
    for command in (["train", tmp_path, "-o", tmp_path / "m.malmoi"], ["predict", trained, tmp_path]):
        assert "must be None for a folder, got 'x'" in mistake(capsys, *command, "--text-column", "x")


def test_a_class_of_one_text_is_learned_from(tmp_path, capsys):
    rows = [f"{word} film {number},{word}\n" for number in range(20) for word in ("bad", "good")]
    rare = [f"odd film {number},odd{number}\n" for number in range(12)]
    (tmp_path / "t.csv").write_text("text,label\n" + "".join(rows + rare))
    assert run(["train", str(tmp_path / "t.csv"), "-o", str(tmp_path / "m.malmoi"), *FAST]) == 0
    (tmp_path / "t.csv").write_text("text,label\n" + "".join(rare[:9]))
    line = mistake(capsys, "train", tmp_path / "t.csv", "-o", tmp_path / "n.malmoi", *FAST)
    assert "--validation must leave 9 of the 9 texts or more, one for each class, got 0.2 (2 texts)" in line
    assert "0 means no validation set" in line


# What ends half-way


def test_an_interrupt_behind_the_saving_says_what_is_written(monkeypatch, table, tmp_path, capsys):
    def interrupt(history, path):
        raise KeyboardInterrupt

    monkeypatch.setattr("malmoi.models.history.History.plot", interrupt)
    line = mistake(capsys, "train", table, "-o", tmp_path / "m.malmoi", *FAST)
    assert line == f"malmoi: interrupted; {tmp_path / 'm.malmoi'} was written completely"
    assert run(["info", str(tmp_path / "m.malmoi"), "--verify"]) == 0
    line = mistake(capsys, "train", table, "-o", tmp_path / "m.malmoi", "--force", *FAST)
    assert line == f"malmoi: interrupted; {tmp_path / 'm.malmoi'} was written completely"


def test_an_interrupt_before_the_saving_says_that_nothing_is_written(monkeypatch, table, tmp_path, capsys):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    (tmp_path / "m.malmoi").write_text("old")
    monkeypatch.setattr("malmoi.experiments.run.check", interrupt)
    line = mistake(capsys, "train", table, "-o", tmp_path / "m.malmoi", "--force", *FAST)
    assert line == "malmoi: interrupted; nothing was written"
    assert (tmp_path / "m.malmoi").read_text() == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_standard_output_ends_no_work_and_is_told(table, bag, tmp_path):
    with open("/dev/full", "wb") as full:
        answer = malmoi("train", table, "-o", tmp_path / "m.malmoi", "--recipe", "bag", stdout=full)
        half = malmoi("predict", bag, table, stdout=full)
    assert answer.stderr.decode().splitlines()[-1] == "malmoi: standard output: No space left on device"
    assert (tmp_path / "m.png").exists()
    assert malmoi("info", "--verify", tmp_path / "m.malmoi").returncode == 0
    assert without_reading(half.stderr.decode()) == ["malmoi: the disk is full; the predictions are incomplete"]
    assert (answer.returncode, half.returncode) == (2, 2)


@pytest.mark.parametrize("kind", ["jax", "torch", "memory"])
def test_every_kind_of_too_little_memory_is_one_line(monkeypatch, table, tmp_path, capsys, kind):
    import jax

    class OutOfMemoryError(RuntimeError):
        pass

    error = {
        "jax": jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 8 bytes."),
        "torch": OutOfMemoryError("CUDA out of memory"),
        "memory": MemoryError(),
    }[kind]

    def too_much(*arguments, **options):
        raise error

    monkeypatch.setattr("malmoi.models.neural.base.fit", too_much)
    line = mistake(capsys, "train", table, "-o", tmp_path / "m.malmoi", *FAST)
    assert line.startswith("malmoi: out of memory; lower --length")


def test_other_errors_of_jax_are_bugs(monkeypatch, table, tmp_path):
    import jax

    def broken(*arguments, **options):
        raise jax.errors.JaxRuntimeError("INTERNAL: a bug")

    monkeypatch.setattr("malmoi.models.neural.base.fit", broken)
    with pytest.raises(jax.errors.JaxRuntimeError, match="a bug"):
        run(["train", str(table), "-o", str(tmp_path / "m.malmoi"), *FAST])


IN_ONE_PROCESS = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from malmoi.cli.commands import run

answers = []
for command in json.loads(sys.argv[1]):
    with redirect_stdout(io.StringIO()) as output, redirect_stderr(io.StringIO()) as errors:
        status = run(command)
    answers.append((status, output.getvalue(), errors.getvalue()))
print(json.dumps(answers))
"""


def test_backends_that_cannot_train_are_named(table, tmp_path):
    """In one process, into which Keras is not imported yet."""
    commands = [["train", table, "-o", tmp_path / "m.malmoi", *FAST], ["doctor"]]
    asked = json.dumps([list(map(str, command)) for command in commands])
    environment = {**os.environ, "KERAS_BACKEND": "numpy"}
    command = [sys.executable, "-c", IN_ONE_PROCESS, asked]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    *refused, (status, printed, errors) = json.loads(done.stdout)
    rule = "the environment variable KERAS_BACKEND must be one of jax, tensorflow, torch, got 'numpy'"
    for answer in refused:
        assert (answer[0], without_reading(answer[2])) == (2, [f"malmoi: {rule}; unset it for jax"])
    assert rule in " ".join(printed.split())
    assert (status, errors, done.stderr) == (0, "", "")


def test_without_a_folder_for_the_cache_training_is_quiet(table, tmp_path):
    import matplotlib

    (tmp_path / "file").write_text("")
    fonts = matplotlib.get_cachedir()  # which matplotlib would look for anew, for seconds
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "file"), "MPLCONFIGDIR": fonts}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    answer = malmoi("train", table, "-o", tmp_path / "m.malmoi", *FAST, env=environment)
    assert answer.returncode == 0
    assert all(
        line.startswith(("note: ", "warning: ", "checked: ", "    ", "  > "))
        for line in without_reading(answer.stderr.decode())
    )
