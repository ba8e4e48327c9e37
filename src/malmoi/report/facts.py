"""The facts of a report and a model card, without sentences and layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from malmoi.evaluation.evaluation import Evaluation
from malmoi.evaluation.findings import Finding
from malmoi.evaluation.learning_point import LearningPoint
from malmoi.experiments.comparison import Comparison
from malmoi.metrics.paired import PairedDifference
from malmoi.metrics.scores import Share
from malmoi.models.history import History
from malmoi.report.shown_texts import DuplicatePair, Duplicates, Mistakes, ShownMistake, SuspectedLabel, Suspects

__all__ = [
    "CorpusFacts",
    "DuplicatePair",
    "Duplicates",
    "Gain",
    "LabelCurve",
    "MapWord",
    "Mistakes",
    "ModelFacts",
    "ReportFacts",
    "Reproduction",
    "ShownMistake",
    "Slice",
    "SliceKind",
    "SlicedColumn",
    "SuspectedLabel",
    "Suspects",
    "Threshold",
    "Unavailable",
    "WordPlane",
]


@dataclass(frozen=True)
class Unavailable:
    """Why a section of the report is empty.

    Args:
        reason: code of a sentence of the page, such as "needs-training" (`--training` was not given), "no-epochs",
            "several-labels", "too-few", "not-two-classes", "no-comparison", "no-words", "not-trained" (training of the
            label curve failed with `values["error"]`).
        values: values of the sentence by name.
    """

    reason: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelFacts:
    """Facts of the model.

    Args:
        name: file name, or name of the recipe.
        recipe: name of the recipe or of the model type, such as "BagClassifier".
        task: "binary", "multiclass" or "multilabel".
        classes: labels as text.
        rows: names and values from `FittedModel.summary`.
        settings: parameters with non-default values, by name, as text.
        training_samples: number of labelled training texts; `None` if unknown.
        size_bytes: size of the model file; `None` if there is no file.
    """

    name: str
    recipe: str
    task: str
    classes: tuple[str, ...]
    rows: tuple[tuple[str, str], ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    training_samples: int | None = None
    size_bytes: int | None = None


@dataclass(frozen=True)
class CorpusFacts:
    """Facts of a data set.

    Args:
        role: "training" or "measured" (test data).
        name: name of the files.
        texts: number of texts.
        class_counts: number of texts by label (as text), the most frequent first.
        characters: median and 95th percentile of characters per text.
        scripts: number of texts by script (the English name of `text_facts.SCRIPTS`), the most frequent first.
        checksum: SHA-256 of texts and labels.
    """

    role: str
    name: str
    texts: int
    class_counts: Mapping[str, int]
    characters: tuple[int, int]
    scripts: Mapping[str, int]
    checksum: str


@dataclass(frozen=True)
class Gain:
    """Expected gain from more labels, by the fitted curve.

    Args:
        labels: current number of labels.
        more: number of additional labels.
        value: gain in accuracy; `low` and `high` are its 95 % interval.
    """

    labels: int
    more: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class LabelCurve:
    """A learning curve by number of labels, with a fitted power law.

    Args:
        recipe: short description of the trained recipe.
        points: points in ascending order of labels.
        fitted: (labels, accuracy, low, high) along the fitted curve, extrapolated beyond the last point, at distinct
            whole numbers of labels; empty with fewer than three distinct sizes of 20 labels or more.
        gains: gains for 200 more labels, and for twice the current number, if these differ; empty if no curve could be
            fitted.
        source: "comparison" (points of the comparison's best recipe), or "training" or "measured" (points of a bag with
            C=16 trained on subsets of the training or the test data; a separate experiment, whose accuracies differ
            from a recipe of the same name in the comparison).
    """

    recipe: str
    points: tuple[LearningPoint, ...]
    fitted: tuple[tuple[float, float, float, float], ...]
    gains: tuple[Gain, ...]
    source: str


class SliceKind:
    """Names of the built-in types of slices; others are columns of the data."""

    LENGTH = "length"
    SCRIPT = "script"
    OOV = "oov"


@dataclass(frozen=True)
class Slice:
    """Accuracy of a subset of the texts.

    Args:
        name: name of a script or value of a column, "—" for missing values; "" if `bounds` are given.
        bounds: minimum and maximum of the number of characters, the OOV rate or a numeric column; `None` if `name` is
            given.
        accuracy: accuracy of the model on the slice, with Wilson's interval.
        difference: -1 if the accuracy is significantly below that of all other texts, 1 if above, else 0. It is
            significant if the interval of the difference (Newcombe, independent samples; 95 % with Bonferroni's
            correction for all slices of the report) excludes 0, and there are 20 other texts or more.
    """

    name: str
    bounds: tuple[float, float] | None
    accuracy: Share
    difference: int = 0


@dataclass(frozen=True)
class SlicedColumn:
    """Accuracy by slices of one type.

    Args:
        kind: one of `SliceKind`, or a column name (in quotes if it equals one of `SliceKind`).
        slices: slices in order of their bounds, or the largest first.
        left_out: number of texts in slices that are not shown: fewer than 20 texts, or not among the 50 largest.
    """

    kind: str
    slices: tuple[Slice, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Threshold:
    """Scores of the positive class at a decision threshold.

    Args:
        threshold: the threshold on the probability.
        precision: precision; `None` if the class is never predicted.
        recall: recall.
        f1: harmonic mean of precision and recall.
        accuracy: accuracy.
    """

    threshold: float
    precision: float | None
    recall: float
    f1: float
    accuracy: float


@dataclass(frozen=True)
class MapWord:
    """A word of the word map.

    Args:
        word: the word.
        x: position from left to right, 0 to 1.
        y: position from top to bottom, 0 to 1.
        label: class that the word supports, as text; "" for none.
        count: number of texts with the word.
    """

    word: str
    x: float
    y: float
    label: str
    count: int


@dataclass(frozen=True)
class WordPlane:
    """Words in two dimensions; words with similar use are near each other.

    Args:
        words: the words.
        source: source of the word vectors: "embedding" (of the model), or "texts" (a singular value decomposition of
            the word–text matrix).
    """

    words: tuple[MapWord, ...]
    source: str


@dataclass(frozen=True)
class Reproduction:
    """Facts to reproduce the report.

    Args:
        command: command line for a shell, or Python call.
        versions: versions of malmoi, Python and the libraries of the model, by name.
        seeds: random seeds: "report", and "model" if it has one.
        checksums: SHA-256 in hexadecimal, by file name, or by "training" and "measured" for texts and labels.
        created: date in UTC, ISO 8601, such as "2026-11-27".
        threads: number of CPU cores.
    """

    command: str
    versions: Mapping[str, str]
    seeds: Mapping[str, int]
    checksums: Mapping[str, str]
    created: str
    threads: int


@dataclass(frozen=True, eq=False)
class ReportFacts:
    """All facts of a report, in the order of the page.

    Args:
        title: name of the data.
        model: the model.
        evaluation: scores on the test data, with the majority-class baseline.
        bag: accuracy of the model minus that of a default bag trained on the same texts; `None` for the reason in
            `bag_reason`.
        data: the training data, if given, and the test data.
        findings: findings of all checks.
        comparison: comparison of recipes; `Unavailable` for a report on one model.
        label_curve: accuracy by number of labels.
        histories: training histories by recipe name.
        slices: accuracy by slices.
        thresholds: scores of the class `positive` by threshold, for binary models.
        positive: the second class as text; "" for models that are not binary.
        mistakes: the most confident mistakes.
        duplicates: duplicates between training and test data, or within the test data.
        suspects: suspected labels.
        word_map: the word map.
        reproduction: facts to reproduce the report.
        bag_reason: why `bag` is `None`: "is-bag" (the model is a bag), "needs-training" (no training data), or "failed"
            (the training data has fewer than two classes); "" otherwise.
    """

    title: str
    model: ModelFacts
    evaluation: Evaluation
    bag: PairedDifference | None
    data: tuple[CorpusFacts, ...]
    findings: tuple[Finding, ...]
    comparison: Comparison | Unavailable
    label_curve: LabelCurve | Unavailable
    histories: Mapping[str, History] | Unavailable
    slices: tuple[SlicedColumn, ...] | Unavailable
    thresholds: tuple[Threshold, ...] | Unavailable
    positive: str
    mistakes: Mistakes | Unavailable
    duplicates: Duplicates | Unavailable
    suspects: Suspects | Unavailable
    word_map: WordPlane | Unavailable
    reproduction: Reproduction
    bag_reason: str = ""
