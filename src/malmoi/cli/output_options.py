"""Options of several commands that say where and how output is written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ExcelOption", "ForceOption", "OutputOption", "RejectOption", "TableFormatOption"]

OutputOption = Annotated[Path | None, typer.Option("--output", "-o", help="Output file; default: standard output.")]
TableFormatOption = Annotated[
    str | None, typer.Option("--format", help="csv, jsonl or parquet; default: by the suffix of --output.")
]
ExcelOption = Annotated[bool, typer.Option("--excel", help="Write CSV that Excel opens as UTF-8.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite an existing output.")]
RejectOption = Annotated[
    float | None, typer.Option(help="Leave the label empty if its probability is below this value.")
]
