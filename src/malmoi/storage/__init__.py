"""One checked, versioned file a model. It holds data only: loading it runs nothing and follows no path."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from malmoi.classifiers import EmbeddingClassifier, NetworkEstimator, SeriesClassifier, SeriesRegressor
from malmoi.errors import shorten
from malmoi.storage.files import FORMAT, FRONT, MAGIC, read_parts, write
from malmoi.storage.series import series_model, series_parts, verify_series
from malmoi.storage.texts import text_model, text_parts, verify_texts

__all__ = ["FORMAT", "FRONT", "MAGIC", "load", "read_header", "save"]

KINDS = ("EmbeddingClassifier", "SeriesClassifier", "SeriesRegressor")
Model = EmbeddingClassifier | SeriesClassifier | SeriesRegressor


def save(model: NetworkEstimator, path: str | os.PathLike[str], *, overwrite: bool, examples: Sequence[Any]) -> Path:
    """Write a trained model; its own `save` says the rest."""
    if isinstance(model, EmbeddingClassifier):
        return write(path, *text_parts(model, examples), overwrite=overwrite)
    if isinstance(model, SeriesClassifier | SeriesRegressor):
        return write(path, *series_parts(model, examples), overwrite=overwrite)
    raise TypeError(f"model must be one of {', '.join(KINDS)}, got {shorten(model)}")


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a model file says of itself: settings, classes, words, history, versions. Builds nothing.

    Raises:
        FileNotFoundError: there is no such file.
        FormatError: the file is damaged, of another kind, or of a later version.
    """
    return read_parts(Path(path)).header


def load(path: str | os.PathLike[str], *, verify: bool = False) -> Model:
    """Open a saved model.

    Args:
        path: a file that `save` wrote.
        verify: answer the examples that the file keeps once more, and compare.

    Raises:
        FileNotFoundError: there is no such file.
        FormatError: the file is damaged, of another kind, of a later version, or answers otherwise than it did.
        MissingExtraError: Keras or its backend is not installed.
    """
    parts = read_parts(Path(path))
    kind = parts.get("kind", str)
    if kind not in KINDS:
        raise parts.wrong(f"kind must be one of {', '.join(KINDS)}, found {shorten(kind)}")
    try:
        model: Model = text_model(parts) if kind == KINDS[0] else series_model(parts)
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise parts.wrong(str(error)) from error
    if verify and isinstance(model, EmbeddingClassifier):
        verify_texts(model, parts)
    elif verify and not isinstance(model, EmbeddingClassifier):
        verify_series(model, parts)
    return model
