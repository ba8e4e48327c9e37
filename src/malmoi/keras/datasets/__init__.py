"""The IMDB data set of `keras.datasets`."""

from malmoi.keras.datasets import imdb

__all__ = ["imdb"]
