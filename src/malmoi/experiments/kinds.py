"""The tables of recipes by type of data, with their estimators and settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, TypeAlias

from malmoi.experiments.embedding import EMBEDDING_SETTINGS, embedding_from
from malmoi.experiments.settings import Setting, one_of, settings_of
from malmoi.experiments.values import ValueKind, token_kinds_from_json
from malmoi.models.base import FittedModel, InputKind, ModelEstimator
from malmoi.models.few_labels.settings import SentenceEmbedder
from malmoi.models.neural.networks import NETWORKS, Network
from malmoi.wordvectors import WordVectors

__all__ = ["RECIPES", "RecipeKind", "RecipeTask", "recipe_kind", "recipe_table"]

RecipeTask: TypeAlias = Literal["classification", "regression"]


@dataclass(frozen=True)
class RecipeKind:
    """A type of recipe: its estimator and settings.

    Args:
        estimator_place: module and name of the estimator class.
        network: class of its `network` parameter, whose fields are settings; `None` if it has no such parameter.
        embeds: whether it has an `embedding` parameter, whose fields are settings.
        left_out: parameters that are not settings, because the run sets them.
    """

    estimator_place: str
    network: type[Network] | None = None
    embeds: bool = False
    left_out: tuple[str, ...] = ()

    def estimator_class(self) -> type[ModelEstimator[FittedModel]]:
        """Import the estimator's class."""
        module, _, name = self.estimator_place.partition(":")
        found: type[ModelEstimator[FittedModel]] = getattr(import_module(module), name)
        return found

    def settings(self) -> dict[str, Setting]:
        """Return every setting by path, in order."""
        own = settings_of(self.estimator_class())
        found = {path: setting for path, setting in own.items() if path not in self.left_out}
        if self.network is not None:
            found |= settings_of(self.network, "network.")
        if self.embeds:
            found |= EMBEDDING_SETTINGS
        return found

    def estimator(self, settings: Mapping[str, object]) -> ModelEstimator[FittedModel]:
        """Create the estimator from checked settings by path.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect with another.
        """
        known = self.settings()
        values: dict[str, object] = {path: _made(known[path], value) for path, value in settings.items()}
        values |= {path: opened(str(values[path])) for path, opened in OPENED.items() if values.get(path) is not None}
        parameters = {path: value for path, value in values.items() if "." not in path}
        if self.network is not None:
            parameters["network"] = self.network(**_inner(values, "network."))
        if self.embeds:
            parameters["embedding"] = embedding_from(_inner(values, "embedding."))
        estimator = self.estimator_class()(**parameters)
        if (check := getattr(estimator, "check_settings", None)) is not None:
            check()
        return estimator


def _opened_embedder(path: str) -> SentenceEmbedder:
    from malmoi.wordvectors.embedder import TextEmbedder

    return TextEmbedder.open(path)


OPENED: dict[str, Callable[[str], WordVectors | SentenceEmbedder]] = {
    "vectors": WordVectors.open,
    "embedder": _opened_embedder,
}
"""Settings that are paths in recipes, and opened files in Python."""


def _made(setting: Setting, value: object) -> object:
    if setting.kind in (ValueKind.tokens, ValueKind.token_kinds) and isinstance(value, str | dict | list | tuple):
        return token_kinds_from_json(value)
    if isinstance(value, list):
        return tuple(tuple(one) if isinstance(one, list) else one for one in value)
    return value


def _inner(values: Mapping[str, object], prefix: str) -> dict[str, Any]:
    return {path.removeprefix(prefix): value for path, value in values.items() if path.startswith(prefix)}


TEXT = "malmoi.models.neural.text:EmbeddingClassifier"
SERIES: dict[RecipeTask, str] = {
    "classification": "malmoi.models.neural.series:SeriesClassifier",
    "regression": "malmoi.models.neural.series:SeriesRegressor",
}
NETWORK_PLACES: dict[tuple[InputKind, RecipeTask], str] = {
    ("texts", "classification"): TEXT,
    **{("series", task): place for task, place in SERIES.items()},
}
ROCKET = "malmoi.models.minirocket.estimators:MiniRocket"
ROCKET_NAMES = ("auto", "minirocket")
"""Names of MiniRocket, the most accurate recipe for general series and therefore the meaning of "auto"."""
RECIPES: dict[tuple[InputKind, RecipeTask], dict[str, RecipeKind]] = {
    ("texts", "classification"): {
        "auto": RecipeKind("malmoi.experiments.text_classifier:TextClassifier", left_out=("refit",)),
        "bag": RecipeKind("malmoi.models.linear.classifier:BagClassifier"),
        "fasttext": RecipeKind("malmoi.models.fasttext.classifier:FastTextClassifier"),
        "few-labels": RecipeKind("malmoi.models.few_labels.classifier:FewLabelClassifier"),
    },
    ("texts", "regression"): {"bag": RecipeKind("malmoi.models.linear.regressor:BagRegressor")},
    ("series", "classification"): {name: RecipeKind(f"{ROCKET}Classifier") for name in ROCKET_NAMES},
    ("series", "regression"): {name: RecipeKind(f"{ROCKET}Regressor") for name in ROCKET_NAMES},
}
"""Recipes other than networks, by type of data and task, then by name."""


def recipe_table(data: InputKind, task: RecipeTask = "classification") -> dict[str, RecipeKind]:
    """Return the recipes for a type of data and a task, by name; networks have their names in lower case.

    Raises:
        ValueError: unknown type of data or task.
    """
    one_of("data", data, dict.fromkeys(kind for kind, _ in RECIPES))
    one_of(f"the task of {data}", task, [known for kind, known in RECIPES if kind == data])
    place = NETWORK_PLACES.get((data, task))
    if place is None:
        return dict(RECIPES[data, task])
    of_texts, left_out = data == "texts", ("recipe",)  # the recipe's own name sets the network
    networks = {name.lower(): RecipeKind(place, network, of_texts, left_out) for name, network in NETWORKS.items()}
    return RECIPES[data, task] | networks


def recipe_kind(name: str, data: InputKind = "texts", task: RecipeTask = "classification") -> RecipeKind:
    """Return the type of a recipe by name.

    Raises:
        ValueError: unknown recipe; the error lists the known ones and suggests the nearest.
    """
    table = recipe_table(data, task)
    return table[one_of("recipe", name, table)]
