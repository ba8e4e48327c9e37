"""The settings of a network of texts, with the vectorizer, network shapes and training loop that they define."""

from __future__ import annotations

from dataclasses import dataclass, fields

from malmoi.foundation.validation import shorten
from malmoi.models.neural.embeddings import Embedding, Hashed, Learned, Pretrained
from malmoi.models.neural.networks import Network, NetworkFunction, Plan, as_network
from malmoi.models.neural.settings import TrainingSettings
from malmoi.models.state import plain
from malmoi.models.task import Activation, Task
from malmoi.models.weights import ClassWeight, check_class_weight
from malmoi.tokenizers.scripts import TokensOrAuto
from malmoi.tokenizers.vocabulary import FIRST_ID
from malmoi.vectorizers import HashedSequenceVectorizer, SequenceVectorizer

__all__ = ["IdVectorizer", "TextSettings"]

IdVectorizer = SequenceVectorizer | HashedSequenceVectorizer


@dataclass(frozen=True)
class TextSettings:
    """The parameters of `EmbeddingClassifier`; see there for meanings and defaults."""

    network: Network | NetworkFunction
    tokens: TokensOrAuto
    max_tokens: int | None
    max_length: int
    min_count: int
    padding: str
    truncating: str
    embedding: Embedding
    optimizer: str
    learning_rate: float | None
    epochs: int
    batch_size: int
    seed: int
    patience: int | None
    class_weight: ClassWeight
    precision: str

    def parameters(self) -> dict[str, object]:
        """Return the settings by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def check(self) -> None:
        """Raise an error if a setting is out of range.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range.
        """
        if not isinstance(self.embedding, Learned | Pretrained | Hashed):
            kinds = "Learned(...), Pretrained(...) or Hashed(...)"
            raise TypeError(f"embedding must be {kinds}, got {shorten(self.embedding)}")
        self.vectorizer().check_settings()
        network = as_network(self.network)
        rows = FIRST_ID
        if isinstance(self.embedding, Hashed):
            if self.embedding.sizes > 1 and network.ordered:
                rule = "ngrams of several lengths need the network Average, which does not depend on their order"
                raise ValueError(f"{rule}, got {shorten(self.network)}")
            rows = self.embedding.buckets + 1
        self.shapes(rows).check()
        check_class_weight(self.class_weight)
        self.training()  # checks the remaining settings

    def training(self) -> TrainingSettings:
        """Return the settings of the training loop.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range.
        """
        return TrainingSettings(
            self.optimizer,
            self.learning_rate,
            self.epochs,
            self.batch_size,
            self.seed,
            self.patience,
            self.embedding.learning_rate,
        )

    def vectorizer(self) -> IdVectorizer:
        """Return an unfitted vectorizer."""
        length, sides = plain(self.max_length), (self.padding, self.truncating)
        if isinstance(self.embedding, Hashed):
            hashed = self.embedding
            return HashedSequenceVectorizer(
                self.tokens, hashed.ngrams, hashed.buckets, length, *sides, seed=hashed.seed
            )
        max_tokens = None if self.max_tokens is None else plain(self.max_tokens)
        return SequenceVectorizer(self.tokens, max_tokens, length, plain(self.min_count), *sides)

    def plan(self, vectorizer: IdVectorizer, task: Task) -> Plan:
        """Return the network's shapes for a fitted vectorizer."""
        rows = (
            len(vectorizer.vocabulary_) if isinstance(vectorizer, SequenceVectorizer) else int(vectorizer.buckets) + 1
        )
        return self.shapes(rows, task.units, task.activation)

    def shapes(self, rows: int, units: int = 1, activation: Activation = "sigmoid") -> Plan:
        """Return the network's shapes for a number of ids, padding included."""
        hashed = isinstance(self.embedding, Hashed)
        return Plan(
            network=as_network(self.network).for_texts(),
            rows=rows if hashed or self.max_tokens is None else int(self.max_tokens),
            length=int(self.max_length) * (self.embedding.sizes if isinstance(self.embedding, Hashed) else 1),
            dimension=self.embedding.dimension,
            units=units,
            activation=activation,
            trainable=self.embedding.trainable,
            precision=self.precision,
        )
