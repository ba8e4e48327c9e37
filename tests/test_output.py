import errno
import os

import pytest

from malmoi.foundation.files import refuse_existing, whole_file


def test_a_file_appears_whole(tmp_path):
    with whole_file(tmp_path / "a") as file:
        file.write(b"12")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"12"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(errno.ENOSPC, "No space left on device")])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    (tmp_path / "a").write_bytes(b"old")

    def fail():
        with whole_file(tmp_path / "a", overwrite=True) as file:
            file.write(b"half")
            raise error

    with pytest.raises((KeyboardInterrupt, OSError)):
        fail()
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_an_existing_file_is_kept(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileExistsError, match=r"exists; pass overwrite=True to replace it"):
        refuse_existing(tmp_path / "a", overwrite=False)
    refuse_existing(tmp_path / "a", overwrite=True)


def test_folders_are_no_outputs(tmp_path):
    with pytest.raises(IsADirectoryError, match="output must be a file"):
        refuse_existing(tmp_path, overwrite=True)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        refuse_existing(tmp_path / "none" / "a", overwrite=True)


def test_a_place_that_takes_no_file_is_refused_before_any_work(tmp_path, monkeypatch):
    with pytest.raises(OSError, match="File name too long"):
        refuse_existing(tmp_path / ("a" * 300), overwrite=False)
    refuse_existing(tmp_path / "a", overwrite=False)
    assert os.listdir(tmp_path) == []

    def read_only(*arguments):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("malmoi.foundation.files.open_partial", read_only)
    with pytest.raises(PermissionError, match="a cannot be written: Read-only file system"):
        refuse_existing(tmp_path / "a", overwrite=True)
