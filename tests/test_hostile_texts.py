"""Texts that are made to hurt: every tokenizer and every vectorizer takes them, or refuses them in plain words."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import malmoi as mm

MILLION = 1_000_000
TOKENIZERS = [
    mm.Words(),
    mm.Words(keep_punctuation=True, strip_accents=True, normalization="NFKC", drop_html=True),
    mm.Characters(),
    mm.Characters(graphemes=False, squeeze_spaces=True, normalization="NFC"),
    mm.Characters(inside_words=True, strip_accents=True),
    mm.KerasWords(),
    mm.KerasWords(filters="é<", split="--"),
    mm.Pattern(r"\w+", drop_html=True),
    mm.Whitespace(drop_html=True),
    mm.Hangul(),
    mm.Hangul("jamo", drop_html=True),
    mm.External(str.split),
]
VECTORIZERS = [
    mm.BagVectorizer(mm.Words(keep_punctuation=True), (1, 2), "tfidf"),
    mm.BagVectorizer(mm.Characters(inside_words=True), (1, 3)),
    mm.HashedBagVectorizer(mm.Characters(), (1, 2), buckets=1000),
    mm.HashedOneHotVectorizer(max_length=5),
    mm.OneHotVectorizer(mm.Characters(), max_length=5),
    mm.SequenceVectorizer(),
]
# Texts that make a careless rule take time in proportion to the square of their length; and how many user-perceived
# characters and words they have.
HOSTILE = {
    "combining marks, a quarter": ("a" + "\u0301" * (MILLION // 4), 1, 1),
    "combining marks, all": ("a" + "\u0301" * MILLION, 1, 1),
    "marks without a letter": ("\u0301" * MILLION, 1, 0),
    "regional indicators": ("\U0001f1f0" * 200_000, 100_000, 100_000),
    "conjuncts": ("क्" * 200_000, 1, 1),
    "joiners": ("\u200d" * MILLION, 1, 0),
    "joined emoji": ("\U0001f469\u200d" * 200_000, 1, 1),
    "initial consonants": ("\u1100" * 500_000, 1, 1),
    "abbreviations": ("a." * 500_000, MILLION, 1),
    "numbers": ("1," * 500_000, MILLION, 1),
    "quotes": ("'" * MILLION, MILLION, 0),
    "brackets": ("<" * MILLION, MILLION, 0),
    "comments that never end": ("<!--" * 200_000, 800_000, 0),
    "tags that never end": ("<a " * 300_000, 900_000, 300_000),
    "attributes that never end": ("<a b='" * 150_000, 900_000, 300_000),
    "spaces": (" " * MILLION, MILLION, 0),
    "sigmas": ("aΣ\u0301" * 150_000, 300_000, 1),
    "NULs": ("\0" * MILLION, MILLION, 0),
}


SELECTORS = dict.fromkeys(map(ord, "\ufe0e\ufe0f"))


def dense(rows):
    return rows.toarray() if hasattr(rows, "toarray") else rows


@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_made_to_take_for_ever_does_not(name):
    text, characters, words = HOSTILE[name]
    assert len(mm.Characters(lowercase=False)(text)) == characters
    assert len(mm.Words()(text)) == words
    assert "".join(mm.Characters(graphemes=False, lowercase=False)(text)) == text
    assert len(mm.Whitespace(drop_html=True)(text)) <= max(1, words)
    for tokenizer in TOKENIZERS[:-1]:
        assert all(tokenizer(text[:100_000]))


@pytest.mark.parametrize("name", HOSTILE)
def test_where_its_tokens_stand_does_not_take_for_ever_either(name):
    text = HOSTILE[name][0][:100_000]
    for tokenizer in (TOKENIZERS[1], mm.Characters(inside_words=True), mm.Hangul("jamo")):
        spans = tokenizer.spans(text)
        assert len(spans) == len(tokenizer(text))
        assert not spans or 0 <= spans[0][0] <= spans[-1][1] <= len(text)


@pytest.mark.parametrize("vectorizer", VECTORIZERS, ids=repr)
def test_every_vectorizer_takes_them_at_any_number_of_threads(vectorizer):
    texts = [text[:20_000] for text, _, _ in HOSTILE.values()]
    one, three = (vectorizer.set_params(n_jobs=jobs).fit(texts).transform(texts) for jobs in (1, 3))
    if hasattr(one, "indices"):
        assert all(np.array_equal(getattr(one, part), getattr(three, part)) for part in ("data", "indices", "indptr"))
        assert np.isfinite(one.data).all()
    else:
        assert np.array_equal(one, three)


def test_few_labels_learn_from_them_at_any_number_of_threads():
    unlabelled = [text[:20_000] for text, _, _ in HOSTILE.values()]
    texts, labels = ["good a.", "bad 1,"] * 6, ["pos", "neg"] * 6
    model = mm.FewLabelClassifier(["documents", "components", "bag"], dimension=4, epochs=1)
    one, three = (
        model.set_params(n_jobs=jobs).fit(texts, labels, unlabelled=unlabelled).predict_proba([*texts, *unlabelled])
        for jobs in (1, 3)
    )
    assert one.tobytes() == three.tobytes()
    assert np.isfinite(one).all()


def test_fasttext_learns_from_them_at_any_number_of_threads():
    hostile = [text[:20_000] for text, _, _ in HOSTILE.values()]
    texts, labels = [*["good a.", "bad 1,"] * 6, *hostile], [*["pos", "neg"] * 6, *["pos"] * len(hostile)]
    model = mm.FastTextClassifier(dimension=4, epochs=2, ngrams=3, characters=(1, 3), buckets=1_000)
    one, three = (model.set_params(n_jobs=jobs).fit(texts, labels).predict_proba(texts) for jobs in (1, 3))
    assert one.tobytes() == three.tobytes()
    assert np.isfinite(one).all()


def test_ten_megabytes_are_one_text():
    text = "the cat sat on 가나다 " * (10_000_000 // 25)
    assert len(text.encode()) == 10_000_000
    assert len(mm.Words()(text)) == 2_000_000
    bag = mm.BagVectorizer(mm.Words(), (1, 2), n_jobs=2)
    assert bag.fit_transform([text, "the cat"]).toarray()[:, :6].tolist() == [
        [400_000] * 5 + [400_000],
        [1, 1, 1, 0, 0, 0],
    ]
    assert mm.SequenceVectorizer(mm.Words(), max_length=3).fit_encode([text]).lengths.tolist() == [2_000_000]


@pytest.mark.parametrize(
    ("tokenizer", "tokens"),
    [
        (mm.Words(), ["a", "b", "c"]),
        (mm.Words(keep_punctuation=True), ["a", "\0", "b", "c", "\0"]),
        (mm.Whitespace(), ["a\0b", "c\0"]),
        (mm.KerasWords(), ["a\0b", "c\0"]),
        (mm.KerasWords(filters="\0"), ["a", "b", "c"]),
        (mm.Pattern(r"[\x00b]+"), ["\0b", "\0"]),
        (mm.Characters(), ["a", "\0", "b", " ", "c", "\0"]),
        (mm.Hangul(), ["a", "\0", "b", "c", "\0"]),
    ],
)
def test_a_nul_is_a_character_like_others(tokenizer, tokens):
    assert tokenizer("a\0b c\0") == tokens
    vectorizer = mm.BagVectorizer(tokenizer, (1, 1)).fit(["a\0b c\0", "\0"])
    assert vectorizer.get_feature_names_out().tolist() != []
    assert {*vectorizer.get_feature_names_out()} == {*tokens, *tokenizer("\0")}
    assert mm.SequenceVectorizer(tokenizer).fit(["a\0b c\0"]).vocabulary_.words == list(
        dict.fromkeys(sorted(tokens, key=lambda token: -tokens.count(token)))
    )


@pytest.mark.parametrize("tokenizer", TOKENIZERS[:-1], ids=repr)
def test_half_a_character_is_refused(tokenizer):
    for call in (tokenizer, tokenizer.spans, lambda text: mm.ngrams(text, 1, 2, tokenizer)):
        with pytest.raises(ValueError, match="surrogate"):
            call("a \ud800 b")


@pytest.mark.parametrize("wrong", [None, 3, b"a", ["a"]])
def test_what_is_no_text_is_refused(wrong):
    for tokenizer in TOKENIZERS:
        for call in [tokenizer] if isinstance(tokenizer, mm.External) else [tokenizer, tokenizer.spans]:
            with pytest.raises(TypeError, match="text must be a str, got "):
                call(wrong)


@pytest.mark.parametrize("wrong", [None, 3, b"a", ["a"]])
def test_what_is_no_text_has_no_ngrams(wrong):
    for tokenizer in TOKENIZERS:
        with pytest.raises(TypeError, match="text must be a str, got "):
            mm.ngrams(wrong, 1, 2, tokenizer)


@pytest.mark.parametrize("vectorizer", VECTORIZERS, ids=repr)
def test_half_a_character_is_named_by_its_place(vectorizer):
    fitted = vectorizer.fit(["a"])
    for call in (fitted.fit, fitted.transform):
        with pytest.raises(ValueError, match=r"texts\[1\] contains a lone surrogate at character 2, .*; clean it: "):
            call(["a", "b \udfff"])


@pytest.mark.parametrize("vectorizer", VECTORIZERS, ids=repr)
def test_many_threads_of_the_user_share_a_vectorizer(vectorizer):
    texts = [f"word{number % 50} a b c" for number in range(3_000)]
    fitted = vectorizer.fit(texts)
    expected = dense(fitted.transform(texts[:50]))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: dense(fitted.transform(texts[:50])), range(40)))
    assert all(np.array_equal(rows, expected) for rows in found)


def test_the_longest_ngrams_of_a_long_text_can_be_counted():
    bag = mm.BagVectorizer(mm.Characters(), (255, 255)).fit(["ab" * 50_000])
    assert bag.counts_.tolist() == [49_873, 49_873]
    assert mm.BagVectorizer(mm.Characters(), (1, 255)).fit(["a" * 1_000]).counts_.tolist() == list(range(1000, 745, -1))


PLAIN = [
    mm.Words(lowercase=False),
    mm.Words(lowercase=False, keep_punctuation=True),
    mm.Words(lowercase=False, drop_html=True),
    mm.Characters(lowercase=False),
    mm.Characters(lowercase=False, graphemes=False),
    mm.Characters(lowercase=False, inside_words=True),
    mm.KerasWords(lower=False),
    mm.KerasWords(lower=False, filters="é!", split="ab"),
    mm.Pattern(r"\w\w+", lowercase=False),
    mm.Pattern(r"[#<](\w)", lowercase=False),
    mm.Whitespace(),
    mm.Whitespace(drop_html=True),
    mm.Hangul(lowercase=False),
]
any_text = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text("ab é!#<>&/-\n\u0301가\u1100\u1161\U0001f1f0\u200d\U0001f469क\u094d1.,'", max_size=40),
)


@pytest.mark.parametrize("tokenizer", PLAIN, ids=repr)
@given(text=any_text)
def test_a_span_is_where_its_token_was_cut(tokenizer, text):
    text = unicodedata.normalize("NFC", text) if isinstance(tokenizer, mm.Hangul) else text
    spans, tokens = tokenizer.spans(text), tokenizer(text)
    assert len(spans) == len(tokens)
    for token, (start, end) in zip(tokens, spans, strict=True):
        if getattr(tokenizer, "inside_words", False) and start == end:
            assert token == " "
        else:
            # Of an emoji, a selector and a joiner at its end are no part of the token.
            assert text[start:end].translate(SELECTORS).rstrip("\u200d") == token.translate(SELECTORS).rstrip("\u200d")


@given(any_text, st.sampled_from(TOKENIZERS[:-1]))
def test_spans_are_in_order_and_inside_the_text(text, tokenizer):
    spans = tokenizer.spans(text)
    assert len(spans) == len(tokenizer(text))
    assert spans == sorted(spans)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
