"""The structure of a check, its requirements, and its input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels, CodedLabels
from malmoi.data.corpus import Corpus
from malmoi.data.near_duplicates import SimilarTexts, similar_texts
from malmoi.data.readers import ReadReport
from malmoi.evaluation.class_evidence import ClassEvidence
from malmoi.evaluation.findings import Example, Finding, FindingKind, Language, Severity
from malmoi.evaluation.label_matching import labels_of_kind
from malmoi.evaluation.suspected import SuspectedLabels, suspected_labels
from malmoi.evaluation.text_facts import Damage, TextFacts
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import shorten
from malmoi.metrics.scores import Share
from malmoi.models.base import FittedModel
from malmoi.models.facts import TokenShares
from malmoi.models.linear.out_of_sample import LEAST_TEXTS_OF_CLASS
from malmoi.models.task import Classification

__all__ = ["NEEDS", "SHOWN_EXAMPLES", "Check", "Measured", "Need", "Subject", "severity"]

SHOWN_EXAMPLES = 3
TEXTS_OF_SHARES = 500
"""Number of texts for token shares: 500 reviews (120,000 tokens) give them to 0.1 %, and a bag takes 0.2 seconds."""


class Need(StrEnum):
    """A requirement of a check."""

    labels = "labels"
    single_labels = "single labels"
    judgeable_labels = "judgeable labels"
    validation = "validation"
    model = "model"
    measured = "measured"
    groups = "groups"


NEEDS: dict[Need, dict[Language, str]] = {
    Need.labels: {"en": "labels", "ko": "라벨"},
    Need.single_labels: {
        "en": "one label per text, with two classes or more",
        "ko": "텍스트마다 라벨 1개(클래스 2개 이상)",
    },
    Need.judgeable_labels: {
        "en": "one label per text, with two classes or more of 10 texts or more",
        "ko": "텍스트마다 라벨 1개(텍스트가 10개 이상인 클래스 2개 이상)",
    },
    Need.validation: {"en": "a second data set (--against)", "ko": "두 번째 데이터(--against)"},
    Need.model: {"en": "a text model (--against)", "ko": "텍스트 모델(--against)"},
    Need.measured: {"en": "a classifier and labelled texts for evaluation", "ko": "분류기와 라벨이 있는 평가 텍스트"},
    Need.groups: {
        "en": "a group column (--group-column) in both data sets",
        "ko": "두 데이터 모두에 그룹 열(--group-column)",
    },
}
"""Descriptions of the requirements."""


@dataclass(frozen=True)
class Check:
    """A check of data or a model.

    Args:
        kinds: types of its findings; the check has the code of the first.
        run: yields findings.
        what: what it checks, for the table in docs/checks.md.
        threshold: thresholds of notes and warnings.
        why: why it matters.
        source: source of the method.
        needs: requirements.
        thorough: whether it is slow, so that training and evaluation skip it.
    """

    kinds: tuple[FindingKind, ...]
    run: Callable[[Subject], Iterator[Finding]]
    what: str
    threshold: str
    why: str
    source: str
    needs: frozenset[Need] = frozenset()
    thorough: bool = False

    @property
    def code(self) -> str:
        """Its code."""
        return self.kinds[0].code


@dataclass(frozen=True, eq=False)
class Measured:
    """Predictions of a classifier for labelled texts.

    Args:
        corpus: the texts.
        labels: their labels.
        task: task of the classifier.
        outputs: float32 (samples, units), which the task decodes.
        correct: bool (samples,), whether each prediction is correct; for multilabel data all labels must match.
    """

    corpus: Corpus
    labels: AnyLabels
    task: Classification
    outputs: npt.NDArray[np.float32]
    correct: npt.NDArray[np.bool_]

    @property
    def accuracy(self) -> Share:
        """Accuracy, or exact match, with its interval."""
        return Share(int(self.correct.sum()), len(self.correct))

    @cached_property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """float32 (samples, classes)."""
        return self.task.probabilities(self.outputs)

    @cached_property
    def predicted(self) -> npt.NDArray[np.intp]:
        """(samples,), index of the most probable class."""
        return np.asarray(self.probabilities.argmax(axis=1))


@dataclass(frozen=True, eq=False)
class Subject:
    """The input of checks. Values that several checks need are computed once, on first access.

    Args:
        data: the checked texts; with a second data set the training set.
        validation: validation set; `None` without one.
        model: a fitted text model; `None` without one.
        measure: whether the model is evaluated.
        reading: report of reading the files; `None` if the texts are not from files.
        outputs: outputs of the model for the evaluated texts, if they are known already.
        seed: random seed.
        progress: progress callback, called with the step's name, the number done and the total.
    """

    data: Corpus
    validation: Corpus | None = None
    model: FittedModel | None = None
    measure: bool = True
    reading: ReadReport | None = None
    outputs: npt.NDArray[np.float32] | None = None
    seed: int = 0
    progress: Progress = silent

    def has(self, need: Need) -> bool:
        """Return whether a requirement is met."""
        return {
            Need.labels: lambda: self.data.coded is not None and len(self.data) > 0,
            Need.single_labels: lambda: isinstance(self.data.coded, CodedLabels) and len(self.data.classes) > 1,
            Need.judgeable_labels: lambda: self._has_judgeable_labels,
            Need.validation: lambda: self.validation is not None and len(self.validation) > 0,
            Need.model: lambda: self.model is not None,
            Need.measured: lambda: self.measured is not None,
            Need.groups: lambda: self._both_have_groups,
        }[need]()

    @property
    def _has_judgeable_labels(self) -> bool:
        labels = self.data.coded
        return isinstance(labels, CodedLabels) and int((labels.counts >= LEAST_TEXTS_OF_CLASS).sum()) > 1

    @property
    def _both_have_groups(self) -> bool:
        return self.data.groups is not None and self.validation is not None and self.validation.groups is not None

    @property
    def measured_corpus(self) -> Corpus:
        """The texts for evaluation: the validation set, or the data without one."""
        return self.data if self.validation is None else self.validation

    @cached_property
    def measured(self) -> Measured | None:
        """Predictions for the validation set, or for the data without one; `None` without model or labels."""
        corpus = self.measured_corpus
        if self.model is None or not self.measure or corpus.coded is None or not len(corpus):
            return None
        task = self.model.task
        if not isinstance(task, Classification):
            return None  # `check` raises an error for such a model
        labels = labels_of_kind(task.classes, corpus.coded)
        outputs = self.model.outputs(corpus.texts) if self.outputs is None else self.outputs
        return Measured(corpus, labels, task, outputs, task.hits(outputs, labels))

    @cached_property
    def blank(self) -> npt.NDArray[np.bool_]:
        """bool (samples,): whether each text of the data is empty or white space."""
        return np.asarray(self.facts.characters == 0)

    @cached_property
    def similar(self) -> SimilarTexts:
        """Equal and nearly equal texts of the data, followed by the validation set."""
        more = [] if self.validation is None else self.validation.texts
        return similar_texts(self.data.texts + more, first=len(self.data))

    @cached_property
    def new_token_shares(self) -> TokenShares | None:
        """Shares of truncated and unknown tokens in at most 500 evaluated texts; `None` if they are unknown."""
        corpus = self.measured_corpus
        if self.model is None or not self.measure or not len(corpus):
            return None
        return self.model.token_shares(corpus.texts[:: -(-len(corpus) // TEXTS_OF_SHARES)])

    @cached_property
    def suspected(self) -> SuspectedLabels | None:
        """Labels of the data that are suspected to be wrong; `None` if labels cannot be assessed."""
        labels = self.data.coded
        if not isinstance(labels, CodedLabels) or not self.has(Need.judgeable_labels):
            return None
        return suspected_labels(self.data.texts, labels, seed=self.seed, progress=self.progress)

    @cached_property
    def facts(self) -> TextFacts:
        """Numbers of characters and letters, and scripts of the texts."""
        return TextFacts.of(self.data.texts)

    @cached_property
    def damage(self) -> Damage:
        """Texts that were decoded with the wrong encoding."""
        return Damage.of(self.data.texts)

    @cached_property
    def evidence(self) -> ClassEvidence:
        """Words and marks in the texts, counted by class; requires labels."""
        return ClassEvidence.of(self.data)

    def example(self, position: int, *, validation: bool = False, **values: object) -> Example:
        """Return the text at an index of the data, or of the validation set, with its position, as an example."""
        corpus = self.validation if validation and self.validation is not None else self.data
        side = "validation" if validation else "texts"
        place = f"{side}[{position}]" if corpus.places is None else corpus.places[position]
        return Example(shorten(corpus.texts[position]), place, values)

    def measured_example(self, position: int, **values: object) -> Example:
        """Return the text at an index of `measured_corpus` as an example."""
        return self.example(position, validation=self.validation is not None, **values)

    def most_similar(self, numbers: npt.NDArray[np.integer]) -> tuple[Example, ...]:
        """Return the most similar of some pairs of `similar` as examples."""
        order = np.argsort(-self.similar.similarities[numbers], kind="stable")
        return tuple(self._pair(int(number)) for number in numbers[order][:SHOWN_EXAMPLES])

    def _pair(self, number: int) -> Example:
        """Return a pair of `similar` as an example: the later text, with the position of the earlier one."""
        similar, samples = self.similar, len(self.data)
        position, earlier = int(similar.texts[number]), int(similar.earlier[number])
        is_validation = position >= samples
        other = self.example(earlier - samples, validation=True) if earlier >= samples else self.example(earlier)
        values = {"similarity": round(float(similar.similarities[number]), 3), "other": other.place}
        return self.example(position - samples if is_validation else position, validation=is_validation, **values)

    def examples(
        self, positions: Sequence[int] | npt.NDArray[np.integer], *, validation: bool = False
    ) -> tuple[Example, ...]:
        """Return the first few texts as examples."""
        return tuple(self.example(int(one), validation=validation) for one in positions[:SHOWN_EXAMPLES])


def severity(*, warning: bool) -> Severity:
    """Return the severity: warning or note."""
    return Severity.warning if warning else Severity.note
