"""Facts of each data set of a report."""

from __future__ import annotations

import numpy as np

from malmoi.data.corpus import Corpus
from malmoi.data.corpus_checksum import corpus_checksum
from malmoi.evaluation.text_facts import SCRIPTS, TextFacts
from malmoi.report.facts import CorpusFacts

__all__ = ["corpus_facts"]


def corpus_facts(corpus: Corpus, facts: TextFacts, *, role: str, name: str) -> CorpusFacts:
    """Return sizes, classes, lengths and scripts of a data set, and its checksum.

    Args:
        corpus: labelled texts, 1 or more.
        facts: facts of the same texts.
        role: "training" or "measured".
        name: name of the files.
    """
    classes = sorted(corpus.class_counts().items(), key=lambda pair: (-pair[1], str(pair[0])))
    lengths = np.fromiter(map(len, corpus.texts), dtype=np.int64, count=len(corpus))
    median, long = np.quantile(lengths, [0.5, 0.95], method="lower").tolist()
    counts = np.bincount(facts.scripts, minlength=len(SCRIPTS)).tolist()
    scripts = sorted(
        ((SCRIPTS[place][0], count) for place, count in enumerate(counts) if count), key=lambda one: -one[1]
    )
    return CorpusFacts(
        role=role,
        name=name,
        texts=len(corpus),
        class_counts={str(label): count for label, count in classes},
        characters=(int(median), int(long)),
        scripts=dict(scripts),
        checksum=corpus_checksum(corpus),
    )
