"""Estimators that learn labels from texts."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.arrays import Labels, Matrix, Probabilities
from malmoi.corpus import Corpus, as_texts
from malmoi.errors import DataError, shorten
from malmoi.estimators import BaseEstimator, ClassifierMixin
from malmoi.history import History
from malmoi.networks import Embedding, Flatten, Learned, Network, Plan, Pretrained, build_model
from malmoi.progress import Progress, silent
from malmoi.startup import release_memory, warm_up
from malmoi.tokens import Tokenizer, Words
from malmoi.training import Forward, Samples, TrainingSettings, fit, forward
from malmoi.vectorizers import EncodedTexts, SequenceVectorizer
from malmoi.vocabulary import FIRST_ID, Vocabulary
from malmoi.wordvectors import Coverage

if TYPE_CHECKING:
    import keras

__all__ = ["EmbeddingClassifier", "TrainingFacts", "Validation"]

KEPT_EXAMPLES = 4

Validation: TypeAlias = Corpus | tuple[Sequence[str], Sequence[object]] | None


@dataclass(frozen=True)
class TrainingFacts:
    """What a model learned from.

    Args:
        samples: labelled texts.
        validation_samples: texts that were only looked at.
        cut_share: share of the training texts' tokens behind the length that is looked at.
        unknown_share: share of the training texts' tokens that are not in the vocabulary.
        coverage: what the vectors file knows of the vocabulary; `None` without one.
    """

    samples: int
    validation_samples: int
    cut_share: float
    unknown_share: float
    coverage: Coverage | None = None


class EmbeddingClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Texts to labels: token ids, word vectors, a network, a probability for every class.

    Args:
        network: what stands between the word vectors and the probabilities.
        tokens: how a text becomes tokens.
        max_tokens: rows of the embedding, padding and unknown included; the most frequent tokens get one.
            `None`: as many as the vocabulary needs.
        max_length: tokens of a text that are looked at; 1 or more.
        min_count: tokens seen less often are unknown; 1 or more.
        padding: side that is filled up when a text is short, "pre" or "post".
        truncating: side that is cut off when a text is long, "pre" or "post".
        embedding: `Learned(dimension)` or `Pretrained(vectors)`.
        optimizer: one of Keras' optimizers, by name.
        learning_rate: above 0; `None` is the optimizer's default.
        epochs: passes over the training texts; 1 or more.
        batch_size: texts a step; 1 or more.
        seed: decides the first weights and the order of the texts. The same seed and texts give the same model.

    Attributes:
        classes_: the labels, sorted.
        network_: the trained `keras.Model`.
        history_: loss and accuracy of every epoch.
        vectorizer_: the learned vocabulary.
        facts_: how many texts it learned from, and what of them did not fit.
        examples_: the texts that `save` keeps with their answers.

    Example:
        >>> model = EmbeddingClassifier(Flatten(), max_length=4, embedding=Learned(8), epochs=60)
        >>> model.fit(["so good", "so bad", "good film", "bad film"], ["pos", "neg", "pos", "neg"]).predict(["good"])
        array(['pos'], dtype='<U3')
    """

    classes_: Labels
    network_: keras.Model
    history_: History
    vectorizer_: SequenceVectorizer
    facts_: TrainingFacts
    examples_: list[str]

    def __init__(
        self,
        network: Network = Flatten(),  # noqa: B008 -- frozen
        tokens: Tokenizer = Words(),  # noqa: B008 -- frozen
        max_tokens: int | None = 20_000,
        max_length: int = 100,
        min_count: int = 1,
        padding: str = "pre",
        truncating: str = "pre",
        embedding: Embedding = Learned(),  # noqa: B008 -- frozen
        optimizer: str = "rmsprop",
        learning_rate: float | None = None,
        epochs: int = 10,
        batch_size: int = 32,
        seed: int = 0,
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

    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[object] | Labels,
        *,
        validation: Validation = None,
        unlabelled: Sequence[str] = (),
        progress: Progress = silent,
    ) -> Self:
        """Learn from labelled texts.

        Args:
            texts: list of str, or an array or a column of them.
            labels: as many labels, of one kind that sorts; 2 classes or more.
            validation: a `Corpus`, or texts and labels, looked at after every epoch and never learned from.
            unlabelled: more texts, without labels, whose words are counted too.
            progress: hears how far each step is.

        Raises:
            TypeError: a text is not a str, or labels are of several kinds.
            ValueError: a setting is out of its range, or there are not as many labels as texts.
            DataError: there is only one class, or validation holds a label that training lacks.
            FormatError: the vectors file is damaged.
            MissingExtraError: Keras or its backend is not installed.
        """
        settings = self.check_settings()
        checked = as_texts(texts)
        labels = _as_labels(labels, len(checked))
        held_out = _as_corpus(validation)
        classes = _classes(labels)
        targets = _targets(classes, labels, "training")
        held_out_targets = None if held_out is None else _targets(classes, held_out.labels, "validation")
        self.classes_ = classes
        importing = warm_up()
        try:
            return self._fit_checked(settings, checked, targets, held_out, held_out_targets, unlabelled, progress)
        finally:
            importing.join()  # a process that ends while a thread imports JAX is aborted

    def _fit_checked(
        self,
        settings: TrainingSettings,
        checked: list[str],
        targets: npt.NDArray[np.int32],
        held_out: Corpus | None,
        held_out_targets: npt.NDArray[np.int32] | None,
        unlabelled: Sequence[str],
        progress: Progress,
    ) -> Self:
        encoded = self._learn_words(checked, as_texts(unlabelled), progress)
        validated = None
        if held_out is not None and held_out_targets is not None:
            validated = Samples(self.vectorizer_.encode(held_out.texts).ids, held_out_targets)
        matrix, coverage = self._matrix(progress)
        model = build_model(self._plan(), matrix=matrix, seed=self.seed)
        del matrix
        release_memory()
        self.history_ = fit(model, Samples(encoded.ids, targets), validated, settings, progress=progress)
        self._take_network(model)
        release_memory()
        looked_at = 0 if validated is None else len(validated)
        shares = (encoded.cut_share, encoded.unknown_share)
        self.facts_ = TrainingFacts(len(checked), looked_at, *shares, coverage)
        self.examples_ = checked[:KEPT_EXAMPLES]
        return self

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        """Probabilities of every class, float32 (samples, classes), in the order of `classes_`."""
        self._check_is_fitted()
        outputs = self._forward(self.vectorizer_.transform(texts))
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs

    def predict(self, texts: Sequence[str]) -> Labels:
        """The most probable label of every text."""
        probabilities = self.predict_proba(texts)
        answers: Labels = self.classes_[probabilities.argmax(axis=1)]
        return answers

    def save(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, examples: Sequence[str] | None = None
    ) -> Path:
        """Write the model into one file that holds data only, whole or not at all.

        Args:
            path: the file, `NAME.malmoi`.
            overwrite: whether a file that exists may be replaced.
            examples: texts whose first 200 characters are kept with their probabilities, so that `load` can check
                its answers; the first four training texts if not given, none if empty.

        Raises:
            FileExistsError: the file exists and `overwrite` is off.
        """
        from malmoi.storage import save

        self._check_is_fitted()
        kept = self.examples_ if examples is None else as_texts(examples)
        return save(self, path, overwrite=overwrite, examples=kept)

    def _learn_words(self, texts: list[str], unlabelled: list[str], progress: Progress) -> EncodedTexts:
        self.vectorizer_ = self._vectorizer()
        if not unlabelled:
            return self.vectorizer_.fit_encode(texts, progress=progress)
        self.vectorizer_.fit(texts + unlabelled, progress=progress)
        return self.vectorizer_.encode(texts)

    def _vectorizer(self) -> SequenceVectorizer:
        return SequenceVectorizer(
            self.tokens, self.max_tokens, self.max_length, self.min_count, self.padding, self.truncating
        )

    def _take_words(self, vocabulary: Vocabulary) -> None:
        self.vectorizer_ = self._vectorizer()
        self.vectorizer_.vocabulary_ = vocabulary

    def _matrix(self, progress: Progress) -> tuple[Matrix | None, Coverage | None]:
        if isinstance(self.embedding, Learned):
            return None, None
        return self.embedding.vectors.matrix_for(self.vectorizer_.vocabulary_, progress=progress)

    def _plan(self, rows: int | None = None, classes: int | None = None) -> Plan:
        return Plan(
            network=self.network,
            rows=rows or self.max_tokens or len(self.vectorizer_.vocabulary_),
            length=self.max_length,
            dimension=self.embedding.dimension,
            classes=classes or len(self.classes_),
            trainable=self.embedding.trainable,
        )

    def _take_network(self, model: keras.Model) -> None:
        self.network_ = model
        self._forward: Forward = forward(model)

    def check_settings(self) -> TrainingSettings:
        """Refuse settings that are out of their range, before any work; returns those of the training loop.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range.
        """
        self._vectorizer().check_settings()
        if not isinstance(self.network, Network):
            raise TypeError(f"network must be a network such as Flatten(), got {self.network!r}")
        if not isinstance(self.embedding, Learned | Pretrained):
            raise TypeError(f"embedding must be Learned(...) or Pretrained(...), got {self.embedding!r}")
        self._plan(rows=self.max_tokens or FIRST_ID, classes=2).check()
        return TrainingSettings(self.optimizer, self.learning_rate, self.epochs, self.batch_size, self.seed)

    def _check_is_fitted(self) -> None:
        if not hasattr(self, "network_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("this EmbeddingClassifier has learned nothing yet; call fit first")

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles hold the network's weights; the network is built again."""
        state = {name: value for name, value in super().__getstate__().items() if name != "_forward"}
        if "network_" in state:
            state["network_"] = self.network_.get_weights()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        weights = state.pop("network_", None)
        super().__setstate__(state)
        if weights is not None:
            network = build_model(self._plan())
            network.set_weights(weights)
            self._take_network(network)


def _as_labels(labels: Sequence[object] | Labels, samples: int) -> Labels:
    """Labels as one array of str, int or bool."""
    values = list(labels)
    if len(values) != samples:
        raise ValueError(f"labels must be as many as the {samples} texts, got {len(values)}")
    for position, label in enumerate(values):
        if label is None or (isinstance(label, float) and math.isnan(label)):
            raise DataError(f"labels[{position}] must be a label, got {label!r}; leave the text out")
    kinds = {type(label.item() if isinstance(label, np.generic) else label) for label in values}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"labels must be of one kind, got {names}; turn them into str")
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "OUSTbiuf":
        raise TypeError(f"labels must be one label a text, got {shorten(values[0])}")
    return array


def _as_corpus(validation: Validation) -> Corpus | None:
    if validation is None or isinstance(validation, Corpus):
        return validation
    texts = as_texts(validation[0])
    return Corpus(texts, _as_labels(validation[1], len(texts)))


def _classes(labels: Labels) -> Labels:
    classes: Labels = np.unique(labels)
    if len(classes) < 2:
        seen = "no labels at all" if len(classes) == 0 else f"only {classes[0].item()!r}"
        raise DataError(f"labels must hold 2 classes or more, got {seen}")
    return classes


def _targets(classes: Labels, labels: Labels | None, where: str) -> npt.NDArray[np.int32]:
    if labels is None or len(labels) == 0:
        raise DataError(f"{where} must hold labelled texts, got none")
    if (classes.dtype.kind in "US") != (labels.dtype.kind in "US"):
        raise DataError(f"{where} labels must be of the training labels' kind, got {labels[0].item()!r}")
    places: npt.NDArray[np.intp] = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
    strange = np.flatnonzero(classes[places] != labels)
    if strange.size:
        known = shorten([label.item() for label in classes])
        raise DataError(f"{where} holds the label {labels[strange[0]].item()!r}, training only has {known}")
    return places.astype(np.int32)
