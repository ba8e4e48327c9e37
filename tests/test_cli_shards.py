"""`malmoi predict --engine`: outputs equal those of one process, whatever is damaged, killed or started again."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

import malmoi as mm
from malmoi.cli import predict_shards as predict_shards_module
from malmoi.cli import shard_prediction
from malmoi.cli.commands import run
from malmoi.cli.mistakes import StoppedError
from malmoi.cli.predict_shards import predict_shards
from malmoi.cli.prediction_request import PredictRequest
from malmoi.cli.usage import UsageError
from malmoi.distributed.manifest import MANIFEST
from malmoi.distributed.shards import Shard, listed_shards
from malmoi.errors import DataError, MalmoiError
from malmoi.foundation.engines import Processes, ThisProcess
from malmoi.foundation.files import locked
from malmoi.foundation.workers import WorkerDiedError
from systems import needs_posix

TIME = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = ["good film", "dull film", "good\nfun", "", "좋은 영화 🎉", "dull fun", " \t"]
FORMATS = ["csv", "jsonl", "parquet"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    texts = [text for text in TEXTS if text.strip()] * 8
    labels = ["pos" if "good" in text or "좋" in text else "neg" for text in texts]
    return mm.BagClassifier().fit(texts, labels).save(tmp_path_factory.mktemp("model") / "films.malmoi")


@pytest.fixture
def table():
    return pl.DataFrame({"id": range(100), "text": [TEXTS[number % 7] for number in range(100)]})


def written(table, folder, shards, kind="parquet"):
    """Write a table as shards; return the folder."""
    folder.mkdir(exist_ok=True)
    size = -(-table.height // shards)
    for number in range(shards):
        part = table[number * size : (number + 1) * size]
        path = folder / f"part-{number}.{kind}"
        part.write_parquet(path) if kind == "parquet" else part.write_ndjson(path)
    return folder


def predicted(model, data, output, engine=None, **settings):
    reading = settings.pop("reading", {"id_column": "id"})
    request = PredictRequest(model, str(data), output, reading=reading, engine=engine, **settings)
    predict_shards(request, engine or ThisProcess())


def outputs(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lines(folder):
    return [json.loads(line) for line in (folder / MANIFEST).read_text().splitlines()]


def rows_of(path, kind):
    raw = path.read_bytes()
    return raw if kind == "jsonl" else raw.partition(b"\n")[2]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("shards", [1, 2, 7])
def test_the_outputs_are_those_of_a_local_prediction(model, table, tmp_path, shards, kind):
    data, whole = written(table, tmp_path / "in", shards), tmp_path / f"whole.{kind}"
    table.write_parquet(tmp_path / "whole-in.parquet")
    predicted(model, data, tmp_path / "out", kind=kind)
    assert run(["predict", str(model), str(tmp_path / "whole-in.parquet"), "-o", str(whole), "--id-column", "id"]) == 0
    parts = sorted((tmp_path / "out").glob(f"part*.{kind}"))
    assert len(parts) == shards
    if kind == "parquet":
        assert pl.concat(map(pl.read_parquet, parts)).equals(pl.read_parquet(whole), null_equal=True)
    else:
        assert b"".join(rows_of(part, kind) for part in parts) == rows_of(whole, kind)
    for part in parts:
        single = tmp_path / f"single.{kind}"
        source = data / f"{part.stem}.parquet"
        assert run(["predict", str(model), str(source), "-o", str(single), "--id-column", "id", "--force"]) == 0
        assert single.read_bytes() == part.read_bytes()
    end = lines(tmp_path / "out")[-1]["end"]
    assert (end["shards"], end["failed"], end["rows"]) == (shards, 0, 100)
    assert end["empty_rows"] == sum(not text.strip() for text in table["text"])


def test_processes_give_the_same_bytes_and_the_command_says_what_it_did(model, table, tmp_path, capsys):
    data = written(table, tmp_path / "in", 3, "jsonl")
    predicted(model, data, tmp_path / "here")
    command = ["predict", str(model), str(data), "-o", str(tmp_path / "out"), "--id-column", "id"]
    capsys.readouterr()
    assert run([*command, "--engine", "processes", "--workers", "2"]) == 0
    assert outputs(tmp_path / "here") == outputs(tmp_path / "out")
    printed = capsys.readouterr()
    assert "3 of 3" in printed.out
    assert "text column of every shard: text" in printed.err
    assert "28 empty texts without a prediction" in printed.err


def test_folders_urls_and_globs_name_the_same_shards(model, table, tmp_path, capsys):
    data = written(table, tmp_path / "in", 2)
    (data / "deep").mkdir()
    written(table, data / "deep", 1)
    for name in ("_SUCCESS", ".hidden.parquet", "notes.pdf"):
        (data / name).write_text("no data")
    shards, left_out = listed_shards(str(data))
    assert [shard.name for shard in shards] == ["deep/part-0.parquet", "part-0.parquet", "part-1.parquet"]
    assert left_out == [".hidden.parquet", "_SUCCESS", "notes.pdf"]
    assert listed_shards(str(data / "**" / "*t-*.parquet"))[0] == shards
    assert [shard.name for shard in listed_shards(str(data / "part-0.parquet"))[0]] == ["part-0.parquet"]
    predicted(model, data, tmp_path / "out")
    assert (
        "left out 3 files of the folder, hidden or without the suffix of a data file: .hidden"
        in capsys.readouterr().err
    )
    assert sorted(outputs(tmp_path / "out")) == ["deep/part-0.parquet", MANIFEST, "part-0.parquet", "part-1.parquet"]


def test_urls_are_read(model, table, tmp_path):
    pytest.importorskip("fsspec")
    data = written(table, tmp_path / "in", 2)
    shards, _ = listed_shards(f"file://{data}/*.parquet")
    assert [(shard.name, shard.size_bytes) for shard in shards] == [
        (f"part-{number}.parquet", (data / f"part-{number}.parquet").stat().st_size) for number in range(2)
    ]
    predicted(model, f"file://{data}", tmp_path / "out")
    predicted(model, data, tmp_path / "local")
    found, local = outputs(tmp_path / "out"), outputs(tmp_path / "local")
    del found[MANIFEST], local[MANIFEST]
    assert found == local
    with pytest.raises(DataError, match=r"no data file in .*none', or it cannot be reached; they are found"):
        listed_shards(f"file://{tmp_path}/none")


def test_missing_shards_are_refused(tmp_path):
    for data in (tmp_path / "none", tmp_path / "*.parquet"):
        with pytest.raises(DataError, match="no file matches"):
            listed_shards(str(data))
    with pytest.raises(DataError, match=r"no data file in .*'; they are found"):
        listed_shards(str(tmp_path))


@needs_posix
def test_a_shard_that_appears_twice_is_refused_and_a_copy_is_named(model, table, tmp_path, capsys):
    data = written(table, tmp_path / "in", 2)
    (data / "again.parquet").symlink_to(data / "part-0.parquet")
    with pytest.raises(DataError, match=r"part-0\.parquet is the same file as .*again\.parquet"):
        predicted(model, data, tmp_path / "out")
    (data / "again.parquet").unlink()
    os.link(data / "part-1.parquet", data / "again.parquet")
    with pytest.raises(DataError, match="is the same file as"):
        predicted(model, data, tmp_path / "out")
    (data / "again.parquet").unlink()
    (data / "copy.parquet").write_bytes((data / "part-1.parquet").read_bytes())
    predicted(model, data, tmp_path / "out")
    said = "part-1.parquet has the same content as copy.parquet; both were predicted"
    assert said in capsys.readouterr().err.replace("\n", " ")


def test_empty_shards_give_empty_outputs(model, table, tmp_path):
    data = written(table, tmp_path / "in", 2)
    table[:0].write_parquet(data / "a-empty.parquet")
    predicted(model, data, tmp_path / "out")
    empty = pl.read_parquet(tmp_path / "out" / "a-empty.parquet")
    assert empty.height == 0
    assert empty.schema == pl.read_parquet(tmp_path / "out" / "part-0.parquet").schema
    only = tmp_path / "only"
    only.mkdir()
    table[:0].write_parquet(only / "none.parquet")
    predicted(model, only, tmp_path / "none", reading={})
    assert lines(tmp_path / "none")[-1]["end"]["rows"] == 0


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv", "txt"])
def test_an_empty_file_is_an_empty_shard(model, table, tmp_path, kind):
    data = written(table, tmp_path / "in", 2, "jsonl")
    (data / f"empty.{kind}").write_bytes(b"")
    predicted(model, data, tmp_path / "out")
    assert (tmp_path / "out" / "empty.jsonl").read_bytes() == b""


def damaged(data, table):
    raw = (data / "part-1.parquet").read_bytes()
    (data / "part-1.parquet").write_bytes(raw[: len(raw) // 2])
    table.rename({"text": "review"}).write_parquet(data / "part-3.parquet")
    return data


def test_bad_shards_are_named_and_the_others_are_done(model, table, tmp_path, capsys):
    data = damaged(written(table, tmp_path / "in", 5), table)
    with pytest.raises(StoppedError, match="2 shards failed; 3 of 5 are done"):
        predicted(model, data, tmp_path / "out")
    printed = capsys.readouterr().err.replace("\n", " ")
    assert "part-1.parquet:" in printed
    assert "part-3.parquet:" in printed
    assert "'text'" in printed
    assert sorted(outputs(tmp_path / "out")) == [MANIFEST, *(f"part-{number}.parquet" for number in (0, 2, 4))]
    assert [line["shard"] for line in lines(tmp_path / "out")[1:] if line.get("error")] == [
        "part-1.parquet",
        "part-3.parquet",
    ]
    assert "end" not in lines(tmp_path / "out")[-1]
    written(table, data, 5)
    predicted(model, data, tmp_path / "out", resume=True)
    predicted(model, data, tmp_path / "anew")
    assert outputs(tmp_path / "out") == outputs(tmp_path / "anew")


def test_bad_shards_are_skipped_if_asked(model, table, tmp_path):
    data = damaged(written(table, tmp_path / "in", 5), table)
    predicted(model, data, tmp_path / "out", skip_bad_shards=True)
    assert lines(tmp_path / "out")[-1]["end"]["failed"] == 2
    with pytest.raises(DataError, match=r"no shard can be read; part-1\.parquet"):
        predicted(model, data / "part-1*", tmp_path / "none", skip_bad_shards=True)


def test_a_damaged_first_shard_does_not_choose_the_columns(model, table, tmp_path):
    data = written(table, tmp_path / "in", 3)
    (data / "part-0.parquet").write_bytes(b"PAR1 damaged")
    with pytest.raises(StoppedError, match="1 shard failed"):
        predicted(model, data, tmp_path / "out")
    assert lines(tmp_path / "out")[0]["run"]["columns"] == {"texts": ["text"], "kept": ["id"]}


def test_invalid_rows_are_skipped_if_asked(model, tmp_path, capsys):
    data = tmp_path / "in"
    data.mkdir()
    (data / "a.jsonl").write_text('{"text": "good"}\n{"text": 7}\n{"text": "dull"}\n')
    with pytest.raises(DataError, match=r"no shard can be read; a\.jsonl: .*'text' must be text, got 7"):
        predicted(model, data, tmp_path / "out", reading={})
    predicted(model, data, tmp_path / "skipped", reading={"on_error": "skip"})
    assert lines(tmp_path / "skipped")[1]["skipped_rows"] == 1
    assert "1 invalid row was skipped" in capsys.readouterr().err


class Ending:
    """An engine that ends in some way after some shards."""

    def __init__(self, after, error):
        self.after, self.error = after, error

    def run(self, work, items, tick):
        for number, item in enumerate(items):
            if number == self.after:
                raise self.error
            yield item, work(item)


@pytest.mark.parametrize("shards", [1, 4])
def test_an_interrupted_run_is_resumed(model, table, tmp_path, shards, capsys):
    data = written(table, tmp_path / "in", 4)
    with pytest.raises(StoppedError, match=f"{shards} of 4 shards are done: the same command with --resume continues"):
        predicted(model, data, tmp_path / "out", Ending(shards, KeyboardInterrupt()) if shards < 4 else Broken())
    predicted(model, data, tmp_path / "out", resume=True)
    assert f"resuming; {shards} of 4 shards are done" in capsys.readouterr().err
    predicted(model, data, tmp_path / "anew")
    assert outputs(tmp_path / "out") == outputs(tmp_path / "anew")
    predicted(model, data, tmp_path / "out", resume=True)
    assert outputs(tmp_path / "out") == outputs(tmp_path / "anew")


class Broken:
    """An engine that does everything, and then fails."""

    def run(self, work, items, tick):
        for item in items:
            yield item, work(item)
        raise KeyboardInterrupt


class Deadly:
    """An engine whose worker dies of one shard."""

    def run(self, work, items, tick):
        for number, item in enumerate(items):
            yield item, WorkerDiedError("its process was killed (signal 9)") if number == 1 else work(item)


def test_a_worker_that_dies_fails_its_shard_only(model, table, tmp_path, capsys):
    data = written(table, tmp_path / "in", 3)
    with pytest.raises(StoppedError, match="1 shard failed; 2 of 3 are done"):
        predicted(model, data, tmp_path / "out", Deadly())
    assert "part-1.parquet: its process was killed" in capsys.readouterr().err


def test_a_full_disk_ends_the_run_and_the_rest_is_resumed(model, table, tmp_path, monkeypatch):
    data = written(table, tmp_path / "in", 4)
    real = shard_prediction.whole_file

    def full(path, **settings):
        if path.name == "part-2.parquet":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return real(path, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(shard_prediction, "whole_file", full)
        with pytest.raises(StoppedError, match="the disk is full; 2 of 4 shards are done"):
            predicted(model, data, tmp_path / "out")
    predicted(model, data, tmp_path / "out", resume=True)
    predicted(model, data, tmp_path / "anew")
    assert outputs(tmp_path / "out") == outputs(tmp_path / "anew")


def test_a_worker_out_of_memory_fails_its_shard_only(model, table, tmp_path, monkeypatch, capsys):
    data = written(table, tmp_path / "in", 3)
    real = shard_prediction.shard_batches

    def read(path, settings, report):
        if path.endswith("part-1.parquet") and report.on_read is None and len(calls) > 1:
            raise MemoryError
        calls.append(path)
        return real(path, settings, report)

    calls = []
    monkeypatch.setattr(shard_prediction, "shard_batches", read)
    with pytest.raises(StoppedError, match="1 shard failed; 2 of 3 are done"):
        predicted(model, data, tmp_path / "out")
    assert "part-1.parquet: out of memory" in capsys.readouterr().err


def test_only_the_same_run_is_resumed(model, table, tmp_path):
    data, out = written(table, tmp_path / "in", 2), tmp_path / "out"
    predicted(model, data, out)
    with pytest.raises(UsageError, match="has an earlier run, with 2 shards done; --resume continues it"):
        predicted(model, data, out)
    with pytest.raises(UsageError, match="--with-text was False, is now True"):
        predicted(model, data, out, resume=True, with_text=True)
    with pytest.raises(UsageError, match="data was "):
        predicted(model, written(table, tmp_path / "other", 2), out, resume=True)
    other = mm.BagClassifier(C=1.0).fit(["good", "dull"] * 5, ["pos", "neg"] * 5).save(tmp_path / "other.malmoi")
    with pytest.raises(UsageError, match="the model file is another one, or has changed; use"):
        predicted(other, data, out, resume=True)
    (data / "part-1.parquet").unlink()
    with pytest.raises(DataError, match=r"part-1\.parquet of the earlier run is not in the input any more"):
        predicted(model, data, out, resume=True)


def test_changed_and_new_shards_are_predicted_when_a_run_is_resumed(model, table, tmp_path, capsys):
    data, out = written(table, tmp_path / "in", 3), tmp_path / "out"
    predicted(model, data, out)
    table[:7].write_parquet(data / "part-1.parquet")
    table[:9].write_parquet(data / "part-9.parquet")
    (out / "part-2.parquet").unlink()
    predicted(model, data, out, resume=True)
    printed = capsys.readouterr().err
    assert "part-1.parquet or its output has changed since" in printed
    assert "part-2.parquet or its output has changed since" in printed
    predicted(model, data, tmp_path / "anew")
    assert outputs(out) == outputs(tmp_path / "anew")


def test_force_removes_the_outputs_of_the_earlier_run_only(model, table, tmp_path, capsys):
    data, out = written(table, tmp_path / "in", 3), tmp_path / "out"
    predicted(model, data, out, kind="csv")
    (out / "own.txt").write_text("kept")
    predicted(model, data, out, force=True)
    printed = capsys.readouterr().err
    assert "3 outputs of an earlier run were removed" in printed
    assert "1 other files, which were kept: own.txt" in " ".join(printed.split())
    assert sorted(outputs(out)) == [MANIFEST, "own.txt", *(f"part-{number}.parquet" for number in range(3))]


def test_folders_that_are_used_otherwise_are_refused(model, table, tmp_path):
    data = written(table, tmp_path / "in", 2)
    with pytest.raises(UsageError, match="must be another folder than that of the shards"):
        predicted(model, data, data)
    full = tmp_path / "full"
    full.mkdir()
    (full / "photo.png").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"is not empty and has no manifest\.jsonl: it has photo\.png"):
        predicted(model, data, full, force=True)
    with pytest.raises(UsageError, match="must be a folder with --engine, got the file"):
        predicted(model, data, full / "photo.png")
    (full / MANIFEST).write_text("{}\n")
    with pytest.raises(DataError, match="is not a manifest of malmoi predict"):
        predicted(model, data, full, resume=True)
    out = tmp_path / "out"
    predicted(model, data, out)
    with pytest.raises(UsageError, match="must be another folder than that of the shards, and not in it"):
        predicted(model, data, data / "out")
    predicted(model, data, data / "_out")
    predicted(model, data, data / "_out", resume=True)


@pytest.mark.parametrize("rule", ["resume", "force"])
def test_a_folder_that_another_process_writes_is_neither_read_nor_changed(model, table, tmp_path, monkeypatch, rule):
    data, out = written(table, tmp_path / "in", 2), tmp_path / "out"
    predicted(model, data, out)
    before = outputs(out)
    monkeypatch.setattr(predict_shards_module, "earlier_run", None)  # it would be called
    with locked(out), pytest.raises(DataError, match="is being written by another malmoi predict"):
        predicted(model, data, out, **{rule: True})
    assert outputs(out) == before


@pytest.mark.parametrize("name", ["manifest.jsonl", "Manifest.csv.gz"])
def test_a_shard_whose_output_would_be_the_manifest_is_refused(model, table, tmp_path, name):
    data = written(table, tmp_path / "in", 1)
    (data / name).write_text("")
    with pytest.raises(UsageError, match=f"the output of the shard {name} would be .*, the name of the manifest"):
        predicted(model, data, tmp_path / "out", kind="jsonl")


@needs_posix
def test_a_folder_is_listed_whole_whatever_its_name_or_an_error_is_raised(table, tmp_path, monkeypatch):
    data = written(table, tmp_path / "in [1]", 1)
    (data / "_SUCCESS").write_text("")
    written(table, data / "deep", 1)
    (data / "link").symlink_to(tmp_path)
    shards, left_out = listed_shards(str(data))
    assert [shard.name for shard in shards] == ["deep/part-0.parquet", "part-0.parquet"]
    assert left_out == ["_SUCCESS", "link"]
    real = os.scandir

    def closed(path):
        if os.fspath(path).endswith("deep"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(DataError, match="cannot be read: Permission denied"):
        listed_shards(str(data))


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_shard_that_changes_during_the_run_fails(model, table, tmp_path, scheme, capsys):
    if scheme:
        pytest.importorskip("fsspec")
    data = written(table, tmp_path / "in", 2, "jsonl")

    class Changing:
        def run(self, work, items, tick):
            with (data / "part-1.jsonl").open("a") as file:
                file.write('{"id": 100, "text": "good"}\n')
            yield from ThisProcess().run(work, items, tick)

    with pytest.raises(StoppedError, match="1 shard failed"):
        predicted(model, f"{scheme}{data}", tmp_path / "out", Changing())
    assert "part-1.jsonl was changed after the run had started" in " ".join(capsys.readouterr().err.split())
    predicted(model, f"{scheme}{data}", tmp_path / "out", resume=True)
    assert lines(tmp_path / "out")[-1]["end"]["rows"] == 101


def test_the_first_rows_choose_the_columns_also_if_they_come_when_a_run_is_resumed(model, table, tmp_path, capsys):
    data = tmp_path / "in"
    data.mkdir()
    (data / "a.jsonl").write_text("")
    predicted(model, data, tmp_path / "out", reading={})
    for name in ("review", "text"):
        table.select(pl.col("text").alias(name)).write_ndjson(data / f"{name}.jsonl")
    with pytest.raises(StoppedError, match="1 shard failed; 2 of 3 are done"):
        predicted(model, data, tmp_path / "out", resume=True, reading={})
    assert "text.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a//x", "a/./x"])
def test_shards_of_a_url_have_names_below_their_folder(name):
    memory = pytest.importorskip("fsspec").filesystem("memory")
    names = [f"/shards/{name}.jsonl", "/shards/x.jsonl"]
    try:
        memory.store.update({one: SimpleNamespace(size=1, created=TIME, modified=TIME) for one in names})
        with pytest.raises(DataError, match="shards must have names below the folder that they share"):
            listed_shards("memory://shards/**/*.jsonl")
    finally:
        memory.store.clear()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw.replace(b'"format": 1', b'"format": 9'), "has format 9, this version reads 1"),
        (lambda raw: raw.replace(b'"rows": ', b'"rows": -'), "'rows' has the value -50"),
        (lambda raw: raw.replace(b'"output": "part', b'"output": ["part'), "is damaged"),
        (lambda raw: raw.replace(b'"rows": 50', b'"rows": "50"'), "'rows' has the value '50'"),
        (lambda raw: raw.replace(b'"bytes"', b'"other"'), "'other' has the value"),
        (lambda raw: b"\xff" + raw, "is damaged"),
        (lambda raw: b"", "is not a manifest"),
    ],
)
def test_damaged_manifests_are_refused(model, table, tmp_path, change, words):
    data, out = written(table, tmp_path / "in", 2), tmp_path / "out"
    predicted(model, data, out)
    (out / MANIFEST).write_bytes(change((out / MANIFEST).read_bytes()))
    with pytest.raises(DataError, match=words):
        predicted(model, data, out, resume=True)


def test_outputs_outside_of_the_folder_are_never_removed(model, table, tmp_path):
    data, out = written(table, tmp_path / "in", 2), tmp_path / "out"
    predicted(model, data, out)
    victim = tmp_path / "victim.parquet"
    victim.write_bytes(b"precious")
    for name in ("../victim.parquet", str(victim), ".", "x\0", "\ud800"):
        raw = (out / MANIFEST).read_text()
        (out / MANIFEST).write_text(raw.replace('"output": "part-0.parquet"', f'"output": {json.dumps(name)}'))
        with pytest.raises(DataError, match="is damaged"):
            predicted(model, data, out, force=True)
        assert victim.read_bytes() == b"precious"
        (out / MANIFEST).write_text(raw)


@needs_posix
def test_folders_and_files_behind_links_are_never_removed(model, table, tmp_path):
    data, out = written(table, tmp_path / "in", 1), tmp_path / "out"
    predicted(model, data, out)
    (out / "own").mkdir()
    (out / "link").symlink_to(tmp_path)
    victims = [tmp_path / "victim", out / "own" / "victim"]
    for victim in victims:
        victim.write_bytes(b"precious")
    raw = (out / MANIFEST).read_text()
    for name in ("link/victim", "own"):
        (out / MANIFEST).write_text(raw.replace('"output": "part-0.parquet"', f'"output": "{name}"'))
        with pytest.raises(DataError, match=f"is damaged: '{name}' is no output"):
            predicted(model, data, out, force=True)
    assert [victim.read_bytes() for victim in victims] == [b"precious"] * 2


def test_a_torn_last_line_of_the_manifest_is_forgotten(model, table, tmp_path):
    data, out = written(table, tmp_path / "in", 3), tmp_path / "out"
    with pytest.raises(StoppedError):
        predicted(model, data, out, Ending(2, KeyboardInterrupt()))
    raw = (out / MANIFEST).read_bytes()
    (out / MANIFEST).write_bytes(raw[:-20])
    predicted(model, data, out, resume=True)
    predicted(model, data, tmp_path / "anew")
    assert outputs(out) == outputs(tmp_path / "anew")


def test_two_shards_with_the_same_output_are_refused(model, table, tmp_path):
    data = written(table, tmp_path / "in", 1)
    written(table, data, 1, "jsonl")
    with pytest.raises(UsageError, match=r"part-0\.jsonl and part-0\.parquet would have the same output"):
        predicted(model, data, tmp_path / "out")
    assert Shard("a/b.JSONL.gz", "", 0, "").output_name("csv") == "a/b.csv"


def test_columns_of_parquet_keep_their_types_in_every_shard(model, table, tmp_path):
    data = tmp_path / "in"
    data.mkdir()
    typed = table.with_columns(
        small=pl.lit(1, pl.Int8), number=pl.lit(None, pl.Float32), at=pl.lit(0, pl.Datetime("ns", "Asia/Seoul"))
    )
    typed[:50].write_parquet(data / "a.parquet")
    typed[50:].with_columns(small=pl.lit(None, pl.Int8), number=pl.lit(2.5, pl.Float32)).write_parquet(
        data / "b.parquet"
    )
    predicted(model, data, tmp_path / "out", reading={"keep": ("all",)})
    first, second = (pl.read_parquet(tmp_path / "out" / f"{name}.parquet") for name in "ab")
    assert first.schema == second.schema
    assert [first.schema[name] for name in ("id", "small", "number", "at")] == [
        typed.schema[name] for name in ("id", "small", "number", "at")
    ]
    for name in "ab":
        single = tmp_path / f"{name}.parquet"
        alone = ["predict", str(model), str(data / f"{name}.parquet"), "-o", str(single), "--keep", "all"]
        assert run(alone) == 0
        assert single.read_bytes() == (tmp_path / "out" / f"{name}.parquet").read_bytes()
    assert (
        run(["predict", str(model), str(data / "*.parquet"), "-o", str(tmp_path / "both.parquet"), "--keep", "all"])
        == 0
    )
    assert pl.read_parquet(tmp_path / "both.parquet").schema == first.schema


def test_a_model_that_disappears_ends_the_run(model, table, tmp_path):
    data = written(table, tmp_path / "in", 2)
    own = tmp_path / "own.malmoi"
    own.write_bytes(model.read_bytes())

    class Vanishing:
        def run(self, work, items, tick):
            lost = replace(work, model=str(tmp_path / "lost.malmoi"))
            for item in items:
                yield item, lost(item)

    with pytest.raises(StoppedError, match=r"no model file .*lost\.malmoi on the machine .*; 0 of 2 shards are done"):
        predicted(own, data, tmp_path / "out", Vanishing())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--engine", "processes"], "--engine needs a folder for the outputs"),
        (["--engine", "cloud", "-o", "out"], "--engine must be processes or ray"),
        (["--workers", "2", "-o", "out"], "--workers has no effect without --engine"),
        (["--skip-bad-shards", "-o", "out"], "--skip-bad-shards has no effect without --engine"),
        (["--engine", "processes", "-o", "out", "--on-error", "skip", "--rejects", "r"], "--rejects has no effect on"),
        (["--engine", "processes", "-o", "out", "--label-column", "x"], "--label-column has no effect on texts"),
        (["--engine", "processes", "-o", "out", "--excel"], "--excel needs --format csv, got parquet"),
    ],
)
def test_options_without_effect_are_refused(model, table, tmp_path, capsys, options, words, monkeypatch):
    data = written(table, tmp_path / "in", 1)
    monkeypatch.chdir(tmp_path)
    assert run(["predict", str(model), str(data), *options]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
    assert run(["predict", str(model), "-", "--engine", "processes", "-o", "out"]) == 2
    assert "needs files, a folder, a glob or a URL, got standard input" in capsys.readouterr().err


def test_ray_is_named_if_it_is_missing(model, table, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    data = written(table, tmp_path / "in", 1)
    assert run(["predict", str(model), str(data), "--engine", "ray", "-o", str(tmp_path / "out")]) == 2
    assert "needs ray; pip install 'malmoi[ray]'\n" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []  # so that it can be used with another engine
    predicted(model, data, tmp_path / "out")


def test_a_run_that_cannot_start_leaves_the_earlier_one_as_it_is(model, table, tmp_path):
    data, out = written(table, tmp_path / "in", 3), tmp_path / "out"
    predicted(model, data, out)
    before = outputs(out)
    with pytest.raises(DataError, match="text_column must be a column of the file, got 'txt'"):
        predicted(model, data, out, force=True, reading={"text_column": "txt"})
    with locked(out), pytest.raises(DataError, match="is being written by another malmoi predict"):
        predicted(model, data, out, force=True)
    assert outputs(out) == before
    with pytest.raises(DataError, match="no shard can be read"):
        predicted(model, data, tmp_path / "new", reading={"text_column": "txt"})
    assert not list((tmp_path / "new").iterdir())


def test_columns_with_the_same_name_are_refused_before_a_shard_is_predicted(model, table, tmp_path):
    data = written(table.with_columns(label=pl.lit("pos")), tmp_path / "in", 2)
    with pytest.raises(MalmoiError, match="already have a column 'label'"):
        predicted(model, data, tmp_path / "out", reading={"keep": ["all"]})
    with pytest.raises(MalmoiError, match="got 'text' twice"):
        predicted(model, data, tmp_path / "out", reading={"keep": ["text"]}, with_text=True)
    assert not list((tmp_path / "out").iterdir())


def test_globs_without_quotes_are_named(model, capsys):
    assert run(["predict", str(model), *(f"{number}.parquet" for number in range(1000))]) == 2
    message = capsys.readouterr().err
    assert "put a glob into quotes, such as 'data/*.parquet'" in message
    assert len(message) < 350


@needs_posix
def test_a_killed_driver_is_resumed_to_the_same_bytes(model, table, tmp_path):
    many = pl.concat([table] * 40)
    data, out = written(many, tmp_path / "in", 40), tmp_path / "out"
    command = [sys.executable, "-m", "malmoi", "predict", str(model), str(data), "-o", str(out), "--id-column", "id"]
    process = subprocess.Popen([*command, "--engine", "processes", "--workers", "2"], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if (out / MANIFEST).exists() and (out / MANIFEST).read_bytes().count(b"\n") > 3:
            break
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = (out / MANIFEST).read_bytes().count(b"\n")
    assert before > 3
    predicted(model, data, out, Processes(1), resume=True)
    predicted(model, data, tmp_path / "anew")
    assert outputs(out) == outputs(tmp_path / "anew")
    assert Path(out / MANIFEST).read_bytes().count(b"\n") == 42
