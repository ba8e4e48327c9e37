"""`malmoi series train | predict | evaluate | forecast`, as a user meets them."""

import csv
import io
import json
import warnings
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import polars as pl
import pytest

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.cli.console import printed_warnings
from malmoi.cli.options import Option
from malmoi.cli.series_training import series_recipe
from malmoi.cli.training_options import TrainOptions

RANDOM = np.random.default_rng(0)


def sensors(series=24, first=0):
    """A long table: one kind of series rises in waves of 8 steps, the other of 3."""
    rows = []
    for place in range(first, first + series):
        kind = "ok" if place % 2 else "worn"
        for step in range(20 + place % 5):
            value = np.sin(step / (4 if kind == "ok" else 1) + place) + 0.1 * RANDOM.normal()
            rows.append((f"pump-{place}", step, round(value, 3), round(RANDOM.normal(), 3), "AB"[place % 2], kind))
    names = ["device", "time", "pressure", "flow", "site", "label"]
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model, the table that it learned from, and what was said."""
    folder = tmp_path_factory.mktemp("trained")
    data, model = folder / "sensors.csv", folder / "m.malmoi"
    sensors().sample(fraction=1.0, shuffle=True, seed=1).write_csv(data)
    words = ["series", "train", str(data), "--id-column", "device", "-o", str(model)]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        assert run([*words, "--validation", "0.25"]) == 0
    return model, data, (out.getvalue(), err.getvalue())


def mistake(capsys, *arguments):
    capsys.readouterr()
    assert run(["series", *map(str, arguments)]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note: ")]
    assert len(lines) == 1, lines
    return lines[0]


def test_a_recipe_without_epochs_is_measured_drawn_and_refitted(trained):
    model, _, (out, err) = trained
    rows = {line.split("  ")[0]: " ".join(line.split()) for line in out.splitlines()}
    assert rows["series"] == "series 24 of 20 to 24 steps, 2 features"
    assert "validation accuracy" in rows
    assert rows["majority class"] == 'majority class 50.0% ("ok")'
    assert rows["saved model"].startswith("saved model refitted on all 24 series after validation")
    assert rows["curves"] == "curves none: the recipe 'auto' has no epochs"
    assert model.with_suffix(".png").exists()
    assert "note: columns that are not numeric are ignored: 'site'" in err
    assert "note: steps are sorted by 'time', which is not a feature; 24 of 24 series were not in order" in err
    loaded = mm.load(model)
    assert loaded.feature_names_in_.tolist() == ["pressure", "flow"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--curves", "c.png"], "--curves needs a neural network, got the recipe 'auto', which has no epochs"),
        (["--recipe", "minirocket", "--summary"], "--summary needs a neural network"),
        (["--recipe", "minirocket", "--checkpoint", "state"], "--checkpoint needs a neural network"),
        (["--recipe", "conv", "--no-refit"], "--no-refit has no effect on the recipe 'conv'"),
        (["--validation", "3"], "--validation must be a share from 0 to below 1 for series, got 3"),
        (["--layout", "tall"], "--layout must be 'auto', 'wide' or 'long', got 'tall'"),
        (["--target", "flow"], "must have one label, got "),
        (["--target", "flow", "--layout", "wide"], "distinct numbers, such as "),
        (["--target", "site", "--regression"], "must have a finite number as target, got 'A'"),
        (["--missing", "sometimes"], "--missing must be 'refuse' or 'indicate', got 'sometimes'"),
        (["--id-column", "label", "--time-column", "none"], "no column is called label, class, target, y"),
    ],
)
def test_mistakes_of_training_are_one_line(tmp_path, capsys, options, message):
    table = sensors(24 if "flow" in options else 4)
    table.write_csv(tmp_path / "t.csv")
    ids = [] if {"--id-column", "wide"} & set(options) else ["--id-column", "device"]
    line = mistake(capsys, "train", tmp_path / "t.csv", "-o", tmp_path / "m.malmoi", *ids, *options)
    assert message in line
    assert not (tmp_path / "m.malmoi").exists()


def test_predictions_have_ids_and_kept_columns(trained, tmp_path, capsys):
    model, _, _ = trained
    new = sensors(6, first=40).select("flow", "time", "pressure", "device", "site", extra=pl.lit(1))
    new.write_parquet(tmp_path / "new.parquet")
    words = ["series", "predict", str(model), str(tmp_path / "new.parquet"), "--id-column", "device", "--keep", "site"]
    assert run(words) == 0
    printed = capsys.readouterr()
    rows = list(csv.DictReader(printed.out.splitlines()))
    assert [row["device"] for row in rows] == [f"pump-{place}" for place in range(40, 46)]
    assert list(rows[0]) == ["device", "site", "label", "probability_ok", "probability_worn"]
    assert [row["label"] for row in rows] == ["worn", "ok"] * 3
    assert "note: columns that the model was not trained on are ignored: 'extra'" in printed.err
    for suffix, read in (("jsonl", pl.read_ndjson), ("parquet", pl.read_parquet)):
        assert run([*words, "-o", str(tmp_path / f"p.{suffix}")]) == 0
        assert read(tmp_path / f"p.{suffix}")["label"].to_list() == [row["label"] for row in rows]


def test_mistakes_of_predicting_name_columns_series_and_lines(trained, tmp_path, capsys):
    model, _, _ = trained
    new, ids = tmp_path / "new.csv", ("--id-column", "device")
    sensors(2).drop("flow", "pressure").write_csv(new)
    assert "no column is called 'pressure' or 'flow'; the columns are [" in mistake(capsys, "predict", model, new, *ids)
    sensors(2).with_columns(flow=pl.lit("low")).write_csv(new)
    assert "the feature 'flow' must contain numbers, got 'low' in line 2" in mistake(
        capsys, "predict", model, new, *ids
    )
    sensors(2).with_columns(flow=pl.when(pl.col("time") == 7).then(None).otherwise(pl.col("flow"))).write_csv(new)
    line = mistake(capsys, "predict", model, new, *ids)
    assert "new.csv: series 'pump-0' must be finite, got nan at step 8 (line 9), feature 'flow'; pass missing=" in line
    assert "set the column that identifies the series (--id-column)" in mistake(capsys, "predict", model, new)
    assert "--features has no effect: the model was trained on" in mistake(
        capsys, "predict", model, new, *ids, "--features", "flow"
    )


def test_steps_of_wide_tables_are_found_by_their_names(tmp_path, capsys):
    values = np.where(np.arange(20)[:, None] % 2, 1, -1) * np.sin(np.arange(12) / 2) + RANDOM.normal(size=(20, 12)) / 9
    table = pl.DataFrame(values, schema=[f"h{hour}" for hour in range(12)])
    table = table.with_columns(day=pl.Series([f"d{day}" for day in range(20)]), label=pl.Series(["a", "b"] * 10))
    data, model = tmp_path / "days.csv", str(tmp_path / "m.malmoi")
    table.write_csv(data)
    assert run(["series", "train", str(data), "-o", model]) == 0
    table.select(*reversed(table.columns), number=pl.lit(1)).write_csv(data)
    capsys.readouterr()
    assert run(["series", "predict", model, str(data), "--id-column", "day", "--format", "jsonl"]) == 0
    printed = capsys.readouterr()
    found = [json.loads(line) for line in printed.out.splitlines()]
    assert [one["day"] for one in found] == table["day"].to_list()
    assert [one["label"] for one in found] == table["label"].to_list()
    assert "are ignored: 'number'" in printed.err
    table.drop("h3").write_csv(data)
    assert "no column is called 'h3'" in mistake(capsys, "predict", model, data)
    assert run(["info", model]) == 0
    assert "step columns" in capsys.readouterr().out


def test_a_model_is_measured_and_its_mistakes_have_ids(trained, tmp_path, capsys):
    model, _, _ = trained
    data, scores, wrong = tmp_path / "test.csv", tmp_path / "s.json", tmp_path / "wrong.csv"
    test = sensors(10, first=100)
    swapped = {"pump-103": "worn", "pump-104": "broken"}
    test.with_columns(label=pl.col("device").replace_strict(swapped, default=pl.col("label"))).write_csv(data)
    words = ["series", "evaluate", str(model), str(data), "--id-column", "device"]
    assert run([*words, "-o", str(scores), "--mistakes", str(wrong), "--picture", str(tmp_path / "p.png")]) == 0
    err = capsys.readouterr().err
    assert "note: 1 of 10 series have labels that the model does not have ('broken'); they count as wrong" in err
    found = json.loads(scores.read_text())
    assert found["samples"] == 10
    assert found["scores"]["accuracy"]["value"] == 0.8
    assert {"balanced_accuracy", "expected_calibration_error"} <= set(found["scores"])
    rows = list(csv.DictReader(wrong.read_text().splitlines()))
    assert sorted((row["series"], row["label"], row["prediction"]) for row in rows) == [
        ("pump-103", "worn", "ok"),
        ("pump-104", "broken", "worn"),
    ]
    assert rows[0]["place"].startswith(f"{data}: line ")
    assert (tmp_path / "p.png").exists()
    assert run(words) == 0
    assert "Confusion matrix" in capsys.readouterr().out
    table = mm.evaluate(mm.load(model), ([one.to_numpy() for one in _frames(test)], ["ok", "worn"] * 5))
    assert table.scores["accuracy"].value == 0
    assert [one.text for one in table.mistakes][:1] != []


def _frames(table):
    return [one.select("pressure", "flow") for one in table.partition_by("device", maintain_order=True)]


def test_numbers_are_predicted_and_measured(tmp_path, capsys):
    values = RANDOM.normal(size=(40, 12)).round(3)
    table = pl.DataFrame(values, schema=[f"s{step}" for step in range(12)]).with_columns(
        price=pl.Series(values.mean(axis=1).round(4))
    )
    data, model = tmp_path / "t.csv", tmp_path / "m.malmoi"
    table.write_csv(data)
    words = ["series", "train", str(data), "--target", "price", "-o", str(model)]
    assert "the labels are" in mistake(capsys, *words[1:])
    assert run([*words, "--regression"]) == 0
    printed = capsys.readouterr().out
    assert "(mean absolute error)" in printed
    assert "median baseline" in printed
    assert run(["series", "evaluate", str(model), str(data), "--target", "price"]) == 0
    assert "mean absolute error" in capsys.readouterr().out
    assert run(["series", "predict", str(model), str(data)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 41


def test_models_of_other_kinds_are_pointed_elsewhere(trained, tmp_path, capsys):
    model, data, _ = trained
    texts = mm.BagClassifier().fit(["so good", "so bad"] * 4, ["a", "b"] * 4).save(tmp_path / "t.malmoi")
    assert "needs a model of series, got one of texts" in mistake(capsys, "predict", texts, data)
    assert "needs a model of series, got one of texts" in mistake(capsys, "evaluate", texts, data)
    capsys.readouterr()
    assert run(["evaluate", str(model), str(data)]) == 2
    assert "got one of series; use malmoi series evaluate" in capsys.readouterr().err


# Forecasts

QUICK = ["--season", "none", "--history", "3", "--difference", "last", "--log", "false", "--calendar", "none"]


@pytest.fixture
def history(tmp_path):
    """A table of days, not in order, with a covariate, and that of the days that come next."""
    days = pl.date_range(pl.date(2026, 1, 1), pl.date(2026, 3, 31), eager=True).dt.strftime("%d.%m.%Y")
    promotion = RANDOM.integers(0, 2, size=90)
    sales = (np.arange(90) + 20 * promotion + RANDOM.normal(size=90)).round(2)
    table = pl.DataFrame({"day": days, "sales": sales, "promotion": promotion, "note": ["x"] * 90})
    table[:87].sample(fraction=1.0, shuffle=True, seed=0).write_csv(tmp_path / "sales.csv")
    table[87:].select("day", "promotion").write_csv(tmp_path / "future.csv")
    return tmp_path / "sales.csv", tmp_path / "future.csv", table


def test_a_table_is_forecast_measured_and_drawn(history, tmp_path, capsys):
    data, future, table = history
    output, model = tmp_path / "f.csv", tmp_path / "f.malmoi"
    words = ["series", "forecast", str(data), "--target", "sales", "--horizon", "3", "--levels", "50,90", *QUICK]
    known = ["--known", "promotion", "--future", str(future)]
    assert run([*words, *known, "--folds", "2", "-o", str(output), "--save", str(model)]) == 0
    printed = capsys.readouterr()
    assert "backtest: " in printed.out
    for method in ("model", "naive"):
        assert f"sales   {method}" in printed.out
    assert "note: the time column is 'day'" in printed.err
    assert "note: rows were not in time order; they are now sorted by 'day'" in printed.err
    assert "note: columns without a role are ignored: 'note'" in printed.err
    found = pl.read_csv(output)
    assert found.columns == ["day", "forecast", "lower_50", "upper_50", "lower_90", "upper_90"]
    assert found["day"].to_list() == ["29.03.2026", "30.03.2026", "31.03.2026"]
    assert np.abs(found["forecast"] - table["sales"][87:]).max() < 8
    assert output.with_suffix(".png").exists()
    # With a saved model, from the same history: the same forecast.
    again = ["series", "forecast", str(data), "--model", str(model), "--future", str(future), "-o"]
    assert run([*again, str(tmp_path / "again.csv")]) == 0
    assert pl.read_csv(tmp_path / "again.csv").equals(found)
    assert "--season has no effect with --model" in mistake(capsys, *again[1:], output, "--force", "--season", "7")
    without = [*again[1:4], model, "-o", output, "--force"]
    assert "--future must have promotion for the future steps; pass it" in mistake(capsys, *without)
    assert "--horizon must be at most 3, the horizon of the model, got 4" in mistake(
        capsys, *again[1:], output, "--force", "--horizon", "4"
    )


def test_several_series_and_types_of_parquet_are_kept(history, tmp_path, capsys):
    _, _, table = history
    both = [table.with_columns(shop=pl.lit(shop), day=pl.col("day").str.to_date("%d.%m.%Y")) for shop in (7, 5)]
    pl.concat(both).write_parquet(tmp_path / "shops.parquet")
    words = ["series", "forecast", str(tmp_path / "shops.parquet"), "--target", "sales", "--id-column", "shop", *QUICK]
    assert run([*words, "--no-backtest", "-o", str(tmp_path / "f.parquet")]) == 0
    found = pl.read_parquet(tmp_path / "f.parquet")
    assert found["shop"].to_list() == [7, 5]
    assert found["day"].dtype == pl.Date
    assert "(1 step of 2 series)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "note"], "the column 'note' must contain numbers, got 'x' in line 2"),
        (
            ["--target", "sale"],
            "no column is called 'sale'; the columns are ['day', 'sales', 'promotion', 'note']; did you mean",
        ),
        ([], "name the column to forecast (--target), one of ['sales', 'promotion']"),
        (["--target", "sales", "--horizon", "90"], "steps or more, and as many of them before the last 25%, got 87"),
        (["--target", "sales", "--horizon", "0"], "--horizon must be 1 or more, got 0"),
        (["--target", "sales", "--levels", "80,101"], "--levels must be comma-separated percentages from 1 to 99.9"),
        (["--target", "sales", "--known", "promotion"], "--known needs --future: the columns of known covariates"),
        (["--target", "sales", "--network", "cnov"], "--network must be one of flatten, average, conv, recurrent, got"),
        (["--target", "sales", "--season", "often"], "--season must be a whole number"),
        (["--target", "sales", "--no-backtest", "--folds", "2"], "have no effect with --no-backtest"),
        (["--target", "sales", "--id-column", "sales"], "--target must not have another role, got 'sales', the"),
        (["--target", "promotion", "--log", "True", "--no-backtest", "--missing", "drop"], "pass --log false"),
        (["--model", "m.malmoi", "--no-backtest"], "--no-backtest has no effect with --model"),
        (["--target", "sales", "-o", "f.json"], "--output must end in .csv or .parquet, got f.json"),
    ],
)
def test_mistakes_of_forecasting_are_one_line(history, capsys, options, message):
    output = [] if "-o" in options else ["-o", history[0].with_name("f.csv")]
    assert message in mistake(capsys, "forecast", history[0], *options, *output)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: t.with_row_index().filter(pl.col("index") != 5).drop("index"),
            "sales.csv must have a row for every day",
        ),
        (
            lambda t: pl.concat([t, t[3:4]]),
            "a series must have one row for each 'day', got '04.01.2026' in line 5 and in line 92",
        ),
        (
            lambda t: t.with_columns(
                sales=pl.when(pl.col("day") == "04.01.2026").then(None).otherwise(pl.col("sales"))
            ),
            "'sales' must have no missing value, got one in line 5; fill it, or drop windows with missing values",
        ),
    ],
)
def test_histories_with_gaps_are_refused_unless_dropped(history, tmp_path, capsys, change, message):
    data, _, table = history
    change(table).write_csv(data)
    words = ["forecast", str(data), "--target", "sales", "-o", str(tmp_path / "f.csv"), *QUICK]
    assert message in mistake(capsys, *words)
    if "row for each" not in message:
        assert run(["series", *words, "--missing", "drop", "--no-backtest"]) == 0
        said = capsys.readouterr().err.splitlines()
        assert all(line.startswith(("note: ", "warning: ")) for line in said)


def test_labels_with_leading_zeros_are_measured_and_predicted(tmp_path, capsys):
    steps = np.arange(12)
    rows = [[f"{9 + place % 2:02d}", *np.sin(steps / (1 + 3 * (place % 2)) + place)] for place in range(16)]
    table = pl.DataFrame(rows, schema=["label", *(f"t{step}" for step in steps)], orient="row")
    data, model = tmp_path / "t.csv", tmp_path / "m.malmoi"
    table.write_csv(data)
    assert (
        run(["series", "train", str(data), "-o", str(model), "--regression", "--recipe", "conv", "--epochs", "1"]) == 0
    )
    assert run(["series", "train", str(data), "-o", str(model), "--force"]) == 0
    assert mm.load(model).classes_.tolist() == ["09", "10"]
    table.filter(pl.col("label") == "10").write_csv(data)
    capsys.readouterr()
    assert run(["series", "evaluate", str(model), str(data)]) == 0
    assert "labels that the model does not have" not in capsys.readouterr().err


def test_warnings_are_one_line_once(capsys):
    with printed_warnings():
        for _ in range(2):
            warnings.warn("some\nwindows", stacklevel=1)
    assert capsys.readouterr().err == "warning: some windows\n"


@pytest.mark.parametrize(
    ("options", "because"),
    [
        ({"epochs": 3}, "--epochs"),
        ({"set": ["epochs=3"]}, "--set epochs"),
        ({"checkpoint": "ck"}, "--checkpoint"),
    ],
)
def test_another_recipe_than_auto_is_said(capsys, options, because):
    settings = {name: value for name, value in options.items() if name == "epochs"}
    given = {name: value for name, value in options.items() if name != "epochs"}
    assert series_recipe(settings, TrainOptions.of(given), regression=False).name == "recurrent"
    wanted = f"note: using recipe recurrent: the recipe 'auto' does not have {because}\n"
    assert capsys.readouterr().err == wanted
    assert series_recipe({}, TrainOptions.of({"recipe": "conv"}), regression=False).name == "conv"
    assert capsys.readouterr().err == ""


def test_every_option_of_series_has_a_help(capsys):
    for command in ("train", "predict", "evaluate", "forecast"):
        assert run(["series", command, "--help"]) == 0
        assert "--id-column" in capsys.readouterr().out
    from malmoi.cli import forecast_options, series_reading

    groups = (forecast_options.FORECAST_OPTIONS, forecast_options.FORECASTER, series_reading.TRAIN_COLUMNS)
    options = [option for group in groups for option in group.values()]
    assert all(isinstance(option, Option) and option.help.endswith(".") for option in options)
