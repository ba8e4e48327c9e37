"""JSON whose brackets may be deeper than Python's parser can go."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["parsed_json"]


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
