"""One checked, versioned file a model. It holds data only: loading it runs nothing and follows no path."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from malmoi.errors import DataError
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.state import Arrays, State
from malmoi.persistence.container import FORMAT, FRONT, MAGIC, Parts, packed, read_parts, versions, write
from malmoi.persistence.registry import KINDS, Kind

__all__ = ["FORMAT", "FRONT", "KINDS", "MAGIC", "Kind", "load", "load_fitted", "read_header", "save", "size_bytes"]


def save(model: FittedModel, path: str | os.PathLike[str], *, overwrite: bool = False, examples: object = None) -> Path:
    """Write a fitted model; `save` of its estimator says the rest.

    Raises:
        TypeError: its kind is not in the registry.
    """
    return write(path, *_contents(model, examples), overwrite=overwrite)


def size_bytes(model: FittedModel) -> int:
    """Return the size of a fitted model's file without examples; nothing is written.

    Raises:
        TypeError: no file can hold the model, as `save` says.
    """
    return FRONT.size + sum(map(len, packed(*_contents(model, []))))


def _contents(model: FittedModel, examples: object) -> tuple[JsonObject, Arrays]:
    """The header and the arrays of a file."""
    if model.kind not in KINDS:
        raise TypeError(f"model must be one of {', '.join(KINDS)}, got {shorten(model.kind)}")
    state = model.to_state(examples)
    columns: JsonObject = {"text_columns": list(model.text_columns)} if model.text_columns else {}
    made: JsonObject = {**versions(model.libraries)}
    return {"kind": model.kind, **state.header, **columns, "versions": made}, state.arrays


def read_header(path: str | os.PathLike[str]) -> JsonObject:
    """Return what a model file says of itself: settings, classes, words, history, versions; checked, but not built.

    Raises:
        FileNotFoundError: there is no such file.
        FormatError: the file is damaged, of another kind, or of a later version.
    """
    parts = read_parts(Path(path))
    _model_class(parts)
    return parts.header


def load_fitted(path: str | os.PathLike[str], *, verify: bool = False) -> FittedModel:
    """Return the fitted model of a file, which predicts without an estimator; `load` says the rest."""
    parts = read_parts(Path(path))
    kind = _model_class(parts)
    try:
        state = State(parts.header, parts.arrays())
        parts = replace(parts, weights=b"")  # which may be as large as the model
        if (schema := kind.schema()) is not None:
            schema.check_arrays(state.arrays)
        columns = state.get("text_columns", list) if "text_columns" in state.header else ()
        model = kind.from_state(state).with_text_columns(columns)
        if model.kind != parts.header["kind"]:
            raise ValueError(f"kind must be {model.kind}, found {parts.header['kind']}")
        changed = model.changed_example(state) if verify else None
    except (AttributeError, DataError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise parts.wrong(str(error)) from error
    if changed is not None:
        raise parts.changed(changed)
    return model


def load(path: str | os.PathLike[str], *, verify: bool = False) -> ModelEstimator[FittedModel]:
    """Open a saved model as the estimator that made it.

    Args:
        path: a file that `save` wrote.
        verify: predict the examples that the file keeps once more, and compare.

    Raises:
        FileNotFoundError: there is no such file.
        FormatError: the file is damaged, of another kind, of a later version, or predicts otherwise than it did.
        MissingExtraError: the model predicts with a library that is not installed; networks in bfloat16 need Keras.
    """
    model = load_fitted(path, verify=verify)
    return KINDS[model.kind].estimator_class().from_fitted(model)


def _model_class(parts: Parts) -> type[FittedModel]:
    """The class of the model, after the header was checked by its rules."""
    kind = parts.header.get("kind")
    if not isinstance(kind, str):
        raise parts.wrong(f"kind must be a str, found {shorten(kind)}")
    if kind not in KINDS:
        raise parts.wrong(f"kind must be one of {', '.join(KINDS)}, found {shorten(kind)}")
    found = KINDS[kind].model_class()
    if (schema := found.schema()) is not None:
        try:
            schema.check_header(parts.header)
        except ValueError as error:
            raise parts.wrong(str(error)) from error
    return found
