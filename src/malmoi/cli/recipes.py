"""Recipes from the options `--recipe`, `--recipe-file`, `--set`, and one option per setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from malmoi.cli.options import Option, flags_of, option_names, options_for
from malmoi.cli.training_options import TrainOptions
from malmoi.cli.usage import UsageError
from malmoi.experiments.kinds import RECIPES, RecipeKind, RecipeTask, recipe_table
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.settings import Setting, one_of
from malmoi.models.base import InputKind

__all__ = ["command_words", "recipe_from", "recipe_options"]

DEFAULTS = {"texts": ("auto",), "series": ("auto", "recurrent")}
"""Default recipes by input; the first that has all given options is trained."""
SHARED = {"vectors", "dimension"}
"""Settings of the recipe few-labels that share their option with the embedding."""
RANGES = ("ngrams", "characters")
LAST_DEFAULTS = ("few-labels", "fasttext")
"""Recipes that are trained without `--recipe` only if no other recipe has all given options."""
OF_EMBEDDINGS = ("ngrams", "buckets")
"""Options that set a field of the embedding if the recipe has no setting with this name."""


def recipe_options(data: InputKind) -> dict[str, Option]:
    """Return one option for each setting of the recipes for this type of data, by path."""
    tables = {task: recipe_table(data, task) for kind, task in RECIPES if kind == data}
    settings: dict[str, Setting] = {}
    owners: dict[str, list[str]] = {}
    recipes: dict[str, None] = {}
    values: dict[str, set[str]] = {}
    for table in tables.values():
        for name, kind in table.items():
            recipes[name] = None
            for path, setting in kind.settings().items():
                settings.setdefault(path, setting)
                values.setdefault(path, set()).add(repr(setting.default))
                if name not in owners.setdefault(path, []):
                    owners[path].append(name)
    for path in SHARED & set(settings):
        # One option sets whichever of the two the recipe has.
        settings.pop(path)
        owners[f"embedding.{path}"] += owners.pop(path)
        values[f"embedding.{path}"] |= values.pop(path)
    notes = {path: ", ".join(names) for path, names in owners.items() if len(names) < len(recipes)}
    varied = {path: "by recipe" for path, found in values.items() if len(found) > 1}
    varied |= dict.fromkeys({"embedding.dimension", "embedding.trainable", "embedding.kind"} & set(settings), "by kind")
    return options_for(settings, "Model and training", defaults=varied, notes=notes)


def recipe_from(
    given: Mapping[str, object],
    options: Mapping[str, Option],
    asked: TrainOptions,
    *,
    data: InputKind = "texts",
    task: RecipeTask = "classification",
) -> Recipe:
    """Return the recipe that the options describe; options override the recipe file.

    Args:
        given: values of options by path.
        options: options by path.
        asked: training options with the recipe's name, its file, and settings by path.
        data: input type of the recipe.
        task: task of the recipe.

    Raises:
        UsageError: unknown recipe or setting, an option without effect, or two values for a setting.
        DataError: the file is not a recipe.
        FormatError: the file was written by a later version.
    """
    file = asked.recipe_file
    recipe = None if file is None else Recipe.read(file)
    if recipe is not None and (recipe.data, recipe.task) != (data, task):
        raise UsageError(f"{file} is a recipe for {recipe.task} of {recipe.data}, not for {task} of {data}")
    if recipe is not None and asked.recipe not in (None, recipe.name):
        raise UsageError(f"--recipe {asked.recipe} is not the recipe of {file}, {recipe.name}; leave one of them out")
    table = recipe_table(data, task)
    name = asked.recipe or (_default_name(given, asked, table, DEFAULTS[data]) if recipe is None else recipe.name)
    with option_names(()):
        one_of("--recipe", name, table)
    known = table[name].settings()
    given = {_path_for(path, known): value for path, value in given.items()}
    for path in given:
        if path not in known:
            owners = [other for other, kind in table.items() if path in kind.settings()]
            flag = flags_of(path)[0]
            if not owners:
                raise UsageError(f"{flag} has no effect on {task} of {data}; leave it out")
            raise UsageError(f"{flag} requires {_one_recipe(owners)}, got {name}")
    settings = _with_assignments(given, asked.set, table, name)
    before = {} if recipe is None else recipe.settings
    with option_names(options.values()):
        return Recipe(name, {**before, **settings}, data, task)


def _default_name(
    given: Mapping[str, object], asked: TrainOptions, table: Mapping[str, RecipeKind], defaults: Sequence[str]
) -> str:
    """Return the first recipe, defaults first, that has all given options."""
    paths = {*given, *(one.partition("=")[0] for one in asked.set)}
    for name in sorted(dict.fromkeys([*defaults, *table]), key=lambda one: one in LAST_DEFAULTS):
        # Network options select a network, even if few-labels or fasttext has them too.
        kind = table.get(name)
        if kind is None or (kind.network is None and (asked.summary or asked.checkpoint is not None)):
            continue
        known = kind.settings()
        if all(_path_for(path, known) in known for path in paths):
            return name
    return next(name for name in (*defaults, *table) if name in table)


def _path_for(path: str, known: Mapping[str, Setting]) -> str:
    outer = path.removeprefix("embedding.")
    if path not in known and outer in SHARED & set(known):
        return outer
    inner = f"embedding.{path}"
    return inner if path in OF_EMBEDDINGS and path not in known and inner in known else path


def _one_recipe(names: Sequence[str]) -> str:
    """Return "the recipe a, b or c"."""
    *others, last = names
    return f"the recipe {', '.join(others)} or {last}" if others else f"the recipe {last}"


def _with_assignments(
    given: Mapping[str, object], assignments: Sequence[str], table: Mapping[str, RecipeKind], recipe: str
) -> dict[str, object]:
    settings, known = dict(given), table[recipe].settings()
    for assignment in assignments:
        path, mark, text = assignment.partition("=")
        if not mark:
            raise UsageError(f"--set must be NAME=VALUE, such as epochs=5, got {assignment!r}")
        with option_names(()):
            others = (path for kind in table.values() for path in kind.settings())
            one_of(f"--set: a setting of the recipe {recipe!r}", path, known, others)
            value = known[path].parsed(text)
        if path in settings:
            raise UsageError(f"{path} must have one value, got {settings[path]!r} and {value!r}")
        settings[path] = value
    return settings


def command_words(recipe: Recipe, options: Mapping[str, Option]) -> list[str]:
    """Return the command-line options that describe a recipe."""
    words = ["--recipe", recipe.name]
    known = recipe.known_settings()
    for path, value in recipe.settings.items():
        default = known[path].default
        if value == (list(default) if isinstance(default, tuple) else default):
            continue
        option = options[path if path in options else f"embedding.{path}"]
        flag = option.flags[0]
        if isinstance(value, bool):
            words.append(flag if value else option.off)
        elif isinstance(value, list) and path.rpartition(".")[2] in RANGES:
            words += [flag, "-".join(map(str, value))]
        elif isinstance(value, list):
            words += [word for item in value for word in (flag, str(item))]
        else:
            words += [flag, "none" if value is None else str(value)]
    return words
