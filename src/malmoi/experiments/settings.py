"""Settings: name, type, default and help of parameters, read from signatures and docstrings."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

from malmoi.experiments.values import ValueKind
from malmoi.foundation.validation import shorten
from malmoi.models.few_labels.settings import SentenceEmbedder
from malmoi.tokenizers import Tokenizer
from malmoi.wordvectors import WordVectors

__all__ = ["Setting", "one_of", "settings_of"]

PLAIN: dict[object, ValueKind] = {
    bool: ValueKind.flag,
    int: ValueKind.whole,
    float: ValueKind.number,
    str: ValueKind.text,
    Path: ValueKind.path,
    WordVectors: ValueKind.path,
    SentenceEmbedder: ValueKind.path,
}
OR_AUTO: dict[object, ValueKind] = {
    float: ValueKind.number_or_auto,
    int: ValueKind.whole_or_auto,
    bool: ValueKind.flag_or_auto,
}
ENTRY = re.compile(r"^ {4}(\w[\w, ]*): (.+(?:\n {8}.*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Setting:
    """A parameter that can be set with a JSON value or a command-line option.

    Args:
        path: name, prefixed for fields of another parameter: "epochs", "network.filters".
        kind: type of its values.
        optional: whether `None` is allowed.
        default: default in Python.
        help: description from the docstring.
    """

    path: str
    kind: ValueKind
    optional: bool
    default: object
    help: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    def checked(self, value: object) -> object:
        """Return a JSON value after a type check.

        Raises:
            TypeError: the value has another type.
        """
        if value is None and self.optional:
            return None
        if not self.kind.holds(value):
            rule = f"{self.path} must be {self.kind.rule}{' or null' if self.optional else ''}"
            raise TypeError(f"{rule}, got {shorten(value)}")
        return value

    def parsed(self, text: str) -> object:
        """Return the value of a command-line word.

        Raises:
            ValueError: the word cannot be parsed.
        """
        if self.optional and text.lower() == "none":
            return None
        try:
            return self.kind.parsed(text)
        except ValueError:
            none = ", or none" if self.optional else ""
            raise ValueError(f"{self.path} must be {self.kind.rule}{none}, got {shorten(text)}") from None


def settings_of(source: Callable[..., object], prefix: str = "") -> dict[str, Setting]:
    """Return the settings of a class or a function, by path, in order.

    Parameters without a JSON form, such as functions, are left out, and so are parameters such as `network`, whose
    fields are separate settings.

    Args:
        source: an estimator class, a frozen dataclass, or a function.
        prefix: prefix of the paths, ending with a dot.
    """
    helps = _help_of(source)
    found = {}
    for name, (annotation, default) in _declared(source).items():
        kind, optional = _kind_of(annotation)
        if kind is not None:
            path = prefix + name
            found[path] = Setting(path, kind, optional, default, helps.get(name, ""))
    return found


def _declared(source: Callable[..., object]) -> dict[str, tuple[object, object]]:
    """Return annotation and default of every parameter."""
    if is_dataclass(source):
        hints = get_type_hints(source)
        return {
            field.name: (hints[field.name], None if field.default is MISSING else field.default)
            for field in fields(source)
        }
    function: Callable[..., object] = source.__init__ if isinstance(source, type) else source  # type: ignore[misc]
    hints = get_type_hints(function)
    return {
        name: (hints[name], parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
        if name in hints and parameter.default is not inspect.Parameter.empty
    }


def _kind_of(annotation: object) -> tuple[ValueKind | None, bool]:
    """Return the type of a parameter's values, and whether it may be `None`."""
    parts = set(get_args(annotation)) if get_origin(annotation) in (Union, UnionType) else {annotation}
    optional = NoneType in parts
    parts.discard(NoneType)
    return _kind_of_parts(parts), optional


def _kind_of_parts(parts: set[object]) -> ValueKind | None:
    literals = {value for part in parts if get_origin(part) is Literal for value in get_args(part)}
    if Tokenizer in parts:
        return ValueKind.token_kinds if Sequence[Tokenizer] in parts else ValueKind.tokens
    if literals == {"auto"} and any(map(_is_sequence_of_texts, parts)):
        return ValueKind.texts_or_auto
    if literals == {"auto"} and len(parts) == 2 and (kinds := parts & set(OR_AUTO)):
        return OR_AUTO[kinds.pop()]
    if len(parts) == 1 and (kind := PLAIN.get(next(iter(parts)))) is not None:
        return kind
    if tuple[int, int] in parts:
        return ValueKind.ranges if Sequence[tuple[int, int]] in parts else ValueKind.range
    if parts in ({tuple[str, ...]}, {int, tuple[int, ...]}):
        return ValueKind.texts if parts == {tuple[str, ...]} else ValueKind.whole_numbers
    return _kind_of_origins({get_origin(part) for part in parts}, literals)


def _is_sequence_of_texts(part: object) -> bool:
    """Return whether a type is `Sequence[str]`, or a sequence of literals."""
    inner = get_args(part)
    return get_origin(part) is Sequence and (inner == (str,) or get_origin(inner[0]) is Literal)


def _kind_of_origins(origins: set[object], literals: set[object]) -> ValueKind | None:
    if os.PathLike in origins:
        return ValueKind.path
    if Mapping in origins:
        return ValueKind.class_weight
    if origins == {Iterable}:
        return ValueKind.texts
    if literals and all(isinstance(value, str) for value in literals):
        return ValueKind.text
    return None


def _help_of(source: Callable[..., object]) -> dict[str, str]:
    """Return the description of each argument in a docstring as one capitalised line."""
    text = inspect.getdoc(source) or ""
    _, _, behind = text.partition("Args:\n")
    block = behind.split("\n\n")[0]
    helps = {}
    for names, words in ENTRY.findall(block):
        line = " ".join(words.split())
        for name in names.split(","):
            helps[name.strip()] = line[:1].upper() + line[1:]
    return helps


def one_of(what: str, name: str, known: Iterable[str], also: Iterable[str] = ()) -> str:
    """Return a name after checking that it is known.

    Args:
        what: what the name stands for, for the error.
        name: the name.
        known: valid names.
        also: further names that the error may suggest.

    Raises:
        ValueError: unknown name; the error lists the known ones and suggests the nearest.
    """
    names = list(known)
    if name in names:
        return name
    near = get_close_matches(name, [*names, *also], n=1)
    suggestion = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{what} must be one of {', '.join(names)}, got {shorten(name)}{suggestion}")
