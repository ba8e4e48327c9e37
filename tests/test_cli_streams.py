"""Standard input, output and error that are closed, full or read by nobody; signals that end a command."""

import errno
import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from malmoi.cli.mistakes import one_line
from messages import without_reading
from systems import needs_posix

pytestmark = needs_posix  # everything is run by bash

MALMOI = f"{sys.executable} -m malmoi"
FULL = "malmoi: standard output: No space left on device"
CLOSED = "malmoi: standard output: Bad file descriptor"


def shell(line, folder, **environment):
    """Run a line of bash; the exit status is that of malmoi, where it is the first of a pipe."""
    command = ["bash", "-c", f"{line.replace('malmoi', MALMOI, 1)}; exit ${{PIPESTATUS[0]}}"]
    environment = {**os.environ, **environment}
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    assert "Traceback" not in answer.stderr
    assert "ignored" not in answer.stderr
    return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    rows = (f"좋은 영화 {number},긍정\n나쁜 영화 {number},부정\n" for number in range(20))
    (folder / "평가.csv").write_text("text,label\n" + "".join(rows), encoding="utf-8")
    (folder / "words.txt").write_text("cat 1 0\ndog 0 1\nmouse 1 1\n")
    import malmoi as mm

    classifier = mm.BagClassifier().fit(["좋은 영화", "나쁜 영화"] * 10, ["긍정", "부정"] * 10)
    classifier.save(folder / "m.malmoi")
    return folder


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("malmoi info m.malmoi | true", 0, []),
        ("malmoi info m.malmoi >&-", 2, [CLOSED]),
        ("malmoi info m.malmoi 2>/dev/full >/dev/full", 2, []),
        ("malmoi --version >/dev/full", 2, [FULL]),
        ("malmoi predict m.malmoi - <&-", 2, ["malmoi: standard input: Bad file descriptor"]),
        ("malmoi predict m.malmoi 평가.csv >&-", 2, ["malmoi: Bad file descriptor; the predictions are incomplete"]),
        ("malmoi predict m.malmoi - < <(yes) | head -1 >/dev/null", 0, []),
    ],
)
def test_streams_that_fail_are_one_line(folder, line, status, said):
    answer = shell(line, folder)
    assert (without_reading(answer.stderr), answer.returncode) == (said, status)


def test_with_closed_streams_no_file_gets_their_numbers(folder):
    line = "malmoi predict m.malmoi 평가.csv -o closed.csv >&- 2>&- <&-"
    assert shell(line, folder).returncode == 0
    assert shell("malmoi predict m.malmoi 평가.csv -o open.csv", folder).returncode == 0
    assert (folder / "closed.csv").read_bytes() == (folder / "open.csv").read_bytes()


def test_a_poor_terminal_does_no_harm(folder):
    poor = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "COLUMNS": "1", "TERM": "dumb"}
    assert shell("malmoi predict m.malmoi 평가.csv", folder, **poor).returncode == 0
    assert shell("malmoi info 없다.malmoi", folder, **poor).returncode == 2


@pytest.mark.parametrize(
    ("line", "content"),
    [
        ("malmoi predict m.malmoi 평가.csv -o >(wc -l) 2>/dev/null | cat", "41"),
        ("malmoi predict m.malmoi 평가.csv --format parquet -o /dev/stdout | head -c 4", "PAR1"),
        ("malmoi evaluate m.malmoi 평가.csv --format json -o /dev/stdout | head -c 1", "{"),
    ],
)
def test_outputs_that_are_no_files_are_written_to(folder, line, content):
    answer = shell(line, folder)
    assert (answer.stdout.strip(), answer.returncode) == (content, 0), answer.stderr


ENDING = """
import os, signal, sys
from malmoi.cli import main
from malmoi.foundation import files
write = files.open_partial
def slow(*arguments):
    handle = write(*arguments)
    if not os.path.exists("ended") and "closed" not in sys.argv:
        open("ended", "w").close()
        os.kill(os.getpid(), getattr(signal, sys.argv.pop(1)))
        for _ in range(1000): pass
    return handle
files.open_partial = slow
main(sys.argv[2:])
"""


@pytest.mark.parametrize(
    ("name", "status", "word"),
    [("SIGINT", 2, "interrupted"), ("SIGTERM", 143, "terminated"), ("SIGHUP", 129, "hung up")],
)
def test_a_signal_between_making_a_file_and_writing_it_leaves_nothing(folder, tmp_path, name, status, word):
    words = ["evaluate", folder / "m.malmoi", folder / "평가.csv", "-o", "out.json", "--format", "json"]
    command = [sys.executable, "-c", ENDING, name, *map(str, words)]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert without_reading(answer.stderr) == [f"malmoi: {word}; nothing was written"]
    assert answer.returncode == status
    assert os.listdir(tmp_path) == ["ended"]


def test_what_kill_leaves_is_removed_by_the_next_run_which_gives_the_same_bytes(folder, tmp_path):
    words = ["explain", folder / "m.malmoi", "좋은 영화", "-o", "out.html", "--format", "html"]
    command = [sys.executable, "-c", ENDING, "SIGKILL", *map(str, words)]
    killed = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert any(name.startswith(".out.html.") for name in os.listdir(tmp_path))
    for _ in range(2):
        subprocess.run([sys.executable, "-m", "malmoi", *words, "--force"], cwd=tmp_path, check=True)
        assert sorted(os.listdir(tmp_path)) == ["ended", "out.html"]
    assert (tmp_path / "out.html").read_bytes().rstrip().endswith(b"</html>")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full; nothing was written"),
        (errno.EFBIG, "a file exceeds the size limit (ulimit -f); nothing was written"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_an_error_of_the_system_is_the_same_line_whoever_wrote(number, said):
    words = f"parquet: File out of specification: underlying IO error: ... (os error {number})"
    assert one_line(pl.exceptions.ComputeError(words)) == said
    assert one_line(OSError(words)) == said
    assert one_line(OSError(number, os.strerror(number))) == said
    assert one_line(pl.exceptions.ComputeError("another")) is None


def test_nohup_keeps_a_command_alive(folder):
    code = "import signal; from malmoi.cli.interrupts import caught; caught(); signal.raise_signal(signal.SIGHUP)"
    answer = subprocess.run(["nohup", sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == 0


def test_an_interrupt_before_the_command_line_is_imported_is_quiet():
    code = (
        "import os, signal, sys; from importlib.abc import MetaPathFinder\n"
        "class Interrupts(MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'malmoi.cli': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "from malmoi.__main__ import main\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (answer.stderr, answer.returncode) == ("malmoi: interrupted; nothing was written\n", 2)


def test_processes_end_with_the_command(tmp_path):
    code = (
        "import time\nfrom malmoi.cli.interrupts import caught\nfrom malmoi.foundation.workers import in_processes\n"
        "if __name__ == '__main__':\n"
        "    caught()\n"
        "    for _ in in_processes(time.sleep, [60.0, 60.0], 2, lambda: print('tick', flush=True)): pass\n"
    )
    (tmp_path / "work.py").write_text(code)
    command = [sys.executable, tmp_path / "work.py"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    with process:
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers hear it too, while they start
        errors = process.stderr.read().decode()
    assert errors.count("Traceback") == 1  # the first process alone, which has no command line around it
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("a process is left")
