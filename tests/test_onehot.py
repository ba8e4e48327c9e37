"""One-hot arrays: the notes' loops, and what is not a known token."""

import pickle
import re
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.exceptions import NotFittedError

import malmoi as mm

SAMPLES = ["The cat sat on the mat.", "The dog ate my homework."]
texts_of_words = st.lists(st.text("ab 가\t", max_size=15), max_size=6)
tokenizers = st.sampled_from(
    [
        mm.Words(),
        mm.Whitespace(),
        mm.Characters(),
        mm.Characters(graphemes=False, alphabet="b가a"),
        mm.Characters(inside_words=True),
        mm.Hangul("jamo"),
        mm.External(str.split),
    ]
)
limits = st.one_of(st.none(), st.integers(1, 8))


def by_words(samples, max_length):
    """The notes' loop over words."""
    token_index = {}
    for sample in samples:
        for word in sample.split():
            if word not in token_index:
                token_index[word] = len(token_index) + 1
    results = np.zeros((len(samples), max_length, max(token_index.values()) + 1))
    for i, sample in enumerate(samples):
        for j, word in list(enumerate(sample.split()))[:max_length]:
            results[i, j, token_index[word]] = 1.0
    return results


def by_characters(samples, max_length, characters=string.printable):
    """The notes' loop over characters; one that is not printable leaves its row zero."""
    token_index = dict(zip(characters, range(1, len(characters) + 1), strict=True))
    results = np.zeros((len(samples), max_length, max(token_index.values()) + 1))
    for i, sample in enumerate(samples):
        for j, character in enumerate(sample[:max_length]):
            if character in token_index:
                results[i, j, token_index[character]] = 1.0
    return results


def rows_of(tokenizer, index, texts, max_length):
    """The same for any tokenizer."""
    results = np.zeros((len(texts), max_length, len(index) + 1), dtype=np.float32)
    for i, text in enumerate(texts):
        for j, token in enumerate(tokenizer(text)[:max_length]):
            if token in index:
                results[i, j, index[token]] = 1
    return results


def test_the_notes_words():
    vectorizer = mm.OneHotVectorizer(mm.Whitespace(), max_length=10)
    array = vectorizer.fit_transform(SAMPLES)
    assert (array.shape, array.dtype) == ((2, 10, 11), np.float32)
    assert np.array_equal(array, by_words(SAMPLES, 10))
    assert list(vectorizer.token_index_.items())[:3] == [("The", 1), ("cat", 2), ("sat", 3)]
    assert vectorizer.token_index_["homework."] == 10


@pytest.mark.parametrize("samples", [SAMPLES, ["Un café à 3 €, ça va?", "é", "", "\x00\n\t" * 20, "e\u0301" * 30]])
def test_the_notes_characters(samples):
    tokenizer = mm.Characters(graphemes=False, lowercase=False, alphabet=string.printable)
    vectorizer = mm.OneHotVectorizer(tokenizer, max_length=50)
    array = vectorizer.fit_transform(samples)
    assert array.shape == (len(samples), 50, 101)
    assert np.array_equal(array, by_characters(samples, 50))
    assert list(vectorizer.token_index_) == list(string.printable)


def test_a_character_outside_the_alphabet_keeps_its_position():
    vectorizer = mm.OneHotVectorizer(mm.Characters(alphabet="abc"), max_length=3).fit([])
    assert vectorizer.transform(["aéc"]).argmax(axis=2).tolist() == [[1, 0, 3]]
    assert vectorizer.transform(["aéc"]).sum() == 2
    assert vectorizer.inverse_transform(vectorizer.transform(["aéc", "é", "éb"])) == [["a", None, "c"], [], [None, "b"]]


@given(texts_of_words, texts_of_words, tokenizers, limits)
def test_ones_stand_where_the_loop_puts_them(texts, others, tokenizer, max_length):
    vectorizer = mm.OneHotVectorizer(tokenizer, max_length, n_jobs=2)
    array = vectorizer.fit_transform(texts)
    known = getattr(tokenizer, "known_tokens", None) or dict.fromkeys(
        token for text in texts for token in tokenizer(text)
    )
    longest = max([1, *(len(tokenizer(text)) for text in texts)])
    index = {token: number for number, token in enumerate(known, start=1)}
    assert vectorizer.token_index_ == index
    assert vectorizer.length_ == (max_length or longest)
    assert array.tobytes() == rows_of(tokenizer, index, texts, vectorizer.length_).tobytes()
    expected = rows_of(tokenizer, index, others, vectorizer.length_)
    assert np.array_equal(vectorizer.transform(others), expected)
    copied = pickle.loads(pickle.dumps(vectorizer))
    assert np.array_equal(copied.transform(others), expected)


@given(texts_of_words, texts_of_words, tokenizers, limits)
def test_sparse_rows_are_the_dense_ones_made_flat(texts, others, tokenizer, max_length):
    dense = mm.OneHotVectorizer(tokenizer, max_length).fit(texts)
    flat = mm.OneHotVectorizer(tokenizer, max_length, sparse_output=True).fit(texts)
    array, matrix = dense.transform(others), flat.transform(others)
    assert sparse.issparse(matrix)
    assert matrix.format == "csr"
    assert (matrix.shape, matrix.dtype) == ((len(others), array.shape[1] * array.shape[2]), np.float32)
    assert np.array_equal(matrix.toarray(), array.reshape(matrix.shape))
    assert matrix.has_canonical_format
    assert len(flat.get_feature_names_out()) == matrix.shape[1]


@given(texts_of_words, tokenizers, st.booleans())
def test_tokens_come_back(texts, tokenizer, sparse_output):
    vectorizer = mm.OneHotVectorizer(tokenizer, sparse_output=sparse_output)
    found = vectorizer.inverse_transform(vectorizer.fit_transform(texts))
    index = vectorizer.token_index_
    expected = [[token if token in index else None for token in tokenizer(text)] for text in texts]
    for tokens in expected:
        while tokens and tokens[-1] is None:
            tokens.pop()
    assert found == expected


def test_columns_have_names():
    vectorizer = mm.OneHotVectorizer(max_length=2).fit(["so good"])
    assert vectorizer.get_feature_names_out().tolist() == [
        "position0=",
        "position0=so",
        "position0=good",
        "position1=",
        "position1=so",
        "position1=good",
    ]


def test_what_does_not_fit_into_memory_says_so():
    vectorizer = mm.OneHotVectorizer(max_length=10**6).fit(["so good"])
    with pytest.raises(MemoryError, match="rows of 1000000 ids need 4000000000000 bytes; lower max_length"):
        vectorizer.transform(["so"] * 10**6)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"tokens": "words"}, TypeError, "tokens must be \"auto\" or a tokenizer such as Words(), got 'words'"),
        ({"max_length": 0}, ValueError, "max_length must be 1 or more, got 0"),
        ({"max_length": 2**31}, ValueError, "max_length must be at most 1000000, got 2147483648"),
        ({"max_length": 2.0}, TypeError, "max_length must be a whole number, got 2.0"),
        ({"max_length": True}, TypeError, "max_length must be a whole number, got True"),
        ({"n_jobs": 1.0}, TypeError, "n_jobs must be None or a whole number, got 1.0"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, error, message):
    for call in ("fit", "fit_transform"):
        with pytest.raises(error, match=re.escape(message)):
            getattr(mm.OneHotVectorizer(**wrong), call)(SAMPLES)


def test_before_fit_there_are_no_ids():
    vectorizer = mm.OneHotVectorizer()
    for call in (vectorizer.transform, vectorizer.inverse_transform, vectorizer.get_feature_names_out):
        with pytest.raises(NotFittedError, match="this OneHotVectorizer is not fitted yet; call fit first"):
            call(["a"])
