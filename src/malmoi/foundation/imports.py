"""Import of Keras with JAX: without heavy modules that are not needed, and only if it can work."""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from malmoi.errors import MalmoiError, MissingExtraError
from malmoi.foundation.library_changes import (
    NOT_NEEDED_BY_KERAS,
    jax_is_running,
    kept_random_state,
    standing_in,
    untested_versions,
    use_compilation_cache,
)
from malmoi.foundation.memory import require_memory, spare_address_space
from malmoi.foundation.threads import core_count
from malmoi.foundation.validation import shorten

__all__ = [
    "accelerator_is_running",
    "import_keras",
    "release_memory",
    "warm_up",
    "warming_up",
]

BACKENDS = ("jax", "tensorflow", "torch")
"""Keras backends that can train."""
FRAMEWORK_ADDRESSES = 520_000_000
"""Address space that Keras and JAX reserve to train a small network, without that of the threads of each core."""
CORE_ADDRESSES = 32_000_000
FRAMEWORK_MEMORY = 300_000_000
"""Memory that Keras and JAX use."""


class _Process:
    """State of this process, updated in forked child processes."""

    importing = threading.RLock()
    jax_is_lost = False
    """Whether JAX was started before a fork, which does not copy its threads: the child would wait forever."""

    @classmethod
    def after_in_child(cls) -> None:
        """Record whether JAX is unusable, and replace a lock that a thread of the parent may have held."""
        cls.importing = threading.RLock()
        cls.jax_is_lost = cls.jax_is_lost or jax_is_running()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Process.after_in_child)


def accelerator_is_running() -> bool:
    """Return whether JAX already uses an accelerator in this process, without importing or starting anything."""
    jax = sys.modules.get("jax")
    return jax is not None and not _Process.jax_is_lost and jax_is_running() and jax.default_backend() != "cpu"


def import_keras() -> ModuleType:
    """Import Keras, on JAX unless the user chose another backend, with the compilation cache enabled.

    Raises:
        MissingExtraError: Keras or its backend is not installed.
        MalmoiError: the environment selects a backend that cannot train, there is not enough memory, this process was
            forked after JAX was started, or an untested newer release is installed and cannot be imported.
    """
    if _Process.jax_is_lost:
        cure = "start processes with 'spawn' or 'forkserver', or load and train in the child process only"
        raise MalmoiError(f"Keras cannot be used in a process that was forked after JAX was loaded; {cure}")
    with _Process.importing, kept_random_state():
        if "keras" in sys.modules:
            return sys.modules["keras"]
        backend = os.environ["KERAS_BACKEND"] = _checked_backend()
        _require_framework(backend)
        try:
            if backend == "jax":
                use_compilation_cache()
            with standing_in(*NOT_NEEDED_BY_KERAS):
                return importlib.import_module("keras")
        except ModuleNotFoundError as error:
            what = f"training needs Keras on {backend}, but {error.name} is missing"
            raise MissingExtraError(
                "; ".join([what, "pip install 'malmoi[networks]'", *untested_versions()])
            ) from error
        except (AttributeError, ImportError) as error:
            untested = untested_versions()
            if not untested:
                raise
            what = f"Keras on {backend} cannot be imported: {shorten(error)}"
            raise MalmoiError("; ".join([what, *untested])) from error


def _checked_backend() -> str:
    backend = os.environ.get("KERAS_BACKEND") or "jax"
    if backend not in BACKENDS:
        rule = f"the environment variable KERAS_BACKEND must be one of {', '.join(BACKENDS)}"
        raise MalmoiError(f"{rule}, got {shorten(backend)}; unset it for jax")
    return backend


def _require_framework(backend: str) -> None:
    """Check that there is enough memory: without it, XLA would abort the process."""
    if backend in sys.modules:
        return
    spare_address_space()
    addresses = FRAMEWORK_ADDRESSES + CORE_ADDRESSES * core_count()
    require_memory(f"a network (Keras on {backend})", address_space=addresses, memory=FRAMEWORK_MEMORY)


def release_memory() -> None:
    """Return free memory to the system, which the C library (glibc) would otherwise keep."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def warm_up() -> threading.Thread:
    """Import Keras in a background thread, while the core processes the texts.

    If the import fails, `import_keras` raises the error again in the caller's thread.

    Raises:
        MalmoiError: the environment selects a backend that cannot train.
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
    """Import Keras in a background thread during a `with` block, and wait for the import at its end.

    A process that ends while a thread imports JAX is aborted.

    Raises:
        MalmoiError: the environment selects a backend that cannot train.
    """
    importing = warm_up()
    try:
        yield
    finally:
        importing.join()
