"""The most confident mistakes, with the contribution of every token to the prediction."""

from __future__ import annotations

import numpy as np

from malmoi.evaluation.evaluation import Mistake
from malmoi.models.explanation import Explanation
from malmoi.models.linear.model import BagModel
from malmoi.models.shading import Run
from malmoi.report.facts import Unavailable
from malmoi.report.shown_texts import Mistakes, ShownMistake
from malmoi.report.sources import Sources, label_name

__all__ = ["MOST_BYTES", "shown_mistakes"]

MOST_BYTES = 38_000
"""Of the texts that are shown, in UTF-8: as much as a page of 300 kB has room for."""
MOST_EXACT, MOST_OCCLUDED = 150, 50
"""Mistakes that are shown: exact weights are known at once, occlusion predicts as many texts as there are words."""
LONGEST_EXACT, LONGEST_OCCLUDED = 20_000, 800
"""Characters of a text that are explained."""
WINDOW = 700
"""Characters that are shown."""
BORDER = 40
"""Characters by which a window may grow at each end, to begin and end between words."""
CLOSE = 1e-9


def shown_mistakes(sources: Sources, *, most_bytes: int = MOST_BYTES) -> Mistakes | Unavailable:
    """Return the most confident wrong predictions, with tokens shaded by what they contribute to the prediction.

    Of a long text the part with the strongest tokens is shown; of a very long one only the part that the model sees is
    explained.

    Args:
        sources: what was measured.
        most_bytes: of all texts that are shown together, in UTF-8.
    """
    if sources.has_label_sets:
        return Unavailable("several-labels")
    wrong, shown, left = sources.evaluation.mistakes, [], most_bytes
    most = MOST_EXACT if isinstance(sources.model, BagModel) else MOST_OCCLUDED
    method = ""
    for number, mistake in enumerate(wrong[:most]):
        sources.progress("explaining mistakes", number, min(most, len(wrong)))
        explanation, is_part = _explained(sources, mistake)
        runs, is_cut = strongest_part(explanation.runs(), WINDOW)
        left -= sum(len(run.text.encode()) for run in runs)
        if left < 0:
            break
        method = explanation.method
        label, prediction = label_name(mistake.label), label_name(mistake.prediction)
        place = sources.measured_place(mistake.position)
        shown.append(ShownMistake(place, label, prediction, mistake.confidence, runs, is_cut or is_part))
    sources.progress("explaining mistakes", min(most, len(wrong)), min(most, len(wrong)))
    return Mistakes(len(wrong), tuple(shown), method)


def _explained(sources: Sources, mistake: Mistake) -> tuple[Explanation, bool]:
    """Explain the prediction, and tell whether only a part of the text was explained."""
    model, text = sources.model, mistake.text
    longest = LONGEST_EXACT if isinstance(model, BagModel) else LONGEST_OCCLUDED
    part = text[-longest:] if model.truncates_beginning else text[:longest]
    return model.explain(part, label=mistake.prediction), len(part) < len(text)


def strongest_part(runs: tuple[Run, ...], most: int) -> tuple[tuple[Run, ...], bool]:
    """Return the part of a text with the strongest shades, and whether it is a part.

    Args:
        runs: of the text.
        most: characters of the part, about.

    Example:
        >>> strongest_part((Run("so ", 0.0), Run("very", 0.5), Run(" good film", 0.0)), 4)
        ((Run(text='very', shade=0.5),), True)
    """
    text = "".join(run.text for run in runs)
    if len(text) <= most:
        return runs, False
    sizes = [len(run.text) for run in runs]
    sums = np.concatenate([[0.0], np.cumsum(np.repeat([abs(run.shade) for run in runs], sizes))])
    strengths = sums[most:] - sums[:-most]
    best = np.flatnonzero(strengths >= strengths.max() - CLOSE) if strengths.max() > 0 else np.zeros(1, dtype=np.int64)
    start = int(best[len(best) // 2])  # so that one strong token stands in the middle
    start, end = _between_words(text, start, start + most)
    part, at = [], 0
    for run, size in zip(runs, sizes, strict=True):
        inside = run.text[max(start - at, 0) : max(end - at, 0)]
        part += [Run(inside, run.shade)] if inside else []
        at += size
    return tuple(part), True


def _between_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Move both ends outwards to the next white space, where it is near."""
    before = next((at for at in range(start, max(start - BORDER, 0), -1) if text[at - 1].isspace()), start)
    after = next((at for at in range(end, min(end + BORDER, len(text))) if text[at].isspace()), end)
    return before, after
