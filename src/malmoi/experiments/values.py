"""Kinds of values that settings have: what JSON holds, and what a word of the command line stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any

from malmoi.foundation.validation import shorten
from malmoi.tokenizers import NAMED_TOKENIZERS, TOKENIZERS, Tokenizer
from malmoi.tokenizers.scripts import TokensOrAuto

__all__ = ["ValueKind", "tokens_from_json", "tokens_to_json"]

RANGE = re.compile(r"(\d+)(?:-(\d+))?")
FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class ValueKind(Enum):
    """A kind of value; the enum's value is the rule, for errors."""

    flag = "true or false"
    whole = "a whole number"
    number = "a number"
    text = "a text"
    path = "a path"
    whole_numbers = "a whole number, or a list of them"
    range = 'two whole numbers, such as [1, 2], or "auto"'
    texts = "a list of texts"
    tokens = "the name of a tokenizer, or its kind and settings"
    class_weight = '"balanced", or a weight for each label'

    @property
    def rule(self) -> str:
        """What a value must be."""
        return self.value

    def holds(self, value: object) -> bool:
        """Whether a value of JSON is of this kind."""
        if self is ValueKind.flag:
            return isinstance(value, bool)
        if self in (ValueKind.whole, ValueKind.number):
            return _is_number(value, whole=self is ValueKind.whole)
        if self in (ValueKind.text, ValueKind.path):
            return isinstance(value, str)
        if self is ValueKind.whole_numbers:
            return _is_number(value, whole=True) or _are_numbers(value)
        if self is ValueKind.range:
            return value == "auto" or (_are_numbers(value) and len(value) == 2)  # type: ignore[arg-type]
        if self is ValueKind.texts:
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        return isinstance(value, str | dict)

    def parsed(self, text: str) -> object:
        """Return the value that a word stands for.

        Raises:
            ValueError: it stands for none.
        """
        if self is ValueKind.flag:
            if text.lower() not in FLAGS:
                raise ValueError(text)
            return FLAGS[text.lower()]
        if self is ValueKind.whole:
            return int(text)
        if self is ValueKind.number:
            return float(text)
        if self is ValueKind.whole_numbers:
            return [int(part) for part in text.split(",")]
        if self is ValueKind.range:
            return "auto" if text == "auto" else _range(text)
        if self is ValueKind.texts:
            return text.split(",")
        return text


def _is_number(value: object, *, whole: bool) -> bool:
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool)


def _are_numbers(value: object) -> bool:
    return isinstance(value, list | tuple) and all(_is_number(item, whole=True) for item in value)


def _range(text: str) -> list[int]:
    found = RANGE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return [int(found[1]), int(found[2] or found[1])]


def tokens_from_json(value: str | Mapping[str, Any]) -> TokensOrAuto:
    """Return the tokenizer of a name, or of a kind with settings.

    Raises:
        TypeError: a setting is of the wrong kind.
        ValueError: there is no such tokenizer or setting.

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


def tokens_to_json(tokens: TokensOrAuto) -> str | dict[str, Any]:
    """Return the name of a tokenizer, or its kind and the settings that are not its defaults.

    Raises:
        TypeError: it is a function, which JSON cannot hold.
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
