"""Comparison of recipes on Ray: the accuracies of one process, a killed worker, the same file of runs."""

import os
import signal
import sys

import pytest

ray = pytest.importorskip("ray")
from ray import cloudpickle  # noqa: E402

from malmoi import Corpus, Recipe  # noqa: E402
from malmoi.cli.commands import run  # noqa: E402
from malmoi.distributed.ray import RayEngine  # noqa: E402
from malmoi.experiments.compare import compare  # noqa: E402
from malmoi.experiments.runs_file import RunsFile  # noqa: E402

cloudpickle.register_pickle_by_value(sys.modules[__name__])
TEXTS = [f"{word} film {number % 37} {number % 5}" for number in range(60) for word in ("good", "bad")]
CORPUS = Corpus(TEXTS, ["pos", "neg"] * 60)
RECIPES = {"letters": Recipe("bag", {"tokens": {"kind": "Characters"}, "ngrams": [1, 3]})}


@pytest.fixture(scope="module", autouse=True)
def cluster():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


def test_accuracies_are_those_of_one_process_and_runs_are_resumed(tmp_path):
    arguments = {"recipes": RECIPES, "data": CORPUS, "labels": [10, 40], "seeds": 2}
    here = compare(**arguments)
    store = RunsFile.open(tmp_path / "runs.db")
    assert compare(**arguments, engine=RayEngine(), runs=store) == here
    records = store.select()
    assert len(records) == 2 * 2 * 2
    assert compare(**arguments, runs=store) == here
    assert len(store.select()) == len(records)  # nothing was trained again


class KillsWithTen:
    """Ray, where trainings with ten labels kill their workers."""

    def run(self, work, items, tick):
        def dying(training):
            if training.labels == 10:
                os.kill(os.getpid(), signal.SIGKILL)
            return work(training)

        return RayEngine(retries=1).run(dying, items, tick)


def test_a_training_that_kills_its_workers_is_missing_with_the_reason():
    found = compare(["bag"], CORPUS, [10, 40], seeds=1, engine=KillsWithTen())
    assert "its worker died 2 times: " in found.point("bag", 10).missing
    assert found.point("bag", 40).accuracy.value > 0.5


def test_the_command_takes_the_engine(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"{text},{label}" for text, label in zip(TEXTS, CORPUS.labels, strict=True)]
    (tmp_path / "data.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    words = ["compare", "data.csv", "--recipes", "bag", "--labels", "10", "--seeds", "2", "--runs", "runs.db"]
    assert run([*words, "--engine", "ray", "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert run([*words, "--processes", "1"]) == 0
    assert capsys.readouterr().out == printed  # with the seconds of the recorded runs
