"""Search spaces of hyperparameters: networks, and fastText's classifier."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NotRequired, TypedDict

from malmoi.experiments.fit_options import EpochCallback
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.run_result import RunResult
from malmoi.experiments.settings import one_of
from malmoi.foundation.imports import import_keras
from malmoi.foundation.json_values import Json
from malmoi.metrics.scores import Share
from malmoi.models.history import History

if TYPE_CHECKING:
    from optuna import Trial as OptunaTrial

__all__ = ["SPACES", "Finished", "SearchSpace", "search_space"]

LARGEST_EPOCHS, PATIENCE = 30, 3


@dataclass(frozen=True)
class Finished:
    """A finished trial.

    Args:
        accuracy: accuracy on the validation set.
        epochs: number of the best epoch.
        seconds: training time.
    """

    accuracy: float
    epochs: int
    seconds: float


@dataclass(frozen=True)
class SearchSpace(ABC):
    """What is searched.

    Args:
        tokens: name of the tokenizer.
        vectors: file of word vectors that the search may use.
        seed: random seed of every training.
    """

    tokens: str
    vectors: str | None
    seed: int

    @abstractmethod
    def checked(self) -> None:
        """Check the settings, before any data is read.

        Raises:
            ValueError: a setting is out of range.
        """

    @property
    def first(self) -> dict[str, Any] | None:
        """The parameters of the first trial; `None`: suggested ones."""
        return None

    @abstractmethod
    def suggested(self, trial: OptunaTrial) -> dict[str, Any]:
        """Return the suggested parameters of a trial."""

    @abstractmethod
    def recipe(self, chosen: Mapping[str, Any]) -> Recipe:
        """Return the recipe for the parameters of a trial."""

    @abstractmethod
    def finished(self, result: RunResult) -> Finished:
        """Return the score of a trial."""

    def callbacks(self, end: float) -> Sequence[EpochCallback]:
        """Return callbacks that stop a training after the deadline."""
        return ()

    def best(self, chosen: Mapping[str, Any], epochs: int) -> Recipe:
        """Return the recipe of the best trial, for a training on all texts."""
        return self.recipe(chosen)


def _deadline(end: float) -> EpochCallback:
    """Return a callback that stops a training after the deadline."""
    base = import_keras().callbacks.Callback

    class Deadline(base):  # type: ignore[misc, valid-type]
        """A Keras callback that checks the time after every epoch."""

        def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
            """Stop training after the deadline."""
            if time.monotonic() >= end:
                self.model.stop_training = True

    made: EpochCallback = Deadline()
    return made


class _Chosen(TypedDict):
    """The parameters of a trial by name, as stored in the study."""

    network: str
    length: int
    optimizer: str
    learning_rate: float
    batch_size: int
    dropout: float
    embedding: NotRequired[str]
    buckets: NotRequired[int]
    hashed_dimension: NotRequired[int]
    ngrams: NotRequired[str]
    vocabulary: NotRequired[int]
    min_count: NotRequired[int]
    dimension: NotRequired[int]
    filters: NotRequired[int]
    widths: NotRequired[str]
    cell: NotRequired[str]
    units: NotRequired[int]
    bidirectional: NotRequired[bool]


@dataclass(frozen=True)
class NetworkSpace(SearchSpace):
    """Networks with learned, hashed or pretrained embeddings."""

    tokens: str
    vectors: str | None
    seed: int

    def checked(self) -> None:
        """Check the settings, before any data is read."""
        settings = {"tokens": self.tokens, "seed": self.seed}
        Recipe(
            "flatten", settings if self.vectors is None else {**settings, "embedding.vectors": self.vectors}
        ).estimator()

    def suggested(self, trial: OptunaTrial) -> dict[str, Any]:
        """Return the suggested parameters of a trial: network, embedding, vocabulary, length, training."""
        return {**_suggested(trial, self.vectors)}

    def callbacks(self, end: float) -> Sequence[EpochCallback]:
        """Return a callback that stops a training after the deadline."""
        return [_deadline(end)]

    def finished(self, result: RunResult) -> Finished:
        """Return accuracy, number of epochs and duration of a trial, from its history."""
        history = result.model.fitted.training_history or History()
        seconds = sum(row.seconds for row in history.rows)
        return Finished(float(history.kept.validation_accuracy or 0.0), history.kept_epoch or len(history), seconds)

    def best(self, chosen: Mapping[str, Any], epochs: int) -> Recipe:
        """Return the recipe of the best trial, with its best number of epochs and without patience."""
        recipe = self.recipe(chosen)
        settings = {path: value for path, value in recipe.settings.items() if path != "patience"}
        return Recipe(recipe.name, {**settings, "epochs": epochs})

    def recipe(self, chosen: Mapping[str, Any]) -> Recipe:
        """Return the recipe for the parameters of a trial."""
        settings: dict[str, Json] = {
            "max_length": chosen["length"],
            "optimizer": chosen["optimizer"],
            "learning_rate": chosen["learning_rate"],
            "batch_size": chosen["batch_size"],
            "epochs": LARGEST_EPOCHS,
            "patience": PATIENCE,
            "seed": self.seed,
            "tokens": self.tokens,
            "network.dropout": chosen["dropout"],
            "max_tokens": chosen.get("vocabulary"),
            "min_count": chosen.get("min_count"),
            "embedding.dimension": chosen.get("hashed_dimension", chosen.get("dimension")),
            "embedding.buckets": chosen.get("buckets"),
            "network.filters": chosen.get("filters"),
            "network.cell": chosen.get("cell"),
            "network.units": chosen.get("units"),
            "network.bidirectional": chosen.get("bidirectional"),
        }
        if "widths" in chosen:
            settings["network.widths"] = [int(width) for width in chosen["widths"].split(",")]
        if "ngrams" in chosen:
            settings["embedding.ngrams"] = [int(size) for size in chosen["ngrams"].split("-")]
        if chosen["embedding"] in ("frozen", "trainable"):
            settings |= {"embedding.vectors": self.vectors, "embedding.trainable": chosen["embedding"] == "trainable"}
        return Recipe(chosen["network"], {path: value for path, value in settings.items() if value is not None})


def _suggested(trial: OptunaTrial, vectors: str | None) -> _Chosen:
    """Return the suggested parameters of a trial: network, embedding, vocabulary, length, training."""
    choose = trial.suggest_categorical
    chosen: _Chosen = {
        "network": choose("network", ["average", "conv", "recurrent", "flatten"]),
        "length": choose("length", [50, 100, 200, 400]),
        "optimizer": choose("optimizer", ["rmsprop", "adam"]),
        "learning_rate": trial.suggest_float("learning_rate", 3e-4, 1e-2, log=True),
        "batch_size": choose("batch_size", [16, 32, 64, 128]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6, step=0.1),
    }
    kinds = ["learned", "hashed"] if vectors is None else ["learned", "hashed", "frozen", "trainable"]
    chosen["embedding"] = choose("embedding", kinds)
    if chosen["embedding"] == "hashed":
        chosen["buckets"] = choose("buckets", [2**14, 2**17, 2**20])
        chosen["hashed_dimension"] = choose("hashed_dimension", [8, 16, 32])
        if chosen["network"] == "average":
            chosen["ngrams"] = choose("ngrams", ["1-1", "1-2", "1-3"])
    else:
        chosen["vocabulary"] = choose("vocabulary", [2_000, 10_000, 30_000])
        chosen["min_count"] = choose("min_count", [1, 2, 5])
    if chosen["embedding"] == "learned":
        chosen["dimension"] = choose("dimension", [16, 32, 64, 128])
    if chosen["network"] == "conv":
        chosen["filters"] = choose("filters", [32, 64, 128])
        chosen["widths"] = choose("widths", ["2,3", "3,4,5", "2,3,4,5"])
    if chosen["network"] == "recurrent":
        chosen["cell"] = choose("cell", ["gru", "lstm"])
        chosen["units"] = choose("units", [16, 32, 64])
        chosen["bidirectional"] = choose("bidirectional", [False, True])
    return chosen


@dataclass(frozen=True)
class FastTextSpace(SearchSpace):
    """fastText's classifier: what its own search changes, and the minimum count of words."""

    CHARACTERS: ClassVar[dict[str, list[Json] | None]] = {"none": None, "2-4": [2, 4], "3-6": [3, 6], "2-5": [2, 5]}

    @property
    def first(self) -> dict[str, Any] | None:
        """The defaults of the classifier."""
        return FIRST_FASTTEXT

    def checked(self) -> None:
        """Check the settings, before any data is read."""
        self.recipe(FIRST_FASTTEXT).estimator()

    def suggested(self, trial: OptunaTrial) -> dict[str, Any]:
        """Return the suggested parameters of a trial."""
        choose = trial.suggest_categorical
        return {
            "dimension": choose("dimension", [8, 16, 32, 64, 128]),
            "learning_rate": trial.suggest_float("learning_rate", 0.05, 2.0, log=True),
            "epochs": trial.suggest_int("epochs", 3, 60, log=True),
            "ngrams": trial.suggest_int("ngrams", 1, 4),
            "characters": choose("characters", list(self.CHARACTERS)),
            "min_count": choose("min_count", [1, 2, 5]),
        }

    def recipe(self, chosen: Mapping[str, Any]) -> Recipe:
        """Return the recipe for the parameters of a trial; probabilities are not calibrated."""
        settings: dict[str, Json] = {
            **chosen,
            "ngrams": [1, chosen["ngrams"]],
            "characters": self.CHARACTERS[chosen["characters"]],
            "calibration": None,
            "seed": self.seed,
        }
        if self.tokens != AUTO:
            settings["tokens"] = self.tokens
        if self.vectors is not None:
            settings |= {"vectors": self.vectors, "dimension": self._dimension}
        return Recipe("fasttext", settings)

    @property
    def _dimension(self) -> int:
        from malmoi.wordvectors import WordVectors

        return WordVectors.open(str(self.vectors)).dimension

    def finished(self, result: RunResult) -> Finished:
        """Return accuracy, number of passes and duration of a trial."""
        score, epochs = result.validation_score, result.recipe.settings["epochs"]
        accuracy = score.value if isinstance(score, Share) else float(score or 0.0)
        return Finished(accuracy, epochs if isinstance(epochs, int) else 0, result.seconds)

    def best(self, chosen: Mapping[str, Any], epochs: int) -> Recipe:
        """Return the recipe of the best trial; probabilities are calibrated."""
        settings = self.recipe(chosen).settings
        return Recipe("fasttext", {path: value for path, value in settings.items() if path != "calibration"})


AUTO = "auto"
FIRST_FASTTEXT = {
    "dimension": 16,
    "learning_rate": 0.5,
    "epochs": 25,
    "ngrams": 2,
    "characters": "none",
    "min_count": 1,
}
SPACES: dict[str, type[SearchSpace]] = {"networks": NetworkSpace, "fasttext": FastTextSpace}
"""Search spaces by name."""


def search_space(name: str, tokens: str, vectors: str | None, seed: int) -> SearchSpace:
    """Return a search space by name.

    Raises:
        ValueError: unknown name.
    """
    return SPACES[one_of("recipe", name, SPACES)](tokens, vectors, seed)
