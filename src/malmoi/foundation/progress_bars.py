"""Progress bars, on standard error in a terminal or in a notebook; elsewhere nothing is shown."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Protocol, Self

from malmoi.foundation.printable import printable
from malmoi.foundation.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Task, TaskID
    from rich.text import Text

    from malmoi.foundation.terminal import SafeConsole

__all__ = ["NotebookBars", "TerminalBars", "shown_progress"]


class TerminalBars:
    """One progress bar per step on standard error; nothing is shown if that is not a terminal.

    Args:
        console: a `SafeConsole`; standard error if not given.
        timed: steps whose unit is seconds, for which the remaining time is shown.
    """

    def __init__(self, console: SafeConsole | None = None, *, timed: Collection[str] = ()) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars
        from rich.text import Text

        from malmoi.foundation.terminal import SafeConsole

        shown_timed = set(map(printable, timed))

        class Amount(MofNCompleteColumn):
            """Column with the number done and the total; for timed steps, with the remaining time."""

            def render(self, task: Task) -> Text:
                """Return the text of the column."""
                if task.description not in shown_timed:
                    return super().render(task)
                left = timedelta(seconds=max(0, round((task.total or 0) - task.completed)))
                return Text(f"about {left} left" if left else "done", style="progress.remaining")

        console = SafeConsole(stderr=True) if console is None else console
        columns = (TextColumn("{task.description:16}", markup=False), BarColumn(), Amount(), TimeElapsedColumn())
        self._bars = Bars(*columns, console=console, disable=not console.is_terminal)
        self._steps: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Start drawing."""
        if not self._bars.disable:  # otherwise rich up to 14.2 writes an empty line
            self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop drawing; the bars stay visible."""
        if not self._bars.disable:
            self._bars.stop()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Update the bar of a step."""
        if step not in self._steps:
            self._steps[step] = self._bars.add_task(printable(step), total=total)
        self._bars.update(self._steps[step], completed=done, total=total)


class _DisplayHandle(Protocol):
    """Output below a notebook cell, `IPython.display.DisplayHandle`."""

    def update(self, shown: object, /) -> None: ...


class _Display(Protocol):
    """`IPython.display.display`."""

    def __call__(self, shown: object, /, *, display_id: bool) -> _DisplayHandle: ...


class NotebookBars:
    """One progress bar per step below a notebook cell.

    Args:
        display: `IPython.display.display`.
    """

    def __init__(self, display: _Display) -> None:
        self._display = display
        self._handle: _DisplayHandle | None = None
        self._steps: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> Self:
        """Return the bars, which are drawn at the first update."""
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the bars visible."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Update the bar of a step."""
        self._steps[step] = (done, total)
        if self._handle is None:
            self._handle = self._display(self, display_id=True)
        else:
            self._handle.update(self)

    def _repr_html_(self) -> str:
        """Return the bars as HTML."""
        rows = (
            f'<div>{escape(step)} <progress value="{done}" max="{total}"></progress> {done:,}/{total:,}</div>'
            for step, (done, total) in self._steps.items()
        )
        return "".join(rows)

    def __repr__(self) -> str:
        return ", ".join(f"{step} {done}/{total}" for step, (done, total) in self._steps.items())


def _notebook_display() -> _Display | None:
    """Return IPython's display function; `None` outside notebooks."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    shown: _Display = display
    return shown


@contextmanager
def shown_progress(progress: Progress, *, verbose: bool) -> Iterator[Progress]:
    """Yield a progress callback that also draws progress bars if `verbose` is set.

    Raises:
        TypeError: `verbose` is neither a bool nor an int.
    """
    if not isinstance(verbose, bool | int):
        raise TypeError(f"verbose must be True or False, got {verbose!r}")
    if not verbose:
        yield progress
        return
    display = _notebook_display()
    with TerminalBars() if display is None else NotebookBars(display) as bars:

        def both(step: str, done: int, total: int) -> None:
            bars(step, done, total)
            progress(step, done, total)

        yield both
