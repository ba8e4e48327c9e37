"""Arguments under the names of scikit-learn, `X` and `y`, beside their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["also_named"]

P = ParamSpec("P")
R = TypeVar("R")


def also_named(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a method take an argument by another name too.

    Args:
        names: other names with the argument that each stands for.

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
            for other, own in names.items():
                if other in kwargs:
                    if own in kwargs:
                        raise TypeError(f"{method.__name__}() must get {own} or {other}, got both")
                    kwargs[own] = kwargs.pop(other)
            return method(*args, **kwargs)

        return call

    return decorate
