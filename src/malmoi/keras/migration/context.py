"""What the rules of one pass share: the source, its names, the edits and the findings."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from malmoi.keras.migration.edits import Edit
from malmoi.keras.migration.places import is_keras, new_path
from malmoi.keras.migration.results import Change, Finding
from malmoi.keras.migration.scopes import Names, chain_of
from malmoi.keras.migration.source import Source, calls
from malmoi.keras.old_names import ARGUMENTS, OPTIMIZERS, ROOTS

__all__ = ["Context", "dotted", "keyword_of", "literal", "place_of"]


STAR_MODULES = {
    "LearningRateScheduler": "keras.callbacks",
    "ReduceLROnPlateau": "keras.callbacks",
    "to_categorical": "keras.utils",
}
"""Modules of names whose arguments were renamed and that are no layers and optimizers."""


class Context:
    """One pass over a source.

    Args:
        source: the parsed source.
        needed: import statements that the new source needs; rules add to it.
        replaced: local names that rules replaced everywhere they could; rules add to it.
        is_tensorflow: whether the old source used TensorFlow.
        kept: names that are used where the source does not show it.
    """

    def __init__(
        self,
        source: Source,
        needed: dict[str, None],
        replaced: set[str],
        *,
        is_tensorflow: bool = False,
        kept: frozenset[str] = frozenset(),
    ) -> None:
        self.source = source
        self.names = Names(source.tree)
        self.needed = needed
        self.replaced = replaced
        self.kept = kept
        self._imported = list(self._all_imported())
        self.is_tensorflow = is_tensorflow or self.imports("tensorflow")
        self.stores: dict[str, list[ast.Name]] = {}
        for node in source.nodes:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                self.stores.setdefault(node.id, []).append(node)
        for stores in self.stores.values():
            stores.sort(key=place_of)
        self.changes: list[tuple[Change, list[Edit]]] = []
        self.findings: list[Finding] = []
        self.uses_keras = any(is_keras(path) or path.startswith("malmoi.keras") for path in self._imported)
        self._calls = list(calls(source))
        self._stars = {new_path(module) for module in self._star_imports()}
        self._methods = {
            node.name
            for parent in source.nodes
            if isinstance(parent, ast.ClassDef)
            for node in parent.body
            if isinstance(node, ast.FunctionDef)
        }

    def _all_imported(self) -> Iterator[str]:
        for node in self.source.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.Attribute) and node.attr == "keras":
                yield from self.names.paths(node)[0]

    def _star_imports(self) -> Iterator[str]:
        for node in self.source.nodes:
            if isinstance(node, ast.ImportFrom) and node.module and node.names[0].name == "*" and not node.level:
                yield node.module

    def _from_star(self, node: ast.expr) -> str | None:
        """Return the path of a name that only an import with * can have bound; None if none of Keras' did."""
        if not isinstance(node, ast.Name) or node.id not in ARGUMENTS or self.names.is_bound(node.id):
            return None
        module = STAR_MODULES.get(node.id, "keras.optimizers" if node.id in OPTIMIZERS else "keras.layers")
        return f"{module}.{node.id}" if module in self._stars else None

    def imports(self, *packages: str) -> bool:
        """Return whether the file imports one of some packages."""
        return any(path.partition(".")[0] in packages for path in self._imported)

    # Names

    def new_path(self, node: ast.expr) -> str | None:
        """Return the path in Keras 3 of a name or an attribute; None if it is not certainly of Keras."""
        paths, is_certain = self.names.paths(node)
        if not paths:
            return self._from_star(node)
        found = {path if path.startswith("malmoi.keras.") else new_path(path) for path in paths}
        if len(found) != 1 or not (is_certain or isinstance(node, ast.Attribute)):
            return None
        return found.pop()

    def keras_name(self) -> str:
        """Return the name of Keras in the file, and note its import if it has none."""
        known = self.names.module_names(*ROOTS)
        if not known:
            self.needed["import keras"] = None
        return known[0] if known else "keras"

    def function(self, call: ast.Call) -> tuple[str, str] | None:
        """Return the module and the name of the function of Keras that is called; None for other calls."""
        path = self.new_path(call.func)
        if path is None:
            return None
        module, _, name = path.rpartition(".")
        return module, name

    def keras_calls(self) -> Iterator[tuple[ast.Call, str, str]]:
        """Yield calls of Keras' classes and functions, with module and name."""
        for call in self._calls:
            found = self.function(call)
            if found is not None:
                yield call, *found

    def method_calls(self, *names: str) -> Iterator[tuple[ast.Call, ast.Attribute]]:
        """Yield calls of methods with one of some names, on objects that are no modules of an import.

        If a class of the file has a method of the name, only calls on what is named a model are meant.
        """
        for call in self._calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr in names:
                owner = ast.unparse(call.func.value) if call.func.attr in self._methods else "model"
                if "model" not in owner.lower():
                    continue
                paths, is_certain = self.names.paths(call.func)
                if not (paths and is_certain):
                    yield call, call.func

    def assigned(self, name: str) -> list[ast.expr | None]:
        """Return what is assigned to a name anywhere in the file; None for other ways to bind it."""
        values: list[ast.expr | None] = []
        for node in self.stores.get(name, ()):
            parent = self.source.parent(node)
            is_plain = isinstance(parent, ast.Assign) and node in parent.targets
            is_plain |= isinstance(parent, ast.AnnAssign) and parent.target is node
            values.append(parent.value if is_plain else None)  # type: ignore[union-attr]  # both have a value
        return values

    # Edits

    def change(self, node: ast.AST, what: str, *edits: Edit) -> None:
        """Note a change and its edits.

        Args:
            node: the node whose line is named.
            what: what was changed.
            edits: the edits.
        """
        if edits:
            change = Change(getattr(node, "lineno", 1), what)
            self.changes.append((change, [self.source.quoted(edit) for edit in edits]))

    def find(self, node: ast.AST, code: str, reason: str, cure: str) -> None:
        """Note a finding at a node."""
        self.findings.append(Finding(getattr(node, "lineno", 1), code, reason, cure))

    def replace(self, node: ast.expr, text: str) -> Edit:
        """Return the edit that replaces a node."""
        return Edit(*self.source.span(node), text)

    def rename_keyword(self, keyword: ast.keyword, name: str) -> Edit:
        """Return the edit that renames a keyword argument."""
        start = self.source.span(keyword)[0]
        return Edit(start, start + len(keyword.arg or ""), name)

    def add_argument(self, call: ast.Call, text: str) -> Edit:
        """Return the edit that adds an argument at the end of a call."""
        end = self.source.span(call)[1] - 1
        last = self.source.token_before(end)
        if last is None:
            return Edit(end, end, text)
        before = {"(": "", ",": " "}.get(last.text, ", ")
        return Edit(last.end, last.end, before + text)

    def remove_arguments(self, call: ast.Call, dropped: Sequence[ast.keyword]) -> list[Edit]:
        """Return the edits that remove keyword arguments with their commas."""
        edits = []
        given: list[ast.AST] = sorted([*call.args, *call.keywords], key=lambda one: self.source.span(one)[0])
        for place, argument in enumerate(given):
            if argument not in dropped:
                continue
            start, end = self.source.span(argument)
            follower = self.source.token_after(end)
            before = self.source.token_before(start)
            is_first = all(other in dropped for other in given[:place])
            has_comma = follower is not None and follower.text == ","
            if not is_first and before is not None and not self.source.comments(before.start, start):
                start = before.start
            elif has_comma and follower is not None:
                end = follower.end
                if not self.source.ends_line(end):
                    while self.source.text.startswith(" ", end):
                        end += 1
            edits.append(Edit(start, end, ""))
        return edits


def place_of(node: ast.expr) -> tuple[int, int]:
    """Return the line and the column of a node."""
    return node.lineno, node.col_offset


def keyword_of(call: ast.Call, name: str) -> ast.keyword | None:
    """Return a keyword argument of a call; None if it is not given."""
    return next((keyword for keyword in call.keywords if keyword.arg == name), None)


def literal(node: ast.expr | None) -> object:
    """Return the value of a literal such as `0` or `'acc'`; `...` for other expressions."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        return -value if isinstance(value, int | float) else ...
    return ...


def dotted(node: ast.expr) -> str:
    """Return a chain of names and attributes as text; "" for other expressions."""
    chain = chain_of(node)
    return "" if chain is None else ".".join([chain[0].id, *chain[1]])
