"""What a report and a model card are made of: facts, without sentences and without layout."""

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
    """Why a section of the report has nothing to show.

    Args:
        reason: a code that the page has a sentence for, such as "needs-training" (texts of `--training` were not
            given), "no-epochs", "several-labels", "too-few", "not-two-classes", "no-comparison", "no-words",
            "not-trained" (the recipe of the label curve; `values["error"]` says why).
        values: figures and names by name, for the sentence.
    """

    reason: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelFacts:
    """The model that is reported.

    Args:
        name: file name, or the name of the recipe.
        recipe: the name of the recipe or of the kind of model, such as "BagClassifier".
        task: "binary", "multiclass" or "multilabel".
        classes: labels, as text.
        rows: names and values for people, as `FittedModel.summary` gives them.
        settings: parameters that differ from their defaults, by name, as text.
        training_samples: labelled texts that it learned from; `None` where that is not known.
        size_bytes: of its file; `None` where it has none.
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
    """One data set.

    Args:
        role: "training" or "measured".
        name: of its files, as they were named.
        texts: how many there are.
        class_counts: texts by label (as text), the most frequent first; of several labels a text, texts of each label.
        characters: median and 95th percentile of the characters of a text.
        scripts: texts by script (the English name of `text_facts.SCRIPTS`), the most frequent first.
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
    """What more labels would buy, by the fitted curve.

    Args:
        labels: labels that there are.
        more: labels that are added.
        value: rise of the accuracy, with its 95 % interval in `low` and `high`.
    """

    labels: int
    more: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class LabelCurve:
    """A label learning curve with the power law that was fitted to it.

    Args:
        recipe: what was trained, in a few words.
        points: by labels, ascending.
        fitted: (labels, accuracy, low, high) along the fitted curve and beyond the last point, at different whole
            numbers of labels; empty where there are not three different numbers of 20 labels or more to fit it to.
        gains: for 200 more labels, and for twice as many as there are, where these differ; empty where no curve could
            be fitted.
        source: what the points are: "comparison" (those of the comparison's best recipe); or those of a bag with C=16
            that is trained on parts of the training data ("training") or of the measured data ("measured"): this is
            another experiment than a recipe of the same name in the comparison, with other accuracies.
    """

    recipe: str
    points: tuple[LearningPoint, ...]
    fitted: tuple[tuple[float, float, float, float], ...]
    gains: tuple[Gain, ...]
    source: str


class SliceKind:
    """Names of the built-in ways to slice; others are columns of the data."""

    LENGTH = "length"
    SCRIPT = "script"
    OOV = "oov"


@dataclass(frozen=True)
class Slice:
    """Texts that have something in common.

    Args:
        name: of a script or a value of a column, "—" for texts without a value; "" where `bounds` say it.
        bounds: least and most characters or OOV share of the texts; `None` where `name` says it.
        accuracy: of the model on them; the interval is Wilson's.
        difference: their accuracy is clearly below (-1) or above (1) that of all other texts, or neither (0): the
            interval of the difference (Newcombe, independent samples; 95 % with Bonferroni's correction for all
            slices of the report) excludes 0, and there are 20 other texts or more.
    """

    name: str
    bounds: tuple[float, float] | None
    accuracy: Share
    difference: int = 0


@dataclass(frozen=True)
class SlicedColumn:
    """Accuracy by slices of one kind.

    Args:
        kind: one of `SliceKind`, or the name of a column; of a column that is named like one of these, in quotes.
        slices: in order of their bounds, or the largest first.
        left_out: texts in slices that are too small to be shown: of fewer than 20 texts, or not among the 50 largest.
    """

    kind: str
    slices: tuple[Slice, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Threshold:
    """Scores of the positive class where it is predicted from a probability on.

    Args:
        threshold: the probability.
        precision: share of the predictions that are right; `None` where nothing is predicted.
        recall: share of the texts of the class that are found.
        f1: their harmonic mean.
        accuracy: share of right predictions.
    """

    threshold: float
    precision: float | None
    recall: float
    f1: float
    accuracy: float


@dataclass(frozen=True)
class MapWord:
    """A word of the map.

    Args:
        word: the word.
        x: place from left to right, 0 to 1.
        y: place from top to bottom, 0 to 1.
        label: the class that it is evidence for, as text; "" for none.
        count: texts that hold it.
    """

    word: str
    x: float
    y: float
    label: str
    count: int


@dataclass(frozen=True)
class WordPlane:
    """Words in the plane: those that are near each other are used alike.

    Args:
        words: what is drawn.
        source: where their vectors are from: "embedding" (of the model), or "texts" (a singular value decomposition of
            words by texts).
    """

    words: tuple[MapWord, ...]
    source: str


@dataclass(frozen=True)
class Reproduction:
    """How to make the same report once more.

    Args:
        command: the command line, one line for a shell; or the Python call.
        versions: of malmoi, Python and the libraries that the model depends on, by name.
        seeds: by what they decide: "report", and "model" where it has one.
        checksums: SHA-256, hexadecimal, by the name of a file, or of texts and labels by "training" and "measured".
        created: date in UTC, ISO 8601, such as "2026-11-27".
        threads: cores of the machine.
    """

    command: str
    versions: Mapping[str, str]
    seeds: Mapping[str, int]
    checksums: Mapping[str, str]
    created: str
    threads: int


@dataclass(frozen=True, eq=False)
class ReportFacts:
    """All that a report shows, section by section, in the order of the page.

    Args:
        title: the name of the data.
        model: the model that is reported.
        evaluation: its scores on the measured data, with the majority-class baseline.
        bag: its accuracy less that of a default bag that learned from the same training texts; `None`: `bag_reason`
            says why there is none.
        data: the training data where it is known, and the measured data.
        findings: of all checks.
        comparison: of recipes; `Unavailable` where only one model was reported.
        label_curve: accuracy by number of labels.
        histories: epochs by the name of the recipe.
        slices: accuracy by slices.
        thresholds: for two classes; of the class `positive`.
        positive: the second class, as text; "" where there are not two.
        mistakes: the most confident ones.
        duplicates: across the split, or within the measured data.
        suspects: suspected labels.
        word_map: the map of words.
        reproduction: how to make it once more.
        bag_reason: why there is no `bag`: "is-bag" (the model is a bag itself), "needs-training" (there are no training
            texts), or "failed" (the training texts have fewer than two classes); "" where there is one.
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
