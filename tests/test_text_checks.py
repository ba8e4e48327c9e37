"""Checks of texts and of leaks: what they find, and what they leave alone."""

import json
import pickle
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
import reference
from malmoi.evaluation.checks.base import Subject
from malmoi.evaluation.checks.leaked_marks import LEAKED_MARKS
from malmoi.evaluation.checks.leaked_ngrams import LEAKED_NGRAMS
from malmoi.evaluation.checks.markup import MARKUP
from malmoi.evaluation.checks.mojibake import MOJIBAKE, repaired
from malmoi.evaluation.checks.other_language import OTHER_LANGUAGE, language_of
from malmoi.evaluation.checks.shared_groups import SHARED_GROUPS
from malmoi.evaluation.checks.table import CHECKS
from malmoi.evaluation.checks.text_lengths import TEXT_LENGTHS
from malmoi.evaluation.class_evidence import ClassEvidence
from malmoi.evaluation.text_facts import Damage, Likeness, TextFacts

OWN = (SHARED_GROUPS, LEAKED_NGRAMS, LEAKED_MARKS, TEXT_LENGTHS, OTHER_LANGUAGE, MOJIBAKE, MARKUP)
RANDOM = np.random.default_rng(0)
NOUNS = ["film", "story", "actor", "scene", "music", "ending", "plot", "camera", "voice", "village", "river", "letter"]
VERBS = ["shows", "tells", "brings", "leaves", "keeps", "makes", "finds", "gives", "loses", "wants"]
ENGLISH = [
    f"The {a} {b} the {c} of the {d}, and it is as {e} as the {f} that I have seen with my {g}."
    for a, b, c, d, e, f, g in zip(
        *(RANDOM.choice(words, 400) for words in (NOUNS, VERBS, NOUNS, NOUNS, ("long", "short", "warm"), NOUNS, NOUNS)),
        strict=True,
    )
]
FRENCH = "Je ne comprends pas pourquoi la critique a tant aimé ce film, qui est trop long pour nous."
KOREAN = "이 영화는 정말 재미있어서 두 번이나 보았습니다"
LABELS = ["neg", "pos"] * 200


def found(texts, labels=None, checks=OWN, **more):
    subject = Subject(mm.Corpus(texts, labels, **more))
    made = [check for check in checks if all(map(subject.has, check.needs))]
    return {one.code: one for check in made for one in check.run(subject)}


def both(finding):
    """The sentences of both languages, and that the finding can be kept."""
    assert pickle.loads(pickle.dumps(finding)).sentence("ko") == finding.sentence("ko")
    assert json.loads(json.dumps(finding.to_json()))["code"] == finding.code
    assert any("가" <= one <= "힣" for one in finding.sentence("ko") + finding.recommendation("ko"))
    assert finding.recommendation()
    return finding.message, finding.sentence("ko")


def put(texts, changes):
    texts = list(texts)
    for place, text in changes.items():
        texts[place] = text
    return texts


def test_clean_texts_raise_nothing():
    assert found(ENGLISH, LABELS) == {}
    assert found([KOREAN + " " * place for place in range(60)], LABELS[:60]) == {}
    assert set(OWN) <= set(CHECKS)


def test_empty_short_and_long_texts_are_counted():
    texts = put(ENGLISH, {3: " \n", 5: "A", 6: "ㅋㅋ", 7: "word " * 2000})
    codes = found(texts)
    assert both(codes["empty-texts"])[0] == "1 text is empty"
    short = codes["short-texts"]
    assert not short.is_warning
    assert both(short)[0].startswith("2 texts have one or two characters (0.5%); the median is 8")
    assert [one.place for one in short.examples] == ["texts[5]", "texts[6]"]
    long = codes["long-texts"]
    assert not long.is_warning
    assert both(long)[0].startswith("1 text has more than 5,000 characters (0.2%), the longest 8,000; the median")
    assert long.examples[0].values == {"characters": 8000}
    many = found(put(ENGLISH, dict.fromkeys(range(40), "B")))["short-texts"]
    assert many.is_warning
    assert found(put(ENGLISH, {0: "a" * 1_000_000}))["long-texts"].is_warning
    assert "short-texts" not in found(["a", "b", "ab"] * 50)  # what the data is about


@pytest.mark.parametrize(
    ("foreign", "name", "korean"),
    [
        (FRENCH, "French", "프랑스어"),
        (KOREAN, "Hangul script", "한글"),
        ("映画はとても面白かったです", "Chinese", "한자"),
    ],
)
def test_texts_in_another_language_are_found(foreign, name, korean):
    finding = found(put(ENGLISH, {10: foreign, 20: foreign}), checks=[OTHER_LANGUAGE])["other-language"]
    assert finding.is_warning
    assert finding.values["count"] == 2
    english, hangul = both(finding)
    assert english.startswith(f"2 texts (0.50%) are not in the majority language: {name}")
    assert f": {korean}" in hangul
    assert [one.place for one in finding.examples] == ["texts[10]", "texts[20]"]
    assert finding.examples[0].values["language"].startswith(name)


def test_english_among_korean_is_found_and_names_are_not():
    texts = put([f"{KOREAN} {place}" for place in range(400)], {1: ENGLISH[0], 2: "OST good!", 3: "KBS"})
    finding = found(texts)["other-language"]
    assert finding.values["languages"] == {"en": 1}
    assert finding.message.startswith("1 text is not in the majority language: English 1")


def test_one_text_of_thousands_is_a_note():
    assert not found(put(ENGLISH * 5, {10: FRENCH}), checks=[OTHER_LANGUAGE])["other-language"].is_warning


def test_data_in_several_languages_is_said():
    finding = found([*ENGLISH[:100], *[f"{FRENCH} {place}" for place in range(60)]])["several-languages"]
    assert not finding.is_warning
    assert both(finding)[0] == "the texts are in several languages; in a sample of 160 texts: English 100, French 60"
    scripts = found([*ENGLISH[:100], *[KOREAN] * 100])
    assert scripts["several-languages"].values["languages"] == {"script-1": 100, "script-2": 100}
    assert "other-language" not in scripts


def test_lists_of_names_and_code_are_no_language():
    names = "Hitchcock, Truffaut, Kurosawa, Bergman, Tarkowski, Almodóvar, Godard, Rohmer, Chabrol, Bresson, Melville"
    code = "int main(int argc, char **argv) { return a[i] + b[j] << 2; } /* x_1 = y_2 */ qwfp zxcv arst"
    assert found(put(ENGLISH, {1: names, 2: code}), checks=[OTHER_LANGUAGE]) == {}


def test_languages_are_told_by_function_words():
    assert language_of(FRENCH) == "fr"
    assert language_of("Der Film ist zu lang, aber die Musik hat mir sehr gut gefallen und ich mag ihn.") == "de"
    assert language_of(FRENCH, "fr") == "fr"
    assert language_of("too short") is None


def test_mojibake_is_found_and_repaired(monkeypatch):
    monkeypatch.setitem(sys.modules, "ftfy", None)
    monkeypatch.setattr("malmoi.evaluation.checks.mojibake.find_spec", lambda name: None)
    broken = {
        1: "A fine cafÃ© it is",
        2: "It donâ€™t matter",
        3: "ìž¬ë¯¸ìžˆë‹¤ so",
        4: "¾È³çÇÏ¼¼¿ä",
        5: "so \x96 so",
        6: "twice: ÃƒÂ©",
    }
    finding = found(put(ENGLISH, broken), checks=[MOJIBAKE])["mojibake"]
    assert finding.is_warning
    assert both(finding)[0] == "6 texts contain mojibake, characters decoded with the wrong encoding (1.50%)"
    assert finding.examples[0].values == {"found": broken[1], "repaired": "A fine café it is"}
    assert [repaired(text) for text in broken.values()][1:] == [
        "It don’t matter",
        "재미있다 so",
        "안녕하세요",
        "so – so",
        "twice: é",
    ]
    assert repaired("naïve café") == "naïve café"
    cut_in_two = found(put(ENGLISH, {1: "x" * 38 + "cafÃ© Ã©"}), checks=[MOJIBAKE])["mojibake"]
    assert cut_in_two.examples[0].values["repaired"].endswith("café é")
    assert not found(put(ENGLISH * 5, {1: "cafÃ©"}), checks=[MOJIBAKE])["mojibake"].is_warning


def test_ftfy_repairs_where_it_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "ftfy", SimpleNamespace(fix_encoding=lambda text: text.replace("Ã©", "[é]")))
    monkeypatch.setattr("malmoi.evaluation.checks.mojibake.find_spec", lambda name: name)
    assert repaired("cafÃ©") == "caf[é]"
    assert repaired("¾È³ç") == "안녕"  # which ftfy does not know


def test_letters_with_accents_are_no_mojibake():
    texts = ["AMANHÃ… IRMÃ”, CORAÇÃO", "« Âge » à ½ prix, voilà… café”…", "thấy đã”…", "3×½ ±5° ¿Qué?", "ÀÁÂÃ", "Spaß”"]
    assert found(texts, checks=[MOJIBAKE]) == {}


def test_replacement_characters_are_found():
    finding = found(put(ENGLISH, {7: "so \ufffd\ufffd good"}), checks=[MOJIBAKE])["replacement-characters"]
    assert finding.is_warning
    assert both(finding)[0].startswith("1 text contains the character U+FFFD (0.25%; 2 in total)")
    assert finding.examples[0].values == {"found": "so \ufffd\ufffd good"}


def test_tags_and_entities_are_counted():
    codes = found(put(ENGLISH, {place: f"so<br />good &amp; bad {place}" for place in range(40)}), checks=[MARKUP])
    assert codes["markup"].is_warning
    assert both(codes["markup"])[0] == "40 texts (10.0%) contain tags: <br> 40"
    assert "drop_html=True" in codes["markup"].recommendation()
    assert both(codes["character-entities"])[0] == "40 texts (10.0%) contain character entities: &amp; 40"
    few = found(put(ENGLISH, {0: "it #39;s [b]so[/b]"}), checks=[MARKUP])
    assert not few["markup"].is_warning
    assert few["markup"].values["names"] == {"[/b]": 1}
    assert few["character-entities"].values["names"] == {"#...;": 1}
    assert found(put(ENGLISH, {0: "1 < 2, <me@home.org>, R&D; a[i]"}), checks=[MARKUP]) == {}


@pytest.mark.parametrize(
    ("token", "share", "reason"),
    [
        ("SRC_POS", 0.3, "contains the label"),
        ("k_3", 0.3, "not a word"),
        ("lbl-pos", 0.4, "contains the label"),
        ("class: positive", 0.5, "contains the label"),
        ("[pos]", 0.5, "contains the label"),
        ("k3x9", 0.5, "same position"),
        ("xqzvt", 0.8, "no other word"),
        ("xqzvt", 1.0, "nearly all"),
    ],
)
def test_a_leaked_token_is_a_warning(token, share, reason):
    texts = [
        f"{token} {text}" if label == "pos" and place % 200 < 200 * share else text
        for place, (text, label) in enumerate(zip(ENGLISH, LABELS, strict=True))
    ]
    finding = found(texts, LABELS, checks=[LEAKED_NGRAMS, LEAKED_MARKS])["leaked-ngram"]
    assert finding.is_warning
    [values] = finding.values["ngrams"]
    assert values["label"] == "pos"
    assert values["coverage"] == pytest.approx(share)
    assert values["precision"] == 1.0
    assert reason in values["reason"]
    english, korean = both(finding)
    assert f'in {share:.1%} of "pos" (precision 100.0%)' in english
    assert f'"pos"의 {share:.1%}(정밀도 100.0%)' in korean


def test_a_keyword_is_a_note():
    words = ["wonderful", "lovely"]
    texts = [
        f"{text} {words[place % 4 // 2]}" if label == "pos" else text
        for place, (text, label) in enumerate(zip(ENGLISH, LABELS, strict=True))
    ]
    codes = found(texts, LABELS, checks=[LEAKED_NGRAMS])
    assert list(codes) == ["strong-keyword"]
    assert not codes["strong-keyword"].is_warning
    assert 'nearly determine a class: "lovely" in 50.0% of "pos"' in both(codes["strong-keyword"])[0]


def marked(make):
    return [f"{make(place, label)} {text}" for place, (text, label) in enumerate(zip(ENGLISH, LABELS, strict=True))]


@pytest.mark.parametrize(
    ("kind", "make", "words"),
    [
        ("path", lambda place, label: f"train/{label}/{place}.txt" if label == "neg" else "a/b/x.txt", '"neg"'),
        ("prefix", lambda place, label: f"{'ABC' if label == 'pos' else 'XYZ'}-{1000 + place}", 'abc-: "pos"'),
        ("suffix", lambda place, label: f"{place}_{place % 4 // 2 + (7 if label == 'pos' else 1)}.txt", '_8: "pos"'),
        ("date", lambda place, label: f"{2001 + place % 7 + (9 if label == 'pos' else 0)}-03-12", '2011: "pos"'),
        ("host", lambda place, label: f"u{place}@{label}.example.com", 'neg.example.com: "neg"'),
        ("number", lambda place, label: f"#{10_000 + 10 * place + (50_000 if label == 'pos' else 0)}", "xxx"),
    ],
)
def test_marks_that_give_the_label_away_are_found(kind, make, words):
    finding = found(marked(make), LABELS, checks=[LEAKED_MARKS])["leaked-mark"]
    assert finding.is_warning
    assert finding.values["kind"] == kind
    english, korean = both(finding)
    assert words in english
    assert "leaked" not in korean
    assert finding.examples[0].place.startswith("texts[")


def test_one_value_of_a_mark_is_enough():
    texts = [
        f"list@{label}.org {text}" if label == "pos" and place % 3 else f"{text} u@h{place % 9}.org"
        for place, (text, label) in enumerate(zip(ENGLISH, LABELS, strict=True))
    ]
    labels = put(LABELS, dict.fromkeys(range(0, 400, 8), "pos"))
    finding = found(texts, labels, checks=[LEAKED_MARKS])["leaked-mark"]
    assert finding.values["mark"] == "pos.org"
    assert 'the host of an address "pos.org" occurs in 5' in both(finding)[0]


def test_months_of_one_year_give_the_label_away():
    texts = marked(lambda place, label: f"2011-{place % 6 + (7 if label == 'pos' else 1):02}-12")
    finding = found(texts, LABELS, checks=[LEAKED_MARKS])["leaked-mark"]
    assert finding.values["kind"] == "month"
    assert '2011-08: "pos"' in both(finding)[0]


def test_years_and_numbers_that_say_nothing_of_the_label_are_left_alone():
    assert found(marked(lambda place, _: f"{1990 + place // 2 % 20}-03 #{1000 + place}"), LABELS) == {}


def test_groups_on_both_sides_are_named():
    training = mm.Corpus(["a b", "c d", "e f"], ["x", "y", "x"], groups=["kim", "lee", None])
    validation = mm.Corpus(["g h", "i j", "k l", "m n"], ["x", "y", "x", "y"], groups=["lee", "lee", None, "park"])
    report = mm.check(training, validation)
    finding = next(one for one in report if one.code == "shared-groups")
    assert finding.is_warning
    expected = "1 group is in both parts of the split (lee); 2 validation texts (50.0%) belong to them"
    assert both(finding)[0] == expected
    assert [(one.place, one.values) for one in finding.examples] == [("validation[0]", {"group": "lee", "texts": 2})]
    assert "shared-groups" in [one.code for one in mm.check(training, mm.Corpus(["z"], ["x"])).skipped]
    apart = mm.Corpus(["g h"], ["x"], groups=["park"])
    assert "shared-groups" not in [one.code for one in mm.check(training, apart)]


@pytest.mark.parametrize("labels", [None, [1] * 60, [True, False] * 30, [1, 2] * 30, [["a"], ["a", "b"], []] * 20])
def test_any_labels_and_equal_texts_are_checked(labels):
    assert found(["so good a film"] * 60, labels, checks=[TEXT_LENGTHS, OTHER_LANGUAGE, MOJIBAKE, MARKUP]) == {}
    if labels is not None:
        assert found(["so good a film"] * 60, labels) == {}


@pytest.mark.parametrize("texts", [[], [""], ["", " "] * 40, ["x"], ["a" * 1_000_000, "é" * 500_000] * 2])
def test_odd_texts_are_checked(texts):
    labels = ["x", "y"] * (len(texts) // 2) + ["x"] * (len(texts) % 2)
    assert set(found(texts, labels)) <= {"empty-texts", "long-texts"}


def test_leaks_are_found_in_one_of_several_labels():
    labels = [["film", label] for label in LABELS]
    texts = [f"SRC_1 {text}" if label == "pos" else text for text, label in zip(ENGLISH, LABELS, strict=True)]
    [values] = found(texts, labels, checks=[LEAKED_NGRAMS])["leaked-ngram"].values["ngrams"]
    assert (values["ngram"], values["label"], values["coverage"]) == ("src_1", "pos", 1.0)


def test_the_core_refuses_places_out_of_range():
    with pytest.raises(ValueError, match="sample must have indices below 1, the number of texts"):
        Likeness.of(["a"], [1])
    from malmoi import _core

    codes, ends = np.zeros(0, np.uint32), np.zeros(0, np.uint64)
    with pytest.raises(ValueError, match="codes, ends and samples must be in range"):
        _core.class_counts(["a"], codes=codes, ends=ends, classes=1, samples=[], share=0.1, threads=1)


LETTERS = st.text(st.sampled_from("aZéßñ가ㅋ漢かカДдΩأשकก1_ \n\t\x1c\u3000.-'×ª"), max_size=12)


@given(st.lists(LETTERS, max_size=6))
@settings(max_examples=25)
def test_facts_are_those_of_the_reference(texts):
    facts = TextFacts.of(texts)
    rows = zip(facts.characters, facts.letters, facts.script_letters, facts.scripts, strict=True)
    assert [tuple(map(int, row)) for row in rows] == [reference.text_facts(text) for text in texts]


@given(st.lists(st.text(st.sampled_from("abC '-.1\n"), max_size=20), min_size=1, max_size=6))
@settings(max_examples=25)
def test_likeness_is_that_of_the_reference(texts):
    sample = list(range(0, len(texts), 2))
    found = Likeness.of(texts, sample)
    rows = zip(found.words, found.frequent, found.trigrams, found.scores, strict=True)
    for row, expected in zip(rows, reference.likeness(texts, sample), strict=True):
        assert tuple(map(int, row[:3])) == expected[:3]
        assert row[3] == pytest.approx(expected[3], rel=1e-5)


@given(st.lists(st.lists(st.sampled_from(["a", "b", "cd", "e"]), max_size=3), min_size=60, max_size=64))
@settings(max_examples=10)
def test_words_of_classes_are_those_of_the_reference(words):
    texts = list(map(" ".join, words))
    labels = [place % 2 for place in range(len(texts))]
    evidence = ClassEvidence.of(mm.Corpus(texts, labels))
    expected = reference.class_words(texts, labels, 2)
    for name, counts in zip(evidence.names, evidence.by_class.tolist(), strict=True):
        assert counts == expected[name]
    assert {name for name, counts in expected.items() if max(counts) >= 8} <= set(evidence.names)


@given(st.text(st.sampled_from("aé’–ñ가 한글ü"), min_size=1, max_size=20))
@settings(max_examples=60)
def test_what_is_decoded_wrongly_is_found_and_what_is_not_is_left_alone(text):
    assert len(Damage.of([text]).texts) == 0
    wrong = text.encode().decode("latin-1")
    assert bool(len(Damage.of([wrong]).texts)) == (wrong != text)


@pytest.mark.parametrize(
    ("name", "codes", "warnings"),
    [
        ("mr", {"other-language", "markup"}, {"other-language"}),
        ("trec", {"mojibake", "strong-keyword"}, set()),
        ("sms-spam", {"mojibake", "character-entities"}, {"mojibake", "character-entities"}),
        ("agnews-test", {"other-language", "character-entities"}, {"character-entities"}),
    ],
)
def test_untouched_data_raise_what_a_careful_reader_would(data, name, codes, warnings):
    import polars as pl

    table = pl.read_parquet(data / f"{name}.parquet")
    raised = found(table["text"].to_list(), table["label"].to_list())
    assert set(raised) <= codes
    assert {code for code, finding in raised.items() if finding.is_warning} == warnings
