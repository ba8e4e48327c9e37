"""Exceptions of the package that programs may want to catch; wrong calls raise `TypeError` or `ValueError`."""

from __future__ import annotations

__all__ = ["DataError", "FormatError", "MalmoiError", "MissingExtraError"]


class MalmoiError(Exception):
    """Base class of the package's errors about invalid input or a missing requirement; the message is one line.

    Example:
        >>> import malmoi as mm
        >>> try:
        ...     mm.Corpus(["good", "bad"], ["pos", None])
        ... except mm.MalmoiError as error:
        ...     print(f"{type(error).__name__}: {error}")
        DataError: labels[1] must be a str, an int or a bool, got None; remove the text
    """


class DataError(MalmoiError):
    """Error about invalid texts, labels or tables.

    Example:
        >>> from malmoi import BagClassifier
        >>> BagClassifier().fit(["good", "fine"], ["pos", "pos"])
        Traceback (most recent call last):
            ...
        malmoi.errors.DataError: labels must have 2 classes or more, got only 'pos'
    """


class FormatError(MalmoiError):
    """Error about a damaged file, or a file in another format.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import malmoi as mm
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "reviews.malmoi"
        ...     _ = path.write_bytes(b"not a model")
        ...     try:
        ...         mm.load(path)
        ...     except mm.FormatError as error:
        ...         print(str(error).replace(folder, "").strip("/"))
        reviews.malmoi is not a malmoi model: it begins with b'not a mo'; pass a file that malmoi has saved
    """


class MissingExtraError(MalmoiError, ImportError):
    """Error about an optional library that is not installed; the message has the command to install it.

    It is also an `ImportError`.

    Example:
        >>> issubclass(MissingExtraError, ImportError)
        True
        >>> print(MissingExtraError("Morphemes needs kiwipiepy; pip install 'malmoi[korean]'"))
        Morphemes needs kiwipiepy; pip install 'malmoi[korean]'
    """
