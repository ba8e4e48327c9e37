import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from malmoi import KerasWords, SequenceVectorizer

SAMPLES = ["The cat sat on the mat.", "The dog ate my homework."]
texts_of_words = st.lists(st.text("ab ", max_size=12), max_size=8)


def test_the_notes_two_sentences():
    vectorizer = SequenceVectorizer(KerasWords(), max_length=6)
    assert vectorizer.fit_transform(SAMPLES).tolist() == [[2, 3, 4, 5, 2, 6], [0, 2, 7, 8, 9, 10]]
    assert len(vectorizer.vocabulary_.words) == 9


def test_unseen_token_becomes_unknown():
    assert SequenceVectorizer(max_length=2).fit(SAMPLES).transform(["the zebra"]).tolist() == [[2, 1]]


def test_rare_and_surplus_tokens_become_unknown():
    texts = ["a a a b b c"]
    assert SequenceVectorizer(max_tokens=4, max_length=6).fit_transform(texts).tolist() == [[2, 2, 2, 3, 3, 1]]
    assert SequenceVectorizer(min_count=3, max_length=6).fit_transform(texts).tolist() == [[2, 2, 2, 1, 1, 1]]


@pytest.mark.parametrize(
    ("padding", "truncating", "rows"),
    [("pre", "pre", [[3, 4], [0, 2]]), ("post", "pre", [[3, 4], [2, 0]]), ("pre", "post", [[2, 3], [0, 2]])],
)
def test_sides_of_padding_and_truncating(padding, truncating, rows):
    vectorizer = SequenceVectorizer(max_length=2, padding=padding, truncating=truncating)
    assert vectorizer.fit_transform(["a b c", "a"]).tolist() == rows


@given(texts_of_words)
def test_one_pass_equals_two(texts):
    vectorizer = SequenceVectorizer(max_length=3, max_tokens=4)
    one_pass = vectorizer.fit_encode(texts)
    two_passes = vectorizer.encode(texts)
    assert one_pass.ids.tolist() == two_passes.ids.tolist()
    assert one_pass.lengths.tolist() == two_passes.lengths.tolist()
    assert one_pass.unknown == two_passes.unknown


def test_shares_of_what_did_not_fit():
    encoded = SequenceVectorizer(max_length=2, max_tokens=3).fit_encode(["a a b", "a"])
    assert encoded.cut_share == pytest.approx(1 / 4)
    assert encoded.unknown_share == pytest.approx(1 / 4)
    assert SequenceVectorizer().fit_encode([]).cut_share == 0


def test_no_texts_and_empty_texts_give_rows_of_the_same_kind():
    vectorizer = SequenceVectorizer(max_length=3).fit([])
    for texts, shape in (([], (0, 3)), (["", " "], (2, 3))):
        ids = vectorizer.transform(texts)
        assert (ids.shape, ids.dtype) == (shape, np.int32)
        assert not ids.any()


def test_tokens_come_back():
    vectorizer = SequenceVectorizer(max_length=4).fit(SAMPLES)
    assert vectorizer.inverse_transform(vectorizer.transform(["the cat flew"])) == [["the", "cat", "<unknown>"]]
    assert vectorizer.get_feature_names_out().tolist() == ["position0", "position1", "position2", "position3"]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"max_tokens": 2}, ValueError, "max_tokens must be 3 or more, got 2"),
        ({"max_length": 0}, ValueError, "max_length must be 1 or more, got 0"),
        ({"min_count": 0}, ValueError, "min_count must be 1 or more, got 0"),
        ({"max_length": 2.5}, TypeError, "max_length must be a whole number, got 2.5"),
        ({"padding": "left"}, ValueError, "padding must be 'pre' or 'post', got 'left'"),
        ({"truncating": "x"}, ValueError, "truncating must be 'pre' or 'post', got 'x'"),
        ({"tokens": "words"}, TypeError, r'tokens must be "auto" or a tokenizer such as Words\(\), got \'words\''),
    ],
)
def test_settings_out_of_range_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        SequenceVectorizer(**settings).fit(SAMPLES)


def test_one_text_is_no_list_of_texts():
    with pytest.raises(TypeError, match="got one str; wrap it"):
        SequenceVectorizer().fit("the cat")


def test_progress_hears_of_all_texts():
    heard = []
    SequenceVectorizer().fit(SAMPLES, progress=lambda *step: heard.append(step))
    assert heard == [("counting words", 2, 2)]


def test_a_clone_has_the_settings_and_not_the_vocabulary():
    copied = clone(SequenceVectorizer(KerasWords(), max_tokens=7).fit(SAMPLES))
    assert (copied.max_tokens, copied.tokens) == (7, KerasWords())
    assert not hasattr(copied, "vocabulary_")


def test_before_fit_there_is_no_vocabulary():
    with pytest.raises(NotFittedError, match="is not fitted yet; call fit first"):
        SequenceVectorizer().transform(["a"])
