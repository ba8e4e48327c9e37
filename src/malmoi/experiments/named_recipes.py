"""Named recipes for text classification, with and without word vectors."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from malmoi.data.texts import text_list
from malmoi.errors import MalmoiError
from malmoi.experiments.recipe import Recipe
from malmoi.foundation.imports import import_keras
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel, ModelEstimator

__all__ = ["Recipes", "named_estimator", "named_recipes", "ready_estimator", "refuse_without_takers", "with_vectors"]

Recipes = str | Recipe | Sequence[str | Recipe] | Mapping[str, str | Recipe]
WITH_VECTORS = " + vectors"
VECTOR_SETTINGS = ("embedding.vectors", "vectors", "embedder")
"""Settings that are files of vectors."""
OF_OTHER_EMBEDDINGS = ("embedding.kind", "embedding.dimension", "embedding.buckets", "embedding.ngrams", "dimension")
"""Settings that pretrained vectors replace."""


def named_recipes(recipes: Recipes) -> dict[str, Recipe]:
    """Return recipes by name.

    Raises:
        TypeError: `recipes` is not a list or a dict, or an item is not a name or a `Recipe`.
        ValueError: there are no recipes, two have the same name, or one is not for text classification.
    """
    if isinstance(recipes, str | Recipe) or not isinstance(recipes, Sequence | Mapping):
        raise TypeError(f"recipes must be a list or a dict, got {shorten(recipes)}; wrap one in a list")
    if isinstance(recipes, Mapping):
        pairs = list(recipes.items())
    else:
        pairs = [(one.name if isinstance(one, Recipe) else one, one) for one in recipes]
    if not pairs:
        raise ValueError("recipes must have 1 recipe or more, got 0")
    named: dict[str, Recipe] = {}
    for name, one in pairs:
        if not isinstance(name, str) or not isinstance(one, str | Recipe):
            raise TypeError(f"recipes must be names or Recipes, got {shorten(one if isinstance(name, str) else name)}")
        if name in named:
            raise ValueError(f"recipes must have different names, got {name!r} twice; pass a dict of recipes by name")
        recipe = Recipe(one) if isinstance(one, str) else one
        if (recipe.data, recipe.task) != ("texts", "classification"):
            raise ValueError(
                f"recipes must be for classification of texts, got {name!r} for {recipe.task} of {recipe.data}"
            )
        named[name] = recipe
    return named


def with_vectors(recipes: Mapping[str, Recipe], vectors: str | os.PathLike[str]) -> dict[str, Recipe]:
    """Return the recipes and, after each recipe that can use word vectors and has none, the same recipe with them.

    Args:
        recipes: recipes by name.
        vectors: file of word vectors.

    Raises:
        ValueError: no recipe can use word vectors.

    Example:
        >>> list(with_vectors({"bag": Recipe("bag"), "conv": Recipe("conv")}, "glove.txt"))
        ['bag', 'conv', 'conv + vectors']
    """
    found: dict[str, Recipe] = {}
    for name, recipe in recipes.items():
        found[name] = recipe
        known = recipe.known_settings()
        setting = next((path for path in VECTOR_SETTINGS[:2] if path in known), None)
        if setting is None or set(VECTOR_SETTINGS) & set(recipe.settings):
            continue
        kept = {path: value for path, value in recipe.settings.items() if path not in OF_OTHER_EMBEDDINGS}
        found[name + WITH_VECTORS] = Recipe(recipe.name, {**kept, setting: os.fspath(vectors)})
    if len(found) == len(recipes):
        rule = f"vectors has no effect on the recipes {', '.join(recipes)}, which cannot use them or have their own"
        raise ValueError(f"{rule}; leave it out")
    return found


def ready_estimator(recipe: Recipe) -> ModelEstimator[FittedModel]:
    """Return the estimator of a recipe; refuse a network if Keras is not installed.

    Raises:
        MissingExtraError: Keras is not installed.
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range, or has no effect with another.
    """
    if recipe.kind.network is not None:
        import_keras()
    return recipe.estimator()


def named_estimator(name: str, recipe: Recipe) -> ModelEstimator[FittedModel]:
    """Return the estimator of a recipe; errors of its settings begin with the name of the recipe.

    Raises:
        MissingExtraError: Keras is not installed.
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range, or has no effect with another.
    """
    try:
        return ready_estimator(recipe)
    except (TypeError, ValueError) as error:
        if not recipe.settings or isinstance(error, MalmoiError):
            raise
        raise type(error)(f"recipe {name}: {error}") from error


def refuse_without_takers(unlabelled: Sequence[str], recipes: Sequence[str], takers: Sequence[str]) -> list[str]:
    """Return unlabelled texts as a list.

    Raises:
        ValueError: there are texts, but no recipe uses them.
    """
    texts = text_list(unlabelled)
    if texts and not takers:
        rule = f"unlabelled must be empty for recipes that do not use unlabelled texts ({', '.join(recipes)})"
        raise ValueError(f"{rule}, got {len(texts):,} texts")
    return texts
