"""Replacements for preprocessing layers of Keras that need TensorFlow."""

from malmoi.keras.layers.text_vectorization import TextVectorization

__all__ = ["TextVectorization"]
