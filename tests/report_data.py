"""Small corpora for the tests of reports."""

import numpy as np

import malmoi as mm

WORDS = {
    "pos": ["good", "fine", "great", "superb", "nice", "lovely"],
    "neg": ["bad", "dull", "awful", "poor", "weak", "boring"],
}
FILLERS = ["film", "plot", "actor", "scene", "music", "the", "a", "story", "camera"]


def reviews(count, *, seed=0, names=("neg", "pos")):
    """Short reviews of which a tenth has the wrong label."""
    random = np.random.default_rng(seed)
    texts, labels = [], []
    for number in range(count):
        label = random.integers(2)
        words = [*random.choice(WORDS[("neg", "pos")[label]], 2), *random.choice(FILLERS, random.integers(3, 12))]
        texts.append(f"{' '.join(words)} {seed}-{number}")
        labels.append(names[label if random.random() < 0.9 else 1 - label])
    return mm.Corpus(texts, labels)


def bag(corpus, **settings):
    """A bag of words that is fitted in milliseconds."""
    known = {"tokens": mm.Words(), "ngrams": (1, 1), "C": 1.0, "calibration": None}
    return mm.BagClassifier(**(known | settings)).fit(corpus.texts, corpus.required_codes).fitted
