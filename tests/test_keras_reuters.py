"""The Reuters newswires, from Keras' file and from folders of texts."""

import hashlib
import inspect
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import polars as pl
import pytest

from malmoi.errors import DataError
from malmoi.keras.datasets import files, reuters

TEXTS = {
    "cocoa": ["cocoa prices rose", "cocoa"],
    "earn": ["profit rose", "profit of the year", "year"],
    "lead": ["lead"],
}


@pytest.fixture
def raw(tmp_path):
    for topic, texts in TEXTS.items():
        (tmp_path / "raw" / topic).mkdir(parents=True)
        for number, text in enumerate(texts):
            (tmp_path / "raw" / topic / f"{number}.txt").write_text(text)
    return tmp_path / "raw"


@pytest.fixture
def archive(tmp_path):
    """A file as Keras publishes it, with random newswires."""
    random = np.random.default_rng(0)
    newswires = np.empty(60, dtype=object)
    newswires[:] = [random.integers(1, 40, random.integers(1, 12)).tolist() for _ in range(60)]
    path = tmp_path / "reuters.npz"
    np.savez(path, x=newswires, y=random.integers(0, 46, 60))
    return path


@pytest.fixture
def trusted(archive, monkeypatch):
    monkeypatch.setattr(reuters, "NEWSWIRES_SHA256", hashlib.sha256(archive.read_bytes()).hexdigest())
    return archive


def test_folders_become_ids_by_frequency(raw):
    (x_train, y_train), (x_test, y_test) = reuters.load_data(raw, test_split=0.5)
    assert (len(x_train), len(x_test)) == (3, 3)
    index = reuters.get_word_index(raw)
    assert index["cocoa"] == 1
    words = {rank + 3: word for word, rank in index.items()}
    topics = reuters.get_label_names()
    found = {}
    for row, label in zip([*x_train, *x_test], [*y_train, *y_test], strict=True):
        assert row[0] == 1
        found.setdefault(topics[label], []).append(" ".join(words.get(number, "?") for number in row[1:]))
    # As in Keras, the largest id is replaced where num_words is None.
    assert {topic: sorted(texts) for topic, texts in found.items()} == {
        topic: sorted(text.replace("lead", "?") for text in texts) for topic, texts in TEXTS.items()
    }


def test_a_table_gives_what_the_folders_give(raw, tmp_path):
    rows = [(text, topic) for topic in reuters.get_label_names() for text in TEXTS.get(topic, ())]
    (tmp_path / "table").mkdir()
    pl.DataFrame(rows, schema=["text", "label"], orient="row").write_parquet(tmp_path / "table" / "reuters.parquet")
    assert reuters.get_word_index(raw) == reuters.get_word_index(tmp_path / "table")
    for (texts, labels), (others, of) in zip(
        reuters.load_data(raw), reuters.load_data(tmp_path / "table"), strict=True
    ):
        assert texts.tolist() == others.tolist()
        assert labels.tolist() == of.tolist()


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"num_words": 20},
        {"num_words": 20, "skip_top": 5, "oov_char": None},
        {"maxlen": 6, "start_char": None, "seed": 7},
        {"test_split": 0.0},
        {"test_split": 1.0, "index_from": 0},
    ],
)
def test_keras_file_gives_what_keras_gives(trusted, monkeypatch, arguments):
    theirs = pytest.importorskip("keras.src.datasets.reuters")
    monkeypatch.setattr(theirs, "get_file", lambda **_: str(trusted))
    for (texts, labels), (expected, of) in zip(
        reuters.load_data(trusted, **arguments), theirs.load_data(**arguments), strict=True
    ):
        assert [list(row) for row in texts] == [list(row) for row in expected]
        assert labels.tolist() == of.tolist()


def test_names_and_checksums_are_those_of_keras():
    theirs = pytest.importorskip("keras.src.datasets.reuters")
    assert reuters.get_label_names() == theirs.get_label_names()
    source = inspect.getsource(theirs)
    assert reuters.NEWSWIRES_SHA256 in source
    assert reuters.WORD_INDEX_MD5 in source


def test_another_file_is_not_opened(archive):
    with pytest.raises(DataError, match="must be Keras' file with the SHA-256"):
        reuters.load_data(archive)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda folder: None, "must contain reuters.parquet, or a folder of .txt files per topic"),
        (lambda folder: (folder / "reuters.parquet").write_bytes(b"PAR1"), "must be Parquet with the columns"),
        (
            lambda folder: pl.DataFrame({"text": ["a"], "label": ["news"]}).write_parquet(folder / "reuters.parquet"),
            "row 0 must contain a text, and the label one of 46 names",
        ),
    ],
)
def test_folders_of_something_else_are_refused(tmp_path, make, fault):
    make(tmp_path)
    with pytest.raises(DataError, match=fault):
        reuters.load_data(tmp_path)


@pytest.mark.parametrize("split", [-0.1, 1.1, float("nan")])
def test_splits_out_of_range_are_refused(raw, split):
    with pytest.raises(ValueError, match="test_split must be from"):
        reuters.load_data(raw, test_split=split)


def test_missing_files_are_downloaded_and_checked(trusted, tmp_path, monkeypatch):
    contents = {"/reuters.npz": trusted.read_bytes(), "/reuters_word_index.json": json.dumps({"the": 1}).encode()}
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            content = contents[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(files, "ORIGIN", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.chdir(tmp_path / "..")
        (texts, _), _ = reuters.load_data("reuters.npz")
        assert len(texts) == 48
        reuters.load_data("reuters.npz")
        assert asked == ["/reuters.npz"]
        with pytest.raises(DataError, match="the checksum must be"):
            reuters.get_word_index()
        monkeypatch.setattr(reuters, "WORD_INDEX_MD5", hashlib.md5(contents["/reuters_word_index.json"]).hexdigest())
        assert reuters.get_word_index() == {"the": 1}
    finally:
        server.shutdown()
        server.server_close()


def test_a_name_of_another_kind_is_not_downloaded():
    with pytest.raises(DataError, match=r"path must be a folder, or a name that ends in \.npz"):
        reuters.load_data("reuters.csv")


def test_an_index_of_something_else_is_refused(tmp_path):
    path = tmp_path / "index.json"
    for content in ("[1]", '{"a": "b"}', "{"):
        path.write_text(content)
        with pytest.raises(DataError, match="must"):
            reuters.get_word_index(path)
