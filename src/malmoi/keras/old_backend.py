"""Functions of the old `keras.backend`, and how their calls differ from those of `keras.ops`.

The import hook and `malmoi migrate` share these tables.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ADDED", "ALLOWED_KEYWORDS", "CURES", "LARGEST_COUNTS", "OPS", "RENAMED_KEYWORDS", "SHAPES", "is_plain"]

_FUNCTIONS: Mapping[str, str] = {
    **{
        name: name
        for name in [
            *("abs", "all", "any", "arange", "cast", "clip", "cos", "dot", "elu", "equal", "exp", "eye"),
            *("flip", "greater", "greater_equal", "less", "less_equal", "log", "logsumexp", "max"),
            *("maximum", "mean", "min", "minimum", "not_equal", "one_hot", "ones", "ones_like", "prod"),
            *("relu", "reshape", "round", "shape", "sigmoid", "sign", "sin", "softmax", "softplus"),
            *("softsign", "sqrt", "square", "squeeze", "stack", "std", "sum", "tanh", "tile"),
            *("transpose", "var", "zeros", "zeros_like"),
        ]
    },
    "constant": "convert_to_tensor",
    "eval": "convert_to_numpy",
    "get_value": "convert_to_numpy",
    "permute_dimensions": "transpose",
    "pow": "power",
    "repeat_elements": "repeat",
}
"""Functions of the old `keras.backend`, and those of `keras.ops` that replace them, with the same defaults."""

_AXES: Mapping[str, tuple[str, int]] = {
    "argmax": ("argmax", -1),
    "argmin": ("argmin", -1),
    "concatenate": ("concatenate", -1),
    "cumprod": ("cumprod", 0),
    "cumsum": ("cumsum", 0),
    "expand_dims": ("expand_dims", -1),
    "gather": ("take", 0),
}
"""More of them, with the default `axis` of the old function, which is another now."""

OPS: Mapping[str, str] = {
    **_FUNCTIONS,
    **{name: new for name, (new, _) in _AXES.items()},
    "reverse": "flip",
    "stop_gradient": "stop_gradient",
}
"""Functions of the backend, and those of `keras.ops` that replace them."""
SHAPES: Mapping[str, str] = {"int_shape": "tuple", "ndim": "len"}
"""Functions of the backend that are a function of Python on `x.shape`."""
ADDED: Mapping[str, tuple[int, str, str]] = {
    "arange": (4, "dtype", '"int32"'),
    "constant": (2, "dtype", '"float32"'),
    **{name: (3 if new == "take" else 2, "axis", str(axis)) for name, (new, axis) in _AXES.items()},
}
"""Defaults that differ: number of positional arguments that have the argument, its name, and the old default."""
RENAMED_KEYWORDS: Mapping[str, Mapping[str, str]] = {
    "clip": {"min_value": "x_min", "max_value": "x_max"},
    "concatenate": {"tensors": "xs"},
    "constant": {"value": "x"},
    "gather": {"reference": "x"},
    "one_hot": {"indices": "x"},
    "permute_dimensions": {"pattern": "axes"},
    "pow": {"x": "x1", "a": "x2"},
    "repeat_elements": {"rep": "repeats"},
    "reshape": {"shape": "newshape"},
    "reverse": {"axes": "axis"},
    "tile": {"n": "repeats"},
}
"""Arguments that have another name in `keras.ops`."""
ALLOWED_KEYWORDS = {"axis", "dtype", "indices", "keepdims", "num_classes", "shape", "start", "step", "stop", "x"}
"""Arguments that have the same name."""
LARGEST_COUNTS: Mapping[str, int] = {
    "abs": 1,
    "constant": 2,
    "eval": 1,
    "eye": 1,
    "get_value": 1,
    "ones": 2,
    "ones_like": 2,
    "relu": 1,
    "sqrt": 1,
    "zeros": 2,
    "zeros_like": 2,
}
"""Positional arguments that mean the same in `keras.ops`, where further ones do not."""
_NOT_PLAIN = {*ADDED, "hard_sigmoid", "eye", "ones", "ones_like", "relu", "sqrt", "zeros", "zeros_like"}

CURES: Mapping[str, str] = {
    "batch_dot": "use keras.layers.Dot or keras.ops.einsum",
    "batch_flatten": "use keras.ops.reshape(x, (x.shape[0], -1))",
    "binary_crossentropy": "use keras.ops.binary_crossentropy(target, output)",
    "categorical_crossentropy": "use keras.ops.categorical_crossentropy(target, output)",
    "count_params": "use the size of the variable: variable.shape",
    "dropout": "use keras.random.dropout",
    "flatten": "use keras.ops.reshape(x, (-1,))",
    "function": "call a model of these inputs and outputs: keras.Model(inputs, outputs)",
    "get_session": "remove it: Keras 3 has no sessions",
    "gradients": "use the gradient function of the backend, such as jax.grad",
    "hard_sigmoid": "keras.ops.hard_sigmoid has another slope; write ops.clip(0.2 * x + 0.5, 0.0, 1.0)",
    "image_dim_ordering": "use keras.backend.image_data_format(), which is 'channels_first' for 'th'",
    "in_train_phase": "write a layer whose call has the argument training",
    "is_keras_tensor": "use keras.backend.is_keras_tensor",
    "l2_normalize": "use keras.ops.normalize(x, axis=axis, order=2)",
    "learning_phase": "write a layer whose call has the argument training",
    "placeholder": "use keras.Input",
    "random_normal": "use keras.random.normal",
    "random_uniform": "use keras.random.uniform",
    "rnn": "use keras.layers.RNN",
    "set_image_dim_ordering": "use keras.backend.set_image_data_format",
    "set_learning_phase": "pass training=True or False when you call the model",
    "set_session": "remove it: Keras 3 has no sessions; the backend decides about devices and memory",
    "set_value": "use variable.assign(value)",
    "sparse_categorical_crossentropy": "use keras.ops.sparse_categorical_crossentropy(target, output)",
    "switch": "use keras.ops.where(condition, a, b)",
    "tensorflow_backend": "remove it: Keras 3 has no sessions and graphs",
    "tf": "use keras.ops",
    "update": "use variable.assign(value)",
    "variable": "use keras.Variable(value)",
}
"""What to use instead of functions that are not rewritten."""


def is_plain(name: str) -> bool:
    """Return whether a function means the same in `keras.ops` for any arguments that are not named."""
    return name not in _NOT_PLAIN
