"""Probabilities with six significant digits, as `"%.6g"` writes them, for whole arrays at once."""

from __future__ import annotations

import json
import math
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["WIDTH", "six_digits"]

WIDTH = 12
"""Bytes of one number: at most 12 characters, such as -1.23457e-05."""

SMALLEST = 1e-37  # smaller, negative and larger numbers (10 or more) are formatted one by one
EXPONENTS = 40
FIRST_SCIENTIFIC = -5
EXACT_POWER = 12  # 24 bits of a float32 times 5**12 fit into the 53 bits of a float64
NEAR_TIE = 1e-6

Words = npt.NDArray[np.uint32]


class _Tables(NamedTuple):
    """Lookup tables: pieces of four characters, padded with NUL, as one uint32 each.

    Args:
        powers: float64, 10**k.
        least_exponents: decimal exponent of the smallest number with each exponent of a float32.
        starts: (exponents,), "0." and zeros of fixed notation.
        leading: (2, 2, 1000), three digits; [1] has a zero before them; [:, 1] has no zeros at the end.
        heads: (2, 1000), "d.dd" of three digits; [1] has no zeros at the end.
        ends: (1000,), three digits without zeros at the end.
        exponents: (exponents,), "e-05"; nothing for 0.
    """

    powers: npt.NDArray[np.float64]
    least_exponents: npt.NDArray[np.int8]
    starts: Words
    leading: Words
    heads: Words
    ends: Words
    exponents: Words


def _words(texts: list[str]) -> Words:
    return np.array([text.encode() for text in texts], dtype="S4").view(np.uint32)


@cache
def _tables() -> _Tables:
    digits = [f"{number:03d}" for number in range(1000)]
    bare = [text.rstrip("0") for text in digits]
    point = [f"{text[0]}.{text[1:]}" for text in digits]
    leading = [_words(digits), _words(bare), _words(["0" + text for text in digits]), _words(["0" + x for x in bare])]
    return _Tables(
        np.array([float(f"1e{power}") for power in range(EXPONENTS + 6)]),
        np.array([math.floor(math.log10(2.0 ** (max(binary, 1) - 127))) for binary in range(256)], dtype=np.int8),
        _words(["0." + "0" * min(max(place - 1, 0), 2) for place in range(EXPONENTS)]),
        np.stack(leading).reshape(2, 2, 1000),
        np.stack([_words(point), _words([text.rstrip("0").rstrip(".") for text in point])]),
        _words(bare),
        _words(["" if place == 0 else f"e-{place:02d}" for place in range(EXPONENTS)]),
    )


def six_digits(numbers: npt.NDArray[np.float32], *, as_json: bool = False) -> npt.NDArray[np.uint8]:
    """Format numbers with six significant digits.

    Args:
        numbers: float32, any axes.
        as_json: write whole numbers as JSON floats: "1.0" instead of "1", if they fit into 12 characters.

    Returns:
        uint8 (..., 12), characters, padded with NUL at any position.

    Source:
        The digits come from one multiplication, which is exact down to 1e-7; smaller numbers close to a tie are
        formatted by Python, which rounds the exact value.

    Example:
        >>> six_digits(np.array([0.25], dtype=np.float32)).tobytes().replace(bytes(1), b"")
        b'0.25'
    """
    flat = np.ascontiguousarray(numbers, dtype=np.float32).ravel()
    tables = _tables()
    with np.errstate(invalid="ignore"):
        is_plain = (flat >= SMALLEST) & (flat < 10.0)
    is_zero = (flat == 0) & ~np.signbit(flat)
    safe = np.where(is_plain, flat, np.float32(1)).astype(np.float32)
    exact = safe.astype(np.float64)
    places = -tables.least_exponents[safe.view(np.uint32) >> 23].astype(np.int64)
    upper = np.where(places > 0, 1.0 / tables.powers[np.maximum(places - 1, 0)], 10.0)
    places -= exact >= upper
    scaled = exact * tables.powers[places + 5]
    rounded = np.rint(scaled)
    is_close = (places + 5 > EXACT_POWER) & (np.abs(scaled - np.floor(scaled) - 0.5) < NEAR_TIE)
    places -= rounded == 1_000_000
    written = _written(rounded.astype(np.int64), places, as_json)
    written[is_zero] = _words(["0.0" if as_json else "0", "", ""])
    for place in np.flatnonzero(is_close | ~(is_plain | is_zero)).tolist():
        text = f"{float(flat[place]):.6g}"
        if as_json and len(plain := json.dumps(float(text))) <= WIDTH:
            text = plain
        written[place] = np.frombuffer(text.encode().ljust(WIDTH, b"\0"), dtype=np.uint32)
    return written.view(np.uint8).reshape(*numbers.shape, WIDTH)


def _written(digits: npt.NDArray[np.int64], places: npt.NDArray[np.int64], as_json: bool) -> Words:
    """Return uint32 (numbers, 3) from six digits (1,000,000 means 100,000) and the number of decimal places."""
    tables = _tables()
    digits[digits == 1_000_000] = 100_000
    high, low = np.divmod(digits, 1000)
    ends_early = (low == 0).astype(np.int64)
    written = np.empty((len(digits), 3), dtype=np.uint32)
    written[:, 0] = tables.starts[places]
    written[:, 1] = tables.leading[(places == -FIRST_SCIENTIFIC - 1).astype(np.int64), ends_early, high]
    written[:, 2] = tables.ends[low]
    is_long = np.flatnonzero((places >= -FIRST_SCIENTIFIC) | (places == 0))
    if is_long.size:
        high, low, ends_early, places = high[is_long], low[is_long], ends_early[is_long], places[is_long]
        written[is_long, 0] = tables.heads[ends_early, high]
        written[is_long, 1] = tables.ends[low]
        written[is_long, 2] = tables.exponents[places]
        if as_json:
            whole = is_long[(places == 0) & (low == 0) & (high % 100 == 0)]
            written[whole, 1] = _words([".0"])[0]
    return written
