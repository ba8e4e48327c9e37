"""Aliases of arguments, such as scikit-learn's names `X` and `y`, and deprecated names of before."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["Deprecated", "also_named", "deprecated_arguments"]

P = ParamSpec("P")
R = TypeVar("R")


def also_named(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that lets a function accept arguments under aliases.

    Args:
        names: aliases, each with the name of the argument.

    Example:
        >>> @also_named(X="texts")
        ... def count(texts):
        ...     return len(texts)
        >>> count(X=["a", "b"]), count(texts=["a"]), count(["a"])
        (2, 1, 1)
    """

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        @wraps(method)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            for alias, name in names.items():
                if alias in kwargs:
                    if name in kwargs:
                        raise TypeError(f"{method.__name__}() must get {name} or {alias}, got both")
                    kwargs[name] = kwargs.pop(alias)
            return method(*args, **kwargs)

        return call

    return decorate


def deprecated_arguments(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that lets a function accept arguments under their old names, with a `FutureWarning`.

    Args:
        names: old names, each with the new name.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        renamed = also_named(**names)(function)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            for old, new in names.items():
                if old in kwargs:
                    _warn(f"the argument {old} of {function.__name__}", new)
            return renamed(*args, **kwargs)

        return call

    return decorate


class Deprecated:
    """An attribute under its old name, which gives the value of the new one with a `FutureWarning`.

    Args:
        new: name of the attribute or method that replaces it.

    Example:
        >>> class Score:
        ...     correct = 3
        ...     right = Deprecated("correct")
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     print(Score().right, caught[0].message)
        3 Score.right is deprecated and will be removed in the next release; use correct
    """

    def __init__(self, new: str) -> None:
        self.new, self.name = new, ""
        self.__doc__ = f"Deprecated: use `{new}`.\n\n:meta private:"

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> Any:  # what the new attribute gives
        if instance is None:
            return self
        _warn(f"{owner.__name__}.{self.name}", self.new)
        return getattr(instance, self.new)


def _warn(old: str, new: str) -> None:
    text = f"{old} is deprecated and will be removed in the next release; use {new}"
    warnings.warn(text, FutureWarning, stacklevel=3)
