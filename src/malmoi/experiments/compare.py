"""Comparison of recipes with simple baselines on the same training subsets and test set."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from malmoi.data.corpus import Corpus
from malmoi.data.readers import DataPath
from malmoi.data.unlabelled import without_texts
from malmoi.errors import DataError, MalmoiError, MissingExtraError
from malmoi.evaluation.checks.checking import check
from malmoi.experiments.compared_points import compared_points, first_histories
from malmoi.experiments.comparison import BAG, MAJORITY, Comparison
from malmoi.experiments.curve_data import DrawPlan, HeldOut, Size, set_aside
from malmoi.experiments.drawn_training import DrawnTraining, DrawnTrainings
from malmoi.experiments.named_recipes import (
    Recipes,
    named_estimator,
    named_recipes,
    refuse_without_takers,
    with_vectors,
)
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.recording import Training
from malmoi.experiments.run_keys import RunKeys
from malmoi.experiments.run_record import RunRecord
from malmoi.experiments.runs_file import RunsFile
from malmoi.experiments.time_left import TimeLeft
from malmoi.foundation.engines import Engine, Processes, check_engine
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import check_number, shorten
from malmoi.foundation.workers import WorkerDiedError
from malmoi.metrics.scores import Share, majority_class

__all__ = ["RunStore", "compare"]


class RunStore(Protocol):
    """A store of finished trainings, such as `RunsFile`."""

    def finished(self, keys: Sequence[str]) -> Mapping[str, RunRecord]:
        """Return the finished trainings with these keys, by key."""

    def add(self, record: RunRecord) -> RunRecord:
        """Store a training."""


def compare(
    recipes: Recipes,
    data: Corpus | DataPath,
    labels: Sequence[Size] = ("all",),
    *,
    test: Corpus | DataPath | None = None,
    validation: float | None = None,
    vectors: str | None = None,
    unlabelled: Sequence[str] = (),
    seeds: int = 5,
    balanced: bool = False,
    seed: int = 0,
    processes: int = 1,
    engine: Engine | None = None,
    runs: RunStore | str | os.PathLike[str] | None = None,
    data_name: str = "",
    progress: Progress = silent,
) -> Comparison:
    """Train recipes on the same random subsets of labelled texts, and compare them on the same test set.

    Two simple baselines are always included: the majority class, and a bag with default settings. Subsets ("draws") are
    nested and contain every class, as in `learning_curve`; the texts and the random seed of each subset are the same
    for all recipes. The accuracy of each recipe is compared with that of the better baseline, paired by subset and
    text (`crossed_difference`), with Holm's correction over all tests.

    Args:
        recipes: names or `Recipe`s, as a list, or as a dict by displayed name.
        data: labelled texts, or a path for `read_corpus`.
        labels: training-set sizes; "all": all texts that are not held out.
        test: labelled test set, or a path for `read_corpus`. `None`: a part of `data` is held out.
        validation: size of the held-out part of the data if there is no test set: a number of texts, or a share below
            1; `None`: 0.2, as in `run`.
        vectors: file of word vectors; recipes that can use word vectors are trained with and without them.
        unlabelled: additional unlabelled texts.
        seeds: random subsets per number of labels, each with its own random seed; 1 or more; 3 or more for valid
            intervals.
        balanced: draw the same number of labels of every class, as far as available.
        seed: random seed of the held-out part and of the subsets.
        processes: number of parallel processes; 1: no other processes. Accuracies do not depend on it, seconds do.
        engine: where the trainings run, one task each, such as `malmoi.distributed.ray.RayEngine()`; its machines need
            the libraries and files of the recipes. `None`: this machine, with `processes`.
        runs: file of runs (`runs.db`), from which finished trainings are taken, and to which new ones are added;
            `None`: none.
        data_name: name of the data in that file.
        progress: progress callback, called with the step's name, the seconds done and the estimated total.

    Returns:
        Mean accuracies with intervals, differences with intervals and p-values, seconds, speed of prediction, size. If
        a recipe fails for a number of labels, its point is missing, with the reason.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: a number is out of range, a recipe is given twice, or an argument has no effect.
        DataError: the data is invalid, or no recipe could be trained.
        FormatError: `runs` was written by a later version.
        MissingExtraError: a library that a recipe needs is not installed.

    Source:
        Student's t over subsets and texts: `malmoi.metrics.crossed`. Holm 1979.

    Example:
        >>> corpus = Corpus([f"{word} film {n}" for n in range(40) for word in ("good", "bad")], ["pos", "neg"] * 40)
        >>> found = compare(["bag"], corpus, [8], seeds=3)
        >>> [(point.recipe, point.accuracy.value) for point in found.points]
        [('majority class', 0.5), ('bag', 1.0)]
    """
    named = _with_bag(named_recipes(recipes))
    if vectors is not None:
        named = with_vectors(named, vectors)
    _check_numbers(seeds, seed, processes, engine, balanced=balanced)
    takers = [name for name, recipe in named.items() if named_estimator(name, recipe).takes_unlabelled]
    texts = refuse_without_takers(unlabelled, list(named), takers)
    parts, notes = set_aside(data, test, validation, int(seed))
    plan = DrawPlan.of(labels, int(seeds), parts.training, balanced=balanced, seed=int(seed))
    more, removed = without_texts(texts, parts.held_out.texts)
    notes += _notes(takers, len(more), removed)
    trainings = DrawnTrainings(named, parts, plan, more)
    name = data_name or _name_of(data)
    keys = RunKeys(trainings, int(seed))
    done = _Runs(trainings, keys, _store(runs), name, int(processes), engine).finish(progress)
    if seeds == 2:
        notes.append("with 2 seeds, intervals are too narrow and p-values too small; use 3 or more")
    return _comparison(trainings, done, int(seeds), (*notes, *plan.notes(parts.training)))


def _check_numbers(seeds: int, seed: int, processes: int, engine: Engine | None, *, balanced: bool) -> None:
    if not isinstance(balanced, bool):
        raise TypeError(f"balanced must be True or False, got {shorten(balanced)}")
    for name, number, least in (("seeds", seeds, 1), ("seed", seed, 0), ("processes", processes, 1)):
        check_number(name, number, least)
    check_engine(engine)
    if engine is not None and processes != 1:
        raise ValueError(
            f"processes has no effect with engine, got {processes}; set the number of the engine's workers"
        )


def _with_bag(named: dict[str, Recipe]) -> dict[str, Recipe]:
    """Return the recipes with the default bag included, first if it was not given."""
    if MAJORITY in named:
        raise ValueError(f"recipes must not be named {MAJORITY!r}, the name of a baseline; use another name")
    bag = Recipe(BAG)
    if named.get(BAG, bag) != bag:
        raise ValueError(f"the recipe named {BAG!r} must have default settings, because it is a baseline; rename it")
    return named if BAG in named else {BAG: bag, **named}


def _store(runs: RunStore | str | os.PathLike[str] | None) -> RunStore | None:
    return RunsFile.open(runs) if isinstance(runs, str | os.PathLike) else runs


def _name_of(data: Corpus | DataPath) -> str:
    return shorten(data) if not isinstance(data, Corpus) else "" if data.source is None else str(data.source.path)


def _notes(takers: Sequence[str], more: int, removed: int) -> list[str]:
    notes = []
    if removed:
        notes.append(f"removed from the unlabelled texts: {removed:,} that are empty or equal to a test text")
    if takers:
        others = f", and {more:,} more" if more else ""
        notes.append(f"unlabelled texts for {', '.join(takers)}: the rest of the data in each draw{others}")
    return notes


@dataclass(eq=False)
class _Runs:
    """The trainings of a comparison, finished or not.

    Args:
        trainings: recipes, training subsets and test set.
        keys: keys of the trainings.
        store: store of finished trainings.
        data_name: name of the data.
        processes: number of parallel processes.
        engine: where the trainings run; `None`: these processes.
    """

    trainings: DrawnTrainings
    keys: RunKeys
    store: RunStore | None
    data_name: str
    processes: int
    engine: Engine | None = None

    def finish(self, progress: Progress) -> dict[DrawnTraining, RunRecord]:
        """Return every training with its record, after training those that are not finished."""
        keys = {} if self.store is None else {training: self.keys.of(training) for training in self._all()}
        finished = {} if self.store is None else self.store.finished(list(keys.values()))
        done = {training: finished[key] for training, key in keys.items() if key in finished}
        waiting = [training for training in self._all() if training not in done]
        left = TimeLeft(waiting, self.processes if self.engine is None else None, progress)
        with closing(self._trained(waiting, left.tick)) as results:
            for training, record in results:
                done[training] = record
                if self.store is not None:
                    done[training] = self.store.add(replace(record, key=keys[training], checksum=self.keys.data))
                left.finished(training, record.seconds + (record.prediction_seconds or 0.0))
        return done

    def _all(self) -> Iterator[DrawnTraining]:
        """Yield every training, draw by draw, so that the remaining time is known after the first draw."""
        draws = self.trainings.plan.draws
        for draw in range(max(draws.values())):
            for labels in draws:
                yield from (DrawnTraining(name, labels, draw) for name in self.trainings.recipes)

    def _trained(
        self, waiting: Sequence[DrawnTraining], tick: Callable[[], None]
    ) -> Generator[tuple[DrawnTraining, RunRecord]]:
        work = _Work(self.trainings, self.data_name)
        if not waiting or (self.engine is None and (self.processes == 1 or len(waiting) < 2)):
            for training in waiting:
                tick()
                yield training, work(training, lambda *_: tick())
            return
        engine = Processes(self.processes) if self.engine is None else self.engine
        with closing(engine.run(work, waiting, tick)) as results:
            for training, result in results:
                yield training, work.failed(training, str(result)) if isinstance(result, WorkerDiedError) else result


@dataclass(eq=False)
class _Work:
    """A picklable function that trains and returns a record."""

    trainings: DrawnTrainings
    data_name: str

    def __call__(self, training: DrawnTraining, progress: Progress = silent) -> RunRecord:
        """Train and return the record; a failed training has a record with the reason."""
        begun = self._begun(training)
        try:
            record = begun.trained(self.trainings.run(training, sized=True, progress=progress))
        except MissingExtraError:
            raise
        except (MalmoiError, ValueError) as error:
            record = begun.failed(str(error))
        except Exception as error:  # a bug in one recipe must not stop the others
            record = begun.failed(f"{type(error).__name__}: {error}")
        return self._of_draw(training, record)

    def failed(self, training: DrawnTraining, reason: str) -> RunRecord:
        """Return the record of a training whose process died."""
        return self._of_draw(training, self._begun(training).failed(reason))

    def _begun(self, training: DrawnTraining) -> Training:
        recipe, held_out = self.trainings.recipes[training.recipe], self.trainings.parts.held_out
        seed, name = self.trainings.seed(training) or 0, training.recipe
        return Training("compare", name, recipe.to_json(), [self.data_name], seed, training.labels, len(held_out))

    def _of_draw(self, training: DrawnTraining, record: RunRecord) -> RunRecord:
        label, share = self._majority
        measure = "exact match" if isinstance(label, tuple) else "accuracy"
        return replace(record, draw=training.draw, score_name=measure, baseline=share.value)

    @cached_property
    def _majority(self) -> tuple[object, Share]:
        return majority_class(self.trainings.parts.held_out.required_codes)


def _comparison(
    trainings: DrawnTrainings, done: Mapping[DrawnTraining, RunRecord], seeds: int, notes: Iterable[str]
) -> Comparison:
    parts: HeldOut = trainings.parts
    points = compared_points(trainings, done)
    missing = [point for point in points if point.missing is not None]
    if len(missing) == len(trainings.recipes) * len(trainings.plan.draws):
        raise DataError(f"no recipe could be trained; {missing[0].recipe}: {missing[0].missing}")
    return Comparison(
        recipes=trainings.recipes,
        labels=tuple(trainings.plan.draws),
        points=points,
        seeds=seeds,
        all_labels=len(parts.training),
        held_out=len(parts.held_out),
        baseline=majority_class(parts.held_out.required_codes),
        histories=first_histories(trainings, done),
        findings=check(parts.training, parts.held_out, thorough=False).findings,
        notes=tuple(notes),
        trainings=trainings,
    )
