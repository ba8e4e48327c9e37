"""What training did, epoch by epoch."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from html import escape
from typing import TYPE_CHECKING

from malmoi.foundation.json_values import Json, JsonObject
from malmoi.foundation.validation import shorten
from malmoi.models.state import State

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes

__all__ = ["EpochRow", "History"]

MOST_LINES = 50
"""Lines that a printed history has, about; of more epochs every 2nd, 3rd, ... is printed."""


@dataclass(frozen=True)
class EpochRow:
    """One epoch: mean loss in nats and share of right answers, on training and on validation data.

    The training values are means over the epoch's batches, taken while the weights change, as Keras gives them.
    Where numbers are answered, the loss is the mean squared error of the standardised numbers, there is no accuracy,
    and `error` is the mean absolute error in the numbers' own unit.
    """

    loss: float
    accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    seconds: float = field(default=0.0, compare=False)
    error: float | None = None
    validation_error: float | None = None

    @property
    def watched(self) -> float:
        """The loss that decides which epoch is best: that of the validation data, where there are any."""
        return self.loss if self.validation_loss is None else self.validation_loss


@dataclass(frozen=True)
class History:
    """The epochs of one training, in order.

    Args:
        rows: one an epoch.
        kept_epoch: the epoch, from 1, whose weights the model has; `None` where that is the last one.
        note: why training ended before its time; `None` where it did not.

    Example:
        >>> print(History([EpochRow(0.69, 0.5, 0.68, 0.55), EpochRow(0.41, 0.9, 0.7, 0.5)]))
        epoch    loss  accuracy  validation loss  validation accuracy
            1  0.6900    0.5000           0.6800               0.5500
            2  0.4100    0.9000           0.7000               0.5000
    """

    rows: list[EpochRow] = field(default_factory=list)
    kept_epoch: int | None = None
    note: str | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def table(self) -> polars.DataFrame:
        """One row an epoch: epoch, loss, accuracy, validation_loss, validation_accuracy, seconds.

        Where numbers are answered, error and validation_error take the accuracies' place.
        """
        import polars as pl

        other = "accuracy" if self.figure == "error" else "error"
        names = [name for name in EpochRow.__dataclass_fields__ if not name.endswith(other)]
        epochs = [
            {"epoch": number, **{name: getattr(row, name) for name in names}} for number, row in enumerate(self.rows, 1)
        ]
        return pl.DataFrame(epochs, schema={"epoch": pl.Int64, **dict.fromkeys(names, pl.Float64)})

    @property
    def figure(self) -> str:
        """What stands beside the loss: "accuracy", or "error" where numbers are answered."""
        return "error" if self.rows and self.rows[0].error is not None else "accuracy"

    @property
    def kept(self) -> EpochRow:
        """The epoch whose weights the model has.

        Raises:
            IndexError: there are no epochs.
        """
        return self.rows[-1 if self.kept_epoch is None else self.kept_epoch - 1]

    @property
    def best_epoch(self) -> int:
        """The epoch, from 1, with the lowest validation loss, or training loss where there is no validation.

        Raises:
            ValueError: there are no epochs.
        """
        if not self.rows:
            raise ValueError("history must hold 1 epoch or more, got 0")
        losses = [row.watched for row in self.rows]
        return losses.index(min(losses)) + 1

    def __str__(self) -> str:
        figure = self.figure
        lines = [f"epoch    loss {figure:>9}  validation loss {'validation ' + figure:>20}"]
        every = max(-(-len(self.rows) // MOST_LINES), 1)
        for number, row in enumerate(self.rows, 1):
            if number % every and number not in (1, len(self.rows), self.kept_epoch):
                continue
            line = f"{number:5}{row.loss:8.4f}{getattr(row, figure):10.4f}"
            if row.validation_loss is not None:
                line += f"{row.validation_loss:17.4f}{getattr(row, 'validation_' + figure):21.4f}"
            lines.append(line + ("  kept" if number == self.kept_epoch else ""))
        return "\n".join([*lines, *([] if self.note is None else [self.note])])

    def to_header(self) -> JsonObject:
        """Return what a file says of it; seconds are left out, so that equal trainings give equal files."""
        rows: list[Json] = [
            {name: value for name, value in asdict(row).items() if name != "seconds"} for row in self.rows
        ]
        return {"history": rows, "kept_epoch": self.kept_epoch, "note": self.note}

    @classmethod
    def from_state(cls, state: State) -> History:
        """Return the epochs that a file holds.

        Raises:
            ValueError: rows have different measures, or the kept epoch is none of them.
        """
        rows = [EpochRow(**row) for row in state.get("history", list)]
        _check_measures(rows)
        kept = state.get("kept_epoch", int) if state.header.get("kept_epoch") is not None else None
        if kept is not None and not 1 <= kept <= len(rows):
            raise ValueError(f"kept_epoch must be from 1 to {len(rows)}, found {kept}")
        return cls(rows, kept, state.get("note", str) if state.header.get("note") is not None else None)

    def _repr_html_(self) -> str:
        """Return a table for notebooks."""
        figure = self.figure
        names = ("loss", figure, "validation_loss", f"validation_{figure}")
        head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in ("epoch", *names))
        body = ""
        for number, row in enumerate(self.rows, 1):
            values = (getattr(row, name) for name in names)
            cells = "".join(f"<td>{'' if value is None else f'{value:.4f}'}</td>" for value in values)
            body += f"<tr><td>{number}{' (kept)' if number == self.kept_epoch else ''}</td>{cells}</tr>"
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"

    def plot(
        self, path: str | os.PathLike[str] | None = None, *, ax: Axes | None = None, measure: str | None = None
    ) -> Axes:
        """Draw accuracy and loss, for training and validation, with the best epoch marked.

        Args:
            path: the picture to write, in place of a file that is there; its suffix decides the format (.png, .svg,
                .pdf). `None`: none is written.
            ax: matplotlib axes to draw one measure on; `None`: a new figure, pyplot's where no path is given.
            measure: "accuracy", of numbers "error" (mean absolute error), or "loss"; `None`: both beside each other in
                a new figure, on `ax` the accuracy, or error.

        Returns:
            the axes; of both measures the first ones, `axes.figure.axes` has all.

        Raises:
            MissingExtraError: matplotlib is not installed.
            TypeError: `ax` is something else.
            ValueError: `measure` is none of them, `ax` is polar or has three dimensions, or the suffix of the path is
                of no picture.
        """
        from malmoi.report.history_figure import plot_history

        return plot_history(self, path, ax=ax, measure=measure)


def _check_measures(rows: list[EpochRow]) -> None:
    """Refuse epochs that are not all measured in the same way."""
    for place, row in enumerate(rows):
        other = row.accuracy if rows[0].accuracy is None else row.error
        measure, validated = (
            (row.error, row.validation_error) if rows[0].accuracy is None else (row.accuracy, row.validation_accuracy)
        )
        if measure is None or other is not None or (validated is None) != (row.validation_loss is None):
            raise ValueError(f"history[{place}] must have the loss and either accuracy or error, found {shorten(row)}")
