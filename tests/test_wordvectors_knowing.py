"""What stands near what, against plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi import WordVectors

WORDS = ["man", "king", "woman", "queen", "tree", "nothing"]
MATRIX = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [-1, 0.1, -1], [0, 0, 0]], dtype=np.float32)


@pytest.fixture
def vectors():
    return WordVectors.from_arrays(WORDS, MATRIX)


def test_a_published_example_by_hand(vectors):
    assert vectors.analogy("man", "king", "woman", 1)[0][0] == "queen"
    assert vectors.similarity("man", "king") == pytest.approx(1 / np.sqrt(2))
    assert vectors.similarity("man", "nothing") == 0
    assert vectors.odd_one_out(["king", "queen", "man", "tree"]) == "tree"
    assert [word for word, _ in vectors.nearest("king", 2)] == ["man", "queen"]
    assert vectors.nearest(np.array([0, 0, 5]), 1) == [("woman", pytest.approx(1))]


@given(st.integers(1, 60), st.integers(1, 8), st.integers(1, 70), st.integers(0, 1000))
@settings(max_examples=50)
def test_the_nearest_are_those_of_a_plain_loop(rows, dimension, n, seed):
    matrix = np.random.default_rng(seed).integers(-2, 3, (rows, dimension)).astype(np.float32)
    words = [f"w{row}" for row in range(rows)]
    found = WordVectors.from_arrays(words, matrix).nearest("w0", n)
    assert len(found) == min(n, rows - 1)

    def cosine(row):
        lengths = np.linalg.norm(matrix[0].astype(float)) * np.linalg.norm(matrix[row].astype(float))
        return float(matrix[0].astype(float) @ matrix[row].astype(float) / lengths) if lengths else 0.0

    expected = sorted((cosine(row) for row in range(1, rows)), reverse=True)[:n]
    assert [score for _, score in found] == pytest.approx(expected, abs=1e-6)
    for word, score in found:
        assert score == pytest.approx(cosine(int(word[1:])), abs=1e-6)


def test_equal_ones_keep_their_order():
    vectors = WordVectors.from_arrays([f"w{row}" for row in range(50)], np.ones((50, 4)))
    assert [word for word, _ in vectors.nearest("w3", 5)] == ["w0", "w1", "w2", "w4", "w5"]


def test_every_kind_of_file_answers_alike(vectors, tmp_path):
    text = "\n".join(f"{word} {' '.join(map(str, row))}" for word, row in zip(WORDS, MATRIX.tolist(), strict=True))
    (tmp_path / "text").write_text(text + "\n")
    expected = vectors.nearest("king", 4)
    assert WordVectors.open(tmp_path / "text").nearest("king", 4) == expected
    assert vectors.convert(tmp_path / "own").nearest("king", 4) == expected
    for dtype in ("float16", "int8"):
        small = vectors.convert(tmp_path / dtype, dtype=dtype).nearest("king", 4)
        assert [word for word, _ in small] == [word for word, _ in expected]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda vectors: vectors.vector("zebra"), KeyError, "no vector for 'zebra'"),
        (lambda vectors: vectors.nearest("zebra"), KeyError, "no vector for 'zebra'"),
        (lambda vectors: vectors.nearest("king", 0), ValueError, "n must be 1 or more, got 0"),
        (lambda vectors: vectors.nearest("king", 1.5), TypeError, "n must be a whole number, got 1.5"),
        (lambda vectors: vectors.nearest([1, 2]), ValueError, r"must have 3 finite numbers, got shape \(2,\)"),
        (lambda vectors: vectors.nearest([1, 2, np.inf]), ValueError, "must have 3 finite numbers"),
        (lambda vectors: vectors.analogy("man", "king", "zebra"), KeyError, "zebra"),
        (lambda vectors: vectors.odd_one_out(["king", "man"]), ValueError, "words must be 3 or more, got 2"),
        (lambda vectors: vectors.vector(3), TypeError, "a word must be a str, got 3"),
    ],
)
def test_wrong_calls_are_refused(vectors, call, error, message):
    with pytest.raises(error, match=message):
        call(vectors)


def test_words_can_be_asked_for(vectors):
    assert "king" in vectors
    assert "zebra" not in vectors
    assert 3 not in vectors
    assert len(vectors) == 6
    assert vectors.nearest("king", 100)[-1][0] == "tree"


def test_no_rows_are_no_neighbours():
    empty = WordVectors.from_arrays([], np.zeros((0, 3)))
    assert len(empty) == 0
    assert empty.nearest(np.ones(3)) == []
