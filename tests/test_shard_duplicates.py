"""Near duplicates across shards: those of all texts together, whatever the shards, the parts and the engine."""

import contextlib
import io
import json
import sys
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
from malmoi.distributed import duplicate_scratch, near_duplicates
from malmoi.distributed.duplicate_scratch import Scratch, key_slice
from malmoi.errors import DataError, FormatError
from malmoi.foundation.engines import Processes
from malmoi.foundation.workers import WorkerDiedError
from shard_duplicates import expected_rows, made_texts, parts_of, write_shards

TEXTS = made_texts(1_500)
DRIVER = "malmoi.distributed.near_duplicates"


@pytest.fixture
def small_parts(monkeypatch):
    """Ranges of keys so small that every step has several."""
    monkeypatch.setattr(sys.modules[DRIVER], "KEYS_TOGETHER", 400)
    monkeypatch.setattr(sys.modules[DRIVER], "SKETCHES_TOGETHER", 100)


def test_texts_of_two_files_are_matched(tmp_path):
    words = "one two three four five six seven eight nine ten eleven twelve"
    first = tmp_path / "1.jsonl"
    first.write_text("".join(json.dumps({"text": text}) + "\n" for text in ("so so", words, "Good film!")))
    second = tmp_path / "2.jsonl"
    more = ("good  FILM!", words.replace("six", "other"), "something else", "film: good")
    second.write_text("".join(json.dumps({"text": text}) + "\n" for text in more))
    found = mm.distributed.near_duplicates([first, second])
    one, two = str(first), str(second)
    assert found.rows() == [
        (two, 0, one, 2, one, 2, 1.0, True),
        (two, 1, one, 1, one, 1, pytest.approx(11 / 13), False),
        (two, 3, one, 2, one, 2, 1.0, False),
    ]
    assert found.schema == {
        "shard": pl.String,
        "row": pl.Int64,
        "group_shard": pl.String,
        "group_row": pl.Int64,
        "earlier_shard": pl.String,
        "earlier_row": pl.Int64,
        "similarity": pl.Float32,
        "equal": pl.Boolean,
    }


@pytest.mark.parametrize("shards", [1, 2, 7])
@pytest.mark.usefixtures("small_parts")
def test_shards_have_the_duplicates_of_all_texts(tmp_path, shards):
    parts = parts_of(TEXTS, shards)
    paths = write_shards(tmp_path, parts)
    found = near_duplicates(paths).rows()
    assert len(found) > 800
    assert {(row[-1], row[-2] == 1) for row in found} == {(True, True), (False, True), (False, False)}
    assert found == expected_rows(parts, paths)


def test_frequent_words_of_many_texts_are_those_of_their_sample(tmp_path):
    parts = parts_of(made_texts(11_000, seed=1), 3)
    paths = write_shards(tmp_path, parts)
    found = near_duplicates(paths)
    assert found.rows() == expected_rows(parts, paths)
    assert 11_000 - found["equal"].sum() > 5_000  # not every text is in the sample


@pytest.mark.usefixtures("small_parts")
def test_processes_find_the_same(tmp_path):
    parts = parts_of(TEXTS, 3)
    paths = write_shards(tmp_path, parts)
    assert near_duplicates(paths, engine=Processes(2)).rows() == expected_rows(parts, paths)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_cut_has_the_duplicates_of_all_texts(tmp_path_factory, data):
    texts = data.draw(st.integers(0, 500).map(lambda seed: made_texts(150, seed)))
    threshold = data.draw(st.sampled_from([0.5, 0.7, 1.0]))
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, 150), max_size=4))), 150]
    parts = [texts[start:end] for start, end in pairwise(cuts)]
    folder = tmp_path_factory.mktemp("cut")
    paths = [folder / f"{number}.parquet" for number in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        pl.DataFrame({"text": part}, schema={"text": pl.String}).write_parquet(path)
    assert near_duplicates(paths, threshold=threshold).rows() == expected_rows(parts, paths, threshold)


class Twice:
    """An engine that does everything twice, as if the worker had died after the first time."""

    def run(self, work, items, tick):
        for item in items:
            work(item)
            yield item, work(item)


def test_every_task_can_be_repeated(tmp_path):
    parts = parts_of(TEXTS, 3)
    paths = write_shards(tmp_path, parts)
    found = near_duplicates(paths, engine=Twice(), output=tmp_path / "out").collect()
    assert found.rows() == expected_rows(parts, paths)


def test_results_can_be_written_to_a_folder(tmp_path):
    parts = parts_of(TEXTS, 3)
    paths = write_shards(tmp_path, parts)
    lazy = near_duplicates(paths, output=tmp_path / "out")
    assert lazy.collect().rows() == expected_rows(parts, paths)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"part-0000{n}.parquet" for n in range(3)]
    with pytest.raises(DataError, match="output must be a new or empty folder"):
        near_duplicates(paths, output=tmp_path / "out")


def test_temporary_files_are_removed(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    near_duplicates(write_shards(tmp_path, parts_of(TEXTS[:50], 2)), scratch=scratch)
    assert list(scratch.iterdir()) == []
    (tmp_path / "bad.jsonl").write_text('{"text": "good"}\n{"text": 3}\n')
    with pytest.raises(DataError, match=r"bad.jsonl:2: 'text' must be text, got 3"):
        near_duplicates(tmp_path / "bad.jsonl", scratch=scratch)
    assert list(scratch.iterdir()) == []


def test_texts_without_duplicates_give_an_empty_table(tmp_path):
    for texts in ([], ["one"], ["good film", "bad book", "?!"]):
        found = near_duplicates(write_shards(tmp_path, parts_of(texts, 2)))
        assert (found.height, found.width) == (0, 8)
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "twice.csv").write_text("text\ngood\ngood\n")
    assert near_duplicates([tmp_path / "empty.csv", tmp_path / "twice.csv"]).height == 1


def test_progress_reports_every_step(tmp_path):
    seen = {}
    near_duplicates(
        write_shards(tmp_path, parts_of(TEXTS[:200], 3)),
        progress=lambda step, done, total: seen.update({step: (done, total)}),
    )
    assert list(seen) == [
        "reading texts",
        "equal texts",
        "distinct texts",
        "frequent words",
        "texts of the same words",
        "sketches",
        "candidates",
        "comparing texts",
        "results",
    ]
    assert all(done == total for done, total in seen.values())


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"threshold": 0.4}, ValueError, r"threshold must be from 0.5 to 1.0, got 0.4"),
        ({"threshold": "x"}, TypeError, "threshold must be a number"),
        ({"text_column": 3}, TypeError, "text_column must be a str"),
        ({"text_column": "words"}, DataError, "words"),
        ({"input_format": "xml"}, ValueError, "input_format"),
        ({"engine": "ray"}, TypeError, "engine must be an engine, got 'ray'; pass malmoi.distributed.Processes"),
        ({"scratch": "missing"}, DataError, "scratch must be an existing folder, got missing"),
    ],
)
def test_wrong_arguments_are_refused(tmp_path, settings, error, words):
    with pytest.raises(error, match=words):
        near_duplicates(write_shards(tmp_path, [["good", "bad"]]), **settings)


def test_damaged_missing_and_repeated_shards_are_refused(tmp_path):
    one, two = write_shards(tmp_path, [["good"], ["bad"]])
    with pytest.raises(DataError, match="each file must be given once"):
        near_duplicates([one, two, one])
    with contextlib.suppress(OSError, NotImplementedError):
        (tmp_path / "link.jsonl").hardlink_to(one)
        with pytest.raises(DataError, match=r"link\.jsonl: each file must be given once"):
            near_duplicates([one, two, tmp_path / "link.jsonl"])
    with pytest.raises(DataError, match="no such file"):
        near_duplicates([one, tmp_path / "three.jsonl"])
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 no footer")
    with pytest.raises(FormatError, match=r"damaged.parquet"):
        near_duplicates([one, tmp_path / "damaged.parquet"])


class Dying:
    """An engine whose workers die."""

    def run(self, work, items, tick):
        for item in items:
            yield item, WorkerDiedError("its process was killed")


def test_a_worker_that_died_is_an_error(tmp_path):
    with pytest.raises(
        DataError, match="reading texts: a task of the search failed: its process was killed; use fewer"
    ):
        near_duplicates(write_shards(tmp_path, [["good"], ["bad"]]), engine=Dying())


# The scratch folder


def test_arrays_are_written_whole_and_in_pieces(tmp_path):
    scratch = Scratch(str(tmp_path))
    for array in (np.arange(6), np.zeros((0, 80), np.uint8), np.ones((2, 3), np.float32)):
        scratch.write("array", array)
        assert np.array_equal(scratch.read("array"), array)
        assert scratch.read("array").dtype == array.dtype
    with scratch.growing("rows", np.uint8, 3) as rows:
        for count in (0, 2, 20_000_000 // 3):
            rows.append(np.full((count, 3), 7, np.uint8))
    assert scratch.read("rows").shape == (2 + 20_000_000 // 3, 3)
    assert scratch.read("rows").min() == 7
    with scratch.growing("empty", np.int64):
        pass
    assert scratch.read("empty").shape == (0,)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["array.npy", "empty.npy", "rows.npy"]


def test_a_failed_array_leaves_nothing(tmp_path):
    scratch = Scratch(str(tmp_path))
    with pytest.raises(ZeroDivisionError), scratch.growing("rows", np.uint8):
        _ = 1 // 0
    assert list(tmp_path.iterdir()) == []


def test_folders_that_cannot_be_used_are_named(tmp_path):
    with pytest.raises(DataError, match=r"missing cannot be written: No such file or directory; pass scratch="):
        Scratch(str(tmp_path / "missing")).write("array", np.arange(3))
    with pytest.raises(DataError, match=r"the scratch folder must be the same for all workers, but .*array.npy"):
        Scratch(str(tmp_path)).read("array")


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, piece):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(duplicate_scratch.Path, "open", lambda *_: Full())
    with pytest.raises(DataError, match=r"cannot be written: No space left on device; pass scratch=, a folder with"):
        Scratch(str(tmp_path)).write("array", np.arange(3))


@pytest.mark.parametrize("dtype", [np.uint32, np.uint64])
def test_parts_of_keys_cover_all_once(dtype):
    most = np.iinfo(dtype).max
    keys = np.sort(np.random.default_rng(0).integers(0, most, 300, dtype, endpoint=True))
    keys[0], keys[-1] = 0, most
    for parts in (1, 2, 3, 7, 1000):
        slices = [key_slice(keys, part, parts) for part in range(parts)]
        assert [slices[0].start, slices[-1].stop] == [0, 300]
        assert all(one.stop == other.start for one, other in pairwise(slices))
    assert key_slice(keys[:0], 1, 3) == slice(0, 0)
