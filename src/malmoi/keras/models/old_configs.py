"""Configurations of models of Keras 1.2 to 2.15, rewritten for Keras 3."""

from __future__ import annotations

from typing import Any

__all__ = ["hard_sigmoid_of_keras_2", "model_config"]

RECURRENT = frozenset({"ConvLSTM2D", "GRU", "GRUCell", "LSTM", "LSTMCell", "SimpleRNN", "SimpleRNNCell"})
MODELS = {
    "Sequential": {"module": "keras", "class_name": "Sequential"},
    "Functional": {"module": "keras.src.models.functional", "class_name": "Functional"},
    "Model": {"module": "keras.src.models.functional", "class_name": "Functional"},
}
KERNELS = ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint")
DROPPED = {
    "DepthwiseConv1D": KERNELS,
    "DepthwiseConv2D": KERNELS,
    "SeparableConv1D": KERNELS,
    "SeparableConv2D": KERNELS,
    "MultiHeadAttention": ("query_shape", "key_shape", "value_shape"),
    "SpatialDropout1D": ("trainable", "noise_shape"),
    "SpatialDropout2D": ("trainable", "noise_shape"),
    "SpatialDropout3D": ("trainable", "noise_shape"),
}
"""Settings of old files that Keras 3 refuses and that do not change the result."""
WITHOUT_EFFECT = ("implementation", "time_major", "batch_input_shape", "input_length", "ragged")


def hard_sigmoid_of_keras_2(x: Any) -> Any:
    """Return clip(0.2 x + 0.5, 0, 1), which Keras 2 calls `hard_sigmoid`.

    Args:
        x: a tensor.
    """
    import keras

    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def _registered_hard_sigmoid() -> Any:
    """Return the configuration of the function, registered under its own name: layers are copied by configuration."""
    import keras

    registered = keras.saving.register_keras_serializable("malmoi")(hard_sigmoid_of_keras_2)
    keras.saving.get_custom_objects()[registered.__name__] = registered  # Keras 3.6 looks for functions by this name
    return keras.saving.serialize_keras_object(registered)


def model_config(kind: str, config: Any) -> dict[str, Any]:
    """Return the configuration of a model in a form that `from_config` of Keras 3 accepts.

    Args:
        kind: "Sequential", "Functional" or "Model".
        config: its configuration; a list of layers up to Keras 2.2.2.
    """
    found = dict(config) if isinstance(config, dict) else {"layers": config}
    layers = [_layer(layer) for layer in found["layers"]]
    if kind == "Sequential" and layers and layers[0]["class_name"] != "InputLayer":
        shape = found["layers"][0]["config"].get("batch_input_shape")
        if shape is not None:
            layers.insert(0, _input_layer(shape, found["layers"][0]["config"].get("dtype")))
    return {"name": "sequential", **found, "layers": layers}


def _input_layer(shape: list[int | None], dtype: Any) -> dict[str, Any]:
    config = {"batch_shape": shape, "dtype": dtype if isinstance(dtype, str) else "float32", "name": "input"}
    return {"class_name": "InputLayer", "config": config}


def _layer(saved: dict[str, Any]) -> dict[str, Any]:
    """Return one layer, model or wrapper of a configuration."""
    kind, config = saved["class_name"], saved["config"]
    if kind in MODELS:
        return {**saved, "config": model_config(kind, config)}
    new = {name: _value(value) for name, value in config.items()}
    if kind == "InputLayer":
        if "batch_input_shape" in new:
            new["batch_shape"] = new.pop("batch_input_shape")
        new.pop("ragged", None)
        return {**saved, "config": new}
    for name in (*WITHOUT_EFFECT, *DROPPED.get(kind, ())):
        new.pop(name, None)
    if kind in {"GRU", "GRUCell"}:
        new.setdefault("reset_after", False)  # before Keras 2.3 there was no other
    if kind == "BatchNormalization" and isinstance(new.get("axis"), list) and len(new["axis"]) == 1:
        new["axis"] = new["axis"][0]
    return {**saved, "config": new}


def _value(value: Any) -> Any:
    """Return a setting of a layer; layers inside layers get the module by which Keras 3 finds them."""
    if value == "hard_sigmoid":
        return _registered_hard_sigmoid()
    if isinstance(value, list):
        return [_value(part) for part in value]
    if not (isinstance(value, dict) and "class_name" in value and isinstance(value.get("config"), dict)):
        return value
    kind, config = value["class_name"], value["config"]
    if kind in MODELS:
        return {**_layer(value), **MODELS[kind], "registered_name": None}
    if kind in RECURRENT or "name" in config:
        return {**_layer(value), "module": "keras.layers", "registered_name": None}
    return value
