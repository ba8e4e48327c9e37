"""Runs the old Keras scripts of `examples/old_keras` on today's Keras; prints a table, a row per script.

    python tools/old_scripts.py [SCRIPT ...] [--data ../shared/data] [--old-python PYTHON] [--logs FOLDER]

Every script is run twice in new processes: unmodified, which imports `malmoi.keras.install`, and without that line, as
`malmoi migrate` rewrites it. Both get the same small data and the same seeds; "same numbers" compares all numbers they
print but for durations. `--old-python` names an interpreter with Keras 2.12 to 2.15, in which each script runs first;
then "inputs" says whether `x_test` of both runs is equal, and "difference" is the largest absolute difference between
the predictions of both for the inputs of the first, with its weights. A script must leave these variables: `model`, and
`x_test`, an array or a list of arrays.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from old_scripts_data import MAKERS

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "examples" / "old_keras"
RUNNER = Path(__file__).with_name("old_scripts_run.py")
LIMITS = {
    "imdb_lstm": 400,
    "glove_newsgroups": 30,
    "forecast_generator": 1200,
    "one_hot_flatten": 400,
    "skipgram_word2vec": 300,
    "char_generation": 4000,
    "pickled_tokenizer": 50,
    "tf_keras_text": 300,
}
"""The second argument of each script."""
HOOK = "import malmoi.keras.install"
TIMEOUT_SECONDS = 600
DURATION = re.compile(r"\b\d+(?:\.\d+)?(?:us|ms|s|m)(?:/(?:step|epoch))?(?![\w.])")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass
class Run:
    """What came of one process."""

    status: int
    output: str
    messages: str
    seconds: float
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """Its cell of the table."""
        return f"ok, {self.seconds:.1f} s" if self.status == 0 else "FAULT"

    @property
    def reason(self) -> str:
        """The last line of what it wrote to standard error."""
        lines = [line for line in self.messages.splitlines() if line.strip()]
        return lines[-1] if lines else f"exit status {self.status}"


def start(command: list[str], folder: Path, *, old: bool = False) -> Run:
    """Run a command in a folder of its own."""
    environment = os.environ | {"PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "3", "COLUMNS": "100"}
    if old:
        environment.pop("PYTHONPATH", None)
        environment.pop("KERAS_BACKEND", None)
    folder.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=TIMEOUT_SECONDS, check=False
        )
        status, output, messages = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as error:
        status, output, messages = 124, error.stdout or b"", f"no end after {TIMEOUT_SECONDS} s".encode()
    seconds = time.perf_counter() - begin
    return Run(status, output.decode(errors="replace"), messages.decode(errors="replace"), seconds)


def run_script(python: str, script: Path, folder: Path, arguments: list[str], *options: str) -> Run:
    """Run a script by the runner, and read what that found."""
    result = folder / "result.json"
    command = [python, str(RUNNER), "run", *options, str(script), str(result), *arguments]
    run = start(command, folder, old="--old" in options)
    if run.status == 0:
        run.found = json.loads(result.read_text())
    return run


def without_hook(source: str) -> str:
    """Return a script as it was before it got the line that imports the hook."""
    return "".join(line for line in source.splitlines(keepends=True) if not line.startswith(HOOK))


def printed_numbers(output: str) -> list[str]:
    """Return the numbers that a script printed, without durations and progress bars."""
    parts = re.split(r"[\r\n\x08]+", COLOUR.sub("", output))
    kept = (DURATION.sub("", part) for part in parts if "━" not in part and "[=" not in part and "..." not in part)
    return [number for part in kept for number in NUMBER.findall(part)]


def try_script(
    name: str,
    folder: Path,
    data: Path | None,
    old_python: str | None = None,
    *,
    migrating: bool = True,
    python: str = sys.executable,
) -> dict[str, Run]:
    """Run a script in every way; return the runs by their names."""
    source, runs = folder / "data", {}
    source.mkdir(parents=True)
    MAKERS[name](source, data)
    script, arguments = SCRIPTS / f"{name}.py", [str(source), str(LIMITS[name])]
    kept, options = folder / "old.npz", []
    if old_python:
        if name == "pickled_tokenizer":
            runs["saved by old Keras"] = start([old_python, str(RUNNER), "saved-model", str(source)], folder, old=True)
        runs["old"] = run_script(old_python, script, folder / "old", arguments, "--old", "--save", str(kept))
        options = ["--compare", str(kept)] if kept.exists() else []
    runs["hook"] = run_script(python, script, folder / "hook", arguments, *options)
    if migrating:
        plain, migrated = folder / f"{name}.py", folder / f"{name}_migrated.py"
        plain.write_text(without_hook(script.read_text(encoding="utf-8")), encoding="utf-8")
        command = [python, "-m", "malmoi", "migrate", str(plain), "-o", str(migrated)]
        runs["migrate"] = start(command, folder)
        if runs["migrate"].status == 0:
            runs["migrated"] = run_script(python, migrated, folder / "migrated", arguments)
    return runs


def found_by_migrate(runs: dict[str, Run]) -> str:
    """Say how many places `malmoi migrate` left to the user, if there are any."""
    counts = re.findall(r", ([1-9]\d*) findings?$", runs["migrate"].output, re.M)
    return f" ({counts[-1]} to do by hand)" if counts else ""


def row(name: str, runs: dict[str, Run]) -> list[str]:
    """Return the cells of a script."""
    cells = [name, runs["hook"].shown]
    migrated = runs.get("migrated", runs.get("migrate"))
    cells.append(migrated.shown + found_by_migrate(runs) if migrated else "")
    both = [runs[way] for way in ("hook", "migrated") if way in runs and runs[way].status == 0]
    if len(both) == 2:
        first, second = (printed_numbers(run.output) for run in both)
        cells.append(f"yes, {len(first)}" if first == second else "NO")
    else:
        cells.append("")
    cells.append(runs["old"].shown if "old" in runs else "")
    found = runs["hook"].found
    if "difference" in found:
        cells.append("equal" if found["same_inputs"] else "DIFFERENT")
        cells.append(f"{found['difference']:.1e} of {found['predictions']}")
    return [*cells, "", ""][:7]


def faults(name: str, runs: dict[str, Run]) -> list[str]:
    """Return a line for each run that failed; a rewritten script may, where `malmoi migrate` said what is missing."""
    left = "migrate" in runs and found_by_migrate(runs)
    failed = {way: run for way, run in runs.items() if run.status and not (way == "migrated" and left)}
    return [f"{name}, {way}: {run.reason}" for way, run in failed.items()]


def write_logs(folder: Path, name: str, runs: dict[str, Run]) -> None:
    """Keep what every run printed."""
    folder.mkdir(parents=True, exist_ok=True)
    for way, run in runs.items():
        text = f"{run.output}\n--- standard error\n{run.messages}"
        (folder / f"{name}.{way.replace(' ', '-')}.txt").write_text(text, encoding="utf-8")


def main() -> None:
    """Print the table; exit status 1 where there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scripts", nargs="*", choices=[*MAKERS, []], help="names without .py; all of them by default")
    parser.add_argument("--data", type=Path, help="folder of the real data; the built-in reviews by default")
    parser.add_argument("--python", default=sys.executable, help="interpreter with malmoi, Keras 3 and JAX")
    parser.add_argument("--old-python", help="interpreter with Keras 2.12 to 2.15")
    parser.add_argument("--only-hook", action="store_true", help="leave out the migrated scripts")
    parser.add_argument("--logs", type=Path, help="folder for what the runs print")
    asked = parser.parse_args()
    columns = ("script", "hook", "migrated", "same numbers", "old Keras", "inputs", "difference")
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    reasons = []
    for name in asked.scripts or MAKERS:
        with tempfile.TemporaryDirectory() as folder:
            runs = try_script(
                name,
                Path(folder).resolve(),
                asked.data,
                asked.old_python,
                migrating=not asked.only_hook,
                python=asked.python,
            )
        cells = row(name, runs)
        print(f"| {' | '.join(cells)} |", flush=True)
        reasons += faults(name, runs)
        reasons += [f"{name}: {cell}" for cell in cells[3:6] if cell in {"NO", "DIFFERENT"}]
        if asked.logs:
            write_logs(asked.logs, name, runs)
    print("\n".join(["", *reasons]))
    sys.exit(bool(reasons))


if __name__ == "__main__":
    main()
