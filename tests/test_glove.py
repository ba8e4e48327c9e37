"""Training vectors: the counts equal a plain count, the result depends on texts, settings and seed alone."""

import inspect
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import fields
from itertools import repeat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
from malmoi import _core
from malmoi.wordvectors.training import GloveSettings

DEFAULTS = {
    field.name: inspect.signature(mm.WordVectors.train).parameters[field.name].default
    for field in fields(GloveSettings)
}

TEXTS = ["a b a c", "b c d", "", "d a b c a e", "e e"] * 6
SMALL = {"dimension": 6, "window": 3, "min_count": 1, "epochs": 4, "tokens": mm.Whitespace()}


def counted(texts, window, *, symmetric=True, min_count=1, memory=1 << 30, folder="."):
    core = _core.GloveTexts(mm.Whitespace().splitter, 2, memory, os.fspath(folder))
    for text in texts:
        core.add([text])
    words, _ = core.words(min_count, None)
    wanted = vars(GloveSettings(**{**DEFAULTS, "window": window, "symmetric": symmetric, "min_count": min_count}))
    rows, columns, sums = core.pairs({**wanted, "checkpoint": None, "checkpoint_every": 1})
    found = {}
    for row, column, total in zip(rows, columns, sums, strict=True):
        pair = words[row], words[column]
        assert pair not in found
        found[pair] = int(total)
        if symmetric:
            found[pair[::-1]] = int(total)
    return found


def plainly_counted(texts, window, *, symmetric=True, min_count=1):
    """As the paper says it."""
    counts = Counter(word for text in texts for word in text.split())
    pairs = Counter()
    for text in texts:
        words = [word for word in text.split() if counts[word] >= min_count]
        for place, word in enumerate(words):
            for distance in range(1, min(window, place) + 1):
                pairs[word, words[place - distance]] += 1 / distance
                if symmetric:
                    pairs[words[place - distance], word] += 1 / distance
    return pairs


def same(found, expected):
    assert found.keys() == expected.keys()
    for pair, total in expected.items():
        assert found[pair] / 2**24 == pytest.approx(total, abs=1e-5)


@pytest.mark.parametrize("symmetric", [True, False])
def test_a_pair_counts_by_its_distance(symmetric):
    found = counted(["a b c"], 2, symmetric=symmetric)
    same(found, plainly_counted(["a b c"], 2, symmetric=symmetric))
    assert found["c", "a"] == 2**23
    assert (("a", "c") in found) is symmetric


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=12).map(" ".join), min_size=1, max_size=8),
    st.integers(1, 14),
    st.booleans(),
    st.integers(1, 3),
    st.sampled_from([4, 200, 1 << 30]),
)
def test_counts_are_those_of_a_plain_count(tmp_path_factory, texts, window, symmetric, min_count, memory):
    folder = tmp_path_factory.getbasetemp()
    found = counted(texts, window, symmetric=symmetric, min_count=min_count, memory=memory, folder=folder)
    same(found, plainly_counted(texts, window, symmetric=symmetric, min_count=min_count))


def matrix(vectors):
    return vectors.table.vectors(slice(None))


def test_words_that_stand_near_the_same_words_come_to_point_alike():
    rng = np.random.default_rng(0)
    animals, fruits = ["cat", "dog", "cow"], ["fig", "plum", "pear"]
    texts = []
    for _ in range(400):
        texts.append(" ".join(rng.choice([*animals, "runs", "barks", "eats"], 8)))
        texts.append(" ".join(rng.choice([*fruits, "ripe", "sweet", "juicy"], 8)))
    vectors = mm.WordVectors.train(texts, tokens=mm.Whitespace(), dimension=10, epochs=40, learning_rate=0.1)
    for words in (animals, fruits):
        near = {word for word, _ in vectors.nearest(words[0], 5)}
        assert set(words[1:]) <= near
    assert vectors.training.costs[-1] < vectors.training.costs[0] / 3
    assert vectors.odd_one_out([*animals, "plum"]) == "plum"


def test_what_it_learned_from_is_told():
    told = []
    vectors = mm.WordVectors.train(TEXTS, **SMALL, progress=lambda *step: told.append(step))
    training = vectors.training
    assert vectors.words == ["a", "b", "c", "e", "d"]
    assert training.counts.tolist() == [24, 18, 18, 18, 12]
    assert training.running_tokens == 90
    assert training.pairs == len(plainly_counted(TEXTS, 3))
    assert training.tokens == mm.Whitespace()
    assert len(training.costs) == 4
    assert {step for step, *_ in told} == {"counting words", "counting pairs", "training vectors"}
    assert told[-1][1] == told[-1][2]
    assert mm.WordVectors.from_arrays(["a"], [[1.0]]).training is None


def test_threads_memory_and_batches_do_not_change_the_vectors(tmp_path):
    expected = matrix(mm.WordVectors.train(TEXTS, **SMALL, n_jobs=1))
    long = [" ".join(TEXTS)] * 4000
    spilled = mm.WordVectors.train(iter(long), **SMALL, memory_mb=1, folder=tmp_path)
    assert spilled.training.spilled_bytes == 0  # the tiles of so few words fit
    np.testing.assert_array_equal(matrix(spilled), matrix(mm.WordVectors.train(long, **SMALL)))
    np.testing.assert_array_equal(matrix(mm.WordVectors.train(TEXTS, **SMALL, n_jobs=3)), expected)
    np.testing.assert_array_equal(matrix(mm.WordVectors.train(iter(TEXTS), **SMALL)), expected)
    np.testing.assert_array_equal(matrix(mm.WordVectors.train(iter([TEXTS[:7], TEXTS[7:]]), **SMALL)), expected)
    assert not np.array_equal(matrix(mm.WordVectors.train(TEXTS, **SMALL, seed=1)), expected)
    assert list(tmp_path.iterdir()) == []


def test_the_same_settings_give_the_same_numbers_for_ever():
    vectors = mm.WordVectors.train(TEXTS, **SMALL)
    assert matrix(vectors)[0, :3].tolist() == [-0.06704113632440567, 0.022035839036107063, 0.03301849961280823]


class StopError(Exception):
    pass


def stopped_after(epochs):
    def heard(epoch, cost):
        if epoch == epochs:
            raise StopError

    return heard


def test_a_training_goes_on_where_it_stopped(tmp_path):
    checkpoint = tmp_path / "state"
    expected = matrix(mm.WordVectors.train(TEXTS, **SMALL))
    with pytest.raises(StopError):
        mm.WordVectors.train(TEXTS, **SMALL, checkpoint=checkpoint, on_epoch=stopped_after(2))
    epochs = []
    resumed = mm.WordVectors.train(TEXTS, **SMALL, checkpoint=checkpoint, on_epoch=lambda *epoch: epochs.append(epoch))
    assert [number for number, _ in epochs] == [3, 4]
    assert len(resumed.training.costs) == 4
    np.testing.assert_array_equal(matrix(resumed), expected)
    longer = mm.WordVectors.train(TEXTS, **{**SMALL, "epochs": 6}, checkpoint=checkpoint)
    np.testing.assert_array_equal(matrix(longer), matrix(mm.WordVectors.train(TEXTS, **{**SMALL, "epochs": 6})))
    with pytest.raises(ValueError, match="epochs must be 6 or more, got 4"):
        mm.WordVectors.train(TEXTS, **SMALL, checkpoint=checkpoint)


KILLED = """
import os, signal, sys
import malmoi as mm
from test_glove import SMALL, TEXTS
def heard(epoch, cost):
    if epoch == 3:
        os.kill(os.getpid(), signal.SIGKILL)
mm.WordVectors.train(TEXTS, **SMALL, checkpoint=sys.argv[1], checkpoint_every=2, on_epoch=heard)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill so")
def test_a_killed_training_goes_on(tmp_path):
    checkpoint = tmp_path / "state"
    command = [sys.executable, "-c", KILLED, str(checkpoint)]
    done = subprocess.run(command, cwd=os.path.dirname(__file__), check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    epochs = []
    vectors = mm.WordVectors.train(TEXTS, **SMALL, checkpoint=checkpoint, on_epoch=lambda *epoch: epochs.append(epoch))
    assert [number for number, _ in epochs] == [3, 4]
    np.testing.assert_array_equal(matrix(vectors), matrix(mm.WordVectors.train(TEXTS, **SMALL)))


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"dimension": 7}, "settings"),
        ({"window": 2}, "settings"),
        ({"seed": 9}, "settings"),
        ({"x_max": 5}, "settings"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused(tmp_path, changed, what):
    checkpoint = tmp_path / "state"
    mm.WordVectors.train(TEXTS, **SMALL, checkpoint=checkpoint)
    with pytest.raises(mm.DataError, match=f"checkpoint of a training with different {what}; delete it"):
        mm.WordVectors.train(TEXTS, **{**SMALL, **changed}, checkpoint=checkpoint)


def test_a_checkpoint_of_other_texts_or_none_is_refused(tmp_path):
    checkpoint = tmp_path / "state"
    mm.WordVectors.train(TEXTS, **SMALL, checkpoint=checkpoint)
    with pytest.raises(mm.DataError, match="different texts"):
        mm.WordVectors.train([*TEXTS, "a b"], **SMALL, checkpoint=checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1])
    with pytest.raises(mm.FormatError, match="cannot be resumed"):
        mm.WordVectors.train(TEXTS, **SMALL, checkpoint=checkpoint)
    checkpoint.write_bytes(b"a picture of my cat" * 9)
    with pytest.raises(mm.FormatError, match="it is not a checkpoint"):
        mm.WordVectors.train(TEXTS, **SMALL, checkpoint=checkpoint)


FULL_DISK = """
import resource, sys
import malmoi as mm
from test_glove import SMALL, TEXTS
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
texts = iter([" ".join(TEXTS)] * 4000)
try:
    mm.WordVectors.train(texts, **SMALL, memory_mb=1, folder=sys.argv[1], checkpoint=sys.argv[3])
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limit of a file's size")
@pytest.mark.parametrize(
    ("limit", "what"), [(1000, "memory_mb cannot be written"), (50_000, "memory_mb cannot be written")]
)
def test_a_full_disk_is_told(tmp_path, limit, what):
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path), str(limit), str(tmp_path / "state")]
    done = subprocess.run(command, cwd=os.path.dirname(__file__), check=True, capture_output=True, text=True)
    assert what in done.stdout
    assert "increase memory_mb, or use another folder" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limit of a file's size")
def test_a_disk_that_is_full_at_a_checkpoint_keeps_the_last_one(tmp_path):
    checkpoint = tmp_path / "state"
    mm.WordVectors.train(TEXTS, **{**SMALL, "epochs": 1}, checkpoint=checkpoint)
    before = checkpoint.read_bytes()
    script = FULL_DISK.replace("texts = iter(", "texts = TEXTS or (")
    command = [sys.executable, "-c", script, str(tmp_path), str(len(before) - 1), str(checkpoint)]
    done = subprocess.run(command, cwd=os.path.dirname(__file__), check=True, capture_output=True, text=True)
    assert "the checkpoint cannot be used" in done.stdout
    assert checkpoint.read_bytes() == before
    assert list(tmp_path.iterdir()) == [checkpoint]


def test_odd_texts():
    train = mm.WordVectors.train
    one_word = train(["a a a"], **SMALL)
    assert one_word.words == ["a"]
    assert one_word.training.pairs == 1
    assert train(["a b"], **{**SMALL, "window": 50}).training.pairs == 2
    with pytest.raises(mm.DataError, match="two words within a window, got 2 words that never co-occur"):
        train(["a", "b"], **SMALL)
    with pytest.raises(mm.DataError, match=r"no word occurs 3 times or more; .*'a', occurs 2 times"):
        train(["a a b"], **{**SMALL, "min_count": 3})
    for empty in ([], iter([]), ["", " "]):
        with pytest.raises(mm.DataError, match="texts must contain words, got none"):
            train(empty, **SMALL)
    with pytest.raises(TypeError, match="texts"):
        train("one text", **SMALL)
    with pytest.raises(TypeError, match="texts"):
        train(iter([["a", 3]]), **SMALL)


def test_any_tokenizer_and_any_script():
    korean = ["고양이가 매트에 앉았다", "개가 매트에 앉았다"] * 5
    assert "고양이" in mm.WordVectors.train(korean, dimension=4, epochs=1)
    assert "고" in mm.WordVectors.train(korean, dimension=4, epochs=1, tokens=mm.Hangul())
    assert "\u1100" in mm.WordVectors.train(korean, dimension=4, epochs=1, tokens=mm.Hangul("jamo"))
    assert "매트에" in mm.WordVectors.train(korean, dimension=4, epochs=1, tokens=mm.Words())
    shouting = mm.External(lambda text: text.upper().split())
    assert "A" in mm.WordVectors.train(TEXTS, **{**SMALL, "tokens": shouting})


def test_the_most_frequent_words_alone(tmp_path):
    vectors = mm.WordVectors.train(TEXTS, **SMALL, max_tokens=2)
    assert vectors.words == ["a", "b"]
    opened = vectors.convert(tmp_path / "made.vectors")
    np.testing.assert_array_equal(opened.vector("b"), vectors.vector("b"))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"dimension": 0}, "dimension must be 1 or more, got 0"),
        ({"window": 10_001}, "window must be at most 10000"),
        ({"epochs": 0}, "epochs must be 1 or more"),
        ({"min_count": 0}, "min_count must be 1 or more"),
        ({"max_tokens": 0}, "max_tokens must be 1 or more"),
        ({"x_max": 0}, "x_max must be above 0"),
        ({"x_max": float("nan")}, "x_max must be above 0"),
        ({"alpha": -1}, "alpha must be above 0"),
        ({"learning_rate": 0}, "learning_rate must be above 0"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"memory_mb": 0}, "memory_mb must be 1 or more"),
        ({"checkpoint_every": 0}, "checkpoint_every must be 1 or more"),
        ({"n_jobs": 0}, "n_jobs must be from 1"),
    ],
)
def test_settings_out_of_range_are_refused_before_any_work(setting, message):
    with pytest.raises(ValueError, match=message):
        mm.WordVectors.train(repeat("never looked at"), **{**SMALL, **setting})


def test_settings_of_the_wrong_kind_are_refused(tmp_path):
    for setting in ({"symmetric": 1}, {"dimension": 2.0}, {"x_max": "many"}, {"tokens": "words"}):
        with pytest.raises(TypeError, match=next(iter(setting))):
            mm.WordVectors.train(repeat("never looked at"), **{**SMALL, **setting})
    for setting in ({"folder": tmp_path / "none"}, {"checkpoint": tmp_path / "none" / "state"}):
        with pytest.raises(FileNotFoundError, match="no such folder"):
            mm.WordVectors.train(TEXTS, **SMALL, **setting)
    with pytest.raises(IsADirectoryError, match="checkpoint must be a file"):
        mm.WordVectors.train(TEXTS, **SMALL, checkpoint=tmp_path)
