"""Modules of old Keras releases that Keras 3 does not have: an import finder that is asked last."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

from malmoi.keras.old_names import GONE_MODULES, MODULES, ROOTS, gone_module, gone_name, new_module

__all__ = ["OldModules"]

_STAND_INS = ("tensorflow", "tensorflow.python")
_PREPROCESSING = ("keras_preprocessing", "keras_preprocessing.text", "keras_preprocessing.sequence")


class _StandIn(ModuleType):
    """`tensorflow` without anything but Keras."""

    def __getattr__(self, name: str) -> Any:
        if name == "keras":
            return importlib.import_module("keras")
        if name in {"random", "set_random_seed"}:
            seed = importlib.import_module("keras").utils.set_random_seed
            return seed if name == "set_random_seed" else SimpleNamespace(set_seed=seed)
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        fault = f"TensorFlow is not installed, so there is no {self.__name__}.{name}"
        raise AttributeError(f"{fault}; malmoi.keras.install only stands in for tensorflow.keras and random seeds")


class _Alias(ModuleType):
    """A module with the names of another one."""

    def __init__(self, name: str, target: ModuleType) -> None:
        super().__init__(name, target.__doc__)
        self.__dict__.update({name: value for name, value in vars(target).items() if not name.startswith("__")})
        self.__dict__["__all__"] = getattr(target, "__all__", [name for name in vars(target) if name[0] != "_"])
        self._target = target

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._target, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        reason = gone_name(*self.__name__.rpartition(".")[::2])
        raise TypeError(f"{self.__name__} was {reason}" if reason else "'module' object is not callable")


class _OldLoader(Loader):
    def __init__(self, target: str | None) -> None:
        self._target = target

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return a module with the names of the target; a stand-in for TensorFlow without one."""
        if self._target is None:
            return _StandIn(spec.name)
        return _Alias(spec.name, importlib.import_module(self._target))

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the names are there already."""


class OldModules(MetaPathFinder):
    """Finds modules of old Keras releases that no other finder finds, hence installed packages win."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the specification of an old module.

        Raises:
            ImportError: the module, or the name that is imported from a package, was removed from Keras; the error says
                what to do instead.
        """
        if fullname in _STAND_INS:
            return ModuleSpec(fullname, _OldLoader(None), is_package=True)
        new = new_module(fullname)
        if new is None or new == fullname or not _is_module(new):
            reason = gone_module(fullname) or gone_name(*fullname.rpartition(".")[::2]) or _gone_inside(fullname)
            if reason is not None:
                raise ImportError(f"{fullname} was {reason}", name=fullname)
            return None
        return ModuleSpec(fullname, _OldLoader(new), is_package=True)

    @staticmethod
    def names(*, tensorflow: bool) -> list[tuple[str, str]]:
        """Return old modules and those that have their names now, which are the ones `changes` lists."""
        roots = ROOTS if tensorflow else ROOTS[:1]
        old = [*(f"{root}.{module}" for root in roots for module in MODULES), *_PREPROCESSING, *roots[1:]]
        return [(module, new_module(module) or "") for module in old]

    @staticmethod
    def forget() -> None:
        """Remove the modules from `sys.modules` and from their packages."""
        ours = [name for name, module in list(sys.modules.items()) if isinstance(module, _Alias | _StandIn)]
        for name in ours:
            package, _, last = name.rpartition(".")
            parent = sys.modules.get(package)
            if parent is not None and vars(parent).get(last) is sys.modules[name]:
                delattr(parent, last)
        for name in ours:
            del sys.modules[name]


def _gone_inside(package: str) -> str | None:
    """Return what to do instead of the modules of a package that Keras does not have either."""
    inside = (f"{package}.{module.rpartition('.')[2]}" for module in GONE_MODULES)
    return next(filter(None, map(gone_module, inside)), None)


def _is_module(name: str) -> bool:
    """Whether a module of Keras 3 or malmoi exists; submodules of `keras` are packages of its interface."""
    try:
        return name in sys.modules or find_spec(name) is not None
    except ModuleNotFoundError:
        return False
