"""Inputs and shared results of the sections of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from malmoi.data.corpus import Corpus
from malmoi.data.readers import ReadReport
from malmoi.evaluation.checks.base import Subject
from malmoi.evaluation.checks.checking import check
from malmoi.evaluation.evaluation import Evaluation
from malmoi.evaluation.findings import Finding
from malmoi.evaluation.measurement import evaluate
from malmoi.evaluation.text_facts import TextFacts
from malmoi.experiments.comparison import Comparison
from malmoi.foundation.progress import Progress, silent
from malmoi.models.base import FittedModel
from malmoi.models.task import Classification, Multilabel

__all__ = ["Sources", "label_name", "shortened"]


@dataclass(frozen=True, eq=False)
class Sources:
    """A model, its data, its scores and findings.

    Args:
        model: a text classifier.
        task: its task.
        measured: labelled test data.
        training: labelled training data; `None` if it was not given.
        evaluation: scores on the test data.
        findings: findings of all checks.
        subject: subject of the checks: the training data, if given, and the test data.
        comparison: comparison of recipes; `None` for a report on one model.
        columns: columns of the test data for slices.
        seed: random seed of random splits and resamples.
        progress: progress callback, called with the step's name, the number done and the total.
    """

    model: FittedModel
    task: Classification
    measured: Corpus
    training: Corpus | None
    evaluation: Evaluation
    findings: tuple[Finding, ...]
    subject: Subject
    comparison: Comparison | None
    columns: Mapping[str, Sequence[object]]
    seed: int = 0
    progress: Progress = silent

    @classmethod
    def of(
        cls,
        model: FittedModel,
        task: Classification,
        measured: Corpus,
        training: Corpus | None,
        comparison: Comparison | None,
        columns: Mapping[str, Sequence[object]],
        *,
        reading: ReadReport | None = None,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Self:
        """Evaluate a model and run all checks, with one prediction of the texts.

        Args:
            reading: report of reading the files; skipped rows are a finding.

        Raises:
            DataError: no label is known to the model.
        """
        evaluation = evaluate(model, measured, seed=seed, progress=progress)
        learned, held_out = (measured, None) if training is None else (training, measured)
        found = check(
            learned, held_out, model=model, reading=reading, outputs=evaluation.outputs, seed=seed, progress=progress
        )
        made = (evaluation, found.findings, found.subject)
        return cls(model, task, measured, training, *made, comparison, columns, seed, progress)

    @property
    def hits(self) -> npt.NDArray[np.bool_]:
        """Mask of correct predictions for the test texts, bool (samples,)."""
        hits = self.evaluation.correct
        return np.zeros(0, dtype=np.bool_) if hits is None else hits

    @property
    def learned(self) -> Corpus:
        """The training data if given, else the test data."""
        return self.measured if self.training is None else self.training

    @property
    def has_label_sets(self) -> bool:
        """Whether the model is multilabel."""
        return isinstance(self.task, Multilabel)

    @cached_property
    def measured_facts(self) -> TextFacts:
        """Characters, letters and scripts of the test texts."""
        return self.subject.facts if self.training is None else TextFacts.of(self.measured.texts)

    def measured_place(self, position: int) -> str:
        """Return the file and line of a test text."""
        return _place(self.measured, position, "texts")

    def learned_place(self, position: int) -> str:
        """Return the file and line of a text of `learned`."""
        return _place(self.learned, position, "texts" if self.training is None else "training")


def _place(corpus: Corpus, position: int, name: str) -> str:
    return f"{name}[{position}]" if corpus.places is None else corpus.places[position]


def label_name(label: object) -> str:
    """Return a label, or a set of labels, as text.

    Example:
        >>> label_name(1), label_name(("bad", "film"))
        ('1', 'bad, film')
    """
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def shortened(text: str, most: int) -> str:
    """Return a text truncated to a number of characters.

    Example:
        >>> shortened("a long text", 8)
        'a lon...'
    """
    return text if len(text) <= most else text[: most - 3] + "..."
