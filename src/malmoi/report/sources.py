"""What the sections of a report are gathered from: everything that is worked out once."""

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
    """A model, the data it is measured on, and what was found.

    Args:
        model: a classifier of texts.
        task: what it predicts.
        measured: labelled texts that it is measured on.
        training: labelled texts that it learned from; `None` where they are not known.
        evaluation: its scores on the measured texts.
        findings: of all checks.
        subject: what was checked: the training data where there is one, and the measured data.
        comparison: of recipes; `None` where only one model is reported.
        columns: of the measured data, to slice by.
        seed: random seed of draws and resamples.
        progress: progress callback.
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
        """Measure a model, and make all checks; the texts are predicted once.

        Args:
            reading: of the files; rows that were skipped are a finding.

        Raises:
            DataError: no label is among those of the model.
        """
        evaluation = evaluate(model, measured, seed=seed, progress=progress)
        learned, held_out = (measured, None) if training is None else (training, measured)
        found = check(
            learned, held_out, model=model, reading=reading, outputs=evaluation.outputs, seed=seed, progress=progress
        )
        made = (evaluation, found.findings, found.subject)
        return cls(model, task, measured, training, *made, comparison, columns, seed, progress)

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Bool (samples,): whether each prediction for a measured text is right."""
        right = self.evaluation.right
        return np.zeros(0, dtype=np.bool_) if right is None else right

    @property
    def learned(self) -> Corpus:
        """The training data where it is known, else the measured data."""
        return self.measured if self.training is None else self.training

    @property
    def has_label_sets(self) -> bool:
        """Whether a text may have several labels."""
        return isinstance(self.task, Multilabel)

    @cached_property
    def measured_facts(self) -> TextFacts:
        """Characters, letters and scripts of the measured texts."""
        return self.subject.facts if self.training is None else TextFacts.of(self.measured.texts)

    def measured_place(self, position: int) -> str:
        """Return where a measured text stands."""
        return _place(self.measured, position, "texts")

    def learned_place(self, position: int) -> str:
        """Return where a text of `learned` stands."""
        return _place(self.learned, position, "texts" if self.training is None else "training")


def _place(corpus: Corpus, position: int, name: str) -> str:
    return f"{name}[{position}]" if corpus.places is None else corpus.places[position]


def label_name(label: object) -> str:
    """Return a label as text, or the labels of a set.

    Example:
        >>> label_name(1), label_name(("bad", "film"))
        ('1', 'bad, film')
    """
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def shortened(text: str, most: int) -> str:
    """Return a text of a number of characters at most.

    Example:
        >>> shortened("a long text", 8)
        'a lon...'
    """
    return text if len(text) <= most else text[: most - 3] + "..."
