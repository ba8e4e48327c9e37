"""Train a fitted fastText classifier further on more texts, with new words and new classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from malmoi.foundation.progress import Progress
from malmoi.models.fasttext.learning import with_training_accuracy
from malmoi.models.fasttext.model import FastTextModel
from malmoi.models.fasttext.starting import Start
from malmoi.models.fasttext.tables import QuantisedTable
from malmoi.models.fasttext.training import label_counts, trained_network
from malmoi.models.labels import places_among
from malmoi.models.linear.learning import TrainingTexts
from malmoi.models.task import Classification

__all__ = ["continued"]


def continued(model: FastTextModel, training: TrainingTexts, progress: Progress) -> FastTextModel:
    """Return a model trained further.

    Args:
        model: the model so far.
        training: more texts; the task has the classes so far and new ones.
        progress: progress callback.

    Raises:
        ValueError: the model is quantised, or has a loss that is not trained here.
        DataError: training diverges.
    """
    network, task = model.network, training.task
    if isinstance(network.input, QuantisedTable) or isinstance(network.output, QuantisedTable):
        raise ValueError("a quantised model cannot be trained further; train the model that it was made from")
    if network.loss not in ("softmax", "one-vs-all"):
        raise ValueError(f"the loss must be softmax or one-vs-all to train further, got {network.loss}")
    if not isinstance(task, Classification):
        raise TypeError(f"the task must be classification, got {type(task).__name__}")
    places = places_among(task.classes, model.task.classes)
    start, counts = _start(model, task, places), np.zeros(len(task.classes), np.int64)
    counts[places] = network.dictionary.label_counts[network.order]
    settings = replace(model.settings, vectors=None, loss=network.loss)
    trained = trained_network(settings, training, progress, start)
    dictionary = trained.network.dictionary
    total = counts + label_counts(task, training.targets)
    known = replace(dictionary, counts=np.concatenate([dictionary.counts[: dictionary.words], total]))
    facts = replace(
        model.facts,
        samples=model.facts.samples + len(training.texts),
        tokens=model.facts.tokens + trained.tokens,
        epochs=len(trained.losses),
        losses=trained.losses,
    )
    grown = replace(
        model,
        task=task,
        network=replace(trained.network, dictionary=known),
        facts=facts,
        prior=None if model.prior is None else (total / max(int(total.sum()), 1)).astype(np.float32),
    )
    return with_training_accuracy(grown, training)


def _start(model: FastTextModel, task: Classification, places: npt.NDArray[np.int32]) -> Start:
    """Return what the model has learned, with the outputs at the positions of the labels among the new classes."""
    network, dictionary = model.network, model.network.dictionary
    output = np.zeros((len(task.classes), network.output.shape[1]), np.float32)
    output[places] = network.output.dense()[network.order]
    kept = np.arange(dictionary.buckets, dtype=np.uint32) if dictionary.kept is None else dictionary.kept
    words = [dictionary.entry(number) for number in range(dictionary.words)]
    return Start(words, dictionary.counts[: dictionary.words], network.input.dense(), kept, output)
