"""Class names that a table stores besides class numbers, as Hugging Face's `ClassLabel` does."""

from __future__ import annotations

import json
from collections.abc import Mapping

from malmoi.data.readers.columns import Wanted

__all__ = ["class_names", "with_class_names"]


def class_names(metadata: str) -> dict[str, list[str]]:
    """Return the class names of columns, parsed from the metadata under the key `huggingface`.

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
    """Replace class numbers by class names; -1 means no label."""
    for name in wanted.labels:
        classes = names.get(name)
        if classes and len(wanted.labels) == 1:
            values[name] = [_named(value, classes) for value in values[name]]
    return values


def _named(value: object, classes: list[str]) -> object:
    if isinstance(value, int) and 0 <= value < len(classes):
        return classes[value]
    return None if value == -1 else value
