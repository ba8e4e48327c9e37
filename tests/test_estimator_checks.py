"""scikit-learn's own checks of every vectorizer and of classifiers; and what those that feed numbers mean for texts."""

import pickle
from unittest import SkipTest

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted

from malmoi import BagClassifier, FastTextClassifier, FewLabelClassifier, TextEmbedder, WordVectors, vectorizers

VECTORS = WordVectors.from_arrays(["cat", "the", "good"], [[1.0, 0.0], [0.5, 2.0], [0.0, 1.0]])


class Embedder(TextEmbedder):
    """With vectors of its own, so that it can be made without settings."""

    vectors = VECTORS

    def __init__(
        self,
        weighting="mean",
        smoothing=1e-3,
        common=1,
        norm=None,
        tokens="auto",
        missing="zeros",
        lowercase=True,
        n_jobs=None,
    ):
        self.weighting = weighting
        self.smoothing = smoothing
        self.common = common
        self.norm = norm
        self.tokens = tokens
        self.missing = missing
        self.lowercase = lowercase
        self.n_jobs = n_jobs


KINDS = [k for k in (getattr(vectorizers, name) for name in vectorizers.__all__) if hasattr(k, "transform")]
KINDS.append(Embedder)
TEXTS = ["The cat sat.", "", "고양이가 앉았다!", "the cat"]

NUMBERS = "feeds a matrix of floats; a text vectorizer takes texts"
CANNOT_APPLY = {
    "check_array_api_input": "needs SCIPY_ARRAY_API, and feeds arrays of floats",
    "check_complex_data": "feeds complex numbers, and asks for its own message about them",
    "check_dict_unchanged": NUMBERS,
    "check_dont_overwrite_parameters": NUMBERS,
    "check_dtype_object": NUMBERS,
    "check_estimator_sparse_array": "feeds a sparse matrix, and asks for a message that says 'sparse'",
    "check_estimator_sparse_matrix": "feeds a sparse matrix, and asks for a message that says 'sparse'",
    "check_estimator_sparse_tag": "feeds a sparse matrix, which is refused with a TypeError instead of a ValueError",
    "check_estimators_dtypes": NUMBERS,
    "check_estimators_empty_data_messages": "asks for an error where there are no samples; no texts give no rows here",
    "check_estimators_fit_returns_self": NUMBERS,
    "check_estimators_nan_inf": "feeds floats, and asks for a message that says 'NaN' or 'inf'",
    "check_estimators_overwrite_params": NUMBERS,
    "check_estimators_pickle": NUMBERS,
    "check_f_contiguous_array_estimator": NUMBERS,
    "check_fit1d": "feeds a row of floats, which is refused with a TypeError instead of a ValueError",
    "check_fit2d_1feature": NUMBERS,
    "check_fit2d_1sample": NUMBERS,
    "check_fit2d_predict1d": NUMBERS,
    "check_fit_check_is_fitted": NUMBERS,
    "check_fit_idempotent": NUMBERS,
    "check_fit_score_takes_y": NUMBERS,
    "check_methods_sample_order_invariance": NUMBERS,
    "check_methods_subset_invariance": NUMBERS,
    "check_n_features_in": NUMBERS,
    "check_pipeline_consistency": NUMBERS,
    "check_positive_only_tag_during_fit": NUMBERS,
    "check_readonly_memmap_input": NUMBERS,
    "check_transformer_data_not_an_array": NUMBERS,
    "check_transformer_general": NUMBERS,
    "check_transformer_preserve_dtypes": NUMBERS,
    "check_transformers_unfitted": "feeds floats, which are refused before anything else",
    "check_transformers_unfitted_stateless": NUMBERS,
}


def checks_of(kind):
    """All checks that scikit-learn has for a transformer of matrices, by their names."""

    class OfMatrices(kind):
        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.two_d_array = True
            return tags

    yielded = estimator_checks.estimator_checks_generator(OfMatrices(), legacy=True)
    return [(check.func.__name__, check.func, check.keywords) for _, check in yielded]


def dense(rows):
    return rows.toarray() if hasattr(rows, "toarray") else rows


REFUSALS = (AssertionError, IndexError, SkipTest, TypeError, ValueError)
REFUSED = (
    r"must be a str|must have one axis|too many indices for array|not enough values to unpack|SCIPY_ARRAY_API"
    r"|^(The )?[Ee]stimator '?\w+'? (raised|does)|^The unfitted transformer \w+ does not raise"
)
"""What the checks of `CANNOT_APPLY` end with: floats are refused as texts, or the check asks for its own message."""
CHECKS = [(kind, *check) for kind in KINDS for check in checks_of(kind)]


@pytest.mark.parametrize(
    ("kind", "name", "check", "keywords"), CHECKS, ids=[f"{kind.__name__}-{name}" for kind, name, *_ in CHECKS]
)
def test_a_check_passes_or_cannot_apply(kind, name, check, keywords):
    if name not in CANNOT_APPLY:
        check(kind.__name__, kind(), **keywords)
        return
    with pytest.raises(REFUSALS, match=REFUSED):  # where it passes, take it out of CANNOT_APPLY
        check(kind.__name__, kind(), **keywords)


def test_enough_checks_apply():
    assert len(KINDS) == 7
    assert all(len({name for name, *_ in checks_of(kind)} - set(CANNOT_APPLY)) >= 12 for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
class TestWithTexts:
    def test_scikit_learn_checks_what_it_can_itself(self, kind):
        with pytest.warns(SkipTestWarning, match="Can't test estimator"):
            done = estimator_checks.check_estimator(kind())
        assert {report["status"] for report in done} == {"passed"}

    def test_tags_say_that_texts_come_in(self, kind):
        tags = kind().__sklearn_tags__()
        assert (tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array) == (True, True, False)
        assert tags.requires_fit == (kind.__name__ not in ("HashedBagVectorizer", "HashedOneHotVectorizer"))

    def test_fit_returns_the_vectorizer(self, kind):
        vectorizer = kind()
        assert vectorizer.fit(TEXTS) is vectorizer
        assert vectorizer.fit(TEXTS, [0, 1, 0, 1]) is vectorizer

    def test_fit_leaves_the_settings_alone(self, kind):
        vectorizer = kind()
        before = vectorizer.get_params()
        vectorizer.fit(TEXTS)
        assert all(vectorizer.get_params()[name] is value for name, value in before.items())
        added = set(vars(vectorizer)) - set(before)
        assert all(name.endswith("_") or name.startswith("_") for name in added)

    def test_transform_changes_nothing(self, kind):
        vectorizer = kind().fit(TEXTS)
        before = dict(vars(vectorizer))
        vectorizer.transform(TEXTS)
        assert vars(vectorizer).keys() == before.keys()
        assert all(vars(vectorizer)[name] is value for name, value in before.items())

    def test_scikit_learn_knows_whether_it_is_fitted(self, kind):
        check_is_fitted(kind().fit(TEXTS))

    def test_texts_are_not_changed(self, kind):
        texts = np.array(TEXTS, dtype=object)
        texts.setflags(write=False)
        given = list(TEXTS)
        assert np.array_equal(dense(kind().fit_transform(texts)), dense(kind().fit_transform(given)))
        assert given == TEXTS

    def test_a_pipeline_does_the_same(self, kind):
        pipeline = make_pipeline(kind())
        assert np.array_equal(dense(pipeline.fit_transform(TEXTS)), dense(kind().fit_transform(TEXTS)))
        assert np.array_equal(dense(pipeline.transform(TEXTS)), dense(kind().fit(TEXTS).transform(TEXTS)))

    def test_a_clone_is_as_before_fit(self, kind):
        fitted = kind(n_jobs=2).fit(TEXTS)
        copied = clone(fitted)
        assert copied.get_params() == fitted.get_params()
        assert vars(copied) == vars(kind(n_jobs=2))

    def test_a_copy_of_an_unfitted_one_can_be_fitted(self, kind):
        copied = pickle.loads(pickle.dumps(kind()))
        assert np.array_equal(dense(copied.fit_transform(TEXTS)), dense(kind().fit_transform(TEXTS)))

    def test_rows_of_flat_kinds_train_a_classifier(self, kind, texts, labels):
        settings = {"sparse_output": True} if "sparse_output" in kind().get_params() else {}
        pipeline = make_pipeline(kind(**settings), LogisticRegression(max_iter=1000))
        assert pipeline.fit(texts, labels).predict(texts).shape == (6,)


SETTINGS = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("kind", [BagClassifier, FastTextClassifier, FewLabelClassifier])
def test_a_check_of_a_classifier_of_texts(kind, name):
    getattr(estimator_checks, name)(kind.__name__, kind())


@pytest.mark.parametrize("kind", [BagClassifier, FastTextClassifier, FewLabelClassifier])
def test_a_classifier_of_texts_learns_behind_no_other_step(kind, texts, labels):
    pipeline = make_pipeline(kind()).fit(texts, labels)
    assert np.array_equal(pipeline.predict(texts), kind().fit(texts, labels).predict(texts))
    check_is_fitted(pipeline[-1])
    with pytest.raises(NotFittedError, match=f"this {kind.__name__} is not fitted; call fit first"):
        kind().predict(texts)
    settings = kind(seed=3).get_params()
    fitted = kind(**settings).fit(texts, labels)
    assert all(fitted.get_params()[name] is value for name, value in settings.items())
    assert not hasattr(clone(fitted), "fitted_")
