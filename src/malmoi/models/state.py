"""The content of a model file: a JSON header and named arrays, read with type checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from types import NoneType
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten

__all__ = ["Arrays", "State", "plain", "value_to_json"]

Arrays: TypeAlias = dict[str, npt.NDArray[np.generic]]
Value = TypeVar("Value")

ALSO_ALLOWED: dict[type, tuple[type, ...]] = {float: (int,), NoneType: (str, float, int, bool, tuple)}
"""Types accepted for a type: settings that may be `None` accept any type here, and their class checks them."""


@dataclass(frozen=True)
class State:
    """A fitted model as data.

    Args:
        header: JSON object.
        arrays: arrays by name.
    """

    header: JsonObject
    arrays: Arrays

    def get(self, name: str, kind: type[Value], within: Mapping[str, object] | None = None) -> Value:
        """Return a value of the header, or of an object in it, with a required type.

        Raises:
            ValueError: it is missing, or has another type.
        """
        value = (self.header if within is None else within).get(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"{name} must be a {kind.__name__}, found {shorten(value)}")
        return value

    def value(self, name: str, known: Mapping[str, type[Value]], *, default: str | None = None) -> Value:
        """Create a frozen dataclass from its class name and fields; only the names in `known` are allowed.

        Raises:
            ValueError: the name is unknown, or a field is unknown or has another type.
        """
        saved = dict(self.get(name, dict))
        kind = known.get(str(saved.pop("kind", default)))
        if kind is None or not is_dataclass(kind):
            raise ValueError(f"{name} must be one of {', '.join(known)}, found {shorten(self.header[name])}")
        if not set(saved) <= {field.name for field in fields(kind)}:
            raise ValueError(f"{name} must have the fields of {kind.__name__}, found {shorten(sorted(saved))}")
        example = kind()
        # Newer fields have their defaults in older files, unless the class defines other values.
        saved = {**getattr(kind, "older_values", {}), **saved}
        values = {field: tuple(value) if isinstance(value, list) else value for field, value in saved.items()}
        for field, value in values.items():
            expected = type(getattr(example, field))
            if type(value) not in {expected, *ALSO_ALLOWED.get(expected, ())}:
                raise ValueError(f"{name}.{field} must be a {expected.__name__}, found {shorten(value)}")
            if isinstance(value, tuple) and not all(type(item) is int for item in value):
                raise ValueError(f"{name}.{field} must be whole numbers, found {shorten(value)}")
        return kind(**values)

    def settings(self, known: Sequence[str], needed: Iterable[str]) -> dict[str, Any]:
        """Return the settings by name; newer settings may be missing in older files.

        Raises:
            ValueError: a needed setting is missing, or one is unknown.
        """
        settings = self.get("settings", dict)
        if not set(needed) <= set(settings) <= set(known):
            raise ValueError(f"settings must be {', '.join(known)}, found {shorten(sorted(settings))}")
        return dict(settings)


def plain(value: Value) -> Value:
    """Convert a NumPy scalar to a Python value."""
    if isinstance(value, np.generic):
        number: Value = value.item()
        return number
    return value


def value_to_json(value: object) -> JsonObject:
    """Return the class name and the fields of a frozen dataclass.

    Raises:
        TypeError: it is not a dataclass.
    """
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"value must be a dataclass instance, got {shorten(value)}")
    return {"kind": type(value).__name__, **asdict(value)}
