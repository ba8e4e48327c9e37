"""Unlabelled texts without those that a model is measured on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malmoi.data import unlabelled
from malmoi.data.splits import group_numbers
from malmoi.data.unlabelled import without_texts

TEXTS = st.lists(st.text(alphabet="aAb \n가e\u0301é", max_size=4), max_size=12)


def test_texts_that_equal_a_held_out_text_are_removed_and_counted():
    held_out = ["so good!", "café", "가"]
    texts = ["So  GOOD!", "CAFE\u0301", "\u1100\u1161", "so good", "가 나"]
    assert without_texts(texts, held_out) == (["so good", "가 나"], 3)


def test_empty_texts_are_removed_and_repeated_texts_are_kept():
    assert without_texts(["", "a", " \n", "a", "A"], []) == (["a", "a", "A"], 2)
    assert without_texts([], ["a"]) == ([], 0)


@given(TEXTS, TEXTS, st.integers(1, 5))
def test_texts_are_equal_where_a_split_keeps_them_together(texts, held_out, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unlabelled, "BLOCK", block)
        kept, removed = without_texts(texts, held_out)
    alone = [text for text in texts if text.strip() and not any(stay_together(text, other) for other in held_out)]
    assert (kept, removed) == (alone, len(texts) - len(alone))


def stay_together(one, other):
    """Whether a split numbers two texts as one group."""
    return len(set(group_numbers([one, other]).tolist())) == 1


@pytest.mark.parametrize(
    ("texts", "held_out", "message"),
    [
        ("one text", [], r"texts must be a list of str, got one str; wrap it: \[text\]"),
        (["a"], "one text", r"texts must be a list of str, got one str; wrap it: \[text\]"),
        (["a", 3], [], r"texts\[1\] must be a str, got 3; remove it, or replace it by a str"),
    ],
)
def test_what_is_no_list_of_texts_is_refused(texts, held_out, message):
    with pytest.raises(TypeError, match=message):
        without_texts(texts, held_out)
