"""What training did, epoch by epoch."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars

__all__ = ["EpochRow", "History"]


@dataclass(frozen=True)
class EpochRow:
    """One epoch: mean loss in nats and share of right answers, on training and on validation data.

    The training values are means over the epoch's batches, taken while the weights change, as Keras gives them.
    """

    loss: float
    accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    seconds: float = field(default=0.0, compare=False)


@dataclass
class History:
    """The epochs of one training, in order.

    Example:
        >>> print(History([EpochRow(0.69, 0.5, 0.68, 0.55), EpochRow(0.41, 0.9, 0.7, 0.5)]))
        epoch    loss  accuracy  validation loss  validation accuracy
            1  0.6900    0.5000           0.6800               0.5500
            2  0.4100    0.9000           0.7000               0.5000
    """

    rows: list[EpochRow] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def table(self) -> polars.DataFrame:
        """One row an epoch: epoch, loss, accuracy, validation_loss, validation_accuracy, seconds."""
        import polars as pl

        epochs = [{"epoch": number, **vars(row)} for number, row in enumerate(self.rows, 1)]
        floats = dict.fromkeys(EpochRow.__dataclass_fields__, pl.Float64)
        return pl.DataFrame(epochs, schema={"epoch": pl.Int64, **floats})

    @property
    def best_epoch(self) -> int:
        """The epoch, from 1, with the lowest validation loss, or training loss where there is no validation.

        Raises:
            ValueError: there are no epochs.
        """
        if not self.rows:
            raise ValueError("history must hold 1 epoch or more, got 0")
        losses = [row.loss if row.validation_loss is None else row.validation_loss for row in self.rows]
        return losses.index(min(losses)) + 1

    def __str__(self) -> str:
        lines = ["epoch    loss  accuracy  validation loss  validation accuracy"]
        for number, row in enumerate(self.rows, 1):
            line = f"{number:5}{row.loss:8.4f}{row.accuracy:10.4f}"
            if row.validation_loss is not None:
                line += f"{row.validation_loss:17.4f}{row.validation_accuracy:21.4f}"
            lines.append(line)
        return "\n".join(lines)

    def plot(self, path: str | os.PathLike[str]) -> Path:
        """Draw accuracy and loss, for training and validation, with the best epoch marked.

        Args:
            path: the picture to write; its suffix decides the format (.png, .svg, .pdf).

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from malmoi.plots import draw_history

        return draw_history(self, Path(path))
