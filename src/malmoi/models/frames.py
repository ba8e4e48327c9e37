"""Methods that learn from texts, made to take data frames with columns of texts and labels."""

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
    """Let a method that learns from texts and labels take a data frame as the texts.

    The column of the texts is the one with the best usual name ("text", "review" and the like); where the frame has
    columns of texts alone, all of them are joined by a line end. The labels may be the name of a column, or be left out
    where that is usual too. The model keeps the columns: `predict` takes frames that have them. A model that learns on
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
            logger.info("texts are read from the columns %s", ", ".join(columns))
        result = method(estimator, **values)
        estimator.fitted_ = estimator.fitted_.with_text_columns(columns)
        return result

    return call
