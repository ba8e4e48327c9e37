"""Entries of the API reference: which members they list, types of fields, and links from names in docstrings."""

from __future__ import annotations

import functools
import re
import sys
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

import malmoi

SHARED = {
    "get_params",
    "set_params",
    "get_metadata_routing",
    "set_output",
    "fit_transform",
    "add_note",
    "with_traceback",
}
"""Members that come from scikit-learn or Python; `reference/estimators.md` describes those of estimators once."""
RESULTS = {"CheckReport", "Comparison", "Evaluation", "Finding", "History", "RunResult"}
"""Public classes that functions return, and that users do not construct."""
ARRAY = re.compile(
    r"~?(?:[\w.]*\.)?ndarray\[(?:[\w.]*\.)?tuple\[~?(?:[\w.]*\.)?Any, \.\.\.\], ~?(?:[\w.]*\.)?dtype\[(~?[\w.]+)\]\]"
)
ENTRIES = {
    name.split(".")[-1]
    for page in (Path(__file__).parents[1] / "reference").glob("*.md")
    for name in re.findall(r"autoclass:: (\S+)", page.read_text(encoding="utf-8"))
}
"""Classes that have an entry."""
TOKENIZER = re.compile(r"(?<![.\w])Tokenizer\b")
"""The base class of tokenizers in an annotation without modules; Keras' drop-in class has the same name."""
PLURAL = re.compile(r"(?<!`)(`[^`]+`)(?=\w)")
FIELD = re.compile(r"^(\w+(?:, \w+)*): ")


def skipped_member(app: Sphinx, what: str, name: str, member: object, skip: bool, options: Any) -> bool | None:
    """Leave out members of other libraries, and deprecated names."""
    owner = getattr(getattr(member, "fget", member), "__module__", None) or ""
    if name in SHARED or (name.startswith("set_") and name.endswith("_request")):
        return True
    if not owner.startswith("malmoi") and callable(member):
        return True
    return True if type(member).__name__ in ("Deprecated", "DeprecatedMethod") else None


def is_result(kind: object) -> bool:
    """Whether the class is returned to users and not constructed by them."""
    name = getattr(kind, "__name__", "")
    return isinstance(kind, type) and is_dataclass(kind) and (name not in malmoi.__all__ or name in RESULTS)


def shorter_signature(
    app: Sphinx, what: str, name: str, kind: object, options: Any, signature: str | None, returned: str | None
) -> tuple[str, str | None] | None:
    """Show no arguments of a class that users do not construct; shorten defaults that are functions."""
    if what == "class" and is_result(kind):
        return "", None
    return (re.sub(r"<function (\w+)[^>]*>", r"\1", signature), returned) if signature else None


def fields_as_attributes(app: Sphinx, what: str, name: str, kind: object, options: Any, lines: list[str]) -> None:
    """Call the arguments of a result its attributes, each with its type; end names before the plural's s."""
    lines[:] = [PLURAL.sub(r"\1\\ ", line) for line in lines]
    if what != "class" or not is_result(kind):
        return
    types = {key: value for one in reversed(kind.__mro__) for key, value in getattr(one, "__annotations__", {}).items()}
    inside = False
    for number, line in enumerate(lines):
        if line.strip() in ("Args:", "Attributes:"):
            lines[number], inside = line.replace("Args:", "Attributes:"), True
            indent = len(line) - len(line.lstrip()) + 4
        elif inside and line.strip() and len(line) - len(line.lstrip()) < indent:
            inside = False
        elif inside and len(line) - len(line.lstrip()) == indent:
            names = FIELD.match(line.strip())
            found = types.get(names.group(1).split(", ")[0]) if names else None
            if names and isinstance(found, str):
                shown = re.sub(r"\b[A-Z]\w+", linked, found.replace("npt.", "").replace("np.", ""))
                lines[number] = f"{' ' * indent}{names.group(1)} ({shown}): {line.strip()[names.end() :]}"


def linked(found: re.Match[str]) -> str:
    """Return a reference for the name of a class that has an entry, and any other name as it is."""
    return f":py:class:`{found.group()}`" if found.group() in ENTRIES else found.group()


def code_or_name(
    role: str, raw: str, text: str, line: int, inliner: Any, options: Any = None, content: Any = ()
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Show text between single backticks as code, with a link where it is a public name."""
    shown = nodes.literal(raw, text)
    first = text.removesuffix("()").removeprefix("malmoi.").removeprefix("mm.").split(".")
    if first[0] not in malmoi.__all__:
        return [shown], []
    target = "malmoi." + ".".join(first)
    link = pending_xref("", refdomain="py", reftype="obj", reftarget=target, refexplicit=False, code_or_name=True)
    link += shown
    return [link], []


def resolved_name(
    app: Sphinx, environment: BuildEnvironment, node: pending_xref, shown: nodes.Element
) -> nodes.Element | None:
    """Link a name of an annotation to the class of that name; leave unknown ones without a link."""
    if node.get("refdomain") != "py":
        return None
    objects = environment.domains["py"].objects  # type: ignore[attr-defined]  # of the Python domain
    last = node["reftarget"].split(".")[-1]
    places = [
        name for name in objects if name.split(".")[-1] == last and objects[name].objtype in ("class", "exception")
    ]
    if len(places) == 1 and node.get("reftype") != "meth":
        found = objects[places[0]]
        return make_refnode(app.builder, node["refdoc"], found.docname, found.node_id, shown, places[0])
    return None if node.get("refexplicit") or node.get("py:role") else shown


def shorter_array(stringified: Any) -> Any:
    """Return Sphinx' function that writes types, with arrays as `NDArray[float32]` and one class called `Tokenizer`."""

    @functools.wraps(stringified)
    def short(*arguments: Any, **options: Any) -> str:
        shown = ARRAY.sub(r"NDArray[\1]", stringified(*arguments, **options))
        return TOKENIZER.sub("~malmoi.tokenizers.base.Tokenizer", shown)

    return short


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the functions above."""
    app.setup_extension("sphinx.ext.autodoc")
    for module in [module for name, module in sys.modules.items() if name.startswith("sphinx.")]:
        stringified = vars(module).get("stringify_annotation")
        if stringified is not None:
            module.stringify_annotation = shorter_array(stringified)  # type: ignore[attr-defined]  # it has one
    app.connect("autodoc-skip-member", skipped_member)
    app.connect("autodoc-process-signature", shorter_signature)
    app.connect("autodoc-process-docstring", fields_as_attributes, priority=400)  # before napoleon
    app.connect("missing-reference", resolved_name)
    app.add_role("code_or_name", code_or_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
