"""Sections of a report that list texts: mistakes, duplicates, suspected labels."""

from __future__ import annotations

from dataclasses import dataclass

from malmoi.models.shading import Run

__all__ = ["DuplicatePair", "Duplicates", "Mistakes", "ShownMistake", "SuspectedLabel", "Suspects"]


@dataclass(frozen=True)
class ShownMistake:
    """A wrong prediction with its text.

    Args:
        place: file and line, or "texts[17]".
        label: the true label.
        prediction: the predicted label.
        confidence: probability of the prediction.
        runs: the text, perhaps cut, as runs of characters; green (above 0) speaks for the prediction, red against it.
        is_cut: whether a part of the text is left out.
    """

    place: str
    label: str
    prediction: str
    confidence: float | None
    runs: tuple[Run, ...]
    is_cut: bool = False


@dataclass(frozen=True)
class Mistakes:
    """The most confident wrong predictions.

    Args:
        total: wrong predictions in all.
        shown: the most confident ones, as many as the size of the page allows.
        method: how tokens were weighed: "exact" or "occlusion"; "" where there are no mistakes.
    """

    total: int
    shown: tuple[ShownMistake, ...]
    method: str = ""


@dataclass(frozen=True)
class DuplicatePair:
    """Two equal or nearly equal texts.

    Args:
        place: of the text of the measured data.
        text: it, shortened.
        label: its label, as text.
        other_place: of the text of the training data; or of the earlier text.
        other_text: it, shortened.
        other_label: its label.
        similarity: Jaccard similarity, 0 to 1.
        equal: whether both are equal but for case, white space and composition.
    """

    place: str
    text: str
    label: str
    other_place: str
    other_text: str
    other_label: str
    similarity: float
    equal: bool


@dataclass(frozen=True)
class Duplicates:
    """Pairs of duplicates.

    Args:
        across: whether they are across the split of training and measured data; else within the measured data.
        total: pairs in all.
        equal: of them those of equal texts.
        shown: the first ones, the most similar first.
    """

    across: bool
    total: int
    equal: int
    shown: tuple[DuplicatePair, ...]


@dataclass(frozen=True)
class SuspectedLabel:
    """A label that is suspected to be wrong.

    Args:
        place: file and line, or "texts[17]".
        text: shortened.
        label: the given label.
        suggestion: the predicted label.
        probability: of the predicted label.
    """

    place: str
    text: str
    label: str
    suggestion: str
    probability: float


@dataclass(frozen=True)
class Suspects:
    """Labels that are suspected to be wrong.

    Args:
        role: of the data set that they are in: "training" or "measured".
        total: how many there are.
        shown: the most suspected first.
        reliable: whether the models that judged are good enough to tell the share of wrong labels.
    """

    role: str
    total: int
    shown: tuple[SuspectedLabel, ...]
    reliable: bool
