"""The checkpoint file of an interrupted training: data only, written atomically."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError, FormatError
from malmoi.foundation.files import whole_file
from malmoi.foundation.json_values import parsed_json
from malmoi.foundation.validation import shorten
from malmoi.models.history import EpochRow, History
from malmoi.models.state import Arrays

if TYPE_CHECKING:
    import jax

__all__ = ["Checkpoint", "Copies", "read_checkpoint", "write_checkpoint"]

FORMAT = "malmoi training 1"

Copies: TypeAlias = "dict[str, npt.NDArray[np.generic] | jax.Array]"
"""Weights, and all other state that training changes, by name."""


@dataclass(frozen=True)
class Checkpoint:
    """The state on which the next epoch depends.

    Args:
        history: history of the training.
        state: values by name.
        best: weights of the best epoch by name.
    """

    history: History
    state: Copies
    best: Copies | None


def write_checkpoint(path: Path, fingerprint: str, checkpoint: Checkpoint) -> None:
    """Write or replace the file."""
    from safetensors.numpy import save

    parts = {"state": checkpoint.state, "best": checkpoint.best or {}}
    tensors = {f"{part}/{name}": np.asarray(value) for part, values in parts.items() for name, value in values.items()}
    said = {
        "format": FORMAT,
        "training": hashlib.sha256(fingerprint.encode()).hexdigest(),
        "history": json.dumps([asdict(row) for row in checkpoint.history.rows]),
        "note": checkpoint.history.note or "",
    }
    with whole_file(path, overwrite=True) as file:
        file.write(save({name: np.asarray(value, order="C") for name, value in tensors.items()}, metadata=said))


def read_checkpoint(path: Path, fingerprint: str, expected: Copies) -> Checkpoint | None:
    """Read the file; `None` if it does not exist.

    Args:
        path: the file.
        fingerprint: fingerprint of the training to resume.
        expected: values by name, with the types and shapes that the file must have.

    Raises:
        DataError: the file is from another training.
        FormatError: it is damaged, or not a checkpoint.
    """
    from safetensors import SafetensorError, safe_open

    if path.is_dir():
        raise IsADirectoryError(f"checkpoint must be a file, but {path} is a folder")
    if not path.exists():
        if not path.parent.is_dir():
            raise FileNotFoundError(f"no such folder: {path.parent}; create it first")
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            said = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- no mapping
    except (SafetensorError, OSError, ValueError) as error:
        raise FormatError(f"{path} is not a checkpoint, or is damaged: {shorten(str(error))}; delete it") from error
    if said.get("format") != FORMAT:
        raise FormatError(f"{path} is not a checkpoint of a training; choose another file")
    if said.get("training") != hashlib.sha256(fingerprint.encode()).hexdigest():
        cure = "choose another file, or delete it to start a new training"
        raise DataError(f"{path} is from a training with other data or settings; {cure}")
    state = {name: _tensor(path, tensors, f"state/{name}", like) for name, like in expected.items()}
    best = {
        name: _tensor(path, tensors, f"best/{name}", like)
        for name, like in expected.items()
        if f"best/{name}" in tensors
    }
    return Checkpoint(_history(path, said), state, best or None)


def _tensor(
    path: Path, tensors: Arrays, name: str, like: npt.NDArray[np.generic] | jax.Array
) -> npt.NDArray[np.generic]:
    found = tensors.get(name)
    if found is None or found.shape != like.shape or found.dtype != like.dtype:
        raise FormatError(f"{path} is damaged: {name} must be {like.dtype} {tuple(like.shape)}; delete it")
    return found


def _history(path: Path, said: dict[str, str]) -> History:
    try:
        rows = [EpochRow(**row) for row in parsed_json(said["history"])]
        if not all(type(row.loss) is float for row in rows):
            raise ValueError("a loss is not a number")
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{path} is damaged: its history cannot be read; delete it") from error
    return History(rows, note=said.get("note") or None)
