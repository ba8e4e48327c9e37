"""Modifications of other libraries, uses of their private interfaces, and their newest tested releases.

`docs/decisions/0021-what-we-change-of-libraries.md` has the reasons. `tests/test_library_changes.py` fails if a new
release breaks one, or makes it unnecessary.
"""

from __future__ import annotations

import _thread
import importlib
import importlib.util
import os
import random
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

__all__ = [
    "NEWEST_TESTED",
    "NOT_NEEDED_BY_KERAS",
    "NOT_NEEDED_BY_SKLEARN",
    "bear_name_of_keras",
    "compute_in",
    "draw_seeds_from",
    "jax_is_running",
    "kept_random_state",
    "one_blas_thread",
    "standing_in",
    "untested_versions",
    "use_compilation_cache",
]

NEWEST_TESTED: Mapping[str, tuple[int, int]] = MappingProxyType({"keras": (3, 15), "jax": (0, 10)})
"""Newest tested minor releases; `pyproject.toml` excludes later ones."""
NOT_NEEDED_BY_SKLEARN = ("scipy.stats",)
"""Modules that scikit-learn imports at start-up for rarely used functions."""
NOT_NEEDED_BY_KERAS = ("matplotlib", "matplotlib.patches", "matplotlib.pyplot", *NOT_NEEDED_BY_SKLEARN)
"""Modules that Keras, which imports scikit-learn, imports at start-up for rarely used functions."""


class _Placing:
    """The lock that is held while placeholders are in `sys.modules`."""

    lock = threading.RLock()

    @classmethod
    def after_in_child(cls) -> None:
        """Replace a lock that a thread of the parent may have held when this process was forked."""
        cls.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Placing.after_in_child)


class _StandIn(ModuleType):
    """A placeholder module that imports the real one on first access."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def _is_installed(name: str) -> bool:
    try:
        # Only the package: looking for a submodule would import it.
        return importlib.util.find_spec(name.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


@contextmanager
def standing_in(*names: str) -> Iterator[None]:
    """Replace installed modules that are not imported yet by placeholders within a `with` block.

    A placeholder imports the real module on first use. All placeholders are removed from `sys.modules` at the end of
    the block, so that later imports find the real modules.

    Args:
        names: full module names; a package before its modules.
    """
    with _Placing.lock:
        placed = {name: _StandIn(name) for name in names if name not in sys.modules and _is_installed(name)}
        for name, module in placed.items():
            package, _, last = name.rpartition(".")
            if package in placed:
                module.__path__ = []
                setattr(placed[package], last, module)
        sys.modules.update(placed)
        try:
            yield
        finally:
            for name, module in placed.items():
                if sys.modules.get(name) is module:
                    del sys.modules[name]


def jax_is_running() -> bool:
    """Return whether JAX has started its threads, without importing anything."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    started = getattr(bridge, "backends_are_initialized", None)
    # A later version of JAX may not have this function: then JAX counts as started.
    return "jax" in sys.modules and (bool(started()) if callable(started) else True)


def use_compilation_cache() -> None:
    """Enable JAX's compilation cache on disk, so that later processes need not compile again.

    The user's setting `JAX_COMPILATION_CACHE_DIR` has priority; an empty value disables the cache. There is no cache if
    the folder is not writable.
    """
    import jax

    if "JAX_COMPILATION_CACHE_DIR" in os.environ or jax.config.jax_compilation_cache_dir:
        return
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(home, "malmoi", "jax")
    if not _is_writable(folder):
        return
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    # Incomplete entries after a killed process or a full disk are compiled again; users cannot do anything about them.
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache entry")


def _is_writable(folder: str) -> bool:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit the linear algebra libraries (BLAS, OpenMP) to one thread within a `with` block."""
    import threadpoolctl  # noqa: F401 -- its own imports must be in `sys.modules` below

    with _libraries_of(frozenset(sys.modules)).limit(limits=1):
        yield


@lru_cache(maxsize=1)
def _libraries_of(modules: frozenset[str]) -> ThreadpoolController:
    """Find the libraries loaded by modules, in a separate thread, which receives no interrupts.

    threadpoolctl up to release 3.6 searches in a system callback, where an interrupt is lost together with a library.
    """
    from threadpoolctl import ThreadpoolController

    found: list[ThreadpoolController] = []
    ended = threading.Lock()

    def look() -> None:
        try:
            found.append(ThreadpoolController())
        finally:
            ended.release()

    ended.acquire()
    try:
        _thread.start_new_thread(look, ())
        ended.acquire()
    except RuntimeError:
        found.clear()  # the system cannot start a thread
    except BaseException:
        ended.acquire(
            timeout=1
        )  # after an interrupt, the system's list of libraries may be locked until the thread ends
        raise
    return found[0] if found else ThreadpoolController()


@contextmanager
def compute_in(policy: str) -> Iterator[None]:
    """Set the dtype policy of Keras layers created within a `with` block, such as "mixed_bfloat16"."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@contextmanager
def kept_random_state() -> Iterator[None]:
    """Restore the global generators of Python and NumPy after a `with` block; importing Keras draws from both."""
    import numpy as np

    before, of_numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(of_numpy)


@contextmanager
def draw_seeds_from(seed: int) -> Iterator[None]:
    """Set the seed of Keras layers created within a `with` block without a seed of their own.

    Keras uses Python's global generator, whose state is restored afterwards.
    """
    with kept_random_state():
        random.seed(seed)
        yield


def bear_name_of_keras(kind: type, module: str) -> None:
    """Give a subclass the name of its Keras base class, so that saved files load without malmoi.

    Args:
        kind: the subclass, with the settings of the Keras class.
        module: the public module of the Keras class, such as "keras.optimizers".
    """
    kind.__name__ = kind.__qualname__ = kind.__mro__[1].__name__
    kind.__module__ = module


def untested_versions() -> list[str]:
    """Return a sentence about each library whose installed release is newer than the newest tested one."""
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for library, newest in NEWEST_TESTED.items():
        try:
            installed = version(library)
        except PackageNotFoundError:
            continue
        parts = installed.split(".")[:2]
        if all(part.isdecimal() for part in parts) and tuple(map(int, parts)) > newest:
            tested, below = f"{newest[0]}.{newest[1]}", f"{newest[0]}.{newest[1] + 1}"
            cure = f"if something fails: pip install '{library}<{below}'"
            found.append(f"{library} {installed} is newer than the newest tested release, {tested}; {cure}")
    return found
