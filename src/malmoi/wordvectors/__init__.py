"""Word vectors: files of all common formats, embedding matrices for vocabularies, nearest neighbours."""

from malmoi.wordvectors.coverage import Coverage
from malmoi.wordvectors.vectors import WordVectors

__all__ = ["Coverage", "WordVectors"]
