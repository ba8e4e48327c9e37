"""The history of a training, epoch by epoch."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from html import escape
from typing import TYPE_CHECKING

from malmoi.foundation.json_values import Json, JsonObject
from malmoi.foundation.names import Deprecated, deprecated_arguments
from malmoi.foundation.validation import shorten
from malmoi.models.state import State

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes

__all__ = ["EpochRow", "History"]

MOST_LINES = 50
"""Approximate number of lines of a printed history; for more epochs every 2nd, 3rd, ... is printed."""


@dataclass(frozen=True)
class EpochRow:
    """One epoch of a training: loss and metric on the training set and the validation set.

    The training values are means over the epoch's batches, computed while the weights change, as in Keras.

    Args:
        loss: training loss: mean log loss in nats; for regression the mean squared error of the standardized targets.
        accuracy: training accuracy, 0 to 1; `None` for regression.
        validation_loss: validation loss; `None` without a validation set.
        validation_accuracy: validation accuracy, 0 to 1; `None` without a validation set, and for regression.
        seconds: duration of the epoch.
        error: mean absolute error of training, in the targets' unit; `None` for classification.
        validation_error: the same on the validation set; `None` without one, and for classification.

    Example:
        >>> row = EpochRow(0.41, 0.9, validation_loss=0.7, validation_accuracy=0.5)
        >>> row.accuracy, row.monitored_loss
        (0.9, 0.7)
    """

    loss: float
    accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    seconds: float = field(default=0.0, compare=False)
    error: float | None = None
    validation_error: float | None = None

    watched = Deprecated("monitored_loss")

    @property
    def monitored_loss(self) -> float:
        """The loss that defines the best epoch: the validation loss, or the training loss without a validation set."""
        return self.loss if self.validation_loss is None else self.validation_loss


@dataclass(frozen=True)
class History:
    """The training history of a network: loss and metric of every epoch, in order.

    Args:
        rows: one row per epoch.
        kept_epoch: the epoch, from 1, whose weights the model has; `None`: the last one.
        note: why training stopped early; `None` if it did not.

    Example:
        >>> history = History([EpochRow(0.69, 0.5, 0.68, 0.55), EpochRow(0.41, 0.9, 0.7, 0.5)], kept_epoch=1)
        >>> print(history)
        epoch    loss  accuracy  validation loss  validation accuracy
            1  0.6900    0.5000           0.6800               0.5500  kept
            2  0.4100    0.9000           0.7000               0.5000
        >>> history.metric, history.best_epoch, history.kept.validation_accuracy
        ('accuracy', 1, 0.55)
        >>> history.table["loss"].to_list()
        [0.69, 0.41]
        >>> axes = history.plot(metric="loss")
        >>> axes.get_xlabel()
        'epoch'
    """

    rows: list[EpochRow] = field(default_factory=list)
    kept_epoch: int | None = None
    note: str | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def table(self) -> polars.DataFrame:
        """The epochs as a Polars data frame: epoch, loss, accuracy, validation_loss, validation_accuracy, seconds."""
        import polars as pl

        other = "accuracy" if self.metric == "error" else "error"
        names = [name for name in EpochRow.__dataclass_fields__ if not name.endswith(other)]
        epochs = [
            {"epoch": number, **{name: getattr(row, name) for name in names}} for number, row in enumerate(self.rows, 1)
        ]
        return pl.DataFrame(epochs, schema={"epoch": pl.Int64, **dict.fromkeys(names, pl.Float64)})

    figure = Deprecated("metric")

    @property
    def metric(self) -> str:
        """The metric besides the loss: "accuracy", or for regression "error", the mean absolute error."""
        return "error" if self.rows and self.rows[0].error is not None else "accuracy"

    @property
    def kept(self) -> EpochRow:
        """The epoch whose weights the model has: the best one with `patience`, else the last one.

        Raises:
            IndexError: there are no epochs.
        """
        return self.rows[-1 if self.kept_epoch is None else self.kept_epoch - 1]

    @property
    def best_epoch(self) -> int:
        """The epoch, from 1, with the lowest validation loss, or training loss without a validation set.

        Raises:
            ValueError: there are no epochs.
        """
        if not self.rows:
            raise ValueError("history must have 1 epoch or more, got 0")
        losses = [row.monitored_loss for row in self.rows]
        return losses.index(min(losses)) + 1

    def __str__(self) -> str:
        metric = self.metric
        lines = [f"epoch    loss {metric:>9}  validation loss {'validation ' + metric:>20}"]
        every = max(-(-len(self.rows) // MOST_LINES), 1)
        for number, row in enumerate(self.rows, 1):
            if number % every and number not in (1, len(self.rows), self.kept_epoch):
                continue
            line = f"{number:5}{row.loss:8.4f}{getattr(row, metric):10.4f}"
            if row.validation_loss is not None:
                line += f"{row.validation_loss:17.4f}{getattr(row, 'validation_' + metric):21.4f}"
            lines.append(line + ("  kept" if number == self.kept_epoch else ""))
        return "\n".join([*lines, *([] if self.note is None else [self.note])])

    def to_header(self) -> JsonObject:
        """Return the values for a file; seconds are left out, so that equal trainings give equal files.

        :meta private:
        """
        rows: list[Json] = [
            {name: value for name, value in asdict(row).items() if name != "seconds"} for row in self.rows
        ]
        return {"history": rows, "kept_epoch": self.kept_epoch, "note": self.note}

    @classmethod
    def from_state(cls, state: State) -> History:
        """Return the history of a file.

        Raises:
            ValueError: rows have different metrics, or the kept epoch does not exist.

        :meta private:
        """
        rows = [EpochRow(**row) for row in state.get("history", list)]
        _check_metrics(rows)
        kept = state.get("kept_epoch", int) if state.header.get("kept_epoch") is not None else None
        if kept is not None and not 1 <= kept <= len(rows):
            raise ValueError(f"kept_epoch must be from 1 to {len(rows)}, found {kept}")
        return cls(rows, kept, state.get("note", str) if state.header.get("note") is not None else None)

    def _repr_html_(self) -> str:
        """Return a table for notebooks."""
        metric = self.metric
        names = ("loss", metric, "validation_loss", f"validation_{metric}")
        head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in ("epoch", *names))
        body = ""
        for number, row in enumerate(self.rows, 1):
            values = (getattr(row, name) for name in names)
            cells = "".join(f"<td>{'' if value is None else f'{value:.4f}'}</td>" for value in values)
            body += f"<tr><td>{number}{' (kept)' if number == self.kept_epoch else ''}</td>{cells}</tr>"
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"

    @deprecated_arguments(measure="metric")
    def plot(
        self, path: str | os.PathLike[str] | None = None, *, ax: Axes | None = None, metric: str | None = None
    ) -> Axes:
        """Plot metric and loss of training and validation, and mark the best epoch.

        Args:
            path: the image file to write or replace; the suffix sets the format (.png, .svg, .pdf). `None`: no file is
                written.
            ax: matplotlib axes for one metric; `None`: a new figure, managed by pyplot if no path is given.
            metric: what to plot: "accuracy", for regression "error" (mean absolute error), or "loss"; `None`: both next
                to each other in a new figure, or on `ax` the accuracy, or error.

        Returns:
            The axes; with two of them the first one, `axes.figure.axes` has both.

        Raises:
            MissingExtraError: matplotlib is not installed.
            TypeError: `ax` is not matplotlib axes.
            ValueError: `metric` is unknown, `ax` is polar or three-dimensional, or the suffix of the path is not an
                image format.
        """
        from malmoi.report.history_figure import plot_history

        return plot_history(self, path, ax=ax, metric=metric)


def _check_metrics(rows: list[EpochRow]) -> None:
    """Check that all epochs have the same metrics."""
    for place, row in enumerate(rows):
        other = row.accuracy if rows[0].accuracy is None else row.error
        metric, validated = (
            (row.error, row.validation_error) if rows[0].accuracy is None else (row.accuracy, row.validation_accuracy)
        )
        if metric is None or other is not None or (validated is None) != (row.validation_loss is None):
            raise ValueError(f"history[{place}] must have the loss and either accuracy or error, found {shorten(row)}")
