"""New kinds are added by the steps of CONTRIBUTING.md, here from the test alone: a model, a network, a tokenizer, a
reader, a command; each goes through fit, predict, save, load, info and the command line."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import pytest
import typer

import malmoi as mm
from malmoi import _core
from malmoi.cli.commands import COMMANDS, run
from malmoi.data.readers import FORMATS, LABEL, TEXT, Chunk, Format
from malmoi.experiments.kinds import RECIPES, RecipeKind
from malmoi.foundation.estimators import ClassifierMixin
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.neural.networks import NETWORKS, Network
from malmoi.models.state import State
from malmoi.models.task import Task, task_from_state
from malmoi.models.task_of_labels import classification_of
from malmoi.persistence import KINDS, Kind, load_fitted
from malmoi.tokenizers import NAMED_TOKENIZERS, TOKENIZERS, Tokenizer

TEXTS = ["so good", "good film", "good fun", "so bad", "bad film", "bad, dull"] * 5
LABELS = ["pos", "pos", "pos", "neg", "neg", "neg"] * 5


# A model: its folder in models/, a row in persistence/registry.py, a recipe in experiments/kinds.py, a public name.


@dataclass(frozen=True, eq=False)
class WordCountModel(FittedModel):
    """Predicts the class whose training texts share most words with a text."""

    input_kind: ClassVar[str] = "texts"
    task: Task
    smoothing: int
    counts: tuple[dict[str, int], ...]

    @property
    def kind(self):
        return "WordCountClassifier"

    def outputs(self, inputs):
        rows = [
            [self.smoothing + sum(count.get(w, 0) for w in text.split()) for count in self.counts] for text in inputs
        ]
        shares = np.asarray(rows, dtype=np.float32).reshape(len(rows), len(self.counts))
        return (shares / shares.sum(axis=1, keepdims=True))[:, -self.task.units :]

    def parameters(self):
        return {"smoothing": self.smoothing}

    def to_state(self, examples=None):
        header = {**self.task.to_state().header, "smoothing": self.smoothing, "counts": list(self.counts)}
        return State({**header, "examples": []}, {})

    @classmethod
    def from_state(cls, state):
        return cls(task_from_state(state), state.get("smoothing", int), tuple(state.get("counts", list)))

    def changed_example(self, state):
        return None

    @classmethod
    def describe(cls, header):
        return [("smoothing", header["smoothing"])]


class WordCountClassifier(ClassifierMixin, ModelEstimator):
    """Words counted by class.

    Args:
        smoothing: added to every count; 1 or more.
    """

    def __init__(self, smoothing: int = 1) -> None:
        self.smoothing = smoothing

    def fit(self, texts, labels, *, validation=None, unlabelled=(), progress=None):
        task, targets = classification_of(labels)
        words = [[w for text, t in zip(texts, targets, strict=True) if t == c for w in text.split()] for c in (0, 1)]
        self.fitted_ = WordCountModel(task, self.smoothing, tuple(dict(Counter(of_class)) for of_class in words))
        return self

    def predict(self, texts):
        return self.fitted.predict(texts)


@pytest.fixture
def word_count(monkeypatch):
    kind = Kind(f"{__name__}:WordCountModel", f"{__name__}:WordCountClassifier")
    monkeypatch.setitem(KINDS, "WordCountClassifier", kind)
    recipe = RecipeKind(f"{__name__}:WordCountClassifier")
    monkeypatch.setitem(RECIPES["texts", "classification"], "word-count", recipe)


def test_a_new_model_is_fitted_saved_and_loaded(word_count, tmp_path):
    model = WordCountClassifier(smoothing=2).fit(TEXTS, LABELS)
    assert model.predict(["good", "dull"]).tolist() == ["pos", "neg"]
    path = model.save(tmp_path / "m.malmoi")
    loaded = mm.load(path, verify=True)
    assert isinstance(loaded, WordCountClassifier)
    assert loaded.get_params() == {"smoothing": 2}
    assert loaded.predict(["good", "dull"]).tolist() == ["pos", "neg"]
    assert load_fitted(path).predict_proba(["good"]).shape == (1, 2)


def test_a_new_model_has_a_recipe(word_count):
    result = mm.run(mm.Recipe("word-count", {"smoothing": 3}), mm.Corpus(TEXTS, np.array(LABELS)), validation=0.5)
    assert result.model.smoothing == 3
    assert result.validation_samples == 15
    assert result.validation_score.samples == 15
    assert result.findings[0].code == "majority-class"
    with pytest.raises(ValueError, match="checkpoint has no effect on the recipe 'word-count', which has no epochs"):
        mm.run(mm.Recipe("word-count"), mm.Corpus(TEXTS, np.array(LABELS)), checkpoint="x")


def write_table(path):
    path.write_text("text,label\n" + "".join(f'"{a}",{b}\n' for a, b in zip(TEXTS, LABELS, strict=True)))
    return path


def test_a_new_model_on_the_command_line(word_count, tmp_path, capsys):
    table, output = write_table(tmp_path / "t.csv"), tmp_path / "m.malmoi"
    options = ["--recipe", "word-count", "--set", "smoothing=2"]
    assert run(["train", str(table), "-o", str(output), *options]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "recipe word-count" in printed
    assert output.with_suffix(".png").exists()  # confusion matrix and calibration: it has no epochs
    assert run(["info", str(output), "--verify"]) == 0
    assert "smoothing 2" in " ".join(capsys.readouterr().out.split())
    assert run(["predict", str(output), str(table)]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert [row[0] for row in rows[1:]] == LABELS
    for option in (["--summary"], ["--checkpoint", str(tmp_path / "state")]):
        assert run(["train", str(table), "-o", str(output), "--force", *options, *option]) == 2
        assert f"{option[0]} needs a neural network, got the recipe 'word-count'" in capsys.readouterr().err
    assert run(["train", str(table), "-o", str(output), "--force", *options, "--epochs", "3"]) == 2
    assert (
        "--epochs requires the recipe fasttext, few-labels, flatten, average, conv or recurrent, got word-count"
        in capsys.readouterr().err
    )


# A network: its file in models/neural/networks/, a row in its kinds.py, a public name (two files). It has a recipe.


@dataclass(frozen=True)
class FirstWord(Network):
    """Looks at the first position alone.

    Args:
        width: units of a hidden layer.
    """

    width: int = 3
    hidden: tuple[int, ...] = ()
    dropout: float = 0.0
    l2: float = 0.0
    masked: ClassVar[bool] = False

    def build(self, vectors, mask, seeds):
        import keras

        return self.dense(keras.layers.Dense(self.width, name="first")(vectors[:, 0, :]), seeds)

    def parameter_count(self, length, dimension, outputs):
        return (dimension + 1) * self.width + self.dense_parameters(self.width, outputs)


def test_a_new_network(monkeypatch, tmp_path, capsys):
    pytest.importorskip("keras")
    monkeypatch.setitem(NETWORKS, "FirstWord", FirstWord)
    settings = {"max_length": 3, "epochs": 2, "embedding.dimension": 4, "network.width": 5}
    result = mm.run(mm.Recipe("firstword", settings), mm.Corpus(TEXTS, np.array(LABELS)))
    assert result.model.network == FirstWord(5)
    loaded = mm.load(result.model.save(tmp_path / "m.malmoi"), verify=True)
    assert loaded.predict_proba(TEXTS[:3]).tobytes() == result.model.predict_proba(TEXTS[:3]).tobytes()
    assert run(["info", str(tmp_path / "m.malmoi"), "--verify"]) == 0
    assert "FirstWord(" in capsys.readouterr().out
    table = write_table(tmp_path / "t.csv")
    options = ["--recipe", "firstword", "--set", "network.width=2", "--max-length", "3", "--epochs", "1"]
    assert run(["train", str(table), "-o", str(tmp_path / "n.malmoi"), *options]) == 0
    assert mm.load(tmp_path / "n.malmoi").network == FirstWord(2)
    series = mm.SeriesClassifier(FirstWord(2), epochs=1).fit(np.ones((4, 3, 1)), ["a", "b"] * 2)
    assert mm.load(series.save(tmp_path / "s.malmoi")).network == FirstWord(2)


# A tokenizer: its file in tokenizers/, its rows in kinds.py, a public name (two files).


@dataclass(frozen=True, repr=False)
class Commas(Tokenizer):
    """What stands between commas."""

    lowercase: bool = True

    @cached_property
    def splitter(self):
        return _core.Splitter.keras_words("", self.lowercase, ",")


def test_a_new_tokenizer(monkeypatch, tmp_path, capsys):
    pytest.importorskip("keras")
    monkeypatch.setitem(TOKENIZERS, "Commas", Commas)
    monkeypatch.setitem(NAMED_TOKENIZERS, "commas", Commas())
    assert Commas()("So good,bad") == ["so good", "bad"]
    assert mm.BagVectorizer(Commas(), (1, 1)).fit(["a b,c"]).get_feature_names_out().tolist() == ["a b", "c"]
    model = mm.EmbeddingClassifier(tokens=Commas(lowercase=False), max_length=2, embedding=mm.Learned(2), epochs=1)
    loaded = mm.load(model.fit(TEXTS, LABELS).save(tmp_path / "m.malmoi"), verify=True)
    assert loaded.tokens == Commas(lowercase=False)
    assert mm.Recipe("average", {"tokens": {"kind": "Commas", "lowercase": False}}).estimator().tokens == loaded.tokens
    (tmp_path / "in.txt").write_text("x y,z\n")
    command = ["vectorize", str(tmp_path / "in.txt"), "--tokens", "commas", "--ngrams", "1-1"]
    assert run([*command, "-o", str(tmp_path / "bag.jsonl")]) == 0
    assert (tmp_path / "bag.jsonl").read_text() == '{"x y": 1.0, "z": 1.0}\n'


# A reader: its file in data/readers/, a row in kinds.py.


@dataclass(frozen=True)
class PipeReader:
    """Reads lines of a label, a bar and a text."""

    form: str = "lines with a bar"

    def chunks(self, source):
        wanted = source.without_columns(self.form, has_labels=True)
        lines = b"".join(source.bytes.blocks(source.settings.encoding)).decode().splitlines()
        values = {TEXT: [line.partition("|")[2] for line in lines], LABEL: [line.partition("|")[0] for line in lines]}
        numbers = range(1, len(lines) + 1)
        yield wanted, Chunk(values, numbers, lambda number: f"{source.path}:{number}", True, lines.__getitem__)


def test_a_new_reader(word_count, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(FORMATS, "pipe", Format(PipeReader(), suffixes=(".pipe",)))
    path, output = tmp_path / "t.pipe", tmp_path / "m.malmoi"
    path.write_text("".join(f"{label}|{text}\n" for text, label in zip(TEXTS, LABELS, strict=True)))
    corpus = mm.read_corpus(path)
    assert (corpus.texts, corpus.labels.tolist()) == (TEXTS, LABELS)
    assert run(["train", str(path), "-o", str(output), "--recipe", "word-count"]) == 0
    assert run(["vectorize", str(path), "-o", str(tmp_path / "bag.npz")]) == 0
    capsys.readouterr()
    assert run(["predict", str(output), str(path), "--format", "jsonl"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(TEXTS)
    path.write_text("pos|a\n|b\nnan|c\n" + "pos|d\n")
    assert mm.read_corpus(path, labelled=False).texts == ["a", "b", "c", "d"]


# A command: its file in cli/, a row in commands.py.


def count_command(path: Annotated[Path, typer.Argument(help="A file.")]) -> None:
    """Count the lines of a file."""
    from malmoi.cli.console import answers

    answers.print(len(path.read_text().splitlines()))


def test_a_new_command(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(COMMANDS, "count", f"{__name__}:count_command")
    (tmp_path / "lines.txt").write_text("a\nb\n")
    assert run(["count", str(tmp_path / "lines.txt")]) == 0
    assert capsys.readouterr().out == "2\n"
    assert run(["--help"]) == 0
    assert "Count the lines of a file." in capsys.readouterr().out


# A kind that is in no table.


def test_a_file_of_an_unknown_kind_is_refused(word_count, monkeypatch, tmp_path, capsys):
    path = WordCountClassifier().fit(TEXTS, LABELS).save(tmp_path / "m.malmoi")
    monkeypatch.delitem(KINDS, "WordCountClassifier")
    rule = f"kind must be one of {', '.join(KINDS)}, found 'WordCountClassifier'"
    with pytest.raises(mm.FormatError, match=rule):
        mm.load(path)
    for command in (["info"], ["predict"]):
        assert run([*command, str(path)]) == 2
        assert rule in capsys.readouterr().err
    with pytest.raises(TypeError, match="model must be one of BagClassifier, BagRegressor, EmbeddingClassifier"):
        WordCountClassifier().fit(TEXTS, LABELS).save(tmp_path / "n.malmoi")
