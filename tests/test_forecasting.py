"""Forecasts: options that change them, tables in and out, intervals, backtests, files, and what is refused."""

import json
import pickle
import warnings
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.data.calendar_features import calendar_rows, useful_features
from malmoi.data.time_grid import Grid, grid_of
from malmoi.data.time_zones import local_times, utc_times
from malmoi.metrics.forecasts import coverage, naive_scale, pinball_loss, scaled_error, symmetric_error
from malmoi.models.forecasting.lags import LagShape
from malmoi.models.forecasting.learning import _warn
from malmoi.models.forecasting.parts import FitErrors
from malmoi.models.forecasting.ridge import Products
from malmoi.models.forecasting.seasons import found_season
from malmoi.persistence import load_fitted

RANDOM = np.random.default_rng(0)
COUNT = 96
STEPS = np.arange(COUNT)
NOISE = RANDOM.normal(size=(COUNT, 4))
MONTHLY = 50 + 0.3 * STEPS + 6 * np.sin(STEPS * np.pi / 6) + NOISE[:, 0]
MONTHS = pd.date_range("2016-01-01", periods=COUNT, freq="MS", name="month")
FRAME = pd.DataFrame({"sales": MONTHLY}, index=MONTHS)
TABLE = pl.DataFrame({"month": MONTHS.to_numpy().astype("datetime64[us]"), "sales": MONTHLY})
FIXED = {"history": 3, "difference": "last", "log": False, "calendar": None}
"""Settings that leave nothing to be compared, which takes no time."""


# These settings are no good ones, which is said.
pytestmark = pytest.mark.filterwarnings("ignore:the forecast of .* is worse than")


def forecaster(horizon=3, **options):
    return mm.Forecaster(horizon, **{**FIXED, **options})


def values(data=MONTHLY, **options):
    return forecaster(**options).fit(data).fitted.forecast().values


# The pieces, against references


@settings(max_examples=20)
@given(
    values=arrays.arrays(np.float64, st.tuples(st.integers(6, 30), st.just(5)), elements=st.floats(-5, 5, width=16)),
    penalty=st.sampled_from([0.1, 10.0]),
    parts=st.integers(1, 4),
)
def test_ridge_from_sums_is_ridge_from_rows(values, penalty, parts):
    features, targets = values[:, :3], values[:, 3:]
    products = Products(3, 2, shared_scale=0)
    for rows in np.array_split(np.arange(len(values)), parts):
        products.add(features[rows], targets[rows])
    (coefficients, intercepts), *_ = products.solved([penalty])
    centred = features - features.mean(axis=0)
    scales = np.where(centred.var(axis=0) > 1e-12, centred.std(axis=0), 1.0)
    scaled = centred / scales
    expected = np.linalg.solve(scaled.T @ scaled + penalty * np.eye(3), scaled.T @ (targets - targets.mean(axis=0)))
    assert np.allclose(coefficients, expected / scales[:, None], atol=1e-6)
    assert np.allclose(intercepts, targets.mean(axis=0) - features.mean(axis=0) @ coefficients, atol=1e-6)


@pytest.mark.parametrize("base", ["last", "season", "none"])
@pytest.mark.parametrize("lags", [0, 1, 5])
def test_windows_are_those_of_plain_python(base, lags):
    shape, series, past = LagShape(base, 4, lags, 6, 2 if lags else 0), NOISE[:30, 0], NOISE[:30, 1:3]
    ends = np.arange(shape.first, 24)
    features, bases = shape.features(series, past if lags else past[:, :0], ends), shape.bases(series, ends)
    for row, end in enumerate(ends):
        expected = [series[end] if base == "last" else 0.0] * 6
        if base == "season":
            expected = [series[max(step for step in range(end + 1) if (end + h - step) % 4 == 0)] for h in range(1, 7)]
        assert bases[row].tolist() == expected
        own = [
            series[end - j] - {"last": series[end], "season": series[end - j - 4], "none": 0}[base] for j in range(lags)
        ]
        own = own[1:] if base == "last" else own
        others = [past[end - j, column] for column in range(2) for j in range(lags)]
        assert features[row].tolist() == [*own, *others]
        assert np.array_equal(shape.targets(series, ends)[row], series[end + 1 : end + 7] - bases[row])
    with pytest.raises(IndexError):
        shape.targets(series, np.array([24]))
    if lags:
        steps = shape.steps(features)
        assert steps.shape == (len(ends), lags, 3)
        assert np.array_equal(steps[0, ::-1, 1], past[ends[0] - np.arange(lags), 0])


def test_scores_are_those_of_their_definitions():
    truth, forecast = np.array([[1.0, 4.0], [3.0, np.nan]]), np.array([[2.0, 2.0], [3.0, 9.0]])
    assert naive_scale(np.array([1.0, 2.0, 5.0, np.nan, 4.0]), 1) == 2.0
    assert naive_scale(np.arange(9.0) ** 2, 4) == np.mean(np.arange(4, 9) ** 2 - np.arange(5) ** 2)
    assert np.isnan(naive_scale(np.ones(2), 2))
    assert scaled_error(truth, forecast, 2.0).tolist() == [0.25, 1.0]
    assert scaled_error(truth, forecast, np.array([[1.0], [2.0]])).tolist() == [0.5, 2.0]
    assert np.isnan(scaled_error(truth, forecast, 0.0)).all()
    assert np.allclose(symmetric_error(truth, forecast), [(2 / 3 + 0) / 2, 2 * 2 / 6])
    assert symmetric_error(np.zeros((1, 1)), np.zeros((1, 1))).tolist() == [0.0]
    assert np.allclose(pinball_loss(truth, forecast, 0.9), [(0.1 + 0) / 2, 1.8])
    assert coverage(truth, forecast - 1, forecast + 1).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(("period", "noise", "expected"), [(7, 0.3, 7), (24, 0.3, 24), (1, 1.0, 1), (4, 1e-9, 4)])
def test_the_season_is_the_highest_peak_of_the_autocorrelation(period, noise, expected):
    series = np.sin(np.arange(200) * 2 * np.pi / period) * (period > 1) + noise * RANDOM.normal(size=200)
    assert found_season([series + np.arange(200) * 0.01], Grid("number", 1)) == expected
    assert found_season([np.ones(50)], Grid("number", 1)) == 1
    assert found_season([series[:20]], Grid("month", 1)) == 1


# Times


@pytest.mark.parametrize(
    ("times", "name", "following"),
    [
        (pd.date_range("2024-01-31", periods=8, freq="ME"), "1 month", "2024-09-30"),
        (pd.date_range("2024-01-15", periods=8, freq="3MS") + pd.Timedelta(days=14), "3 months", "2026-02-15"),
        (pd.bdate_range("2024-01-04", periods=12), "1 business day", "2024-01-22"),
        (pd.date_range("2024-02-27", periods=4, freq="D"), "1 day", "2024-03-02"),
        (pd.date_range("2024-02-27", periods=9, freq="W"), "1 week", "2024-05-05"),
        (pd.date_range("2024-02-29 23:45", periods=3, freq="15min"), "15 minutes", "2024-03-01 00:30"),
        (pd.DatetimeIndex(["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01"]), "12 months", "2024-01-01"),
    ],
)
def test_a_grid_is_found_and_continued(times, name, following):
    numbers = times.to_numpy().astype("datetime64[us]").astype(np.int64)
    grid = grid_of(numbers, zone=None, is_number=False, name="time")
    assert grid.name == name
    assert np.array_equal(np.diff(grid.places(numbers)), np.ones(len(numbers) - 1))
    assert pd.Timestamp(int(grid.after(int(numbers[-1]), 1)[0]), unit="us") == pd.Timestamp(following)
    assert np.array_equal(grid.after(int(numbers[0]), len(numbers) - 1), numbers[1:])
    assert Grid(**json.loads(json.dumps(grid.to_json()))) == grid
    with pytest.raises(ValueError, match="is not on the grid, whose step is"):
        grid.places(np.concatenate([numbers, numbers[-1:] + 1]))


@settings(max_examples=25)
@given(
    seconds=st.lists(st.integers(0, 2**31), min_size=1, max_size=20), zone=st.sampled_from(["Europe/Berlin", "+09:00"])
)
def test_clocks_are_those_of_python(seconds, zone):
    times = np.array(seconds) * 1_000_000
    moments = pd.DatetimeIndex(times.astype("datetime64[us]")).tz_localize("UTC")
    shown = moments.tz_convert("UTC+09:00" if zone == "+09:00" else zone).tz_localize(None)
    clocks = local_times(times, zone)
    assert np.array_equal(clocks, shown.to_numpy().astype("datetime64[us]").astype(np.int64))
    assert (np.abs(utc_times(clocks, zone) - times) <= 3_600_000_000).all()


def test_calendar_columns():
    times = np.array(["2024-02-29T13:00", "2024-12-31T00:00"], "datetime64[us]").astype(np.int64)
    rows = calendar_rows(times, Grid("microsecond", 3_600_000_000), ("hour", "weekday", "day", "month", "quarter"))
    starts = np.array([0, 24, 31, 62, 74])
    assert (rows.nonzero()[1].reshape(2, 5) - starts).tolist() == [[13, 3, 28, 1, 0], [0, 1, 30, 11, 3]]
    shifted = calendar_rows(times, Grid("microsecond", 3_600_000_000, "Asia/Seoul"), ("hour",))
    assert shifted.nonzero()[1].tolist() == [22, 9]
    assert useful_features(Grid("month", 3)) == ("quarter",)
    assert useful_features(Grid("month", 12)) == ()


def test_days_of_23_hours_are_days():
    index = pd.date_range("2024-03-01", periods=60, freq="D", tz="Europe/Berlin")
    found = forecaster().fit(pd.Series(MONTHLY[:60], index=index)).forecast()
    assert [str(one) for one in found.index] == [f"2024-04-{day} 00:00:00+02:00" for day in (30,)] + [
        "2024-05-01 00:00:00+02:00",
        "2024-05-02 00:00:00+02:00",
    ]


@pytest.mark.parametrize(
    ("start", "step", "zone"),
    [
        ("2024-09-01", "D", "Europe/Berlin"),
        ("2024-02-02", "D", "Europe/Berlin"),
        ("2024-09-10 08:00", "D", "America/New_York"),
        ("2024-04-07", "7D", "Europe/Berlin"),
        ("2024-08-28", "h", "Europe/Berlin"),
    ],
)
def test_clocks_that_change_after_the_training_part_are_followed(start, step, zone):
    count = {"D": 57, "7D": 29, "h": 60 * 24}[step]
    index = pd.date_range(start, periods=count + 8, freq=step, tz=zone)
    series = pd.Series(RANDOM.normal(size=count), index=index[:count])
    assert forecaster(8).fit(series).forecast().index.tolist() == index[count:].tolist()
    table = pl.DataFrame({"time": index[:count].tz_convert("UTC").tz_localize(None).to_numpy(), "y": series.to_numpy()})
    table = table.with_columns(pl.col("time").dt.replace_time_zone("UTC").dt.convert_time_zone(zone))
    # As texts: pandas 2 has time zones of pytz, which are equal to no others.
    times = [time.isoformat() for time in forecaster(8).fit(table).forecast()["time"].to_list()]
    assert times == [time.isoformat() for time in index[count:].to_pydatetime()]


# Every option changes the forecast


@pytest.mark.parametrize(
    "options",
    [
        {"horizon": 4},
        {"season": 5, "difference": "season"},
        {"season": None, "difference": "auto", "history": 12},
        {"history": 5},
        {"difference": None},
        {"log": True},
        {"calendar": ["month"]},
    ],
    ids=str,
)
def test_an_option_changes_the_forecast(options):
    changed = values(FRAME, **options)
    others = values(FRAME, **({"difference": "season"} if "season" in options else {}))
    assert changed.shape == (1, options.get("horizon", 3), 1)
    if "horizon" not in options:
        assert np.abs(changed - others).max() > 1e-6


def test_levels_and_seasons_are_said():
    model = forecaster(levels=[0.5, 0.9]).fit(FRAME)
    found = model.forecast()
    assert found.columns.tolist() == ["forecast", "lower_50", "upper_50", "lower_90", "upper_90"]
    assert (found["lower_90"] < found["lower_50"]).all()
    assert (found["upper_50"] < found["upper_90"]).all()
    assert model.seasons_ == {"sales": 12}
    assert forecaster(levels=[]).fit(FRAME).forecast().columns.tolist() == ["forecast"]


def with_covariates(planted):
    """A series that follows a covariate, at once or one step later."""
    covariate, driver = NOISE[:, 1], NOISE[:, 2]
    level = np.cumsum(0.2 * NOISE[:, 3])
    return pd.DataFrame(
        {"sales": 20 + level + 3 * covariate * (planted == "known") + 3 * np.roll(driver, 1) * (planted == "past"),
         "price": covariate, "driver": driver}, index=MONTHS)  # fmt: skip


@pytest.mark.parametrize(("planted", "role"), [("known", {"known": "price"}), ("past", {"past": ["driver"]})])
def test_knowing_a_planted_covariate_beats_not_knowing_it(planted, role):
    data, errors = with_covariates(planted), []
    for options in (role, {}):
        found = mm.backtest(forecaster(1, target="sales", **options), data, folds=2, test=0.4)
        errors.append(found.score().mase)
    assert errors[0] < 0.6 * errors[1]


def test_known_values_of_the_steps_ahead_change_the_forecast():
    data = with_covariates("known")
    model = forecaster(2, target="sales", known=["price"]).fit(data)
    ahead = pd.DataFrame({"price": [0.0, 0.0]}, index=pd.date_range("2024-01-01", periods=2, freq="MS"))
    low, high = model.forecast(known=ahead), model.forecast(known=ahead + 1)
    assert np.allclose(high["forecast"] - low["forecast"], 3, atol=0.3)
    assert np.allclose(model.forecast(known=ahead[:1], horizon=1), low[:1])
    assert np.array_equal(model.forecast(known=np.zeros((2, 1))), low)
    assert model.unused_ == ("driver",)
    both = forecaster(2, target="sales", known="price", past="price").fit(data)
    assert np.abs(both.forecast(known=ahead)["forecast"] - low["forecast"]).max() > 1e-6


def test_the_calendar_is_kept_where_it_lowers_the_error():
    days = pd.date_range("2024-01-01", periods=200, freq="D")
    series = pd.Series(10.0 * (days.day_of_week == 6) + RANDOM.normal(size=200), index=days)
    found = [values(series, calendar=one, season=None, horizon=7)[0, :, 0] for one in ("auto", None)]
    sunday = pd.date_range("2024-07-19", periods=7).day_of_week == 6
    assert found[0][sunday] > 8 > 6 > found[1][sunday]


def test_a_network_looks_at_the_same_windows(tmp_path, monkeypatch):
    pytest.importorskip("keras")
    model = forecaster(2, network=mm.Flatten(), history=4).fit(FRAME)
    found = model.forecast()
    monkeypatch.setattr("malmoi.models.forecasting.learning.network_fold", lambda folds: [])  # which takes time
    other = forecaster(2, network=mm.Flatten(), history=4, seed=3, levels=()).fit(FRAME)
    assert np.abs(found["forecast"] - other.forecast()["forecast"]).max() > 1e-6
    assert np.abs(found["forecast"] - forecaster(2, history=4).fit(FRAME).forecast()["forecast"]).max() > 1e-6
    assert (found["lower_95"] < found["upper_95"]).all()
    loaded = mm.load(model.save(tmp_path / "m.malmoi"), verify=True)
    assert loaded.network == mm.Flatten()
    assert loaded.forecast().equals(found)
    assert "network" in str(model.fitted.summary())


# Tables in and out


def test_tables_arrays_and_names_of_columns_forecast_the_same():
    expected = values()[0, :, 0]
    index = forecaster().fit(FRAME).forecast()
    assert index.index.tolist() == pd.date_range("2024-01-01", periods=3, freq="MS").tolist()
    assert index.index.name == "month"
    column = forecaster().fit(FRAME.reset_index()).forecast()
    assert column["month"].tolist() == index.index.tolist()
    polars = forecaster().fit(TABLE).forecast()
    assert polars["month"].to_list() == index.index.to_pydatetime().tolist()
    dates = forecaster().fit(TABLE.with_columns(pl.col("month").cast(pl.Date))).forecast()
    assert dates["month"].to_list() == [date(2024, month, 1) for month in (1, 2, 3)]
    texts = FRAME.reset_index().assign(month=[str(one.date()) for one in MONTHS])
    array = forecaster().fit(MONTHLY.tolist()).forecast()
    for one in (index, column, polars, dates, forecaster(time_column="month").fit(texts).forecast()):
        assert np.array_equal(np.asarray(one["forecast"]), expected)
    assert np.array_equal(array.forecast, expected)
    assert sorted(array.lower) == [0.8, 0.95]
    assert (array.lower[0.95] < array.lower[0.8]).all()
    assert (array.upper[0.8] > array.forecast).all()
    assert array.times[0].tolist() == [96, 97, 98]


def test_rows_in_another_order_are_sorted_by_time():
    shuffled = FRAME.sample(frac=1, random_state=0)
    assert forecaster().fit(shuffled).forecast().equals(forecaster().fit(FRAME).forecast())
    assert forecaster().fit(TABLE.reverse()).forecast().equals(forecaster().fit(TABLE).forecast())


def test_dates_as_text_are_times():
    expected = forecaster().fit(FRAME).forecast().to_numpy()
    days = [one.date() for one in MONTHS]
    texts = [str(one) for one in days]
    shuffle = np.random.default_rng(1).permutation(COUNT)
    for times in (days, texts):
        for one in (FRAME.set_index(pd.Index(times)), FRAME.reset_index().assign(month=times)):
            found = forecaster(target="sales").fit(one.iloc[shuffle])
            assert not found.unused_
            assert np.array_equal(found.forecast().iloc[:, -5:], expected)
    many = FRAME.set_index(pd.MultiIndex.from_product([range(8), range(12)]))
    assert np.array_equal(forecaster().fit(many).forecast(), forecaster().fit(FRAME.set_axis(STEPS)).forecast())
    polars = TABLE.with_columns(pl.Series("month", texts))[shuffle.tolist()]
    assert forecaster().fit(polars).forecast()["month"][0] == datetime(2024, 1, 1)
    both = FRAME.reset_index().assign(month=texts, day=texts)
    with pytest.raises(mm.DataError, match=r"must have one time column, got .*; name it: time_column='mon"):
        forecaster(target="sales").fit(both)
    assert forecaster(target="sales", time_column="day").fit(both).unused_ == ("month",)
    assert forecaster(target="sales", id_column="day").fit(both.assign(day="2024-01-01")).forecast()["day"][0]
    with pytest.raises(
        mm.DataError, match=r"column 'month' must contain timestamps, .* got '01/02/2024' in row 0; con"
    ):
        forecaster(target="sales").fit(both.assign(month="01/02/2024", day="x"))


def test_an_index_of_whole_numbers_holds_times():
    years = pd.DataFrame({"y": MONTHLY}, index=np.arange(1900, 1900 + COUNT))
    expected = forecaster().fit(years).forecast()
    assert expected.index.tolist() == [1996, 1997, 1998]
    assert forecaster().fit(years.sample(frac=1, random_state=0)).forecast().equals(expected)
    with pytest.raises(
        mm.DataError, match=r"for every whole number, got none for 1905 \(1 is missing.*reset_index\(drop"
    ):
        forecaster().fit(years.drop(index=1905))
    with pytest.raises(
        mm.DataError, match=r"got two of 1900 .* or, if the index does not hold times: data.reset_index"
    ):
        forecaster().fit(pd.concat([years, years]))
    with pytest.raises(mm.DataError, match=r"must be regular, .* got 1 and then 4; .* data.reset_index"):
        forecaster().fit(pd.DataFrame({"y": MONTHLY}, index=np.arange(COUNT) ** 2))
    with pytest.raises(mm.DataError, match=r"none for 1905 \(1 is missing in total\); pass .* or fill it$"):
        forecaster(time_column="index", target="y").fit(years.drop(index=1905).reset_index())
    ahead = years.assign(p=1.0)
    model = forecaster(target="y", known="p").fit(ahead)
    assert len(model.forecast(known=pd.DataFrame({"p": [1.0, 1.0, 1.0]}))) == 3


def test_an_unknown_series_is_said_before_its_covariates():
    both = pd.concat([FRAME.assign(shop=one, price=NOISE[:, 2]) for one in "ab"])
    model = forecaster(target="sales", id_column="shop", known="price").fit(both)
    with pytest.raises(mm.DataError, match=r"of the training data, \['a', 'b'\], got 'c'"):
        model.forecast(both.assign(shop="c")[:COUNT], both[:3])


def test_a_forecast_of_an_array_is_shown_as_a_table():
    found = forecaster(2).fit(MONTHLY).forecast()
    head, first, _ = str(found).split("\n")
    assert head.split() == ["step", "forecast", "lower_80", "upper_80", "lower_95", "upper_95"]
    assert first.split()[:2] == ["96", f"{found.forecast[0]:.6g}"]
    assert repr(found) == str(found)
    assert repr(forecaster(30).fit(MONTHLY).forecast()).endswith("and 10 more")
    assert "time  series" in repr(
        forecaster(2, target="sales", id_column="s").fit(FRAME.assign(s="a")).fitted.forecast()
    )


def test_several_targets_and_zones():
    rows = np.stack([MONTHLY, NOISE[:, 1], np.roll(NOISE[:, 1], 1)], axis=1)
    model = forecaster(2, target=[0, 2], past=[0, 1, 2]).fit(rows)
    assert model.forecast().forecast.shape == (2, 2)
    data = pd.DataFrame(rows, columns=["a", "b", "c"], index=MONTHS.tz_localize("UTC").tz_convert("Asia/Seoul"))
    with pytest.raises(mm.DataError, match="the index must be regular"):
        forecaster(2).fit(data.set_index(data.index + pd.to_timedelta(np.arange(COUNT) ** 2, "h")))
    found = forecaster(2).fit(data.tz_localize(None).tz_localize("Asia/Seoul")).forecast()
    assert found.columns[:2].tolist() == ["a_forecast", "a_lower_80"]
    assert str(found.index[0]) == "2024-01-01 09:00:00+09:00"
    assert found["c_forecast"].shape == (2,)


def test_series_that_an_id_tells_apart_are_learned_together():
    both = pd.concat([FRAME.assign(shop="a"), (100 * FRAME).assign(shop="b")])
    model = forecaster(target="sales", id_column="shop").fit(both)
    found = model.forecast()
    assert found["shop"].tolist() == ["a"] * 3 + ["b"] * 3
    assert np.allclose(found["forecast"][3:], 100 * found["forecast"][:3])
    assert np.allclose(found["lower_80"][3:], 100 * found["lower_80"][:3])
    newer = model.forecast(both[both["shop"] == "b"][:50])
    assert newer.index[0] == MONTHS[50]
    with pytest.raises(
        mm.DataError, match=r"history must have series of the training data, \['a', 'b'\], got 'c'; leave"
    ):
        model.forecast(both.assign(shop="c")[:96])
    assert "sales, b" in mm.backtest(forecaster(1, target="sales", id_column="shop"), both, folds=1).pictures[0].name


def test_a_newer_history_is_forecast_from():
    model = forecaster().fit(FRAME[:80])
    newer = model.forecast(FRAME[60:90])
    assert newer.index[0] == MONTHS[90]
    assert model.forecast(FRAME[:80]).equals(model.forecast())
    assert model.forecast(TABLE[60:90])["forecast"].to_list() == newer["forecast"].tolist()
    assert model.fitted.predict(FRAME[60:90]).shape == (3, 1)
    assert len(model.forecast(horizon=1)) == 1


# Missing values


def test_windows_with_missing_values_are_left_out_and_counted():
    gaps = FRAME.drop(MONTHS[[30]])
    model = forecaster(missing="drop").fit(gaps)
    assert model.dropped_ == {"sales": 6}
    assert "6 left out for missing values" in str(model.fitted.summary())
    hole = FRAME.copy()
    hole.iloc[30] = np.nan
    assert forecaster(missing="drop").fit(hole).forecast().equals(model.forecast())
    with pytest.raises(mm.DataError, match=r"history must have no missing value in its last \d+ steps"):
        model.forecast(hole[:31])
    many = FRAME.copy()
    many.iloc[20:60:8] = np.nan
    with pytest.warns(UserWarning, match="of the target 'sales' have a missing value and are dropped"):
        forecaster(missing="drop").fit(many)
    inputs, targets = mm.windows([1, 2, np.nan, 4, 5, 6, 7], 2, missing="drop")
    assert (inputs[:, :, 0].tolist(), targets.tolist()) == ([[4, 5], [5, 6]], [[6], [7]])
    with pytest.raises(mm.DataError, match="series must have a window without missing values, got 2 windows"):
        mm.windows([1, np.nan, 2, 3], 2, missing="drop")


# Files


def test_a_saved_forecaster_forecasts_the_same(tmp_path):
    options = {"target": "sales", "known": "price", "past": "driver"}
    model = mm.Forecaster(2, **options, calendar=["month"]).fit(with_covariates("known"))
    path = model.save(tmp_path / "m.malmoi")
    loaded, known = mm.load(path, verify=True), np.ones((2, 1))
    assert loaded.forecast(known=known).equals(model.forecast(known=known))
    assert loaded.get_params()["known"] == "price"
    assert pickle.loads(pickle.dumps(model)).forecast(known=known).equals(model.forecast(known=known))
    assert clone(loaded).fit(with_covariates("known")).save(tmp_path / "n.malmoi").read_bytes() == path.read_bytes()
    assert load_fitted(path).forecast(known=known).values.shape == (1, 2, 1)
    with pytest.raises(TypeError, match="explain needs a model of texts, got a Forecaster"):
        loaded.explain("x")


def test_commands_of_other_models_say_what_to_use(tmp_path, capsys):
    path = str(forecaster().fit(FRAME).save(tmp_path / "m.malmoi"))
    assert run(["info", path, "--verify"]) == 0
    assert "kind Forecaster" in " ".join(capsys.readouterr().out.split())
    for words, message in [
        (["predict", path, "x.csv"], "needs a model of texts or series, got a Forecaster; use malmoi series forecast"),
        (["evaluate", path, "x.csv"], "needs a text model, got one of history; in Python mm.backtest measures"),
        (["explain", path, "x"], "needs a text model, got a Forecaster"),
    ]:
        assert run(words) == 2
        assert message in " ".join(capsys.readouterr().err.split())


def changed_state(model, change):
    state = model.fitted.to_state()
    header, arrays_ = json.loads(json.dumps(state.header)), dict(state.arrays)
    change(header, arrays_)
    schema = type(model.fitted).schema()
    schema.check_header({**header, "kind": "Forecaster", "versions": {}})
    schema.check_arrays(arrays_)
    return type(model.fitted).from_state(type(state)(header, arrays_))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header, arrays: header["targets"][0]["members"][0].update(lags=10**9), "coefficients must be finite"),
        (
            lambda header, arrays: header["targets"][0]["members"][0].update(base="first"),
            r"members\[0\].base must be one of last, season, none, found 'first'",
        ),
        (lambda header, arrays: header["targets"][0].update(members=[]), "members must be 1 or more"),
        (lambda header, arrays: header["targets"][0].update(target="other"), "target must be one of the columns"),
        (lambda header, arrays: header["targets"][0].update(scales=[]), "scales must be 1 or more"),
        (
            lambda header, arrays: header["targets"][0].update(errors=[1.0]),
            "errors must be a list of 3",
        ),
        (
            lambda header, arrays: header["targets"][0].update(levels=[2.0]),
            r"levels\[0\] must be from 0 to 1, found 2.0",
        ),
        (lambda header, arrays: header["targets"][0].update(season=0), "season must be 1 or more"),
        (
            lambda header, arrays: header["grid"].update(zone="Mars/Olympus"),
            "time zone must be an IANA name",
        ),
        (lambda header, arrays: header["grid"].update(step=0), "grid.step must be 1 or more"),
        (
            lambda header, arrays: header["table"].update(kind="excel"),
            "table.kind must be one of array, pandas, polars",
        ),
        (lambda header, arrays: header.update(ids=[]), "ids must be 1 or more"),
        (lambda header, arrays: header["settings"].update(horizon=0), "horizon must be 1 or more"),
        (lambda header, arrays: arrays.update({"tail0/times": np.zeros(3)}), "tail0/times must be int64 of 1 axis"),
        (
            lambda header, arrays: arrays.update({"target0/widths": -arrays["target0/widths"]}),
            "widths must be 0 or more",
        ),
        (lambda header, arrays: arrays.pop("target0/member0/intercepts"), "intercepts must be finite float64"),
    ],
)
def test_a_damaged_file_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        changed_state(forecaster().fit(FRAME), change)


# Backtests


def test_a_backtest_has_the_naive_forecasts_beside_the_model(tmp_path):
    found = mm.backtest(forecaster(4, difference="auto", history="auto"), FRAME, folds=2, test=0.3)
    methods = ("model", "naive", "seasonal-naive")
    assert [one.method for one in found.scores if one.step is None] == list(methods)
    assert found.score().mase < min(found.score(method=one).mase for one in methods[1:])
    assert np.isclose(found.score().mase, np.mean([found.score(step=step).mase for step in (1, 2, 3, 4)]))
    last, ends = MONTHLY[-4:], np.arange(int(COUNT * 0.7) - 1, COUNT - 4)
    naive = found.score(method="naive", step=1)
    cut = np.linspace(ends[0], COUNT - 4, 3).astype(int)[1]
    scales = [naive_scale(MONTHLY[: (ends[0] if end < cut else cut) + 1], 12) for end in ends]
    assert np.isclose(naive.mase, np.mean(np.abs(MONTHLY[ends + 1] - MONTHLY[ends]) / scales))
    assert found.windows == len(ends)
    assert 0.4 < found.score().coverage[0.8] <= found.score().coverage[0.95] <= 1
    assert "seasonal-naive" in str(found)
    assert found._repr_html_().count("<tr>") == len(found.rows()) + 1
    assert json.loads(json.dumps(found.to_json()))["seasons"] == {"sales": 12}
    fan = found.pictures[0].fans[-1]
    assert np.array_equal(found.pictures[0].values[-4:], last)
    assert fan.times.tolist() == MONTHS[-4:].to_numpy().astype("datetime64[us]").tolist()
    found.plot(tmp_path / "f.png")
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(KeyError, match="no scores of the target 'sales' by 'arima' at the step None"):
        found.score(method="arima")
    fewer = mm.backtest(forecaster(4), FRAME, folds=1, test=0.3, step=3, horizon=2)
    assert fewer.windows == 10
    assert [str(one) for one in fewer.findings] == [
        "note: only 10 forecasts of each target were evaluated; evaluate on more origins or a longer history "
        "[few-forecasts]"
    ]
    assert fewer.score(step=2)
    assert "예측" in fewer.findings[0].sentence("ko")


def test_a_picture_of_an_unknown_kind_is_refused(tmp_path):
    result = mm.backtest(forecaster(), FRAME, folds=1)
    assert result.plot(str(tmp_path / "a.svg")).get_title(loc="left") == "sales"
    with pytest.raises(ValueError, match=r"path must end in .png, .svg or .pdf, got 'a.txt'"):
        result.plot(tmp_path / "a.txt")
    assert [one.name for one in tmp_path.iterdir()] == ["a.svg"]


def test_a_ratio_of_one_is_no_warning():
    for model, count in ((1.004, 0), (1.006, 1)):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            _warn("y", FitErrors(model, 1.0, None), 100, 0)
        assert len(found) == count


def test_a_naive_forecast_that_is_better_is_a_warning():
    walk = np.cumsum(RANDOM.normal(size=120))
    walk[90:] = walk[90] + 3 * np.cumsum(RANDOM.normal(size=30))
    found = mm.backtest(forecaster(2, history=40, difference=None, season=None), walk, folds=1)
    (warning,) = found.findings
    assert warning.is_warning
    assert str(warning).startswith('warning: the naive forecast of "0" is better than the model: MASE')
    assert "naive 예측보다 낮습니다" in warning.sentence("ko")
    with pytest.warns(UserWarning, match="the forecast of 0 is worse than the naive forecast: its mean absolute error"):
        forecaster(2, history=40, difference=None, season=None).fit(walk)


def test_intervals_hold_as_many_values_as_they_say():
    noise = np.random.default_rng(1).normal(size=400)
    found = mm.backtest(forecaster(2, season=None, difference=None), noise, folds=2, test=0.5)
    assert abs(found.score().coverage[0.8] - 0.8) < 0.06
    assert abs(found.score().coverage[0.95] - 0.95) < 0.04


# What is refused, and what is no problem


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"horizon": 0}, ValueError, "horizon must be 1 or more, got 0"),
        ({"season": 1}, ValueError, "season must be 2 or more, got 1"),
        ({"history": 0}, ValueError, "history must be 1 or more, got 0"),
        ({"history": 1}, ValueError, "history must be 2 or more if difference is .last., got 1"),
        ({"difference": "first"}, ValueError, "difference must be 'auto', 'last', 'season' or None, got 'first'"),
        ({"difference": "season", "season": None}, ValueError, "if season is None, got .season."),
        ({"log": "yes"}, TypeError, 'log must be "auto", True or False, got .yes.'),
        ({"calendar": ["holiday"]}, ValueError, "list of distinct names from hour, weekday, day, month, quarter, got"),
        ({"missing": "fill"}, ValueError, "missing must be 'refuse' or 'drop', got 'fill'"),
        ({"levels": [80]}, ValueError, r"levels must be distinct numbers from 0.01 to 0.999, got \[80\]"),
        ({"levels": "80"}, TypeError, "levels must be a list of numbers, got '80'"),
        ({"seed": 1}, ValueError, "seed has no effect without a network, got 1"),
        ({"target": "sales", "past": ["sales"]}, ValueError, "past must not include the only target, 'sales'"),
        ({"target": ["a"], "known": ["a"]}, ValueError, r"target must have no other role, got \['a'\]"),
        ({"target": []}, ValueError, "target must name 1 column or more, got none"),
        ({"target": ["a", "a"]}, ValueError, "target must have distinct columns"),
        ({"time_column": 3}, TypeError, "time_column must be the name of a column, got 3"),
        ({"known": "t", "time_column": "t"}, ValueError, "known must not include the time or id column"),
        ({"known": 1.5}, TypeError, "known must be a column or a list of columns, got 1.5"),
        ({"network": 3}, TypeError, "network must be"),
    ],
    ids=str,
)
def test_wrong_settings_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        forecaster(**options).fit(FRAME)


DAILY = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=60), "y": MONTHLY[:60]})
MIXED = [datetime(2024, 1, 1, tzinfo=UTC), pd.Timestamp("2024-01-02", tz="Asia/Seoul")] * 30


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (pd.concat([DAILY, DAILY[-1:]]), {}, r"one row for each time, got two of 2024-02-29 \(1 row repeats a time\)"),
        (
            DAILY.drop(index=[5, 6]),
            {},
            r"for every day, got none for 2024-01-06 \(2 are missing in total\); pass missing",
        ),
        (DAILY.assign(y=[*MONTHLY[:59], np.nan]), {}, "'y' must have no missing value, got one at 2024-02-29"),
        (
            DAILY.assign(y=[*MONTHLY[:59], np.inf]),
            {},
            "the column 'y' must be finite, got inf in row 59; replace it by a finite number",
        ),
        (DAILY.assign(y="a"), {"target": "y"}, "the column 'y' must contain numbers, got 'a'"),
        (DAILY.assign(day=MIXED), {"time_column": "day"}, "must be of one time zone, got Asia/Seoul and UTC"),
        (
            DAILY.assign(day="x"),
            {"time_column": "day"},
            "must contain timestamps, such as 2024-01-31 .* got 'x' in row 0",
        ),
        (DAILY.assign(day=0.5), {"time_column": "day"}, "must contain timestamps or whole numbers"),
        (DAILY.assign(day=pd.NaT), {}, "must have a time in every row, got none in row 0"),
        (
            DAILY.assign(day=DAILY["day"] + pd.to_timedelta(STEPS[:60] ** 3, "s")),
            {},
            "must be regular, with a constant step",
        ),
        (DAILY, {"target": "z"}, r"data must have the column 'z', got the columns \['day', 'y'\]"),
        (DAILY, {"horizon": 60}, "data must have 68 steps or more for a horizon of 60, got 60"),
        (DAILY, {"history": 60}, "history must be at most 52 for series of 60 steps and a horizon of 3, got 60"),
        (DAILY, {"season": 55}, "season must be below 52, 8 less than the length of the series, got 55"),
        (
            DAILY,
            {"calendar": ["hour"]},
            r"features that vary at time steps of 1 day \(weekday, day, month\), got 'hour'",
        ),
        (
            DAILY.assign(y=-1.0 * STEPS[:60]),
            {"log": True},
            "'y' must be above 0 for logarithms, got -59; pass log=False",
        ),
        (
            DAILY.assign(z=DAILY["day"]),
            {"target": "y"},
            "one time column, got .*; name it: time_column='day'",
        ),
        (DAILY[:0], {}, "data must have 1 step or more, got 0"),
        (DAILY[["day"]], {}, "data must have a column to forecast"),
        (MONTHLY[:10] * 1e200, {"horizon": 1}, r"must be at most 1e\+100"),
        (MONTHLY, {"time_column": "day"}, "time_column must be None for an array, got"),
        (
            DAILY.assign(s=0.5),
            {"id_column": "s", "target": "y"},
            "ids in 's' must be str or int, got 0.5 in row 0",
        ),
        (
            pd.Series(MONTHLY[:24], index=pd.period_range("2020-01", periods=24, freq="M")),
            {},
            "got periods; convert it",
        ),
        (NOISE[:, 1][:40] * np.nan, {"missing": "drop"}, "must have 8 values or more, got 0"),
        (
            NOISE[:40, 1],
            {"difference": "season"},
            "has no detected season, got .season.; set it with season=",
        ),
        ([[1, 2], [3]], {}, "data must be numbers"),
        (np.array(["a"] * 20), {}, "data must be numbers"),
    ],
)
def test_data_that_cannot_be_used_are_refused(data, options, message):
    with pytest.raises(mm.DataError, match=message):
        forecaster(**options).fit(data)


def test_other_kinds_and_histories_are_refused():
    for data in ("text", 3, None):
        with pytest.raises(TypeError, match="data must be an array"):
            forecaster().fit(data)
    with pytest.raises(TypeError, match="data must be in memory, got a LazyFrame; collect it"):
        forecaster().fit(TABLE.lazy())
    model = forecaster(target="sales").fit(FRAME)
    for history, message in [
        (FRAME[:2], "history must have 5 steps or more|history must have 12 steps or more"),
        (
            FRAME.reset_index(drop=True),
            "history must have timestamps as its times, as the training data has, got whole",
        ),
        (FRAME.tz_localize("UTC"), "history must have times of no time zone, as the training data has, got UTC"),
        (
            FRAME.set_index(MONTHS + pd.Timedelta(days=1)),
            "is not on the grid, whose step is 1 month, as in the training data",
        ),
        (FRAME.rename(columns={"sales": "x"}), "history must have the column 'sales'"),
        (MONTHLY, "history must have the column 'sales'"),
    ]:
        with pytest.raises(mm.DataError, match=message):
            model.forecast(history)
    with pytest.raises(ValueError, match="horizon must be at most 3, the horizon of the model, got 4"):
        model.forecast(horizon=4)
    with pytest.raises(ValueError, match="known must be None: the model has no known covariates"):
        model.forecast(known=FRAME)
    with pytest.raises(NotFittedError, match="call fit first"):
        forecaster().forecast()


def test_known_covariates_that_do_not_fit_are_refused():
    data = with_covariates("known")
    model = forecaster(target="sales", known=["price"]).fit(data)
    ahead = pd.DataFrame({"price": [1.0, 2.0, 3.0]}, index=pd.date_range("2024-01-01", periods=3, freq="MS"))
    with pytest.raises(ValueError, match="known must have price for 3 steps ahead, got None"):
        model.forecast()
    for known, message in [
        (ahead[:2], "must have a row for 2024-03-01, got times from 2024-01-01 to 2024-02-01"),
        (data, "known must continue the history: it must have a row for 2024-01-01, got times from 2016-01-01"),
        (ahead.rename(columns={"price": "cost"}), r"known must have the column 'price', got \['cost'\]"),
        (ahead * np.nan, "the column 'price' must have no missing value, got one at 2024-01-01; fill it$"),
        (ahead.reset_index(drop=True), r"must have the times of its rows, got a table without .* known\[\['price'\]\]"),
        (
            np.ones((2, 1)),
            r"known must be an array \(horizon, covariates\) of the shape \(3, 1\), with price, got \(2, 1\)",
        ),
        (np.full((3, 1), np.nan), "known must have no missing value, got one at step 0"),
    ]:
        with pytest.raises(mm.DataError, match=message):
            model.forecast(known=known)


def test_a_backtest_that_cannot_be_is_refused():
    for options, error, message in [
        ({"folds": 0}, ValueError, "folds must be 1 or more, got 0"),
        ({"test": 1.5}, ValueError, "test must be a share between 0 and 1, got 1.5"),
        ({"horizon": 9}, ValueError, "horizon must be at most that of the forecaster, 3, got 9"),
        ({"test": 0.95}, mm.DataError, "must have .* steps or more"),
    ]:
        with pytest.raises(error, match=message):
            mm.backtest(forecaster(), FRAME, **options)
    with pytest.raises(TypeError, match="forecaster must be a Forecaster, got 3"):
        mm.backtest(3, FRAME)


def test_a_constant_series_is_forecast_as_constant():
    with pytest.warns(UserWarning, match="the target 0 is constant, 3: its forecast is constant"):
        found = mm.Forecaster(2).fit(np.full(40, 3.0)).forecast()
    assert np.allclose([found.forecast, found.lower[0.8], found.upper[0.95]], 3.0)
    assert mm.backtest(forecaster(1), np.full(40, 3.0), folds=1).score().mase is None


def test_a_short_series_and_many_columns_are_no_problem():
    with pytest.raises(mm.DataError, match="data must have more steps for windows and a horizon of 5, got 13; pass a"):
        mm.Forecaster(5, difference=None).fit(MONTHLY[:13])
    assert mm.Forecaster(5, log=True).fit(MONTHLY[:13]).forecast().forecast.tolist() == pytest.approx([MONTHLY[12]] * 5)
    gaps = np.where(STEPS[:30] % 3 == 2, np.nan, MONTHLY[:30])
    with pytest.raises(mm.DataError, match="windows"):
        mm.Forecaster(2, missing="drop", season=None).fit(gaps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        short = mm.Forecaster(1, season=None).fit([3.0, 1, 4, 1, 5, 9, 2, 6, 5]).forecast()
    assert np.isfinite(short.forecast).all()
    assert (short.lower[0.95] <= short.forecast).all()


def test_a_long_series_needs_no_more_memory_than_its_blocks():
    import tracemalloc

    series = np.sin(np.arange(100_000) / 4) + 0.1
    tracemalloc.start()
    forecaster(2, history=100).fit(series)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 100_000 * 40  # all windows would be 100 times the series


def test_the_number_of_threads_changes_nothing():
    from threadpoolctl import threadpool_limits

    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(values(horizon=12, history=24).tobytes())
    assert found[0] == found[1]
