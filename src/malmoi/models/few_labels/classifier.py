"""Texts to labels from few labelled texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import text_list
from malmoi.foundation.arrays import Labels, Probabilities
from malmoi.foundation.light_estimators import LightClassifierMixin, TextInputs
from malmoi.foundation.log import logger
from malmoi.foundation.names import also_named
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.models.base import ModelEstimator
from malmoi.models.few_labels.learning import fitted_few_labels, prepared_for
from malmoi.models.few_labels.model import FewLabelModel
from malmoi.models.few_labels.parts import FewLabelFacts
from malmoi.models.few_labels.settings import FewLabelSettings, PartName, SentenceEmbedder
from malmoi.models.few_labels.vector_sources import Prepared
from malmoi.models.frames import learns_from_frames
from malmoi.models.linear.features import NgramsSetting, TokensSetting
from malmoi.models.linear.learning import TrainingTexts
from malmoi.models.task import Multilabel
from malmoi.models.task_of_labels import classification_of
from malmoi.models.weights import ClassWeight, class_weights, sample_weights
from malmoi.wordvectors import WordVectors

__all__ = ["FewLabelClassifier"]

Weights = Sequence[float] | npt.NDArray[np.floating] | None


class FewLabelClassifier(TextInputs, LightClassifierMixin, ModelEstimator[FewLabelModel]):
    """Texts to labels from few labelled texts (20 to 2,000), and many texts without labels.

    It fits several parts, and keeps those that have a clearly lower loss on held-out labelled texts, by one or two
    standard errors; document vectors where none has. Parts are logistic regressions: on document vectors and on
    principal components, both learned from the unlabelled texts (and from the labelled ones, whose labels they do not
    see); on pretrained vectors, where some are given; and on a bag of n-grams.

    Args:
        parts: "documents", document vectors; "components", principal components of tf-idf rows (latent semantic
            analysis), the more labels the more of them; "glove", GloVe vectors trained on the texts, averaged with
            smooth inverse frequency; "pretrained", such averages of `vectors`; "static", `embedder`; "bag", n-grams of
            the labelled texts alone. "auto": documents from 1,000 texts on, the bag, and what is given.
        tokens: how a text becomes tokens; "auto": words, or characters where the texts are Korean, Japanese, Chinese
            or the like.
        ngrams: tokens of the shortest and of the longest n-gram; "auto": 1 to 2 words, 1 to 4 characters.
        dimension: of the document vectors; 2 to 512.
        epochs: passes over the texts in training document vectors; "auto": the fewer, the more texts there are.
        vectors: opened word vectors; as a setting, the path of their file.
        embedder: static sentence embeddings, of `TextEmbedder.open(folder)`; as a setting, the path of the folder.
        self_training: add a bag that also learns from the labels that the model predicts for unlabelled texts.
        class_weight: weight of each class in the loss, a dict; or "balanced"; `None`: every text counts the same.
        reject_below: probability below which `predict` gives `None` instead of a label, 0 to 1; `None`: never.
        seed: random seed.
        n_jobs: threads; `None` for all cores. The result does not depend on it.

    Attributes:
        classes_: the labels, sorted.
        facts_: how many texts it learned from, and what each part was worth on held-out labelled texts.

    Source:
        Thongtan and Phienthrakul 2019 for the document vectors; Halko, Martinsson and Tropp 2011 for the components.

    Example:
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 3, ["pos", "neg"] * 6
        >>> model = FewLabelClassifier().fit(texts, labels)
        >>> model.predict(["good"])
        array(['pos'], dtype='<U3')
    """

    def __init__(
        self,
        parts: Sequence[PartName] | Literal["auto"] = "auto",
        tokens: TokensSetting = "auto",
        ngrams: NgramsSetting = "auto",
        *,
        dimension: int = 96,
        epochs: int | Literal["auto"] = "auto",
        vectors: WordVectors | None = None,
        embedder: SentenceEmbedder | None = None,
        self_training: bool = False,
        class_weight: ClassWeight = None,
        reject_below: float | None = None,
        seed: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.parts = parts
        self.tokens = tokens
        self.ngrams = ngrams
        self.dimension = dimension
        self.epochs = epochs
        self.vectors = vectors
        self.embedder = embedder
        self.self_training = self_training
        self.class_weight = class_weight
        self.reject_below = reject_below
        self.seed = seed
        self.n_jobs = n_jobs

    @property
    def classes_(self) -> Labels:
        """The labels, sorted."""
        return self.fitted.classes

    @property
    def facts_(self) -> FewLabelFacts:
        """What it learned from."""
        return self.fitted.facts

    def check_settings(self) -> FewLabelSettings:
        """Refuse settings that are out of their range, before any work; returns them as a value.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range, or has no effect beside another.
        """
        return FewLabelSettings.of(self)

    @also_named(X="texts", y="labels")
    @learns_from_frames
    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[object] | Labels,
        *,
        unlabelled: Sequence[str] = (),
        sample_weight: Weights = None,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Learn from labelled and unlabelled texts; where it fails, all that was learned before stays as it was.

        Args:
            texts: list of str, or an array or a column of them; also as `X`. Or a data frame, whose column of texts has
                a usual name, such as "text"; or its columns of texts alone, which are joined, a line each.
            labels: as many labels, also as `y`, in the forms that `BagClassifier.fit` takes.
            unlabelled: texts without labels, of the same kind; 1,000 or more are worth it. Texts that are to measure
                the model should not be among them.
            sample_weight: float (samples,), how much each text counts in the loss, beside `class_weight`.
            progress: progress callback.
            verbose: show a progress bar, on a terminal or in a notebook.

        Raises:
            TypeError: a text is not a str, or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or there are not as many labels as texts.
            DataError: a label cannot be used, there is only one class, no text has a token, or a part needs unlabelled
                texts and there are none.
        """
        settings = self.check_settings()
        training, others = self._training(text_list(texts), labels, sample_weight), _not_empty(text_list(unlabelled))
        with shown_progress(progress, verbose=verbose) as shown:
            prepared = prepared_for(settings, list(training.texts), others, shown)
            model = fitted_few_labels(settings, training, others, prepared, shown)
        self.fitted_, self._prepared, self._unlabelled = model, prepared, others
        return self

    @learns_from_frames
    def refit_on(
        self, texts: Sequence[str], labels: Sequence[object] | Labels, *, sample_weight: Weights = None
    ) -> Self:
        """Fit on other labelled texts with the representations that were learned; parts are chosen anew.

        Args:
            texts: list of str, or an array or a column of them; usually those of `fit` and more.
            labels: as many labels.
            sample_weight: float (samples,), how much each text counts in the loss, beside `class_weight`.

        Raises:
            NotFittedError: `fit` was not called.
            AttributeError: the model was loaded from a file, which does not hold the texts that it learned from.
        """
        settings = self.fitted.settings
        if not hasattr(self, "_prepared"):
            raise AttributeError("a FewLabelClassifier from a file has no refit_on: unlabelled texts are not kept")
        training = self._training(text_list(texts), labels, sample_weight)
        self.fitted_ = fitted_few_labels(settings, training, self._unlabelled, self._prepared, silent)
        return self

    _prepared: list[Prepared]
    _unlabelled: list[str]

    def _training(self, texts: list[str], labels: object, weights: object) -> TrainingTexts:
        task, targets = classification_of(labels)
        if len(targets) != len(texts):
            raise ValueError(f"labels must be as many as the {len(texts)} texts, got {len(targets)}")
        if isinstance(task, Multilabel) and (self.reject_below is not None or self.self_training):
            raise ValueError("reject_below and self_training must be off where a text has several labels")
        by_class = class_weights(self.class_weight, task.single_label_classes, targets)
        return TrainingTexts(texts, task, targets, sample_weights(weights, by_class, len(texts)))

    @also_named(X="texts")
    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        """Return probabilities of every class, float32 (samples, classes), in the order of `classes_`."""
        return self.fitted.predict_proba(texts)

    @also_named(X="texts")
    def predict(self, texts: Sequence[str]) -> Any:
        """Return the most probable label of every text; of several labels all that are more probable than not."""
        return self.fitted.predict(texts)


def _not_empty(texts: list[str]) -> list[str]:
    found = [text for text in texts if text.strip()]
    if len(found) < len(texts):
        logger.warning("unlabelled texts that are empty, and left out: %d", len(texts) - len(found))
    return found
