"""Saving and loading of models as one versioned file with a checksum; loading runs no code and opens no other file."""

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
from malmoi.persistence.foreign import is_fasttext
from malmoi.persistence.registry import KINDS, Kind

__all__ = ["FORMAT", "FRONT", "KINDS", "MAGIC", "Kind", "load", "load_fitted", "read_header", "save", "size_bytes"]


def save(model: FittedModel, path: str | os.PathLike[str], *, overwrite: bool = False, examples: object = None) -> Path:
    """Write a fitted model to a file; see the estimator's `save` for the arguments.

    Raises:
        TypeError: its kind is not in the registry.
    """
    return write(path, *_contents(model, examples), overwrite=overwrite)


def size_bytes(model: FittedModel) -> int:
    """Return the size in bytes of a fitted model's file without examples; nothing is written.

    Raises:
        TypeError: the model cannot be saved; see `save`.
    """
    return FRONT.size + sum(map(len, packed(*_contents(model, []))))


def _contents(model: FittedModel, examples: object) -> tuple[JsonObject, Arrays]:
    """Return the header and the arrays of a model file."""
    if model.kind not in KINDS:
        raise TypeError(f"model must be one of {', '.join(KINDS)}, got {shorten(model.kind)}")
    state = model.to_state(examples)
    columns: JsonObject = {"text_columns": list(model.text_columns)} if model.text_columns else {}
    made: JsonObject = {**versions(model.libraries)}
    return {"kind": model.kind, **state.header, **columns, "versions": made}, state.arrays


def read_header(path: str | os.PathLike[str]) -> JsonObject:
    """Return the header of a model file, validated: settings, classes, words, history, versions.

    Raises:
        FileNotFoundError: the file does not exist.
        FormatError: the file is damaged, not a model file, or of a later version.
    """
    parts = read_parts(Path(path))
    _model_class(parts)
    return parts.header


def load_fitted(path: str | os.PathLike[str], *, verify: bool = False) -> FittedModel:
    """Load the fitted model of a file, which predicts without an estimator; see `load` for the arguments."""
    if is_fasttext(path):
        return _opened(Path(path), verify=verify)
    parts = read_parts(Path(path))
    kind = _model_class(parts)
    try:
        state = State(parts.header, parts.arrays())
        parts = replace(parts, weights=b"")  # frees memory: they may be as large as the model
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
    """Load a saved model as a fitted estimator; no code of the file is run.

    Args:
        path: a model file written by `save`, `NAME.malmoi`; or a classifier of fastText, `.bin` or `.ftz`.
        verify: whether to predict the examples stored in the file and compare the predictions with the stored ones.

    Returns:
        The estimator, of the class that was saved and with its settings; `fit` trains it anew.

    Raises:
        FileNotFoundError: the file does not exist.
        FormatError: the file is damaged, not a model file, of a later version, or its predictions have changed.
        MissingExtraError: a library needed for prediction is not installed; networks in bfloat16 need Keras.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import malmoi as mm
        >>> model = mm.BagClassifier(seed=7).fit(["good film", "dull film"] * 5, ["pos", "neg"] * 5)
        >>> with TemporaryDirectory() as folder:
        ...     loaded = mm.load(model.save(Path(folder) / "films.malmoi"), verify=True)
        >>> loaded.seed, loaded.predict(["good"]).tolist()
        (7, ['pos'])
    """
    model = load_fitted(path, verify=verify)
    return KINDS[model.kind].estimator_class().from_fitted(model)


def _opened(path: Path, *, verify: bool) -> FittedModel:
    from malmoi.models.fasttext.opening import opened_fasttext

    if verify:
        raise ValueError(f"verify must be False for {path}: a file of fastText has no stored predictions")
    return opened_fasttext(path)


def _model_class(parts: Parts) -> type[FittedModel]:
    """Return the class of the model, after validating the header with its schema."""
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
