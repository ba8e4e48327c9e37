"""Replacements for modules of Keras: with `malmoi.` before the import, old code runs without TensorFlow."""

from malmoi.keras import datasets, layers, preprocessing, utils

__all__ = ["datasets", "layers", "preprocessing", "utils"]
