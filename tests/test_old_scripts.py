"""The old Keras scripts of `examples/old_keras`: two with the import hook; in `make test-extras` all, and rewritten.

OLD_KERAS_PYTHON may name an interpreter with Keras 2.12 to 2.15, whose predictions are compared then.
"""

import ast
import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import old_scripts  # noqa: E402

SCRIPTS = sorted((ROOT / "examples" / "old_keras").glob("*.py"))
every_script = pytest.mark.skipif("OLD_SCRIPTS" not in os.environ, reason="OLD_SCRIPTS is not set: make test-extras")


def printed(name, folder, limit):
    """What a user sees who runs the script as it is."""
    pytest.importorskip("keras")
    old_scripts.MAKERS[name](folder, None)
    command = [sys.executable, str(ROOT / "examples" / "old_keras" / f"{name}.py"), str(folder), str(limit)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_scripts_are_those_of_the_tool():
    assert [path.stem for path in SCRIPTS] == sorted(old_scripts.MAKERS) == sorted(old_scripts.LIMITS)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_one_line_is_all_that_a_script_says_of_malmoi(path):
    source = path.read_text(encoding="utf-8")
    first = ast.parse(source).body[bool(ast.get_docstring(ast.parse(source)))]
    assert source.splitlines()[first.lineno - 1].startswith(old_scripts.HOOK)
    assert source.count("malmoi") == 1
    assert "malmoi" not in old_scripts.without_hook(source)
    assert 30 <= len(source.splitlines()) <= 80


def test_hashed_words_train_a_network_under_old_names(tmp_path):
    output = printed("one_hot_flatten", tmp_path, 100)
    messages = [line.split("\t")[1] for line in (tmp_path / "SMSSpamCollection").read_text().splitlines()[:100]]
    assert f"{len(messages)} messages" in output
    assert float(re.search(r"Accuracy: ([\d.]+)", output)[1]) <= 100
    counts = re.search(r"predicted as spam: (\d+) of 20\n", output)
    shares = [float(value) for value in re.findall(r"^\d (\d\.\d{3}) ", output, re.M)]
    assert len(shares) == 3
    assert int(counts[1]) >= sum(share > 0.5 for share in shares)
    assert all(message[:50] in output for message in messages[80:83])


def test_saved_tokenizer_and_network_predict_what_numpy_computes(tmp_path):
    h5py = pytest.importorskip("h5py")
    output = printed("pickled_tokenizer", tmp_path, 20)
    assert "both files agree: True" in output
    with h5py.File(tmp_path / "weights.h5") as file:
        weights = {name: file[f"{name.split('/')[0]}/{name}:0"][()] for name in WEIGHTS}
    texts = (tmp_path / "texts.txt").read_text(encoding="utf-8").splitlines()[:5]
    shown = re.findall(r"^(\d\.\d{4})  (?:positive|negative)  ", output, re.M)
    assert [float(value) for value in shown] == pytest.approx(
        [share(text, weights, tmp_path) for text in texts], abs=6e-5
    )


WEIGHTS = ("embedding_1/embeddings", "dense_1/kernel", "dense_1/bias", "dense_2/kernel", "dense_2/bias")


def share(text, weights, folder):
    """The probability of class 1, by the saved weights and a vocabulary counted anew."""
    with open(folder / "reviews.csv", newline="", encoding="utf-8") as file:
        lines = [line for line, _ in csv.reader(file)]
    counts = {}
    for line in lines:
        for word in words(line):
            counts[word] = counts.get(word, 0) + 1
    ranked = ["<UNK>", *sorted(counts, key=lambda word: -counts[word])]
    ids = {word: number for number, word in enumerate(ranked[:499], start=1)}
    row = [ids.get(word, 1) for word in words(text)][:20]
    row += [0] * (20 - len(row))
    embedding, *dense = (weights[name].astype(np.float64) for name in WEIGHTS)
    hidden = np.maximum(embedding[row].mean(axis=0) @ dense[0] + dense[1], 0)
    return (1 / (1 + np.exp(-(hidden @ dense[2] + dense[3]))))[0]


def words(text):
    return re.sub(r"[!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~\t\n]", " ", text.lower()).split()


@every_script
@pytest.mark.parametrize("name", sorted(old_scripts.MAKERS))
def test_hook_and_rewritten_script_print_the_same_numbers(name, tmp_path):
    data = ROOT.parent / "shared" / "data"
    data = data if (data / "README.md").exists() else None
    runs = old_scripts.try_script(name, tmp_path, data, os.environ.get("OLD_KERAS_PYTHON"))
    assert old_scripts.faults(name, runs) == []
    if runs["migrated"].status == 0:
        hook, migrated = (old_scripts.printed_numbers(runs[way].output) for way in ("hook", "migrated"))
        assert hook == migrated
        assert len(hook) > 3
    else:
        assert name == "pickled_tokenizer"  # a program reads the pickle there, which no rewriting can know
    if "old" in runs:
        assert runs["hook"].found["same_inputs"]
        assert runs["hook"].found["difference"] < 2e-6
