"""Computation of all facts of a report on a text classifier."""

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
    """Evaluate a model, check the data, and return all facts of a report.

    Args:
        model: a fitted text classifier.
        measured: labelled test data.
        name: name of the model.
        measured_name: name of the files of the test data; the title of the report.
        command: command line or Python call of the report.
        training: labelled training data of the model.
        training_name: name of its files.
        comparison: comparison of recipes that includes the model.
        columns: columns of the test data for slices, with one value per text.
        seed: random seed of random splits and resamples.
        size_bytes: size of the model file.
        checksums: SHA-256 of files by name.
        histories: training histories by recipe name; by default those of the comparison or of the model.
        reading: report of reading the files; skipped rows are a finding.
        created: date, ISO 8601; `None`: today in UTC.
        most_bytes: maximum size of the texts of all shown mistakes in UTF-8.
        progress: progress callback, called with the step's name, the number done and the total.

    Raises:
        TypeError: the model is not a text classifier.
        ValueError: a column does not have one value per text.
        DataError: there are no labelled texts, or no label is known to the model.
    """
    task = classification_of(model)
    check_number("seed", seed, 0)
    chosen = columns or {}
    _check_data(measured, training, chosen)
    sources = Sources.of(
        model, task, measured, training, comparison, chosen, reading=reading, seed=seed, progress=progress
    )
    details = Details(
        name, measured_name, training_name, command, size_bytes, checksums or {}, histories or {}, created
    )
    return _facts(sources, details, most_bytes)


@dataclass(frozen=True)
class Details:
    """Arguments of `gather` that are copied to the facts."""

    name: str
    measured_name: str
    training_name: str
    command: str
    size_bytes: int | None
    checksums: Mapping[str, str]
    histories: Mapping[str, History]
    created: str | None


def _facts(sources: Sources, details: Details, most_bytes: int) -> ReportFacts:
    """Return the facts of all sections."""
    model, task, evaluation = sources.model, sources.task, sources.evaluation
    data = _data(sources, details.training_name, details.measured_name)
    return ReportFacts(
        title=details.measured_name,
        model=model_facts(model, task, evaluation, name=details.name, size_bytes=details.size_bytes),
        evaluation=evaluation,
        bag=_difference_to_bag(sources.findings),
        bag_reason=_reason_without_bag(sources),
        data=data,
        findings=sources.findings,
        comparison=sources.comparison or Unavailable("no-comparison"),
        label_curve=label_curve(sources),
        histories=details.histories or _histories(sources, details.name) or Unavailable("no-epochs"),
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
            command=details.command,
            seed=sources.seed,
            checksums=details.checksums,
            created=details.created,
            comparison=sources.comparison,
        ),
    )


def classification_of(model: FittedModel) -> Classification:
    """Return the task of a text classifier.

    Raises:
        TypeError: the model is not a text classifier.
    """
    rule = "model must be a text classifier"
    if not isinstance(model, FittedModel):
        raise TypeError(f"{rule}, got {shorten(model)}; load a file with load_fitted")
    if model.input_kind == "series":
        raise TypeError(f"{rule}, got a model of series; use malmoi series evaluate")
    if model.input_kind == "history":
        raise TypeError(f"{rule}, got a forecaster; use mm.backtest")
    if not isinstance(model.task, Classification):
        raise TypeError(f"{rule}, got a regression model; use malmoi evaluate")
    return model.task


def _check_data(measured: Corpus, training: Corpus | None, columns: Mapping[str, Sequence[object]]) -> None:
    for role, corpus in (("measured", measured), ("training", training)):
        if corpus is not None and not len(corpus):
            raise DataError(f"{role} must have 1 labelled text or more, got 0")
        if corpus is not None:
            corpus.required_codes  # noqa: B018 -- raises if there are none
    for column, values in columns.items():
        if len(values) != len(measured):
            rule = f"columns must have a value for each of the {len(measured)} texts"
            raise ValueError(f"{rule}, got {len(values)} of {shorten(column)}")


def _data(sources: Sources, training_name: str, measured_name: str) -> tuple[CorpusFacts, ...]:
    """Return the facts of both data sets, the training data first."""
    measured = corpus_facts(sources.measured, sources.measured_facts, role="measured", name=measured_name)
    if sources.training is None:
        return (measured,)
    return corpus_facts(sources.training, sources.subject.facts, role="training", name=training_name), measured


def _difference_to_bag(findings: Sequence[Finding]) -> PairedDifference | None:
    """Return the difference computed by the check of the bag baseline; `None` if there is none."""
    for one in findings:
        if one.code == BAG_BASELINE.code:
            values = one.values
            return PairedDifference(values["difference"], values["low"], values["high"], values["samples"])
    return None


def _reason_without_bag(sources: Sources) -> str:
    """Return `ReportFacts.bag_reason`."""
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
