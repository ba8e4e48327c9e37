"""Settings that are made to hurt: patterns, alphabets, tokenizers of others, threads, and learning that fails."""

import pickle
import re

import pytest
from sklearn.exceptions import NotFittedError

import malmoi as mm

PATTERN = "pattern must be a regular expression that matches 1 character or more, got "


def no_boom(text):
    """Split at white space, or fail."""
    if "boom" in text:
        raise RuntimeError("boom")
    return text.split()


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "'': it matches the empty string"),
        ("a*", "'a*': it matches the empty string"),
        ("a|", "'a|': it matches the empty string"),
        (r"\b", "it matches the empty string"),
        ("(?:x?){5}", "it matches the empty string"),
        (r"(a)\1", "backreferences are not supported"),
        ("(?=a)b", "look-around, including look-ahead and look-behind, is not supported"),
        ("(?<!a)b", "look-around, including look-ahead and look-behind, is not supported"),
        ("(a)(b)", "it has 2 groups, and must have at most 1"),
        ("((a)b)", "it has 2 groups, and must have at most 1"),
        ("(?P<x>a)(?P<x>b)", "duplicate capture group name"),
        ("[a", "'[a': unclosed character class"),
        ("(a", "'(a': unclosed group"),
        ("*", "repetition operator missing expression"),
        ("a{2,1}", "invalid repetition count range"),
        (r"\p{Klingon}", "Unicode property not found"),
        (r"(\w{1000}){1000}", "Compiled regex exceeds size limit of 10485760 bytes"),
        (r"(?:(?:\w{90}){90}){90}", "Compiled regex exceeds size limit of 10485760 bytes"),
        (r"a{1000}{1000}{1000}{1000}", "Compiled regex exceeds size limit of 10485760 bytes"),
        ("(" * 500 + "a" + ")" * 500, "exceed the maximum number of nested parentheses/brackets"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_at_once(pattern, message):
    with pytest.raises(ValueError, match=re.escape(PATTERN)) as caught:
        mm.Pattern(pattern)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(?:.*)*b", "(x+x+)+y", r"(?:\w+\s?)*!"])
def test_a_pattern_that_would_never_end_elsewhere_takes_no_time(pattern):
    assert mm.Pattern(pattern)("a" * 3_000 + "x" * 3_000) == []


def test_a_group_that_finds_nothing_gives_no_token():
    assert mm.Pattern("(a)|b")("abba") == ["a", "a"]
    assert mm.Pattern("x(a*)")("xaaxxa") == ["aa", "a"]
    assert mm.Pattern("()a")("aa") == []


@pytest.mark.parametrize("wrong", [None, 3, b"a", re.compile("a")])
def test_a_pattern_is_a_str(wrong):
    with pytest.raises(TypeError, match="pattern must be a str, got "):
        mm.Pattern(wrong)


@pytest.mark.parametrize(
    ("alphabet", "graphemes", "message"),
    [
        ("aba", True, "alphabet must contain every character once, got 'a' twice"),
        ("e\u0301xe\u0301", True, "alphabet must contain every character once, got 'e\u0301' twice"),
        ("e\u0301xe", False, "alphabet must contain every character once, got 'e' twice"),
        ("", True, "alphabet must have 1 character or more, got ''; None uses those of the training texts"),
    ],
)
def test_an_alphabet_holds_every_character_once(alphabet, graphemes, message):
    with pytest.raises(ValueError, match=message):
        mm.Characters(alphabet=alphabet, graphemes=graphemes)


@pytest.mark.parametrize("wrong", [5, ["a", "b"], b"ab"])
def test_an_alphabet_is_a_str(wrong):
    with pytest.raises(TypeError, match="alphabet must be a str, got "):
        mm.Characters(alphabet=wrong)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mm.KerasWords(split=""), "split must have 1 character or more, got ''"),
        (lambda: mm.Hangul("letters"), "unit must be 'syllables' or 'jamo', got 'letters'"),
        (lambda: mm.Hangul(normalization="NFD"), "normalization must be None, 'NFC' or 'NFKC', got 'NFD'"),
        (lambda: mm.Words(normalization="nfc"), "normalization must be None, 'NFC' or 'NFKC', got 'nfc'"),
        (lambda: mm.Pattern("\ud800"), "pattern must not contain a lone surrogate, got"),
        (lambda: mm.KerasWords(split=3), "split must be a str, got 3"),
        (lambda: mm.Words(lowercase="no"), "lowercase must be True or False, got 'no'"),
        (lambda: mm.Characters(alphabet="aB"), "alphabet must be in lower case, as texts are lowercased, got 'B'"),
        (lambda: mm.Characters(normalization=True), "normalization must be a str, got True"),
    ],
)
def test_a_tokenizer_refuses_what_it_does_not_know(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


@pytest.mark.parametrize(
    ("found", "error", "message"),
    [
        ([1], TypeError, "tokenizer must return tokens that are str, got 1 for 'a b'"),
        ([None], TypeError, "tokenizer must return tokens that are str, got None for 'a b'"),
        (["a", b"b"], TypeError, "tokenizer must return tokens that are str, got b'b' for 'a b'"),
        (["a\0b"], mm.DataError, r"tokenizer must return tokens without NUL, got 'a\\x00b'; remove that character"),
        (None, TypeError, "tokenizer must return"),
        (3, TypeError, "tokenizer must return"),
    ],
)
def test_a_foreign_tokenizer_must_return_tokens(found, error, message):
    tokenizer = mm.External(lambda text: found)
    bag, hashed, sequences = (
        mm.BagVectorizer(tokenizer),
        mm.HashedBagVectorizer(tokenizer),
        mm.SequenceVectorizer(tokenizer),
    )
    for call in (tokenizer, lambda text: mm.ngrams(text, 1, 1, tokenizer)):
        with pytest.raises(error, match=message):
            call("a b")
    for call in (bag.fit, hashed.transform, sequences.fit, sequences.partial_fit):
        with pytest.raises(error, match=message):
            call(["a b"])


def test_a_foreign_tokenizers_own_error_comes_through():
    for kind in (mm.BagVectorizer, mm.HashedBagVectorizer, mm.OneHotVectorizer, mm.SequenceVectorizer):
        with pytest.raises(RuntimeError, match="boom"):
            kind(mm.External(no_boom)).fit_transform(["a", "boom"])


def test_a_foreign_tokenizer_may_return_any_row_of_tokens():
    for split in (tuple, iter, lambda text: (word for word in text), lambda text: [*text, ""], lambda text: text):
        assert mm.External(split)("ab") == ["a", "b"]
    with pytest.raises(TypeError, match=r"tokenizer must be a function from a str to its tokens, or a .*, got 3"):
        mm.External(3)


def test_a_tokenizer_of_hugging_face_tells_where_tokens_stand():
    tokenizers = pytest.importorskip("tokenizers")
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[?]": 0, "so": 1, "good": 2}, unk_token="[?]"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer = mm.External(model)
    assert tokenizer("so 가 good") == ["so", "[?]", "good"]
    assert tokenizer.spans("so 가 good") == [(0, 2), (3, 4), (5, 9)]
    assert mm.SequenceVectorizer(tokenizer, max_length=3).fit_transform(["so so", "good"]).tolist() == [
        [0, 2, 2],
        [0, 0, 3],
    ]


@pytest.mark.parametrize(
    ("jobs", "error", "message"),
    [
        (0, ValueError, "n_jobs must be from 1 to 1024, or -1 for all cores, got 0"),
        (-2, ValueError, "got -2"),
        (10**9, ValueError, "got 1000000000"),
        (2**70, ValueError, "got 1180591620717411303424"),
        ("2", TypeError, "n_jobs must be None or a whole number, got '2'"),
        (1.0, TypeError, "n_jobs must be None or a whole number, got 1.0"),
        (True, TypeError, "n_jobs must be None or a whole number, got True"),
    ],
)
def test_threads_are_a_whole_number(jobs, error, message):
    kinds = [mm.BagVectorizer, mm.HashedBagVectorizer, mm.HashedOneHotVectorizer, mm.OneHotVectorizer]
    for kind in [*kinds, mm.SequenceVectorizer]:
        with pytest.raises(error, match=message):
            kind(n_jobs=jobs).fit(["a"])


@pytest.mark.parametrize("wanted", ["0", "-1", "1025", "two", "1.5", " 2", "2\n", "²", "२", "9" * 30])
def test_threads_of_the_environment_are_a_number(monkeypatch, wanted):
    monkeypatch.setenv("MALMOI_THREADS", wanted)
    rule = re.escape(f"MALMOI_THREADS must be a number from 1 to 1024, got {wanted!r}")
    for jobs in (None, -1):
        with pytest.raises(ValueError, match=rule):
            mm.BagVectorizer(n_jobs=jobs).fit(["a"])
    assert mm.BagVectorizer(mm.Words(), n_jobs=2).fit(["a"]).counts_.tolist() == [1]


@pytest.mark.parametrize("wanted", ["", "1", "1024"])
def test_any_number_of_threads_of_the_environment_will_do(monkeypatch, wanted):
    monkeypatch.setenv("MALMOI_THREADS", wanted)
    assert mm.BagVectorizer(mm.Words(), (1, 1)).fit(["a b a"]).counts_.tolist() == [2, 1]


@pytest.mark.parametrize("orders", [(2, 1), (0, 1), (1, 256), (-1, 2)])
def test_orders_are_a_range(orders):
    with pytest.raises(ValueError, match=re.escape(f"from 1 to 255, got {orders}")):
        mm.ngrams("a b", *orders)


@pytest.mark.parametrize("wrong", ["auto", None, str.split])
def test_ngrams_are_made_of_a_tokenizers_tokens(wrong):
    with pytest.raises(TypeError, match="tokens must be"):
        mm.ngrams("a b", 1, 2, wrong)


@pytest.mark.parametrize("kind", [mm.BagVectorizer, mm.SequenceVectorizer])
def test_a_batch_that_fails_loses_nothing_that_was_learned(kind):
    vectorizer = kind(mm.External(no_boom)).partial_fit(["a b"])
    with pytest.raises(RuntimeError, match="boom"):
        vectorizer.partial_fit(["c", "boom"])
    expected = kind(mm.External(no_boom)).fit(["a b", "d"])
    assert vectorizer.partial_fit(["d"]).transform(["a b d"]).shape == expected.transform(["a b d"]).shape
    if kind is mm.BagVectorizer:
        assert vectorizer.get_feature_names_out().tolist() == expected.get_feature_names_out().tolist()
    else:
        assert vectorizer.vocabulary_.words == expected.vocabulary_.words


def test_a_fit_that_fails_leaves_no_half_of_a_vocabulary():
    bag = mm.BagVectorizer(mm.External(no_boom), (1, 1)).fit(["a b"])
    with pytest.raises(RuntimeError, match="boom"):
        bag.fit(["c d", "boom"])
    try:
        assert bag.get_feature_names_out().tolist() == ["a", "b"]
    except NotFittedError:
        return
    assert bag.transform(["a b"]).toarray().tolist() == [[1, 1]]


def test_a_fit_that_lacks_labels_leaves_no_half_of_the_weights():
    bag = mm.BagVectorizer(mm.Words(), (1, 1), "naive-bayes").fit(["a", "b"], [0, 1])
    before = bag.transform(["a b"]).toarray().tolist()
    with pytest.raises(ValueError, match="y must be the labels"):
        bag.fit(["a b c d", "e"])
    try:
        assert bag.transform(["a b"]).toarray().tolist() == before
    except NotFittedError:
        return


def test_a_bag_whose_first_fit_failed_can_be_copied():
    bag = mm.BagVectorizer(mm.External(no_boom))
    with pytest.raises(RuntimeError, match="boom"):
        bag.fit(["boom"])
    with pytest.raises(NotFittedError):
        bag.transform(["a"])
    assert pickle.loads(pickle.dumps(bag)).fit(["a"]).counts_.tolist() == [1]


@pytest.mark.parametrize("learn", ["fit", "partial_fit"])
def test_a_copy_does_not_mind_settings_changed_after_learning(learn):
    bag = getattr(mm.BagVectorizer(mm.Words(), (1, 1)), learn)(["a b"]).set_params(stop_words=["a"], ngrams=(2, 2))
    copied = pickle.loads(pickle.dumps(bag))
    assert copied.transform(["a b"]).toarray().tolist() == bag.transform(["a b"]).toarray().tolist() == [[1, 1]]


def test_a_clash_of_what_is_counted_shows_where_it_is():
    one = mm.BagVectorizer(mm.Words(), (1, 2)).partial_fit(["a"])
    with pytest.raises(ValueError, match=r"\(1, 2\).*\(1, 3\)"):
        one.merge(mm.BagVectorizer(mm.Words(), (1, 3)).partial_fit(["a"]))
