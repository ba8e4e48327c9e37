"""The result of a run: the model, its scores, and the findings of the checks."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from malmoi.evaluation.evaluation import shorten_label
from malmoi.evaluation.findings import Finding
from malmoi.evaluation.score_kinds import SCORE_KINDS
from malmoi.experiments.recipe import Recipe
from malmoi.foundation.names import Deprecated
from malmoi.metrics.intervals import Score
from malmoi.metrics.scores import Share
from malmoi.models.base import FittedModel, ModelEstimator

__all__ = ["RunResult"]


@dataclass(frozen=True)
class RunResult:
    """The result of `run`: the trained model, its scores, and the findings of the checks.

    Args:
        recipe: the recipe.
        model: the trained estimator, which predicts.
        training_samples: number of labelled training samples.
        validation_samples: number of validation samples.
        unlabelled_samples: number of unlabelled training texts.
        training_score: accuracy on the training samples; for regression their mean absolute error; for multilabel data
            exact match, the share of texts with exactly the true labels (subset accuracy).
        validation_score: the same score on the validation set, with its interval; `None` if there is none.
        baseline: the majority class and its share of the validation set (without one, of the training set); for
            multilabel data the most frequent set of labels, a tuple; for regression "median" and the mean absolute
            error of always predicting it.
        findings: findings of the checks.
        seconds: time of training and checks.
        refitted: whether the model was refitted on all labelled samples after validation.
        validation_model: the model that was validated, fitted on the training samples only.
        micro_f1: micro F1 on the validation set, for multilabel data; `None` otherwise.
        removed_samples: number of unlabelled texts that were left out, because they are empty or equal to a validation
            text.

    Example:
        >>> import malmoi as mm
        >>> texts = [f"{word} film {n}" for n in range(20) for word in ("good", "bad")]
        >>> corpus = mm.Corpus(texts, ["pos", "neg"] * 20)
        >>> result = mm.run(mm.Recipe("bag"), corpus)
        >>> result.score_name, result.validation_score.value, result.baseline[0]
        ('accuracy', 1.0, 'neg')
        >>> result.model.predict(["good"]).tolist(), result.refitted
        (['pos'], True)
        >>> dict(result.rows())["validation samples"]
        '8'
        >>> [finding.code for finding in result.findings]
        ['majority-class', 'small-validation']
    """

    recipe: Recipe
    model: ModelEstimator[FittedModel]
    training_samples: int
    validation_samples: int
    unlabelled_samples: int
    training_score: float | None
    validation_score: Share | float | None
    baseline: tuple[object, Share | float]
    findings: tuple[Finding, ...]
    seconds: float
    refitted: bool = False
    validation_model: FittedModel | None = None
    micro_f1: Score | None = None
    removed_samples: int = 0

    measured = Deprecated("validation_model")

    @property
    def score_name(self) -> str:
        """The name of the scores: "accuracy", "exact match" or "mean absolute error"."""
        label, share = self.baseline
        if not isinstance(share, Share):
            return "mean absolute error"
        return "exact match" if isinstance(label, tuple) else "accuracy"

    def rows(self) -> list[tuple[str, object]]:
        """Return recipe, numbers of samples, scores, baseline and seconds as pairs for a table."""
        label, baseline = self.baseline
        several = isinstance(label, tuple)
        name = f" {self.score_name}" if several else ""
        scores: list[tuple[str, object]] = []
        if self.validation_score is not None:
            scores.append((f"validation{name}", self.validation_score))
        if self.training_score is not None:
            scores.insert(0, (f"training{name}", f"{self.training_score:.4g}"))
        if self.micro_f1 is not None:
            scores.append(("validation micro F1", SCORE_KINDS["micro_f1"].show(self.micro_f1)))
        return [
            ("recipe", self.recipe.name),
            ("training samples", f"{self.training_samples:,}"),
            ("validation samples", f"{self.validation_samples:,}"),
            *([("unlabelled texts", f"{self.unlabelled_samples:,}")] if self.unlabelled_samples else []),
            *scores,
            (f"baseline ({shorten_label(label) if several else label})", baseline),
            *([("refitted", "on all labelled samples after validation")] if self.refitted else []),
            ("seconds", f"{self.seconds:.1f}"),
        ]

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.rows())
        lines = [f"{name:{width}}  {value}" for name, value in self.rows()]
        return "\n".join([*lines, *map(str, self.findings)])

    def _repr_html_(self) -> str:
        """Return a table for notebooks."""
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in self.rows())
        findings = "".join(f"<li>{escape(str(finding))}</li>" for finding in self.findings)
        return f"<table>{rows}</table><ul>{findings}</ul>"
