"""Importing heavy libraries without the heavier ones that they import and we do not use.

scikit-learn imports `scipy.stats` and Keras imports matplotlib, each for one rarely used function, at half a
second each. While we import them, a stand-in module takes the place of such a library. The stand-in becomes the
real library at its first use, and leaves `sys.modules` at once, so that later imports find the real one.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from malmoi.errors import MalmoiError, MissingExtraError
from malmoi.foundation.memory import require_memory, spare_address_space
from malmoi.foundation.threads import core_count
from malmoi.foundation.validation import shorten

__all__ = [
    "accelerator_is_running",
    "import_keras",
    "release_memory",
    "standing_in",
    "use_compilation_cache",
    "warm_up",
    "warming_up",
]

BACKENDS = ("jax", "tensorflow", "torch")
"""Those of Keras' backends that can train."""
FRAMEWORK_ADDRESSES = 520_000_000
"""Address space that Keras and JAX reserve to train a small network; beside it each core's threads have theirs."""
CORE_ADDRESSES = 32_000_000
FRAMEWORK_MEMORY = 300_000_000
"""Memory that they write to."""


class _Process:
    """What is true of this process, and otherwise of a child that is forked from it."""

    importing = threading.RLock()
    jax_is_lost = False
    """Whether JAX had started before the fork, which leaves its threads behind: a child would wait for ever."""

    @classmethod
    def after_in_child(cls) -> None:
        """Note whether JAX is lost, and forget a lock that a thread of the parent may have held."""
        cls.importing = threading.RLock()
        cls.jax_is_lost = cls.jax_is_lost or _jax_is_running()


def _jax_is_running() -> bool:
    """Whether JAX has started its threads; imports nothing."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    started = getattr(bridge, "backends_are_initialized", None)
    # A later version of JAX may not say so: then it counts as started.
    return "jax" in sys.modules and (bool(started()) if callable(started) else True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Process.after_in_child)


def accelerator_is_running() -> bool:
    """Whether JAX computes on an accelerator in this process already; imports nothing, and starts nothing."""
    jax = sys.modules.get("jax")
    return jax is not None and not _Process.jax_is_lost and _jax_is_running() and jax.default_backend() != "cpu"


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

    Args:
        names: full names of modules; a package before its modules.
    """
    with _Process.importing:
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


def import_keras() -> ModuleType:
    """Import Keras, on JAX unless the user chose another backend, with the compilation cache on.

    Raises:
        MissingExtraError: Keras or its backend is not installed.
        MalmoiError: the environment asks for a backend that cannot train, there is too little memory for it, or this is
            a child that was forked after JAX had started.
    """
    if _Process.jax_is_lost:
        cure = "start processes with 'spawn' or 'forkserver', or load and train in the child"
        raise MalmoiError(f"Keras cannot be used in a child that was forked after JAX was loaded; {cure}")
    with _Process.importing:
        if "keras" in sys.modules:
            return sys.modules["keras"]
        backend = os.environ["KERAS_BACKEND"] = _checked_backend()
        _require_framework(backend)
        try:
            if backend == "jax":
                use_compilation_cache()
            with standing_in("matplotlib", "matplotlib.patches", "matplotlib.pyplot", "scipy.stats"):
                return importlib.import_module("keras")
        except ModuleNotFoundError as error:
            cure = "pip install 'malmoi[networks]'"
            raise MissingExtraError(
                f"training needs Keras on {backend}, but {error.name} is missing; {cure}"
            ) from error


def _checked_backend() -> str:
    backend = os.environ.get("KERAS_BACKEND") or "jax"
    if backend not in BACKENDS:
        rule = f"the environment variable KERAS_BACKEND must be one of {', '.join(BACKENDS)}"
        raise MalmoiError(f"{rule}, got {shorten(backend)}; unset it for jax")
    return backend


def _require_framework(backend: str) -> None:
    """Refuse to import what would abort the process: XLA knows no lack of memory."""
    if backend in sys.modules:
        return
    spare_address_space()
    addresses = FRAMEWORK_ADDRESSES + CORE_ADDRESSES * core_count()
    require_memory(f"a network (Keras on {backend})", address_space=addresses, memory=FRAMEWORK_MEMORY)


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


def release_memory() -> None:
    """Hand memory that is free back to the system, where the C library (glibc) keeps it otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def warm_up() -> threading.Thread:
    """Import Keras on a thread of its own, while the core works on the texts.

    A failure is not lost: `import_keras` meets it again on the caller's thread.

    Raises:
        MalmoiError: the environment asks for a backend that cannot train.
    """
    if "keras" not in sys.modules:
        _checked_backend()

    def quietly() -> None:
        try:
            import_keras()
        except (ImportError, MalmoiError):
            return

    thread = threading.Thread(target=quietly, name="malmoi-warm-up", daemon=True)
    thread.start()
    return thread


@contextmanager
def warming_up() -> Iterator[None]:
    """Run the block while Keras is imported beside it, and end only when the import has.

    A process that ends while a thread imports JAX is aborted.

    Raises:
        MalmoiError: the environment asks for a backend that cannot train.
    """
    importing = warm_up()
    try:
        yield
    finally:
        importing.join()
