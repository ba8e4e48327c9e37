"""Words as points of a plane, so that words which point alike stand near each other."""

from malmoi.wordvectors.map.plane import WordMap, word_map

__all__ = ["WordMap", "word_map"]
