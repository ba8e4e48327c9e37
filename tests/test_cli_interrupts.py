"""Ctrl-C, wherever it falls: one line, exit status 2, and no file."""

import signal
import subprocess
import sys
import time
from importlib.metadata import version

import pytest

from messages import without_reading
from systems import needs_posix

pytest.importorskip("keras")
DONE = "malmoi: interrupted; nothing was written"


@pytest.fixture
def reviews(tmp_path):
    rows = (f"good film number {number},pos\nbad film number {number},neg\n" for number in range(10))
    (tmp_path / "reviews.csv").write_text("text,label\n" + "".join(rows))
    return tmp_path / "reviews.csv"


@pytest.fixture
def endless(reviews):
    """The arguments of a training that only an interrupt ends."""
    output = reviews.with_name("m.malmoi")
    return ["train", str(reviews), "-o", str(output), "--epochs", "1000000", "--length", "5"]


@needs_posix
def test_an_interrupted_run_ends_with_one_line_and_no_file(endless, tmp_path):
    state = tmp_path / "state"
    command = [sys.executable, "-m", "malmoi", *endless, "--checkpoint", str(state)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not state.exists():  # it is written after every epoch
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert without_reading(errors) == [DONE]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reviews.csv", "state"]


INTERRUPTED_IN_A_COLLECTION = """
import gc, os, signal, sys
from malmoi.cli import main

def interrupt(phase, counts):
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        gc.callbacks.remove(interrupt)
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass

gc.callbacks.append(interrupt)
main(sys.argv[1:])
"""


@needs_posix
def test_an_interrupt_that_falls_into_a_collection_of_garbage_is_kept(endless, tmp_path):
    command = [sys.executable, "-c", INTERRUPTED_IN_A_COLLECTION, *endless]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (answer.returncode, without_reading(answer.stderr)) == (2, [DONE])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reviews.csv"]


INTERRUPTED_IMPORT = """
import os, signal, sys
from importlib.abc import MetaPathFinder
from malmoi.cli import main

class Interrupts(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
main(["doctor"])
"""


NUMPY = "numpy._core.multiarray" if int(version("numpy").partition(".")[0]) > 1 else "numpy.core.multiarray"


@needs_posix
@pytest.mark.parametrize("module", ["malmoi.cli.commands", "typer", "malmoi.cli.console", "rich.table", NUMPY, "jax"])
def test_an_interrupt_while_it_starts_is_one_line(module):
    command = [sys.executable, "-c", INTERRUPTED_IMPORT, module]
    answer = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (answer.returncode, without_reading(answer.stderr)) == (2, [DONE])


def test_an_interrupt_that_a_library_makes_another_error_of_is_an_interrupt(monkeypatch):
    from malmoi.cli import interrupted
    from malmoi.cli.mistakes import one_line

    assert one_line(RecursionError()) is None
    interrupted.set()
    try:
        assert one_line(RecursionError()) == "interrupted; nothing was written"
        assert one_line(SystemExit()) is None
    finally:
        interrupted.clear()
