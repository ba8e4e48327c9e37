"""Work of training on one shard: survey of the texts, counts of their n-grams, rows, and single texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from malmoi import _core
from malmoi.data.label_parts import LabelCollector, LabelPart
from malmoi.data.readers import BadRow, ReadFrom, ReadReport
from malmoi.foundation.threads import thread_count
from malmoi.models.linear.features import BagFeatures
from malmoi.models.linear.parts import columns_of_state, columns_state
from malmoi.models.linear.settings import Weighting
from malmoi.models.linear.shards import Scratch, Shard, ShardReader, checksum_of, named_errors

__all__ = [
    "COLUMNS",
    "COUNTS",
    "ENDS",
    "HASHES",
    "KEYS",
    "LETTERS",
    "VALUES",
    "CountedShard",
    "ShardCounts",
    "ShardRows",
    "ShardSurvey",
    "ShardTexts",
]

KEYS, LETTERS, HASHES, COUNTS = "keys.npy", "letters.npy", "hashes.npy", "counts.npy"
COLUMNS, VALUES, ENDS = "columns", "values", "ends.npy"


@dataclass(frozen=True)
class CountedShard:
    """What is known about a shard after the first reading.

    Args:
        shard: the shard, with its numbers of texts and characters.
        labels: labels of its texts.
        sources: how its files were parsed.
        skipped: number of skipped rows.
        first_skipped: the first skipped rows, or all of them.
    """

    shard: Shard
    labels: LabelPart
    sources: list[ReadFrom]
    skipped: int
    first_skipped: list[BadRow]


@dataclass(frozen=True)
class ShardSurvey:
    """Reads the labels of a shard, and counts its texts and characters.

    Args:
        reader: reader of shards.
        scratch: folder in which the keys of equal texts and the numbers of letters are written.
        seed: seed of the keys of equal texts; `None`: they are not needed.
        letters: whether the letters of each text are counted by script.
        every_skipped: whether all skipped rows are returned instead of the first ones.
        n_jobs: number of threads.
    """

    reader: ShardReader
    scratch: Scratch
    seed: int | None
    letters: bool
    every_skipped: bool
    n_jobs: int | None

    def __call__(self, shard: Shard) -> CountedShard:
        """Read a shard.

        Raises:
            DataError: it cannot be read, or a text or a label is invalid.
            FormatError: it is damaged.
        """
        skipped: list[BadRow] = []
        report = ReadReport(on_skipped=skipped.append if self.every_skipped else None)
        labels, threads = LabelCollector(), thread_count(self.n_jobs)
        keys, letters = [np.zeros((0, 2), np.uint64)], [np.zeros((0, 4), np.uint64)]
        texts = characters = checksum = 0
        with named_errors(shard):
            for batch in self.reader.batches(shard, report):
                if not batch.texts:
                    continue
                labels.add(batch)
                texts, characters = texts + len(batch.texts), characters + sum(map(len, batch.texts))
                checksum = checksum_of(batch.texts, checksum)
                if self.seed is not None:
                    keys.append(_core.equality_keys(batch.texts, self.seed, threads))
                if self.letters:
                    letters.append(_core.letters_of_each(batch.texts, threads))
            if self.seed is not None:
                self.scratch.save(shard, KEYS, np.concatenate(keys))
            if self.letters:
                self.scratch.save(shard, LETTERS, np.concatenate(letters))
        counted = Shard(shard.number, shard.path, texts, characters, checksum)
        rows = skipped if self.every_skipped else report.first_skipped
        return CountedShard(counted, labels.part(), report.sources, report.skipped, rows)


@dataclass(frozen=True)
class ShardCounts:
    """Counts the document frequency of every n-gram of a shard, and writes hashes, ascending, and counts.

    Args:
        reader: reader of shards.
        scratch: folder in which they are written.
        features: tokenizers and n-gram ranges.
        n_jobs: number of threads.
    """

    reader: ShardReader
    scratch: Scratch
    features: BagFeatures
    n_jobs: int | None

    def __call__(self, shard: Shard) -> int:
        """Return the number of distinct n-grams of a shard.

        Raises:
            DataError: it cannot be read, or has changed.
        """
        counter, threads = _core.BagCounter(), thread_count(self.n_jobs)
        with named_errors(shard):
            for texts in self.reader.texts(shard):
                counter.add(self.features.core, self.features.prepared(texts), threads=threads)
            hashes, counts = counter.counts(threads=threads)
            self.scratch.save(shard, HASHES, hashes)
            self.scratch.save(shard, COUNTS, counts)
        return len(hashes)


@dataclass(frozen=True)
class ShardRows:
    """Computes the rows of the texts of a shard, and writes them.

    Args:
        reader: reader of shards.
        scratch: folder in which they are written.
        features: tokenizers and n-gram ranges.
        columns: map from n-grams to columns.
        weighting: how the values are computed.
        n_jobs: number of threads.
    """

    reader: ShardReader
    scratch: Scratch
    features: BagFeatures
    columns: _core.BagColumns = field(repr=False)
    weighting: Weighting
    n_jobs: int | None

    def __getstate__(self) -> dict[str, object]:
        """Return the fields for a copy, with the hashes of the columns."""
        kept = {name: value for name, value in self.__dict__.items() if name != "columns"}
        return {**kept, **columns_state(self.columns)}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Restore the fields from a copy."""
        self.__dict__.update(state, columns=columns_of_state(state))

    def __call__(self, shard: Shard) -> int:
        """Return the number of entries of the rows of a shard.

        Raises:
            DataError: it cannot be read, or has changed.
        """
        ends, entries, threads, scratch = [np.zeros(0, np.uint64)], 0, thread_count(self.n_jobs), self.scratch
        with named_errors(shard):
            with scratch.written(shard, COLUMNS) as columns_file, scratch.written(shard, VALUES) as values_file:
                for texts in self.reader.texts(shard):
                    prepared = self.features.prepared(texts)
                    rows = self.columns.rows(self.features.core, prepared, local=self.weighting.local, threads=threads)
                    columns, values, some_ends = rows.arrays()
                    columns_file.write(columns.data)
                    if values is not None:
                        values_file.write(values.data)
                    ends.append(some_ends + np.uint64(entries))
                    entries += len(columns)
            scratch.save(shard, ENDS, np.concatenate(ends))
        return entries


@dataclass(frozen=True)
class ShardTexts:
    """Returns some texts of a shard.

    Args:
        reader: reader of shards.
        places: indices of the texts within each shard, ascending, by the number of the shard.
    """

    reader: ShardReader
    places: Mapping[int, list[int]]

    def __call__(self, shard: Shard) -> list[str]:
        """Return the texts, in order.

        Raises:
            DataError: the shard cannot be read, or has changed.
        """
        wanted, found, before = self.places[shard.number], list[str](), 0
        with named_errors(shard):
            for texts in self.reader.texts(shard):
                found += [texts[place - before] for place in wanted[len(found) :] if place < before + len(texts)]
                before += len(texts)
        return found
