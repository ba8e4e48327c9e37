"""Aliases of arguments, such as scikit-learn's names `X` and `y`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["also_named"]

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
