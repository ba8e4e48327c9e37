"""All that malmoi changes of other libraries, or uses of them that is not public; and their newest tested releases.

`docs/decisions/0021-what-we-change-of-libraries.md` says why each is here. `tests/test_library_changes.py` fails when a
library changes so that one no longer fits, or is no longer needed.
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
    "one_blas_thread",
    "standing_in",
    "untested_versions",
    "use_compilation_cache",
]

NEWEST_TESTED: Mapping[str, tuple[int, int]] = MappingProxyType({"keras": (3, 15), "jax": (0, 10)})
"""Newest minor releases that the tests have run with; `pyproject.toml` allows no later ones."""
NOT_NEEDED_BY_SKLEARN = ("scipy.stats",)
"""What scikit-learn imports at start-up for functions that are rarely called."""
NOT_NEEDED_BY_KERAS = ("matplotlib", "matplotlib.patches", "matplotlib.pyplot", *NOT_NEEDED_BY_SKLEARN)
"""What Keras imports at start-up for functions that are rarely called; scikit-learn is among it."""


class _Placing:
    """The lock that is held while stand-ins are in `sys.modules`."""

    lock = threading.RLock()

    @classmethod
    def after_in_child(cls) -> None:
        """Forget a lock that a thread of the parent may have held when this process was forked."""
        cls.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Placing.after_in_child)


class _StandIn(ModuleType):
    """A module that imports the real one when something is asked of it."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def _is_installed(name: str) -> bool:
    try:
        # The package alone, because looking for a module inside it would import it.
        return importlib.util.find_spec(name.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


@contextmanager
def standing_in(*names: str) -> Iterator[None]:
    """Let stand-ins take the place of modules that are installed and not imported yet.

    A stand-in becomes the real module at its first use. All leave `sys.modules` at the end of the block, so that later
    imports find the real ones.

    Args:
        names: full names of modules; a package before its modules.
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
    """Whether JAX has started its threads; imports nothing."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    started = getattr(bridge, "backends_are_initialized", None)
    # A later version of JAX may not say so: then it counts as started.
    return "jax" in sys.modules and (bool(started()) if callable(started) else True)


def use_compilation_cache() -> None:
    """Keep what JAX compiles on disk, so that the next process need not compile it again.

    The user's own setting (`JAX_COMPILATION_CACHE_DIR`) wins; an empty one switches the cache off. Where the folder
    cannot be written to, there is no cache.
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
    # What a killed process, or a full disk, left half written is compiled again; nobody can do anything about it.
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache entry")


def _is_writable(folder: str) -> bool:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let the libraries of linear algebra (BLAS, OpenMP) compute with one thread in this block."""
    import threadpoolctl  # noqa: F401 -- among the modules before these are counted

    with _libraries_of(frozenset(sys.modules)).limit(limits=1):
        yield


@lru_cache(maxsize=1)
def _libraries_of(modules: frozenset[str]) -> ThreadpoolController:
    """Look for the libraries that modules have loaded, in a thread, which gets no interrupts.

    Up to release 3.6, threadpoolctl does so in a callback of the system, where an interrupt is lost, and a library too.
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
        found.clear()  # the system gives no more threads
    except BaseException:
        ended.acquire(timeout=1)  # an interrupt; until the thread ends, the system's list of libraries may be locked
        raise
    return found[0] if found else ThreadpoolController()


@contextmanager
def compute_in(policy: str) -> Iterator[None]:
    """Let Keras' layers that are made in this block compute by a dtype policy, such as "mixed_bfloat16"."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@contextmanager
def draw_seeds_from(seed: int) -> Iterator[None]:
    """Let Keras' layers that are made in this block, and were given no seed, draw theirs from this one.

    Keras draws them from Python's generator, which is as it was afterwards.
    """
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


def bear_name_of_keras(kind: type, module: str) -> None:
    """Let a subclass of a class of Keras' bear its name, so that files know it as Keras' own and load without malmoi.

    Args:
        kind: the subclass, whose settings are those of Keras' class.
        module: the public module of Keras' class, such as "keras.optimizers".
    """
    kind.__name__ = kind.__qualname__ = kind.__mro__[1].__name__
    kind.__module__ = module


def untested_versions() -> list[str]:
    """Return a sentence on each library that is installed in a later release than the tests have run with."""
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
            found.append(f"{library} {installed} is later than the newest release tested, {tested}; {cure}")
    return found
