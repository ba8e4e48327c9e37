"""JSON of others: brackets may be deeper than Python's parser can go, and names may stand twice."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from malmoi.foundation.validation import shorten

__all__ = ["Json", "JsonObject", "RepeatedNameError", "distinct_names", "parsed_json"]


Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"


class RepeatedNameError(ValueError):
    """A name stands twice in an object of JSON.

    Args:
        name: the first that does.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"{shorten(name)} stands twice")
        self.name = name


def distinct_names(pairs: list[tuple[str, Json]]) -> JsonObject:
    """Return an object of JSON whose names are distinct: the `object_pairs_hook` of `json.loads`.

    Raises:
        RepeatedNameError: a name stands twice.
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
    """Return the value that JSON holds.

    Raises:
        ValueError: it is no JSON, or has too many lists and objects within each other.

    Example:
        >>> parsed_json("[1, 2]")
        [1, 2]
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("JSON must have fewer lists and objects within each other") from None
