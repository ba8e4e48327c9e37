"""The backend of Keras, if the user has chosen none that is installed."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

__all__ = ["choose_backend"]

BACKENDS = ("jax", "torch")
"""What Keras can use instead of TensorFlow, its default; the first that is installed is chosen."""


def choose_backend() -> None:
    """Set the environment variable `KERAS_BACKEND` if Keras would otherwise fail to import TensorFlow.

    Nothing is changed if Keras is already imported, the variable is set, or the backend that Keras would choose is
    installed: that of its file `keras.json`, which Keras itself creates with TensorFlow, or TensorFlow.
    """
    if "keras" in sys.modules or os.environ.get("KERAS_BACKEND") or _is_installed(_configured_backend()):
        return
    backend = next(filter(_is_installed, BACKENDS), None)
    if backend is not None:
        os.environ["KERAS_BACKEND"] = backend


def _configured_backend() -> str:
    folder = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    try:
        backend = json.loads((folder / "keras.json").read_text(encoding="utf-8"))["backend"]
    except (OSError, ValueError, KeyError, TypeError):  # Keras reports its faults when it is imported
        return "tensorflow"
    return backend if isinstance(backend, str) and backend.isidentifier() else "tensorflow"


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # a module without a specification
        return module in sys.modules
