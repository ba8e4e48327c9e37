"""Options of the command line: made from settings, with their defaults; what has no effect is refused."""

import json

import numpy as np
import pytest

import malmoi as mm
from malmoi.cli import (
    forecast_options,
    learning_curve,
    runs,
    series,
    series_reading,
    train,
    tune,
    vectorize,
    vectors,
    vectors_train,
)
from malmoi.cli.commands import COMMANDS, make_app, run
from malmoi.cli.options import Option
from malmoi.cli.reading import CARRYING, LABELLED, UNLABELLED, RejectOptions
from malmoi.cli.recipes import command_words
from malmoi.data.readers import ReadSettings
from malmoi.data.series_tables import read_series
from malmoi.experiments.kinds import RECIPES, recipe_table
from malmoi.experiments.runs_file import RunFilter
from malmoi.experiments.settings import settings_of
from malmoi.experiments.splitting import cut_up
from messages import without_reading

pytest.importorskip("keras")
LINES = [f"{word} film {number},{label}" for number in range(10) for word, label in (("good", "pos"), ("bad", "neg"))]
FAST = ["--epochs", "1", "--max-length", "4", "--dimension", "2", "--max-tokens", "50"]


@pytest.fixture
def reviews(tmp_path):
    (tmp_path / "reviews.csv").write_text("text,label\n" + "\n".join(LINES) + "\n")
    return tmp_path / "reviews.csv"


@pytest.fixture
def numbers(tmp_path):
    rows = np.random.default_rng(0).normal(size=(20, 4)).round(3)
    lines = [",".join(map(str, [label, *row])) for label, row in zip(["a", "b"] * 10, rows, strict=True)]
    (tmp_path / "numbers.csv").write_text("label,s,t,u,v\n" + "\n".join(lines) + "\n")
    return tmp_path / "numbers.csv"


def mistake(capsys, *arguments):
    capsys.readouterr()
    assert run([str(argument) for argument in arguments]) == 2
    lines = without_reading(capsys.readouterr().err)
    assert len(lines) == 1, lines
    return lines[0]


def every_group():
    """Groups of options of all commands, each with where its settings are declared."""
    texts = [
        kind.estimator_class()
        for task in ("classification", "regression")
        for kind in recipe_table("texts", task).values()
    ]
    tables = [
        kind.estimator_class()
        for task in ("classification", "regression")
        for kind in recipe_table("series", task).values()
    ]
    yield "train: recipe", train.RECIPE, texts
    yield "train: parts", train.PARTS, [cut_up]
    yield "train: reading", LABELLED, [ReadSettings, RejectOptions]
    yield "series train: recipe", series.RECIPE, tables
    yield "series train: measuring", series.MEASURING, [mm.run]
    yield "series train: columns", series_reading.TRAIN_COLUMNS, [read_series]
    yield "series predict: columns", series_reading.PREDICT_COLUMNS, [read_series]
    yield "series evaluate: columns", series_reading.EVALUATE_COLUMNS, [read_series]
    yield "series forecast", forecast_options.FORECASTER, [mm.Forecaster]
    yield "series forecast: backtest", forecast_options.BACKTEST, [mm.backtest]
    yield "tune: search", tune.SEARCH, [tune.tune]
    yield "runs: filter", runs.FILTER, [RunFilter]
    yield "learning-curve: measuring", learning_curve.MEASURING, [mm.learning_curve]
    yield "vectorize", vectorize.OPTIONS, list(vectorize.KINDS.values())
    yield "vectorize: reading", UNLABELLED, [ReadSettings, RejectOptions]
    yield "predict: reading", CARRYING, [ReadSettings, RejectOptions]
    yield "vectors train", vectors_train.GLOVE, [mm.WordVectors.train]
    yield "vectors train: writing", vectors_train.WRITING, [mm.WordVectors.convert]
    yield "vectors convert", vectors.CONVERTING, [mm.WordVectors.convert]
    yield "vectors coverage", vectors.COUNTING, [mm.SequenceVectorizer]
    yield "vectors map", vectors.MAPPING, [mm.word_map]
    yield "vectors evaluate", vectors.SCORING, [mm.evaluate_vectors]


GROUPS = list(every_group())


def python_default(source, name):
    """The default that Python's own signature has."""
    import inspect

    function = source.__init__ if isinstance(source, type) else source
    return inspect.signature(function).parameters[name].default


@pytest.mark.parametrize(("name", "group", "sources"), GROUPS, ids=[name for name, *_ in GROUPS])
def test_every_default_is_pythons(name, group, sources):
    assert group
    for path, option in group.items():
        if "." in path:  # a field of a network or of an embedding, see the next test
            continue
        defaults = {repr(python_default(one, path)) for one in sources if path in settings_of(one)}
        assert repr(option.setting.default) in defaults
        assert (len(defaults) > 1) == option.default.startswith("by ")


@pytest.mark.parametrize("key", RECIPES, ids=str)
def test_a_recipe_without_settings_has_the_defaults_of_its_estimator(key):
    data, task = key
    for name, kind in recipe_table(data, task).items():
        estimator = mm.Recipe(name, {}, data, task).estimator()
        plain = kind.estimator_class()(**({} if kind.network is None else {"network": kind.network()}))
        assert estimator.get_params() == plain.get_params()


def test_options_not_given_leave_the_python_defaults(reviews, numbers, tmp_path):
    assert run(["train", str(reviews), "--recipe", "flatten", "-o", str(tmp_path / "t.malmoi")]) == 0
    loaded, expected = mm.load(tmp_path / "t.malmoi").get_params(), mm.EmbeddingClassifier().get_params()
    for name in ("tokens", "embedding"):  # chosen by the texts; kept without the file of the vectors
        loaded = {key: value for key, value in loaded.items() if not key.startswith(name)}
        expected = {key: value for key, value in expected.items() if not key.startswith(name)}
    assert loaded == expected
    assert run(["train", str(numbers), "--series", "-o", str(tmp_path / "s.malmoi")]) == 0
    assert mm.load(tmp_path / "s.malmoi").get_params() == mm.MiniRocketClassifier().get_params()


def test_every_option_has_a_help_a_panel_and_a_name_of_its_own():
    for _, group, _ in GROUPS:
        flags = [flag for option in group.values() for flag in option.flags]
        assert len(flags) == len(set(flags))
        for option in group.values():
            assert isinstance(option, Option)
            assert not option.help[0].islower() or ": " in option.help
            assert len(option.help) > 7, option
            assert option.panel


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, capsys):
    assert make_app([command])
    assert run([command, "--help"]) == 0
    printed = capsys.readouterr().out
    assert "Usage: malmoi" in printed
    assert "--help" in printed


def test_the_version_is_printed(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"malmoi {mm.__version__}\n"


def test_the_shell_can_complete(monkeypatch, capsys):
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    assert run(["--show-completion", "bash"]) == 0
    assert "_MALMOI_COMPLETE=complete_bash" in capsys.readouterr().out


# Recipes


def test_a_recipe_by_name_by_file_and_by_settings(reviews, tmp_path):
    options = ["--recipe", "conv", "--set", "network.filters=3", "--widths", "2", *FAST]
    assert run(["train", str(reviews), "-o", str(tmp_path / "a.malmoi"), *options]) == 0
    assert mm.load(tmp_path / "a.malmoi").network == mm.Conv(3, 2)
    settings = {"network.filters": 3, "network.widths": 2, "epochs": 1, "max_length": 4, "max_tokens": 50}
    recipe = mm.Recipe("conv", {**settings, "embedding.dimension": 2})
    recipe.write(tmp_path / "recipe.json")
    assert mm.Recipe.read(tmp_path / "recipe.json") == recipe
    file = ["--recipe-file", str(tmp_path / "recipe.json")]
    assert run(["train", str(reviews), "-o", str(tmp_path / "b.malmoi"), *file]) == 0
    assert (tmp_path / "a.malmoi").read_bytes() == (tmp_path / "b.malmoi").read_bytes()
    assert run(["train", str(reviews), "-o", str(tmp_path / "c.malmoi"), *file, "--filters", "5"]) == 0
    assert mm.load(tmp_path / "c.malmoi").network == mm.Conv(5, 2)


def test_a_recipe_file_of_another_recipe_is_refused(reviews, tmp_path, capsys):
    path = mm.Recipe("conv", {"network.filters": 3}).write(tmp_path / "recipe.json")
    line = mistake(capsys, "train", reviews, "-o", tmp_path / "m.malmoi", "--recipe-file", path, "--recipe", "average")
    assert "--recipe average is not the recipe of" in line
    assert "recipe.json, conv; leave one of them out" in line


def test_a_recipe_is_said_as_options(reviews, tmp_path):
    settings = {"max_tokens": None, "network.widths": [2, 3], "embedding.ngrams": [1, 1], "epochs": 3, "padding": "pre"}
    words = command_words(mm.Recipe("conv", {**settings, "embedding.trainable": True}), train.RECIPE)
    assert words == [
        "--recipe",
        "conv",
        *["--max-tokens", "none", "--widths", "2", "--widths", "3", "--epochs", "3", "--trainable"],
    ]


def test_none_stands_for_no_limit(reviews, tmp_path):
    options = ["--max-tokens", "none", "--epochs", "1", "--max-length", "4", "--dimension", "2"]
    assert run(["train", str(reviews), "-o", str(tmp_path / "m.malmoi"), *options]) == 0
    assert mm.load(tmp_path / "m.malmoi").max_tokens is None


def test_names_of_before_set_the_same(reviews, tmp_path):
    old = ["--vocabulary", "50", "--length", "4", "--network", "average", "--embedding-rate", "0.1"]
    new = ["--max-tokens", "50", "--max-length", "4", "--recipe", "average", "--embedding-learning-rate", "0.1"]
    files = []
    for name, options in (("old", old), ("new", new)):
        command = ["train", str(reviews), "-o", str(tmp_path / f"{name}.malmoi"), "--epochs", "1", "--dimension", "2"]
        assert run([*command, *options]) == 0
        files.append((tmp_path / f"{name}.malmoi").read_bytes())
    assert files[0] == files[1]


def test_series_have_commands_of_their_own(numbers, tmp_path, capsys):
    output = tmp_path / "m.malmoi"
    options = ["--recipe", "average", "--epochs", "2", "--normalize", "none", "--no-examples"]
    assert run(["series", "train", str(numbers), "-o", str(output), *options]) == 0
    assert "20 of 4 steps, 1 feature" in capsys.readouterr().out
    model = mm.load(output, verify=True)
    assert (model.network, model.normalize, model.examples_) == (mm.Average(), None, [])
    assert run(["series", "predict", str(output), str(numbers)]) == 0
    assert capsys.readouterr().out.startswith("label,probability_a,probability_b\n")


def test_no_examples_keeps_none(reviews, tmp_path):
    assert run(["train", str(reviews), "-o", str(tmp_path / "m.malmoi"), "--no-examples", *FAST]) == 0
    assert mm.load(tmp_path / "m.malmoi", verify=True).examples_ == []


def test_findings_speak_korean(reviews, tmp_path, capsys):
    command = ["train", str(reviews), "-o", str(tmp_path / "m.malmoi"), *FAST, "--language", "ko"]
    assert run(command) == 0
    errors = capsys.readouterr().err
    assert "경고: 검증 샘플이 4개뿐이어서" in errors
    assert "warning" not in errors
    assert "--language must be en or ko, got 'fr'" in mistake(capsys, *command[:-1], "fr", "--force")


def test_ids_stand_before_the_predictions(reviews, tmp_path, capsys):
    assert run(["train", str(reviews), "-o", str(tmp_path / "m.malmoi"), *FAST]) == 0
    (tmp_path / "new.csv").write_text("who,text\nx1,good film\nx2,bad film\n")
    capsys.readouterr()
    command = ["predict", str(tmp_path / "m.malmoi"), str(tmp_path / "new.csv"), "--id-column", "who"]
    assert run([*command, "--with-text"]) == 0
    rows = [line.split(",")[:2] for line in capsys.readouterr().out.splitlines()]
    assert rows == [["who", "text"], ["x1", "good film"], ["x2", "bad film"]]
    assert run([*command, "--format", "jsonl"]) == 0
    assert [json.loads(line)["who"] for line in capsys.readouterr().out.splitlines()] == ["x1", "x2"]


# What has no effect, and what cannot be


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--id-column", "x"], "--id-column has no effect on texts; leave it out, or use malmoi series train"),
        (["--missing", "indicate"], "--missing has no effect on texts"),
        (["--regression"], "--regression has no effect on texts"),
        (["--series", "--max-length", "5"], "--max-length has no effect on classification of series; leave it out"),
        (["--series", "--vectors", "x.txt"], "--vectors has no effect on classification of series"),
        (["--series", "--tokens", "words"], "--tokens has no effect on classification of series"),
        (["--series", "--balanced"], "--balanced has no effect on series; leave it out"),
        (["--series", "--text-column", "x"], "--text-column has no effect on series"),
        (["--series", "--encoding", "utf-8"], "--encoding has no effect on series"),
        (["--frozen"], "--trainable needs --vectors; learned vectors are always trained"),
        (["--buckets", "9", "--trainable"], "--trainable needs a learned or pretrained embedding, got a hashed one"),
        (["--embedding", "hased"], "--embedding must be one of learned, hashed, pretrained, got 'hased'; did you mean"),
        (["--epochs", "3", "--epochs", "4"], "--epochs must be given once, got two values for it"),
        (["--length", "3", "--max-length", "4"], "--max-length must be given once"),
        (["--epochs", "3", "--set", "epochs=4"], "epochs must have one value, got 3 and 4"),
        (["--set", "epochs=3", "--set", "epochs=4"], "epochs must have one value, got 3 and 4"),
        (["--set", "epochs"], "--set must be NAME=VALUE, such as epochs=5, got 'epochs'"),
        (["--set", "epohcs=3"], "got 'epohcs'; did you mean 'epochs'?"),
        (["--set", "network.filters=0"], "filters must be 1 or more, got 0"),
        (["--set", "epochs=many"], "epochs must be a whole number"),
        (["--set", "epochs=0"], "epochs must be 1 or more, got 0"),
        (
            ["--recipe", "cnov"],
            "must be one of auto, bag, fasttext, few-labels, flatten, average, conv, recurrent, got 'cnov'; did you ",
        ),
        (["--max-tokens", "many"], "max_tokens must be a whole number, or none, got 'many'"),
    ],
)
def test_options_without_effect_are_refused(reviews, tmp_path, capsys, options, message):
    assert message in mistake(capsys, "train", reviews, "-o", tmp_path / "m.malmoi", *options)
    assert not (tmp_path / "m.malmoi").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--as", "hashed", "--min-count", "2"], "--min-count needs --as bag or ids, got hashed"),
        (["--as", "ids", "--ngrams", "1-2"], "--ngrams needs --as bag or hashed, got ids"),
        (["--as", "bag", "--buckets", "9"], "--buckets needs --as hashed, got bag"),
        (["--as", "hashed", "--vocabulary", "v.jsonl"], "--vocabulary has no effect with --as hashed"),
        (["--tokens", "words", "--pattern", "x"], "--tokens and --pattern must not be given together"),
        (["--seed", "1", "--seed", "2"], "--seed must be given once"),
    ],
)
def test_options_of_vectorize_without_effect_are_refused(tmp_path, capsys, options, message):
    (tmp_path / "in.txt").write_text("a b\n")
    assert message in mistake(capsys, "vectorize", tmp_path / "in.txt", "-o", tmp_path / "o.npz", *options)
    assert "--compress needs an .npz output" in mistake(
        capsys, "vectorize", tmp_path / "in.txt", "-o", tmp_path / "o.jsonl", "--compress"
    )


def test_options_of_predict_without_effect_are_refused(reviews, numbers, tmp_path, capsys):
    assert run(["train", str(reviews), "-o", str(tmp_path / "t.malmoi"), *FAST]) == 0
    assert run(["series", "train", str(numbers), "-o", str(tmp_path / "s.malmoi"), "--epochs", "1"]) == 0
    texts, table = [tmp_path / "t.malmoi", reviews], [tmp_path / "s.malmoi", numbers]
    assert "--label-column has no effect on texts" in mistake(capsys, "predict", *texts, "--label-column", "label")
    assert "--encoding has no effect on series" in mistake(capsys, "predict", *table, "--encoding", "latin-1")
    assert "--text-column has no effect on series" in mistake(capsys, "predict", *table, "--text-column", "x")
    assert "--id-column has no effect on lines" in mistake(capsys, "predict", texts[0], "-", "--id-column", "x")
    assert "id_column must be a column of the file, got 'x'" in mistake(capsys, "predict", *texts, "--id-column", "x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "a recipe must be valid JSON"),
        ("[1]", 'a recipe must be an object with the name in "recipe", got [1]'),
        ('{"format": 2, "recipe": "conv"}', "has format 2, this version reads up to 1; upgrade malmoi"),
        ('{"recipe": "conv", "settings": {"epochs": "five"}}', "epochs must be a whole number, got 'five'"),
        ('{"recipe": "conv", "settings": {"epochs": 5, "epochs": 6}}', "epochs must have one value, got two: 5 and 6"),
        (
            '{"recipe": "conv", "settings": {"network": {"filters": 5}, "network.filters": 6}}',
            "network.filters must have one value, got two: 5 and 6",
        ),
        ('{"recipe": "conv", "settings": {"epoch": 5}}', "got 'epoch'; did you mean 'epochs'?"),
        (
            '{"recipe": "conv", "setings": {}}',
            "a field of a recipe must be one of format, data, task, recipe",
        ),
        (
            '{"recipe": "cnov"}',
            "recipe must be one of auto, bag, fasttext, few-labels, flatten, average, conv, recurrent, got 'cnov'; did",
        ),
        ('{"recipe": "conv", "data": "sounds"}', "data must be one of texts, series, got 'sounds'"),
        ('{"recipe": "conv", "task": "regression"}', "recipe must be one of bag, got 'conv'"),
        ('{"recipe": "conv", "settings": 3}', "settings must be an object, got 3"),
        (
            '{"recipe": "conv", "data": "series"}',
            "is a recipe for classification of series, not for",
        ),
    ],
)
def test_recipe_files_that_cannot_be_used(reviews, tmp_path, capsys, content, message):
    path = tmp_path / "recipe.json"
    path.write_text(content)
    line = mistake(capsys, "train", reviews, "-o", tmp_path / "m.malmoi", "--recipe-file", path)
    assert message in line
    assert "recipe.json" in line


def test_recipes_are_data():
    recipe = mm.Recipe("average", {"tokens": {"kind": "Words", "lowercase": False}, "embedding.ngrams": [1, 2]})
    assert mm.Recipe.from_json(recipe.to_json()) == recipe
    estimator = recipe.estimator()
    assert (estimator.tokens, estimator.embedding) == (mm.Words(lowercase=False), mm.Hashed(ngrams=(1, 2)))
    assert recipe.with_settings({"epochs": 3}).estimator().epochs == 3
    nested = mm.Recipe.from_json('{"recipe": "conv", "settings": {"network": {"filters": 7}}}')
    assert nested == mm.Recipe("conv", {"network.filters": 7})
    with pytest.raises(TypeError, match=r"embedding\.dimension must be a whole number, got 2\.5"):
        mm.Recipe("conv", {"embedding.dimension": 2.5})
    with pytest.raises(ValueError, match="epochs must be 1 or more, got 0"):
        mm.Recipe("conv", {"epochs": 0}).estimator()
    with pytest.raises(mm.DataError, match="cannot be read: No such file"):
        mm.Recipe.read("nowhere.json")


def test_numbers_of_words_have_the_defaults_of_python():
    pairs = [
        (vectors.nearest, mm.WordVectors.nearest),
        (vectors.analogy, mm.WordVectors.analogy),
        (vectors._map, mm.word_map),
    ]
    for command, function in pairs:
        assert python_default(command, "n") == python_default(function, "n")
    assert python_default(vectors.info, "encoding") == python_default(mm.WordVectors.open, "encoding")
