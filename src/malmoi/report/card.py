"""A model card with the sections and metadata of Hugging Face, filled from the facts of a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from malmoi.evaluation.evaluation import shorten_label
from malmoi.evaluation.findings import Language
from malmoi.evaluation.text_facts import SCRIPTS
from malmoi.metrics.classification import ClassScore
from malmoi.metrics.scores import Share
from malmoi.report.card_metadata import is_korean, metadata
from malmoi.report.card_notes import score_notes
from malmoi.report.card_text import code, in_markdown, in_python, named, percent, spaced, table
from malmoi.report.card_words import name_of_row, name_of_score, said
from malmoi.report.digits import apart
from malmoi.report.facts import CorpusFacts, ReportFacts, Slice, SlicedColumn, SliceKind, Unavailable
from malmoi.report.learned_texts import learned_texts

__all__ = ["model_card"]

MOST_CLASSES = 100
SHOWN_CLASSES = 20
LONGEST_SENTENCE = 1000
"""Maximum characters of a sentence, and of a class name in the list of classes."""
NO_LETTERS = SCRIPTS[0][0]
BUILT_IN = (SliceKind.LENGTH, SliceKind.SCRIPT, SliceKind.OOV)


def model_card(facts: ReportFacts, language: Language = "en") -> str:
    """Return the text of a `MODEL_CARD.md`.

    Facts that are not available are marked as unknown or not given. Names and texts of the data are escaped for
    Markdown, HTML and YAML.

    Args:
        facts: facts of a report.
        language: language of the sections and sentences.
    """
    card = _Card(facts, language)
    parts = (card.details, card.uses, card.risks, card.start, card.training, card.evaluation, card.impact)
    lines = [*metadata(facts), f"# {said('title', language)} {in_markdown(facts.model.name)}", ""]
    for part in (card.verdict, *parts, card.specifications, card.ending):
        lines += part()
    return "\n".join(lines).rstrip() + "\n"


class _Card:
    """The sections of a model card.

    Args:
        facts: facts of a report.
        language: language of the sections and sentences.
    """

    def __init__(self, facts: ReportFacts, language: Language) -> None:
        self._facts = facts
        self._language = language

    def said(self, name: str, /, **values: object) -> str:
        """Return a text in the language of the card."""
        return said(name, self._language, **values)

    def measured(self, name: str, /, **values: object) -> str:
        """Return a sentence with the name of the first score, capitalised."""
        sentence = self.said(name, measure=self.measure, **values)
        return sentence[:1].upper() + sentence[1:]

    @property
    def measure(self) -> str:
        """The name of the first score: accuracy, or exact match of multilabel models."""
        return name_of_score(next(iter(self._facts.evaluation.scores)), self._language)

    def title(self, level: int, name: str) -> list[str]:
        """Return a heading."""
        return [f"{'#' * level} {self.said(name)}", ""]

    def listed(self, facts: Iterable[tuple[str, str]]) -> list[str]:
        """Return named facts, one per line; values are Markdown."""
        return [*(f"- **{self.said(name)}:** {value}" for name, value in facts), ""]

    def verdict(self) -> Iterator[str]:
        """Yield sentences with the scores, and with reasons why they are not valid."""
        evaluation = self._facts.evaluation
        score = next(iter(evaluation.scores.values()))
        yield from self._learned()
        if evaluation.baseline is not None:
            shares = {"value": score.value, "low": score.low, "high": score.high}
            yield self.measured(
                "verdict",
                **{name: percent(share) for name, share in shares.items()},
                samples=score.samples,
                label=in_markdown(shorten_label(evaluation.baseline.label)),
                baseline=percent(evaluation.baseline.accuracy.value),
            )
        if (bag := self._facts.bag) is not None:
            yield self.measured("bag", value=100 * bag.value, low=100 * bag.low, high=100 * bag.high)
        yield ""

    def _learned(self) -> list[str]:
        """Return a warning that the model was evaluated on training texts, if it was."""
        found = learned_texts(self._facts.findings)
        return [] if found is None else [self.said(f"learned_{found.kind}", share=percent(found.share or 0.0))]

    def details(self) -> list[str]:
        """Return the section of model details."""
        model = self._facts.model
        unknown, not_given = self.said("unknown"), self.said("not_given")
        samples = unknown if model.training_samples is None else f"{model.training_samples:,}"
        described = [
            ("developed_by", not_given),
            ("model_type", in_markdown(model.recipe)),
            ("task", self.said(model.task)),
            ("languages", "ko" if is_korean(self._facts) else unknown),
            ("license", not_given),
            ("classes", self._classes()),
            ("training_texts", samples),
        ]
        lines = [*self.title(2, "details"), *self.title(3, "description"), *self.listed(described)]
        return [*lines, *self.title(3, "sources"), *self.listed([("repository", not_given)])]

    def _classes(self) -> str:
        classes = self._facts.model.classes
        shown = [in_markdown(one, LONGEST_SENTENCE) or "&quot;&quot;" for one in classes[:SHOWN_CLASSES]]
        more = len(classes) - SHOWN_CLASSES
        return f"{len(classes)}: {', '.join([*shown, *([self.said('more', count=more)] if more > 0 else [])])}"

    def uses(self) -> list[str]:
        """Return the section of uses, limited to the evaluated data."""
        kind = "use_several" if self._facts.model.task == "multilabel" else "use_one"
        lines = [*self.title(2, "uses"), *self.title(3, "direct_use")]
        lines += [self.said(kind, classes=len(self._facts.model.classes))]
        lines += [*(self._learned() or [self.said("use_data", name=in_markdown(self._facts.title))]), ""]
        return [*lines, *self.title(3, "out_of_scope"), self.said("no_use"), ""]

    def risks(self) -> list[str]:
        """Return the section of risks: warnings of the checks, and slices with lower accuracy."""
        facts, language = self._facts, self._language
        warnings = [finding for finding in facts.findings if finding.is_warning]
        lines = [f"- {self.measured('no_groups')}"]
        lines += [f"- {finding.code}: {self._sentence(finding.sentence(language))}" for finding in warnings]
        lines += [] if warnings else [f"- {self.said('no_warnings')}"]
        columns = () if isinstance(facts.slices, Unavailable) else facts.slices
        for column in columns:
            for name, one in zip(self._slices(column), column.slices, strict=True):
                if one.difference < 0:
                    values = {"slice": f"{self._kind(column)} {name}", "value": percent(one.accuracy.value)}
                    lines.append(f"- {self.measured('lower', **values)}")
        lines += [f"- {in_markdown(note, LONGEST_SENTENCE)}" for note in score_notes(facts.evaluation, language)]
        cures = [(finding.code, finding.recommendation(language)) for finding in warnings]
        advice = [f"- {name}: {self._sentence(cure)}" for name, cure in cures if cure]
        advice = advice or [self.said("no_warnings") if not warnings else self.said("unknown")]
        return [*self.title(2, "risks"), *lines, "", *self.title(3, "recommendations"), *advice, ""]

    def _sentence(self, sentence: str) -> str:
        return in_markdown(spaced(sentence), LONGEST_SENTENCE)

    def start(self) -> list[str]:
        """Return the section on loading the model."""
        opened = ["from malmoi import load", "", f"model = load({in_python(self._facts.model.name)})"]
        lines = ["```python", *opened, 'labels = model.predict(["a text"])', "```", ""]
        return [*self.title(2, "start"), *lines]

    def training(self) -> list[str]:
        """Return the section of training: data, parameters, epochs, and the expected gain from more labels."""
        facts = self._facts
        data = next((one for one in facts.data if one.role == "training"), None)
        lines = [*self.title(2, "training"), *self.title(3, "training_data")]
        lines += [self.said("training_unknown"), ""] if data is None else self._data(data)
        lines += [*self.title(3, "procedure"), *self.title(4, "hyperparameters")]
        rows = [(in_markdown(name), in_markdown(value)) for name, value in facts.model.settings.items()]
        lines += table([self.said("parameter"), self.said("value")], rows) or [self.said("defaults"), ""]
        if not isinstance(facts.histories, Unavailable):
            epochs = [f"{in_markdown(name)}: {len(history)}" for name, history in facts.histories.items()]
            lines += self.listed([("epochs", ", ".join(epochs))])
        if not isinstance(facts.label_curve, Unavailable):
            is_compared = facts.label_curve.source == "comparison"
            recipe = in_markdown(facts.label_curve.recipe) if is_compared else self.said("a_bag")
            for gain in facts.label_curve.gains:
                value, low, high = (100 * number for number in (gain.value, gain.low, gain.high))
                amounts = {"labels": gain.labels, "more": gain.more, "value": value, "low": low, "high": high}
                lines += [f"- {self.measured('gain', recipe=recipe, **amounts)}"]
        return [*lines, ""]

    def _data(self, data: CorpusFacts) -> list[str]:
        counts = list(data.class_counts.items())
        classes = ", ".join(f"{named(label)} ({n:,})" for label, n in counts[:SHOWN_CLASSES])
        scripts = ", ".join(f"{self._script(script)} ({count:,})" for script, count in data.scripts.items())
        described = [
            ("name", in_markdown(data.name) or self.said("not_given")),
            ("texts", f"{data.texts:,}"),
            ("classes", classes + (", ..." if len(counts) > SHOWN_CLASSES else "")),
            ("lengths", self.said("median", median=data.characters[0], long=data.characters[1])),
            ("scripts", scripts),
            ("checksum", f"`{data.checksum}`"),
        ]
        return self.listed(described)

    def evaluation(self) -> list[str]:
        """Return the section of evaluation: data, slices, scores."""
        evaluation = self._facts.evaluation
        measured = next(one for one in self._facts.data if one.role == "measured")
        lines = [*self.title(2, "evaluation"), *self.title(3, "setting"), *self.title(4, "testing_data")]
        lines += [*self._data(measured), *self.title(4, "factors"), *self._factors()]
        lines += [*self.title(4, "metrics"), self.said("intervals"), "", *self.title(3, "results")]
        lines += [line for sentence in self._learned() for line in (sentence, "")]
        scores = [
            (name_of_score(name, self._language), f"{score.value:.4f}", f"{score.low:.4f} – {score.high:.4f}")
            for name, score in evaluation.scores.items()
        ]
        lines += table([self.said(name) for name in ("score", "value", "interval")], scores)
        names = [self.said("class"), self.said("precision"), self.said("recall"), "F1", self.said("support")]
        classes = [_class_row(score) for score in evaluation.classes[:MOST_CLASSES]]
        lines += table(names, classes)
        more = len(evaluation.classes) - MOST_CLASSES
        lines += [self.said("more_classes", count=more), ""] if more > 0 else []
        return [*lines, *self.title(4, "summary"), *self.verdict()]

    def _factors(self) -> list[str]:
        columns = self._facts.slices
        if isinstance(columns, Unavailable) or not any(column.slices for column in columns):
            return [self.said("no_slices"), ""]
        lines = [self.measured("slices_how"), ""]
        for column in columns:
            rows = [
                (name, *_shares(one.accuracy), f"{one.accuracy.samples:,}", self._mark(one))
                for name, one in zip(self._slices(column), column.slices, strict=True)
            ]
            names = [self.said(name) for name in ("interval", "texts")]
            lines += table([self._kind(column), self.measure, *names, ""], rows)
        return lines

    def _mark(self, one: Slice) -> str:
        return {-1: self.said("below"), 0: "", 1: self.said("above")}[one.difference]

    def _kind(self, column: SlicedColumn) -> str:
        return self.said(column.kind) if column.kind in BUILT_IN else named(column.kind)

    def _slices(self, column: SlicedColumn) -> list[str]:
        """Return the names of slices; numbers have enough digits to be distinct."""
        scale, unit = (100, " %") if column.kind == SliceKind.OOV else (1, "")
        ends = [end for one in column.slices for end in one.bounds or ()]
        shown = dict(zip(ends, apart([scale * end for end in ends]), strict=True))
        names = []
        for one in column.slices:
            if one.bounds is None:
                names.append(self._script(one.name) if column.kind == SliceKind.SCRIPT else named(one.name))
            else:
                names.append(" – ".join(f"{shown[end]}{unit}" for end in one.bounds))
        return names

    def _script(self, name: str) -> str:
        """Return the name of a script in the language of the card."""
        korean = dict(SCRIPTS)
        if name == NO_LETTERS:
            return self.said("no_letters")
        return in_markdown(korean.get(name, name) if self._language == "ko" else name)

    def impact(self) -> list[str]:
        """Return the section of environmental impact."""
        seconds = self._seconds()
        time = self.said("unknown") if not seconds else self.said("seconds", seconds=seconds)
        hardware = self.said("cores", threads=self._facts.reproduction.threads)
        known = [("hardware", hardware), ("training_time", time), ("carbon", self.said("unknown"))]
        return [*self.title(2, "impact"), *self.listed(known)]

    def _seconds(self) -> float:
        """Return the seconds of all epochs; 0 if unknown, as for models loaded from files."""
        histories = self._facts.histories
        if isinstance(histories, Unavailable):
            return 0.0
        return sum(row.seconds for history in histories.values() for row in history.rows)

    def specifications(self) -> list[str]:
        """Return the section of architecture and software."""
        model = self._facts.model
        size = self.said("unknown") if model.size_bytes is None else self.said("bytes", size=model.size_bytes)
        rows = [(named(name_of_row(name, self._language)), in_markdown(value, 1000)) for name, value in model.rows]
        software = ", ".join(
            f"{in_markdown(name)} {in_markdown(number)}" for name, number in self._facts.reproduction.versions.items()
        )
        lines = [*self.title(2, "specifications"), *self.title(3, "architecture")]
        lines += [*(f"- **{name}:** {value}" for name, value in rows), *self.listed([("size", size)])]
        return [*lines, *self.title(3, "infrastructure"), *self.listed([("software", software)])]

    def ending(self) -> list[str]:
        """Return the sections of reproduction, citation and contact."""
        made = self._facts.reproduction
        names = {name: in_markdown(name_of_row(name, self._language)) for name in (*made.seeds, *made.checksums)}
        seeds = ", ".join(f"{names[name]}: {seed}" for name, seed in made.seeds.items())
        lines = [*self.title(2, "reproduction"), *self.listed([("command", code(made.command))])]
        lines = lines[:-1] + self.listed([("seeds", seeds), ("date", in_markdown(made.created))])[:-1]
        lines += [f"- **SHA-256, {names[name]}:** `{value}`" for name, value in made.checksums.items()]
        not_given = self.said("not_given")
        return [*lines, "", *self.title(2, "citation"), not_given, "", *self.title(2, "contact"), not_given, ""]


def _shares(share: Share) -> tuple[str, str]:
    low, high = share.interval
    return percent(share.value), f"{percent(low)} – {percent(high)}"


def _class_row(score: ClassScore) -> tuple[str, ...]:
    shares = ("-" if value is None else percent(value) for value in (score.precision, score.recall, score.f1))
    return (named(score.label), *shares, f"{score.support:,}")
