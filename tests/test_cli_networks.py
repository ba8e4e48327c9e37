"""The command line's networks, series and search."""

import json
import sqlite3
from datetime import date

import numpy as np
import pytest

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.experiments.runs_file import RunsFile
from malmoi.experiments.splitting import cut_up
from malmoi.experiments.tune import tune

pl = pytest.importorskip("polars")
pytest.importorskip("keras")
RANDOM = np.random.default_rng(0)
WORDS = np.array(["good film", "fine play", "bad film", "poor play"])


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "reviews.csv"
    rows = [f'"{WORDS[number % 4]} {number % 5}",{"pos" if number % 4 < 2 else "neg"}' for number in range(80)]
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def wide(tmp_path):
    rows = RANDOM.normal(size=(60, 6))
    table = pl.DataFrame(
        {"label": np.where(rows.mean(1) > 0, "up", "down"), **{f"t{at}": rows[:, at] for at in range(6)}}
    )
    table.write_csv(tmp_path / "wide.csv")
    return tmp_path / "wide.csv"


@pytest.mark.parametrize(
    ("options", "network"),
    [
        ("--network average --pooling max", mm.Average("max")),
        ("--network conv --filters 4 --widths 2 --widths 3 --l2 0.01", mm.Conv(4, (2, 3), l2=0.01)),
        ("--network recurrent --cell lstm --units 3 --bidirectional", mm.Recurrent("lstm", 3, bidirectional=True)),
    ],
)
def test_every_network_is_trained_and_answers(options, network, reviews, tmp_path, capfd):
    output = tmp_path / "m.malmoi"
    more = "--epochs 2 --length 4 --vocabulary 50 --dimension 4 --patience 1 --class-weight balanced"
    assert run(["train", str(reviews), "-o", str(output), *options.split(), *more.split()]) == 0
    model = mm.load(output, verify=True)
    assert model.network == network
    assert (model.patience, model.class_weight) == (1, "balanced")
    assert run(["info", str(output), "--verify"]) == 0
    assert "verified" in capfd.readouterr().out


def test_buckets_take_the_vocabularys_place(reviews, tmp_path, capfd):
    output = tmp_path / "m.malmoi"
    options = "--network average --ngrams 1-2 --buckets 300 --dimension 4 --embedding-rate 0.1 --epochs 2"
    assert run(["train", str(reviews), "-o", str(output), *options.split()]) == 0
    assert mm.load(output).embedding == mm.Hashed(4, 300, (1, 2), learning_rate=0.1)
    assert "none: n-grams of 1-2 tokens in 300 buckets" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "--network rnn",
            "--recipe must be one of auto, bag, fasttext, few-labels, flatten, average, conv, recurrent, got 'rnn'",
        ),
        ("--network flatten --units 3", "--units requires the recipe recurrent, got flatten"),
        ("--network flatten --pooling max", "--pooling requires the recipe average, conv or recurrent, got flatten"),
        ("--network conv --ngrams 1-2", "ngrams of several lengths need the network Average"),
        ("--network conv --widths 200", "widest window, 200, got 100"),
        ("--class-weight even", 'class_weight must be "balanced"'),
        ("--series --validation 30", "--validation must be a share from 0 to below 1 for series, got 30"),
        ("--series --regression --class-weight balanced", "--class-weight has no effect with --regression"),
        ("--series", "there must be a numeric column besides label, id and time"),
    ],
)
def test_options_that_do_not_fit_are_one_line(options, message, reviews, tmp_path, capfd):
    assert run(["train", str(reviews), "-o", str(tmp_path / "m.malmoi"), *options.split()]) == 2
    error = capfd.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "m.malmoi").exists()


def test_a_checkpoint_is_gone_on_from(reviews, tmp_path, capfd):
    def train(epochs, name, *more):
        options = ["--epochs", str(epochs), "--length", "4", "--vocabulary", "50", "--dimension", "4", *more]
        assert run(["train", str(reviews), "-o", str(tmp_path / name), *options]) == 0
        return (tmp_path / name).read_bytes()

    state = ["--checkpoint", str(tmp_path / "state")]
    train(2, "two.malmoi", *state)
    assert train(4, "on.malmoi", *state) == train(4, "whole.malmoi")
    (tmp_path / "state").write_bytes(b"no")
    assert run(["train", str(reviews), "-o", str(tmp_path / "x.malmoi"), *state]) == 2
    assert "is not a checkpoint, or is damaged" in capfd.readouterr().err


def test_a_table_of_numbers_is_learned_and_answered(wide, tmp_path, capfd):
    output = tmp_path / "m.malmoi"
    options = ["--series", "--network", "conv", "--widths", "2", "--epochs", "3"]
    assert run(["train", str(wide), "-o", str(output), *options]) == 0
    printed = capfd.readouterr().out
    assert "60 of 6 steps, 1 feature" in printed
    assert "majority class" in printed
    assert run(["predict", str(output), str(wide), "--format", "jsonl"]) == 0
    answers = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert len(answers) == 60
    assert set(answers[0]["probabilities"]) == {"down", "up"}
    assert run(["predict", str(output), "-"]) == 2
    assert "DATA must be the file of a table for a model of series" in capfd.readouterr().err


def test_rows_of_one_id_are_a_series_and_numbers_are_answered(tmp_path, capfd):
    ids = np.repeat(["a", "b", "c", "d", "e", "f"], [3, 4, 5, 3, 4, 5])
    table = pl.DataFrame({"who": ids, "x": RANDOM.normal(size=24), "y": np.repeat(np.arange(6.0), [3, 4, 5, 3, 4, 5])})
    table.write_parquet(tmp_path / "long.parquet")
    data, output = str(tmp_path / "long.parquet"), tmp_path / "m.malmoi"
    series = ["--series", "--regression", "--id-column", "who", "--network", "average", "--epochs", "2"]
    assert run(["train", data, "-o", str(output), *series]) == 0
    assert "mean absolute error" in capfd.readouterr().out
    for kind, read in (("csv", pl.read_csv), ("parquet", pl.read_parquet), ("jsonl", pl.read_ndjson)):
        answers = tmp_path / f"answers.{kind}"
        assert run(["predict", str(output), data, "--id-column", "who", "-o", str(answers)]) == 0
        assert read(answers).columns == ["who", "number"]
        assert read(answers)["who"].to_list() == list("abcdef")


def test_features_are_found_by_their_names(tmp_path, capfd):
    days = [date(2026, 1, 1 + place // 3) for place in range(24)]
    numbers = {"x": RANDOM.normal(size=24), "z": RANDOM.normal(size=24) + 9, "sort": ["p", "p", "p", "q", "q", "q"] * 4}
    data, other, output = tmp_path / "long.parquet", tmp_path / "other.parquet", tmp_path / "m.malmoi"
    pl.DataFrame({"day": days, **numbers}).write_parquet(data)
    pl.DataFrame({"more": "text", "z": numbers["z"], "day": days, "x": numbers["x"]}).write_parquet(other)
    options = ["--series", "--id-column", "day", "--label-column", "sort", "--network", "average", "--epochs", "1"]
    assert run(["train", str(data), "-o", str(output), *options]) == 0
    assert mm.load(output).feature_names_in_.tolist() == ["x", "z"]
    assert run(["info", str(output)]) == 0
    assert "x, z" in capfd.readouterr().out
    for kind in ("csv", "jsonl"):
        printed = []
        for file in (data, other):
            assert run(["predict", str(output), str(file), "--id-column", "day", "--format", kind]) == 0
            printed.append(capfd.readouterr().out)
        assert printed[0] == printed[1]
        assert "2026-01-08" in printed[0]
    for table, options, message in [
        (other, [], "on a long table with the columns ['x', 'z']; set the column that identifies the series"),
        (other.with_name("a.csv"), ["--id-column", "who"], "no column is called 'z'; the columns are ['who', 'x']"),
        (other.with_name("b.csv"), ["--id-column", "label"], "the predictions already have a column 'label'"),
    ]:
        (tmp_path / "a.csv").write_text("who,x\n1,2\n")
        (tmp_path / "b.csv").write_text("label,z,x\n1,2,3\n")
        assert run(["predict", str(output), str(table), *options]) == 2
        assert message in capfd.readouterr().err


def test_a_column_of_labels_is_left_out_of_what_is_answered(tmp_path, capfd):
    data, output = tmp_path / "wide.csv", tmp_path / "m.malmoi"
    data.write_text("cost,a,b\n" + "".join(f"{place},{place % 5},{place % 3}\n" for place in range(12)))
    options = ["--label-column", "cost"]
    train = ["train", str(data), "--series", "--regression", "--network", "flatten", "--epochs", "1", "-o", str(output)]
    assert run([*train, *options]) == 0
    capfd.readouterr()
    assert run(["predict", str(output), str(data), *options]) == 0
    assert len(capfd.readouterr().out.splitlines()) == 13
    assert run(["predict", str(output), str(data)]) == 0  # the steps are found by the names of their columns
    assert "columns that the model was not trained on are ignored: 'cost'" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("a,b\n1,2\n", [], "no column is called label, class, target, y"),
        ("label,b\nx,2\ny,\n", [], "a series must have a number, got none in line 3"),
        ("label\nx\n", [], "there must be a numeric column besides label, id and time"),
        ("label,b\nx,2\n", ["--id-column", "who"], "no column is called 'who'"),
        ("label,who,b\nx,1,2\ny,1,3\n", ["--id-column", "who"], "series 1 must have one label, got 'x' in line 2 and"),
        ("label,b\nx,2\nx,3\n", [], "labels must have 2 classes or more, got only 'x'"),
    ],
)
def test_tables_that_cannot_be_used_are_one_line(content, options, message, tmp_path, capfd):
    (tmp_path / "t.csv").write_text(content)
    assert run(["train", str(tmp_path / "t.csv"), "--series", "-o", str(tmp_path / "m.malmoi"), *options]) == 2
    error = capfd.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_trial_that_fails_is_told(tmp_path, monkeypatch):
    pytest.importorskip("optuna")

    def diverge(*arguments, **options):
        raise mm.MalmoiError("the loss is nan")

    monkeypatch.setattr("malmoi.experiments.tune.fit_parts", diverge)
    parts, told = cut_up(mm.Corpus(["so good", "so bad"] * 20, ["pos", "neg"] * 20)), []
    with pytest.raises(
        mm.MalmoiError, match="no trial finished within the time limit; the first one failed: the loss is nan"
    ):
        tune(parts, tmp_path / "s.sqlite", trials=2, seed=3, on_trial=told.append)
    assert [(one.command, one.failure, one.score, one.seed) for one in told] == [
        ("tune", "the loss is nan", None, 3)
    ] * 2
    assert told[0].training_samples + told[0].validation_samples == 40


def test_a_search_prints_the_command_that_trains_the_best(reviews, tmp_path, capfd):
    pytest.importorskip("optuna")
    study = tmp_path / "s.sqlite"
    # Of this seed the first recipes are quick ones.
    runs = tmp_path / "runs.db"
    command = ["tune", str(reviews), "--study", str(study), "--runs", str(runs), "--minutes", "5", "--seed", "5"]
    assert run([*command, "--trials", "1"]) == 0
    capfd.readouterr()
    assert run([*command, "--trials", "1"]) == 0
    printed = capfd.readouterr().out
    assert "2, 1 of them in this call" in printed
    best = ["train", *printed.split("malmoi train ")[-1].split()]
    assert best[:2] == ["train", str(reviews)]
    best[best.index("-o") + 1] = str(tmp_path / "best.malmoi")
    assert run(best) == 0
    found = float(printed.split("best validation accuracy")[1].split("%")[0])
    kept = mm.load(tmp_path / "best.malmoi").history_.kept
    assert round(100 * kept.validation_accuracy, 1) == found
    output = tmp_path / "all.malmoi"
    assert run([*command, "--trials", "1", "-o", str(output)]) == 0
    assert "labelled texts, after the search" in capfd.readouterr().out
    assert mm.load(output).facts_.validation_samples == 0
    *trials, last = RunsFile.open(runs).select(order="oldest")
    assert [(one.command, one.data, one.seed) for one in trials] == [("tune", str(reviews), 5)] * 3
    assert round(100 * max(one.score for one in trials), 1) >= found
    assert all(one.history and one.low < one.score <= one.high for one in trials)
    assert (last.output, last.validation_samples, last.score) == (str(output), 0, None)
    assert last.training_samples == trials[0].training_samples + trials[0].validation_samples
    assert run([*command, "--no-refit"]) == 2
    assert "--no-refit has no effect without --output" in capfd.readouterr().err
    assert run([*command[:-1], "1"]) == 2
    assert "is of a search with other data or options" in capfd.readouterr().err
    study.write_bytes(b"no database, but long enough to look like something" * 99)
    assert run(command) == 2
    assert "is not a file of a search, or is damaged" in capfd.readouterr().err
    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("create table t (x)")
    for option, message in (("--minutes", "--minutes must be above 0"), ("--trials", "--trials must be 1 or more")):
        assert run(["tune", str(reviews), option, "0"]) == 2
        assert message in capfd.readouterr().err
