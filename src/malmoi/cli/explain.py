"""`malmoi explain`: show which words of a text raise or lower the score of a label."""

from __future__ import annotations

import json
import sys
from html import escape
from pathlib import Path
from typing import Annotated

import typer
from rich.style import Style
from rich.text import Text

from malmoi.cli.console import answers
from malmoi.cli.data_output import write_data
from malmoi.cli.output_options import ForceOption, OutputOption
from malmoi.cli.reading import refuse_same_files
from malmoi.cli.usage import UsageError, refused_options
from malmoi.errors import DataError
from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.foundation.printable import printable, printable_json
from malmoi.foundation.terminal import SafeConsole
from malmoi.models.base import FittedModel
from malmoi.models.explanation import Explanation
from malmoi.models.shading import Run
from malmoi.models.task import Classification
from malmoi.persistence import load_fitted

__all__ = ["explain_command", "page", "print_explanation"]

FORMATS = ("text", "json", "html")
SUFFIXES = {"": "text", "htm": "html", "html": "html", "json": "json", "txt": "text"}
SHADES = {1: (46, 160, 67), -1: (230, 70, 60)}
PAGE = """<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font-family: system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.5 }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def explain_command(
    model: Annotated[Path, typer.Argument(help="Model file written by malmoi train.")],
    text: Annotated[str, typer.Argument(help="One text, or - to read standard input.")],
    label: Annotated[str | None, typer.Option(help="Class to explain; default: the predicted class.")] = None,
    kind: Annotated[
        str | None, typer.Option("--format", help="text, json or html; default: by the suffix of --output.")
    ] = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Show which words of a text raise or lower the score of a label."""
    kind = _kind(kind, output)
    if output is not None:
        refuse_same_files("--output", output, [model], what="MODEL")
        refuse_existing(output, overwrite=force)
    fitted = load_fitted(model)
    if fitted.input_kind != "texts":
        raise UsageError(f"malmoi explain needs a text model, got a {fitted.kind}, which predicts from series")
    with refused_options():
        given = _standard_input() if text == "-" else text
        explanation = fitted.explain(given, label=None if label is None else _label(fitted, label))
    if output is not None:
        with whole_file(output, overwrite=force) as file:
            file.write(_written(explanation, kind).encode(errors="backslashreplace"))
    elif kind == "text":
        print_explanation(answers, explanation)
    else:
        write_data(_written(explanation, kind))


def _kind(kind: str | None, output: Path | None) -> str:
    if kind is None:
        suffix = "" if output is None else output.suffix.lstrip(".").lower()
        kind = SUFFIXES.get(suffix, suffix)
    if kind not in FORMATS:
        raise UsageError(f"--format must be one of {', '.join(FORMATS)}, got {kind!r}")
    return kind


def _label(model: FittedModel, word: str) -> object:
    """Return the class with this name, or the index of an output; `explain` refuses other words."""
    if isinstance(model.task, Classification):
        return next((known for known in model.classes.tolist() if str(known) == word), word)
    return int(word) if word.isdecimal() else word


def _standard_input() -> str:
    raw = sys.stdin.buffer.read()
    try:
        return raw.decode().removeprefix("\ufeff").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise DataError(f"standard input: byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8") from error


def _written(explanation: Explanation, kind: str) -> str:
    if kind == "json":
        return printable_json(json.dumps(explanation.to_json(), ensure_ascii=False, indent=2)) + "\n"
    return page(explanation) if kind == "html" else f"{explanation}\n"


def page(explanation: Explanation) -> str:
    """Return an explanation as a complete HTML page without scripts, for light and dark mode."""
    return PAGE.format(title=escape(printable(explanation.headline)), body=explanation.to_html())


def print_explanation(console: SafeConsole, explanation: Explanation) -> None:
    """Print the text with shaded words, the words with the largest weights, and a legend."""
    console.print(Text(printable(explanation.headline), style="bold"))
    if explanation.text:
        console.print(Text.assemble(*((printable(run.text), _style(run)) for run in explanation.runs())))
    for one in explanation.top_features():
        weight = (f"{one.weight:>+10.4g}", _style(Run("", 1.0 if one.weight > 0 else -1.0)))
        console.print(Text.assemble(weight, f"  {printable(one.shown_name)}{one.times}"))
    if not console.no_color and console.is_terminal:
        shades = ((" raises ", _style(Run("", 1.0))), " ", (" lowers ", _style(Run("", -1.0))))
        console.print(Text.assemble(*shades, " the score"))
    console.print(explanation.remarks, style="dim")


def _style(run: Run) -> Style:
    """Return a style with black text on a background between white and the colour, for light and dark terminals."""
    if not run.shade:
        return Style.null()
    share = 0.15 + 0.75 * abs(run.shade)
    red, green, blue = (round(255 + (part - 255) * share) for part in SHADES[1 if run.shade > 0 else -1])
    return Style(color="black", bgcolor=f"rgb({red},{green},{blue})")
