"""How long a network of series is trained, where the user leaves it open."""

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
"""Series from which some are set aside to stop early by, unless the user gives a validation set, steps or epochs."""
SHARE_SET_ASIDE = 0.1
PATIENCE_SHARE = 0.25


@dataclass(frozen=True)
class SeriesTraining:
    """How long and in which portions a network of series is trained.

    Args:
        steps: of the whole training.
        epochs: passes over the training series; the last one is whole too.
        batch_size: series per step.
        patience: epochs without a smaller validation loss after which training stops; `None`: all epochs.
        share_set_aside: share of the training series that training sets aside to stop early by.
    """

    steps: int
    epochs: int
    batch_size: int
    patience: int | None
    share_set_aside: float

    @classmethod
    def of(cls, settings: SeriesSettings, samples: int, classes: int, share_set_aside: float) -> Self:
        """Return what settings mean for training series.

        Args:
            settings: checked.
            samples: training series without those set aside.
            classes: labels that are told apart; 1 for numbers.
            share_set_aside: share of the series that was set aside to stop early by.
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
        text = f"{self.steps:,} steps of {self.batch_size} series, {self.epochs:,} epochs at most"
        if self.share_set_aside:
            text += f"; {self.share_set_aside:.0%} of the series set aside to stop early by"
        return text

    def to_header(self) -> JsonObject:
        """Return what a file says of it."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: State) -> Self | None:
        """Return what a file holds; `None` where it is of a version that said nothing.

        Raises:
            ValueError: a value is missing, or of another kind.
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
    """Return the share of training series to set aside to stop early by; 0 for none.

    Args:
        settings: checked.
        samples: training series.
        validated: whether the user gave a validation set or a share for one.
    """
    is_open = settings.steps is None and settings.epochs is None and not validated
    return SHARE_SET_ASIDE if is_open and samples >= SET_ASIDE_FROM else 0.0
