"""Cases of `fasttext_classifier.py`, and what starts its processes."""

import argparse
import json
import os
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from text_peers import run_json
from text_sets import SETS

OURS = "malmoi"
Run = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """Texts and settings of a training, in fastText's names."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        own = ", ".join(f"{name} {value}" for name, value in self.settings.items())
        return f"{SETS[self.name].title}: {own}, lr 0.5, wordNgrams 2"

    def with_threads(self, threads: int, seed: int = 1, **more: Any) -> dict[str, Any]:
        return {"lr": 0.5, "wordNgrams": 2, **self.settings, "thread": threads, "seed": seed, **more}


CASES = {
    "imdb-10": Case("imdb", {"dim": 10, "epoch": 5}),
    "imdb-100": Case("imdb", {"dim": 100, "epoch": 5}),
    "nsmc": Case("nsmc", {"dim": 10, "epoch": 5, "minn": 2, "maxn": 4}),
    "trec": Case("trec", {"dim": 10, "epoch": 25}),
}
SMALL = Case("trec", {"dim": 2, "epoch": 1, "bucket": 1_000})


@dataclass(frozen=True)
class Bench:
    """What starts the processes.

    Args:
        options: of the command line.
        folder: where the texts are laid out, and models for a while.
        script: `fasttext_work.py`.
        pythons: interpreter of each system; the first is malmoi's.
    """

    options: argparse.Namespace
    folder: Path
    script: str
    pythons: dict[str, str]

    @property
    def first(self) -> list[str]:
        """malmoi and the first package of fastText, if there is one."""
        return list(self.pythons)[:2]

    def run(self, system: str, work: str, cores: int = 2, **arguments: Any) -> Run:
        python = self.pythons[system]
        command = [python, self.script, OURS if system == OURS else "fasttext", work, json.dumps(arguments)]
        return run_json(command, {**os.environ, "MALMOI_THREADS": str(cores)})

    def timed(self, command: list[str]) -> tuple[float, subprocess.CompletedProcess[str]]:
        """Seconds and outcome of a command in the folder."""
        start = time.perf_counter()
        process = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        return time.perf_counter() - start, process

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def train(self, system: str, case: Case, settings: dict[str, Any], **more: Any) -> Run:
        files = {part: self.path(f"{case.name}-{file}.txt") for part, file in (("training", "train"), ("test", "test"))}
        return self.run(system, "train", settings["thread"], **files, settings=settings, **more)

    def model(self, name: str) -> str:
        """The file of a model that malmoi trained and exported."""
        path, case = self.path(f"{name}.bin"), CASES.get(name, SMALL)
        if not Path(path).exists():
            self.train(OURS, case, case.with_threads(2), output=path)
        return path


def table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    heads = list(columns)
    return [
        f"| {' | '.join(heads)} |",
        "|---" * len(heads) + "|",
        *(f"| {' | '.join(map(str, one))} |" for one in rows),
    ]
