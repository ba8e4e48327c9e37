"""Replacements for loaders of Keras that need TensorFlow."""

from malmoi.keras.utils.text_dataset import text_dataset_from_directory
from malmoi.keras.utils.timeseries_dataset import timeseries_dataset_from_array

__all__ = ["text_dataset_from_directory", "timeseries_dataset_from_array"]
