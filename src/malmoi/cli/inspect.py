"""`malmoi info` and `malmoi doctor`: what a model file holds, and what this machine has."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import malmoi
from malmoi.arrays import thread_count
from malmoi.cli.console import answers, print_table
from malmoi.errors import FormatError, MalmoiError
from malmoi.startup import import_keras
from malmoi.storage import load, read_header

__all__ = ["doctor", "info"]

SHOWN_CHARACTERS, SHOWN_VALUES = 300, 30

Value = TypeVar("Value")

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


def info(path: Path, *, verify: bool) -> None:
    """Print what a model file says of itself; with `verify`, answer its examples once more."""
    header = read_header(path)
    try:
        rows = _rows(path, header)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{path} is not a model that this version can use: its header is not whole") from error
    print_table("", rows)
    if verify:
        load(path, verify=True)
        answers.print(f"verified: it answers its {len(header['examples'])} examples as it did when it was saved")


def _rows(path: Path, header: dict[str, Any]) -> list[tuple[str, object]]:
    last = header["history"][-1] if header["history"] else {}
    facts = header["facts"] if "words" in header else {}
    rows = [
        ("kind", header["kind"]),
        *([("classes", _listed(map(str, header["classes"]["values"])))] if "classes" in header else []),
        *(_of_texts(header) if "words" in header else _of_series(header)),
        ("network", _call(dict(header["network"]))),
        *_some(header["settings"].items()),
        *_some((name, value) for name, value in facts.items() if name != "coverage"),
        *_some((f"last {name}", value) for name, value in last.items() if value is not None),
        ("made with", _listed(f"{name} {number}" for name, number in header["versions"].items())),
    ]
    size = ("file", f"{path} ({path.stat().st_size:,} bytes)")
    return [size, *((_shown(name.replace("_", " ")), _shown(value)) for name, value in rows)]


def _of_series(header: dict[str, Any]) -> list[tuple[str, object]]:
    names = header.get("feature_names")
    return [("steps", header["length"]), *([("features", _listed(names))] if names else [])]


def _of_texts(header: dict[str, Any]) -> list[tuple[str, object]]:
    return [
        ("tokens", _call(dict(header["tokens"]))),
        ("vocabulary", f"{len(header['words']):,} words"),
        ("embedding", _call({"kind": "vectors", **header["embedding"]})),
    ]


def _call(fields: dict[str, object]) -> str:
    kind = fields.pop("kind")
    return f"{kind}({_listed(f'{name}={value!r}' for name, value in fields.items())})"


def _some(values: Iterable[Value]) -> list[Value]:
    return list(islice(values, SHOWN_VALUES))


def _listed(values: Iterable[str]) -> str:
    """The first values, and whether there are more."""
    values = iter(values)
    first = _some(values)
    return ", ".join([*first, *("..." for _ in islice(values, 1))])


def _shown(value: object) -> str:
    """A file's own words, short and without characters that could move a terminal's cursor."""
    text = str(value)
    text = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def doctor() -> None:
    """Print versions, Keras' backend, devices and cores."""
    rows: list[tuple[str, object]] = [
        ("malmoi", malmoi.__version__),
        ("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        ("cores", f"{thread_count()} of {os.cpu_count()}"),
        *((name, _version(name)) for name in LIBRARIES),
        *_backend(),
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
