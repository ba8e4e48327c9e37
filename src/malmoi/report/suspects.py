"""Suspected labels."""

from __future__ import annotations

from malmoi.data.coded_labels import CodedLabels
from malmoi.report.facts import Unavailable
from malmoi.report.shown_texts import SuspectedLabel, Suspects
from malmoi.report.sources import Sources, label_name, shortened

__all__ = ["suspected"]

MOST_LABELS = 100
LONGEST_TEXT = 300


def suspected(sources: Sources) -> Suspects | Unavailable:
    """Return suspected labels of the training data or, without training data, of the test data."""
    corpus, found = sources.learned, sources.subject.suspected
    labels = corpus.required_codes
    if not isinstance(labels, CodedLabels):
        return Unavailable("several-labels")
    if found is None:
        return Unavailable("too-few", {"texts": len(corpus)})
    names = list(map(label_name, corpus.classes.tolist()))
    rows = zip(found.places.tolist(), found.predicted.tolist(), found.probabilities.tolist(), strict=True)
    shown = [
        SuspectedLabel(
            place=sources.learned_place(place),
            text=shortened(corpus.texts[place], LONGEST_TEXT),
            label=names[int(labels.codes[place])],
            suggestion=names[predicted],
            probability=round(probability, 4),
        )
        for place, predicted, probability in list(rows)[:MOST_LABELS]
    ]
    role = "measured" if sources.training is None else "training"
    return Suspects(role, len(found.places), tuple(shown), found.is_reliable)
