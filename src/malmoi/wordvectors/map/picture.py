"""A word map as a picture."""

from __future__ import annotations

import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from malmoi.errors import MissingExtraError
from malmoi.foundation.files import whole_file

if TYPE_CHECKING:
    from malmoi.wordvectors.map.points import WordPoints

__all__ = ["draw_map"]

Box: TypeAlias = tuple[float, float, float, float]

DOT_COLOUR = "#9a6700"
TEXT_COLOUR = "#1f2328"
INCHES, DOTS_PER_INCH = 10, 160
GAP, AWAY = 1, 5
SIDES = ((0, 1), (0, -1), (1, 0), (-1, 0))
ALPHABET = set(range(0x250))


def draw_map(word_map: WordPoints, path: Path, *, overwrite: bool) -> Path:
    """Draw all points, and the labels that fit, in the order of the words."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtraError("drawing needs matplotlib; pip install 'malmoi[plots]'") from error
    figure = Figure(figsize=(INCHES, INCHES), dpi=DOTS_PER_INCH, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.scatter(word_map.positions[:, 0], word_map.positions[:, 1], s=6, color=DOT_COLOUR, alpha=0.6, linewidths=0)
    axes.set(xlim=(-1.06, 1.06), ylim=(-1.06, 1.06), xticks=[], yticks=[])
    axes.spines[:].set_color("#d0d7de")
    axes.set_title(
        f"{word_map.title}: {len(word_map.words):,} words ({word_map.method})", fontsize=10, parse_math=False
    )
    fonts = ["DejaVu Sans", *fonts_for({ord(character) for word in word_map.words for character in _shown(word)})]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # `fonts_for` warns once
        canvas.draw()
        _place_labels(axes, canvas.get_renderer(), word_map, fonts)
        with whole_file(path, overwrite=overwrite) as file:
            figure.savefig(file, format="png", metadata={"Software": None})
    return path


def _place_labels(axes: Any, renderer: Any, word_map: WordPoints, fonts: list[str]) -> None:
    """Place each label beside its point on the first side that is free; labels without a free side are dropped."""
    taken: list[Box] = []
    for word, (x, y) in zip(word_map.words, word_map.positions, strict=True):
        label = axes.annotate(
            _shown(word),
            (x, y),
            xytext=(0, 0),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=7,
            color=TEXT_COLOUR,
            family=fonts,
            parse_math=False,
        )
        around = label.get_window_extent(renderer)
        for right, up in SIDES:
            dx, dy = right * (around.width / 2 + AWAY), up * (around.height / 2 + AWAY)
            box = around.x0 + dx - GAP, around.y0 + dy - GAP, around.x1 + dx + GAP, around.y1 + dy + GAP
            if not any(
                box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken
            ):
                taken.append(box)
                label.set_position((dx * 72 / DOTS_PER_INCH, dy * 72 / DOTS_PER_INCH))
                break
        else:
            label.remove()


def _shown(word: str) -> str:
    """Return a word shortened, with unprintable characters replaced."""
    printed = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in word)
    return printed if len(printed) <= 30 else printed[:29] + "…"


def fonts_for(characters: set[int]) -> list[str]:
    """Return installed fonts that together cover the characters, and warn about characters that no font has."""
    left, chosen = characters - ALPHABET, list[str]()
    while left:
        name, covered = max(_fonts().items(), key=lambda font: len(font[1] & left))
        if not covered & left:
            break
        chosen.append(name)
        left -= covered
    shown = "".join(character for character in map(chr, sorted(left)[:5]) if character.isprintable())
    if shown:
        warnings.warn(f"no installed font has {shown}; install a font, or save an .html page", stacklevel=2)
    return chosen


@cache
def _fonts() -> dict[str, frozenset[int]]:
    """Return the characters of every installed font, also of fonts that are not in matplotlib's cached list."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    listed = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - listed):
        with suppress(OSError, RuntimeError):  # a font that matplotlib cannot use
            font_manager.fontManager.addfont(path)
    fonts: dict[str, frozenset[int]] = {}
    for entry in font_manager.fontManager.ttflist:
        # The font of last resort has a box for every character.
        if entry.name not in fonts and entry.style == "normal" and not entry.name.startswith("Last Resort"):
            with suppress(OSError, RuntimeError):
                fonts[entry.name] = frozenset(FT2Font(entry.fname).get_charmap())
    return fonts
