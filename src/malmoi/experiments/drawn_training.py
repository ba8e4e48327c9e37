"""One training on a draw of labelled texts, measured on the held-out texts."""

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
    """What is trained.

    Args:
        recipe: its name.
        labels: labelled texts to learn from.
        draw: number of the draw, from 0.
    """

    recipe: str
    labels: int
    draw: int


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training brought.

    Args:
        hits: bool (held_out,), which predictions are right.
        seconds: of the training.
        prediction_seconds: of the predictions.
        size_bytes: of the model file, without examples; `None` where it was not asked for, or no file can hold it.
        history: the epochs as JSON; `None` of models without epochs.
    """

    hits: npt.NDArray[np.bool_]
    seconds: float
    prediction_seconds: float
    size_bytes: int | None = None
    history: str | None = None


@dataclass(frozen=True, eq=False)
class TrainedAgain:
    """A model of a comparison, trained once more.

    Args:
        model: the estimator.
        training: the labelled texts that it learned from.
        held_out: the texts that the comparison was measured on.
        seed: its random seed; `None` where it has none.
    """

    model: ModelEstimator[FittedModel]
    training: Corpus
    held_out: Corpus
    seed: int | None


@dataclass(eq=False)
class DrawnTrainings:
    """Recipes, the draws that they learn from, and the texts that they are measured on.

    A recipe with a random seed adds the number of the draw to it. What a draw leaves of the data, and the unlabelled
    texts, are given to recipes that take such texts.

    Args:
        recipes: by name.
        parts: labelled texts, and those that are held out.
        plan: the draws.
        unlabelled: more texts.
    """

    recipes: Mapping[str, Recipe]
    parts: HeldOut
    plan: DrawPlan
    unlabelled: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._estimators: dict[str, ModelEstimator[FittedModel]] = {}
        self._last: tuple[tuple[int, int], Parts] | None = None

    def __getstate__(self) -> dict[str, object]:
        """Return what another process needs: texts without their places; estimators are made there."""
        parts = HeldOut(_bare(self.parts.training), _bare(self.parts.held_out))
        return {**vars(self), "parts": parts, "_estimators": {}, "_last": None}

    def training(self, labels: int, draw: int) -> Parts:
        """Return the labelled texts of a draw, and the texts that lend their words."""
        if self._last is None or self._last[0] != (labels, draw):
            order, corpus = self.plan.orders[draw], self.parts.training
            lent = [corpus.texts[place] for place in order[labels:].tolist()] + self.unlabelled
            self._last = (labels, draw), Parts(corpus.take(order[:labels]), None, lent)
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
        """Return the random seed of a training; `None` where the recipe has none."""
        seed = self.recipes[training.recipe].seed
        return None if seed is None else seed + training.draw

    def run(self, training: DrawnTraining, *, sized: bool = False, progress: Progress = silent) -> Trained:
        """Train a recipe on a draw and predict the held-out texts.

        Args:
            training: which one.
            sized: whether the size of the model file is worked out.
            progress: progress callback.

        Raises:
            MalmoiError: the training failed.
            ValueError: the recipe cannot learn from such a draw.
        """
        estimator, parts = self.estimator(training), self.training(training.labels, training.draw)
        start = time.perf_counter()
        fit_training(estimator, parts, {"progress": progress})
        seconds, start = time.perf_counter() - start, time.perf_counter()
        fitted, held_out = estimator.fitted, self.parts.held_out
        hits = fitted.hits(held_out.texts, held_out.known_codes)
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
        """Train once more and return the model with its texts; `run` says the rest."""
        estimator, parts = self.estimator(training), self.training(training.labels, training.draw)
        fit_training(estimator, parts, {"progress": progress})
        return TrainedAgain(estimator, parts.training, self.parts.held_out, self.seed(training))


def _bare(corpus: Corpus) -> Corpus:
    return Corpus(corpus.texts, corpus.coded)


def _size_of(estimator: ModelEstimator[FittedModel]) -> int | None:
    try:
        return size_bytes(estimator.fitted)
    except TypeError:  # a function as tokenizer or network, which a file of data cannot hold
        return None
