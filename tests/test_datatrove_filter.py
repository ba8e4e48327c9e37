"""The filter of `examples/datatrove_filter.py` in pipelines of datatrove. `make test-extras`.

Skipped unless MALMOI_DATATROVE_PYTHON names a Python that has datatrove and the dependencies of malmoi.
"""

import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

import malmoi as mm
from adapter_cases import TEXTS, documented, saved_models

PEER = os.environ.get("MALMOI_DATATROVE_PYTHON")
pytestmark = pytest.mark.skipif(not PEER, reason="MALMOI_DATATROVE_PYTHON names no Python with datatrove")
EXAMPLES = Path(__file__).parents[1] / "examples"
DOCUMENTS = [{"text": text or "", "id": str(number)} for number, text in enumerate(TEXTS * 20)]


def run(code, folder):
    """Run code with datatrove in a folder."""
    paths = os.pathsep.join([str(Path(mm.__file__).parents[1]), str(EXAMPLES)])
    environment = {**os.environ, "PYTHONPATH": paths}
    (folder / "script.py").write_text(code, encoding="utf-8")
    command = [PEER, "script.py"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def lines_of(folder):
    """Return the documents that a writer wrote, by id."""
    texts = [gzip.decompress(path.read_bytes()).decode() for path in folder.glob("*.gz")]
    found = [json.loads(line) for text in texts for line in text.split("\n") if line]
    assert len({one["id"] for one in found}) == len(found)
    return {one["id"]: one for one in found}


@pytest.fixture
def folder(tmp_path):
    """A folder with models, and documents in three files, one of which is empty."""
    saved_models(tmp_path)
    (tmp_path / "films.malmoi").symlink_to(tmp_path / "words.malmoi")
    (tmp_path / "documents").mkdir()
    for place, part in enumerate((DOCUMENTS[:150], DOCUMENTS[150:], [])):
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in part)
        (tmp_path / "documents" / f"{place}.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def expected(model, column, threshold):
    """Return what is kept, and why the rest is removed, from a prediction here of all texts at once."""
    probabilities = mm.distributed.Scorer(model).predict([one["text"] for one in DOCUMENTS])[column].to_list()
    kept, removed = {}, {}
    for one, probability in zip(DOCUMENTS, probabilities, strict=True):
        if probability is not None and probability >= threshold:
            kept[one["id"]] = (one["text"], probability)
        else:
            removed[one["id"]] = (one["text"], "no_text" if probability is None else "below_threshold")
    return kept, removed


def test_the_pipeline_of_the_page_keeps_by_class_and_threshold(folder):
    done = run(documented("datatrove"), folder)
    assert done.returncode == 0, done.stderr
    wanted, dropped = expected(folder / "words.malmoi", "probability_pos", 0.7)
    assert any("\n" in text for text, _ in [*wanted.values(), *dropped.values()])
    kept = {key: (one["text"], one["metadata"]["probability_pos"]) for key, one in lines_of(folder / "kept").items()}
    assert kept == {key: (text, pytest.approx(value, abs=0)) for key, (text, value) in wanted.items()}
    removed = lines_of(folder / "removed")
    assert {key: (one["text"], one["metadata"]["filter_reason"]) for key, one in removed.items()} == {
        key: (text, reason) for key, (text, reason) in dropped.items() if text
    }
    stats = json.loads((folder / "logs" / "stats.json").read_text(encoding="utf-8"))[1]["stats"]
    reasons = [reason for text, reason in dropped.values() if text]
    assert stats["forwarded"] == len(wanted)
    assert stats["dropped_below_threshold"] == reasons.count("below_threshold")
    assert stats["dropped_no_text"] == reasons.count("no_text")
    assert stats["total"] == len(wanted) + len(reasons)
    assert stats["probability"]["n"] == len(wanted) + reasons.count("below_threshold")


MANY = """
from datatrove.data import Document
from datatrove_filter import ClassifierFilter
import json, pickle

documents = json.load(open("documents.json"))
for model, label in (("words", "좋음"), ("several", "a b"), ("numbers", 1), ("true", True)):
    for size in (1, 2, 7, 1000):
        step = pickle.loads(pickle.dumps(ClassifierFilter(f"{model}.malmoi", label, 0.4, batch_size=size)))
        kept = list(step.run(Document(text=one["text"], id=one["id"]) for one in documents))
        print(json.dumps([model, str(label), size, [[one.id, one.text, list(one.metadata.values())] for one in kept]]))
    one = Document(text="good film", id="x")
    assert ClassifierFilter(f"{model}.malmoi", label, 0.0).filter(one) is True
for settings in (("words.malmoi", "post"), ("regression.malmoi", "number"), ("words.malmoi", "pos", 2)):
    try:
        ClassifierFilter(*settings)
    except ValueError as error:
        print(json.dumps(str(error)))
try:
    ClassifierFilter("words.malmoi", "pos", batch_size=0)
except ValueError as error:
    print(json.dumps(str(error)))
"""


def test_batches_of_any_size_give_the_same_and_mistakes_are_named(folder):
    (folder / "documents.json").write_text(json.dumps(DOCUMENTS), encoding="utf-8")
    done = run(MANY, folder)
    assert done.returncode == 0, done.stderr
    *results, label, regression, threshold, batch_size = map(json.loads, done.stdout.splitlines())
    assert len(results) == 16
    for model, name, _, found in results:
        kept, _ = expected(folder / f"{model}.malmoi", f"probability_{name}", 0.4)
        assert found == [[key, text, [value]] for key, (text, value) in kept.items()]
        assert 0 < len(found) < len(DOCUMENTS)
    assert label == "label must be one of the classes of the model, neg, pos, 좋음, got post"
    assert regression == "label must be one of the classes of the model, none, got number"
    assert threshold == "threshold must be from 0 to 1, got 2"
    assert batch_size == "batch_size must be 1 or more, got 0"
