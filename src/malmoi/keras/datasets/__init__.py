"""Data sets of `keras.datasets`: IMDB reviews and Reuters newswires."""

from malmoi.keras.datasets import imdb, reuters

__all__ = ["imdb", "reuters"]
