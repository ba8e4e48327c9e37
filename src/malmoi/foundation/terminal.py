"""The console of everything that is printed for people: no text of others steers the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Literal, TypedDict, Unpack

from rich.console import Console, ConsoleOptions, HighlighterType, JustifyMethod, OverflowMethod, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from malmoi.foundation.printable import encodable, printable, printable_lines

__all__ = ["ConsoleSettings", "SafeConsole"]


class ConsoleSettings(TypedDict, total=False):
    """Those settings of `rich.console.Console` that may be chosen."""

    color_system: Literal["auto", "standard", "256", "truecolor", "windows"] | None
    file: IO[str]
    force_terminal: bool
    highlight: bool
    legacy_windows: bool
    soft_wrap: bool
    stderr: bool
    width: int


class SafeConsole(Console):
    r"""A console of rich on which every text is shown as `printable` returns it, and styles are ours alone.

    A string that is printed, or a cell of a table, is one line: line feeds in it are escaped, so that a value cannot
    forge a line. Markup ("[red]") and codes of emoji (":smile:") are not interpreted. What other objects of rich make
    keeps its line feeds. Characters that the encoding of the output lacks are escaped.

    Args:
        settings: of `rich.console.Console`.

    Example:
        >>> SafeConsole(color_system=None).print("[red]a\x1b[2J:smile:\n")
        [red]a\x1b[2J:smile:\n
    """

    def __init__(self, **settings: Unpack[ConsoleSettings]) -> None:
        ours: ConsoleSettings = {"highlight": False, "soft_wrap": True, **settings}
        super().__init__(**ours, markup=False, emoji=False)

    def print_lines(self, text: str, *, style: str | Style | None = None) -> None:
        """Print several lines, which we have made of `printable` values."""
        for line in text.removesuffix("\n").split("\n"):
            self.print(line, style=style)

    def render_str(
        self,
        text: str,
        *,
        style: str | Style = "",
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        emoji: bool | None = None,
        markup: bool | None = None,
        highlight: bool | None = None,
        highlighter: HighlighterType | None = None,
    ) -> Text:
        """Return a string as it is shown; emoji, markup and highlights are never made."""
        return Text(encodable(printable(text), self.encoding), style=style, justify=justify, overflow=overflow)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the parts of an object; the last guard, whatever made them."""
        for part in super().render(renderable, options):
            if part.control or (part.text.isascii() and part.text.replace("\n", "").isprintable()):
                yield part
            else:
                yield Segment(encodable(printable_lines(part.text), self.encoding), part.style)
