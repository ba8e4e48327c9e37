"""Training of a bag on shards: the model file is that of the same texts in memory, bit for bit."""

import contextlib
import errno
import gzip
import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
from malmoi import _core
from malmoi.cli.commands import run
from malmoi.data.label_parts import LabelCollector, joined_parts
from malmoi.data.labels import any_labels
from malmoi.data.readers import Batch
from malmoi.foundation.engines import Processes, ThisProcess
from malmoi.foundation.workers import WorkerDiedError
from malmoi.models.linear import shard_counts, shards
from malmoi.models.linear.shards import Scratch, Shard
from messages import without_reading

SAMPLES = Path(mm.__file__).parent / "samples"


def sample(language, count=60):
    """Some reviews; the last ones are equal to the first ones except for case, so that they share a fold."""
    lines = (SAMPLES / f"reviews-{language}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines[:count]]
    texts = [row["text"] for row in rows]
    return [*texts, "", *(f" {text.upper()}" for text in texts[:9])], [*(row["label"] for row in rows), *"ab", *"a" * 8]


ENGLISH = sample("en")
KOREAN = sample("ko", 40)
TWO = [label == "positive" for label in ENGLISH[1]]
SETS = [[label, f"n{place % 3}"] if place % 5 else [] for place, label in enumerate(ENGLISH[1])]


def as_file(model, folder):
    path = folder / "model.malmoi"
    model.save(path, overwrite=True)
    return path.read_bytes()


def written(folder, texts, labels, parts):
    """Write texts as so many JSON lines files, of which some may be empty; return their glob."""
    folder.mkdir(exist_ok=True)
    for number in range(parts):
        start, end = len(texts) * number // parts, len(texts) * (number + 1) // parts
        rows = zip(texts[start:end], labels[start:end], strict=True)
        lines = [json.dumps({"text": text, "label": label}) + "\n" for text, label in rows]
        (folder / f"{number:03}.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder / "*.jsonl"


CASES: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "automatic": ({}, *ENGLISH),
    "Korean": ({}, *KOREAN),
    "tfidf": ({"weighting": "tfidf", "C": 4.0}, *ENGLISH),
    "buckets": ({"weighting": "tfidf", "buckets": 500, "calibration": None, "C": 1.0}, *ENGLISH),
    "counts": ({"weighting": "count", "tokens": mm.Words(), "ngrams": (1, 3), "min_texts": 3}, *ENGLISH),
    "two classes": ({"calibration": "isotonic", "max_features": 300, "class_weight": "balanced"}, ENGLISH[0], TWO),
    "weights": ({"tokens": mm.Words(), "class_weight": {True: 2.0}, "reject_below": 0.6}, ENGLISH[0], TWO),
    "several labels": ({"tokens": [mm.Words(), mm.Characters()], "ngrams": [(1, 2), (2, 3)]}, ENGLISH[0], SETS),
    "tokens outside the core": ({"tokens": mm.Eojeol(), "seed": 7}, *KOREAN),
}


@pytest.mark.parametrize("name", CASES)
def test_the_model_of_shards_is_that_of_all_texts_in_memory(name, tmp_path):
    arguments, texts, labels = CASES[name]
    expected = mm.BagClassifier(**arguments).fit(texts, labels)
    for parts in (1, 2, 7):
        found = mm.BagClassifier(**arguments).fit_files(written(tmp_path / str(parts), texts, labels, parts))
        assert as_file(found, tmp_path) == as_file(expected, tmp_path)
        assert found.facts_ == expected.facts_
        assert found.top_ngrams_ == expected.top_ngrams_
    np.testing.assert_array_equal(found.predict_proba(texts[:20]), expected.predict_proba(texts[:20]))


def test_the_model_of_seven_shards_is_the_same_in_other_processes(tmp_path):
    data = written(tmp_path / "data", *ENGLISH, 7)
    expected = as_file(mm.BagClassifier().fit(*ENGLISH), tmp_path)
    assert as_file(mm.BagClassifier().fit_files(data, engine=Processes(2)), tmp_path) == expected


@dataclass(frozen=True)
class Backwards:
    """An engine that finishes the last item first."""

    def run(self, work: Callable[..., Any], items: Sequence[Any], tick: Callable[[], None]) -> Generator[Any]:
        tick()
        for item in reversed(items):
            yield item, work(item)


class Twice:
    """An engine that does everything twice, as if the worker had died after the first time."""

    def run(self, work: Callable[..., Any], items: Sequence[Any], tick: Callable[[], None]) -> Generator[Any]:
        tick()
        for item in items:
            work(item)
            yield item, work(item)


def test_work_that_is_repeated_changes_nothing(tmp_path):
    expected = as_file(mm.BagClassifier().fit(*ENGLISH), tmp_path)
    found = mm.BagClassifier().fit_files(written(tmp_path / "data", *ENGLISH, 3), engine=Twice())
    assert as_file(found, tmp_path) == expected


TEXT = st.lists(st.sampled_from(["so", "So", "good", "bad", "film", "a", "", "é", "é", "고양이"]), max_size=5)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(TEXT.map(" ".join), st.sampled_from("abc")), min_size=3, max_size=30),
    st.lists(st.integers(0, 30), max_size=4),
    st.sampled_from([{}, {"weighting": "tfidf"}, {"buckets": 7, "weighting": "count"}, {"min_texts": 2}]),
)
def test_random_texts_in_random_shards_give_the_model_of_all_texts(tmp_path_factory, rows, cuts, chosen):
    folder = tmp_path_factory.mktemp("shards")
    rows = [*rows, ("good a", "a"), ("bad a", "b")]
    bounds = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    for number, (start, end) in enumerate(pairwise(bounds)):
        lines = [json.dumps({"text": text, "label": label}) + "\n" for text, label in rows[start:end]]
        (folder / f"{number}.jsonl").write_text("".join(lines), encoding="utf-8")
    estimator = mm.BagClassifier(tokens=mm.Words(), C=1.0, **chosen)
    expected = as_file(estimator.fit(*map(list, zip(*rows, strict=True))), folder)
    assert as_file(estimator.fit_files(folder / "*.jsonl", engine=Backwards()), folder) == expected


def test_files_of_different_formats_are_shards(tmp_path):
    texts, labels = [f"so {word} a film {n}" for n in range(20) for word in ("good", "bad")], ["pos", "neg"] * 20
    csv = "text,label\n" + "".join(f"{text},{label}\n" for text, label in zip(texts[:10], labels, strict=False))
    (tmp_path / "a.csv").write_text(csv)
    polars.DataFrame({"text": texts[10:20], "label": labels[10:20]}).write_parquet(tmp_path / "b.parquet")
    lines = "".join(f"__label__{label} {text}\n" for text, label in zip(texts[20:], labels[20:], strict=True))
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(lines.encode()))
    for number, (text, label) in enumerate(zip(["good", "bad"], ["pos", "neg"], strict=True)):
        (tmp_path / "d" / label).mkdir(parents=True)
        (tmp_path / "d" / label / f"{number}.txt").write_text(text)
    data = [tmp_path / name for name in ("a.csv", "b.parquet", "c.txt.gz", "d")]
    corpus = mm.read_corpus(data)
    expected = mm.BagClassifier().fit(corpus.texts, corpus.labels)
    found = mm.BagClassifier().fit_files(data)
    assert as_file(found, tmp_path) == as_file(expected, tmp_path)


def test_columns_separators_and_numbers_of_untyped_files_are_read_as_by_read_corpus(tmp_path):
    for number, rows in enumerate((["good film;1|2", "so good;1"], ["bad film;3|2", "dull;3", "bad;3.0"])):
        (tmp_path / f"{number}.csv").write_text("words;kinds\n" + "\n".join(rows * 3) + "\n")
    reading = {"text_column": "words", "label_column": "kinds", "label_separator": "|"}
    found = mm.BagClassifier().fit_files(tmp_path / "*.csv", **reading, input_format="csv")
    corpus = mm.read_corpus(str(tmp_path / "*.csv"), **reading)
    assert found.classes_.tolist() == [1, 2, 3]
    assert as_file(found, tmp_path) == as_file(mm.BagClassifier().fit(corpus.texts, corpus.labels), tmp_path)


def test_texts_of_a_shard_are_read_in_parts(tmp_path, monkeypatch):
    expected = as_file(mm.BagClassifier().fit(*ENGLISH), tmp_path)
    monkeypatch.setattr(shards, "TEXTS_TOGETHER", 1)
    assert as_file(mm.BagClassifier().fit_files(written(tmp_path / "data", *ENGLISH, 2)), tmp_path) == expected


def test_progress_is_reported_and_grows(tmp_path):
    seen = []
    mm.BagClassifier().fit_files(written(tmp_path / "d", *ENGLISH, 3), progress=lambda *step: seen.append(step))
    for step, total in (("reading texts", 3), ("counting n-grams", 3), ("merging counts", 1), ("features", 70)):
        done = [(done, of) for name, done, of in seen if name == step]
        assert done == sorted(done)
        assert done[-1] == (total, total)


# Parts


LABEL = st.one_of(st.sampled_from(["a", " a", "b", "é", "é", "1", "1.0"]))


@given(st.lists(LABEL | st.lists(LABEL, max_size=3), min_size=1), st.lists(st.integers(0, 9)), st.booleans())
def test_labels_coded_in_parts_are_those_coded_together(labels, cuts, are_text):
    parts, start = [], 0
    for size in [*cuts, len(labels)]:
        collector, end = LabelCollector(), start + size
        some = labels[start:end]
        collector.add(Batch(str, [""] * len(some), some, numbers=range(len(some)), labels_are_text=are_text))
        parts.append(collector.part())
        start = end
    if any(isinstance(label, list) for label in labels):
        labels = [label if isinstance(label, list) else [label] for label in labels]
    expected, found = any_labels(labels, str, are_text=are_text), joined_parts(parts)
    assert type(found) is type(expected)
    assert found.to_list() == expected.to_list()
    assert found.classes.tolist() == expected.classes.tolist()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([["a"], [1]], r"1:0: label must be of the same type as 'a', got 1; write all of them as text"),
        ([["a"], [None]], r"1:0: label must be a str, an int or a bool, got None; remove the text"),
        ([[True], [1]], r"1:0: label must be of the same type as True, got 1"),
        ([[[0, 1]], [[1, 0]]], r"0:0: lists of equal length that hold only 0 and 1 are ambiguous"),
        ([["a"], [{"b": 1}]], r"1:0: label must be a str, an int or a bool, got \{'b': 1\}"),
        ([["a"], []], r"1:0: every text must have a label, got none"),
    ],
)
def test_labels_that_do_not_fit_together_are_refused_with_their_place(labels, message):
    def part(number, some):
        collector = LabelCollector()
        collector.add(Batch(f"{number}:{{}}".format, ["text"], some, numbers=[0]))
        return collector.part()

    with pytest.raises(mm.DataError, match=message):
        joined_parts([part(number, some) for number, some in enumerate(labels)])


PART = st.dictionaries(st.integers(0, 2**64 - 1) | st.sampled_from([0, 7, 2**63, 2**64 - 1]), st.integers(1, 5))


@given(st.lists(PART, min_size=1, max_size=4), st.integers(1, 6), st.integers(1, 40))
def test_merged_counts_are_sums(counts, least, together):
    def arrays(part):
        hashes = np.array(sorted(part), dtype=np.uint64)
        return hashes, np.array([part[one] for one in hashes.tolist()], dtype=np.uint32)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shard_counts, "TOGETHER", together)
        found = shard_counts.merged_counts([arrays(part) for part in counts], least, lambda done, total: None)
    sums = sum((Counter(part) for part in counts), Counter())
    expected = {one: count for one, count in sums.items() if count >= least}
    assert dict(zip(found[0].tolist(), found[1].tolist(), strict=True)) == expected
    ordered = shard_counts.ordered_ngrams(found, 3)
    best = sorted(expected.items(), key=lambda item: (-item[1], item[0]))[:3]
    assert list(zip(ordered[0].tolist(), ordered[1].tolist(), strict=True)) == best


@given(st.lists(TEXT.map(" ".join)), st.integers(0, 2**64 - 1))
def test_texts_have_equal_keys_if_they_are_equal(texts, seed):
    keys = list(map(tuple, _core.equality_keys(texts, seed, 2).tolist()))
    assert [keys.index(key) for key in keys] == _core.first_equals(texts, 1)
    assert list(map(tuple, _core.equality_keys(texts[::-1], seed, 1).tolist())) == keys[::-1]
    each = _core.letters_of_each(texts, 2)
    assert tuple(each.sum(axis=0).tolist()) == _core.letters(texts, 1)
    assert [tuple(row) for row in each.tolist()] == [_core.letters([text], 1) for text in texts]


# Rows in arrays

FEATURES = _core.BagFeatures([(mm.Words().splitter, 0, 1, 2)], 1)


@pytest.mark.parametrize("local", ["binary", "count", "sublinear"])
def test_rows_in_mapped_files_are_those_in_memory(local, tmp_path):
    counter = _core.BagCounter()
    counter.add(FEATURES, ENGLISH[0], threads=2)
    columns, counts = counter.columns(least_texts=1, most_texts=999, most=None, threads=1)
    assert dict(zip(columns.hashes().tolist(), counts.tolist(), strict=True)) == dict(
        zip(*(one.tolist() for one in counter.counts(threads=2)), strict=True)
    )
    own = columns.rows(FEATURES, ENGLISH[0], local=local, threads=2)
    arrays = own.arrays()
    names = [name for name, array in zip(("columns", "values", "ends"), arrays, strict=True) if array is not None]
    assert names == (["columns", "ends"] if local == "binary" else ["columns", "values", "ends"])
    for name, array in zip(("columns", "values", "ends"), arrays, strict=True):
        if array is not None:
            array.tofile(tmp_path / name)
    mapped = [
        None if a is None else np.memmap(tmp_path / n, a.dtype, "r")
        for n, a in zip(("columns", "values", "ends"), arrays, strict=True)
    ]
    rows = _core.BagRows.of_arrays(*mapped)
    width = len(columns)
    assert (len(rows), rows.entries) == (len(own), own.entries)
    np.testing.assert_array_equal(rows.text_counts(columns=width), counts)
    assert rows.squares(columns=width, factors=None).tobytes() == own.squares(columns=width, factors=None).tobytes()
    assert (
        rows.first_rows(np.arange(9, dtype=np.uint32)).tolist()
        == own.first_rows(np.arange(9, dtype=np.uint32)).tolist()
    )
    joined = _core.BagRows.joined([rows, own])
    assert (len(joined), joined.entries) == (2 * len(own), 2 * own.entries)
    halves = [None if a is None else a[len(a) // 2 :].tobytes() for a in joined.arrays()[:2]]
    assert halves == [None if a is None else a.tobytes() for a in arrays[:2]]


@pytest.mark.parametrize(
    ("columns", "values", "ends", "message"),
    [
        ([0, 1], None, [1], "ends must ascend to 2"),
        ([0, 1], None, [3, 2], "ends must ascend to 2"),
        ([0, 1], None, [1, 2**64 - 1], "ends must ascend to 2"),
        ([0, 1], None, [], "ends must ascend to 2"),
        ([0, 1], [1.0], [2], "values must have 2 items, got 1"),
    ],
)
def test_arrays_that_are_no_rows_are_refused(columns, values, ends, message):
    arrays = np.array(columns, np.uint32), None if values is None else np.array(values, np.float32)
    with pytest.raises(ValueError, match=message):
        _core.BagRows.of_arrays(*arrays, np.array(ends, np.uint64))


def test_columns_beyond_the_matrix_are_refused():
    rows = _core.BagRows.of_arrays(np.array([0, 9], np.uint32), None, np.array([2], np.uint64))
    with pytest.raises(ValueError, match="columns must be at least 10, the number in the rows, got 9"):
        rows.text_counts(columns=9)


# Bad input


ROWS = [(f"so {word} a film {n}", label) for n in range(8) for word, label in (("good", "pos"), ("bad", "neg"))]


@pytest.fixture
def data(tmp_path):
    return written(tmp_path / "data", *map(list, zip(*ROWS, strict=True)), 4).parent


@pytest.fixture
def scratch(tmp_path):
    """A folder for temporary files, which must be empty at the end."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


def refused(data, scratch, message, error=mm.DataError, **arguments):
    with pytest.raises(error, match=message):
        mm.BagClassifier().fit_files(data, scratch=scratch, **arguments)


def test_empty_shards_are_fine(data, scratch, tmp_path):
    (data / "000a.jsonl").write_text("")
    for name in ("e.csv", "f.tsv", "g.txt"):
        (data / name).write_text("")
    (data / "h.csv").write_text("text,label\n")
    polars.DataFrame({"text": [], "label": []}, schema={"text": str, "label": str}).write_parquet(data / "i.parquet")
    found = mm.BagClassifier().fit_files(sorted(data.iterdir()), scratch=scratch)
    expected = mm.BagClassifier().fit(*map(list, zip(*ROWS, strict=True)))
    assert as_file(found, tmp_path) == as_file(expected, tmp_path)


def test_empty_shards_alone_are_refused(scratch, tmp_path):
    (tmp_path / "a.jsonl").write_text("")
    refused(tmp_path / "*.jsonl", scratch, r"a\.jsonl: data must contain labelled texts, got no rows")


@pytest.mark.parametrize(
    ("name", "content", "message", "error"),
    [
        ("001.jsonl", '{"text": "so goo', r"001\.jsonl.*", mm.DataError),
        ("002.parquet", "", r"002\.parquet: the Parquet file is damaged or cut short", mm.FormatError),
        ("003.jsonl", '{"text": "good"}\n', r"003\.jsonl.*label", mm.DataError),
        ("003.jsonl", '{"text": "good", "label": null}\n', r"003\.jsonl:1.*label", mm.DataError),
        (
            "003.jsonl",
            '{"text": "good", "label": 7}\n',
            r"003\.jsonl:1: label must be of the same type as 'pos', got 7",
            mm.DataError,
        ),
        ("004.xlsx", "PK\3\4", r"004\.xlsx", mm.FormatError),
    ],
)
def test_a_damaged_shard_is_named(data, scratch, name, content, message, error):
    (data / name).write_text(content)
    refused(sorted(data.iterdir()), scratch, message, error)


def test_one_class_is_refused(scratch, tmp_path):
    data = written(tmp_path / "data", ["good", "fine"], ["pos", "pos"], 2)
    refused(data, scratch, "labels must have 2 classes or more, got only 'pos'")


def test_texts_without_tokens_are_refused(scratch, tmp_path):
    data = written(tmp_path / "data", ["", " ", "!"], ["a", "b", "a"], 2)
    with pytest.raises(mm.DataError, match="an n-gram with a document frequency of 1 or more, got none in 3 texts"):
        mm.BagClassifier(tokens=mm.Words()).fit_files(data, scratch=scratch)


def test_a_shard_that_is_given_twice_is_refused(data, scratch):
    path = data / "001.jsonl"
    refused([data / "*.jsonl", path], scratch, r"001\.jsonl: each file must be given once, got it also as .*001\.jsonl")
    with contextlib.suppress(OSError, NotImplementedError):
        os.link(path, data / "again.jsonl")
        refused(data / "*.jsonl", scratch, r"again\.jsonl: each file must be given once, got it also as .*001\.jsonl")


@pytest.mark.parametrize(
    ("arguments", "labels", "message"),
    [
        ({"calibration": "isotonic"}, ["a", "b", "c"], "calibration must be 'temperature' or 'auto' for more than two"),
        ({"reject_below": 0.5}, [["a"], ["b"], ["a", "b"]], "reject_below must be None for multilabel data"),
        ({"class_weight": "balanced"}, [["a"], ["b"], []], "class_weight must be None for multilabel data"),
        ({"C": -1}, ["a", "b", "a"], 'C must be "auto", or above 0'),
    ],
)
def test_settings_that_do_not_fit_are_refused(scratch, tmp_path, arguments, labels, message):
    data = written(tmp_path / "data", ["so", "good", "bad"], labels, 2)
    with pytest.raises(ValueError, match=message):
        mm.BagClassifier(**arguments).fit_files(data, scratch=scratch)


def test_wrong_arguments_are_refused(data, tmp_path):
    refused(data / "none.jsonl", None, "no such file or folder")
    refused(data / "*.jsonl", tmp_path / "none", "scratch must be an existing folder that can be written, got .*none")
    refused(data / "*.jsonl", None, "input_format must be", ValueError, input_format="xml")
    refused(data / "*.jsonl", None, "engine must be an engine, got 'ray'", TypeError, engine="ray")


@dataclass
class Changing:
    """An engine that calls a function before each run with its number, and may change the work."""

    before: Callable[[int], None] = lambda number: None
    changed: Callable[[Any], Any] = lambda work: work
    runs: int = 0

    def run(self, work: Callable[..., Any], items: Sequence[Any], tick: Callable[[], None]) -> Generator[Any]:
        self.before(self.runs)
        self.runs += 1
        yield from ThisProcess().run(self.changed(work), items, tick)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_shard_that_changes_during_training_is_refused(data, scratch, at):
    def change(number):
        if number == at:
            with (data / "000.jsonl").open("a") as file:
                file.write('{"text": "new", "label": "pos"}\n')

    refused(data / "*.jsonl", scratch, r"000\.jsonl: the file must not change during", engine=Changing(change))


@pytest.mark.parametrize("at", [1, 2, 3])
def test_texts_that_are_moved_during_training_are_refused(data, scratch, at):
    def turn(number):
        if number == at:
            lines = (data / "000.jsonl").read_text().splitlines()
            (data / "000.jsonl").write_text("\n".join(lines[::-1]) + "\n")

    refused(
        data / "*.jsonl", scratch, r"000\.jsonl: the file must not change .* got other texts", engine=Changing(turn)
    )


def test_a_scratch_folder_that_workers_do_not_see_is_refused(data, scratch, tmp_path):
    hidden = Changing(changed=lambda work: replace(work, scratch=Scratch(str(tmp_path / "elsewhere"))))
    refused(data / "*.jsonl", scratch, "elsewhere cannot be written: it does not exist on this machine", engine=hidden)
    (tmp_path / "elsewhere").mkdir()
    refused(data / "*.jsonl", scratch, r"000\.jsonl: the scratch folder .* must be on a disk that all", engine=hidden)


def test_a_full_disk_is_an_error_with_the_folder(tmp_path):
    message = "cannot be written: No space left on device; choose a folder with enough"
    with pytest.raises(mm.DataError, match=message), Scratch(str(tmp_path)).written(Shard(0, "a"), "columns"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_workers_may_have_another_working_directory(data, tmp_path, monkeypatch):
    monkeypatch.chdir(data)
    expected = as_file(mm.BagClassifier().fit_files("*.jsonl"), tmp_path)
    found = mm.BagClassifier().fit_files("*.jsonl", engine=Changing(lambda number: os.chdir(tmp_path)))
    assert as_file(found, tmp_path) == expected


@dataclass(frozen=True)
class Dying:
    """An engine whose workers die at one shard."""

    number: int

    def run(self, work: Callable[..., Any], items: Sequence[Any], tick: Callable[[], None]) -> Generator[Any]:
        for item in items:
            died = WorkerDiedError("its process was killed (signal 9)")
            yield item, died if item.number == self.number else work(item)


def test_a_worker_that_dies_is_an_error_with_the_shard(data, scratch):
    message = r"002\.jsonl: training on this file failed: its process was killed \(signal 9\); use fewer workers"
    refused(data / "*.jsonl", scratch, message, engine=Dying(2))


@pytest.mark.parametrize("step", ["reading texts", "counting n-grams", "features", "cross-validation", "fitting"])
def test_an_interrupt_leaves_no_files_and_keeps_the_model_before(data, scratch, step):
    def interrupt(name, done, total):
        if name == step:
            raise KeyboardInterrupt

    model = mm.BagClassifier().fit(["so good", "so bad"], ["x", "y"])
    with pytest.raises(KeyboardInterrupt):
        model.fit_files(data / "*.jsonl", scratch=scratch, progress=interrupt)
    assert model.classes_.tolist() == ["x", "y"]


def test_a_scratch_folder_that_stays_is_reported(data, tmp_path, caplog, monkeypatch):
    class Staying(TemporaryDirectory):
        def __exit__(self, *error):
            """As if a worker were still writing into it."""
            self._finalizer.detach()

    monkeypatch.setattr(shards, "TemporaryDirectory", Staying)
    with caplog.at_level(logging.WARNING, logger="malmoi"):
        mm.BagClassifier().fit_files(data / "*.jsonl", scratch=tmp_path)
    assert f"the scratch folder {tmp_path}" in caplog.text
    assert "could not be removed" in caplog.text


# The command line


def test_the_command_writes_the_model_of_fit_files(data, tmp_path, capsys):
    output = tmp_path / "m.malmoi"
    command = ["train", str(data / "*.jsonl"), "-o", str(output), "--recipe", "bag", "--stream"]
    assert run([*command, "--scratch", str(tmp_path), "--runs", "none"]) == 0
    assert "16 labelled" in capsys.readouterr().out
    expected = mm.BagClassifier().fit_files(data / "*.jsonl")
    expected.fitted_ = expected.fitted.with_text_columns(("text",))
    assert output.read_bytes() == as_file(expected, data)
    assert not list(tmp_path.glob("malmoi-*"))


def test_the_command_skips_rows_once_and_runs_in_processes(data, tmp_path, capsys):
    (data / "001.jsonl").write_text('{"text": 5, "label": "pos"}\n' + (data / "001.jsonl").read_text())
    output, rejects = tmp_path / "m.malmoi", tmp_path / "rejects.jsonl"
    command = ["train", str(data / "*.jsonl"), "-o", str(output), "--recipe", "bag", "--stream", "--runs", "none"]
    options = ["--engine", "processes", "--workers", "2", "--on-error", "skip", "--rejects", str(rejects)]
    assert run([*command, *options]) == 0
    assert "1 row was skipped" in capsys.readouterr().err
    assert [json.loads(line)["place"] for line in rejects.read_text().splitlines()] == [f"{data / '001.jsonl'}:1"]
    assert mm.load(output).facts_.samples == 16


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--stream"], "--stream needs the recipe bag or fasttext, got 'auto'; add --recipe bag or --recipe fasttext"),
        (["--engine", "ray"], "--engine has no effect without --stream; add --recipe bag --stream, or leave it out"),
        (["--recipe", "bag", "--stream", "--workers", "2"], "--workers has no effect without --engine; leave it out"),
        (["--recipe", "bag", "--stream", "--engine", "x"], "--engine must be processes or ray, got 'x'"),
        (
            ["--recipe", "bag", "--stream", "--engine", "processes", "--workers", "0"],
            "--workers must be 1 or more, got 0",
        ),
        (["--recipe", "fasttext", "--stream", "--scratch", "."], "--scratch needs the recipe bag, got 'fasttext'"),
        (["--recipe", "bag", "--stream", "--validation", "5"], "--validation has no effect with --stream"),
    ],
)
def test_options_without_effect_are_refused(data, capsys, options, message):
    assert run(["train", str(data / "*.jsonl"), "-o", str(data / "m.malmoi"), *options]) == 2
    assert message in "\n".join(without_reading(capsys.readouterr().err))
