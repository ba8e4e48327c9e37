import json
import os
import subprocess
import sys
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi.keras.preprocessing import text as ours

os.environ.setdefault("KERAS_BACKEND", "jax")
SAMPLES = ["The cat sat on the mat.", "The dog ate my homework."]
MODES = ["binary", "count", "tfidf", "freq"]

# Python's Unicode tables may be older than the core's: only what Python knows, and no lone surrogates.
characters = st.one_of(st.sampled_from("aAbB cC.,!\t\n'ΣσςİßÉ가"), st.characters(exclude_categories=("Cs", "Cn")))
texts = st.text(characters, max_size=30)
lists_of_texts = st.lists(texts, max_size=6)


@pytest.fixture(scope="module")
def theirs():
    pytest.importorskip("keras")
    from keras.src.legacy.preprocessing import text

    return text


def fitted(module, *batches, **arguments):
    tokenizer = module.Tokenizer(**arguments)
    for batch in batches:
        tokenizer.fit_on_texts(batch)
    return tokenizer


def counted(tokenizer):
    """All that a tokenizer has counted, with the order where Keras' is not random."""
    return (
        list(tokenizer.word_counts.items()),
        dict(tokenizer.word_docs),
        list(tokenizer.word_index.items()),
        list(tokenizer.index_word.items()),
        dict(tokenizer.index_docs),
        tokenizer.document_count,
    )


# The notes' example, by hand.


def test_sample_sentences_of_the_notes():
    tokenizer = fitted(ours, SAMPLES, num_words=1000)
    assert tokenizer.word_index == {
        "the": 1,
        "cat": 2,
        "sat": 3,
        "on": 4,
        "mat": 5,
        "dog": 6,
        "ate": 7,
        "my": 8,
        "homework": 9,
    }
    assert tokenizer.texts_to_sequences(SAMPLES) == [[1, 2, 3, 4, 1, 5], [1, 6, 7, 8, 9]]
    matrix = tokenizer.texts_to_matrix(SAMPLES, mode="binary")
    assert matrix.shape == (2, 1000)
    assert matrix.dtype == np.float64
    assert np.flatnonzero(matrix[0]).tolist() == [1, 2, 3, 4, 5]
    assert tokenizer.document_count == 2
    assert isinstance(tokenizer.word_counts, OrderedDict)
    assert tokenizer.word_docs["the"] == 2
    assert tokenizer.word_docs["unseen"] == 0


def test_ties_go_to_the_word_that_appeared_first_in_any_fit():
    tokenizer = fitted(ours, ["late early early"], ["late new new"])
    assert list(tokenizer.word_index) == ["late", "early", "new"]


def test_num_words_keeps_the_ids_below_it():
    tokenizer = fitted(ours, ["a a a b b c"], num_words=3)
    assert tokenizer.texts_to_sequences(["a b c"]) == [[1, 2]]
    assert tokenizer.texts_to_matrix(["a b c"], mode="count").tolist() == [[0, 1, 1]]
    assert len(tokenizer.word_index) == 3


def test_oov_token_has_the_id_1_and_stands_for_cut_and_unseen_words():
    tokenizer = fitted(ours, ["a a a b b c"], num_words=3, oov_token="<oov>")
    assert tokenizer.word_index == {"<oov>": 1, "a": 2, "b": 3, "c": 4}
    assert tokenizer.texts_to_sequences(["a b c unseen"]) == [[2, 1, 1, 1]]
    assert tokenizer.sequences_to_texts([[2, 3, 4, 99]]) == ["a <oov> <oov> <oov>"]


def test_unfitted_tokenizer_leaves_every_word_out():
    assert ours.Tokenizer().texts_to_sequences(["a b", ""]) == [[], []]
    assert ours.Tokenizer(oov_token="<oov>").texts_to_sequences(["a b"]) == [[]]
    assert ours.Tokenizer(oov_token="<oov>").sequences_to_texts([[1, 2]]) == [""]


def test_empty_list_of_texts():
    tokenizer = fitted(ours, [], num_words=5)
    assert tokenizer.word_index == {}
    assert tokenizer.texts_to_sequences([]) == []
    assert tokenizer.texts_to_matrix([]).shape == (0, 5)


def test_edited_word_index_is_what_counts():
    tokenizer = fitted(ours, ["a b c"])
    tokenizer.word_index = {"<pad>": 0, "c": 7}
    assert tokenizer.texts_to_sequences(["a b c " * 20]) == [[7] * 20]
    assert tokenizer.texts_to_sequences(["c"]) == [[7]]


def test_one_str_is_texts_of_one_character_for_characters():
    tokenizer = fitted(ours, "hello", char_level=True)
    assert tokenizer.document_count == 5
    assert tokenizer.texts_to_sequences(["hell"]) == [[2, 3, 1, 1]]


def test_generators_are_taken_and_given():
    tokenizer = ours.Tokenizer()
    tokenizer.fit_on_texts(text for text in SAMPLES)
    given_back = tokenizer.texts_to_sequences_generator(text for text in SAMPLES)
    assert next(given_back) == [1, 2, 3, 4, 1, 5]
    assert next(tokenizer.sequences_to_texts_generator(iter([[1, 2]]))) == "the cat"


def test_lone_surrogates_are_words_as_in_keras():
    tokenizer = fitted(ours, ["a \ud800 a"])
    assert tokenizer.word_index == {"a": 1, "\ud800": 2}
    assert tokenizer.texts_to_sequences(["\ud800 a " * 20]) == [[2, 1] * 20]


def test_hashes_are_the_same_in_every_process():
    assert ours.hashing_trick("The cat, the hat", 1000) == [132, 759, 132, 897]
    assert ours.one_hot("The cat, the hat", 1000) == [132, 759, 132, 897]
    assert ours.hashing_trick("a b", 3, hash_function=len) == [2, 2]
    assert ours.hashing_trick("ab", 9, analyzer=list) == ours.hashing_trick("a b", 9)
    assert len(ours.hashing_trick("\ud800", 9)) == 1


def test_importing_the_old_names_loads_neither_keras_nor_jax():
    code = "import sys, malmoi.keras as k; k.preprocessing.text.Tokenizer, k.datasets.imdb.load_data;"
    code += "print(sorted({'keras', 'jax', 'tensorflow', 'matplotlib', 'polars'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Properties.


@given(lists_of_texts)
def test_every_order_of_work_gives_the_same_ids(batch):
    core = fitted(ours, batch)
    plain = fitted(ours, batch, analyzer=ours.text_to_word_sequence)
    assert counted(core) == counted(plain)
    many = core.texts_to_sequences(batch * 20)
    assert many == [core.texts_to_sequences([text])[0] for text in batch] * 20
    assert many == plain.texts_to_sequences(batch) * 20


@given(lists_of_texts, st.sampled_from([None, 1, 3]), st.sampled_from([None, "<oov>", "a"]))
def test_a_tokenizer_comes_back_from_its_json(batch, num_words, oov_token):
    tokenizer = fitted(ours, batch, num_words=num_words, oov_token=oov_token)
    again = ours.tokenizer_from_json(tokenizer.to_json())
    assert counted(again) == counted(tokenizer)
    assert again.get_config() == tokenizer.get_config()
    again.fit_on_texts(["a word that is new"])
    assert again.word_docs["word"] >= 1


# Keras itself.


@given(texts, st.text(st.sampled_from("!., é\t가"), max_size=3), st.booleans(), st.sampled_from([" ", ",", "--", "가"]))
def test_words_are_those_of_keras(theirs, text, filters, lower, split):
    expected = theirs.text_to_word_sequence(text, filters, lower, split)
    assert ours.text_to_word_sequence(text, filters, lower, split) == expected
    tokenizer = fitted(ours, [text], filters=filters, lower=lower, split=split)
    assert list(tokenizer.word_counts) == list(dict.fromkeys(expected))


@given(texts, st.text(st.sampled_from("!., é\t가"), max_size=3), st.booleans())
def test_words_between_white_space_are_those_of_keras(theirs, text, filters, lower):
    expected = theirs.text_to_word_sequence(text, filters, lower, split=None)
    assert ours.text_to_word_sequence(text, filters, lower, split=None) == expected
    mine, reference = (fitted(module, [text], filters=filters, lower=lower, split=None) for module in (ours, theirs))
    assert counted(mine) == counted(reference)
    assert mine.texts_to_sequences([text] * 20) == reference.texts_to_sequences([text] * 20)


@given(lists_of_texts, lists_of_texts, st.sampled_from([None, 1, 3]), st.sampled_from([None, "<oov>"]))
def test_an_id_for_the_oov_token_that_is_none_works_as_in_keras(theirs, batch, new, num_words, oov_token):
    found = []
    for module in (ours, theirs):
        tokenizer = fitted(module, ["x y y", *batch], num_words=num_words, oov_token=oov_token)
        tokenizer.word_index[tokenizer.oov_token] = 9
        tokenizer.index_word[9] = "?"
        ids = tokenizer.texts_to_sequences([*batch, *new] * 20)
        found.append((ids, tokenizer.sequences_to_texts([*ids, [1, 2, 3, 9, 77]])))
    assert found[0] == found[1]


def test_the_oldest_argument_has_the_new_name_and_a_warning():
    with pytest.warns(DeprecationWarning, match="renamed `num_words`"):
        tokenizer = ours.Tokenizer(nb_words=3)
    assert tokenizer.num_words == 3
    with pytest.raises(TypeError, match="nb_word"):
        ours.Tokenizer(nb_word=3)


@pytest.mark.parametrize("arguments", [{"split": ""}, {"split": "", "oov_token": 1}, {"filters": None}])
def test_characters_ignore_the_arguments_of_words_as_in_keras(theirs, arguments):
    mine, reference = (fitted(module, ["Ab c", "b"], char_level=True, **arguments) for module in (ours, theirs))
    assert counted(mine) == counted(reference)
    assert mine.texts_to_sequences(["ab zz"]) == reference.texts_to_sequences(["ab zz"])


@pytest.mark.parametrize("missing", [(), ("analyzer",), ("analyzer", "oov_token", "index_word", "document_count")])
def test_states_of_older_releases_are_complete(missing):
    tokenizer = fitted(ours, SAMPLES)
    state = {name: value for name, value in vars(tokenizer).items() if name not in missing}
    again = ours.Tokenizer.__new__(ours.Tokenizer)
    again.__setstate__(state)
    assert again.texts_to_sequences(SAMPLES) == tokenizer.texts_to_sequences(SAMPLES)
    assert again.sequences_to_texts([[1, 2]]) == ["the cat"]
    again.fit_on_texts(["a new text"])
    assert "new" in again.word_index


arguments = st.fixed_dictionaries(
    {
        "num_words": st.sampled_from([None, 0, 1, 2, 4, 100]),
        "oov_token": st.sampled_from([None, "<oov>", "a"]),
        "lower": st.booleans(),
        "char_level": st.booleans(),
        "analyzer": st.sampled_from([None, str.split]),
    }
)
mixed_texts = st.lists(st.one_of(texts, st.lists(texts, max_size=4)), max_size=4)


@settings(max_examples=200)
@given(st.one_of(lists_of_texts, mixed_texts), st.one_of(lists_of_texts, mixed_texts), lists_of_texts, arguments)
def test_counts_and_ids_are_those_of_keras(theirs, first, second, new, arguments):
    mine = fitted(ours, first, second, **arguments)
    reference = fitted(theirs, first, second, **arguments)
    assert counted(mine) == counted(reference)
    for batch in (first, new):
        # Before a fit, Keras answers None for the words that it does not know.
        expected = [[number for number in row if number is not None] for row in reference.texts_to_sequences(batch)]
        assert mine.texts_to_sequences(batch) == expected
        assert mine.texts_to_sequences(batch * 20) == expected * 20
        if arguments["oov_token"] != "a" and reference.word_index:  # Keras stumbles over ids that have no word
            assert mine.sequences_to_texts(expected) == reference.sequences_to_texts(expected)


@given(lists_of_texts, lists_of_texts, st.sampled_from([None, 1, 4, 50]), st.sampled_from(MODES))
def test_matrices_are_those_of_keras(theirs, batch, new, num_words, mode):
    batch = ["one word", *batch]
    mine, reference = (fitted(module, batch, num_words=num_words) for module in (ours, theirs))
    found = mine.texts_to_matrix(batch + new, mode=mode)
    np.testing.assert_allclose(found, reference.texts_to_matrix(batch + new, mode=mode), rtol=1e-14)


@given(st.lists(st.lists(st.integers(0, 9), max_size=5), max_size=5), st.sampled_from(MODES))
def test_sequences_without_texts_are_as_in_keras(theirs, sequences, mode):
    sequences = [[3, 3, 1], *sequences]
    mine, reference = ours.Tokenizer(num_words=7), theirs.Tokenizer(num_words=7)
    for tokenizer in (mine, reference):
        tokenizer.fit_on_sequences(sequences)
    assert dict(mine.index_docs) == dict(reference.index_docs)
    expected = reference.sequences_to_matrix(sequences, mode=mode)
    np.testing.assert_allclose(mine.sequences_to_matrix(sequences, mode=mode), expected, rtol=1e-14)


@given(lists_of_texts)
def test_keras_and_we_read_each_others_json(theirs, batch):
    mine, reference = fitted(ours, batch), fitted(theirs, batch)
    assert counted(ours.tokenizer_from_json(reference.to_json(indent=1))) == counted(reference)
    assert counted(theirs.tokenizer_from_json(mine.to_json())) == counted(reference)
    assert list(mine.get_config()) == list(reference.get_config())
    assert json.loads(mine.to_json())["class_name"] == "Tokenizer"


@given(texts)
def test_md5_hashes_are_those_of_keras(theirs, text):
    assert ours.hashing_trick(text, 50, "md5") == theirs.hashing_trick(text, 50, "md5")


# Errors.


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda t: t.fit_on_texts("a b"), TypeError, "texts must be a list of str, got one str; wrap it: [text]"),
        (lambda t: t.texts_to_sequences("a"), TypeError, "texts must be a list of str, got one str; wrap it: [text]"),
        (lambda t: t.fit_on_texts(["a", None]), TypeError, "texts[1] must be a str or a list of tokens, got None"),
        (lambda t: t.texts_to_sequences(["a", 3]), TypeError, "texts[1] must be a str or a list of tokens, got 3"),
        (
            lambda t: t.fit_on_texts([["a", 3]]),
            TypeError,
            "texts[0][1] must be a str, got 3; set lower=False for other tokens",
        ),
        (
            lambda t: t.sequences_to_matrix([[1]], mode="sum"),
            ValueError,
            "mode must be 'binary', 'count', 'tfidf' or 'freq', got 'sum'",
        ),
        (
            lambda t: t.sequences_to_matrix([[1]]),
            ValueError,
            "num_words must be 1 or more, got None; or call fit_on_texts first",
        ),
        (
            lambda t: ours.Tokenizer(num_words=3).sequences_to_matrix([[1]], mode="tfidf"),
            ValueError,
            "document_count must be 1 or more for 'tfidf', got 0; call fit_on_texts first",
        ),
        (
            lambda t: ours.Tokenizer(num_words=3).sequences_to_matrix([[1], [2.5]]),
            TypeError,
            "sequences must contain whole numbers, got [1.0, 2.5]",
        ),
        (
            lambda t: ours.Tokenizer(num_words=3).sequences_to_matrix([[1], [], [2, -1]]),
            ValueError,
            "sequences[2] must contain ids of 0 or more, got -1",
        ),
        (lambda t: ours.Tokenizer(split=""), ValueError, "split must be None or a str of 1 character or more, got ''"),
        (lambda t: ours.text_to_word_sequence(3), TypeError, "input_text must be a str, got 3"),
        (lambda t: ours.one_hot("a", 1), ValueError, "n must be 2 or more, got 1"),
        (
            lambda t: ours.hashing_trick("a", 9, "sha1"),
            ValueError,
            "hash_function must be None, 'md5' or a function, got 'sha1'",
        ),
        (
            lambda t: ours.tokenizer_from_json('{"config": {}}'),
            ValueError,
            "json_string must contain a tokenizer, got '{\"config\": {}}'; pass the output of Tokenizer.to_json",
        ),
        (
            lambda t: ours.tokenizer_from_json("{"),
            ValueError,
            "json_string must contain a tokenizer, got '{'; pass the output of Tokenizer.to_json",
        ),
    ],
)
def test_error_says_rule_and_value(call, error, message):
    tokenizer = ours.Tokenizer()
    with pytest.raises(error) as caught:
        call(tokenizer)
    assert str(caught.value) == message
    assert tokenizer.document_count == 0


def test_words_with_half_characters_do_not_stop_other_texts():
    tokenizer = fitted(ours, ["a \ud800 a"])
    assert tokenizer.texts_to_sequences(["a b a"] * 999) == [[1, 1]] * 999
