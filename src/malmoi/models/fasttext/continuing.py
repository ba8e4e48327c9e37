"""Train a fitted fastText classifier further on more texts, with new words and new classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import text_list
from malmoi.foundation.log import logger
from malmoi.foundation.progress import Progress
from malmoi.models.fasttext.calibration import spread_texts
from malmoi.models.fasttext.learning import with_training_accuracy
from malmoi.models.fasttext.model import FastTextModel
from malmoi.models.fasttext.starting import Start
from malmoi.models.fasttext.tables import QuantisedTable
from malmoi.models.fasttext.training import label_counts, trained_network
from malmoi.models.labels import places_among
from malmoi.models.linear.learning import TrainingTexts
from malmoi.models.state import plain
from malmoi.models.task import Classification, Targets

__all__ = ["continued", "joined", "sample_of"]

SAMPLE_TEXTS = 2_000
"""Training texts that an estimator keeps in memory for a later training."""
NAMED_CLASSES = 5


def sample_of(training: TrainingTexts) -> TrainingTexts:
    """Return some of the training texts, at equal distances, which a later training learns again."""
    return spread_texts(training, SAMPLE_TEXTS)


def joined(sample: TrainingTexts | None, training: TrainingTexts) -> TrainingTexts:
    """Return the texts of a sample and more texts, with targets for the classes of the latter.

    Without a sample, a warning is logged if the texts lack a class.
    """
    task = training.task
    if not isinstance(task, Classification):
        raise TypeError(f"the task must be classification, got {type(task).__name__}")
    if sample is None or not isinstance(sample.task, Classification):
        _tell_missing(task, training)
        return training
    places = places_among(task.classes, sample.task.classes)
    if sample.targets.ndim == 1:
        before: Targets = places[sample.targets].astype(np.int32)
    else:
        before = np.zeros((len(sample.targets), len(task.classes)), np.float32)
        before[:, places] = sample.targets
    weights = None
    if sample.weights is not None or training.weights is not None:
        weights = np.concatenate([_weights(sample), _weights(training)])
    texts = [*text_list(sample.texts), *text_list(training.texts)]
    return TrainingTexts(texts, task, np.concatenate([before, training.targets]), weights)


def _weights(training: TrainingTexts) -> npt.NDArray[np.float32]:
    return np.ones(len(training.texts), np.float32) if training.weights is None else training.weights


def _tell_missing(task: Classification, training: TrainingTexts) -> None:
    counts = label_counts(task, training.targets)
    missing = [plain(label) for label in task.classes[counts == 0]]
    if missing:
        names = ", ".join(map(str, missing[:NAMED_CLASSES]))
        logger.warning("partial_fit without texts of %s, which may be forgotten: pass some of them again", names)


def continued(model: FastTextModel, training: TrainingTexts, more: int, progress: Progress) -> FastTextModel:
    """Return a model trained further.

    Args:
        model: the model so far.
        training: texts; the task has the classes so far and new ones. The last `more` of them are new.
        more: number of new texts.
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
    total = counts + label_counts(task, training.targets[len(training.texts) - more :])
    known = replace(dictionary, counts=np.concatenate([dictionary.counts[: dictionary.words], total]))
    facts = replace(
        model.facts,
        samples=model.facts.samples + more,
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
