"""Resumable hyperparameter search for text recipes with a time limit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from malmoi.errors import DataError, FormatError, MalmoiError, MissingExtraError
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.recording import Training
from malmoi.experiments.run import fit_parts
from malmoi.experiments.run_record import RunRecord
from malmoi.experiments.search_spaces import SearchSpace, search_space
from malmoi.experiments.splitting import Parts
from malmoi.foundation.files import open_regular
from malmoi.foundation.progress import Progress, silent

if TYPE_CHECKING:
    from optuna import Study
    from optuna import Trial as OptunaTrial

__all__ = ["SearchResult", "Trial", "check_limits", "import_optuna", "tune"]

TrialCallback = Callable[[RunRecord], object]


def ignore_trial(record: RunRecord) -> None:
    """Ignore the record of a trial."""


@dataclass(frozen=True)
class Trial:
    """A trial of a hyperparameter search.

    Args:
        recipe: the recipe.
        accuracy: accuracy on the validation set, 0 to 1.
        epochs: number of the best epoch, from 1; its weights were evaluated.
        seconds: training time.

    Example:
        >>> from malmoi import Recipe
        >>> trial = Trial(Recipe("average", {"epochs": 9}), accuracy=0.91, epochs=3, seconds=1.5)
        >>> trial.recipe.with_settings({"epochs": trial.epochs}).settings
        {'epochs': 3}
    """

    recipe: Recipe
    accuracy: float
    epochs: int
    seconds: float


@dataclass(frozen=True)
class SearchResult:
    """The result of a hyperparameter search, as by `malmoi tune`.

    Args:
        best: recipe of the best trial, with its best number of epochs and without patience, so that training it gives
            the same network.
        accuracy: validation accuracy of the best trial, which is optimistic, because it is the best of many.
        trials: finished trials, the best first.
        tried: number of trials of all calls, including failed ones.
        tried_now: number of trials of this call.

    Example:
        >>> from malmoi import Recipe
        >>> recipe = Recipe("average", {"epochs": 3, "max_length": 50})
        >>> result = SearchResult(recipe, 0.91, (Trial(recipe, 0.91, epochs=3, seconds=1.5),), tried=8, tried_now=8)
        >>> result.best.settings["epochs"], result.trials[0].accuracy
        (3, 0.91)
    """

    best: Recipe
    accuracy: float
    trials: tuple[Trial, ...]
    tried: int
    tried_now: int


def tune(
    parts: Parts,
    study: Path,
    *,
    name: str = "malmoi",
    recipe: str = "networks",
    minutes: float = 10.0,
    trials: int | None = None,
    tokens: str = "auto",
    vectors: str | None = None,
    seed: int = 0,
    on_trial: TrialCallback = ignore_trial,
    progress: Progress = silent,
) -> SearchResult:
    """Search for the best hyperparameters of networks, or of fastText's classifier.

    Args:
        parts: training and validation set.
        study: SQLite file of the search, which is resumed if the file exists.
        name: name of the search; a file with a search of another name is refused.
        recipe: what is searched: "networks" (average, conv, recurrent and flatten) or "fasttext".
        minutes: time limit in minutes; the last training is stopped at the end of its epoch.
        trials: maximum number of trials; `None`: no limit.
        tokens: name of the tokenizer.
        vectors: file of word vectors that the search may use.
        seed: random seed of the search and of every training.
        on_trial: callback, called with the record of every trial, including failed ones; records have no data names.
        progress: progress callback, called with the step's name, the number done and the total.

    Raises:
        ValueError: a number is out of range, or there is no validation set.
        DataError: the file has another search.
        FormatError: the file is damaged, or not a file of a search.
        MalmoiError: no trial finished within the time limit.
        MissingExtraError: Optuna is not installed.
    """
    check_limits(minutes, trials)
    if parts.validation is None:
        raise ValueError("validation must be above 0: recipes are compared on it")
    space = search_space(recipe, tokens, vectors, seed)
    optuna = import_optuna()
    opened = _study(optuna, study, name, seed)
    before = len(opened.trials)
    if not before and space.first is not None:
        opened.enqueue_trial(space.first)
    _search(optuna, opened, space, parts, _Limits(minutes, trials, on_trial), progress)
    return _found(opened, space, before)


def check_limits(minutes: float, trials: int | None) -> None:
    """Check the limits.

    Raises:
        ValueError: a limit is out of range.
    """
    if not 0 < minutes < math.inf:
        raise ValueError(f"minutes must be above 0 and finite, got {minutes}")
    if trials is not None and trials < 1:
        raise ValueError(f"trials must be 1 or more, got {trials}")


def import_optuna() -> ModuleType:
    """Import and return Optuna.

    Raises:
        MissingExtraError: Optuna is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise MissingExtraError("tuning needs Optuna; pip install 'malmoi[tune]'") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    found: ModuleType = optuna
    return found


def _study(optuna: ModuleType, path: Path, name: str, seed: int) -> Study:
    """Return the study in the file, or a new one; refuse the file of another search."""
    is_new = not path.exists()
    if not is_new:
        open_regular(path).close()  # refuses a pipe, which would block
    try:
        storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
        known = optuna.study.get_all_study_names(storage)
        if known and name not in known:
            raise DataError(f"{path} is of a search with other data or options; use another --study, or delete it")
        # The sampler's seed depends on the number of trials, so that a resumed search does not repeat trials.
        tried = len(optuna.load_study(study_name=name, storage=storage).trials) if known else 0
        sampler = optuna.samplers.TPESampler(seed=seed + tried)
        return optuna.create_study(
            study_name=name, storage=storage, sampler=sampler, direction="maximize", load_if_exists=True
        )
    except MalmoiError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("sqlalchemy", "optuna", "alembic", "sqlite3"):
            raise
        if is_new:
            reason = getattr(error, "orig", None) or type(error).__name__
            raise DataError(f"{path} cannot be created: {reason}; use another --study") from error
        raise FormatError(f"{path} is not a file of a search, or is damaged; use another --study") from error


@dataclass(frozen=True)
class _Limits:
    """Limits of a search, and the callback of its trials."""

    minutes: float
    trials: int | None
    on_trial: TrialCallback


def _search(
    optuna: ModuleType, study: Study, space: SearchSpace, parts: Parts, limits: _Limits, progress: Progress
) -> None:
    """Run trials until the time limit; the last one is stopped at the end of its epoch."""
    end = time.monotonic() + 60 * limits.minutes

    def objective(trial: OptunaTrial) -> float:
        recipe = space.recipe(space.suggested(trial))
        samples = len(parts.training), 0 if parts.validation is None else len(parts.validation)
        training = Training.of("tune", recipe, (), *samples)
        try:
            result = fit_parts(
                recipe, recipe.estimator(), parts, checks=False, refit=False, callbacks=space.callbacks(end)
            )
        except MalmoiError as error:  # a recipe that diverges or exceeds memory
            trial.set_user_attr("failed", str(error))
            limits.on_trial(training.failed(str(error)))
            raise optuna.TrialPruned(str(error)) from error
        limits.on_trial(training.finished(result))
        found = space.finished(result)
        trial.set_user_attr("epochs", found.epochs)
        trial.set_user_attr("seconds", round(found.seconds, 1))
        return found.accuracy

    tried, most = 0, limits.trials
    while time.monotonic() < end and (most is None or tried < most):
        study.optimize(objective, n_trials=1)
        tried += 1
        share = min(1.0, 1 - (end - time.monotonic()) / (60 * limits.minutes))
        progress("tuning", tried if most else round(100 * share), most or 100)


def _found(study: Study, space: SearchSpace, before: int) -> SearchResult:
    done = [trial for trial in study.trials if trial.value is not None]
    if not done:
        why = next((trial.user_attrs["failed"] for trial in study.trials if "failed" in trial.user_attrs), None)
        cure = "raise --minutes, or use fewer texts with --labels" if why is None else f"the first one failed: {why}"
        raise MalmoiError(f"no trial finished within the time limit; {cure}")
    trials = [
        Trial(space.recipe(trial.params), trial.value, trial.user_attrs["epochs"], trial.user_attrs["seconds"])
        for trial in sorted(done, key=lambda trial: -trial.value)
    ]
    best = study.best_trial
    recipe = space.best(best.params, best.user_attrs["epochs"])
    return SearchResult(recipe, best.value, tuple(trials), len(study.trials), len(study.trials) - before)
