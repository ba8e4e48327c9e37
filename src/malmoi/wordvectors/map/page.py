"""A word map as a self-contained HTML page."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from malmoi.foundation.files import whole_file

if TYPE_CHECKING:
    from malmoi.wordvectors.map.points import WordPoints

__all__ = ["write_page"]

UNSAFE = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})
"""Characters that could end a script, or that older browsers treat as line ends."""


def write_page(word_map: WordPoints, path: Path, *, overwrite: bool) -> Path:
    """Write the page; words are untrusted and are only embedded as data."""
    data = {
        "words": word_map.words,
        "positions": [[round(float(x), 4), round(float(y), 4)] for x, y in word_map.positions],
        "nearest": [[[word, round(score, 3)] for word, score in near] for near in word_map.nearest],
    }
    template = files("malmoi.wordvectors.map").joinpath("page.html").read_text(encoding="utf-8")
    head, _, tail = template.partition("/*data*/")
    title = escape(f"{word_map.title}: {len(word_map.words):,} words")
    content = head.replace("{{title}}", title) + json.dumps(data, ensure_ascii=False).translate(UNSAFE) + tail
    with whole_file(path, overwrite=overwrite) as file:
        # A word of invalid bytes may hold a lone surrogate.
        file.write(content.encode("utf-8", errors="replace"))
    return path
