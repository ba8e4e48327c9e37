"""Commands that refuse an option which is given twice."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from malmoi.cli.usage import UsageError

__all__ = ["StrictCommand"]


class StrictCommand(TyperCommand):
    """A command that refuses an option which is given twice, unless it takes several values."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments, and refuse repeated options."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        seen = set()
        for parameter in order:
            if parameter.param_type_name != "option" or getattr(parameter, "multiple", False):
                continue
            if parameter.name in seen:
                raise UsageError(f"{parameter.opts[0]} must be given once, got two values for it")
            seen.add(parameter.name)
        return super().parse_args(ctx, args)
