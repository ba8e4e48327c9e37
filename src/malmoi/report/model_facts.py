"""Facts of the model of a report."""

from __future__ import annotations

import inspect

from malmoi.evaluation.evaluation import Evaluation
from malmoi.models.base import FittedModel
from malmoi.models.task import Classification
from malmoi.persistence import KINDS
from malmoi.report.facts import ModelFacts
from malmoi.report.sources import shortened

__all__ = ["model_facts", "model_seed", "training_samples"]

LONGEST_VALUE = 300


def model_facts(
    model: FittedModel, task: Classification, evaluation: Evaluation, *, name: str, size_bytes: int | None
) -> ModelFacts:
    """Return name, type, classes, settings and size of a model."""
    return ModelFacts(
        name=name,
        recipe=model.kind,
        task=evaluation.task,
        classes=tuple(map(str, task.classes.tolist())),
        rows=tuple((row, shortened(str(value), LONGEST_VALUE)) for row, value in model.summary()),
        settings={setting: shortened(_shown(value), LONGEST_VALUE) for setting, value in _changed(model).items()},
        training_samples=training_samples(model),
        size_bytes=size_bytes,
    )


def training_samples(model: FittedModel) -> int | None:
    """Return the number of labelled training texts of a model; `None` if unknown."""
    facts = model.training_facts or getattr(model, "facts", None)
    samples = getattr(facts, "samples", None)
    return samples if isinstance(samples, int) else None


def model_seed(model: FittedModel) -> int | None:
    """Return the random seed of a model's training; `None` if it has none."""
    seed = model.parameters().get("seed")
    return seed if isinstance(seed, int) and not isinstance(seed, bool) else None


def _changed(model: FittedModel) -> dict[str, object]:
    """Return the parameters with non-default values; all of them if the estimator is unknown."""
    parameters = model.parameters()
    if model.kind not in KINDS:
        return parameters
    known = inspect.signature(KINDS[model.kind].estimator_class()).parameters
    return {name: value for name, value in parameters.items() if name not in known or not _is(value, known[name])}


def _is(value: object, parameter: inspect.Parameter) -> bool:
    """Return whether a value is the default, comparing text, because networks and arrays have no equality."""
    return _shown(value) == _shown(parameter.default)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else repr(value)
