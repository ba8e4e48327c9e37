"""Models that this process has opened: each is opened once, when it is first needed."""

from __future__ import annotations

import os
import platform
import threading
from collections import OrderedDict
from typing import ClassVar

import malmoi
from malmoi.errors import DataError, FormatError
from malmoi.models.base import FittedModel
from malmoi.persistence import load_fitted, model_identity

__all__ = ["check_version", "identity_if_seen", "opened_model"]

MOST_MODELS = 4
"""Models kept open in one process; the one that was used least recently is closed."""


class _Process:
    """Opened models of this process, by path and identity."""

    opening = threading.Lock()
    models: ClassVar[OrderedDict[tuple[str, str | None], FittedModel]] = OrderedDict()

    @classmethod
    def after_in_child(cls) -> None:
        """Replace a lock that a thread of the parent may have held."""
        cls.opening = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Process.after_in_child)


def identity_if_seen(path: str) -> str | None:
    """Return the identity of a model file; `None` if this machine does not see it.

    Raises:
        FormatError: it is a pipe or a device.
    """
    try:
        return model_identity(path)
    except FileNotFoundError:
        return None


def opened_model(path: str, identity: str | None) -> FittedModel:
    """Return the model in a file, opened at the first call of the process.

    Args:
        path: absolute path of the file.
        identity: `model_identity` of the file where the work was given out; `None`: not known.

    Raises:
        DataError: this machine does not see the file, or the file is another one.
        FormatError: the file is damaged.
    """
    key = (path, identity)
    with _Process.opening:
        if key in _Process.models:
            _Process.models.move_to_end(key)
            return _Process.models[key]
        model = _checked_model(path, identity)
        _Process.models[key] = model
        while len(_Process.models) > MOST_MODELS:
            _Process.models.popitem(last=False)
        return model


def _checked_model(path: str, identity: str | None) -> FittedModel:
    try:
        found = model_identity(path)
    except FileNotFoundError:
        rule = f"no model file {path} on the machine {platform.node()}"
        raise DataError(f"{rule}; put it where every worker sees it under this path, such as a shared disk") from None
    if identity is not None and found != identity:
        rule = f"{path} on the machine {platform.node()} is another model than the one that the work was started with"
        raise DataError(f"{rule}; copy the file to all machines, and do not replace it during a run")
    model = load_fitted(path)
    if model.input_kind != "texts":
        raise FormatError(f"{path} must be a model of texts, found a {model.kind}")
    return model


def check_version(version: str) -> None:
    """Check that this process has the version of malmoi that started the work.

    Raises:
        DataError: it has another one.
    """
    if malmoi.__version__ != version:
        rule = f"workers must have the version of malmoi of the driver, {version}, found {malmoi.__version__}"
        raise DataError(f"{rule}; install the same version on all machines")
