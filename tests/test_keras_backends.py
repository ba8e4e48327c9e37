"""Which backend of Keras `malmoi.keras` chooses."""

import json
import os
import subprocess
import sys

import pytest

from malmoi.keras import backends

keras = pytest.importorskip("keras")


@pytest.fixture
def chosen(monkeypatch, tmp_path):
    """The backend that is chosen if only these modules are installed, and Keras was not imported."""

    def choose(*installed, written=None):
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        monkeypatch.setattr(backends, "_is_installed", lambda module: module in installed)
        monkeypatch.delitem(sys.modules, "keras", raising=False)
        if written is not None:
            (tmp_path / "keras.json").write_text(written)
        backends.choose_backend()
        return os.environ.get("KERAS_BACKEND")

    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    return choose


def test_the_first_installed_backend_replaces_tensorflow(chosen):
    assert chosen("jax", "torch") == "jax"


def test_torch_is_chosen_without_jax(chosen):
    assert chosen("torch") == "torch"


def test_nothing_is_chosen_where_nothing_is_installed(chosen):
    assert chosen() is None


def test_keras_default_is_left_where_it_works(chosen):
    assert chosen("jax", "tensorflow") is None


@pytest.mark.parametrize(
    "written", ["{", "[]", '{"backend": 3}', '{"backend": "a.b"}', '{"backend": "tensorflow"}', "{}"]
)
def test_a_file_without_a_usable_backend_is_as_none(chosen, written):
    assert chosen("jax", written=written) == "jax"


def test_an_installed_backend_of_the_file_is_left(chosen):
    assert chosen("jax", "torch", written='{"backend": "torch"}') is None


def test_a_choice_of_the_user_is_left(chosen, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert chosen("jax") == "torch"


@pytest.mark.parametrize("file", [None, {"floatx": "float32", "backend": "tensorflow"}])
def test_an_old_script_starts_on_jax(tmp_path, file):
    pytest.importorskip("jax")
    if file is not None:
        (tmp_path / "keras.json").write_text(json.dumps(file))
    code = """
from malmoi.keras.preprocessing.text import Tokenizer
from keras.models import Sequential
import keras
print(keras.backend.backend())
"""
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    environment["KERAS_HOME"] = str(tmp_path)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "jax\n"
