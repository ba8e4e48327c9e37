from dataclasses import FrozenInstanceError

import pytest

from malmoi import KerasWords, Words
from malmoi.tokenizers import TOKENIZERS


def test_words_keep_apostrophes_and_decimal_points():
    assert Words()("Don't pay $3.50, e.g. NOW!") == ["don't", "pay", "3.50", "e.g", "now"]


def test_words_of_every_script():
    assert Words()("영화가 좋았다. Ça va? Ελλάς שלום") == ["영화가", "좋았다", "ça", "va", "ελλάς", "שלום"]


def test_case_is_kept_on_request():
    assert Words(lowercase=False)("The Cat") == ["The", "Cat"]


def test_keras_words_cut_at_every_filtered_character():
    assert KerasWords()("It's a so-so film_noir.") == ["it's", "a", "so", "so", "film", "noir"]


def test_empty_split_is_refused():
    with pytest.raises(ValueError, match="split must have 1 character or more, got ''"):
        KerasWords(split="")


@pytest.mark.parametrize("kind", TOKENIZERS.values())
def test_tokenizers_are_frozen_values(kind):
    assert kind() == kind()
    assert hash(kind()) == hash(kind())
    with pytest.raises(FrozenInstanceError):
        kind().lower = False
