"""Types of setting values: checks of JSON values, and parsing of command-line words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from typing import TypeVar

from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten
from malmoi.tokenizers import NAMED_TOKENIZERS, TOKENIZERS, Tokenizer
from malmoi.tokenizers.scripts import TokensOrAuto

__all__ = ["AUTO_KINDS", "ValueKind", "token_kinds_from_json", "tokens_from_json", "tokens_to_json"]

Value = TypeVar("Value")
RANGE = re.compile(r"(\d+)(?:-(\d+))?|\[(\d+), ?(\d+)\]")
FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class ValueKind(Enum):
    """A type of setting values; the enum's value is the rule in errors."""

    flag = "true or false"
    whole = "a whole number"
    number = "a number"
    text = "a text"
    path = "a path"
    whole_numbers = "a whole number, or a list of them"
    range = 'two whole numbers, such as [1, 2], or "auto"'
    ranges = 'two whole numbers, such as [1, 2], a list of such pairs, or "auto"'
    texts = "a list of texts"
    texts_or_auto = 'a list of texts, or "auto"'
    tokens = "the name of a tokenizer, or its kind and settings"
    token_kinds = "the name of a tokenizer, its kind and settings, or a list of such"
    number_or_auto = 'a number, or "auto"'
    whole_or_auto = 'a whole number, or "auto"'
    flag_or_auto = 'true or false, or "auto"'
    class_weight = '"balanced", or a weight for each label'

    @property
    def rule(self) -> str:
        """The rule of the values, for errors."""
        return self.value

    def holds(self, value: object) -> bool:
        """Return whether a JSON value has this type."""
        if value == "auto" and self in AUTO_KINDS:
            return True
        return RULES[self](value)

    def parsed(self, text: str) -> object:
        """Return the value of a command-line word.

        Raises:
            ValueError: the word cannot be parsed.
        """
        if text == "auto" and self in AUTO_KINDS:
            return "auto"
        return PARSERS[self](text) if self in PARSERS else text


AUTO_KINDS = (
    ValueKind.range,
    ValueKind.ranges,
    ValueKind.number_or_auto,
    ValueKind.whole_or_auto,
    ValueKind.texts_or_auto,
    ValueKind.flag_or_auto,
)
"""Types that also allow "auto"."""


def _all(value: object, rule: Callable[[object], bool]) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0 and all(map(rule, value))


def _is_range(value: object) -> bool:
    return isinstance(value, list | tuple) and _are_numbers(value) and len(value) == 2


def _is_tokens(value: object) -> bool:
    return isinstance(value, str | dict)


def _is_number(value: object, *, whole: bool) -> bool:
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool)


def _are_numbers(value: object) -> bool:
    return isinstance(value, list | tuple) and all(_is_number(item, whole=True) for item in value)


def _range(text: str) -> list[int]:
    found = RANGE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    first, last, *listed = found.groups()
    return list(map(int, listed)) if first is None else [int(first), int(last or first)]


def _flag(text: str) -> bool:
    if text.lower() not in FLAGS:
        raise ValueError(text)
    return FLAGS[text.lower()]


def _several(text: str, parse: Callable[[str], Value]) -> Value | list[Value]:
    """Return one value, or a list of comma-separated values."""
    found = [parse(part) for part in text.split(",")]
    return found[0] if len(found) == 1 else found


RULES: dict[ValueKind, Callable[[object], bool]] = {
    ValueKind.flag: lambda value: isinstance(value, bool),
    ValueKind.whole: lambda value: _is_number(value, whole=True),
    ValueKind.number: lambda value: _is_number(value, whole=False),
    ValueKind.text: lambda value: isinstance(value, str),
    ValueKind.path: lambda value: isinstance(value, str),
    ValueKind.whole_numbers: lambda value: _is_number(value, whole=True) or _are_numbers(value),
    ValueKind.range: _is_range,
    ValueKind.ranges: lambda value: _is_range(value) or _all(value, _is_range),
    ValueKind.texts: lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    ValueKind.texts_or_auto: lambda value: isinstance(value, list) and _all(value, lambda one: isinstance(one, str)),
    ValueKind.tokens: _is_tokens,
    ValueKind.token_kinds: lambda value: _is_tokens(value) or _all(value, _is_tokens),
    ValueKind.number_or_auto: lambda value: _is_number(value, whole=False),
    ValueKind.whole_or_auto: lambda value: _is_number(value, whole=True),
    ValueKind.flag_or_auto: lambda value: isinstance(value, bool),
    ValueKind.class_weight: _is_tokens,
}
"""Type check of a JSON value, by type."""
PARSERS: dict[ValueKind, Callable[[str], object]] = {
    ValueKind.flag: _flag,
    ValueKind.whole: int,
    ValueKind.number: float,
    ValueKind.whole_numbers: lambda text: [int(part) for part in text.split(",")],
    ValueKind.range: _range,
    ValueKind.ranges: lambda text: _several(text, _range),
    ValueKind.texts: lambda text: text.split(","),
    ValueKind.texts_or_auto: lambda text: text.split(","),
    ValueKind.token_kinds: lambda text: _several(text, str),
    ValueKind.number_or_auto: float,
    ValueKind.whole_or_auto: int,
    ValueKind.flag_or_auto: _flag,
}
"""Parser of a command-line word, by type; other types keep the word."""


def token_kinds_from_json(
    value: str | Mapping[str, object] | Sequence[str | Mapping[str, object]],
) -> TokensOrAuto | list[TokensOrAuto]:
    """Return a tokenizer, or a list of tokenizers, from names or settings; see `tokens_from_json` for errors."""
    if isinstance(value, str) and "," in value:
        value = value.split(",")
    if isinstance(value, str | Mapping):
        return tokens_from_json(value)
    return [tokens_from_json(one) for one in value]


def tokens_from_json(value: str | Mapping[str, object]) -> TokensOrAuto:
    """Return the tokenizer for a name, or for a type with settings.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: unknown tokenizer or setting.

    Example:
        >>> tokens_from_json({"kind": "Words", "lowercase": False})
        Words(lowercase=False)
    """
    if isinstance(value, str):
        if value not in NAMED_TOKENIZERS:
            raise ValueError(f"tokens must be one of {', '.join(NAMED_TOKENIZERS)}, got {value!r}")
        return NAMED_TOKENIZERS[value]
    settings = dict(value)
    kind = TOKENIZERS.get(str(settings.pop("kind", None)))
    if kind is None:
        raise ValueError(f"tokens.kind must be one of {', '.join(TOKENIZERS)}, got {shorten(value.get('kind'))}")
    known = [field.name for field in fields(kind)]
    unknown = [name for name in settings if name not in known]
    if unknown:
        raise ValueError(f"tokens must have the settings of {kind.__name__}, {', '.join(known)}, got {unknown[0]!r}")
    return kind(**settings)


def tokens_to_json(tokens: TokensOrAuto) -> str | JsonObject:
    """Return the name of a tokenizer, or its type and non-default settings.

    Raises:
        TypeError: the tokenizer is a function, which cannot be stored as JSON.
    """
    for name, known in NAMED_TOKENIZERS.items():
        if tokens == known:
            return name
    if not isinstance(tokens, Tokenizer) or type(tokens).__name__ not in TOKENIZERS:
        raise TypeError(f"tokens must be one of {', '.join(TOKENIZERS)} in a recipe, got {shorten(tokens)}")
    changed = {
        field.name: getattr(tokens, field.name)
        for field in fields(tokens)
        if getattr(tokens, field.name) != field.default
    }
    return {"kind": type(tokens).__name__, **changed}
