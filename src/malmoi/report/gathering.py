"""All facts of a report on a classifier of texts, each worked out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from malmoi.data.corpus import Corpus
from malmoi.data.readers import ReadReport
from malmoi.errors import DataError
from malmoi.evaluation.checks.bag_baseline import BAG_BASELINE
from malmoi.evaluation.findings import Finding
from malmoi.experiments.comparison import Comparison
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import check_number, shorten
from malmoi.metrics.paired import PairedDifference
from malmoi.models.base import FittedModel
from malmoi.models.history import History
from malmoi.models.linear.model import BagModel
from malmoi.models.task import Binary, Classification
from malmoi.report.corpus_facts import corpus_facts
from malmoi.report.duplicate_pairs import duplicate_pairs
from malmoi.report.facts import CorpusFacts, ReportFacts, Unavailable
from malmoi.report.label_curve import label_curve
from malmoi.report.mistakes import MOST_BYTES, shown_mistakes
from malmoi.report.model_facts import model_facts
from malmoi.report.reproduction import reproduction
from malmoi.report.slices import accuracy_slices
from malmoi.report.sources import Sources
from malmoi.report.suspects import suspected
from malmoi.report.thresholds import threshold_curve
from malmoi.report.word_plane import word_plane

__all__ = ["classification_of", "gather"]


def gather(
    model: FittedModel,
    measured: Corpus,
    *,
    name: str,
    measured_name: str,
    command: str,
    training: Corpus | None = None,
    training_name: str = "",
    comparison: Comparison | None = None,
    columns: Mapping[str, Sequence[object]] | None = None,
    seed: int = 0,
    size_bytes: int | None = None,
    checksums: Mapping[str, str] | None = None,
    histories: Mapping[str, History] | None = None,
    reading: ReadReport | None = None,
    created: str | None = None,
    most_bytes: int = MOST_BYTES,
    progress: Progress = silent,
) -> ReportFacts:
    """Measure a model, check the data, and return all that a report shows.

    Args:
        model: a fitted classifier of texts.
        measured: labelled texts that it is measured on.
        name: of the model.
        measured_name: of the files of the measured data; the title of the report.
        command: how the report is made: the command line, or the Python call.
        training: labelled texts that the model learned from.
        training_name: of their files.
        comparison: of recipes, of which the model is one.
        columns: of the measured data, a value for each text, to slice the accuracy by.
        seed: random seed of draws and resamples.
        size_bytes: of the model's file.
        checksums: SHA-256 of files, by name.
        histories: epochs by the name of a recipe; those of the model, and of the comparison, if not given.
        reading: of the files; rows that were skipped are a finding.
        created: date, ISO 8601; `None`: today in UTC.
        most_bytes: of the texts of all mistakes that are shown together.
        progress: progress callback.

    Raises:
        TypeError: the model predicts numbers, or is not one of texts.
        ValueError: a column has not as many values as there are texts.
        DataError: there are no labelled texts, or no label is among those of the model.
    """
    task = classification_of(model)
    check_number("seed", seed, 0)
    chosen = columns or {}
    _check_data(measured, training, chosen)
    sources = Sources.of(
        model, task, measured, training, comparison, chosen, reading=reading, seed=seed, progress=progress
    )
    told = Told(name, measured_name, training_name, command, size_bytes, checksums or {}, histories or {}, created)
    return _facts(sources, told, most_bytes)


@dataclass(frozen=True)
class Told:
    """What a report is told, beside the model and the data; `gather` says what each is."""

    name: str
    measured_name: str
    training_name: str
    command: str
    size_bytes: int | None
    checksums: Mapping[str, str]
    histories: Mapping[str, History]
    created: str | None


def _facts(sources: Sources, told: Told, most_bytes: int) -> ReportFacts:
    """All sections of the report, in its order."""
    model, task, evaluation = sources.model, sources.task, sources.evaluation
    data = _data(sources, told.training_name, told.measured_name)
    return ReportFacts(
        title=told.measured_name,
        model=model_facts(model, task, evaluation, name=told.name, size_bytes=told.size_bytes),
        evaluation=evaluation,
        bag=_difference_to_bag(sources.findings),
        bag_reason=_reason_without_bag(sources),
        data=data,
        findings=sources.findings,
        comparison=sources.comparison or Unavailable("no-comparison"),
        label_curve=label_curve(sources),
        histories=told.histories or _histories(sources, told.name) or Unavailable("no-epochs"),
        slices=accuracy_slices(sources),
        thresholds=threshold_curve(sources),
        positive=str(task.classes[1].item()) if isinstance(task, Binary) else "",
        mistakes=shown_mistakes(sources, most_bytes=most_bytes),
        duplicates=duplicate_pairs(sources),
        suspects=suspected(sources),
        word_map=word_plane(sources),
        reproduction=reproduction(
            model,
            data,
            command=told.command,
            seed=sources.seed,
            checksums=told.checksums,
            created=told.created,
            comparison=sources.comparison,
        ),
    )


def classification_of(model: FittedModel) -> Classification:
    """Return what a classifier of texts predicts.

    Raises:
        TypeError: the model predicts numbers, or is not one of texts.
    """
    rule = "model must be a classifier of texts"
    if not isinstance(model, FittedModel):
        raise TypeError(f"{rule}, got {shorten(model)}; open a file with load_fitted")
    if model.input_kind == "series":
        raise TypeError(f"{rule}, got one of series; malmoi series evaluate measures it")
    if model.input_kind == "history":
        raise TypeError(f"{rule}, got a forecaster; mm.backtest measures it")
    if not isinstance(model.task, Classification):
        raise TypeError(f"{rule}, got one that predicts numbers; malmoi evaluate measures it")
    return model.task


def _check_data(measured: Corpus, training: Corpus | None, columns: Mapping[str, Sequence[object]]) -> None:
    for role, corpus in (("measured", measured), ("training", training)):
        if corpus is not None and not len(corpus):
            raise DataError(f"{role} must hold 1 labelled text or more, got 0")
        if corpus is not None:
            corpus.known_codes  # noqa: B018 -- raises where there are none
    for column, values in columns.items():
        if len(values) != len(measured):
            rule = f"columns must have a value for each of the {len(measured)} texts"
            raise ValueError(f"{rule}, got {len(values)} of {shorten(column)}")


def _data(sources: Sources, training_name: str, measured_name: str) -> tuple[CorpusFacts, ...]:
    """Both data sets, the training data first."""
    measured = corpus_facts(sources.measured, sources.measured_facts, role="measured", name=measured_name)
    if sources.training is None:
        return (measured,)
    return corpus_facts(sources.training, sources.subject.facts, role="training", name=training_name), measured


def _difference_to_bag(findings: Sequence[Finding]) -> PairedDifference | None:
    """The difference that the check of the bag worked out; `None` where it could not be made."""
    for one in findings:
        if one.code == BAG_BASELINE.code:
            values = one.values
            return PairedDifference(values["difference"], values["low"], values["high"], values["samples"])
    return None


def _reason_without_bag(sources: Sources) -> str:
    """Why there is no difference to a bag, as `ReportFacts.bag_reason`; "" where there is one."""
    if isinstance(sources.model, BagModel):
        return "is-bag"
    if sources.training is None:
        return "needs-training"
    return "" if any(one.code == BAG_BASELINE.code for one in sources.findings) else "failed"


def _histories(sources: Sources, name: str) -> Mapping[str, History]:
    if sources.comparison is not None and sources.comparison.histories:
        return sources.comparison.histories
    history = sources.model.training_history
    return {} if history is None or not len(history) else {name: history}
