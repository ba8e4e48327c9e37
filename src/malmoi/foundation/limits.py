"""Table of the upper limits of settings, for estimators and files, with reasons."""

from __future__ import annotations

from dataclasses import dataclass

from malmoi.foundation.validation import shorten

__all__ = ["LIMITS", "Limit", "check_limit", "check_prediction", "most"]


@dataclass(frozen=True)
class Limit:
    """Upper limit of a setting.

    Args:
        most: the largest allowed value.
        reason: why larger values are refused.
    """

    most: int
    reason: str


LIMITS: dict[str, Limit] = {
    "layers": Limit(64, "layers in sequence; Keras visits them recursively, and deeper networks do not learn here"),
    "hidden layers": Limit(64, "as layers"),
    "widths": Limit(64, "parallel convolutions; each is built as a separate layer"),
    "width": Limit(100_000, "steps of one window"),
    "units": Limit(2**20, "units, filters or hidden units of one layer; 1,048,576"),
    "stride": Limit(1_000_000, "steps that are pooled into one"),
    "text length": Limit(1_000_000, "tokens of a sequence; its ids need 4 MB"),
    "series length": Limit(2**24, "steps of a series; 16,777,216, half a year of seconds"),
    "dimension": Limit(2**16, "embedding dimension"),
    "n-gram size": Limit(255, "tokens of an n-gram; stored in 8 bits in the core"),
    "buckets": Limit(2**31 - 1, "features are numbered with 31 bits"),
    "vocabulary": Limit(2**31 - 1, "ids have 31 bits"),
    "outputs": Limit(2**20, "classes or target values; every prediction has one value per class"),
    "parameters": Limit(2**31, "parameters of a network; 8 GB"),
    "count": Limit(2**31 - 1, "epochs, steps, batch size, patience"),
    "pattern characters": Limit(
        2**16, "characters of a regular expression; its compiled program is also limited to 10 MiB"
    ),
    "patterns": Limit(8, "different regular expressions of one model; compiling a large one takes 0.2 s and 10 MiB"),
    "alphabet characters": Limit(2**21, "more than Unicode has"),
    "token kinds": Limit(8, "tokenizers of one bag of n-grams"),
    "examples": Limit(10_000, "examples in a model file; each is predicted for verification"),
    "epochs kept": Limit(500_000, "rows of the history in a model file"),
    "names": Limit(1_000_000, "names of columns, features, n-grams in a model file"),
    "name characters": Limit(10_000, "characters of a name in a model file"),
    "header depth": Limit(32, "nesting depth of a model file's header"),
    "header parts": Limit(2**20, "lists and objects of a model file's header; each takes 60 to 240 bytes"),
    "header bytes": Limit(2**30, "bytes of a model file's header"),
    "header bytes beside weights": Limit(
        2**25, "bytes of a header beyond the size of the weights: a word needs less than its vector"
    ),
    "convolved steps": Limit(2**34, "steps of a padded series times its convolutions; about ten seconds"),
    "inflated gigabytes": Limit(1_000_000, "decompressed size of a file; a petabyte, more than any disk"),
    "prediction bytes": Limit(2**30, "memory to predict one text, series or history; 1 GiB"),
}
"""All limits by name."""


def most(limit: str) -> int:
    """Return the largest allowed value of a limit."""
    return LIMITS[limit].most


def check_limit(limit: str, name: str, value: int, *, of: str = "") -> None:
    """Check that a value is not above a limit.

    Args:
        limit: name of the limit in the table.
        name: name of the setting, for the error.
        value: the value.
        of: unit of the value, for the error.

    Raises:
        ValueError: the value is above the limit.

    Example:
        >>> check_limit("layers", "layers", 64)
    """
    if value > most(limit):
        raise ValueError(f"{name} must be at most {most(limit)}{of and f' {of}'}, got {shorten(value)}")


def check_prediction(size_bytes: int, cure: str) -> None:
    """Check that predicting one sample with a model does not need too much memory.

    Args:
        size_bytes: the memory needed.
        cure: the setting to lower.

    Raises:
        ValueError: it is above the limit.
    """
    if size_bytes > most("prediction bytes"):
        rule = f"a prediction must need at most {most('prediction bytes'):,} bytes of memory"
        got = f"{size_bytes:,}" if size_bytes < 2**80 else "far more"
        raise ValueError(f"{rule}, but this model needs {got}; {cure}")
