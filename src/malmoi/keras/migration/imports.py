"""Rules for import statements: each name is imported from where it is now, under the name that the file uses."""

from __future__ import annotations

import ast
from typing import NamedTuple

from malmoi.keras.migration.context import Context
from malmoi.keras.migration.edits import Edit
from malmoi.keras.migration.places import SEEDS, is_keras, is_known_module, new_path
from malmoi.keras.old_backend import OPS, is_plain
from malmoi.keras.old_names import gone_module, new_module, new_place

__all__ = ["rewrite_imports"]


class _Part(NamedTuple):
    """One imported name: the module (None for `import keras`), the name in it, and the name that the file uses."""

    module: str | None
    name: str
    local: str

    def text(self) -> str:
        return self.name if self.name == self.local else f"{self.name} as {self.local}"


def rewrite_imports(context: Context) -> None:
    """Rewrite the imports of modules and names that moved."""
    for node in context.source.nodes:
        if isinstance(node, ast.Import):
            _rewrite_modules(context, node)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            _rewrite_names(context, node, node.module)


def _rewrite_modules(context: Context, node: ast.Import) -> None:
    """Rewrite `import keras.x` and `import keras.x as y`."""
    for alias in node.names:
        target = new_module(alias.name) if is_keras(alias.name) and is_known_module(alias.name) else None
        is_bare_tensorflow = alias.asname is None and alias.name.startswith("tensorflow.")
        if target is None or target == alias.name or is_bare_tensorflow:
            continue
        text = f"{target} as {alias.asname}" if alias.asname else target
        if alias.asname is None and target.startswith("malmoi."):
            text = f"keras, {target}"
        if alias.asname == target:
            text = target
        edit = Edit(*context.source.span(alias), text)
        context.change(node, f"import of {alias.name} is one of {target}", edit)


def _part(module: str, alias: ast.alias) -> _Part | None:
    """Return where an imported name is now; None if it stays where it is."""
    local = alias.asname or alias.name
    if f"{module}.{alias.name}" in SEEDS:
        return _Part("keras.utils", "set_random_seed", local)
    if module in ("tensorflow", "tensorflow.python"):
        return _Part(None, "keras", local) if alias.name == "keras" else None
    if not is_keras(module) or not is_known_module(module) or gone_module(f"{module}.{alias.name}") is not None:
        return None
    if alias.name == "*":
        target = new_module(module)
        return None if target is None else _Part(target, "*", "*")
    path = new_path(module)
    if path == "keras.backend" and alias.name in OPS and is_plain(alias.name):
        return _Part("keras.ops", OPS[alias.name], local)
    inner = new_path(f"{module}.{alias.name}")
    if inner is not None and is_known_module(f"{module}.{alias.name}") and "merge" not in alias.name:
        package, _, name = inner.rpartition(".")
        return _Part(package if package else None, name, local)
    place = new_place(module, alias.name)
    return None if place is None else _Part(*place, local)


def _rewrite_names(context: Context, node: ast.ImportFrom, module: str) -> None:
    """Rewrite `from keras.x import a, b as c`; one statement for each module that has some of the names now."""
    found = [_part(module, alias) for alias in node.names]
    parts = [
        part or _Part(module, alias.name, alias.asname or alias.name)
        for part, alias in zip(found, node.names, strict=True)
    ]
    before = [_Part(module, alias.name, alias.asname or alias.name) for alias in node.names]
    if parts == before:
        return
    targets = list(dict.fromkeys(part.module or "keras" for part in parts))
    what = f"names of {module} are imported from {' and '.join(targets)}"
    if len({part.module for part in parts}) == 1 and parts[0].module is not None:
        edits = [
            Edit(*context.source.span(alias), part.text())
            for alias, part, old in zip(node.names, parts, before, strict=True)
            if part[1:] != old[1:]
        ]
        context.change(node, what, *_module_edit(context, node, module, targets[0]), *edits)
    else:
        context.change(node, what, _split(context, node, parts))


def _module_edit(context: Context, node: ast.ImportFrom, module: str, target: str) -> list[Edit]:
    """Return the edit of the module's name between `from` and `import`."""
    start, end = context.source.span(node)
    place = context.source.text.find(module, start + len("from"), end)
    return [] if module == target or place < 0 else [Edit(place, place + len(module), target)]


def _split(context: Context, node: ast.ImportFrom, parts: list[_Part]) -> Edit:
    """Return the edit that writes one statement for each module; comments inside are kept before them."""
    source = context.source
    start, end = source.span(node)
    statements: dict[tuple[str | None, str], list[str]] = {}
    for part in parts:
        statements.setdefault((part.module, "" if part.module else part.local), []).append(part.text())
    lines = [
        f"import {', '.join(names)}" if module is None else f"from {module} import {', '.join(names)}"
        for (module, _), names in statements.items()
    ]
    indentation = source.indentation(start)
    if indentation is None or not source.ends_line(end):
        return Edit(start, end, "; ".join(lines))
    line_end = "\r\n" if "\r\n" in source.text else "\n"
    comments = [comment.text for comment in source.comments(start, end)]
    return Edit(start, end, f"{line_end}{indentation}".join([*comments, *lines]))
