"""The most confident mistakes, with the contribution of each token to the prediction."""

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
"""Maximum size of the shown texts in UTF-8, for a page of about 300 kB."""
MOST_EXACT, MOST_OCCLUDED = 150, 50
"""Maximum number of mistakes; exact weights are fast, while occlusion predicts one text per word."""
LONGEST_EXACT, LONGEST_OCCLUDED = 20_000, 800
"""Maximum characters of a text that are explained."""
WINDOW = 700
"""Characters that are shown."""
BORDER = 40
"""Maximum characters by which the window grows at each end, to start and end between words."""
CLOSE = 1e-9


def shown_mistakes(sources: Sources, *, most_bytes: int = MOST_BYTES) -> Mistakes | Unavailable:
    """Return the most confident wrong predictions, with tokens shaded by their contribution to the prediction.

    For a long text, the part with the largest contributions is shown; for a very long text, only the part that the
    model keeps after truncation is explained.

    Args:
        sources: sources of the report.
        most_bytes: maximum size of all shown texts in UTF-8.
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
    """Return the explanation of a prediction, and whether only a part of the text was explained."""
    model, text = sources.model, mistake.text
    longest = LONGEST_EXACT if isinstance(model, BagModel) else LONGEST_OCCLUDED
    part = text[-longest:] if model.truncates_beginning else text[:longest]
    return model.explain(part, label=mistake.prediction), len(part) < len(text)


def strongest_part(runs: tuple[Run, ...], most: int) -> tuple[tuple[Run, ...], bool]:
    """Return the part of a text with the strongest shades, and whether the text was truncated.

    Args:
        runs: runs of the text.
        most: approximate maximum of characters.

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
    start = int(best[len(best) // 2])  # centres a single strong token
    start, end = _between_words(text, start, start + most)
    part, at = [], 0
    for run, size in zip(runs, sizes, strict=True):
        inside = run.text[max(start - at, 0) : max(end - at, 0)]
        part += [Run(inside, run.shade)] if inside else []
        at += size
    return tuple(part), True


def _between_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Extend both ends to nearby white space."""
    before = next((at for at in range(start, max(start - BORDER, 0), -1) if text[at - 1].isspace()), start)
    after = next((at for at in range(end, min(end + BORDER, len(text))) if text[at].isspace()), end)
    return before, after
