"""Two-dimensional maps of words, in which similar words are close to each other."""

from malmoi.wordvectors.map.plane import WordMap, word_map

__all__ = ["WordMap", "word_map"]
