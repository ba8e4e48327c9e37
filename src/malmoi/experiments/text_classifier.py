"""A text classifier with automatic recipe selection."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from copy import copy
from typing import Self

from malmoi.data.texts import as_texts, taken, text_list
from malmoi.data.unlabelled import without_texts
from malmoi.experiments.candidates import Candidate, TextProfile, candidates_for
from malmoi.experiments.labelled import Labelled, Weights
from malmoi.experiments.recipe import Recipe, refuse_unlabelled
from malmoi.experiments.selection import SelectionReport, Tried, best_of, short_name
from malmoi.foundation.arrays import Labels
from malmoi.foundation.light_estimators import LightClassifierMixin, TextInputs
from malmoi.foundation.names import also_named
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_number, real_number, shorten
from malmoi.metrics.scores import Share
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.frames import learns_from_frames
from malmoi.models.linear.settings import check_reject_below
from malmoi.models.predictions import TextPredictions
from malmoi.models.weights import ClassWeight, check_class_weight
from malmoi.tokenizers.kiwi import remembered_tokens

__all__ = ["TextClassifier"]

MOST_FEW_LABELS = 2_000
"""Maximum number of labelled texts for the recipe "few-labels", if there are enough unlabelled texts."""
LEAST_UNLABELLED = 1_000
TRIAL_FOLDS = ((2_000, 1), (500, 2), (0, 5))
"""Minimum number of texts, and number of folds on which recipes are compared."""


class TextClassifier(TextPredictions, TextInputs, LightClassifierMixin, ModelEstimator[FittedModel]):
    """Classify texts with the recipe that has the lowest loss on held-out texts.

    With at most 2,000 labelled texts and at least 1,000 unlabelled texts, "auto" is the recipe "few-labels". Otherwise,
    "auto" chooses candidate recipes by their estimated cost, evaluates each on held-out training texts, selects the one
    with the smallest log loss after calibration, measures its accuracy on texts that were not used for the selection,
    and refits it on all texts.

    Args:
        recipe: recipe of texts: "auto", the name of another recipe, or a `Recipe`.
        budget_seconds: time budget for trying recipes in seconds, above 0; recipes that are not started in time are
            skipped and reported, and the result may differ between runs. `None`: no limit.
        refit: whether to refit on all texts after the accuracy was measured; otherwise, the measured model is kept.
        class_weight: class weights in the loss: "balanced" (inversely proportional to the class frequencies); or a dict
            from class to weight; `None`: weight 1 for every text.
        reject_below: probability below which `predict` returns `None` instead of a label, 0 to 1; `None`: never.
        seed: random seed.
        n_jobs: number of threads; `None`: all cores. The result does not depend on it.

    Attributes:
        report_: recipes tried and skipped, and the accuracy on texts not used for the selection.
        recipe_: the selected recipe.
        uses_unlabelled_: whether unlabelled texts were used.
        classes_: the labels, sorted.

    Example:
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 10, ["pos", "neg"] * 20
        >>> model = TextClassifier().fit(texts, labels)
        >>> model.predict(["good"])
        array(['pos'], dtype='<U3')
        >>> model.recipe_.name, model.report_.accuracy.value, model.uses_unlabelled_
        ('bag', 1.0, False)
        >>> model.partial_fit(["so dull"], ["neg"]).predict_proba(["dull"]).shape, model.classes_.tolist()
        ((1, 2), ['neg', 'pos'])
    """

    report_: SelectionReport
    recipe_: Recipe
    uses_unlabelled_: bool

    def __init__(
        self,
        recipe: str | Recipe = "auto",
        *,
        budget_seconds: float | None = None,
        refit: bool = True,
        class_weight: ClassWeight = None,
        reject_below: float | None = None,
        seed: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.recipe = recipe
        self.budget_seconds = budget_seconds
        self.refit = refit
        self.class_weight = class_weight
        self.reject_below = reject_below
        self.seed = seed
        self.n_jobs = n_jobs

    @property
    def classes_(self) -> Labels:
        """The labels that it predicts, sorted."""
        return self.fitted.classes

    def check_settings(self) -> None:
        """Check the settings.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect with another.

        :meta private:
        """
        if isinstance(self.recipe, Recipe):
            if (self.recipe.data, self.recipe.task) != ("texts", "classification"):
                raise ValueError(f"recipe must be for classification of texts, got {shorten(self.recipe)}")
        elif not isinstance(self.recipe, str):
            raise TypeError(
                f'recipe must be "auto", the name of another recipe, or a Recipe, got {shorten(self.recipe)}'
            )
        if self.budget_seconds is not None:
            if not real_number("budget_seconds", self.budget_seconds) > 0:
                raise ValueError(f"budget_seconds must be above 0, got {self.budget_seconds}; use None for no limit")
            if self.recipe != "auto":
                raise ValueError('budget_seconds has no effect with another recipe than "auto"; leave it out')
        check_class_weight(self.class_weight)
        if not isinstance(self.refit, bool):
            raise TypeError(f"refit must be True or False, got {shorten(self.refit)}")
        check_reject_below(self.reject_below)
        check_number("seed", self.seed, 0)
        thread_count(self.n_jobs)
        if self.recipe != "auto":
            self._estimator(self._named())

    @also_named(X="texts", y="labels")
    @learns_from_frames
    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[object] | Labels,
        *,
        unlabelled: Sequence[str] = (),
        sample_weight: Weights = None,
        measure: bool = True,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Fit on labelled texts; if it fails, the previous model is kept.

        Args:
            texts: list of str, or an array or a column of them; also as `X`. Or a data frame with a text column of a
                common name, such as "text"; or with only text columns, which are joined, one per line.
            labels: one label per text, also as `y`, in the forms of `BagClassifier.fit`.
            unlabelled: unlabelled texts for recipes that use them.
            sample_weight: float (samples,), weight of each text in the loss, multiplied by `class_weight`.
            measure: hold out a fifth of the texts to measure the accuracy; otherwise, no accuracy is measured.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar in a terminal or notebook.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a setting is out of range, the numbers of texts and labels differ, or the given recipe does not
                use unlabelled texts.
            DataError: a label is invalid, or there is only one class.
        """
        self.check_settings()
        data, others = Labelled.of(as_texts(texts), labels, sample_weight), text_list(unlabelled)
        with shown_progress(progress, verbose=verbose) as shown, remembered_tokens():
            self._fit(data, others, measure=measure, progress=shown)
        return self

    def _fit(self, data: Labelled, unlabelled: list[str], *, measure: bool, progress: Progress) -> None:
        folds = data.folds(int(self.seed), self.n_jobs) if measure else []
        learning = data.taken(folds[0].training) if folds else data
        tried, skipped = self._tried(learning, progress, has_unlabelled=len(unlabelled) >= LEAST_UNLABELLED)
        recipe = best_of(tried).recipe
        estimator = self._estimator(recipe)
        options = self._unlabelled_options(estimator, recipe, unlabelled)
        if folds and options:
            held_out = taken(data.texts, folds[0].held_out.tolist())
            options["unlabelled"], _ = without_texts(unlabelled, held_out)
        estimator.fit(learning.texts, learning.labels, sample_weight=learning.weights, progress=progress, **options)
        accuracy = None
        if folds:
            measured = data.taken(folds[0].held_out)
            correct = int(estimator.fitted.hits(measured.texts, measured.labels).sum())
            accuracy = Share(correct, len(measured.texts))
            if self.refit:
                _refit(estimator, data, progress)
        self.recipe_ = recipe
        self.report_ = SelectionReport(tried, skipped, accuracy, bool(folds) and self.refit, self.budget_seconds)
        self.uses_unlabelled_ = bool(unlabelled) and bool(options)
        self.fitted_ = estimator.fitted
        self._estimator_ = estimator

    def _unlabelled_options(
        self, estimator: ModelEstimator[FittedModel], recipe: Recipe, unlabelled: list[str]
    ) -> dict[str, list[str]]:
        """Return the keyword arguments of the estimator's `fit` for unlabelled texts."""
        if self.recipe != "auto":
            refuse_unlabelled(recipe, estimator, unlabelled)
        return {"unlabelled": unlabelled} if estimator.takes_unlabelled else {}

    @learns_from_frames
    def refit_on(
        self, texts: Sequence[str], labels: Sequence[object] | Labels, *, sample_weight: Weights = None
    ) -> Self:
        """Refit the selected recipe on other texts, with its penalty and calibration.

        Args:
            texts: list of str, or an array or a column of them; usually those of `fit` and more.
            labels: one label per text.
            sample_weight: float (samples,), weight of each text.

        Raises:
            NotFittedError: `fit` was not called.

        Example:
            >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 10, ["pos", "neg"] * 20
            >>> model = TextClassifier().fit(texts, labels)
            >>> model.refit_on([*texts, "dull"], [*labels, "neg"]).predict(["dull"]).tolist()
            ['neg']
        """
        estimator = self._kept()
        _refit(estimator, Labelled.of(as_texts(texts), labels, sample_weight), silent)
        self.fitted_ = estimator.fitted
        return self

    @learns_from_frames
    def partial_fit(
        self, texts: Sequence[str], labels: Sequence[object] | Labels, *, sample_weight: Weights = None
    ) -> Self:
        """Continue training on more labelled texts; the first call is `fit`. See `BagClassifier.partial_fit`.

        Args:
            texts: list of str, or an array or a column of them.
            labels: one label per text, in the form used for `fit`; new classes are added.
            sample_weight: float (samples,), weight of each text.

        Raises:
            AttributeError: the selected recipe has no `partial_fit`.
            ValueError: the numbers of texts and labels differ.
            DataError: a label is invalid, or labels differ in type or form from those of `fit`.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(texts, labels, sample_weight=sample_weight)
        estimator = self._kept()
        if not hasattr(estimator, "partial_fit"):
            raise AttributeError(f"the recipe {self.recipe_.name!r} has no partial_fit; fit on all texts again")
        estimator.partial_fit(texts, labels, sample_weight=sample_weight)
        self.fitted_ = estimator.fitted
        return self

    def _kept(self) -> ModelEstimator[FittedModel]:
        """Return the estimator of the selected recipe."""
        self.fitted  # noqa: B018 -- raises if not fitted
        self._estimator_ = copy(self._estimator_)  # a copy of this object shares it
        return self._estimator_

    def _named(self) -> Recipe:
        return self.recipe if isinstance(self.recipe, Recipe) else Recipe(self.recipe)

    def _estimator(self, recipe: Recipe) -> ModelEstimator[FittedModel]:
        """Return the estimator of a recipe, with the settings of this object."""
        known = recipe.known_settings()
        for name, default in (("seed", 0), ("n_jobs", None), ("reject_below", None)):
            value = getattr(self, name)
            if value == default or name in recipe.settings:
                continue
            if name not in known:
                raise ValueError(f"{name} has no effect on the recipe {recipe.name!r}; leave it out")
            recipe = recipe.with_settings({name: value})
        estimator = recipe.estimator()
        if self.class_weight is not None:
            estimator.set_params(class_weight=self.class_weight)
        return estimator

    def _tried(
        self, data: Labelled, progress: Progress, *, has_unlabelled: bool
    ) -> tuple[tuple[Tried, ...], tuple[str, ...]]:
        """Try the candidates in order; skip those that are not started in time."""
        if self.recipe != "auto":
            return (Tried(self._named(), None, None),), ()
        if has_unlabelled and len(data.texts) <= MOST_FEW_LABELS:
            return (Tried(Recipe("few-labels"), None, None),), ()
        candidates = candidates_for(TextProfile.of(data.texts, data.classes, self.n_jobs))
        folds = data.folds(int(self.seed) + 1, self.n_jobs)
        if len(candidates) == 1 or not folds:
            return (Tried(candidates[0].recipe, None, None),), ()
        folds = folds[: next(number for least, number in TRIAL_FOLDS if len(data.texts) >= least)]
        start, done = time.monotonic(), []

        def attempt(candidate: Candidate) -> Tried | None:
            late = self.budget_seconds is not None and time.monotonic() - start >= self.budget_seconds
            if late and candidate is not candidates[0]:
                return None
            estimator = self._estimator(candidate.recipe)
            trial = estimator.try_on(data.texts, data.labels, folds, sample_weight=data.weights)
            done.append(candidate)
            progress("trying recipes", len(done), len(candidates))
            return Tried(candidate.recipe.with_settings({"C": trial.C}), trial.loss, trial.accuracy)

        with ThreadPoolExecutor(min(thread_count(self.n_jobs), len(candidates))) as pool:
            # With the context of this thread, which caches tokens.
            begun = [pool.submit(copy_context().run, attempt, candidate) for candidate in candidates]
            found = [one.result() for one in begun]
        pairs = zip(candidates, found, strict=True)
        skipped = tuple(short_name(candidate.recipe) for candidate, tried in pairs if tried is None)
        return tuple(tried for tried in found if tried is not None), skipped


def _refit(estimator: ModelEstimator[FittedModel], data: Labelled, progress: Progress) -> None:
    """Refit on all texts, with the chosen hyperparameters if the estimator supports it."""
    refit = getattr(estimator, "refit_on", estimator.fit)
    options = {} if hasattr(estimator, "refit_on") else {"progress": progress}
    refit(data.texts, data.labels, sample_weight=data.weights, **options)
