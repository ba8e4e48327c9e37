"""Replacements for modules of old Keras versions: with `malmoi.` before the import, old code runs without Keras."""

from malmoi.keras import datasets, preprocessing

__all__ = ["datasets", "preprocessing"]
