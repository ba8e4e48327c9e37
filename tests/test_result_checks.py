import json
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

import malmoi as mm
from malmoi.evaluation.checks.table import CHECKS
from malmoi.metrics.paired import paired_balanced_difference
from malmoi.metrics.ranking import area_under_roc
from malmoi.models.base import FittedModel
from malmoi.models.facts import TokenShares, TrainingFacts
from malmoi.models.task import Multilabel, Task
from malmoi.models.task_of_labels import classification_of


@dataclass(frozen=True, eq=False)
class Said(FittedModel):
    """Predicts what a text says: its first word is the class, its second one the probability."""

    input_kind: ClassVar[str] = "texts"
    task: Task
    facts: TrainingFacts | None = None
    shares: TokenShares | None = None
    truncates_beginning: bool | None = None
    vocabulary_is_full: bool | None = None
    kind = "Said"

    def outputs(self, inputs):
        classes, rows = self.task.classes.tolist(), []
        for text in inputs:
            words = text.split()
            if isinstance(self.task, Multilabel):
                rows.append([float(str(one) in words) for one in classes])
                continue
            chosen = np.array([str(one) == words[0] for one in classes])
            sure = float(words[1]) if len(words) > 1 else 1.0
            rows.append(np.where(chosen, sure, (1 - sure) / (len(classes) - 1)))
        found = np.array(rows, dtype=np.float32).reshape(-1, len(classes))
        return found[:, 1:] if self.task.units == 1 else found

    @property
    def training_facts(self):
        return self.facts

    def token_shares(self, texts):
        return self.shares

    def parameters(self):
        return {}

    def to_state(self, examples=None):
        raise NotImplementedError

    @classmethod
    def from_state(cls, state):
        raise NotImplementedError

    def changed_example(self, state):
        return None


def said(*classes, **more):
    return Said(classification_of(list(classes))[0], **more)


def found_in(*data, **options):
    report = {one.code: one for one in mm.check(*data, **options)}
    for one in report.values():
        assert json.loads(json.dumps(one.to_json()))["code"] == one.code
        assert any("가" <= character <= "힣" for character in one.sentence("ko"))
    return report


def rows(*groups):
    """Texts and labels of (text, label, how often)."""
    return mm.Corpus(
        [text for text, _, count in groups for _ in range(count)],
        [label for _, label, count in groups for _ in range(count)],
    )


# Calibration


@pytest.mark.parametrize(
    ("groups", "direction", "english", "korean"),
    [
        (
            [("a 0.99", 70), ("b 0.99", 70)],
            "over-confident",
            "the model is over-confident: mean",
            "과신합니다",
        ),
        (
            [("a 0.6", 99), ("b 0.6", 99)],
            "under-confident",
            "the model is under-confident: mean",
            "정확도보다 낮습니다",
        ),
        ([("a 0.99", 70), ("b 0.6", 99)], "both", "over-confident for some texts and under-", "어떤 텍스트에서는"),
    ],
)
def test_probabilities_that_are_wrong_are_told(groups, direction, english, korean):
    data = rows(
        *((text, text[0], 2 * right) for text, right in groups),
        *((text, "b" if text[0] == "a" else "a", 200 - 2 * right) for text, right in groups),
    )
    found = found_in(data, model=said("a", "b"))["miscalibration"]
    assert found.is_warning
    assert found.values["direction"] == direction
    assert found.values["low"] > 0.05
    assert found.values["samples"] == 400
    assert english in found.message
    assert korean in found.sentence("ko")
    assert len(found.examples) == (3 if direction == "over-confident" else 0)


def test_probabilities_that_are_right_or_of_few_texts_are_not_told():
    right = rows(("a 0.8", "a", 160), ("a 0.8", "b", 40), ("b 0.8", "b", 160), ("b 0.8", "a", 40))
    assert "miscalibration" not in found_in(right, model=said("a", "b"))
    few = rows(("a 0.99", "a", 50), ("a 0.99", "b", 50))
    assert "miscalibration" not in found_in(few, model=said("a", "b"))
    sets = mm.Corpus(["a"] * 300, [["a"]] * 150 + [["b"]] * 150)
    assert "miscalibration" not in found_in(sets, model=said(["a"], ["b"]))


# Classes


def test_classes_that_are_never_predicted_unknown_or_absent_are_told():
    data = rows(("a", "a", 80), ("a", "b", 12), ("a", "few", 9), ("a", "new", 2))
    found = found_in(data, model=said("a", "b", "few", "gone", "zero"))
    assert found["never-predicted"].message == 'the model never predicts 1 class of the data: "b" (12)'
    assert found["never-predicted"].is_warning
    assert [(one.place, one.values) for one in found["never-predicted"].examples] == [("texts[80]", {"label": "b"})]
    assert found["unknown-class"].values == {"count": 1, "labels": ["new"], "counts": [2]}
    assert "does not have 1 class of the data" in found["unknown-class"].message
    assert found["absent-class"].message == '2 classes of the model do not occur in the data: "gone", "zero"'
    assert not found["absent-class"].is_warning
    assert not {"never-predicted", "unknown-class", "absent-class"} & set(
        found_in(data.take(range(19)), model=said("a", "b"))
    )


def test_sets_of_labels_are_counted_one_by_one():
    data = mm.Corpus(["a"] * 40, [["a", "b"]] * 20 + [["a"]] * 20)
    found = found_in(data, model=said(["a"], ["b"]))
    assert found["never-predicted"].values == {"count": 1, "labels": ["b"], "counts": [20]}


# Sizes and the bag


def test_a_set_that_is_too_small_for_a_class_or_for_the_baseline_is_told():
    data = rows(("a", "a", 150), ("b", "b", 15), ("a", "b", 40), ("b", "a", 12), ("c", "c", 3))
    found = found_in(data, model=said("a", "b", "c"))
    assert found["small-class"].message == '1 class has too few samples to measure a recall: "c" (3)'
    assert not found["small-class"].is_warning
    undecided = found["undecided-baseline"]
    assert undecided.values["difference"] == pytest.approx((168 - 162) / 220)
    assert undecided.values["low"] < 0
    assert undecided.values["needed"] > 220
    assert "too few samples to distinguish the model from the majority-class baseline: +2.7 points" in undecided.message
    clear = found_in(rows(("a", "a", 150), ("b", "b", 150)), model=said("a", "b"))
    assert not {"small-class", "undecided-baseline", "small-validation"} & set(clear)


def test_a_bag_is_compared_by_balanced_accuracy_where_classes_are_imbalanced():
    training = mm.Corpus(["a good film", "b bad film"] * 20, ["a", "b"] * 20)
    validation = rows(("a good film", "a", 180), ("b bad film", "b", 8), ("a bad film", "b", 22))
    model = said("a", "b")
    model = replace(model)
    object.__setattr__(
        model, "outputs", lambda texts: np.array([[float("bad" in one)] for one in texts], dtype=np.float32)
    )
    found = found_in(training, validation, model=model)["bag-baseline"]
    assert {"balanced", "balanced_bag", "balanced_low", "balanced_high"} <= set(found.values)
    assert found.values["balanced"] == 1.0
    assert "; balanced accuracy 100.0% against " in found.message
    assert "균형 정확도 100.0%" in found.sentence("ko")


def test_balanced_accuracies_are_compared_in_pairs():
    classes = np.repeat([0, 1], [90, 10])
    second = classes == 0
    gap = paired_balanced_difference(classes, np.ones(100, bool), second)
    assert (gap.value, gap.low, gap.high) == (0.5, 0.5, 0.5)
    noisy = np.arange(100) % 3 > 0
    gap = paired_balanced_difference(classes, noisy, second)
    recalls = [noisy[classes == one].mean() - second[classes == one].mean() for one in (0, 1)]
    assert gap.value == pytest.approx(np.mean(recalls))
    assert gap.low < gap.value < gap.high
    with pytest.raises(ValueError, match="same number of samples, 1 or more, got 0, 0 and 0"):
        paired_balanced_difference(classes[:0], second[:0], second[:0])


# Tokens


def test_truncation_says_from_which_side_and_whether_new_texts_lose_more():
    facts = TrainingFacts(10, 0, cut_share=0.02, unknown_share=0.01)
    model = said(
        "a", "b", facts=facts, shares=TokenShares(100, 0.3, 0.4), truncates_beginning=True, vocabulary_is_full=False
    )
    data = mm.Corpus(["a", "b 1.0 and more"] * 20, ["a", "b"] * 20)
    found = found_in(data, data, model=model)
    assert found["truncation"].message == "2.0% of the training tokens are truncated, at the beginning of the texts"
    assert "앞부분에서" in found["truncation"].sentence("ko")
    more = found["more-truncation"]
    assert more.is_warning
    assert more.message.startswith(
        "30.0% of the tokens of the evaluated texts are truncated, at the beginning of the texts; 2"
    )
    assert more.examples[0].place == "validation[1]"
    unknown = found["more-unknown-tokens"]
    assert unknown.values == {"share": 0.4, "training": 0.01, "tokens": 100}
    assert unknown.message.endswith("(OOV); 1.0% of the training tokens are")
    end = replace(model, truncates_beginning=False, shares=TokenShares(100, 0.05, 0.03))
    found = found_in(data, data, model=end)
    assert "at the end of the texts" in found["truncation"].message
    assert "뒷부분에서" in found["truncation"].sentence("ko")
    assert not {"more-truncation", "more-unknown-tokens"} & set(found)


def test_a_bag_tells_how_many_tokens_it_does_not_know():
    texts = ["good film", "bad film"] * 10
    bag = mm.BagClassifier(mm.Words(), (1, 2), C=4.0, calibration=None).fit(texts, ["pos", "neg"] * 10)
    assert bag.fitted.token_shares(["good film", "odd odd film odd"]) == TokenShares(6, None, 0.5)
    assert bag.fitted.token_shares([]).unknown == 0.0
    found = found_in((["odd words alone"] * 30, ["pos"] * 30), model=bag)["more-unknown-tokens"]
    assert found.message == "100.0% of the tokens of the evaluated texts are out of vocabulary (OOV)"
    hashed = mm.BagClassifier(mm.Words(), C=4.0, calibration=None, buckets=64).fit(texts, ["pos", "neg"] * 10)
    assert hashed.fitted.token_shares(texts) is None


# Shifts


def words_of(count, length, names, seed):
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(names, length)) for _ in range(count)]


NAMES = [f"w{place}" for place in range(60)]


def test_equal_data_has_no_shift():
    texts = words_of(600, 12, NAMES, 0)
    found = found_in((texts[:400], ["a", "b"] * 200), (texts[400:], ["a", "b"] * 100))
    assert not {"shift", "length-shift", "class-shift", "unseen-words"} & set(found)


def test_other_texts_words_lengths_and_class_shares_are_told():
    training = mm.Corpus(words_of(300, 12, NAMES, 0), ["a"] * 150 + ["b"] * 150)
    new = words_of(100, 12, NAMES, 1) + words_of(100, 30, ["odd", "other", "unlike"], 2)
    found = found_in(training, mm.Corpus(new, ["a"] * 160 + ["b"] * 40))
    shift = found["shift"]
    assert shift.is_warning
    assert 0.6 < shift.values["low"] < shift.values["area"] < 0.85
    assert {"odd", "other", "unlike"} & set(shift.values["ngrams"])
    assert all(int(one.place[11:-1]) >= 100 for one in shift.examples)
    assert shift.examples[0].values["probability"] > 0.9
    assert found["length-shift"].values["distance"] == 0.5
    assert found["length-shift"].message.startswith("the texts of the second data set are longer: median ")
    assert found["class-shift"].message.startswith("the class distribution of the second data set differs: ")
    assert found["class-shift"].values["variation"] == pytest.approx(0.3)
    assert found["class-shift"].values["labels"] == ["a", "b"]
    assert found["class-shift"].is_warning
    unseen = found["unseen-words"]
    assert unseen.values["share"] > 0.5
    assert unseen.values["expected"] == 0.0
    assert set(unseen.values["frequent"]) == {"odd", "other", "unlike"}
    assert len(unseen.examples) == 3
    assert unseen.is_warning


def test_shifts_need_texts_enough_and_labels_of_one_form():
    few = ["a", "b"] * 5
    found = found_in((few, few), (["other words", "altogether"] * 5, ["a"] * 10))
    assert not {"shift", "length-shift", "unseen-words"} & set(found)
    sets = mm.Corpus(["x"] * 30, [["a"]] * 30)
    assert "class-shift" not in found_in(sets, mm.Corpus(["x"] * 30, [["b"]] * 30))
    numbers = found_in((["x"] * 60, [0, 1] * 30), (["x"] * 60, [1] * 60))["class-shift"]
    assert numbers.values["shares"] == [0.0, 1.0]
    equal = mm.Corpus(["the same"] * 80)
    assert "shift" not in found_in(equal, equal)


def test_the_area_under_the_curve_equals_the_share_of_pairs():
    random = np.random.default_rng(0)
    scores, positive = random.integers(6, size=80) / 6, random.random(80) < 0.4
    pairs = [(one > two) + (one == two) / 2 for one in scores[positive] for two in scores[~positive]]
    area = area_under_roc(scores, positive)
    assert area.value == pytest.approx(np.mean(pairs))
    assert area.low < area.value < area.high
    with pytest.raises(ValueError, match="is_positive must contain both classes, got 0 of 80"):
        area_under_roc(scores, np.zeros(80, bool))
    with pytest.raises(ValueError, match="scores must have 80 items, one per class, got 3"):
        area_under_roc(scores[:3], positive)


def test_every_check_has_a_row_of_words():
    for one in CHECKS:
        assert all(words and "\n" not in words for words in (one.what, one.threshold, one.why, one.source))


def test_a_model_that_is_measured_on_its_own_training_texts_is_told(tmp_path):
    texts = [f"{word} film number {place}" for place in range(20) for word in ("good", "bad")]
    labels = ["pos", "neg"] * 20
    mm.BagClassifier(C=4.0).fit(texts, labels).save(tmp_path / "m.malmoi")
    model = mm.load(tmp_path / "m.malmoi")
    found = {one.code: one for one in mm.check((texts, labels), model=model, thorough=False)}["known-texts"]
    assert found.is_warning
    assert found.message.endswith("all 4 training texts stored in the model are among them")
    assert "학습에 쓰였을 수 있습니다" in found.sentence("ko")
    assert [one.place for one in found.examples] == ["texts[0]", "texts[1]", "texts[2]"]
    others = mm.check((texts[1:], labels[1:]), model=model, thorough=False)
    assert "known-texts" not in [one.code for one in others]
