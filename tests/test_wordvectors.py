import gzip
import os

import numpy as np
import pytest

from malmoi import FormatError, Vocabulary, WordVectors

WORDS = Vocabulary(["the", "cat", "zebra"], [5, 3, 2])


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes, name: str = "vectors.txt"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def matrix_of(path):
    return WordVectors.open(path).matrix_for(WORDS)


def test_rows_stand_at_their_ids_and_the_others_are_zero(write):
    matrix, coverage = matrix_of(write("the 1 2\ndog 9 9\ncat 0.5 -1\n"))
    assert matrix.tolist() == [[0, 0], [0, 0], [1, 2], [0.5, -1], [0, 0]]
    assert (coverage.found, coverage.words, coverage.rows, coverage.repeated) == (2, 3, 3, 0)
    assert coverage.vocabulary_share == pytest.approx(2 / 3)
    assert coverage.token_share == pytest.approx(0.8)
    assert coverage.missing == ("zebra",)
    assert str(coverage) == "vectors for 2 of 3 words (66.7%), 80.0% of the tokens"


def test_a_header_line_is_passed_over(write):
    vectors = WordVectors.open(write("2 3\nthe 1 2 3\ncat 4 5 6\n"))
    assert vectors.dimension == 3
    assert vectors.matrix_for(WORDS)[1].rows == 2


def test_line_ends_of_windows_and_trailing_spaces_do_no_harm(write):
    assert matrix_of(write("the 1 2 \r\ncat 3 4\r\n"))[0][2:4].tolist() == [[1, 2], [3, 4]]


def test_the_first_of_two_rows_wins_and_the_other_is_counted(write):
    matrix, coverage = matrix_of(write("cat 1 2\ncat 3 4\ncat 5 6\n"))
    assert matrix[3].tolist() == [1, 2]
    assert coverage.repeated == 2


def test_an_empty_vocabulary_needs_no_row(write):
    matrix, coverage = WordVectors.open(write("the 1 2\n")).matrix_for(Vocabulary([], []))
    assert matrix.shape == (2, 2)
    assert (coverage.vocabulary_share, coverage.token_share) == (0, 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("the 1 2\ncat 3\n", r"vectors\.txt:2: expected 2 numbers after the word, found 1; .* cut short; line 1 has 2"),
        ("the 1 2\ndog 3", r"vectors\.txt:2: expected 2 numbers"),
        (
            "the 1 2\ncat 0.1 0.2 0.3\n",
            r"vectors\.txt:2: expected 2 numbers after the word, found 3 or more; line 1 has 2",
        ),
        ("the 1 2\ncat 1 nan\n", r'vectors\.txt:2: every number must be finite and fit float32, found "nan"'),
        ("the 1 2\ncat 1 1e999\n", r'vectors\.txt:2: every number must be finite and fit float32, found "1e999"'),
        ("the 1 2\ncat 1 x\n", r'vectors\.txt:2: "x" is not a number'),
        ("2 2\nthe 1 2\ncat 3\n", r"vectors\.txt:3: expected 2 numbers .* may be cut short$"),
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("one\n", r"vectors\.txt:1: expected a word and its values, found 'one'"),
        ("text,label\nso good film,pos\n", r"vectors\.txt:1: expected a word"),
        ("this is prose\n", r"vectors\.txt:1: 'is' is not a number"),
        ("5 9\nthe 1 2\n", r"vectors\.txt:2: expected 9 numbers after the word, found 2"),
        (
            gzip.compress(b"the 1 2\n" * 99, mtime=0)[:-9],
            "cannot be decompressed as gzip: .* the file is damaged or cut short",
        ),
        (b"PK\x03\x04rest", "cannot be decompressed as zip: File is not a zip file; the file is damaged or cut short"),
        (b"2 2\nthe \x00\x01", "byte 0: 2 rows of 2 numbers need more than the 6 bytes that follow; .* cut short"),
    ],
)
def test_damaged_files_are_refused(write, content, message):
    with pytest.raises(FormatError, match=message):
        matrix_of(write(content))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        WordVectors.open(tmp_path / "nothing.txt")


def test_a_file_cut_at_any_byte_is_refused_or_read_as_it_stands(write):
    content = b"the 1.25 2.5\ncat 3.25 4.5\n"
    for size in range(len(content)):
        path = write(content[:size])
        try:
            matrix, coverage = matrix_of(path)
        except FormatError:
            continue
        # What is left is whole rows; only the very last number may have lost digits, which nobody can see.
        assert coverage.rows == content[:size].rstrip(b"\n").count(b"\n") + 1
        assert matrix[2].tolist() in ([1], pytest.approx([1.2]), [1.25], [1.25, 2], [1.25, 2.5])


def test_real_glove_equals_the_notes_loop(data):
    path = data / "vectors" / "glove.6B.100d.first2717.txt"
    table = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            word, *values = line.split()
            table[word] = np.asarray(values, dtype="float32")
    vocabulary = Vocabulary(["zzzz", *table], [1] * (len(table) + 1))
    matrix, coverage = WordVectors.open(path).matrix_for(vocabulary)
    assert np.array_equal(matrix[3:], np.stack(list(table.values())))
    assert not matrix[:3].any()
    assert (coverage.found, coverage.rows) == (len(table), len(table))


def test_progress_ends_at_the_files_size(write):
    path = write("the 1 2\n")
    heard = []
    WordVectors.open(path).matrix_for(WORDS, progress=lambda *step: heard.append(step))
    assert heard[-1] == ("reading vectors", os.path.getsize(path), os.path.getsize(path))
