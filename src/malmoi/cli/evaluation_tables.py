"""An evaluation as text tables, as JSON, and as one CSV table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from rich.table import Table

from malmoi.cli.cells import Cells
from malmoi.evaluation.evaluation import LARGEST_SHOWN_CONFUSION, Evaluation, class_row
from malmoi.foundation.printable import printable, printable_json
from malmoi.foundation.terminal import SafeConsole

__all__ = ["FORMATS", "rendered"]

TABLE_WIDTH = 400
SHOWN_PAIRS = 20
LONGEST_NAME = 24
COLUMN_NAMES = 100
"""Maximum total length of the column names of a confusion matrix."""
SHORTEST_COLUMN_NAME = 7


def as_table(evaluation: Evaluation, _: Cells) -> str:
    """Return the scores, the scores of each class, and the confusion matrix as text."""
    parts = [_listed(evaluation.rows())]
    if evaluation.classes:
        names = ["label" if evaluation.confusion is None else "class", "precision", "recall", "F1", "support"]
        parts.append(_table("Classes", names, [class_row(score) for score in evaluation.classes]))
    if evaluation.confusion is not None:
        parts.append(_confusion(evaluation))
    return "".join(parts)


def _confusion(evaluation: Evaluation) -> str:
    """Return the confusion matrix; for many classes, the most frequent confusions."""
    counts = evaluation.confusion
    if counts is None:
        return ""
    labels = [str(score.label) for score in evaluation.classes]
    if len(labels) <= LARGEST_SHOWN_CONFUSION:
        longest = min(LONGEST_NAME, max(SHORTEST_COLUMN_NAME, COLUMN_NAMES // len(labels)))
        names = ["true class", *(_short(label, longest) for label in labels)]
        rows = [(label, *map("{:,}".format, row)) for label, row in zip(labels, counts.tolist(), strict=True)]
        return _table("Confusion matrix (rows: true class, columns: predicted class)", names, rows)
    wrong = counts * (1 - np.eye(len(labels), dtype=np.int64))
    order = np.argsort(-wrong, axis=None, kind="stable")[:SHOWN_PAIRS]
    pairs = [(labels[at // len(labels)], labels[at % len(labels)], wrong.flat[at]) for at in order if wrong.flat[at]]
    title = "Most frequent confusions"
    return _table(
        title, ["true class", "predicted class", evaluation.input_kind], [(a, b, f"{n:,}") for a, b, n in pairs]
    )


def _listed(rows: Sequence[tuple[str, object]]) -> str:
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in rows:
        table.add_row(name, str(value))
    return rendered(table)


def _table(title: str, names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    table = Table(box=None, pad_edge=False)
    table.add_column(names[0])
    for name in names[1:]:
        table.add_column(name, justify="left" if name == "predicted class" else "right")
    for row in rows:
        table.add_row(*(_short(value, LONGEST_NAME) for value in row))
    return f"\n{title}\n{rendered(table)}"


def rendered(table: Table) -> str:
    """Return a table as text; its width does not depend on the terminal."""
    file = io.StringIO()
    SafeConsole(file=file, width=TABLE_WIDTH, color_system=None, legacy_windows=False, soft_wrap=False).print(table)
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().split("\n")[:-1])


def _short(value: object, longest: int) -> str:
    text = printable(value)
    return text if len(text) <= longest else text[: longest - 3] + "..."


def as_json(evaluation: Evaluation, _: Cells) -> str:
    """Return the evaluation as one JSON object."""
    return printable_json(json.dumps(evaluation.to_json(), ensure_ascii=False, indent=2)) + "\n"


def as_csv(evaluation: Evaluation, cells: Cells) -> str:
    """Return one CSV table with a row per number: score, label, prediction, value, low, high, samples."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["score", "label", "prediction", "value", "low", "high", "samples"])
    rows.writerows(map(cells.row, _csv_rows(evaluation)))
    return file.getvalue()


def _csv_rows(evaluation: Evaluation) -> Iterator[list[object]]:
    for name, score in evaluation.scores.items():
        yield [name, "", "", score.value, score.low, score.high, score.samples]
    if (baseline := evaluation.baseline) is not None:
        share, difference = baseline.accuracy, baseline.difference
        label = "|".join(map(str, baseline.label)) if isinstance(baseline.label, tuple) else baseline.label
        yield ["majority_class", label, "", share.value, *share.interval, share.samples]
        bounds = [difference.value, difference.low, difference.high, difference.samples]
        yield ["model_less_majority_class", label, "", *bounds]
    for of in evaluation.classes:
        for name, value, samples in (
            ("precision", of.precision, of.predicted),
            ("recall", of.recall, of.support),
            ("f1", of.f1, of.support),
        ):
            yield [name, of.label, "", value, "", "", samples]
    labels = [of.label for of in evaluation.classes]
    if evaluation.confusion is not None:
        for label, row in zip(labels, evaluation.confusion.tolist(), strict=True):
            yield from (["confusion", label, other, n, "", "", n] for other, n in zip(labels, row, strict=True) if n)


FORMATS: dict[str, Callable[[Evaluation, Cells], str]] = {"table": as_table, "json": as_json, "csv": as_csv}
"""The function for each format of `--format`."""
