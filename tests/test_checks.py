import json

import numpy as np
import pytest

import malmoi as mm
from malmoi.evaluation.english import ENGLISH
from malmoi.evaluation.korean import KOREAN
from malmoi.evaluation.texts import shared_texts

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
    assert 'always saying "neg" (72.0%)' in found["majority-class"].message
    assert "95 % interval" in found["majority-class"].message
    assert found["small-validation"].is_warning


def test_a_model_that_hardly_learned_is_called_so(model):
    rightly, wrongly = ["good"] * 280 + ["bad"] * 280, ["bad"] * 220 + ["good"] * 220
    labels = ["pos"] * 280 + ["neg"] * 280 + ["pos"] * 220 + ["neg"] * 220
    found = findings(model, ["good", "bad"], ["pos", "neg"], mm.Corpus(rightly + wrongly, np.array(labels)))
    assert found["majority-class"].is_warning
    assert "56.0%" in found["majority-class"].message
    assert (
        'hardly better than always saying "neg" (50.0%): it learned next to nothing' in found["majority-class"].message
    )
    assert found["overfitting"].message.startswith("100.0% right on the training texts and 56.0% on others")


def test_a_model_that_is_worse_than_the_majority_is_called_so(model):
    validation = mm.Corpus(["bad"] * 300, np.array(["pos"] * 299 + ["neg"]))
    found = findings(model, ["good", "bad"], ["pos", "neg"], validation)
    assert 'is worse than always saying "pos" (99.7%)' in found["majority-class"].message


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
    assert found["leak"].message.startswith("1 validation texts (50.0%) also stand in training")
    assert found["leak"].examples == ("'SO  good'",)
    assert shared_texts(["가"], ["\u1100\u1161"]) == ["\u1100\u1161"]  # composed and decomposed Hangul


def test_cut_and_unknown_tokens_are_counted():
    texts, labels = ["a b c d", "e f g h"], ["x", "y"]
    found = findings(trained(texts, labels, max_length=2, max_tokens=6), texts, labels)
    assert found["truncation"].message.startswith("50.0% of the training tokens are cut off; a larger max_length")
    assert found["unknown-tokens"].message.startswith("50.0% of the training tokens are not in the vocabulary")
    assert found["truncation"].is_warning
    assert found["unknown-tokens"].is_warning


def test_imbalance_and_empty_texts_are_named():
    texts, labels = ["a", "b", "c", " ", "e"], ["x", "x", "x", "x", "y"]
    found = findings(trained(texts, labels), texts, labels)
    assert found["imbalance"].message == '80.0% of the training labels are "x"'
    assert found["empty-texts"].message.startswith("1 training texts are empty")


def test_words_without_a_vector_are_counted(tmp_path):
    (tmp_path / "v.txt").write_text("good 1 2\ngood 3 4\n")
    vectors = mm.WordVectors.open(tmp_path / "v.txt")
    texts, labels = ["good good", "bad dull"], ["x", "y"]
    found = findings(trained(texts, labels, embedding=mm.Pretrained(vectors)), texts, labels)
    expected = "66.7% of the vocabulary and 50.0% of its tokens have no vector; the most frequent: bad, dull"
    assert found["vector-coverage"].message == expected
    assert found["repeated-vectors"].message.startswith("the vectors file has 1 words of the vocabulary twice")


def test_pairs_and_texts_alone_are_checked_too():
    assert mm.check(["a", " ", ""])[0].examples == ("texts[1]", "texts[2]")
    codes = [finding.code for finding in mm.check((["a", "a b", " "], ["x", "x", "x"]), (["A  b"], ["x"]))]
    assert codes == ["leak", "imbalance", "empty-texts"]
    assert [finding.code for finding in mm.check(["a", " "])] == ["empty-texts"]
    with pytest.raises(TypeError, match="model must predict from texts, got one of series"):
        mm.check(["a"], model=mm.SeriesClassifier(mm.Average(), epochs=1).fit(np.ones((4, 2)), ["a", "b"] * 2))


def test_findings_are_data_with_sentences_in_two_languages(model, texts, labels):
    validation = mm.Corpus([*texts, "SO  good"], np.array([*labels, "pos"]))
    for finding in findings(model, texts, labels, validation).values():
        again = mm.Finding(**finding.to_json())
        assert again.sentence("en") == finding.message
        assert json.loads(json.dumps(finding.to_json()))["code"] == finding.code
        assert any("가" <= character <= "힣" for character in finding.sentence("ko"))
    assert set(ENGLISH) == set(KOREAN)
    with pytest.raises(ValueError, match="language must be one of en, ko, got 'fr'"):
        finding.sentence("fr")


def test_a_finding_prints_as_one_line(model, texts, labels):
    for finding in findings(model, texts, labels).values():
        assert str(finding).startswith(("warning: ", "note: "))
        assert "\n" not in str(finding)


def test_the_cure_of_unknown_tokens_is_the_setting_that_made_them(texts, labels):
    rare = findings(trained(texts, labels, min_count=3), texts, labels)["unknown-tokens"]
    assert rare.message.endswith("are not in the vocabulary; a smaller min_count (--min-count) knows more")
    few = findings(trained(texts, labels, max_tokens=4, min_count=2), texts, labels)["unknown-tokens"]
    assert few.message.endswith("are not in the vocabulary; a larger max_tokens (--vocabulary) knows more")
