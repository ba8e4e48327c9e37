"""`malmoi predict --engine ray`: the bytes of a local prediction, also after workers and the driver were killed."""

import os
import signal
import subprocess
import sys
import time

import pytest

ray = pytest.importorskip("ray")
import polars as pl  # noqa: E402

import malmoi as mm  # noqa: E402
from malmoi.cli.commands import run  # noqa: E402
from malmoi.cli.predict_shards import predict_shards  # noqa: E402
from malmoi.cli.prediction_request import PredictRequest  # noqa: E402
from malmoi.distributed.manifest import MANIFEST  # noqa: E402
from malmoi.foundation.engines import ThisProcess  # noqa: E402

TEXTS = ["good film", "dull film", "good\nfun", "", "좋은 영화 🎉", "dull fun", " \t"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    texts = [text for text in TEXTS if text.strip()] * 8
    labels = ["pos" if "good" in text or "좋" in text else "neg" for text in texts]
    return mm.BagClassifier().fit(texts, labels).save(tmp_path_factory.mktemp("model") / "films.malmoi")


def written(folder, shards, rows=14):
    folder.mkdir()
    for number in range(shards):
        table = pl.DataFrame({"id": range(rows), "text": [TEXTS[(row + number) % 7] for row in range(rows)]})
        table.write_parquet(folder / f"part-{number:02}.parquet")
    return folder


def outputs(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def expected(model, data, folder):
    predict_shards(PredictRequest(model, str(data), folder, reading={"id_column": "id"}), ThisProcess())
    return outputs(folder)


@pytest.fixture
def cluster():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_the_outputs_are_those_of_one_process(model, tmp_path, cluster, shards):
    data = written(tmp_path / "in", shards)
    command = ["predict", str(model), str(data), "-o", str(tmp_path / "out"), "--id-column", "id", "--engine", "ray"]
    assert run([*command, "--workers", "2"]) == 0
    assert outputs(tmp_path / "out") == expected(model, data, tmp_path / "here")


def test_bad_shards_are_named(model, tmp_path, cluster, capsys):
    data = written(tmp_path / "in", 4)
    (data / "part-02.parquet").write_bytes(b"PAR1 damaged")
    command = ["predict", str(model), str(data), "-o", str(tmp_path / "out"), "--id-column", "id", "--engine", "ray"]
    assert run(command) == 2
    printed = capsys.readouterr().err
    assert "part-02.parquet" in printed
    assert "1 shard failed; 3 of 4 are done" in printed
    assert run([*command, "--resume", "--skip-bad-shards"]) == 0


def driver(model, data, out, *more):
    command = [sys.executable, "-m", "malmoi", "predict", str(model), str(data), "-o", str(out), "--id-column", "id"]
    return [*command, "--engine", "ray", "--workers", "2", *more]


def wait_for(out, lines):
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if (out / MANIFEST).exists() and (out / MANIFEST).read_bytes().count(b"\n") >= lines:
            return
        time.sleep(0.002)
    raise AssertionError("no shard was done in time")


def children(pid):
    """All processes below a process."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found += [int(entry), *children(int(entry))]
    return found


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def test_a_killed_driver_is_resumed_to_the_same_bytes(model, tmp_path):
    data, out = written(tmp_path / "in", 60, 3_000), tmp_path / "out"
    process = subprocess.Popen(driver(model, data, out), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_for(out, 4)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = (out / MANIFEST).read_bytes().count(b"\n") - 1
    assert 3 <= done < 60
    time.sleep(3)  # the workers see that their driver is gone
    finished = subprocess.run(driver(model, data, out, "--resume"), capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert f"resuming; {done} of 60 shards are done" in finished.stderr
    assert outputs(out) == expected(model, data, tmp_path / "here")


def test_killed_workers_change_nothing(model, tmp_path):
    data, out = written(tmp_path / "in", 60, 3_000), tmp_path / "out"
    process = subprocess.Popen(driver(model, data, out), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    wait_for(out, 3)
    workers = [pid for pid in children(process.pid) if "ray::_Worker" in command_line(pid)]
    assert workers
    os.kill(workers[0], signal.SIGKILL)
    _, printed = process.communicate(timeout=120)
    assert process.returncode == 0, printed
    assert "a worker died and is replaced" in printed
    assert outputs(out) == expected(model, data, tmp_path / "here")
