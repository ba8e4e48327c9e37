"""Rules for the input shape and the sizes of layers."""

from __future__ import annotations

import ast
import re

from malmoi.keras.migration.context import Context, keyword_of, literal
from malmoi.keras.migration.edits import Edit

__all__ = ["rewrite_input_shapes", "rewrite_kernels", "rewrite_sizes"]

SEQUENCE_LAYERS = (
    *("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "ConvLSTM2D"),
    *("Conv1D", "Convolution1D", "SeparableConv1D", "Masking"),
)
"""Layers whose inputs have the axes samples, length and dimension."""
SIZES = {
    "Embedding": ("input_dim", "output_dim"),
    **dict.fromkeys(("Dense", "LSTM", "GRU", "SimpleRNN"), ("units",)),
    **dict.fromkeys(("Conv1D", "Convolution1D"), ("filters", "kernel_size")),
    "RepeatVector": ("n",),
}
"""Arguments that must be a Python int: those given by position come first, in this order."""
NUMPY_SIZES = ("amax", "amin", "max", "min", "sum")
"""Functions and methods of NumPy that return a NumPy number."""
PYTHON_SIZES = ("abs", "max", "min", "sum")
"""Functions of Python that return a NumPy number if they get one."""
TYPES = re.compile(r"numpy\.u?int\d+")


def rewrite_input_shapes(context: Context) -> None:
    """Replace `input_length` and, for layers of sequences, `input_dim` by `input_shape`."""
    for call, _, name in context.keras_calls():
        length, dimension = keyword_of(call, "input_length"), keyword_of(call, "input_dim")
        if any(keyword_of(call, given) for given in ("input_shape", "batch_input_shape", "batch_shape")):
            if length is not None and name == "Embedding":
                _remove(context, call, length)
        elif name == "Embedding" and length is not None:
            _rewrite_embedding(context, call, length)
        elif name in SEQUENCE_LAYERS and dimension is not None:
            _rewrite_sequence(context, call, length, dimension, name)


def _remove(context: Context, call: ast.Call, length: ast.keyword) -> None:
    context.change(call, "input_length of Embedding is removed", *context.remove_arguments(call, [length]))


def _rewrite_embedding(context: Context, call: ast.Call, length: ast.keyword) -> None:
    parent = context.source.parent(call)
    is_called = isinstance(parent, ast.Call) and parent.func is call
    if is_called or literal(length.value) is None:
        _remove(context, call, length)
        return
    start, end = context.source.span(length.value)
    edits = [context.rename_keyword(length, "input_shape"), Edit(start, start, "("), Edit(end, end, ",)")]
    context.change(length.value, "input_length of Embedding is input_shape", *edits)


def _rewrite_sequence(
    context: Context, call: ast.Call, length: ast.keyword | None, dimension: ast.keyword, name: str
) -> None:
    words = "None" if length is None else context.source.segment(length.value)
    start, end = context.source.span(dimension.value)
    edits = [
        context.rename_keyword(dimension, "input_shape"),
        Edit(start, start, f"({words}, "),
        Edit(end, end, ")"),
        *([] if length is None else context.remove_arguments(call, [length])),
    ]
    context.change(dimension.value, f"input_dim and input_length of {name} are input_shape", *edits)


def rewrite_kernels(context: Context) -> None:
    """Rewrite kernels of Keras 1, whose rows and columns were two arguments: `Convolution2D(8, 3, 5)`."""
    for call, _, name in context.keras_calls():
        if name not in ("Conv2D", "Convolution2D") or len(call.args) < 3:
            continue
        rows, columns = call.args[1:3]
        if not all(isinstance(literal(one), int) for one in (rows, columns)):
            continue
        roots = {path.partition(".")[0] for path in context.names.paths(call.func)[0]}
        is_old = name == "Convolution2D" and len(call.args) == 3
        if is_old and roots == {"tensorflow"} and keyword_of(call, "strides") is None:
            start = context.source.span(columns)[0]
            context.change(call, f"strides of {name} are named", Edit(start, start, "strides="))
        elif is_old and roots == {"keras"}:
            (start, _), (_, end) = (context.source.span(one) for one in (rows, columns))
            what = f"rows and columns of the kernel of {name} are one argument"
            context.change(call, what, Edit(start, start, "("), Edit(end, end, ")"))
        elif is_old or not context.is_tensorflow:
            context.find(
                call,
                "positional-arguments",
                f"the third argument of {name} was the columns of the kernel in Keras 1 and 2, and is strides now",
                "write kernel_size=(rows, columns) or strides=",
            )


def rewrite_sizes(context: Context) -> None:
    """Wrap NumPy numbers that are sizes of layers in `int`, which Keras 3 requires."""
    for call, module, name in context.keras_calls():
        if not module.endswith("layers"):
            continue
        names = SIZES.get(name, ())
        given = [*call.args[: len(names)]]
        given += [keyword.value for keyword in call.keywords if keyword.arg in names]
        for value in given:
            if _is_numpy_number(context, value, depth=3):
                start, end = context.source.span(value)
                what = f"a size of {name} is a Python int"
                context.change(value, what, Edit(start, start, "int("), Edit(end, end, ")"))


def _is_numpy_number(context: Context, node: ast.expr | None, depth: int) -> bool:
    """Return whether an expression, or what is assigned to a name, is a NumPy number."""
    if isinstance(node, ast.BinOp):
        return any(_is_numpy_number(context, side, depth) for side in (node.left, node.right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        is_type = TYPES.fullmatch(next(iter(context.names.paths(node.func)[0]), "")) is not None
        return is_type or (node.func.attr in NUMPY_SIZES and not node.keywords)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PYTHON_SIZES:
        return any(_is_numpy_number(context, value, depth) for value in node.args)
    if isinstance(node, ast.Name) and depth:
        values = context.assigned(node.id)
        return bool(values) and any(_is_numpy_number(context, value, depth - 1) for value in values)
    return False
