"""Training of a network in the core, on texts in memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.errors import DataError
from malmoi.foundation.log import logger
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.models.fasttext.network import END, Dictionary, FastTextNetwork, NetworkLoss, prepared
from malmoi.models.fasttext.settings import FastTextSettings
from malmoi.models.fasttext.starting import Start, dictionary_of, start_of
from malmoi.models.fasttext.tables import DenseTable
from malmoi.models.linear.learning import TrainingTexts
from malmoi.models.task import Classification, Multilabel, Targets

__all__ = ["Trained", "Training", "check_words", "core_targets", "label_counts", "loss_of", "trained_network"]


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Args:
        network: dictionary, embeddings and outputs.
        losses: mean training loss of each pass, in nats.
        tokens: number of words of the texts.
        dropped_up_to: words with at most so many occurrences were dropped to bound the memory.
    """

    network: FastTextNetwork
    losses: tuple[float, ...]
    tokens: int
    dropped_up_to: int


def loss_of(settings: FastTextSettings, task: Classification) -> NetworkLoss:
    """Return the loss function for a task.

    Raises:
        ValueError: the loss does not fit the labels.
    """
    if isinstance(task, Multilabel):
        if settings.loss == "softmax":
            raise ValueError("loss must be 'auto' or 'one-vs-all' for multilabel data, got 'softmax'")
        return "one-vs-all"
    return "softmax" if settings.loss == "auto" else settings.loss


class Training:
    """A training in progress: the dictionary and the trainer of the core.

    Args:
        settings: settings.
        vocabulary: counted words of all texts.
        task: the task.
        counts: int64 (classes,), number of texts of each class.
        loss: loss function.
        start: words, rows and outputs to start from; `None`: pretrained vectors, or random numbers.

    Raises:
        DataError: no text has a word, or a pretrained vector is not finite.
    """

    def __init__(
        self,
        settings: FastTextSettings,
        vocabulary: _core.FastTextVocabulary,
        task: Classification,
        counts: npt.NDArray[np.int64],
        loss: NetworkLoss,
        start: Start | None = None,
    ) -> None:
        begin = start_of(settings) if start is None else start
        self.settings, self.loss, self.vocabulary = settings, loss, vocabulary
        self.dictionary: Dictionary = dictionary_of(settings, vocabulary, task, counts, begin)
        self.losses: list[float] = []
        self.trainer = _core.FastTextTrainer(
            self.dictionary.core,
            dimension=settings.dimension,
            labels=len(task.classes),
            loss=loss,
            seed=settings.seed,
            threads=thread_count(settings.n_jobs),
            rows=begin.rows,
            start_buckets=begin.buckets,
            output=begin.output,
        )

    def add(self, training: TrainingTexts) -> None:
        """Add texts to train on."""
        texts = prepared(self.settings.tokens, training.texts)
        weights = np.ones(len(texts), np.float32) if training.weights is None else training.weights
        self.trainer.add(texts, *core_targets(training.targets), weights)

    def step(self, shuffle: int, done: float, behind: float) -> float:
        """Pass over the added texts once; return their mean loss.

        Args:
            shuffle: number of the order of the texts.
            done, behind: share of the whole training that is done before and after it, 0 to 1.

        Raises:
            DataError: training diverges.
        """
        rate = self.settings.learning_rate
        loss = self.trainer.train(shuffle, rate * (1 - done), rate * (1 - behind))
        if not math.isfinite(loss):
            raise DataError(f"training diverged: the loss must be finite, got {loss}; {self._cure}")
        return loss

    def end_pass(self, loss: float) -> None:
        """Record the mean loss of a pass over all texts."""
        self.losses.append(loss)
        logger.info("pass %d: loss %.4f", len(self.losses), loss)

    @property
    def _cure(self) -> str:
        return f"lower learning_rate, which is {self.settings.learning_rate:g}"

    def trained(self) -> Trained:
        """Return the network.

        Raises:
            DataError: it has numbers that are not finite.
        """
        rows, buckets, output = self.trainer.trained()
        if not (np.isfinite(output).all() and np.isfinite(rows).all()):
            raise DataError(f"training diverged: embeddings must be finite; {self._cure}")
        dictionary = self.dictionary.with_kept(buckets, zeros=True)
        tables = DenseTable(rows), DenseTable(output)
        order = np.arange(len(output), dtype=np.int64)
        network = FastTextNetwork(self.settings.tokens, dictionary, *tables, self.loss, order)
        _, tokens, dropped = self.vocabulary.totals()
        return Trained(network, tuple(self.losses), tokens, dropped)


def trained_network(
    settings: FastTextSettings, training: TrainingTexts, progress: Progress, start: Start | None = None
) -> Trained:
    """Train a network on texts in memory.

    Args:
        settings: settings.
        training: texts with targets.
        progress: progress callback.
        start: words, rows and outputs to start from.

    Raises:
        DataError: training diverges, or no text has a word.
        ValueError: the loss does not fit the labels.
    """
    task = training.task
    if not isinstance(task, Classification):
        raise TypeError(f"the task must be classification, got {type(task).__name__}")
    vocabulary = _core.FastTextVocabulary()
    vocabulary.add(prepared(settings.tokens, training.texts), thread_count(settings.n_jobs))
    counts = label_counts(task, training.targets)
    under_way = Training(settings, vocabulary, task, counts, loss_of(settings, task), start)
    under_way.add(training)
    epochs = settings.epochs_for(len(training.texts))
    for epoch in range(epochs):
        progress("training", epoch, epochs)
        under_way.end_pass(under_way.step(0, epoch / epochs, (epoch + 1) / epochs))
    progress("training", epochs, epochs)
    return under_way.trained()


def check_words(settings: FastTextSettings, network: FastTextNetwork) -> None:
    """Check that a text can have a known word or character n-gram.

    Raises:
        DataError: no word occurs `min_count` times.
    """
    dictionary = network.dictionary
    words = {dictionary.entry(number) for number in range(min(dictionary.words, 2))}
    if not words or (words == {END} and settings.characters is None):
        raise DataError(f"min_count must be lower for these texts: no word occurs {settings.min_count} times or more")


def label_counts(task: Classification, targets: Targets) -> npt.NDArray[np.int64]:
    """Return the number of texts of each class, int64 (classes,)."""
    if targets.ndim == 1:
        return np.bincount(targets, minlength=len(task.classes)).astype(np.int64)
    return np.asarray(targets.sum(axis=0), dtype=np.int64)


def core_targets(targets: Targets) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Return the indices of the labels of all texts, and the end of those of each text."""
    if targets.ndim == 1:
        return targets.astype(np.uint32), np.arange(1, len(targets) + 1, dtype=np.int64)
    owners, codes = np.nonzero(targets)
    counts = np.bincount(owners, minlength=len(targets))
    return codes.astype(np.uint32), np.cumsum(counts).astype(np.int64)
