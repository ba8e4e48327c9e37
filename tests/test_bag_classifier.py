"""Linear models on n-grams: against scikit-learn, what always holds, explanations, and wrong calls."""

import copy
import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

import malmoi as mm
from reference import bag_matrix, log_count_ratios, ngram_counts

VOCABULARY = ["so", "good", "bad", "film", "fun", "dull", "not", "very", "plot", "end", "joy", "sad"]
WORDS = mm.Words(keep_punctuation=True)
SMALL = {"C": 1.0, "calibration": None, "min_texts": 1}
TEXTS = ["so good", "really good film", "good fun", "so bad", "really bad film", "bad, dull"] * 4
LABELS = ["pos", "pos", "pos", "neg", "neg", "neg"] * 4
SETS = [["film"], ["film", "fun"], []] * 8
ANY_TEXT = st.text("ab ,.한é😀\n", max_size=12)


def made(samples, seed=0, classes=2):
    """Texts whose words depend on their class, and the classes."""
    random = np.random.default_rng(seed)
    classes = random.integers(classes, size=samples)
    shares = np.linspace(1, 5, len(VOCABULARY)) / np.linspace(1, 5, len(VOCABULARY)).sum()
    words = [random.choice(VOCABULARY, size=random.integers(1, 8), p=np.roll(shares, 4 * one)) for one in classes]
    return [" ".join(one) for one in words], classes


def reference_scores(texts, positive, new, kinds, weighting="nb", weights=None, smoothing=1.0):
    """Scores of new texts by scikit-learn, the bias being the weight of a column of ones."""
    counts = [ngram_counts(text, kinds) for text in [*texts, *new]]
    rows = np.array(bag_matrix(counts, len(texts), "binary" if weighting == "nb" else weighting))
    weights = np.ones(len(texts)) if weights is None else np.asarray(weights, dtype=float)
    if weighting == "nb":
        rows = rows * log_count_ratios(rows[: len(texts)].tolist(), list(positive), weights.tolist(), smoothing)
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    model = LogisticRegression(fit_intercept=False, tol=1e-9, max_iter=10_000)
    return model.fit(rows[: len(texts)], positive, weights).decision_function(rows[len(texts) :])


def assert_near(found, expected, difference=2e-2):
    """The core stops where an epoch changes 1 % of its variables' sum."""
    assert np.abs(found - expected).max() < difference
    assert np.abs(expected).max() > 0.5


# Against scikit-learn


@pytest.mark.parametrize("weighting", ["nb", "tfidf", "count", "binary"])
def test_scores_are_those_of_scikit_learn_on_the_same_rows(weighting):
    (texts, classes), (new, _) = made(60), made(30, seed=1)
    model = mm.BagClassifier(WORDS, (1, 2), weighting, **SMALL).fit(texts, classes)
    expected = reference_scores(texts, classes == 1, [*new, "good zzz", ""], [(WORDS, 1, 2)], weighting)
    assert_near(model.decision_function([*new, "good zzz", ""]), expected)


@pytest.mark.parametrize("weighting", ["nb", "tfidf"])
def test_several_kinds_of_token_have_ngrams_of_their_own(weighting):
    (texts, classes), (new, _) = made(60), made(20, seed=1)
    kinds = [(WORDS, 1, 2), (mm.Characters(), 2, 3)]
    model = mm.BagClassifier([WORDS, mm.Characters()], [(1, 2), (2, 3)], weighting, **SMALL).fit(texts, classes)
    assert_near(model.decision_function(new), reference_scores(texts, classes == 1, new, kinds, weighting))


@pytest.mark.parametrize("weighting", ["nb", "count"])
def test_more_classes_are_fitted_one_against_the_rest(weighting):
    (texts, classes), (new, _) = made(90, classes=11), made(20, seed=1, classes=11)
    model = mm.BagClassifier(WORDS, (1, 2), weighting, **SMALL).fit(texts, classes)
    sides = [reference_scores(texts, classes == one, new, [(WORDS, 1, 2)], weighting) for one in range(11)]
    assert_near(model.decision_function(new), np.stack(sides, axis=1))
    shares = np.exp(np.stack(sides, axis=1))
    assert np.abs(model.predict_proba(new) - shares / shares.sum(axis=1, keepdims=True)).max() < 1e-2


def test_every_label_of_several_is_fitted_by_itself():
    (texts, classes), (new, _) = made(60, classes=4), made(20, seed=1)
    sets = [[name for name, bit in (("a", 1), ("b", 2)) if one & bit] for one in classes]
    model = mm.BagClassifier(WORDS, (1, 2), **SMALL).fit(texts, sets)
    sides = [reference_scores(texts, (classes & bit) > 0, new, [(WORDS, 1, 2)]) for bit in (1, 2)]
    assert_near(model.decision_function(new), np.stack(sides, axis=1))
    indicator = mm.BagClassifier(WORDS, (1, 2), **SMALL).fit(texts, np.stack([classes & 1, classes // 2], axis=1))
    assert indicator.decision_function(new).tobytes() == model.decision_function(new).tobytes()
    chosen = indicator.predict(new)
    assert chosen.dtype == np.int64
    assert [tuple(np.array(["a", "b"])[row > 0]) for row in chosen] == model.predict(new)


@pytest.mark.parametrize("weighting", ["nb", "tfidf"])
def test_sample_weights_count_in_the_loss_and_in_the_ratios(weighting):
    (texts, classes), (new, _) = made(60), made(20, seed=1)
    weights = np.random.default_rng(2).choice([0.0, 0.5, 1.0, 3.0], size=60)
    model = mm.BagClassifier(WORDS, (1, 2), weighting, **SMALL).fit(texts, classes, sample_weight=weights)
    expected = reference_scores(texts, classes == 1, new, [(WORDS, 1, 2)], weighting, weights)
    assert_near(model.decision_function(new), expected, 4e-2)
    alike = reference_scores(texts, classes == 1, new, [(WORDS, 1, 2)], weighting)
    assert np.abs(alike - expected).max() > 0.2


@pytest.mark.parametrize(("wanted", "by_class"), [({0: 3.0}, [3.0, 1.0]), ("balanced", None)])
def test_class_weights_are_weights_of_samples(wanted, by_class):
    texts, classes = made(60)
    few = np.flatnonzero((classes == 0) | (np.arange(60) % 3 == 0))
    texts, classes = [texts[place] for place in few], classes[few]
    weights = (len(few) / (2 * np.bincount(classes)) if by_class is None else np.array(by_class))[classes]
    model = mm.BagClassifier(WORDS, (1, 2), class_weight=wanted, **SMALL).fit(texts, classes)
    new = made(20, seed=1)[0]
    expected = reference_scores(texts, classes == 1, new, [(WORDS, 1, 2)], weights=weights)
    assert_near(model.decision_function(new), expected)


def test_a_weight_of_two_is_the_text_twice():
    texts, classes = made(40)
    once = mm.BagClassifier(WORDS, (1, 1), **SMALL).fit(texts, classes, sample_weight=[2.0] * 10 + [1.0] * 30)
    twice = mm.BagClassifier(WORDS, (1, 1), **SMALL).fit([*texts[:10], *texts], [*classes[:10], *classes])
    new = made(20, seed=1)[0]
    assert np.abs(once.decision_function(new) - twice.decision_function(new)).max() < 2e-2


def test_smoothing_is_added_to_every_count():
    (texts, classes), (new, _) = made(60), made(20, seed=1)
    model = mm.BagClassifier(WORDS, (1, 2), smoothing=0.2, **SMALL).fit(texts, classes)
    assert_near(
        model.decision_function(new), reference_scores(texts, classes == 1, new, [(WORDS, 1, 2)], smoothing=0.2)
    )


def test_a_weaker_penalty_fits_the_training_texts_better():
    texts, classes = made(60)
    scores = [
        mm.BagClassifier(WORDS, (1, 2), C=C, calibration=None).fit(texts, classes).decision_function(texts)
        for C in (0.01, 1.0, 100.0)
    ]
    losses = [np.logaddexp(0, -score * (2 * classes - 1)).mean() for score in scores]
    assert losses[0] > losses[1] > losses[2]


@pytest.mark.parametrize(
    ("weighting", "C", "weight"),
    [("binary", 256.0, 1.0), ("binary", 64.0, 50.0), ("nb", 16.0, 50.0), ("nb", 1024.0, 50.0)],
)
def test_equal_texts_with_different_labels_are_as_probable_as_they_are_frequent(weighting, C, weight):
    texts, classes = made(60)
    texts, classes = [*texts, *["odd word"] * 4], np.array([*classes, 0, 0, 1, 1])
    weights = np.array([1.0] * 62 + [weight] * 2)
    model = mm.BagClassifier(WORDS, (1, 2), weighting, C, calibration=None, min_texts=1)
    model.fit(texts, classes, sample_weight=weights)
    found = model.decision_function([*texts, "odd word"])
    assert found[-1] == pytest.approx(np.log(weight), abs=0.5)
    loss = np.average(np.logaddexp(0, found[:-1] * (1 - 2 * classes)), weights=weights)
    assert loss < 0.15


def test_rare_ngrams_and_those_over_the_limit_are_left_out():
    texts = ["a b", "a b", "a c", "a"]
    labels = ["x", "y", "x", "y"]
    columns = lambda **settings: len(  # noqa: E731
        mm.BagClassifier(WORDS, (1, 1), C=1.0, calibration=None, **settings).fit(texts, labels).fitted.scorer.columns
    )
    assert (columns(), columns(min_texts=2), columns(min_texts=3)) == (3, 2, 1)
    assert (columns(max_features=2), columns(max_features=9), columns(buckets=7)) == (2, 3, 7)
    most = mm.BagClassifier(WORDS, (1, 1), max_features=1, **SMALL).fit(texts, labels)
    assert [one.name for one in most.explain("a b c", label="x").features] == ["a"]


# The settings that choose themselves


@pytest.mark.parametrize(
    ("text", "kinds", "ngrams"),
    [
        ("so good a film", (WORDS, mm.Characters(inside_words=True)), ((1, 2), (1, 5))),
        ("정말 좋은 영화", (mm.Characters(),), ((1, 5),)),
        ("とても良い映画", (mm.Characters(),), ((1, 5),)),
    ],
)
def test_tokens_follow_the_script(text, kinds, ngrams):
    model = mm.BagClassifier(C=1.0, calibration=None).fit([text, text[:2]], ["x", "y"])
    features = model.fitted.scorer.features
    assert (features.tokens, features.ngrams) == (kinds, ngrams)


def test_words_stand_alone_where_there_is_very_much_text(monkeypatch):
    monkeypatch.setattr("malmoi.models.linear.features.CHARACTERS_FOR_UNION", 20)
    assert mm.BagClassifier(C=1.0).fit(TEXTS, LABELS).fitted.scorer.features.tokens == (WORDS,)
    monkeypatch.setattr("malmoi.models.linear.features.WORDS_FOR_TRIPLES", 5)
    assert mm.BagClassifier(C=1.0).fit(TEXTS, LABELS).fitted.scorer.features.ngrams == ((1, 3),)


def test_the_penalty_is_the_one_with_the_smallest_loss_on_held_out_texts():
    texts, classes = made(80)
    facts = mm.BagClassifier(WORDS, (1, 2)).fit(texts, classes).facts_
    assert facts.held_out == facts.samples == 80
    assert len(facts.tried) >= 3
    losses = dict(facts.tried)
    assert losses[facts.C] <= 1.006 * min(losses.values())
    assert facts.C < 256  # half of the labels can be told from the words: a weak penalty overfits
    one = mm.BagClassifier(WORDS, (1, 2), C=facts.C).fit(texts, classes)
    assert one.facts_.tried[0][1] == pytest.approx(losses[facts.C], rel=2e-2)


def test_equal_texts_are_never_on_both_sides_of_a_fold():
    texts = [f"word{number % 12}" for number in range(120)]
    labels = np.random.default_rng(0).choice(["a", "b"], size=12)[np.arange(120) % 12]
    model = mm.BagClassifier(mm.Words(), (1, 1)).fit(texts, labels)
    # A word of a held-out text is in no training text, so nothing can be known of it.
    assert min(loss for _, loss in model.facts_.tried) > 0.5
    assert model.facts_.training_accuracy == 1.0


def test_probabilities_are_right_as_often_as_they_say():
    (texts, classes), (new, truth) = made(400, seed=3), made(400, seed=4)
    raw = mm.BagClassifier(WORDS, (1, 2), C=256.0, calibration=None).fit(texts, classes)
    even = mm.BagClassifier(WORDS, (1, 2), C=256.0).fit(texts, classes)
    loss = [-np.log(one.predict_proba(new)[np.arange(400), truth]).mean() for one in (raw, even)]
    assert loss[1] < loss[0] - 0.02
    assert even.decision_function(new).tobytes() == raw.decision_function(new).tobytes()
    assert (even.predict(new) == raw.predict(new)).all()


# What always holds


@pytest.fixture(scope="module")
def models():
    """One fitted model of each kind, which no test changes."""
    sets = [["film"], ["film", "fun"], []] * 8
    return {
        "binary": mm.BagClassifier().fit(TEXTS, LABELS),
        "multiclass": mm.BagClassifier(C=4.0).fit(TEXTS, ["a", "b", "c"] * 8),
        "sets": mm.BagClassifier(weighting="tfidf", C=4.0).fit(TEXTS, sets),
        "indicator": mm.BagClassifier(C=4.0).fit(TEXTS, np.array([[1, 0], [1, 1], [0, 0]] * 8)),
        "hashed": mm.BagClassifier(buckets=500, C=4.0).fit(TEXTS, LABELS),
        "isotonic": mm.BagClassifier(C=4.0, calibration="isotonic").fit(TEXTS, LABELS),
    }


KINDS = ["binary", "multiclass", "sets", "indicator", "hashed", "isotonic"]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15)
@given(texts=st.lists(st.one_of(ANY_TEXT, st.sampled_from(TEXTS)), max_size=6))
def test_a_batch_is_its_texts_one_by_one_in_order(models, kind, texts):
    model = models[kind]
    together = model.predict_proba(texts)
    classes = len(model.classes_)
    assert (together.dtype, together.shape) == (np.float32, (len(texts), classes))
    alone = [model.predict_proba([text]) for text in texts]
    assert together.tobytes() == b"".join(one.tobytes() for one in alone)
    assert model.predict_proba(texts[::-1]).tobytes() == together[::-1].tobytes()
    assert ((together >= 0) & (together <= 1)).all()
    if kind not in ("sets", "indicator"):
        assert np.abs(together.sum(axis=1) - 1).max(initial=0) < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_and_empty_texts_are_predicted(models, kind):
    model = models[kind]
    assert model.predict_proba([]).shape == (0, len(model.classes_))
    assert model.predict_proba([]).dtype == np.float32
    assert len(model.predict([])) == 0
    assert len(model.decision_function([])) == 0
    empty = model.predict_proba(["", " \n", "zzz qqq xxx"[:0]])
    assert empty[0].tobytes() == empty[1].tobytes() == empty[2].tobytes()
    bias = model.fitted.scorer.bias
    assert model.decision_function([""]).reshape(-1).tolist() == bias.tolist()
    same = model.predict_proba(["so good", "bad", "so good"])
    assert same[0].tobytes() == same[2].tobytes()


@pytest.mark.parametrize("labels", [LABELS, ["a", "b", "c"] * 8, SETS], ids=["binary", "multiclass", "sets"])
@pytest.mark.parametrize("more", [{}, {"weighting": "tfidf"}, {"buckets": 300}], ids=str)
def test_the_number_of_threads_changes_no_bit(labels, more, tmp_path):
    files = []
    for n_jobs in (1, 2, 3):
        model = mm.BagClassifier(n_jobs=n_jobs, **more).fit(TEXTS, labels)
        files.append(model.save(tmp_path / f"{n_jobs}.malmoi").read_bytes())
        files[-1] += model.predict_proba(TEXTS).tobytes()
    assert files[0] == files[1] == files[2]


def test_the_seed_decides_the_folds(tmp_path):
    texts, classes = made(60)
    fits = [mm.BagClassifier(seed=seed).fit(texts, classes) for seed in (1, 1, 2)]
    files = [model.save(tmp_path / f"{n}.malmoi").read_bytes() for n, model in enumerate(fits)]
    assert files[0] == files[1]
    assert fits[0].facts_.tried != fits[2].facts_.tried


@settings(max_examples=8)
@given(order=st.permutations(range(24)))
def test_the_order_of_the_texts_hardly_matters(order):
    fitted = [
        mm.BagClassifier(C=1.0, calibration=None).fit(
            [TEXTS[place] for place in places], [LABELS[place] for place in places]
        )
        for places in (range(24), order)
    ]
    new = ["good film", "bad fun", ""]
    assert np.abs(fitted[0].decision_function(new) - fitted[1].decision_function(new)).max() < 3e-2


def test_hashed_ngrams_predict_as_learned_ones_do():
    (texts, classes), (new, _) = made(60), made(30, seed=1)
    for weighting in ("nb", "tfidf", "count"):
        learned = mm.BagClassifier(WORDS, (1, 2), weighting, **SMALL).fit(texts, classes)
        hashed = mm.BagClassifier(WORDS, (1, 2), weighting, C=1.0, calibration=None, buckets=2**20).fit(texts, classes)
        known = [text for text in new if set(ngram_counts(text, [(WORDS, 1, 2)])) <= seen(texts)]
        assert len(known) > 5
        difference = np.abs(learned.predict_proba(known) - hashed.predict_proba(known)).max()
        assert difference < (0.1 if weighting == "nb" else 1e-2)  # empty buckets count in the sums of the ratios


def seen(texts):
    """All n-grams of texts."""
    return {ngram for text in texts for ngram in ngram_counts(text, [(WORDS, 1, 2)])}


def test_few_buckets_share_columns_and_still_predict():
    model = mm.BagClassifier(buckets=1, C=1.0, calibration=None).fit(TEXTS, LABELS)
    assert len(np.unique(model.predict_proba(TEXTS), axis=0)) == 1


def test_a_fit_that_fails_changes_nothing():
    model = mm.BagClassifier(C=1.0).fit(TEXTS, LABELS)
    before = model.predict_proba(TEXTS).tobytes()
    with pytest.raises(mm.DataError):
        model.fit(TEXTS, ["a"] * 24)
    with pytest.raises(ValueError, match="C must be"):
        model.set_params(C=-1.0).fit(TEXTS, LABELS)
    assert model.predict_proba(TEXTS).tobytes() == before


def test_arguments_are_not_changed():
    texts, labels, weights = list(TEXTS), list(LABELS), np.ones(24)
    mm.BagClassifier(class_weight={"pos": 2.0}).fit(texts, labels, sample_weight=weights)
    assert (texts, labels, weights.tolist()) == (TEXTS, LABELS, [1.0] * 24)


@pytest.mark.parametrize("labels", [["1", "2"], [1, -5], [True, False], ["가", "b c"]], ids=str)
def test_classes_may_be_numbers_or_names_of_numbers(labels):
    model = mm.BagClassifier(C=1.0, calibration=None).fit(TEXTS, [labels[one == "pos"] for one in LABELS])
    assert model.classes_.tolist() == sorted(labels)
    assert model.predict(["bad", "good"]).tolist() == labels
    assert model.explain("good").label == labels[1]
    assert type(model.explain("good").label) is type(labels[1])


def test_rejected_texts_have_no_label():
    model = mm.BagClassifier(C=1.0, calibration=None, reject_below=0.7).fit(TEXTS, LABELS)
    predicted, shares = (
        model.predict(["good", "bad", "", "good bad"]),
        model.predict_proba(["good", "bad", "", "good bad"]),
    )
    assert predicted.dtype == object
    assert predicted.tolist() == ["pos", "neg", None, None]
    assert (shares.max(axis=1) >= 0.7).tolist() == [True, True, False, False]
    assert model.set_params(reject_below=0.0).fit(TEXTS, LABELS).predict([""]).tolist() != [None]
    assert len(mm.BagClassifier(reject_below=1.0, C=1.0).fit(TEXTS, LABELS).predict([])) == 0


def test_rejected_labels_count_as_wrong_in_the_score():
    plain, keeping = (mm.BagClassifier(C=16.0, calibration=None, reject_below=least) for least in (None, 0.0))
    assert keeping.fit(TEXTS, LABELS).score(TEXTS, LABELS) == plain.fit(TEXTS, LABELS).score(TEXTS, LABELS) > 0.9
    assert mm.BagClassifier(C=0.01, calibration=None, reject_below=0.99).fit(TEXTS, LABELS).score(TEXTS, LABELS) == 0


def test_several_labels_are_not_rejected():
    with pytest.raises(ValueError, match="reject_below must be None for multilabel data"):
        mm.BagClassifier(reject_below=0.5).fit(TEXTS, SETS)


# Few texts, odd texts


@pytest.mark.parametrize("samples", [2, 3, 4, 6, 9, 10, 11])
@pytest.mark.parametrize("weighting", ["nb", "tfidf"])
def test_few_texts_are_enough(samples, weighting):
    texts, labels = (TEXTS[:1] + TEXTS[3:4] + TEXTS[1:3] + TEXTS[4:6] + TEXTS[6:])[:samples], ["pos", "neg"] * samples
    model = mm.BagClassifier(weighting=weighting).fit(texts[:2] * (samples // 2), labels[: samples // 2 * 2])
    assert model.predict(["good", "bad"]).tolist() == ["pos", "neg"]
    assert np.isfinite(model.predict_proba([*texts, ""])).all()


def test_one_text_a_class_is_enough():
    texts = ["red", "green", "blue"]
    model = mm.BagClassifier(mm.Words(), (1, 1)).fit(texts, ["r", "g", "b"])
    assert model.predict(texts).tolist() == ["r", "g", "b"]
    assert model.facts_.held_out == 0


def test_a_class_with_one_text_beside_large_ones():
    model = mm.BagClassifier().fit([*TEXTS, "strange thing"], [*LABELS, "odd"])
    assert model.classes_.tolist() == ["neg", "odd", "pos"]
    assert model.predict(["good", "bad"]).tolist() == ["pos", "neg"]
    assert np.isfinite(model.predict_proba(["strange", ""])).all()


@pytest.mark.parametrize("texts", [[""] * 12, [" ", "\n"] * 6])
def test_texts_without_a_token_are_refused(texts):
    with pytest.raises(mm.DataError, match="token"):
        mm.BagClassifier().fit(texts, ["a", "b"] * 6)


def test_a_limit_that_leaves_no_ngram_is_refused():
    with pytest.raises(
        mm.DataError, match=r"an n-gram with a document frequency of 100 or more, got none in 24 texts.*min_texts"
    ):
        mm.BagClassifier(min_texts=100).fit(TEXTS, LABELS)


def test_some_empty_texts_do_no_harm():
    model = mm.BagClassifier().fit([*TEXTS, "", " "], [*LABELS, "neg", "pos"])
    assert model.predict(["good", "bad"]).tolist() == ["pos", "neg"]


# Explanations


EXPLAINED_TEXT = st.lists(st.sampled_from([*VOCABULARY, "really", ",", "good", "zzz", "é", "한글"]), max_size=9).map(
    " ".join
)
EXPLAINED = [pytest.param(kind) if kind == "sets" else kind for kind in KINDS]


@pytest.mark.parametrize("kind", EXPLAINED)
@settings(max_examples=12)
@given(text=EXPLAINED_TEXT)
def test_the_weights_of_ngrams_and_the_bias_are_the_score(models, kind, text):
    model = models[kind]
    scores = model.decision_function([text]).reshape(-1).astype(float)
    scores = np.array([-scores[0], scores[0]]) if len(model.classes_) == 2 and len(scores) == 1 else scores
    for place, label in enumerate(model.classes_.tolist()):
        found = model.explain(text, label=label)
        assert (found.label, found.method) == (label, "exact")
        assert found.score == pytest.approx(scores[place], abs=1e-4)
        assert found.bias + sum(one.weight for one in found.features) == pytest.approx(found.score, abs=1e-6)
        assert found.probability == model.predict_proba([text])[0, place]


@pytest.mark.parametrize("tokens", [WORDS, mm.Characters(), mm.Hangul(), (WORDS, mm.Characters())], ids=str)
@settings(max_examples=12)
@given(text=EXPLAINED_TEXT)
def test_the_weights_of_tokens_and_the_bias_are_the_score(tokens, text):
    model = fitted_once(tokens)
    found = model.explain(text, label="pos")
    assert found.score == pytest.approx(model.decision_function([text])[0], abs=1e-5)
    assert found.bias + sum(token.weight for token in found.tokens) == pytest.approx(found.score, abs=1e-6)
    assert all(text[token.start : token.end] for token in found.tokens)
    assert list(found.tokens) == sorted(found.tokens, key=lambda token: (token.start, token.end))


@cache
def fitted_once(tokens):
    """A model of these tokens."""
    kinds = tokens if isinstance(tokens, mm.tokenizers.Tokenizer) else list(tokens)
    return mm.BagClassifier(kinds, (1, 3), C=4.0, calibration=None).fit(TEXTS, LABELS)


def test_the_weights_of_characters_inside_words_are_the_score_too():
    model = mm.BagClassifier(mm.Characters(inside_words=True), (1, 2), "count", C=4.0).fit(TEXTS, LABELS)
    found = model.explain("so good bad bad", label="pos")
    assert found.bias + sum(token.weight for token in found.tokens) == pytest.approx(found.score, abs=1e-4)


def test_an_explanation_of_tfidf_is_exact():
    model = mm.BagClassifier(WORDS, (1, 2), "tfidf", C=4.0).fit(TEXTS, LABELS)
    found = model.explain("so good, really good", label="pos").score
    assert found == pytest.approx(model.decision_function(["so good, really good"])[0], abs=1e-4)


def test_the_most_probable_class_is_explained_unless_one_is_named(models):
    assert models["binary"].explain("so bad").label == "neg"
    assert models["binary"].explain("so bad").score > 0
    assert models["binary"].explain("so bad", label="pos").score == -models["binary"].explain("so bad").score
    assert models["indicator"].explain("so good", label=np.int64(1)).label == 1
    with pytest.raises(ValueError, match="label must be one of 'neg', 'pos', got 'odd'"):
        models["binary"].explain("so bad", label="odd")
    with pytest.raises(ValueError, match="label must be one of 0, 1, got 2"):
        models["indicator"].explain("so bad", label=2)


def test_an_explanation_of_a_wrong_text_is_refused(models):
    with pytest.raises(TypeError, match="text must be"):
        models["binary"].explain(["so bad"])
    with pytest.raises(ValueError, match="text"):
        models["binary"].explain("\ud800")
    with pytest.raises(NotFittedError, match="BagClassifier is not fitted; call fit first"):
        mm.BagClassifier().explain("good")


def test_features_are_ngrams_with_their_counts():
    model = mm.BagClassifier(WORDS, (1, 2), "count", **SMALL).fit(["a b a b", "c d"], ["x", "y"])
    found = {one.name: (one.count, one.weight) for one in model.explain("a b a b e", label="x").features}
    assert {name: count for name, (count, _) in found.items()} == {"a": 2, "b": 2, "a b": 2, "b a": 1}
    assert found["a"][1] == pytest.approx(4 * found["b a"][1], rel=1e-5)  # twice as often, here and in training
    tokens = model.explain("a b a b e", label="x").tokens
    assert [(token.token, token.start) for token in tokens] == [("a", 0), ("b", 2), ("a", 4), ("b", 6)]


def test_top_ngrams_are_those_with_the_largest_weights(models):
    names = {
        label: [one.name for one in models["binary"].top_ngrams_ if one.label == label] for label in ("pos", "neg")
    }
    assert "good" in " ".join(names["pos"])
    assert "bad" in " ".join(names["neg"])
    for one in models["binary"].top_ngrams_:
        assert one.weight > 0
    learned = mm.BagClassifier(WORDS, (1, 1), **SMALL).fit(TEXTS, LABELS)
    largest = next(one for one in learned.top_ngrams_ if one.label == "pos")
    assert largest.name == "good"
    assert learned.explain("good", label="pos").features[0].weight == pytest.approx(largest.weight, abs=1e-6)


# scikit-learn


def test_clones_copies_and_pickles():
    model = mm.BagClassifier([WORDS, mm.Characters()], [(1, 2), (1, 3)], C=4.0, class_weight={"pos": 2.0}).fit(
        TEXTS, LABELS
    )
    fresh = clone(model)
    assert fresh.get_params() == model.get_params()
    assert "fitted_" not in vars(fresh)
    with pytest.raises(NotFittedError):
        check_is_fitted(fresh)
    check_is_fitted(model)
    assert is_classifier(model)
    assert copy.copy(model).predict_proba(TEXTS).tobytes() == model.predict_proba(TEXTS).tobytes()
    assert copy.deepcopy(fresh).get_params() == fresh.get_params()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.parametrize("more", [{}, {"buckets": 50}, {"weighting": "tfidf"}], ids=str)
def test_a_fitted_model_is_copied_whole(duplicate, more):
    model = mm.BagClassifier([WORDS, mm.Characters()], [(1, 2), (1, 3)], C=4.0, **more).fit(TEXTS, LABELS)
    expected = model.predict_proba(TEXTS).tobytes()
    one = duplicate(model)
    assert one.predict_proba(TEXTS).tobytes() == expected
    assert one.explain("so good").score == model.explain("so good").score
    assert one.partial_fit(["good"], ["neg"]).get_params() == model.get_params()
    assert model.predict_proba(TEXTS).tobytes() == expected


def test_searches_pipelines_and_one_against_the_rest():
    texts, labels = np.array(TEXTS, dtype=object), np.array(LABELS)
    grid = {"C": [1e-6, 4.0], "reject_below": [None]}
    search = GridSearchCV(mm.BagClassifier(calibration=None), grid, scoring="neg_log_loss", cv=2)
    assert search.fit(texts, labels).best_params_["C"] == 4.0
    assert (
        GridSearchCV(mm.BagClassifier(C=4.0), {"C": [4.0]}, scoring="roc_auc", cv=2).fit(texts, labels).best_score_ == 1
    )
    assert cross_val_score(mm.BagClassifier(C=4.0), texts, labels, cv=2, scoring="neg_log_loss").max() <= 0
    assert cross_val_predict(mm.BagClassifier(C=4.0), texts, labels, cv=2, method="predict_proba").shape == (24, 2)
    pipeline = make_pipeline(FunctionTransformer(lambda some: [one.lower() for one in some]), mm.BagClassifier(C=4.0))
    assert pipeline.set_params(bagclassifier__calibration=None).fit(texts, labels).score(texts, labels) == 1.0
    rest = OneVsRestClassifier(mm.BagClassifier(C=16.0)).fit(texts, np.array(["a", "b", "c"] * 8))
    assert rest.predict(texts[:3]).tolist() == ["a", "b", "c"]


def test_parameters_are_set_by_name():
    model = mm.BagClassifier().set_params(calibration=None, C=2.0, tokens=WORDS, ngrams=(1, 1))
    assert repr(model) == f"BagClassifier(C=2.0, calibration=None, ngrams=(1, 1), tokens={WORDS!r})"
    assert model.fit(TEXTS, LABELS).facts_.held_out == 0
    assert (
        model.set_params(tokens__lowercase=False).fit(["GOOD", "bad"] * 4, ["x", "y"] * 4).predict(["good"]) is not None
    )
    with pytest.raises(ValueError, match="Invalid parameter 'strength' for BagClassifier"):
        model.set_params(strength=1)


def test_columns_of_other_libraries_are_texts_and_labels():
    polars, pandas = pytest.importorskip("polars"), pytest.importorskip("pandas")
    expected = mm.BagClassifier(C=1.0).fit(TEXTS, LABELS).predict_proba(TEXTS).tobytes()
    for column in (polars.Series, lambda values: pandas.Series(values, index=range(24, 0, -1)), np.array):
        model = mm.BagClassifier(C=1.0).fit(column(TEXTS), column(LABELS))
        assert model.predict_proba(column(TEXTS)).tobytes() == expected
    assert mm.BagClassifier(C=1.0).fit(X=TEXTS, y=LABELS).predict_proba(X=TEXTS).tobytes() == expected


# Wrong calls


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"C": 0}, ValueError, r'C must be "auto", or above 0 and at most 1e\+06, got 0'),
        ({"C": 1e7}, ValueError, r"at most 1e\+06, got 10000000.0"),
        ({"C": float("nan")}, ValueError, "C must be .* got nan"),
        ({"C": "best"}, TypeError, "C must be a number, got 'best'"),
        ({"C": True}, TypeError, "C must be a number, got True"),
        ({"min_texts": 0}, ValueError, "min_texts must be 1 or more, got 0"),
        ({"min_texts": "few"}, TypeError, "min_texts must be \"auto\" or a whole number, got 'few'"),
        ({"min_texts": 2**31}, ValueError, "min_texts must be at most 2147483647"),
        ({"max_features": 0}, ValueError, "max_features must be 1 or more, got 0"),
        ({"max_features": 2.0}, TypeError, "max_features must be a whole number, got 2.0"),
        ({"buckets": 0}, ValueError, "buckets must be 1 or more, got 0"),
        ({"buckets": 2**31}, ValueError, "buckets must be at most 2147483647, got 2147483648"),
        ({"buckets": 9, "min_texts": 2}, ValueError, "min_texts has no effect with buckets, .*; leave it out"),
        ({"buckets": 9, "max_features": 2}, ValueError, "max_features has no effect with buckets, .*; leave it out"),
        ({"smoothing": 0}, ValueError, "smoothing must be from 1e-06 to 1e\\+06, got 0"),
        ({"smoothing": float("inf")}, ValueError, "smoothing must be from 1e-06 to 1e\\+06, got inf"),
        (
            {"smoothing": 2.0, "weighting": "tfidf"},
            ValueError,
            "smoothing has no effect on the weighting 'tfidf'; leave",
        ),
        ({"weighting": "idf"}, ValueError, "weighting must be 'nb', 'tfidf', 'count' or 'binary', got 'idf'"),
        ({"class_weight": "even"}, ValueError, "class_weight must be \"balanced\" or a dict of weights, got 'even'"),
        ({"class_weight": 2}, TypeError, 'class_weight must be None, "balanced" or a dict of weights, got 2'),
        (
            {"class_weight": {"pos": -1}},
            ValueError,
            r"class_weight\['pos'\] must be 0 or more and at most 1e.30, got -1",
        ),
        (
            {"class_weight": {"odd": 1}},
            ValueError,
            r"class_weight must have the classes as keys, \['neg', 'pos'\], got 'odd'",
        ),
        (
            {"calibration": "platt"},
            ValueError,
            "calibration must be 'auto', 'temperature', 'isotonic' or None, got 'pl",
        ),
        ({"reject_below": 1.1}, ValueError, "reject_below must be None, or from 0 to 1, got 1.1"),
        ({"reject_below": float("nan")}, ValueError, "reject_below must be None, or from 0 to 1, got nan"),
        ({"reject_below": "half"}, TypeError, "reject_below must be a number, got 'half'"),
        ({"seed": -1}, ValueError, "seed must be 0 or more, got -1"),
        ({"seed": 2**63}, ValueError, "seed must be at most 9223372036854775807"),
        ({"seed": 1.5}, TypeError, "seed must be a whole number, got 1.5"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be from 1 to 1024, or -1 for all cores, got 0"),
        ({"n_jobs": "all"}, TypeError, "n_jobs must be None or a whole number, got 'all'"),
        ({"tokens": "words"}, TypeError, r'tokens must be "auto", a tokenizer such as Words\(\), .* got \'words\''),
        (
            {"tokens": []},
            TypeError,
            r'tokens must be "auto", a tokenizer such as Words\(\), or a list of them, got \[\]',
        ),
        ({"tokens": [WORDS, WORDS]}, ValueError, "tokens must be distinct tokenizers"),
        (
            {"tokens": mm.External(str.split)},
            TypeError,
            "tokens must be tokenizers of malmoi, not External, got External",
        ),
        (
            {"tokens": [mm.Pattern(f"x{{{n}}}") for n in range(1, 10)]},
            ValueError,
            "tokens must be at most 8 tokenizers, got 9",
        ),
        ({"ngrams": (2, 1)}, ValueError, r"from 1 to 255, got \(2, 1\); swap them: \(1, 2\)"),
        ({"ngrams": (0, 1)}, ValueError, r"from 1 to 255, got \(0, 1\)"),
        ({"ngrams": 3}, TypeError, r"ngrams must be two whole numbers, such as \(1, 2\), got 3"),
        (
            {"ngrams": [(1, 1), (1, 2)]},
            ValueError,
            "ngrams must be one range with tokens='auto'; pass a list of tokenizers",
        ),
        (
            {"tokens": [WORDS, mm.Characters()], "ngrams": [(1, 1)] * 3},
            ValueError,
            "ngrams must be one range, or one for each of the 2 tokenizers, got 3",
        ),
    ],
    ids=str,
)
def test_a_setting_out_of_range_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        mm.BagClassifier(**given).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("texts", "labels", "weights", "error", "message"),
    [
        ("so good", LABELS, None, TypeError, "texts must be a list of str, got one str; wrap it"),
        ([None] * 24, LABELS, None, TypeError, r"texts\[0\] must be a str, got None"),
        (["\ud800", *TEXTS[1:]], LABELS, None, ValueError, r"texts\[0\]"),
        (TEXTS, None, None, mm.DataError, "training must contain labelled texts, got none"),
        (TEXTS, "pos", None, TypeError, "labels must be a list of labels, got one str"),
        (TEXTS, ["pos", "neg"], None, ValueError, "labels must have 24 items, one per text, got 2"),
        (TEXTS, ["pos"] * 24, None, mm.DataError, "labels must have 2 classes or more, got only 'pos'"),
        ([], [], None, mm.DataError, "labels must have 2 classes or more, got no labels"),
        (TEXTS, ["a", None] * 12, None, mm.DataError, r"labels\[1\] must be a str, .* got None; remove the text"),
        (TEXTS, ["a", 1] * 12, None, mm.DataError, r"labels\[1\] must be of the same type as 'a', got 1"),
        (TEXTS, [0.5, 1.5] * 12, None, mm.DataError, r"labels\[0\] must be a str, an int or a bool, got 0.5"),
        (
            TEXTS,
            LABELS,
            [1.0],
            ValueError,
            r"sample_weight must have one number for each of the 24 samples, got \(1,\)",
        ),
        (TEXTS, LABELS, [-1.0] + [1.0] * 23, ValueError, "sample_weight must be 0 or more, finite, and not all zero"),
        (TEXTS, LABELS, [float("nan")] * 24, ValueError, "sample_weight must be 0 or more, finite, and not all zero"),
        (TEXTS, LABELS, [0.0] * 24, ValueError, "sample_weight must be 0 or more, finite, and not all zero"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_texts_labels_and_weights_are_checked(texts, labels, weights, error, message):
    with pytest.raises(error, match=message):
        mm.BagClassifier(C=1.0).fit(texts, labels, sample_weight=weights)


def test_isotonic_calibration_is_of_two_classes():
    rule = "calibration must be 'temperature' or 'auto' for more than two classes, got 'isotonic'"
    for labels in (["a", "b", "c"] * 8, SETS):
        with pytest.raises(ValueError, match=rule):
            mm.BagClassifier(calibration="isotonic").fit(TEXTS, labels)


def test_class_weights_are_of_texts_with_one_label():
    with pytest.raises(ValueError, match="class_weight must be None for multilabel data; use sample_weight"):
        mm.BagClassifier(class_weight="balanced").fit(TEXTS, SETS)


@pytest.mark.parametrize(
    ("class_weight", "weights"), [({"pos": 0, "neg": 0}, None), ({"pos": 0}, [float(one == "pos") for one in LABELS])]
)
def test_weights_that_leave_no_text_are_refused(class_weight, weights):
    with pytest.raises(ValueError, match="zero"):
        mm.BagClassifier(C=1.0, class_weight=class_weight).fit(TEXTS, LABELS, sample_weight=weights)


@pytest.mark.parametrize("weight", [1e300, 1e-300])
def test_weights_that_float32_cannot_hold_are_refused(weight):
    with pytest.raises(ValueError, match="sample_weight"):
        mm.BagClassifier(C=1.0).fit(TEXTS, LABELS, sample_weight=[weight] * 24)


@pytest.mark.parametrize("smoothing", [1e-50, 1e300])
def test_smoothing_that_float32_cannot_hold_is_refused(smoothing):
    with pytest.raises(ValueError, match="smoothing"):
        mm.BagClassifier(C=1.0, smoothing=smoothing).fit(TEXTS, LABELS)


def test_a_range_that_is_an_array_is_refused_by_name():
    with pytest.raises(TypeError, match="ngrams must be"):
        mm.BagClassifier(ngrams=np.array([1, 2]), C=1.0).fit(TEXTS, LABELS)


def test_learned_attributes_need_a_fit():
    for name in ("classes_", "facts_", "top_ngrams_", "fitted"):
        with pytest.raises(NotFittedError, match="this BagClassifier is not fitted; call fit first"):
            getattr(mm.BagClassifier(), name)


def test_a_refit_keeps_what_was_chosen():
    texts, classes = made(60)
    model = mm.BagClassifier(WORDS, (1, 2)).fit(texts, classes)
    before = model.fitted
    more, others = made(100, seed=5)
    model.refit_on([*texts, *more], [*classes, *others])
    assert model.fitted.facts.C == before.facts.C
    assert model.fitted.facts.tried == before.facts.tried
    assert model.fitted.calibrator == before.calibrator
    assert model.facts_.samples == 160
    once = mm.BagClassifier(WORDS, (1, 2), C=before.facts.C, calibration=None).fit([*texts, *more], [*classes, *others])
    assert model.decision_function(texts).tobytes() == once.decision_function(texts).tobytes()
    with pytest.raises(NotFittedError):
        mm.BagClassifier().refit_on(texts, classes)
