"""Replacements for `keras.preprocessing.text` and `keras.preprocessing.sequence`."""

from malmoi.keras.preprocessing import sequence, text

__all__ = ["sequence", "text"]
