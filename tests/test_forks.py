"""Children of a process that has loaded, predicted or trained: they predict, or say at once that they cannot train."""

import os
import subprocess
import sys

import numpy as np
import pytest

import malmoi as mm

TEXTS, LABELS = ["so good", "good film", "so bad", "bad film"] * 6, ["pos", "pos", "neg", "neg"] * 6
EVERY_KIND = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import numpy as np
import malmoi as mm

INPUTS = {"rocket": np.ones((2, 12, 1))}
MODELS = {path.stem: mm.load(path) for path in sorted(Path(sys.argv[1]).glob("*.malmoi"))}

def predicted(name):
    model = MODELS[name]
    found = model.forecast().values if name == "forecast" else model.predict(INPUTS.get(name, ["good film"]))
    return np.asarray(found).tolist()

if __name__ == "__main__":
    expected = {name: predicted(name) for name in MODELS}
    assert len(expected) == 6
    for method in ("fork", "forkserver", "spawn"):
        with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
            found = {name: pool.submit(predicted, name).result(timeout=60) for name in MODELS}
        print(method, found == expected, flush=True)
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with a model of every kind."""
    pytest.importorskip("keras")
    folder = tmp_path_factory.mktemp("models")
    embedding = mm.Learned(3)
    network = mm.EmbeddingClassifier(mm.Conv(3, 2), max_length=3, embedding=embedding, epochs=1).fit(TEXTS, LABELS)
    series = np.random.default_rng(0).normal(size=(20, 12, 1))
    network.save(folder / "network.malmoi")
    mm.BagClassifier().fit(TEXTS, LABELS).save(folder / "bag.malmoi")
    mm.FastTextClassifier(dimension=4, epochs=2).fit(TEXTS, LABELS).save(folder / "fasttext.malmoi")
    mm.FewLabelClassifier(["components"]).fit(TEXTS, LABELS, unlabelled=TEXTS).save(folder / "few.malmoi")
    mm.SeriesClassifier().fit(series, ["a", "b"] * 10).save(folder / "rocket.malmoi")
    mm.Forecaster(2).fit(np.arange(40.0)).save(folder / "forecast.malmoi")
    return folder


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_children_of_every_start_method_predict_with_every_kind(models, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(EVERY_KIND)
    command = [sys.executable, "-W", "ignore", str(script), str(models)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout.splitlines() == ["fork True", "forkserver True", "spawn True"], done.stderr


FORKED = """
import multiprocessing, os, sys
import malmoi as mm
first = sys.argv[2]
if first == "train":
    mm.EmbeddingClassifier(mm.Average(), max_length=3, epochs=1).fit(["a", "b"] * 4, [0, 1] * 4)
model = mm.load(sys.argv[1])
if first == "predict":
    model.predict(["a"])

def predict(place):
    return model.predict(["good film"]).tolist()

def train(place):
    try:
        mm.EmbeddingClassifier(mm.Average(), max_length=3, epochs=1).fit(["a", "b"] * 4, [0, 1] * 4)
    except mm.MalmoiError as error:
        return str(error)
    return "trained"

if __name__ == "__main__":
    expected = predict(0)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(predict, range(4)).get(60) == [expected] * 4
        print(pool.map_async(train, range(1)).get(60)[0])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("first", ["load", "predict", "train"])
def test_a_child_forked_after_anything_predicts(models, first):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED, str(models / "network.malmoi"), first],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said = "Keras cannot be used in a process that was forked after JAX was loaded; start processes with 'spawn' or"
    assert done.stdout.startswith(said if first == "train" else "trained")


CHILD = """
import os, signal, sys, threading, time
import malmoi as mm
from malmoi import _core

TEXTS = [f"so good a film {number} as there is 가나다" for number in range(4_000)]
MANY = TEXTS * 40
vectorizer = mm.BagVectorizer(n_jobs=2).fit(TEXTS)
expected = vectorizer.transform(TEXTS)

def same():
    found = vectorizer.transform(TEXTS)
    return (found != expected).nnz == 0 and mm.BagVectorizer(n_jobs=3).fit_transform(TEXTS).shape == expected.shape

def child(work):
    # What a child says by its exit status; one that hangs is ended.
    process = os.fork()
    if process == 0:
        signal.alarm(60)
        os._exit(0 if work() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
"""
CASES = {
    "another thread is inside the core": """
ended = threading.Event()
def work():
    while not ended.is_set():
        vectorizer.transform(MANY)
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
for moment in range(12):
    time.sleep(0.01 * moment)
    print(child(same), end=" ")
ended.set()
for thread in threads:
    thread.join()
print(same())
""",
    "the first call of all": """
threads = [threading.Thread(target=lambda: mm.Hangul()(TEXTS[0])) for _ in range(9)]
for thread in threads:
    thread.start()
print(child(same), child(lambda: len(mm.Hangul()("가나다")) == 3), same())
""",
    "a child of a child": """
def deeper(depth):
    return same() and (depth == 0 or child(lambda: deeper(depth - 1)) == 0) and same()
print(child(lambda: deeper(3)), same())
# Beyond so many generations all work is done on the calling thread.
def deepest(depth):
    return child(lambda: deepest(depth - 1)) == 0 if depth else same()
print(child(lambda: deepest(40)), same())
""",
    "a callback forks": """
statuses = []
def heard(done, total):
    if len(statuses) < 3:
        statuses.append(child(same))
words = [f"w{number} " + "0.5 " * 9 + "0.5\\n" for number in range(300_000)]
path = sys.argv[1] + "/vectors.txt"
open(path, "w").writelines(words)
vectors = mm.WordVectors.open(path)
vectors.matrix_for(mm.Vocabulary(["w1", "w299999"], [1, 1]), progress=lambda step, done, total: heard(done, total))
print(statuses[:1], same())
""",
    "a callback's child goes on": """
words = [f"w{number} " + "0.5 " * 9 + "0.5\\n" for number in range(300_000)]
path = sys.argv[1] + "/vectors.txt"
open(path, "w").writelines(words)
forked = []
def heard(step, done, total):
    if not forked:
        forked.append(os.fork())
        if forked[0] == 0:
            signal.alarm(60)
try:
    mm.WordVectors.open(path).matrix_for(mm.Vocabulary(["w1", "w299999"], [1, 1]), progress=heard)
finally:
    if forked and forked[0] == 0:
        os._exit(0)
status = os.waitstatus_to_exitcode(os.waitpid(forked[0], 0)[1])
print(status in (0, -signal.SIGABRT), same())
""",
    "an open table": """
path = sys.argv[1] + "/table.csv"
open(path, "w").write("text,label\\n" + "so good,a\\nso bad,b\\n" * 100_000)
feed = _core.ByteFeed(path)
rows = _core.DelimitedRows(feed, (ord(","), ord('"'), 9), 2, [0, 1])
assert rows.next_block().size > 0
def refused():
    try:
        rows.next_block()
    except RuntimeError as error:
        return "by the process that opened it" in str(error) and len(mm.read_corpus(path)) == 200_000
print(child(refused), rows.next_block().size > 0)
""",
    "a pool after heavy use": """
import multiprocessing
threads = [threading.Thread(target=vectorizer.transform, args=(MANY,)) for _ in range(8)]
for thread in threads:
    thread.start()
with multiprocessing.get_context("fork").Pool(3) as pool:
    found = pool.starmap_async(same, [()] * 9).get(120)
for thread in threads:
    thread.join()
print(found == [True] * 9, same())
""",
}
SAID = {
    "another thread is inside the core": "0 " * 12 + "True",
    "the first call of all": "0 0 True",
    "a child of a child": "0 True\n0 True",
    "a callback forks": "[0] True",
    "a callback's child goes on": "True True",
    "an open table": "0 True",
    "a pool after heavy use": "True True",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("case", CASES)
def test_a_child_works_whatever_the_threads_of_its_parent_did(case, tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", CHILD + CASES[case], str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.stdout.strip() == SAID[case], done.stderr


THREADS = """
import os, sys, threading
import numpy as np
import malmoi as mm
from malmoi import _core

texts = [f"so good a film {number} as there is" for number in range(3_000)]
words = _core.Splitter.whitespace(html=False, form=None, accents=False, lowercase=False)
def counted(threads):
    tally = _core.TokenTally(words, threads=threads, keep=False)
    tally.add(texts)
    return tally.counts()
def running():
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
expected, before = counted(1), running()
assert all(counted(threads) == expected for threads in (0, 2, 3, 100, 10**6, 2**63))
few = running() - before
work = [threading.Thread(target=lambda: results.append(counted(4) == expected)) for _ in range(40)]
results = []
for thread in work:
    thread.start()
for thread in work:
    thread.join()
print(results == [True] * 40, few < 512, running() - before < 512)
try:
    _core.TokenTally(words, threads=-1, keep=False)
except OverflowError:
    print("refused")
"""


def test_there_is_a_bound_on_threads_whatever_is_asked():
    done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.split() == ["True", "True", "True", "refused"], done.stderr
