"""Text classification with a network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import Texts, as_texts, text_list
from malmoi.foundation.arrays import Labels, Matrix
from malmoi.foundation.estimators import ClassifierMixin
from malmoi.foundation.imports import warming_up
from malmoi.foundation.light_estimators import LabelScore, TextInputs
from malmoi.foundation.log import logger
from malmoi.foundation.names import also_named
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.models.facts import TrainingFacts
from malmoi.models.frames import learns_from_frames
from malmoi.models.neural.base import (
    KEPT_EXAMPLES,
    FitOptions,
    TrainingData,
    share_of,
    trained_network,
)
from malmoi.models.neural.embeddings import Embedding, Learned, Pretrained
from malmoi.models.neural.estimator import NetworkEstimator
from malmoi.models.neural.networks.base import Network, NetworkFunction
from malmoi.models.neural.networks.flatten import Flatten
from malmoi.models.neural.networks.plan import build_model
from malmoi.models.neural.parts import TextParts, Validation, set_aside, texts_and_labels
from malmoi.models.neural.text_model import TextNetworkModel, encoded_inputs
from malmoi.models.neural.text_settings import IdVectorizer, TextSettings
from malmoi.models.predictions import TextPredictions
from malmoi.models.task_of_labels import classification_of
from malmoi.models.weights import ClassWeight, class_weights, sample_weights
from malmoi.tokenizers.scripts import TokensOrAuto
from malmoi.vectorizers.sequences import SequenceVectorizer
from malmoi.wordvectors.coverage import Coverage

if TYPE_CHECKING:
    import keras

__all__ = ["EmbeddingClassifier"]


class EmbeddingClassifier(
    TextPredictions,
    TextInputs,
    LabelScore,
    ClassifierMixin,  # type: ignore[misc]
    NetworkEstimator[TextNetworkModel, TextSettings],
):
    """Classify texts with word vectors and a network.

    Args:
        network: layers between the word vectors and the probabilities: `Flatten`, `Average`, `Conv`, `Recurrent`, or a
            function from a Keras tensor (samples, length, dimension) to one (samples, features); a function with two
            arguments also gets the mask, bool (samples, length).
        tokens: tokenizer; "auto": words, or syllables or characters for training texts in Korean, Japanese, Chinese and
            similar scripts; `vectorizer_.choice_` has the choice and its reason.
        max_tokens: maximum number of rows of the embedding, padding and unknown included; the most frequent tokens are
            kept. `None`: no maximum. Not used by `Hashed`.
        max_length: length to which texts are truncated, in tokens; 1 or more.
        min_count: minimum count of a token; rarer tokens are out of vocabulary; 1 or more. Not used by `Hashed`.
        padding: side on which texts are padded: "pre" or "post".
        truncating: side on which texts are truncated: "pre" or "post".
        embedding: initial word vectors: `Learned(dimension)`, `Pretrained(vectors)` or `Hashed(dimension, buckets)`.
        optimizer: name of a Keras optimizer.
        learning_rate: learning rate, above 0; `None`: the optimizer's default.
        epochs: passes over the training texts; 1 or more.
        batch_size: texts per step; 1 or more.
        seed: random seed of the initial weights and of the order of the texts. The same seed and texts give the same
            model.
        patience: epochs without a smaller validation loss after which training stops and the best epoch's weights are
            kept; 1 or more. `None`: all epochs, and the last weights.
        class_weight: class weights in the loss: "balanced" (inversely proportional to the class frequencies); or a dict
            from class to weight; `None`: weight 1 for every text.
        precision: floating-point format of the network: "float32", or "bfloat16" (faster on GPUs only).

    Attributes:
        classes_: the labels, sorted.
        network_: the trained `keras.Model`.
        history_: loss and accuracy of every epoch.
        vectorizer_: the vectorizer with its learned vocabulary or its hash function.
        facts_: number of training texts, and shares of truncated and out-of-vocabulary tokens.
        examples_: the texts that `save` keeps with their predictions.
        settings_: the parameters of the last `fit`, regardless of later calls of `set_params`.

    Example:
        >>> model = EmbeddingClassifier(Flatten(), max_length=4, embedding=Learned(8), epochs=60)
        >>> model.fit(["so good", "so bad", "good film", "bad film"], ["pos", "neg", "pos", "neg"]).predict(["good"])
        array(['pos'], dtype='<U3')
        >>> model.predict_proba(["good", "bad"]).shape, model.classes_.tolist()
        ((2, 2), ['neg', 'pos'])
        >>> len(model.history_), model.history_.kept.accuracy, model.facts_.samples
        (60, 1.0, 4)
        >>> len(model.vectorizer_.vocabulary_), model.examples_[0]
        (6, 'so good')
        >>> model.network_.count_params()
        160033
    """

    settings_class = TextSettings

    def __init__(
        self,
        network: Network | NetworkFunction = Flatten(),
        tokens: TokensOrAuto = "auto",
        max_tokens: int | None = 20_000,
        max_length: int = 100,
        min_count: int = 1,
        padding: str = "pre",
        truncating: str = "pre",
        embedding: Embedding = Learned(),
        optimizer: str = "rmsprop",
        learning_rate: float | None = None,
        epochs: int = 10,
        batch_size: int = 32,
        seed: int = 0,
        *,
        patience: int | None = None,
        class_weight: ClassWeight = None,
        precision: str = "float32",
    ) -> None:
        self.network = network
        self.tokens = tokens
        self.max_tokens = max_tokens
        self.max_length = max_length
        self.min_count = min_count
        self.padding = padding
        self.truncating = truncating
        self.embedding = embedding
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self.patience = patience
        self.class_weight = class_weight
        self.precision = precision

    @property
    def classes_(self) -> Labels:
        """The labels that it predicts, sorted."""
        return self.fitted.classes

    @property
    def vectorizer_(self) -> IdVectorizer:
        """The vectorizer, a `SequenceVectorizer` with its vocabulary or a `HashedSequenceVectorizer`."""
        return self.fitted.vectorizer

    @property
    def facts_(self) -> TrainingFacts:
        """Facts about the training: number of texts, and shares of truncated and out-of-vocabulary tokens."""
        return self.fitted.facts

    @property
    def examples_(self) -> list[str]:
        """The texts that `save` keeps with their predictions."""
        return list(self.fitted.examples)

    @also_named(X="texts", y="labels")
    @learns_from_frames
    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[object] | Labels,
        *,
        validation: Validation = None,
        unlabelled: Sequence[str] = (),
        sample_weight: Sequence[float] | npt.NDArray[np.floating] | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        checkpoint: str | os.PathLike[str] | None = None,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Fit on labelled texts. If it fails, a model fitted before is kept unchanged.

        Args:
            texts: list of str, or an array or a column of them; also as `X`. Or a data frame whose text column has a
                common name, such as "text"; or a data frame of text columns only, which are joined, a line per column.
            labels: one label per text, also as `y`: all str, all int or all bool, of 2 classes or more; floats with
                integer values become int; or one-hot rows. For multilabel: lists, tuples or sets of labels, or an array
                of zeros and ones (samples, classes); `predict` returns the same form. For a data frame, also the name
                of the label column.
            validation: a `Corpus`, or a pair of texts and labels, evaluated after every epoch; or the share of the
                texts to hold out for validation, between 0 and 1.
            unlabelled: additional unlabelled texts for building the vocabulary.
            sample_weight: float (samples,), weight of each text in the loss, multiplied by `class_weight`.
            callbacks: Keras callbacks, called after every epoch; if one has batch methods, after every batch, which
                uses the slower training loop of Keras.
            checkpoint: file that is written after every epoch; if it exists, training is resumed from it, with the same
                result as without the interruption.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a setting is out of range, or the numbers of texts and labels differ.
            DataError: a label is invalid, there is only one class, the validation set has a label that the training set
                lacks, or the checkpoint is from another training.
            FormatError: the vectors file or the checkpoint is damaged.
            MalmoiError: the loss is not finite in the first epoch, a callback fails, or there is not enough memory.
            MissingExtraError: Keras or its backend is not installed.
        """
        settings = self.check_settings()
        FitOptions(callbacks, checkpoint, progress)
        parts = self._parts(as_texts(texts), labels, validation, sample_weight, text_list(unlabelled))
        with shown_progress(progress, verbose=verbose) as shown, warming_up():
            fitted = _fitted(settings, parts, FitOptions(callbacks, checkpoint, shown))
        self.fitted_ = fitted
        return self

    def _parts(
        self, texts: Texts, labels: object, validation: Validation, weights: object, unlabelled: list[str]
    ) -> TextParts:
        """Return the training set and the validation set, both checked."""
        task, targets = classification_of(labels)
        if len(targets) != len(texts):
            raise ValueError(f"labels must have {len(texts)} items, one per text, got {len(targets)}")
        by_sample = sample_weights(
            weights, class_weights(self.class_weight, task.single_label_classes, targets), len(texts)
        )
        share = share_of(validation)
        if share is not None:
            return set_aside(TextParts(task, texts, targets, by_sample, unlabelled), share, int(self.seed))
        parts = TextParts(task, texts, targets, by_sample, unlabelled)
        if validation is None:
            return parts
        held_out, held_out_labels = texts_and_labels(validation)
        return parts.with_held_out(held_out, task.encode(held_out_labels, "validation"))


def _fitted(settings: TextSettings, parts: TextParts, options: FitOptions) -> TextNetworkModel:
    """Fit a network on checked texts."""
    vectorizer = settings.vectorizer()
    if isinstance(vectorizer, SequenceVectorizer) and not parts.unlabelled:
        encoded = vectorizer.fit_encode(parts.texts, progress=options.progress)
    else:
        vectorizer.fit([*parts.texts, *parts.unlabelled], progress=options.progress)
        encoded = vectorizer.encode(parts.texts)
    logger.info("tokens: %s", vectorizer.choice_)
    training = encoded_inputs(encoded, settings).with_targets(parts.targets, parts.weights)
    validation = None
    if parts.held_out is not None and parts.held_out_targets is not None:
        held_out = encoded_inputs(vectorizer.encode(parts.held_out), settings)
        validation = held_out.with_targets(parts.held_out_targets)
    matrix, coverage = _matrix(settings, vectorizer, options.progress)
    plan = settings.plan(vectorizer, parts.task)
    loop = settings.training()
    model = build_model(plan, matrix=matrix, seed=loop.seed)
    del matrix
    data = TrainingData(training, validation, parts.task)
    network, history = trained_network(plan, model, data, loop, options)
    facts = TrainingFacts(
        len(parts.texts),
        0 if validation is None else len(validation),
        encoded.cut_share,
        encoded.unknown_share,
        coverage,
    )
    examples = tuple(parts.texts[:KEPT_EXAMPLES])
    return TextNetworkModel(parts.task, settings, vectorizer, network, history, facts, examples)


def _matrix(
    settings: TextSettings, vectorizer: IdVectorizer, progress: Progress
) -> tuple[Matrix | None, Coverage | None]:
    """Return the pretrained vectors of the vocabulary; `None` without them."""
    if not isinstance(settings.embedding, Pretrained) or not isinstance(vectorizer, SequenceVectorizer):
        return None, None
    return settings.embedding.vectors.matrix_for(vectorizer.vocabulary_, progress=progress)
