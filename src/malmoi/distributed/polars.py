"""Prediction in Polars: an expression over a column of texts, for data frames and lazy frames."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from malmoi.distributed.arguments import as_scorer, kept_columns, type_name
from malmoi.distributed.scorer import Scorer
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from polars import DataFrame, Expr, LazyFrame, Series

    Frame = TypeVar("Frame", DataFrame, LazyFrame)

__all__ = ["predict", "predict_expr"]


def predict_expr(
    model: str | os.PathLike[str] | Scorer,
    text_column: str | Expr | None = None,
    *,
    reject_below: float | None = None,
    prefix: str | None = None,
    threads: int | None = None,
) -> Expr:
    """Return an expression of Polars: structs of the label and the probabilities of the texts in a column.

    It works in data frames and lazy frames, in the streaming engine too, and with `.struct.unnest()`. Opens the model,
    whose classes name the fields.

    Args:
        model: model file, or a scorer, whose settings are then not given here. `keep` of a scorer has no effect.
        text_column: name of the column of texts, or an expression; `None`: "text", or the column of the scorer.
        reject_below: probability below which the label is null, 0 to 1; `None`: that of the model.
        prefix: put before the names of the fields; `None`: nothing.
        threads: number of threads of a call for a model file; `None`: all cores. A scorer has its own.

    Returns:
        The expression, named `prediction`.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range, or a setting is given besides a scorer.
        DataError: this machine does not see the model.
        FormatError: the model file is damaged, or the model is not one of texts.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import malmoi as mm
        >>> import polars as pl
        >>> model = mm.BagClassifier(calibration=None).fit(["good film", "dull film"] * 5, ["pos", "neg"] * 5)
        >>> reviews = pl.LazyFrame({"review": ["good", "dull", None]})
        >>> with TemporaryDirectory() as folder:
        ...     path = model.save(Path(folder) / "films.malmoi")
        ...     prediction = mm.distributed.polars.predict_expr(path, "review")
        ...     labels = reviews.select(prediction.struct.field("label")).collect()
        >>> labels["label"].to_list()
        ['pos', 'neg', None]
    """
    import polars as pl
    from polars.selectors import by_name  # pl.col takes some names as patterns

    if text_column is not None and not isinstance(text_column, str | pl.Expr):
        raise TypeError(f"text_column must be a str or an expression of Polars, got {shorten(text_column)}")
    column = None if isinstance(text_column, pl.Expr) else text_column
    scorer = as_scorer(model, column, reject_below=reject_below, prefix=prefix, threads=threads)
    return _structs(scorer, text_column if isinstance(text_column, pl.Expr) else by_name(scorer.text_column))


def _structs(scorer: Scorer, texts: Expr) -> Expr:
    import polars as pl

    def predicted(part: Series) -> Series:
        return scorer.predict(part).to_struct("prediction")

    kind = pl.Struct(scorer.new_columns)
    return texts.map_batches(predicted, return_dtype=kind, is_elementwise=True).alias("prediction")


def predict(
    frame: Frame,
    model: str | os.PathLike[str] | Scorer,
    text_column: str | None = None,
    *,
    reject_below: float | None = None,
    prefix: str | None = None,
    keep: Sequence[str] | None = None,
    threads: int | None = None,
) -> Frame:
    """Return a frame with the predictions behind its columns; a lazy frame stays lazy.

    Args:
        frame: data frame or lazy frame with the text column.
        model: model file, or a scorer, whose settings are then not given here.
        text_column: the column of texts; `None`: "text", or the column of the scorer.
        reject_below: probability below which the label is null, 0 to 1; `None`: that of the model.
        prefix: put before the names of the new columns, for frames that have such columns already; `None`: nothing.
        keep: columns to return, besides the new ones; `None`: all.
        threads: number of threads of a call for a model file; `None`: all cores. A scorer has its own.

    Returns:
        The same kind of frame.

    Raises:
        TypeError: an argument has the wrong type, or the text column is not of text.
        ValueError: an argument is out of range, a setting is given besides a scorer, or a text is not valid UTF-8.
        DataError: a column is missing or exists already, or this machine does not see the model.
        FormatError: the model file is damaged, or the model is not one of texts.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import malmoi as mm
        >>> import polars as pl
        >>> model = mm.BagClassifier(calibration=None).fit(["good film", "dull film"] * 5, ["pos", "neg"] * 5)
        >>> reviews = pl.DataFrame({"number": [1, 2], "review": ["good", "dull"]})
        >>> with TemporaryDirectory() as folder:
        ...     path = model.save(Path(folder) / "films.malmoi")
        ...     table = mm.distributed.polars.predict(reviews, path, "review", keep=["number"])
        >>> table.columns, table["label"].to_list()
        (['number', 'label', 'probability_neg', 'probability_pos'], ['pos', 'neg'])
    """
    import polars as pl

    scorer = as_scorer(model, text_column, reject_below=reject_below, prefix=prefix, keep=keep, threads=threads)
    if isinstance(frame, pl.DataFrame):
        scored: DataFrame = scorer(frame)
        return scored
    if not isinstance(frame, pl.LazyFrame):
        raise TypeError(f"frame must be a data frame or lazy frame of Polars, got {type_name(frame)}")
    names = frame.collect_schema().names()
    kept = kept_columns(scorer, names)
    texts = pl.nth(names.index(scorer.text_column))  # pl.col takes some names as patterns
    return frame.select(*(pl.nth(names.index(name)) for name in kept), _structs(scorer, texts).struct.unnest())
