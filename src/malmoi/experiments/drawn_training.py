"""Training on a random subset of the labelled texts, and evaluation on the test set."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from malmoi.data.corpus import Corpus
from malmoi.experiments.curve_data import DrawPlan, HeldOut
from malmoi.experiments.named_recipes import ready_estimator
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.run import fit_training
from malmoi.experiments.splitting import Parts
from malmoi.foundation.progress import Progress, silent
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.persistence import size_bytes

__all__ = ["DrawnTraining", "DrawnTrainings", "Trained", "TrainedAgain"]


@dataclass(frozen=True)
class DrawnTraining:
    """The identity of a training.

    Args:
        recipe: name of the recipe.
        labels: number of labelled training texts.
        draw: number of the random subset, from 0.
    """

    recipe: str
    labels: int
    draw: int


@dataclass(frozen=True, eq=False)
class Trained:
    """The result of a training.

    Args:
        hits: bool (held_out,), mask of correct predictions.
        seconds: training time.
        prediction_seconds: prediction time.
        size_bytes: size of the model file without examples; `None` if not requested, or the model cannot be saved.
        history: training history as JSON; `None` for models without epochs.
    """

    hits: npt.NDArray[np.bool_]
    seconds: float
    prediction_seconds: float
    size_bytes: int | None = None
    history: str | None = None


@dataclass(frozen=True, eq=False)
class TrainedAgain:
    """A model of a comparison, trained again.

    Args:
        model: the estimator.
        training: its labelled training texts.
        held_out: the test set of the comparison.
        seed: its random seed; `None` if it has none.

    Example:
        >>> import malmoi as mm
        >>> texts = [f"{word} film {n}" for n in range(20) for word in ("good", "bad")]
        >>> corpus = mm.Corpus(texts, ["pos", "neg"] * 20)
        >>> comparison = mm.compare(["bag"], corpus, [8], seeds=3)
        >>> again = comparison.train("bag", 8)
        >>> len(again.training), len(again.held_out), mm.evaluate(again.model, again.held_out).scores["accuracy"].value
        (8, 8, 1.0)
    """

    model: ModelEstimator[FittedModel]
    training: Corpus
    held_out: Corpus
    seed: int | None


@dataclass(eq=False)
class DrawnTrainings:
    """Recipes with their training subsets and the test set.

    The number of the subset is added to a recipe's random seed. The rest of the data and the unlabelled texts are
    passed to recipes that use unlabelled texts.

    Args:
        recipes: recipes by name.
        parts: training data and test set.
        plan: the random subsets.
        unlabelled: additional unlabelled texts.
    """

    recipes: Mapping[str, Recipe]
    parts: HeldOut
    plan: DrawPlan
    unlabelled: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._estimators: dict[str, ModelEstimator[FittedModel]] = {}
        self._last: tuple[tuple[int, int], Parts] | None = None

    def __getstate__(self) -> dict[str, object]:
        """Return the state for another process: texts without file positions, and no estimators."""
        parts = HeldOut(_bare(self.parts.training), _bare(self.parts.held_out))
        return {**vars(self), "parts": parts, "_estimators": {}, "_last": None}

    def training(self, labels: int, draw: int) -> Parts:
        """Return the labelled texts of a draw, and its unlabelled texts."""
        if self._last is None or self._last[0] != (labels, draw):
            order, corpus = self.plan.orders[draw], self.parts.training
            unlabelled = [corpus.texts[place] for place in order[labels:].tolist()] + self.unlabelled
            self._last = (labels, draw), Parts(corpus.take(order[:labels]), None, unlabelled)
        return self._last[1]

    def estimator(self, training: DrawnTraining) -> ModelEstimator[FittedModel]:
        """Return the estimator of a recipe with the random seed of a draw."""
        if training.recipe not in self._estimators:
            self._estimators[training.recipe] = ready_estimator(self.recipes[training.recipe])
        estimator = self._estimators[training.recipe]
        seed = self.seed(training)
        if seed is not None:
            estimator.set_params(seed=seed)
        return estimator

    def seed(self, training: DrawnTraining) -> int | None:
        """Return the random seed of a training; `None` if the recipe has none."""
        seed = self.recipes[training.recipe].seed
        return None if seed is None else seed + training.draw

    def run(self, training: DrawnTraining, *, sized: bool = False, progress: Progress = silent) -> Trained:
        """Train a recipe on a draw and predict the test set.

        Args:
            training: the training.
            sized: whether to compute the size of the model file.
            progress: progress callback, called with the step's name, the number done and the total.

        Raises:
            MalmoiError: the training failed.
            ValueError: the recipe cannot be trained on this draw.
        """
        estimator, parts = self.estimator(training), self.training(training.labels, training.draw)
        start = time.perf_counter()
        fit_training(estimator, parts, {"progress": progress})
        seconds, start = time.perf_counter() - start, time.perf_counter()
        fitted, held_out = estimator.fitted, self.parts.held_out
        hits = fitted.hits(held_out.texts, held_out.required_codes)
        predicting = time.perf_counter() - start
        history = fitted.training_history
        return Trained(
            hits,
            seconds,
            predicting,
            _size_of(estimator) if sized else None,
            None if history is None else json.dumps(history.to_header()),
        )

    def again(self, training: DrawnTraining, progress: Progress = silent) -> TrainedAgain:
        """Train again and return the model with its texts; see `run`."""
        estimator, parts = self.estimator(training), self.training(training.labels, training.draw)
        fit_training(estimator, parts, {"progress": progress})
        return TrainedAgain(estimator, parts.training, self.parts.held_out, self.seed(training))


def _bare(corpus: Corpus) -> Corpus:
    return Corpus(corpus.texts, corpus.coded)


def _size_of(estimator: ModelEstimator[FittedModel]) -> int | None:
    try:
        return size_bytes(estimator.fitted)
    except TypeError:  # a function as tokenizer or network cannot be saved
        return None
