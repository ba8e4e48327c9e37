"""Tests for docs/scale.md and what writes its tables, benchmarks/scale_page.py."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import scale_page
from cluster_simulation import Cluster
from scale_page import MARKS, PAGE, core_speed, tables_of, with_tables

ROWS = {
    "plain processes | bag | 1": 30.0,
    "plain processes | bag | 2": 50.0,
    "plain processes | fastText | 1": 20.0,
    "plain processes | fastText | 2": 40.0,
    "Ray Data | bag | 2": 40.0,
    "peer, one text a call | fastText | 1": 10.0,
    "peer, one text a call | fastText | 2": 10.0,
}
FOUND: dict[str, Any] = {
    "speed": {
        "machine": "2 cores",
        "gigabytes": 1.0,
        "rounds": 3,
        "megabytes": {"parquet": 1000.0, "jsonl": 125.0},
        "same_predictions": {"bag": True},
        "rows": {
            title: {
                "speed": speed,
                "range": [speed, speed],
                "texts": 100,
                "seconds": 2.0,
                "start": 1.0,
                "title": "peer 1",
            }
            for title, speed in ROWS.items()
        },
    },
    "driver": {"tasks": 10, "workers": 2, "seconds": 0.001, "busy": 0.0005, "title": "Ray 2"},
    "transformer": {
        "environment": "PyTorch",
        "rows": [
            {
                "model": "BERT",
                "parameters": 1e6,
                "type": "float32",
                "tokens": 256,
                "mean_tokens": 200.0,
                "texts_per_second": 5.0,
                "megabytes_per_second": 0.01,
                "core_hours_per_terabyte": 27_778.0,
            }
        ],
    },
}


def test_tables_stand_between_their_marks() -> None:
    page = "a\n<!-- driver: x.py -->\nold\nlines\n<!-- end of driver -->\nb\n"
    page += "<!-- speed: x.py -->\nkept\n<!-- end of speed -->"
    assert with_tables(page, {"driver": lambda: ["new", "rows"]}) == page.replace("old\nlines", "new\nrows")


def test_missing_measurements_leave_a_table_as_it_is() -> None:
    page = "<!-- driver: x.py -->\nold\n<!-- end of driver -->"
    assert with_tables(page, {"driver": tables_of({}, 0.05, 0)["driver"]}) == page


def test_missing_marks_are_an_error() -> None:
    with pytest.raises(ValueError, match="the page must have marks for cost"):
        with_tables("text", {"cost": lambda: []})


def test_speed_of_a_core_is_half_of_two_processes() -> None:
    assert core_speed(FOUND) == 25


def test_ray_is_compared_with_as_many_processes() -> None:
    [row] = [line for line in tables_of(FOUND, 0.05, 0)["speed"]() if "Ray Data" in line]
    assert row.endswith("| 1.33 | 80 % | +5.00 |")


def test_cost_of_a_terabyte() -> None:
    """25 MB/s are 11.1 core-hours for a terabyte."""
    rows = tables_of(FOUND, 0.5, 0)["cost"]()
    assert rows[2] == "| malmoi, bag of words | 25 | 11 | 5.56 | 1.0 |"
    assert rows[4] == "| peer 1, one text a call | 5 | 56 | 27.78 | 5.0 |"
    assert rows[-1] == "| BERT, float32, 256 tokens | 0.01 | 27,778 | 13,888.89 | 2,500 |"


def test_cores_that_a_storage_keeps_busy() -> None:
    """Of 25 MB/s, half is read: 80 cores for 1 GB/s."""
    assert tables_of(FOUND, 0.05, 0)["storage"]()[2] == "| 1 | 80 | 14 h |"


def test_rows_have_as_many_cells_as_their_head() -> None:
    found = json.loads(scale_page.RESULTS.read_text(encoding="utf-8"))
    run = {"machine": "2 cores", "workers": 2, "shards": 8, "gigabytes": 1.0, "files": 0.4, "texts": 10}
    found["run-ray"] = run | {"seconds": 60.0, "worker": 300.0, "all": 900.0, "output": 0.1}
    for name, make in tables_of(found, 0.05, 0).items():
        lines = [line for line in make() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1, name


def test_simulations_use_the_measured_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    clusters: list[Cluster] = []
    monkeypatch.setattr(scale_page, "simulated", lambda given, seeds: clusters.extend(given) or [f"{seeds}"])
    assert tables_of(FOUND, 0.05, 3)["simulation"]() == ["3"]
    assert {(one.core_speed, one.driver_seconds) for one in clusters} == {(25.0, 0.001)}
    assert len(clusters) == 12


def test_page_has_the_measurements() -> None:
    """The tables of the page, those of simulations aside, are those of benchmarks/distributed.json."""
    page = PAGE.read_text(encoding="utf-8")
    found = json.loads(scale_page.RESULTS.read_text(encoding="utf-8"))
    assert with_tables(page, tables_of(found, scale_page.PRICE, 0)) == page
    assert {found["name"] for found in MARKS.finditer(page)} == set(tables_of(found, 1.0, 1))
