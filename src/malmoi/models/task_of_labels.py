"""Detection of the classification task from the form of the labels."""

from __future__ import annotations

import numpy as np

from malmoi.data.label_forms import (
    LabelForm,
    form_of,
    indicator_rows,
    is_one_hot,
    label_sets,
    plain_labels,
    tell_one_hot,
)
from malmoi.errors import DataError
from malmoi.models.labels import label_classes
from malmoi.models.task import Classification, Multiclass, Multilabel, Targets, single_label_task

__all__ = ["classification_of", "task_of_labels"]


def classification_of(labels: object, where: str = "training") -> tuple[Classification, Targets]:
    """Detect the classification task of labels, and return it with the training targets.

    Args:
        labels: one label per sample; lists, tuples or sets of labels; or an array of zeros and ones (samples, classes).
            A single column is read as one label per sample. So are one-hot rows, with exactly one 1 in each, as from
            `keras.utils.to_categorical`; their labels are the column indices, and a warning is logged.
        where: name of the data, for errors.

    Raises:
        TypeError: labels have none of these forms.
        DataError: a label is invalid, or there are fewer than two classes.
    """
    form = form_of(labels)
    if form is LabelForm.sets:
        sets = label_sets(labels, where)
        many = Multilabel(label_classes(sets))
        return many, many.encode(sets, where)
    if form is LabelForm.indicator:
        rows = indicator_rows(labels, where)
        if rows.shape[1] < 2:
            raise DataError(f"labels must have 2 columns or more, one for each class, got {rows.shape[1]}")
        if not is_one_hot(labels, rows):
            return Multilabel(np.arange(rows.shape[1]), indicator=True), rows
        tell_one_hot(rows)
    one = plain_labels(labels, where)
    task = single_label_task(label_classes(one))
    return task, task.encode(one, where)


def task_of_labels(labels: object, like: Classification, where: str = "training") -> Classification:
    """Return the classification task that matches the form of labels, with their classes, which may be one or none.

    Args:
        labels: in one of the forms that `classification_of` accepts.
        like: the task of the earlier fit: if it is single-label, one-hot rows are read as single labels.
        where: name of the data, for errors.

    Raises:
        TypeError: labels have none of these forms.
        DataError: a label is invalid.
    """
    form = form_of(labels)
    if form is LabelForm.sets:
        return Multilabel(label_sets(labels, where).classes)
    if form is LabelForm.indicator and (like.form is not LabelForm.single or not is_one_hot(labels)):
        return Multilabel(np.arange(indicator_rows(labels, where).shape[1]), indicator=True)
    return Multiclass(plain_labels(labels, where).classes)
