"""Word boundaries as Unicode's own test cases have them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import malmoi as mm
from malmoi import _core

DATA = Path(__file__).parent / "data" / "word-break-15.0.txt"


def read_cases(text):
    """The segments of every case."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [["".join(chr(int(point, 16)) for point in part.split()) for part in line.split("|")] for line in lines]


# The core follows Unicode 17, where the scissors U+2701 are no longer a pictograph, which a joiner would bind.
NOT_BOUND = {"\u2701\u200d\u2701": ["\u2701\u200d", "\u2701"], "a\u200d\u2701": ["a\u200d", "\u2701"]}
CASES = [NOT_BOUND.get("".join(case), case) for case in read_cases(DATA.read_text(encoding="utf-8"))]


def test_the_file_is_whole():
    assert len(CASES) == 1823
    assert CASES[-1] == ["a_a", ",", ",", "a"]
    assert all(segment for segments in CASES for segment in segments)


def test_every_case_is_cut_as_unicode_says():
    wrong = {"".join(segments): segments for segments in CASES if _core.word_segments("".join(segments)) != segments}
    assert wrong == {}


def test_segments_that_show_are_words_and_punctuation():
    tokenizer, wrong = mm.Words(keep_punctuation=True, lowercase=False), []
    for segments in CASES:
        shown = [segment for segment in segments if not segment.isspace()]
        if tokenizer("".join(segments)) != shown:
            wrong.append((segments, tokenizer("".join(segments))))
    assert wrong == []


def test_segments_with_a_letter_or_a_number_are_words():
    tokenizer, wrong = mm.Words(lowercase=False, emoji=False), []
    for segments in CASES:
        words = [segment for segment in segments if any(map(str.isalnum, segment))]
        if tokenizer("".join(segments)) != words:
            wrong.append((segments, tokenizer("".join(segments))))
    assert wrong == []


def test_every_word_stands_where_its_segment_does():
    tokenizer = mm.Words(lowercase=False, emoji=False)
    for segments in CASES:
        text = "".join(segments)
        assert [text[start:end] for start, end in tokenizer.spans(text)] == tokenizer(text)


@given(st.lists(st.sampled_from(CASES), max_size=4).map(lambda cases: [part for case in cases for part in case]))
def test_cases_in_a_row_are_covered_by_their_segments(parts):
    text = "".join(parts)
    segments = _core.word_segments(text)
    assert "".join(segments) == text
    assert all(segments)


@pytest.mark.parametrize("case", NOT_BOUND)
def test_a_joiner_binds_what_still_is_a_pictograph(case):
    bound = case.replace("\u2701", "\u2702")
    assert _core.word_segments(bound) == [bound]


def test_all_cases_in_one_text_are_cut_as_alone():
    # A mark would join the line end before it, and a line feed would join a return.
    lines = [segments for segments in CASES if segments[0][0] not in "\u0308\u200d\u00ad\n"]
    lines = [segments for segments in lines if segments[-1][-1] != "\r"]
    assert len(lines) > 1200
    assert _core.word_segments("".join("".join(segments) + "\n" for segments in lines)) == [
        part for segments in lines for part in [*segments, "\n"]
    ]
