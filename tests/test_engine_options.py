"""The options `--engine` and `--workers` of commands."""

import pytest

from malmoi.cli.engine_options import ENGINES, engine_of
from malmoi.cli.usage import UsageError
from malmoi.distributed.ray import RayEngine
from malmoi.foundation.engines import Processes


def test_engines_are_made_from_their_options():
    assert engine_of(None, None) is None
    assert engine_of("processes", None) == Processes()
    assert engine_of("processes", 3) == Processes(3)
    assert engine_of("ray", None) == RayEngine()
    assert engine_of("ray", 3) == RayEngine(3)
    assert ENGINES == ("processes", "ray")


@pytest.mark.parametrize(
    ("name", "workers", "words"),
    [
        ("spark", None, "--engine must be processes or ray, got 'spark'"),
        ("", None, "--engine must be processes or ray, got ''"),
        ("ray", 0, "--workers must be 1 or more, got 0"),
        ("processes", -1, "--workers must be 1 or more, got -1"),
        (None, 2, "--workers has no effect without --engine"),
    ],
)
def test_wrong_engines_and_numbers_of_workers_are_refused(name, workers, words):
    with pytest.raises(UsageError, match=words):
        engine_of(name, workers)


def test_ray_engine_refuses_wrong_numbers():
    with pytest.raises(ValueError, match="workers must be 1 or more, got 0"):
        RayEngine(workers=0)
    with pytest.raises(ValueError, match="cpus must be above 0, got 0"):
        RayEngine(cpus=0)
    with pytest.raises(ValueError, match="retries must be 0 or more, got -1"):
        RayEngine(retries=-1)
