"""Ends commands that write at random moments, and runs them where nothing can be written; prints what is left.

    python tools/kill_commands.py signals [--moments 20] [--commands train predict]
    python tools/kill_commands.py disk

`signals`: SIGINT, SIGTERM and SIGKILL. Afterwards an output is absent or the whole one; no temporary file and no
process is left after SIGINT and SIGTERM; the same command once more gives the bytes of an undisturbed run, and
removes the temporary files that SIGKILL left.

`disk` (needs the right to mount, such as root's): outputs on a full disk and in a read-only file system, with a limit
of the size of files and with few open files: one line, exit status 2, nothing left, no traceback.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

MALMOI = [sys.executable, "-m", "malmoi"]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
STATUSES = {signal.SIGINT: 2, signal.SIGTERM: 143, signal.SIGKILL: -9}
LONGEST_SECONDS = 180
FILLING, LISTED = "filling", "listed"
WORDS = "good bad great poor fine awful lovely dull bright weak film story actor scene plot music end start".split()


@dataclass(frozen=True)
class Command:
    """A command that writes.

    Args:
        line: its arguments; files of data are named as `make_data` names them.
        outputs: files that it writes; of those with a `*` before them bytes differ from run to run.
        kept: files that an interrupted run may leave, by their ends: from them it goes on.
    """

    line: str
    outputs: tuple[str, ...]
    kept: tuple[str, ...] = ()


COMMANDS = {
    "train": Command("train reviews.csv -o out.malmoi --runs none", ("out.malmoi", "out.png")),
    "train few-labels": Command(
        "train reviews.csv -o out.malmoi --recipe few-labels --runs none", ("out.malmoi", "out.png")
    ),
    "train conv": Command(
        "train reviews.csv -o out.malmoi --recipe conv --epochs 3 --length 8 --dimension 4 --runs none"
        " --checkpoint out.state",
        ("*out.malmoi", "*out.png"),
        ("out.state",),
    ),
    "tune": Command(
        "tune reviews.csv -o out.malmoi --minutes 0.1 --trials 1 --runs none --study out.sqlite",
        ("*out.malmoi",),
        ("out.sqlite", "out.sqlite-journal"),
    ),
    "compare": Command(
        "compare reviews.csv --recipes bag --labels 8,16 --seeds 2 --processes 2 --runs out.db --json out.json",
        ("*out.json",),
        ("out.db", "out.db-journal"),
    ),
    "learning-curve": Command(
        "learning-curve reviews.csv --recipes bag --labels 8,16 --draws 2 -o out.png --json out.json",
        ("out.png", "*out.json"),
    ),
    "check": Command("check reviews.csv --fix out.csv -o out.json --format json", ("out.csv", "out.json")),
    "check to parquet": Command("check reviews.csv --fix out.parquet", ("out.parquet",)),
    "predict": Command("predict bag.malmoi texts.txt -o out.csv", ("out.csv",), (".part", ".part.json")),
    "predict to jsonl": Command("predict bag.malmoi texts.txt -o out.jsonl", ("out.jsonl",), (".part", ".part.json")),
    "predict to parquet": Command(
        "predict bag.malmoi texts.txt -o out.parquet", ("out.parquet",), (".part", ".part.json")
    ),
    "explain": Command("explain bag.malmoi good -o out.html --format html", ("out.html",)),
    "evaluate": Command("evaluate bag.malmoi reviews.csv -o out.json --format json", ("out.json",)),
    "report": Command("report bag.malmoi reviews.csv -o out.html --card out.md", ("out.html", "out.md")),
    "migrate": Command("migrate old.py -o out.py", ("out.py",)),
    "vectorize": Command("vectorize texts.txt -o out.npz --vocabulary out.jsonl", ("out.npz", "out.jsonl")),
    "vectorize to parquet": Command("vectorize texts.txt -o out.parquet", ("out.parquet",)),
    "vectors convert": Command("vectors convert words.txt -o out", ("out",)),
    "vectors train": Command(
        "vectors train texts.txt -o out --dimension 8 --epochs 6 --min-count 1 --n-jobs 1 --checkpoint out.state",
        ("out",),
        ("out.state",),
    ),
    "vectors map": Command("vectors map words.txt good bad great poor -o out.html", ("out.html",)),
    "series train": Command(
        "series train sensors.csv --id-column device -o out.malmoi --runs none --validation 0.25",
        ("out.malmoi", "out.png"),
    ),
    "series predict": Command("series predict series.malmoi sensors.csv --id-column device -o out.csv", ("out.csv",)),
    "series forecast": Command(
        "series forecast sales.csv --target sales --horizon 3 -o out.csv --no-backtest", ("out.csv", "out.png")
    ),
}


def make_data(folder: Path) -> None:
    """Write all that the commands read, and train the models that they use."""
    draw = random.Random(0)
    rows = ["text,label"]
    for number in range(60):
        label = number % 2
        words = [draw.choice(WORDS[1 - label : 10 : 2]) for _ in range(4)] + draw.choices(WORDS[10:], k=6)
        rows.append(f"{' '.join(words)} {number},{'neg pos'.split()[label]}")
    (folder / "reviews.csv").write_text("\n".join(rows) + "\n")
    texts = [" ".join(draw.choices(WORDS, k=12)) for _ in range(5_000)]
    (folder / "texts.txt").write_text("\n".join(texts) + "\n")
    vectors = [f"{word} {' '.join(f'{draw.gauss(0, 1):.3f}' for _ in range(8))}" for word in WORDS]
    vectors += [f"w{number} {' '.join(['0.125'] * 8)}" for number in range(10_000)]
    (folder / "words.txt").write_text("\n".join(vectors) + "\n")
    lines = ["device,time,flow,label"]
    lines += [f"d{d},{t},{(t * (1 + d % 2)) % 7},{'ab'[d % 2]}" for d in range(24) for t in range(20)]
    (folder / "sensors.csv").write_text("\n".join(lines) + "\n")
    first = date(2024, 1, 1)
    days = [f"{first + timedelta(days=day)},{10 + day % 7 + day / 50:.2f}" for day in range(120)]
    (folder / "sales.csv").write_text("day,sales\n" + "\n".join(days) + "\n")
    (folder / "old.py").write_text("from keras.layers.core import Dense\n" + "Dense(output_dim=3)\n" * 500)
    for line in (
        "train reviews.csv -o bag.malmoi --runs none",
        "series train sensors.csv --id-column device -o series.malmoi --runs none --validation 0.25",
    ):
        subprocess.run([*MALMOI, *line.split()], cwd=folder, check=True, capture_output=True)


def content(path: Path) -> bytes | None:
    """What a file holds; that of the members of a zip archive, which has times; `None` where there is none."""
    if not path.exists():
        return None
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    return path.read_bytes()


def is_whole(path: Path) -> bool:
    """Whether a file is what it should be, as far as its form tells."""
    data = path.read_bytes()
    if path.suffix == ".malmoi":
        command = [*MALMOI, "info", path.name]
        return subprocess.run(command, cwd=path.parent, capture_output=True, check=False).returncode == 0
    if path.suffix == ".json":
        return bool(json.loads(data))
    ends = {".html": b"</html>", ".png": b"IEND\xaeB`\x82", ".parquet": b"PAR1"}
    return data.rstrip().endswith(ends.get(path.suffix, b"")) and len(data) > 0


class Place:
    """A copy of the data, in which one command runs.

    Args:
        data: the folder of the data.
        command: runs there.
    """

    def __init__(self, data: Path, command: Command) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="malmoi-kill-"))
        self.command = command
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.seconds = float(LONGEST_SECONDS)  # of the fastest undisturbed run so far
        for path in data.iterdir():
            (self.folder / path.name).symlink_to(path)

    def start(self, *more: str) -> subprocess.Popen[str]:
        """Start the command, in a session of its own, with signals as a terminal leaves them."""
        return subprocess.Popen(
            [*MALMOI, *self.command.line.split(), *more],
            cwd=self.folder,
            env={**os.environ, "TMPDIR": str(self.temporary), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=signals_as_usual,
        )

    def clear(self) -> None:
        """Remove all but the data."""
        for path in [*self.folder.iterdir(), *self.temporary.iterdir()]:
            if path != self.temporary and not path.is_symlink():
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def left(self) -> list[str]:
        """Names of files that are neither data nor outputs, nor what the command goes on from."""
        outputs = {name.lstrip("*") for name in self.command.outputs}
        found = [path for path in self.folder.iterdir() if not path.is_symlink() and path != self.temporary]
        found += list(self.temporary.iterdir())
        kept = self.command.kept
        return [path.name for path in found if path.name not in outputs and not path.name.endswith(kept or ("\0",))]

    def wrong_outputs(self, expected: dict[str, bytes]) -> list[str]:
        """Names of outputs that are there, and are not whole."""
        wrong = []
        for output in self.command.outputs:
            path = self.folder / output.lstrip("*")
            if path.exists() and not (is_whole(path) if output[0] == "*" else content(path) == expected[output]):
                wrong.append(path.name)
        return wrong

    def contents(self) -> dict[str, bytes]:
        """What the outputs hold."""
        found = {name: content(self.folder / name.lstrip("*")) for name in self.command.outputs}
        missing = [name for name, data in found.items() if data is None]
        if missing:
            raise RuntimeError(f"{self.command.line}: an undisturbed run did not write {missing}")
        return {name: data for name, data in found.items() if data is not None}


def signals_as_usual() -> None:
    """Undo what a shell does to processes in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def finished(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """Wait for a process; returns its exit status and the lines of errors that it has written."""
    _, errors = process.communicate(timeout=LONGEST_SECONDS)
    return process.returncode, errors.splitlines()


def has_processes(session: int) -> bool:
    """Whether a process of a session lives."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            return True
    return False


def ending(number: signal.Signals, status: int, errors: list[str]) -> Iterator[str]:
    """How a run ended, and what was wrong with it."""
    said, is_ours = [line for line in errors if line.startswith("malmoi: ")], "malmoi" in "".join(errors)
    if status == 0:
        yield "done before"
    elif status == STATUSES[number]:
        yield "ended"
        if number != signal.SIGKILL and len(said) != 1:
            yield f"FAULT: said {errors[-3:]}"
    elif status == -number and not is_ours:
        yield "ended before our code ran"
    else:
        yield f"FAULT: status {status}: {errors[-1:]}"
    if any("Traceback" in line for line in errors) and is_ours:
        yield f"FAULT: a traceback: {errors[-1]}"


def killed(
    place: Place, number: signal.Signals, seconds: float, expected: dict[str, bytes], *, rerun: bool
) -> Iterator[str]:
    """End a run after a time, and run the command once more; yields every outcome."""
    place.clear()
    start = time.perf_counter()
    process = place.start()
    time.sleep(seconds)
    process.send_signal(number)
    status, errors = finished(process)
    if status == 0:
        place.seconds = min(place.seconds, time.perf_counter() - start)
    yield from ending(number, status, errors)
    time.sleep(1.5 if number == signal.SIGKILL else 0.5)  # workers notice within a second; the system cleans up
    if has_processes(process.pid):
        yield "FAULT: a process is left"
        os.killpg(process.pid, signal.SIGKILL)
    yield from (f"FAULT: half output {name}" for name in place.wrong_outputs(expected))
    if number != signal.SIGKILL:
        yield from (f"FAULT: left {name}" for name in place.left())
    elif place.left():
        yield "temporary file until the next run"
        rerun = True
    if not rerun:
        return
    status, errors = finished(place.start("--force"))
    if status:
        yield f"FAULT: the rerun ends with {status}: {errors[-1:]}"
        return
    yield from (f"FAULT: left after the rerun {name}" for name in place.left())
    again = place.contents()
    different = [name for name, data in again.items() if name[0] != "*" and data != expected[name]]
    yield from (f"FAULT: other bytes of {name} in the rerun" for name in different)
    yield from (f"FAULT: half output {name} of the rerun" for name in place.wrong_outputs(expected))


def run_signals(data: Path, commands: dict[str, Command], moments: int, reruns: int, seed: int) -> bool:
    """Try all signals on all commands; prints a row for each; returns whether there was no fault."""
    draw, is_right = random.Random(seed), True
    for name, command in commands.items():
        place = Place(data, command)
        finished(place.start())  # what is compiled once
        place.clear()
        start = time.perf_counter()
        status, errors = finished(place.start())
        seconds = place.seconds = time.perf_counter() - start
        if status:
            raise RuntimeError(f"{name}: an undisturbed run ends with {status}: {errors[-1:]}")
        expected = place.contents()
        for number in SIGNALS:
            outcomes: Counter[str] = Counter()
            for moment in range(moments):
                seconds_in = draw.uniform(0, place.seconds)
                outcomes.update(killed(place, number, seconds_in, expected, rerun=moment < reruns))
            told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
            is_right = is_right and "FAULT" not in told
            print(f"| {name} ({seconds:.1f} s) | {number.name} | {told} |", flush=True)
        shutil.rmtree(place.folder)
    return is_right


def few_files() -> None:
    """Allow 16 open files."""
    signals_as_usual()
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def small_files() -> None:
    """Allow files of 4 KiB."""
    signals_as_usual()
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def run_disk(data: Path, commands: dict[str, Command]) -> bool:
    """Run all commands where they cannot write; prints a row for each; returns whether there was no fault."""
    shown = [("full disk", full_disk, None), ("read-only", read_only, None)]
    limits: list[tuple[str, Callable[[Path], Sequence[str]], Callable[[], None] | None]] = [
        *shown,
        ("files of 4 KiB", lambda _: (), small_files),
        ("16 open files", lambda _: (), few_files),
    ]
    is_right = True
    for name, command in commands.items():
        for what, prefix, limit in limits:
            told = limited(data, command, prefix, limit)
            is_right = is_right and "FAULT" not in told
            print(f"| {name} | {what} | {told} |", flush=True)
    return is_right


def full_disk(outputs: Path) -> Sequence[str]:
    """A command before the command: the outputs lie on a disk that is full but for the names of files."""
    return mounted(outputs, f"mount -t tmpfs -o size=4k none {outputs} && head -c 4096 /dev/zero > {outputs}/{FILLING}")


def read_only(outputs: Path) -> Sequence[str]:
    """A command before the command: the outputs lie in a read-only file system."""
    return mounted(outputs, f"mount -t tmpfs -o ro none {outputs}")


def mounted(outputs: Path, mount: str) -> Sequence[str]:
    """A command before the command: run it with a mount that it alone sees; what is left there is listed."""
    script = f'{mount}; "$@"; status=$?; ls -A {outputs} > {outputs.parent}/{LISTED}; exit $status'
    return "unshare", "--mount", "sh", "-c", script, "sh"


def limited(
    data: Path, command: Command, prefix: Callable[[Path], Sequence[str]], limit: Callable[[], None] | None
) -> str:
    """Run a command where it cannot write; returns what came of it."""
    place = Place(data, command)
    outputs = place.folder / "outputs"
    outputs.mkdir()
    line = [f"outputs/{word}" if word.startswith("out.") or word == "out" else word for word in command.line.split()]
    answer = subprocess.run(
        [*prefix(outputs), *MALMOI, *line],
        cwd=place.folder,
        env={**os.environ, "TMPDIR": str(place.temporary), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit or signals_as_usual,
        timeout=LONGEST_SECONDS,
    )
    errors = answer.stderr.splitlines()
    names = {name.lstrip("*") for name in command.outputs}
    left = [path.name for path in [*outputs.iterdir(), *place.temporary.iterdir()]]
    listed = place.folder / LISTED
    left += [name for name in listed.read_text().split() if name != FILLING] if listed.exists() else []
    strange = [name for name in left if name not in names and not name.endswith(command.kept or ("\0",))]
    shutil.rmtree(place.folder)
    said = [line for line in errors if line.startswith("malmoi: ")]
    if answer.returncode == 0:
        return "done"
    if answer.returncode != 2 or len(said) != 1 or "Traceback" in answer.stderr or strange:
        return f"FAULT: status {answer.returncode}, {errors[-2:]}, left {strange}"
    return said[0].replace(str(place.folder), "...")


def main() -> None:
    """Run what is asked for; exit status 1 where there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["signals", "disk"])
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--reruns", type=int, default=20, help="of the moments of a signal; all that leave a file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", nargs="*", default=list(COMMANDS))
    asked = parser.parse_args()
    commands = {name: COMMANDS[name] for name in asked.commands}
    with tempfile.TemporaryDirectory(prefix="malmoi-kill-") as folder:
        make_data(Path(folder))
        if asked.kind == "signals":
            is_right = run_signals(Path(folder), commands, asked.moments, asked.reruns, asked.seed)
        else:
            is_right = run_disk(Path(folder), commands)
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
