"""Rules for names of files of weights and models, of which Keras 3 requires certain suffixes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from malmoi.keras.migration.context import Context, dotted, keyword_of, literal
from malmoi.keras.migration.file_names import OLD_SUFFIX, FileName, file_names, is_same_name, last_string, suffix_edits

__all__ = ["rewrite_weight_files"]

CODE = "weights-file"
SUFFIXES = (".keras", ".h5", ".hdf5")


class _Plan:
    """The files that are to be renamed, by the string literal that ends their name.

    A file is renamed wherever its literal is written, and only if no other literal may mean it.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.names: dict[str, list[FileName]] = {}
        for one in file_names(context):
            self.names.setdefault(one.text, []).append(one)
        self.distinct = {(one.text, one.pattern): one for same in self.names.values() for one in same}
        self.suffixes: dict[str, set[str]] = {}
        self.models = {str(one.value) for one in _saved_models(context)}
        self.written: list[tuple[ast.Call, ast.Constant, str]] = []

    def add(self, call: ast.Call, string: ast.Constant, suffix: str) -> None:
        """Note that a call writes a file."""
        self.suffixes.setdefault(str(string.value), set()).add(suffix)
        self.written.append((call, string, suffix))

    def apply(self) -> None:
        """Rename what can be renamed; find the other files."""
        hindered: dict[str, str] = {}
        while found := {
            text: why for text in self.suffixes if text not in hindered and (why := self._hindrance(text, hindered))
        }:
            hindered.update(found)
        for call, string, suffix in self.written:
            text = str(string.value)
            if text in hindered:
                _find(self.context, call, suffix, f"rename it to *{suffix} {hindered[text]}")
                continue
            edits = [edit for one in self.names.pop(text, ()) for edit in suffix_edits(self.context, one.node, suffix)]
            self.context.change(call, f"the file is named *{suffix}", *edits)

    def _hindrance(self, text: str, hindered: Mapping[str, str]) -> str:
        """Return why a file must not be renamed, as the end of a cure; "" if it may be."""
        equal = self.names[text]
        is_model = text in self.models and ".weights.h5" in self.suffixes[text]
        if is_model or len(self.suffixes[text]) > 1:
            return "where it has weights only"
        if not all(suffix_edits(self.context, one.node, ".") for one in equal):
            return "everywhere"
        if OLD_SUFFIX.sub("", text) == "" and len({one.expression for one in equal}) > 1:
            return "everywhere"
        patterns = [one for key, one in self.distinct.items() if key[0] == text]
        for other in self.distinct.values():
            is_renamed = other.text not in hindered and self.suffixes.get(other.text) == self.suffixes[text]
            if other.text != text and not is_renamed and any(is_same_name(one, other) for one in patterns):
                return f"here and where {other.pattern[:60]!r} is used"
        return ""


def rewrite_weight_files(context: Context) -> None:
    """Rename files of weights to `.weights.h5`, and models of callbacks to `.keras`, unless they end in `.h5`."""
    if not context.uses_keras:
        return
    plan = _Plan(context)
    for call, path, suffix in [*_saved_weights(context), *_checkpoints(context)]:
        if isinstance(path, ast.Name):
            _add_variable(context, plan, call, path, suffix)
        else:
            _add(context, plan, call, path, suffix)
    plan.apply()
    _rewrite_periods(context)
    _find_saved_models(context)


def _find(context: Context, call: ast.Call, suffix: str, cure: str) -> None:
    context.find(call, CODE, f"Keras 3 requires that the file name ends in {suffix}", cure)


def _path_of(call: ast.Call, name: str) -> ast.expr | None:
    keyword = keyword_of(call, name)
    return keyword.value if keyword is not None else call.args[0] if call.args else None


def _saved_weights(context: Context) -> Iterator[tuple[ast.Call, ast.expr, str]]:
    for call, _ in context.method_calls("save_weights"):
        path = _path_of(call, "filepath")
        if path is not None:
            yield call, path, ".weights.h5"


def _saved_models(context: Context) -> Iterator[ast.Constant]:
    """Yield the strings that end the names of files to which `save` writes whole models."""
    for call, _ in context.method_calls("save"):
        path = _path_of(call, "filepath")
        string = None if path is None else last_string(path)
        if string is not None:
            yield string


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


def _add(context: Context, plan: _Plan, call: ast.Call, path: ast.expr, suffix: str) -> None:
    string = last_string(path)
    if string is None and not isinstance(path, ast.JoinedStr):
        return
    if string is not None and suffix_edits(context, string, suffix) and not _is_accepted(str(string.value), suffix):
        plan.add(call, string, suffix)
    elif not _is_accepted(ast.unparse(path if string is None else string).strip("'\""), suffix):
        _find(context, call, suffix, f"rename it to *{suffix}")


def _is_accepted(name: str, suffix: str) -> bool:
    """Return whether Keras 3 takes a name: models may be saved to `.h5` too."""
    return name.endswith((suffix, ".h5") if suffix == ".keras" else suffix)


def _add_variable(context: Context, plan: _Plan, call: ast.Call, path: ast.Name, suffix: str) -> None:
    """Rename the file where a name that is used for nothing else is assigned."""
    strings = [None if value is None else last_string(value) for value in context.assigned(path.id)]
    known = [one for one in strings if one is not None and not _is_accepted(str(one.value), suffix)]
    if not known:
        return
    is_whole = None not in strings and all(suffix_edits(context, one, suffix) for one in known)
    if is_whole and _is_only_file(context, path.id):
        for one in known:
            plan.add(call, one, suffix)
    else:
        _find(context, call, suffix, f"change {path.id}")


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
