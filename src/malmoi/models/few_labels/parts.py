"""Parts of a few-label model, and facts about its training."""

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
        """The part's name in the setting `parts`."""

    @property
    def temperature(self) -> float:
        """Divisor of its scores before they are combined."""

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The tokenizers of its features."""

    def scores(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return scores float32 (samples, outputs)."""


@dataclass(frozen=True, eq=False)
class DensePart:
    """Logistic regression on dense vectors of texts.

    Args:
        name: name in the setting `parts`.
        representation: maps texts to vectors.
        projection: maps vectors to features.
        head: maps features to scores.
        temperature: divisor of the scores.
    """

    name: str
    representation: Representation
    projection: Projection
    head: LinearHead
    temperature: float

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The tokenizers of its features."""
        return self.representation.tokenizers

    def scores(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return scores float32 (samples, outputs)."""
        return self.head.scores(self.projection.features(self.representation.vectors(texts, n_jobs)))


@dataclass(frozen=True, eq=False)
class BagPart:
    """Logistic regression on a bag of n-grams.

    Args:
        name: "bag", or "self-training".
        scorer: maps texts to scores.
        temperature: divisor of the scores.
    """

    name: str
    scorer: BagScorer
    temperature: float

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The tokenizers of its features."""
        return self.scorer.features.tokens

    def scores(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return scores float32 (samples, outputs)."""
        return self.scorer.scores(texts)


@dataclass(frozen=True)
class TriedPart:
    """A part that was evaluated by `FewLabelClassifier`.

    Args:
        name: name in the setting `parts`.
        loss: log loss on held-out labelled texts after calibration, in nats; `None`: nothing could be held out.
        accuracy: accuracy on held-out labelled texts; `None`: nothing could be held out.
        kept: whether the part is used by the model.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
        >>> part = mm.FewLabelClassifier(["bag"]).fit(texts, labels).facts_.tried[0]
        >>> part.name, part.accuracy, part.kept
        ('bag', 1.0, True)
    """

    name: str
    loss: float | None
    accuracy: float | None
    kept: bool


@dataclass(frozen=True)
class FewLabelFacts:
    """Facts about the training of a `FewLabelClassifier`.

    Args:
        samples: number of labelled texts.
        unlabelled: number of unlabelled texts that are not empty.
        distinct: number of distinct texts, labelled or not, from which representations were learned.
        known_shares: shares of the n-grams of labelled texts, and of unlabelled texts, that occur in the unlabelled
            texts from which representations were learned; `None` if none was learned. They differ if the labelled and
            the unlabelled texts have different languages.
        held_out: number of labelled texts in the cross-validation; 0: there was none.
        tried: the parts that were evaluated.
        training_accuracy: accuracy on the labelled texts.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
        >>> model = mm.FewLabelClassifier(["components", "bag"]).fit(texts, labels, unlabelled=["a good day"] * 9)
        >>> facts = model.facts_
        >>> facts.samples, facts.unlabelled, facts.distinct, facts.held_out
        (20, 9, 5, 20)
    """

    samples: int
    unlabelled: int
    distinct: int
    known_shares: tuple[float, float] | None
    held_out: int
    tried: tuple[TriedPart, ...]
    training_accuracy: float | None
