"""Work in several processes."""

import os
import select
import signal
import subprocess
import sys

import pytest

from malmoi.foundation.workers import WorkerDiedError, in_processes
from systems import needs_posix


def doubled(number):
    return 2 * number


def dies_at_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fails(number):
    raise ValueError(f"no {number}")


def test_every_item_has_its_result():
    ticks = []
    found = dict(in_processes(doubled, [1, 2, 3, 4, 5], 2, lambda: ticks.append(1)))
    assert found == {1: 2, 2: 4, 3: 6, 4: 8, 5: 10}
    assert ticks


@needs_posix
def test_a_process_that_is_killed_takes_one_item_with_it():
    found = dict(in_processes(dies_at_three, [1, 2, 3, 4], 2, lambda: None))
    assert {item: one for item, one in found.items() if item != 3} == {1: 1, 2: 2, 4: 4}
    assert isinstance(found[3], WorkerDiedError)
    assert "killed (signal 9), perhaps because the memory was full" in str(found[3])


def test_errors_of_the_work_are_raised():
    with pytest.raises(ValueError, match="no 1"):
        list(in_processes(fails, [1], 1, lambda: None))


def test_nothing_to_do_starts_nothing():
    assert list(in_processes(doubled, [], 2, lambda: None)) == []


PARENT = """
import os, sys, time
from malmoi.foundation.workers import in_processes
sys.path.insert(0, {folder!r})
from test_workers import says_its_process
if __name__ == "__main__":
    list(in_processes(says_its_process, [1], 1, lambda: None))
"""


def says_its_process(number):
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    signal.pause()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process of another one")
def test_processes_end_with_the_first_one_even_if_it_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(folder=os.path.dirname(__file__)))
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    try:
        ended = os.pidfd_open(worker)
    except ProcessLookupError:
        return
    assert select.select([ended], [], [], 20)[0], "the worker goes on without its parent"
    os.close(ended)
