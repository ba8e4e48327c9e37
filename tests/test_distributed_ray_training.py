"""Training on shards with Ray: the model is that of the same texts in memory, bit for bit."""

import json
import os
import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import malmoi as mm
from malmoi.cli.commands import run

ray = pytest.importorskip("ray")
engine = pytest.importorskip("malmoi.distributed.ray.engine")

WORDS = [f"word{number}" for number in range(60)]


@pytest.fixture(scope="module", autouse=True)
def cluster():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(5)
    labels = random.choice(["pos", "neg", "mid"], 90).tolist()
    own = {"pos": "good", "neg": "bad", "mid": "so"}
    texts = [" ".join([own[label] if random.random() < 0.8 else "film", *random.choice(WORDS, 6)]) for label in labels]
    return [*texts, *map(str.upper, texts[:5])], [*labels, *labels[:5]]


def shards(folder, rows, count):
    """Write the rows as so many files; return their glob."""
    for number in range(count):
        start, end = len(rows[0]) * number // count, len(rows[0]) * (number + 1) // count
        some = zip(rows[0][start:end], rows[1][start:end], strict=True)
        lines = [json.dumps({"text": text, "label": label}) + "\n" for text, label in some]
        (folder / f"{number}.jsonl").write_text("".join(lines))
    return folder / "*.jsonl"


def as_file(model, folder):
    model.save(folder / "model.malmoi", overwrite=True)
    return (folder / "model.malmoi").read_bytes()


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_model_of_shards_is_that_of_all_texts_in_memory(rows, count, tmp_path):
    expected = as_file(mm.BagClassifier().fit(*rows), tmp_path)
    found = mm.BagClassifier().fit_files(shards(tmp_path, rows, count), engine=engine.RayEngine(cpus=0.5))
    assert as_file(found, tmp_path) == expected


@dataclass(frozen=True)
class KilledOnce:
    """Work whose first process is killed at one item."""

    work: Callable[[Any], Any]
    mark: str

    def __call__(self, item: Any) -> Any:
        if item.number == 1 and not os.path.exists(self.mark):
            with open(self.mark, "w"):
                os.kill(os.getpid(), 9)
        return self.work(item)


@dataclass(frozen=True)
class Killing:
    """An engine of Ray whose first worker at one item is killed in every run."""

    folder: str

    def run(self, work: Callable[..., Any], items: Sequence[Any], tick: Callable[[], None]) -> Generator[Any]:
        killed = KilledOnce(work, f"{self.folder}/{type(work).__name__}")
        return engine.RayEngine(retries=2).run(killed, items, tick)


def test_the_model_is_the_same_after_workers_were_killed(rows, tmp_path):
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    expected = as_file(mm.BagClassifier().fit(*rows), tmp_path)
    (tmp_path / "killed").mkdir()
    found = mm.BagClassifier().fit_files(shards(tmp_path, rows, 3), engine=Killing(str(tmp_path / "killed")))
    assert as_file(found, tmp_path) == expected
    names = {path.name for path in (tmp_path / "killed").iterdir()}
    assert {"ShardCounts", "ShardRows", "ShardSurvey"} <= names


def test_a_damaged_shard_is_named_and_leaves_no_files(rows, tmp_path):
    data = shards(tmp_path, rows, 3)
    (tmp_path / "1.jsonl").write_text('{"text": "so good", "label": "pos"}\n{"text": "so')
    (tmp_path / "scratch").mkdir()
    with pytest.raises(mm.DataError, match=r"1\.jsonl:2"):
        mm.BagClassifier().fit_files(data, engine=engine.RayEngine(), scratch=tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_the_command_trains_with_ray(rows, tmp_path):
    output = tmp_path / "m.malmoi"
    command = ["train", str(shards(tmp_path, rows, 2)), "-o", str(output), "--recipe", "bag", "--stream"]
    assert run([*command, "--engine", "ray", "--runs", "none"]) == 0
    expected = mm.BagClassifier().fit(*rows)
    expected.fitted_ = expected.fitted.with_text_columns(("text",))
    assert output.read_bytes() == as_file(expected, tmp_path)
