"""Makes the small data folders that the scripts of `examples/old_keras` read."""

from __future__ import annotations

import csv
import json
import pickle
import sys
import types
from collections import OrderedDict, defaultdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

Rows = list[tuple[str, str]]
"""(text, label) of every sample."""


def rows_of(data: Path | None, name: str, samples: int) -> Rows:
    """Return the first samples of a file of the data folder, one line each; without a folder, the built-in reviews."""
    import polars as pl

    if data is None:
        table = pl.read_ndjson((files("malmoi") / "samples" / "reviews-en.jsonl").read_bytes())
    else:
        table = pl.read_parquet(data / name)
    table = table.sample(min(samples, len(table)), seed=0, shuffle=True)
    return list(zip(table["text"], table["label"], strict=True))


def binary(rows: Rows) -> list[tuple[str, int]]:
    """Return each text on one line, and 1 where its label is positive."""
    return [(" ".join(text.split()), int(label in {"pos", "positive"})) for text, label in rows]


def imdb(folder: Path, data: Path | None) -> None:
    """Write the reviews as tables, and for the reference as Keras' `imdb.npz`."""
    import polars as pl

    from malmoi.keras.datasets import imdb

    for half in ("train", "test"):
        rows = binary(rows_of(data, f"imdb-{half}.parquet", 1000))
        rows = rows[::2] if data is None and half == "test" else rows
        names = [(text, ("neg", "pos")[label]) for text, label in rows]
        pl.DataFrame(names, ["text", "label"], orient="row").write_parquet(folder / f"imdb-{half}.parquet")
    random = np.random.RandomState(113)
    arrays = {}
    for half, (reviews, labels) in zip(
        ("train", "test"), imdb.load_data(folder, start_char=None, index_from=0), strict=True
    ):
        # load_data orders what the file holds by this seed: the file holds it before.
        order = np.arange(len(reviews))
        random.shuffle(order)
        arrays[f"x_{half}"], arrays[f"y_{half}"] = np.empty_like(reviews), np.empty_like(labels)
        arrays[f"x_{half}"][order], arrays[f"y_{half}"][order] = reviews, labels
    np.savez(folder / "imdb.npz", **arrays)


def newsgroups(folder: Path, data: Path | None) -> None:
    """Write one folder of text files per class, and word vectors in GloVe's text form."""
    counts: defaultdict[str, int] = defaultdict(int)
    for text, label in rows_of(data, "20ng.parquet", 2000):
        if counts[label] < 40 and (data is None or label < "misc"):
            counts[label] += 1
            (folder / "20_newsgroup" / label).mkdir(parents=True, exist_ok=True)
            (folder / "20_newsgroup" / label / f"{counts[label]:05}").write_text(
                text, encoding="latin-1", errors="replace"
            )
    path = folder / "glove.6B.50d.txt"
    if data is not None:
        path.write_bytes((data / "vectors" / "glove.6B.50d.first10361.txt").read_bytes())
    else:
        random = np.random.default_rng(0)
        words = ["the", "a", "film", "good", "bad", "and", "i", "it"]
        lines = [" ".join([word, *(f"{value:.4f}" for value in random.normal(size=50))]) for word in words]
        path.write_text("\n".join(lines) + "\n")


def weather(folder: Path, data: Path | None) -> None:
    """Write hourly values with a daily and a yearly period and noise; no real data."""
    random = np.random.default_rng(0)
    hours = np.arange(3000)
    temperature = 10 + 8 * np.sin(hours * 2 * np.pi / 8760) + 5 * np.sin(hours * 2 * np.pi / 24)
    columns = np.stack([temperature, 1000 + 10 * np.cos(hours / 50), 60 - temperature], axis=1)
    columns += random.normal(size=columns.shape)
    np.savetxt(folder / "weather.csv", columns, "%.2f", ",", header="temperature,pressure,humidity", comments="")


def messages(folder: Path, data: Path | None) -> None:
    """Write one message per line after its label and a tab."""
    if data is None:
        rows = [(text, ("ham", "spam")[label]) for text, label in binary(rows_of(None, "", 500))]
    else:
        rows = [(" ".join(text.split()), label) for text, label in rows_of(data, "sms-spam.parquet", 1000)]
    lines = "".join(f"{label}\t{text}\n" for text, label in rows)
    (folder / "SMSSpamCollection").write_text(lines, encoding="utf-8")


def corpus(folder: Path, data: Path | None) -> None:
    """Write one sentence per line."""
    lines = "".join(f"{text}\n" for text, _ in binary(rows_of(data, "mr.parquet", 1000)))
    (folder / "corpus.txt").write_text(lines, encoding="utf-8")


def reviews(folder: Path, data: Path | None) -> None:
    """Write texts and labels, 0 or 1, as comma-separated values."""
    with open(folder / "reviews.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(binary(rows_of(data, "mr.parquet", 500)))


def saved_model(folder: Path, data: Path | None) -> None:
    """Write `reviews.csv`, `texts.txt`, and by hand what Keras 2.2.4 would save: a pickled tokenizer and HDF5 files."""
    reviews(folder, data)
    texts = [text for text, _ in binary(rows_of(data, "mr.parquet", 500))]
    (folder / "texts.txt").write_text("".join(f"{text}\n" for text in texts[-60:]), encoding="utf-8")
    (folder / "tokenizer.pickle").write_bytes(pickled_tokenizer(texts))
    random = np.random.default_rng(0)
    shapes = {
        "embedding_1": {"embeddings": (500, 16)},
        "global_average_pooling1d_1": {},
        "dense_1": {"kernel": (16, 8), "bias": (8,)},
        "dense_2": {"kernel": (8, 1), "bias": (1,)},
    }
    weights = {
        layer: {name: random.normal(size=shape).astype(np.float32) for name, shape in parts.items()}
        for layer, parts in shapes.items()
    }
    write_hdf5(folder, weights)


def pickled_tokenizer(texts: list[str]) -> bytes:
    """Return a Tokenizer of keras_preprocessing 1.0 to 1.1 as Python's pickle."""
    from malmoi.keras.preprocessing.text import Tokenizer

    fitted = Tokenizer(num_words=500, oov_token="<UNK>")
    fitted.fit_on_texts(texts)
    kind = type("Tokenizer", (), {"__module__": "keras_preprocessing.text"})
    old: Any = kind()
    plain = ("num_words", "filters", "split", "lower", "char_level", "oov_token", "document_count")
    old.__dict__ = {name: getattr(fitted, name) for name in plain}
    old.word_counts = OrderedDict(fitted.word_counts)
    for name in ("word_docs", "index_docs"):
        setattr(old, name, defaultdict(int, getattr(fitted, name)))
    old.word_index, old.index_word = dict(fitted.word_index), dict(fitted.index_word)
    module = types.ModuleType("keras_preprocessing.text")
    module.Tokenizer = kind
    names = {"keras_preprocessing": types.ModuleType("keras_preprocessing"), "keras_preprocessing.text": module}
    before = {name: sys.modules.get(name) for name in names}
    sys.modules |= names
    try:
        return pickle.dumps(old, protocol=2)
    finally:
        for name, earlier in before.items():
            sys.modules.pop(name) if earlier is None else sys.modules.update({name: earlier})


def write_hdf5(folder: Path, weights: dict[str, dict[str, np.ndarray]]) -> None:
    """Write `model.h5`, `weights.h5` and `model.json` in the form of Keras 2.2.4."""
    import h5py

    config = {"class_name": "Sequential", "config": {"name": "sequential_1", "layers": layer_configs()}}
    about = {"keras_version": "2.2.4", "backend": "tensorflow"}
    (folder / "model.json").write_text(json.dumps(config | about))
    with h5py.File(folder / "model.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        file.attrs["training_config"] = json.dumps(TRAINING).encode()
        write_weights(file.create_group("model_weights"), weights, about)
        for name, value in about.items():
            file.attrs[name] = value.encode()
    with h5py.File(folder / "weights.h5", "w") as file:
        write_weights(file, weights, about)


def write_weights(group: Any, weights: dict[str, dict[str, np.ndarray]], about: dict[str, str]) -> None:
    """Write the weights of every layer to an HDF5 group, as Keras 2 does."""
    group.attrs["layer_names"] = [layer.encode() for layer in weights]
    for name, value in about.items():
        group.attrs[name] = value.encode()
    for layer, parts in weights.items():
        of_layer = group.create_group(layer)
        of_layer.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in parts]
        for name, array in parts.items():
            of_layer.create_dataset(f"{layer}/{name}:0", data=array)


def layer_configs() -> list[dict[str, Any]]:
    """Return the layers of the saved network, as Keras 2.2.4 writes them."""
    uniform = {"class_name": "RandomUniform", "config": {"minval": -0.05, "maxval": 0.05, "seed": None}}
    scaling = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}
    glorot = {"class_name": "VarianceScaling", "config": scaling}
    zeros = {"class_name": "Zeros", "config": {}}
    none = ("regularizer", "constraint")
    embedding: dict[str, Any] = {
        "name": "embedding_1", "trainable": True, "batch_input_shape": [None, 20], "dtype": "float32",
        "input_dim": 500, "output_dim": 16, "embeddings_initializer": uniform, "activity_regularizer": None,
        **{f"embeddings_{kind}": None for kind in none}, "mask_zero": False, "input_length": 20,
    }  # fmt: skip
    pooling = {"name": "global_average_pooling1d_1", "trainable": True}
    dense = [
        {
            "name": name, "trainable": True, "units": units, "activation": activation, "use_bias": True,
            "kernel_initializer": glorot, "bias_initializer": zeros, "activity_regularizer": None,
            **{f"{part}_{kind}": None for part in ("kernel", "bias") for kind in none},
        }
        for name, units, activation in (("dense_1", 8, "relu"), ("dense_2", 1, "sigmoid"))
    ]  # fmt: skip
    kinds = ("Embedding", "GlobalAveragePooling1D", "Dense", "Dense")
    configs = (embedding, pooling, *dense)
    return [{"class_name": kind, "config": config} for kind, config in zip(kinds, configs, strict=True)]


TRAINING = {
    "optimizer_config": {
        "class_name": "Adam",
        "config": {"lr": 0.001, "beta_1": 0.9, "beta_2": 0.999, "decay": 0.0, "epsilon": 1e-07, "amsgrad": False},
    },
    "loss": "binary_crossentropy",
    "metrics": ["accuracy"],
    "sample_weight_mode": None,
    "loss_weights": None,
}

MAKERS = {
    "imdb_lstm": imdb,
    "glove_newsgroups": newsgroups,
    "forecast_generator": weather,
    "one_hot_flatten": messages,
    "skipgram_word2vec": corpus,
    "char_generation": corpus,
    "pickled_tokenizer": saved_model,
    "tf_keras_text": reviews,
}
"""What makes the folder of a script."""
