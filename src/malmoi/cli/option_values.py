"""Typed access to the values of given options, and passing them on as arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar, overload

from malmoi.foundation.validation import shorten

__all__ = ["call_with", "paths_of", "several_of", "value_of"]

Value = TypeVar("Value")
Result = TypeVar("Result")


def call_with(function: Callable[..., Result], given: Mapping[str, object]) -> Result:
    """Call a function or a class with the given values of the options generated from its parameters.

    The names are those of its parameters, and the types of the values were checked by the command line. Other
    arguments are set with `functools.partial`, so that their types are checked.

    Example:
        >>> call_with(dict, {"seed": 1})
        {'seed': 1}
    """
    return function(**given)


@overload
def value_of(given: Mapping[str, object], path: str, kind: type[Value]) -> Value | None: ...


@overload
def value_of(given: Mapping[str, object], path: str, kind: type[Value], default: Value) -> Value: ...


def value_of(given: Mapping[str, object], path: str, kind: type[Value], default: Value | None = None) -> Value | None:
    """Return the value of an option.

    Args:
        given: values of options by path.
        path: path of the option.
        kind: type of the value; an int is accepted as a float.
        default: returned if the option was not given.

    Raises:
        TypeError: the value has another type.

    Example:
        >>> value_of({"validation": 1}, "validation", float), value_of({}, "seed", int, 0), value_of({}, "trials", int)
        (1.0, 0, None)
    """
    value = given.get(path, default)
    if value is None and default is None:
        return None
    value = float(value) if kind is float and isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(value, kind):
        raise TypeError(f"{path} must be a {kind.__name__}, got {shorten(value)}")
    return value


def several_of(given: Mapping[str, object], path: str) -> tuple[str, ...]:
    """Return the values of an option that may be given several times; empty if it was not given.

    Raises:
        TypeError: the value is not a list of str.

    Example:
        >>> several_of({"keep": ["id", "year"]}, "keep"), several_of({}, "keep")
        (('id', 'year'), ())
    """
    value = given.get(path, ())
    values = value if isinstance(value, list | tuple) else (value,)
    found = tuple(one for one in values if isinstance(one, str))
    if len(found) < len(values) or not isinstance(value, list | tuple):
        raise TypeError(f"{path} must be a list of str, got {shorten(value)}")
    return found


def paths_of(given: Mapping[str, object], paths: Iterable[str]) -> dict[str, Path]:
    """Return the paths of the given options, by name.

    Raises:
        TypeError: a value is not a path.

    Example:
        >>> [(name, file.name) for name, file in paths_of({"output": "a.csv", "seed": 1}, ["output", "fix"]).items()]
        [('output', 'a.csv')]
    """
    found = {}
    for path in paths:
        value = given.get(path)
        if isinstance(value, str | Path):
            found[path] = Path(value)
        elif path in given:
            raise TypeError(f"{path} must be a path, got {shorten(value)}")
    return found
