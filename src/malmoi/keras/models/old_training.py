"""Arguments of `compile`, from the configuration of a training in a file of old Keras releases."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

__all__ = ["SHORT_LOSSES", "compile_arguments", "decayed_rate"]

SHORT_LOSSES = {
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
    "kld": "kl_divergence",
}
"""Short names of losses, which Keras 3 does not find in HDF5 files."""
WRAPPERS = frozenset({"LossFunctionWrapper", "MeanMetricWrapper"})
"""Classes of old files that stand for a function, whose name is the setting `fn`."""


def compile_arguments(keras: Any, training: Mapping[str, Any], custom_objects: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of `compile`.

    Args:
        keras: the module.
        training: configuration of the training.
        custom_objects: own losses and metrics by name.

    Raises:
        KeyError: a part is missing or unknown.
        TypeError: a part has another type, or a class does not take its settings.
        ValueError: a setting is out of range.
    """

    def restored(module: Any, base: type, saved: Any) -> Any:
        """Return losses or metrics; they are nested for several outputs."""
        if isinstance(saved, list):
            return [restored(module, base, part) for part in saved]
        if isinstance(saved, dict) and "class_name" not in saved:
            return {name: restored(module, base, part) for name, part in saved.items()}
        return _object(module, base, saved, custom_objects)

    compiled = {
        "optimizer": _optimizer(keras, training["optimizer_config"]),
        "loss": restored(keras.losses, keras.losses.Loss, training["loss"]),
    }
    for name in ("metrics", "weighted_metrics"):
        saved = training.get(name)
        if isinstance(saved, list) and len(saved) == 1 and isinstance(saved[0], list):
            saved = saved[0]
        if saved:
            compiled[name] = restored(keras.metrics, keras.metrics.Metric, saved)
    if training.get("loss_weights") is not None:
        compiled["loss_weights"] = training["loss_weights"]
    return compiled


def decayed_rate(keras: Any, rate: float, decay: float) -> Any:
    """Return the schedule of an optimizer with `decay` in Keras 2: the rate divided by 1 + decay * steps.

    Args:
        keras: the module.
        rate: the first learning rate.
        decay: the argument.
    """
    return keras.optimizers.schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)


def _optimizer(keras: Any, saved: Mapping[str, Any]) -> Any:
    name = str(saved["class_name"]).rpartition(">")[2].lower()
    kinds = {kind.lower(): getattr(keras.optimizers, kind) for kind in dir(keras.optimizers)}
    optimizer = kinds[name]
    if not (isinstance(optimizer, type) and issubclass(optimizer, keras.optimizers.Optimizer)):
        raise KeyError(f"the optimizer {name}")
    config = {"learning_rate" if key == "lr" else key: value for key, value in saved["config"].items()}
    if isinstance(config.get("learning_rate"), dict):
        schedule = config["learning_rate"]
        settings = {key: value for key, value in schedule["config"].items() if value is not None}
        config["learning_rate"] = keras.optimizers.schedules.deserialize({**schedule, "config": settings})
    elif config.get("decay"):
        config["learning_rate"] = decayed_rate(keras, config["learning_rate"], config["decay"])
    known = inspect.signature(optimizer).parameters.keys() - {"name", "kwargs"}
    return optimizer(**{key: value for key, value in config.items() if key in known and value is not None})


def _object(module: Any, base: type, saved: Any, custom_objects: Mapping[str, Any]) -> Any:
    """Return a loss or metric: a function by its name, or a class with its settings."""
    if isinstance(saved, dict) and saved["class_name"] == "function":
        saved = saved["config"]
    if isinstance(saved, dict):
        settings = dict(saved.get("config") or {})
        function = settings.pop("fn", None)
        if saved["class_name"] not in WRAPPERS:
            cls = custom_objects.get(saved["class_name"], getattr(module, saved["class_name"], None))
            if not (isinstance(cls, type) and issubclass(cls, base)):
                raise KeyError(f"the class {saved['class_name']}")
            if settings.get("reduction") == "auto":
                del settings["reduction"]
            settings.pop("dtype", None)
            return cls(**settings)
        saved = settings.get("name") if function is None else function
    if saved is None or saved in custom_objects:
        return custom_objects.get(saved)
    if saved in {"acc", "accuracy", "ce", "crossentropy"}:  # Keras chooses the function by the outputs
        return saved
    return module.get(SHORT_LOSSES.get(saved, saved))
