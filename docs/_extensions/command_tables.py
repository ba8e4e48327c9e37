"""The reference of the command line, from the application itself: commands, help, arguments and options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from sphinx.application import Sphinx

PAGE = "reference/command-line"
PLACE = "<!-- commands -->"
DEFAULT = re.compile(r"\s*\(default: (.*)\)$")
MARKUP = re.compile(r"\[/?(?:bold|italic|dim|cyan|green|red|yellow|b|i)\]")


def cell(text: str) -> str:
    """Return the text for a cell of a Markdown table."""
    return escaped(" ".join(text.split())).replace("|", "\\|")


def escaped(text: str) -> str:
    """Return the text without Rich's markup, with Markdown's own characters escaped."""
    plain = MARKUP.sub("", text).replace("\\[", "[")
    return re.sub(r"([\\*_`<>$\[\]{}])", r"\\\1", plain).replace("--", "\\-\\-")


def value_of(parameter: Any) -> str:
    """Return what stands for the value of an option or argument; nothing for a switch."""
    if getattr(parameter, "is_flag", False):
        return ""
    kind = parameter.type_descriptor.annotation
    described = parameter.metavar or getattr((get_args(kind) or (kind,))[0], "__name__", str(kind)).lower()
    several = parameter.multiple or parameter.nargs == -1
    return f"`{described} ...`" if several else f"`{described}`"


def default_of(parameter: Any) -> tuple[str, str]:
    """Return the help without its default, and the default; most of our options name it in their help."""
    found = DEFAULT.search(parameter.help or "")
    if found:
        return parameter.help[: found.start()], found.group(1)
    default = parameter.default
    if default is None or default is False or callable(default) or not parameter.show_default:
        return parameter.help or "", "required" if parameter.required else ""
    return parameter.help or "", "on" if default is True else str(default)


def parameter_tables(command: Any) -> Iterator[str]:
    """Yield a table for the arguments and one for every panel of options."""
    panels: dict[str, list[Any]] = {}
    for parameter in command.params:
        if not getattr(parameter, "hidden", False) and parameter.name not in (
            "help",
            "install_completion",
            "show_completion",
        ):
            kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
            panels.setdefault(getattr(parameter, "rich_help_panel", None) or kind, []).append(parameter)
    for panel, parameters in panels.items():
        yield f"**{panel}**\n"
        yield "| name | value | default | description |\n|---|---|---|---|"
        for one in parameters:
            names = [*one.opts, *one.secondary_opts] if one.param_type_name == "option" else [one.name]
            spelled = ", ".join(f"`{name}`" for name in names)
            described, default = default_of(one)
            yield f"| {spelled} | {value_of(one)} | {cell(default)} | {cell(described)} |"
        yield ""


def command_sections(command: Any, path: str) -> Iterator[str]:
    """Yield the section of a command, then those of its subcommands."""
    level = "#" * (1 + path.count(" "))
    if " " in path:
        yield f"{level} `{path}`\n"
    for paragraph in re.split(r"\n\s*\n", (command.help or "").strip()):
        yield escaped(" ".join(paragraph.replace("\b", "").split())) + "\n"
    yield from parameter_tables(command)
    for child in getattr(command, "commands", {}).values():
        yield from command_sections(child, f"{path} {child.name}")


def command_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Write the commands into their page before it is read."""
    if name != PAGE:
        return
    import typer

    from malmoi.cli.commands import COMMANDS, make_app

    application = typer.main.get_command(make_app(list(COMMANDS)))
    source[0] = source[0].replace(PLACE, "\n".join(command_sections(application, "malmoi")))


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the page."""
    app.connect("source-read", command_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
