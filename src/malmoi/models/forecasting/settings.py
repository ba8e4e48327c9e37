"""The settings of `Forecaster` and their validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, get_args

from malmoi.data.calendar_features import CALENDAR, CalendarFeature
from malmoi.data.time_tables import Column
from malmoi.data.timeline import Roles
from malmoi.foundation.light_estimators import LightEstimator
from malmoi.foundation.validation import check_choice, check_number, real_number, shorten

if TYPE_CHECKING:
    from malmoi.models.neural.networks import Network, NetworkFunction

__all__ = ["DIFFERENCES", "Auto", "Difference", "ForecastSettings", "Missing", "columns_of"]

Auto = Literal["auto"]
Difference = Literal["last", "season"]
Missing = Literal["refuse", "drop"]
DIFFERENCES: tuple[Difference, ...] = get_args(Difference)
LONGEST = 100_000
LARGEST_SEED = 2**63 - 1


def columns_of(value: object, name: str) -> tuple[Column, ...]:
    """Return one column or several as a tuple.

    Raises:
        TypeError: it is neither a column nor a list of columns.
        ValueError: a column is named twice.
    """
    found = (value,) if isinstance(value, str | int) else value
    if (
        not isinstance(found, Sequence)
        or isinstance(found, bytes)
        or not all(isinstance(one, str | int) and not isinstance(one, bool) for one in found)
    ):
        raise TypeError(f"{name} must be a column or a list of columns, got {shorten(value)}")
    if len(set(found)) < len(found):
        raise ValueError(f"{name} must have distinct columns, got {shorten(list(found))}")
    return tuple(found)


@dataclass(frozen=True)
class ForecastSettings:
    """The parameters of `Forecaster`; see there for meanings and defaults."""

    horizon: int
    target: Column | Sequence[Column] | None
    time_column: str | None
    id_column: str | None
    known: Column | Sequence[Column]
    past: Column | Sequence[Column]
    season: int | Auto | None
    history: int | Auto
    difference: Difference | Auto | None
    log: bool | Auto
    calendar: Sequence[CalendarFeature] | Auto | None
    missing: Missing
    network: Network | NetworkFunction | None
    levels: Sequence[float]
    seed: int

    @classmethod
    def of(cls, estimator: LightEstimator) -> ForecastSettings:
        """Read the settings from an estimator and check them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.
        """
        settings = cls(**{one.name: getattr(estimator, one.name) for one in fields(cls)})
        settings.check()
        return settings

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def roles(self) -> Roles:
        """The roles of the columns."""
        target = None if self.target is None else columns_of(self.target, "target")
        return Roles(
            target, self.time_column, self.id_column, columns_of(self.known, "known"), columns_of(self.past, "past")
        )

    def check(self) -> None:
        """Raise an error if a setting is out of range or has no effect."""
        check_number("horizon", self.horizon, 1, LONGEST)
        self._check_roles()
        if self.season not in ("auto", None):
            check_number("season", self.season, 2, LONGEST)
        if self.history != "auto":
            check_number("history", self.history, 1, LONGEST)
        check_choice("difference", self.difference, ("auto", *DIFFERENCES, None))
        if self.difference == "season" and self.season is None:
            raise ValueError('difference must be "auto", "last" or None if season is None, got "season"')
        if self.difference == "last" and self.history == 1 and not columns_of(self.past, "past"):
            raise ValueError('history must be 2 or more if difference is "last", got 1: one value has no difference')
        if not isinstance(self.log, bool) and self.log != "auto":
            raise TypeError(f'log must be "auto", True or False, got {shorten(self.log)}')
        self._check_calendar()
        check_choice("missing", self.missing, get_args(Missing))
        self._check_levels()
        check_number("seed", self.seed, 0, LARGEST_SEED)
        if self.network is None and self.seed != 0:
            raise ValueError(f"seed has no effect without a network, got {self.seed}; leave it out")
        if self.network is not None:
            from malmoi.models.neural.networks import as_network

            as_network(self.network)

    def _check_roles(self) -> None:
        roles = self.roles
        for name in ("time_column", "id_column"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name} must be the name of a column, got {shorten(value)}")
        if roles.target == ():
            raise ValueError("target must name 1 column or more, got none")
        for name in ("known", "past"):
            if shared := set(getattr(roles, name)) & {roles.time, roles.id}:
                raise ValueError(
                    f"{name} must not include the time or id column, got {shorten(sorted(map(str, shared)))}"
                )
        if shared := set(roles.target or ()) & {*roles.known, roles.time, roles.id}:
            raise ValueError(f"target must have no other role, got {shorten(sorted(map(str, shared)))}")
        if roles.target is not None and len(roles.target) == 1 and roles.target[0] in roles.past:
            raise ValueError(f"past must not include the only target, {roles.target[0]!r}, whose past is always used")

    def _check_calendar(self) -> None:
        if self.calendar in ("auto", None):
            return
        named = self.calendar if isinstance(self.calendar, list | tuple) else ()
        if not named or not set(map(str, named)) <= set(CALENDAR) or len(set(named)) < len(named):
            rule = f'calendar must be "auto", None or a list of distinct names from {", ".join(CALENDAR)}'
            raise ValueError(f"{rule}, got {shorten(self.calendar)}")

    def _check_levels(self) -> None:
        if isinstance(self.levels, str) or not isinstance(self.levels, Sequence):
            raise TypeError(f"levels must be a list of numbers, got {shorten(self.levels)}")
        found = [real_number("levels", one) for one in self.levels]
        if not all(0.01 <= one <= 0.999 for one in found) or len(set(found)) < len(found):
            raise ValueError(f"levels must be distinct numbers from 0.01 to 0.999, got {shorten(list(self.levels))}")
