"""Model files of series' estimators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.classifiers import SeriesClassifier, SeriesRegressor, Standardization
from malmoi.errors import FormatError, shorten
from malmoi.storage.common import (
    answers_from,
    answers_to_json,
    class_weight_from,
    class_weight_to_json,
    close,
    common_header,
    network_from,
    settings_from,
    take_weights,
    weights_of,
)
from malmoi.storage.files import Parts, plain

__all__ = ["series_model", "series_parts", "verify_series"]

SETTINGS = (
    "missing", "standardize", "optimizer", "learning_rate", "epochs", "batch_size", "seed", "patience", "precision",
)  # fmt: skip
EXAMPLE = "example/"
SCALES = ("means", "scales")
Series = Sequence[npt.NDArray[np.float32]]
Model = SeriesClassifier | SeriesRegressor


def series_parts(model: Model, examples: Series) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """What the file says, and the arrays that it holds."""
    settings = model.settings_
    header = {
        **common_header(model),
        "examples": [],
        "length": model.length_,
        "feature_names": list(getattr(model, "feature_names_in_", [])),
        "validation_samples": model.validation_samples_,
        "settings": {name: plain(settings[name]) for name in SETTINGS},
    }
    arrays = {**weights_of(model), **_scale_arrays("scale", model.scale_)}
    if isinstance(model, SeriesClassifier):
        header |= {
            "classes": answers_to_json(model.answers_),
            "class_weight": class_weight_to_json(settings["class_weight"]),
        }
    else:
        header["flat"] = model._flat
        arrays |= _scale_arrays("target_scale", model.target_scale_)
    if len(examples):
        header["examples"] = _answers(model, examples).tolist()
        arrays |= {f"{EXAMPLE}{place}": np.asarray(one, np.float32) for place, one in enumerate(examples)}
    return header, arrays


def _answers(model: Model, series: Series) -> npt.NDArray[Any]:
    return model.predict_proba(series) if isinstance(model, SeriesClassifier) else model.predict(series)


def _scale_arrays(name: str, scale: Standardization) -> dict[str, npt.NDArray[Any]]:
    return {f"{name}/means": scale.means, f"{name}/scales": scale.scales}


def series_model(parts: Parts) -> Model:
    """The model that a file holds."""
    arrays = parts.arrays()
    named = [name for name in arrays if name.startswith(EXAMPLE)]
    examples = {name: arrays.pop(name) for name in sorted(named, key=lambda name: (len(name), name))}
    settings = settings_from(parts, SETTINGS, SETTINGS)
    network = network_from(parts)
    model: Model
    if parts.get("kind", str) == "SeriesClassifier":
        model = SeriesClassifier(network, class_weight=class_weight_from(parts), **settings)
        model.answers_ = answers_from(parts)
    else:
        model = SeriesRegressor(network, **settings)
        model.target_scale_ = _scale_from(parts, arrays, "target_scale")
        model._flat = parts.get("flat", bool)
    model.check_settings()
    model.scale_ = _scale_from(parts, arrays, "scale")
    model.length_ = parts.get("length", int)
    model.n_features_in_ = len(model.scale_.means)
    _take_feature_names(model, parts)
    model.validation_samples_ = parts.get("validation_samples", int)
    if model.length_ < 1:
        raise parts.wrong(f"length must be 1 or more, found {model.length_}")
    model.examples_ = [_example(parts, name, array, model.n_features_in_) for name, array in examples.items()]
    model.settings_ = model.get_params(deep=False)
    take_weights(model, model._learned_plan(), parts, arrays)
    return model


def _take_feature_names(model: Model, parts: Parts) -> None:
    names = parts.header.get("feature_names") or []  # files of before have none
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise parts.wrong(f"feature_names must be texts, found {shorten(names)}")
    if names and len(names) != model.n_features_in_:
        raise parts.wrong(f"feature_names must be {model.n_features_in_}, found {len(names)}")
    if names:
        model.feature_names_in_ = np.asarray(names, dtype=object)


def _scale_from(parts: Parts, arrays: dict[str, npt.NDArray[Any]], name: str) -> Standardization:
    found = [arrays.pop(f"{name}/{part}", np.zeros(0)) for part in SCALES]
    for part, array in zip(SCALES, found, strict=True):
        if array.dtype != np.float64 or array.ndim != 1 or not array.size or not np.isfinite(array).all():
            raise parts.wrong(f"{name}/{part} must be finite float64 of one axis, found {shorten(array)}")
    if found[0].shape != found[1].shape or (found[1] <= 0).any():
        raise parts.wrong(f"{name} must have as many means as scales, which are above 0")
    return Standardization(*found)


def _example(parts: Parts, name: str, array: npt.NDArray[Any], features: int) -> npt.NDArray[np.float32]:
    if array.dtype != np.float32 or array.ndim != 2 or array.shape[1] != features or not len(array):
        raise parts.wrong(f"{name} must be float32 (time, {features}), found {array.dtype} {array.shape}")
    return array


def verify_series(model: Model, parts: Parts) -> None:
    """Answer the kept series once more, and compare.

    Raises:
        FormatError: an answer differs.
    """
    saved = parts.get("examples", list)
    if not model.examples_ and not saved:
        return
    answers = _answers(model, model.examples_)
    if not close(answers, saved):
        raise FormatError(
            f"{parts.path} answers its examples with {shorten(answers.tolist())}, it was {shorten(saved)}"
        )
