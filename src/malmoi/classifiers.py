"""Estimators that learn labels from texts."""

from __future__ import annotations

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
from malmoi.grams import TokensOrAuto
from malmoi.history import History
from malmoi.networks import Embedding, Flatten, Learned, Network, Plan, Pretrained, build_model
from malmoi.progress import Progress, silent
from malmoi.startup import release_memory, warm_up
from malmoi.training import Forward, Samples, TrainingSettings, fit, forward
from malmoi.vectorizers import SequenceVectorizer
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
        tokens: how a text becomes tokens; "auto": words, or syllables or characters where the training texts are
            Korean, Japanese, Chinese or the like; `vectorizer_.choice_` says which and why.
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
        settings_: the parameters that it learned with, whatever `set_params` said since.

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
    settings_: dict[str, Any]

    def __init__(
        self,
        network: Network = Flatten(),  # noqa: B008 -- frozen
        tokens: TokensOrAuto = "auto",
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
        """Learn from labelled texts; where it fails, all that was learned before stays as it was.

        Args:
            texts: list of str, or an array or a column of them.
            labels: as many labels, all str, all int or all bool; whole floats become int. 2 classes or more.
            validation: a `Corpus`, or texts and labels, looked at after every epoch and never learned from.
            unlabelled: more texts, without labels, whose words are counted too.
            progress: hears how far each step is.

        Raises:
            TypeError: a text is not a str, or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or there are not as many labels as texts.
            DataError: a label cannot be used, there is only one class, or validation holds a label that training lacks.
            FormatError: the vectors file is damaged.
            MissingExtraError: Keras or its backend is not installed.
        """
        settings = self.check_settings()
        training = Corpus(texts, labels)  # type: ignore[arg-type]  # it makes a list and an array of them
        held_out, more = _as_corpus(validation), as_texts(unlabelled)
        classes = _classes(training.known_labels)
        targets = _targets(classes, training.labels, "training")
        held_out_targets = None if held_out is None else _targets(classes, held_out.labels, "validation")
        parts = _Parts(training.texts, targets, None if held_out is None else held_out.texts, held_out_targets, more)
        importing = warm_up()
        try:
            learned = self._learned_from(parts, len(classes), settings, progress)
        finally:
            importing.join()  # a process that ends while a thread imports JAX is aborted
        # All at once: a fit that fails leaves the old model whole.
        self.__dict__.update(learned, classes_=classes, settings_=self.get_params(deep=False))
        return self

    def _learned_from(
        self, parts: _Parts, classes: int, settings: TrainingSettings, progress: Progress
    ) -> dict[str, object]:
        """Every learned attribute but the classes."""
        vectorizer = self._vectorizer()
        if parts.unlabelled:
            vectorizer.fit(parts.texts + parts.unlabelled, progress=progress)
            encoded = vectorizer.encode(parts.texts)
        else:
            encoded = vectorizer.fit_encode(parts.texts, progress=progress)
        validated = None
        if parts.held_out is not None and parts.held_out_targets is not None:
            validated = Samples(vectorizer.encode(parts.held_out).ids, parts.held_out_targets)
        matrix, coverage = self._matrix(vectorizer.vocabulary_, progress)
        model = build_model(self._plan(len(vectorizer.vocabulary_), classes), matrix=matrix, seed=settings.seed)
        del matrix
        release_memory()
        history = fit(model, Samples(encoded.ids, parts.targets), validated, settings, progress=progress)
        answer = forward(model)
        release_memory()
        looked_at = 0 if validated is None else len(validated)
        shares = (encoded.cut_share, encoded.unknown_share)
        return {
            "network_": model,
            "_forward": answer,
            "history_": history,
            "vectorizer_": vectorizer,
            "facts_": TrainingFacts(len(parts.texts), looked_at, *shares, coverage),
            "examples_": parts.texts[:KEPT_EXAMPLES],
        }

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

    def _vectorizer(self) -> SequenceVectorizer:
        max_tokens = None if self.max_tokens is None else _plain(self.max_tokens)
        counts = (max_tokens, _plain(self.max_length), _plain(self.min_count))
        return SequenceVectorizer(self.tokens, *counts, self.padding, self.truncating)

    def _take_words(self, vocabulary: Vocabulary) -> None:
        self.vectorizer_ = self._vectorizer().take_vocabulary(vocabulary)

    def _matrix(self, vocabulary: Vocabulary, progress: Progress) -> tuple[Matrix | None, Coverage | None]:
        if isinstance(self.embedding, Learned):
            return None, None
        return self.embedding.vectors.matrix_for(vocabulary, progress=progress)

    def _plan(self, words: int | None = None, classes: int | None = None) -> Plan:
        """The network's shapes; words and classes are those that it learned, if not given."""
        words = len(self.vectorizer_.vocabulary_) if words is None else words
        return Plan(
            network=self.network,
            rows=words if self.max_tokens is None else int(self.max_tokens),
            length=int(self.max_length),
            dimension=self.embedding.dimension,
            classes=len(self.classes_) if classes is None else classes,
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
        self._plan(words=FIRST_ID, classes=2).check()
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
            learned_with = type(self)(**self.settings_)
            network = build_model(learned_with._plan(len(self.vectorizer_.vocabulary_), len(self.classes_)))
            network.set_weights(weights)
            self._take_network(network)


@dataclass(frozen=True)
class _Parts:
    """What a fit works on, all of it checked."""

    texts: list[str]
    targets: npt.NDArray[np.int32]
    held_out: list[str] | None
    held_out_targets: npt.NDArray[np.int32] | None
    unlabelled: list[str]


def _plain(value: int) -> int:
    return int(value) if isinstance(value, np.integer) else value


def _as_corpus(validation: Validation) -> Corpus | None:
    if validation is None or isinstance(validation, Corpus):
        return validation
    texts, labels = validation
    return Corpus(texts, labels)  # type: ignore[arg-type]  # it makes a list and an array of them


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
        cure = "learn from texts of it too, or leave it out"
        raise DataError(f"{where} holds the label {labels[strange[0]].item()!r}, training only has {known}; {cure}")
    return places.astype(np.int32)
