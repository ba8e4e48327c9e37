"""The settings of MiniRocket's estimators and their validation."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal, Protocol, TypeAlias, get_args

from malmoi.data.series import MISSING
from malmoi.foundation.light_estimators import LightEstimator
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_choice, check_number, real_number
from malmoi.models.normalization import check_normalize
from malmoi.models.weights import ClassWeight, check_class_weight

__all__ = [
    "KERNELS",
    "LARGEST_C",
    "LINEAR",
    "ConvolutionSettings",
    "LinearChoice",
    "MiniRocketSettings",
    "Padding",
    "check_convolutions",
]

KERNELS = 84
"""Number of fixed kernels; the number of features is a multiple of it."""
MOST_KERNELS = 1_000_000
Padding: TypeAlias = Literal["auto", "zeros"]
PADDINGS: tuple[Padding | None, ...] = (*get_args(Padding), None)
LARGEST_C = 1e6
LARGEST_SEED = 2**63 - 1
LinearChoice: TypeAlias = Literal["auto", "ridge", "logistic"]
LINEAR: tuple[LinearChoice, ...] = get_args(LinearChoice)
OF_CLASSES = ("class_weight", "linear")


class ConvolutionSettings(Protocol):
    """The common settings of the estimators and the transformer."""

    @property
    def missing(self) -> str:
        """Treatment of missing values."""

    @property
    def kernels(self) -> int:
        """Number of features, rounded down to a multiple of 84."""

    @property
    def normalize(self) -> str | None:
        """Normalization of values."""

    @property
    def padding(self) -> Padding | None:
        """Padding of shorter series."""

    @property
    def seed(self) -> int:
        """Random seed."""

    @property
    def n_jobs(self) -> int | None:
        """Threads."""


@dataclass(frozen=True)
class MiniRocketSettings:
    """The parameters of MiniRocket's classifier and regressor; see there for meanings and defaults."""

    missing: str
    kernels: int
    normalize: str | None
    padding: Padding | None
    C: float | Literal["auto"]
    seed: int
    n_jobs: int | None = None
    class_weight: ClassWeight = None
    linear: LinearChoice = "auto"

    @classmethod
    def of(cls, estimator: LightEstimator) -> MiniRocketSettings:
        """Read the settings from an estimator and check them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range.
        """
        given = {one.name: getattr(estimator, one.name) for one in fields(cls) if hasattr(estimator, one.name)}
        settings = cls(**given)
        settings.check()
        return replace(settings, seed=int(settings.seed), kernels=int(settings.kernels))

    def check(self) -> None:
        """Raise an error if a setting is out of range.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range.
        """
        check_convolutions(self)
        if self.C != "auto" and not 0 < real_number("C", self.C) <= LARGEST_C:
            raise ValueError(f'C must be "auto", or above 0 and at most {LARGEST_C:g}, got {self.C}')
        check_choice("linear", self.linear, LINEAR)
        check_class_weight(self.class_weight)

    def parameters(self, kind: str) -> dict[str, object]:
        """Return the parameters of the estimator "MiniRocketClassifier" or "MiniRocketRegressor" by name."""
        left_out = OF_CLASSES if kind == "MiniRocketRegressor" else ()
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name not in left_out}


def check_convolutions(settings: ConvolutionSettings) -> None:
    """Check the settings of the convolutions of an estimator or a transformer.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range.
    """
    check_choice("missing", settings.missing, MISSING)
    check_number("kernels", settings.kernels, KERNELS, MOST_KERNELS)
    if settings.normalize != "auto":
        check_normalize(settings.normalize)
    check_choice("padding", settings.padding, PADDINGS)
    check_number("seed", settings.seed, 0, LARGEST_SEED)
    thread_count(settings.n_jobs)
