"""Facts of the report sections that list texts: mistakes, duplicates, suspected labels."""

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
        runs: text as runs of characters; runs with a shade above 0 (green) support the prediction, below 0 (red)
            contradict it.
        is_cut: whether the text is truncated.
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
        total: number of wrong predictions.
        shown: the most confident ones, limited by the size of the page.
        method: method of the token weights, "exact" or "occlusion"; "" if there are no mistakes.
    """

    total: int
    shown: tuple[ShownMistake, ...]
    method: str = ""


@dataclass(frozen=True)
class DuplicatePair:
    """A pair of duplicates or near duplicates.

    Args:
        place: file and line of the test text.
        text: the test text, shortened.
        label: its label as text.
        other_place: file and line of the training text, or of the first occurrence.
        other_text: that text, shortened.
        other_label: its label as text.
        similarity: Jaccard similarity, 0 to 1.
        equal: whether both are equal after normalizing case, white space and Unicode composition.
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
        across: whether they are between training and test data; else within the test data.
        total: number of pairs.
        equal: number of pairs of equal texts.
        shown: pairs shown, the most similar first.
    """

    across: bool
    total: int
    equal: int
    shown: tuple[DuplicatePair, ...]


@dataclass(frozen=True)
class SuspectedLabel:
    """A suspected label.

    Args:
        place: file and line, or "texts[17]".
        text: the text, shortened.
        label: the given label.
        suggestion: the predicted label.
        probability: probability of the predicted label.
    """

    place: str
    text: str
    label: str
    suggestion: str
    probability: float


@dataclass(frozen=True)
class Suspects:
    """Suspected labels.

    Args:
        role: role of their data set, "training" or "measured".
        total: number of suspected labels.
        shown: labels shown, the most suspicious first.
        reliable: whether the cross-validated models are accurate enough to estimate the share of wrong labels.
    """

    role: str
    total: int
    shown: tuple[SuspectedLabel, ...]
    reliable: bool
