"""Emoji as tokens of `Words`; what no token covers."""

import copy
import pickle
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import malmoi as mm
import reference
from malmoi import _core
from malmoi.cli.commands import run
from malmoi.evaluation.checks.base import Subject
from malmoi.evaluation.checks.token_coverage import token_findings
from malmoi.models.state import State, value_to_json
from malmoi.tokenizers import TOKENIZERS
from malmoi.tokenizers.coverage import TokenCoverage
from malmoi.tokenizers.scripts import chosen_tokens

FAMILY, ENGLAND = "👨\u200d👩\u200d👧", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
EMOJI = [
    "😊",
    "👍",
    "👍🏽",
    "🇰🇷",
    "🇺🇸",
    ENGLAND,
    FAMILY,
    "❤",
    "☹",
    "✔",
    "☺",
    "🏳\u200d🌈",
    "🤷🏽\u200d♀",
    "1\u20e3",
    "#\u20e3",
]


@pytest.mark.parametrize("emoji", EMOJI)
def test_every_emoji_is_one_token_alone_and_beside_others(emoji):
    assert mm.Words()(emoji) == [emoji]
    assert mm.Words()(emoji * 2) == [emoji, emoji]
    assert mm.Words()(f"so{emoji}good, {emoji}!") == ["so", emoji, "good", emoji]
    assert mm.Words()(f"영화{emoji}最高{emoji}") == ["영화", emoji, "最", "高", emoji]


@pytest.mark.parametrize(
    ("texts", "tokens"),
    [
        (["❤", "❤\ufe0f", "❤\ufe0e", "❤\u200d", "❤\ufe0f\u200d"], ["❤"]),
        (["1\ufe0f\u20e3", "1\u20e3"], ["1\u20e3"]),
        (["🏳\ufe0f\u200d🌈", "🏳\u200d🌈"], ["🏳\u200d🌈"]),
        (["ℹ", "ℹ\ufe0f"], ["ℹ"]),
        (["🅰", "🅰\ufe0f"], ["🅰"]),
        (["good\ufe0f", "good \ufe0f", "\ufe0fgood"], ["good"]),
    ],
)
def test_an_emoji_is_the_same_token_however_it_was_typed(texts, tokens):
    assert [mm.Words()(text) for text in texts] == [tokens] * len(texts)


def test_signs_are_emoji_on_request_only():
    assert mm.Words()("# * © ® ™ ↔ ▶ ‼ 〰 ★ ♡ :) \u200d \ufe0f \u200d\ufe0f") == []
    assert mm.Words()("©\ufe0f ®\ufe0f ↔\ufe0f 〰\ufe0f #\ufe0f\u20e3") == ["©", "®", "↔", "〰", "#\u20e3"]
    assert mm.Words()("1 2.5 ㅠㅠ ㅋㅋ") == ["1", "2.5", "ㅠㅠ", "ㅋㅋ"]


def test_other_settings_go_with_emoji():
    text = "<b>Ça❤\ufe0f</b>VA 1\ufe0f\u20e3"
    assert mm.Words(drop_html=True)(text) == ["ça", "❤", "va", "1\u20e3"]
    assert mm.Words(drop_html=True, lowercase=False, strip_accents=True)(text) == ["Ca", "❤", "VA", "1"]
    assert mm.Words(drop_html=True, normalization="NFKC")(text) == ["ça", "❤", "va", "1\u20e3"]
    assert mm.Words(emoji=False)(text) == ["b", "ça", "b", "va", "1\ufe0f\u20e3"]
    for emoji in (False, True):  # punctuation keeps every piece as it is written
        assert mm.Words(keep_punctuation=True, emoji=emoji)("Va❤\ufe0f, 👍🏽👍!") == [
            "va",
            "❤\ufe0f",
            ",",
            "👍🏽",
            "👍",
            "!",
        ]


def test_other_tokenizers_keep_emoji_or_say_that_they_do_not():
    assert mm.Hangul()("영화👍🏽") == ["영", "화", "👍🏽"]
    assert mm.Hangul(keep_punctuation=False)("영화👍🏽") == ["영", "화"]
    assert mm.Characters(inside_words=True)("👍🏽") == [" ", "👍🏽", " "]
    assert mm.KerasWords()("So😊 👍🏽") == mm.Whitespace(lowercase=True)("So😊 👍🏽") == ["so😊", "👍🏽"]
    for text in ("영화😊", "映画😊", "ภาพยนตร์😊", "film😊"):
        assert "😊" in chosen_tokens("auto", [text], bag=True)[0](text)
        assert "😊" in chosen_tokens("auto", [text], bag=False)[0](text)


PARTS = [
    *EMOJI,
    "\u200d",
    "\ufe0f",
    "\ufe0e",
    "🏽",
    "a",
    "É",
    "가",
    "1",
    "©",
    "ℹ",
    "🅰",
    "★",
    "_",
    "'",
    ".",
    "!",
    " ",
    "\n",
    "🇰",
    "\u0301",
]


@given(st.lists(st.sampled_from(PARTS), max_size=8).map("".join))
def test_tokens_equal_the_reference(text):
    assume(not re.search("[🇦-🇿][^🇦-🇿a-zÉ가1 ]+[🇦-🇿]", text))  # word boundaries pair them over marks
    words = mm.Words(lowercase=False)
    assert words(text) == reference.words_and_emoji(text, mm.Words(lowercase=False, emoji=False))
    spans = [reference.plain(text[start:end]).rstrip("\u200d") for start, end in words.spans(text)]
    assert spans == [token.rstrip("\u200d") for token in words(text)]
    assert mm.Words(lowercase=False, keep_punctuation=True)(text) == [
        part for part in _core.word_segments(text) if not part.isspace()
    ]


def test_emoji_are_columns_and_features():
    assert mm.BagVectorizer().fit_transform(["😊👍", "😡"]).shape == (2, 4)
    assert mm.BagVectorizer(ngrams=(1, 1)).fit_transform(["😊👍", "😡"]).shape == (2, 3)
    assert mm.HashedBagVectorizer(ngrams=(1, 1)).fit_transform(["😊👍", "😡"]).nnz == 3
    texts, labels = ["late 😊", "late 💔", "soon 💔", "soon 😊"] * 10, ["pos", "neg", "neg", "pos"] * 10
    for tokens in (mm.Words(), "auto"):
        assert mm.BagClassifier(tokens).fit(texts, labels).predict(texts).tolist() == labels


# Files of before


def test_files_without_the_field_mean_no_emoji():
    old = {name: value for name, value in value_to_json(mm.Words()).items() if name != "emoji"}
    assert State({"tokens": old}, {}).value("tokens", TOKENIZERS) == mm.Words(emoji=False)
    assert State({"tokens": value_to_json(mm.Words())}, {}).value("tokens", TOKENIZERS) == mm.Words()


def test_pickles_without_the_field_mean_no_emoji():
    old = mm.Words(lowercase=False)
    del old.__dict__["emoji"]
    assert pickle.loads(pickle.dumps(old)) == mm.Words(lowercase=False, emoji=False)
    assert pickle.loads(pickle.dumps(mm.Words())) == copy.deepcopy(mm.Words()) == mm.Words()
    bag = mm.BagVectorizer(ngrams=(1, 1)).fit(["so good"])
    del bag.tokens_.__dict__["emoji"]
    assert pickle.loads(pickle.dumps(bag)).tokens_("so 😊") == ["so"]


# What no token covers


def test_coverage_tells_what_no_token_covers():
    texts = ["so ★♡!", " ", "", "★", "e\u0301t\u00e9 👍🏽"]
    found = mm.Words().coverage(texts)
    assert found == TokenCoverage(5, 3, 2, (3,), 10, 1, (("★", 2), ("♡", 1)))
    assert (found.uncovered_share, found.other_share) == (0.4, 0.3)
    assert mm.Characters().coverage(texts).others == ()
    assert mm.Words().coverage([]).uncovered_share == 0
    parts = [mm.Words().coverage([text]) for text in texts]
    assert sum(parts, TokenCoverage()) == found
    with pytest.raises(TypeError, match="coverage needs a tokenizer of malmoi, got External"):
        mm.External(str.split).coverage(texts)
    with pytest.raises(TypeError, match=r"texts must be a list of str, got one str; wrap it: \[text\]"):
        mm.Words().coverage("so")


@given(st.lists(st.lists(st.sampled_from([*PARTS, "\u200b"]), max_size=6).map("".join), max_size=4), st.integers(1, 3))
def test_coverage_equals_the_reference(texts, threads):
    for tokens in (
        mm.Words(lowercase=False),
        mm.Hangul("jamo", keep_punctuation=False),
        mm.KerasWords("a\u0301!", True, "가"),
    ):
        found = tokens.coverage(texts, n_jobs=threads)
        characters, punctuation, others = reference.uncovered(texts, tokens.spans)
        if isinstance(tokens, mm.Hangul):  # which composes
            assert sum(dict(found.others).values()) + found.punctuation == punctuation + sum(others.values())
            continue
        assert (found.characters, found.punctuation, dict(found.others)) == (characters, punctuation, others)
        assert found.texts_without_tokens == sum(not tokens(text) for text in texts)


def test_findings_name_the_characters_and_texts_that_are_lost():
    texts, labels = ["good ★", "bad ☆", "★★", " "] * 5, ["pos", "neg", "pos", "neg"] * 5
    model = mm.BagClassifier(mm.Words(), (1, 1)).fit(texts, labels)
    found = {one.code: one for one in mm.check((texts, labels), model=model)}
    assert found["texts-without-tokens"].is_warning
    assert found["texts-without-tokens"].message.startswith(
        "5 texts (25.0%) have no token, so they all get the same prediction"
    )
    assert [one.text for one in found["texts-without-tokens"].examples] == ["'★★'"] * 3
    assert found["uncovered-characters"].is_warning
    assert found["uncovered-characters"].message.startswith(
        "36.4% of the characters are not part of any token, except punctuation; the most frequent: '★', '☆'"
    )
    assert "글자의 36.4%가 어느 토큰에도 포함되지 않습니다" in found["uncovered-characters"].sentence("ko")
    assert "5개(25.0%)에 토큰이 없어" in found["texts-without-tokens"].sentence("ko")
    for tokens in (mm.Characters(), [mm.Words(), mm.Characters()]):
        model = mm.BagClassifier(tokens, (1, 1)).fit(texts, labels)
        codes = {one.code for one in mm.check((texts, labels), model=model)}
        assert not codes & {"texts-without-tokens", "uncovered-characters"}


def test_a_few_rare_characters_are_no_finding():
    texts, labels = ["a good film! " * 5 + "★"] + ["a bad film, really... " * 5] * 3, ["pos", "neg", "neg", "neg"]
    model = mm.BagClassifier(mm.Words(), (1, 1)).fit(texts, labels)
    assert "uncovered-characters" not in {one.code for one in mm.check((texts, labels), model=model)}


def test_tokens_of_a_function_have_no_coverage():
    assert list(token_findings(Subject(mm.Corpus(["★"])), (mm.External(str.split),))) == []
    assert list(token_findings(Subject(mm.Corpus(["★"])), ())) == []


# The command line


@pytest.fixture
def emoji_file(tmp_path):
    path = tmp_path / "emoji.csv"
    rows = "order ❤,pos\n★ order 💔,neg\norder ❤\ufe0f,pos\n★ order 💔,neg\n"
    path.write_text("text,label\n" + rows * 10, encoding="utf-8")
    return path


def test_a_model_is_trained_on_emoji(emoji_file, tmp_path, capsys):
    output = tmp_path / "m.malmoi"
    options = ["--recipe", "bag", "--tokens", "words", "--ngrams", "1", "--validation", "0.2"]
    assert run(["train", str(emoji_file), "-o", str(output), *options]) == 0
    printed = capsys.readouterr()
    assert re.search(r"features +3 ", printed.out)  # order, ❤ and 💔
    assert re.search(r"training accuracy +100.0%", printed.out)
    lost = r"warning: \d+\.\d% of the characters are not part of any token, except punctuation; the most frequent: '★'"
    message = rf"{lost} \[uncovered-characters\]"
    assert re.search(message, printed.err)
    loaded = mm.load(output, verify=True)
    assert loaded.tokens == mm.Words()
    assert loaded.predict(["❤\ufe0f!", "💔"]).tolist() == ["pos", "neg"]


def test_vectorize_tells_what_no_token_covers(emoji_file, tmp_path, capsys):
    emoji_file.write_text(emoji_file.read_text(encoding="utf-8") + "!!!,neg\n", encoding="utf-8")
    assert run(["vectorize", str(emoji_file), "--tokens", "words", "-o", str(tmp_path / "b.npz")]) == 0
    line = capsys.readouterr().err
    assert "; 8.7% of the characters are not in a token (punctuation: 1.1%); texts without a token: 1" in line
