"""What names stand for: the imports behind them, with the scopes of Python."""

from __future__ import annotations

import ast
from collections.abc import Iterable

__all__ = ["Names", "chain_of"]

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def chain_of(node: ast.expr) -> tuple[ast.Name, list[str]] | None:
    """Return the name and the attributes of `a.b.c`; None for other expressions."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node, attributes[::-1]) if isinstance(node, ast.Name) else None


class _Scope:
    """The names that a module, a function, a class or a comprehension binds."""

    def __init__(self, parent: _Scope | None, *, is_class: bool = False) -> None:
        self.parent = parent
        self.is_class = is_class
        self.imports: dict[str, set[str]] = {}
        self.aliases: dict[str, list[ast.expr]] = {}
        self.stored: set[str] = set()
        self.outer: set[str] = set()

    def binds(self, name: str) -> bool:
        bound = name in self.imports or name in self.aliases or name in self.stored
        return bound and name not in self.outer


class Names(ast.NodeVisitor):
    """The imports that the names of a file stand for.

    Args:
        tree: the parsed file.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.module = _Scope(None)
        self._current = self.module
        self._all_scopes = [self.module]
        self._scopes: dict[int, _Scope] = {}
        self._visiting: set[int] = set()
        self.visit(tree)

    def paths(self, node: ast.expr) -> tuple[frozenset[str], bool]:
        """Return the dotted paths that an expression stands for, and whether it stands for nothing else.

        Args:
            node: a name or an attribute of one, such as `keras.layers.Dense`.
        """
        chain = chain_of(node)
        if chain is None or id(chain[0]) not in self._scopes or id(chain[0]) in self._visiting:
            return frozenset(), False
        root, attributes = chain
        self._visiting.add(id(root))
        try:
            found, is_certain = self._looked_up(root.id, self._scopes[id(root)])
        finally:
            self._visiting.discard(id(root))
        return frozenset(".".join([path, *attributes]) for path in found), is_certain

    def module_names(self, *known: str) -> list[str]:
        """Return the names that stand for one of some paths in the whole module, and for nothing else."""
        return [
            name
            for name, paths in self.module.imports.items()
            if paths <= {*known} and name not in self.module.stored and name not in self.module.aliases
        ]

    def is_bound(self, name: str) -> bool:
        """Return whether any scope of the file binds a name."""
        return any(scope.binds(name) for scope in self._all_scopes)

    def _looked_up(self, name: str, scope: _Scope) -> tuple[set[str], bool]:
        current: _Scope | None = scope
        while current is not None:
            if current.binds(name) and (current is scope or not current.is_class):
                break
            current = current.parent
        if current is None:
            return set(), False
        found = set(current.imports.get(name, ()))
        is_certain = name not in current.stored
        for value in current.aliases.get(name, ()):
            paths, certain = self.paths(value)
            found |= paths
            is_certain &= certain and bool(paths)
        return found, is_certain

    # Visits

    def visit_Import(self, node: ast.Import) -> None:
        """Bind the names of `import a.b` and `import a.b as c`."""
        for alias in node.names:
            path = alias.name if alias.asname else alias.name.partition(".")[0]
            self._current.imports.setdefault(alias.asname or path, set()).add(path)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Bind the names of `from a import b as c`."""
        for alias in node.names:
            if node.level or node.module is None:
                self._current.stored.add(alias.asname or alias.name)
            elif alias.name != "*":
                paths = self._current.imports.setdefault(alias.asname or alias.name, set())
                paths.add(f"{node.module}.{alias.name}")

    def visit_Name(self, node: ast.Name) -> None:
        """Note the scope of a name, and bind it where it is assigned."""
        self._scopes[id(node)] = self._current
        if not isinstance(node.ctx, ast.Load):
            self._current.stored.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Note `name = a.b.c`, which may give an import another name."""
        target = node.targets[0]
        if len(node.targets) == 1 and isinstance(target, ast.Name) and chain_of(node.value) is not None:
            self._scopes[id(target)] = self._current
            self._current.aliases.setdefault(target.id, []).append(node.value)
            self.visit(node.value)
        else:
            self.generic_visit(node)

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        """Note names that a function binds outside."""
        self._current.outer.update(node.names)
        self.module.stored.update(node.names)

    visit_Nonlocal = visit_Global  # noqa: N815

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Bind the name of an exception."""
        if node.name:
            self._current.stored.add(node.name)
        self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        """Enter the scopes of functions, classes and comprehensions."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._current.stored.add(node.name)
        if isinstance(node, FUNCTIONS):
            self._visit_function(node)
        elif isinstance(node, ast.ClassDef):
            for part in [*node.decorator_list, *node.bases, *node.keywords]:
                self.visit(part)
            self._inside(_Scope(self._current, is_class=True), node.body)
        elif isinstance(node, COMPREHENSIONS):
            self.visit(node.generators[0].iter)
            rest = [part for one in node.generators for part in (one.target, *one.ifs)]
            rest += [one.iter for one in node.generators[1:]]
            values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            self._inside(_Scope(self._current), [*rest, *values])
        elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
            self._current.stored.add(node.name)
            super().generic_visit(node)
        else:
            super().generic_visit(node)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        named += [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
        outside: list[ast.AST] = [one for one in [*arguments.defaults, *arguments.kw_defaults] if one is not None]
        outside += [one.annotation for one in named if one.annotation is not None]
        if not isinstance(node, ast.Lambda):
            outside += [*node.decorator_list, *([] if node.returns is None else [node.returns])]
        for part in outside:
            self.visit(part)
        scope = _Scope(self._current)
        scope.stored.update(one.arg for one in named)
        self._inside(scope, [node.body] if isinstance(node, ast.Lambda) else node.body)

    def _inside(self, scope: _Scope, nodes: Iterable[ast.AST]) -> None:
        self._all_scopes.append(scope)
        before, self._current = self._current, scope
        for node in nodes:
            self.visit(node)
        self._current = before
