"""What a few-label model is made of, and what is known of how it was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from malmoi.data.texts import Texts
from malmoi.models.few_labels.heads import LinearHead
from malmoi.models.few_labels.projection import Projection
from malmoi.models.few_labels.representations import Representation
from malmoi.models.linear.parts import BagScorer, Floats
from malmoi.tokenizers import Tokenizer

__all__ = ["BagPart", "DensePart", "FewLabelFacts", "Part", "TriedPart"]


class Part(Protocol):
    """One of the classifiers that are combined."""

    @property
    def name(self) -> str:
        """Its name in the setting `parts`."""

    @property
    def temperature(self) -> float:
        """What its scores are divided by before they are combined."""

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """What its features are made of."""

    def scores(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return scores float32 (samples, outputs)."""


@dataclass(frozen=True, eq=False)
class DensePart:
    """Logistic regression on dense vectors of texts.

    Args:
        name: in the setting `parts`.
        representation: texts to vectors.
        projection: vectors to features.
        head: features to scores.
        temperature: what its scores are divided by.
    """

    name: str
    representation: Representation
    projection: Projection
    head: LinearHead
    temperature: float

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The kinds of token."""
        return self.representation.tokenizers

    def scores(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return scores float32 (samples, outputs)."""
        return self.head.scores(self.projection.features(self.representation.vectors(texts, n_jobs)))


@dataclass(frozen=True, eq=False)
class BagPart:
    """Logistic regression on a bag of n-grams.

    Args:
        name: "bag", or "self-training".
        scorer: texts to scores.
        temperature: what its scores are divided by.
    """

    name: str
    scorer: BagScorer
    temperature: float

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The kinds of token."""
        return self.scorer.features.tokens

    def scores(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return scores float32 (samples, outputs)."""
        return self.scorer.scores(texts)


@dataclass(frozen=True)
class TriedPart:
    """A part that was tried.

    Args:
        name: in the setting `parts`.
        loss: log loss on held-out labelled texts after calibration, in nats; `None`: nothing could be held out.
        accuracy: accuracy on them.
        kept: whether it is part of the model.
    """

    name: str
    loss: float | None
    accuracy: float | None
    kept: bool


@dataclass(frozen=True)
class FewLabelFacts:
    """What a few-label model learned from.

    Args:
        samples: labelled texts.
        unlabelled: texts without labels that were given and are not empty.
        distinct: distinct texts, labelled or not, from which representations were learned.
        known_shares: shares of the n-grams of labelled texts, and of texts without labels, that the learned
            representations know from texts without labels; `None` where none was learned. Texts in two languages have
            two shares.
        held_out: labelled texts of the cross-validation; 0: there was none.
        tried: what was tried.
        training_accuracy: accuracy on the labelled texts.
    """

    samples: int
    unlabelled: int
    distinct: int
    known_shares: tuple[float, float] | None
    held_out: int
    tried: tuple[TriedPart, ...]
    training_accuracy: float | None
