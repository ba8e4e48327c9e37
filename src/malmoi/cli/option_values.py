"""What was given of options, by path: read with the type that it must have, and passed on as arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar, overload

from malmoi.foundation.validation import shorten

__all__ = ["call_with", "paths_of", "several_of", "value_of"]

Value = TypeVar("Value")
Result = TypeVar("Result")


def call_with(function: Callable[..., Result], given: Mapping[str, object]) -> Result:
    """Call a function or a class with what was given of the options that are made from its parameters.

    The names are those of its parameters, and the kinds of the values were checked with the words of the command line.
    Its other arguments are set with `functools.partial`, so that their types are checked.

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
        path: of the option.
        kind: what the value must be; a whole number is a float too.
        default: returned where the option was not given.

    Raises:
        TypeError: the value is of another kind.

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
    """Return the texts of an option that may be given several times; none where it was not given.

    Raises:
        TypeError: the value is no list of texts.

    Example:
        >>> several_of({"keep": ["id", "year"]}, "keep"), several_of({}, "keep")
        (('id', 'year'), ())
    """
    value = given.get(path, ())
    values = value if isinstance(value, list | tuple) else (value,)
    found = tuple(one for one in values if isinstance(one, str))
    if len(found) < len(values) or not isinstance(value, list | tuple):
        raise TypeError(f"{path} must be a list of texts, got {shorten(value)}")
    return found


def paths_of(given: Mapping[str, object], paths: Iterable[str]) -> dict[str, Path]:
    """Return the files that options name, of those options that were given.

    Raises:
        TypeError: a value is no path.

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
