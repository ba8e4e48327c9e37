"""Commands that refuse repeated options, decode text arguments as UTF-8, and accept old names of options."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from malmoi.cli.arguments import decoded_text
from malmoi.cli.mistakes import complain
from malmoi.cli.usage import UsageError

__all__ = ["StrictCommand"]

FILE_OPTIONS = ("against", "recipes", "set", "test", "training", "unlabelled")
"""Options whose values may be paths."""
TEXT_ARGUMENTS = ("a", "b", "c", "text", "words")
"""Arguments that are texts; all others are paths."""

OLD_NAMES = {"--draws": "--repeats", "--inflate-limit-gb": "--decompression-limit-gb"}
"""Deprecated names of options, with the names that replace them; removed in the next release."""


class StrictCommand(TyperCommand):
    """A command that refuses a repeated option, unless the option takes several values."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments and refuse repeated options."""
        args = _with_new_names(args, {name for parameter in self.params for name in parameter.opts})
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        seen = set()
        for parameter in order:
            if parameter.param_type_name != "option" or getattr(parameter, "multiple", False):
                continue
            if parameter.name in seen:
                raise UsageError(f"{parameter.opts[0]} must be given once, got two values for it")
            seen.add(parameter.name)
        left = super().parse_args(ctx, args)
        for parameter in self.params:
            is_option = parameter.param_type_name == "option"
            if parameter.name not in FILE_OPTIONS if is_option else parameter.name in TEXT_ARGUMENTS:
                ctx.params[parameter.name] = _decoded(ctx.params.get(parameter.name))
        return left


def _with_new_names(arguments: list[str], options: set[str]) -> list[str]:
    """Replace deprecated names of the command's options, with a warning for each."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    replaced = []
    for argument in arguments[:end]:
        name, equals, value = argument.partition("=")
        new = OLD_NAMES.get(name)
        if new in options:
            complain(f"{name} is deprecated and will be removed in the next release; use {new}")
        replaced.append(argument if new not in options else f"{new}{equals}{value}")
    return replaced + arguments[end:]


def _decoded(value: object) -> object:
    if isinstance(value, list):
        return [_decoded(one) for one in value]
    if isinstance(value, tuple):
        return tuple(_decoded(one) for one in value)
    return decoded_text(value) if isinstance(value, str) else value
