"""Files that are written whole or not at all, and files that are no files."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from malmoi.errors import FormatError
from malmoi.foundation.files import open_regular


def test_regular_files_are_opened_and_links_to_them_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("a")
    for name in ("a", "link"):
        with open_regular(tmp_path / name) as file:
            assert file.read() == b"abc"
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null"), Path("/dev/zero")):
        with pytest.raises(FormatError, match="must be a regular file, got a pipe"):
            open_regular(path)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
        with pytest.raises(OSError, match="No such device or address"):
            open_regular(tmp_path / "socket")
