"""Runs every command with little address space and on one core; prints what comes of it, a row a command.

    python tools/small_machines.py [../shared/data] [--commands train predict]

A run is "done", or ends with exit status 2 and one line; anything else is a fault. With the folder of the data, some
commands run on the 25,000 reviews of IMDB too.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from kill_commands import COMMANDS, Command, limited, make_data, signals_as_usual

LIMITS_GB = (1.0, 1.5, 2.5)
LARGE = {
    "train on IMDB": Command("train imdb-train.parquet -o out.malmoi --runs none", ("out.malmoi", "out.png")),
    "train conv on IMDB": Command(
        "train imdb-train.parquet -o out.malmoi --recipe conv --epochs 1 --runs none", ("out.malmoi", "out.png")
    ),
    "check on IMDB": Command("check imdb-train.parquet -o out.json --format json", ("out.json",)),
    "predict on IMDB": Command("predict bag.malmoi imdb-train.parquet -o out.parquet", ("out.parquet",)),
    "vectorize IMDB": Command("vectorize imdb-train.parquet -o out.npz", ("out.npz",)),
}


def little_address_space(gigabytes: float) -> Callable[[], None]:
    """A limit as that of `ulimit -v`, in units of 1,000,000 KiB."""
    size = int(gigabytes * 1_000_000) << 10

    def limit() -> None:
        signals_as_usual()
        resource.setrlimit(resource.RLIMIT_AS, (size, size))

    return limit


def one_core() -> None:
    """Run on one of the cores."""
    signals_as_usual()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def main() -> None:
    """Print the table; exit status 1 where there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--commands", nargs="*")
    asked = parser.parse_args()
    commands = COMMANDS | (LARGE if asked.data else {})
    columns: dict[str, Callable[[], None]] = {f"{limit:g} GB": little_address_space(limit) for limit in LIMITS_GB}
    columns["one core"] = one_core
    print(f"| command | {' | '.join(columns)} |\n|{' --- |' * (len(columns) + 1)}")
    is_right = True
    with tempfile.TemporaryDirectory(prefix="malmoi-small-") as folder:
        make_data(Path(folder))
        if asked.data:
            (Path(folder) / "imdb-train.parquet").symlink_to((asked.data / "imdb-train.parquet").resolve())
        for name in asked.commands or commands:
            told = [limited(Path(folder), commands[name], lambda _: (), limit) for limit in columns.values()]
            is_right = is_right and not any("FAULT" in one for one in told)
            print(f"| {name} | {' | '.join(told)} |", flush=True)
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
