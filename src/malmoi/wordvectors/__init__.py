"""Word vectors: every file of them, what a vocabulary needs of it, and what stands near what."""

from malmoi.wordvectors.coverage import Coverage
from malmoi.wordvectors.vectors import WordVectors

__all__ = ["Coverage", "WordVectors"]
