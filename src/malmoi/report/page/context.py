"""Input of every section: the facts, and the texts of a language."""

from __future__ import annotations

from dataclasses import dataclass

from malmoi.evaluation.evaluation import Baseline
from malmoi.metrics.intervals import Score
from malmoi.metrics.paired import PairedDifference
from malmoi.metrics.scores import Share
from malmoi.report.facts import ReportFacts, Unavailable
from malmoi.report.page.language import Speech

__all__ = ["Compared", "Context", "Missing"]


@dataclass(frozen=True)
class Missing:
    """An empty section.

    Args:
        sentence: why it is empty, and how to fill it.
    """

    sentence: str


@dataclass(frozen=True)
class Compared:
    """A baseline and the model's difference from it.

    Args:
        name: "majority", "most-frequent" (set of labels) or "bag"; part of the keys of page texts.
        accuracy: accuracy of the baseline.
        difference: accuracy of the model minus that of the baseline.
    """

    name: str
    accuracy: Share
    difference: PairedDifference

    @property
    def outcome(self) -> str:
        """ "better", "worse" or "unproven", by the interval of the difference."""
        return "better" if self.difference.is_better else "worse" if self.difference.is_worse else "unproven"


@dataclass(frozen=True, eq=False)
class Context:
    """Facts and texts.

    Args:
        facts: contents of the report.
        say: texts of the language.
    """

    facts: ReportFacts
    say: Speech

    @property
    def is_of_sets(self) -> bool:
        """Whether the model is multilabel, so that exact match replaces accuracy."""
        return "accuracy" not in self.facts.evaluation.scores

    @property
    def accuracy(self) -> Score:
        """Accuracy of the model, or exact match of a multilabel model."""
        return self.facts.evaluation.scores["exact_match" if self.is_of_sets else "accuracy"]

    @property
    def measure(self) -> str:
        """The name of the score in `accuracy`."""
        return self.say("score/exact_match" if self.is_of_sets else "score/accuracy")

    def measured_title(self, key: str, **values: object) -> str:
        """Return a title with the name of the score, capitalised."""
        title = self.say(key, measure=self.measure, **values)
        return title[:1].upper() + title[1:]

    @property
    def baseline(self) -> Baseline:
        """The majority-class baseline.

        Raises:
            ValueError: the evaluation is not of a classifier.
        """
        baseline = self.facts.evaluation.baseline
        if baseline is None:
            rule = "facts.evaluation must be of a classifier"
            raise ValueError(f"{rule}, got task {self.facts.evaluation.task}; use malmoi evaluate for numbers")
        return baseline

    @property
    def compared(self) -> tuple[Compared, ...]:
        """The baselines: the majority class or the most frequent set of labels, and the bag if available."""
        name, bag = "most-frequent" if self.is_of_sets else "majority", self.facts.bag
        first = Compared(name, self.baseline.accuracy, self.baseline.difference)
        if bag is None:
            return (first,)
        correct = min(max(round((self.accuracy.value - bag.value) * bag.samples), 0), bag.samples)
        return first, Compared("bag", Share(correct, bag.samples), bag)

    def missing(self, section: str, reason: Unavailable | str) -> Missing:
        """Return an empty section, with the sentence for a reason code of the facts or of the page."""
        found = Unavailable(reason) if isinstance(reason, str) else reason
        return Missing(self.say.missing(section, found.reason, found.values))
