"""`malmoi doctor`: versions, Keras' backend, devices and cores."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import malmoi
from malmoi.cli.console import print_table
from malmoi.errors import MalmoiError
from malmoi.foundation.imports import import_keras
from malmoi.foundation.library_changes import untested_versions
from malmoi.foundation.threads import thread_count

__all__ = ["doctor"]

LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "polars",
    "safetensors",
    "keras",
    "jax",
    "jaxlib",
    "matplotlib",
)


def doctor() -> None:
    """Print versions, Keras' backend, devices and cores; warn of libraries newer than the tested versions."""
    rows: list[tuple[str, object]] = [
        ("malmoi", malmoi.__version__),
        ("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        ("cores", f"{thread_count()} of {os.cpu_count()}"),
        *((name, _version(name)) for name in LIBRARIES),
        *_backend(),
        *(("warning", sentence) for sentence in untested_versions()),
    ]
    print_table("", rows)


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"


def _backend() -> list[tuple[str, object]]:
    try:
        keras = import_keras()
    except MalmoiError as error:
        return [("training", str(error))]
    name = keras.backend.backend()
    rows: list[tuple[str, object]] = [("keras backend", name)]
    if name == "jax":
        import jax

        cache = jax.config.jax_compilation_cache_dir or "off"
        rows.append(("devices", ", ".join(f"{device.platform} ({device.device_kind})" for device in jax.devices())))
        rows.append(("compilation cache", cache))
    return rows
