"""A picklable function from a table of texts to the table with predictions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

import malmoi
from malmoi.data.texts import Texts, as_texts
from malmoi.distributed.opened_models import check_version, identity_if_seen, opened_model
from malmoi.errors import DataError
from malmoi.foundation.threads import at_most_threads, thread_count
from malmoi.foundation.validation import check_number, real_number, shorten
from malmoi.models.base import FittedModel
from malmoi.models.output_columns import Mask, OutputColumns, output_columns, predicted_values
from malmoi.models.task import Binary, Multiclass

if TYPE_CHECKING:
    from polars import DataFrame, DataType, Series

__all__ = ["Scorer"]

WHITE_SPACE = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
"""The characters that `str.strip` removes."""


@dataclass(frozen=True)
class Scorer:
    """A function from a table with texts to the same table with predictions, for the workers of any engine.

    It is picklable and small: it holds a path and settings. The model is opened when the first table arrives, once a
    process. Texts that are null, empty or white space have no prediction (null).

    Args:
        path: model file, written by `save` or by fastText; made absolute. Every worker must see it there.
        text_column: the column of texts.
        reject_below: probability below which the label is null, 0 to 1; `None`: that of the model.
        prefix: put before the names of the new columns, for tables that have such columns already.
        keep: columns of the table to return, besides the new ones; `None`: all.
        threads: number of threads of a call; 1, as engines start one worker a core; `None`: all cores.

    Attributes:
        identity: identity of the model file, which workers compare with theirs; `None` if it does not exist here.
        version: version of malmoi, which workers must have too.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import malmoi as mm
        >>> import polars as pl
        >>> model = mm.BagClassifier(calibration=None).fit(["good film", "dull film"] * 5, ["pos", "neg"] * 5)
        >>> with TemporaryDirectory() as folder:
        ...     path = model.save(Path(folder) / "films.malmoi")
        ...     scorer = mm.distributed.Scorer(path, "review")
        ...     table = scorer(pl.DataFrame({"number": [1, 2], "review": ["good", None]}))
        ...     names = list(scorer.new_columns)
        >>> table.columns, table["label"].to_list()
        (['number', 'review', 'label', 'probability_neg', 'probability_pos'], ['pos', None])
        >>> names
        ['label', 'probability_neg', 'probability_pos']
    """

    path: str
    text_column: str = "text"
    reject_below: float | None = None
    prefix: str = ""
    keep: Sequence[str] | None = None
    threads: int | None = 1
    identity: str | None = field(init=False, default=None)
    version: str = field(init=False, default=malmoi.__version__)

    def __init__(
        self,
        path: str | os.PathLike[str],
        text_column: str = "text",
        *,
        reject_below: float | None = None,
        prefix: str = "",
        keep: Sequence[str] | None = None,
        threads: int | None = 1,
    ) -> None:
        for name, value in {"text_column": text_column, "prefix": prefix}.items():
            if not isinstance(value, str):
                raise TypeError(f"{name} must be a str, got {shorten(value)}")
        if isinstance(keep, str):
            raise TypeError(f"keep must be a list of column names, got one str; wrap it: [{keep!r}]")
        if threads is not None:
            check_number("threads", threads, 1)
        least = None if reject_below is None else real_number("reject_below", reject_below)
        if least is not None and not 0 <= least <= 1:
            raise ValueError(f"reject_below must be from 0 to 1, got {reject_below}")
        absolute = os.path.abspath(os.fspath(path))
        values = {
            "path": absolute,
            "text_column": text_column,
            "reject_below": least,
            "prefix": prefix,
            "keep": None if keep is None else tuple(keep),
            "threads": threads,
            "identity": identity_if_seen(absolute),
            "version": malmoi.__version__,
        }
        for name, setting in values.items():
            object.__setattr__(self, name, setting)

    @property
    def model(self) -> FittedModel:
        """The model, opened at the first use in this process.

        Raises:
            DataError: this machine does not see the file, it is another one than where the scorer was made, or malmoi
                has another version than there.
            FormatError: the file is damaged, or the model is not one of texts.
            ValueError: `reject_below` has no effect on this model.
        """
        check_version(self.version)
        model = opened_model(self.path, self.identity)
        if self.reject_below is not None and not isinstance(model.task, Binary | Multiclass):
            raise ValueError("reject_below needs a model with one label per text; leave it out")
        return model

    @property
    def new_columns(self) -> dict[str, DataType]:
        """Names and Polars types of the new columns; opens the model."""
        columns = self._outputs
        return dict(zip(self._named(columns), columns.types, strict=True))

    @property
    def _outputs(self) -> OutputColumns:
        return output_columns(self.model, self.reject_below)

    def _named(self, columns: OutputColumns) -> list[str]:
        return [f"{self.prefix}{name}" for name in columns.names]

    def __call__(self, table: Any) -> Any:
        """Return a table with the predictions behind its columns.

        Args:
            table: a table or record batch of PyArrow, or a data frame of Polars, with the text column.

        Returns:
            The same kind of table: the kept columns unchanged, then `label` (str, int or bool, as the training labels)
            and `probability_CLASS` (float32) for every class; `labels`, a list, for multilabel models; `number` for
            regression. The types do not depend on the rows.

        Raises:
            TypeError: it is another kind of table, or the text column is not of text.
            DataError: a column is missing, or a new column has the name of one that is kept.
            ValueError: a text is not valid UTF-8.
        """
        names, is_polars = _column_names(table)
        kept = self._kept(names)
        columns = self._outputs
        self._check_names(self._named(columns), kept)
        predicted = self.predict(table[self.text_column] if is_polars else table.column(self.text_column))
        if is_polars:  # its `select` takes some names as patterns
            return type(table)([table[name] for name in kept]).hstack(predicted) if kept else predicted
        return _with_columns(table.select(kept), predicted)

    def predict(self, texts: Any) -> DataFrame:
        """Return the new columns for texts.

        Args:
            texts: (samples,), a column of PyArrow or Polars, or a list of str; null has no prediction.

        Raises:
            TypeError: the texts are no column of text.
            ValueError: a text is not valid UTF-8.
        """
        import polars as pl

        columns = self._outputs
        with at_most_threads(thread_count(self.threads)):
            filled, empty = _filled(texts)
            values = predicted_values(self.model, filled)
        series = columns.series(values, empty)
        return pl.DataFrame([one.alias(name) for one, name in zip(series, self._named(columns), strict=True)])

    def _kept(self, names: Sequence[str]) -> list[str]:
        kept = list(names) if self.keep is None else list(self.keep)
        for name in [self.text_column, *kept]:
            if list(names).count(name) != 1:
                found = "twice" if name in names else f"only {', '.join(map(repr, names[:20])) or 'no columns'}"
                raise DataError(f"the table must have the column {name!r} once, found {found}")
        return kept

    def _check_names(self, names: Sequence[str], kept: Sequence[str]) -> None:
        for name in names:
            if name in kept:
                cure = "pass prefix='predicted_' or another, or leave the column out of keep"
                raise DataError(f"the table already has a column {name!r}; {cure}")


def _column_names(table: Any) -> tuple[list[str], bool]:
    """Return the column names of a table, and whether it is of Polars."""
    package = type(table).__module__.partition(".")[0]
    if package == "polars" and hasattr(table, "hstack"):
        return list(table.columns), True
    if package == "pyarrow" and hasattr(table, "column") and hasattr(table, "schema"):
        return list(table.schema.names), False
    rule = "table must be a table or record batch of PyArrow, or a data frame of Polars"
    raise TypeError(f"{rule}, got {type(table).__module__}.{type(table).__name__}{_cure(package, table)}")


def _cure(package: str, table: object) -> str:
    if package == "pandas":
        return "; pass polars.from_pandas(frame) or pyarrow.Table.from_pandas(frame)"
    if package == "polars" and type(table).__name__ == "LazyFrame":
        return "; use malmoi.distributed.polars.predict"
    return "; pass polars.DataFrame(table)" if isinstance(table, dict) else ""


def _with_columns(table: Any, predicted: DataFrame) -> Any:
    """Return a table of PyArrow with more columns, whose texts have the standard type."""
    import pyarrow as pa

    more = pa.table(predicted)
    fields = [pa.field(one.name, _plain_type(one.type)) for one in more.schema]
    more = more.cast(pa.schema(fields))
    columns = [*table.columns, *(column.combine_chunks() for column in more.columns)]
    schema = pa.schema([*table.schema, *more.schema], metadata=table.schema.metadata)
    if isinstance(table, pa.RecordBatch):
        whole = [one.chunk(0) if isinstance(one, pa.ChunkedArray) and one.num_chunks else one for one in columns]
        return pa.RecordBatch.from_arrays(whole, schema=schema)
    return pa.Table.from_arrays(columns, schema=schema)


def _plain_type(kind: Any) -> Any:
    """Return the type for texts, and lists of them, that every reader knows, and other types unchanged."""
    import pyarrow as pa

    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    is_text = pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return pa.string() if is_text else kind


def _filled(texts: Any) -> tuple[Texts, Mask]:
    """Return texts without nulls, and which of them are null, empty or white space."""
    import polars as pl

    if isinstance(texts, list | tuple):
        values: list[str] = ["" if text is None else text for text in texts]
        filled: Texts = as_texts(values)
        return filled, np.array([not text.strip() for text in values], dtype=np.bool_)
    nulls = texts.null_count() if isinstance(texts, pl.Series) else getattr(texts, "null_count", 0)
    whole = _without_nulls(texts if isinstance(texts, pl.Series) else pl.Series(texts)) if nulls else texts
    filled = as_texts(whole)
    if isinstance(filled, list):  # such as a column of type null
        return filled, np.array([not text.strip() for text in filled], dtype=np.bool_)
    return filled, _empty(pl.Series(whole))


def _without_nulls(texts: Series) -> Series:
    """Return texts with empty ones for nulls; a column of another type is refused, which Polars would cast to text."""
    import polars as pl

    if isinstance(texts.dtype, pl.Null | pl.Categorical | pl.Enum):
        texts = texts.cast(pl.String)
    if texts.dtype != pl.String:
        raise TypeError(f"texts must be a column of text, got {texts.dtype}; cast it to text")
    return texts.fill_null("")


def _empty(texts: Series) -> Mask:
    import polars as pl

    # Not by what `strip_chars` leaves, which would be a copy of all texts.
    empty: Mask = (~texts.cast(pl.String).str.contains(f"[^{WHITE_SPACE}]")).to_numpy()
    return empty
