"""Estimators without scikit-learn's base classes: what scikit-learn's own functions do with them."""

import copy
import pickle
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

import malmoi as mm
from malmoi.foundation.light_estimators import LightClassifierMixin, LightEstimator, LightRegressorMixin
from malmoi.models.base import ModelEstimator
from malmoi.models.neural.estimator import NetworkEstimator
from malmoi.models.task import Binary, Multilabel

TEXTS = np.array(["good film", "so good", "bad film", "so bad", "good", "bad"] * 4, dtype=object)
LABELS = np.array(["pos", "pos", "neg", "neg", "pos", "neg"] * 4)


@dataclass(frozen=True)
class Rule:
    """The word that a classifier looks for."""

    word: str = "good"

    def __post_init__(self):
        if not self.word:
            raise ValueError("word must not be empty")


class OneWord(LightClassifierMixin, LightEstimator):
    """Predicts the second class where a text has a word."""

    def __init__(self, rule=Rule(), smoothing=0.1, *, inner=None):
        self.rule = rule
        self.smoothing = smoothing
        self.inner = inner

    def fit(self, texts, labels, sample_weight=None):
        self.classes_ = np.unique(labels)
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "classes_")

    def predict_proba(self, texts):
        check_is_fitted(self)
        found = np.array([self.rule.word in text for text in texts], dtype=float).clip(self.smoothing)
        return np.stack([1 - found, found], axis=1)

    def predict(self, texts):
        return self.classes_[self.predict_proba(texts).argmax(axis=1)]

    @property
    def fitted(self):
        return SimpleNamespace(hits=lambda X, y: Binary(self.classes_).hits(self.predict_proba(X)[:, 1:], y))


class Lengths(LightRegressorMixin, LightEstimator):
    """Predicts numbers that it was given."""

    def __init__(self, numbers):
        self.numbers = numbers

    def predict(self, X):
        return self.numbers


class Sets(LightClassifierMixin, LightEstimator):
    """Predicts collections of labels: ("a",), ("a", "b"), ()."""

    fitted = SimpleNamespace(
        hits=lambda X, y: Multilabel(np.array(["a", "b"])).hits(np.array([[1, 0], [1, 1], [0, 0]]), y)
    )


# Parameters


def test_parameters_are_those_of_the_constructor_sorted():
    model = OneWord(inner=OneWord(smoothing=0.3))
    assert list(model.get_params(deep=False)) == ["inner", "rule", "smoothing"]
    assert model.get_params()["inner__smoothing"] == 0.3
    assert OneWord(**model.get_params(deep=False)).get_params(deep=False) == model.get_params(deep=False)
    assert Sets().get_params() == {}


def test_parameters_are_set_by_name_and_inside_values_and_estimators():
    model = OneWord(inner=OneWord()).set_params(smoothing=0.2, rule__word="bad", inner__rule__word="so")
    assert (model.smoothing, model.rule, model.inner.rule) == (0.2, Rule("bad"), Rule("so"))
    assert model.set_params(inner=OneWord(), inner__smoothing=0.4).inner.smoothing == 0.4
    assert model.set_params(rule=Rule("a")).rule == Rule("a")
    assert model.set_params() is model


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"smooth": 1}, "Invalid parameter 'smooth' for OneWord, which has inner, rule, smoothing"),
        ({"rules__word": 1}, "Invalid parameter 'rules__word' for OneWord"),
        ({"rule__words": 1}, "a field of rule must be one of word, got 'words'"),
        ({"rule__word": ""}, "word must not be empty"),
        ({"smoothing__x": 1}, "smoothing must have fields for smoothing__x, got 0.1"),
    ],
)
def test_a_wrong_parameter_is_refused(settings, message):
    model = OneWord()
    with pytest.raises(ValueError, match=message):
        model.set_params(**settings)
    assert model.rule == Rule()


def test_it_shows_the_call_that_makes_it():
    assert repr(OneWord()) == "OneWord()"
    assert repr(OneWord(Rule("x"), inner=OneWord())) == "OneWord(inner=OneWord(), rule=Rule(word='x'))"


def test_a_constructor_has_named_parameters():
    class Loose(LightEstimator):
        def __init__(self, **settings):
            self.settings = settings

    with pytest.raises(TypeError, match="Loose must have named parameters, got \\*settings"):
        Loose().get_params()


# scikit-learn's functions


def test_clone_gives_an_unfitted_one_with_the_same_parameters():
    model = OneWord(Rule("bad"), inner=OneWord(smoothing=0.3)).fit(TEXTS, LABELS)
    copied = clone(model)
    assert copied.rule == model.rule
    assert copied.inner is not model.inner
    assert copied.inner.smoothing == 0.3
    assert not hasattr(copied, "classes_")


def test_copies_predict_the_same():
    model = OneWord().fit(TEXTS, LABELS)
    for one in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert one.predict(TEXTS).tolist() == LABELS.tolist()


def test_scikit_learn_knows_its_kind_and_whether_it_is_fitted():
    assert is_classifier(OneWord())
    assert not is_regressor(OneWord())
    assert is_regressor(Lengths([1.0]))
    assert get_tags(OneWord()).target_tags.required
    with pytest.raises(NotFittedError):
        check_is_fitted(OneWord())
    check_is_fitted(OneWord().fit(TEXTS, LABELS))


def test_a_pipeline_takes_it():
    pipeline = make_pipeline(FunctionTransformer(lambda texts: [text.lower() for text in texts]), OneWord())
    assert pipeline.fit(TEXTS, LABELS).score(TEXTS, LABELS) == 1.0
    assert pipeline.predict_proba(["GOOD"]).tolist() == [[0.0, 1.0]]
    assert pipeline.set_params(oneword__rule__word="zzz").predict(["good"]).tolist() == ["neg"]
    check_is_fitted(pipeline)
    assert "OneWord" in repr(pipeline)
    assert "OneWord" in pipeline._repr_html_()
    assert clone(pipeline).get_params()["oneword__smoothing"] == 0.1


def test_a_search_finds_the_best_field():
    search = GridSearchCV(OneWord(), {"rule__word": ["zzz", "good"], "smoothing": [0.1]}, cv=3).fit(TEXTS, LABELS)
    assert search.best_params_ == {"rule__word": "good", "smoothing": 0.1}
    assert search.best_score_ == 1.0
    assert GridSearchCV(OneWord(), {"smoothing": [0.1]}, scoring="roc_auc", cv=2).fit(TEXTS, LABELS).best_score_ == 1.0


def test_cross_validation_scores_it():
    assert cross_val_score(OneWord(), TEXTS, LABELS, cv=3).tolist() == [1.0, 1.0, 1.0]
    assert cross_val_score(OneWord(), TEXTS, LABELS, cv=2, scoring="f1_macro").tolist() == [1.0, 1.0]
    assert cross_val_predict(OneWord(), TEXTS, LABELS, cv=3, method="predict_proba").shape == (24, 2)


def test_one_against_the_rest_takes_it():
    model = OneVsRestClassifier(OneWord()).fit(TEXTS, LABELS)
    assert len(model.estimators_) == 1
    labels = np.array(["a", "b", "c"] * 8)
    assert OneVsRestClassifier(OneWord()).fit(TEXTS, labels).predict(TEXTS).shape == (24,)


def test_a_notebook_draws_it():
    assert "OneWord" in OneWord()._repr_html_()


# Scores


def test_accuracy_is_that_of_scikit_learn():
    random = np.random.default_rng(0)
    labels, weights = random.choice(["neg", "pos"], size=24), random.random(24)
    model = OneWord().fit(TEXTS, LABELS)
    assert model.score(TEXTS, labels) == pytest.approx(accuracy_score(labels, model.predict(TEXTS)))
    assert model.score(TEXTS, labels.tolist(), weights) == pytest.approx(
        accuracy_score(labels, model.predict(TEXTS), sample_weight=weights)
    )


def test_accuracy_of_several_labels_counts_whole_sets():
    assert Sets().score([0, 1, 2], [["a"], {"b", "a"}, ["a"]]) == pytest.approx(2 / 3)


def test_the_score_of_a_regressor_is_that_of_scikit_learn():
    random = np.random.default_rng(0)
    for shape in ((9,), (9, 3)):
        truth, predicted, weights = random.normal(size=shape), random.normal(size=shape), random.random(9)
        assert Lengths(predicted).score(None, truth) == pytest.approx(r2_score(truth, predicted))
        assert Lengths(predicted).score(None, truth, weights) == pytest.approx(
            r2_score(truth, predicted, sample_weight=weights)
        )
    constant, shifted = np.ones((4, 2)), np.ones((4, 2)) + np.arange(2)
    assert Lengths(shifted).score(None, constant) == r2_score(constant, shifted) == 0.5


@pytest.mark.parametrize(
    ("labels", "weights", "message"),
    [
        (LABELS[:3], None, r"y must have the shape of the predictions, \(24,\), got \(3,\)"),
        (np.arange(24), None, "y must have the type of the predictions, <U3, got int64"),
        (LABELS, [1.0], r"sample_weight must have shape \(24,\), got \(1,\)"),
    ],
)
def test_a_score_of_other_labels_is_refused(labels, weights, message):
    with pytest.raises(ValueError, match=message):
        OneWord().fit(TEXTS, LABELS).score(TEXTS, labels, weights)


def test_a_score_of_nothing_is_refused():
    with pytest.raises(ValueError, match="y must have 1 sample or more, got 0"):
        OneWord().fit(TEXTS, LABELS).score(TEXTS[:0], LABELS[:0])
    with pytest.raises(ValueError, match=r"y must have the shape of the predictions, \(1,\), got \(2,\)"):
        Lengths([1.0]).score(None, [1.0, 2.0])


# The estimators of the package


def test_estimators_with_networks_are_scikit_learn_s_and_others_need_not_be():
    assert not issubclass(ModelEstimator, BaseEstimator)
    assert issubclass(NetworkEstimator, BaseEstimator)
    assert isinstance(mm.EmbeddingClassifier(), BaseEstimator)
    assert mm.EmbeddingClassifier.__repr__ is BaseEstimator.__repr__


def test_metadata_routing_works_with_networks():
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        assert mm.EmbeddingClassifier().set_fit_request(sample_weight=True).get_metadata_routing().consumes(
            "fit", ["sample_weight"]
        ) == {"sample_weight"}
