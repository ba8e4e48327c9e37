"""Tests for the simulation of a cluster, benchmarks/cluster_simulation.py."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import cluster_simulation
from cluster_simulation import HOUR, Cluster, Run, simulate, table

PLAIN = Cluster(
    terabytes=0.001,
    shard_megabytes=100,
    core_speed=10,
    cores=4,
    machine_cores=2,
    machine_hours=0,
    speed_spread=0,
    slow_share=0,
    shard_spread=0,
    start_seconds=0,
    driver_seconds=0,
)
"""Ten equal shards, of ten seconds each."""


def seconds(cluster: Cluster, seed: int = 0) -> float:
    return simulate(cluster, [seed])[0].hours * HOUR


@pytest.mark.parametrize(("cores", "rounds"), [(1, 10), (2, 5), (3, 4), (4, 3), (10, 1), (16, 1)])
def test_equal_shards_take_whole_rounds(cores: int, rounds: int) -> None:
    assert seconds(replace(PLAIN, cores=cores)) == pytest.approx(rounds * 10)
    assert PLAIN.shards == 10
    assert replace(PLAIN, cores=cores).ideal_hours * HOUR == pytest.approx(100 / cores)


def test_start_is_added_once() -> None:
    assert seconds(replace(PLAIN, start_seconds=7)) == pytest.approx(37)


def test_driver_gives_out_one_shard_after_the_other() -> None:
    """With as many cores as shards, the last shard starts after ten turns of the driver."""
    assert seconds(replace(PLAIN, cores=10, driver_seconds=2)) == pytest.approx(10 * 2 + 10)
    assert seconds(replace(PLAIN, cores=1, driver_seconds=2)) == pytest.approx(10 * (2 + 10))
    limited = replace(PLAIN, terabytes=0.1, cores=1000, driver_seconds=1)
    assert seconds(limited) == pytest.approx(1000 * 1 + 10)


def test_storage_limits_all_cores_together() -> None:
    assert seconds(replace(PLAIN, stored_share=0.5, storage_speed=20)) == pytest.approx(30)
    assert seconds(replace(PLAIN, stored_share=1.0, storage_speed=20)) == pytest.approx(60)
    assert seconds(replace(PLAIN, stored_share=1.0, storage_speed=20, cores=8, terabytes=0.0016)) == pytest.approx(80)


def test_all_machines_are_slow() -> None:
    assert seconds(replace(PLAIN, slow_share=1.0, slow_factor=0.25)) == pytest.approx(120)


def test_slow_machine_holds_up_the_end() -> None:
    """Two cores, one with half the speed: of three shards, the slow core scores one, in twice the time."""
    cluster = replace(PLAIN, terabytes=0.0003, cores=2, machine_cores=1)
    run = Run(cluster, 0)
    run.machines[1].speed = 5.0
    assert run.outcome().hours * HOUR == pytest.approx(20)


def failing(cluster: Cluster, *times: float) -> Run:
    """Return a run whose first machine fails after so many seconds, each time that it is there."""
    run = Run(replace(cluster, machine_hours=1e12), 0)
    run.events = [event for event in run.events if event[1] is not cluster_simulation.Kind.FAILED]
    for life, time in enumerate(times, 1):
        run._add(time, cluster_simulation.Kind.FAILED, 0, life)
    return run


def test_lost_shard_is_scored_again() -> None:
    """One core: it fails after 4 of 10 seconds, its replacement is there 20 seconds later."""
    cluster = replace(PLAIN, terabytes=0.0001, cores=1, machine_cores=1, replacement_seconds=20, detection_seconds=1)
    found = failing(cluster, 4.0).outcome()
    assert found.hours * HOUR == pytest.approx(4 + 20 + 10)
    assert found.lost_share == pytest.approx(4 / 14)
    assert (found.failures, found.given_up) == (1, 0)


def test_idle_core_takes_the_lost_shard() -> None:
    """Two machines of one core, two shards: the second machine scores the lost shard after its own."""
    cluster = replace(PLAIN, terabytes=0.0002, cores=2, machine_cores=1, replacement_seconds=100, detection_seconds=60)
    assert failing(cluster, 4.0).outcome().hours * HOUR == pytest.approx(64 + 10)
    soon = replace(cluster, detection_seconds=1)
    assert failing(soon, 4.0).outcome().hours * HOUR == pytest.approx(20)


def test_all_cores_of_a_machine_fail_together() -> None:
    cluster = replace(PLAIN, terabytes=0.0004, detection_seconds=0, replacement_seconds=1000)
    found = failing(cluster, 5.0).outcome()
    assert found.hours * HOUR == pytest.approx(20)
    assert found.lost_share == pytest.approx(10 / 50)


def test_shard_is_given_up_after_its_retries() -> None:
    cluster = replace(PLAIN, terabytes=0.0001, cores=1, machine_cores=1, retries=1, detection_seconds=0)
    cluster = replace(cluster, replacement_seconds=10)
    found = failing(cluster, 4.0, 17.0).outcome()
    assert (found.failures, found.given_up, found.hours) == (2, 1, 0.0)
    assert failing(replace(cluster, retries=2), 4.0, 17.0).outcome().hours * HOUR == pytest.approx(17 + 10 + 10)


def test_number_of_failures_is_that_of_the_rate() -> None:
    cluster = replace(PLAIN, terabytes=1.0, cores=100, machine_cores=1, machine_hours=0.5, replacement_seconds=0)
    found = simulate(cluster, range(5))
    expected = np.mean([one.hours for one in found]) * 100 / 0.5
    assert np.mean([one.failures for one in found]) == pytest.approx(expected, rel=0.1)
    lost = np.mean([one.lost_share for one in found])
    assert lost == pytest.approx(5 / (0.5 * HOUR), rel=0.2)


def test_shard_sizes_add_up() -> None:
    run = Run(replace(PLAIN, shard_spread=0.5), 3)
    assert sum(run.megabytes) == pytest.approx(1_000)
    assert len(set(run.megabytes)) == 10


def test_mean_speed_of_machines_is_that_given() -> None:
    run = Run(replace(PLAIN, cores=20_000, machine_cores=1, speed_spread=0.3), 0)
    assert np.mean([machine.speed for machine in run.machines]) == pytest.approx(10, rel=0.02)
    assert np.std(np.log([machine.speed for machine in run.machines])) == pytest.approx(0.3, rel=0.03)


clusters = st.builds(
    Cluster,
    terabytes=st.floats(0.0005, 0.01),
    shard_megabytes=st.floats(20, 300),
    core_speed=st.floats(5, 100),
    cores=st.integers(1, 40),
    machine_cores=st.integers(1, 8),
    machine_hours=st.sampled_from([0.0, 0.05, 1.0]),
    detection_seconds=st.floats(0, 50),
    replacement_seconds=st.floats(1, 100),
    retries=st.integers(0, 50),
    speed_spread=st.floats(0, 0.5),
    slow_share=st.floats(0, 1),
    slow_factor=st.floats(0.2, 1),
    shard_spread=st.floats(0, 1),
    start_seconds=st.floats(0, 20),
    driver_seconds=st.floats(0, 0.5),
    storage_speed=st.sampled_from([0.0, 50.0, 500.0]),
)


@settings(max_examples=60, deadline=None)
@given(cluster=clusters, seed=st.integers(0, 1000))
def test_laws_of_any_run(cluster: Cluster, seed: int) -> None:
    run = Run(cluster, seed)
    found = run.outcome()
    assert len(run.ends) + found.given_up == cluster.shards
    assert 0 <= found.tail_hours <= found.hours
    assert 0 <= found.lost_share <= 1
    assert run.ends == sorted(run.ends)
    if run.ends:
        driver = cluster.driver_seconds * len(run.ends)
        assert found.hours * HOUR >= cluster.start_seconds + driver
    if not found.failures:
        speed = sum(machine.speed * machine.cores for machine in run.machines)
        assert found.hours * HOUR >= sum(run.megabytes) / speed * (1 - 1e-9)
        assert found.lost_share == 0
    assert simulate(cluster, [seed]) == [found]


@settings(max_examples=30, deadline=None)
@given(cluster=clusters, seed=st.integers(0, 1000))
def test_greedy_order_is_near_the_optimum(cluster: Cluster, seed: int) -> None:
    """Graham 1966: with equal machines, at most the mean load and one shard more."""
    equal = replace(cluster, speed_spread=0, slow_share=0, machine_hours=0, driver_seconds=0, storage_speed=0)
    run = Run(equal, seed)
    bound = sum(run.megabytes) / equal.cores + max(run.megabytes)
    assert run.outcome().hours * HOUR - equal.start_seconds <= bound / equal.core_speed * (1 + 1e-9)


def test_table_has_a_row_for_each_cluster() -> None:
    lines = table([PLAIN, replace(PLAIN, cores=1)], 2)
    assert len(lines) == 4
    assert lines[2].startswith("| 0.001 | 4 | 0.4 min | 0.5 min | 0.5 min to 0.5 min | 0.0 min | 0.00 % | 0 | 0 |")


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("terabytes", 0.0, "terabytes must be above 0, got 0.0"),
        ("cores", 0, "cores must be above 0, got 0"),
        ("start_seconds", -1.0, "start_seconds must be 0 or more, got -1.0"),
        ("core_speed", math.nan, "core_speed must be above 0, got nan"),
        ("slow_share", 1.5, "slow_share must be 1 or less, got 1.5"),
    ],
)
def test_impossible_clusters(field: str, value: float, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        replace(PLAIN, **{field: value})


def test_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--terabytes", "0.001", "0.002", "--cores", "4", "8", "--seeds", "1", "--machine-hours", "0"]
    monkeypatch.setattr(sys, "argv", ["cluster_simulation.py", *words])
    cluster_simulation.main()
    assert [line.split(" | ")[:2] for line in capsys.readouterr().out.splitlines()[2:]] == [
        ["| 0.001", "4"],
        ["| 0.001", "8"],
        ["| 0.002", "4"],
        ["| 0.002", "8"],
    ]
