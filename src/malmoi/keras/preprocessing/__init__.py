"""Replacements for `keras.preprocessing.text` and `keras.preprocessing.sequence`, and the loaders of datasets."""

from typing import TYPE_CHECKING

from malmoi.keras.preprocessing import sequence, text

if TYPE_CHECKING:
    from malmoi.keras.utils import text_dataset_from_directory, timeseries_dataset_from_array

__all__ = ["sequence", "text", "text_dataset_from_directory", "timeseries_dataset_from_array"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from malmoi.keras import utils

    return getattr(utils, name)
