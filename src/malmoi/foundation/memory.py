"""Memory and address space that are left for this process.

C++ libraries, in particular XLA, abort the process instead of raising a `MemoryError` if an allocation fails. So their
need is compared with the memory that is left before they are imported.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from malmoi.errors import MalmoiError

__all__ = ["address_space_left", "address_space_limit", "memory_left", "require_memory", "spare_address_space"]

MEGABYTE = 1_000_000
M_ARENA_MAX = -8
CGROUPS, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def address_space_limit() -> int | None:
    """Return the limit of this process's address space in bytes (`ulimit -v`); `None` if there is no limit."""
    try:
        from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit
    except ImportError:  # Windows
        return None
    limit = getrlimit(RLIMIT_AS)[0]
    return None if limit == RLIM_INFINITY else limit


def address_space_left() -> int | None:
    """Return the bytes of address space left within the limit; `None` if there is no limit."""
    limit = address_space_limit()
    if limit is None or not Path("/proc/self/statm").exists():
        return None
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return max(limit - pages * os.sysconf("SC_PAGE_SIZE"), 0)


def memory_left() -> int | None:
    """Return the bytes of memory left in the machine and the container; `None` if unknown."""
    found = [left for left in (_of_machine(), _of_container()) if left is not None]
    return min(found, default=None)


def _of_machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    values = {name: int(rest.split()[0]) << 10 for name, _, rest in (line.partition(":") for line in lines) if rest}
    available = values.get("MemAvailable")
    return None if available is None else available + values.get("SwapFree", 0)


def _of_container() -> int | None:
    """Return the memory left in the control group; the page cache counts as free."""
    try:
        groups = [line.split(":", 2) for line in OWN_GROUPS.read_text().splitlines()]
    except OSError:
        return None
    for _, controllers, path in groups:
        if controllers == "":
            folder, names = CGROUPS / path.lstrip("/"), ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            folder, names = CGROUPS / "memory" / path.lstrip("/"), ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        # Within a container the group's path is often not visible; the root is then the group.
        left = _left_in(folder, *names) if folder.is_dir() else _left_in(CGROUPS, *names)
        if left is not None:
            return left
    return None


def _left_in(folder: Path, most: str, used: str) -> int | None:
    try:
        limit, now = (folder / most).read_text().strip(), int((folder / used).read_text())
        rows = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    if not limit.isdigit():
        return None
    return max(int(limit) - now + int(rows.get("inactive_file", 0)), 0)


def require_memory(what: str, *, address_space: int, memory: int) -> None:
    """Check that there is enough memory to start something that would otherwise fail or abort the process.

    Args:
        what: what needs the memory, as subject of the error message.
        address_space: bytes of address space reserved; only checked if there is a limit.
        memory: bytes of memory used.

    Raises:
        MalmoiError: there is not enough of either.
    """
    left = address_space_left()
    if left is not None and left < address_space:
        missing = -(-(address_space - left) // MEGABYTE)
        raise MalmoiError(
            f"{what} needs {_size(address_space)} of address space, but the limit of this process (ulimit -v) leaves"
            f" {_size(left)}; increase the limit by {missing:,} MB"
        )
    left = memory_left()
    if left is not None and left < memory:
        raise MalmoiError(f"{what} needs {_size(memory)} of memory, but this machine has {_size(left)} left")


def spare_address_space() -> None:
    """Reduce the reserved address space if it is limited: one arena of the C library (glibc), one OpenBLAS thread.

    Otherwise each thread reserves 64 MB, and OpenBLAS 32 MB per core, most of which is never used. OpenBLAS reads its
    environment variable when NumPy and SciPy are imported; a value set by the user is kept.
    """
    if sys.platform != "linux" or address_space_limit() is None:
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _size(count: int) -> str:
    return f"{count / MEGABYTE:,.0f} MB"
