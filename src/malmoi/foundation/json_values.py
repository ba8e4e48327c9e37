"""Parsing of untrusted JSON, with checks of nesting depth and repeated names."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from malmoi.foundation.validation import shorten

__all__ = ["Json", "JsonObject", "RepeatedNameError", "distinct_names", "parsed_json"]


Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"


class RepeatedNameError(ValueError):
    """Error about a repeated name in a JSON object.

    Args:
        name: the first repeated name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"{shorten(name)} occurs twice")
        self.name = name


def distinct_names(pairs: list[tuple[str, Json]]) -> JsonObject:
    """Return a JSON object after checking that its names are distinct; an `object_pairs_hook` for `json.loads`.

    Raises:
        RepeatedNameError: a name is repeated.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise RepeatedNameError(name)
            seen.add(name)
    return found


def parsed_json(text: str | bytes) -> Any:
    """Parse JSON.

    Raises:
        ValueError: it is not valid JSON, or is nested too deeply.

    Example:
        >>> parsed_json("[1, 2]")
        [1, 2]
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("JSON must be less deeply nested") from None
