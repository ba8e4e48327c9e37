"""Recognition of model files of other programs."""

from __future__ import annotations

import os
from contextlib import suppress

from malmoi.foundation.files import open_regular

__all__ = ["is_fasttext"]

FASTTEXT = (793_712_314).to_bytes(4, "little")
"""First bytes of fastText's files; those of its first versions have none."""


def is_fasttext(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a model of fastText; false if it cannot be read."""
    with suppress(OSError), open_regular(path) as file:
        return file.read(len(FASTTEXT)) == FASTTEXT
    return False
