"""The fitted bag model: scorer, calibrator and task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from malmoi.data.texts import as_texts
from malmoi.foundation.json_values import Json
from malmoi.foundation.validation import shorten
from malmoi.metrics.calibrators import Calibrator
from malmoi.models.base import FittedModel, InputKind
from malmoi.models.examples import EXAMPLE_CHARACTERS, changed_example, examples_of
from malmoi.models.explanation import Explanation
from malmoi.models.facts import TokenShares
from malmoi.models.linear.explaining import explained
from malmoi.models.linear.files import bag_state, parts_from
from malmoi.models.linear.parts import BagFacts, BagScorer, Floats, Learned, NgramWeight
from malmoi.models.linear.settings import BagSettings
from malmoi.models.linear.targets import link_of
from malmoi.models.state import State
from malmoi.models.task import Regression, Task
from malmoi.tokenizers import Tokenizer

if TYPE_CHECKING:
    from malmoi.models.schema import Schema

__all__ = ["BagModel"]

SHOWN_CLASSES, SHOWN_NGRAMS = 6, 5
SHOWN_FACTS = {
    "C": "chosen C",
    "entries": "nonzero feature values",
    "held_out": "held-out texts",
    "samples": "training texts",
    "weight": "sum of sample weights",
}


@dataclass(frozen=True, eq=False)
class BagModel(FittedModel):
    """A linear model on a bag of n-grams.

    Args:
        task: the task.
        settings: settings of the fit.
        scorer: computes the scores of texts.
        calibrator: maps scores to probabilities.
        learned: statistics for a later `partial_fit`.
        facts: facts about the training.
        top_ngrams: the n-grams with the largest weights for each class.
        examples: the first training texts, kept by `save` with their predictions.
    """

    input_kind: ClassVar[InputKind] = "texts"

    task: Task
    settings: BagSettings
    scorer: BagScorer
    calibrator: Calibrator
    learned: Learned
    facts: BagFacts
    top_ngrams: tuple[NgramWeight, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The model's name in files."""
        return "BagRegressor" if isinstance(self.task, Regression) else "BagClassifier"

    @property
    def reject_below(self) -> float | None:
        """Probability below which labels are rejected."""
        return self.settings.reject_below

    @property
    def training_accuracy(self) -> float | None:
        """Accuracy on the training texts."""
        return self.facts.training_accuracy

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The tokenizers of the features."""
        return self.scorer.features.tokens

    def token_shares(self, texts: Sequence[str]) -> TokenShares | None:
        """Return the share of the texts' tokens that are out of vocabulary; `None` with hash buckets."""
        features, columns = self.scorer.features, self.scorer.columns
        if self.settings.buckets is not None or features.ngrams[0][0] > 1:
            return None
        unknown = tokens = 0
        for text in as_texts(texts):
            found = features.places(text, columns)
            kinds, first, end = found.tokens.T
            single = (kinds == 0) & (end - first == 1)
            tokens, unknown = tokens + int(single.sum()), unknown + int((found.columns[single] < 0).sum())
        return TokenShares(tokens, None, unknown / tokens if tokens else 0.0)

    @property
    def training_texts(self) -> tuple[str, ...]:
        """The first training texts, truncated to 200 characters."""
        return tuple(text[:EXAMPLE_CHARACTERS] for text in self.examples)

    def outputs(self, inputs: Sequence[str]) -> Floats:
        """Return calibrated outputs float32 (samples, units) of texts."""
        scores, link = self.scorer.scores(inputs), link_of(self.task)
        return scores if link is None else self.calibrator.apply(scores, link)

    def explain(self, text: str, *, label: object = None) -> Explanation:
        """Return the weight of every token and n-gram of a text; they and the bias sum to the score.

        Args:
            text: one text.
            label: the class to explain; the most probable one by default.

        Raises:
            TypeError: the text is not a str.
            ValueError: the label is not one of the classes, or the text has a lone surrogate.
        """
        return explained(self.scorer, self.task, self.outputs, text, label)

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator."""
        return self.settings.parameters(self.kind)

    def summary(self) -> list[tuple[str, object]]:
        """Return n-grams, number of features, penalty, calibration and the n-grams with the largest weights."""
        features, tried = self.scorer.features, self.facts.tried
        chosen = f" (best of {', '.join(f'{C:g}' for C, _ in tried)})" if len(tried) > 1 else ""
        unit = " buckets" if self.settings.buckets is not None else ""
        rows: list[tuple[str, object]] = [
            ("n-grams", features.described),
            ("features", f"{len(self.scorer.columns):,}{unit}"),
            ("C", f"{self.facts.C:g}{chosen}"),
        ]
        if link_of(self.task) is not None:
            rows.append(("calibration", f"{self.calibrator}, on {self.facts.held_out:,} held-out texts"))
        for label in list(dict.fromkeys(one.label for one in self.top_ngrams))[:SHOWN_CLASSES]:
            # The same characters may be an n-gram of words and one of characters.
            names = {one.name.strip(): shorten(one.name) for one in self.top_ngrams[::-1] if one.label == label}
            rows.append((f"top n-grams: {label}", ", ".join(list(names.values())[: -SHOWN_NGRAMS - 1 : -1])))
        return rows

    def to_state(self, examples: Sequence[str] | None = None) -> State:
        """Return the content of a file: settings, features, classes, facts and examples; hashes and weights."""
        kept = self.examples if examples is None else as_texts(examples)
        state = bag_state(self.settings, self.scorer, self.calibrator, self.learned, self.facts, self.top_ngrams)
        task, saved = self.task.to_state(), examples_of(kept, self.outputs)
        return State({**task.header, **state.header, "examples": saved}, {**task.arrays, **state.arrays})

    @classmethod
    def schema(cls) -> Schema:
        """Return the schema of the file."""
        from malmoi.models.linear.schema import BAG_SCHEMA

        return BAG_SCHEMA

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from the content of a file.

        Raises:
            ValueError: the state is not of a bag model.
        """
        return cls(**parts_from(state))

    def changed_example(self, state: State) -> str | None:
        """Predict the saved examples again; return the first whose prediction has changed, if any."""
        return changed_example(state, self.outputs)

    @classmethod
    def describe(cls, header: Mapping[str, Json]) -> list[tuple[str, object]]:
        """Return features, settings and facts of a header."""
        state = State(dict(header), {})
        features, calibration, settings, facts = (
            state.get(name, dict) for name in ("features", "calibration", "settings", "facts")
        )
        return [
            ("tokens", features["tokens"]),
            ("ngrams", features["ngrams"]),
            *((name, value) for name, value in settings.items() if name not in ("tokens", "ngrams")),
            *((SHOWN_FACTS.get(name, name), value) for name, value in facts.items() if name != "tried"),
            ("calibrated by", f"{calibration['kind']} {calibration.get('temperature', '')}".strip()),
        ]
