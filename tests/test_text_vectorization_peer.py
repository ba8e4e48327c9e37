"""Keras with TensorFlow returns what malmoi's counterparts return, for random texts and series and all settings.

Skipped unless MALMOI_TENSORFLOW_PYTHON names a Python that has TensorFlow and Keras; malmoi does not depend on them.
"""

import itertools
import json
import os
import random
import subprocess
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from malmoi import DataError
from malmoi.keras.layers import TextVectorization
from malmoi.keras.utils import text_dataset_from_directory, timeseries_dataset_from_array

PEER = os.environ.get("MALMOI_TENSORFLOW_PYTHON")
pytestmark = pytest.mark.skipif(not PEER, reason="MALMOI_TENSORFLOW_PYTHON names no Python with TensorFlow")

ASCII = "abcABC" * 3 + "zZ019 \t\n\r\x0b\x0c!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\x00\x1b\x1c\x1f\x7f" + " " * 12
UNICODE = "aAéÉßİıΣσςǅﬀ가각ㄱㅏ한中日\u0301\u200d\u00a0\u2003\u2028\u3000\x85\ufeff\u200b😀👩🇰ſKÅ¿“”。،٣ " + "  b.C-"
WORDS = [
    "the",
    "The",
    "cat's",
    "sat!",
    "on",
    "a",
    "mat",
    "É",
    "é",
    "한국어",
    "e\u0301",
    "[UNK]",
    "unk",
    "-",
    "İstanbul",
]
EVERY = [chr(point) for point in range(1, 0x110000) if not 0xD800 <= point < 0xE000]


KERAS_FAILURES = ("not compatible with supplied shape", "Table not initialized", "cannot be empty tensors")
"""An empty text with `output_sequence_length`, and texts without tokens."""


def drawn(draw, kind):
    if kind == "words":
        return " ".join(draw.choices(WORDS, k=draw.randint(0, 12)))
    if kind == "every":
        return "".join(draw.choices(EVERY, k=draw.randint(0, 30)))
    return "".join(draw.choices(ASCII if kind == "ascii" else UNICODE, k=draw.randint(0, 40)))


def some_texts(draw, count):
    return [drawn(draw, draw.choice(["words", "words", "ascii", "unicode", "every"])) for _ in range(count)]


STANDARDIZE = ["lower_and_strip_punctuation", "lower", "strip_punctuation", None]
SPLIT = ["whitespace", "character", None]
NGRAMS = [None, 1, 3, [2], [3, 1], [2, 2]]
MODES = [
    {},
    {"output_sequence_length": 4},
    {"output_sequence_length": 60},
    {"output_mode": "multi_hot"},
    {"output_mode": "count"},
    {"output_mode": "tf_idf"},
    {"output_mode": "binary", "pad_to_max_tokens": True},
    {"output_mode": "tf-idf", "pad_to_max_tokens": True},
    {"output_mode": "one_hot"},
    {"ragged": True},
    {"ragged": True, "output_sequence_length": 3},
]


def cases():
    """Every combination of settings with texts of its own."""
    found = []
    for number, (standardize, split, ngrams, mode) in enumerate(itertools.product(STANDARDIZE, SPLIT, NGRAMS, MODES)):
        draw = random.Random(number)
        max_tokens = draw.choice([None, 5, 12, 40]) if not mode.get("pad_to_max_tokens") else draw.choice([6, 30, 3000])
        settings = {"standardize": standardize, "split": split, "ngrams": ngrams, "max_tokens": max_tokens, **mode}
        adapted = [*some_texts(draw, 15), "the cat sat on the mat"]
        texts = [*adapted[:3], *some_texts(draw, 4), "", "zzz qqq"]
        if split is None:  # rows of tokens
            adapted = [adapted[start : start + 4] for start in range(0, 16, 4)]
            texts = [texts[:3], texts[3:6], texts[6:9]] if number % 4 == 2 else texts
        if number % 4 == 1:
            texts = [[text] for text in texts]
        elif number % 4 == 2 and split is not None:
            texts = texts[-1] if number % 8 == 2 else texts[0]
        found.append({"settings": settings, "adapted": adapted, "texts": texts})
    return found + given_vocabularies()


def given_vocabularies():
    """A vocabulary instead of texts to adapt to, with and without special tokens, and with weights."""
    found = []
    for number in range(60):
        draw = random.Random(f"given {number}")
        mode = draw.choice(MODES)
        words = draw.sample(["the", "cat", "cats", "é", "É", "한국어", "a", "unk", "[UNK]x", "mat"], draw.randint(1, 9))
        front = (["", "[UNK]"] if mode.get("output_mode", "int") == "int" else ["[UNK]"]) if number % 2 else []
        settings = {**mode, "vocabulary": front + words, "max_tokens": 40 if "pad_to_max_tokens" in mode else None}
        if mode.get("output_mode") in ("tf_idf", "tf-idf"):
            settings["idf_weights"] = [round(draw.random() * 3, 3) for _ in settings["vocabulary"]]
        found.append({"settings": settings, "adapted": None, "texts": [*some_texts(draw, 6), "", "the the cat é"]})
    return found


def of_keras(made):
    """What Keras returns for cases."""
    script = Path(__file__).with_name("keras_with_tensorflow.py")
    done = subprocess.run([PEER, str(script)], input=json.dumps(made), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def compared():
    made = cases()
    return list(zip(made, of_keras(made), strict=True))


def padded(rows, depth):
    """A ragged list of one-hot rows as an array, as malmoi returns it."""
    longest = max(map(len, rows), default=0)
    return np.array([[*row, *[[0] * depth] * (longest - len(row))] for row in rows]).reshape(len(rows), longest, depth)


def made_by_us(case):
    settings = dict(case["settings"])
    if isinstance(settings.get("ngrams"), list):
        settings["ngrams"] = tuple(settings["ngrams"])
    vectorizer = TextVectorization(**settings)
    if case["adapted"] is not None:
        vectorizer.adapt(case["adapted"])
    return vectorizer, vectorizer(case["texts"])


def shown(vectorizer):
    """The vocabulary as Keras returns it, through an array of NumPy, which loses NUL at the end of a word."""
    return [word.rstrip("\0") for word in vectorizer.get_vocabulary()]


def test_everything_equals_keras(compared):
    values, failures = 0, []
    for case, expected in compared:
        if "failure" in expected:
            failures.append(expected["failure"])
            with suppress(DataError):
                made_by_us(case)
            continue
        vectorizer, output = made_by_us(case)
        assert shown(vectorizer) == expected["vocabulary"], case
        if expected["weights"] is not None:
            weights = np.zeros(len(expected["weights"]), np.float32)
            found = vectorizer._table.weights
            weights[: len(found)] = found
            theirs = np.array(expected["weights"], np.float32)
            assert np.array_equal(weights[1:], theirs[1:]), case
            np.testing.assert_array_max_ulp(weights[:1], theirs[:1], 4)  # a mean; TensorFlow adds in float32
        values += check_output(case, output, expected)
    assert values > 1_000_000
    kinds = {kind: sum(kind in failure for failure in failures) for kind in KERAS_FAILURES}
    assert sum(kinds.values()) == len(failures) < len(compared) / 20, (kinds, failures)


def check_output(case, output, expected):
    if isinstance(output, list):
        assert [row.tolist() for row in output] == expected["output"], case
        return sum(map(len, output))
    if expected["shape"] is None and output.ndim == 3:
        theirs = padded(expected["output"], output.shape[2])
    else:
        theirs = np.array(expected["output"])
        theirs = theirs if expected["shape"] is None else theirs.reshape(expected["shape"])  # JSON loses axes after 0
    assert output.shape == theirs.shape or output.size == theirs.size == 0, case
    if case["settings"].get("output_mode") in ("tf_idf", "tf-idf"):
        theirs = theirs.astype(np.float32)
        assert np.array_equal(output[..., 1:], theirs[..., 1:]), case
        np.testing.assert_array_max_ulp(output[..., :1], theirs[..., :1], 4)
    else:
        assert np.array_equal(output, theirs), case
    return output.size


def test_every_code_point_is_standardized_and_split_as_by_keras():
    """Each stands between two letters."""
    words = [f"A{character}b" for character in EVERY]
    texts = [" ".join(words[start : start + 1000]) for start in range(0, len(words), 1000)]
    combinations = list(itertools.product(STANDARDIZE, ["whitespace", "character"]))
    made = [
        {"settings": {"standardize": standardize, "split": split}, "adapted": texts, "texts": texts}
        for standardize, split in combinations
    ]
    for case in made:
        (expected,) = of_keras([case])
        vectorizer, output = made_by_us(case)
        assert shown(vectorizer) == expected["vocabulary"]
        assert output.tolist() == expected["output"]


def test_windows_are_those_of_keras():
    made = []
    for number in range(200):
        draw = random.Random(f"windows {number}")
        steps = draw.randint(6, 40)
        axes = draw.choice([(), (2,), (2, 3)])
        series = np.arange(steps * int(np.prod(axes, dtype=int))).reshape((steps, *axes)) / 2
        settings = {
            "data": series.tolist(),
            "targets": draw.choice([None, list(range(steps - draw.randint(0, 4)))]),
            "sequence_length": draw.randint(1, 5),
            "sequence_stride": draw.randint(1, 5),
            "sampling_rate": draw.randint(1, 4),
            "batch_size": draw.choice([1, 3, 100]),
            "start_index": draw.choice([None, 0, draw.randint(1, 4)]),
            "end_index": draw.choice([None, draw.randint(steps // 2, steps)]),
        }
        made.append({"settings": settings, "work": "windows"})
    refused = 0
    for case, expected in zip(made, of_keras(made), strict=True):
        settings = dict(case["settings"])
        settings["data"] = np.array(settings["data"])
        if not expected or isinstance(expected, dict):
            refused += 1
            if not expected or "must be" in expected["failure"]:
                with pytest.raises(ValueError, match="must"):
                    timeseries_dataset_from_array(**settings)
            continue
        dataset = timeseries_dataset_from_array(**settings)
        parts = [batch if isinstance(batch, tuple) else (batch,) for batch in dataset]
        assert [[part.tolist() for part in batch] for batch in parts] == expected, settings
    assert refused < len(made) / 3


def test_the_files_of_the_parts_are_those_of_keras(tmp_path):
    for name, count in (("a", 11), ("b", 7), ("c", 3)):
        (tmp_path / name / "more").mkdir(parents=True)
        for number in range(count):
            (tmp_path / name / ("more" if number % 3 == 0 else "") / f"{number}.txt").write_text(f"{name} {number}")
    made = []
    for seed, share, shuffle, mode in itertools.product((0, 1, 99), (0.1, 0.4), (True, False), ("int", "categorical")):
        settings = {"validation_split": share, "shuffle": shuffle, "label_mode": mode, "batch_size": None}
        settings |= {"directory": str(tmp_path), "subset": "both", "seed": seed}
        made.append({"settings": settings, "work": "files"})
    for case, expected in zip(made, of_keras(made), strict=True):
        ours = text_dataset_from_directory(**case["settings"], verbose=False)
        for dataset, theirs in zip(ours, expected["samples"], strict=True):
            found = [[text, label.tolist()] for text, label in dataset]
            assert sorted(found) == sorted(theirs)
            assert found == theirs or case["settings"]["shuffle"]
            assert dataset.class_names == expected["classes"]
