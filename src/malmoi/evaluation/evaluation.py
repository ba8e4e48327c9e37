"""The result of an evaluation: scores, classes, confusion matrix, calibration and mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.evaluation.score_kinds import SCORE_KINDS
from malmoi.foundation.arrays import Label
from malmoi.foundation.json_values import Json, JsonObject
from malmoi.foundation.names import Deprecated
from malmoi.foundation.validation import shorten
from malmoi.metrics.calibration import Calibration
from malmoi.metrics.classification import ClassScore
from malmoi.metrics.intervals import Floats, Ints, Score
from malmoi.metrics.paired import PairedDifference
from malmoi.metrics.scores import Share

__all__ = ["LARGEST_SHOWN_CONFUSION", "Baseline", "Evaluation", "Mistake", "Numbers", "class_row", "shorten_label"]

SHOWN_LABELS = 5
LARGEST_SHOWN_CONFUSION = 20

EvaluationTask: TypeAlias = Literal["binary", "multiclass", "multilabel", "regression"]


@dataclass(frozen=True)
class Baseline:
    """The majority-class baseline: it predicts the most frequent label of the data, or set of labels, for every text.

    Args:
        label: the most frequent label, or a tuple of labels.
        accuracy: its accuracy.
        difference: the accuracy of the model minus that of the baseline.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
        >>> baseline = mm.evaluate(mm.BagClassifier().fit(texts, labels), (texts, labels)).baseline
        >>> baseline.name, baseline.label, baseline.accuracy.value, baseline.difference.value
        ('majority-class baseline', 'neg', 0.5, 0.5)
        >>> baseline.to_json()["accuracy"]["value"]
        0.5
    """

    label: Label | tuple[Label, ...]
    accuracy: Share
    difference: PairedDifference

    @property
    def name(self) -> str:
        """The name in tables: "majority-class baseline", or for multilabel data "baseline, exact match"."""
        return "baseline, exact match" if isinstance(self.label, tuple) else "majority-class baseline"

    def to_json(self) -> JsonObject:
        """Return label, accuracy and difference as a JSON object."""
        return {
            "label": list(self.label) if isinstance(self.label, tuple) else self.label,
            "accuracy": Score.of_share(self.accuracy).to_json(),
            "difference": self.difference.to_json(),
        }


@dataclass(frozen=True)
class Mistake:
    """A wrong prediction; for regression any prediction.

    Args:
        position: index of the text or series in the data, from 0.
        text: the text; for series its id, or its position.
        label: its true label, or its labels, or the target value.
        prediction: the prediction.
        confidence: probability of the prediction; for multilabel data of the set of labels, assuming that labels are
            independent; `None` for regression.

    Example:
        >>> Mistake(0, "so bad", label="neg", prediction="pos", confidence=0.9).error is None
        True
        >>> Mistake(0, "so bad", label=1.0, prediction=3.5).error
        2.5
    """

    position: int
    text: str
    label: Label | float | tuple[Label, ...]
    prediction: Label | float | tuple[Label, ...]
    confidence: float | None = None

    @property
    def error(self) -> float | None:
        """The prediction minus the target value; `None` for labels."""
        if not isinstance(self.label, float) or not isinstance(self.prediction, float):
            return None
        return self.prediction - self.label


class Numbers(NamedTuple):
    """Targets and predictions of a regression, float64 (samples,) each."""

    targets: Floats
    predicted: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """The scores of a model on labelled data, with the underlying predictions.

    Args:
        task: task of the model: "binary", "multiclass", "multilabel" or "regression".
        samples: number of texts or series.
        scores: scores with 95 % intervals, by name, such as "accuracy", "macro_f1" and "log_loss"; `malmoi evaluate
            --help` explains them.
        correct: bool (samples,), whether each prediction is correct; for multilabel data all labels must match; `None`
            for regression.
        mistakes: wrong predictions, most confident first; for regression all predictions, largest error first.
        classes: precision, recall, F1 and support of every class of the model, then of the unknown labels.
        confusion: int64 (classes, classes), rows are true classes, columns predicted classes, in the order of
            `classes`; `None` for multilabel data and regression.
        calibration: expected calibration error with its bins; `None` for multilabel data and regression.
        baseline: the majority-class baseline; for multilabel data the most frequent set of labels, whose accuracy is
            its exact match; `None` for regression.
        unknown_labels: labels of the data that the model does not have, with their counts; they count as wrong.
        numbers: targets and predictions of a regression.
        input_kind: type of the inputs, "texts" or "series".
        outputs: float32 (samples, units), outputs of the model, which its task decodes; `None` for regression.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["good film", "dull film"] * 10, ["pos", "neg"] * 10
        >>> model = mm.BagClassifier().fit(texts, labels)
        >>> evaluation = mm.evaluate(model, (texts, ["pos", "neg"] * 9 + ["pos", "new"]))
        >>> evaluation
        Evaluation(binary, 20 samples, accuracy 0.95)
        >>> print(evaluation.scores["accuracy"])
        0.950 (95 % interval 0.764 to 0.991)
        >>> evaluation.confusion.tolist()
        [[9, 0, 0], [0, 10, 0], [1, 0, 0]]
        >>> print(evaluation.notes[0])
        1 of 20 texts have labels that the model does not have ('new'); they count as wrong
        >>> mistake = evaluation.mistakes[0]
        >>> mistake.text, mistake.label, mistake.prediction
        ('dull film', 'new', 'neg')
        >>> dict(evaluation.rows())["mistakes"], evaluation.to_json()["samples"]
        ('1', 20)
    """

    task: EvaluationTask
    samples: int
    scores: Mapping[str, Score]
    correct: npt.NDArray[np.bool_] | None = None
    mistakes: tuple[Mistake, ...] = ()
    classes: tuple[ClassScore, ...] = ()
    confusion: Ints | None = None
    calibration: Calibration | None = None
    baseline: Baseline | None = None
    unknown_labels: Mapping[Label, int] = field(default_factory=dict)
    numbers: Numbers | None = None
    input_kind: str = "texts"
    outputs: npt.NDArray[np.float32] | None = None

    right = Deprecated("correct")

    @property
    def notes(self) -> tuple[str, ...]:
        """Limitations of the scores, such as labels that the model does not have; one sentence each."""
        lines = []
        if self.unknown_labels:
            count, labels = sum(self.unknown_labels.values()), list(self.unknown_labels)
            these = f"{count:,} of {self.samples:,} {self.input_kind} have labels"
            lines.append(f"{these} that the model does not have ({_some(labels)}); they count as wrong")
        without = [score.label for score in self.classes if not score.support]
        if without:
            rule = f"the data has no {self.input_kind} of {len(without)} of the model's classes ({_some(without)})"
            lines.append(f"{rule}; their recall is unknown")
        if self.numbers is not None:
            missing = [SCORE_KINDS[name].title for name in ("r2", "spearman") if name not in self.scores]
            if missing:
                verb = "is" if len(missing) == 1 else "are"
                rule = f"{' and '.join(missing)} {verb} not defined"
                lines.append(f"{rule}: targets or predictions are constant, or there are fewer than 4")
        return tuple(lines)

    def rows(self) -> list[tuple[str, object]]:
        """Return the scores and the baseline as pairs of a name and a value for a table."""
        rows: list[tuple[str, object]] = [("task", self.task), ("samples", f"{self.samples:,}")]
        rows += [(SCORE_KINDS[name].title, SCORE_KINDS[name].show(score)) for name, score in self.scores.items()]
        if self.baseline is not None:
            baseline = self.baseline
            rows.append((f"{baseline.name} ({shorten_label(baseline.label)})", f"{baseline.accuracy.value:.1%}"))
            rows.append(("model vs. baseline", baseline.difference))
        if self.correct is not None:
            rows.append(("mistakes", f"{len(self.mistakes):,}"))
        return rows

    def to_json(self) -> JsonObject:
        """Return scores, classes, confusion matrix, calibration and the number of mistakes as a JSON object."""
        bins: list[Json] = [
            {"confidence": one.confidence, "accuracy": one.accuracy.value, "samples": one.accuracy.samples}
            for one in (() if self.calibration is None else self.calibration.bins)
        ]
        return {
            "task": self.task,
            "samples": self.samples,
            "scores": {name: score.to_json() for name, score in self.scores.items()},
            "baseline": None if self.baseline is None else self.baseline.to_json(),
            "classes": [asdict(score) for score in self.classes],
            "confusion": None if self.confusion is None else self.confusion.tolist(),
            "calibration": None if self.calibration is None else bins,
            "unknown_labels": [{"label": label, "count": count} for label, count in self.unknown_labels.items()],
            "mistakes": None if self.correct is None else len(self.mistakes),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        name, score = next(iter(self.scores.items()))
        return f"Evaluation({self.task}, {self.samples:,} samples, {SCORE_KINDS[name].title} {score.value:.4g})"

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.rows())
        lines = [f"{name:{width}}  {value}" for name, value in self.rows()]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        """Return tables for notebooks."""
        parts = [_html_table([], self.rows())]
        if self.classes:
            names = ["class", "precision", "recall", "F1", "support"]
            parts.append(_html_table(names, [class_row(score) for score in self.classes]))
        if self.confusion is not None and len(self.confusion) <= LARGEST_SHOWN_CONFUSION:
            labels = [str(score.label) for score in self.classes]
            rows = [(label, *row) for label, row in zip(labels, self.confusion.tolist(), strict=True)]
            parts.append(_html_table(["true \\ predicted", *labels], rows))
        parts += [f"<p>note: {escape(note)}</p>" for note in self.notes]
        return "".join(parts)


def class_row(score: ClassScore) -> tuple[str, ...]:
    """Return class, precision, recall, F1 and support for display; "-" for undefined values."""
    shares = ("-" if value is None else f"{value:.1%}" for value in (score.precision, score.recall, score.f1))
    return (str(score.label), *shares, f"{score.support:,}")


def shorten_label(label: object) -> str:
    """Return a label, or a set of labels, for display."""
    if isinstance(label, tuple):
        return " and ".join(map(shorten, label)) or "no label"
    return shorten(label)


def _some(labels: Sequence[object]) -> str:
    """Return the first labels, with "..." if there are more."""
    return ", ".join([*map(shorten, labels[:SHOWN_LABELS]), *(["..."] if len(labels) > SHOWN_LABELS else [])])


def _html_table(names: list[str], rows: Iterable[Sequence[object]]) -> str:
    head = "<tr>" + "".join(f"<th>{escape(name)}</th>" for name in names) + "</tr>" if names else ""
    body = ""
    for first, *cells in rows:
        body += f"<tr><th>{escape(str(first))}</th>" + "".join(f"<td>{escape(str(v))}</td>" for v in cells) + "</tr>"
    return f"<table>{head}{body}</table>"
