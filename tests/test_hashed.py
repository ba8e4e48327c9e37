"""Hashed bags and one-hot arrays: the hash is for ever, and what it loses is told."""

import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

import malmoi as mm

SAMPLES = ["The cat sat on the mat.", "The dog ate my homework."]
MANY = 2**31 - 1
ALL_BITS = 2**64 - 1
few_words = st.lists(st.sampled_from(["the", "The", "cat", "sat", "on", "가나", "e\u0301", "3.5", "!"])).map(" ".join)
texts_of_words = st.lists(few_words, max_size=6)
tokens = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), min_size=1, max_size=6)
orders = st.sampled_from([(1, 1), (1, 2), (1, 4), (2, 3), (3, 3)])
buckets = st.sampled_from([1, 2, 3, 16, 1000, MANY])

# Token by token: seed, tokens, column of 2**31 - 1, sign, column of 1,000. These numbers must never change.
GOLDEN = [
    (0, ["말모이"], 186321195, -1, 86),
    (7, ["말모이"], 1063193838, -1, 495),
    (0, [""], 377700354, 1, 175),
    (0, ["the", "cat"], 286149677, -1, 133),
    (0, ["the", "cat", "sat"], 784778377, 1, 365),
    (ALL_BITS, ["a" * 300], 1108362481, -1, 516),
]
ROWS = [
    [0, 0, -1, -1, 0, 1, 0, 1, 1, 0, 0, -1, 0, 0, -2, -1, 0, 0, 0, 0],
    [0, 1, 0, 0, 0, 0, 0, 0, 0, -1, -1, 0, -1, 0, 0, -1, -1, -1, 0, 0],
]
ONES = [[15, 5, 11, 14, 15, 15, 0, 0, 0, 0], [15, 10, 9, 7, 16, 0, 0, 0, 0, 0]]


def hash_of(words, seed):
    """XXH3 of every token; two hashes join by a product of 128 bits, whose halves are laid over each other."""
    xxhash = pytest.importorskip("xxhash")

    def join(before, last):
        product = (before ^ 0x9E3779B97F4A7C15) * (last ^ 0xC2B2AE3D27D4EB4F)
        return product >> 64 ^ product & ALL_BITS

    return reduce(join, (xxhash.xxh3_64_intdigest(word.encode(), seed) for word in words))


def expected_rows(vectorizer, texts):
    """What scikit-learn counts, put where `place` says."""
    counter = CountVectorizer(
        tokenizer=vectorizer.tokens, lowercase=False, token_pattern=None, ngram_range=vectorizer.ngrams
    )
    analyze = counter.build_analyzer()
    kind = {"binary": lambda count: 1, "sublinear": lambda count: 1 + np.log(count)}
    value = kind.get(vectorizer.weighting, lambda count: count)
    rows = []
    for text in texts:
        counts = Counter(vectorizer.bucket(*name.split(" ")) for name in analyze(text))
        row = defaultdict(float)
        for (column, sign), count in counts.items():
            row[column] += sign * value(count)
        norm = {"auto": "l1" if vectorizer.weighting == "frequency" else None}.get(vectorizer.norm, vectorizer.norm)
        power = {"l1": 1, "l2": 2, None: None}[norm]
        length = sum(abs(entry) ** power for entry in row.values()) ** (1 / power) if power else 1
        rows.append({column: entry / (length or 1) for column, entry in row.items() if entry})
    return rows


@pytest.mark.parametrize(("seed", "words", "column", "sign", "of_thousand"), GOLDEN)
def test_the_hash_never_changes(seed, words, column, sign, of_thousand):
    assert mm.HashedBagVectorizer(seed=seed, buckets=MANY).bucket(*words) == (column, sign)
    assert mm.HashedBagVectorizer(seed=seed, buckets=1000, signed=False).bucket(*words) == (of_thousand, 1)


def test_rows_never_change():
    rows = mm.HashedBagVectorizer(buckets=20).transform(SAMPLES).toarray().astype(int).tolist()
    assert rows == ROWS
    ones = mm.HashedOneHotVectorizer(buckets=20).transform(SAMPLES).argmax(axis=2).tolist()
    assert ones == ONES


@given(tokens, st.integers(0, ALL_BITS), buckets, st.booleans())
def test_an_ngram_has_the_place_of_the_twin(words, seed, width, signed):
    number = hash_of(words, seed)
    expected = number * width >> 64, -1 if signed and number & 1 else 1
    assert mm.HashedBagVectorizer(seed=seed, buckets=width, signed=signed).bucket(*words) == expected


def test_another_process_makes_the_same_rows():
    code = (
        "import malmoi as mm, hashlib\n"
        f"rows = mm.HashedBagVectorizer(ngrams=(1, 3)).transform({SAMPLES!r})\n"
        "print(hashlib.sha256(rows.data.tobytes() + rows.indices.tobytes()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
    assert len(found.pop().strip()) == 64


@given(
    texts_of_words,
    st.sampled_from([mm.Words(), mm.Words(keep_punctuation=True), mm.Whitespace(), mm.KerasWords()]),
    orders,
    st.sampled_from([1, 2, 3, 16, 1000, 2**20, MANY]),
    st.sampled_from(["count", "binary", "frequency", "sublinear"]),
    st.sampled_from(["auto", "l1", "l2", None]),
    st.booleans(),
    st.integers(0, 3),
)
def test_rows_are_scikit_learns_counts_put_in_their_places(
    texts, tokenizer, ngrams, width, weighting, norm, signed, seed
):
    vectorizer = mm.HashedBagVectorizer(tokenizer, ngrams, width, weighting, norm=norm, signed=signed, seed=seed)
    matrix = vectorizer.set_params(n_jobs=2).fit_transform(texts)
    assert (matrix.shape, matrix.dtype) == ((len(texts), width), np.float32)
    assert matrix.data.all()
    for row, expected in zip(matrix, expected_rows(vectorizer, texts), strict=True):
        assert row.indices.tolist() == sorted(expected)
        np.testing.assert_allclose(row.data, [expected[column] for column in row.indices], rtol=1e-6)


@given(texts_of_words, orders, st.sets(st.sampled_from(["the", "cat", "가나"])))
def test_stop_words_leave_before_ngrams_are_made(texts, ngrams, stop_words):
    without = [" ".join(word for word in text.split() if word not in stop_words) for text in texts]
    plain = mm.HashedBagVectorizer(mm.Whitespace(), ngrams)
    rows = mm.HashedBagVectorizer(mm.Whitespace(), ngrams, stop_words=stop_words).transform(texts)
    assert (rows != plain.transform(without)).nnz == 0


@given(texts_of_words, orders, st.integers(1, 40), st.integers(0, 5))
def test_collisions_are_the_twins(texts, ngrams, width, seed):
    vectorizer = mm.HashedBagVectorizer(mm.Whitespace(), ngrams, width, seed=seed)
    found = vectorizer.collisions(texts)
    counter = CountVectorizer(tokenizer=str.split, lowercase=False, token_pattern=None, ngram_range=ngrams)
    analyze = counter.build_analyzer()
    counts = Counter(name for text in texts for name in analyze(text))
    groups = defaultdict(list)
    for name, _ in counts.most_common():
        groups[vectorizer.bucket(*name.split(" "))[0]].append(name)
    shared = [group for group in groups.values() if len(group) > 1]
    assert (found.tokens, found.distinct) == (counts.total(), len(counts))
    assert (found.buckets, found.buckets_used) == (width, len(groups))
    assert found.sharing == sum(map(len, shared))
    assert len(found.examples) == min(10, len(shared))
    assert {frozenset(group) for group in found.examples} <= {frozenset(group) for group in shared}
    for group in found.examples:
        assert [counts[name] for name in group] == sorted((counts[name] for name in group), reverse=True)
    seconds = [counts[group[1]] for group in found.examples]
    assert seconds == sorted((sorted(counts[name] for name in group)[-2] for group in shared), reverse=True)[:10]
    assert found.observed_loss == pytest.approx(1 - len(groups) / len(counts) if counts else 0)
    used = width * (1 - (1 - 1 / width) ** len(counts))
    assert found.expected_loss == pytest.approx(1 - used / len(counts) if counts else 0, abs=1e-12)


def test_the_loss_of_many_words_is_the_expected_one():
    words = [f"word{number}" for number in range(50_000)]
    for width in (1_000, 2**16, 2**20):
        found = mm.HashedBagVectorizer(ngrams=(1, 1), buckets=width).collisions(words)
        assert found.distinct == len(words)
        assert found.observed_loss == pytest.approx(found.expected_loss, rel=0.06)
    signs = [mm.HashedBagVectorizer().bucket(word)[1] for word in words[:4_000]]
    assert abs(sum(signs)) < 4 * 4_000**0.5


def test_what_is_lost_is_said_to_people():
    lost = mm.HashedBagVectorizer(ngrams=(1, 1), buckets=3).collisions(["a b c d e f g"])
    assert str(lost) == "7 n-grams in 3 of 3 buckets: 57.14% lost (expected 59.65%)\nshared: b = c = g; a = e; d = f"
    nothing = mm.HashedOneHotVectorizer().collisions([])
    assert str(nothing) == "0 n-grams in 0 of 1,000 buckets: 0.00% lost (expected 0.00%)"


def test_the_notes_two_sentences_as_hashed_ones():
    vectorizer = mm.HashedOneHotVectorizer(buckets=1000, max_length=10)
    array = vectorizer.fit_transform(SAMPLES)
    assert (array.shape, array.dtype) == ((2, 10, 1000), np.float32)
    expected = np.zeros((2, 10, 1000))
    places = mm.HashedBagVectorizer(buckets=1000)
    for row, text in enumerate(SAMPLES):
        for position, word in enumerate(mm.Words()(text)[:10]):
            expected[row, position, places.bucket(word)[0]] = 1
    assert np.array_equal(array, expected)


@given(texts_of_words, st.integers(1, 9), st.integers(1, 30), st.integers(0, 3))
def test_hashed_ones_stand_in_their_places(texts, max_length, width, seed):
    vectorizer = mm.HashedOneHotVectorizer(mm.Whitespace(), width, max_length, seed=seed)
    array, place = vectorizer.transform(texts), mm.HashedBagVectorizer(buckets=width, seed=seed).bucket
    found = [[(at, int(row[at].argmax())) for at in range(max_length) if row[at].any()] for row in array]
    assert array.sum(axis=2).max(initial=0) <= 1
    assert found == [[(at, place(word)[0]) for at, word in enumerate(text.split()[:max_length])] for text in texts]
    flat = vectorizer.set_params(sparse_output=True).transform(texts)
    assert np.array_equal(flat.toarray(), array.reshape(len(texts), max_length * width))


def test_collisions_of_hashed_ones_are_those_of_their_tokens():
    ones = mm.HashedOneHotVectorizer(buckets=5, seed=3).collisions(SAMPLES)
    assert ones == mm.HashedBagVectorizer(ngrams=(1, 1), buckets=5, seed=3).collisions(SAMPLES)


@pytest.mark.parametrize("kind", [mm.HashedBagVectorizer, mm.HashedOneHotVectorizer])
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"tokens": "auto"}, TypeError, "tokens must be a tokenizer such as Words(), got 'auto'"),
        ({"tokens": None}, TypeError, "such as Words(), got None"),
        ({"buckets": 0}, ValueError, "buckets must be 1 or more, got 0"),
        ({"buckets": 2**31}, ValueError, "buckets must be at most 2147483647, got 2147483648"),
        ({"buckets": 1e3}, TypeError, "buckets must be a whole number, got 1000.0"),
        ({"seed": -1}, ValueError, "seed must be 0 or more, got -1"),
        ({"seed": 2**64}, ValueError, "seed must be at most 18446744073709551615, got 18446744073709551616"),
        ({"seed": None}, TypeError, "seed must be a whole number, got None"),
    ],
)
def test_settings_out_of_range_are_refused(kind, wrong, error, message):
    for call in ("fit", "transform", "fit_transform"):
        with pytest.raises(error, match=re.escape(message)):
            getattr(kind(**wrong), call)(SAMPLES)


@pytest.mark.parametrize(
    ("vectorizer", "error", "message"),
    [
        (
            mm.HashedBagVectorizer(ngrams="auto"),
            TypeError,
            "ngrams must be two whole numbers, such as (1, 2), got 'auto'",
        ),
        (mm.HashedBagVectorizer(ngrams=(3, 1)), ValueError, "got (3, 1); swap them: (1, 3)"),
        (
            mm.HashedBagVectorizer(weighting="tfidf"),
            ValueError,
            "must be 'count', 'binary', 'frequency' or 'sublinear'",
        ),
        (mm.HashedBagVectorizer(norm="max"), ValueError, "norm must be 'auto', 'l1', 'l2' or None, got 'max'"),
        (mm.HashedBagVectorizer(stop_words="the"), TypeError, "stop_words must be a list or a set of str, got 'the'"),
        (mm.HashedOneHotVectorizer(max_length=0), ValueError, "max_length must be 1 or more, got 0"),
    ],
)
def test_settings_of_one_kind_are_refused(vectorizer, error, message):
    for call in (vectorizer.fit, vectorizer.transform):
        with pytest.raises(error, match=re.escape(message)):
            call(SAMPLES)


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ((), TypeError, r"tokens must be 1 str or more, got \(\)"),
        (("a", 3), TypeError, r"tokens must be 1 str or more, got \('a', 3\)"),
        (("\ud800",), ValueError, "a lone surrogate, got one at character 0"),
    ],
)
def test_what_is_no_ngram_has_no_place(words, error, message):
    with pytest.raises(error, match=message):
        mm.HashedBagVectorizer().bucket(*words)
