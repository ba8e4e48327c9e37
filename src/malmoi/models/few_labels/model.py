"""The fitted few-label model: the mean of its parts' calibrated scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from malmoi.data.texts import as_texts
from malmoi.foundation.json_values import JsonObject
from malmoi.metrics.calibrators import Calibrator
from malmoi.models.base import FittedModel, InputKind
from malmoi.models.examples import EXAMPLE_CHARACTERS, changed_example, examples_of
from malmoi.models.few_labels.combination import combined
from malmoi.models.few_labels.files import few_label_state, parts_from
from malmoi.models.few_labels.parts import FewLabelFacts, Part
from malmoi.models.few_labels.settings import LEARNED_PARTS, FewLabelSettings
from malmoi.models.linear.parts import Floats
from malmoi.models.linear.targets import link_of
from malmoi.models.state import State
from malmoi.models.task import Task
from malmoi.tokenizers import Tokenizer

if TYPE_CHECKING:
    from malmoi.models.schema import Schema

__all__ = ["FewLabelModel"]


@dataclass(frozen=True, eq=False)
class FewLabelModel(FittedModel):
    """A combination of classifiers on learned representations, on pretrained vectors and on n-grams.

    Args:
        task: the task.
        settings: settings of the fit.
        parts: the classifiers.
        calibrator: maps scores to probabilities.
        facts: facts about the training.
        examples: the first training texts, kept by `save` with their predictions.
    """

    input_kind: ClassVar[InputKind] = "texts"

    task: Task
    settings: FewLabelSettings
    parts: tuple[Part, ...]
    calibrator: Calibrator
    facts: FewLabelFacts
    examples: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The model's name in files."""
        return "FewLabelClassifier"

    @property
    def reject_below(self) -> float | None:
        """Probability below which labels are rejected."""
        return self.settings.reject_below

    @property
    def training_accuracy(self) -> float | None:
        """Accuracy on the labelled texts."""
        return self.facts.training_accuracy

    @property
    def known_shares(self) -> tuple[float, float] | None:
        """Shares of the n-grams of labelled and of unlabelled texts that the learned representations contain."""
        return self.facts.known_shares

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The distinct tokenizers of all parts."""
        return tuple({repr(one): one for part in self.parts for one in part.tokenizers}.values())

    def scores(self, inputs: Sequence[str]) -> Floats:
        """Return uncalibrated scores float32 (samples, outputs)."""
        texts = as_texts(inputs)
        found = [part.scores(texts, self.settings.n_jobs) for part in self.parts]
        return combined(found, [part.temperature for part in self.parts])

    @property
    def training_texts(self) -> tuple[str, ...]:
        """The first training texts, truncated to 200 characters."""
        return tuple(text[:EXAMPLE_CHARACTERS] for text in self.examples)

    def outputs(self, inputs: Sequence[str]) -> Floats:
        """Return calibrated outputs float32 (samples, units) of texts."""
        return self.calibrated(self.scores(inputs))

    def calibrated(self, scores: Floats) -> Floats:
        """Return outputs float32 (samples, units) of scores."""
        return self.calibrator.apply(scores, link_of(self.task) or "softmax")

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator."""
        return self.settings.parameters()

    def summary(self) -> list[tuple[str, object]]:
        """Return every part that was evaluated, and the calibration."""
        facts = self.facts
        rows: list[tuple[str, object]] = []
        learned = {one.name for one in facts.tried} & set(LEARNED_PARTS) or self.settings.self_training
        if facts.unlabelled and not learned:
            rows.append(("unlabelled texts", f"{facts.unlabelled:,}, not used"))
        for one in facts.tried:
            measured = "not evaluated" if one.loss is None else f"log loss {one.loss:.4f}, accuracy {one.accuracy:.1%}"
            rows.append((f"part: {one.name}", f"{measured}{'  (kept)' if one.kept else ''}"))
        rows.append(("calibration", f"{self.calibrator}, on {facts.held_out:,} held-out texts"))
        return rows

    def to_state(self, examples: Sequence[str] | None = None) -> State:
        """Return the content of a file: settings, facts, parts, examples."""
        kept = self.examples if examples is None else as_texts(examples)
        state = few_label_state(self.settings, self.parts, self.calibrator, self.facts)
        task, saved = self.task.to_state(), examples_of(kept, self.outputs)
        return State({**task.header, **state.header, "examples": saved}, {**task.arrays, **state.arrays})

    @classmethod
    def schema(cls) -> Schema:
        """Return the schema of the file."""
        from malmoi.models.few_labels.schema import FEW_LABEL_SCHEMA

        return FEW_LABEL_SCHEMA

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from the content of a file.

        Raises:
            ValueError: the state is not of a few-label model.
            MissingExtraError: a part needs a library that is not installed.
        """
        return cls(**parts_from(state))

    def changed_example(self, state: State) -> str | None:
        """Predict the saved examples again; return the first whose prediction has changed, if any."""
        return changed_example(state, self.outputs)

    @classmethod
    def describe(cls, header: JsonObject) -> list[tuple[str, object]]:
        """Return parts, settings and facts of a header."""
        state = State(header, {})
        return [
            ("parts", ", ".join(one["name"] for one in state.get("parts", list))),
            *state.get("settings", dict).items(),
            *((name, value) for name, value in state.get("facts", dict).items() if name != "tried"),
        ]
