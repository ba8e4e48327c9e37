"""Recipes side by side on the same draws and texts."""

import json
import os
import signal

import numpy as np
import pytest

from malmoi import Corpus, DataError, MissingExtraError, Recipe
from malmoi.experiments import compare as comparing
from malmoi.experiments.compare import compare
from malmoi.experiments.drawn_training import DrawnTrainings
from malmoi.experiments.named_recipes import with_vectors
from malmoi.experiments.time_left import TimeLeft
from malmoi.foundation.engines import Processes
from malmoi.foundation.workers import WorkerDiedError
from malmoi.models.few_labels.classifier import FewLabelClassifier
from malmoi.models.linear.classifier import BagClassifier
from systems import needs_posix

CHARACTERS = {"tokens": {"kind": "Characters"}, "ngrams": [1, 3]}


def reviews(samples=120, seed=0):
    """Texts with a word for their class, which one in five has of the other class."""
    random = np.random.default_rng(seed)
    labels = random.permutation(["pos", "neg"] * (samples // 2))
    words = {"pos": ["good", "fine", "great"], "neg": ["bad", "dull", "poor"]}
    other = {"pos": "neg", "neg": "pos"}
    texts = []
    for number, label in enumerate(labels):
        of = label if random.random() < 0.8 else other[label]
        texts.append(f"{random.choice(words[of])} film number {number}")
    return Corpus(texts, labels)


class Store:
    """Keeps records in memory."""

    def __init__(self):
        self.records = {}
        self.added = 0

    def finished(self, keys):
        return {key: self.records[key] for key in keys if key in self.records and self.records[key].hits is not None}

    def add(self, record):
        self.added += 1
        self.records[record.key] = record
        return record


def test_a_comparison_has_both_baselines_and_every_recipe_at_every_size():
    found = compare({"letters": Recipe("bag", CHARACTERS)}, reviews(), [10, "all"], seeds=3)
    names = ["majority class", "bag", "letters"]
    assert [(point.labels, point.recipe) for point in found.points] == [(n, name) for n in (10, 96) for name in names]
    assert found.held_out == 24
    assert found.point("majority class", 10).accuracy.value == 0.5
    assert found.point("bag", 96).accuracy.value > 0.6
    assert found.point("bag", 96).difference.reference == "majority class"
    difference = found.point("letters", 96).difference
    assert difference.reference == "bag"
    accuracies = [found.point(name, 96).accuracies for name in ("letters", "bag")]
    assert difference.value == pytest.approx(np.mean(accuracies[0]) - np.mean(accuracies[1]))
    assert all(point.difference.adjusted_p >= point.difference.p_value for point in found.points if point.difference)
    assert found.best().labels == 96
    point = found.point("letters", 10)
    assert len(point.seconds) == 3
    assert point.texts_per_second > 0
    assert point.size_bytes > 1000


def test_the_same_numbers_come_from_several_processes():
    one, two = (compare(["bag"], reviews(), [10], seeds=2, processes=number) for number in (1, 2))
    assert one == two
    assert "with 2 seeds, intervals are too narrow" in str(one)


def test_finished_trainings_are_not_trained_again():
    store, corpus = Store(), reviews()
    first = compare(["bag"], corpus, [10], seeds=2, runs=store)
    assert store.added == 2
    assert compare(["bag"], corpus, [10], seeds=2, runs=store) == first
    assert store.added == 2
    more = compare(["bag"], corpus, [10, 40], seeds=3, runs=store)
    assert store.added == 2 + 4
    assert more == compare(["bag"], corpus, [10, 40], seeds=3)


@pytest.mark.parametrize(
    "changed",
    [
        {"data": reviews(seed=1)},
        {"seed": 1},
        {"balanced": True},
        {"validation": 30},
        {"recipes": {"bag": Recipe("bag"), "other": Recipe("bag", CHARACTERS)}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_changes_the_result_is_trained_again(changed):
    store = Store()
    arguments = {"recipes": ["bag"], "data": reviews(), "labels": [10], "seeds": 1, "runs": store}
    compare(**arguments)
    before = store.added
    compare(**{**arguments, **changed})
    assert store.added == before + 1


def test_the_contents_of_a_file_of_vectors_count_not_its_name(tmp_path):
    path, store = tmp_path / "some.txt", Store()
    words = ["good", "fine", "great", "bad", "dull", "poor", "film", "number"]
    for first in (1.0, 1.0, 2.0):
        path.write_text("".join(f"{word} {first} {place}.5\n" for place, word in enumerate(words)))
        compare({"few": Recipe("few-labels", {"vectors": str(path)})}, reviews(40), [10], seeds=1, runs=store)
    assert store.added == 2 + 1  # the bag and the recipe, and the recipe with other vectors


def test_recipes_are_trained_with_and_without_vectors():
    recipes = {"bag": Recipe("bag"), "mine": Recipe("conv", {"embedding.dimension": 20, "epochs": 3})}
    made = with_vectors(recipes, "glove.txt")
    assert list(made) == ["bag", "mine", "mine + vectors"]
    assert made["mine + vectors"].settings == {"epochs": 3, "embedding.vectors": "glove.txt"}
    with pytest.raises(ValueError, match="vectors has no effect on the recipes bag, which cannot use them"):
        with_vectors({"bag": Recipe("bag")}, "glove.txt")


def test_a_recipe_that_fails_is_missing_with_the_reason_and_the_others_go_on(monkeypatch):
    fit = FewLabelClassifier.fit

    def fails_with_20(self, texts, *arguments, **options):
        if len(texts) == 20 and self.seed == 1:
            raise RuntimeError("out of luck")
        return fit(self, texts, *arguments, **options)

    monkeypatch.setattr(FewLabelClassifier, "fit", fails_with_20)
    store = Store()
    found = compare(["few-labels"], reviews(), [10, 20], seeds=2, runs=store)
    point = found.point("few-labels", 20)
    assert point.missing == "draw 1: RuntimeError: out of luck"
    assert point.accuracy is None
    assert found.point("few-labels", 10).accuracy is not None
    assert found.point("bag", 20).accuracy is not None
    assert "missing: few-labels with 20 labels: draw 1: RuntimeError: out of luck" in str(found)
    failed = [record for record in store.records.values() if record.failure]
    assert [(record.draw, record.failure) for record in failed] == [(1, "RuntimeError: out of luck")]
    monkeypatch.undo()
    assert compare(["few-labels"], reviews(), [10, 20], seeds=2, runs=store).point("few-labels", 20).missing is None


class DiesWithTen:
    """Trains, but is killed with 10 labels."""

    def __init__(self, trainings):
        self.trainings = trainings

    def __call__(self, training):
        if training.labels == 10:
            os.kill(os.getpid(), signal.SIGKILL)
        return comparing._Work(self.trainings, "")(training)

    def failed(self, training, reason):
        return comparing._Work(self.trainings, "").failed(training, reason)


@needs_posix
def test_a_process_that_is_killed_is_a_missing_point(monkeypatch):
    work = comparing._Work
    monkeypatch.setattr(comparing, "_Work", lambda trainings, name: DiesWithTen(trainings))
    monkeypatch.setattr(DiesWithTen, "failed", lambda self, *given: work(self.trainings, "").failed(*given))
    found = compare(["bag"], reviews(), [10, 20], seeds=1, processes=2)
    assert "its process was killed (signal 9)" in found.point("bag", 10).missing
    assert found.point("bag", 20).accuracy.value > 0.5


def test_an_engine_runs_one_task_per_training():
    class Counted(Processes):
        items = ()

        def run(self, work, items, tick):
            object.__setattr__(self, "items", items)
            return super().run(work, items, tick)

    engine, store = Counted(2), Store()
    found = compare(["bag"], reviews(), [10, 20], seeds=2, engine=engine, runs=store)
    assert found == compare(["bag"], reviews(), [10, 20], seeds=2)
    assert [(one.recipe, one.labels, one.draw) for one in engine.items] == [
        ("bag", labels, draw) for draw in (0, 1) for labels in (10, 20)
    ]
    assert compare(["bag"], reviews(), [10, 20], seeds=2, engine=NoEngine(), runs=store) == found


class NoEngine:
    """An engine that must not be used."""

    def run(self, work, items, tick):
        raise AssertionError("nothing was left to do")


class HalfDead:
    """An engine whose workers die at a size."""

    def run(self, work, items, tick):
        for item in items:
            tick()
            yield item, WorkerDiedError("its worker died: lost") if item.labels == 10 else work(item)


def test_a_worker_of_an_engine_that_died_is_a_failed_training():
    store = Store()
    found = compare(["bag"], reviews(), [10, 20], seeds=1, engine=HalfDead(), runs=store)
    assert found.point("bag", 10).missing == "its worker died: lost"
    assert found.point("bag", 20).accuracy.value > 0.5
    again = compare(["bag"], reviews(), [10, 20], seeds=1, engine=Processes(1), runs=store)
    assert store.added == 3  # only the failed training is tried again
    assert again == compare(["bag"], reviews(), [10, 20], seeds=1)


def test_where_nothing_can_be_trained_the_reason_is_raised(monkeypatch):
    def fails(self, *arguments, **options):
        raise DataError("no n-gram is in 2 texts")

    monkeypatch.setattr(BagClassifier, "fit", fails)
    with pytest.raises(DataError, match="no recipe could be trained; bag: no n-gram is in 2 texts"):
        compare(["bag"], reviews(), [10], seeds=1)


def test_a_missing_library_is_raised(monkeypatch):
    def misses(self, *arguments, **options):
        raise MissingExtraError("it needs more; pip install more")

    monkeypatch.setattr(BagClassifier, "fit", misses)
    with pytest.raises(MissingExtraError, match="pip install more"):
        compare(["bag"], reviews(), [10], seeds=1)


def test_a_model_is_trained_once_more_as_it_was():
    found = compare(["bag"], reviews(), [10, 40], seeds=2)
    again = found.train("bag", 40, draw=1)
    accuracy = again.model.fitted.hits(again.held_out.texts, again.held_out.labels).mean()
    assert accuracy == found.point("bag", 40).accuracies[1]
    assert len(again.training) == 40
    with pytest.raises(KeyError, match="no training of 'bag' with 41 labels and draw 0"):
        found.train("bag", 41)


def test_several_labels_a_text_are_compared_by_exact_match():
    texts = [f"{a} {b} {n}" for n in range(20) for a in ("good", "bad") for b in ("film", "book")]
    labels = [[word for word in text.split() if word in ("good", "film")] for text in texts]
    found = compare(["bag"], Corpus(texts, labels), [20], seeds=2)
    assert found.metric == "exact match"
    assert found.point("bag", 20).accuracy.value > found.point("majority class", 20).accuracy.value


def test_one_text_of_each_class_to_learn_from():
    found = compare(["bag"], reviews(40), [2], seeds=3)
    assert found.point("bag", 2).accuracy is not None


def test_labels_and_results_as_json():
    found = compare(["bag"], reviews(), [10, "all"], seeds=3)
    content = json.loads(json.dumps(found.to_json()))
    assert [point["recipe"] for point in content["points"]] == ["majority class", "bag"] * 2
    assert content["points"][1]["difference"]["reference"] == "majority class"
    assert str(found).splitlines()[0].split()[:2] == ["labels", "recipe"]
    assert "<td>majority class</td>" in found._repr_html_()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": 0}, "seeds must be 1 or more, got 0"),
        ({"processes": 0}, "processes must be 1 or more, got 0"),
        ({"engine": "ray"}, "engine must be an engine, got 'ray'"),
        ({"processes": 2, "engine": Processes(2)}, "processes has no effect with engine, got 2"),
        ({"recipes": []}, "recipes must have 1 recipe or more, got 0"),
        ({"recipes": {"bag": Recipe("bag", CHARACTERS)}}, "the recipe named 'bag' must have default settings"),
        ({"recipes": {"majority class": "bag"}}, "must not be named 'majority class'"),
        ({"labels": [1000]}, "labels must be at most 96"),
        (
            {"unlabelled": ["a text"]},
            r"unlabelled must be empty for recipes that do not use unlabelled texts \(bag\), got 1 texts",
        ),
        ({"vectors": "glove.txt"}, "vectors has no effect on the recipes bag"),
        ({"test": reviews(20, 5), "validation": 0.2}, "validation has no effect with test"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_arguments(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        compare(**{"recipes": ["bag"], "data": reviews(), "labels": [10], **arguments})


def test_texts_that_are_too_few_or_all_held_out_are_refused():
    with pytest.raises(DataError, match="data must have 3 labelled texts or more, to hold some out, got 2"):
        compare(["bag"], Corpus(["good", "bad"], ["pos", "neg"]))
    with pytest.raises(DataError, match="test must have other texts than data: all 40 labelled texts are equal"):
        compare(["bag"], reviews(40), test=reviews(40))


def test_the_majority_class_is_that_of_all_labelled_texts():
    labels = ["pos"] * 60 + ["neg"] * 40
    found = compare(["bag"], Corpus([f"film {n}" for n in range(100)], labels), [2], seeds=4)
    assert found.point("majority class", 2).accuracies == (0.6,) * 4


def test_errors_of_settings_name_the_recipe():
    with pytest.raises(ValueError, match='recipe mine: C must be "auto", or above 0'):
        compare({"mine": Recipe("bag", {"C": -3.0})}, reviews())


def test_data_without_labels_is_refused():
    with pytest.raises(DataError, match="the texts must have labels"):
        compare(["bag"], Corpus(["a", "b"]))


def test_time_left_is_told_in_seconds():
    told = []
    trainings = list(_trainings(["bag", "conv"], [100, 1000], 2))
    left = TimeLeft(trainings, 1, lambda step, done, total: told.append((step, total - done)))
    left.tick()
    assert told[-1] == ("comparing", 8 * 5)
    for training in list(trainings)[:7]:
        left.finished(training, 60.0 if training.recipe == "conv" else 1.0)
    assert told[-1] == ("comparing", 60)
    left.finished(trainings[7], 60.0)
    assert told[-1] == ("comparing", 0)


def test_the_number_of_parallel_trainings_of_an_engine_is_measured(monkeypatch):
    told, now, trainings = [], [0.0], _trainings(["bag"], [20], 8)
    monkeypatch.setattr("malmoi.experiments.time_left.time.perf_counter", lambda: now[0])
    left = TimeLeft(trainings, None, lambda step, done, total: told.append(total - done))
    left.tick()
    now[0] = 10.0
    for training in trainings[:4]:
        left.finished(training, 10.0)
    assert told == [8 * 5, 70, 30, 17, 10]  # at last, 4 trainings of 10 s ran at once, and 4 are left


def _trainings(recipes, sizes, draws):
    from malmoi.experiments.drawn_training import DrawnTraining

    return [DrawnTraining(name, size, draw) for size in sizes for draw in range(draws) for name in recipes]


def test_the_unlabelled_texts_are_sent_to_other_processes_without_places():
    corpus = reviews(40)
    sent = DrawnTrainings({"bag": Recipe("bag")}, *_parts(corpus)).__getstate__()["parts"]
    assert sent.training.places is None
    assert sent.training.texts == _parts(corpus)[0].training.texts


def _parts(corpus):
    from malmoi.experiments.curve_data import DrawPlan, set_aside

    parts, _ = set_aside(corpus, None, None, 0)
    return parts, DrawPlan.of([10], 1, parts.training, balanced=False, seed=0)
