"""The report page: one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING

from malmoi.errors import MissingExtraError
from malmoi.evaluation.findings import LANGUAGES, Language
from malmoi.foundation.validation import check_choice
from malmoi.report.facts import ReportFacts
from malmoi.report.page.charts.marks import mark_definitions
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.language import Speech
from malmoi.report.page.sections.baseline import baseline
from malmoi.report.page.sections.calibration import calibration
from malmoi.report.page.sections.classes import classes
from malmoi.report.page.sections.confusion import confusion
from malmoi.report.page.sections.data import data
from malmoi.report.page.sections.label_curve import label_curve
from malmoi.report.page.sections.mistakes import PAGE_SIZE, MistakesView, mistakes
from malmoi.report.page.sections.recipes import recipes
from malmoi.report.page.sections.reproduction import reproduction
from malmoi.report.page.sections.slices import slices
from malmoi.report.page.sections.texts import duplicates, suspects
from malmoi.report.page.sections.thresholds import thresholds
from malmoi.report.page.sections.training import training
from malmoi.report.page.sections.verdict import verdict
from malmoi.report.page.sections.word_map import word_map
from malmoi.report.page.visible import Html, in_line
from malmoi.report.unseen import plain

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["page"]

SECTIONS: Mapping[str, Callable[[Context], object]] = {
    "verdict": verdict,
    "baseline": baseline,
    "data": data,
    "recipes": recipes,
    "label-curve": label_curve,
    "training": training,
    "confusion": confusion,
    "classes": classes,
    "slices": slices,
    "calibration": calibration,
    "thresholds": thresholds,
    "mistakes": mistakes,
    "duplicates": duplicates,
    "suspects": suspects,
    "words": word_map,
    "reproduction": reproduction,
}
"""The sections in the order of the page."""

STYLES = ("base", "parts", "figures", "texts", "print")
SCRIPTS = ("dom", "csv", "theme", "tables", "confusion", "thresholds", "mistakes", "suspects", "word_map", "start")
UNSAFE = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})
"""Escapes of characters that could end a script element or, in older browsers, a line."""


@dataclass(frozen=True)
class _Section:
    """A section: its title and the view for its template; `missing` says why an empty section is empty."""

    key: str
    title: str
    view: object
    missing: str


def page(facts: ReportFacts, language: Language = "en") -> str:
    """Return the report as one HTML page that works offline and without other files.

    Args:
        facts: contents of the report.
        language: language of the page, "en" or "ko".

    Raises:
        MissingExtraError: jinja2 is not installed.
        ValueError: the language is unknown, or the evaluation is not of a classifier.
    """
    check_choice("language", language, LANGUAGES)
    if find_spec("jinja2") is None:
        raise MissingExtraError("the report needs jinja2; pip install 'malmoi[report]'")
    context = Context(facts, Speech(language))
    sections = [_section(context, key) for key in SECTIONS]
    style, script = _joined("styles", STYLES, "css"), _joined("scripts", SCRIPTS, "js")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            facts=facts,
            say=context.say,
            sections=sections,
            marks=mark_definitions(),
            style=Html(style),
            script=Html(script),
            policy=_policy(style, script),
            data=Html(_data(context, sections)),
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Return the environment of the templates."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("malmoi.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Makes invisible characters visible in attributes, and wherever a template does not use `in_line`.
        finalize=lambda value: plain(value) if type(value) is str else value,
    )
    environment.filters["in_line"] = in_line
    return environment


def _section(context: Context, key: str) -> _Section:
    view = SECTIONS[key](context)
    missing = view.sentence if isinstance(view, Missing) else ""
    is_renamed = key == "slices" and context.is_of_sets
    return _Section(key, context.say("section/slices-sets" if is_renamed else f"section/{key}"), view, missing)


def _joined(folder: str, names: tuple[str, ...], suffix: str) -> str:
    """Return the files of a folder as one text."""
    root = files("malmoi.report.page").joinpath(folder)
    return "\n" + "\n".join(root.joinpath(f"{name}.{suffix}").read_text(encoding="utf-8") for name in names)


def _policy(style: str, script: str) -> str:
    """Return the content security policy: only the page's own style and script, by hash, and no other sources."""
    style_hash, script_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)
    )
    sources = f"style-src 'sha256-{style_hash}'; script-src 'sha256-{script_hash}'; img-src data:"
    return f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"


def _data(context: Context, sections: list[_Section]) -> str:
    """Return the data of the scripts as JSON that cannot end its script element."""
    view = next(section.view for section in sections if section.key == "mistakes")
    rows = [row.to_json() for row in view.rows] if isinstance(view, MistakesView) else []
    content = {"words": context.say.script(), "mistakes": rows, "pageSize": PAGE_SIZE}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).translate(UNSAFE)
