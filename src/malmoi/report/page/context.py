"""What every section is made from: the facts, and the words of a language."""

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
    """A section that has nothing to show.

    Args:
        sentence: why, and how to get it.
    """

    sentence: str


@dataclass(frozen=True)
class Compared:
    """A baseline that the model is compared with.

    Args:
        name: "majority", "most-frequent" (set of labels) or "bag"; words of the page have it in their keys.
        accuracy: of the baseline.
        difference: accuracy of the model less this one.
    """

    name: str
    accuracy: Share
    difference: PairedDifference

    @property
    def outcome(self) -> str:
        """What the interval says of the model: "better", "worse" or "unproven"."""
        return "better" if self.difference.is_better else "worse" if self.difference.is_worse else "unproven"


@dataclass(frozen=True, eq=False)
class Context:
    """Facts and words.

    Args:
        facts: what the report is made of.
        say: the words of a language.
    """

    facts: ReportFacts
    say: Speech

    @property
    def is_of_sets(self) -> bool:
        """Whether texts have several labels, so that the accuracy is the exact match."""
        return "accuracy" not in self.facts.evaluation.scores

    @property
    def accuracy(self) -> Score:
        """Accuracy of the model, or its exact match."""
        return self.facts.evaluation.scores["exact_match" if self.is_of_sets else "accuracy"]

    @property
    def measure(self) -> str:
        """The name of what `accuracy` is."""
        return self.say("score/exact_match" if self.is_of_sets else "score/accuracy")

    def measured_title(self, key: str, **values: object) -> str:
        """Return a title that names the measure, in capitals where it begins with it."""
        title = self.say(key, measure=self.measure, **values)
        return title[:1].upper() + title[1:]

    @property
    def baseline(self) -> Baseline:
        """The majority-class baseline.

        Raises:
            ValueError: the evaluation is of no classifier.
        """
        baseline = self.facts.evaluation.baseline
        if baseline is None:
            rule = "facts.evaluation must be of a classifier"
            raise ValueError(f"{rule}, got task {self.facts.evaluation.task}; use malmoi evaluate for numbers")
        return baseline

    @property
    def compared(self) -> tuple[Compared, ...]:
        """The baselines: the majority class, or the most frequent set of labels, and the bag where there is one."""
        name, bag = "most-frequent" if self.is_of_sets else "majority", self.facts.bag
        first = Compared(name, self.baseline.accuracy, self.baseline.difference)
        if bag is None:
            return (first,)
        right = min(max(round((self.accuracy.value - bag.value) * bag.samples), 0), bag.samples)
        return first, Compared("bag", Share(right, bag.samples), bag)

    def missing(self, section: str, reason: Unavailable | str) -> Missing:
        """Return that a section has nothing to show: a code of the facts, or of the page itself."""
        found = Unavailable(reason) if isinstance(reason, str) else reason
        return Missing(self.say.missing(section, found.reason, found.values))
