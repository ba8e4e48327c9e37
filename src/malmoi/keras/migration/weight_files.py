"""Rules for names of files of weights and models, of which Keras 3 requires certain suffixes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from malmoi.keras.migration.context import Context, dotted, keyword_of, literal
from malmoi.keras.migration.edits import Edit

__all__ = ["rewrite_weight_files"]

OLD_SUFFIX = re.compile(r"(?<!\.weights)\.(hdf5|h5|hdf)$")
CODE = "weights-file"
READING = ("load_weights", "load_model")
SUFFIXES = (".keras", ".h5", ".hdf5")


def rewrite_weight_files(context: Context) -> None:
    """Rename files of weights to `.weights.h5`, and of models that callbacks save to `.keras`."""
    if not context.uses_keras:
        return
    renamed: dict[str, str] = {}
    written = [*_saved_weights(context), *_checkpoints(context)]
    for call, path, suffix in written:
        _rename(context, call, path, suffix, renamed)
    for call in [call for call, _ in context.method_calls(*READING)] + _loads(context):
        read = _path_of(call, "filepath")
        new = None if read is None else renamed.get(_name(read))
        string = None if read is None else _last_string(read)
        if new is not None and string is not None:
            context.change(call, f"the file is named *{new}", *_suffix_edit(context, string, new))
    _rewrite_periods(context)
    _find_saved_models(context)


def _loads(context: Context) -> list[ast.Call]:
    return [call for call, _, name in context.keras_calls() if name == "load_model"]


def _path_of(call: ast.Call, name: str) -> ast.expr | None:
    keyword = keyword_of(call, name)
    return keyword.value if keyword is not None else call.args[0] if call.args else None


def _name(path: ast.expr) -> str:
    """Return what stands for a file: its literal name, or the expression."""
    value = literal(path)
    return repr(value) if isinstance(value, str) else ast.unparse(path)


def _saved_weights(context: Context) -> Iterator[tuple[ast.Call, ast.expr, str]]:
    for call, _ in context.method_calls("save_weights"):
        path = _path_of(call, "filepath")
        if path is not None:
            yield call, path, ".weights.h5"


def _checkpoints(context: Context) -> Iterator[tuple[ast.Call, ast.expr, str]]:
    for call, _, name in context.keras_calls():
        path = _path_of(call, "filepath")
        if name != "ModelCheckpoint" or path is None:
            continue
        only = keyword_of(call, "save_weights_only")
        value = False if only is None else literal(only.value)
        if value is ...:
            context.find(call, CODE, "the suffix depends on save_weights_only", "end it in .weights.h5 if that is True")
        else:
            yield call, path, ".weights.h5" if value else ".keras"


def _last_string(node: ast.expr) -> ast.Constant | None:
    """Return the string that ends a file name: of a literal, a sum, a formatted string or `os.path.join`."""
    if isinstance(node, ast.Constant):
        return node if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp):
        return _last_string(node.right if isinstance(node.op, ast.Add) else node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "format":
            return _last_string(node.func.value)
        if node.func.attr == "join" and dotted(node.func).endswith("path.join") and node.args:
            return _last_string(node.args[-1])
    return None


def _suffix_edit(context: Context, string: ast.Constant, suffix: str) -> list[Edit]:
    """Return the edit of the suffix in a string literal."""
    start, end = context.source.span(string)
    found = OLD_SUFFIX.search(str(string.value))
    text = context.source.text[start:end]
    place = -1 if found is None else text.rfind(found[0])
    if found is None or place < 0 or len(text) - place - len(found[0]) not in (1, 3):
        return []
    return [Edit(start + place, start + place + len(found[0]), suffix)]


def _rename(context: Context, call: ast.Call, path: ast.expr, suffix: str, renamed: dict[str, str]) -> None:
    if isinstance(path, ast.Name):
        _rename_variable(context, call, path, suffix)
        return
    string = _last_string(path)
    value = "" if string is None else str(string.value)
    if value.endswith(suffix) or (string is None and not isinstance(path, ast.JoinedStr)):
        return
    edits = [] if string is None else _suffix_edit(context, string, suffix)
    if edits:
        renamed[_name(path)] = suffix
        context.change(call, f"the file is named *{suffix}", *edits)
    elif string is not None or not ast.unparse(path).strip("'\"").endswith(suffix):
        context.find(call, CODE, f"Keras 3 requires that the file name ends in {suffix}", f"rename it to *{suffix}")


def _rename_variable(context: Context, call: ast.Call, path: ast.Name, suffix: str) -> None:
    """Rename the file where a name that is used for nothing else is assigned."""
    values = context.assigned(path.id)
    strings = [None if value is None else _last_string(value) for value in values]
    if not strings or all(one is not None and str(one.value).endswith(suffix) for one in strings):
        return
    edits = [edit for one in strings if one is not None for edit in _suffix_edit(context, one, suffix)]
    if len(edits) == len(strings) and _is_only_file(context, path.id):
        context.change(call, f"the file is named *{suffix}", *edits)
    elif any(one is not None for one in strings):
        context.find(call, CODE, f"Keras 3 requires that the file name ends in {suffix}", f"change {path.id}")


def _is_only_file(context: Context, name: str) -> bool:
    """Return whether a name is used only as the file of weights and models, and to print it."""
    known = {"save_weights", "load_weights", "load_model", "ModelCheckpoint", "print", "exists", "isfile", "format"}
    for node in context.source.nodes:
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            parent = context.source.parent(node)
            parent = context.source.parent(parent) if isinstance(parent, ast.keyword) else parent
            function = parent.func if isinstance(parent, ast.Call) else None
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if called not in known:
                return False
    return True


def _rewrite_periods(context: Context) -> None:
    for call, _, name in context.keras_calls():
        period = keyword_of(call, "period") if name == "ModelCheckpoint" else None
        if period is None:
            continue
        if literal(period.value) == 1:
            context.change(call, "period of ModelCheckpoint is removed", *context.remove_arguments(call, [period]))
        else:
            context.find(
                period.value,
                "removed-argument",
                "ModelCheckpoint has no argument period in Keras 3",
                "use save_freq, which counts batches: period * batches per epoch",
            )


def _find_saved_models(context: Context) -> None:
    """Find models that are saved to a name without a suffix, which was a folder of TensorFlow's."""
    for call, function in context.method_calls("save"):
        path = _path_of(call, "filepath")
        value = literal(path)
        if "model" in dotted(function.value).lower() and isinstance(value, str) and not value.endswith(SUFFIXES):
            context.find(
                call,
                "model-file",
                "Keras 3 saves models to files that end in .keras or .h5",
                "rename the file to *.keras, here and where it is loaded",
            )
