"""The fitted network of texts: vectorizer, network and task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import as_texts
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel, InputKind
from malmoi.models.class_weights import class_weight_from, class_weight_to_json
from malmoi.models.examples import EXAMPLE_CHARACTERS, example_texts, is_close
from malmoi.models.facts import TokenShares, TrainingFacts
from malmoi.models.history import History
from malmoi.models.neural.embeddings import SAVED_EMBEDDINGS, Hashed, Learned
from malmoi.models.neural.header import network_from, network_header
from malmoi.models.neural.network import TrainedNetwork
from malmoi.models.neural.networks import as_network
from malmoi.models.neural.samples import Inputs
from malmoi.models.neural.text_settings import IdVectorizer, TextSettings
from malmoi.models.state import State, plain, value_to_json
from malmoi.models.task import Classification, Task, task_from_state
from malmoi.tokenizers import TOKENIZERS, External, Tokenizer, Vocabulary
from malmoi.vectorizers import EncodedTexts, SequenceVectorizer
from malmoi.wordvectors import Coverage

if TYPE_CHECKING:
    from malmoi.models.schema import Schema

__all__ = ["TextNetworkModel", "encoded_inputs"]

SHOWN_FACTS = {
    "cut_share": "share of truncated tokens",
    "samples": "training texts",
    "unknown_share": "share of OOV tokens",
    "validation_samples": "validation texts",
}

OLD_SETTINGS = (
    "max_tokens",
    "max_length",
    "min_count",
    "padding",
    "truncating",
    "optimizer",
    "learning_rate",
    "epochs",
    "batch_size",
    "seed",
)
SETTINGS = (*OLD_SETTINGS, "patience", "precision")
COUNTS = "vocabulary/counts"


@dataclass(frozen=True, eq=False)
class TextNetworkModel(FittedModel):
    """A trained network that classifies texts.

    Args:
        task: the task.
        settings: settings of the fit.
        vectorizer: maps texts to ids.
        network: maps ids to outputs.
        history: history of the training.
        facts: facts about the training data.
        examples: the first training texts, kept by `save` with their predictions.
    """

    input_kind: ClassVar[InputKind] = "texts"
    libraries: ClassVar[tuple[str, ...]] = ("keras", "numpy")

    task: Task
    settings: TextSettings
    vectorizer: IdVectorizer
    network: TrainedNetwork
    history: History
    facts: TrainingFacts
    examples: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The model's name in files."""
        return "EmbeddingClassifier"

    @property
    def training_history(self) -> History:
        """The history of the training."""
        return self.history

    @property
    def training_facts(self) -> TrainingFacts:
        """Facts about the training data."""
        return self.facts

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The tokenizer of the vectorizer."""
        return (self.vectorizer.tokens_,)

    @property
    def vocabulary_is_full(self) -> bool | None:
        """Whether the vocabulary has reached its maximum size; `None` for hashed tokens."""
        if not isinstance(self.vectorizer, SequenceVectorizer):
            return None
        return self.settings.max_tokens is not None and len(self.vectorizer.vocabulary_) >= self.settings.max_tokens

    @property
    def truncates_beginning(self) -> bool:
        """Whether long texts are truncated at the beginning."""
        return self.settings.truncating == "pre"

    def token_shares(self, texts: Sequence[str]) -> TokenShares:
        """Return the share of truncated tokens and the share of out-of-vocabulary tokens."""
        encoded = self.vectorizer.encode(texts)
        unknown = None if self.vocabulary_is_full is None else encoded.unknown_share
        return TokenShares(encoded.tokens, encoded.cut_share, unknown)

    @property
    def training_texts(self) -> tuple[str, ...]:
        """The first training texts, truncated to 200 characters."""
        return tuple(text[:EXAMPLE_CHARACTERS] for text in self.examples)

    def outputs(self, inputs: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return outputs float32 (samples, units) of texts."""
        encoded = self.vectorizer.encode(inputs)
        return self.network.outputs(encoded_inputs(encoded, self.settings))

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator."""
        return self.settings.parameters()

    def to_state(self, examples: Sequence[str] | None = None) -> State:
        """Return the content of a file: settings, vocabulary, classes, history, facts, examples, weights."""
        kept = self.examples if examples is None else as_texts(examples)
        texts = [text[:EXAMPLE_CHARACTERS] for text in kept]
        probabilities = self.predict_proba(texts).tolist()
        embedding = self.settings.embedding
        if not isinstance(embedding, Hashed):  # the file contains the vectors, pretrained or not
            embedding = Learned(embedding.dimension, embedding.trainable, embedding.learning_rate)
        is_counted = isinstance(self.vectorizer, SequenceVectorizer)
        words = self.vectorizer.vocabulary_ if is_counted else Vocabulary([], [])
        header: JsonObject = {
            **network_header(self.settings.network, self.network.plan.network, self.history),
            **self.task.to_state().header,
            "class_weight": class_weight_to_json(self.settings.class_weight),
            "embedding": value_to_json(embedding),
            "examples": [{"text": text, "probabilities": row} for text, row in zip(texts, probabilities, strict=True)],
            "settings": {name: plain(getattr(self.settings, name)) for name in SETTINGS},
            "tokens": _tokens_to_json(self.vectorizer.tokens_),
            "facts": asdict(self.facts),
            "words": [*words.words],
        }
        return State(header, {**self.network.weights, COUNTS: words.counts})

    @classmethod
    def schema(cls) -> Schema:
        """Return the schema of the file."""
        from malmoi.models.neural.schemas import TEXT_SCHEMA

        return TEXT_SCHEMA

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from the content of a file.

        Raises:
            ValueError: the state is not of a network of texts.
        """
        weights = dict(state.arrays)
        settings = _settings_from(state)
        task = task_from_state(state)
        if not isinstance(task, Classification):
            raise ValueError("classes must be given")
        facts, examples = _facts_from(state), example_texts(state, len(task.classes), "probabilities")
        vocabulary = _vocabulary_from(state, weights.pop(COUNTS, None))
        vectorizer = settings.vectorizer()
        if isinstance(vectorizer, SequenceVectorizer):
            vectorizer.set_vocabulary(vocabulary)
        else:
            vectorizer.fit([])
        plan = settings.plan(vectorizer, task)
        if len(vocabulary) > plan.rows:
            words = f"the vocabulary has {len(vocabulary)} words, padding and unknown included"
            rule = f"{words}, but the embedding has {plan.rows} rows"
            raise ValueError(rule)
        history = History.from_state(state)
        network = TrainedNetwork.from_weights(plan, weights)
        return cls(task, settings, vectorizer, network, history, facts, examples)

    def changed_example(self, state: State) -> str | None:
        """Predict the saved examples again; return the first whose prediction has changed, if any."""
        for example in state.get("examples", list):
            text, saved = example["text"], example["probabilities"]
            row = self.predict_proba([text])[0]
            if not is_close(row, saved):
                return f"predicts {row.tolist()} for {shorten(text)}, but {saved} when it was saved"
        return None

    def summary(self) -> list[tuple[str, object]]:
        """Return vocabulary, tokens, vectors and number of parameters."""
        embedding = self.settings.embedding
        vectors = self.facts.coverage or f"learned, dimension {embedding.dimension}"
        return [
            ("vocabulary", self._vocabulary_line()),
            ("tokens", self.vectorizer.choice_),
            ("vectors", vectors),
            ("parameters", f"{self.network.parameter_count:,}"),
        ]

    def _vocabulary_line(self) -> str:
        embedding = self.settings.embedding
        if isinstance(embedding, Hashed):
            sizes = "-".join(map(str, embedding.ngrams))
            return f"none: n-grams of {sizes} tokens in {embedding.buckets:,} buckets"
        return f"{len(self.vectorizer.vocabulary_.words):,} words in {self.network.plan.rows:,} rows"

    @classmethod
    def describe(cls, header: Mapping[str, Any]) -> list[tuple[str, object]]:
        """Return tokens, vocabulary, embedding, network and facts of a header."""
        return [
            ("tokens", dict(header["tokens"])),
            ("vocabulary", f"{len(header['words']):,} words"),
            ("embedding", {"kind": "vectors", **header["embedding"]}),
            ("network", dict(header["network"])),
            *header["settings"].items(),
            *((SHOWN_FACTS.get(name, name), value) for name, value in header["facts"].items() if name != "coverage"),
        ]


def encoded_inputs(encoded: EncodedTexts, settings: TextSettings) -> Inputs:
    """Return ids as model inputs, with the lengths to which rows may be truncated."""
    lengths = None
    if as_network(settings.network).masked:
        lengths = np.count_nonzero(encoded.ids, axis=1).astype(np.int64)
    return Inputs((encoded.ids,), lengths=lengths, pad_left=settings.padding == "pre")


def _tokens_to_json(tokens: Tokenizer) -> JsonObject:
    if isinstance(tokens, External):
        cure = f"code cannot be saved; train with one of {', '.join(TOKENIZERS)}"
        raise TypeError(f"tokens must be a tokenizer of malmoi to be saved, got {shorten(tokens)}; {cure}")
    return value_to_json(tokens.recorded())


def _settings_from(state: State) -> TextSettings:
    """Return the file's settings, checked."""
    embedding = state.value("embedding", SAVED_EMBEDDINGS, default="Learned")
    # Older files have neither patience nor precision.
    saved = {"patience": None, "precision": "float32", **state.settings(SETTINGS, OLD_SETTINGS)}
    settings = TextSettings(
        network=network_from(state),
        tokens=state.value("tokens", TOKENIZERS),
        embedding=embedding,
        class_weight=class_weight_from(state),
        **saved,
    )
    settings.check()
    return settings


def _vocabulary_from(state: State, counts: npt.NDArray[np.generic] | None) -> Vocabulary:
    words = state.get("words", list)
    if counts is None or counts.dtype != np.int64 or counts.shape != (len(words),):
        found = "none" if counts is None else f"{counts.dtype} {counts.shape}"
        raise ValueError(f"{COUNTS} must be int64 ({len(words)},), one entry per word, found {found}")
    of_texts = counts.astype(np.int64, copy=False)
    if (of_texts < 0).any():
        raise ValueError(f"{COUNTS} must be 0 or more, found {of_texts.min()}")
    return Vocabulary(words, of_texts)


def _facts_from(state: State) -> TrainingFacts:
    saved = dict(state.get("facts", dict))
    coverage = saved.pop("coverage", None)
    if coverage is not None:
        coverage = Coverage(**{**coverage, "missing": tuple(coverage["missing"])})
    return TrainingFacts(**saved, coverage=coverage)
