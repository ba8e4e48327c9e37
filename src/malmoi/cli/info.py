"""`malmoi info`: show the contents of a model file and how the model was trained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields as dataclass_fields
from itertools import islice
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from malmoi.cli.console import answers, print_table
from malmoi.errors import FormatError
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.printable import printable
from malmoi.foundation.validation import shorten
from malmoi.models.state import State
from malmoi.persistence import KINDS, load_fitted, read_header
from malmoi.persistence.foreign import is_fasttext
from malmoi.tokenizers import TOKENIZERS

__all__ = ["info"]

SHOWN_CHARACTERS, SHOWN_VALUES = 300, 30

Value = TypeVar("Value")


def info(
    model: Annotated[Path, typer.Argument(help="Model file written by malmoi train.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Predict the stored samples again and compare with the stored predictions.")
    ] = False,
) -> None:
    """Print the contents of a model file and how the model was trained."""
    if is_fasttext(model):
        _print_fasttext(model, verify=verify)
        return
    header = read_header(model)
    if isinstance(kind := header.get("kind"), str) and kind not in KINDS:
        rule = f"kind must be one of {', '.join(KINDS)}, found {shorten(kind)}"
        raise FormatError(f"{model} is not a model that this version can use: {rule}")
    try:
        rows = _rows(model, header)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{model} is not a model that this version can use: its header is incomplete") from error
    print_table("", rows)
    if verify:
        load_fitted(model, verify=True)
        saved = header.get("examples")
        examples = len(saved) if isinstance(saved, list) else 0
        answers.print(f"verified: the predictions for {examples} stored samples are unchanged")


def _print_fasttext(path: Path, *, verify: bool) -> None:
    """Print the contents of a file of fastText."""
    model = load_fitted(path, verify=verify)
    size = ("file", f"{path} ({path.stat().st_size:,} bytes)")
    classes = ("classes", _listed(map(str, model.classes)))
    print_table("", [size, ("kind", "fastText"), classes, *((name, _shown(value)) for name, value in model.summary())])


def _rows(path: Path, header: JsonObject) -> list[tuple[str, object]]:
    state = State(header, {})
    history = state.get("history", list) if header.get("history") else []
    last = history[-1] if history else {}
    kind = state.get("kind", str)
    model_class = KINDS[kind].model_class()
    described = model_class.describe(header)
    columns = "step columns" if model_class.input_kind == "series" else "text columns"
    rows = [
        ("kind", kind),
        *([("classes", _listed(map(str, state.get("classes", dict)["values"])))] if "classes" in header else []),
        *([(columns, _listed(map(str, state.get("text_columns", list))))] if header.get("text_columns") else []),
        *_some((name, _value(value)) for name, value in described),
        *_some((f"last {name}", value) for name, value in last.items() if value is not None),
        ("made with", _listed(f"{name} {number}" for name, number in state.get("versions", dict).items())),
    ]
    size = ("file", f"{path} ({path.stat().st_size:,} bytes)")
    return [size, *((_shown(name.replace("_", " ")), _shown(value)) for name, value in rows)]


def _value(value: object) -> object:
    """Return a value as a call, without the default settings of a tokenizer, or a list as text."""
    if isinstance(value, dict):
        fields = dict(value)
        kind = fields.pop("kind")
        defaults = {one.name: one.default for one in dataclass_fields(TOKENIZERS[kind])} if kind in TOKENIZERS else {}
        fields = {name: item for name, item in fields.items() if name not in defaults or defaults[name] != item}
        return f"{kind}({_listed(f'{name}={item!r}' for name, item in fields.items())})"
    if not isinstance(value, list):
        return value
    items = (str(_value(item)) for item in value)
    return _listed(f"({text})" if isinstance(item, list) else text for text, item in zip(items, value, strict=True))


def _some(values: Iterable[Value]) -> list[Value]:
    return list(islice(values, SHOWN_VALUES))


def _listed(values: Iterable[str]) -> str:
    """Return the first values, and "..." if there are more."""
    values = iter(values)
    first = _some(values)
    return ", ".join([*first, *("..." for _ in islice(values, 1))])


def _shown(value: object) -> str:
    """Return a value of the file, printable and shortened."""
    return printable(f"{value:.6g}" if isinstance(value, float) else value, SHOWN_CHARACTERS)
