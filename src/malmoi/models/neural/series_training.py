"""Default length of the training of a network of series."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Self

from malmoi.foundation.json_values import JsonObject
from malmoi.models.neural.series_settings import SeriesSettings
from malmoi.models.state import State

__all__ = ["SeriesTraining", "share_to_set_aside"]

LEAST_STEPS = 600
STEPS_PER_CLASS = 60
LEAST_EPOCHS = 10
MOST_STEPS = 3_000
SMALL_BATCH, LARGE_BATCH = 16, 32
LARGE_BATCH_FROM = 500
SET_ASIDE_FROM = 1_000
"""Number of series from which some are held out for early stopping, without validation set, steps or epochs."""
SHARE_SET_ASIDE = 0.1
PATIENCE_SHARE = 0.25


@dataclass(frozen=True)
class SeriesTraining:
    """Length of the training of a network of series.

    Args:
        steps: steps of the whole training.
        epochs: passes over the training series.
        batch_size: series per step.
        patience: epochs without a smaller validation loss after which training stops; `None`: all epochs.
        share_set_aside: share of the training series that is held out for early stopping.

    Example:
        >>> print(SeriesTraining(steps=600, epochs=75, batch_size=16, patience=None, share_set_aside=0.1))
        600 steps of 16 series, at most 75 epochs; 10% of the series held out for early stopping
    """

    steps: int
    epochs: int
    batch_size: int
    patience: int | None
    share_set_aside: float

    @classmethod
    def of(cls, settings: SeriesSettings, samples: int, classes: int, share_set_aside: float) -> Self:
        """Choose the length of the training.

        Args:
            settings: checked settings.
            samples: number of training series without those held out.
            classes: number of classes; 1 for regression.
            share_set_aside: share of the series that was held out for early stopping.

        :meta private:
        """
        batch = settings.batch_size or (LARGE_BATCH if samples >= LARGE_BATCH_FROM else SMALL_BATCH)
        batches = -(-samples // min(batch, samples))
        wanted = min(max(LEAST_STEPS, STEPS_PER_CLASS * classes, LEAST_EPOCHS * batches), MOST_STEPS)
        epochs = settings.epochs or -(-(settings.steps or wanted) // batches)
        patience = settings.patience
        if share_set_aside and patience is None:
            patience = max(round(PATIENCE_SHARE * epochs), 1)
        return cls(epochs * batches, epochs, batch, patience, share_set_aside)

    def __str__(self) -> str:
        text = f"{self.steps:,} steps of {self.batch_size} series, at most {self.epochs:,} epochs"
        if self.share_set_aside:
            text += f"; {self.share_set_aside:.0%} of the series held out for early stopping"
        return text

    def to_header(self) -> JsonObject:
        """Return the values for a file.

        :meta private:
        """
        return asdict(self)

    @classmethod
    def from_state(cls, state: State) -> Self | None:
        """Return the values of a file; `None` for a file of an older version.

        Raises:
            ValueError: a value is missing, or has the wrong type.

        :meta private:
        """
        if state.header.get("training") is None:
            return None
        saved = state.get("training", dict)
        patience = None if saved.get("patience") is None else state.get("patience", int, saved)
        return cls(
            state.get("steps", int, saved),
            state.get("epochs", int, saved),
            state.get("batch_size", int, saved),
            patience,
            state.get("share_set_aside", float, saved),
        )


def share_to_set_aside(settings: SeriesSettings, samples: int, *, validated: bool) -> float:
    """Return the share of training series to hold out for early stopping; 0 for none.

    Args:
        settings: checked settings.
        samples: number of training series.
        validated: whether the user passed a validation set or a share for one.
    """
    is_open = settings.steps is None and settings.epochs is None and not validated
    return SHARE_SET_ASIDE if is_open and samples >= SET_ASIDE_FROM else 0.0
