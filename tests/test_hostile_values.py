"""Values that are too large, too deep or do not fit: one line each, before any work."""

import json
import tracemalloc

import pytest

import malmoi as mm
from malmoi import BagClassifier, BagRegressor, DataError, FormatError, MalmoiError, Pattern, Recipe
from malmoi.cli.commands import run
from malmoi.experiments.run_record import RunRecord
from malmoi.experiments.runs_file import RunsFile
from malmoi.experiments.splitting import cut_up
from malmoi.foundation.json_values import parsed_json
from malmoi.keras.datasets.imdb import get_word_index
from malmoi.keras.preprocessing.text import tokenizer_from_json
from malmoi.models.state import State
from malmoi.models.task import task_from_state
from messages import without_reading

DEEP = "[" * 100_000
TEXTS = ["good film", "bad film"] * 4


def test_json_that_is_too_deep_is_a_mistake(tmp_path):
    with pytest.raises(ValueError, match="JSON must be less deeply nested"):
        parsed_json(DEEP)
    with pytest.raises(ValueError, match="json_string must contain a tokenizer"):
        tokenizer_from_json(DEEP)
    (tmp_path / "index.json").write_text(DEEP)
    with pytest.raises(DataError, match=r"index\.json must be valid JSON"):
        get_word_index(tmp_path / "index.json")
    with pytest.raises(DataError, match="a recipe must be valid JSON"):
        Recipe.from_json(DEEP)


def test_runs_with_json_that_is_too_deep_are_shown(tmp_path, capsys):
    path = tmp_path / "runs.db"
    runs = RunsFile.open(path)
    for recipe in (DEEP, '{"settings": {}}'):
        when = "2026-11-27T08:30:00Z"
        runs.add(RunRecord("train", "bag", recipe, "d.csv", 0, 8, 2, "accuracy", 0.9, 1.5, when, "0", history=DEEP))
    for words in (["list", "--json"], ["show", "1"], ["show", "1", "--json"], ["compare", "1", "2"]):
        assert run(["runs", *words, "--runs", str(path)]) == 0
    assert capsys.readouterr().err.count("\n") <= 4


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ({"format": True}, DataError, "r: format must be a whole number from 1 to 1, got True"),
        ({"format": -1}, DataError, "r: format must be a whole number from 1 to 1, got -1"),
        ({"format": "x"}, DataError, "r: format must be a whole number from 1 to 1, got 'x'"),
        ({"format": 2}, FormatError, "r has format 2, this version reads up to 1"),
        ({"settings": {"qqq": {}}}, DataError, "qqq"),
        ({"settings": {"network": {"qqq": {}}}}, DataError, r"network\.qqq"),
    ],
)
def test_recipes_with_odd_fields_are_refused(content, error, message):
    with pytest.raises(error, match=message):
        Recipe.from_json(json.dumps({"recipe": "bag", **content}), place="r")


def test_class_weights_that_fit_no_label_are_one_line(tmp_path, capsys):
    with pytest.raises(MalmoiError, match=r"class_weight must have the classes as keys, \['neg', 'pos'\], got 'odd'"):
        BagClassifier(class_weight={"odd": 1.0}).fit(TEXTS, ["pos", "neg"] * 4)
    data, recipe = tmp_path / "data.csv", tmp_path / "r.json"
    data.write_text("text,label\n" + "".join(f"good film {n},pos\nbad film {n},neg\n" for n in range(20)))
    recipe.write_text(Recipe("bag", {"class_weight": {"odd": 1.0}}).to_json())
    for words in (
        ["train", "--recipe-file", recipe, "-o", tmp_path / "m.malmoi"],
        ["learning-curve", "--recipes", recipe, "--labels", "16"],
    ):
        assert run([str(word) for word in (words[0], data, *words[1:])]) == 2
        lines = without_reading(capsys.readouterr().err)
        assert "class_weight must have the classes as keys" in lines[-1]
        assert "Traceback" not in "".join(lines)


def peak_megabytes(call, error, message):
    tracemalloc.start()
    try:
        with pytest.raises(error, match=message):
            call()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def test_long_labels_are_refused_before_they_are_an_array():
    long = ["\u1100\u1161" * 10**6, "e\u0301" * 10**6] * 4
    assert (
        peak_megabytes(
            lambda: BagClassifier().fit(TEXTS, long), DataError, r"labels\[0\] must be a str of at most 1000"
        )
        < 12
    )
    assert peak_megabytes(lambda: BagRegressor().fit(TEXTS, long), TypeError, "y must be numbers") < 12
    fitted = BagRegressor().fit(TEXTS, [1.0, 2.0] * 4)
    evaluated = lambda: mm.evaluate(fitted, (TEXTS, long))  # noqa: E731
    assert peak_megabytes(evaluated, TypeError, "labels must be numbers") < 12


def test_classes_of_a_file_that_take_too_much_memory_are_refused():
    names = sorted(f"{number:06d}{'x' * (990 if number == 0 else 1)}" for number in range(100_000))
    state = State({"classes": {"kind": "str", "values": names, "form": "class"}}, {})
    with pytest.raises(ValueError, match="classes: the classes must take at most 256 MiB"):
        task_from_state(state)


def test_messages_show_the_bound_and_a_short_value(capsys):
    with pytest.raises(ValueError, match="pattern must be at most 65536 characters, got 3000000"):
        Pattern("a" * 3_000_000)
    with pytest.raises(ValueError, match=r"from 1 to 255, got 1000000000$"):
        BagClassifier(ngrams=(10**9, 10**9)).fit(TEXTS, ["pos", "neg"] * 4)
    corpus = mm.Corpus(TEXTS, ["pos", "neg"] * 4)
    with pytest.raises(ValueError, match=r"got 1e\+308 \(1e\+308 texts\); lower it"):
        cut_up(corpus, validation=1e308, seed=0)
    with pytest.raises(ValueError, match=r"labels 0x1.{50,60}\.\.\. and validation 2 must be at most 8 together"):
        cut_up(corpus, labels=16**5000, validation=2, seed=0)
    for words in (["compare", "d.csv", "--labels", "9" * 5_000], ["runs", "show", "\x1b[31m"]):
        assert run(words) == 2
        said = capsys.readouterr().err
        assert len(said) < 200
        assert said.isprintable() or said.count("\n") == 1
