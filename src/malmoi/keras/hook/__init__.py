"""The import hook for old Keras code; importing `malmoi.keras.install` installs it.

Modules that are installed (TensorFlow, keras_preprocessing) are not replaced.
"""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec

from malmoi.foundation.imports import import_keras
from malmoi.keras.hook.arguments import patch_arguments
from malmoi.keras.hook.backend import patch_backend
from malmoi.keras.hook.callbacks import patch_callbacks
from malmoi.keras.hook.methods import patch_methods
from malmoi.keras.hook.modules import OldModules
from malmoi.keras.hook.patches import Change, Patches
from malmoi.keras.old_names import MODULES, NAMES

__all__ = ["Change", "changes", "install", "uninstall"]

WITH_TENSORFLOW = ("malmoi.keras.layers", "malmoi.keras.utils")
"""Modules with names that Keras 3 has too, if TensorFlow is installed."""
_PATCHES = Patches()
_FINDER = OldModules()


def install() -> None:
    """Install the hook; without effect if it is installed. Keras may have been imported before.

    Raises:
        MissingExtraError: Keras or its backend is not installed.

    Example:
        >>> import malmoi.keras.install as hook
        >>> hook.install()
        >>> from keras.preprocessing.text import Tokenizer
        >>> hook.uninstall()
    """
    if _FINDER in sys.meta_path:
        return
    keras = import_keras()
    with_tensorflow = find_spec("tensorflow") is not None
    _hide_stand_in()
    sys.meta_path.append(_FINDER)
    try:
        _patch_names(with_tensorflow)
        patch_arguments(keras, _PATCHES)
        patch_methods(keras, _PATCHES)
        patch_callbacks(keras, _PATCHES)
        patch_backend(keras, _PATCHES)
    except BaseException:
        uninstall()
        raise
    for old, new in OldModules.names(tensorflow=not with_tensorflow):
        _PATCHES.changes.append(Change(old, f"is a module with the names of {new}"))


def uninstall() -> None:
    """Remove the hook, and restore every attribute and module; without effect if it is not installed.

    Names that a program has imported from old modules stay usable.

    Example:
        >>> import malmoi.keras.install as hook
        >>> hook.uninstall()
        >>> hook.changes()
        []
    """
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
    _PATCHES.undo()
    OldModules.forget()


def changes() -> list[Change]:
    """Return everything that the hook adds or replaces, empty if it is not installed.

    Returns:
        One `Change` per name, with the attributes `name` (such as `keras.Model.fit_generator`) and `effect`.

    Example:
        >>> import malmoi.keras.install as hook
        >>> hook.install()
        >>> [change.effect for change in hook.changes() if change.name == "keras.Model.fit_generator"]
        ['calls fit']
        >>> hook.uninstall()
        >>> hook.changes()
        []
    """
    return list(_PATCHES.changes)


def _hide_stand_in() -> None:
    """Make Keras find out that TensorFlow is absent, and not take the stand-in for it."""
    tensorflow = importlib.import_module("keras.src.utils.module_utils").tensorflow
    if not tensorflow.available:
        effect = "does not import the stand-in for TensorFlow"
        _PATCHES.set(tensorflow, "initialize", _refuse, "keras.src.utils.module_utils.tensorflow", effect)


def _refuse() -> None:
    raise ImportError("this part of Keras requires TensorFlow, which is not installed")


def _patch_names(with_tensorflow: bool) -> None:
    for relative, module in MODULES.items():
        if module.startswith("malmoi."):
            _add_names(relative, module)
    for place, new in NAMES.items():
        owner = importlib.import_module(place.module)
        works = with_tensorflow if new.module in WITH_TENSORFLOW else hasattr(owner, place.name)
        if works and new.module != "malmoi.keras.models":  # which reads old files, too
            continue
        value = getattr(importlib.import_module(new.module), new.name)
        _PATCHES.set(owner, place.name, value, place.module, f"is {new.module}.{new.name}")


def _add_names(relative: str, new: str) -> None:
    """Add the names that a module lacks, or the whole module; data sets are replaced, because they read folders too."""
    package, _, last = relative.rpartition(".")
    found = getattr(importlib.import_module(f"keras.{package}"), last, None)
    source = importlib.import_module(new)
    if found is None:
        importlib.import_module(f"keras.{relative}")
        return
    for name in source.__all__:
        if package == "datasets" or not hasattr(found, name):
            _PATCHES.set(found, name, getattr(source, name), f"keras.{relative}", f"is {new}.{name}")
