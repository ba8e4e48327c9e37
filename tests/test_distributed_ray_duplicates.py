"""Near duplicates across shards on Ray: those of all texts together, also if workers are killed."""

import os
import signal
import sys

import pytest

ray = pytest.importorskip("ray")
from ray import cloudpickle  # noqa: E402

from malmoi.distributed import near_duplicates  # noqa: E402
from malmoi.distributed.duplicate_steps import Search  # noqa: E402
from malmoi.distributed.ray import RayEngine  # noqa: E402
from malmoi.errors import DataError  # noqa: E402
from shard_duplicates import expected_rows, made_texts, parts_of, write_shards  # noqa: E402

cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture(scope="module", autouse=True)
def cluster():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(sys.modules["malmoi.distributed.near_duplicates"], "KEYS_TOGETHER", 400)
    monkeypatch.setattr(sys.modules["malmoi.distributed.near_duplicates"], "SKETCHES_TOGETHER", 300)


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_shards_have_the_duplicates_of_all_texts(tmp_path, shards):
    parts = parts_of(made_texts(1_500), shards)
    paths = write_shards(tmp_path, parts)
    assert near_duplicates(paths, engine=RayEngine()).rows() == expected_rows(parts, paths)


class KilledOnce:
    """Ray, where the first attempt of some tasks of a step kills its worker."""

    def __init__(self, step, folder, retries):
        self.step, self.folder, self.engine = step, folder, RayEngine(retries=retries)

    def run(self, work, items, tick):
        if work.__name__ != self.step:
            return self.engine.run(work, items, tick)
        folder = self.folder

        def dying(item):
            mark = folder / f"{items.index(item)}"
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return work(item)

        return self.engine.run(dying, items, tick)


@pytest.mark.parametrize("step", [Search.describe.__name__, Search.propose.__name__])
def test_tasks_of_killed_workers_run_again(tmp_path, step):
    parts = parts_of(made_texts(400), 2)
    paths = write_shards(tmp_path, parts)
    (tmp_path / "marks").mkdir()
    found = near_duplicates(paths, engine=KilledOnce(step, tmp_path / "marks", 3))
    assert found.rows() == expected_rows(parts, paths)
    assert len(list((tmp_path / "marks").iterdir())) >= 2


def test_without_attempts_left_the_step_is_named(tmp_path):
    paths = write_shards(tmp_path, parts_of(made_texts(50), 2))
    (tmp_path / "marks").mkdir()
    with pytest.raises(DataError, match="sketches: a task of the search failed: its worker died: "):
        near_duplicates(paths, engine=KilledOnce("sketch", tmp_path / "marks", 0))
