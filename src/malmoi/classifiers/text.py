"""Texts to labels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from malmoi.arrays import Labels, Matrix, Probabilities
from malmoi.classifiers.base import FitOptions, NetworkEstimator, share_of
from malmoi.classifiers.parts import TextParts, Validation, set_aside, texts_and_labels
from malmoi.classifiers.targets import (
    Answers,
    ClassWeight,
    check_class_weight,
    class_weights,
    encode_answers,
    sample_weights,
)
from malmoi.corpus import as_texts
from malmoi.errors import shorten
from malmoi.estimators import ClassifierMixin
from malmoi.evaluation import Objective
from malmoi.grams import TokensOrAuto
from malmoi.networks import (
    Average,
    Embedding,
    Flatten,
    Hashed,
    Learned,
    Network,
    NetworkFunction,
    Output,
    Plan,
    Pretrained,
    as_network,
    build_model,
)
from malmoi.progress import Progress, silent
from malmoi.startup import warm_up
from malmoi.training import Samples, TrainingSettings
from malmoi.vectorizers import EncodedTexts, HashedSequenceVectorizer, SequenceVectorizer
from malmoi.vocabulary import FIRST_ID, Vocabulary
from malmoi.wordvectors import Coverage

__all__ = ["EmbeddingClassifier", "TrainingFacts"]

KEPT_EXAMPLES = 4


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


class EmbeddingClassifier(ClassifierMixin, NetworkEstimator):  # type: ignore[misc]
    """Texts to labels: token ids, word vectors, a network, a probability for every class.

    Args:
        network: what stands between the word vectors and the probabilities: `Flatten`, `Average`, `Conv`, `Recurrent`,
            or a function from a Keras tensor (samples, length, dimension) to one (samples, features); a function of
            two arguments is also given the mask, bool (samples, length).
        tokens: how a text becomes tokens; "auto": words, or syllables or characters where the training texts are
            Korean, Japanese, Chinese or the like; `vectorizer_.choice_` says which and why.
        max_tokens: rows of the embedding, padding and unknown included; the most frequent tokens get one.
            `None`: as many as the vocabulary needs. Not used by `Hashed`.
        max_length: tokens of a text that are looked at; 1 or more.
        min_count: tokens seen less often are unknown; 1 or more. Not used by `Hashed`.
        padding: side that is filled up when a text is short, "pre" or "post".
        truncating: side that is cut off when a text is long, "pre" or "post".
        embedding: `Learned(dimension)`, `Pretrained(vectors)` or `Hashed(dimension, buckets)`.
        optimizer: one of Keras' optimizers, by name.
        learning_rate: above 0; `None` is the optimizer's default.
        epochs: passes over the training texts; 1 or more.
        batch_size: texts a step; 1 or more.
        seed: decides the first weights and the order of the texts. The same seed and texts give the same model.
        patience: epochs without a smaller validation loss after which training stops and the best epoch's weights are
            kept; 1 or more. `None`: all epochs, and the last weights.
        class_weight: how much the texts of each class count in the loss: a dict, or "balanced", by which every class
            counts the same; `None`: every text counts the same.
        precision: in which the layers compute: "float32", or "bfloat16", which is faster on a GPU alone.

    Attributes:
        classes_: the labels, sorted.
        network_: the trained `keras.Model`.
        history_: loss and accuracy of every epoch.
        vectorizer_: the learned vocabulary, or the hash.
        facts_: how many texts it learned from, and what of them did not fit.
        examples_: the texts that `save` keeps with their answers.
        settings_: the parameters that it learned with, whatever `set_params` said since.

    Example:
        >>> model = EmbeddingClassifier(Flatten(), max_length=4, embedding=Learned(8), epochs=60)
        >>> model.fit(["so good", "so bad", "good film", "bad film"], ["pos", "neg", "pos", "neg"]).predict(["good"])
        array(['pos'], dtype='<U3')
    """

    vectorizer_: SequenceVectorizer | HashedSequenceVectorizer
    answers_: Answers
    facts_: TrainingFacts
    examples_: list[str]

    def __init__(
        self,
        network: Network | NetworkFunction = Flatten(),  # noqa: B008 -- frozen
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

    def __sklearn_tags__(self) -> Any:
        """Texts come in, one str a sample."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_label = True
        return tags

    @property
    def classes_(self) -> Labels:
        """The labels, sorted."""
        if not hasattr(self, "answers_"):
            raise AttributeError(f"this {type(self).__name__} has learned nothing yet; call fit first")
        return self.answers_.classes

    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[object] | Labels,
        *,
        validation: Validation = None,
        unlabelled: Sequence[str] = (),
        sample_weight: Sequence[float] | npt.NDArray[np.floating] | None = None,
        callbacks: Sequence[Any] = (),
        checkpoint: str | os.PathLike[str] | None = None,
        progress: Progress = silent,
    ) -> Self:
        """Learn from labelled texts; where it fails, all that was learned before stays as it was.

        Args:
            texts: list of str, or an array or a column of them.
            labels: as many labels, all str, all int or all bool; whole floats become int. 2 classes or more. For
                several labels a text: lists, tuples or sets of them, or an array of zeros and ones (samples, classes);
                `predict` then answers in the same form.
            validation: a `Corpus`, or texts and labels, looked at after every epoch and never learned from; or the
                share of the texts that is set aside for that, between 0 and 1.
            unlabelled: more texts, without labels, whose words are counted too.
            sample_weight: float (samples,), how much each text counts in the loss, beside `class_weight`.
            callbacks: of Keras; they see the model after every epoch, or, where one asks for it, after every batch,
                which takes Keras' own, slower steps.
            checkpoint: a file that is written after every epoch; where it is there, training goes on from it, with the
                same result as without the break.
            progress: hears how far each step is.

        Raises:
            TypeError: a text is not a str, or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or there are not as many labels as texts.
            DataError: a label cannot be used, there is only one class, validation holds a label that training lacks, or
                the checkpoint is of another training.
            FormatError: the vectors file or the checkpoint is damaged.
            MalmoiError: the loss is no finite number in the first epoch, a callback fails, or memory does not suffice.
            MissingExtraError: Keras or its backend is not installed.
        """
        settings = self.check_settings()
        options = FitOptions(callbacks, checkpoint, progress)
        parts = self._parts(as_texts(texts), labels, validation, sample_weight, as_texts(unlabelled))
        importing = warm_up()
        try:
            learned = self._learned_from(parts, settings, options)
        finally:
            importing.join()  # a process that ends while a thread imports JAX is aborted
        self._take_learned(learned)
        return self

    def _parts(
        self, texts: list[str], labels: object, validation: Validation, weights: object, unlabelled: list[str]
    ) -> TextParts:
        """What is learned from and what is only looked at, all of it checked."""
        answers, targets = encode_answers(labels)
        if len(targets) != len(texts):
            raise ValueError(f"labels must be as many as the {len(texts)} texts, got {len(targets)}")
        by_sample = sample_weights(weights, class_weights(self.class_weight, answers, targets), len(texts))
        share = share_of(validation)
        if share is not None:
            return set_aside(TextParts(answers, texts, targets, by_sample, unlabelled), share, int(self.seed))
        parts = TextParts(answers, texts, targets, by_sample, unlabelled)
        if validation is None:
            return parts
        held_out, held_out_labels = texts_and_labels(validation)
        return parts.with_held_out(held_out, answers.targets(held_out_labels, "validation"))

    def _learned_from(self, parts: TextParts, settings: TrainingSettings, options: FitOptions) -> dict[str, object]:
        """Every learned attribute."""
        vectorizer = self._vectorizer()
        counted = parts.texts + parts.unlabelled
        if isinstance(vectorizer, SequenceVectorizer) and not parts.unlabelled:
            encoded = vectorizer.fit_encode(parts.texts, progress=options.progress)
        else:
            vectorizer.fit(counted, progress=options.progress)
            encoded = vectorizer.encode(parts.texts)
        training = self._samples(encoded, parts.targets, parts.weights)
        validated = None
        if parts.held_out is not None and parts.held_out_targets is not None:
            validated = self._samples(vectorizer.encode(parts.held_out), parts.held_out_targets)
        matrix, coverage = self._matrix(vectorizer, options.progress)
        plan = self._plan(_rows(vectorizer), parts.answers.output)
        model = build_model(plan, matrix=matrix, seed=settings.seed)
        del matrix
        objective = Objective(parts.answers.output.kind)
        learned = self._train(model, training, validated, settings, objective, options)
        looked_at = 0 if validated is None else len(validated)
        return {
            **learned,
            "answers_": parts.answers,
            "vectorizer_": vectorizer,
            "facts_": TrainingFacts(
                len(parts.texts), looked_at, encoded.cut_share, encoded.unknown_share, coverage
            ),
            "examples_": parts.texts[:KEPT_EXAMPLES],
        }  # fmt: skip

    def _samples(
        self, encoded: EncodedTexts, targets: npt.NDArray[Any], weights: npt.NDArray[np.float32] | None = None
    ) -> Samples:
        """Ids and targets, and where the rows may be cut."""
        lengths = None
        if self._plan(FIRST_ID, Output("class", 2)).masked:
            lengths = np.count_nonzero(encoded.ids, axis=1).astype(np.int64)
        return Samples((encoded.ids,), targets, weights, lengths, pad_left=self.padding == "pre")

    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        """Probabilities of every class, float32 (samples, classes), in the order of `classes_`.

        Where a text has several labels, each has its own probability, and a row need not sum to 1.
        """
        self._check_is_fitted()
        encoded = self.vectorizer_.encode(texts)
        learned_with = type(self)(**self.settings_)
        outputs = self._forward(learned_with._samples(encoded, np.zeros(len(encoded.ids), np.int32)))
        return self.answers_.probabilities(outputs)

    def predict(self, texts: Sequence[str]) -> Any:
        """The most probable label of every text; where a text has several, all that are more probable than not."""
        probabilities = self.predict_proba(texts)
        return self.answers_.labels(probabilities)

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
            TypeError: the network or the tokenizer is a function, which a file of data cannot hold.
        """
        self._check_is_fitted()
        return self._write(path, overwrite, self.examples_ if examples is None else as_texts(examples))

    def _vectorizer(self) -> SequenceVectorizer | HashedSequenceVectorizer:
        length, sides = _plain(self.max_length), (self.padding, self.truncating)
        if isinstance(self.embedding, Hashed):
            hashed = self.embedding
            return HashedSequenceVectorizer(
                self.tokens, hashed.ngrams, hashed.buckets, length, *sides, seed=hashed.seed
            )  # fmt: skip
        max_tokens = None if self.max_tokens is None else _plain(self.max_tokens)
        return SequenceVectorizer(self.tokens, max_tokens, length, _plain(self.min_count), *sides)

    def _take_words(self, vocabulary: Vocabulary) -> None:
        vectorizer = self._vectorizer()
        self.vectorizer_ = (
            vectorizer.take_vocabulary(vocabulary) if isinstance(vectorizer, SequenceVectorizer) else vectorizer.fit([])
        )

    def _matrix(
        self, vectorizer: SequenceVectorizer | HashedSequenceVectorizer, progress: Progress
    ) -> tuple[Matrix | None, Coverage | None]:
        if not isinstance(self.embedding, Pretrained) or not isinstance(vectorizer, SequenceVectorizer):
            return None, None
        return self.embedding.vectors.matrix_for(vectorizer.vocabulary_, progress=progress)

    def _plan(self, rows: int, output: Output) -> Plan:
        """The network's shapes."""
        hashed = isinstance(self.embedding, Hashed)
        return Plan(
            network=self.network,
            rows=rows if hashed or self.max_tokens is None else int(self.max_tokens),
            length=int(self.max_length) * (self.embedding.sizes if isinstance(self.embedding, Hashed) else 1),
            dimension=self.embedding.dimension,
            output=output,
            trainable=self.embedding.trainable,
            precision=self.precision,
        )

    def _learned_plan(self) -> Plan:
        learned_with = type(self)(**self.settings_)
        return learned_with._plan(_rows(self.vectorizer_), self.answers_.output)

    def check_settings(self) -> TrainingSettings:
        """Refuse settings that are out of their range, before any work; returns those of the training loop.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range.
        """
        if not isinstance(self.embedding, Learned | Pretrained | Hashed):
            kinds = "Learned(...), Pretrained(...) or Hashed(...)"
            raise TypeError(f"embedding must be {kinds}, got {shorten(self.embedding)}")
        self._vectorizer().check_settings()
        as_network(self.network)
        if isinstance(self.embedding, Hashed):
            if self.embedding.sizes > 1 and not isinstance(self.network, Average):
                rule = "ngrams of several sizes must stand before Average, which does not look at their order"
                raise ValueError(f"{rule}, got {shorten(self.network)}")
            self._plan(self.embedding.buckets + 1, Output("class", 2)).check()
        else:
            self._plan(FIRST_ID, Output("class", 2)).check()
        check_class_weight(self.class_weight)
        return self._training_settings(self.embedding.learning_rate)


def _rows(vectorizer: SequenceVectorizer | HashedSequenceVectorizer) -> int:
    """Ids in use, padding included."""
    return len(vectorizer.vocabulary_) if isinstance(vectorizer, SequenceVectorizer) else int(vectorizer.buckets) + 1


def _plain(value: int) -> int:
    return int(value) if isinstance(value, np.integer) else value
