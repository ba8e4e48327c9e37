"""Recipes: a name and settings, readable from and writable to JSON, from which an estimator is created."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from malmoi.errors import DataError, FormatError
from malmoi.experiments.kinds import OPENED, RecipeKind, RecipeTask, recipe_kind
from malmoi.experiments.settings import Setting, one_of
from malmoi.foundation.files import open_regular, whole_file
from malmoi.foundation.validation import shorten, whole_number
from malmoi.models.base import FittedModel, InputKind, ModelEstimator

__all__ = ["Recipe", "refuse_unlabelled"]

Value = TypeVar("Value")
FORMAT = 1
FIELDS = ("format", "data", "task", "recipe", "settings")


@dataclass(frozen=True)
class Recipe:
    """A recipe of a model: its name, and the settings that differ from the defaults.

    Args:
        name: name of the recipe, such as "auto", "bag", "few-labels", "conv" or "recurrent".
        settings: JSON values by path, such as `{"epochs": 5, "network.filters": 64}`.
        data: type of the input, "texts" or "series".
        task: "classification" or "regression".

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: unknown recipe or setting; the error suggests the nearest.

    Example:
        >>> recipe = Recipe("conv", {"network.filters": 64, "epochs": 5})
        >>> Recipe.from_json(recipe.to_json()) == recipe
        True
        >>> recipe.estimator().network.filters
        64
        >>> recipe.with_settings({"seed": 3}).seed, recipe.files
        (3, [])
        >>> setting = recipe.known_settings()["epochs"]
        >>> setting.default, setting.kind.rule
        (10, 'a whole number')
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = recipe.write(Path(folder) / "conv.json")
        ...     Recipe.read(path) == recipe
        True
    """

    name: str
    settings: Mapping[str, object] = field(default_factory=dict)
    data: InputKind = "texts"
    task: RecipeTask = "classification"

    def __post_init__(self) -> None:
        known = self.kind.settings()
        checked = {}
        for path, value in self.settings.items():
            one_of(f"a setting of the recipe {self.name!r}", path, known)
            checked[path] = known[path].checked(value)
        object.__setattr__(self, "settings", checked)

    @property
    def kind(self) -> RecipeKind:
        """The estimator and the settings behind the name.

        :meta private:
        """
        return recipe_kind(self.name, self.data, self.task)

    @property
    def files(self) -> list[str]:
        """The files in the settings, such as word vectors."""
        return [str(value) for path, value in self.settings.items() if path.rpartition(".")[2] in OPENED]

    @property
    def seed(self) -> int | None:
        """The random seed, also of the split in `run`; `None` if the recipe has none."""
        setting = self.known_settings().get("seed")
        return None if setting is None else whole_number("seed", self.settings.get("seed", setting.default))

    def known_settings(self) -> dict[str, Setting]:
        """Return all settings of the recipe by path, each with its type, default and description."""
        return self.kind.settings()

    def estimator(self) -> ModelEstimator[FittedModel]:
        """Create the estimator, with checked settings.

        Returns:
            An estimator that is not fitted, such as a `BagClassifier` for "bag".

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect with another.
            FormatError: a file of vectors is damaged.
        """
        return self.kind.estimator(self.settings)

    def with_settings(self, settings: Mapping[str, object]) -> Recipe:
        """Return the recipe with more settings.

        Args:
            settings: JSON values by path; they replace those of the recipe.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is unknown.
        """
        return Recipe(self.name, {**self.settings, **settings}, self.data, self.task)

    def to_json(self) -> str:
        """Return the recipe as JSON with an indentation of two spaces, the content of a recipe file."""
        content = {
            "format": FORMAT,
            "data": self.data,
            "task": self.task,
            "recipe": self.name,
            "settings": dict(self.settings),
        }
        return json.dumps(content, ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str, *, place: str = "recipe") -> Recipe:
        """Return the recipe from JSON; settings may be nested, such as `{"network": {"filters": 64}}`.

        Args:
            text: JSON from `to_json`.
            place: name of the source in errors, such as the file.

        Raises:
            DataError: the JSON is not a recipe, or a setting is unknown, has the wrong type or is given twice.
            FormatError: the recipe was written by a later version, or the file is a pipe.
        """
        try:
            content = json.loads(text, object_pairs_hook=_without_repeats)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{place}: a recipe must be valid JSON: {shorten(str(error))}") from error
        except DataError as error:
            raise DataError(f"{place}: {error}") from None
        if not isinstance(content, dict) or not isinstance(content.get("recipe"), str):
            raise DataError(f'{place}: a recipe must be an object with the name in "recipe", got {shorten(content)}')
        version = content.get("format", FORMAT)
        if type(version) is not int or version < 1:
            rule = f"{place}: format must be a whole number from 1 to {FORMAT}"
            raise DataError(f"{rule}, got {shorten(version)}; leave it out")
        if version > FORMAT:
            rule = f"{place} has format {shorten(version)}, this version reads up to {FORMAT}"
            raise FormatError(f"{rule}; upgrade malmoi")
        try:
            for name in content:
                one_of("a field of a recipe", name, FIELDS)
            settings = _flat(content.get("settings", {}))
            return cls(content["recipe"], settings, content.get("data", "texts"), content.get("task", "classification"))
        except (TypeError, ValueError, DataError) as error:
            raise DataError(f"{place}: {error}") from None

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Recipe:
        """Read a recipe from a JSON file.

        Args:
            path: file written by `write`, or by hand.

        Returns:
            The recipe, with checked settings.

        Raises:
            DataError: the file cannot be read, or is not a recipe; see `from_json`.
            FormatError: the recipe was written by a later version.
        """
        try:
            with open_regular(path) as file:
                text = file.read().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
        return cls.from_json(text, place=str(path))

    def write(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the recipe to a JSON file, completely or not at all.

        Args:
            path: the file, `NAME.json`.
            overwrite: whether an existing file may be replaced.

        Returns:
            The path.

        Raises:
            FileExistsError: the file exists and `overwrite` is false.
        """
        with whole_file(path, overwrite=overwrite) as file:
            file.write(self.to_json().encode() + b"\n")
        return Path(path)


def refuse_unlabelled(recipe: Recipe, estimator: ModelEstimator[FittedModel], unlabelled: Sequence[str]) -> None:
    """Refuse unlabelled texts for a recipe that does not use them.

    Raises:
        ValueError: there are unlabelled texts, but the estimator does not use them.
    """
    if len(unlabelled) and not estimator.takes_unlabelled:
        raise ValueError(f"unlabelled has no effect on the recipe {recipe.name!r}; leave it out")


def _without_repeats(pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in pairs:
        if name in found:
            raise DataError(f"{name} must have one value, got two: {shorten(found[name])} and {shorten(value)}")
        found[name] = value
    return found


def _flat(settings: object, prefix: str = "") -> dict[str, object]:
    """Return nested settings by path; objects with a "kind" and class weights are values."""
    if not isinstance(settings, dict):
        raise TypeError(f"settings must be an object, got {shorten(settings)}")
    found: list[tuple[str, object]] = []
    for name, value in settings.items():
        path = prefix + name
        nested = isinstance(value, dict) and bool(value) and "kind" not in value and name != "class_weight"
        found += _flat(value, f"{path}.").items() if nested else [(path, value)]
    return _without_repeats(found)
