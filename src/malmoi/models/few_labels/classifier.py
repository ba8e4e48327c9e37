"""Text classifier for few labelled texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import text_list
from malmoi.foundation.arrays import Labels
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
from malmoi.models.predictions import TextPredictions
from malmoi.models.task import Multilabel
from malmoi.models.task_of_labels import classification_of
from malmoi.models.weights import ClassWeight, class_weights, sample_weights
from malmoi.wordvectors import WordVectors

__all__ = ["FewLabelClassifier"]

Weights = Sequence[float] | npt.NDArray[np.floating] | None


class FewLabelClassifier(TextPredictions, TextInputs, LightClassifierMixin, ModelEstimator[FewLabelModel]):
    """Classify texts from few labelled texts (20 to 2,000) and many unlabelled texts.

    Several parts are fitted, and the parts with a clearly lower loss on held-out labelled texts, by one or two standard
    errors, are kept; document vectors if no part is clearly better. Each part is a logistic regression: on document
    vectors or principal components, both learned from the unlabelled texts (and from the labelled ones, without their
    labels); on pretrained vectors, if given; or on a bag of n-grams.

    Args:
        parts: representations of the texts: "auto", or some of "documents", "components", "glove", "pretrained",
            "static" and "bag"; "documents": document vectors; "components": principal components of tf-idf features
            (latent semantic analysis), whose number increases with the number of labels; "glove": GloVe vectors trained
            on the texts, averaged with smooth inverse frequency (SIF); "pretrained": SIF averages of `vectors`;
            "static": `embedder`; "bag": n-grams of the labelled texts only; "auto": documents from 1,000 texts on, the
            bag, and the pretrained vectors or embedder that are given.
        tokens: tokenizer; "auto": words, or characters for texts in Korean, Japanese, Chinese and similar scripts.
        ngrams: n-gram range (shortest, longest) in tokens; "auto": 1 to 2 words, 1 to 4 characters.
        dimension: dimension of the document vectors; 2 to 512.
        epochs: training epochs; here of the document vectors. "auto": fewer for more texts.
        vectors: file of word vectors; in Python `WordVectors.open(path)`, in saved settings the path.
        embedder: folder of static sentence embeddings; in Python `TextEmbedder.open(folder)`, in saved settings the
            path.
        self_training: whether to add a bag that is also trained on the labels that the model predicts for unlabelled
            texts.
        class_weight: class weights in the loss: "balanced" (inversely proportional to the class frequencies); or a dict
            from class to weight; `None`: weight 1 for every text.
        reject_below: probability below which `predict` returns `None` instead of a label, 0 to 1; `None`: never.
        seed: random seed.
        n_jobs: number of threads; `None`: all cores. The result does not depend on it.

    Attributes:
        classes_: the labels, sorted.
        facts_: numbers of training texts, and the held-out loss and accuracy of each part.

    Source:
        Thongtan and Phienthrakul 2019 for the document vectors; Halko, Martinsson and Tropp 2011 for the components.

    Example:
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 3, ["pos", "neg"] * 6
        >>> model = FewLabelClassifier(parts=["components", "bag"]).fit(texts, labels, unlabelled=["a good day"] * 20)
        >>> model.predict(["good"])
        array(['pos'], dtype='<U3')
        >>> model.classes_.tolist(), model.predict_proba(["good"]).shape
        (['neg', 'pos'], (1, 2))
        >>> model.facts_.unlabelled, [part.name for part in model.facts_.tried]
        (20, ['components', 'bag'])
        >>> model.refit_on([*texts, "so dull"], [*labels, "neg"]).facts_.samples
        13
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
        """The labels that it predicts, sorted."""
        return self.fitted.classes

    @property
    def facts_(self) -> FewLabelFacts:
        """Facts about the training: numbers of texts, and the held-out loss and accuracy of each part."""
        return self.fitted.facts

    def check_settings(self) -> FewLabelSettings:
        """Check the settings and return them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.

        :meta private:
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
        """Fit on labelled and unlabelled texts. If it fails, a model fitted before is kept unchanged.

        Args:
            texts: list of str, or an array or a column of them; also as `X`. Or a data frame whose text column has a
                common name, such as "text"; or a data frame of text columns only, which are joined, a line per column.
            labels: one label per text, also as `y`, in the forms that `BagClassifier.fit` accepts.
            unlabelled: unlabelled texts from the same source; useful from 1,000 on. Texts of the test set should not be
                among them.
            sample_weight: float (samples,), weight of each text in the loss, multiplied by `class_weight`.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a setting is out of range, or the numbers of texts and labels differ.
            DataError: a label is invalid, there is only one class, no text has a token, or a part needs unlabelled
                texts and there are none.
        """
        settings = self.check_settings()
        training = self._training(text_list(texts), labels, sample_weight)
        unlabelled_texts = _not_empty(text_list(unlabelled))
        with shown_progress(progress, verbose=verbose) as shown:
            prepared = prepared_for(settings, list(training.texts), unlabelled_texts, shown)
            model = fitted_few_labels(settings, training, unlabelled_texts, prepared, shown)
        self.fitted_, self._prepared, self._unlabelled = model, prepared, unlabelled_texts
        return self

    @learns_from_frames
    def refit_on(
        self, texts: Sequence[str], labels: Sequence[object] | Labels, *, sample_weight: Weights = None
    ) -> Self:
        """Fit on other labelled texts with the representations learned by `fit`; the parts are selected again.

        Args:
            texts: list of str, or an array or a column of them; usually those of `fit` and more.
            labels: one label per text.
            sample_weight: float (samples,), weight of each text in the loss, multiplied by `class_weight`.

        Raises:
            NotFittedError: `fit` was not called.
            AttributeError: the model was loaded from a file, which does not contain the unlabelled texts.
        """
        settings = self.fitted.settings
        if not hasattr(self, "_prepared"):
            raise AttributeError("a FewLabelClassifier from a file has no refit_on: the file has no unlabelled texts")
        training = self._training(text_list(texts), labels, sample_weight)
        self.fitted_ = fitted_few_labels(settings, training, self._unlabelled, self._prepared, silent)
        return self

    _prepared: list[Prepared]
    _unlabelled: list[str]

    def _training(self, texts: list[str], labels: object, weights: object) -> TrainingTexts:
        task, targets = classification_of(labels)
        if len(targets) != len(texts):
            raise ValueError(f"labels must have {len(texts)} items, one per text, got {len(targets)}")
        if isinstance(task, Multilabel) and (self.reject_below is not None or self.self_training):
            raise ValueError("reject_below and self_training must be off for multilabel data")
        by_class = class_weights(self.class_weight, task.single_label_classes, targets)
        return TrainingTexts(texts, task, targets, sample_weights(weights, by_class, len(texts)))


def _not_empty(texts: list[str]) -> list[str]:
    found = [text for text in texts if text.strip()]
    if len(found) < len(texts):
        logger.warning("empty unlabelled texts, left out: %d", len(texts) - len(found))
    return found
