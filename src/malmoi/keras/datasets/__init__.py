"""The one data set of `keras.datasets` that the notes use."""

from malmoi.keras.datasets import imdb

__all__ = ["imdb"]
