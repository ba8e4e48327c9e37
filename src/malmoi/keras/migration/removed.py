"""Findings of names, modules and packages that Keras 3 does not have."""

from __future__ import annotations

import ast

from malmoi.keras.migration.context import Context, dotted
from malmoi.keras.migration.places import SEEDS, gone_reason, is_keras, is_known_module, is_tensorflow, new_path
from malmoi.keras.migration.scopes import chain_of

__all__ = ["find_removed"]

NAME, MODULE, TENSORFLOW = "removed-name", "removed-module", "tensorflow"
COMPANIONS = (
    *("keras_applications", "keras_contrib", "keras_retinanet", "tensorflow_addons", "tensorflow_datasets"),
    *("tensorflow_hub", "tensorflow_probability", "tensorflow_text"),
)
"""Packages made for old Keras or TensorFlow."""
SAME = (
    *("abs", "cast", "equal", "exp", "expand_dims", "eye", "linspace", "log", "matmul", "maximum", "minimum", "ones"),
    *("one_hot", "relu", "reshape", "shape", "sigmoid", "softmax", "sqrt", "square", "squeeze", "stack", "tanh"),
    *("tile", "transpose", "where", "zeros"),
)
"""Functions of TensorFlow that `keras.ops` has too."""
TENSORFLOW_CURES = {
    "Session": "remove it: Keras 3 has no sessions",
    "ConfigProto": "remove it: the backend decides about devices and memory",
    "GPUOptions": "remove it: the backend decides about devices and memory",
    "config": "remove it, or use the functions of the backend, such as jax.devices",
    "compat": "remove it: Keras 3 has no graphs and sessions",
    "data": "pass arrays to fit, or keep TensorFlow installed: Keras 3 accepts tf.data on every backend",
    "get_default_graph": "remove it: Keras 3 has no graphs",
    "test": "remove it, or use the functions of the backend, such as jax.devices",
    "logging": "remove it, or use the module logging of Python",
    "losses": "use a class of keras.losses",
    "metrics": "use a class of keras.metrics",
    "newaxis": "write None",
    "optimizers": "use a class of keras.optimizers",
    "train": "use a class of keras.optimizers, or save the model with model.save",
    "device": "remove it: the backend decides about devices",
    "__version__": "use keras.__version__",
    "GradientTape": "use the gradient function of the backend, such as jax.grad",
    "Variable": "use keras.Variable",
    "function": "remove it: Keras compiles its models by itself",
    "random": "use a function of keras.random",
    **{name: f'write "{name}"' for name in ("float16", "float32", "float64", "int32", "int64")},
    "concat": "use keras.ops.concatenate",
    "gather": "use keras.ops.take with an axis",
    "reduce_max": "use keras.ops.max",
    "reduce_mean": "use keras.ops.mean",
    "reduce_sum": "use keras.ops.sum",
    **{name: f"use keras.ops.{name}" for name in SAME},
}
"""What to do about uses of TensorFlow; functions of tensors are in `keras.ops`."""
ACTIVATIONS = ("elu", "gelu", "leaky_relu", "log_softmax", "relu", "relu6", "selu", "sigmoid", "silu", "softmax")
TENSORFLOW_PATHS = {
    "data.AUTOTUNE": "write -1, or leave the argument out",
    "data.experimental.AUTOTUNE": "write -1, or leave the argument out",
    **{f"nn.{name}": f"use keras.activations.{name}" for name in (*ACTIVATIONS, "softplus", "softsign", "tanh")},
    "nn.dropout": "use keras.random.dropout",
    "nn.embedding_lookup": "use keras.ops.take with axis=0",
    "nn.sigmoid_cross_entropy_with_logits": "use keras.ops.binary_crossentropy(..., from_logits=True)",
    "nn.softmax_cross_entropy_with_logits": "use keras.ops.categorical_crossentropy(..., from_logits=True)",
    "nn.swish": "use keras.activations.silu",
}
"""What to do about uses of TensorFlow whose whole path says it."""


def find_removed(context: Context) -> None:
    """Find imports and uses of what Keras 3 does not have, and uses of TensorFlow."""
    for node in context.source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            _find_imported(context, node, node.module)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                _find_module(context, node, alias.name)
        elif isinstance(node, ast.Attribute):
            _find_attribute(context, node)
            if not isinstance(context.source.parent(node), ast.Attribute):
                _find_tensorflow(context, node)


def _find_module(context: Context, node: ast.AST, module: str) -> bool:
    """Find an imported module that does not exist; returns whether it does not."""
    reason = gone_reason(module)
    if reason is not None:
        context.find(node, MODULE, f"{module} does not exist in Keras 3", _cure(reason))
    elif is_keras(module) and (not is_known_module(module) or new_path(module) is None):
        context.find(
            node, MODULE, f"{module} does not exist in Keras 3", "import its names from a public module of Keras"
        )
    elif module.partition(".")[0] in COMPANIONS:
        context.find(node, MODULE, f"{module} was made for older versions", "check that its release works with Keras 3")
    else:
        return False
    return True


def _find_imported(context: Context, node: ast.ImportFrom, module: str) -> None:
    if _find_module(context, node, module):
        return
    for alias in node.names:
        path = f"{module}.{alias.name}"
        reason = gone_reason(path)
        if reason is not None:
            context.find(node, NAME, f"{path} does not exist in Keras 3", _cure(reason))
        elif is_tensorflow(module) and not is_keras(path) and path not in SEEDS:
            _find_use(context, node, path)


def _find_attribute(context: Context, node: ast.Attribute) -> None:
    reasons = {gone_reason(path) for path in context.names.paths(node)[0]}
    inner = {gone_reason(path) for path in context.names.paths(node.value)[0]}
    reason = next(iter(reasons), None)
    if len(reasons) == 1 and reason is not None and inner == {None}:
        context.find(node, NAME, f"{dotted(node)} does not exist in Keras 3", _cure(reason))


def _find_tensorflow(context: Context, node: ast.Attribute) -> None:
    chain = chain_of(node)
    paths = context.names.paths(node)[0]
    if chain is not None and len(paths) == 1:
        path = next(iter(paths))
        if is_tensorflow(path) and path not in SEEDS:
            _find_use(context, node, path)


def _find_use(context: Context, node: ast.AST, path: str) -> None:
    names = path.split(".")[1:]
    cure = TENSORFLOW_PATHS.get(".".join(names))
    cure = cure or next((TENSORFLOW_CURES[name] for name in names if name in TENSORFLOW_CURES), None)
    written = dotted(node) if isinstance(node, ast.expr) else path
    reason = f"{written} needs TensorFlow, which Keras 3 does not need"
    context.find(node, TENSORFLOW, reason, cure or "use a function of keras.ops, or keep TensorFlow installed")


def _cure(reason: str) -> str:
    """Return the cure in a sentence such as "removed: use LSTM"."""
    return reason.removeprefix("removed: ").removeprefix("removed; ")
