"""Rules for arguments of Keras' classes and functions that were renamed or removed."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from malmoi.keras.migration.context import Context, keyword_of, literal
from malmoi.keras.old_names import ARGUMENTS, DROPPED_ARGUMENTS

__all__ = ["rewrite_arguments"]

MORE_ARGUMENTS: Mapping[str, Mapping[str, str]] = {
    "Model": {"input": "inputs", "output": "outputs"},
    "load_data": {"nb_words": "num_words"},
}
DROPPED_CALLBACK_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "TensorBoard": ("batch_size", "embeddings_data", "embeddings_layer_names", "write_grads"),
    "ModelCheckpoint": ("load_weights_on_restart",),
}
"""Arguments of callbacks that chose how something was written, and were removed."""
HARMLESS: Mapping[str, tuple[object, ...]] = {
    "mode": (0,),
    "renorm": (False, None),
    "time_major": (False,),
    "virtual_batch_size": (None,),
}
"""Values of dropped arguments that change no result; other values do."""
UNKNOWN: Mapping[str, str] = {
    "batch_input_shape": "begin the model with keras.Input(batch_shape=...) and leave the argument out",
    "forget_bias_init": "use unit_forget_bias=True or False",
    "input_dtype": "begin the model with keras.Input(shape=..., dtype=...) and leave the argument out",
    "W_learning_rate_multiplier": "leave it out; Keras 3 has one learning rate",
    "b_learning_rate_multiplier": "leave it out; Keras 3 has one learning rate",
}
"""Arguments of layers that Keras 3 does not have, and what to do instead."""


def rewrite_arguments(context: Context) -> None:
    """Rename and remove arguments of calls of Keras' names."""
    for call, module, name in context.keras_calls():
        _rename(context, call, {**ARGUMENTS.get(name, {}), **MORE_ARGUMENTS.get(name, {})}, name)
        _drop(context, call, name)
        if module.endswith("layers"):
            _find_unknown(context, call, name)
            _find_hard_sigmoid(context, call, name)
        elif name == "TensorBoard":
            reason = "TensorBoard writes its files with TensorFlow, which Keras 3 does not need"
            context.find(call, "tensorflow", reason, "use keras.callbacks.CSVLogger, or keep TensorFlow installed")


def _rename(context: Context, call: ast.Call, table: Mapping[str, str], name: str) -> None:
    for keyword in call.keywords:
        new = table.get(keyword.arg or "")
        if new is not None and keyword_of(call, new) is None:
            edit = context.rename_keyword(keyword, new)
            context.change(keyword.value, f"{keyword.arg} of {name} is {new}", edit)


def _drop(context: Context, call: ast.Call, name: str) -> None:
    table = (*DROPPED_ARGUMENTS.get(name, ()), *DROPPED_CALLBACK_ARGUMENTS.get(name, ()))
    dropped = []
    for keyword in call.keywords:
        if keyword.arg not in table:
            continue
        values = HARMLESS.get(keyword.arg)
        if values is None or literal(keyword.value) in values:
            dropped.append(keyword)
        else:
            context.find(
                keyword.value,
                "removed-argument",
                f"{name} has no argument {keyword.arg} in Keras 3",
                "leave it out if the default behaviour is what you need",
            )
    if dropped:
        words = ", ".join(keyword.arg or "" for keyword in dropped)
        context.change(call, f"{words} of {name} is removed", *context.remove_arguments(call, dropped))


def _find_unknown(context: Context, call: ast.Call, name: str) -> None:
    for keyword in call.keywords:
        cure = UNKNOWN.get(keyword.arg or "")
        if name == "Embedding" and keyword.arg == "dropout":
            cure = "leave it out and add keras.layers.SpatialDropout1D(rate) after the layer"
        if cure is not None:
            reason = f"{name} has no argument {keyword.arg} in Keras 3"
            context.find(keyword.value, "removed-argument", reason, cure)


def _find_hard_sigmoid(context: Context, call: ast.Call, name: str) -> None:
    for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if literal(value) == "hard_sigmoid" or context.new_path(value) == "keras.activations.hard_sigmoid":
            context.find(
                value,
                "hard-sigmoid",
                f"hard_sigmoid of {name} is x / 6 + 0.5 in Keras 3, and was 0.2 x + 0.5",
                "train the model again, or pass lambda x: keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)",
            )
