"""The distinct ids of batches, and rows of hashed n-grams, against plain Python."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import malmoi as mm
from malmoi import _core

TEXTS = ["The cat sat on the mat", "", "so good", "고양이가 앉았다!", "a b c d e f g"]


@given(st.data(), st.integers(1, 5), st.integers(1, 9), st.integers(1, 4), st.integers(1, 3))
def test_batches_hold_their_distinct_ids_and_every_ids_place(data, length, rows, size, threads):
    ids = np.array(
        data.draw(st.lists(st.lists(st.integers(0, rows - 1), min_size=length, max_size=length), min_size=1))
    )
    order = np.array(data.draw(st.lists(st.integers(0, len(ids) - 1), max_size=12)), np.int32)
    held = _core.IdRows(ids.astype(np.int32), rows)
    found, counts, places = held.batches(order, size, threads)
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    expected = [sorted({0, *ids[batch].reshape(-1).tolist()}) for batch in batches]
    assert counts.tolist() == [len(words) for words in expected]
    assert found.tolist() == [word for words in expected for word in words]
    pairs = zip(expected, batches, strict=True)
    assert places.tolist() == [words.index(held) for words, batch in pairs for held in ids[batch].reshape(-1)]


def test_ids_out_of_their_range_are_refused():
    with pytest.raises(ValueError, match="ids and rows must be in range"):
        _core.IdRows(np.array([[5]], np.int32), 5).batches(np.array([0], np.int32), 1, 1)


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_rows_hold_the_buckets_of_the_other_vectorizers(padding, truncating):
    vectorizer = mm.HashedSequenceVectorizer(mm.Words(), (1, 2), 500, 4, padding, truncating, seed=7)
    bag = mm.HashedBagVectorizer(mm.Words(), (1, 2), 500, seed=7)
    for text, row in zip(TEXTS, vectorizer.fit_transform(TEXTS), strict=True):
        words = mm.Words()(text)
        grams = [[(word,) for word in words], list(pairwise(words))]
        kept = [some[-4:] if truncating == "pre" else some[:4] for some in grams]
        expected = [bag.bucket(*gram)[0] + 1 for some in kept for gram in some]
        zeros = [0] * (8 - len(expected))
        assert row.tolist() == (zeros + expected if padding == "pre" else expected + zeros)
