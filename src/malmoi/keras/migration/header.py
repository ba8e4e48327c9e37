"""The last steps: imports that are not used any more are removed, and those that are needed are added."""

from __future__ import annotations

import ast
import re

from malmoi.keras.migration.context import Context
from malmoi.keras.migration.edits import Edit
from malmoi.keras.migration.places import is_keras, new_path

__all__ = ["CHOICE", "add_imports", "drop_imports"]

CHOICE = "import malmoi.keras  # chooses an installed backend for Keras"
KERAS = "import keras"
AFTER = re.compile(r"[ \t]*(?:;[ \t]*)?(?:\r?\n)?")
"""What is removed with a statement: a semicolon, or the end of its line."""


def _first(path: str) -> str:
    return path.partition(".")[0]


def drop_imports(context: Context) -> None:
    """Remove imports of TensorFlow and of `keras.backend` whose every use was rewritten."""
    used = {*context.kept}
    for node in ast.walk(context.source.tree):
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Global):
            used.update(node.names)
    for node in context.source.nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            _drop(context, node, used)


def _is_dropped(context: Context, node: ast.Import | ast.ImportFrom, alias: ast.alias, used: set[str]) -> bool:
    local = alias.asname or (_first(alias.name) if isinstance(node, ast.Import) else alias.name)
    if local in used:
        return False
    if isinstance(node, ast.Import):
        return _first(alias.name) == "tensorflow" and not (alias.asname and is_keras(alias.name))
    return local in context.replaced and new_path(f"{node.module}.{alias.name}") == "keras.backend"


def _drop(context: Context, node: ast.Import | ast.ImportFrom, used: set[str]) -> None:
    dropped = [alias for alias in node.names if _is_dropped(context, node, alias, used)]
    if not dropped:
        return
    kept = [alias for alias in node.names if alias not in dropped]
    what = f"{', '.join(alias.asname or alias.name for alias in dropped)} is not imported any more"
    start, end = context.source.span(node)
    if kept:
        first = context.source.span(node.names[0])[0]
        names = ", ".join(context.source.segment(alias) for alias in kept)
        last = context.source.span(node.names[-1])[1]
        context.change(node, what, Edit(first, last, names))
        return
    statement = _replacement(context, node)
    if statement is None and node.col_offset == 0 and isinstance(context.source.parent(node), ast.Module):
        context.change(node, what, Edit(start, _end_of_line(context.source.text, end), ""))
    else:
        context.change(node, what, Edit(start, end, statement or "pass"))


def _end_of_line(text: str, place: int) -> int:
    """Return where the text after a removed statement goes on: at the next statement, comment or line."""
    found = AFTER.match(text, place)
    return place if found is None else found.end()


def _replacement(context: Context, node: ast.stmt) -> str | None:
    """Return a needed import that the statement can become; None if there is none."""
    is_outside = isinstance(context.source.parent(node), ast.Module)
    if isinstance(node, ast.ImportFrom):
        wanted = next((one for one in context.needed if " ops" in one), "")
    elif KERAS in context.needed or not is_outside:
        wanted = KERAS
    else:
        wanted = next((one for one in context.needed if one.startswith("import malmoi.keras.")), "")
    if wanted not in context.needed:
        return None
    if is_outside:
        del context.needed[wanted]
    return wanted


def _imports_keras(node: ast.AST) -> str | None:
    """Return a module of Keras or of its replacements that a statement imports; None for others."""
    if isinstance(node, ast.Import):
        return next((one.name for one in node.names if _first(one.name) == "keras" or _is_ours(one.name)), None)
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        path = f"{node.module}.{node.names[0].name}"
        return path if _first(node.module) == "keras" or _is_ours(path) else None
    return None


def _is_ours(module: str) -> bool:
    return module == "malmoi.keras" or module.startswith("malmoi.keras.")


def add_imports(context: Context) -> None:
    """Add the line that chooses a backend, and the imports that the rewritten code needs.

    They stand before the first statement of the module that imports Keras, or before the first import, but not after
    the first statement that uses one of their names.
    """
    body = context.source.tree.body
    found = [
        (place, name) for place, one in enumerate(body) for node in _ordered(one) if (name := _imports_keras(node))
    ]
    present = {ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)}
    needed = [*(one for one in context.needed if one not in present), *_late(context, body)]
    if not found and not needed:
        return
    place = min(found[0][0] if found else _first_import(body), _first_use(body, needed))
    if needed or not (found and _is_ours(found[0][1])):
        _insert(context, body[place], [CHOICE, *needed])


def _ordered(node: ast.AST) -> list[ast.AST]:
    found = [one for one in ast.walk(node) if isinstance(one, ast.Import | ast.ImportFrom)]
    return sorted(found, key=lambda one: (one.lineno, one.col_offset))  # type: ignore[attr-defined]  # statements


def _first_import(body: list[ast.stmt]) -> int:
    """Return the place of the first import that is not of `__future__`; of the first statement after the docstring."""
    for place, node in enumerate(body):
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.module != "__future__"):
            return place
    return min(len(body) - 1, 1)


def _late(context: Context, body: list[ast.stmt]) -> list[str]:
    """Return the imports of Keras that stand below the first use of their name, which was TensorFlow's before."""
    found = []
    for path, start in (("keras", KERAS), ("keras.ops", "from keras import ops")):
        for name in context.names.module_names(path)[:1]:
            imports = (place for place, node in enumerate(body) if any(_binds(one, name) for one in _ordered(node)))
            uses = (place for place, node in enumerate(body) if name in _names_when_run(node))
            if next(uses, len(body)) < next(imports, len(body)):
                found.append(start if start.endswith(f" {name}") else f"{start} as {name}")
    return found


def _binds(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom) and any(
        (alias.asname or _first(alias.name)) == name for alias in node.names
    )


def _names_when_run(node: ast.stmt) -> set[str]:
    """Return the names in a statement of the module that are not inside of functions."""
    names: set[str] = set()
    waiting: list[ast.AST] = [node]
    for one in waiting:  # the list grows
        if isinstance(one, ast.Name):
            names.add(one.id)
        elif not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(one))
    return names


def _first_use(body: list[ast.stmt], needed: list[str]) -> int:
    """Return the place of the first statement that has a name of the needed imports; `len(body)` if none has."""
    names = {_first(line.split()[-1]) for line in needed}
    for place, node in enumerate(body):
        if any(isinstance(one, ast.Name) and one.id in names for one in ast.walk(node)):
            return place
    return len(body)


def _insert(context: Context, node: ast.stmt, lines: list[str]) -> None:
    decorators = [one.lineno for one in getattr(node, "decorator_list", [])]
    is_definition = bool(decorators)
    start = context.source.span(node)[0]
    line_end = "\r\n" if "\r\n" in context.source.text else "\n"
    if is_definition:
        start = context.source.offset(min(decorators), 0)
    if context.source.indentation(start) == "":
        text = "".join(line + line_end for line in lines)
    else:
        text = "".join(line.partition("  #")[0] + "; " for line in lines)
    context.change(node, "an installed backend is chosen, and needed names are imported", Edit(start, start, text))
