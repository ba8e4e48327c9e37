"""A small model file of every kind as header and arrays, made without training a network; and how files are packed."""

from __future__ import annotations

import hashlib
import json
import struct
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

import malmoi as mm
from malmoi.persistence import FORMAT, FRONT, MAGIC
from malmoi.persistence.container import read_parts

DATA = Path(__file__).parent / "data"
TEXTS = ["so good", "really good film", "good fun", "so bad", "really bad film", "bad, dull"] * 4
LABELS = ["pos", "pos", "pos", "neg", "neg", "neg"] * 4
Contents = tuple[dict[str, Any], dict[str, np.ndarray]]


def packed(header: dict[str, Any] | bytes, arrays: dict[str, np.ndarray] | bytes) -> bytes:
    """A file whose lengths and checksum fit its content, whatever that is."""
    said = header if isinstance(header, bytes) else json.dumps(header).encode()
    tensors = arrays
    if not isinstance(tensors, bytes):
        tensors = safetensors.numpy.save({name: np.ascontiguousarray(one) for name, one in tensors.items()})
    digest = hashlib.sha256(struct.pack("<IQQ", FORMAT, len(said), len(tensors)) + said + tensors).digest()
    return FRONT.pack(MAGIC, FORMAT, len(said), len(tensors), digest) + said + tensors


def written(path: Path, header: dict[str, Any] | bytes, arrays: dict[str, np.ndarray] | bytes) -> Path:
    """Write such a file."""
    path.write_bytes(packed(header, arrays))
    return path


def contents(path: Path) -> Contents:
    """Header and arrays of a file."""
    parts = read_parts(path)
    return parts.header, parts.arrays()


def _of(model: Any) -> Contents:
    state, fitted = model.fitted.to_state(), model.fitted
    return json.loads(json.dumps({**state.header, "kind": fitted.kind, "versions": {"malmoi": "0"}})), state.arrays


def _network(network: dict[str, Any]) -> dict[str, Any]:
    row = {"loss": 0.5, "accuracy": 1.0, "validation_loss": None, "validation_accuracy": None}
    return {
        "versions": {"malmoi": "0", "keras": "3"},
        "history": [{**row, "error": None, "validation_error": None}],
        "kept_epoch": None,
        "note": None,
        "network": {"dropout": 0.0, "hidden": [], "l2": 0.0, **network},
        "class_weight": None,
    }


def text_network(network: dict[str, Any] | None = None, **embedding: Any) -> Contents:
    """A network of texts with zero weights, behind an embedding of 4 numbers for 6 rows."""
    weights = {
        "embedding/embeddings": np.zeros((6, 4), np.float32),
        "probabilities/kernel": np.zeros((4, 1), np.float32),
        "probabilities/bias": np.zeros(1, np.float32),
        "vocabulary/counts": np.array([3, 2, 1], np.int64),
    }
    learned = {"kind": "Learned", "dimension": 4, "learning_rate": None, "trainable": True}
    settings = {"max_tokens": 6, "max_length": 10, "min_count": 1, "padding": "pre", "truncating": "pre"}
    training = {"optimizer": "adam", "learning_rate": None, "epochs": 1, "batch_size": 32, "seed": 0}
    header = {
        **_network(network or {"kind": "Average", "pooling": "mean"}),
        "kind": "EmbeddingClassifier",
        "classes": {"form": "class", "kind": "str", "values": ["n", "p"]},
        "embedding": {**learned, **embedding},
        "examples": [{"text": "good film", "probabilities": [0.5, 0.5]}],
        "facts": {"coverage": None, "cut_share": 0.0, "samples": 4, "unknown_share": 0.0, "validation_samples": 0},
        "settings": {**settings, **training, "patience": None, "precision": "float32"},
        "tokens": {"kind": "Pattern", "pattern": "\\w+", "lowercase": True},
        "words": ["film", "good", "bad"],
    }
    return header, weights


def series_network() -> Contents:
    """A network of series of two features and three classes with zero weights."""
    arrays = {
        "probabilities/kernel": np.zeros((2, 3), np.float32),
        "probabilities/bias": np.zeros(3, np.float32),
        "scale/means": np.zeros(2),
        "scale/scales": np.ones(2),
        "example/0": np.ones((6, 2), np.float32),
    }
    training = {"optimizer": "adam", "learning_rate": None, "epochs": 1, "batch_size": 32, "seed": 0}
    header = {
        **_network({"kind": "Average", "pooling": "mean"}),
        "kind": "SeriesClassifier",
        "classes": {"form": "class", "kind": "str", "values": ["a", "b", "c"]},
        "examples": [[1 / 3, 1 / 3, 1 / 3]],
        "feature_names": [],
        "length": 6,
        "validation_samples": 0,
        "averaged_steps": 1,
        "training": None,
        "settings": {
            **training,
            "missing": "refuse",
            "normalize": "training",
            "max_time_steps": None,
            "schedule": "cosine",
            "steps": None,
            "patience": None,
            "precision": "float32",
        },
    }
    return header, arrays


def _series() -> tuple[np.ndarray, np.ndarray]:
    steps = np.sin(np.arange(12 * 20 * 2)).reshape(12, 20, 2).astype(np.float32)
    return steps, np.arange(12) % 2


def _fasttext() -> Any:
    settings = {"dimension": 4, "epochs": 2, "buckets": 50, "characters": (1, 2), "calibration": None}
    return mm.FastTextClassifier(**settings).fit(TEXTS, ["a", "b", "c", "d"] * 6)


@cache
def small_model(kind: str) -> Contents:
    """Header and arrays of a small model; they must not be changed."""
    return {
        "bag": lambda: _of(mm.BagClassifier().fit(TEXTS, LABELS)),
        "bag of sets": lambda: _of(mm.BagClassifier(C=2.0, weighting="tfidf").fit(TEXTS, [["a"], ["a", "b"], []] * 8)),
        "hashed bag": lambda: _of(mm.BagClassifier(buckets=64, calibration="isotonic").fit(TEXTS, LABELS)),
        "bag of numbers": lambda: _of(mm.BagRegressor(C=2.0).fit(TEXTS, np.arange(48.0).reshape(24, 2))),
        "fasttext": lambda: _of(mm.FastTextClassifier(dimension=3, epochs=2, buckets=50).fit(TEXTS, LABELS)),
        "quantised fasttext": lambda: _of(_fasttext().quantize(part=2)),
        "few labels": lambda: contents(DATA / "few-labels-1.malmoi"),
        "forecaster": lambda: _of(mm.Forecaster(3, history=4).fit(np.sin(np.arange(60.0)) + np.arange(60.0) % 4)),
        "minirocket": lambda: _of(mm.MiniRocketClassifier(kernels=84).fit(*_series())),
        "minirocket of numbers": lambda: _of(
            mm.MiniRocketRegressor(kernels=84, padding="zeros").fit(_series()[0], np.arange(12.0))
        ),
        "text network": text_network,
        "old text network": lambda: contents(DATA / "format-1.malmoi"),
        "series network": series_network,
    }[kind]()


KINDS = (
    "bag",
    "bag of sets",
    "hashed bag",
    "bag of numbers",
    "fasttext",
    "quantised fasttext",
    "few labels",
    "forecaster",
    "minirocket",
    "minirocket of numbers",
    "text network",
    "old text network",
    "series network",
)
