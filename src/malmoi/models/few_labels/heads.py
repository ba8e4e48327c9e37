"""Logistic regression on a few hundred features, its penalty by cross-validation on the labelled texts."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.foundation.library_changes import one_blas_thread
from malmoi.models.linear.fitting import LinearTargets
from malmoi.models.linear.folds import Fold
from malmoi.models.linear.parts import Floats

__all__ = ["HeldOutScores", "LinearHead", "cross_validated_head", "fitted_head"]

STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0)
"""Values of C that are compared, from the strongest penalty to the weakest."""
DEFAULT_C = 10.0
MOST_ITERATIONS = 500


@dataclass(frozen=True, eq=False)
class LinearHead:
    """Features to scores.

    Args:
        weights: float32 (features, outputs).
        bias: float32 (outputs,).
    """

    weights: Floats
    bias: Floats

    def scores(self, features: Floats) -> Floats:
        """Return scores float32 (samples, outputs)."""
        found: Floats = features @ self.weights + self.bias
        return found


@dataclass(frozen=True)
class HeldOutScores:
    """Scores of labelled texts by models that did not learn from them.

    Args:
        scores: float32 (held out, outputs).
        setting: the settings of the model that were best.
        loss: mean log loss after calibration by a temperature, in nats.
    """

    scores: Floats
    setting: tuple[float, ...]
    loss: float


def fitted_head(features: Floats, targets: LinearTargets, C: float) -> LinearHead:
    """Fit on all of the texts.

    Args:
        features: float32 (samples, features).
        targets: what is learned; two classes, more, or several a text.
        C: how much the losses count beside the L2 penalty, above 0.
    """
    # More threads than one are slower on so few numbers.
    with one_blas_thread():
        return _head(features, targets, C)


def _head(features: Floats, targets: LinearTargets, C: float) -> LinearHead:
    if targets.link == "softmax":
        weights, bias = _fitted(features, targets.classes, targets.weights, C)
        return LinearHead(weights, bias)
    columns = targets.classes.reshape(len(features), -1).T
    pairs = [_fitted(features, column, targets.weights, C) for column in columns]
    return LinearHead(
        np.concatenate([weights for weights, _ in pairs], axis=1), np.concatenate([bias for _, bias in pairs])
    )


def _fitted(features: Floats, classes: npt.NDArray[np.generic], weights: Floats, C: float) -> tuple[Floats, Floats]:
    """Weights (features, outputs) and biases (outputs,): one output of two classes; one of each of more."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    classes = np.asarray(classes).astype(np.int64)
    if (classes == classes[:1]).all():  # a label that all texts have, or none
        side = np.float32(4.0 if classes[:1].any() else -4.0)
        return np.zeros((features.shape[1], 1), np.float32), np.array([side], np.float32)
    model = LogisticRegression(C=C, max_iter=MOST_ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features.astype(np.float64), classes, sample_weight=weights.astype(np.float64))
    # In the order in which files have them: sums in another order end in other bits.
    return model.coef_.T.astype(np.float32, order="C"), model.intercept_.astype(np.float32)


def cross_validated_head(features: dict[float, Floats], targets: LinearTargets, folds: list[Fold]) -> HeldOutScores:
    """Return held-out scores with the best C and the best of several kinds of features.

    Args:
        features: float32 (samples, features) by the power of their projection.
        targets: what is learned.
        folds: of the labelled texts; one or more, each with every class in its training part.
    """
    places = np.concatenate([fold.held_out for fold in folds])
    best: HeldOutScores | None = None
    for power, rows in features.items():
        for C in STRENGTHS:
            with one_blas_thread():
                scores = np.concatenate([_held_out_scores(rows, targets, fold, C) for fold in folds])
            loss = targets.held_out_loss(scores, places)
            if best is None or loss < best.loss:
                best = HeldOutScores(scores, (power, C), loss)
    if best is None:
        raise ValueError("features must be given for one power or more, got none")
    return best


def _held_out_scores(rows: Floats, targets: LinearTargets, fold: Fold, C: float) -> Floats:
    return _head(rows[fold.training], targets.taken(fold.training), C).scores(rows[fold.held_out])
