"""What was given of options is read with the type that it must have, and passed on as arguments."""

from functools import partial
from typing import get_args

import pytest

from malmoi.cli.option_values import call_with, paths_of, several_of, value_of
from malmoi.cli.prediction_writers import FORMATS, PredictionFormat
from malmoi.data.readers import ReadSettings
from malmoi.data.readers.settings import OnError, Quoting
from malmoi.models.linear.settings import WEIGHTINGS, WeightingName


def test_a_value_has_its_kind_or_the_default():
    given = {"validation": 1, "seed": 3, "vectors": None, "tokens": "words"}
    assert value_of(given, "validation", float) == 1.0
    assert type(value_of(given, "validation", float)) is float
    assert (value_of(given, "seed", int, 0), value_of(given, "tokens", str, "auto")) == (3, "words")
    assert (value_of({}, "seed", int, 0), value_of({}, "trials", int), value_of(given, "vectors", str)) == (
        0,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("value", "kind", "default"), [("3", int, 0), (1.5, int, 0), (True, float, 0.2), (None, float, 0.2), ([], str, "")]
)
def test_a_value_of_another_kind_is_refused(value, kind, default):
    with pytest.raises(TypeError, match=f"^seed must be a {kind.__name__}, got "):
        value_of({"seed": value}, "seed", kind, default)


def test_several_texts_are_a_tuple():
    assert several_of({"keep": ["a", "b"]}, "keep") == several_of({"keep": ("a", "b")}, "keep") == ("a", "b")
    assert several_of({}, "keep") == ()


@pytest.mark.parametrize("value", ["a", ["a", 1], 1, None])
def test_what_is_no_list_of_texts_is_refused(value):
    with pytest.raises(TypeError, match=r"^keep must be a list of str, got "):
        several_of({"keep": value}, "keep")


def test_paths_are_those_that_were_given(tmp_path):
    given = {"output": str(tmp_path / "a.csv"), "picture": tmp_path / "a.png", "seed": 1}
    assert paths_of(given, ("output", "picture", "save")) == {
        "output": tmp_path / "a.csv",
        "picture": tmp_path / "a.png",
    }
    with pytest.raises(TypeError, match=r"^seed must be a path, got 1$"):
        paths_of(given, ("seed",))


def test_what_was_given_is_passed_on_beside_other_arguments():
    assert call_with(partial(dict, a=1), {"b": 2}) == {"a": 1, "b": 2}
    with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
        call_with(ReadSettings, {"nothing": 1})


def test_types_list_what_is_accepted():
    assert get_args(PredictionFormat) == FORMATS
    assert get_args(WeightingName) == tuple(WEIGHTINGS)
    for name, kind in (("quoting", Quoting), ("on_error", OnError)):
        for value in get_args(kind):
            ReadSettings(**{name: value})
        with pytest.raises(ValueError, match=f"^{name} must be "):
            ReadSettings(**{name: "others"})
