"""The fitted fastText classifier: averaged embeddings and linear outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import as_texts
from malmoi.foundation.arrays import Probabilities
from malmoi.foundation.json_values import Json
from malmoi.metrics.calibrators import Calibrator
from malmoi.models.base import FittedModel, InputKind
from malmoi.models.examples import EXAMPLE_CHARACTERS, changed_example, examples_of
from malmoi.models.explanation import Explanation
from malmoi.models.facts import TokenShares
from malmoi.models.fasttext.explaining import explained
from malmoi.models.fasttext.files import fasttext_state, parts_from
from malmoi.models.fasttext.network import FastTextNetwork, prepared
from malmoi.models.fasttext.parts import FastTextFacts
from malmoi.models.fasttext.probabilities import SHIFT, outputs_of, prior_outputs
from malmoi.models.fasttext.settings import FastTextSettings
from malmoi.models.fasttext.tables import MappedTable, QuantisedTable
from malmoi.models.state import State
from malmoi.models.task import Classification
from malmoi.tokenizers import Tokenizer, Whitespace

if TYPE_CHECKING:
    from malmoi.models.schema import Schema

__all__ = ["FastTextModel"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FastTextModel(FittedModel):
    """A classifier with averaged embeddings of words, word n-grams and character n-grams.

    Args:
        task: the task.
        settings: settings of the fit.
        network: dictionary, embeddings and outputs.
        calibrator: maps scores to probabilities.
        facts: facts about the training.
        prior: float32 (classes,), shares of the training labels, predicted for texts without a known word; `None` for a
            model opened from a fastText file, which predicts as fastText does.
        examples: the first training texts, kept by `save` with their predictions.
    """

    input_kind: ClassVar[InputKind] = "texts"

    task: Classification
    settings: FastTextSettings
    network: FastTextNetwork
    calibrator: Calibrator
    facts: FastTextFacts
    prior: Floats | None
    examples: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The model's name in files."""
        return "FastTextClassifier"

    @property
    def reject_below(self) -> float | None:
        """Probability below which labels are rejected."""
        return self.settings.reject_below

    @property
    def training_accuracy(self) -> float | None:
        """Accuracy on some training texts."""
        return self.facts.training_accuracy

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The tokenizer of the words."""
        return (Whitespace() if self.network.tokens is None else self.network.tokens,)

    @property
    def training_texts(self) -> tuple[str, ...]:
        """The first training texts, truncated to 200 characters."""
        return tuple(text[:EXAMPLE_CHARACTERS] for text in self.examples)

    def token_shares(self, texts: Sequence[str]) -> TokenShares | None:
        """Return the share of the texts' words that are not in the dictionary; `None` with character n-grams."""
        if self.network.dictionary.characters[1]:
            return None
        words, unknown = self.network.core.unknown_words(prepared(self.network.tokens, as_texts(texts)))
        return TokenShares(words, None, unknown / words if words else 0.0)

    def scores(self, inputs: Sequence[str]) -> Floats:
        """Return uncalibrated scores float32 (samples, classes)."""
        return self.network.scores(as_texts(inputs), self.settings.n_jobs)[0]

    def outputs(self, inputs: Sequence[str]) -> Floats:
        """Return calibrated outputs float32 (samples, units); the prior for texts without a known word."""
        scores, known = self.network.scores(as_texts(inputs), self.settings.n_jobs)
        outputs = outputs_of(scores, self.task, self.network.loss, self.calibrator)
        if self.prior is not None and not known.all():
            outputs[~known] = prior_outputs(self.prior, self.task)
        return outputs

    def predict_proba(self, inputs: object) -> Probabilities:
        """Return the probability of every class, float32 (samples, classes).

        Those of a model opened from a fastText file are the ones that fastText returns, which are larger by 0.00001.
        """
        probabilities = super().predict_proba(inputs)
        if self.prior is None and self.network.loss != "hierarchical softmax":
            return probabilities + SHIFT
        return probabilities

    def known(self, inputs: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return whether a word, or a character n-gram, of each text is known.

        Args:
            inputs: texts, as a list or an array.

        Returns:
            bool (samples,); where it is false, the probabilities are the shares of the training labels.
        """
        return self.network.scores(as_texts(inputs), self.settings.n_jobs)[1]

    def explain(self, text: str, *, label: object = None) -> Explanation:
        """Return the weight of every word and n-gram of a text; they and the bias sum to the score.

        Args:
            text: one text.
            label: the class to explain; the most probable one by default.

        Raises:
            TypeError: the text is not a str.
            ValueError: the label is not one of the classes, or the text has a lone surrogate.
        """
        if self.network.loss == "hierarchical softmax":
            return super().explain(text, label=label)
        return explained(self.network, self.task, self.outputs, text, label)

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator."""
        return self.settings.parameters()

    def summary(self) -> list[tuple[str, object]]:
        """Return features, sizes and the calibration."""
        network, facts = self.network, self.facts
        dictionary = network.dictionary
        kinds = [f"1 to {dictionary.ngrams} words" if dictionary.ngrams > 1 else "words"]
        if dictionary.characters[1]:
            kinds.append("{} to {} characters of a word".format(*dictionary.characters))
        buckets = dictionary.rows - dictionary.words
        form = {MappedTable: ", in the mapped file", QuantisedTable: ", quantised"}.get(type(network.input), "")
        rows: list[tuple[str, object]] = [
            ("n-grams", ", ".join(kinds)),
            ("features", f"{dictionary.words:,} words, {buckets:,} of {dictionary.buckets:,} buckets"),
            ("dimension", f"{network.input.shape[1]}{form}"),
            ("loss", network.loss),
        ]
        if facts.losses:
            rows.append(("training loss", f"{facts.losses[0]:.4f} to {facts.losses[-1]:.4f} in {facts.epochs} passes"))
        if facts.held_out:
            learned = "" if facts.learned_held_out else ", which are not learned"
            rows.append(("calibration", f"{self.calibrator}, on {facts.held_out:,} held-out texts{learned}"))
        if facts.held_out_accuracy is not None:
            rows.append(("held-out accuracy", f"{facts.held_out_accuracy:.1%}"))
        return rows

    def to_state(self, examples: Sequence[str] | None = None) -> State:
        """Return the content of a file: settings, dictionary, classes, facts and examples; embeddings and outputs."""
        kept = self.examples if examples is None else as_texts(examples)
        state = fasttext_state(self.settings, self.network, self.calibrator, self.facts, self.prior)
        task, saved = self.task.to_state(), examples_of(kept, self.outputs)
        return State({**task.header, **state.header, "examples": saved}, {**task.arrays, **state.arrays})

    @classmethod
    def schema(cls) -> Schema:
        """Return the schema of the file."""
        from malmoi.models.fasttext.schema import FASTTEXT_SCHEMA

        return FASTTEXT_SCHEMA

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from the content of a file.

        Raises:
            ValueError: the state is not of a fastText classifier.
        """
        return cls(**parts_from(state))

    def changed_example(self, state: State) -> str | None:
        """Predict the saved examples again; return the first whose prediction has changed, if any."""
        return changed_example(state, self.outputs)

    @classmethod
    def describe(cls, header: Mapping[str, Json]) -> list[tuple[str, object]]:
        """Return features, settings and facts of a header."""
        state = State(dict(header), {})
        network, settings, facts, calibration = (
            state.get(name, dict) for name in ("network", "settings", "facts", "calibration")
        )
        return [
            *((name, value) for name, value in network.items() if name not in ("order", "part", "output_part")),
            *((name, value) for name, value in settings.items() if name not in network),
            *(("passes" if name == "epochs" else name, value) for name, value in facts.items() if name != "losses"),
            ("calibrated by", f"{calibration['kind']} {calibration.get('temperature', '')}".strip()),
        ]
