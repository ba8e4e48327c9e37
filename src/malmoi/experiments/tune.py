"""Resumable hyperparameter search for text recipes with a time limit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NotRequired, TypedDict

from malmoi.errors import DataError, FormatError, MalmoiError, MissingExtraError
from malmoi.experiments.fit_options import EpochCallback
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.recording import Training
from malmoi.experiments.run import fit_parts
from malmoi.experiments.run_record import RunRecord
from malmoi.experiments.splitting import Parts
from malmoi.foundation.files import open_regular
from malmoi.foundation.imports import import_keras
from malmoi.foundation.json_values import Json
from malmoi.foundation.progress import Progress, silent
from malmoi.models.history import History

if TYPE_CHECKING:
    from optuna import Study
    from optuna import Trial as OptunaTrial

__all__ = ["SearchResult", "Trial", "check_limits", "import_optuna", "tune"]

LARGEST_EPOCHS, PATIENCE = 30, 3
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
    minutes: float = 10.0,
    trials: int | None = None,
    tokens: str = "auto",
    vectors: str | None = None,
    seed: int = 0,
    on_trial: TrialCallback = ignore_trial,
    progress: Progress = silent,
) -> SearchResult:
    """Search for the best hyperparameters: network, embedding, vocabulary, length and training.

    Args:
        parts: training and validation set.
        study: SQLite file of the search, which is resumed if the file exists.
        name: name of the search; a file with a search of another name is refused.
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
    space = _Space(tokens, vectors, seed)
    optuna = import_optuna()
    opened = _study(optuna, study, name, seed)
    before = len(opened.trials)
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


def _search(optuna: ModuleType, study: Study, space: _Space, parts: Parts, limits: _Limits, progress: Progress) -> None:
    """Run trials until the time limit; the last one is stopped at the end of its epoch."""
    end = time.monotonic() + 60 * limits.minutes

    def objective(trial: OptunaTrial) -> float:
        recipe = space.recipe(_suggested(trial, space))
        samples = len(parts.training), 0 if parts.validation is None else len(parts.validation)
        training = Training.of("tune", recipe, (), *samples)
        try:
            result = fit_parts(recipe, recipe.estimator(), parts, checks=False, callbacks=[_deadline(end)])
        except MalmoiError as error:  # a recipe that diverges or exceeds memory
            trial.set_user_attr("failed", str(error))
            limits.on_trial(training.failed(str(error)))
            raise optuna.TrialPruned(str(error)) from error
        limits.on_trial(training.finished(result))
        history = result.model.fitted.training_history or History()
        trial.set_user_attr("epochs", history.kept_epoch or len(history))
        trial.set_user_attr("seconds", round(sum(row.seconds for row in history.rows), 1))
        return float(history.kept.validation_accuracy or 0.0)

    tried, most = 0, limits.trials
    while time.monotonic() < end and (most is None or tried < most):
        study.optimize(objective, n_trials=1)
        tried += 1
        share = min(1.0, 1 - (end - time.monotonic()) / (60 * limits.minutes))
        progress("tuning", tried if most else round(100 * share), most or 100)


def _deadline(end: float) -> EpochCallback:
    """Return a callback that stops a training after the deadline."""
    base = import_keras().callbacks.Callback

    class Deadline(base):  # type: ignore[misc, valid-type]
        """A Keras callback that checks the time after every epoch."""

        def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
            """Stop training after the deadline."""
            if time.monotonic() >= end:
                self.model.stop_training = True

    made: EpochCallback = Deadline()
    return made


class _Chosen(TypedDict):
    """The parameters of a trial by name, as stored in the study."""

    network: str
    length: int
    optimizer: str
    learning_rate: float
    batch_size: int
    dropout: float
    embedding: NotRequired[str]
    buckets: NotRequired[int]
    hashed_dimension: NotRequired[int]
    ngrams: NotRequired[str]
    vocabulary: NotRequired[int]
    min_count: NotRequired[int]
    dimension: NotRequired[int]
    filters: NotRequired[int]
    widths: NotRequired[str]
    cell: NotRequired[str]
    units: NotRequired[int]
    bidirectional: NotRequired[bool]


@dataclass(frozen=True)
class _Space:
    """The search space."""

    tokens: str
    vectors: str | None
    seed: int

    def recipe(self, chosen: _Chosen) -> Recipe:
        """Return the recipe for the parameters of a trial."""
        settings: dict[str, Json] = {
            "max_length": chosen["length"],
            "optimizer": chosen["optimizer"],
            "learning_rate": chosen["learning_rate"],
            "batch_size": chosen["batch_size"],
            "epochs": LARGEST_EPOCHS,
            "patience": PATIENCE,
            "seed": self.seed,
            "tokens": self.tokens,
            "network.dropout": chosen["dropout"],
            "max_tokens": chosen.get("vocabulary"),
            "min_count": chosen.get("min_count"),
            "embedding.dimension": chosen.get("hashed_dimension", chosen.get("dimension")),
            "embedding.buckets": chosen.get("buckets"),
            "network.filters": chosen.get("filters"),
            "network.cell": chosen.get("cell"),
            "network.units": chosen.get("units"),
            "network.bidirectional": chosen.get("bidirectional"),
        }
        if "widths" in chosen:
            settings["network.widths"] = [int(width) for width in chosen["widths"].split(",")]
        if "ngrams" in chosen:
            settings["embedding.ngrams"] = [int(size) for size in chosen["ngrams"].split("-")]
        if chosen["embedding"] in ("frozen", "trainable"):
            settings |= {"embedding.vectors": self.vectors, "embedding.trainable": chosen["embedding"] == "trainable"}
        return Recipe(chosen["network"], {path: value for path, value in settings.items() if value is not None})


def _suggested(trial: OptunaTrial, space: _Space) -> _Chosen:
    """Return the suggested parameters of a trial: network, embedding, vocabulary, length, training."""
    choose = trial.suggest_categorical
    chosen: _Chosen = {
        "network": choose("network", ["average", "conv", "recurrent", "flatten"]),
        "length": choose("length", [50, 100, 200, 400]),
        "optimizer": choose("optimizer", ["rmsprop", "adam"]),
        "learning_rate": trial.suggest_float("learning_rate", 3e-4, 1e-2, log=True),
        "batch_size": choose("batch_size", [16, 32, 64, 128]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6, step=0.1),
    }
    kinds = ["learned", "hashed"] if space.vectors is None else ["learned", "hashed", "frozen", "trainable"]
    chosen["embedding"] = choose("embedding", kinds)
    if chosen["embedding"] == "hashed":
        chosen["buckets"] = choose("buckets", [2**14, 2**17, 2**20])
        chosen["hashed_dimension"] = choose("hashed_dimension", [8, 16, 32])
        if chosen["network"] == "average":
            chosen["ngrams"] = choose("ngrams", ["1-1", "1-2", "1-3"])
    else:
        chosen["vocabulary"] = choose("vocabulary", [2_000, 10_000, 30_000])
        chosen["min_count"] = choose("min_count", [1, 2, 5])
    if chosen["embedding"] == "learned":
        chosen["dimension"] = choose("dimension", [16, 32, 64, 128])
    if chosen["network"] == "conv":
        chosen["filters"] = choose("filters", [32, 64, 128])
        chosen["widths"] = choose("widths", ["2,3", "3,4,5", "2,3,4,5"])
    if chosen["network"] == "recurrent":
        chosen["cell"] = choose("cell", ["gru", "lstm"])
        chosen["units"] = choose("units", [16, 32, 64])
        chosen["bidirectional"] = choose("bidirectional", [False, True])
    return chosen


def _found(study: Study, space: _Space, before: int) -> SearchResult:
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
    settings = {**space.recipe(best.params).settings, "epochs": best.user_attrs["epochs"]}
    del settings["patience"]
    recipe = Recipe(best.params["network"], settings)
    return SearchResult(recipe, best.value, tuple(trials), len(study.trials), len(study.trials) - before)
