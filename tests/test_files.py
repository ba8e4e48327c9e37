"""Files that are written whole or not at all, what is no file, and temporary files of processes that were killed."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malmoi.errors import DataError, FormatError
from malmoi.foundation import partial_files
from malmoi.foundation.files import (
    GrowingFile,
    claimed,
    followed,
    is_stream,
    open_regular,
    put_in_place,
    refuse_existing,
    remove_abandoned,
    scratch_folder,
    whole_file,
)
from systems import needs_posix


def write(path: Path, content: bytes, *, overwrite: bool = False) -> None:
    with whole_file(path, overwrite=overwrite) as file:
        file.write(content)


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


@needs_posix
def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null"), Path("/dev/zero")):
        with pytest.raises(FormatError, match="must be a regular file, got a pipe"):
            open_regular(path)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
        with pytest.raises(OSError, match="No such device or address"):
            open_regular(tmp_path / "socket")
        with pytest.raises(OSError, match=r"must be a file, a pipe or a character device, but .* is a socket"):
            write(tmp_path / "socket", b"")


@needs_posix
def test_a_pipe_and_a_device_are_written_to_and_stay(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    refuse_existing(pipe, overwrite=False)
    with whole_file(pipe) as file:
        file.write(b"....")
        file.seek(0)  # as writers of archives do
        file.write(b"whole")
    reader.join()
    assert found == [b"whole"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    write(Path("/dev/null"), b"gone", overwrite=True)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


@needs_posix
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
@pytest.mark.parametrize("mode", ["w", "a"])
def test_a_descriptor_goes_on_where_it_stands(tmp_path: Path, name: str, mode: str) -> None:
    (tmp_path / "out").write_text("before\n")
    (tmp_path / "link").symlink_to("/dev/stdout")
    code = (
        "import sys; from pathlib import Path; from malmoi.foundation.files import *; print('one');"
        "refuse_existing(sys.argv[1], overwrite=False)\nwith whole_file(sys.argv[1]) as f: f.write(b'two\\n')\n"
        "print('three')"
    )
    with (tmp_path / "out").open(mode) as out:
        subprocess.run([sys.executable, "-c", code, name], stdout=out, check=True, cwd=tmp_path)
    assert (tmp_path / "out").read_text() == ("before\n" if mode == "a" else "") + "one\ntwo\nthree\n"
    assert (tmp_path / "link").is_symlink()


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link, target = tmp_path / "link", tmp_path / "there" / "target"
    link.symlink_to("there/target")
    write(link, b"new")  # the target did not exist
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")
    with pytest.raises(FileExistsError, match="link exists"):
        write(link, b"newer")
    write(link, b"newer", overwrite=True)
    assert (link.is_symlink(), target.read_bytes(), os.listdir(target.parent)) == (True, b"newer", ["target"])
    (tmp_path / "far").symlink_to("nowhere/target")
    with pytest.raises(FileNotFoundError, match=r"no such folder: .*nowhere; create it first"):
        refuse_existing(tmp_path / "far", overwrite=True)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        refuse_existing(tmp_path / "loop", overwrite=True)


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True), st.booleans())
def test_a_chain_of_links_leads_to_one_file_and_all_of_it_stays(names: list[str], exists: bool) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        (folder / "end").mkdir()
        target = folder / "end" / "target"
        if exists:
            target.write_bytes(b"old")
        for name, leads_to in zip(names, [*names[1:], "end/target"], strict=True):
            (folder / name).symlink_to(leads_to)
        first = folder / names[0]
        assert (followed(first), is_stream(first)) == (target, False)
        write(first, b"new", overwrite=exists)
        assert target.read_bytes() == b"new"
        assert not target.is_symlink()
        assert all((folder / name).is_symlink() for name in names)
        assert os.listdir(folder / "end") == ["target"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_a_file_that_is_replaced_keeps_its_rights_and_a_hard_link_the_old_content(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(mode)
    os.link(path, tmp_path / "b")
    with whole_file(path, overwrite=True) as file:
        file.write(b"new")
        (partial,) = tmp_path.glob(".a.*.partial")
        assert stat.S_IMODE(partial.stat().st_mode) == 0o600
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", mode)
    assert (tmp_path / "b").read_bytes() == b"old"
    part = tmp_path / "a.part"
    GrowingFile(part, 0, like=path).close()
    assert stat.S_IMODE(part.stat().st_mode) == 0o600
    put_in_place(part, path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_new_file_has_the_rights_that_the_mask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_write_protected_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match=r"a is write-protected; change its mode \(chmod u\+w\)"):
        write(path, b"new", overwrite=True)
    assert path.read_bytes() == b"old"


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    for name in ("x" * 255, "가" * 85):
        write(tmp_path / name, b"1")
        assert (tmp_path / name).read_bytes() == b"1"


KILLED = """
import os, signal, sys
from pathlib import Path
from malmoi.foundation.files import scratch_folder, whole_file
folder = Path(sys.argv[1])
with whole_file(folder / "out") as file, scratch_folder(folder) as scratch:
    file.write(b"half")
    (scratch / "a").write_bytes(b"half")
    print("ready", flush=True)
    sys.stdin.read()
"""


@needs_posix
def test_only_what_dead_processes_left_is_removed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    pipe = subprocess.PIPE
    dead, alive = (subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(2))
    for process in (dead, alive):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    assert len(os.listdir(tmp_path)) == 4
    write(tmp_path / "other", b"")  # of another output
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    (tmp_path / ".out.notes.partial").write_bytes(b"a person's")
    assert len(os.listdir(tmp_path)) == 6
    write(tmp_path / "out", b"ours")
    with scratch_folder(tmp_path):
        pass
    left = sorted(os.listdir(tmp_path))
    assert len(left) == 5
    assert {"other", "out", ".out.notes.partial"} < set(left)
    with alive, dead:
        _, errors = alive.communicate("go on")
    assert "out was created by another process meanwhile and was not replaced" in errors
    assert (tmp_path / "out").read_bytes() == b"ours"
    assert sorted(os.listdir(tmp_path)) == [".out.notes.partial", "other", "out"]


@needs_posix
@pytest.mark.parametrize("when", ["made", "opened"])
def test_a_scratch_folder_that_another_process_removes_before_it_is_locked_is_made_again(tmp_path, monkeypatch, when):
    removed = []

    def remove(path):
        if not removed:
            os.rmdir(path)
            removed.append(path)

    real_open, real_lock = os.open, partial_files._lock

    def opened(path, *flags, **others):
        if when == "made" and str(path).endswith(".partial"):
            remove(path)
        return real_open(path, *flags, **others)

    def locked_later(handle):
        if when == "opened":
            remove(os.readlink(f"/proc/self/fd/{handle}"))
        return real_lock(handle)

    monkeypatch.setattr(partial_files, "_lock", locked_later)
    monkeypatch.setattr(partial_files.os, "open", opened)
    with scratch_folder(tmp_path) as scratch:
        assert scratch.is_dir()
        assert str(scratch) != str(removed[0])
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with whole_file(tmp_path / "a") as file, scratch_folder(tmp_path):
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert os.listdir(tmp_path) == []


@needs_posix
def test_a_file_of_a_living_process_is_claimed_by_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with claimed(path), pytest.raises(DataError, match="state is used by another process; wait until it has finished"):
        claimed(path).__enter__()
    assert os.listdir(tmp_path) == []
    (tmp_path / ".state.lock").touch()  # what a killed process leaves
    with claimed(path):
        pass
    assert os.listdir(tmp_path) == []
    os.mkfifo(path)
    with pytest.raises(DataError, match="must be a regular file, got a pipe"):
        claimed(path).__enter__()
    remove_abandoned(path)
