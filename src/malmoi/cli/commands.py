"""The table of commands, and the function that runs one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from malmoi.cli.library_messages import shown_library_messages
from malmoi.cli.mistakes import complain, one_line
from malmoi.cli.statuses import DONE, USERS_MISTAKE
from malmoi.foundation.memory import require_memory, spare_address_space

__all__ = ["COMMANDS", "run"]

LEAST_ADDRESSES, LEAST_MEMORY = 200_000_000, 50_000_000
"""Bytes of address space and of memory that every command needs."""
INTERRUPTED = 130
"""Exit status that Typer returns after Ctrl-C."""

COMMANDS: dict[str, str] = {
    "train": "malmoi.cli.train:train",
    "tune": "malmoi.cli.tune:tune_command",
    "compare": "malmoi.cli.compare:compare_command",
    "learning-curve": "malmoi.cli.learning_curve:learning_curve_command",
    "check": "malmoi.cli.check:check_command",
    "predict": "malmoi.cli.predict:predict_command",
    "explain": "malmoi.cli.explain:explain_command",
    "evaluate": "malmoi.cli.evaluate:evaluate_command",
    "report": "malmoi.cli.report:report_command",
    "series": "malmoi.cli.series:series_app",
    "runs": "malmoi.cli.runs:runs_app",
    "vectorize": "malmoi.cli.vectorize:vectorize_command",
    "vectors": "malmoi.cli.vectors:vectors_app",
    "migrate": "malmoi.cli.migrate:migrate_command",
    "info": "malmoi.cli.info:info",
    "doctor": "malmoi.cli.doctor:doctor",
    "demo": "malmoi.cli.demo:demo",
}
"""Every command or group of commands, with its module and function, in the order of the help."""


def _version(requested: bool) -> None:
    if requested:
        import malmoi
        from malmoi.cli.console import answers

        answers.print(f"malmoi {malmoi.__version__}")
        raise typer.Exit


def main_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Train, check and evaluate text classifiers and models of time series."""


def make_app(names: Sequence[str]) -> typer.Typer:
    """Return the application with the named commands; modules of other commands are not imported."""
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback()(main_options)
    for name in names:
        module, _, attribute = COMMANDS[name].partition(":")
        found: Any = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            from malmoi.cli.strict import StrictCommand

            app.command(name, cls=StrictCommand)(found)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status; print a user's mistake as one line, let bugs raise."""
    first = next((word for word in arguments if not word.startswith("-")), None)
    alone = first in COMMANDS and "_MALMOI_COMPLETE" not in os.environ
    try:
        spare_address_space()
        require_memory("this command", address_space=LEAST_ADDRESSES, memory=LEAST_MEMORY)
        with shown_library_messages():
            app = make_app([str(first)] if alone else list(COMMANDS))
            status = app(list(arguments), prog_name="malmoi", standalone_mode=False)
    except typer.Exit as leaving:
        status = leaving.exit_code
    except SystemExit as leaving:  # raised by shell completion
        status = leaving.code
    except BaseException as error:  # a panic in a Rust library is not an Exception
        message = one_line(error)
        if message is None:
            raise
        complain(message)
        return USERS_MISTAKE
    if status == INTERRUPTED:
        complain(one_line(KeyboardInterrupt()) or "")
        return USERS_MISTAKE
    return status if isinstance(status, int) else DONE
