"""Real data, small models, and the texts that every test may use."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Tests are not timed: other processes may take the cores at any moment.
settings.register_profile("malmoi", deadline=None)
settings.load_profile("malmoi")
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ["MALMOI_RUNS"] = "none"  # of subprocesses too: tests leave no runs.db

DATA = Path(__file__).parents[2] / "shared" / "data"
TEXTS = ["so good", "really good film", "good fun", "so bad", "really bad film", "bad, dull"]
LABELS = ["pos", "pos", "pos", "neg", "neg", "neg"]


def pytest_collection_finish() -> None:
    """Let all tests share what JAX compiles; files of tests that import Keras themselves have no cache of it."""
    if "jax" in sys.modules:
        import jax

        from malmoi.foundation.library_changes import use_compilation_cache

        use_compilation_cache()
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)


@pytest.fixture(autouse=True)
def without_hook() -> Iterator[None]:
    """No test leaves the import hook for old Keras code installed: importing its module installs it."""
    yield
    hook = sys.modules.get("malmoi.keras.install")
    if hook is not None:
        hook.uninstall()


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data; skips where it is absent."""
    if not (DATA / "README.md").exists():
        pytest.skip(f"no real data at {DATA}")
    return DATA


@pytest.fixture
def texts() -> list[str]:
    return list(TEXTS)


@pytest.fixture
def labels() -> list[str]:
    return list(LABELS)


@pytest.fixture(scope="session")
def model():
    """A small trained classifier; tests must not change it."""
    import malmoi as mm

    classifier = mm.EmbeddingClassifier(
        mm.Flatten(hidden=4), max_tokens=50, max_length=5, embedding=mm.Learned(8), epochs=30, learning_rate=0.02
    )
    return classifier.fit(TEXTS, LABELS, validation=(["good", "bad"], ["pos", "neg"]))
