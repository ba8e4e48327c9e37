"""Schemas of model files: declarative rules for each type of model, checked before a model is created.

A rule is an object: `Record({"samples": Whole(), "weight": Number(0)})`. Its `check` raises an error that names the
position of an invalid value: `facts.samples must be a whole number of 0 or more, found -1`.
"""

from __future__ import annotations

import math
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.limits import most
from malmoi.foundation.validation import shorten
from malmoi.models.state import State

__all__ = [
    "AnyOf",
    "ArrayRule",
    "Choice",
    "Flag",
    "Frozen",
    "Items",
    "Number",
    "Optional",
    "Record",
    "Row",
    "Rule",
    "Schema",
    "Table",
    "Tagged",
    "Text",
    "Whole",
    "Words",
    "check_finite",
]

LARGEST_WHOLE = 2**53
"""Largest integer, for numbers of samples, steps and the like, that every JSON reader represents exactly."""
LARGEST_WEIGHT = 1e30
"""Largest weight; products with larger ones could overflow in single precision."""
CHUNK = 1 << 20
"""Numbers of an array that are checked in one block, so that they stay in the processor's cache."""


class Rule(ABC):
    """A rule for a part of a header."""

    @abstractmethod
    def check(self, value: object, place: str) -> None:
        """Check a value.

        Args:
            value: JSON value.
            place: its position, for the error.

        Raises:
            ValueError: it does not match the rule.
        """


def _refuse(place: str, rule: str, value: object) -> None:
    raise ValueError(f"{place} must be {rule}, found {shorten(value)}")


@dataclass(frozen=True)
class Flag(Rule):
    """True or false."""

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value."""
        if not isinstance(value, bool):
            _refuse(place, "True or False", value)


@dataclass(frozen=True)
class Whole(Rule):
    """A whole number in a range."""

    least: int = 0
    largest: int = LARGEST_WHOLE

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value."""
        if type(value) is not int:
            _refuse(place, "a whole number", value)
        elif value < self.least:
            _refuse(place, f"{self.least} or more", value)
        elif value > self.largest:
            _refuse(place, f"at most {self.largest}", value)


@dataclass(frozen=True)
class Number(Rule):
    """A finite number in a range."""

    least: float = -math.inf
    largest: float = math.inf

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value."""
        if type(value) is not float and type(value) is not int:
            _refuse(place, "a number", value)
        elif isinstance(value, int | float) and not self.least <= value <= self.largest:
            is_bounded = self.least > -math.inf and self.largest < math.inf
            above = f"{self.least:g} or more" if self.largest == math.inf else f"at most {self.largest:g}"
            _refuse(place, f"from {self.least:g} to {self.largest:g}" if is_bounded else above, value)


@dataclass(frozen=True)
class Text(Rule):
    """A str of bounded length."""

    longest: int = most("name characters")

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value."""
        if not isinstance(value, str):
            _refuse(place, "a str", value)
        elif len(value) > self.longest:
            _refuse(place, f"at most {self.longest} characters", value)


@dataclass(frozen=True)
class Choice(Rule):
    """One of a few values."""

    values: Sequence[object]

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value."""
        if not any(type(value) is type(one) and value == one for one in self.values):
            _refuse(place, f"one of {', '.join(map(str, self.values))}", value)


@dataclass(frozen=True)
class Optional(Rule):
    """A value that matches a rule, or null."""

    rule: Rule

    def check(self, value: object, place: str) -> None:
        """Raise an error if the value is neither null nor matches the rule."""
        if value is not None:
            self.rule.check(value, place)


@dataclass(frozen=True)
class AnyOf(Rule):
    """A value that matches one of several rules."""

    rules: tuple[Rule, ...]

    def check(self, value: object, place: str) -> None:
        """Raise the error of the last rule if the value matches none."""
        for rule in self.rules[:-1]:
            try:
                return rule.check(value, place)
            except ValueError:
                continue
        return self.rules[-1].check(value, place)


@dataclass(frozen=True)
class Items(Rule):
    """A list of items with the same rule."""

    rule: Rule
    least: int = 0
    largest: int = most("names")

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value."""
        if not isinstance(value, list):
            _refuse(place, "a list", value)
        elif len(value) < self.least:
            _refuse(place, f"{self.least} or more", value)
        elif len(value) > self.largest:
            raise ValueError(f"{place} must have at most {self.largest} items, found {len(value)}")
        else:
            for number, item in enumerate(value):
                self.rule.check(item, f"{place}[{number}]")


@dataclass(frozen=True)
class Words(Rule):
    """A list of str, of which there may be millions."""

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value."""
        if not isinstance(value, list):
            _refuse(place, "a list", value)
        elif set(map(type, value)) - {str}:
            number = next(number for number, item in enumerate(value) if type(item) is not str)
            raise ValueError(f"{place} must be a list of str, found {shorten(value[number])} at index {number}")


@dataclass(frozen=True)
class Row(Rule):
    """A list of a fixed length with a rule for each item."""

    rules: tuple[Rule, ...]

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value."""
        if not isinstance(value, list) or len(value) != len(self.rules):
            _refuse(place, f"a list of {len(self.rules)}", value)
            return
        for number, (rule, item) in enumerate(zip(self.rules, value, strict=True)):
            rule.check(item, f"{place}[{number}]")


@dataclass(frozen=True)
class Table(Rule):
    """An object with arbitrary names and one rule for all values."""

    rule: Rule

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value."""
        if not isinstance(value, dict):
            _refuse(place, "a dict", value)
            return
        for name, item in value.items():
            Text().check(name, f"a name of {place}")
            self.rule.check(item, f"{place}.{name}")


@dataclass(frozen=True)
class Record(Rule):
    """An object with fixed names.

    Args:
        needed: rules of the required names.
        allowed: rules of the optional names, which older files may lack.
    """

    needed: Mapping[str, Rule]
    allowed: Mapping[str, Rule] = field(default_factory=lambda: MappingProxyType({}))

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value."""
        if not isinstance(value, dict):
            _refuse(place or "its header", "a dict", value)
            return
        rules = {**self.allowed, **self.needed}
        if not set(self.needed) <= set(value) <= set(rules):
            missing, unknown = sorted(set(self.needed) - set(value)), sorted(set(value) - set(rules))
            said = f"lacks {', '.join(missing)}" if missing else f"has the unknown {shorten(unknown[0])}"
            raise ValueError(f"{place or 'its header'} must have {', '.join(rules)}, {said}")
        for name, item in value.items():
            rules[name].check(item, f"{place}.{name}" if place else name)


@dataclass(frozen=True)
class Tagged(Rule):
    """An object whose names depend on its `kind`.

    Args:
        kinds: rules of the other names for each `kind`.
        shared: rules of the names that are common to all kinds.
    """

    kinds: Mapping[str, Mapping[str, Rule]]
    shared: Mapping[str, Rule] = field(default_factory=lambda: MappingProxyType({}))

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value."""
        if not isinstance(value, dict):
            _refuse(place, "a dict", value)
            return
        kind = Choice(tuple(self.kinds))
        kind.check(value.get("kind"), f"{place}.kind")
        Record({"kind": kind, **self.shared, **self.kinds[str(value["kind"])]}).check(value, place)


@dataclass(frozen=True)
class Frozen(Rule):
    """A frozen dataclass as its name and its fields; the class checks their ranges.

    Args:
        known: the classes by name.
        default: the name that older files omit.
    """

    known: Mapping[str, type]
    default: str | None = None

    def check(self, value: object, place: str) -> None:
        """Raise an error for any other value; warnings of the class are shown only when the model is created."""
        if not isinstance(value, dict):
            return _refuse(place, "a dict", value)
        try:
            with warnings.catch_warnings(action="ignore"):
                State({place: value}, {}).value(place, self.known, default=self.default)
        except TypeError as error:
            raise ValueError(f"{place}: {error}") from error


@dataclass(frozen=True)
class ArrayRule:
    """A rule for arrays of a type of model.

    Args:
        names: regular expression that matches their whole names.
        dtypes: names of NumPy types.
        axes: number of axes; `None`: any number.
        may_miss: whether NaN is allowed as a missing value.
        largest: maximum absolute value.
    """

    names: str
    dtypes: tuple[str, ...] = ("float32",)
    axes: int | None = None
    may_miss: bool = False
    largest: float = LARGEST_WEIGHT

    def check(self, name: str, array: npt.NDArray[np.generic]) -> None:
        """Check an array.

        Raises:
            ValueError: it has the wrong type or number of axes, or a value that is not finite or too large.
        """
        if array.dtype.name not in self.dtypes or self.axes not in (None, array.ndim):
            axes = "" if self.axes is None else f" of {self.axes} {'axis' if self.axes == 1 else 'axes'}"
            rule = f"{name} must be {' or '.join(self.dtypes)}{axes}"
            raise ValueError(f"{rule}, found {array.dtype} {array.shape}")
        if array.dtype.kind == "f":
            check_finite(name, array, largest=self.largest, may_miss=self.may_miss)


def check_finite(
    name: str, array: npt.NDArray[np.generic], *, largest: float = LARGEST_WEIGHT, may_miss: bool = False
) -> None:
    """Check that all values of an array are finite and not too large.

    Args:
        name: name of the array, for the error.
        array: of any shape.
        largest: maximum absolute value.
        may_miss: whether NaN is allowed as a missing value.

    Raises:
        ValueError: a value is not; the error has the value and its index.
    """
    flat, largest = array.reshape(-1), min(largest, float(np.finfo(array.dtype.name).max))
    for start in range(0, len(flat), CHUNK):
        part = flat[start : start + CHUNK]
        # The maximum and minimum of a part with NaN are NaN.
        if part.max() <= largest and part.min() >= -largest:
            continue
        wrong = ~(np.abs(part) <= largest)
        if may_miss:
            wrong &= ~np.isnan(part)
        if wrong.any():
            place = np.unravel_index(start + int(wrong.argmax()), array.shape)
            shown = ", ".join(map(str, map(int, place)))
            rule = f"{name} must be finite {array.dtype}, at most {largest:g}"
            raise ValueError(f"{rule}, found {flat[start + int(wrong.argmax())]} at [{shown}]")


@dataclass(frozen=True)
class Schema:
    """The schema of the files of one type of model.

    Args:
        header: rule of the header, `kind` and `versions` included.
        arrays: rules of the arrays; the first with a matching name is used.
    """

    header: Record
    arrays: tuple[ArrayRule, ...]

    def check_header(self, header: JsonObject) -> None:
        """Check a header.

        Raises:
            ValueError: it does not match the rule; the error has the position.
        """
        self.header.check(header, "")

    def check_arrays(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Check arrays.

        Raises:
            ValueError: an array has no rule, or does not match it.
        """
        for name, array in arrays.items():
            rule = next((one for one in self.arrays if re.fullmatch(one.names, name)), None)
            if rule is None:
                raise ValueError(f"its arrays must have known names, found {shorten(name)}")
            rule.check(name, array)
