"""The pages of the reference name every public name once, and nothing that does not exist. No page is built."""

import dataclasses
import inspect
import re
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

import malmoi as mm

PAGES = Path(__file__).parents[1] / "docs" / "reference"
DIRECTIVE = re.compile(r"^\.\. auto(class|function|exception):: (\S+)$", re.M)
NAMED = [
    (page.name, kind, name)
    for page in sorted(PAGES.glob("*.md"))
    for kind, name in DIRECTIVE.findall(page.read_text(encoding="utf-8"))
]
NOT_FOR_USERS = {
    "check_settings",
    "dense_forward",
    "forward",
    "kind",
    "recorded",
    "settings_",
    "settled",
    "task_",
    "try_on",
}
"""Members whose values are no part of the reference."""


def found(name):
    """Return the object of a dotted name."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            value = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            value = getattr(value, part)
        return value
    raise AttributeError(name)


def test_every_public_name_is_on_one_page():
    public = Counter(name.removeprefix("malmoi.") for _, _, name in NAMED if name.count(".") == 1)
    assert set(mm.__all__) - set(public) == set(), "add the names to a page in docs/reference"
    assert [name for name, times in public.items() if times > 1] == []
    assert set(public) - set(mm.__all__) == set(), "pages name what is not public"


@pytest.mark.parametrize(("page", "kind", "name"), NAMED, ids=lambda value: value)
def test_what_a_page_names_exists(page, kind, name):
    value = found(name)
    if kind == "function":
        assert inspect.isfunction(value)
    else:
        assert inspect.isclass(value)
        assert issubclass(value, Exception) == (kind == "exception")
    assert value.__doc__


@pytest.mark.parametrize(
    "module",
    [
        "keras.datasets.imdb",
        "keras.datasets.reuters",
        "keras.install",
        "keras.layers",
        "keras.models",
        "keras.preprocessing.sequence",
        "keras.preprocessing.text",
        "keras.utils",
    ],
)
def test_every_drop_in_name_is_on_the_page_of_keras(module):
    path = f"malmoi.{module}"
    names = {name for page, _, name in NAMED if page == "keras.md"}
    assert {f"{path}.{name}" for name in import_module(path).__all__} <= names


@pytest.mark.parametrize("engine", ["", ".daft", ".duckdb", ".polars", ".ray", ".spark"])
def test_every_name_of_an_engine_is_on_the_page_of_engines(engine):
    path = f"malmoi.distributed{engine}"
    names = {name for page, _, name in NAMED if page == "distributed.md"}
    assert {f"{path}.{name}" for name in import_module(path).__all__} <= names


def returned_names():
    """Yield a member or function of the public interface, and each name of its return annotation."""
    for name in mm.__all__:
        public = getattr(mm, name)
        members = [("", public)] if inspect.isfunction(public) else inspect.getmembers_static(public)
        for member, value in members:
            function = getattr(value, "fget", None) or getattr(value, "__func__", value)
            documented = inspect.getdoc(function) or ""
            if member.startswith("_") or member in NOT_FOR_USERS or ":meta private:" in documented:
                continue
            returned = getattr(function, "__annotations__", {}).get("return", "")
            module = vars(sys.modules.get(getattr(function, "__module__", ""), object))
            for word in re.findall(r"[A-Z]\w+", returned if isinstance(returned, str) else ""):
                if inspect.isclass(module.get(word, object)):  # no alias of types
                    yield f"{name}.{member}", word


def test_what_public_functions_return_is_on_a_page():
    for name in mm.__all__:
        getattr(mm, name)  # loads its module
    named = {found(name) for _, _, name in NAMED}
    classes = {}
    for module in [value for key, value in sys.modules.items() if key.startswith("malmoi.")]:
        for key, value in vars(module).items():
            if inspect.isclass(value) and dataclasses.is_dataclass(value) and value.__module__ == module.__name__:
                classes.setdefault(key, set()).add(f"{value.__module__}.{key}")
    missing = {
        f"{who} returns {word}"
        for who, word in returned_names()
        if word in classes and not any(found(place) in named for place in classes[word])
    }
    assert {"Backtest", "Evaluation", "Explanation"} <= set(classes)
    assert sorted(missing) == []


def test_every_page_is_in_the_index():
    listed = (PAGES / "index.md").read_text(encoding="utf-8")
    for page in PAGES.glob("*.md"):
        if page.stem not in ("index", "command-line"):
            assert f"\n{page.stem}\n" in listed
    commands = (PAGES / "command-line.md").read_text(encoding="utf-8")
    assert commands.count("<!-- commands -->") == 1
