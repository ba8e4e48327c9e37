"""A filter for pipelines of datatrove: keeps documents by the class that a model of malmoi predicts.

It needs datatrove and malmoi in one environment. Copy the file, or put its folder on the path, also on the machines of
the workers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datatrove.pipeline.filters.base_filter import BaseFilter

import malmoi as mm

if TYPE_CHECKING:
    from datatrove.data import Document
    from datatrove.pipeline.writers.disk_base import DiskWriter


class ClassifierFilter(BaseFilter):
    """Keeps the documents in which a class has a probability of at least a threshold.

    Documents are predicted in batches. Their texts are not changed. The probability is put into the metadata, as
    `probability_CLASS`. Removed documents have the reason `below_threshold`, or `no_text` if they are empty or white
    space.

    Args:
        model: model file of malmoi or of fastText, which every worker must see under this path.
        label: the class.
        threshold: probability from which a document is kept, 0 to 1.
        batch_size: documents of a batch.
        exclusion_writer: writes the removed documents.

    Raises:
        DataError: this machine does not see the model.
        ValueError: the model has no such class, or an argument is out of range.
    """

    name = "🏷 malmoi"

    def __init__(
        self,
        model: str,
        label: str | int | bool,
        threshold: float = 0.5,
        *,
        batch_size: int = 1_000,
        exclusion_writer: DiskWriter | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, got {batch_size}")
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold must be from 0 to 1, got {threshold}")
        super().__init__(exclusion_writer, batch_size)
        self.scorer = mm.distributed.Scorer(model)
        self.column = f"probability_{label}"
        self.threshold = threshold
        columns = list(self.scorer.new_columns)[1:]
        if self.column not in columns:
            classes = ", ".join(name.removeprefix("probability_") for name in columns) or "none"
            raise ValueError(f"label must be one of the classes of the model, {classes}, got {label}")

    def filter_batch(self, batch: list[Document]) -> list[bool | tuple[bool, str]]:
        """Return for every document whether it is kept, or with what reason it is removed."""
        predicted = self.scorer.predict([document.text for document in batch])
        results: list[bool | tuple[bool, str]] = []
        for document, probability in zip(batch, predicted[self.column].to_list(), strict=True):
            if probability is None:
                results.append((False, "no_text"))
                continue
            document.metadata[self.column] = probability
            self.stat_update("probability", value=probability, unit="doc")
            results.append(True if probability >= self.threshold else (False, "below_threshold"))
        return results

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Return whether one document is kept, or with what reason it is removed."""
        return self.filter_batch([doc])[0]
