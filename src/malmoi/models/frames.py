"""Decorator for methods with texts and labels that accepts data frames."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from malmoi.data.frames import frame_labels, is_frame, text_columns_of, texts_of
from malmoi.foundation.log import logger

__all__ = ["learns_from_frames"]

P = ParamSpec("P")
R = TypeVar("R")


def learns_from_frames(method: Callable[P, R]) -> Callable[P, R]:
    """Let a method with texts and labels accept a data frame instead of texts.

    The text column is chosen by its name ("text", "review" and the like); if the data frame only has text columns,
    all of them are joined with line breaks. The labels may be the name of a column, or be omitted if their column has a
    common name. The model stores the columns, and `predict` accepts data frames with them. A model that is updated
    keeps its columns.
    """
    names = list(signature(method).parameters)
    learns_on = method.__name__ != "fit"

    @wraps(method)
    def call(*args: Any, **options: Any) -> R:
        estimator, *given = args
        values = dict(zip(names[1:], given, strict=False)) | options
        known = estimator.fitted_.text_columns if learns_on and "fitted_" in vars(estimator) else ()
        texts, columns = values.get(names[1]), known
        if is_frame(texts):
            labels = values.get(names[2])
            columns = text_columns_of(texts, labels if isinstance(labels, str) else None, known)
            values[names[1]], values[names[2]] = texts_of(texts, columns), frame_labels(texts, labels)
            logger.info("text columns: %s", ", ".join(columns))
        result = method(estimator, **values)
        estimator.fitted_ = estimator.fitted_.with_text_columns(columns)
        return result

    return call
