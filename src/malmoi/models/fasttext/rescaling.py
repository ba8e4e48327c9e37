"""The scale of the scores of a quantised model, so that its probabilities stay those of the whole model."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import Texts
from malmoi.metrics.golden_section import minimum_between
from malmoi.models.fasttext.model import FastTextModel
from malmoi.models.fasttext.probabilities import outputs_of
from malmoi.models.fasttext.tables import DenseTable
from malmoi.models.task import Multilabel

__all__ = ["rescaled"]

SMALLEST, LARGEST = 1 / 20, 4.0
"""Limits of the scale."""
Floats = npt.NDArray[np.float32]


def rescaled(small: FastTextModel, model: FastTextModel, texts: Texts) -> FastTextModel:
    """Return a small model with scaled outputs: its probabilities for some texts are nearest to those of a model.

    A mean of fewer embeddings is longer, so a model that has lost n-grams would be overconfident. The scale minimises
    the cross-entropy between the probabilities of both models (distillation; labels are not needed).
    """
    if not isinstance(small.network.output, DenseTable) or small.network.loss == "hierarchical softmax":
        return small
    wanted = model.task.probabilities(model.outputs(texts)).astype(np.float64)
    scores, known = small.network.scores(texts, small.settings.n_jobs)
    if not known.any():
        return small
    wanted, scores = wanted[known], scores[known]

    def loss(logarithm: float) -> float:
        scaled = scores * np.float32(math.exp(logarithm))
        outputs = outputs_of(scaled, small.task, small.network.loss, small.calibrator)
        return _cross_entropy(wanted, small.task.probabilities(outputs), each=isinstance(small.task, Multilabel))

    scale = np.float32(math.exp(minimum_between(loss, math.log(SMALLEST), math.log(LARGEST))))
    return replace(small, network=replace(small.network, output=DenseTable(small.network.output.values * scale)))


def _cross_entropy(wanted: npt.NDArray[np.float64], found: Floats, *, each: bool) -> float:
    """Return the mean cross-entropy of probabilities; `each`: of the binary decisions of a multilabel model."""
    shares = found.astype(np.float64).clip(1e-7, 1 - 1e-7)
    if each:
        return -float((wanted * np.log(shares) + (1 - wanted) * np.log1p(-shares)).mean())
    return -float((wanted * np.log(shares)).sum(axis=1).mean())
