"""Memory of processes and of those that they started, on Linux."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

SECONDS = 0.25


def descendants(root: int) -> list[int]:
    """Return a process and all that it, or those, started."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended
            continue
        children.setdefault(int(after[1]), []).append(int(path.parent.name))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


def memory(process: int) -> tuple[float, float]:
    """Return the resident and the proportional memory of a process, in MB; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return 0.0, 0.0
    sizes = {name: int(value.split()[0]) * 1024 / 1e6 for name, value in (line.split(":") for line in lines)}
    return sizes.get("Rss", 0.0), sizes.get("Pss", 0.0)  # none for one that has just ended


def is_worker(process: int, root: int) -> bool:
    """Return whether a process scores texts: one of Ray's actors or of multiprocessing's, or the command itself."""
    try:
        name = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return False
    return process == root or b"ray::" in name or b"spawn_main" in name


class Peak:
    """The highest resident memory of a process that scores texts, of some processes and those that they start.

    Args:
        roots: the processes.
    """

    def __init__(self, roots: Sequence[int]) -> None:
        self.megabytes = 0.0
        self._roots = roots
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._end.wait(SECONDS):
            for root in self._roots:
                for process in descendants(root):
                    if is_worker(process, root):
                        self.megabytes = max(self.megabytes, high_water(process))


def high_water(process: int) -> float:
    """Return the highest resident memory of a process so far, in MB; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:")), 0.0)
