"""Facts about the training data of a model, and about the tokens of texts that it ignores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from malmoi.wordvectors.coverage import Coverage

__all__ = ["ModelFacts", "TokenShares", "TrainingFacts"]


@dataclass(frozen=True)
class TrainingFacts:
    """Facts about the training data of an `EmbeddingClassifier`.

    Args:
        samples: number of labelled texts.
        validation_samples: number of texts in the validation set.
        cut_share: share of truncated tokens in the training texts.
        unknown_share: share of out-of-vocabulary tokens in the training texts.
        coverage: share of the vocabulary with a pretrained vector; `None` without vectors.

    Example:
        >>> facts = TrainingFacts(20_000, 5_000, cut_share=0.21, unknown_share=0.03)
        >>> facts.samples, facts.cut_share, facts.coverage is None
        (20000, 0.21, True)
    """

    samples: int
    validation_samples: int
    cut_share: float
    unknown_share: float
    coverage: Coverage | None = None


@dataclass(frozen=True)
class TokenShares:
    """Shares of the tokens of texts that a model ignores.

    Args:
        tokens: number of tokens of the texts.
        truncated: share of truncated tokens; `None` if the model does not truncate.
        unknown: share of out-of-vocabulary tokens; `None` without a vocabulary.
    """

    tokens: int
    truncated: float | None
    unknown: float | None


class ModelFacts:
    """What checks and reports read from a fitted model; by default nothing is stored."""

    @property
    def training_facts(self) -> TrainingFacts | None:
        """Facts about the training data, if they are stored.

        :meta private:
        """
        return None

    @property
    def training_texts(self) -> tuple[str, ...]:
        """Some training texts, truncated to 200 characters; empty if they are not stored.

        :meta private:
        """
        return ()

    @property
    def known_shares(self) -> tuple[float, float] | None:
        """Shares of the n-grams of labelled and of unlabelled texts that are known, for models that use both.

        :meta private:
        """
        return None

    def token_shares(self, texts: Sequence[str]) -> TokenShares | None:
        """Return shares of truncated and unknown tokens; `None` if the model has no tokens, or does not count them.

        :meta private:
        """
        return None

    def texts_without_known_words(self, texts: Sequence[str], probabilities: npt.NDArray[np.floating]) -> int:
        """Return the number of texts for which the model predicts the prior, because it knows none of their words.

        :meta private:
        """
        return 0

    @property
    def truncates_beginning(self) -> bool | None:
        """Whether long texts are truncated at the beginning instead of the end; `None` without truncation.

        :meta private:
        """
        return None

    @property
    def vocabulary_is_full(self) -> bool | None:
        """Whether the vocabulary has reached its maximum size; `None` without a vocabulary.

        :meta private:
        """
        return None
