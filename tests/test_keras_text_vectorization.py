import copy
import json
import pickle
import string
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import malmoi as mm
from malmoi import DataError, _core
from malmoi.keras.layers import TextVectorization

WORDS = ["", "[UNK]", "the", "cat", "sat"]
TEXTS = ["The cat sat!", "the CAT", "the"]
MODES = ["multi_hot", "count", "tf_idf"]


def adapted(texts=TEXTS, **settings):
    vectorizer = TextVectorization(**settings)
    vectorizer.adapt(texts)
    return vectorizer


# Examples, by hand.


def test_ids_are_padded_and_truncated_at_the_end():
    vectorizer = adapted()
    assert vectorizer.get_vocabulary() == WORDS
    assert vectorizer.vocabulary_size() == 5
    found = vectorizer(["the cat, a dog", "", "sat"])
    assert found.tolist() == [[2, 3, 1, 1], [0, 0, 0, 0], [4, 0, 0, 0]]
    assert found.dtype == np.int64
    short = adapted(output_sequence_length=2)
    assert short(["the cat sat", "sat", ""]).tolist() == [[2, 3], [4, 0], [0, 0]]
    assert short("sat the cat").tolist() == [4, 2]
    assert short("sat").tolist() == [4, 0]
    assert vectorizer("the dog").tolist() == [2, 1]
    assert vectorizer([]).shape == vectorizer([""] * 0).shape == (0, 0)
    assert vectorizer(["", ""]).shape == (2, 0)


def test_ragged_ids_are_a_list_of_arrays():
    vectorizer = adapted(ragged=True)
    found = vectorizer(["the cat sat", "", "dog"])
    assert [row.tolist() for row in found] == [[2, 3, 4], [], [1]]
    assert {row.dtype for row in found} == {np.dtype(np.int64)}
    assert vectorizer([]) == []
    assert vectorizer("the cat").tolist() == [2, 3]
    assert [len(row) for row in adapted(ragged=True, output_sequence_length=2)(["the cat sat", "the"])] == [2, 1]


def test_bags_count_unknown_words_first():
    bags = {mode: TextVectorization(output_mode=mode, vocabulary=["a", "b"]) for mode in ("multi_hot", "count")}
    assert bags["count"](["a a x B!", ""]).tolist() == [[1, 2, 1], [0, 0, 0]]
    assert bags["multi_hot"](["a a x x", "b"]).tolist() == [[1, 1, 0], [0, 0, 1]]
    assert bags["count"]("a a").tolist() == [0, 2, 0]
    assert bags["count"](["x y"]).dtype == np.float32
    weighted = TextVectorization(output_mode="tf_idf", vocabulary=["a", "b"], idf_weights=[0.5, 2])
    assert weighted(["a a b x x"]).tolist() == [[2.5, 1, 2]]
    wide = TextVectorization(
        output_mode="tf_idf", vocabulary=["a"], idf_weights=[3], max_tokens=4, pad_to_max_tokens=True
    )
    assert wide(["a x"]).tolist() == [[3, 3, 0, 0]]


def test_one_hot_vectors_are_padded_with_zeros():
    vectorizer = TextVectorization(output_mode="one_hot", vocabulary=["a", "b"])
    assert vectorizer("b x").tolist() == [[0, 0, 1], [1, 0, 0]]
    assert vectorizer(["a", "x b"]).tolist() == [[[0, 1, 0], [0, 0, 0]], [[1, 0, 0], [0, 0, 1]]]
    assert vectorizer(["a b", "a"]).shape == (*vectorizer.compute_output_shape((2,))[:1], 2, 3)


def test_sparse_bags_are_csr_matrices():
    pytest.importorskip("scipy")
    for mode in MODES:
        texts = ["the the cat dog", "", "sat"]
        dense, sparse = (adapted(output_mode=mode, sparse=sparse)(texts) for sparse in (False, True))
        assert sparse.format == "csr"
        assert sparse.dtype == np.float32
        assert np.array_equal(sparse.toarray(), dense)
    rows = TextVectorization(output_mode="one_hot", vocabulary=["a", "b"], sparse=True)
    assert rows("b a b").toarray().tolist() == [[0, 0, 1], [0, 1, 0], [0, 0, 1]]
    with pytest.raises(ValueError, match="sparse must be False for one_hot vectors of several tokens per text"):
        rows(["a b"])


def test_without_a_split_every_text_is_a_token():
    vectorizer = TextVectorization(split=None, vocabulary=["a b", "c"])
    assert vectorizer(["A b!", "", "z"]).tolist() == [2, 0, 1]
    assert vectorizer([["a b"], ["c"]]).tolist() == [[2], [3]]
    assert vectorizer([["a b", "c"], ["", "z"]]).tolist() == [[2, 3], [0, 1]]
    assert vectorizer("c") == 3
    bags = TextVectorization(split=None, vocabulary=["a", "b"], output_mode="count")
    assert bags(["a", "a", "", "z"]).tolist() == [1, 2, 0]  # one sample, as in Keras
    assert bags([["a", "a"], ["", "z"]]).tolist() == [[0, 2, 0], [1, 0, 0]]
    rows = TextVectorization(split=None, vocabulary=["a", "b"], output_mode="one_hot")
    assert rows([["a"], ["b"]]).tolist() == rows(["a", "b"]).tolist() == [[0, 1, 0], [0, 0, 1]]
    assert rows([["a", ""]]).tolist() == [[[0, 1, 0], [0, 0, 0]]]
    assert rows("a").tolist() == [[0, 1, 0]]
    short = TextVectorization(split=None, vocabulary=["a", "b"], output_sequence_length=3)
    assert short([["a"], ["b"]]).tolist() == [[2, 0, 0], [3, 0, 0]]


def test_ngrams_come_size_by_size():
    vectorizer = adapted(["b a", "a"], ngrams=2)
    assert vectorizer.get_vocabulary(include_special_tokens=False) == ["a", "b a", "b"]
    assert vectorizer(["b a"]).tolist() == [[4, 2, 3]]
    assert adapted(["b a c"], ngrams=(3, 1)).get_vocabulary(include_special_tokens=False) == ["c", "b a c", "b", "a"]
    assert adapted(["b a c"], ngrams=(2,)).get_vocabulary()[2:] == ["b a", "a c"]
    longer = TextVectorization(vocabulary=["a b", "b", "b c d", "a  b", " "], ngrams=5)  # some are no n-grams of words
    assert longer(["a b c d", "b"]).tolist() == [[1, 3, 1, 1, 2, 1, 1, 1, 4, 1], [3, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
    pairs = TextVectorization(vocabulary=["a b", "a", "ab", "  a", "a  "], ngrams=2, split="character")
    assert pairs(["ab", "a ", " a"]).tolist() == [[3, 1, 2], [3, 1, 6], [1, 3, 5]]


def test_characters_are_code_points():
    vectorizer = adapted(["Éa e\u0301"], split="character")
    assert set(vectorizer.get_vocabulary()[2:]) == {"É", "a", " ", "e", "\u0301"}


def test_only_ascii_is_standardized_and_split():
    texts = ["ÉA don't\x0bX\u00a0y\x85z\x1cw İ,ſ。"]
    assert set(adapted(texts).get_vocabulary()[2:]) == {"Éa", "dont", "x\u00a0y\x85z\x1cw", "İſ。"}
    assert set(adapted(texts, standardize="lower").get_vocabulary()[2:]) >= {"don't", "İ,ſ。"}
    assert set(adapted(texts, standardize="strip_punctuation").get_vocabulary()[2:]) >= {"ÉA", "dont"}
    assert set(adapted(texts, standardize=None).get_vocabulary()[2:]) >= {"ÉA", "don't"}
    assert adapted(["a-b"]).get_vocabulary()[2:] == ["ab"]  # removed, not replaced by a space


def test_ties_are_in_descending_order_of_code_points():
    words = ["a", "Z", "é", "ﬀ", "😀", "z"]
    assert adapted([" ".join(words)], standardize=None).get_vocabulary()[2:] == sorted(words, reverse=True)
    assert adapted(["b a c c d"], max_tokens=4).get_vocabulary() == ["", "[UNK]", "c", "d"]
    assert adapted(["b a c c d"], max_tokens=4, output_mode="count").get_vocabulary() == ["[UNK]", "c", "d", "b"]


def test_special_tokens_of_texts_are_not_counted():
    vectorizer = adapted(["[UNK] [UNK] a"], standardize=None)
    assert vectorizer.get_vocabulary() == ["", "[UNK]", "a"]
    assert adapted(["", "", "x"], split=None).get_vocabulary() == ["", "[UNK]", "x"]


def test_inverse_document_frequencies():
    vectorizer = adapted(["a b", "a a c", ""], output_mode="tf-idf")
    assert vectorizer.get_vocabulary() == ["[UNK]", "a", "c", "b"]
    expected = np.log(1 + 3 / (1 + np.array([2, 1, 1]))).astype(np.float32)
    found = vectorizer([["a"], ["c"], ["b"], ["zzz"]])
    assert np.array_equal(found.max(axis=1)[:3], expected)
    assert found[3, 0] == pytest.approx(expected.mean())


# Inputs.


def test_texts_in_all_their_forms_give_the_same_ids():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    texts = ["the cat", "sat", "é the"]
    vectorizer = adapted([*TEXTS, "é"], output_sequence_length=3)
    expected = vectorizer(texts).tolist()
    forms = [
        tuple(texts),
        np.array(texts),
        np.array(texts, dtype=object),
        np.array(texts)[:, None],
        [[text] for text in texts],
        [text.encode() for text in texts],
        np.array([text.encode() for text in texts], dtype=object),
        np.array([text.encode() for text in texts]),
        pandas.Series(texts),
        pandas.Series(texts, dtype="string"),
        polars.Series(texts),
        mm.Corpus(texts, [0, 1, 0]).texts,
    ]
    for form in forms:
        assert vectorizer(form).tolist() == expected, type(form)
        other = TextVectorization(output_sequence_length=3)
        other.adapt(form)
        assert set(other.get_vocabulary()[2:]) == {"the", "cat", "sat", "é"}
    assert vectorizer(np.array("the cat")).tolist() == [2, 3, 0]
    assert TextVectorization(vocabulary=["é"], encoding="latin-1")([b"\xe9"]).tolist() == [[2]]


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (["a", 1], TypeError, r"texts\[1\] must be a str, got 1"),
        ([None], TypeError, r"texts\[0\] must be a str, got None"),
        (np.zeros(3), TypeError, "texts must be str, got an array of float64"),
        ([["a", "b"], ["c", "d"]], ValueError, "rows of one text each"),
        ([["a"], "b"], TypeError, r"texts\[1\] must be a list"),
        ([[["a"]]], TypeError, "texts must have one or two axes"),
        (np.full((1, 1, 1), "a"), TypeError, "texts must have one or two axes, got 3"),
        (["a", "b\udc80"], ValueError, r"texts\[1\].*surrogate"),
        ([b"\xff"], ValueError, r"texts\[0\] must be utf-8, got b'\\xff'"),
        ({"a"}, TypeError, "texts must be a list, an array or a column, got set"),
    ],
)
def test_bad_texts_are_refused(texts, error, message):
    for settings in ({}, {"ngrams": 2}, {"split": np.char.split}):
        with pytest.raises(error, match=message):
            TextVectorization(vocabulary=["a"], **settings)(texts)


def test_a_symbolic_tensor_is_refused_with_advice():
    keras = pytest.importorskip("keras")
    with pytest.raises(TypeError, match=r"before the model: dataset.map\(lambda x, y: \(vectorizer\(x\), y\)\)"):
        TextVectorization(vocabulary=["a"])(keras.Input((1,), dtype="string"))


def test_batches_give_the_vocabulary_of_the_whole():
    texts = [f"w{number % 7} w{number % 3} x" for number in range(20)]
    for mode in ("int", "tf_idf"):
        whole = adapted(texts, output_mode=mode)
        batches = [texts[:8], texts[8:9], [], texts[9:]]
        for data in (iter(batches), (np.array(batch, dtype=object) for batch in batches), batches, iter(texts)):
            other = adapted(data, output_mode=mode)
            assert other.get_vocabulary() == whole.get_vocabulary()
            assert np.array_equal(other(texts), whole(texts))
    assert adapted(iter([["a"], ["b"], ["c"]]), output_mode="count").vocabulary_size() == 4
    vectorizer = TextVectorization()
    vectorizer.adapt(iter([["a"], ["b"], ["c"]]), steps=2, batch_size=7)
    assert vectorizer.get_vocabulary()[2:] == ["b", "a"]
    with pytest.raises(ValueError, match="steps must be None for a list"):
        vectorizer.adapt(["a"], steps=1)
    with pytest.raises(ValueError, match="steps must be 0 or more, got -1"):
        vectorizer.adapt(iter([["a"]]), steps=-1)


def test_labels_among_the_texts_are_refused():
    batches = [(np.array(["a", "b"], dtype=object), np.array([0, 1]))]
    with pytest.raises(TypeError, match=r"got a tuple of 2 in batch 0; keep the texts: adapt\(dataset.map"):
        TextVectorization().adapt(iter(batches))
    with pytest.raises(TypeError, match="data must be texts, got one str; wrap it"):
        TextVectorization().adapt("a b")
    with pytest.raises(TypeError, match="data must be texts or an iterable of batches of texts, got 3"):
        TextVectorization().adapt(3)
    with pytest.raises(TypeError, match="data must be texts or an iterable of batches of texts, got"):
        TextVectorization().adapt({"a": 1})
    assert adapted([" ".join(map(str, range(300)))], ngrams=(255,)).vocabulary_size() == 48


# Functions.


def test_functions_standardize_and_split():
    shouted = adapted(["a b", "b"], standardize=np.char.upper)
    assert shouted.get_vocabulary()[2:] == ["B", "A"]
    assert shouted(["b c"]).tolist() == [[2, 1]]
    assert shouted("b").tolist() == [2]
    dashed = adapted(["a-b", "b- C"], standardize=None, split=lambda texts: np.char.split(texts, "-"))
    assert dashed.get_vocabulary()[2:] == ["b", "a", " C"]
    assert dashed(["b-a", "x"]).tolist() == [[2, 3], [1, 0]]
    pairs = adapted(["a-b"], split=lambda texts: [text.split("-") for text in texts], standardize="lower", ngrams=(2,))
    assert pairs.get_vocabulary()[2:] == ["a b"]
    many = [f"T{number}" for number in range(2500)]  # several calls
    assert adapted(many, standardize=np.char.lower).vocabulary_size() == 2502
    assert TextVectorization(vocabulary=["a"], split=lambda texts: [[b"a", ""]] * len(texts))(["x"]).tolist() == [
        [2, 0]
    ]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"standardize": lambda texts: texts[:1]}, ValueError, r"standardize must return one text per text, 2, got"),
        ({"standardize": lambda texts: np.ones(len(texts))}, TypeError, "standardize must return str, got 1.0"),
        ({"split": lambda texts: [["a"]]}, ValueError, "split must return one list of tokens per text, 2, got 1"),
        ({"split": list}, TypeError, "split must return a list of tokens per text, got"),
        ({"split": lambda texts: [[1]] * len(texts)}, TypeError, "split must return str, got 1"),
    ],
)
def test_bad_results_of_functions_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        TextVectorization(vocabulary=["a"], **settings)(["a", "b"])


# Properties.


@given(st.lists(st.text(alphabet="aAbÉé \t\n\x0b!,-ßΣ가\u00a0", max_size=12), min_size=1, max_size=6), st.data())
def test_ids_are_those_of_a_plain_reference(texts, data):
    standardize = data.draw(st.sampled_from(["lower_and_strip_punctuation", "lower", "strip_punctuation", None]))
    split = data.draw(st.sampled_from(["whitespace", "character"]))
    ngrams = data.draw(st.sampled_from([None, 1, 2, 3, (2, 1), (3, 1), (2, 2)]))
    rows = [reference_tokens(text, standardize, split, ngrams) for text in texts]
    counts = Counter(token for row in rows for token in row)
    settings = {"standardize": standardize, "split": split, "ngrams": ngrams}
    if not counts:
        with pytest.raises(DataError, match="the texts must have one token or more"):
            adapted(texts, **settings)
        return
    vectorizer = adapted(texts, **settings, max_tokens=data.draw(st.integers(3, 12)))
    most = vectorizer.get_config()["max_tokens"] - 2
    words = sorted(counts, key=lambda word: (counts[word], word), reverse=True)[:most]
    assert vectorizer.get_vocabulary(include_special_tokens=False) == words
    ids = [[words.index(token) + 2 if token in words else 1 for token in row] for row in rows]
    longest = max(map(len, ids))
    assert vectorizer(texts).tolist() == [row + [0] * (longest - len(row)) for row in ids]
    assert [vectorizer(text).tolist() for text in texts] == ids
    bags = TextVectorization(**settings, vocabulary=words, output_mode="count")(texts)
    assert [[row.count(number) for number in range(1, len(words) + 2)] for row in ids] == bags.tolist()


@given(st.text(alphabet="aAÉé \t\n\x0b!-Σ가\u00a0\u0301", max_size=12), st.booleans(), st.booleans())
def test_spans_are_where_tokens_come_from(text, lowercase, by_characters):
    splitter = _core.Splitter.standardized(removed="!-", lowercase=lowercase, by_characters=by_characters)
    tokens, spans = splitter.tokens(text), splitter.spans(text)
    named = "lower" if lowercase else None
    kept = text.translate(dict.fromkeys(map(ord, "!-")))
    assert tokens == reference_tokens(kept, named, "character" if by_characters else "whitespace", None)
    for token, (start, end) in zip(tokens, spans, strict=True):
        source = text[start:end].replace("!", "").replace("-", "")
        assert token == (source.translate({65: "a"}) if lowercase else source)


def test_only_ascii_characters_are_removed():
    with pytest.raises(ValueError, match='removed must be ASCII characters, got "é"'):
        _core.Splitter.standardized(removed="é", lowercase=False, by_characters=False)


def reference_tokens(text, standardize, split, ngrams):
    if standardize and standardize.startswith("lower"):
        text = "".join(character.lower() if character.isascii() else character for character in text)
    if standardize and "punctuation" in standardize:
        text = "".join(character for character in text if character not in string.punctuation)
    tokens = list(text)
    if split == "whitespace":
        tokens = "".join(" " if character in "\t\n\x0b\x0c\r" else character for character in text).split(" ")
        tokens = [token for token in tokens if token]
    sizes = range(1, ngrams + 1) if isinstance(ngrams, int) else ngrams or [1]
    return [" ".join(tokens[start : start + size]) for size in sizes for start in range(len(tokens) - size + 1)]


# The vocabulary.


@pytest.mark.parametrize("has_specials", [False, True])
def test_a_vocabulary_may_have_the_special_tokens(has_specials, tmp_path):
    for mode in ("int", "count"):
        words = ["b", "a", "é", "x\x85y"]
        front = (["", "[UNK]"] if mode == "int" else ["[UNK]"]) if has_specials else []
        path = tmp_path / f"{mode}.txt"
        path.write_bytes("\r\n".join([*front, *words, ""]).encode())
        for vocabulary in (front + words, tuple(front + words), np.array(front + words), path, str(path)):
            vectorizer = TextVectorization(vocabulary=vocabulary, output_mode=mode)
            assert vectorizer.get_vocabulary(include_special_tokens=False) == words
            assert all(type(word) is str for word in vectorizer.get_vocabulary())
    inside = TextVectorization(vocabulary=["a", "[UNK]"], standardize=None)
    assert inside(["[UNK] a b"]).tolist() == [[3, 2, 1]]  # as in Keras


@pytest.mark.parametrize(
    ("vocabulary", "settings", "message"),
    [
        (["a", "b", "a"], {}, r"has at least one repeated term: \['a'\]"),
        ([], {}, "Cannot set an empty vocabulary"),
        (["", "[UNK]"], {}, "Cannot set an empty vocabulary"),
        (["a", ""], {}, r"vocabulary must have '' only at the start, .* got it at position 1"),
        (["a", "b"], {"max_tokens": 3}, r"vocabulary must have max_tokens \(3\) items at most, .* got 4"),
        ("/none/words.txt", {}, "Vocabulary file /none/words.txt does not exist"),
        (["a"], {"output_mode": "tf_idf"}, "`idf_weights` must be set"),
        (["a"], {"idf_weights": [1]}, "`idf_weights` should only be set if output_mode is 'tf_idf'"),
        (["a"], {"output_mode": "tf_idf", "idf_weights": [1, 2]}, "same length as vocabulary: 1 for this one, got 2"),
        (["a"], {"output_mode": "tf_idf", "idf_weights": [float("nan")]}, "must be a list of finite numbers"),
        (["a\udc80"], {}, "surrogate"),
    ],
)
def test_bad_vocabularies_are_refused(vocabulary, settings, message):
    with pytest.raises(ValueError, match=message):
        TextVectorization(vocabulary=vocabulary, **settings)


def test_words_must_be_str():
    with pytest.raises(TypeError, match=r"vocabulary\[1\] must be a str, got 3"):
        TextVectorization(vocabulary=["a", 3])
    with pytest.raises(TypeError, match="vocabulary must be a list, an array or a column, got set"):
        TextVectorization(vocabulary={"a"})


def test_weights_with_and_without_special_tokens():
    given_unknown = TextVectorization(output_mode="tf_idf", vocabulary=["[UNK]", "a"], idf_weights=[9, 1])
    assert given_unknown(["a q"]).tolist() == [[9, 1]]
    mean = TextVectorization(output_mode="tf_idf", vocabulary=["a", "b"], idf_weights=np.array([0.1, 0.2]))
    assert mean(["q"])[0, 0] == np.float32(0.15)


def test_a_vocabulary_is_needed_and_a_given_one_is_fixed():
    with pytest.raises(RuntimeError, match="the vocabulary is not set; call adapt, or pass vocabulary"):
        TextVectorization()(["a"])
    with pytest.raises(ValueError, match="Cannot adapt layer 'text_vectorization' after setting a static vocabulary"):
        TextVectorization(vocabulary=["a"]).adapt(["b"])
    for texts in ([], ["", " ", "!"]):
        with pytest.raises(DataError, match="one token or more"):
            adapted(texts)
    with pytest.raises(DataError, match="the vocabulary needs texts, got none"):
        TextVectorization().finalize_state()
    with pytest.raises(DataError, match="fits into max_tokens"):
        adapted(["a"], max_tokens=2)
    vectorizer = TextVectorization()
    assert vectorizer.get_vocabulary() == ["", "[UNK]"]
    vectorizer.set_vocabulary(["a"])
    vectorizer.adapt(["b c"])
    assert vectorizer.get_vocabulary()[2:] == ["c", "b"]


# Settings.


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"foo": 1}, TypeError, "TextVectorization got an unknown argument: foo"),
        ({"standardize": "upper"}, ValueError, "standardize must be 'lower_and_strip_punctuation'"),
        ({"split": "x"}, ValueError, "split must be 'whitespace', 'character' or None, got 'x'"),
        ({"output_mode": "ids"}, ValueError, "output_mode must be 'int'"),
        ({"max_tokens": 1}, ValueError, "max_tokens must be 2 or more, got 1"),
        ({"max_tokens": 2.5}, TypeError, "max_tokens must be a whole number"),
        ({"pad_to_max_tokens": True}, ValueError, "max_tokens must be set if pad_to_max_tokens is True"),
        ({"ngrams": 0}, ValueError, "ngrams must be 1 or more, got 0"),
        ({"ngrams": 10**9}, ValueError, "ngrams must be at most 255, got 1000000000"),
        ({"ngrams": ()}, ValueError, "ngrams must have one size or more"),
        ({"ngrams": "2"}, TypeError, "ngrams must be a whole number, got '2'"),
        ({"output_sequence_length": 0}, ValueError, "output_sequence_length must be 1 or more, got 0"),
        ({"output_sequence_length": 2, "output_mode": "count"}, ValueError, "must be None unless output_mode is 'int'"),
        ({"sparse": True}, ValueError, "sparse must be False if output_mode is 'int'"),
        ({"ragged": True, "output_mode": "count"}, ValueError, "ragged must be False if output_mode is 'count'"),
        ({"encoding": "utf-99"}, ValueError, "encoding must be known to Python, got 'utf-99'"),
        ({"encoding": None}, ValueError, "encoding must be known to Python, got None"),
        ({"vocabulary_size": 0}, ValueError, "vocabulary_size must be 1 or more"),
        ({"standardize": {"class_name": "function"}}, TypeError, "standardize is a function that Keras has saved"),
    ],
)
def test_bad_settings_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        TextVectorization(**settings)


def test_the_configuration_is_that_of_keras():
    given_words = TextVectorization(vocabulary=np.array(["a", "b"]), ngrams=(1, 2), output_mode="binary", name="bag")
    config = json.loads(json.dumps(given_words.get_config()))
    assert config["vocabulary"] == ["a", "b"]
    assert config["output_mode"] == "multi_hot"
    assert config["vocabulary_size"] == 3
    config["dtype"] = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
    again = TextVectorization.from_config(config)
    assert again.get_config() == given_words.get_config()
    assert again.name == "bag"
    assert np.array_equal(again(["a b x"]), given_words(["a b x"]))
    learned = adapted(max_tokens=np.int64(9))
    assert learned.get_config()["vocabulary"] is None
    unset = TextVectorization.from_config({**learned.get_config(), "output_mode": "count"})
    assert unset.compute_output_shape((None,)) == (None, 5)  # `vocabulary_size`


@pytest.mark.parametrize("split", ["whitespace", None])
@pytest.mark.parametrize("mode", ["int", "one_hot", *MODES])
def test_shapes_are_computed(mode, split):
    lengths = [None, 3] if mode == "int" else [None]
    for length in lengths:
        vectorizer = adapted(["a b", "c"], output_mode=mode, split=split, output_sequence_length=length)
        inputs = {(): "a b", (2,): ["a b", "c"], (2, 1): [["a b"], ["c"]]}
        if length is not None and split is None:
            del inputs[(2,)], inputs[()]
        for shape, texts in inputs.items():
            computed, found = vectorizer.compute_output_shape(shape), np.shape(vectorizer(texts))
            assert len(computed) == len(found), (shape, computed, found)
            assert all(left in (None, right) for left, right in zip(computed, found, strict=True))


# Files.


@pytest.mark.parametrize("mode", ["int", "one_hot", *MODES])
def test_a_saved_vectorizer_is_the_same(mode, tmp_path):
    texts = ["the cat\u2028sat é", "the 한국어", "\x85 x"]
    path = tmp_path / "words.json"
    vectorizer = adapted(texts, output_mode=mode, ngrams=(1, 2), max_tokens=7)
    vectorizer.save(path)
    loaded = TextVectorization.load(path)
    assert loaded.get_config() == vectorizer.get_config()
    assert loaded.get_vocabulary() == vectorizer.get_vocabulary()
    assert np.array_equal(loaded(texts), vectorizer(texts))
    loaded.adapt(["new"])
    with pytest.raises(FileExistsError, match="pass overwrite=True"):
        vectorizer.save(path)
    vectorizer.save(path, overwrite=True)
    TextVectorization(output_mode=mode).save(tmp_path / "unset.json")
    with pytest.raises(RuntimeError, match="the vocabulary is not set"):
        TextVectorization.load(tmp_path / "unset.json")(["a"])
    fixed = TextVectorization(vocabulary=["a"], output_mode=mode, idf_weights=[2] if mode == "tf_idf" else None)
    fixed.save(tmp_path / "fixed.json")
    with pytest.raises(ValueError, match="Cannot adapt layer"):
        TextVectorization.load(tmp_path / "fixed.json").adapt(["a"])


def shouting(texts):
    return np.char.upper(texts)


@pytest.mark.parametrize("settings", [{}, {"ngrams": 2}, {"output_mode": "tf_idf"}, {"standardize": shouting}])
def test_a_copy_is_the_same(settings):
    vectorizer = adapted(**settings)
    expected = vectorizer(TEXTS)
    for other in (copy.deepcopy(vectorizer), pickle.loads(pickle.dumps(vectorizer))):
        assert np.array_equal(other(TEXTS), expected)
        other.adapt(["new"])
    assert np.array_equal(vectorizer(TEXTS), expected)


def test_functions_cannot_be_saved(tmp_path):
    for name in ("standardize", "split"):
        with pytest.raises(ValueError, match=f"{name} is a function, which a file cannot hold"):
            TextVectorization(**{name: np.char.lower}).save(tmp_path / "words.json")
    assert list(tmp_path.iterdir()) == []


def test_damaged_files_are_refused(tmp_path):
    path, broken = tmp_path / "words.json", tmp_path / "broken.json"
    adapted(output_mode="tf_idf", max_tokens=5).save(path)
    content = path.read_bytes()
    for end in range(len(content)):
        broken.write_bytes(content[:end])
        with pytest.raises(DataError, match=r"broken.json (is damaged|is no file)"):
            TextVectorization.load(broken)
    whole = json.loads(content)
    changes = [
        {"format": "other"},
        {"version": 2},
        {"vocabulary": ["a", "a", "b"]},
        {"vocabulary": ["a", "", "b"]},
        {"vocabulary": "abc"},
        {"vocabulary": []},
        {"vocabulary": None},
        {"vocabulary": ["a", "b", "\udc80"]},
        {"vocabulary": list("abcdef"), "idf_weights": [1.0] * 7},
        {"idf_weights": [1.0]},
        {"idf_weights": None},
        {"idf_weights": [1.0, "x", 2.0, 3.0]},
        {"idf_weights": [1.0, 1e999, 2.0, 3.0]},
        {"config": None},
        {"config": {**whole["config"], "output_mode": "ids"}},
        {"config": {**whole["config"], "output_mode": "count"}},
        {"config": {**whole["config"], "max_tokens": -1}},
        {"config": {**whole["config"], "more": 1}},
        {"more": 1},
    ]
    for change in changes:
        broken.write_text(json.dumps({**whole, **change}))
        with pytest.raises(DataError, match=r"broken\.json"):
            TextVectorization.load(broken)
    broken.write_bytes(b"\xff" + content)
    with pytest.raises(DataError, match="damaged"):
        TextVectorization.load(broken)
    with pytest.raises(FileNotFoundError):
        TextVectorization.load(tmp_path / "none.json")


def test_assets_are_those_of_keras(tmp_path):
    vectorizer = adapted(["é a", "a"])
    vectorizer.save_assets(tmp_path)
    assert (tmp_path / "vocabulary.txt").read_bytes() == "\n[UNK]\na\né".encode()
    other = TextVectorization()
    other.load_assets(tmp_path)
    assert other.get_vocabulary() == vectorizer.get_vocabulary()
    with pytest.raises(ValueError, match=r"vocabulary.txt cannot hold a word with a line separator, got 'a\\x85b'"):
        TextVectorization(vocabulary=["a\x85b"]).save_assets(tmp_path)
    with pytest.raises(ValueError, match="`idf_weights` must be set"):
        TextVectorization(output_mode="tf_idf").load_assets(tmp_path)
    with pytest.raises(ValueError, match="does not exist"):
        other.load_assets(tmp_path / "none")
    (tmp_path / "vocabulary.txt").write_bytes(b"a\n\xff")
    with pytest.raises(ValueError, match="must be UTF-8: invalid start byte at byte 2"):
        other.load_assets(tmp_path)
    weighted = TextVectorization(output_mode="tf_idf", vocabulary=["a", "b"], idf_weights=[1, 2])
    weighted.save_assets(tmp_path)
    weighted.load_assets(tmp_path)
    assert weighted(["b a q"]).tolist() == [[1.5, 1, 2]]


def test_it_is_imported_without_keras():
    use = "import sys, malmoi.keras.layers as layers; layers.TextVectorization(vocabulary=['a'])(['a'])"
    code = f"{use}; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"'keras'", "'scipy'", "'tensorflow'", "'jax'"} & set(loaded.strip("[]\n").split(", "))
