"""The command line: parses, calls the public functions, prints. Exit status: 0 done, 2 the user's mistake, 1 a bug."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status."""
    from malmoi.cli.commands import run

    sys.exit(run(sys.argv[1:] if arguments is None else arguments))
