"""Schema of the files of forecasters."""

from __future__ import annotations

from typing import get_args

from malmoi.data.calendar_features import CALENDAR
from malmoi.data.time_grid import Unit
from malmoi.data.time_tables import TableKind, TimeUnit
from malmoi.foundation.limits import most
from malmoi.models.forecasting.lags import BaseKind
from malmoi.models.forecasting.settings import DIFFERENCES, LONGEST, Missing
from malmoi.models.neural.schemas import SERIES_ARRAYS, SERIES_NETWORK
from malmoi.models.rules import SEED, whole_header
from malmoi.models.schema import (
    AnyOf,
    ArrayRule,
    Choice,
    Flag,
    Items,
    Number,
    Optional,
    Record,
    Row,
    Rule,
    Schema,
    Text,
    Whole,
)

__all__ = ["FORECAST_SCHEMA"]

MOST_PARTS = 10_000
AUTO = Choice(("auto",))
COLUMN = AnyOf((Text(), Whole(-(2**63), 2**63 - 1)))
COLUMNS = Items(COLUMN)
FEATURES = Items(Choice(CALENDAR), largest=len(CALENDAR))
MEMBER = Record(
    {
        "log": Flag(),
        "calendar": FEATURES,
        "base": Choice(get_args(BaseKind)),
        "season": Whole(1),
        "lags": Whole(0),
        "horizon": Whole(1, LONGEST),
        "past": Whole(0),
        "weight": Number(0, 1),
        "penalty": Number(0),
    },
    {"network": SERIES_NETWORK},
)
TARGET = Record(
    {
        "target": COLUMN,
        "season": Whole(1),
        "past": COLUMNS,
        "scales": Items(Items(Row((Flag(), *(Number(),) * 4)), 1, 2), 1, LONGEST),
        "levels": Items(Number(0, 1), largest=100),
        "is_relative": Flag(),
        "residuals": Whole(),
        "errors": Row((Optional(Number(0)),) * 3),
        "windows": Whole(),
        "dropped": Whole(),
        "members": Items(MEMBER, 1, MOST_PARTS),
    }
)
SETTINGS: dict[str, Rule] = {
    "horizon": Whole(1, LONGEST),
    "target": Optional(AnyOf((COLUMN, COLUMNS))),
    "time_column": Optional(Text()),
    "id_column": Optional(Text()),
    "known": AnyOf((COLUMN, COLUMNS)),
    "past": AnyOf((COLUMN, COLUMNS)),
    "season": AnyOf((Choice(("auto", None)), Whole(2, LONGEST))),
    "history": AnyOf((AUTO, Whole(1, LONGEST))),
    "difference": Choice(("auto", *DIFFERENCES, None)),
    "log": AnyOf((AUTO, Flag())),
    "calendar": AnyOf((Choice(("auto", None)), FEATURES)),
    "missing": Choice(get_args(Missing)),
    "levels": Items(Number(0, 1), largest=100),
    "seed": SEED,
}
GRID = Record(
    {
        "unit": Choice(get_args(Unit)),
        "step": Whole(1),
        "zone": Optional(Text(100)),
        "is_local": Flag(),
        "day": Whole(-1, 30),
        "rest": Whole(),
    }
)
FORM = Record(
    {
        "kind": Choice(get_args(TableKind)),
        "time": Optional(Text()),
        "is_index": Flag(),
        "id": Optional(Text()),
        "unit": Choice(get_args(TimeUnit)),
        "is_date": Flag(),
        "is_flat": Flag(),
    }
)
FORECAST_SCHEMA = Schema(
    whole_header(
        {
            "settings": Record(SETTINGS),
            "columns": COLUMNS,
            "unused": COLUMNS,
            "ids": Items(Optional(COLUMN), 1, LONGEST),
            "grid": GRID,
            "table": FORM,
            "targets": Items(TARGET, 1, MOST_PARTS),
            "examples": Items(Items(Items(Number(), largest=most("outputs")), largest=LONGEST), largest=LONGEST),
        },
        {},
    ),
    (
        ArrayRule(r"tail\d+/times", ("int64",), 1),
        ArrayRule(r"tail\d+/values", ("float64",), 2, may_miss=True, largest=1e300),
        ArrayRule(r"(known|past)_scale/(means|scales)", ("float64",), 1, largest=1e150),
        ArrayRule(r"target\d+/(widths|member\d+/coefficients)", ("float64",), 2, largest=1e150),
        ArrayRule(r"target\d+/member\d+/(effects|intercepts)", ("float64",), 1, largest=1e150),
        *(
            ArrayRule(rf"target\d+/member\d+/network/{one.names}", one.dtypes, one.axes, one.may_miss, one.largest)
            for one in SERIES_ARRAYS
        ),
    ),
)
