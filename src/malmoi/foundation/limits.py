"""The table of bounds: how large settings may be, of estimators and in files alike, and why."""

from __future__ import annotations

from dataclasses import dataclass

from malmoi.foundation.validation import shorten

__all__ = ["LIMITS", "Limit", "check_limit", "check_prediction", "most"]


@dataclass(frozen=True)
class Limit:
    """A bound of a setting.

    Args:
        most: the largest value.
        reason: why larger ones are refused.
    """

    most: int
    reason: str


LIMITS: dict[str, Limit] = {
    "layers": Limit(64, "layers one after another; Keras visits them by recursion, and deeper ones learn nothing here"),
    "hidden layers": Limit(64, "as layers"),
    "widths": Limit(64, "convolutions side by side; each is a layer that is built by itself"),
    "width": Limit(100_000, "steps of one window"),
    "units": Limit(2**20, "units, filters or hidden units of one layer; 1,048,576"),
    "stride": Limit(1_000_000, "steps that become one"),
    "text length": Limit(1_000_000, "tokens of a row; a row of ids has 4 MB"),
    "series length": Limit(2**24, "steps of a series; 16,777,216, half a year of seconds"),
    "dimension": Limit(2**16, "numbers of a word vector"),
    "n-gram size": Limit(255, "tokens of an n-gram; the core keeps it in 8 bits"),
    "buckets": Limit(2**31 - 1, "columns are numbered by 31 bits"),
    "vocabulary": Limit(2**31 - 1, "ids have 31 bits"),
    "outputs": Limit(2**20, "classes or numbers that are predicted; every prediction has one value for each"),
    "parameters": Limit(2**31, "of a network; 8 GB"),
    "count": Limit(2**31 - 1, "epochs, steps, samples of a batch, patience"),
    "pattern characters": Limit(2**16, "of a regular expression; its compiled program has 10 MiB at most besides"),
    "patterns": Limit(8, "different regular expressions of one model; compiling a large one takes 0.2 s and 10 MiB"),
    "alphabet characters": Limit(2**21, "more than Unicode has"),
    "token kinds": Limit(8, "tokenizers of one bag of n-grams"),
    "examples": Limit(10_000, "that a model file keeps; verifying predicts each"),
    "epochs kept": Limit(500_000, "rows of the history in a model file"),
    "names": Limit(1_000_000, "columns, features, n-grams that a model file names"),
    "name characters": Limit(10_000, "of one name in a model file"),
    "header depth": Limit(32, "lists within lists of a model file's header"),
    "header parts": Limit(2**20, "lists and objects of a model file's header; each takes 60 to 240 bytes"),
    "header bytes": Limit(2**30, "of a model file's header"),
    "header bytes beside weights": Limit(
        2**25, "that it may have more than the weights: a word takes less than its row"
    ),
    "convolved steps": Limit(2**34, "steps of a filled-up series times its convolutions; some ten seconds"),
    "inflated gigabytes": Limit(1_000_000, "that a compressed file may inflate to; a petabyte, no machine's disk"),
    "prediction bytes": Limit(2**30, "memory that the prediction of one text, series or history needs; 1 GiB"),
}
"""Every bound by its name."""


def most(limit: str) -> int:
    """Return the largest value of a limit."""
    return LIMITS[limit].most


def check_limit(limit: str, name: str, value: int, *, of: str = "") -> None:
    """Refuse a value above a limit.

    Args:
        limit: its name in the table.
        name: what the value is, for the error.
        value: the value.
        of: what it counts, for the error.

    Raises:
        ValueError: it is larger.

    Example:
        >>> check_limit("layers", "layers", 64)
    """
    if value > most(limit):
        raise ValueError(f"{name} must be {most(limit)}{of and f' {of}'} at most, got {shorten(value)}")


def check_prediction(size_bytes: int, cure: str) -> None:
    """Refuse a model whose prediction of one sample would need too much memory.

    Args:
        size_bytes: what it needs.
        cure: what to lower.

    Raises:
        ValueError: it is more than the bound.
    """
    if size_bytes > most("prediction bytes"):
        rule = f"a prediction must need {most('prediction bytes'):,} bytes of memory at most"
        got = f"{size_bytes:,}" if size_bytes < 2**80 else "far more"
        raise ValueError(f"{rule}, one of this model needs {got}; {cure}")
