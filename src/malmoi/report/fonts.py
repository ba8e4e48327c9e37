"""Fonts for names in figures: installed fonts that have their characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache

__all__ = ["DrawnNames", "drawn_names"]

LONGEST_NAME = 14
OWN_FONT = "DejaVu Sans"
"""The default font, which comes with matplotlib."""
WIDE_FONTS = (
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Source Han Sans KR",
    "NanumGothic",
    "NanumBarunGothic",
    "NanumSquare",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "AppleGothic",
    "UnDotum",
    "Baekmuk Gulim",
    "Arial Unicode MS",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "Yu Gothic",
    "Hiragino Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Thai",
    "Nirmala UI",
    "Leelawadee UI",
    "Segoe UI",
    "Noto Emoji",
    "Segoe UI Emoji",
    "Symbola",
)
"""System fonts with Hangul, Chinese or other scripts."""


@dataclass(frozen=True)
class DrawnNames:
    """Names that can be drawn without missing glyphs.

    Args:
        names: shortened names; "class 3", for example, if no font has the characters of the third name.
        families: font families, in order of preference.
    """

    names: tuple[str, ...]
    families: tuple[str, ...]


def drawn_names(names: Sequence[object], *, longest: int = LONGEST_NAME, noun: str = "class") -> DrawnNames:
    """Return names that can be drawn with the installed fonts.

    Names are shortened at the end, or in the middle if they would become equal.

    Args:
        names: names to draw.
        longest: maximum characters of each name, 4 or more.
        noun: noun that, with a number, replaces a name that no font can draw.
    """
    whole = [_printable(str(name)) for name in names]
    shown = [_shortened(name, longest) for name in whole]
    if len(set(shown)) < len(set(whole)):
        shown = [_shortened(name, longest, tail=(longest - 3) // 2) for name in whole]
    default, wide = _installed()
    missing = set("".join(shown)) - default[1]
    if missing - set[str]().union(*(characters for _, characters in wide)) and _add_new_fonts():
        wide = _installed()[1]
    families = [default[0]]
    for family, characters in wide if missing else ():
        if missing & characters:
            families.append(family)
            missing -= characters
    drawn = [f"{noun} {place}" if set(name) & missing else name for place, name in enumerate(shown, 1)]
    return DrawnNames(tuple(drawn), tuple(families))


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", name))


def _shortened(name: str, longest: int, tail: int = 0) -> str:
    """Return a name shortened with an ellipsis before its last `tail` characters."""
    return name if len(name) <= longest else f"{name[: longest - 3 - tail]}...{name[len(name) - tail :]}"


def _installed() -> tuple[tuple[str, frozenset[str]], list[tuple[str, frozenset[str]]]]:
    """Return matplotlib's default font and the installed wide fonts, with the characters of each."""
    from matplotlib import font_manager

    paths = {font.name: font.fname for font in reversed(font_manager.fontManager.ttflist)}
    own = font_manager.findfont(OWN_FONT)
    return (OWN_FONT, _characters(own)), [(name, _characters(paths[name])) for name in WIDE_FONTS if name in paths]


@cache
def _add_new_fonts() -> int:
    """Add fonts that were installed after matplotlib built its list, once per process; return their number."""
    from matplotlib import font_manager

    known = {font.fname for font in font_manager.fontManager.ttflist}
    added = 0
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        with suppress(OSError, RuntimeError):  # a font that matplotlib cannot use
            font_manager.fontManager.addfont(path)
            added += 1
    return added


@lru_cache(maxsize=64)
def _characters(path: str) -> frozenset[str]:
    from matplotlib import font_manager

    return frozenset(map(chr, font_manager.get_font(path).get_charmap()))
