import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import malmoi.foundation.imports
from malmoi import MalmoiError, MissingExtraError
from messages import without_reading

HEAVY = ("jax", "keras", "matplotlib", "polars", "scipy", "sklearn", "typer", "rich")


UNSET = {"JAX_COMPILATION_CACHE_DIR": None}


def start(code, *arguments, **environment):
    """Run code in a process of its own; a variable that is None is taken away."""
    environment = {name: value for name, value in {**os.environ, **environment}.items() if value is not None}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment)


def run(code, **environment):
    return start(code, **environment).stdout


def test_import_malmoi_loads_nothing_heavy():
    loaded = json.loads(run("import json, sys, malmoi; print(json.dumps(sorted(sys.modules)))"))
    assert not set(HEAVY) & set(loaded)
    assert "numpy" not in loaded


TRAINING = ("jax", "keras", "matplotlib", "polars", "scipy", "sklearn")
USES = {
    "load": "import malmoi.persistence; malmoi.load",
    "predict": "import malmoi.persistence, malmoi.cli.predict",
    "explain": "import malmoi.cli.explain, malmoi.models.occlusion",
    "forecast": "import numpy as np, malmoi as mm; mm.Forecaster(2).fit(np.arange(40.0)).forecast()",
    "check": "import malmoi as mm; mm.check((['so good', 'so bad'] * 20, [1, 0] * 20))",
    "bags": "import malmoi.models.base, malmoi.vectorizers.counting, malmoi.vectorizers.sparse",
}


@pytest.mark.parametrize("use", USES)
def test_loading_and_predicting_import_nothing_of_training(use):
    loaded = json.loads(run(f"import json, sys; {USES[use]}; print(json.dumps(sorted(sys.modules)))"))
    assert not {*TRAINING, "asyncio", "joblib", "narwhals"} & set(loaded)


MODEL = """
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from malmoi.foundation.light_estimators import LightClassifierMixin
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.state import State
from malmoi.models.task import Task, task_from_state
from malmoi.models.task_of_labels import classification_of
from malmoi.persistence import KINDS, Kind


@dataclass(frozen=True, eq=False)
class Fitted(FittedModel):
    input_kind: ClassVar[str] = "texts"
    task: Task
    kind = "Classifier"

    def outputs(self, inputs):
        return np.array([["good" in text] for text in inputs], dtype=np.float32).reshape(-1, 1)

    def parameters(self):
        return {}

    def to_state(self, examples=None):
        return State(self.task.to_state().header, {"weights": np.ones(3, np.float32)})

    @classmethod
    def from_state(cls, state):
        return cls(task_from_state(state))

    def changed_example(self, state):
        return None


class Classifier(LightClassifierMixin, ModelEstimator):
    def fit(self, texts, labels):
        self.fitted_ = Fitted(classification_of(labels)[0])
        return self

    def predict(self, texts):
        return self.fitted.predict(texts)


KINDS["Classifier"] = Kind("model:Fitted", "model:Classifier")
"""


def test_a_model_without_networks_is_saved_loaded_and_used_without_libraries_of_training(tmp_path):
    """The model's own module is a file beside the test, which imports what any model may."""
    (tmp_path / "model.py").write_text(MODEL)
    inputs = {"lines.txt": "good\nbad\n", "table.csv": "text\ngood\nbad\n"}
    inputs["table.jsonl"] = '{"text": "good"}\n{"text": "bad"}\n'
    for name, content in inputs.items():
        (tmp_path / name).write_text(content)
    code = """
import sys
import model
import malmoi as mm
from malmoi.cli.commands import run
model.Classifier().fit(["good", "bad"], ["pos", "neg"]).save("m.malmoi")
assert mm.load("m.malmoi", verify=True).predict(["good", "bad"]).tolist() == ["pos", "neg"]
assert mm.load("m.malmoi").score(["good"], ["pos"]) == 1
assert mm.persistence.read_header("m.malmoi")["versions"].keys() == {"malmoi", "numpy"}
for number, name in enumerate(sys.argv[1:]):
    assert run(["predict", "m.malmoi", name, "-o", f"{number}.csv"]) == 0
    print(name, sorted({"jax", "keras", "matplotlib", "polars", "scipy", "sklearn"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *inputs, "-"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        input=inputs["lines.txt"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )
    assert done.stdout.splitlines() == [f"{name} []" for name in (*inputs, "-")]
    assert without_reading(done.stderr) == []
    for number in range(4):
        lines = (tmp_path / f"{number}.csv").read_text().splitlines()
        assert [line.split(",")[0] for line in lines] == ["label", "pos", "neg"]


def test_keras_comes_without_pyplot_which_still_works_later():
    pytest.importorskip("keras")
    code = """
import sys
from malmoi.foundation.imports import import_keras
keras = import_keras()
assert not {"matplotlib", "matplotlib.pyplot", "scipy.stats"} & set(sys.modules)
if keras.version() > "3.8":  # earlier ones draw no galleries
    from keras.src.visualization import plot_image_gallery
    assert plot_image_gallery.plt.subplots.__module__ == "matplotlib.pyplot"
import scipy.stats, sklearn.utils.fixes, matplotlib.pyplot
assert sklearn.utils.fixes.scipy.stats.mode is scipy.stats.mode
assert type(sys.modules["matplotlib.pyplot"]).__name__ == "module"
print(keras.backend.backend())
"""
    assert run(code, KERAS_BACKEND="jax").strip() == "jax"


def test_a_module_that_is_already_there_is_left_alone():
    code = """
import sys, json
from malmoi.foundation.library_changes import standing_in
with standing_in("json", "no.such.module"):
    import json as inside
    assert inside is json
assert sys.modules["json"] is json and "no.such.module" not in sys.modules
"""
    run(code)


def test_what_a_killed_process_left_of_the_cache_is_compiled_again(tmp_path):
    pytest.importorskip("jax")
    code = """
from malmoi.foundation.library_changes import use_compilation_cache
use_compilation_cache()
import jax
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
print(jax.jit(lambda x: jax.numpy.sin(x) @ x)(jax.numpy.ones(9)))
"""
    environment = {**UNSET, "XDG_CACHE_HOME": str(tmp_path), "PYTHONWARNINGS": ""}
    answer = run(code, **environment)
    entries = list((tmp_path / "malmoi" / "jax").iterdir())
    assert entries
    for entry in entries:
        os.truncate(entry, entry.stat().st_size // 2)
    again = start(code, **environment)
    assert (again.stdout, again.stderr) == (answer, "")


def test_the_compilation_cache_is_where_the_user_says(tmp_path):
    pytest.importorskip("jax")
    code = """
import jax
from malmoi.foundation.library_changes import use_compilation_cache
use_compilation_cache()
print(jax.config.jax_compilation_cache_dir)
"""
    assert run(code, JAX_COMPILATION_CACHE_DIR=str(tmp_path)).strip() == str(tmp_path)


def test_a_missing_library_is_named_with_its_cure(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setenv("KERAS_BACKEND", "torch")

    def missing(name):
        raise ModuleNotFoundError("No module named 'keras'", name="keras")

    monkeypatch.setattr(malmoi.foundation.imports.importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"keras is missing; pip install 'malmoi\[networks\]'"):
        malmoi.foundation.imports.import_keras()


def test_nothing_is_downloaded_or_written_by_an_import(tmp_path):
    run("import malmoi, malmoi.data.corpus, malmoi.tokenizers", HOME=str(tmp_path))
    assert list(Path(tmp_path).iterdir()) == []


@pytest.mark.parametrize("use", [malmoi.foundation.imports.import_keras, malmoi.foundation.imports.warm_up])
def test_a_backend_that_cannot_train_is_refused(monkeypatch, use):
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    with pytest.raises(MalmoiError, match=r"variable KERAS_BACKEND must be one of jax, .*, got 'openvino'; unset it"):
        use()


def test_without_a_folder_for_it_there_is_no_compilation_cache(tmp_path):
    pytest.importorskip("jax")
    (tmp_path / "file").write_text("")
    code = """
import os, sys
import jax
from malmoi.foundation.library_changes import use_compilation_cache
for home in sys.argv[1:]:
    use_compilation_cache()
    print(jax.config.jax_compilation_cache_dir)
    os.environ.pop("JAX_COMPILATION_CACHE_DIR", None)
    jax.config.update("jax_compilation_cache_dir", None)
    os.environ["XDG_CACHE_HOME"] = home
use_compilation_cache()
print(jax.config.jax_compilation_cache_dir)
"""
    homes = [str(tmp_path / "file"), str(tmp_path)]
    answer = start(code, *homes, JAX_COMPILATION_CACHE_DIR="", XDG_CACHE_HOME=str(tmp_path)).stdout.splitlines()
    assert answer[0] in ("", "None")  # the user's empty setting
    assert answer[1:] == ["None", str(tmp_path / "malmoi" / "jax")]
