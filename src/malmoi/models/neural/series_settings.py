"""The settings of the estimators of series."""

from __future__ import annotations

from dataclasses import dataclass

from malmoi.data.series import MISSING
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.limits import most
from malmoi.foundation.validation import check_number, shorten
from malmoi.models.neural.header import network_from
from malmoi.models.neural.networks import Network, NetworkFunction, Plan, as_network
from malmoi.models.neural.networks.layers import check_choice
from malmoi.models.neural.settings import SCHEDULES, Schedule, TrainingSettings
from malmoi.models.normalization import check_normalize
from malmoi.models.state import State, plain
from malmoi.models.task import Activation
from malmoi.models.weights import ClassWeight, check_class_weight

__all__ = ["SeriesSettings"]

SAVED = (
    "missing",
    "normalize",
    "max_time_steps",
    "optimizer",
    "learning_rate",
    "schedule",
    "steps",
    "epochs",
    "batch_size",
    "seed",
    "patience",
    "precision",
)
OLDER = {"schedule": "constant", "steps": None, "max_time_steps": None}
"""Values for files of older versions, which have `standardize` instead of `normalize`."""
OFTEN_GIVEN = ("steps", "epochs", "batch_size", "max_time_steps")


@dataclass(frozen=True)
class SeriesSettings:
    """The parameters of both estimators of series; see their docstrings for meanings and defaults."""

    network: Network | NetworkFunction
    missing: str
    normalize: str | None
    max_time_steps: int | None
    optimizer: str
    learning_rate: float | None
    schedule: str
    steps: int | None
    epochs: int | None
    batch_size: int | None
    seed: int
    patience: int | None
    precision: str
    class_weight: ClassWeight = None

    def check(self) -> None:
        """Raise an error if a setting is out of range.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.
        """
        as_network(self.network)
        check_choice("missing", self.missing, MISSING)
        if self.normalize != "auto":
            check_normalize(self.normalize)
        check_choice("schedule", self.schedule, SCHEDULES)
        for name in OFTEN_GIVEN:
            value = getattr(self, name)
            if value is not None:
                check_number(name, value, 1, most("count"))
        if self.steps is not None and self.epochs is not None:
            raise ValueError(
                f"epochs must be None if steps is given, got {self.epochs} and {self.steps}; pass only one"
            )
        check_class_weight(self.class_weight)
        self.training(1, 1, 1, self.patience)  # checks the remaining settings

    @property
    def normalization(self) -> str | None:
        """The normalization of networks: "training" by default."""
        return "training" if self.normalize == "auto" else self.normalize

    def training(self, steps: int, epochs: int, batch_size: int, patience: int | None) -> TrainingSettings:
        """Return the settings of the training loop.

        Args:
            steps: steps of the whole training, for the schedule.
            epochs: passes over the training series.
            batch_size: series per step.
            patience: epochs without a smaller validation loss after which training stops.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range.
        """
        schedule = None if self.schedule == "constant" else Schedule(self.schedule, steps)
        return TrainingSettings(
            self.optimizer,
            self.learning_rate,
            epochs,
            batch_size,
            self.seed,
            patience,
            None,
            schedule,
            as_network(self.network).convolves,
        )

    def plan(self, length: int, features: int, units: int = 1, activation: Activation = "linear") -> Plan:
        """Return the network's shapes, checked; settings of the network that are `None` depend on the length."""
        columns = features * (2 if self.missing == "indicate" else 1)
        network = as_network(self.network).for_series(length)
        plan = Plan(network, 0, length, columns, units, activation, precision=self.precision)
        plan.check()
        return plan

    def to_header(self) -> JsonObject:
        """Return the settings of a file, except the network and the class weights."""
        return {name: plain(getattr(self, name)) for name in SAVED}

    @classmethod
    def from_state(cls, state: State, class_weight: ClassWeight) -> SeriesSettings:
        """Return the settings of a file, checked.

        Raises:
            ValueError: the state has other settings.
        """
        saved = state.settings((*SAVED, "standardize"), set(SAVED) - set(OLDER) - {"normalize"})
        if "standardize" in saved:
            standardize = state.get("standardize", bool, saved)
            saved |= {"normalize": "training" if standardize else None}
            del saved["standardize"]
        if "normalize" not in saved:
            raise ValueError(f"settings must contain normalize, found {shorten(sorted(saved))}")
        settings = cls(network=network_from(state), class_weight=class_weight, **{**OLDER, **saved})
        settings.check()
        return settings
