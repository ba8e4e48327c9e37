"""What the estimators of series share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.classifiers.base import FitOptions, NetworkEstimator, stratified_places
from malmoi.classifiers.scaling import (
    MISSING,
    Standardization,
    as_series,
    check_feature_names,
    feature_names,
    padded_series,
)
from malmoi.classifiers.targets import check_class_weight
from malmoi.errors import DataError, shorten
from malmoi.evaluation import Objective
from malmoi.networks import Network, NetworkFunction, Output, Plan, as_network, build_model
from malmoi.startup import warm_up
from malmoi.training import Samples, TrainingSettings

__all__ = ["SeriesEstimator"]

KEPT_EXAMPLES = 4
Targets = npt.NDArray[Any]


class SeriesEstimator(NetworkEstimator):
    """What both estimators of series share."""

    network: Network | NetworkFunction
    missing: str
    standardize: bool
    scale_: Standardization
    length_: int
    n_features_in_: int
    feature_names_in_: npt.NDArray[np.object_] | None
    examples_: list[npt.NDArray[np.float32]]
    validation_samples_: int

    def check_settings(self) -> TrainingSettings:
        """Refuse settings that are out of their range, before any work; returns those of the training loop.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range.
        """
        as_network(self.network)
        if self.missing not in MISSING:
            raise ValueError(f"missing must be one of {', '.join(MISSING)}, got {shorten(self.missing)}")
        if not isinstance(self.standardize, bool):
            raise TypeError(f"standardize must be True or False, got {shorten(self.standardize)}")
        check_class_weight(getattr(self, "class_weight", None))
        return self._training_settings()

    def _fit(
        self, X: object, targets: Targets, weights: npt.NDArray[np.float32] | None, held_out: Any,
        output: Output, objective: Objective, options: FitOptions,
    ) -> dict[str, Any]:  # fmt: skip
        """The learned attributes; `held_out` is a share, or series and their targets, or nothing."""
        settings = self.check_settings()
        series, names = as_series(X, missing=self.missing, name="X"), feature_names(X, "X")
        if len(series) != len(targets):
            raise ValueError(f"y must be as many as the {len(series)} series, got {len(targets)}")
        if isinstance(held_out, float):
            first, rest = stratified_places(targets, held_out, settings.seed)
            held_out = ([series[place] for place in rest], targets[rest])
            series, targets = [series[place] for place in first], targets[first]
            weights = None if weights is None else weights[first]
        steps = np.concatenate(series)
        scale = Standardization.of(steps) if self.standardize else Standardization.none(steps.shape[1])
        length = max(map(len, series))
        shapes = {
            "length_": length, "n_features_in_": steps.shape[1], "feature_names_in_": names, "scale_": scale,
        }  # fmt: skip
        plan = self._plan(length, steps.shape[1], output)
        training = self._samples(series, targets, weights, scale, length)
        looked_at = None
        if held_out is not None:
            check_feature_names(names, held_out[0], "validation")
            validation = as_series(held_out[0], missing=self.missing, name="validation")
            looked_at = self._samples(validation, held_out[1], None, scale, max(length, *map(len, validation)))
        importing = warm_up()
        try:
            model = build_model(plan, seed=settings.seed)
            learned = self._train(model, training, looked_at, settings, objective, options)
        finally:
            importing.join()  # a process that ends while a thread imports JAX is aborted
        samples = 0 if looked_at is None else len(looked_at)
        return {**learned, **shapes, "examples_": series[:KEPT_EXAMPLES], "validation_samples_": samples}

    def _take_learned(self, learned: dict[str, Any]) -> None:
        super()._take_learned(learned)
        if self.feature_names_in_ is None:  # by scikit-learn's convention there is no attribute then
            del self.feature_names_in_

    def _plan(self, length: int, features: int, output: Output) -> Plan:
        columns = features * (2 if self.missing == "indicate" else 1)
        plan = Plan(self.network, 0, length, columns, output, precision=self.precision)
        plan.check()
        return plan

    def _samples(
        self, series: list[npt.NDArray[np.float32]], targets: Targets, weights: npt.NDArray[np.float32] | None,
        scale: Standardization, length: int,
    ) -> Samples:  # fmt: skip
        """Series of one length, refused where the network cannot take them."""
        features = len(scale.means)
        for place, one in enumerate(series):
            if one.shape[1] != features:
                raise DataError(f"X[{place}] must have {features} features, got {one.shape[1]}")
        plan = self._plan(length, features, Output("numbers", 1))
        widest = as_network(self.network).widest
        lengths = np.asarray([len(one) for one in series], dtype=np.int64)
        short = np.flatnonzero(lengths < (widest if plan.masked else length))
        if short.size and plan.masked:
            rule = f"X[{short[0]}] must be as long as the network's widest window, {widest}"
            raise DataError(f"{rule}, got {lengths[short[0]]} steps; lower widths, or leave it out")
        if short.size:
            rule = f"X[{short[0]}] must have {length} steps, as the longest has: this network takes no ragged series"
            raise DataError(f"{rule}, got {lengths[short[0]]}; use Average, Conv or Recurrent")
        values, there = padded_series(series, scale, length, missing=self.missing)
        return (
            Samples((values, there), targets, weights, lengths) if plan.masked else Samples((values,), targets, weights)
        )

    def _outputs(self, X: object) -> npt.NDArray[np.float32]:
        """What the network answers."""
        self._check_is_fitted()
        learned_with = type(self)(**self.settings_)
        check_feature_names(getattr(self, "feature_names_in_", None), X, "X")
        series = as_series(X, missing=learned_with.missing, name="X")
        longest = max(map(len, series), default=0)
        plan = learned_with._plan(self.length_, self.n_features_in_, Output("numbers", 1))
        if longest > self.length_ and not plan.masked:
            raise DataError(f"X must have {self.length_} steps, as the training series had, got {longest}")
        targets = np.zeros(len(series), dtype=np.int32)
        return self._forward(learned_with._samples(series, targets, None, self.scale_, max(self.length_, longest)))

    def _output(self) -> Output:
        raise NotImplementedError

    def _learned_plan(self) -> Plan:
        return type(self)(**self.settings_)._plan(self.length_, self.n_features_in_, self._output())

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False, examples: object = None) -> Path:
        """Write the model into one file that holds data only, whole or not at all.

        Args:
            path: the file, `NAME.malmoi`.
            overwrite: whether a file that exists may be replaced.
            examples: series that are kept with their answers, so that `load` can check its answers; the first four
                training series if not given, none if empty.

        Raises:
            FileExistsError: the file exists and `overwrite` is off.
            TypeError: the network is a function, which a file of data cannot hold.
        """
        self._check_is_fitted()
        kept = self.examples_ if examples is None else as_series(examples, missing=self.settings_["missing"])
        return self._write(path, overwrite, kept)
