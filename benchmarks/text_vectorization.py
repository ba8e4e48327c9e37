"""TextVectorization: malmoi beside Keras with TensorFlow, each in a process of its own, in turns, one run.

    python benchmarks/text_vectorization.py ../shared/data/imdb-train.parquet --keras PYTHON [--runs 5]

PYTHON is an environment with tensorflow and keras. A process reads the texts, calls the work once on 500 of them
(imports, caches, graphs), then once on all. Timed are `adapt` to all texts, and the call on all of them; the texts are
a list of str in memory. The peak is the memory of the whole process.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WARM = 500
JOBS = {
    "ids": {"max_tokens": 20_000, "output_sequence_length": 200},
    "counts of 2,000 words": {"max_tokens": 2_000, "output_mode": "count"},
    "ids of words and word pairs": {"max_tokens": 20_000, "output_sequence_length": 200, "ngrams": 2},
    "ids, a function splits": {"max_tokens": 20_000, "output_sequence_length": 200, "split": "function"},
}


def work(tool: str, settings: dict, texts: list[str]) -> dict:
    """Seconds of `adapt` and of the call; what they returned, in one number each."""
    if tool == "keras":
        os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
        import tensorflow as tf
        from keras.layers import TextVectorization

        function = lambda texts: tf.strings.split(texts, " ")  # noqa: E731
    else:
        import numpy as np

        from malmoi.keras.layers import TextVectorization

        function = lambda texts: np.char.split(texts, " ")  # noqa: E731
    settings = {**settings, **({"split": function} if settings.get("split") else {})}
    for some in (texts[:WARM], texts):
        vectorizer = TextVectorization(**settings)
        start = time.perf_counter()
        vectorizer.adapt(some)
        between = time.perf_counter()
        output = vectorizer(some)
        end = time.perf_counter()
    total = int(output.numpy().sum(dtype="int64") if tool == "keras" else output.sum(dtype="int64"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"adapt": between - start, "call": end - between, "total": total, "peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--keras", required=True)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    import polars as pl

    texts = pl.read_parquet(arguments.table)["text"].to_list()
    pythons = {"malmoi": sys.executable, "keras": arguments.keras}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.json"
        path.write_text(json.dumps(texts))
        print(f"{len(texts):,} texts, {sum(map(len, texts)) / 1e6:.0f} M characters, medians of {arguments.runs} runs")
        for name, settings in JOBS.items():
            found: dict[str, list[dict]] = {tool: [] for tool in pythons}
            for _ in range(arguments.runs):
                for tool, python in pythons.items():
                    command = [python, __file__, "--work", tool, json.dumps(settings), str(path)]
                    done = subprocess.run(command, capture_output=True, text=True, check=True)
                    found[tool].append(json.loads(done.stdout))
            assert len({run["total"] for runs in found.values() for run in runs}) == 1, "the outputs differ"
            report(name, found)


def report(name: str, found: dict[str, list[dict]]) -> None:
    print(f"\n{name}")
    median = {
        tool: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for tool, runs in found.items()
    }
    for tool, one in median.items():
        print(f"  {tool:7} adapt {one['adapt']:6.2f} s, call {one['call']:6.2f} s, peak {one['peak']:,.0f} MB")
    ratios = [median["keras"][key] / median["malmoi"][key] for key in ("adapt", "call")]
    print(f"  ratio   adapt {ratios[0]:.1f}, call {ratios[1]:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        given = json.loads(sys.argv[3]), json.loads(Path(sys.argv[4]).read_text())
        print(json.dumps(work(sys.argv[2], *given)))
    else:
        main()
