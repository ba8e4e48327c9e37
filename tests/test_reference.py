"""Every public name has a complete reference entry: what it does, arguments, result, errors, source and an example.

Public are the names of `malmoi.__all__`, the drop-in names of `malmoi.keras`, the names of `malmoi.distributed`, the
results that they return (`RESULTS`), and the members of all these classes, except those whose docstring says
`:meta private:`: they serve other packages of malmoi, and the reference leaves them out.
"""

import ast
import importlib
import inspect
import re
import textwrap
from functools import cache

import pytest

import malmoi as mm
from malmoi.foundation.names import Deprecated

KERAS = (
    "malmoi.keras.datasets.imdb",
    "malmoi.keras.datasets.reuters",
    "malmoi.keras.install",
    "malmoi.keras.layers",
    "malmoi.keras.models",
    "malmoi.keras.preprocessing.sequence",
    "malmoi.keras.preprocessing.text",
    "malmoi.keras.utils",
)
DISTRIBUTED = (
    "malmoi.distributed",
    "malmoi.distributed.daft",
    "malmoi.distributed.duckdb",
    "malmoi.distributed.polars",
    "malmoi.distributed.spark",
)
RESULTS = (
    "malmoi.data.readers.report:BadRow",
    "malmoi.data.readers.report:ReadFrom",
    "malmoi.data.readers.report:ReadReport",
    "malmoi.evaluation.checks.checking:SkippedCheck",
    "malmoi.evaluation.evaluation:Baseline",
    "malmoi.evaluation.evaluation:Mistake",
    "malmoi.evaluation.findings:Example",
    "malmoi.experiments.backtest_result:Backtest",
    "malmoi.experiments.backtest_result:ForecastScores",
    "malmoi.experiments.comparison:ComparedPoint",
    "malmoi.experiments.comparison:Difference",
    "malmoi.experiments.curve_result:CurvePoint",
    "malmoi.experiments.curve_result:LearningCurve",
    "malmoi.experiments.drawn_training:TrainedAgain",
    "malmoi.experiments.selection:SelectionReport",
    "malmoi.experiments.selection:Tried",
    "malmoi.experiments.tune:SearchResult",
    "malmoi.experiments.tune:Trial",
    "malmoi.metrics.intervals:Score",
    "malmoi.metrics.scores:Share",
    "malmoi.models.base:FittedModel",
    "malmoi.models.explanation:Explanation",
    "malmoi.models.explanation:FeatureWeight",
    "malmoi.models.explanation:TokenWeight",
    "malmoi.models.facts:TrainingFacts",
    "malmoi.models.few_labels.parts:FewLabelFacts",
    "malmoi.models.few_labels.parts:TriedPart",
    "malmoi.models.forecasting.parts:FitErrors",
    "malmoi.models.forecasting.result:Forecast",
    "malmoi.models.history:EpochRow",
    "malmoi.models.linear.parts:BagFacts",
    "malmoi.models.linear.parts:NgramWeight",
    "malmoi.models.minirocket.parts:MiniRocketFacts",
    "malmoi.models.neural.series_training:SeriesTraining",
    "malmoi.models.shading:Run",
    "malmoi.models.standardization:Standardization",
    "malmoi.tokenizers.coverage:TokenCoverage",
    "malmoi.vectorizers.hashed:Collisions",
    "malmoi.vectorizers.sequences:EncodedTexts",
    "malmoi.wordvectors.coverage:Coverage",
    "malmoi.wordvectors.evaluation:AnalogyScore",
    "malmoi.wordvectors.evaluation:PairScore",
    "malmoi.wordvectors.map.plane:WordMap",
    "malmoi.wordvectors.training:GloveSettings",
    "malmoi.wordvectors.training:Training",
)
SOURCED = (
    "BagClassifier",
    "BagVectorizer",
    "Conv",
    "Hashed",
    "HashedBagVectorizer",
    "MiniRocket",
    "MiniRocketClassifier",
    "Recurrent",
    "TextEmbedder",
    "WordVectors.analogy",
    "WordVectors.train",
    "Words",
    "evaluate_vectors",
    "word_map",
)
"""Names whose algorithm or format is described elsewhere: their entry says where."""
PENDING: tuple[str, ...] = ()


def _public() -> dict[str, object]:
    """Every public name that stands alone, with its object."""
    found = {name: getattr(mm, name) for name in mm.__all__}
    for path in (*KERAS, *DISTRIBUTED):
        module = importlib.import_module(path)
        found |= {f"{path}.{name}": getattr(module, name) for name in module.__all__}
    importlib.import_module("malmoi.keras.install").uninstall()
    for path in RESULTS:
        module, _, name = path.partition(":")
        found[name] = getattr(importlib.import_module(module), name)
    return found


def _function(owner: type, name: str) -> object:
    """The function behind a member of a class; `None` if it is no function, or not of malmoi."""
    member = inspect.getattr_static(owner, name)
    if isinstance(member, Deprecated):
        return None
    function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
    if not inspect.isfunction(inspect.unwrap(function)) or not function.__module__.startswith("malmoi."):
        return None
    return function


def _members() -> dict[str, tuple[str, object, bool]]:
    """Every public member once, by its shown name: the name of its function, the function, whether it is a property."""
    found: dict[str, tuple[str, object, bool]] = {}
    for name, owner in PUBLIC.items():
        if not inspect.isclass(owner):
            continue
        for member in dir(owner):
            function = None if member.startswith("_") else _function(owner, member)
            if function is None or ":meta private:" in _doc(function):
                continue
            is_property = isinstance(inspect.getattr_static(owner, member), property)
            key = f"{function.__module__}.{function.__qualname__}"
            if key not in found:
                found[key] = (f"{name}.{member}", function, is_property)
    return {shown: (key, function, is_property) for key, (shown, function, is_property) in found.items()}


def _doc(thing: object) -> str:
    return inspect.getdoc(thing) or ""


@cache
def _sections(doc: str) -> dict[str, str]:
    """The sections of a docstring by title; the part before them as ""."""
    parts = re.split(r"^(Args|Attributes|Returns|Raises|Source|Example):\n", doc, flags=re.M)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def _parameters(thing: object) -> list[str]:
    given = list(inspect.signature(thing).parameters)
    return [name for name in given if name not in ("self", "cls")]


def _described(args: str) -> list[str]:
    return [name.strip(" *`") for line in re.findall(r"^ {4}(\S[^:]*):", args, re.M) for name in line.split(",")]


def _raises(function: object) -> bool:
    """Whether a function's own body has a raise statement (a bare one aside)."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    return any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(tree))


PUBLIC = _public()
MEMBERS = _members()
EXAMPLES = {
    name: "\n".join(
        [_doc(thing), *(_doc(base) for base in getattr(thing, "__mro__", ()) if base.__module__.startswith("malmoi."))]
    )
    for name, thing in PUBLIC.items()
}
ALL_EXAMPLES = "\n".join(
    line for text in EXAMPLES.values() for line in text.splitlines() if re.match(r"\s*(>>>|\.\.\.)", line)
)


def _is_pending(thing: object) -> bool:
    return thing.__module__.startswith(PENDING) if PENDING else False


def _faults(doc: str, parameters: list[str]) -> list[str]:
    sections, faults = _sections(doc), []
    summary = sections[""].strip().split("\n")[0]
    if not summary.endswith((".", ":")) and "\n" not in sections[""].strip():
        faults.append(f"the first line must be a sentence, got {summary!r}")
    missing = [name for name in parameters if name not in _described(sections.get("Args", ""))]
    if missing:
        faults.append(f"Args must describe {missing}")
    unknown = [name for name in _described(sections.get("Args", "")) if name not in parameters]
    if unknown:
        faults.append(f"Args describes {unknown}, which are no parameters")
    return faults


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_arguments_and_an_example(name):
    thing = PUBLIC[name]
    if _is_pending(thing):
        pytest.skip("its docstring is not complete yet")
    is_error = inspect.isclass(thing) and issubclass(thing, BaseException)
    faults = _faults(_doc(thing), [] if is_error else _parameters(thing))
    if ">>>" not in _doc(thing):
        faults.append("an example is missing")
    if inspect.isfunction(inspect.unwrap(thing)):
        faults += _result_faults(thing, is_property=False)
    assert not faults


def _result_faults(function: object, *, is_property: bool) -> list[str]:
    sections, faults = _sections(_doc(function)), []
    summary = sections[""].strip()
    returned = inspect.signature(inspect.unwrap(function)).return_annotation
    says = "Returns" in sections or is_property or re.match(r"(Return|Yield|Iterate)\b", summary)
    if returned not in (None, "None", "Self") and not says:
        faults.append("Returns is missing")
    if _raises(function) and "Raises" not in sections:
        faults.append("Raises is missing")
    return faults


@pytest.mark.parametrize("name", MEMBERS)
def test_a_public_member_is_described(name):
    key, function, is_property = MEMBERS[name]
    if _is_pending(function):
        pytest.skip("its docstring is not complete yet")
    faults = _faults(_doc(function), [] if is_property else _parameters(function))
    faults += _result_faults(function, is_property=is_property)
    if not re.search(rf"\.{re.escape(name.rpartition('.')[2])}\b", ALL_EXAMPLES) and ">>>" not in _doc(function):
        faults.append("no example shows it: neither its own nor that of a public class")
    assert not faults, key


@pytest.mark.parametrize("name", SOURCED)
def test_a_published_algorithm_names_its_source(name):
    thing: object = mm
    for part in name.split("."):
        thing = getattr(thing, part)
    assert _sections(_doc(thing)).get("Source", "").strip()


def test_members_are_found():
    assert {"BagClassifier.fit", "WordVectors.open", "Corpus.split", "Explanation.top_features"} <= set(MEMBERS)
    assert _described("    a, b: c\n    *rest: d\n") == ["a", "b", "rest"]
