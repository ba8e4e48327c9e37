"""Little memory: what it suffices for works, and the rest ends with one line that says how much is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from importlib.resources import files
from pathlib import Path

import pytest

from malmoi.cli.mistakes import OUT_OF_MEMORY, one_line
from malmoi.errors import MalmoiError
from malmoi.foundation import memory
from malmoi.foundation.memory import address_space_left, memory_left, require_memory

MEGABYTE = 1_000_000
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space are Linux's")


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.jsonl"
    path.write_bytes((files("malmoi") / "samples" / "reviews-en.jsonl").read_bytes())
    return path


def limited(megabytes: int, *command: str) -> list[str]:
    """A command under a limit of its address space; by a shell, for this process may have threads of JAX."""
    return ["sh", "-c", f'ulimit -v {megabytes * MEGABYTE // 1024} && exec "$@"', "sh", *command]


def run(megabytes: int, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line under a limit of its address space."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = limited(megabytes, sys.executable, "-m", "malmoi", *arguments)
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize("megabytes", [150, 350, 700])
def test_networks_say_how_much_they_need_before_jax_would_abort(reviews: Path, megabytes: int) -> None:
    done = run(megabytes, reviews.parent, "train", reviews.name, "--recipe", "conv", "-o", "m.malmoi")
    assert done.returncode == 2, done.stderr
    said = done.stderr.splitlines()
    assert not any("Traceback" in line for line in said)
    assert said[-1].startswith("malmoi: ")
    assert "of address space" in said[-1] or OUT_OF_MEMORY in said[-1]
    assert not (reviews.parent / "m.malmoi").exists()


def test_bags_are_trained_and_used_in_little_address_space(reviews: Path) -> None:
    trained = run(700, reviews.parent, "train", reviews.name, "-o", "m.malmoi")
    assert trained.returncode == 0, trained.stderr
    predicted = run(500, reviews.parent, "predict", "m.malmoi", reviews.name)
    assert predicted.returncode == 0, predicted.stderr
    assert len(predicted.stdout.splitlines()) == 501


def test_texts_are_worked_on_where_the_system_has_no_further_thread() -> None:
    # Stacks of ended threads are kept by the system's library for new ones, so the room is used up until none starts.
    program = """
        import json, re, resource, threading
        import malmoi as mm
        vectorizer, texts = mm.SequenceVectorizer(max_length=4), ["one two three"] * 20_000
        expected = vectorizer.fit(texts).transform(texts)
        few = texts[:200]
        used = int(re.search(r"VmSize:\\s+(\\d+)", open("/proc/self/status").read())[1]) << 10
        resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 20), used + (1 << 20)))
        threading.stack_size(2 << 20)  # as the core's
        end, refused = threading.Event(), False
        for _ in range(1_000):
            try:
                threading.Thread(target=end.wait, daemon=True).start()
            except RuntimeError:
                refused = True
                break
        equal = bool((vectorizer.transform(few) == expected[:200]).all())
        end.set()
        print(json.dumps({"refused": refused, "equal": equal}))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "MALMOI_THREADS": "8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"refused": True, "equal": True}


def test_without_a_limit_nothing_is_refused() -> None:
    assert address_space_left() is None
    left = memory_left()
    assert left is None or left > 0
    require_memory("this test", address_space=1 << 60, memory=1)
    with pytest.raises(MalmoiError, match=r"^this test needs .* MB of memory, but this machine has .* MB left$"):
        require_memory("this test", address_space=0, memory=1 << 60)


@pytest.mark.parametrize(
    ("groups", "tree", "left"),
    [
        ("0::/a\n", {"a": ("memory.max", "1000", "memory.current", "900", "300")}, 400),
        ("0::/a\n", {"": ("memory.max", "1000", "memory.current", "900", "0")}, 100),
        ("0::/a\n", {"a": ("memory.max", "max", "memory.current", "900", "0")}, None),
        (
            "4:cpu:/x\n3:memory:/a\n",
            {"memory/a": ("memory.limit_in_bytes", "50", "memory.usage_in_bytes", "60", "0")},
            0,
        ),
        ("0::/a\n", {}, None),
    ],
)
def test_a_container_has_a_limit_of_its_own(
    groups: str, tree: dict[str, tuple[str, ...]], left: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, (most, limit, used, now, inactive) in tree.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / most).write_text(limit + "\n")
        (tmp_path / folder / used).write_text(now + "\n")
        (tmp_path / folder / "memory.stat").write_text(f"anon 1\ninactive_file {inactive}\n")
    (tmp_path / "cgroup").write_text(groups)
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)
    monkeypatch.setattr(memory, "OWN_GROUPS", tmp_path / "cgroup")
    assert memory._of_container() == left


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        ImportError("libx.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
    ],
)
def test_a_lack_of_memory_is_one_line(error: Exception) -> None:
    assert one_line(error) == OUT_OF_MEMORY
    assert one_line(RuntimeError("another")) is None


CRASHING = """
import os, signal, sys
from malmoi.cli import supervision

status = supervision.supervised()
if status is None:
    os.write(2, b"words of a library\\n")
    open(".out.bin.0123456789abcdef.partial", "w").close()
    sys.stderr.write("words of ours\\n")
    sys.stderr.flush()
    {end}
sys.exit(status)
"""


@pytest.mark.parametrize(
    ("end", "status", "said"),
    [
        ("os.abort()", 2, ["words of ours", "malmoi: out of memory: a process limited to 2,000 MB"]),
        ("os.kill(os.getpid(), signal.SIGSEGV)", 2, ["words of ours", "malmoi: out of memory: a process limited to"]),
        ("os._exit(127)", 2, ["words of ours", "malmoi: out of memory: a process limited to 2,000 MB"]),
        ("os._exit(2)", 2, ["words of ours"]),
        ("os._exit(0)", 0, ["words of ours", "words of a library"]),
        ("os.kill(os.getpid(), signal.SIGKILL)", 137, ["words of ours", "words of a library"]),
        ("os.kill(os.getppid(), signal.SIGTERM), signal.pause()", 143, ["words of ours", "words of a library"]),
        ("os.kill(os.getppid(), signal.SIGKILL), signal.pause()", -9, ["words of ours"]),
    ],
)
def test_a_crash_under_a_limit_is_one_line(end: str, status: int, said: list[str], tmp_path: Path) -> None:
    command = limited(2000, sys.executable, "-c", CRASHING.format(end=end), "--output=out.bin")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == status
    found = done.stderr.splitlines()
    assert len(found) == len(said)
    assert all(line.startswith(expected) for line, expected in zip(found, said, strict=True))
    is_crash = "out of memory" in said[-1]
    assert bool(list(tmp_path.iterdir())) != is_crash  # what a crash had begun to write is gone
