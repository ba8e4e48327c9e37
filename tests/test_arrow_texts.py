"""Texts that Arrow holds: the same results as of a list, no str made, faults of a column refused with their place."""

import copy
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent

import numpy as np
import pandas
import polars
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from malmoi import BagClassifier, BagVectorizer, Characters, HashedBagVectorizer, SequenceVectorizer, Words, _core
from malmoi.data.texts import as_texts, text_list
from malmoi.tokenizers import External
from malmoi.tokenizers.batches import batches

TEXTS = ["so good", "영화가 정말 좋았다", "", "so bad", "🍿 é", "so good", "좋았다", "x" * 99, "a\tb", "so bad"] * 3
LABELS = ["pos", "neg"] * 15


def run_ends(texts):
    ends = pyarrow.array(range(1, len(texts) + 1), pyarrow.int32())
    return pyarrow.RunEndEncodedArray.from_arrays(ends, pyarrow.array(texts, pyarrow.string()))


def sliced(texts):
    return pyarrow.array(["none of them", *texts, "neither"], pyarrow.string()).slice(1, len(texts))


def chunked(kind):
    def form(texts):
        chunks = [texts[:7], [], texts[7:8], texts[8:]]
        return pyarrow.chunked_array([pyarrow.array(chunk, kind) for chunk in chunks], kind)

    return form


def dictionary(keys, values=None):
    values = pyarrow.string() if values is None else values
    return lambda texts: pyarrow.array(texts, values).dictionary_encode().cast(pyarrow.dictionary(keys, values))


FORMS = {
    "column": _core.TextColumn,
    "string": lambda texts: pyarrow.array(texts, pyarrow.string()),
    "large_string": lambda texts: pyarrow.array(texts, pyarrow.large_string()),
    "string_view": lambda texts: pyarrow.array(texts, pyarrow.string_view()),
    "dictionary int8": dictionary(pyarrow.int8()),
    "dictionary uint64 large": dictionary(pyarrow.uint64(), pyarrow.large_string()),
    "chunked string": chunked(pyarrow.string()),
    "chunked large": chunked(pyarrow.large_string()),
    "chunked view": chunked(pyarrow.string_view()),
    "chunked dictionary": lambda texts: chunked(pyarrow.string())(texts).dictionary_encode(),
    "sliced": sliced,
    "sliced dictionary": lambda texts: sliced(texts).dictionary_encode(),
    "sliced view": lambda texts: pyarrow.array(["-", *texts, "-"], pyarrow.string_view()).slice(1, len(texts)),
    "run ends": run_ends,
    "sliced run ends": lambda texts: run_ends(["-", *texts, "-"]).slice(1, len(texts)),
    "polars": polars.Series,
    "polars chunked": lambda texts: polars.concat(
        [polars.Series(texts[:9], dtype=str), polars.Series(texts[9:])], rechunk=False
    ),
    "polars sliced": lambda texts: polars.Series(["-", *texts])[1:],
    "polars categorical": lambda texts: polars.Series(texts, dtype=polars.Categorical),
    "polars enum": lambda texts: polars.Series(texts, dtype=polars.Enum(sorted(set(texts)))),
    "pandas str": lambda texts: pandas.Series(texts, index=range(5, 5 + len(texts)), dtype="str"),
    "pandas string": lambda texts: pandas.Series(texts, dtype="string[pyarrow]"),
    "pandas python": lambda texts: pandas.Series(texts, dtype="string[python]"),
    "pandas object": lambda texts: pandas.Series(texts, dtype=object),
    "pandas arrow": lambda texts: pandas.Series(texts, dtype=pandas.ArrowDtype(pyarrow.large_string())),
    "pandas category": lambda texts: pandas.Series(texts, dtype="category"),
    "pandas array": lambda texts: pandas.array(texts, dtype="string[pyarrow]"),
    "pandas index": lambda texts: pandas.Index(texts, dtype="str"),
}
LISTS = {"pandas python", "pandas object", "pandas category"}
"""Held as Python objects, or as numbers of them."""
if pandas.__version__.startswith("2."):
    LISTS |= {"pandas str", "pandas index"}  # `str` is the type of Python objects before pandas 3


@pytest.fixture(params=FORMS)
def form(request):
    return FORMS[request.param]


def test_what_arrow_holds_stays_there():
    kept = {name for name, form in FORMS.items() if isinstance(as_texts(form(TEXTS)), _core.TextColumn)}
    assert kept == set(FORMS) - LISTS


def test_a_column_has_the_texts_of_the_list(form):
    assert text_list(form(TEXTS)) == TEXTS
    assert as_texts(form(TEXTS)) == TEXTS


def arrays_of(found):
    return [found.data, found.indices, found.indptr]


@pytest.mark.parametrize("tokens", [Words(), Characters(inside_words=True), External(str.split)], ids=repr)
def test_ids_bags_and_hashed_bags_are_those_of_the_list(form, tokens):
    for made in (
        lambda: SequenceVectorizer(tokens=tokens, max_length=5),
        lambda: BagVectorizer(tokens, ngrams=(1, 2)),
        lambda: HashedBagVectorizer(tokens, buckets=100),
    ):
        expected, found = made().fit_transform(TEXTS), made().fit_transform(form(TEXTS))
        learned = made().fit(form(TEXTS))
        for rows in (found, learned.transform(form(TEXTS)), learned.transform(TEXTS)):
            if isinstance(expected, np.ndarray):
                np.testing.assert_array_equal(rows, expected)
            else:
                assert all(map(np.array_equal, arrays_of(rows), arrays_of(expected)))


def test_partial_fit_on_columns_is_that_of_lists(form):
    whole = BagVectorizer(Words()).fit(TEXTS)
    parts = BagVectorizer(Words()).partial_fit(form(TEXTS[:11])).partial_fit(form(TEXTS[11:]))
    assert parts.get_feature_names_out().tolist() == whole.get_feature_names_out().tolist()
    assert parts.counts_.tolist() == whole.counts_.tolist()


def test_a_classifier_learns_and_predicts_from_columns(form):
    expected = BagClassifier().fit(TEXTS, LABELS)
    found = BagClassifier().fit(form(TEXTS), LABELS)
    probabilities = expected.predict_proba(TEXTS)
    np.testing.assert_array_equal(found.predict_proba(form(TEXTS)), probabilities)
    np.testing.assert_array_equal(expected.predict_proba(form(TEXTS)), probabilities)


def test_frames_give_columns():
    frame = polars.DataFrame({"text": TEXTS, "label": LABELS})
    model = BagClassifier().fit(frame)
    np.testing.assert_array_equal(model.predict_proba(frame), BagClassifier().fit(TEXTS, LABELS).predict_proba(TEXTS))


@pytest.mark.parametrize("name", ["string", "large_string", "string_view", "polars", "pandas str", "chunked string"])
def test_no_texts_at_all(name):
    empty = FORMS[name]([])
    assert as_texts(empty) == []
    assert HashedBagVectorizer().transform(empty).shape == (0, 2**20)
    assert SequenceVectorizer(tokens=Words(), max_length=3).fit(TEXTS).transform(empty).shape == (0, 3)


def test_columns_of_no_kind_and_no_chunk():
    assert as_texts(pyarrow.chunked_array([], pyarrow.string())) == []
    assert as_texts(pyarrow.nulls(0)) == []
    assert as_texts(polars.Series([])) == []


def test_what_pyarrow_cannot_hand_on_becomes_a_list(monkeypatch):
    series = pandas.Series(TEXTS, dtype="string[pyarrow]")
    # As PyArrow 15 has it, whose columns have no C interface.
    monkeypatch.setattr(type(series.array), "__arrow_array__", lambda array: array.to_numpy())
    found = as_texts(series)
    assert type(found) is list
    assert found == TEXTS


# A sequence of str.


@given(texts=st.lists(st.text(max_size=5), max_size=9), data=st.data())
def test_a_column_is_a_sequence_like_the_list(texts, data):
    column = as_texts(polars.concat([polars.Series(texts[:3], dtype=str), polars.Series(texts[3:], dtype=str)]))
    part = data.draw(st.slices(len(texts)))
    other = data.draw(st.slices(len(texts[part])))
    places = data.draw(st.lists(st.integers(-len(texts), len(texts) - 1), max_size=9)) if texts else []
    for found, expected in [
        (column, texts),
        (column[part], texts[part]),
        (column[part][other], texts[part][other]),
        (column.take(places), [texts[place] for place in places]),
        (column.take(places)[::-1], [texts[place] for place in places][::-1]),
    ]:
        assert isinstance(found, Sequence)
        assert list(found) == expected
        assert list(reversed(found)) == expected[::-1]
        assert [found[place] for place in range(-len(expected), len(expected))] == expected * 2
        assert [found.count(text) for text in expected] == list(map(expected.count, expected))
        assert [found.index(text) for text in expected] == list(map(expected.index, expected))
        assert "not there" not in found
        assert None not in found
        assert pickle.loads(pickle.dumps(found)) == expected
        assert copy.deepcopy(found) == expected
        assert found.characters() == sum(map(len, expected))


def test_places_outside_are_refused():
    column = as_texts(polars.Series(["a", "b"]))
    for place in (2, -3):
        with pytest.raises(IndexError, match=rf"index must be below 2, got {place}"):
            column[place]
        with pytest.raises(IndexError, match=rf"index must be below 2, got {place}"):
            column.take([place])
    with pytest.raises(TypeError, match="an index must be an int or a slice"):
        column["a"]
    with pytest.raises(ValueError, match="not in the column"):
        column.index("b", 0, 1)


def test_a_column_is_not_another():
    column = as_texts(polars.Series(["a", "b"]))
    assert column != ["a"]
    assert column != ["a", "c"]
    assert column != 3
    assert repr(column) == "TextColumn(2 texts)"


def test_batches_of_a_column_have_bounded_bytes(monkeypatch):
    monkeypatch.setattr("malmoi.tokenizers.batches.CHARACTERS_TOGETHER", 10)
    assert list(map(list, batches(as_texts(polars.Series(["aaaa", "bbbb", "cccc", "d"]))))) == [
        ["aaaa", "bbbb", "cccc"],
        ["d"],
    ]
    monkeypatch.setattr("malmoi.tokenizers.batches.TEXTS_TOGETHER", 1)
    assert list(map(list, batches(as_texts(polars.Series(["a", "b"]))))) == [["a"], ["b"]]
    assert list(map(list, batches(as_texts(polars.Series([], dtype=str))))) == [[]]


def test_threads_share_a_column():
    column, hashed = as_texts(polars.Series(TEXTS * 50)), HashedBagVectorizer(buckets=50)
    expected = hashed.transform(TEXTS * 50)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: hashed.transform(column), range(16)):
            assert all(map(np.array_equal, arrays_of(found), arrays_of(expected)))


class OwnSeries(pandas.Series):
    """A subclass in another module, as other libraries have them."""


def test_subclasses_are_read_as_their_base_classes_are():
    assert as_texts(OwnSeries(["a", "b"], dtype=object)) == ["a", "b"]
    assert isinstance(as_texts(OwnSeries(["a", "b"], dtype="string[pyarrow]")), _core.TextColumn)
    refused(OwnSeries(["a", 1], dtype=object), TypeError, r"^texts\[1\] must be a str, got 1; remove it")
    refused(OwnSeries(["a", "\ud800"], dtype=object), ValueError, r"^texts\[1\] contains a lone surrogate")


# Bad input.


def refused(values, error, text):
    with pytest.raises(error, match=text):
        as_texts(values)
    with pytest.raises(error, match=text):
        HashedBagVectorizer().transform(values)


@pytest.mark.parametrize("name", sorted(set(FORMS) - LISTS - {"column", "polars enum", "polars sliced"}))
def test_a_null_is_named_by_its_place(name):
    refused(
        FORMS[name](["a", "b", "c", None, "d", "e", "f", "g", "h", "i"]),
        TypeError,
        r"^texts\[3\] must be a str, got None; remove it, or replace it by a str$",
    )


def test_a_null_behind_a_chunk_is_counted_from_the_first():
    refused(pyarrow.chunked_array([["a", "b"], ["c", None]]), TypeError, r"^texts\[3\] must be a str, got None")


def test_a_null_of_a_dictionary_matters_where_it_is_used():
    values = pyarrow.array(["a", None, "b"])
    used = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0, 2, 1]), values)
    refused(used, TypeError, r"^texts\[2\] must be a str, got None")
    assert as_texts(pyarrow.DictionaryArray.from_arrays(pyarrow.array([2, 0]), values)) == ["b", "a"]


@pytest.mark.parametrize("values", [pyarrow.nulls(2), pyarrow.nulls(2, pyarrow.string()), polars.Series([None, None])])
def test_nulls_alone_are_refused(values):
    refused(values, TypeError, r"^texts\[0\] must be a str, got None")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pyarrow.array([1, 2]), "Int64"),
        (polars.Series([1.5]), "Float64"),
        (pyarrow.array([["a"]]), "List"),
        (pyarrow.array([{"a": "b"}]), "Struct"),
        (pyarrow.array([b"a"]), "Binary"),
        (pyarrow.array([1]).dictionary_encode(), "Dictionary"),
        (polars.Series([["a"]]), "List"),
        (pyarrow.record_batch({"text": ["a"]}), "axis|axes"),
        (pandas.Series([1, 2], dtype=pandas.ArrowDtype(pyarrow.int64())), "Int64"),
    ],
    ids=str,
)
def test_columns_of_other_kinds_are_refused_by_name(values, kind):
    refused(values, TypeError, kind)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        (pyarrow.array([1]), "Int64; cast it to string: column.cast(pyarrow.string())"),
        (polars.Series([b"a"]), "BinaryView; cast it to string: column.cast(pyarrow.string())"),
        (pyarrow.array([1]).dictionary_encode(), "Dictionary(Int32, Int64); cast it to string: column.cast("),
        (pyarrow.array([["a"]]), "ListType; pick a column of text inside it"),
        (polars.Series([["a"]]), "List; pick a column of text inside it"),
        (pandas.Series([["a"]], dtype=pandas.ArrowDtype(pyarrow.list_(pyarrow.string()))), "ListType; pick a column"),
    ],
    ids=str,
)
def test_a_column_of_another_kind_is_refused_with_its_cure(values, rule):
    refused(values, TypeError, f"^{re.escape(f'texts must be a column of text, got {rule}')}")


def test_long_types_are_cut_short():
    kind = pyarrow.struct({f"column {number}": pyarrow.string() for number in range(9)})
    refused(Capsules(pyarrow.nulls(1, kind)), TypeError, r"got Struct\(.{50}\.\.\.; pick a column of text inside it$")


def from_buffers(kind, offsets, data, length=None):
    buffers = [None, pyarrow.py_buffer(offsets.tobytes()), pyarrow.py_buffer(data)]
    return pyarrow.Array.from_buffers(kind, len(offsets) - 1 if length is None else length, buffers)


class Capsules:
    """What hands on the capsules of an array, without its checks."""

    def __init__(self, array, once=False):
        self.array, self.made = array, array.__arrow_c_array__() if once else None

    def __arrow_c_array__(self, requested_schema=None):
        return self.made or self.array.__arrow_c_array__()


INVALID = b"good" + b"\xff\xfe" + "좋".encode()


@pytest.mark.parametrize("kind", [pyarrow.string(), pyarrow.large_string(), pyarrow.string_view()], ids=str)
@pytest.mark.parametrize("wrapped", [False, True])
def test_bytes_that_are_not_utf8_are_named_by_their_place(kind, wrapped):
    if kind == pyarrow.string_view():
        array = pyarrow.array(
            [b"good", b"long enough for a buffer", b"\xff\xfe long enough, too", b"ok"], pyarrow.binary_view()
        )
        array = pyarrow.Array.from_buffers(kind, 4, array.buffers())
    else:
        width = np.int64 if kind == pyarrow.large_string() else np.int32
        array = from_buffers(kind, np.array([0, 4, 4, 6, 9], width), INVALID)
    text = r"^texts\[2\] must be valid UTF-8"
    refused(Capsules(array) if wrapped else array, ValueError, text)
    refused(Capsules(array[1:]), ValueError, r"^texts\[1\] must be valid UTF-8")
    assert as_texts(Capsules(array[3:])) == array[3:].to_pylist()


def test_a_character_cut_in_two_is_not_utf8():
    array = from_buffers(pyarrow.string(), np.array([0, 1, 3], np.int32), "좋".encode())
    refused(array, ValueError, r"^texts\[0\] must be valid UTF-8")


def test_bytes_of_a_dictionary_that_are_not_utf8_are_named_by_the_first_text():
    values = from_buffers(pyarrow.string(), np.array([0, 4, 6], np.int32), INVALID)
    refused(
        pyarrow.DictionaryArray.from_arrays(pyarrow.array([0, 0, 1]), values),
        ValueError,
        r"^texts\[2\] must be valid UTF-8",
    )
    unused = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0, 0]), values)
    refused(unused, ValueError, "^a value of its dictionary must be valid UTF-8")


@pytest.mark.parametrize("offsets", [[0, 9, 4], [0, 1 << 30, 4], [-4, 2, 4], [0, 2, -1], [3, 2, 1]], ids=str)
def test_offsets_that_do_not_fit_are_refused(offsets):
    held = np.array([0, 2, 4], np.int32)
    array = pyarrow.Array.from_buffers(pyarrow.string(), 2, [None, pyarrow.py_buffer(held), pyarrow.py_buffer(b"abcd")])
    held[:] = offsets  # such an array cannot be made
    refused(Capsules(array), ValueError, "texts must be a valid Arrow column")
    refused(array, ValueError, "texts must be a valid Arrow column")


def test_offsets_behind_the_bytes_are_refused_by_pyarrow():
    held = np.array([0, 2, 4], np.int32)
    array = pyarrow.Array.from_buffers(pyarrow.string(), 2, [None, pyarrow.py_buffer(held), pyarrow.py_buffer(b"abcd")])
    held[:] = [0, 2, 1 << 30]  # which the C interface does not tell
    refused(array, ValueError, "texts must be a valid Arrow column: .* larger than values array")


def test_keys_outside_their_dictionary_are_refused():
    for keys in ([0, 5], [-1, 0]):
        array = pyarrow.DictionaryArray.from_arrays(pyarrow.array(keys), pyarrow.array(["a"]), safe=False)
        refused(Capsules(array), ValueError, "a key that is not in its dictionary")


def test_views_outside_their_buffers_are_refused():
    views = np.array([30, 0, 0, 1 << 20], np.uint32)
    buffers = [None, pyarrow.py_buffer(views.tobytes()), pyarrow.py_buffer(b"x" * 30)]
    array = pyarrow.Array.from_buffers(pyarrow.string_view(), 1, buffers)
    refused(Capsules(array), ValueError, "texts must be a valid Arrow column")


@pytest.mark.parametrize("view", [[3, 0x00616161, 0, 0], [3, 0x61616161, 0, 0], [13, 0x61616162, 0, 0], [13, 0, 1, 0]])
def test_views_are_padded_with_zeros_and_begin_as_their_texts_do(view):
    buffers = [None, pyarrow.py_buffer(np.array(view, np.uint32).tobytes()), pyarrow.py_buffer(b"a" * 13)]
    array = pyarrow.Array.from_buffers(pyarrow.string_view(), 1, buffers)
    if view == [3, 0x00616161, 0, 0]:
        assert as_texts(Capsules(array)) == ["aaa"]
    else:
        refused(Capsules(array), ValueError, "views outside its buffers")


def test_texts_longer_than_a_piece_are_valid_wherever_it_is_cut():
    for before in range(4):
        text = "a" * before + "🍿" * (1 << 19)  # two pieces
        assert as_texts(pyarrow.array([text])) == [text]
        data = text.encode()[:-1]
        offsets = np.array([0, len(data)], np.int32)
        refused(Capsules(from_buffers(pyarrow.string(), offsets, data)), ValueError, r"^texts\[0\] must be valid UTF-8")


def test_unaligned_offsets_are_read():
    offsets = pyarrow.py_buffer(b"\0" + np.array([0, 2, 4], np.int32).tobytes())[1:]
    array = pyarrow.Array.from_buffers(pyarrow.string(), 2, [None, offsets, pyarrow.py_buffer(b"abcd")])
    assert as_texts(Capsules(array)) == ["ab", "cd"]


def test_a_producer_that_raises_is_heard():
    class Raising:
        def __arrow_c_stream__(self, requested_schema=None):
            raise RuntimeError("no stream today")

    refused(Raising(), RuntimeError, "no stream today")

    def batch():
        yield pyarrow.record_batch({"a": ["b"]})
        raise RuntimeError("no more today")

    reader = pyarrow.RecordBatchReader.from_batches(pyarrow.schema({"a": pyarrow.string()}), batch())
    with pytest.raises(ValueError, match=r"^texts must be a valid Arrow column: .*no more today"):
        as_texts(reader)


@pytest.mark.parametrize("made", [None, 3, (), (1, 2), "ab"], ids=repr)
def test_what_is_no_capsule_is_refused(made):
    class Stream:
        def __arrow_c_stream__(self, requested_schema=None):
            return made

    class Array:
        def __arrow_c_array__(self, requested_schema=None):
            return made

    for values in (Stream(), Array()):
        refused(values, (TypeError, ValueError, IndexError), ".")


def test_a_capsule_is_taken_once():
    values = Capsules(pyarrow.array(["a"]), once=True)
    assert as_texts(values) == ["a"]
    refused(
        values,
        (TypeError, ValueError),
        "texts must be a valid Arrow column, got one with buffers that are missing, or were released",
    )

    class Stream:
        made = pyarrow.chunked_array([["a"]]).__arrow_c_stream__()

        def __arrow_c_stream__(self, requested_schema=None):
            return self.made

    assert as_texts(Stream()) == ["a"]
    refused(Stream(), ValueError, "released")


def test_a_column_outlives_its_producer():
    column = as_texts(pyarrow.array(["a" * 1000, "나" * 1000]))
    assert list(column[1:]) == ["나" * 1000]


# Lists of str.


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), max_size=9))
def test_lists_of_all_characters_reach_the_core_whole(texts):
    assert list(_core.TextColumn(texts)) == texts
    firsts = {text: place for place, text in reversed(list(enumerate(texts)))}
    rows = HashedBagVectorizer(Characters(lowercase=False), ngrams=(1, 1)).transform(texts)
    assert rows.shape[0] == len(texts)
    for place, text in enumerate(texts):
        assert (rows[place] != rows[firsts[text]]).nnz == 0


@pytest.mark.parametrize("before", [0, 3, 70_000])
def test_a_lone_surrogate_is_named_by_its_place(before):
    texts = ["좋았다 " * 20] * before + ["ok", "é", "so \ud800 bad", "\udfff"]
    text = rf"^texts\[{before + 2}\] contains a lone surrogate at character 3, which UTF-8 cannot encode; clean it"
    for attempt in (as_texts, HashedBagVectorizer().transform, _core.TextColumn):
        with pytest.raises(ValueError, match=text):
            attempt(texts)


def test_a_list_of_many_runs_gives_the_rows_of_its_texts():
    texts = [text * 1000 for text in TEXTS] * 40  # 20 million characters: three runs
    hashed, few = HashedBagVectorizer(buckets=999), [text * 1000 for text in TEXTS]
    for values in (texts, polars.Series(texts)):
        found, expected = hashed.transform(values), hashed.transform(few)
        assert found.shape[0] == len(texts)
        assert found.indptr[-1] == 40 * expected.indptr[-1]
        np.testing.assert_array_equal(found[-30:].toarray(), expected.toarray())
        np.testing.assert_array_equal(found[600:630].toarray(), expected.toarray())


def test_batches_of_many_chunks_take_no_longer_than_of_one():
    def seconds(column):
        begun = time.process_time()
        assert column.cuts(most_texts=1, most_bytes=1) == list(range(40_001))
        return time.process_time() - begun

    one, many = (as_texts(pyarrow.chunked_array(chunks)) for chunks in ([["a"] * 40_000], [["a"]] * 40_000))
    assert min(seconds(many) for _ in range(3)) < 20 * min(seconds(one) for _ in range(3))


# Memory, each in a process of its own.


def printed(code):
    """What a program prints; nothing may go to the standard error."""
    command = [sys.executable, "-W", "ignore", "-c", dedent(code)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def measured(code):
    """What a program prints, as numbers."""
    return list(map(float, printed(code).split()))


LONG = {
    "runs": ("pa.RunEndEncodedArray.from_arrays(pa.array([LENGTH], pa.int64()), pa.array(['a']))", "ValueError"),
    "nulls": ("nulls", "TypeError"),
    "nulls in runs": ("pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int64()), nulls)", "TypeError"),
    "nulls of a dictionary": ("pa.DictionaryArray.from_arrays(pa.array([0]), nulls)", "TypeError"),
}


@pytest.mark.parametrize("length", ["2**32", "2**40", "2**62"])
@pytest.mark.parametrize("name", LONG)
def test_a_length_that_no_memory_holds_is_an_error(name, length):
    make, error = LONG[name]
    code = f"""
        import pyarrow as pa
        from malmoi import _core
        nulls = pa.Array.from_buffers(pa.null(), {length}, [None])
        try:
            _core.TextColumn({make.replace("LENGTH", length)})
        except (TypeError, ValueError) as error:
            print(type(error).__name__, error)
    """
    rule = "a dictionary or run-end encoded column must have fewer than 2**32 texts; take a slice of the column"
    rules = {"ValueError": rule, "TypeError": "texts[0] must be a str, got None; remove it, or replace it by a str"}
    assert printed(code) == f"{error} {rules[error]}\n"


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")
def test_runs_that_this_memory_does_not_hold_are_a_memory_error():
    code = """
        import resource
        import pyarrow as pa
        from malmoi.data.texts import as_texts
        runs = pa.RunEndEncodedArray.from_arrays(pa.array([2**31], pa.int64()), pa.array(["a"]))
        as_texts(runs[:9])
        size = int(open("/proc/self/statm").read().split()[0]) * 4096
        resource.setrlimit(resource.RLIMIT_AS, (size + 2**30,) * 2)
        try:
            as_texts(runs)
        except MemoryError as error:
            print(error)
    """
    assert printed(code) == f"the indices of {2**31} texts need {2**33} bytes of memory\n"


@pytest.mark.parametrize("nested", ["pa.list_(kind)", "pa.dictionary(pa.int32(), kind)", "pa.struct({'a': kind})"])
@pytest.mark.parametrize("form", ["pa.nulls(0, kind)", "pa.chunked_array([], kind)"])
def test_a_type_of_many_levels_is_refused(nested, form):
    code = f"""
        import pyarrow as pa
        from malmoi.data.texts import as_texts
        kind = pa.string()
        for _ in range(6_000):
            kind = {nested}
        try:
            as_texts({form})
        except TypeError as error:
            print(error)
    """
    rule = r"texts must be a column of text, got \w+; pick a column of text inside it\n"
    assert re.fullmatch(rule, printed(code))


def test_a_released_array_prints_nothing():
    code = """
        import pyarrow as pa
        from malmoi.data.texts import as_texts
        class Once:
            made = pa.array(["a"]).__arrow_c_array__()
            def __arrow_c_array__(self, requested_schema=None):
                return self.made
        as_texts(Once())
        try:
            as_texts(Once())
        except ValueError:
            print("refused")
    """
    assert printed(code) == "refused\n"


def test_the_numbers_of_texts_need_little_more_memory_than_what_is_kept():
    code = """
        import numpy as np
        import pyarrow as pa
        from malmoi.data.texts import as_texts
        def status(name):
            with open("/proc/self/status") as file:
                return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))
        keys = pa.array(np.zeros(30_000_000, np.int8))
        runs = pa.RunEndEncodedArray.from_arrays(pa.array([30_000_000], pa.int32()), pa.array(["a"]))
        for values in (pa.DictionaryArray.from_arrays(keys, pa.array(["a"])), runs):
            as_texts(values[:9])
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")
            before = status("VmRSS")
            held = as_texts(values)
            print(status("VmHWM") - before)
            del held
    """
    assert max(measured(code)) < 30e6 * 4 * 1.2


def test_no_str_is_made_of_a_column():
    code = """
        import sys
        import polars
        from malmoi import BagVectorizer, HashedBagVectorizer, SequenceVectorizer, Words
        column = polars.Series([f"text {number % 9} 좋았다" for number in range(100_000)])
        made = [SequenceVectorizer(tokens=Words(), max_length=4), BagVectorizer(Words()), HashedBagVectorizer()]
        for vectorizer in made:
            vectorizer.fit(column[:9]).transform(column[:9])
        before, most = sys.getallocatedblocks(), 0
        def watch(frame, event, argument):
            global most
            most = max(most, sys.getallocatedblocks())
        for vectorizer in made:
            sys.setprofile(watch)
            vectorizer.fit(column).transform(column)
            sys.setprofile(None)
        print(most - before)
    """
    (blocks,) = measured(code)
    assert blocks < 10_000


def test_a_list_of_korean_texts_keeps_no_second_copy():
    code = """
        import ctypes
        import sys
        from malmoi import BagVectorizer, HashedBagVectorizer, SequenceVectorizer, Words
        texts = [f"이 영화는 정말 재미있었다 {number} 번 보았다" * 3 for number in range(150_000)]
        def resident():
            ctypes.CDLL(None).malloc_trim(0)
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * 4096
        ids = SequenceVectorizer(tokens=Words(), max_length=4).fit(texts[:100])
        ids.transform(texts[:100])
        sizes, before = sum(map(sys.getsizeof, texts)), resident()
        ids.transform(texts)
        grown = resident() - before
        for vectorizer in (BagVectorizer(Words()), HashedBagVectorizer()):
            vectorizer.fit(texts).transform(texts)
        utf8 = sum(len(text.encode()) for text in texts)
        print(sum(map(sys.getsizeof, texts)) - sizes, grown, utf8)
    """
    more, grown, utf8 = measured(code)
    assert more == 0
    assert grown < utf8 / 2


def test_hashed_words_of_a_column_need_the_memory_of_the_rows():
    code = """
        import resource
        import polars
        from malmoi import HashedBagVectorizer
        text = "a film that is so good that I saw it twice and would see it again " * 20
        column = polars.Series([f"{number} {text}" for number in range(70_000)])
        hashed = HashedBagVectorizer(ngrams=(1, 1), n_jobs=2)
        hashed.transform(column[:99])
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        def status(name):
            with open("/proc/self/status") as file:
                return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))
        before = status("VmRSS")
        rows = hashed.transform(column)
        output = rows.data.nbytes + rows.indices.nbytes + rows.indptr.nbytes
        print(status("VmHWM") - before, output, column.estimated_size())
    """
    peak, output, text = measured(code)
    assert text > 80e6
    assert peak < output + 60e6
