"""Ray: predictions of datasets equal those of one process, whatever is killed on the way."""

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

ray = pytest.importorskip("ray")
pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402
from ray import cloudpickle  # noqa: E402

import malmoi as mm  # noqa: E402
from malmoi.distributed.ray import RayEngine, predict  # noqa: E402
from malmoi.distributed.ray.engine import started_ray  # noqa: E402
from malmoi.errors import DataError  # noqa: E402
from malmoi.foundation.engines import in_item_order  # noqa: E402
from malmoi.foundation.workers import WorkerDiedError  # noqa: E402

cloudpickle.register_pickle_by_value(sys.modules[__name__])
TEXTS = ["so good\nagain", "so bad", "좋은 영화", "나쁜 영화", "", "  ", "🎉 good", "e\u0301tait bad"]


@pytest.fixture(scope="module", autouse=True)
def cluster():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    texts = [f"{text} {number % 50}" for number in range(100) for text in TEXTS[:4]]
    path = tmp_path_factory.mktemp("model") / "films.malmoi"
    return mm.BagClassifier().fit(texts, ["pos", "neg"] * 200).save(path)


@pytest.fixture(scope="module")
def table():
    texts = [None if number % 97 == 0 else f"{TEXTS[number % 8]} {number % 31}" for number in range(20_000)]
    return pa.table({"number": range(20_000), "text": texts})


def ipc(table):
    """A table as bytes: order, types, nulls and values."""
    sink = pa.BufferOutputStream()
    table = table.combine_chunks()
    with pa.ipc.new_stream(sink, table.schema.remove_metadata()) as writer:
        writer.write_table(table.replace_schema_metadata(None))
    return sink.getvalue().to_pybytes()


def gathered(dataset):
    return pa.concat_tables(ray.get(dataset.to_arrow_refs())).replace_schema_metadata(None)


@pytest.fixture(scope="module")
def expected(model, table):
    predicted = mm.distributed.Scorer(model)(table)
    fitted = mm.load(model).fitted
    filled = [text or "" for text in table["text"].to_pylist()]
    probabilities = predicted["probability_pos"].to_pylist()
    for number, (text, values) in enumerate(zip(filled, fitted.predict_proba(filled), strict=True)):
        assert probabilities[number] == (float(values[1]) if text.strip() else None)
    return ipc(predicted)


@pytest.mark.parametrize("partitions", [1, 2, 7])
@pytest.mark.parametrize("settings", [{}, {"batch_size": None}, {"concurrency": 2, "batch_size": 500}], ids=str)
def test_a_dataset_of_any_number_of_partitions_gives_the_bytes_of_one_process(
    model, table, expected, partitions, settings
):
    dataset = ray.data.from_arrow([table]).repartition(partitions)
    assert ipc(gathered(predict(dataset, model, **settings))) == expected


@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_files_are_read_predicted_and_written_in_order(model, table, expected, partitions, tmp_path):
    size = -(-len(table) // partitions)
    for number in range(partitions):
        pq.write_table(table.slice(number * size, size), tmp_path / f"{number}.parquet")
    assert ipc(gathered(predict(ray.data.read_parquet(str(tmp_path)), model))) == expected


class Slow:
    """A scorer that takes its time, so that it can be killed at work; it leaves word of its process and its actor."""

    def __init__(self, scorer, places):
        self.scorer, self.places, self.identity = scorer, places, None

    def __call__(self, table):
        context = ray.get_runtime_context()
        handle = cloudpickle.dumps(context.current_actor) if context.get_actor_id() else b""
        partial = Path(self.places, f"{os.getpid()}.new")
        partial.write_bytes(handle)
        partial.rename(partial.with_suffix(""))
        time.sleep(0.05)
        return self.scorer(table)


def killed_workers(places, kill, count):
    """Kill some workers as soon as they work, from another thread; return the growing list of the killed."""
    killed = []

    def run():
        while len(killed) < count:
            for path in places.iterdir():
                if not path.suffix and path.name not in killed and len(killed) < count:
                    kill(path)
                    killed.append(path.name)
                    time.sleep(0.3)
            time.sleep(0.02)

    threading.Thread(target=run, daemon=True).start()
    return killed


def killed_process(path):
    os.kill(int(path.name), signal.SIGKILL)


def killed_actor(path):
    ray.kill(cloudpickle.loads(path.read_bytes()))


def test_killed_workers_of_ray_data_change_nothing(model, table, expected, tmp_path, monkeypatch):
    slow = Slow(mm.distributed.Scorer(model), str(tmp_path))
    monkeypatch.setattr("malmoi.distributed.ray.prediction.as_scorer", lambda *_, **__: slow)
    dataset = ray.data.from_arrow([table]).repartition(20)
    killed = killed_workers(tmp_path, killed_process, 2)
    assert ipc(gathered(predict(dataset, model, batch_size=500))) == expected
    assert len(killed) == 2


@pytest.mark.parametrize("kill", [killed_actor, killed_process])
def test_killed_actors_of_the_engine_are_replaced(model, table, expected, tmp_path, kill, caplog):
    slow = Slow(mm.distributed.Scorer(model), str(tmp_path))
    starts = range(0, len(table), 500)
    killed = killed_workers(tmp_path, kill, 2)
    engine = RayEngine(workers=2)
    results = dict(in_item_order(engine, lambda start: slow(table.slice(start, 500)), list(starts)))
    assert ipc(pa.concat_tables([results[start] for start in starts])) == expected
    assert len(killed) == 2
    assert caplog.text.count("is replaced") >= 1


def test_an_item_that_kills_its_workers_is_named_and_the_others_are_done():
    def work(item):
        if item == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return -item

    results = dict(RayEngine(workers=2, retries=1).run(work, range(8), lambda: None))
    assert isinstance(results.pop(3), WorkerDiedError)
    assert results == {item: -item for item in range(8) if item != 3}


def test_errors_of_the_work_end_the_run():
    def work(item):
        raise DataError(f"item {item} is damaged")

    with pytest.raises(DataError, match="item 0 is damaged"):
        list(RayEngine(workers=1).run(work, range(3), lambda: None))
    assert list(RayEngine().run(work, [], lambda: None)) == []


def test_a_worker_that_fits_on_no_machine_is_said(caplog):
    def tick():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(RayEngine(cpus=5).run(abs, [1], tick))
    assert "no machine of the cluster has the 5 CPUs of a worker; waiting for one" in caplog.text


def test_other_versions_of_malmoi_are_refused(monkeypatch):
    monkeypatch.setattr(mm, "__version__", "0.0.1")
    with pytest.raises(DataError, match=r"no worker can be started: .*version of malmoi of the driver, 0\.0\.1"):
        list(RayEngine(workers=1).run(abs, range(3), lambda: None))


def test_a_model_that_workers_do_not_see_is_named(table, tmp_path):
    with pytest.raises(Exception, match=r"no model file .*missing\.malmoi on the machine"):
        predict(ray.data.from_arrow([table]), tmp_path / "missing.malmoi").take(1)


def test_wrong_arguments_are_refused(model, table):
    dataset = ray.data.from_arrow([table])
    with pytest.raises(TypeError, match=r"dataset must be a ray\.data\.Dataset"):
        predict(table, model)
    with pytest.raises(ValueError, match="prefix"):
        predict(dataset, mm.distributed.Scorer(model), prefix="new_")
    with pytest.raises(ValueError, match="batch_size must be"):
        predict(dataset, model, batch_size=0)
    with pytest.raises(ValueError, match="num_cpus must be above 0, got 0"):
        predict(dataset, model, num_cpus=0)
    with pytest.raises(Exception, match="the table must have the column 'review' once"):
        predict(dataset, model, text_column="review").take(1)


def test_empty_datasets_and_blocks_work(model, table):
    empty = ray.data.from_arrow([table.slice(0, 0), table.slice(0, 3), table.slice(0, 0)])
    assert predict(empty, model).count() == 3
    assert predict(ray.data.from_arrow([table.slice(0, 0)]), model).count() == 0


def test_an_address_at_which_nothing_listens_is_refused_at_once(monkeypatch):
    """Ray tries to connect for minutes."""
    used = ray.get_runtime_context().gcs_address
    calls = []
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **settings: calls.append(settings["address"]))
    started_ray(used)
    started_ray(f"127.0.0.1:{used.rpartition(':')[2]}")
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    started_ray()
    assert calls == [used, f"127.0.0.1:{used.rpartition(':')[2]}", None]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, but it does not listen
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(DataError, match=f"{address} cannot be reached: .*refused; check the address"):
            started_ray(address)
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(DataError, match=f"{address} cannot be reached"):
            started_ray()
    assert len(calls) == 3
