"""Ctrl-C while the core works: every long job ends within a moment, and what it used still works, or is refused."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import malmoi as mm
from interrupted_jobs import JOBS
from small_models import small_model, written

MOMENTS = [0.15, 0.6]
PROMISED = 0.2
# Until a signal has come, and the process has said when it ended. A loaded machine may need longer: a job that seems
# slow is tried again, and each moment's best try counts. The table of what was measured is printed (`pytest -s`).
SLACK = 0.15
TRIES = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files that the jobs read."""
    made = tmp_path_factory.mktemp("jobs")
    written(made / "network.malmoi", *small_model("text network"))
    numbers = " ".join(map(str, np.linspace(-1, 1, 100).round(4)))
    made.joinpath("vectors.txt").write_text("".join(f"w{word} {numbers}\n" for word in range(60_000)), encoding="utf-8")
    rows = "".join(f"{'some words of a text ' * 20},{label}\n" for label in "ab")
    made.joinpath("table.csv").write_text("text,label\n" + rows * 100_000, encoding="utf-8")
    return made


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
@pytest.mark.parametrize("name", JOBS)
def test_an_interrupt_is_noticed_within_a_moment(name, folder):
    best = [float("inf")] * len(MOMENTS)
    for _ in range(TRIES):
        taken = seconds_taken(name, folder)
        sys.stdout.write(f"{name:24} {' '.join(f'{seconds:.3f}' for seconds in taken)} s\n")
        best = list(map(min, best, taken))
        if max(best) <= PROMISED + SLACK:
            break
    assert max(best) <= PROMISED + SLACK


def test_an_interrupt_is_not_lost_while_the_core_asks_which_thread_it_is_on(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    texts = ["one two three four five"] * 400_000
    monkeypatch.setattr(threading, "main_thread", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mm.SequenceVectorizer(max_length=5).fit_transform(texts * 4)


def seconds_taken(name, folder):
    """Run a job, interrupt it at each moment, and see that what it used still works."""
    command = [sys.executable, "-W", "ignore", str(Path(__file__).parent / "interrupted_jobs.py"), name, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        taken = []
        try:
            for moment in MOMENTS:
                process.stdin.write("on\n")
                process.stdin.flush()
                assert process.stdout.readline() == "begun\n"
                time.sleep(moment)
                sent = time.monotonic()
                process.send_signal(2)
                taken.append(float(process.stdout.readline()) - sent)
            process.stdin.close()
            works = process.stdout.readline()
        finally:
            process.kill()
    assert works == "works\n"
    return taken
