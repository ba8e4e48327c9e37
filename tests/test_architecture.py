"""The architecture: which package may import which, no circles, and how large a file and a function may be."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import malmoi

SOURCE = Path(malmoi.__file__).parent
# From left to right; a package imports only packages of an earlier line.
ORDER = [
    {"errors", "_core"},
    {"foundation"},
    {"data"},
    {"tokenizers"},
    {"vectorizers", "wordvectors"},
    {"metrics"},
    {"models"},
    {"evaluation", "persistence"},
    {"experiments"},
    {"distributed", "report"},
    {"keras"},
    {"cli"},
]
# Functions and methods of the public face that open a package to the right when they are called.
EXCEPTIONS = {
    ("models", "persistence"): {"save"},
    ("models", "report"): {"plot"},
    ("experiments", "report"): {"plot"},
}
EDGE = {"__init__", "__main__"}
LARGEST_FILE, LARGEST_FUNCTION = 400, 40
FILES = sorted(SOURCE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def module_of(path):
    """The dotted name of a file without `malmoi.`; "" for the package itself."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {module_of(path) for path in FILES} | {"_core"}


def package_of(module):
    return module.split(".")[0]


def place_of(package):
    return next(number for number, packages in enumerate(ORDER) if package in packages)


def imports_of(tree):
    """Every import of ours, those for type checkers included: module, imported name, and the function around it."""

    def visit(node, function):
        for child in ast.iter_child_nodes(node):
            inside = child.name if isinstance(child, ast.FunctionDef) else function
            if isinstance(child, ast.ImportFrom) and child.module and child.module.split(".")[0] == "malmoi":
                base = child.module.partition(".")[2]
                for name in child.names:
                    full = f"{base}.{name.name}".lstrip(".")
                    yield (full, None, inside) if full in MODULES else (base, name.name, inside)
            elif isinstance(child, ast.Import):
                yield from ((n.name.partition(".")[2], None, inside) for n in child.names if n.name[:7] == "malmoi.")
            yield from visit(child, inside)

    return [found for found in visit(tree, None) if found[0]]


def first_circle(graph):
    """The nodes of a circle in a graph, or none."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return None
        path.append(node)
        for other in sorted(graph.get(node, ())):
            if circle := visit(other):
                return circle
        done.add(path.pop())
        return None

    return next((circle for node in sorted(graph) if (circle := visit(node))), None)


def is_assigning_constructor(node):
    """Whether it is an `__init__` that does nothing but assign its parameters."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return node.name == "__init__" and all(
        isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Attribute) and isinstance(line.value, ast.Name)
        for line in body
    )


def lines_of(node):
    """Lines of a function: its signature counts, its docstring does not."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    docstring = node.body[0].end_lineno - node.body[0].lineno + 1 if ast.get_docstring(node) is not None else 0
    return node.end_lineno - first + 1 - docstring


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LARGEST_FILE
    assert not re.search(r"fmt:\s*(skip|off)", text), "formatting is never switched off"
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_assigning_constructor(node):
            assert lines_of(node) <= LARGEST_FUNCTION, f"{node.name} has {lines_of(node)} lines"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_left(path):
    package = package_of(module_of(path))
    if package in EDGE:
        return
    for module, name, function in imports_of(TREES[path]):
        other = package_of(module)
        if other in (package, "__version__"):
            continue
        allowed = place_of(other) < place_of(package) or function in EXCEPTIONS.get((package, other), ())
        assert allowed, f"{package} must not import {module}{f'.{name}' if name else ''}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_underscored_names_stay_in_their_package(path):
    package = package_of(module_of(path))
    for module, name, _ in imports_of(TREES[path]):
        parts = [part for part in [*module.split("."), name or ""] if part.startswith("_") and part != "_core"]
        assert not parts or package_of(module) == package, f"{module} keeps {parts[0]} to itself"
    used = {node.attr for node in ast.walk(TREES[path]) if isinstance(node, ast.Attribute)}
    others = set().union(*(names for other, names in PRIVATE_NAMES.items() if other != package))
    strange = used & others - PRIVATE_NAMES[package]
    assert not strange, f"{strange} belong to another package than {package}"


def names_defined_in(tree):
    """Functions, classes, fields, and attributes that are assigned."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr if isinstance(node, ast.Attribute) else node.id


PRIVATE_NAMES = {
    package: {
        name
        for path in FILES
        if package_of(module_of(path)) == package
        for name in names_defined_in(TREES[path])
        if name.startswith("_") and not name.startswith("__")
    }
    for package in {package_of(module_of(path)) for path in FILES}
}


def test_no_circles_inside_packages():
    graph = {module_of(path): {module for module, _, _ in imports_of(TREES[path])} for path in FILES}
    inside = {
        module: {other for other in others & MODULES if package_of(other) == package_of(module)} - {module}
        for module, others in graph.items()
    }
    assert (circle := first_circle(inside)) is None, " -> ".join(circle)


def test_a_circle_is_found():
    assert first_circle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]
    assert first_circle({"a": {"b", "c"}, "b": {"c"}}) is None


def test_every_package_has_its_place():
    packages = {package_of(module_of(path)) for path in FILES} - EDGE
    assert packages | {"_core"} == set().union(*ORDER)


STREAMS = {
    "cli",  # an interrupt before anything is imported
    "cli.data_output",  # data for programs
    "cli.library_messages",  # warnings and the log
    "cli.mistakes",  # the line of an error
    "cli.streams",  # makes them
    "cli.supervision",  # what libraries wrote
    "foundation.output_places",  # flushed before a descriptor is written to
}
"""Modules that may use standard output and standard error; all else goes through `foundation.terminal.SafeConsole`."""
PRINTERS = {"print", "input", "echo", "secho", "echo_via_pager", "pprint"}


def test_everything_is_printed_through_one_console_and_cells_of_csv_are_asked():
    for path, tree in TREES.items():
        module = module_of(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in PRINTERS, f"{path}:{node.lineno}"
            elif isinstance(node, ast.Attribute) and node.attr == "write_csv":
                assert ast.unparse(node.value).startswith("cells.table("), f"{path}:{node.lineno}"
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in {("typer", "echo"), ("typer", "secho"), ("click", "echo")}, (
                    path
                )
                if node.value.id == "sys" and node.attr in ("stdout", "stderr", "__stdout__", "__stderr__"):
                    assert module in STREAMS, f"{path}:{node.lineno}"
                if (node.value.id, node.attr) == ("csv", "writer"):
                    assert "map(cells.row, " in path.read_text(encoding="utf-8"), path
            elif isinstance(node, ast.ImportFrom) and node.module in (
                "rich",
                "rich.console",
                "rich.live",
                "rich.markup",
            ):
                assert module == "foundation.terminal", f"{path}:{node.lineno}"
            elif isinstance(node, ast.keyword) and node.arg in ("markup", "emoji") and module.startswith("cli"):
                assert ast.unparse(node.value) == "False", f"{path}:{node.lineno}"


def test_public_names_are_sorted_and_there():
    assert malmoi.__all__ == sorted(malmoi.__all__)
    for name in malmoi.__all__:
        assert getattr(malmoi, name).__name__ == name
    assert set(malmoi.__all__) <= set(dir(malmoi))
    with pytest.raises(AttributeError, match="module 'malmoi' has no attribute 'nothing'"):
        _ = malmoi.nothing


def test_the_stub_lists_the_same_names():
    stub = ast.parse((SOURCE / "__init__.pyi").read_text(encoding="utf-8"))
    assigned = [node for node in stub.body if isinstance(node, ast.Assign)]
    assert ast.literal_eval(assigned[0].value) == malmoi.__all__


def test_versions_agree():
    root = SOURCE.parents[1]
    if not (root / "pyproject.toml").exists():
        pytest.skip("not in a checkout")
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text())
    core = tomllib.loads((root / "core" / "Cargo.toml").read_text())
    assert project["project"]["version"] == core["workspace"]["package"]["version"] == malmoi.__version__
    assert f"## {malmoi.__version__}" in (root / "CHANGELOG.md").read_text()


# The compiled core

CORE = Path(__file__).parents[1] / "core" / "src"
PATH_GROUP = re.compile(r"([\w:]+::)\{([^{}]*)\}")


def core_module(path: Path) -> str:
    """Name the module that a file is: `crate::text::prepare`; `mod.rs` is its folder's, `lib.rs` is `crate`."""
    parts = path.relative_to(CORE).with_suffix("").parts
    return "::".join(["crate", *(parts[:-1] if parts[-1] in ("lib", "mod") else parts)])


CORE_TEXTS = {core_module(path): path.read_text(encoding="utf-8") for path in sorted(CORE.rglob("*.rs"))}


def written_out(group: re.Match[str]) -> str:
    """Write `a::{b, c::d}` as `a::b, a::c::d`."""
    return ", ".join(group[1] + item.strip() for item in group[2].split(",") if item.strip())


def named_modules(module: str) -> Iterator[str]:
    """Find the modules that a file declares or has in a path, in its tests too."""
    text = re.sub(r"\bmod (\w+);", r"self::\1;", re.sub(r"//.*", "", CORE_TEXTS[module]))
    while PATH_GROUP.search(text):
        text = PATH_GROUP.sub(written_out, text)
    for number, part in enumerate(re.split(r"\bmod \w+ \{", text)):
        for path in re.findall(r"\b(?:crate|self|super)::[\w:]*", part):
            # Within a module inside the file, such as its tests, `super` is the file's own module.
            names = [*module.split("::"), *["tests"] * min(number, 1)]
            for name in path.split("::"):
                names = {"crate": ["crate"], "self": names, "super": names[:-1]}.get(name, [*names, name])
            while "::".join(names) not in CORE_TEXTS:
                names.pop()
            yield "::".join(names)


def check_core_circles(depth: int | None) -> None:
    """Fail where modules name each other, directly or over others; names are cut to `depth` parts, 2 for folders."""
    used: dict[str, set[str]] = {}
    for module in CORE_TEXTS:
        for other in named_modules(module):
            user, named = ("::".join(name.split("::")[:depth]) for name in (module, other))
            used.setdefault(user, set()).update({named} - {user})
    try:
        TopologicalSorter(used).prepare()
    except CycleError as error:
        raise AssertionError(" uses ".join(reversed(error.args[1]))) from None


def test_core_modules_have_no_circles() -> None:
    check_core_circles(depth=None)


def test_core_folders_have_no_circles() -> None:
    check_core_circles(depth=2)
