"""Training on batches of labelled texts that need not fit into memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import ne
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.labels import COLLECTIONS, coded_labels
from malmoi.data.readers import DataPath, ReadReport, ReadSettings, column_names, read_batches
from malmoi.data.texts import as_texts, text_list
from malmoi.errors import DataError
from malmoi.foundation.arrays import Labels
from malmoi.foundation.log import logger
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten
from malmoi.metrics.calibrators import Calibrator, Temperature
from malmoi.models.fasttext.calibration import TEXTS_WITHOUT_REFIT, HeldOut, held_out_size, some_of
from malmoi.models.fasttext.continuing import sample_of
from malmoi.models.fasttext.learning import KEPT_EXAMPLES, fitted_fasttext, with_training_accuracy
from malmoi.models.fasttext.model import FastTextModel
from malmoi.models.fasttext.network import prepared
from malmoi.models.fasttext.parts import FastTextFacts
from malmoi.models.fasttext.settings import FastTextSettings
from malmoi.models.fasttext.training import Training, check_words, loss_of
from malmoi.models.linear.learning import TrainingTexts
from malmoi.models.task import Classification, Multilabel, Targets, single_label_task
from malmoi.models.weights import class_weights

__all__ = ["Batches", "FileBatches", "file_batches", "fitted_on_stream"]

BatchLabels: TypeAlias = Sequence[object] | Labels
Batches: TypeAlias = Callable[[], Iterable[tuple[Sequence[str], BatchLabels]]]
"""Function that returns pairs of texts and labels."""
TEXTS_TOGETHER, CHARACTERS_TOGETHER = 16_384, 16_000_000
SORTED_SHARE, LEAST_TEXTS = 0.1, 1_000
"""Texts count as sorted if labels change less often than this share of what a random order would give."""


@dataclass
class FileBatches:
    """Function that reads labelled texts from files, in batches.

    Args:
        data: a file, a folder, a glob, or a list of files and globs.
        settings: read settings.
        report: filled by the first call.
        labels_are_text: whether the labels of the files are untyped, after the first call.
    """

    data: DataPath
    settings: ReadSettings
    report: ReadReport = field(default_factory=ReadReport)
    labels_are_text: bool = False
    calls: int = 0

    def __call__(self) -> Iterator[tuple[Sequence[str], Sequence[object]]]:
        """Read the files."""
        self.calls += 1
        report = self.report if self.calls == 1 else ReadReport()
        for batch in read_batches(self.data, self.settings, report=report):
            self.labels_are_text |= batch.labels_are_text
            yield batch.texts, batch.labels


def file_batches(
    data: DataPath,
    text_column: str | Sequence[str] | None,
    label_column: str | Sequence[str] | None,
    label_separator: str | None,
    input_format: str,
) -> FileBatches:
    """Return a function that reads files in batches."""
    settings = ReadSettings(
        text_column=column_names("text_column", text_column),
        label_column=column_names("label_column", label_column),
        label_separator=label_separator,
        input_format=input_format,
    )
    return FileBatches(data, settings)


@dataclass
class _Survey:
    """What is known after the first pass: words, labels, and the number of texts."""

    vocabulary: _core.FastTextVocabulary = field(default_factory=_core.FastTextVocabulary)
    counts: Counter[object] = field(default_factory=Counter)
    texts: int = 0
    changes: int = 0
    are_sets: bool = False
    last: object = None

    def add(self, texts: Sequence[str], labels: BatchLabels, settings: FastTextSettings) -> None:
        """Count the words and labels of a batch."""
        _check_sizes(texts, labels, self.texts)
        self.vocabulary.add(prepared(settings.tokens, as_texts(texts)), thread_count(settings.n_jobs))
        if isinstance(labels, list) and set(map(type, labels)) == {str}:
            self.counts.update(labels)
            self.changes += sum(map(ne, labels, [self.last, *labels]))
            self.last = labels[-1]
        else:
            self._add_others(labels)
        self.texts += len(texts)

    def _add_others(self, labels: BatchLabels) -> None:
        """Count labels that are not all str."""
        for label in labels:
            several = isinstance(label, COLLECTIONS)
            self.are_sets |= several
            members = _members(label)
            if not all(isinstance(one, Hashable) for one in members):
                raise DataError(f"labels must be str, int or bool, or lists of these, got {shorten(label)}")
            self.counts.update(members)
            self.changes += not several and label != self.last
            self.last = label

    def tell_sorted(self) -> None:
        """Log a warning if the texts are sorted by label."""
        shares = np.array(list(self.counts.values())) / max(self.texts, 1)
        expected = self.texts * (1 - float((shares**2).sum()))
        if not self.are_sets and self.texts >= LEAST_TEXTS and self.changes < SORTED_SHARE * expected:
            logger.warning("the texts are sorted by label: shuffle them, because a stream is learned in its order")


def _members(label: object) -> list[object]:
    values = list(label) if isinstance(label, COLLECTIONS) else [label]
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _check_sizes(texts: Sequence[str], labels: BatchLabels, before: int) -> None:
    if len(texts) != len(labels):
        rule = f"each batch must have as many labels as texts, got {len(labels)} and {len(texts)}"
        raise DataError(f"{rule} behind text {before}")


def _check_total(found: int, expected: int) -> None:
    if found != expected:
        raise DataError(f"the batches must be the same in each pass, found {found} texts after {expected}")


@dataclass(frozen=True)
class _Encoder:
    """Classes, and the class of each label as it is given."""

    task: Classification
    codes: Mapping[object, int]

    @classmethod
    def of(cls, survey: _Survey, *, are_text: bool) -> _Encoder:
        """Return the encoder of the labels of all batches."""
        values = list(survey.counts)
        coded = coded_labels(values, lambda place: f"label {shorten(values[place])}", are_text=are_text)
        if len(coded.classes) < 2:
            seen = f"only {shorten(coded.classes[0].item())}" if len(coded.classes) else "no labels"
            raise DataError(f"labels must have 2 classes or more, got {seen}")
        task = Multilabel(coded.classes) if survey.are_sets else single_label_task(coded.classes)
        return cls(task, dict(zip(values, coded.codes.tolist(), strict=True)))

    def targets(self, labels: BatchLabels) -> Targets:
        """Return the targets of a batch.

        Raises:
            DataError: a label did not occur in the first pass.
        """
        try:
            if not isinstance(self.task, Multilabel):
                return np.array([self.codes[_members(label)[0]] for label in labels], dtype=np.int32)
            rows = np.zeros((len(labels), len(self.task.classes)), np.float32)
            for row, label in enumerate(labels):
                rows[row, [self.codes[one] for one in _members(label)]] = 1
            return rows
        except KeyError as error:
            raise DataError(f"the batches must be the same in each pass, found the new label {error}") from error

    def counts(self, survey: _Survey) -> npt.NDArray[np.int64]:
        """Return the number of texts of each class."""
        found = np.zeros(len(self.task.classes), np.int64)
        for value, count in survey.counts.items():
            found[self.codes[value]] += count
        return found


def fitted_on_stream(
    settings: FastTextSettings,
    batches: Batches,
    check_task: Callable[[object], None],
    progress: Progress,
) -> tuple[FastTextModel, TrainingTexts]:
    """Train on batches of texts, which are read once per pass, and once before; return the model and some of the texts.

    Raises:
        DataError: a label is invalid, there is only one class, the batches differ, or training diverges.
        ValueError: a setting does not fit the labels.
    """
    if settings.class_weight == "balanced":
        raise ValueError("class_weight must be None or a dict of weights for files and streams, got 'balanced'")
    survey = _Survey()
    for texts, labels in batches():
        survey.add(texts, labels, settings)
        progress("counting words", survey.texts, survey.texts)
    encoder = _Encoder.of(survey, are_text=isinstance(batches, FileBatches) and batches.labels_are_text)
    check_task(encoder.task)
    if survey.texts < TEXTS_WITHOUT_REFIT:
        whole = _whole(settings, batches, encoder, survey.texts)
        return fitted_fasttext(settings, whole, progress), sample_of(whole)
    survey.tell_sorted()
    return _Streamed(settings, batches, survey, encoder).fitted(progress)


def _whole(settings: FastTextSettings, batches: Batches, encoder: _Encoder, expected: int) -> TrainingTexts:
    """Return all texts of few batches."""
    texts, targets = list[str](), list[Targets]()
    for some, labels in batches():
        _check_sizes(some, labels, len(texts))
        texts += text_list(some)
        targets.append(encoder.targets(labels))
    _check_total(len(texts), expected)
    return _training(settings, encoder, texts, _stacked(targets))


def _stacked(targets: list[Targets]) -> Targets:
    found: Targets = np.concatenate(targets)  # type: ignore[assignment]  # all have the dtype of the task
    return found


def _training(settings: FastTextSettings, encoder: _Encoder, texts: list[str], targets: Targets) -> TrainingTexts:
    weights = class_weights(settings.class_weight, encoder.task.single_label_classes, targets)
    return TrainingTexts(texts, encoder.task, targets, weights)


@dataclass
class _Streamed:
    """A training on batches of very many texts."""

    settings: FastTextSettings
    batches: Batches
    survey: _Survey
    encoder: _Encoder

    @property
    def parts(self) -> int:
        """One text in so many is held out; 0: none."""
        if self.settings.calibration is None:
            return 0
        return self.survey.texts // held_out_size(self.survey.texts)

    def fitted(self, progress: Progress) -> tuple[FastTextModel, TrainingTexts]:
        """Train and calibrate."""
        settings, task = self.settings, self.encoder.task
        counts = self.encoder.counts(self.survey)
        under_way = Training(settings, self.survey.vocabulary, task, counts, loss_of(settings, task))
        epochs = settings.epochs_for(self.survey.texts)
        total = epochs * self.survey.texts
        held_out: list[TrainingTexts] = []
        first: TrainingTexts | None = None
        for epoch in range(epochs):
            losses, sizes, done = [], [], epoch * self.survey.texts
            for number, (kept, out, size) in enumerate(self._chunks()):
                first = kept if first is None else first
                if epoch == 0 and out is not None:
                    held_out.append(out)
                under_way.trainer.clear()
                under_way.add(kept)
                losses.append(under_way.step(number, done / total, (done + size) / total))
                sizes.append(len(kept.texts))
                done += size
                progress("training", done, total)
            under_way.end_pass(float(np.average(losses, weights=sizes)))
        if first is None:
            raise DataError("the batches must be the same in each pass, got none")
        model = self._model(under_way, held_out, first, (counts / self.survey.texts).astype(np.float32))
        return model, sample_of(first)

    def _model(
        self, under_way: Training, held_out: list[TrainingTexts], first: TrainingTexts, prior: npt.NDArray[np.float32]
    ) -> FastTextModel:
        settings, trained = self.settings, under_way.trained()
        check_words(settings, trained.network)
        out = _joined(held_out)
        facts = FastTextFacts(
            samples=self.survey.texts,
            tokens=trained.tokens,
            epochs=len(trained.losses),
            held_out=0 if out is None else len(out.texts),
            learned_held_out=out is None,
            losses=trained.losses,
            training_accuracy=None,
            dropped_up_to=trained.dropped_up_to,
        )
        calibrator: Calibrator = Temperature()
        if out is not None:
            scores, _ = trained.network.scores(out.texts, settings.n_jobs)
            found = HeldOut(scores, np.arange(len(out.texts)), trained)
            calibrator = found.calibrator(settings, out)
            facts = replace(facts, held_out_accuracy=found.accuracy(out))
        examples = tuple(first.texts[:KEPT_EXAMPLES])
        model = FastTextModel(self.encoder.task, settings, trained.network, calibrator, facts, prior, examples)
        return with_training_accuracy(model, first)

    def _chunks(self) -> Iterator[tuple[TrainingTexts, TrainingTexts | None, int]]:
        """Yield parts of the texts: those to learn, those held out, and their number together."""
        texts, targets, characters, before = list[str](), list[Targets](), 0, 0
        for some, labels in self.batches():
            _check_sizes(some, labels, before + len(texts))
            added = text_list(some)
            texts += added
            targets.append(self.encoder.targets(labels))
            characters += sum(map(len, added))
            if len(texts) >= TEXTS_TOGETHER or characters >= CHARACTERS_TOGETHER:
                yield self._chunk(texts, _stacked(targets), before)
                before += len(texts)
                texts, targets, characters = [], [], 0
        if texts:
            yield self._chunk(texts, _stacked(targets), before)
        _check_total(before + len(texts), self.survey.texts)

    def _chunk(
        self, texts: list[str], targets: Targets, before: int
    ) -> tuple[TrainingTexts, TrainingTexts | None, int]:
        whole = _training(self.settings, self.encoder, texts, targets)
        if not self.parts:
            return whole, None, len(texts)
        is_out = (np.arange(before, before + len(texts)) + self.settings.seed) % self.parts == 0
        return some_of(whole, np.flatnonzero(~is_out)), some_of(whole, np.flatnonzero(is_out)), len(texts)


def _joined(parts: list[TrainingTexts]) -> TrainingTexts | None:
    if not parts:
        return None
    texts = [text for part in parts for text in part.texts]
    weights = None if parts[0].weights is None else np.concatenate([part.weights for part in parts])
    return TrainingTexts(texts, parts[0].task, np.concatenate([part.targets for part in parts]), weights)
