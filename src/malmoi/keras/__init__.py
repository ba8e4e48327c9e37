"""The names that old Keras code imports; put `malmoi.` in front of the import and it runs, without Keras."""

from malmoi.keras import datasets, preprocessing

__all__ = ["datasets", "preprocessing"]
