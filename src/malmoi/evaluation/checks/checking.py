"""Run all applicable checks of data, and of a model that was trained on it, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from html import escape
from typing import TypeAlias, overload

import numpy as np
import numpy.typing as npt

from malmoi.data.corpus import Corpus
from malmoi.data.frames import Frame, frame_labels, is_frame, text_columns_of, texts_of, usual_label_column
from malmoi.data.readers import ReadReport
from malmoi.data.texts import as_texts
from malmoi.evaluation.checks.base import NEEDS, Check, Need, Subject
from malmoi.evaluation.checks.table import CHECKS, CODES
from malmoi.evaluation.findings import Finding, Language
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import check_number, shorten
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.task import Classification

__all__ = ["CheckReport", "SkippedCheck", "check", "check_series_result", "checked_codes"]

Data: TypeAlias = Corpus | Frame | tuple[object, object] | Sequence[str]


@dataclass(frozen=True)
class SkippedCheck:
    """A check that was skipped, because the data or the model that it needs was not given.

    Args:
        code: its code.
        needs: its unmet requirements.

    Example:
        >>> skipped = check(Corpus(["good", "bad"], ["pos", "neg"])).skipped[0]
        >>> skipped.code, skipped.reason()
        ('majority-class', 'a classifier and labelled texts for evaluation')
    """

    code: str
    needs: tuple[Need, ...]

    def reason(self, language: Language = "en") -> str:
        """Return the unmet requirements, for display.

        Args:
            language: language of the text: "en" or "ko".
        """
        return ", ".join(NEEDS[need][language] for need in self.needs)


@dataclass(frozen=True)
class CheckReport(Sequence[Finding]):
    """The result of `check`: a sequence of findings, which prints as a list.

    Args:
        findings: findings about the model, then about the data.
        skipped: checks that were skipped because of unmet requirements, such as a model.
        ran: codes of the checks that were run.
        ignored: codes of findings that were ignored as requested.
        subject: the data and the model that were checked.

    Example:
        >>> corpus = Corpus(["good", "good", "fine", "nice"], ["pos", "neg", "pos", "pos"])
        >>> report = check(corpus, ignore=["duplicates"])
        >>> [finding.code for finding in report]
        ['imbalance', 'rare-class', 'conflicting-labels']
        >>> report.warnings[0].message
        '75.0% of the labels are "pos"'
        >>> report.total()
        '3 warnings and 0 notes from 11 checks'
        >>> report.skipped_lines()[3]
        'shared-groups needs a group column (--group-column) in both data sets'
        >>> report.to_json()["ignored"]
        ['duplicates']
    """

    findings: tuple[Finding, ...]
    skipped: tuple[SkippedCheck, ...] = ()
    ran: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    subject: Subject = field(default_factory=lambda: Subject(Corpus([])), repr=False, compare=False)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, index: int | slice) -> Finding | tuple[Finding, ...]:
        """Return a finding, or several."""
        return self.findings[index]

    def __len__(self) -> int:
        """Return the number of findings."""
        return len(self.findings)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings with the severity "warning", without the notes."""
        return tuple(finding for finding in self.findings if finding.is_warning)

    def skipped_lines(self, language: Language = "en") -> list[str]:
        """Return why checks were skipped: one line per unmet requirement, with the codes of the checks.

        Args:
            language: language of the lines: "en" or "ko".
        """
        codes: dict[str, list[str]] = {}
        for one in self.skipped:
            codes.setdefault(one.reason(language), []).append(one.code)
        if language == "ko":
            return [f"{', '.join(names)}: {reason} 필요" for reason, names in codes.items()]
        return [f"{', '.join(names)} need{'s' * (len(names) == 1)} {reason}" for reason, names in codes.items()]

    def total(self, language: Language = "en") -> str:
        """Return the numbers of warnings, notes and checks in one line.

        Args:
            language: language of the line: "en" or "ko".
        """
        warnings = len(self.warnings)
        notes = len(self) - warnings
        if language == "ko":
            return f"검사 {len(self.ran)}개: 경고 {warnings}개, 참고 {notes}개"
        counts = f"{warnings} warning{'s' * (warnings != 1)} and {notes} note{'s' * (notes != 1)}"
        return f"{counts} from {len(self.ran)} checks"

    def to_json(self, language: Language = "en") -> JsonObject:
        """Return findings, codes of the checks that were run or ignored, and skipped checks as a JSON object.

        Args:
            language: language of the sentences: "en" or "ko".
        """
        return {
            "findings": [finding.to_json(language) for finding in self.findings],
            "ran": list(self.ran),
            "skipped": [{"code": one.code, "needs": [need.value for need in one.needs]} for one in self.skipped],
            "ignored": list(self.ignored),
        }

    def __str__(self) -> str:
        lines = []
        for finding in self.findings:
            lines += [str(finding), *(f"    {example}" for example in finding.examples)]
        lines.append(self.total())
        lines += [f"skipped: {line}" for line in self.skipped_lines()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return a list for notebooks."""
        items = []
        for finding in self.findings:
            examples = "".join(f"<li>{escape(str(example))}</li>" for example in finding.examples)
            items.append(f"<li>{escape(str(finding))}{f'<ul>{examples}</ul>' if examples else ''}</li>")
        skipped = "".join(f"<p>skipped: {escape(line)}</p>" for line in self.skipped_lines())
        return f"<ul>{''.join(items)}</ul>{skipped}"


def check(
    data: Data,
    validation: Data | None = None,
    *,
    model: FittedModel | ModelEstimator[FittedModel] | None = None,
    thorough: bool = True,
    measure: bool = True,
    ignore: Sequence[str] = (),
    reading: ReadReport | None = None,
    outputs: npt.NDArray[np.float32] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> CheckReport:
    """Check texts and their labels, and optionally a classifier.

    Args:
        data: texts with labels, a `Corpus`, a data frame or a pair (texts, labels); or only texts. With `validation`,
            the training set.
        validation: validation set of texts and labels; texts in both sets are reported as leakage.
        model: a trained text classifier, which is evaluated on `validation`, or on `data` without it.
        thorough: whether to run the checks that fit their own models; `run` and `malmoi evaluate` skip them.
        measure: whether the model is evaluated; off if `data` is its training set and there is no `validation`.
        ignore: codes of findings to ignore, such as `["imbalance"]`; `malmoi check --list` prints all codes.
        reading: report of reading the files; skipped rows are a finding.
        outputs: outputs of the model for the evaluated texts, if they are known already, such as those of an
            `Evaluation`: float32 (samples, units).
        seed: random seed; 0 or more.
        progress: progress callback, called with the step's name, the number done and the total.

    Returns:
        The findings, first about the model, then about the data, and the skipped checks with their unmet requirements.

    Raises:
        TypeError: a text is not a str, or the model is not a text model.
        ValueError: `ignore` has an unknown code.
        DataError: no label is among the model's classes.
        NotFittedError: the model is not fitted.

    Example:
        >>> check(Corpus(["good", " ", "fine", "nice"], ["pos", "pos", "pos", "neg"]))[0].code
        'imbalance'
    """
    ignored = checked_codes(ignore)
    check_number("seed", seed, 0)
    fitted = model.fitted if isinstance(model, ModelEstimator) else model
    if fitted is not None and fitted.input_kind != "texts":
        raise TypeError(f"model must be a text model, got a model of {fitted.input_kind}")
    if fitted is not None and not isinstance(fitted.task, Classification):
        raise TypeError(f"model must be a classifier, got a {type(fitted.task).__name__.lower()} model")
    held_out = None if validation is None else _corpus(validation)
    subject = Subject(_corpus(data), held_out, fitted, measure, reading, outputs, seed, progress)
    wanted = [one for one in CHECKS if (thorough or not one.thorough) and _is_wanted(one, ignored)]
    missing = {one.code: tuple(need for need in Need if need in one.needs and not subject.has(need)) for one in wanted}
    made = [one for one in wanted if not missing[one.code]]
    findings = [
        finding for one in _with_progress(made, progress) for finding in one.run(subject) if finding.code not in ignored
    ]
    skipped = tuple(SkippedCheck(code, needs) for code, needs in missing.items() if needs)
    return CheckReport(tuple(findings), skipped, tuple(one.code for one in made), ignored, subject)


def check_series_result(
    model: FittedModel, names: Sequence[str], labels: object, outputs: npt.NDArray[np.float32]
) -> tuple[Finding, ...]:
    """Run the checks that only need predictions, for a classifier of series.

    Args:
        model: a fitted classifier of series.
        names: names of the series, for examples.
        labels: their labels.
        outputs: float32 (series, units), outputs of the model.
    """
    subject = Subject(Corpus(names, labels), None, model, outputs=outputs)
    return tuple(finding for one in CHECKS if one.needs == {Need.measured} for finding in one.run(subject))


def checked_codes(codes: Sequence[str]) -> tuple[str, ...]:
    """Return the distinct codes of findings, checked.

    Raises:
        TypeError: `codes` is a str.
        ValueError: a code is unknown.
    """
    if isinstance(codes, str):
        raise TypeError(f"ignore must be a list of codes, got one str; wrap it: [{codes!r}]")
    for code in codes:
        if code not in CODES:
            near = get_close_matches(str(code), CODES, 1)
            cure = f"did you mean {near[0]!r}?" if near else "malmoi check --list prints all codes"
            raise ValueError(f"ignore must contain codes of findings, got {shorten(code)}; {cure}")
    return tuple(dict.fromkeys(codes))


def _is_wanted(one: Check, ignored: Sequence[str]) -> bool:
    return any(kind.code not in ignored for kind in one.kinds)


def _with_progress(checks: Sequence[Check], progress: Progress) -> Iterator[Check]:
    """Yield checks, and call the progress callback."""
    for number, one in enumerate(checks):
        progress("checking", number, len(checks))
        yield one
    progress("checking", len(checks), len(checks))


def _corpus(data: Data) -> Corpus:
    """Return a corpus from a corpus, a data frame, a pair of texts and labels, or texts."""
    if isinstance(data, Corpus):
        return data
    if is_frame(data):
        data = (data, None)
    if isinstance(data, tuple) and len(data) == 2 and not isinstance(data[0], str):
        texts, labels = data
        if not is_frame(texts):
            return Corpus(as_texts(texts), labels)
        named = labels if isinstance(labels, str) else usual_label_column(texts)
        columns = text_columns_of(texts, named)
        return Corpus(texts_of(texts, columns), labels if named is None else frame_labels(texts, named))
    return Corpus(as_texts(data))
