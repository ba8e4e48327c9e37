"""Association of words with classes: log-odds ratios with a prior."""

from __future__ import annotations

import numpy as np

from malmoi.metrics.intervals import Floats

__all__ = ["class_word_scores"]

PRIOR_TEXTS = 1.0
"""Weight of a word's prior in each class, as a number of texts."""


def class_word_scores(counts: Floats, sizes: Floats) -> Floats:
    """Return the z-scores of the log-odds ratios of words between each class and all other texts.

    Args:
        counts: float64 (classes, words), number of texts of each class that contain each word.
        sizes: float64 (classes,), number of texts of each class; 1 or more.

    Returns:
        float64 (classes, words).

    Source:
        Monroe, Colaresi and Quinn 2008, "Fightin' words", with the document frequency in all texts as the prior, and
        document counts instead of word counts.

    Example:
        >>> class_word_scores(np.array([[9.0, 5.0], [1.0, 5.0]]), np.array([10.0, 10.0])).round(1).tolist()
        [[3.0, 0.0], [-3.0, 0.0]]
    """
    total, texts = counts.sum(axis=0), sizes.sum()
    prior = PRIOR_TEXTS * np.clip(total / texts, 1e-9, 1 - 1e-9)
    held, others = counts + prior, total - counts + prior
    without = sizes[:, None] - counts + PRIOR_TEXTS - prior
    others_without = (texts - sizes)[:, None] - (total - counts) + PRIOR_TEXTS - prior
    variance = 1 / held + 1 / others + 1 / without + 1 / others_without
    scores: Floats = (np.log(held / without) - np.log(others / others_without)) / np.sqrt(variance)
    return scores
