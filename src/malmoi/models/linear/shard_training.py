"""Training of a bag model on shards: the model is that of all their texts in memory, bit for bit."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.label_parts import joined_parts
from malmoi.data.readers import DataPath, ReadReport, ReadSettings, check_input_format
from malmoi.errors import DataError
from malmoi.foundation.engines import Engine, ThisProcess, check_engine, in_item_order
from malmoi.foundation.log import logger
from malmoi.foundation.progress import Progress
from malmoi.foundation.workers import WorkerDiedError
from malmoi.models.linear.features import BagFeatures, features_for
from malmoi.models.linear.folds import Places
from malmoi.models.linear.learning import check_task, fitted_on_matrix
from malmoi.models.linear.matrix import MOST_TEXTS, BagMatrix, check_columns, least_texts, matrix_of
from malmoi.models.linear.model import BagModel
from malmoi.models.linear.settings import WEIGHTINGS, BagSettings
from malmoi.models.linear.shard_counts import merged_counts, ordered_ngrams
from malmoi.models.linear.shard_work import (
    COLUMNS,
    COUNTS,
    ENDS,
    HASHES,
    KEYS,
    LETTERS,
    VALUES,
    CountedShard,
    ShardCounts,
    ShardRows,
    ShardSurvey,
    ShardTexts,
)
from malmoi.models.linear.shards import Scratch, Shard, ShardReader, listed_shards, scratch_in
from malmoi.models.linear.targets import linear_targets
from malmoi.models.task import Classification, Targets
from malmoi.models.task_of_labels import classification_of
from malmoi.models.weights import class_weights, sample_weights
from malmoi.tokenizers.scripts import main_script, sampling_step

__all__ = ["fitted_on_shards"]

Item = TypeVar("Item")
Result = TypeVar("Result")
Number = TypeVar("Number", bound=np.generic)


def fitted_on_shards(
    settings: BagSettings,
    data: DataPath,
    reading: ReadSettings,
    *,
    engine: Engine | None,
    scratch: str | os.PathLike[str] | None,
    report: ReadReport,
    progress: Progress,
) -> BagModel:
    """Return the bag model of the texts of files, which need not fit into memory; see `BagClassifier.fit_files`.

    Args:
        settings: the settings.
        data: files, folders and globs.
        reading: read settings.
        engine: runs the work on each file; `None`: this process.
        scratch: folder for temporary files, on a disk that all workers see; `None`: that of the system.
        report: filled with how the files were parsed and which rows were skipped.
        progress: progress callback, called with the step's name, the number done and the total.

    Raises:
        DataError: a file cannot be read, a label is invalid, there is only one class, or a worker died.
        FormatError: a file is damaged.
        TypeError: `engine` is not an engine.
        ValueError: a setting does not fit the labels.
    """
    check_input_format(reading)
    check_engine(engine)
    shards = listed_shards(data, absolute=engine is not None)
    with scratch_in(scratch) as folder:
        runs_on = ThisProcess() if engine is None else engine
        training = ShardedTraining(settings, ShardReader(reading), runs_on, folder, report, progress, shards)
        training.read()
        check_task(settings, training.task)
        return training.fitted()


@dataclass(frozen=True)
class NamedFailures:
    """An engine that raises an error that names the item if its worker dies."""

    engine: Engine

    def run(
        self, work: Callable[[Item], Result], items: Sequence[Item], tick: Callable[[], None]
    ) -> Generator[tuple[Item, Result | WorkerDiedError]]:
        """Yield items with their results, in order of completion.

        Raises:
            DataError: a worker died.
        """
        with closing(self.engine.run(work, items, tick)) as results:
            for item, result in results:
                if isinstance(result, WorkerDiedError):
                    cure = "use fewer workers, or smaller files"
                    raise DataError(f"{item}: training on this file failed: {result}; {cure}") from result
                yield item, result


@dataclass
class ShardedTraining:
    """Trains a bag model on shards.

    Args:
        settings: the settings.
        reader: reader of shards.
        engine: runs the work on the shards.
        scratch: an empty folder that all workers see.
        report: filled with how the files were parsed and which rows were skipped.
        progress: progress callback, called with the step's name, the number done and the total.
        shards: the shards, with their numbers of texts after `read`.
    """

    settings: BagSettings
    reader: ShardReader
    engine: Engine
    scratch: Scratch
    report: ReadReport
    progress: Progress
    shards: list[Shard]
    task: Classification = field(init=False)
    targets: Targets = field(init=False)
    weights: npt.NDArray[np.float32] | None = field(init=False)

    @property
    def samples(self) -> int:
        """Number of texts."""
        return sum(shard.texts for shard in self.shards)

    def read(self) -> None:
        """Read the labels of all shards.

        Raises:
            DataError: a shard cannot be read, a label is invalid, or there is only one class.
            FormatError: a shard is damaged.
        """
        settings = self.settings
        folds = settings.C == "auto" or settings.calibration is not None
        work = ShardSurvey(
            self.reader,
            self.scratch,
            seed=secrets.randbits(64) if folds else None,
            letters=settings.tokens == "auto",
            every_skipped=self.report.on_skipped is not None,
            n_jobs=settings.n_jobs,
        )
        counted = self._each(work, "reading texts")
        self._tell(counted)
        first = self.shards[0].path
        self.shards = [one.shard for one in counted]
        if not self.samples:
            raise DataError(f"{first}: data must contain labelled texts, got no rows")
        if self.samples > MOST_TEXTS:
            raise DataError(f"{first}: data must have fewer than 2**32 texts, got {self.samples:,}")
        self.task, self.targets = classification_of(joined_parts([one.labels for one in counted]))
        by_class = class_weights(settings.class_weight, self.task.single_label_classes, self.targets)
        self.weights = sample_weights(None, by_class, self.samples)

    def fitted(self) -> BagModel:
        """Return the model of all texts; after `read`."""
        features = self._features()
        logger.info("n-grams: %s", features.described)
        matrix = self._matrix(features)
        targets = linear_targets(self.task, self.targets, self.weights)
        return fitted_on_matrix(self.settings, self, matrix, targets, self.progress)

    def first_equals(self, threads: int) -> Places:
        """Return the index of the first text equal to each text, int64 (samples,); `threads` is not used."""
        keys = np.concatenate([self.scratch.load(shard, KEYS, np.uint64) for shard in self.shards])
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        ordered = keys[order]
        is_first = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])
        firsts = np.empty(len(order), dtype=np.int64)
        firsts[order] = order[np.flatnonzero(is_first)][np.cumsum(is_first) - 1]
        return firsts

    def texts_at(self, places: Sequence[int]) -> list[str]:
        """Return the texts at some indices, in the given order; they are read again."""
        ends = np.cumsum([shard.texts for shard in self.shards])
        distinct = sorted(set(places))
        owners = np.searchsorted(ends, distinct, side="right")
        wanted: dict[int, list[int]] = {}
        for place, owner in zip(distinct, owners.tolist(), strict=True):
            wanted.setdefault(owner, []).append(place - int(ends[owner]) + self.shards[owner].texts)
        shards = [shard for number, shard in enumerate(self.shards) if number in wanted]
        by_number = {self.shards[owner].number: within for owner, within in wanted.items()}
        found = self._each(ShardTexts(self.reader, by_number), "reading examples", shards)
        texts = dict(zip(distinct, (text for some in found for text in some), strict=True))
        return [texts[place] for place in places]

    def _each(self, work: Callable[[Shard], Result], step: str, shards: Sequence[Shard] | None = None) -> list[Result]:
        """Return the result of every shard, in their order."""
        chosen, done = self.shards if shards is None else shards, list[Result]()

        def tick() -> None:
            self.progress(step, len(done), len(chosen))

        with closing(in_item_order(NamedFailures(self.engine), work, chosen, tick)) as results:
            for _, result in results:
                done.append(result)
                tick()
        return done

    def _tell(self, counted: list[CountedShard]) -> None:
        """Add what the workers read to the report."""
        for one in counted:
            for source in one.sources:
                self.report.read(source)
            for row in one.first_skipped:
                self.report.skip(row)
            self.report.skipped += one.skipped - len(one.first_skipped)

    def _features(self) -> BagFeatures:
        characters = sum(shard.characters for shard in self.shards)
        return features_for(
            self.settings.tokens, self.settings.ngrams, characters, self._script, len(self.task.classes)
        )

    def _script(self) -> tuple[str | None, float]:
        """Return the main script of the same texts that are examined if all are in memory."""
        step, before, letters = sampling_step(self.samples), 0, np.zeros(4, np.uint64)
        for shard in self.shards:
            letters += self.scratch.load(shard, LETTERS, np.uint64)[-before % step :: step].sum(axis=0, dtype=np.uint64)
            before += shard.texts
        return main_script(*letters.tolist())

    def _matrix(self, features: BagFeatures) -> BagMatrix:
        settings, counts = self.settings, None
        if settings.buckets is None:
            columns, counts = self._learned_columns(features)
        else:
            columns = _core.BagColumns.hashed(int(settings.buckets))
        return matrix_of(settings, features, columns, self._rows(features, columns), counts)

    def _learned_columns(self, features: BagFeatures) -> tuple[_core.BagColumns, npt.NDArray[np.uint32]]:
        settings, scratch = self.settings, self.scratch
        self._each(ShardCounts(self.reader, scratch, features, settings.n_jobs), "counting n-grams")
        parts = [(scratch.load(one, HASHES, np.uint64), scratch.load(one, COUNTS, np.uint32)) for one in self.shards]
        least = least_texts(settings, self.samples)
        kept = merged_counts(parts, least, lambda done, total: self.progress("merging counts", done, total))
        most = None if settings.max_features is None else int(settings.max_features)
        hashes, counts = ordered_ngrams(kept, most)
        check_columns(len(hashes), least, self.samples)
        del parts
        for shard in self.shards:
            for name in (HASHES, COUNTS):
                scratch.path(shard, name).unlink()
        return _core.BagColumns.learned(hashes), counts

    def _rows(self, features: BagFeatures, columns: _core.BagColumns) -> _core.BagRows:
        """Return the rows of all texts, in files that are mapped into memory."""
        settings, scratch = self.settings, self.scratch
        weighting = WEIGHTINGS[settings.weighting]
        work = ShardRows(self.reader, scratch, features, columns, weighting, settings.n_jobs)
        ends, entries, done = [np.zeros(0, np.uint64)], 0, 0

        def tick() -> None:
            self.progress("features", done, self.samples)

        with closing(in_item_order(NamedFailures(self.engine), work, self.shards, tick)) as results:
            for shard, added in results:
                ends.append(scratch.load(shard, ENDS, np.uint64) + np.uint64(entries))
                self._append(shard, (COLUMNS, VALUES))
                entries, done = entries + added, done + shard.texts
                tick()
        values = None if weighting.local == "binary" else self._mapped(VALUES, np.float32, entries)
        return _core.BagRows.of_arrays(self._mapped(COLUMNS, np.uint32, entries), values, np.concatenate(ends))

    def _append(self, shard: Shard, names: Sequence[str]) -> None:
        """Move the content of files of a shard to the end of the files of all shards."""
        for name in names:
            path = self.scratch.path(shard, name)
            with self.scratch.errors(), path.open("rb") as part, self.scratch.path(None, name).open("ab") as whole:
                shutil.copyfileobj(part, whole, 1 << 20)
            path.unlink()

    def _mapped(self, name: str, dtype: type[Number], size: int) -> npt.NDArray[Number]:
        if not size:
            return np.zeros(0, dtype)
        return np.memmap(self.scratch.path(None, name), dtype, "r", shape=(size,))
