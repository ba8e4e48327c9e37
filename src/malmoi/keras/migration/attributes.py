"""Rules for dotted paths such as `keras.preprocessing.text.Tokenizer` and `tf.keras.layers.Dense`."""

from __future__ import annotations

import ast
import re

from malmoi.keras.migration.context import Context, dotted
from malmoi.keras.migration.places import SEEDS, is_keras, new_path, parts
from malmoi.keras.migration.scopes import chain_of
from malmoi.keras.old_backend import OPS
from malmoi.keras.old_names import MODULES, NAMES

__all__ = ["rewrite_attributes"]

OURS = {"malmoi.keras", *MODULES.values(), *(place.module for place in NAMES.values())}
"""Modules of Keras 3, and those of malmoi that have names of old Keras."""
ACTIVATION = re.compile(r"tensorflow\.nn\.(elu|relu|selu|sigmoid|softmax|softplus|softsign|tanh)")
"""Activations of layers; the functions of TensorFlow have an argument `name` too when they are called."""
SEED = "keras.utils.set_random_seed"
CLASS = re.compile(r"tensorflow\.(losses|metrics|optimizers)\.[A-Z]\w*")
"""Classes that TensorFlow 2 has outside its Keras too; functions of TensorFlow 1 have small letters."""


def rewrite_attributes(context: Context) -> None:
    """Replace dotted paths to names that moved."""
    for node in context.source.nodes:
        if not isinstance(node, ast.Attribute) or isinstance(context.source.parent(node), ast.Attribute):
            continue
        if not _rewrite(context, node):
            inner = node.value
            while isinstance(inner, ast.Attribute) and not _rewrite(context, inner):
                inner = inner.value


def _target(path: str, *, is_called: bool) -> str | None:
    """Return where a dotted path is now; None if it stays or is not of Keras."""
    if path in SEEDS:
        return SEED
    if not is_called and (activation := ACTIVATION.fullmatch(path)):
        return f"keras.activations.{activation[1]}"
    if CLASS.fullmatch(path) and not path.endswith(".Reduction"):
        return f"keras.{path.removeprefix('tensorflow.')}"
    found = parts(path)
    if found is not None and new_path(found[0]) == "keras.backend" and found[1][:1]:
        return None if found[1][0] in OPS else new_path(path)
    return new_path(path)


def _rewrite(context: Context, node: ast.Attribute) -> bool:
    """Rewrite one path; returns whether the path is one of Keras."""
    chain = chain_of(node)
    if chain is None:
        return False
    root, attributes = chain
    paths = context.names.paths(node)[0]
    if paths == {"tensorflow.newaxis"} and _is_written_plainly(context, node):
        context.replaced.add(root.id)
        context.change(node, f"{dotted(node)} is None", context.replace(node, "None"))
        return True
    parent = context.source.parent(node)
    is_called = isinstance(parent, ast.Call) and parent.func is node
    targets = {_target(path, is_called=is_called) for path in paths}
    bases = {new_path(path) if is_keras(path) else path for path in context.names.paths(root)[0]}
    target = targets.pop() if len(targets) == 1 else None
    if target is None or not _is_written_plainly(context, node):
        return False
    text = _text(context, root.id, bases, target)
    if text != ".".join([root.id, *attributes]):
        old = dotted(node)
        context.replaced.add(root.id)
        context.change(node, f"{old} is {text}", context.replace(node, text))
    return True


def _is_written_plainly(context: Context, node: ast.Attribute) -> bool:
    """Return whether a path is written without line breaks and comments, and `ast` has its place."""
    return context.source.segment(node) == dotted(node)


def _text(context: Context, local: str, bases: set[str | None], target: str) -> str:
    """Return how the file can write a path, and note the import that it needs."""
    base = next(iter(bases)) if len(bases) == 1 else None
    if base is not None and (target == base or target.startswith(base + ".")):
        return local + target[len(base) :]
    if target == "keras" or target.startswith("keras."):
        return context.keras_name() + target[len("keras") :]
    module = max((one for one in OURS if f"{target}.".startswith(f"{one}.")), key=len)
    context.needed[f"import {module}"] = None
    return target
