"""Ids, hashes and bags are the same for ever, bit for bit: at any number of threads, on every machine."""

import json

import pytest

import golden


@pytest.mark.parametrize("threads", ["1", "3"])
def test_results_are_those_of_the_golden_file(threads, monkeypatch):
    monkeypatch.setenv("MALMOI_THREADS", threads)
    expected = json.loads(golden.GOLDEN.read_text("utf-8"))
    found = golden.results()
    assert {name for name in found if found[name] != expected.get(name)} == set()
    assert found.keys() == expected.keys()
