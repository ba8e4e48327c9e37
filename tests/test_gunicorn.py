"""Workers that gunicorn forks from a process with a loaded model predict: `make test-extras`."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

import malmoi as mm

pytest.importorskip("gunicorn")
pytest.importorskip("keras")

APPLICATION = """
import malmoi as mm
model = mm.load("m.malmoi")
model.predict(["before the fork"])

def application(environment, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(model.predict(["good film"])[0]).encode()]
"""


def test_workers_of_a_preloaded_application_predict(tmp_path):
    texts, labels = ["so good", "good film", "so bad", "bad film"] * 6, ["pos", "pos", "neg", "neg"] * 6
    model = mm.EmbeddingClassifier(mm.Conv(3, 2), max_length=3, embedding=mm.Learned(3), epochs=30)
    model.fit(texts, labels).save(tmp_path / "m.malmoi")
    (tmp_path / "served.py").write_text(APPLICATION)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--preload", "--workers", "2", "--timeout", "20", "--bind", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", "gunicorn", *options, "served:application"]
    server = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, env={**os.environ})
    try:
        found = [answer_of(f"http://127.0.0.1:{port}/") for _ in range(8)]
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)
    assert found == [model.predict(["good film"])[0].encode()] * 8


def answer_of(address):
    """What the server sends, once it is up."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return answer.read()
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
