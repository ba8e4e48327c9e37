"""Korean by morphemes, and by words with particles split off."""

import os
import pickle
import subprocess
import sys
import threading
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
import reference
from malmoi.models.state import State, value_to_json
from malmoi.tokenizers import TOKENIZERS, kiwi
from malmoi.tokenizers.scripts import chosen_tokens, chosen_words

FILM = "영화가 지루하다, 지루한 배우들 ㅋㅋㅋㅋ 지루했다"
DICTIONARY = mm.Morphemes(dictionary_form=True, keep_function_words=False, keep_punctuation=False)
TEXTS = ["정말 재밌는 영화", "연기가 지루했다ㅠㅠㅠ", "감동적인 이야기였어요", "배우가 별로다"] * 5
LABELS = [1, 0, 1, 0] * 5


# Words with particles split off.


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("영화가 극장에서는 별로였음", ["영화", "가", "극장", "에서는", "별로였음"]),
        ("감독이 배우를 연출로 감동으로", ["감독", "이", "배우", "를", "연출", "로", "감동", "으로"]),
        ("아이 나이 사이 의의 아이의", ["아이", "나이", "사이", "의의", "아이", "의"]),
        ("고양이가 그래도 제대로", ["고양이", "가", "그래도", "제대로"]),
        ("하지만 재밌다ㅋㅋㅋㅋㅠㅠㅠ ㅇㅈ", ["하지만", "재밌다", "ㅋㅋ", "ㅠㅠ", "ㅇㅈ"]),
        ("TV는 Good!👍🏽❤️", ["tv", "는", "good", "👍🏽", "❤"]),
        ("영화은 감독가 감독로", ["영화은", "감독가", "감독로"]),
        ("", []),
    ],
)
def test_eojeol(text, tokens):
    assert mm.Eojeol()(text) == tokens
    assert mm.Eojeol()(unicodedata.normalize("NFD", text)) == tokens
    assert mm.Eojeol(keep_particles=False)(text) == [token for token in tokens if token not in reference.PARTICLES]


def test_eojeol_keeps_punctuation_on_request():
    assert mm.Eojeol(keep_punctuation=True, lowercase=False)("와! OK") == ["와", "!", "OK"]
    assert mm.Eojeol().spans("굿ㅋㅋㅋ 영화가") == [(0, 1), (1, 4), (5, 7), (7, 8)]


pieces = st.sampled_from(
    [*reference.PARTICLES, "고양이", "드라마다", *"영감길나지가 ㅋㅠㅇa1.", "❤️", "\u1112\u1161\u11ab"]
)


@settings(max_examples=150)
@given(st.lists(pieces | st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=12), st.booleans())
def test_eojeol_equals_its_reference(parts, particles):
    text = "".join(parts)
    words = mm.Words(normalization="NFC")(text)
    assert mm.Eojeol(keep_particles=particles)(text) == reference.eojeol(words, particles)


# Morphemes.


@pytest.mark.parametrize(
    ("tokenizer", "text", "tokens"),
    [
        (
            mm.Morphemes(),
            FILM,
            ["영화", "가", "지루하", "다", ",", "지루하", "ㄴ", "배우", "들", "ㅋㅋ", "지루하", "었", "다"],
        ),
        (DICTIONARY, FILM, ["영화", "지루하다", "지루하다", "배우", "ㅋㅋ", "지루하다"]),
        (DICTIONARY, "이 영화는 그냥 볼 것이 없지 않다", ["영화", "그냥", "보다", "없다", "않다"]),
        (mm.Morphemes(join_affixes=False), "지루했다", ["지루", "하", "었", "다"]),
        (mm.Morphemes(tags=True), "영화가 굿ㅠㅠㅠㅋ", ["영화/NNG", "가/JKS", "굿/NNG", "ㅠㅠ/SW", "ㅋ/SW"]),
        (mm.Morphemes(), "Don't 3.5점!! 👍🏽❤️", ["don't", "3.5", "점", "!", "!", "👍🏽", "❤️"]),
        (mm.Morphemes(keep_punctuation=False), "<b>좋다</b> 👍🏽❤️", ["b", "좋", "다", "b", "👍🏽", "❤"]),
        (mm.Morphemes(drop_html=True, lowercase=False), "<b>OK 좋다</b>", ["OK", "좋", "다"]),
        (mm.Morphemes(), "no Korean: שלום a_b", ["no", "korean", ":", "שלום", "a_b"]),
    ],
)
def test_morphemes(tokenizer, text, tokens):
    assert tokenizer(text) == tokens
    assert tokenizer(unicodedata.normalize("NFD", text)) == tokens


def test_spans_count_characters_whatever_stands_before():
    text = "👍🏽👨‍👩‍👧 é" + unicodedata.normalize("NFD", "영화가 ") + "지루했다ㅋㅋㅋ"
    tokens = DICTIONARY(text)
    spans = DICTIONARY.spans(text)
    assert tokens == ["👍🏽", "👨‍👩‍👧", "é", "영화", "지루하다", "ㅋㅋ"]
    sources = [unicodedata.normalize("NFC", text[start:end]) for start, end in spans]
    assert sources == ["👍🏽", "👨‍👩‍👧", "é", "영화", "지루했", "ㅋㅋㅋ"]


def test_tokens_are_the_same_at_any_number_of_threads_and_in_any_batch(monkeypatch):
    texts = [f"{word} {number}번 {FILM}" for number in range(8) for word in ("배우가", "영화에서", "", "abc")]
    alone = ["\0".join(mm.Morphemes()(text)) for text in texts]
    assert mm.Morphemes().prepared(texts) == alone
    monkeypatch.setenv("MALMOI_THREADS", "3")
    monkeypatch.setattr(kiwi, "TEXTS_TOGETHER", 7)
    assert mm.Morphemes().prepared(texts) == alone
    found = []
    workers = [threading.Thread(target=lambda: found.append(mm.Morphemes().prepared(texts))) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [alone] * 3


FORK = """
import os, warnings
import malmoi as mm
texts = ["정말 좋은 영화", "지루했다"]
mm.Morphemes().prepared(texts)
warnings.simplefilter("ignore", DeprecationWarning)  # threads and fork
child = os.fork()
if child == 0:
    os._exit(0 if mm.Morphemes().prepared(texts)[0] else 1)
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_makes_its_own_analyser():
    # In a process of its own: JAX, which other tests import, warns of any fork.
    subprocess.run([sys.executable, "-c", FORK], check=True)


def test_coverage_is_that_of_words():
    found = mm.Morphemes(keep_punctuation=False).coverage(["영화! ★", "", "?"])
    assert (found.texts_without_tokens, found.blank_texts, found.others) == (2, 1, (("★", 1),))


# Models.


def fitted(tokens, **options):
    return mm.BagClassifier(tokens, **options).fit(TEXTS, LABELS)


def test_bags_of_several_kinds_read_each_their_own_tokens(tmp_path):
    both = fitted([mm.Characters(), mm.Morphemes(), DICTIONARY], ngrams=[(1, 2), (1, 3), (1, 1)])
    probabilities = both.predict_proba(["지루한 영화 ㅋㅋㅋ", "", "\0\0감동"])
    loaded = mm.load(both.save(tmp_path / "both.malmoi"), verify=True)
    assert (loaded.predict_proba(["지루한 영화 ㅋㅋㅋ", "", "\0\0감동"]) == probabilities).all()
    alone = fitted(DICTIONARY, ngrams=(1, 1))
    assert alone.score(TEXTS, LABELS) == 1
    names = [one.name for one in both.explain("지루했어요").features]
    assert {"지루", "지루하 었", "지루하다"} <= set(names)
    assert both.partial_fit(["영화가 밋밋하다"], [0]).predict(["밋밋했다"]).tolist() == [0]


def test_versions_are_kept_and_other_ones_are_told(tmp_path, monkeypatch):
    path = fitted(mm.Morphemes()).save(tmp_path / "m.malmoi")
    versions = kiwi.installed_versions()
    loaded = mm.load(path)
    assert loaded.tokens == mm.Morphemes()
    assert loaded.tokens.versions == versions
    assert pickle.loads(pickle.dumps(loaded.tokens)).versions == versions
    monkeypatch.setattr("malmoi.tokenizers.morphemes.installed_versions", lambda: "kiwipiepy 1.0, kiwipiepy_model 2.0")
    rule = f"the model was trained with {versions}, but kiwipiepy 1.0, kiwipiepy_model 2.0 is installed"
    with pytest.warns(UserWarning, match=rule) as found:
        other = mm.load(path)
    cure = versions.replace("y ", "y==").replace("l ", "l==").replace(",", "")
    assert str(found[0].message).endswith(f"pip install {cure}")
    assert len(found) == 1
    with pytest.warns(UserWarning, match=rule):
        assert mm.load(other.save(tmp_path / "again.malmoi")).tokens.versions == versions


def test_what_is_no_version_is_refused():
    with pytest.raises(ValueError, match='versions must be "kiwipiepy X, kiwipiepy_model Y", as in a saved model'):
        mm.Morphemes(versions="1.0")
    saved = value_to_json(mm.Morphemes(True).recorded())
    assert State({"tokens": saved}, {}).value("tokens", TOKENIZERS) == mm.Morphemes(True)


def test_vectorizers_take_morphemes():
    for vectorizer in (
        mm.BagVectorizer(DICTIONARY),
        mm.SequenceVectorizer(DICTIONARY),
        mm.OneHotVectorizer(DICTIONARY),
    ):
        assert vectorizer.fit(TEXTS).transform(TEXTS[:2]).shape[0] == 2
    assert "지루하다" in mm.BagVectorizer(DICTIONARY).fit(TEXTS).get_feature_names_out()
    assert mm.ngrams("지루한 영화", 2, 2, DICTIONARY) == {"지루하다 영화"}


WITHOUT = """
import sys
sys.modules["kiwipiepy"] = None
import importlib.util, importlib.metadata
real, version = importlib.util.find_spec, importlib.metadata.version
importlib.util.find_spec = lambda name, *rest: None if name == "kiwipiepy" else real(name, *rest)
import malmoi as mm
from malmoi.cli import main
model = mm.load(sys.argv[1])
print(model.tokens)
try:
    model.predict(["영화"])
except mm.MissingExtraError as error:
    print(error)
try:
    mm.Morphemes()("영화")
except mm.MissingExtraError as error:
    print(error)
sys.argv = ["malmoi", "info", sys.argv[1]]
main()
"""


def test_without_kiwipiepy_models_open_and_say_what_they_need(tmp_path):
    path = fitted(mm.Morphemes()).save(tmp_path / "m.malmoi")
    ran = subprocess.run([sys.executable, "-c", WITHOUT, str(path)], capture_output=True, text=True, check=False)
    versions = kiwi.installed_versions()
    lines = ran.stdout.splitlines()
    assert lines[0] == "Morphemes()", ran.stderr
    exact = " ".join(f"'{one.replace(' ', '==')}'" for one in versions.split(", "))
    rule = f"Morphemes needs kiwipiepy, and this model was trained with {versions}"
    assert lines[1] == f"{rule}; pip install 'malmoi[korean]' {exact}"
    assert lines[2] == "Morphemes needs kiwipiepy; pip install 'malmoi[korean]'"
    assert "Morphemes" in ran.stdout.split(lines[2])[1]
    assert ran.returncode == 0


# Which tokens word vectors are of.


def test_word_vectors_of_korean_are_of_words(monkeypatch):
    tokens, choice = chosen_words("auto", TEXTS)
    assert tokens == DICTIONARY
    assert choice.endswith("because 100% of the letters are Korean and kiwipiepy is installed")
    vectors = mm.WordVectors.train(TEXTS, dimension=3, min_count=1, epochs=1)
    assert {"지루하다", "영화"} <= set(vectors.words)
    assert vectors.training.tokens == tokens
    assert mm.TextEmbedder(vectors).fit(TEXTS).tokens_ == tokens
    monkeypatch.setattr("malmoi.tokenizers.scripts.kiwi_is_installed", lambda: False)
    tokens, choice = chosen_words("auto", TEXTS)
    assert tokens == mm.Eojeol(keep_particles=False)
    assert choice.endswith("kiwipiepy is not installed; pip install 'malmoi[korean]' for dictionary forms")
    assert "연기" in mm.WordVectors.train(TEXTS, dimension=3, min_count=1, epochs=1).words


def test_other_choices_stay():
    assert chosen_tokens("auto", TEXTS, bag=False)[0] == mm.Hangul()
    assert chosen_words("auto", ["a good film"])[0] == mm.Words()
    assert chosen_words("auto", ["良い映画だ"])[0] == mm.Characters()
    assert chosen_words(mm.Hangul(), TEXTS) == (mm.Hangul(), "Hangul(), as requested")
