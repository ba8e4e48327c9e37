"""Keys of the trainings of a comparison: hashes of everything that a result depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import malmoi
from malmoi.data.corpus import Corpus
from malmoi.data.corpus_checksum import corpus_checksum
from malmoi.experiments.drawn_training import DrawnTraining, DrawnTrainings
from malmoi.experiments.named_recipes import VECTOR_SETTINGS
from malmoi.foundation.files import file_checksum

__all__ = ["RunKeys"]


@dataclass(eq=False)
class RunKeys:
    """The keys of the trainings of a comparison.

    Trainings with the same key have the same recipe, contents of its files, training texts in the same order, test set,
    and versions of malmoi, NumPy and, for networks, Keras and its backend.

    Args:
        trainings: trainings of the comparison.
        seed: random seed of the held-out part and of the subsets.
    """

    trainings: DrawnTrainings
    seed: int

    def of(self, training: DrawnTraining) -> str:
        """Return the key of a training in hexadecimal."""
        recipe = self.trainings.recipes[training.recipe]
        content = {
            "recipe": recipe.name,
            "settings": {path: value for path, value in recipe.settings.items() if path not in VECTOR_SETTINGS},
            "files": self._files[training.recipe],
            "libraries": self._libraries[training.recipe],
            "data": self.data,
            "labels": training.labels,
            "draw": training.draw,
            "seed": self.seed,
            "balanced": self.trainings.plan.balanced,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @cached_property
    def data(self) -> str:
        """The checksum of training data, test set and unlabelled texts."""
        parts = self.trainings.parts
        corpora = (parts.training, parts.held_out, Corpus(self.trainings.unlabelled))
        return hashlib.sha256("".join(map(corpus_checksum, corpora)).encode()).hexdigest()

    @cached_property
    def _files(self) -> dict[str, dict[str, str]]:
        """Checksums of the files of recipes, by recipe and setting."""
        recipes = self.trainings.recipes
        named = {
            name: {
                path: str(recipe.settings[path]) for path in VECTOR_SETTINGS if recipe.settings.get(path) is not None
            }
            for name, recipe in recipes.items()
        }
        sums = {file: file_checksum(Path(file)) for files in named.values() for file in files.values()}
        return {name: {path: sums[file] for path, file in files.items()} for name, files in named.items()}

    @cached_property
    def _libraries(self) -> dict[str, Mapping[str, str]]:
        import numpy as np

        own = {"malmoi": malmoi.__version__, "numpy": np.__version__}
        networks = any(recipe.kind.network is not None for recipe in self.trainings.recipes.values())
        of_networks = {**own, **_of_networks()} if networks else own
        kinds = {name: recipe.kind.network is not None for name, recipe in self.trainings.recipes.items()}
        return {name: of_networks if is_network else own for name, is_network in kinds.items()}


def _of_networks() -> dict[str, str]:
    from malmoi.foundation.imports import import_keras

    keras = import_keras()
    backend = keras.backend.backend()
    return {"keras": keras.__version__, backend: _version(backend)}


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:  # a distribution with another name
        return ""
