"""Shards below a URL: listed, downloaded by the workers, and named if they cannot be."""

import http.server
import threading
from functools import partial

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("fsspec")
import polars as pl

import malmoi as mm
from malmoi.cli.mistakes import StoppedError
from malmoi.cli.predict_shards import predict_shards
from malmoi.cli.prediction_request import PredictRequest
from malmoi.distributed.shards import listed_shards
from malmoi.errors import DataError
from malmoi.foundation.engines import Processes, ThisProcess


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Print nothing."""

    def do_GET(self):
        if self.path.endswith("broken.parquet"):
            self.send_error(500)
        else:
            super().do_GET()


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def model(tmp_path):
    return mm.BagClassifier().fit(["good film", "dull film"] * 8, ["pos", "neg"] * 8).save(tmp_path / "films.malmoi")


def predicted(model, data, out, engine=None, **settings):
    predict_shards(PredictRequest(model, data, out, **settings), engine or ThisProcess())
    return {path.name: path.read_bytes() for path in out.glob("part*")}


def test_shards_of_a_web_server_give_the_bytes_of_local_ones(server, model, tmp_path):
    folder, address = server
    for number in range(3):
        pl.DataFrame({"text": ["good", f"dull {number}"]}).write_parquet(folder / f"part-{number}.parquet")
    shards, _ = listed_shards(f"{address}/*.parquet")
    assert [shard.name for shard in shards] == [f"part-{number}.parquet" for number in range(3)]
    found = predicted(model, f"{address}/*.parquet", tmp_path / "out", Processes(2))
    assert found == predicted(model, str(folder), tmp_path / "local")
    assert len(found) == 3


def test_a_shard_that_cannot_be_downloaded_is_named(server, model, tmp_path, capsys):
    folder, address = server
    for name in ("broken", "part-0"):
        pl.DataFrame({"text": ["good", "dull"]}).write_parquet(folder / f"{name}.parquet")
    with pytest.raises(StoppedError, match="1 shard failed; 1 of 2 are done"):
        predicted(model, f"{address}/*.parquet", tmp_path / "out")
    printed = "".join(capsys.readouterr().err.split())
    assert "broken.parquetcannotbedownloaded" in printed


def test_a_server_that_is_not_there_is_named(tmp_path, model):
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9/.* cannot be read|no file matches"):
        predicted(model, "http://127.0.0.1:9/x/*.parquet", tmp_path / "out")


def test_an_unknown_protocol_is_named(tmp_path, model):
    with pytest.raises(DataError, match="'tape://a/b' cannot be read"):
        predicted(model, "tape://a/b", tmp_path / "out")
