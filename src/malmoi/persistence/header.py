"""Parsing of untrusted JSON headers: limits of size and depth, distinct names, finite numbers, no lone surrogates."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from malmoi.foundation.json_values import Json, JsonObject, RepeatedNameError, distinct_names
from malmoi.foundation.limits import most
from malmoi.foundation.validation import shorten, surrogate_at

__all__ = ["check_header_size", "json_object"]

SURROGATES = re.compile(rb"\\u[dD][89a-fA-F]")
BYTES_OF_A_PART = 16
LONGEST_WHOLE = 20
"""Number of digits of 2**64 - 1."""


def check_header_size(header_bytes: int, weights_bytes: int) -> None:
    """Check that a header is not larger than any model needs.

    Raises:
        ValueError: it is too large.
    """
    least = min(most("header bytes"), most("header bytes beside weights") + weights_bytes)
    if header_bytes > least:
        raise ValueError(f"its header must have at most {least} bytes with {weights_bytes} bytes of weights")


def json_object(raw: bytes, name: str, weights_bytes: int = 0) -> JsonObject:
    """Parse a JSON object.

    Args:
        raw: its bytes.
        name: name of the object, for errors.
        weights_bytes: size of the weights; with more weights, more lists and objects are allowed.

    Raises:
        ValueError: it is not a JSON object, a key is repeated, a number is not finite, or it has too many parts or
            levels.
    """
    parts, largest = raw.count(b"[") + raw.count(b"{"), most("header parts") + weights_bytes // BYTES_OF_A_PART
    if parts > largest:
        raise ValueError(f"{name} must have at most {largest} lists and objects, found {parts} brackets")
    try:
        found = json.loads(
            raw.decode(),
            object_pairs_hook=distinct_names,
            parse_constant=_refused_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except RepeatedNameError as error:
        raise ValueError(f"{name} must contain each name once, found {shorten(error.name)} twice") from None
    except _RefusedError as error:
        raise ValueError(f"{name} {error}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not JSON: {shorten(str(error))}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{name} must be a JSON object, found {shorten(found)}")
    _check_depth(found, name)
    if b"\\u" in raw and SURROGATES.search(raw):
        _refuse_surrogates(found, name)
    return found


class _RefusedError(ValueError):
    """Error about valid JSON that is not allowed."""


def _refused_constant(name: str) -> float:
    raise _RefusedError(f"must contain finite numbers, found {name}")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _RefusedError(f"must contain finite numbers, found {shorten(text)}")
    return number


def _whole(text: str) -> int:
    if len(text) > LONGEST_WHOLE + 1:
        raise _RefusedError(f"must contain whole numbers of at most {LONGEST_WHOLE} digits, found {shorten(text)}")
    return int(text)


def _check_depth(found: JsonObject, name: str) -> None:
    level: list[list[Json] | JsonObject] = [found]
    for _ in range(most("header depth")):
        level = [item for one in level for item in _inner(one)]
        if not level:
            return
    raise ValueError(f"{name} must have at most {most('header depth')} levels of lists and objects, found more")


def _inner(one: list[Json] | JsonObject) -> list[list[Json] | JsonObject]:
    """Return the lists and objects in a list or an object; most lists have none."""
    items = one.values() if isinstance(one, dict) else one
    return [item for item in items if isinstance(item, dict | list)] if {dict, list} & set(map(type, items)) else []


def _refuse_surrogates(found: JsonObject, name: str) -> None:
    for place, text in _texts(found, ""):
        if surrogate_at(text) is not None:
            raise ValueError(f"{name} must not contain a lone surrogate, found one in {place}: {shorten(text)}")


def _texts(value: Json, place: str) -> Iterator[tuple[str, str]]:
    """Yield all texts with their paths; the nesting depth is limited."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"a name of {place or 'the top level'}", key
            yield from _texts(item, f"{place}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{place}[{number}]")
