"""Names of classes that a table keeps beside their numbers, as Hugging Face's `ClassLabel` does."""

from __future__ import annotations

import json
from collections.abc import Mapping

from malmoi.data.readers.columns import Wanted

__all__ = ["class_names", "with_class_names"]


def class_names(metadata: str) -> dict[str, list[str]]:
    """Return the names of the classes of columns, from what the key `huggingface` of a file's metadata holds.

    Example:
        >>> class_names('{"info": {"features": {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}}')
        {'label': ['neg', 'pos']}
    """
    try:
        features = json.loads(metadata)["info"]["features"]
        return {name: list(map(str, kind["names"])) for name, kind in features.items() if _is_class_label(kind)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _is_class_label(kind: object) -> bool:
    return isinstance(kind, dict) and kind.get("_type") == "ClassLabel" and isinstance(kind.get("names"), list)


def with_class_names(
    values: dict[str, list[object]], wanted: Wanted, names: Mapping[str, list[str]]
) -> dict[str, list[object]]:
    """Return columns with the names of classes instead of their numbers; -1 stands for no label."""
    for name in wanted.labels:
        known = names.get(name)
        if known and len(wanted.labels) == 1:
            values[name] = [_named(value, known) for value in values[name]]
    return values


def _named(value: object, known: list[str]) -> object:
    if isinstance(value, int) and 0 <= value < len(known):
        return known[value]
    return None if value == -1 else value
