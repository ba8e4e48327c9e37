"""`malmoi tune`: a search for the best recipe within a time, resumable."""

from __future__ import annotations

import math
import shlex
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from malmoi.cli.console import ProgressBars, UsageError, answers, print_table, refused_options
from malmoi.cli.networks import NetworkOptions, network_words
from malmoi.cli.train import Parts, TrainRequest, cut_up, make_model
from malmoi.corpus import read_corpus
from malmoi.errors import DataError, FormatError, MalmoiError, MissingExtraError
from malmoi.startup import import_keras

__all__ = ["TuneRequest", "tune"]

LARGEST_EPOCHS, PATIENCE = 30, 3
BY_DEFAULT = TrainRequest(Path(), Path())


@dataclass(frozen=True)
class TuneRequest:
    """The options of `malmoi tune`."""

    data: Path
    minutes: float = 10.0
    trials: int | None = None
    study: Path | None = None
    labels: int | None = None
    validation: float = 0.2
    tokens: str = "auto"
    vectors: Path | None = None
    seed: int = 0
    text_column: str | None = None
    label_column: str | None = None
    encoding: str = "utf-8"


def tune(request: TuneRequest) -> TrainRequest:
    """Search; prints the best recipe as the command that trains it."""
    if not 0 < request.minutes < math.inf:
        raise UsageError(f"--minutes must be above 0 and finite, got {request.minutes}")
    if request.trials is not None and request.trials < 1:
        raise UsageError(f"--trials must be 1 or more, got {request.trials}")
    optuna = _optuna()
    path = request.study or Path(f"tune-{request.data.resolve().name.split('.')[0]}.sqlite")
    make_model(_request(request, {"network": "flatten"}))  # what can be refused is refused before anything is read
    with refused_options():
        corpus = read_corpus(
            request.data, text_column=request.text_column, label_column=request.label_column,
            encoding=request.encoding,
        )  # fmt: skip
    parts = cut_up(corpus, _request(request, {"network": "flatten"}))
    if parts.validation is None:
        raise UsageError("--validation must be above 0: recipes are compared on it")
    study = _study(optuna, path, request)
    before = len(study.trials)
    with ProgressBars() as progress:
        _search(optuna, study, request, parts, progress)
    return _told(study, request, path, before)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise MissingExtraError("tuning needs Optuna; pip install 'malmoi[tune]'") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _study(optuna: Any, path: Path, request: TuneRequest) -> Any:
    """The study in the file, or a new one; another search's file is refused."""
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(f"--study must be a file in a folder that is there, got {path}")
    kept = (request.data.resolve(), request.labels, request.validation, request.tokens, request.vectors, request.seed)
    name = " ".join(map(str, kept))
    is_new = not path.exists()
    try:
        storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
        known = optuna.study.get_all_study_names(storage)
        if known and name not in known:
            raise DataError(f"{path} is of a search with other data or options; give another --study, or delete it")
        # How many trials there are decides where the sampler's random numbers begin: going on repeats nothing.
        tried = len(optuna.load_study(study_name=name, storage=storage).trials) if known else 0
        sampler = optuna.samplers.TPESampler(seed=request.seed + tried)
        return optuna.create_study(
            study_name=name, storage=storage, sampler=sampler, direction="maximize", load_if_exists=True
        )
    except MalmoiError:
        raise
    except Exception as error:
        if is_new or type(error).__module__.partition(".")[0] not in ("sqlalchemy", "optuna", "alembic", "sqlite3"):
            raise
        raise FormatError(f"{path} is no file of a search, or is damaged; give another --study") from error


def _search(optuna: Any, study: Any, request: TuneRequest, parts: Parts, progress: ProgressBars) -> None:
    """Try recipes until the time is over; the last one is cut off at the end of its epoch."""
    end = time.monotonic() + 60 * request.minutes

    def objective(trial: Any) -> float:
        recipe = _request(request, _suggested(trial, request))
        model = make_model(recipe)
        try:
            model.fit(
                parts.training.texts, parts.training.known_labels, validation=parts.validation,
                unlabelled=parts.unlabelled, callbacks=[_deadline(end)],
            )  # fmt: skip
        except MalmoiError as error:  # a recipe that diverges, or that memory cannot hold
            trial.set_user_attr("failed", str(error))
            raise optuna.TrialPruned(str(error)) from error
        kept = model.history_.kept
        trial.set_user_attr("epochs", model.history_.kept_epoch or len(model.history_))
        trial.set_user_attr("seconds", round(sum(row.seconds for row in model.history_.rows), 1))
        return float(kept.validation_accuracy or 0.0)

    tried, most = 0, request.trials
    while time.monotonic() < end and (most is None or tried < most):
        study.optimize(objective, n_trials=1)
        tried += 1
        share = min(1.0, 1 - (end - time.monotonic()) / (60 * request.minutes))
        progress("tuning", tried if most else round(100 * share), most or 100)


def _deadline(end: float) -> Any:
    """A callback that stops a training when the time is over."""
    base = import_keras().callbacks.Callback

    class Deadline(base):  # type: ignore[misc, valid-type]
        """Looks at the clock after every epoch."""

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            """Stop if it is late."""
            if time.monotonic() >= end:
                self.model.stop_training = True

    return Deadline()


def _suggested(trial: Any, request: TuneRequest) -> dict[str, Any]:
    """One recipe: vocabulary, length, network and training settings."""
    recipe: dict[str, Any] = {
        "network": trial.suggest_categorical("network", ["average", "conv", "recurrent", "flatten"]),
        "length": trial.suggest_categorical("length", [50, 100, 200, 400]),
        "optimizer": trial.suggest_categorical("optimizer", ["rmsprop", "adam"]),
        "learning_rate": trial.suggest_float("learning_rate", 3e-4, 1e-2, log=True),
        "batch_size": trial.suggest_categorical("batch_size", [16, 32, 64, 128]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.6, step=0.1),
    }
    kinds = ["learned", "hashed"] if request.vectors is None else ["learned", "hashed", "frozen", "trainable"]
    recipe["embedding"] = trial.suggest_categorical("embedding", kinds)
    if recipe["embedding"] == "hashed":
        recipe["buckets"] = trial.suggest_categorical("buckets", [2**14, 2**17, 2**20])
        recipe["dimension"] = trial.suggest_categorical("hashed_dimension", [8, 16, 32])
        if recipe["network"] == "average":
            recipe["ngrams"] = trial.suggest_categorical("ngrams", ["1-1", "1-2", "1-3"])
    else:
        recipe["vocabulary"] = trial.suggest_categorical("vocabulary", [2_000, 10_000, 30_000])
        recipe["min_count"] = trial.suggest_categorical("min_count", [1, 2, 5])
    if recipe["embedding"] == "learned":
        recipe["dimension"] = trial.suggest_categorical("dimension", [16, 32, 64, 128])
    if recipe["network"] == "conv":
        recipe["filters"] = trial.suggest_categorical("filters", [32, 64, 128])
        recipe["widths"] = trial.suggest_categorical("widths", ["2,3", "3,4,5", "2,3,4,5"])
    if recipe["network"] == "recurrent":
        recipe["cell"] = trial.suggest_categorical("cell", ["gru", "lstm"])
        recipe["units"] = trial.suggest_categorical("units", [16, 32, 64])
        recipe["bidirectional"] = trial.suggest_categorical("bidirectional", [False, True])
    return recipe


def _request(request: TuneRequest, recipe: dict[str, Any]) -> TrainRequest:
    """A recipe as the options of `malmoi train`."""
    network = NetworkOptions(
        network=recipe["network"], dropout=recipe.get("dropout") or None, filters=recipe.get("filters"),
        widths=tuple(int(width) for width in recipe["widths"].split(",")) if "widths" in recipe else (),
        cell=recipe.get("cell"), units=recipe.get("units"), bidirectional=recipe.get("bidirectional", False),
    )  # fmt: skip
    embedding = recipe.get("embedding", "learned")
    pretrained = embedding in ("frozen", "trainable")
    return TrainRequest(
        data=request.data, output=Path("best.malmoi"), labels=request.labels, validation=request.validation,
        vocabulary=recipe.get("vocabulary", BY_DEFAULT.vocabulary), length=recipe.get("length", BY_DEFAULT.length),
        min_count=recipe.get("min_count", BY_DEFAULT.min_count), tokens=request.tokens, network=network,
        dimension=recipe.get("dimension"), vectors=request.vectors if pretrained else None,
        trainable=embedding == "trainable", ngrams=recipe.get("ngrams"), buckets=recipe.get("buckets"),
        optimizer=recipe.get("optimizer", BY_DEFAULT.optimizer), learning_rate=recipe.get("learning_rate"),
        epochs=recipe.get("epochs", LARGEST_EPOCHS), batch_size=recipe.get("batch_size", BY_DEFAULT.batch_size),
        seed=request.seed, patience=recipe.get("patience", PATIENCE), text_column=request.text_column,
        label_column=request.label_column, encoding=request.encoding,
    )  # fmt: skip


def _told(study: Any, request: TuneRequest, path: Path, before: int) -> TrainRequest:
    """Print what was tried and the best recipe's command."""
    done = [trial for trial in study.trials if trial.value is not None]
    if not done:
        why = next((trial.user_attrs["failed"] for trial in study.trials if "failed" in trial.user_attrs), None)
        cure = "raise --minutes, or give fewer texts with --labels" if why is None else f"the first failed: {why}"
        raise MalmoiError(f"no recipe was finished in that time; {cure}")
    best = study.best_trial
    shown = sorted(done, key=lambda trial: -trial.value)[:5]
    for place, trial in enumerate(shown, 1):
        words = ", ".join(f"{name} {value}" for name, value in trial.params.items())
        answers.print(f"{place}. {trial.value:.1%} in {trial.user_attrs.get('seconds')} s: {words}", markup=False)
    recipe = _request(request, best.params | _renamed(best.params))
    rows = [
        ("recipes", f"{len(study.trials)} tried, {len(study.trials) - before} of them now"),
        ("best validation accuracy", f"{best.value:.1%} (the best of many, so a little too good)"),
        ("goes on from", path),
    ]
    print_table("", rows)
    # The epochs that were best, without patience, so that the same network comes out.
    chosen = replace(recipe, epochs=best.user_attrs["epochs"], patience=None)
    answers.print(f"\n{command_of(chosen)}", markup=False)
    return chosen


def _renamed(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters that have a name of their own in the search, because their choices differ."""
    return {"dimension": params["hashed_dimension"]} if "hashed_dimension" in params else {}


def command_of(request: TrainRequest) -> str:
    """The command that trains what a request describes."""
    words = ["malmoi", "train", str(request.data), "-o", str(request.output), *network_words(vars(request.network))]
    names = (
        "labels", "validation", "vocabulary", "length", "min_count", "tokens", "dimension", "vectors", "embedding_rate",
        "ngrams", "buckets", "optimizer", "learning_rate", "epochs", "batch_size", "seed", "patience", "text_column",
        "label_column", "encoding",
    )  # fmt: skip
    for name in names:
        value = getattr(request, name)
        if value is not None and (value != getattr(BY_DEFAULT, name) or name == "epochs"):
            words += [f"--{name.replace('_', '-')}", str(value)]
    if request.trainable:
        words.append("--trainable")
    return shlex.join(words)
