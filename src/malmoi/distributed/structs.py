"""Predictions as one column of structs, for engines whose functions return one column."""

from __future__ import annotations

from typing import Any

from malmoi.distributed.arguments import scorer_with
from malmoi.distributed.scorer import Scorer

__all__ = ["StructScorer"]


class StructScorer:
    """A picklable function from a column of texts to a column of structs: the label and the probabilities.

    Args:
        scorer: the scorer; `keep` and `text_column` have no effect.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer_with(scorer, keep=())

    @property
    def schema(self) -> Any:
        """The fields of the structs, as a schema of PyArrow; opens the model."""
        import pyarrow as pa

        return self._scored(pa.array([], pa.string())).schema

    def __call__(self, texts: Any) -> Any:
        """Return a struct array of PyArrow.

        Args:
            texts: (samples,), an array or chunked array of PyArrow; null has no prediction.

        Raises:
            DataError: this machine does not see the model, or has another version of malmoi.
            TypeError: the texts are no column of text.
        """
        return self._scored(texts).to_struct_array()

    def _scored(self, texts: Any) -> Any:
        import pyarrow as pa

        whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
        return self.scorer(pa.RecordBatch.from_arrays([whole], names=[self.scorer.text_column]))
