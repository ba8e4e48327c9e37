"""Prediction in Spark: batches of Arrow in the Python workers of the executors."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from malmoi.distributed.arguments import as_scorer, check_column_case, kept_columns, scorer_with, type_name
from malmoi.distributed.opened_models import identity_if_seen
from malmoi.distributed.optional import import_engine
from malmoi.distributed.scorer import Scorer
from malmoi.distributed.structs import StructScorer
from malmoi.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["predict"]


def predict(
    frame: DataFrame,
    model: str | os.PathLike[str] | Scorer,
    text_column: str | None = None,
    *,
    reject_below: float | None = None,
    prefix: str | None = None,
    keep: Sequence[str] | None = None,
    copied: bool = False,
) -> DataFrame:
    """Return a data frame of Spark with the predictions behind its columns; nothing is computed yet.

    The model is opened here, as its classes name the columns, and once in every Python worker. All machines need
    malmoi in the same version, and PyArrow.

    Args:
        frame: data frame with the text column.
        model: model file, or a scorer, whose settings are then not given here.
        text_column: the column of texts; `None`: "text", or the column of the scorer.
        reject_below: probability below which the label is null, 0 to 1; `None`: that of the model.
        prefix: put before the names of the new columns, for frames that have such columns already; `None`: nothing.
        keep: columns to return, besides the new ones; `None`: all.
        copied: whether Spark copies the model file to the executors, which Spark Connect cannot; otherwise every worker
            must see it under its path.

    Returns:
        The data frame; the rows of a partition keep their order.

    Raises:
        MissingExtraError: PySpark or PyArrow is not installed.
        TypeError: an argument has the wrong type, or the text column is not of text.
        ValueError: an argument is out of range, or a setting is given besides a scorer.
        DataError: a column is missing or exists already, this machine does not see the model, or two columns differ
            only in upper and lower case, which Spark does not distinguish by default.
        FormatError: the model file is damaged, or the model is not one of texts.

    Example:
        >>> frame = spark.read.parquet("reviews")  # doctest: +SKIP
        >>> scored = mm.distributed.spark.predict(frame, "films.malmoi", "review", copied=True)  # doctest: +SKIP
        >>> scored.write.parquet("scored")  # doctest: +SKIP
    """
    sql = import_engine("pyspark.sql", "prediction with Spark")
    import_engine("pyarrow", "prediction with Spark")
    scorer = as_scorer(model, text_column, reject_below=reject_below, prefix=prefix, keep=keep)
    if not hasattr(frame, "mapInArrow"):
        raise TypeError(f"frame must be a data frame of Spark, got {type_name(frame)}")
    kept = kept_columns(scorer, frame.columns)
    kinds = {field.name: field for field in frame.schema.fields}
    if kinds[scorer.text_column].dataType.typeName() not in ("string", "char", "varchar", "void"):
        found = kinds[scorer.text_column].dataType.simpleString()
        raise TypeError(f"the column {scorer.text_column!r} must be of text, got {found}")
    new = [sql.types.StructField(one.name, _type(sql.types, one.type)) for one in StructScorer(scorer).schema]
    schema = sql.types.StructType([*(kinds[name] for name in kept), *new])
    if frame.sparkSession.conf.get("spark.sql.caseSensitive") != "true":
        check_column_case("Spark", schema.names)
    name = None
    if copied:
        file = _copied_file(scorer.path, str(scorer.identity))
        frame.sparkSession.sparkContext.addFile(str(file))
        name = file.name
    needed = list(dict.fromkeys([*kept, scorer.text_column]))
    batches = _Batches(scorer_with(scorer, keep=kept), needed, name)
    return _renamed(frame, needed).mapInArrow(batches, schema)


def _renamed(frame: DataFrame, names: Sequence[str]) -> DataFrame:
    """Return some columns of a frame under names without dots and backticks, which `mapInArrow` would interpret."""
    plain = {name: f"column_{place}" for place, name in enumerate(frame.columns)}
    return frame.toDF(*plain.values()).select(*(plain[name] for name in names))


@dataclass(frozen=True)
class _Batches:
    """The function of a Python worker.

    Args:
        scorer: the scorer.
        names: names of the columns of the batches.
        file: name of the model file among the files of Spark; `None`: the path of the scorer.
    """

    scorer: Scorer
    names: list[str]
    file: str | None

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Yield record batches with the predictions."""
        import pyarrow as pa

        scorer = self.scorer
        if self.file is not None:
            from pyspark import SparkFiles

            scorer = scorer_with(scorer, path=SparkFiles.get(self.file))
        for batch in batches:
            yield scorer(pa.RecordBatch.from_arrays(batch.columns, names=self.names))


@cache
def _copied_file(path: str, identity: str) -> Path:
    """Copy a model file for Spark, to a name that no other model has, and return the path of the copy.

    A second file of the same name would stop all later work of a session of Spark.

    Raises:
        DataError: the file is another one than when the scorer was made.
    """
    folder = Path(tempfile.mkdtemp(prefix="malmoi-spark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copied = folder / f"malmoi-{sha256(identity.encode()).hexdigest()[:32]}"
    shutil.copy2(path, copied)
    if identity_if_seen(str(copied)) != identity:
        raise DataError(f"{path} must not change between the making of the scorer and its use; make the scorer again")
    return copied


def _type(types: Any, kind: Any) -> Any:
    """Return the type of Spark for a type of PyArrow."""
    import pyarrow as pa

    if pa.types.is_list(kind):
        return types.ArrayType(_type(types, kind.value_type))
    names = {"string": "String", "int64": "Long", "bool": "Boolean", "double": "Double", "float": "Float"}
    return getattr(types, f"{names[str(kind)]}Type")()
