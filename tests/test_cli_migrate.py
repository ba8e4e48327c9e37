"""`malmoi migrate`: what it prints, what it writes, and what it refuses."""

import json
import os
import subprocess
import sys

import pytest

from malmoi.cli.commands import run
from systems import needs_posix

OLD = "import os\nfrom keras.layers.core import Dense\nlayer = Dense(output_dim=3)\n"
NEW = (
    "import os\nimport malmoi.keras  # chooses an installed backend for Keras\nfrom keras.layers import Dense\n"
    "layer = Dense(units=3)\n"
)
FOUND = "from keras.layers import CuDNNLSTM\n"


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.py"
    path.write_text(OLD)
    return path


def printed(capsys, *arguments, status=0):
    """Run the command; returns what it printed to standard output and to standard error."""
    capsys.readouterr()
    assert run(["migrate", *map(str, arguments)]) == status
    return capsys.readouterr()


def mistake(capsys, *arguments):
    """Run the command, which must fail with one line and exit status 2."""
    shown = printed(capsys, *arguments, status=2)
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    return line


def test_the_difference_is_printed_and_nothing_is_written(old, tmp_path, capsys):
    shown = printed(capsys, old)
    assert shown.out.splitlines() == [
        f"--- {old}",
        f"+++ {old} (migrated)",
        "@@ -1,3 +1,4 @@",
        " import os",
        "-from keras.layers.core import Dense",
        "-layer = Dense(output_dim=3)",
        "+import malmoi.keras  # chooses an installed backend for Keras",
        "+from keras.layers import Dense",
        "+layer = Dense(units=3)",
        f"{old}: 3 changes, 0 findings",
    ]
    assert shown.err == "nothing was written; pass --output FILE or --write\n"
    assert [path.name for path in tmp_path.iterdir()] == ["old.py"]
    assert old.read_text() == OLD


def test_findings_have_file_line_reason_and_cure(tmp_path, capsys):
    path = tmp_path / "a.py"
    path.write_text("\n" + FOUND)
    assert printed(capsys, path).out.splitlines()[-2:] == [
        f"{path}: 1 change, 1 finding",
        f"{path}:2: keras.layers.CuDNNLSTM does not exist in Keras 3; replace it by LSTM, which uses cuDNN by itself "
        "where it can [removed-name]",
    ]


def test_strict_fails_if_there_is_a_finding(old, tmp_path, capsys):
    printed(capsys, old, "--strict")
    (tmp_path / "a.py").write_text(FOUND)
    printed(capsys, old, tmp_path / "a.py", "--strict", "--write", status=3)
    assert old.read_text() == NEW


def test_a_file_without_keras_has_nothing_to_change(tmp_path, capsys):
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    shown = printed(capsys, path, "--strict")
    assert (shown.out, shown.err) == (f"{path}: nothing to change\n", "")


def test_output_is_a_new_file(old, tmp_path, capsys):
    target = tmp_path / "new.py"
    shown = printed(capsys, old, "-o", target)
    assert (target.read_text(), old.read_text()) == (NEW, OLD)
    assert shown.err == f"wrote {target}\n"
    assert "exists; use --force to replace it" in mistake(capsys, old, "-o", target)
    target.write_text("")
    printed(capsys, old, "-o", target, "--force")
    assert target.read_text() == NEW


def test_write_keeps_the_old_file(old, tmp_path, capsys):
    unchanged = tmp_path / "b.py"
    unchanged.write_text("x = 1\n")
    shown = printed(capsys, old, unchanged, "--write")
    copy = tmp_path / "old.py.bak"
    assert shown.err == f"kept the old file as {copy}\nwrote {old}\n"
    assert (old.read_text(), copy.read_text()) == (NEW, OLD)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.py", "old.py", "old.py.bak"]
    again = printed(capsys, old, "--write")
    assert (again.out, again.err) == (f"{old}: nothing to change\n", "")
    old.write_text(OLD + "# more\n")
    assert "old.py.bak exists; use --force to replace it" in mistake(capsys, old, "--write")
    assert (old.read_text(), copy.read_text()) == (OLD + "# more\n", OLD)


def test_migrating_again_has_nothing_to_change(old, tmp_path, capsys):
    printed(capsys, old, "--write")
    assert printed(capsys, old).out == f"{old}: nothing to change\n"


def test_a_notebook_is_shown_by_cells(tmp_path, capsys):
    sources = ["# title", "!pip install keras\nfrom keras.layers.core import Dense", "x = 1", "print 'a'"]
    cells = [{"cell_type": "code", "source": source.splitlines(keepends=True)} for source in sources]
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}, indent=1))
    lines = printed(capsys, path, "-o", tmp_path / "new.ipynb").out.splitlines()
    assert lines[:2] == [f"--- {path}, cell 2", f"+++ {path}, cell 2 (migrated)"]
    assert lines[-1].startswith(f"{path}:cell 4:1: Python 2 code: print without parentheses; convert it first")
    written = json.loads((tmp_path / "new.ipynb").read_text())
    assert "".join(written["cells"][1]["source"]).endswith("from keras.layers import Dense")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.py"], "no such file or folder: none.py"),
        (["{old}", "-o", "a.py", "--write"], "--output and --write must not be used together"),
        (["{old}", "{old}", "-o", "a.py"], "--output takes one FILE, got 2; use --write"),
        (["{old}", "-o", "a.ipynb"], "--output must have the suffix of FILE, got a.ipynb for old.py"),
        (["n.ipynb", "-o", "n.py"], "--output must have the suffix of FILE, got n.py for n.ipynb"),
        (["{old}", "{old}", "--write"], "FILE must be different files, got one twice"),
        (["{old}", "--force"], "--force has no effect without --output or --write"),
        (["{old}", "-o", "{old}"], "--output must be another file than the other files"),
        (["{folder}"], "a file named"),
        ([], "Missing argument 'FILE'"),
    ],
)
def test_mistakes_are_one_line(old, tmp_path, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "folder.d"
    folder.mkdir()
    assert message in mistake(capsys, *(word.format(old=old, folder=folder) for word in arguments))
    assert old.read_text() == OLD


def test_python_2_is_refused_before_anything_is_written(old, tmp_path, capsys):
    (tmp_path / "two.py").write_text("import keras\nprint 'a'\n")
    line = mistake(capsys, old, tmp_path / "two.py", "--write")
    assert line == (
        f"malmoi: {tmp_path / 'two.py'}:2: Python 2 code: print without parentheses; convert it first, for example "
        "with 2to3"
    )
    assert old.read_text() == OLD


@needs_posix
def test_pipes_are_refused_without_waiting(tmp_path, capsys):
    os.mkfifo(tmp_path / "p.py")
    assert "must be a regular file" in mistake(capsys, tmp_path / "p.py")


def test_tabs_are_shown_as_spaces(tmp_path, capsys):
    path = tmp_path / "a.py"
    path.write_text("if 1:\n\timport keras.layers.core\n")
    assert "+    import keras.layers" in [
        line.replace("+   import", "+    import") for line in printed(capsys, path).out.splitlines()
    ]


def test_nothing_of_the_file_is_run_and_keras_is_not_imported(tmp_path):
    (tmp_path / "keras.py").write_text("raise SystemExit('keras was imported')")
    (tmp_path / "old.py").write_text(OLD + "raise SystemExit('the script was run')\n")
    code = (
        "import sys; from malmoi.cli.commands import run; "
        "print(run(sys.argv[1:]), {'jax', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "migrate", "old.py", "-o", "new.py"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "0 set()"
    assert (tmp_path / "new.py").read_text().startswith(NEW)
