"""Command-line options generated from settings: name, type, default and help."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from malmoi.cli.usage import UsageError
from malmoi.experiments.settings import Setting
from malmoi.experiments.values import AUTO_KINDS, ValueKind

__all__ = ["NONE", "Option", "flags_of", "given_values", "option_names", "options_for", "with_options"]

ALIASES = {
    "C": ("--C", "--c"),
    "continue_model": ("--continue",),
    "embedding.buckets": ("--embedding-buckets",),
    "embedding.kind": ("--embedding",),
    "embedding.learning_rate": ("--embedding-learning-rate", "--embedding-rate"),
    "embedding.ngrams": ("--embedding-ngrams",),
    "embedding.seed": ("--embedding-seed",),
    "listed": ("--list",),
    "max_length": ("--max-length", "--length"),
    "max_tokens": ("--max-tokens", "--vocabulary"),
    "memory_mb": ("--memory-mb", "--memory"),
    "n_jobs": ("--n-jobs", "--threads"),
    "output": ("--output", "-o"),
    "report_format": ("--format",),
    "recipe": ("--recipe", "--network"),
}
"""Settings whose option name differs from their own; names after the first are kept for compatibility."""
OFF = {"embedding.trainable": "--frozen"}
NONE = object()
"""Stands for the value `none`; `None` means that the option was not given."""
PANELS = {"embedding": "Embedding", "network": "Network"}


@dataclass(frozen=True)
class Option:
    """A command-line option for one setting.

    Args:
        setting: the setting.
        flags: names of the option; the first is the main one.
        panel: group of the option in the help.
        default: default as the help shows it.
        help: help text, one sentence.
        hidden: leave the option out of the help.
    """

    setting: Setting
    flags: tuple[str, ...]
    panel: str
    default: str
    help: str
    hidden: bool = False

    @property
    def parameter(self) -> str:
        """The name of its Python parameter."""
        return self.setting.path.replace(".", "__")

    @property
    def off(self) -> str:
        """The flag that turns it off."""
        return OFF.get(self.setting.path, self.flags[0].replace("--", "--no-", 1))

    def as_parameter(self) -> inspect.Parameter:
        """Return the parameter from which Typer makes the option."""
        kind, optional = self.setting.kind, self.setting.optional
        shown = self.help if self.default == "none" else f"{self.help} (default: {self.default})"
        annotation: Any = str
        parser, metavar = None, None
        if kind in (ValueKind.whole, ValueKind.number):
            annotation = int if kind is ValueKind.whole else float
            if optional and self.setting.default is not None:
                parser, metavar = self._parsed, "NUMBER|none"
        elif kind is ValueKind.whole_numbers:
            annotation = list[int]
        elif kind is ValueKind.texts:
            annotation = list[str]
        elif kind is ValueKind.flag:
            annotation = bool
        elif kind is ValueKind.path:
            annotation = Path
        elif kind is ValueKind.flag_or_auto:
            metavar = "auto|true|false"
        flags = self.flags
        if kind is ValueKind.flag:
            flags = (f"{self.flags[0]}/{self.off}", *self.flags[1:])
        option = typer.Option(
            *flags,
            parser=parser,
            metavar=metavar,
            help=shown,
            rich_help_panel=self.panel,
            show_default=False,
            hidden=self.hidden,
        )
        declared = Annotated[annotation | None, option]
        return inspect.Parameter(self.parameter, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=declared)

    def _parsed(self, word: str) -> object:
        value = self.setting.parsed(word)
        return NONE if value is None else value

    def value(self, raw: object) -> object:
        """Return the given value as a JSON-compatible value.

        Raises:
            UsageError: the value cannot be parsed.
        """
        kind = self.setting.kind
        if raw is NONE or (self.setting.optional and raw == "none"):
            return None
        if kind is ValueKind.range:
            try:
                return kind.parsed(str(raw))
            except ValueError:
                raise UsageError(f"{self.flags[0]} must be a range such as 1-2, or auto, got {raw!r}") from None
        if kind in AUTO_KINDS:
            try:
                return kind.parsed(str(raw))
            except ValueError:
                raise UsageError(f"{self.flags[0]} must be {kind.rule}, got {raw!r}") from None
        if isinstance(raw, Path):
            return str(raw)
        return raw


def options_for(
    settings: Mapping[str, Setting],
    panel: str = "Options",
    *,
    defaults: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    hidden: bool = False,
) -> dict[str, Option]:
    """Return the options for settings, by path.

    Args:
        settings: settings by path.
        panel: help group of settings that are not fields of another setting.
        defaults: defaults to show in the help instead of those of the settings, by path.
        notes: prefixes of the help texts by path, such as the recipes that have the setting.
        hidden: leave the options out of the help.
    """
    found = {}
    for path, setting in settings.items():
        flags = flags_of(path)
        default = (defaults or {}).get(path, _shown(setting.default))
        words = re.split(r"(?<=[^.])\.(?: |$)|; ", setting.help)[0].replace("`", "")
        note = (notes or {}).get(path, "")
        shown = f"{note}: {_lowered(words)}." if note else f"{words}."
        outer = path.partition(".")[0] if "." in path else ""
        found[path] = Option(setting, flags, PANELS.get(outer, panel), default, shown, hidden)
    return found


def flags_of(path: str) -> tuple[str, ...]:
    """Return the names of a setting's option, the main one first."""
    return ALIASES.get(path, (f"--{path.rpartition('.')[2].replace('_', '-')}",))


def _lowered(words: str) -> str:
    """Return words with a small first letter, unless they start with an abbreviation such as L2."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, tuple):
        return ", ".join(map(str, default)) or "none"
    return "none" if default is None else str(default)


def with_options(function: Callable[..., None], *groups: Mapping[str, Option]) -> Callable[..., None]:
    """Return a command that has a function's own parameters and one parameter per option.

    Args:
        function: the command; receives one dict per group (given values by path) as its first arguments.
        groups: groups of options by path.
    """
    signature = inspect.signature(function, eval_str=True)
    own = list(signature.parameters.values())[len(groups) :]
    made = [option.as_parameter() for group in groups for option in group.values()]
    repeated = {parameter.name for parameter in own} & {parameter.name for parameter in made}
    if repeated:
        raise ValueError(f"option names must be unique, got {sorted(repeated)} twice")

    def command(**arguments: object) -> None:
        values = []
        for group in groups:
            raw = {path: arguments.pop(option.parameter) for path, option in group.items()}
            values.append(given_values(group, raw))
        function(*values, **arguments)

    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    command.__signature__ = inspect.Signature([*parameters, *made])  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in (*parameters, *made)}
    command.__doc__, command.__name__ = function.__doc__, function.__name__
    return command


def given_values(options: Mapping[str, Option], raw: Mapping[str, object]) -> dict[str, object]:
    """Return the values of the options that were given, by path.

    Raises:
        UsageError: a value cannot be parsed.
    """
    return {path: options[path].value(value) for path, value in raw.items() if value is not None and value != []}


@contextmanager
def option_names(options: Iterable[Option], arguments: Sequence[str] = ()) -> Iterator[None]:
    """Raise errors of settings as `UsageError`, with option names in the place of setting names.

    Args:
        options: options whose settings errors may name.
        arguments: names of Python arguments that are also options.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        message = str(error)
        for option in options:
            if "." in option.setting.path:
                message = re.sub(rf"(?<![\w.]){re.escape(option.setting.path)}\b", option.flags[0], message)
        if arguments:
            names = "|".join(arguments)
            pattern = rf"(?<![\w-])({names})(?= (?:must|goes|needs|has|\d)|, the)"
            message = re.sub(pattern, lambda found: f"--{found[1].replace('_', '-')}", message)
        raise UsageError(message) from error
