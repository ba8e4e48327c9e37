"""The settings of bag models and their validation."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import LARGEST_NUMBER, check_choice, check_number, real_number, shorten
from malmoi.metrics.calibrators import CALIBRATIONS
from malmoi.models.linear.features import NgramsSetting, TokensSetting, check_features
from malmoi.models.weights import ClassWeight, check_class_weight

__all__ = ["LARGEST_C", "WEIGHTINGS", "BagSettings", "Weighting", "WeightingName", "check_reject_below"]


@dataclass(frozen=True)
class Weighting:
    """How feature values are computed from counts.

    Args:
        local: transformation of a count: "binary", "count" or "sublinear", 1 + ln count.
        by_rarity: whether values are multiplied by the inverse document frequency.
        by_class: whether they are multiplied by log-count ratios of the classes.
    """

    local: Literal["binary", "count", "sublinear"]
    by_rarity: bool = False
    by_class: bool = False


WeightingName = Literal["nb", "tfidf", "count", "binary"]
_WEIGHTINGS: dict[WeightingName, Weighting] = {
    "nb": Weighting("binary", by_class=True),
    "tfidf": Weighting("sublinear", by_rarity=True),
    "count": Weighting("count"),
    "binary": Weighting("binary"),
}
WEIGHTINGS: dict[str, Weighting] = dict(_WEIGHTINGS.items())
"""Weightings by their names in settings and files."""
OF_CLASSES = ("smoothing", "class_weight", "calibration", "reject_below")
"""Settings of the classifier that the regressor does not have."""
LARGEST_C = 1e6
SMALLEST_SMOOTHING = 1e-6
LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class BagSettings:
    """The parameters of `BagClassifier` and `BagRegressor`; see there for meanings and defaults."""

    tokens: TokensSetting
    ngrams: NgramsSetting
    weighting: WeightingName
    C: float | Literal["auto"]
    buckets: int | None
    min_texts: int | Literal["auto"]
    max_features: int | None
    seed: int
    n_jobs: int | None = None
    smoothing: float = 1.0
    class_weight: ClassWeight = None
    calibration: str | None = None
    reject_below: float | None = None

    def parameters(self, kind: str) -> dict[str, object]:
        """Return the parameters of the estimator "BagClassifier" or "BagRegressor" by name."""
        left_out = OF_CLASSES if kind == "BagRegressor" else ()
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name not in left_out}

    @classmethod
    def of(cls, estimator: object) -> BagSettings:
        """Read the settings from an estimator and check them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.
        """
        given = {one.name: getattr(estimator, one.name) for one in fields(cls) if hasattr(estimator, one.name)}
        settings = cls(**given)
        settings.check()
        return replace(settings, seed=int(settings.seed))

    def check(self) -> None:
        """Raise an error if a setting is out of range or has no effect."""
        check_features(self.tokens, self.ngrams)
        check_choice("weighting", self.weighting, tuple(WEIGHTINGS))
        if self.C != "auto" and not 0 < real_number("C", self.C) <= LARGEST_C:
            raise ValueError(f'C must be "auto", or above 0 and at most {LARGEST_C:g}, got {self.C}')
        self._check_columns()
        check_number("seed", self.seed, 0, LARGEST_SEED)
        thread_count(self.n_jobs)
        if not SMALLEST_SMOOTHING <= real_number("smoothing", self.smoothing) <= 1 / SMALLEST_SMOOTHING:
            rule = f"smoothing must be from {SMALLEST_SMOOTHING:g} to {1 / SMALLEST_SMOOTHING:g}"
            raise ValueError(f"{rule}, got {self.smoothing}")
        if self.smoothing != 1 and not WEIGHTINGS[self.weighting].by_class:
            raise ValueError(f"smoothing has no effect on the weighting {self.weighting!r}; leave it out")
        check_class_weight(self.class_weight)
        if self.calibration is not None:
            check_choice("calibration", self.calibration, (*CALIBRATIONS, None))
        check_reject_below(self.reject_below)

    def _check_columns(self) -> None:
        if self.min_texts != "auto":
            if isinstance(self.min_texts, str):
                raise TypeError(f'min_texts must be "auto" or a whole number, got {shorten(self.min_texts)}')
            check_number("min_texts", self.min_texts, 1)
        if self.max_features is not None:
            check_number("max_features", self.max_features, 1)
        if self.buckets is None:
            return
        check_number("buckets", self.buckets, 1, LARGEST_NUMBER)
        for name, value, default in (("min_texts", self.min_texts, "auto"), ("max_features", self.max_features, None)):
            if value != default:
                raise ValueError(f"{name} has no effect with buckets, which use all n-grams; leave it out")


def check_reject_below(value: object) -> None:
    """Check the probability below which labels are rejected.

    Raises:
        TypeError: it is not a number.
        ValueError: it is out of range.
    """
    if value is not None and not 0 <= real_number("reject_below", value) <= 1:
        raise ValueError(f"reject_below must be None, or from 0 to 1, got {value}")
