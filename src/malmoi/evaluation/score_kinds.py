"""The table of scores: titles, formats and meanings."""

from __future__ import annotations

from dataclasses import dataclass

from malmoi.metrics.intervals import Score

__all__ = ["SCORE_KINDS", "ScoreKind"]


@dataclass(frozen=True)
class ScoreKind:
    """Title and format of a score.

    Args:
        title: name for display.
        meaning: definition, in one line.
        percent: whether it is displayed in percent.
    """

    title: str
    meaning: str
    percent: bool = False

    def show(self, score: Score) -> str:
        """Return the score with its interval for display."""
        value, low, high = map(self.show_number, (score.value, score.low, score.high))
        return f"{value} (95 % interval {low} to {high})"

    def show_number(self, value: float) -> str:
        """Return one value of the score for display."""
        if self.percent:
            return f"{value:.1%}"
        return f"{value:.3f}" if abs(value) < 100 else f"{value:,.1f}"


SCORE_KINDS: dict[str, ScoreKind] = {
    "accuracy": ScoreKind("accuracy", "share of texts with the correct label predicted", True),
    "balanced_accuracy": ScoreKind("balanced accuracy", "mean recall of the classes", True),
    "exact_match": ScoreKind("exact match", "share of texts with all labels correct (subset accuracy)", True),
    "micro_f1": ScoreKind("micro F1", "F1 over all pairs of a text and a label", True),
    "macro_f1": ScoreKind("macro F1", "mean F1 of the classes", True),
    "hamming_loss": ScoreKind("Hamming loss", "share of wrong pairs of a text and a label"),
    "log_loss": ScoreKind("log loss", "mean negative logarithm of the probability of the true label"),
    "expected_calibration_error": ScoreKind(
        "calibration error", "expected calibration error (ECE): mean difference between confidence and accuracy"
    ),
    "kept_share": ScoreKind("coverage", "share of texts that are not rejected", True),
    "kept_accuracy": ScoreKind("selective accuracy", "accuracy on the texts that are not rejected", True),
    "mean_absolute_error": ScoreKind("mean absolute error", "mean absolute difference between prediction and target"),
    "root_mean_squared_error": ScoreKind("root mean squared error", "root of the mean squared difference"),
    "r2": ScoreKind("R2", "share of the variance explained; 0 for the mean of the targets"),
    "spearman": ScoreKind("Spearman correlation", "rank correlation of predictions and targets"),
}
"""Every score by its name in `Evaluation.scores` and in JSON."""
