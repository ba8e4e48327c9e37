"""Prediction in Daft: an expression over a column of texts, for the native runner and for Ray."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from malmoi.distributed.arguments import as_scorer, kept_columns, type_name
from malmoi.distributed.optional import import_engine
from malmoi.distributed.scorer import Scorer
from malmoi.distributed.structs import StructScorer
from malmoi.errors import MissingExtraError
from malmoi.foundation.validation import check_number, shorten

if TYPE_CHECKING:
    from daft import DataFrame, Expression

__all__ = ["predict", "predict_expr"]

BATCH_SIZE = 8_192
"""Texts of a call, so that a worker holds few of them at once."""


def predict_expr(
    model: str | os.PathLike[str] | Scorer,
    text_column: str | Expression | None = None,
    *,
    reject_below: float | None = None,
    prefix: str | None = None,
    batch_size: int = BATCH_SIZE,
) -> Expression:
    """Return an expression of Daft: structs of the label and the probabilities of the texts in a column.

    The model is opened here, as its classes name the fields, and once in every process of the workers.

    Args:
        model: model file, or a scorer, whose settings are then not given here. `keep` of a scorer has no effect.
        text_column: name of the column of texts, or an expression; `None`: "text", or the column of the scorer.
        reject_below: probability below which the label is null, 0 to 1; `None`: that of the model.
        prefix: put before the names of the fields; `None`: nothing.
        batch_size: texts of a call, at most.

    Returns:
        The expression, named `prediction`, for `with_column`.

    Raises:
        MissingExtraError: Daft is not installed, or too old.
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range, or a setting is given besides a scorer.
        DataError: this machine does not see the model.
        FormatError: the model file is damaged, or the model is not one of texts.

    Example:
        >>> frame = daft.read_parquet("reviews/*.parquet")  # doctest: +SKIP
        >>> prediction = mm.distributed.daft.predict_expr("films.malmoi", "review")  # doctest: +SKIP
        >>> frame.with_column("prediction", prediction).write_parquet("scored")  # doctest: +SKIP
    """
    daft = _imported()
    if text_column is not None and not isinstance(text_column, str | daft.Expression):
        raise TypeError(f"text_column must be a str or an expression of Daft, got {shorten(text_column)}")
    column = text_column if isinstance(text_column, str) else None
    scorer = as_scorer(model, column, reject_below=reject_below, prefix=prefix)
    texts = daft.col(scorer.text_column) if text_column is None or column is not None else text_column
    return _function(daft, scorer, batch_size, unnest=False)(texts).alias("prediction")


def predict(
    frame: DataFrame,
    model: str | os.PathLike[str] | Scorer,
    text_column: str | None = None,
    *,
    reject_below: float | None = None,
    prefix: str | None = None,
    keep: Sequence[str] | None = None,
    batch_size: int = BATCH_SIZE,
) -> DataFrame:
    """Return a data frame of Daft with the predictions behind its columns; nothing is computed yet.

    Args:
        frame: data frame with the text column.
        model: model file, which every worker must see under this path, or a scorer, whose settings are then not given
            here.
        text_column: the column of texts; `None`: "text", or the column of the scorer.
        reject_below: probability below which the label is null, 0 to 1; `None`: that of the model.
        prefix: put before the names of the new columns, for frames that have such columns already; `None`: nothing.
        keep: columns to return, besides the new ones; `None`: all.
        batch_size: texts of a call, at most.

    Returns:
        The data frame, in the order of its rows.

    Raises:
        MissingExtraError: Daft is not installed, or too old.
        TypeError: an argument has the wrong type, or the text column is not of text.
        ValueError: an argument is out of range, or a setting is given besides a scorer.
        DataError: a column is missing or exists already, or this machine does not see the model.
        FormatError: the model file is damaged, or the model is not one of texts.

    Example:
        >>> frame = daft.read_parquet("reviews/*.parquet")  # doctest: +SKIP
        >>> scored = mm.distributed.daft.predict(frame, "films.malmoi", "review")  # doctest: +SKIP
        >>> scored.write_parquet("scored")  # doctest: +SKIP
    """
    daft = _imported()
    scorer = as_scorer(model, text_column, reject_below=reject_below, prefix=prefix, keep=keep)
    if not isinstance(frame, daft.DataFrame):
        raise TypeError(f"frame must be a data frame of Daft, got {type_name(frame)}")
    kept = kept_columns(scorer, frame.column_names)
    kind = frame.schema()[scorer.text_column].dtype
    if not (kind.is_string() or kind.is_null()):
        raise TypeError(f"the column {scorer.text_column!r} must be of text, got {kind}")
    texts = daft.col(scorer.text_column)
    predicted = _function(daft, scorer, batch_size, unnest=True)(texts)
    scored: DataFrame = frame.select(*(daft.col(name) for name in kept), predicted)
    return scored


def _imported() -> Any:
    """Import Daft.

    Raises:
        MissingExtraError: it is not installed, or has no functions of batches yet.
    """
    daft = import_engine("daft", "prediction with Daft")
    if not hasattr(daft.func, "batch"):
        rule = f"prediction with Daft needs Daft 0.6.6 or later, found {daft.__version__}"
        raise MissingExtraError(f"{rule}; pip install --upgrade 'malmoi[daft]'")
    return daft


def _function(daft: Any, scorer: Scorer, batch_size: int, *, unnest: bool) -> Callable[[Expression], Expression]:
    """Return the function of Daft for a scorer."""
    check_number("batch_size", batch_size, 1)
    structs = StructScorer(scorer)

    def malmoi_predict(texts: Any) -> Any:
        return structs(texts.to_arrow())

    kind = daft.DataType.struct({one.name: daft.DataType.from_arrow_type(one.type) for one in structs.schema})
    wrapped = daft.func.batch(return_dtype=kind, unnest=unnest, batch_size=batch_size)(malmoi_predict)
    function: Callable[[Expression], Expression] = wrapped
    return function
