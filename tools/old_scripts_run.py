"""Runs one old Keras script, and saves or compares its predictions; `tools/old_scripts.py` starts it.

    python tools/old_scripts_run.py run [--old] [--save RUN.npz] [--compare RUN.npz] SCRIPT RESULT.json ARGUMENTS
    python tools/old_scripts_run.py saved-model FOLDER

The script is run as `python SCRIPT ARGUMENTS` would run it, after `random` and NumPy have got their seeds. Then the
variables `model` and `x_test` (one array, or a list of arrays) of the script are taken: `--save` keeps the weights, the
inputs and the predictions; `--compare` sets the kept weights and predicts the kept inputs. `--old` stands for an
interpreter with Keras 2: the names of its earlier releases are added, and `malmoi.keras.install` is an empty module.
This file imports nothing of malmoi.
"""

from __future__ import annotations

import argparse
import json
import random
import runpy
import sys
import time
from importlib.machinery import PathFinder
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np


def main() -> None:
    """Run what the command line says."""
    sys.path[:] = [path for path in sys.path if Path(path).resolve() != Path(__file__).resolve().parent]
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("script", type=Path)
    run.add_argument("result", type=Path)
    run.add_argument("--old", action="store_true")
    run.add_argument("--save", type=Path)
    run.add_argument("--compare", type=Path)
    run.add_argument("arguments", nargs="*")
    saved = commands.add_parser("saved-model")
    saved.add_argument("folder", type=Path)
    asked = parser.parse_args()
    if asked.command == "saved-model":
        write_saved_model(asked.folder)
    else:
        run_script(asked)


def run_script(asked: argparse.Namespace) -> None:
    """Run the script, then write what was found to `asked.result`."""
    if asked.old:
        use_earlier_names()
    else:
        sys.meta_path.insert(0, SeededKeras())
    random.seed(0)
    np.random.seed(0)
    sys.argv = [str(asked.script), *asked.arguments]
    sys.path.insert(0, str(asked.script.parent))
    start = time.perf_counter()
    names = runpy.run_path(str(asked.script), run_name="__main__")
    found: dict[str, Any] = {"seconds": time.perf_counter() - start}
    sys.stdout.flush()
    model, inputs = names["model"], names["x_test"]
    inputs = [np.asarray(part) for part in (inputs if isinstance(inputs, list) else [inputs])]
    if asked.save:
        arrays = {f"weight{number:03}": weight for number, weight in enumerate(model.get_weights())}
        arrays |= {f"input{number:03}": part for number, part in enumerate(inputs)}
        np.savez(asked.save, **arrays, predictions=predicted(model, inputs))
    if asked.compare:
        found |= differences(model, inputs, dict(np.load(asked.compare)))
    asked.result.write_text(json.dumps(found))


class SeededKeras:
    """Gives Keras 3 random numbers of its own: imports draw from `random`, and how often differs from run to run."""

    REPLACED: ClassVar = {
        "keras.src.random.seed_generator": ("python_random", random.Random(0)),
        # The same order of batches whenever they are shuffled: the number of workers decides how often they are.
        "keras.src.trainers.data_adapters.py_dataset_adapter": (
            "random",
            SimpleNamespace(shuffle=lambda order: random.Random(0).shuffle(order)),
        ),
    }
    """Modules that draw seeds and orders; what they call `random`, and what that is instead."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        """Find such a module, and replace its `random` once it was run."""
        if name not in self.REPLACED:
            return None
        spec = PathFinder.find_spec(name, path)
        execute = spec.loader.exec_module

        def seeded(module: Any) -> None:
            execute(module)
            setattr(module, *self.REPLACED[name])

        spec.loader.exec_module = seeded
        return spec


def predicted(model: Any, inputs: list[np.ndarray]) -> np.ndarray:
    """Predict for one array or several."""
    return np.asarray(model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0))


def differences(model: Any, inputs: list[np.ndarray], kept: dict[str, np.ndarray]) -> dict[str, Any]:
    """Compare inputs, and predictions with the kept weights, with those of the other interpreter."""
    weights, others = ([kept[name] for name in sorted(kept) if name.startswith(kind)] for kind in ("weight", "input"))
    same = len(inputs) == len(others) and all(map(np.array_equal, inputs, others))
    model.set_weights(weights)
    found = np.abs(predicted(model, others).astype(np.float64) - kept["predictions"])
    return {"same_inputs": same, "difference": float(found.max()), "predictions": found.size}


def use_earlier_names() -> None:
    """Add the names of Keras before 2.3 to Keras 2."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import keras_2_names

    del sys.path[0]
    keras_2_names.add()


def write_saved_model(folder: Path) -> None:
    """Train a tokenizer and a network on `reviews.csv` with old Keras, and save them as old scripts do."""
    import csv
    import pickle

    use_earlier_names()
    import keras
    from keras.preprocessing.sequence import pad_sequences
    from keras_preprocessing.text import Tokenizer

    keras.utils.set_random_seed(0)
    with open(folder / "reviews.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    texts, labels = [row[0] for row in rows], np.array([int(row[1]) for row in rows])
    tokenizer = Tokenizer(num_words=500, oov_token="<UNK>")
    tokenizer.fit_on_texts(texts)
    ids = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=20, padding="post", truncating="post")
    layers = keras.layers
    # What Keras before 2.3 made of `LSTM(16)`.
    recurrent = layers.LSTM(16, recurrent_activation="hard_sigmoid", implementation=1)
    embedding = layers.Embedding(500, 16, input_length=20, mask_zero=True)
    model = keras.Sequential(
        [embedding, layers.SpatialDropout1D(0.1), recurrent, layers.Dense(1, activation="sigmoid")]
    )
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    model.fit(ids, labels, epochs=8, verbose=0)
    model.save(folder / "model.h5")
    model.save_weights(folder / "weights.h5")
    (folder / "model.json").write_text(model.to_json())
    with open(folder / "tokenizer.pickle", "wb") as handle:
        pickle.dump(tokenizer, handle, protocol=2)


if __name__ == "__main__":
    main()
