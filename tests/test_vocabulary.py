import copy
import pickle

import pytest

from malmoi import Vocabulary


def test_ids_begin_behind_padding_and_unknown():
    vocabulary = Vocabulary(["the", "cat"], [2, 1])
    assert [vocabulary.token_of(number) for number in range(4)] == ["<padding>", "<unknown>", "the", "cat"]
    assert [vocabulary.id_of(word) for word in ("the", "cat", "dog")] == [2, 3, 1]
    assert repr(vocabulary) == "Vocabulary(2 words: 'the', 'cat')"


@pytest.mark.parametrize("number", [-1, 4])
def test_an_id_that_is_nobodys_is_refused(number):
    with pytest.raises(IndexError, match=f"id must be from 0 to 3, got {number}"):
        Vocabulary(["the", "cat"], [2, 1]).token_of(number)


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="counts must be 0 or more, got -1"):
        Vocabulary(["a", "b"], [2, -1])


def test_words_and_counts_must_go_together():
    with pytest.raises(ValueError, match="counts must have 1 items, one per word, got 2"):
        Vocabulary(["the"], [2, 1])
    with pytest.raises(ValueError, match="distinct"):
        Vocabulary(["the", "the"], [2, 1])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_know_the_same(copied):
    vocabulary = copied(Vocabulary(["the", "cat"], [2, 1]))
    assert vocabulary.words == ["the", "cat"]
    assert vocabulary.counts.tolist() == [2, 1]
