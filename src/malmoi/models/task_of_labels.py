"""The classification that labels ask for."""

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
    """Find out which classification the labels ask for, and return it with the training targets.

    Args:
        labels: one label a sample; or lists, tuples or sets of labels; or an array of zeros and ones (samples,
            classes). One column is one label a sample. So are one-hot rows, exactly one 1 in each, whose labels are the
            numbers of the columns, as `keras.utils.to_categorical` encodes them: that is logged as a warning.
        where: what the labels belong to, for errors.

    Raises:
        TypeError: labels are in none of these forms.
        DataError: a label cannot be used, or there are fewer than two classes.
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
    """Return the classification that labels have the form of, with their classes, of which there may be one or none.

    Args:
        labels: in the forms that `classification_of` takes.
        like: what was learned before: where it has one label a sample, one-hot rows are that too.
        where: what the labels belong to, for errors.

    Raises:
        TypeError: labels are in none of the forms.
        DataError: a label cannot be used.
    """
    form = form_of(labels)
    if form is LabelForm.sets:
        return Multilabel(label_sets(labels, where).classes)
    if form is LabelForm.indicator and (like.form is not LabelForm.single or not is_one_hot(labels)):
        return Multilabel(np.arange(indicator_rows(labels, where).shape[1]), indicator=True)
    return Multiclass(plain_labels(labels, where).classes)
