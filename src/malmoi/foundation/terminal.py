"""The console for all printed output, which escapes terminal controls in untrusted text."""

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
    """Settings of `rich.console.Console` that can be passed."""

    color_system: Literal["auto", "standard", "256", "truecolor", "windows"] | None
    file: IO[str]
    force_terminal: bool
    highlight: bool
    legacy_windows: bool
    soft_wrap: bool
    stderr: bool
    width: int


class SafeConsole(Console):
    r"""A rich console that escapes all text as `printable` does, and takes styles only from the program.

    A printed string, or a cell of a table, is one line: line feeds in it are escaped, so that a value cannot forge a
    line. Markup ("[red]") and emoji codes (":smile:") are not interpreted. Other rich objects keep their line feeds.
    Characters that the output encoding cannot represent are escaped.

    Args:
        settings: settings of `rich.console.Console`.

    Example:
        >>> SafeConsole(color_system=None).print("[red]a\x1b[2J:smile:\n")
        [red]a\x1b[2J:smile:\n
    """

    def __init__(self, **settings: Unpack[ConsoleSettings]) -> None:
        merged: ConsoleSettings = {"highlight": False, "soft_wrap": True, **settings}
        super().__init__(**merged, markup=False, emoji=False)

    def print_lines(self, text: str, *, style: str | Style | None = None) -> None:
        """Print several lines that were composed from `printable` values."""
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
        """Return a string as escaped text, without emoji codes, markup and highlighting."""
        return Text(encodable(printable(text), self.encoding), style=style, justify=justify, overflow=overflow)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of an object, escaped as a last safeguard."""
        for part in super().render(renderable, options):
            if part.control or (part.text.isascii() and part.text.replace("\n", "").isprintable()):
                yield part
            else:
                yield Segment(encodable(printable_lines(part.text), self.encoding), part.style)
