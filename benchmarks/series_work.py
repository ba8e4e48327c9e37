"""One side of benchmarks/series.py: fits and predicts in a process of its own, told what to do line by line.

    python benchmarks/series_work.py malmoi|logistic|aeon

"logistic" is malmoi with a logistic regression alone.
"""

import json
import resource
import sys
import time

import numpy as np


def classifier(tool: str, seed: int):
    """A new MiniRocket classifier of a tool, on all cores."""
    if tool != "aeon":
        import malmoi as mm

        if tool == "logistic":
            return mm.MiniRocketClassifier(linear="logistic", seed=seed)
        return mm.SeriesClassifier(seed=seed)
    import os

    from aeon.classification.convolution_based import MiniRocketClassifier

    return MiniRocketClassifier(random_state=seed, n_jobs=os.cpu_count())


def series_of(tool: str, values: np.ndarray, lengths: np.ndarray):
    """Series as the tool takes them; aeon's have zeros behind them, which its MiniRocket needs."""
    if tool == "aeon":
        return np.ascontiguousarray(values.swapaxes(1, 2))
    return [one[:length] for one, length in zip(values, lengths, strict=True)]


def main() -> None:
    tool = sys.argv[1]
    for line in sys.stdin:
        path, seed = json.loads(line)
        data = dict(np.load(path))
        training, test = (series_of(tool, data[name], data[f"{name}_lengths"]) for name in ("X", "Z"))
        start = time.perf_counter()
        model = classifier(tool, seed).fit(training, data["y"])
        fitted = time.perf_counter()
        right = float((model.predict(test) == data["z"]).mean())
        done = time.perf_counter()
        sure = float(model.predict_proba(test).max(axis=1).mean()) if tool != "aeon" else None
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([fitted - start, done - fitted, right, memory, sure]), flush=True)


main()
