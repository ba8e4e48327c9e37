"""Prediction of the blocks of texts of one input, written to one output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from malmoi.cli.cells import Cells, tell_changed
from malmoi.cli.console import messages
from malmoi.cli.prediction_input import Block
from malmoi.cli.prediction_output import Output
from malmoi.cli.prediction_request import PredictRequest
from malmoi.cli.prediction_state import Counts
from malmoi.cli.prediction_writers import BlockWriter, PredictionFormat, block_writer
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel
from malmoi.models.output_columns import Mask, Predicted, predicted_values

if TYPE_CHECKING:
    from polars import DataType

__all__ = ["ROWS_TOGETHER", "PredictionJob", "print_notes"]

ROWS_TOGETHER: dict[PredictionFormat, int] = {"csv": 8_192, "jsonl": 8_192, "parquet": 65_536}
"""Rows per written block; in Parquet, rows per row group."""

EMPTY_COLUMN = "is_empty"


@dataclass(frozen=True)
class PredictionJob:
    """Prediction of blocks of texts, written as bytes.

    Args:
        request: the options.
        model: the model.
        writer: writer of the output format.
        kept: names of the input columns to copy to the output.
        found: number of texts without a known word, under "unknown".
    """

    request: PredictRequest
    model: FittedModel
    writer: BlockWriter
    kept: list[str]
    found: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(
        cls,
        request: PredictRequest,
        model: FittedModel,
        kind: PredictionFormat,
        first: Block | None,
        cells: Cells,
        types: Mapping[str, DataType] | None = None,
    ) -> PredictionJob:
        """Return the job for an input; its column names are taken from the first block, known `types` are kept."""
        kept = request.named_columns if first is None else list(first.kept)
        made = ["text"] * request.with_text + [EMPTY_COLUMN] * (request.on_empty == "mark")
        least, excel = request.reject_below, request.excel
        writer = block_writer(kind, model, [*kept, *made], cells, reject_below=least, excel=excel, types=types)
        return cls(request, model, writer, kept)

    def run(self, output: Output, read: Iterator[Block]) -> None:
        """Predict all blocks that are not in the output yet, and finish the output."""
        start = self.writer.start()
        if start and not output.counts.pieces:
            output.append(start, changed=self.writer.changed)
        done, pieces, end = output.counts.rows, int(bool(start)), 0
        for block in read:
            if block.start + len(block.texts) > done or not output.counts.pieces:
                output.check_place(end, pieces)
                before = self.writer.changed
                empty = self._empty(block)
                piece = self._written(block, empty)
                output.append(piece, len(block.texts), int(empty.sum()), changed=self.writer.changed - before)
            end = block.start + len(block.texts)
            pieces += bool(block.texts) or not start
        output.check_place(end, pieces)
        output.finish()

    def _empty(self, block: Block) -> Mask:
        empty = np.array([not text.strip() for text in block.texts], dtype=np.bool_)
        if self.request.on_empty == "stop" and empty.any():
            row = int(empty.argmax())
            rule = f"{block.place(row)}: text must not be empty (--on-empty stop), got {shorten(block.texts[row])}"
            raise DataError(f"{rule}; leave it out, or pass --on-empty leave or mark")
        return empty

    def _written(self, block: Block, empty: Mask) -> bytes:
        kept = dict(block.kept)
        if self.request.with_text:
            kept["text"] = list(block.texts)
        if is_marked := self.request.on_empty == "mark":
            kept[EMPTY_COLUMN] = empty.tolist()
        values = self._values(block.texts)
        return self.writer.block(kept, values, np.zeros_like(empty) if is_marked else empty)

    def _values(self, texts: list[str]) -> Predicted:
        """Return probabilities (samples, classes) or numbers, in batches of fixed size."""
        values = predicted_values(self.model, texts)
        self.found["unknown"] += self.model.texts_without_known_words(texts, values)
        return values


def print_notes(counts: Counts, request: PredictRequest, unknown: int) -> None:
    """Print notes about empty texts, texts without a known word, and changed cells."""
    if counts.empty_rows and request.on_empty == "mark":
        what = "1 empty text is" if counts.empty_rows == 1 else f"{counts.empty_rows:,} empty texts are"
        messages.print(f"note: {what} marked in the column {EMPTY_COLUMN}")
    elif counts.empty_rows:
        what = "1 empty text has" if counts.empty_rows == 1 else f"{counts.empty_rows:,} empty texts have"
        rule = f"{what} no prediction"
        messages.print(f"note: {rule}; --on-empty mark predicts and marks them, --on-empty stop raises an error")
    if unknown:
        what = "1 text has" if unknown == 1 else f"{unknown:,} texts have"
        rule = f"{what} no word that the model knows"
        messages.print(f"note: {rule}; the probabilities are the shares of the training labels")
    tell_changed(counts.changed)
