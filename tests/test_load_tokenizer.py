"""Tokenizers of old Keras releases, opened from files that may be damaged or hostile."""

import io
import json
import os
import pickle
import pickletools
import types
from collections import OrderedDict, defaultdict
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi.errors import DataError
from malmoi.keras.preprocessing.old_pickles import TOKENIZER_MODULES
from malmoi.keras.preprocessing.text import Tokenizer, load_tokenizer

TEXTS = ["The cat sat on the mat.", "The dog ate my homework."]
STATE = {
    "word_counts": OrderedDict([("a", 2), ("b", 1)]),
    "word_docs": defaultdict(int, {"a": 2, "b": 1}),
    "filters": '!"#\t\n',
    "split": " ",
    "lower": True,
    "num_words": None,
    "document_count": 2,
    "char_level": False,
    "oov_token": None,
    "index_docs": defaultdict(int, {1: 2, 2: 1}),
    "word_index": {"a": 1, "b": 2},
    "index_word": {1: "a", 2: "b"},
}


def pickled(state, module="keras.preprocessing.text", protocol=2, name="Tokenizer"):
    """A pickle of an object of a module that does not exist here, as the old release wrote it."""
    cls = type(name, (), {"__module__": module, "__qualname__": name})
    value = cls()
    value.__dict__.update(state)
    stand_in = types.ModuleType(module)
    setattr(stand_in, name, cls)

    class Writer(pickle._Pickler):
        def save_global(self, obj, name=None):
            if obj is not cls:
                return super().save_global(obj, name)
            if protocol >= 4:
                self.save(module)
                self.save("Tokenizer" if name is None else name)
                return self.write(pickle.STACK_GLOBAL)
            return self.write(pickle.GLOBAL + module.encode() + b"\n" + cls.__name__.encode() + b"\n")

        dispatch: ClassVar = {**pickle._Pickler.dispatch, type: save_global}

    file = io.BytesIO()
    Writer(file, protocol).dump(value)
    return file.getvalue()


@pytest.fixture
def opened(tmp_path):
    def open_bytes(content):
        path = tmp_path / "tokenizer.pickle"
        path.write_bytes(content)
        return load_tokenizer(path)

    return open_bytes


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("module", TOKENIZER_MODULES)
def test_every_module_and_protocol_opens(opened, module, protocol):
    tokenizer = opened(pickled(STATE, module, protocol))
    assert type(tokenizer) is Tokenizer
    assert tokenizer.texts_to_sequences(["b a c"]) == [[2, 1]]
    assert tokenizer.sequences_to_texts([[2, 1]]) == ["b a"]
    tokenizer.fit_on_texts(["c c c c"])
    assert tokenizer.word_index == {"c": 1, "a": 2, "b": 3}
    assert tokenizer.word_docs["c"] == 1


def test_a_pickle_by_keras_itself_opens(opened):
    pytest.importorskip("keras")
    from keras.src.legacy.preprocessing.text import Tokenizer as Theirs

    theirs = Theirs(num_words=5, oov_token="?")
    theirs.fit_on_texts(TEXTS)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        ours = opened(pickle.dumps(theirs, protocol))
        assert ours.get_config() == theirs.get_config()
        assert ours.texts_to_sequences(TEXTS) == theirs.texts_to_sequences(TEXTS)
        assert ours.texts_to_matrix(TEXTS, "tfidf").tolist() == theirs.texts_to_matrix(TEXTS, "tfidf").tolist()


def test_a_pickle_by_python_2_opens(opened):
    content = (
        b"ccopy_reg\n_reconstructor\np0\n(ckeras.preprocessing.text\nTokenizer\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n"
        b"(dp5\nS'word_counts'\np6\nccollections\nOrderedDict\np7\n((lp8\n(lp9\nS'caf\\xc3\\xa9'\np10\naI2\naatp11\nRp12\n"
        b"sS'word_index'\np13\n(dp14\ng10\nI1\nssS'nb_words'\np15\nI100\nsS'lower'\np16\nI01\nsS'char_level'\np17\nI00\n"
        b"sS'split'\np18\nS' '\np19\nsS'filters'\np20\nS'!,.'\np21\nsb."
    )
    tokenizer = opened(content)
    assert tokenizer.word_index == {"café": 1}
    assert tokenizer.num_words == 100
    assert tokenizer.index_word == {1: "café"}
    assert tokenizer.texts_to_sequences(["Café, café!"]) == [[1, 1]]


def test_json_opens_in_every_form(opened):
    tokenizer = Tokenizer(num_words=4)
    tokenizer.fit_on_texts(TEXTS)
    for content in (tokenizer.to_json(), json.dumps(tokenizer.to_json()), "\n " + tokenizer.to_json(indent=2)):
        assert opened(content.encode()).get_config() == tokenizer.get_config()


def test_own_pickles_open_and_keep_extra_values(opened):
    tokenizer = Tokenizer(char_level=True)
    tokenizer.fit_on_texts(TEXTS)
    tokenizer.max_length = 20
    again = opened(pickle.dumps(tokenizer))
    assert again.get_config() == tokenizer.get_config()
    assert again.max_length == 20


# Hostile files.


class Hostile:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("where", ["root", "inside"])
def test_another_class_is_refused_by_name_and_nothing_runs(opened, tmp_path, protocol, where):
    target = tmp_path / "was-run"
    hostile = Hostile(os.mkdir, str(target))
    content = (
        pickle.dumps(hostile, protocol)
        if where == "root"
        else pickled(STATE | {"analyzer": hostile}, "keras_preprocessing.text", protocol)
    )
    with pytest.raises(DataError, match=r"needs 'posix\.mkdir', which a pickled tokenizer must not use"):
        opened(content)
    assert not target.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras.preprocessing.text", "one_hot"),
        ("keras.models", "Tokenizer"),
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("collections", "Counter"),
        ("malmoi.keras.preprocessing.text", "load_tokenizer"),
    ],
)
def test_only_listed_names_of_listed_modules(opened, module, name):
    content = f"c{module}\n{name}\n(tR.".encode()
    with pytest.raises(DataError, match=f"needs '{module}.{name}'"):
        opened(content)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_is_cut_at_any_byte_is_refused(opened, protocol):
    content = pickled(STATE, protocol=protocol)
    for end in range(len(content)):
        with pytest.raises(DataError):
            opened(content[:end])


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_any_other_byte_is_an_error_or_a_tokenizer(opened, protocol):
    content = bytearray(pickled(STATE, protocol=protocol))
    for position, byte in enumerate(bytes(content)):
        for other in {byte ^ 1, byte ^ 0x80, 0, 255, ord("r"), ord("R"), ord("(")} - {byte}:
            content[position] = other
            try:
                found = opened(bytes(content))
            except DataError:
                continue
            finally:
                content[position] = byte
            assert type(found) is Tokenizer


@settings(max_examples=int(os.environ.get("MALMOI_FUZZ_EXAMPLES", "300")), deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([operation.code.encode("latin-1") for operation in pickletools.opcodes]),
            st.sampled_from(
                [b"ckeras.preprocessing.text\nTokenizer\n", b"c__builtin__\nint\n", b"K\x02", b"(d", b"I5\n"]
            ),
            st.sampled_from(
                [b"ccollections\ndefaultdict\n", b"ccollections\nOrderedDict\n", b"X\x01\0\0\0a", b")\x81", b"}"]
            ),
            st.binary(max_size=3),
        ),
        max_size=40,
    )
)
def test_random_operations_are_an_error_or_a_tokenizer(tmp_path_factory, pieces):
    path = tmp_path_factory.mktemp("fuzz") / "t"
    path.write_bytes(b"".join(pieces) + b".")
    try:
        found = load_tokenizer(path)
    except DataError:
        return
    assert type(found) is Tokenizer


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "the file is cut off"),
        (b"\x80\x02]r\xff\xff\xff\x7f.", "index 2147483647 of an object"),
        (b"]p999999999999\n.", "index 999999999999 of an object"),
        (b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "is no operation"),  # bytes are no part of a tokenizer
        (b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.", "the file is cut off"),
        (b"\x80\x02P1\n.", "is no operation"),
        (b"\x80\x02" + b")" * 40 + b".", "more than 10 tuples"),
        (pickle.dumps({"a": 1}), "must contain a Keras Tokenizer and nothing else, got dict"),
        (pickle.dumps([1, 2]), "must contain a Keras Tokenizer and nothing else, got list"),
        (pickled({}), "word_counts is missing|word_index is missing"),
        (pickled(STATE | {"word_index": [1]}), "must contain words and numbers in word_index, got a list"),
        (pickled(STATE | {"word_index": {"a": "x"}}), "must contain words and numbers in word_index"),
        (pickled(STATE | {"index_word": {"1": "a"}}), "must contain words and numbers in index_word"),
        (pickled(STATE | {"num_words": "10"}), "contains an invalid num_words, '10'"),
        (pickled(STATE | {"fit_on_texts": 3}), "it replaces the method 'fit_on_texts'"),
        (pickle.dumps((Tokenizer(), 20)), r"got tuple; save it alone: pickle\.dump\(tokenizer, file\)"),
        (b"\x89HDF\r\n\x1a\n", "it is an HDF5 file: open models with malmoi.keras.models.load_model"),
        (b"\x1f\x8b\x08\x00", "it is compressed: decompress it first"),
        (b"[1, 2]", "must be a pickled Keras Tokenizer or the JSON of Tokenizer.to_json, but it is another file"),
        (b"{}", "must contain a tokenizer"),
        (b'{"class_name": "Tokenizer", "config"', "must contain a tokenizer"),
        (b'"abc"', "must contain a tokenizer"),
        (b'"\xff"', "must contain a tokenizer"),
    ],
)
def test_errors_say_what_is_wrong(opened, content, fault):
    with pytest.raises(DataError, match=fault):
        opened(content)


def test_a_pickle_cannot_change_the_functions_that_it_calls(opened):
    for name in (b"ccollections\ndefaultdict\n", b"ccopyreg\n_reconstructor\n", b"ccollections\nOrderedDict\n"):
        for state in (
            b"}X\x08\x00\x00\x00__name__X\x01\x00\x00\x00as",
            b"N}X\x08\x00\x00\x00__name__X\x01\x00\x00\x00as\x86",
        ):
            with pytest.raises(DataError, match="must be a pickled Keras Tokenizer"):
                opened(b"\x80\x02" + name + state + b"b.")
    assert opened(pickled(STATE)).word_index == STATE["word_index"]


def test_values_that_contain_each_other_are_not_printed(opened):
    doubled = []
    for _ in range(60):
        doubled = [doubled, doubled]
    content = pickled(STATE | {"num_words": doubled})
    with pytest.raises(DataError, match="contains an invalid num_words, a list"):
        opened(content)


@pytest.mark.parametrize(
    ("name", "value"),
    [("num_words", "abc"), ("filters", 5), ("split", 3), ("document_count", "x"), ("analyzer", "abc")],
)
def test_json_is_checked_like_pickles(opened, name, value):
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(TEXTS)
    saved = json.loads(tokenizer.to_json())
    saved["config"][name] = value
    with pytest.raises(DataError, match="must contain a tokenizer" if name == "split" else name):
        opened(json.dumps(saved).encode())
    saved["config"] |= {name: None if name == "analyzer" else tokenizer.get_config()[name]}
    assert opened(b"\xef\xbb\xbf" + json.dumps(saved).encode()).word_index == tokenizer.word_index
    saved["config"]["word_index"] = '{"a": [1]}'
    with pytest.raises(DataError, match="must contain words and numbers in word_index"):
        opened(json.dumps(saved).encode())


def test_nested_lists_do_not_exhaust_the_stack(opened):
    with pytest.raises(DataError):
        opened(b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".")
    deep = pickled(STATE)[:-2] + b"}X\x0a\0\0\0word_index" + b"]" * 100_000 + b"a" * 99_999 + b"sb."
    with pytest.raises(DataError):
        opened(deep)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_tokenizer(tmp_path / "none")
