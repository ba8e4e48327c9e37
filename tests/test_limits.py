"""Bounds of settings, of estimators and of files: what no machine can hold is refused before any work."""

import json
import re
import time
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.foundation.limits import LIMITS, check_limit, check_prediction, most
from malmoi.foundation.validation import shorten
from malmoi.models.neural.networks import Plan, sample_bytes
from malmoi.models.schema import check_finite
from malmoi.persistence import load_fitted, read_header
from small_models import KINDS, small_model, text_network, written

HOSTILE = Path(__file__).parents[2] / "shared" / "cases" / "hostile"
MANY_NAMES = b"{" + b",".join(b'"n%d":0' % number for number in range(200_000)) + b',"n199999":1}'
"""A search for the repeated name that takes time with the square of their number would not end."""
WORKING = ("classes_escape", "classes_formula")
"""Cases whose files are sound: what is printed of them is escaped, as tests of the output show."""
HUGE = [10**6 + 1, 2**24 + 1, 10**9, 2**31, 2**53, 2**63, 10**30, 10**5_000]


def changed(model, /, **parts):
    """The header of a small model with other values in its parts, and its arrays."""
    header, arrays = small_model(model)
    header = json.loads(json.dumps(header))
    for name, values in parts.items():
        header[name] = {**header[name], **values} if isinstance(values, dict) else values
    return header, arrays


def wide_convolutions(dilation):
    """A MiniRocket model that fills up series to many steps, with a second, wide dilation."""
    header, arrays = changed("minirocket of numbers", preparation={"length": 2**24})
    twice = {
        name: np.concatenate([one, one], axis=-1)
        for name, one in arrays.items()
        if "conv" in name or "linear/w" in name
    }
    return header, {**arrays, **twice, "convolutions/dilations": np.array([1, dilation])}


def with_patterns(number, count):
    """A part of a few-label model with regular expressions of its own."""
    part = json.loads(json.dumps(small_model("few labels")[0]["parts"][number]))
    part["features"]["tokens"] = [{"kind": "Pattern", "pattern": f"a{number}b{one}"} for one in range(count)]
    return part


NETWORKS = {
    "a trillion layers": {"kind": "Recurrent", "cell": "simple", "units": 1, "layers": 10**12},
    "3,000 convolutions": {"kind": "Conv", "filters": 1, "widths": [1], "layers": 3000, "pooling": "max"},
    "3,000 hidden layers": {"kind": "Average", "hidden": [1] * 3000},
    "1,000 widths": {"kind": "Conv", "filters": 1, "widths": list(range(1, 1001))},
    "wide windows": {"kind": "Conv", "filters": 1, "widths": [10**6]},
    "later widths": {"kind": "Conv", "filters": 1, "widths": [1], "later_widths": [1] * 65},
    "many filters": {"kind": "Conv", "filters": 2**21, "widths": [1]},
    "many units": {"kind": "Recurrent", "units": 2**40},
    "a long stride": {"kind": "Recurrent", "units": 1, "stride": 2**40},
}
FILES = {
    **{
        name: (lambda network=network: text_network(network), "must be at most .*")
        for name, network in NETWORKS.items()
    },
    "a long text": (
        lambda: changed("text network", settings={"max_length": 5 * 10**7}),
        "max_length must be at most 1000000",
    ),
    "a text of sizes": (
        lambda: (
            {
                **text_network()[0],
                "embedding": {"kind": "Hashed", "dimension": 1, "buckets": 3, "ngrams": [1, 100], "seed": 0},
                "settings": {**text_network()[0]["settings"], "max_length": 10**6},
            },
            text_network()[1],
        ),
        "max_length times the number of n-gram sizes must be at most 1000000, got 100000000",
    ),
    "a long series": (lambda: changed("series network", length=2**63), "length must be at most 16777216"),
    "a huge embedding": (lambda: text_network(dimension=10**9), "dimension must be at most 65536"),
    "memory": (
        lambda: changed("text network", settings={"max_length": 10**6}, embedding={"dimension": 2**16}),
        "a prediction must need at most 1,073,741,824 bytes of memory, but this model needs .*; lower max_length",
    ),
    "filled-up series": (
        lambda: wide_convolutions(2**24),
        "a prediction must need at most 1,073,741,824 bytes of memory, .*; it pads series to too many steps",
    ),
    "a dilation beyond any series": (lambda: wide_convolutions(2**62), "dilations must be at most 16777216"),
    "many regular expressions": (
        lambda: changed("few labels", parts=[with_patterns(part, 4) for part in range(3)]),
        "parts must be at most 8 regular expressions, got 12",
    ),
    "no examples": (lambda: changed("series network", examples=[None]), r"examples\[0\] must be a list, found None"),
    "a text as number": (
        lambda: changed("series network", examples=[["x", 0.1, 0.2]]),
        r"\[0\] must be a number, found 'x'",
    ),
    "too few numbers": (
        lambda: changed("series network", examples=[[0.1]]),
        r"examples\[0\] must be a list of 3, found",
    ),
    "too many examples": (
        lambda: changed("series network", examples=[[0.1] * 3] * 2),
        "one entry for each of the 1 saved series",
    ),
    "half a character": (
        lambda: changed("text network", examples=[{"text": "\ud800", "probabilities": [0.5, 0.5]}]),
        r"lone surrogate, found one in examples\[0\].text",
    ),
    "an unknown name": (lambda: changed("bag", odd=1), "has the unknown 'odd'"),
    "another kind": (lambda: changed("bag", kind="BagRegressor"), "kind must be BagClassifier, found BagRegressor"),
    "an epoch without loss": (
        lambda: changed("text network", history=[{**text_network()[0]["history"][0], "loss": None}]),
        r"history\[0\].loss must be a number, found None",
    ),
    "an epoch without accuracy": (
        lambda: changed("text network", history=[{**text_network()[0]["history"][0], "accuracy": None}]),
        r"history\[0\] must have the loss and either accuracy or error",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_asks_for_too_much_is_refused_in_one_line(name, tmp_path, capsys):
    make, message = FILES[name]
    path = written(tmp_path / "m.malmoi", *make())
    start = time.process_time()
    with pytest.raises(mm.FormatError, match=message):
        load_fitted(path, verify=True)
    for words in (["info", "--verify", str(path)], ["predict", str(path), str(path)]):
        assert run(words) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert time.process_time() - start < 2


@pytest.mark.parametrize("folder", sorted(one.name for one in HOSTILE.glob("*") if (one / "m.malmoi").exists()))
def test_the_hostile_files_are_refused_in_one_line(folder, capsys):
    path = str(HOSTILE / folder / "m.malmoi")
    if folder in WORKING:
        assert run(["info", path]) == 0
        return
    for words in (["info", "--verify", path], ["predict", path, path], ["explain", path, "good"]):
        start = time.process_time()
        assert run(words) == 2
        assert time.process_time() - start < 2
        error = capsys.readouterr().err.strip()
        assert len(error.splitlines()) == 1
        assert error.startswith("malmoi: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"kind":"a","kind":"b"}', "its header must contain each name once, found 'kind' twice"),
        (MANY_NAMES, "its header must contain each name once, found 'n199999' twice"),
        (b'{"kind":NaN}', "its header must contain finite numbers, found NaN"),
        (b'{"kind":-Infinity}', "its header must contain finite numbers, found -Infinity"),
        (b'{"kind":1e999}', "its header must contain finite numbers, found '1e999'"),
        (b'{"kind":' + b"9" * 50 + b"}", "whole numbers of at most 20 digits"),
        (b'{"kind":' + b"[" * 40 + b"]" * 40 + b"}", "its header must have at most 32 levels of lists and objects"),
        (b"[" * 100_000, "its header is not JSON"),
        (b'{"a":[' + b"[]," * (2**20) + b"0]}", r"its header must have at most \d+ lists and objects"),
        (b'{"a":"\\ud800"}', "its header must not contain a lone surrogate, found one in a: "),
        (b'{"\\udfff":1}', "lone surrogate, found one in a name of the top level"),
        (b'{"kind":"\xff"}', "its header is not JSON"),
        (b'"' + b"a" * (2**25 + 99) + b'"', r"its header must have at most \d+ bytes with 16 bytes of weights"),
    ],
    ids=range(13),
)
def test_json_of_a_stranger_is_refused(content, message, tmp_path):
    path = written(tmp_path / "m.malmoi", content, {})
    with pytest.raises(mm.FormatError, match=message):
        read_header(path)


def tensors(table):
    raw = json.dumps(table).encode() if not isinstance(table, bytes) else table
    return len(raw).to_bytes(8, "little") + raw


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (b"", "their header must have at most 0 bytes, found 0"),
        ((2**63).to_bytes(8, "little"), "their header must have at most 0 bytes, found 9223372036854775808"),
        (tensors(b'{"a":{},"a":{}}'), "their header must contain each name once, found 'a' twice"),
        (tensors({"a": {"dtype": "BF16", "shape": [0], "data_offsets": [0, 0]}}), "'a' must be of BOOL, F16, F32"),
        (tensors({"a": {"dtype": "F32", "shape": [0, 2**40], "data_offsets": [0, 0]}}), "no axis above 1048576"),
        (tensors({"a": {"dtype": "F32", "shape": [1] * 9, "data_offsets": [0, 4]}}), "'a' must have at most 8 axes"),
        (
            tensors({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}),
            "its weights are not valid safetensors",
        ),
    ],
    ids=range(7),
)
def test_tensors_of_a_stranger_are_refused(weights, message, tmp_path):
    path = written(tmp_path / "m.malmoi", small_model("bag")[0], weights)
    with pytest.raises(mm.FormatError, match=message):
        load_fitted(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_a_number_that_is_not_finite_is_named_with_its_place(kind, value, tmp_path):
    header, arrays = small_model(kind)
    for name in [name for name, one in arrays.items() if one.dtype.kind == "f" and one.size]:
        if np.isnan(value) and re.match("example|tail", name):
            continue  # where a missing number may stand
        new = arrays[name].copy()
        new.reshape(-1)[-1] = value
        path = written(tmp_path / "m.malmoi", header, {**arrays, name: new})
        place = ", ".join(str(axis - 1) for axis in new.shape)
        with pytest.raises(mm.FormatError, match=re.escape(name) + rf" must be .*, found -?(nan|inf) at \[{place}\]"):
            load_fitted(path)


@given(st.integers(0, 3_000_000), st.sampled_from([np.nan, np.inf, -np.inf, 1e31]))
@settings(max_examples=10)
def test_a_number_that_is_not_finite_is_found_anywhere(place, value):
    array = np.zeros(3_000_001, np.float32)
    check_finite("a", array)
    array[place] = value
    with pytest.raises(ValueError, match=rf"a must be finite float32, at most 1e\+30, found .* at \[{place}\]"):
        check_finite("a", array)


SETTINGS = [
    ("layers", lambda value: mm.Recurrent(layers=value)),
    ("layers", lambda value: mm.Conv(layers=value)),
    ("units", lambda value: mm.Recurrent(units=2**21 + value)),
    ("stride", lambda value: mm.Recurrent(stride=value)),
    ("filters", lambda value: mm.Conv(filters=2**21 + value)),
    ("widths", lambda value: mm.Conv(widths=value)),
    ("widths", lambda value: mm.Conv(widths=tuple(range(1, 66)))),
    ("hidden", lambda value: mm.Flatten(hidden=[1] * min(value, 100))),
    ("hidden", lambda value: mm.Average(hidden=count(value))),
    ("dimension", lambda value: mm.Learned(dimension=value)),
    ("dimension", lambda value: mm.Hashed(dimension=value)),
    ("max_length", lambda value: mm.SequenceVectorizer(max_length=value).fit(["a"])),
    ("max_length", lambda value: mm.OneHotVectorizer(max_length=value).fit(["a"])),
    ("max_length", lambda value: mm.HashedOneHotVectorizer(max_length=value).transform(["a"])),
    ("max_length", lambda value: mm.HashedSequenceVectorizer(max_length=value).fit(["a"])),
    ("max_length", lambda value: mm.HashedSequenceVectorizer(ngrams=(1, 100), max_length=10**5).fit(["a"])),
    ("max_length", lambda value: mm.EmbeddingClassifier(max_length=value).fit(["a", "b"], [0, 1])),
    ("pattern", lambda value: mm.Pattern("a" * min(value, 10**6))),
]


@pytest.mark.parametrize(("name", "make"), SETTINGS, ids=range(len(SETTINGS)))
@given(value=st.sampled_from(HUGE))
@settings(max_examples=8)
def test_a_setting_above_its_bound_is_refused_at_once(name, make, value):
    start = time.process_time()
    with pytest.raises(ValueError, match=rf"{name} .*must be .*at most.*, got \S+"):
        make(value)
    assert time.process_time() - start < 1


def test_the_core_says_what_memory_rows_need():
    texts = ["a"] * 10**6
    for vectorizer in (
        mm.HashedSequenceVectorizer(mm.Whitespace(), max_length=10**6).fit(["a"]),
        mm.SequenceVectorizer(mm.Whitespace(), max_length=10**6).fit(["a"]),
    ):
        with pytest.raises(MemoryError, match="1000000 rows of 1000000 ids need 4000000000000 bytes; lower max_length"):
            vectorizer.transform(texts)


@given(
    st.sampled_from(["simple", "gru", "lstm"]),
    st.integers(1, 4),
    st.integers(1, 64),
    st.booleans(),
    st.integers(1, 3),
    st.integers(1, 5),
)
@settings(max_examples=30)
def test_parameters_of_recurrent_layers_are_those_of_each_layer(cell, units, layers, both, stride, dimension):
    network = mm.Recurrent(cell, units, layers, both, stride=stride)
    ways, before, total = 2 if both else 1, dimension, 0
    if stride > 1:
        total, before = (2 * stride * dimension + 1) * units + 4 * units, units
    for _ in range(layers):
        gates = {"simple": units * (before + units + 1), "gru": 3 * units * (before + units + 2)}
        total += ways * gates.get(cell, 4 * units * (before + units + 1))
        before = ways * units
    assert network.parameter_count(100, dimension, 1) == total + before + 1


@given(
    st.sampled_from([mm.Flatten(), mm.Average(), mm.Conv(), mm.Recurrent(layers=3), mm.Conv(norm="batch", layers=2)]),
    st.integers(100, 10**6),
    st.integers(1, 2**16),
)
@settings(max_examples=40)
def test_a_network_that_is_not_refused_predicts_within_its_bound(network, length, dimension):
    plan = Plan(network, 10, length, dimension, 1, "sigmoid")
    try:
        plan.check()
    except ValueError as error:
        assert "at most" in str(error)  # noqa: PT017
        return
    assert 4 * length * dimension <= sample_bytes(plan) <= most("prediction bytes")


def test_every_bound_has_its_reason():
    for name, limit in LIMITS.items():
        assert limit.most > 0, name
        assert len(limit.reason) > 5, name
    check_limit("layers", "layers", 64)
    with pytest.raises(ValueError, match="layers must be at most 64, got 65"):
        check_limit("layers", "layers", 65)
    check_prediction(2**30, "lower it")
    with pytest.raises(ValueError, match="but this model needs far more; lower it"):
        check_prediction(2**90, "lower it")


NESTED = st.recursive(
    st.none() | st.integers() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=9) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)


@given(NESTED)
@settings(max_examples=30)
def test_a_value_is_shown_by_its_beginning(value):
    shown = " ".join(repr(value).split()) if "\n" in repr(value) else repr(value)
    expected = shown if len(shown) <= 60 else shown[:57] + "..."
    assert shorten(value)[1:] == expected[1:] or "'" in repr(value)  # the kind of quotes may differ


def test_a_huge_value_is_shown_at_once():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    start = time.process_time()
    for value in (deep, [["x" * 10**6] * 10**6], 10**5_000, "y" * 10**7, {"a" * 10**6: 1}):
        assert len(shorten(value)) <= 60
    assert time.process_time() - start < 0.5
