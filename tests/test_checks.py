import json
import pickle
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import malmoi as mm
from malmoi.evaluation.checks.table import CHECKS, CODES, table_rows
from malmoi.models.base import FittedModel
from malmoi.models.task import Task
from malmoi.models.task_of_labels import classification_of

pytest.importorskip("keras")


def trained(texts, labels, **settings):
    settings = {"max_length": 3, "embedding": mm.Learned(4), "epochs": 1, "max_tokens": 30, **settings}
    return mm.EmbeddingClassifier(mm.Flatten(), **settings).fit(texts, labels)


def findings(model, texts, labels, validation=None):
    found = mm.check(mm.Corpus(texts, np.array(labels)), validation, model=model)
    return {finding.code: finding for finding in found}


def test_a_model_that_learned_nothing_is_called_so(texts, labels):
    validation = mm.Corpus(["odd"] * 72 + ["even"] * 28, np.array(["neg"] * 72 + ["pos"] * 28))
    found = findings(trained(texts, labels), texts, labels, validation)
    assert found["majority-class"].is_warning
    assert 'the majority-class baseline "neg" (72.0%)' in found["majority-class"].message
    assert "95 % interval" in found["majority-class"].message
    assert found["small-validation"].is_warning


def majority(model, pairs):
    """What is found of a model and texts: text, label, how often."""
    texts = [text for text, _, count in pairs for _ in range(count)]
    labels = [label for _, label, count in pairs for _ in range(count)]
    return findings(model, ["good", "bad"], ["pos", "neg"], mm.Corpus(texts, np.array(labels)))


def test_a_model_that_hardly_learned_is_better_if_the_interval_says_so(model):
    found = majority(model, [("good", "pos", 280), ("bad", "neg", 280), ("bad", "pos", 220), ("good", "neg", 220)])
    assert found["majority-class"].values["verdict"] == "better"
    assert found["majority-class"].message == (
        "accuracy 56.0% (95 % interval 52.9% to 59.0%, 1,000 samples) "
        'is better than the majority-class baseline "neg" (50.0%)'
    )
    assert found["overfitting"].message == "the model overfits: 100.0% training accuracy, 56.0% validation accuracy"
    assert found["overfitting"].recommendation().startswith("use more labels")


def test_a_model_that_is_no_better_than_the_majority_may_have_learned_nothing(model):
    found = majority(model, [("good", "pos", 51), ("bad", "neg", 51), ("bad", "pos", 49), ("good", "neg", 49)])
    assert found["majority-class"].values["verdict"] == "no better"
    assert found["majority-class"].is_warning
    assert found["majority-class"].message.endswith(
        'is not significantly better than the majority-class baseline "neg" (50.0%): the model may have learned nothing'
    )
    assert "베이스라인(50.0%)보다 유의하게 높지 않습니다" in found["majority-class"].sentence("ko")


def test_a_model_that_is_worse_than_the_majority_is_called_so(model):
    found = majority(model, [("bad", "pos", 299), ("bad", "neg", 1)])
    assert found["majority-class"].is_warning
    assert found["majority-class"].values["verdict"] == "worse"
    assert 'is worse than the majority-class baseline "pos" (99.7%)' in found["majority-class"].message
    assert "베이스라인(99.7%)보다 낮습니다" in found["majority-class"].sentence("ko")


def test_a_model_that_finds_the_rare_class_is_not_called_useless(model):
    found = majority(model, [("good", "pos", 240), ("bad", "pos", 30), ("bad", "neg", 25), ("good", "neg", 5)])
    verdict = found["majority-class"]
    assert verdict.values["verdict"] == "balanced"
    assert not verdict.is_warning
    assert verdict.values["balanced"] == pytest.approx((240 / 270 + 25 / 30) / 2)
    assert (
        'is not significantly better than the majority-class baseline "pos" (90.0%), but balanced accuracy, 86.1%'
        in verdict.message
    )
    assert verdict.message.endswith("is above chance, 50.0%")
    assert "균형 정확도 86.1%" in verdict.sentence("ko")


def test_overfitting_needs_a_high_training_accuracy(model):
    pairs = [("good", "pos", 60), ("bad", "neg", 60), ("bad", "pos", 40), ("good", "neg", 40)]
    assert "overfitting" in majority(model, pairs)
    history = model.fitted.training_history
    rows = [replace(row, accuracy=0.85) for row in history.rows]
    low = replace(model.fitted, history=replace(history, rows=rows))
    assert low.training_history.kept.accuracy == 0.85
    assert "overfitting" not in majority(low, pairs)
    near = [("good", "pos", 90), ("bad", "neg", 90), ("bad", "pos", 10), ("good", "neg", 10)]
    assert "overfitting" not in majority(model, near)


@dataclass(frozen=True, eq=False)
class Rule(FittedModel):
    """Predicts "pos" where a text has a word."""

    input_kind: ClassVar[str] = "texts"
    task: Task
    word: str
    kind = "Rule"

    def outputs(self, inputs):
        return np.array([[float(self.word in text)] for text in inputs], dtype=np.float32).reshape(-1, 1)

    def parameters(self):
        return {}

    def to_state(self, examples=None):
        raise NotImplementedError

    @classmethod
    def from_state(cls, state):
        raise NotImplementedError

    def changed_example(self, state):
        return None


@pytest.mark.parametrize(
    ("word", "verdict", "message", "korean"),
    [
        (
            "bad",
            "worse",
            "the model is worse than the bag",
            "성능이 BoW보다 낮습니다",
        ),
        (
            "good",
            "no better",
            "the model is not significantly better than the bag, which is faster",
            "BoW보다 높지 않습니다",
        ),
        ("token", "better", "the model is better than the bag", "성능이 BoW보다 높습니다"),
    ],
)
def test_a_model_is_compared_with_a_bag(word, verdict, message, korean):
    training = mm.Corpus(["good film", "bad film"] * 20, np.array(["pos", "neg"] * 20))
    texts = ["good film", "bad film"] * 30
    if word == "token":  # which the bag has never seen
        texts = [f"film {'token' if place % 2 == 0 else 'other'}" for place in range(60)]
    validation = mm.Corpus(texts, np.array(["pos", "neg"] * 30))
    rule = Rule(classification_of(["pos", "neg"])[0], word)
    found = {one.code: one for one in mm.check(training, validation, model=rule)}["bag-baseline"]
    assert found.values["verdict"] == verdict
    assert found.is_warning == (verdict == "worse")
    assert found.message.endswith(f": {message}")
    assert "for a bag of n-grams, " in found.message
    assert korean in found.sentence("ko")
    assert found.recommendation() == ("" if verdict == "better" else "use --recipe bag or auto")
    codes = [one.code for one in mm.check(training, validation, model=rule, ignore=["bag-baseline"])]
    assert "bag-baseline" not in codes


def test_a_bag_is_not_compared_with_itself():
    training = mm.Corpus(["good film", "bad film"] * 20, np.array(["pos", "neg"] * 20))
    bag = mm.BagClassifier(C=4.0).fit(training.texts, training.labels)
    for model in (bag, mm.TextClassifier(mm.Recipe("bag", {"C": 4.0})).fit(training.texts, training.labels)):
        assert "bag-baseline" not in [one.code for one in mm.check(training, training, model=model)]


def test_training_texts_of_one_class_make_no_bag():
    training = mm.Corpus(["good film"] * 4, np.array(["pos"] * 4))
    rule = Rule(classification_of(["pos", "neg"])[0], "good")
    found = mm.check(training, mm.Corpus(["good", "bad"], np.array(["pos", "neg"])), model=rule)
    assert [one.code for one in found][:2] == ["majority-class", "small-validation"]


def test_a_bag_is_not_said_to_overfit_since_its_penalty_is_chosen_on_held_out_texts():
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(list("abcdefgh"), size=12)) + f" word{place}" for place in range(80)]
    labels = np.array(random.choice(["pos", "neg"], size=80))
    bag = mm.BagClassifier(C=256.0).fit(texts[:40], labels[:40])
    assert bag.fitted.training_accuracy == 1.0
    found = mm.check((texts[:40], labels[:40]), (texts[40:], labels[40:]), model=bag)
    assert "overfitting" not in [one.code for one in found]


def test_a_model_that_learned_is_praised(model, texts, labels):
    validation = mm.Corpus(["good"] * 150 + ["bad"] * 150, np.array(["pos"] * 150 + ["neg"] * 150))
    found = findings(model, texts, labels, validation)
    assert not found["majority-class"].is_warning
    assert "100.0%" in found["majority-class"].message
    assert "is better than" in found["majority-class"].message
    assert "small-validation" not in found


def test_texts_on_both_sides_are_counted(texts, labels):
    validation = mm.Corpus(["SO  good", "new"], np.array(["pos", "neg"]))
    found = findings(trained(texts, labels), texts, labels, validation)
    assert found["leak"].message.startswith("1 validation text is also in the training set (50.0%)")
    assert [(one.place, one.text) for one in found["leak"].examples] == [("validation[0]", "'SO  good'")]


def test_cut_and_unknown_tokens_are_counted():
    texts, labels = ["a b c d", "e f g h"], ["x", "y"]
    found = findings(trained(texts, labels, max_length=2, max_tokens=6), texts, labels)
    assert found["truncation"].message.startswith("50.0% of the training tokens are truncated")
    assert found["truncation"].recommendation().startswith("increase max_length")
    assert found["unknown-tokens"].message.startswith("50.0% of the training tokens are out of vocabulary")
    assert found["truncation"].is_warning
    assert found["unknown-tokens"].is_warning


def test_a_network_tells_what_it_does_not_see(model):
    shares = model.fitted.token_shares(["so good zzz so good film film film film film"])
    assert (shares.tokens, shares.truncated, shares.unknown) == (10, 0.5, 0.1)
    assert model.fitted.truncates_beginning


def test_imbalance_and_empty_texts_are_named():
    texts, labels = ["a", "b", "c", " ", "e"], ["x", "x", "x", "x", "y"]
    found = findings(trained(texts, labels), texts, labels)
    assert found["imbalance"].message == '80.0% of the labels are "x"'
    assert found["empty-texts"].message.startswith("1 text is empty")


def test_words_without_a_vector_are_counted(tmp_path):
    (tmp_path / "v.txt").write_text("good 1 2\ngood 3 4\n")
    vectors = mm.WordVectors.open(tmp_path / "v.txt")
    texts, labels = ["good good", "bad dull"], ["x", "y"]
    found = findings(trained(texts, labels, embedding=mm.Pretrained(vectors)), texts, labels)
    expected = "66.7% of the vocabulary and 50.0% of its tokens have no vector; the most frequent: bad, dull"
    assert found["vector-coverage"].message == expected
    assert found["repeated-vectors"].message.startswith("the vectors file has 1 word of the vocabulary twice")


def test_pairs_and_texts_alone_are_checked_too():
    assert [one.place for one in mm.check(["a", " ", ""])[0].examples] == ["texts[1]", "texts[2]"]
    codes = [finding.code for finding in mm.check((["a", "a b", " "] * 2, ["x"] * 6), (["A  b"], ["x"]))]
    assert codes == ["leak", "imbalance", "empty-texts", "duplicates"]
    assert [finding.code for finding in mm.check(["a", " "])] == ["empty-texts"]
    with pytest.raises(TypeError, match="model must be a text model, got a model of series"):
        mm.check(["a"], model=mm.SeriesClassifier(mm.Average(), epochs=1).fit(np.ones((4, 2)), ["a", "b"] * 2))


def test_findings_are_data_with_sentences_in_two_languages(model, texts, labels):
    validation = mm.Corpus([*texts, "SO  good"], np.array([*labels, "pos"]))
    for finding in findings(model, texts, labels, validation).values():
        assert pickle.loads(pickle.dumps(finding)).sentence("ko") == finding.sentence("ko")
        assert json.loads(json.dumps(finding.to_json()))["code"] == finding.code
        assert any("가" <= character <= "힣" for character in finding.sentence("ko"))
    with pytest.raises(ValueError, match="language must be one of en, ko, got 'fr'"):
        finding.sentence("fr")


def test_a_finding_prints_as_one_line(model, texts, labels):
    for finding in findings(model, texts, labels).values():
        assert str(finding).startswith(("warning: ", "note: "))
        assert "\n" not in str(finding)


def test_the_cure_of_unknown_tokens_is_the_setting_that_made_them(texts, labels):
    rare = findings(trained(texts, labels, min_count=3), texts, labels)["unknown-tokens"]
    assert rare.recommendation() == "decrease min_count (--min-count) for a larger vocabulary"
    few = findings(trained(texts, labels, max_tokens=4, min_count=2), texts, labels)["unknown-tokens"]
    assert few.recommendation() == "increase max_tokens (--max-tokens) for a larger vocabulary"


def test_the_page_of_checks_has_the_table_that_the_checks_make():
    page = (Path(__file__).parent.parent / "docs" / "checks.md").read_text(encoding="utf-8")
    table = page.partition("<!-- table of checks: tools/checks_table.py -->\n")[2].partition("\n<!-- end")[0]
    assert table == "\n".join(table_rows()), "run python tools/checks_table.py"


def test_every_kind_of_finding_says_what_to_do_in_two_languages():
    for kind in (kind for check in CHECKS for kind in check.kinds):
        for sentence in (kind.english, kind.korean, kind.cure, kind.korean_cure):
            assert sentence, kind.code
            assert pickle.loads(pickle.dumps(sentence)) == sentence
        if isinstance(kind.korean, str):
            assert re.search("[가-힣]", kind.korean), kind.code
    assert len(set(CODES)) == len(CODES)
