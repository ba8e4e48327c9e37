"""MiniRocket features as a transformer, for other models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.series import as_series, check_feature_count
from malmoi.foundation.arrays import joined
from malmoi.foundation.light_estimators import LightEstimator
from malmoi.foundation.threads import thread_count
from malmoi.models.minirocket.learning import prepared_for
from malmoi.models.minirocket.parts import Convolutions, Floats, Preparation, learned_convolutions
from malmoi.models.minirocket.settings import Padding, check_convolutions

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["MiniRocket"]


class MiniRocket(LightEstimator):
    """Transform series to features: shares of the steps at which fixed convolutions exceed learned biases.

    Args:
        missing: missing values (NaN): "refuse" (an error) or "indicate" (interpolation in time, with an additional
            indicator feature for every feature).
        kernels: number of convolutional features, from 84 kernels at several dilations; rounded down to a multiple of
            84, the minimum.
        normalize: normalization: "training" (of every feature over the training series), "series" (of each series
            separately), or `None`.
        padding: padding of series shorter than the longest training series: "zeros", or `None` for no padding.
        seed: random seed of biases and channels.
        n_jobs: number of threads; `None`: all cores. The result does not depend on it.

    Attributes:
        convolutions_: dilations, channels and biases.
        n_features_in_: number of features of the series.

    Source:
        Dempster, Schmidt and Webb 2021, "MiniRocket: A very fast (almost) deterministic transform for time series
        classification".

    Example:
        >>> rocket = MiniRocket(kernels=840)
        >>> features = rocket.fit_transform(np.random.default_rng(0).normal(size=(5, 100)))
        >>> features.shape, features.dtype
        ((5, 840), dtype('float32'))
        >>> rocket.transform(np.zeros((1, 100))).shape, rocket.n_features_in_
        ((1, 840), 1)
        >>> rocket.get_feature_names_out()[:2].tolist()
        ['minirocket0', 'minirocket1']
    """

    convolutions_: Convolutions
    preparation_: Preparation

    def __init__(
        self,
        missing: str = "refuse",
        *,
        kernels: int = 10_000,
        normalize: str | None = None,
        padding: Padding | None = "zeros",
        seed: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.missing = missing
        self.kernels = kernels
        self.normalize = normalize
        self.padding = padding
        self.seed = seed
        self.n_jobs = n_jobs

    @property
    def n_features_in_(self) -> int:
        """Number of features of the series."""
        return self.preparation_.features

    def fit(self, X: object, y: object = None) -> Self:
        """Learn biases from series.

        Args:
            X: series, in the form that `MiniRocketClassifier.fit` accepts.
            y: ignored; accepted for scikit-learn pipelines.

        Raises:
            TypeError: data or a setting has the wrong type.
            ValueError: a setting is out of range.
            DataError: a series is invalid.
        """
        check_convolutions(self)
        for name in ("normalize", "padding"):
            if getattr(self, name) == "auto":
                raise ValueError(f'{name} must not be "auto", which needs labels; use MiniRocketClassifier')
        series = as_series(X, missing=self.missing, name="X")
        preparation = prepared_for(self, series)[0]
        self.convolutions_ = learned_convolutions(
            preparation, preparation.packed(series), self.kernels, int(self.seed), self.n_jobs
        )
        self.preparation_ = preparation
        return self

    def transform(self, X: object) -> Floats:
        """Return the features of series.

        Args:
            X: series, in the form that `MiniRocketClassifier.fit` accepts.

        Returns:
            float32 (samples, features), from 0 to 1.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: a series is invalid, or has another number of features.
        """
        if not hasattr(self, "convolutions_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("this MiniRocket is not fitted; call fit first")
        series = as_series(X, missing=self.missing, name="X")
        check_feature_count(series, self.n_features_in_)
        threads = thread_count(self.n_jobs)
        parts = [
            self.convolutions_.core.features(*batch, threads=threads) for batch in self.preparation_.batches(series)
        ]
        return joined(parts, np.float32, len(self.convolutions_))

    def fit_transform(self, X: object, y: object = None) -> Floats:
        """Fit on series, and return their features.

        Args:
            X: series, in the form that `MiniRocketClassifier.fit` accepts.
            y: ignored; accepted for scikit-learn pipelines.

        Returns:
            float32 (samples, features), from 0 to 1.

        Raises:
            DataError: a series is invalid.
        """
        return self.fit(X, y).transform(X)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Return a name for every feature, for scikit-learn pipelines.

        Args:
            input_features: ignored; accepted for scikit-learn pipelines.

        Returns:
            Array of str (features,): "minirocket0", "minirocket1" and so on.
        """
        return np.array([f"minirocket{place}" for place in range(len(self.convolutions_))], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether `fit` was called."""
        return hasattr(self, "convolutions_")

    def __sklearn_tags__(self) -> Tags:
        """Return the tags of a scikit-learn transformer."""
        from sklearn.utils import TransformerTags

        tags = super().__sklearn_tags__()
        tags.transformer_tags = TransformerTags(preserves_dtype=[])
        tags.input_tags.three_d_array = True
        return tags
