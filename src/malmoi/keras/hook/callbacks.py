"""Old habits of callbacks: names of metrics, names of files, and modes that follow from the name of a metric."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

from malmoi.keras.hook.arguments import like
from malmoi.keras.hook.patches import Patches

__all__ = ["patch_callbacks"]

_SYNONYMS = {"acc": "accuracy", "val_acc": "val_accuracy", "accuracy": "acc", "val_accuracy": "val_acc"}


def patch_callbacks(keras: ModuleType, patches: Patches) -> None:
    """Make callbacks find "acc" as "accuracy" and the reverse, and take names of HDF5 files."""
    callbacks = keras.callbacks
    where = "keras.callbacks"
    patches.set(
        callbacks.History,
        "__init__",
        _history_init(callbacks.History.__init__),
        f"{where}.History",
        "finds acc as accuracy, and the reverse",
    )
    subclass = classmethod(_wrap_subclass_of(callbacks.Callback))
    patches.set(callbacks.Callback, "__init_subclass__", subclass, f"{where}.Callback", "finds acc in own callbacks")
    for name in ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"):
        cls = getattr(callbacks, name)
        init = _checkpoint_init(cls.__init__) if name == "ModelCheckpoint" else cls.__init__
        effect = "chooses the mode by the monitored name" + (
            "; accepts .hdf5, period" if name == "ModelCheckpoint" else ""
        )
        patches.set(cls, "__init__", _monitor_init(init), f"{where}.{name}", effect)
        patches.set(
            cls,
            "on_epoch_end",
            _on_epoch_end(cls.on_epoch_end),
            f"{where}.{name}",
            "finds acc as accuracy, and the reverse",
        )


class _Metrics(dict[str, Any]):
    """Metrics by name, which are also found by the other name of accuracy."""

    def __missing__(self, name: str) -> Any:
        other = _SYNONYMS.get(name)
        if other is None or not dict.__contains__(self, other):
            raise KeyError(name)
        return self[other]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or super().__contains__(_SYNONYMS.get(str(name)))

    def get(self, name: str, default: Any = None) -> Any:
        """Return a metric by either name."""
        try:
            return self[name]
        except KeyError:
            return default


def _wrap_subclass_of(base: Any) -> Callable[..., None]:
    """Give the callbacks of a script logs that find accuracy by either name."""

    def wrap(cls: Any, /, **kwargs: Any) -> None:
        super(base, cls).__init_subclass__(**kwargs)
        original = vars(cls).get("on_epoch_end")
        if original is not None:
            cls.on_epoch_end = _with_synonyms(original)

    return wrap


def _with_synonyms(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def on_epoch_end(self: Any, epoch: int, logs: dict[str, Any] | None = None) -> None:
        original(self, epoch, _Metrics(logs or {}))

    return on_epoch_end


def _history_init(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.history = _Metrics(self.history)

    return like(original, init)


def _monitor_init(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if self.mode == "auto" and (self.monitor in _SYNONYMS or self.monitor.startswith("fmeasure")):
            self.mode = "max"

    return like(original, init)


def _on_epoch_end(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def on_epoch_end(self: Any, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if (epoch + 1) % getattr(self, "_old_period", 1):
            return
        logs = logs or {}
        original(self, epoch, {_SYNONYMS[name]: value for name, value in logs.items() if name in _SYNONYMS} | logs)

    return on_epoch_end


def _checkpoint_init(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, filepath: Any, *args: Any, period: int = 1, **kwargs: Any) -> None:
        name = os.fspath(filepath)
        if name.endswith((".h5", ".hdf5")) and not name.endswith(".weights.h5"):
            # Keras checks the ending here only, and saves to any name of an HDF5 file.
            bound = inspect.signature(original).bind(self, name, *args, **kwargs)
            ending = ".weights.h5" if bound.arguments.get("save_weights_only") else ".keras"
            original(self, name + ending, *args, **kwargs)
            self.filepath = name
        else:
            original(self, filepath, *args, **kwargs)
        self._old_period = period

    return like(original, init)
