"""Old habits of callbacks: names of metrics, names of files, and modes that follow from the name of a metric."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

from malmoi.keras.hook.arguments import like
from malmoi.keras.hook.methods import is_old_name
from malmoi.keras.hook.patches import Patches

__all__ = ["patch_callbacks"]

_ACCURACY = {"acc": "accuracy", "val_acc": "val_accuracy", "accuracy": "acc", "val_accuracy": "val_acc"}
_SYNONYMS = {**_ACCURACY, "lr": "learning_rate"}


def patch_callbacks(keras: ModuleType, patches: Patches) -> None:
    """Make callbacks find "acc" as "accuracy" and the reverse, and take names of HDF5 files."""
    callbacks = keras.callbacks
    where, both = "keras.callbacks", "finds acc as accuracy, and the reverse"
    init = _history_init(callbacks.History.__init__)
    patches.set(callbacks.History, "__init__", init, f"{where}.History", both)
    subclass = classmethod(_wrap_subclass_of(callbacks.Callback, patches))
    patches.set(callbacks.Callback, "__init_subclass__", subclass, f"{where}.Callback", "finds acc in own callbacks")
    for name in ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"):
        cls = getattr(callbacks, name)
        is_checkpoint = name == "ModelCheckpoint"
        init = _monitor_init(_checkpoint_init(cls.__init__) if is_checkpoint else cls.__init__)
        effect = "chooses the mode by the monitored name" + ("; accepts .hdf5 and period" if is_checkpoint else "")
        patches.set(cls, "__init__", init, f"{where}.{name}", effect)
        patches.set(cls, "on_epoch_end", _on_epoch_end(cls.on_epoch_end), f"{where}.{name}", both)


class _Metrics(dict[str, Any]):
    """Metrics by name, which are also found by their old names."""

    def __missing__(self, name: str) -> Any:
        other = _SYNONYMS.get(name)
        if other is None or not dict.__contains__(self, other):
            raise KeyError(name)
        return self[other]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or super().__contains__(_SYNONYMS.get(str(name)))

    def __reduce__(self) -> Any:
        """Be pickled as a plain dictionary."""
        return dict, (dict(self),)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a metric by either name."""
        try:
            return self[name]
        except KeyError:
            return default


def _wrap_subclass_of(base: Any, patches: Patches) -> Callable[..., None]:
    """Give the callbacks of a script logs that find accuracy by either name."""

    def wrap(cls: Any, /, **kwargs: Any) -> None:
        super(base, cls).__init_subclass__(**kwargs)
        original = vars(cls).get("on_epoch_end")
        if original is not None:
            cls.on_epoch_end = _with_synonyms(original, patches)

    return wrap


def _with_synonyms(original: Callable[..., None], patches: Patches) -> Callable[..., None]:
    @functools.wraps(original)
    def on_epoch_end(self: Any, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is None or not patches.changes:  # the class outlives the hook
            original(self, epoch, logs)
            return
        seen = _Metrics(logs)
        original(self, epoch, seen)
        logs.update(seen)  # what it adds is for the callbacks after it

    return on_epoch_end


def _history_init(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.history = _Metrics(self.history)

    return like(original, init)


def _monitor_init(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if getattr(self, "mode", "") == "auto" and (self.monitor in _ACCURACY or self.monitor.startswith("fmeasure")):
            self.mode = "max"

    return like(original, init)


def _on_epoch_end(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def on_epoch_end(self: Any, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if (epoch + 1) % getattr(self, "_old_period", 1):
            return
        if logs is None:
            original(self, epoch, logs)
            return
        added = {_SYNONYMS[name]: value for name, value in logs.items() if name in _SYNONYMS}
        seen = added | logs
        original(self, epoch, seen)
        logs.update({name: value for name, value in seen.items() if name in logs or name not in added})

    return on_epoch_end


def _checkpoint_init(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, filepath: Any, *args: Any, period: int = 1, **kwargs: Any) -> None:
        if is_old_name(filepath):
            name = os.fspath(filepath)
            # Keras checks the ending here only, and saves to any name of an HDF5 file.
            bound = inspect.signature(original).bind(self, name, *args, **kwargs)
            ending = ".weights.h5" if bound.arguments.get("save_weights_only") else ".keras"
            original(self, name + ending, *args, **kwargs)
            self.filepath = name
        else:
            original(self, filepath, *args, **kwargs)
        self._old_period = period

    return like(original, init)
