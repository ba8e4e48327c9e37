"""Scores of word vectors, against plain loops and SciPy."""

import numpy as np
import pytest
from scipy.stats import spearmanr

import malmoi as mm

WORDS = ["man", "king", "woman", "queen", "tree", "Paris", "leaf"]
MATRIX = np.array(
    [[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [-1, 0.1, -1], [0.3, -0.5, 1], [-1, 0.3, -0.9]], dtype=np.float32
)
VECTORS = mm.WordVectors.from_arrays(WORDS, MATRIX)


def score(tmp_path, text, vectors=VECTORS, **settings):
    path = tmp_path / "tests.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return mm.evaluate_vectors(vectors, path, **settings)


@pytest.mark.parametrize("separator", ["\t", ",", " ", ", ", "   "])
def test_pairs(tmp_path, separator):
    pairs = [
        ("man", "woman", 8.3),
        ("king", "queen", 8.58),
        ("tree", "leaf", 9),
        ("Man", "zebra", 3),
        ("king", "tree", 1),
    ]
    lines = [separator.join(map(str, pair)) for pair in pairs]
    found = score(tmp_path, "# as people said\r\n" + "\r\n".join(lines) + "\r\n\r\n")
    cosines = [VECTORS.similarity(left.lower(), right) for left, right, _ in pairs if right != "zebra"]
    expected = spearmanr(cosines, [given for _, right, given in pairs if right != "zebra"]).statistic
    assert found.spearman == pytest.approx(expected)
    assert (found.found, found.pairs, found.missing) == (4, 5, ("zebra",))
    assert str(found) == f"Spearman correlation {expected:.4f} over 4 of 5 pairs"


def test_a_first_line_of_names_is_left_out(tmp_path):
    found = score(tmp_path, "\ufeffWord 1,Word 2,Human (mean)\nman,woman,1\nking,queen,2\n")
    assert found.pairs == 2


def test_nothing_to_compare_is_no_number(tmp_path):
    assert np.isnan(score(tmp_path, "man woman 1\n").spearman)
    assert np.isnan(score(tmp_path, "man woman 1\nking queen 1\n").spearman)
    assert np.isnan(score(tmp_path, "zebra lion 1\nlion zebra 2\n").spearman)
    unknown = score(tmp_path, "zebra lion cat dog\n")
    assert np.isnan(unknown.accuracy)
    assert unknown.found == 0


def test_analogies(tmp_path):
    text = ": family\nman king woman queen\nMan King Woman Queen\nman woman king tree\n: plants\ntree leaf zebra x\n"
    found = score(tmp_path, text)
    assert found.sections == (("family", 2, 3), ("plants", 0, 0))
    assert (found.correct, found.found, found.questions, found.missing) == (2, 3, 4, ("zebra", "x"))
    assert found.accuracy == pytest.approx(2 / 3)
    assert "analogy accuracy 66.7%; 3 of 4 questions" in str(found)
    exact = score(tmp_path, text, lowercase=False)
    assert exact.sections[0] == ("family", 1, 2)


def test_analogies_are_those_of_the_question_one_by_one(tmp_path):
    rng = np.random.default_rng(0)
    words = [f"w{number}" for number in range(40)]
    vectors = mm.WordVectors.from_arrays(words, rng.normal(size=(40, 6)))
    questions = [list(rng.choice(words, 3, replace=False)) for _ in range(60)]
    answers = [vectors.analogy(*question, n=1)[0][0] for question in questions]
    given = [answer if place % 2 else "w0" for place, answer in enumerate(answers)]
    text = "\n".join(" ".join([*question, answer]) for question, answer in zip(questions, given, strict=True))
    expected = sum(map(str.__eq__, answers, given))
    assert score(tmp_path, text, vectors).correct == expected
    assert 30 <= expected < 60


@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_very_long_and_very_short_vectors_are_compared_by_direction(tmp_path, factor):
    scaled = mm.WordVectors.from_arrays(WORDS, MATRIX * np.float32(factor))
    for text in (
        "man woman 8.3\nking queen 8.5\ntree leaf 9\nking tree 1\n",
        "man king woman queen\nman woman king tree\n",
    ):
        assert score(tmp_path, text, scaled) == score(tmp_path, text)


def test_only_the_first_words_may_answer(tmp_path):
    vectors = mm.WordVectors.from_arrays(["a", "b", "c", "d", "best"], [[1, 0], [1, 1], [0, 0.5], [0, 0.9], [-0.01, 1]])
    text = "a b c d\n"
    assert score(tmp_path, text, vectors, candidates=4).correct != score(tmp_path, text, vectors, candidates=5).correct


def test_subwords_answer_for_unknown_words(data, tmp_path):
    vectors = mm.WordVectors.open(data / "vectors" / "gensim_lee_fasttext_new.bin")
    found = score(tmp_path, "night nights 9\nnight australianish 1\n", vectors)
    assert found.found == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must contain pairs or analogies, got neither"),
        (": a part\n", "must contain pairs or analogies, got neither"),
        ("a b c d e\n", "line 1: a line must have two words and a score, or four words"),
        ("man woman 1\nman woman much\n", "line 2: a line must have"),
        ("man woman nan\nman woman 1\nman woman inf\n", "line 3: a line must have"),
        ("man woman 1\nman king woman queen\n", "line 2: a file must contain pairs or analogies, got both"),
        (b"man \xff 1\n", "must be UTF-8, got an invalid byte at 4"),
    ],
)
def test_files_that_are_no_tests(tmp_path, text, message):
    with pytest.raises(mm.DataError, match=message):
        score(tmp_path, text)


def test_mistakes(tmp_path):
    with pytest.raises(FileNotFoundError):
        mm.evaluate_vectors(VECTORS, tmp_path / "nothing")
    with pytest.raises(ValueError, match="candidates must be 1 or more, got 0"):
        score(tmp_path, "a b c d\n", candidates=0)
