"""Model files of every kind, changed in their structure and packed with a valid checksum: refused in one line, or used.

`MALMOI_FUZZ_EXAMPLES` is the number of files of each kind; `make fuzz` sets a large one.
"""

import copy
import json
import os
import time
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import malmoi as mm
from malmoi.persistence import KINDS as REGISTERED
from malmoi.persistence import load_fitted, read_header
from small_models import KINDS, packed, small_model

resource = pytest.importorskip("resource", reason="measures memory with a module of POSIX")

EXAMPLES = int(os.environ.get("MALMOI_FUZZ_EXAMPLES", "25"))
PHASES = (Phase.generate, Phase.shrink)
SECONDS, MEGABYTES, LONGEST_LINE = 4, 500, 2_000
NUMBERS = [0, 1, -1, 2, 3, 7, 64, 255, 10**6, 2**24, 2**31 - 1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, 10**30]
FLOATS = [0.0, -0.0, 0.5, 1.0, -1.0, 1e-320, 1e-12, 1e30, 1e38, 1e39, 1e308, -1e308]
NAMES = ["", "a", "auto", "zeros", "training", "\0", "\x1b[2J", "=1+1", "가", "x" * 20_000, "\ud800", "kind"]
PLAIN = st.sampled_from([None, True, False, *NUMBERS, *FLOATS, *NAMES])
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES[:6]), inner, max_size=3),
    max_leaves=6,
) | st.sampled_from([[0] * 3_000, [[]] * 3_000, [1] * 65, ["a"] * 100, [0.5] * 5])
RAW = [b"NaN", b"Infinity", b"1e999", b"9" * 5_000, b'"\\ud800"', b"[" * 3_000 + b"]" * 3_000, b'{"a":1,"a":2}', b""]
DTYPES = ["float16", "float32", "float64", "int64", "uint64", "int32", "uint8", "bool"]
MARK = "\u0001here\u0001"


def places(value, place=()):
    """The places of all values within a header; of long lists the first items alone."""
    yield place
    items = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for name, item in items:
        yield from places(item, (*place, name))


def opened(header, place):
    """A copy of a header, and the part of it that holds a place."""
    new = copy.deepcopy(header)
    inner = new
    for name in place[:-1]:
        inner = inner[name]
    return new, inner


@st.composite
def headers(draw, header):
    """A header with one to three changes, as bytes."""
    raw = None
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from([place for place in places(header) if place]))
        way = draw(st.sampled_from(["value", "number", "delete", "add", "swap", "raw"]))
        other = draw(st.sampled_from(list(places(header))))
        value = header
        for name in other:
            value = value[name]
        if way in ("value", "add"):
            value = draw(VALUES)
        elif way == "number":
            value = draw(st.sampled_from(NUMBERS + FLOATS))
        elif way == "raw":
            value, raw = MARK, draw(st.sampled_from(RAW))
        header, inner = opened(header, place)
        if way == "delete":
            del inner[place[-1]]
        elif way == "add" and isinstance(inner, list):
            inner.append(value)
        else:
            inner["odd" if way == "add" else place[-1]] = copy.deepcopy(value)
        if not header:
            break
    said = json.dumps(header).encode()
    return said if raw is None else said.replace(json.dumps(MARK).encode(), raw)


def changed_array(draw, array):
    """An array of another kind, or with other numbers."""
    way = draw(st.sampled_from(["dtype", "shape", "cut", "value", "all", "grow"]))
    if way == "dtype":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return array.astype(draw(st.sampled_from(DTYPES)))
    if way == "shape":
        return array.reshape(draw(st.sampled_from([(-1,), (-1, 1), (1, -1), (1, 1, -1)])))
    if way == "cut":
        return array[: draw(st.integers(0, max(len(array) - 1, 0)))]
    if way == "grow":
        return np.concatenate([array, array])
    new = array.copy()
    if new.dtype.kind == "f":
        kind = np.finfo(new.dtype)
        value = draw(st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -1.0, float(kind.max), float(kind.tiny), 1e4]))
    elif new.dtype.kind == "b":
        value = draw(st.booleans())
    else:
        kind = np.iinfo(new.dtype)
        value = draw(st.sampled_from([0, 1, 2, 100, kind.max, kind.min]))
    if way == "all" or not new.size:
        new[...] = value
    else:
        new.reshape(-1)[draw(st.integers(0, new.size - 1))] = value
    return new


@st.composite
def arrays_of(draw, arrays):
    """Arrays with one to three changes."""
    new = dict(arrays)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(new)))
        way = draw(st.sampled_from(["array", "array", "array", "delete", "rename", "copy"]))
        if way == "array":
            new[name] = changed_array(draw, new[name])
        elif way == "copy":
            new[name] = arrays[draw(st.sampled_from(sorted(arrays)))]
        else:
            array = new.pop(name)
            if way == "rename":
                new[draw(st.sampled_from(["x", "", "example/9", f"{name}/x", name.upper()]))] = array
        if not new:
            break
    return new


@st.composite
def files(draw, header, arrays):
    """A whole file with a changed header, changed arrays, or both."""
    which = draw(st.integers(0, 2))
    said = json.dumps(header).encode() if which == 1 else draw(headers(header))
    return packed(said, draw(arrays_of(arrays)) if which else arrays)


def used(path):
    """Do all that the commands do with a file."""
    header = read_header(path)
    REGISTERED[header["kind"]].model_class().describe(header)
    model = load_fitted(path, verify=True)
    model.summary()
    model.parameters()
    if model.input_kind == "texts":
        model.predict(["good film", "", "한글 zzz!"])
        model.explain("good film", label=0 if model.task.target_units else None)
    elif model.input_kind == "series":
        model.predict([np.ones((8, model.features), np.float32)])
    else:
        str(model.forecast())
    if (history := model.training_history) is not None:
        str(history)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_any_structure_is_refused_or_used(kind, tmp_path):
    header, arrays = small_model(kind)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = tmp_path / "m.malmoi"

    @settings(max_examples=EXAMPLES, database=None, phases=PHASES, suppress_health_check=list(HealthCheck))
    @given(files(header, arrays))
    def check(content):
        path.write_bytes(content)
        start, said = time.process_time(), ""
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                used(path)
        except mm.MalmoiError as error:
            said = str(error)
        assert "\n" not in said
        assert len(said) < LONGEST_LINE
        assert time.process_time() - start < SECONDS

    check()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024
