import hashlib
import http.server
import threading

import pytest

from malmoi.errors import DataError
from malmoi.foundation.download import fetch_file

CONTENT = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Sends CONTENT; `/cut` stops half-way on a whole request, `/deaf` ignores ranges, `/silent` never answers."""

    def do_GET(self):
        self.server.ranges.append(self.headers.get("Range"))
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/silent":
            self.server.released.wait(10)
            return
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        if start and self.path != "/deaf":
            if start >= len(CONTENT):
                self.send_error(416)
                return
            self.send_response(206)
        else:
            start = 0
            self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        stop = len(CONTENT) // 2 if self.path == "/cut" and not start else len(CONTENT)
        self.wfile.write(CONTENT[start:stop])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.ranges = []
        server.released = threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def destination(tmp_path):
    return tmp_path / "new folder" / "data.bin"


def partial(destination, content):
    destination.parent.mkdir()
    part = destination.with_name("data.bin.part")
    part.write_bytes(content)
    return part


def test_file_arrives_whole_and_alone(server, destination):
    seen = []
    path = fetch_file(f"{server.url}/good", destination, SHA256, progress=lambda *step: seen.append(step))
    assert path == destination
    assert destination.read_bytes() == CONTENT
    assert [file.name for file in destination.parent.iterdir()] == ["data.bin"]
    assert seen[-1] == ("download", len(CONTENT), len(CONTENT))


def test_file_that_is_there_and_right_is_not_fetched_again(server, destination):
    for _ in range(2):
        fetch_file(f"{server.url}/good", destination, SHA256)
    assert server.ranges == [None]


def test_file_that_is_there_and_wrong_is_replaced(server, destination):
    partial(destination, b"").unlink()
    destination.write_bytes(b"old")
    fetch_file(f"{server.url}/good", destination, SHA256)
    assert destination.read_bytes() == CONTENT


def test_md5_is_taken_for_files_without_sha256(server, destination):
    fetch_file(f"{server.url}/good", destination, hashlib.md5(CONTENT).hexdigest())
    assert destination.read_bytes() == CONTENT


def test_cut_connection_is_resumed_by_the_next_call(server, destination):
    with pytest.raises(DataError) as caught:
        fetch_file(f"{server.url}/cut", destination, SHA256)
    assert str(caught.value) == (
        f"{server.url}/cut: the download failed (the server stopped after 640000 of 1280000 bytes); "
        f"try again, or download it manually to {destination}"
    )
    assert not destination.exists()
    fetch_file(f"{server.url}/cut", destination, SHA256)
    assert destination.read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=640000-"]


def test_server_without_ranges_sends_it_all_again(server, destination):
    partial(destination, CONTENT[:1000])
    fetch_file(f"{server.url}/deaf", destination, SHA256)
    assert destination.read_bytes() == CONTENT


def test_whole_part_is_only_checked_and_renamed(server, destination):
    part = partial(destination, CONTENT)
    fetch_file(f"{server.url}/good", destination, SHA256)
    assert destination.read_bytes() == CONTENT
    assert not part.exists()


def test_wrong_checksum_leaves_nothing(server, destination):
    expected = "0" * 64
    with pytest.raises(DataError) as caught:
        fetch_file(f"{server.url}/good", destination, expected)
    assert str(caught.value) == (
        f"{server.url}/good: the checksum must be {expected}, got {SHA256}; "
        f"try again, or download it manually to {destination}"
    )
    assert list(destination.parent.iterdir()) == []


def test_missing_page_is_named(server, destination):
    with pytest.raises(DataError) as caught:
        fetch_file(f"{server.url}/missing", destination, SHA256)
    cure = f"download it manually to {destination}"
    assert str(caught.value) == f"{server.url}/missing: the server returned 404 Not Found; {cure}"


def test_unreachable_server_says_where_to_put_the_file(server, destination):
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as closed:
        port = closed.server_port
    with pytest.raises(
        DataError, match=r"the download failed \(.*refused.*\); try again, or download it manually to "
    ) as caught:
        fetch_file(f"http://127.0.0.1:{port}/good", destination, SHA256)
    assert str(caught.value).endswith(str(destination))
    assert "\n" not in str(caught.value)


def test_silent_server_is_left_after_the_timeout(server, destination):
    with pytest.raises(DataError, match=r"the download failed \(timed out\); try again, or download it manually to "):
        fetch_file(f"{server.url}/silent", destination, SHA256, timeout_seconds=0.1)


def test_wrong_calls_say_rule_and_value(destination):
    with pytest.raises(ValueError, match=r"^sha256 must be 64 hexadecimal digits, got 3$"):
        fetch_file("http://127.0.0.1/", destination, "abc")
    with pytest.raises(ValueError, match=r"^timeout_seconds must be above 0, got 0$"):
        fetch_file("http://127.0.0.1/", destination, SHA256, timeout_seconds=0)
