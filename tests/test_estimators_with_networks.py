"""scikit-learn's own checks of the estimators that have a network, as far as they mean something for them."""

import warnings

import pytest
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import estimator_checks_generator

import malmoi as mm

pytest.importorskip("keras")


class Classifier(mm.SeriesClassifier):
    """With settings of its own, so that it learns small data in time."""

    def __init__(
        self,
        network=mm.Average(hidden=8),
        missing="refuse",
        *,
        recipe="auto",
        normalize="training",
        max_time_steps=1_000,
        optimizer="adam",
        learning_rate=0.05,
        schedule="constant",
        steps=None,
        epochs=12,
        batch_size=32,
        seed=0,
        patience=None,
        class_weight=None,
        precision="float32",
    ):
        settings = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        super().__init__(**settings)


class Regressor(mm.SeriesRegressor):
    """With settings of its own, so that it learns small data in time."""

    def __init__(
        self,
        network=mm.Flatten(hidden=8),
        missing="refuse",
        *,
        recipe="auto",
        normalize="training",
        max_time_steps=1_000,
        optimizer="adam",
        learning_rate=0.05,
        schedule="constant",
        steps=None,
        epochs=12,
        batch_size=32,
        seed=0,
        patience=None,
        precision="float32",
    ):
        settings = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        super().__init__(**settings)


# Others feed (samples, features) where ours are (samples, time), or ask that an error about data be a `ValueError`.
SERIES = {
    "check_classifiers_classes",
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_estimators_dtypes",
    "check_estimators_fit_returns_self",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_estimators_unfitted",
    "check_fit2d_1feature",
    "check_fit_idempotent",
    "check_fit_score_takes_y",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_readonly_memmap_input",
    "check_regressors_train",
    "check_sample_weights_list",
    "check_sample_weights_not_overwritten",
    "check_sample_weights_shape",
    "check_all_zero_sample_weights_error",
    "check_classifier_data_not_an_array",
}
# Of those, what a regressor does otherwise than a classifier.
NUMBERS = {
    "check_fit2d_1feature",
    "check_fit_score_takes_y",
    "check_methods_subset_invariance",
    "check_regressors_train",
    "check_sample_weights_shape",
    "check_estimators_pickle",
}
SETTINGS = {
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_set_params",
    "check_estimator_tags_renamed",
    "check_valid_tag_types",
}


def checks_of(estimator, names):
    found = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Estimator .* does not inherit from")  # which checks of ours need not
        generated = list(estimator_checks_generator(estimator))
    for made, check in generated:
        name = check.func.__name__
        if name in names:
            found.setdefault(name, (made, check))
    return [pytest.param(*pair, id=f"{type(estimator).__name__}-{name}") for name, pair in found.items()]


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        *checks_of(Classifier(), SERIES | SETTINGS),
        *checks_of(Regressor(), NUMBERS | SETTINGS),
    ],
)
def test_a_check_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_check_of_settings_where_texts_come_in(name):
    getattr(estimator_checks, name)("EmbeddingClassifier", mm.EmbeddingClassifier())
