"""What malmoi changes of libraries, and uses of them that is not public, still fits and is still needed.

`docs/decisions/0021-what-we-change-of-libraries.md` has a row for each; a test that fails here after a library was
upgraded says which row to look at.
"""

import importlib.metadata
import inspect
import json
import os
import random
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl
from packaging.requirements import Requirement
from packaging.version import Version

import malmoi
from malmoi import Average, Flatten, MalmoiError, MissingExtraError, Recurrent
from malmoi.cli.commands import run
from malmoi.foundation import imports, library_changes
from malmoi.models.neural.engines.objective import Objective
from malmoi.models.neural.networks import Plan, build_model, kernels
from malmoi.models.neural.settings import OPTIMIZERS, Schedule, TrainingSettings, compile_model, embedding_of

keras = pytest.importorskip("keras")
jax = pytest.importorskip("jax")

ROOT = Path(__file__).parents[1]
SOURCE = Path(malmoi.__file__).parent


def in_process(code, *arguments, **environment):
    """What code prints in a process of its own."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    names = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=names).stdout


# Releases.


def requirements_of(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {found.name: found.specifier for found in map(Requirement, project["optional-dependencies"][extra])}


@pytest.mark.parametrize("library", library_changes.NEWEST_TESTED)
def test_the_installed_release_is_one_that_is_allowed(library):
    allowed = requirements_of("networks")[library]
    major, minor = library_changes.NEWEST_TESTED[library]
    assert f"<{major}.{minor + 1}" in str(allowed).split(",")
    assert Version(f"{major}.{minor}.99") in allowed
    assert Version(importlib.metadata.version(library)) in allowed


def test_installed_releases_are_tested_ones():
    assert library_changes.untested_versions() == []


@pytest.mark.parametrize(
    ("installed", "said"),
    [("99.0.1", True), ("{major}.{later}.0rc1", True), ("{major}.{minor}.99", False), ("0.1", False), ("what", False)],
)
def test_a_later_release_is_told(monkeypatch, capsys, installed, said):
    major, minor = library_changes.NEWEST_TESTED["keras"]
    installed = installed.format(major=major, minor=minor, later=minor + 1)
    of_others = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: installed if name == "keras" else of_others(name))
    sentence = (
        f"keras {installed} is newer than the newest tested release, {major}.{minor}; "
        f"if something fails: pip install 'keras<{major}.{minor + 1}'"
    )
    assert library_changes.untested_versions() == ([sentence] if said else [])
    assert run(["doctor"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert (f"warning {sentence}" in printed) is said


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (AttributeError("module 'jax' has no attribute 'core'"), MalmoiError, "cannot be imported: .*no attribute"),
        (ImportError("cannot import name 'core'"), MalmoiError, "cannot be imported: .*cannot import name"),
        (
            ModuleNotFoundError("No module named 'jax.core'", name="jax.core"),
            MissingExtraError,
            r"jax\.core is missing",
        ),
    ],
)
def test_an_import_that_fails_names_the_later_release(monkeypatch, error, kind, said):
    def fails(name):
        raise error

    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setattr(imports.importlib, "import_module", fails)
    if kind is MalmoiError:
        with pytest.raises(type(error), match=re.escape(str(error))):
            imports.import_keras()
    monkeypatch.setattr(imports, "untested_versions", lambda: ["keras 99 is later than the newest release tested"])
    with pytest.raises(kind, match=f"{said}.*; keras 99 is later than the newest release tested"):
        imports.import_keras()


# Nothing is replaced.


def test_private_names_and_stand_ins_are_in_one_module():
    private = re.compile(r"keras\.src|jax\._src|\b(optimizer|layer|model|keras|jax)\._[a-z]")
    placed = re.compile(r"sys\.modules\[[^\]]+\] = |sys\.modules\.(update|pop|setdefault)|del sys\.modules|meta_path")
    hook = SOURCE / "keras" / "hook"  # it changes Keras because a user asks for it
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if private.search(path.read_text("utf-8")) or placed.search(path.read_text("utf-8"))
        if not path.is_relative_to(hook)
    }
    # The names of private modules in pickles of old releases, and in configurations of models.
    named = {"keras/preprocessing/old_pickles.py", "keras/models/old_configs.py"}
    assert found == {"foundation/library_changes.py", *named}


def test_training_replaces_nothing_of_the_libraries():
    code = """
import sys
import types
import numpy as np
import malmoi as mm

LIBRARIES = ("jax", "keras", "sklearn", "numpy", "scipy")
VALUES = (types.FunctionType, types.BuiltinFunctionType, type)

def found():
    functions = {}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in LIBRARIES or not isinstance(module, types.ModuleType):
            continue
        for attribute, value in list(vars(module).items()):
            if isinstance(value, VALUES):
                functions[name, attribute] = value
            if isinstance(value, type) and value.__module__ == name:
                members = vars(value).items()
                functions |= {(name, attribute, member): item for member, item in members if callable(item)}
    return functions

def train(network, **settings):
    few = dict(max_tokens=9, max_length=4, embedding=mm.Learned(3, learning_rate=0.01), epochs=1, **settings)
    model = mm.EmbeddingClassifier(network, **few)
    model.fit(["so good", "so bad"] * 4, [1, 0] * 4).network_.summary(print_fn=lambda text: None)

train(mm.Flatten(2))  # what libraries import or make at their first use is there
before = found()
for network in (mm.Conv(2, 2), mm.Recurrent("gru", 2, bidirectional=True), mm.Recurrent("lstm", 2)):
    train(network, precision="bfloat16")
waves = [[[0.0], [1.0], [0.5]], [[1.0], [0.0], [0.5]]] * 4
mm.SeriesClassifier(mm.Recurrent("simple", 2), epochs=1).fit(np.array(waves), [0, 1] * 4)
after = found()
print(len(before) > 5000, [name for name, value in before.items() if after.get(name) is not value])
"""
    assert in_process(code) == "True []\n"


# Stand-ins. What is needed is asked of the newest releases: Keras 3.6 does not import matplotlib.

at_newest = pytest.mark.skipif(
    Version(importlib.metadata.version("keras")).release[:2] != library_changes.NEWEST_TESTED["keras"],
    reason="not the newest release of Keras",
)


@at_newest
def test_libraries_still_import_what_stands_in_for():
    code = """
import builtins, json, sys
from malmoi.foundation import library_changes

asked = set()
usual = builtins.__import__

def watching(name, globals=None, locals=None, fromlist=(), level=0):
    importer = (globals or {}).get("__name__", "").partition(".")[0]
    if level == 0 and importer in ("keras", "sklearn"):
        asked.update((importer, full) for full in (name, *(f"{name}.{part}" for part in fromlist or ())))
    return usual(name, globals, locals, fromlist, level)

builtins.__import__ = watching
with library_changes.standing_in(*library_changes.NOT_NEEDED_BY_KERAS):
    import keras
    import sklearn.base
print(json.dumps(sorted(asked)))
"""
    asked = set(map(tuple, json.loads(in_process(code, KERAS_BACKEND="jax"))))
    for name in library_changes.NOT_NEEDED_BY_SKLEARN:
        assert ("sklearn", name) in asked, f"scikit-learn does not import {name} any more"
    for name in set(library_changes.NOT_NEEDED_BY_KERAS) - set(library_changes.NOT_NEEDED_BY_SKLEARN):
        wanted = {("keras", name), ("keras", f"{name}.pyplot")}  # a package comes with its modules
        assert wanted & asked, f"Keras does not import {name} any more"


@at_newest
def test_imports_without_stand_ins_load_what_they_stand_in_for():
    code = "import sys, {0}; print(all(name in sys.modules for name in sys.argv[1:]))"
    of_sklearn, of_keras = library_changes.NOT_NEEDED_BY_SKLEARN, library_changes.NOT_NEEDED_BY_KERAS
    assert in_process(code.format("sklearn.base"), *of_sklearn) == "True\n"
    assert in_process(code.format("keras"), *of_keras, KERAS_BACKEND="jax") == "True\n"


# JAX.


def test_jax_tells_whether_its_threads_have_started():
    code = """
from malmoi.foundation.library_changes import jax_is_running
found = [jax_is_running()]
import jax
from jax._src.xla_bridge import backends_are_initialized
found.append(jax_is_running())
jax.numpy.ones(3).sum()
print([*found, jax_is_running()])
"""
    assert in_process(code) == "[False, False, True]\n"


def test_no_public_function_of_jax_tells_it():
    """When one does, use it: `backends` of `jax.extend` starts what it names."""
    import jax.extend.backend

    names = [*dir(jax), *dir(jax.extend.backend)]
    assert not [name for name in names if "initialized" in name.lower() and not name.startswith("_")]


def test_jax_warns_of_damaged_entries_of_its_cache(tmp_path):
    code = """
import os, sys, warnings
from pathlib import Path
from malmoi.foundation.library_changes import use_compilation_cache
use_compilation_cache()
warnings.resetwarnings()
import jax
names = "compilation_cache_dir", "persistent_cache_min_compile_time_secs", "persistent_cache_min_entry_size_bytes"
print([getattr(jax.config, f"jax_{name}") for name in names][1:])
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
for entry in Path(sys.argv[1]).glob("malmoi/jax/*"):
    os.truncate(entry, entry.stat().st_size // 2)
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    jax.jit(lambda x: jax.numpy.sin(x) @ x)(jax.numpy.ones(9))
print(any("Error reading persistent compilation cache entry" in str(warning.message) for warning in told))
"""
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    command = [sys.executable, "-c", code, str(tmp_path)]
    printed = [
        subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.splitlines()
        for _ in range(2)
    ]
    assert printed == [["[0.1, -1]", "False"], ["[0.1, -1]", "True"]]


def test_a_program_from_the_cache_gives_no_memory_of_numpy_away(tmp_path):
    """Before JAX 0.6 the second process says that it does: weights change when NumPy fills the memory again."""
    code = """
import numpy as np
from malmoi.foundation.library_changes import use_compilation_cache
use_compilation_cache()
import jax
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)

def epoch(state, batches):
    return jax.lax.scan(lambda state, batch: ({**state, "sum": state["sum"] + batch}, batch), state, batches)

memory = np.zeros(5000, np.uint8)
start = -memory.ctypes.data % 64  # JAX copies what is not aligned
frozen = memory[start : start + 4000].view(np.float32)
state = {"frozen": jax.numpy.asarray(frozen), "sum": jax.numpy.zeros(())}
after, _ = jax.block_until_ready(jax.jit(epoch, donate_argnums=0)(state, jax.numpy.arange(3.0)))
frozen += 1
print(np.asarray(after["frozen"]).max())
"""
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    command = [sys.executable, "-c", code]
    printed = [
        subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout for _ in range(2)
    ]
    assert printed == ["0.0\n", "0.0\n"]
    assert list(tmp_path.glob("malmoi/jax/*"))


# Libraries of linear algebra.


def threads_of_libraries():
    return [library["num_threads"] for library in threadpoolctl.threadpool_info()]


def test_libraries_compute_with_one_thread_in_a_block():
    with threadpoolctl.threadpool_limits(2):
        with library_changes.one_blas_thread():
            assert set(threads_of_libraries()) == {1}
        with pytest.raises(ZeroDivisionError), library_changes.one_blas_thread():
            raise ZeroDivisionError
        assert set(threads_of_libraries()) == {2}


def test_libraries_that_are_loaded_later_are_found():
    code = """
import numpy, threadpoolctl
from malmoi.foundation.library_changes import one_blas_thread
with one_blas_thread():
    before = len(threadpoolctl.threadpool_info())
import scipy.linalg, sklearn.cluster
threadpoolctl.threadpool_limits(2)
with one_blas_thread():
    after = threadpoolctl.threadpool_info()
print(len(after) > before, {one["num_threads"] for one in after})
"""
    assert in_process(code) == "True {1}\n"


def test_libraries_are_found_where_no_thread_can_be_started(monkeypatch):
    def refuse(*arguments):
        raise RuntimeError("can't start new thread")

    library_changes._libraries_of.cache_clear()
    monkeypatch.setattr(library_changes._thread, "start_new_thread", refuse)
    with library_changes.one_blas_thread():
        assert set(threads_of_libraries()) == {1}


@pytest.mark.skipif(sys.platform == "win32", reason="sets an alarm")
def test_no_interrupt_is_lost_while_libraries_are_looked_for():
    """By threadpoolctl itself, up to release 3.6, most of these are."""
    code = """
import signal, time
import numpy, scipy.linalg, threadpoolctl
from malmoi.foundation import library_changes
signal.signal(signal.SIGALRM, signal.default_int_handler)
lost = 0
for number in range(30):
    end = time.monotonic() + 2
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0005 + number * 0.0001)
        while time.monotonic() < end:
            library_changes._libraries_of.cache_clear()
            with library_changes.one_blas_thread():
                pass
        lost += 1
    except KeyboardInterrupt:
        pass
print(lost)
"""
    assert in_process(code) == "0\n"


# Keras.


def test_keras_does_not_use_jax_by_itself(tmp_path):
    code = """
import sys
sys.modules["tensorflow"] = None
import keras
print(keras.backend.backend())
"""
    environment = {**os.environ, "KERAS_HOME": str(tmp_path)}
    environment.pop("KERAS_BACKEND", None)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1, f"Keras uses {done.stdout.strip()} where nothing is said"
    assert "tensorflow" in done.stderr.splitlines()[-1]


def test_a_dtype_policy_holds_for_the_layers_of_a_block():
    before = keras.config.dtype_policy()
    with library_changes.compute_in("mixed_bfloat16"):
        layer = keras.layers.Dense(1)
    with pytest.raises(ZeroDivisionError), library_changes.compute_in("mixed_bfloat16"):
        raise ZeroDivisionError
    assert (layer.compute_dtype, layer.variable_dtype) == ("bfloat16", "float32")
    assert keras.config.dtype_policy() == before
    assert keras.layers.Dense(1).compute_dtype == "float32"


def test_importing_keras_leaves_global_random_states():
    """Keras 3.15 on JAX 0.10 draws from both generators, Keras 3.6 on JAX 0.6 from neither."""
    code = """
import random
import numpy
from malmoi.foundation.imports import import_keras
before = random.getstate(), numpy.random.get_state()[1].tolist()
import_keras()
print(random.getstate() == before[0], numpy.random.get_state()[1].tolist() == before[1])
"""
    assert in_process(code, KERAS_BACKEND="jax") == "True True\n"


def test_keras_draws_seeds_of_layers_from_pythons_generator():
    def drawn(seed):
        with library_changes.draw_seeds_from(seed):
            return keras.layers.Dropout(0.5).seed, keras.initializers.GlorotUniform().seed

    before = random.getstate()
    assert drawn(1) == drawn(1) != drawn(2)
    assert random.getstate() == before
    with pytest.raises(ZeroDivisionError), library_changes.draw_seeds_from(3):
        raise ZeroDivisionError
    assert random.getstate() == before


PLAN = Plan(Flatten(2), rows=6, length=3, dimension=2, units=1, activation="sigmoid")


def settings_of(optimizer, **settings):
    usual = {"learning_rate": 0.1, "epochs": 1, "batch_size": 2, "seed": 0, "patience": None}
    return TrainingSettings(optimizer, **{**usual, "embedding_learning_rate": None, **settings})


def test_saved_models_load_without_malmoi(tmp_path):
    models = {}
    for optimizer in ("adam", "rmsprop"):
        model = models[optimizer] = build_model(PLAN, seed=1)
        settings = settings_of(optimizer, embedding_learning_rate=0.01, schedule=Schedule("cosine", 9))
        compile_model(model, settings, Objective("binary_crossentropy"))
        kind = type(keras.optimizers.get(optimizer))
        assert type(model.optimizer) is not kind
        assert issubclass(type(model.optimizer), kind)
        model.save(tmp_path / f"{optimizer}.keras")
    code = """
import os, sys
sys.modules["malmoi"] = None
import keras, numpy
os.chdir(sys.argv[1])
for optimizer in sys.argv[2:]:
    model = keras.models.load_model(optimizer + ".keras")
    kinds = type(model.optimizer), type(model.get_layer("dense_1").kernel_initializer)
    print(kinds[0] is type(keras.optimizers.get(optimizer)), kinds[1] is keras.initializers.GlorotUniform)
    numpy.save(optimizer + ".npy", model.predict(numpy.array([[1, 2, 0]]), verbose=0))
"""
    assert in_process(code, tmp_path, *models, KERAS_BACKEND="jax") == "True True\n" * 2
    for optimizer, model in models.items():
        expected = model.predict(np.array([[1, 2, 0]]), verbose=0)
        assert np.allclose(np.load(tmp_path / f"{optimizer}.npy"), expected)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_takes_its_steps_by_update_step(optimizer):
    kind = type(keras.optimizers.get(optimizer))
    names = list(inspect.signature(kind.update_step).parameters)
    assert (names[0], *names[2:]) == ("self", "variable", "learning_rate")

    def changed(**settings):
        """Largest change of the embedding, and of all else, in one step."""
        model = build_model(PLAN, seed=1)
        compile_model(model, settings_of(optimizer, **settings), Objective("binary_crossentropy"))
        before = [np.array(variable) for variable in model.trainable_variables]
        gradients = [jax.numpy.ones(variable.shape) for variable in model.trainable_variables]
        model.optimizer.apply(gradients, model.trainable_variables)
        steps = [
            float(np.abs(np.array(v) - old).max()) for v, old in zip(model.trainable_variables, before, strict=True)
        ]
        at = [variable is embedding_of(model) for variable in model.trainable_variables].index(True)
        return steps.pop(at), max(steps)

    whole, still = changed(), changed(embedding_learning_rate=1e-30)
    assert whole[0] > 0
    # Of others, a part of the step does not depend on the learning rate, or is taken outside `update_step`.
    assert still[0] < whole[0] if optimizer in ("adafactor", "adamw", "ftrl") else still[0] == 0
    assert still[1] == whole[1] > 0
    slow = changed(schedule=Schedule("cosine", 1000))  # the first of 50 steps of warming up
    assert 0 < slow[1] < whole[1]


@pytest.mark.parametrize("cell", ["simple", "gru", "lstm"])
def test_recurrent_layers_read_by_inner_loop(monkeypatch, cell):
    from malmoi.models.neural.networks import recurrent

    layer = recurrent._recurrent_layers()[cell](2)
    of_keras = type(layer).__mro__[1]
    assert of_keras.__module__.startswith("keras.")
    names = list(inspect.signature(of_keras.inner_loop).parameters)
    assert names == list(inspect.signature(type(layer).inner_loop).parameters)
    assert names == ["self", "sequences", "initial_state", "mask", "training"]
    calls = []

    def watched(*arguments, **options):
        calls.append(options)
        return kernel(*arguments, **options)

    kernel = kernels.CELL_KERNELS[cell]
    monkeypatch.setitem(kernels.CELL_KERNELS, cell, watched)
    layer(np.ones((2, 3, 4), np.float32), mask=np.ones((2, 3), bool))
    assert calls == [{"backwards": False}]


def test_bidirectional_copies_its_first_layer_without_our_initializers():
    from malmoi.models.neural.networks import weights

    def layer(**settings):
        initializers = {"kernel_initializer": weights.glorot_uniform(1), "recurrent_initializer": weights.orthogonal(2)}
        return keras.layers.GRU(2, **initializers, **settings)

    def kinds():
        both = keras.layers.Bidirectional(layer(), backward_layer=layer(go_backwards=True))
        cell = both.forward_layer.cell
        return type(cell.kernel_initializer), type(cell.recurrent_initializer)

    assert kinds() == (keras.initializers.GlorotUniform, keras.initializers.Orthogonal), "no scope is needed any more"
    with weights.copies_draw_alike():
        assert kinds() == (type(weights.glorot_uniform(1)), type(weights.orthogonal(2)))
    model = build_model(Plan(Recurrent("gru", 2, bidirectional=True), 6, 3, 2, 1, "sigmoid"))
    cell = model.get_layer("gru_1").forward_layer.cell
    assert type(cell.recurrent_initializer) is type(weights.orthogonal(2))


def test_the_state_of_the_process_is_as_before_when_a_model_was_built():
    before = keras.config.dtype_policy(), random.getstate()
    build_model(Plan(Average(), 6, 3, 2, 1, "sigmoid", precision="bfloat16"))
    assert (keras.config.dtype_policy(), random.getstate()) == before
