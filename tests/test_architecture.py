"""The house: who may import whom, and how large a room may be."""

import ast
from pathlib import Path

import pytest

import malmoi

SOURCE = Path(malmoi.__file__).parent
# From left to right; a room imports only rooms of an earlier line.
FLOORS = [
    {"errors", "progress", "_core"},
    {"arrays", "startup", "output"},
    {"estimators", "metrics", "download"},
    {"labels"},
    {"tables"},
    {"folders"},
    {"corpus", "series_tables", "streams"},
    {"tokens"},
    {"grams"},
    {"vocabulary"},
    {"vectorizers"},
    {"wordvectors"},
    {"embedders", "wordmap", "wordtests"},
    {"networks"},
    {"evaluation"},
    {"history"},
    {"training"},
    {"classifiers"},
    {"storage"},
    {"checks"},
    {"plots"},
    {"cli"},
]
# Methods of the public face that open a room to the right, inside the function.
DOORS = {("history", "plots"), ("classifiers", "storage"), ("keras", "corpus")}
FILES = sorted(path for path in SOURCE.rglob("*.py"))


def room_of(path):
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return parts[0]


def floor_of(room):
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def runtime_nodes(tree):
    """All nodes but those that only type checkers see."""
    for child in ast.iter_child_nodes(tree):
        if not (isinstance(child, ast.If) and getattr(child.test, "id", None) == "TYPE_CHECKING"):
            yield child
            yield from runtime_nodes(child)


def imported_rooms(tree):
    for node in runtime_nodes(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "malmoi":
            rooms = node.module.split(".")[1:2] or [name.name for name in node.names]
            yield from rooms
        elif isinstance(node, ast.Import):
            yield from (name.name.split(".")[1] for name in node.names if name.name.startswith("malmoi."))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_left_and_files_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    room = room_of(path)
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.body[0].lineno + 1
            has_docstring = ast.get_docstring(node) is not None
            docstring = node.body[0].end_lineno - node.body[0].lineno + 1 if has_docstring else 0
            assert length - docstring <= 40, f"{node.name} has {length - docstring} lines"
    if room in ("__init__", "__main__", "keras"):
        return
    for other in set(imported_rooms(tree)) - {room}:
        allowed = floor_of(other) < floor_of(room) or (room, other) in DOORS
        assert allowed, f"{room} must not import {other}"


def test_every_room_has_its_floor():
    rooms = {room_of(path) for path in FILES} - {"__init__", "__main__", "keras"}
    assert rooms | {"_core"} == set().union(*FLOORS)


def test_only_the_command_line_prints():
    for path in FILES:
        calls = [
            node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        ]  # fmt: skip
        assert not calls, path


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
    assert project["project"]["version"] == core["package"]["version"] == malmoi.__version__
    assert f"## {malmoi.__version__}" in (root / "CHANGELOG.md").read_text()
