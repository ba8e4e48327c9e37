"""malmoi beside scikit-learn, fastText and model2vec: the table of the README.

    python benchmarks/peers.py ../shared/data --peers PYTHON [--seeds 3] [--threads 2]

Every tool is used as its documentation begins, without tuning for a data set: `malmoi.TextClassifier()` without the
extra `korean`, and with 200 labels `malmoi.FewLabelClassifier()` and the other texts unlabelled; scikit-learn's tf-idf
of 1-2-grams (of 1-5 characters for Korean) with logistic regression; fastText with word 2-grams and, for Korean,
characters of words (`fasttext_settings`); model2vec's embeddings with scikit-learn's logistic regression. model2vec's
own models have to be downloaded; here it gets the table of wordllama, 32,000 tokens by 256, which comes in that
package. PYTHON is an environment outside the project: `pip install scikit-learn fasttext-numpy2-wheel model2vec
wordllama safetensors`.

One process for each tool, set and seed, in turns. Timed are the training from texts in memory, and the prediction of
labels for all test texts; imports are not. The size is that of the model on disk, for model2vec with its table. With
200 labels the seed draws 100 texts of each class; elsewhere it is that of the tool. scikit-learn and model2vec draw
nothing.
"""

import argparse
import json
import os
import pickle
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from text_peers import run_json
from text_sets import SETS, Labelled, fasttext_settings

TOOLS = ("malmoi", "scikit-learn", "fastText", "model2vec")
JOBS = {"imdb": "IMDB", "nsmc": "NSMC", "trec": "TREC", "imdb-200": "IMDB, 200 labels"}
WARM = 200
"""Texts that are predicted before the clock starts."""


def malmoi(job: dict[str, Any], folder: Path) -> tuple[Callable[[list[str]], Any], Path]:
    import malmoi as mm

    path = folder / "model.malmoi"
    if job["unlabelled"]:
        model = mm.FewLabelClassifier(seed=job["seed"], n_jobs=job["threads"])
        model.fit(job["texts"], job["labels"], unlabelled=job["unlabelled"])
    else:
        model = mm.TextClassifier(seed=job["seed"], n_jobs=job["threads"]).fit(job["texts"], job["labels"])
    model.save(path)
    return model.predict, path


def scikit_learn(job: dict[str, Any], folder: Path) -> tuple[Callable[[list[str]], Any], Path]:
    from text_peers import tfidf_characters, tfidf_words

    model = (tfidf_characters if job["korean"] else tfidf_words)().fit(job["texts"], job["labels"])
    path = folder / "model.pickle"
    path.write_bytes(pickle.dumps(model))
    return model.predict, path


def fasttext(job: dict[str, Any], folder: Path) -> tuple[Callable[[list[str]], Any], Path]:
    from fasttext_peer import predict, prepare_plain, prepare_words, train

    names = sorted(set(job["labels"]))
    prepare = prepare_plain if job["korean"] else prepare_words
    pairs = [(text, names.index(label)) for text, label in zip(job["texts"], job["labels"], strict=True)]
    model = train({**job["fasttext"], "seed": job["seed"]}, prepare, pairs, job["threads"])
    path = folder / "model.bin"
    model.save_model(str(path))
    return lambda texts: [names[place] for place in predict(model, prepare, texts)[0]], path


def model2vec(job: dict[str, Any], folder: Path) -> tuple[Callable[[list[str]], Any], Path]:
    from model2vec import StaticModel
    from sklearn.linear_model import LogisticRegression

    embedder = StaticModel.from_pretrained(job["static"])
    head = LogisticRegression(max_iter=1000).fit(embedder.encode(job["texts"]), job["labels"])
    path = folder / "model"
    embedder.save_pretrained(path)
    (path / "head.pickle").write_bytes(pickle.dumps(head))
    return lambda texts: head.predict(embedder.encode(texts)), path


FITS = {"malmoi": malmoi, "scikit-learn": scikit_learn, "fastText": fasttext, "model2vec": model2vec}
IMPORTS = {"malmoi": "malmoi", "scikit-learn": "sklearn.pipeline", "fastText": "fasttext", "model2vec": "model2vec"}


def work(tool: str, path: Path) -> None:
    """Train and predict in this process; prints one line of JSON."""
    job = json.loads(path.read_text(encoding="utf-8"))
    sys.modules["kiwipiepy"] = None  # type: ignore[assignment]
    __import__(IMPORTS[tool])
    if tool != "malmoi":
        import sklearn.feature_extraction.text
        import sklearn.linear_model  # noqa: F401 -- imports are not timed
    with tempfile.TemporaryDirectory() as temporary:
        start = time.perf_counter()
        predict, saved = FITS[tool](job, Path(temporary))
        seconds = time.perf_counter() - start
        predict(job["test"][:WARM])
        start = time.perf_counter()
        found = list(predict(job["test"]))
        predicting = time.perf_counter() - start
        files = [saved] if saved.is_file() else [one for one in saved.rglob("*") if one.is_file()]
        size = sum(one.stat().st_size for one in files)
    hits = sum(str(one) == truth for one, truth in zip(found, job["truth"], strict=True))
    rate = len(found) / predicting
    print(json.dumps({"accuracy": hits / len(found), "seconds": seconds, "rate": rate, "size": size}))


def few(training: Labelled, rest: list[str], seed: int) -> tuple[Labelled, list[str]]:
    """100 texts of each class, and all other texts without their labels."""
    order = random.Random(seed).sample(range(len(training)), len(training))
    chosen = []
    for label in sorted(set(training.labels)):
        chosen += [place for place in order if training.labels[place] == label][:100]
    return training.taken(chosen), rest + [training.texts[place] for place in sorted(set(order) - set(chosen))]


def job_of(data: Path, name: str, seed: int, threads: int, static: Path) -> dict[str, Any]:
    import polars as pl

    of, _, labels = name.partition("-")
    training, test = next(SETS[of].parts(data, 0, quick=False))
    unlabelled: list[str] = []
    if labels:
        # Of the test texts nothing is used, also not without their labels.
        tested = set(test.texts)
        more = pl.read_parquet(data / f"{of}-unlabelled.parquet")["text"].to_list()
        training, unlabelled = few(training, more, seed)
        unlabelled = [text for text in unlabelled if text not in tested]
    return {
        "texts": training.texts,
        "labels": list(map(str, training.labels)),
        "unlabelled": unlabelled,
        "test": test.texts,
        "truth": list(map(str, test.labels)),
        "korean": SETS[of].korean,
        "fasttext": fasttext_settings(of, len(training)),
        "static": str(static),
        "seed": seed,
        "threads": threads,
    }


def static_model(peers: str, folder: Path) -> Path:
    """Write wordllama's table in model2vec's form, with the interpreter that has both."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import static_embeddings as s; from pathlib import Path;"
        "print(s.make_models(Path(sys.argv[2]), s.package_folder(sys.executable), ['a text'])"
        '["model2vec, wordllama\'s table"][1])'
    )
    here = str(Path(__file__).parent)
    done = subprocess.run([peers, "-c", code, here, str(folder)], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def measured(options: argparse.Namespace) -> dict[tuple[str, str], list[dict[str, float]]]:
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    threads = {name: str(options.threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")}
    with tempfile.TemporaryDirectory() as temporary:
        static = static_model(options.peers, Path(temporary))
        path = Path(temporary) / "job.json"
        for name in options.sets.split(","):
            for seed in range(options.seeds):
                path.write_text(json.dumps(job_of(options.data, name, seed, options.threads, static)), encoding="utf-8")
                for tool in TOOLS:
                    if seed and tool in ("scikit-learn", "model2vec") and "-" not in name:
                        continue
                    python = sys.executable if tool == "malmoi" else options.peers
                    run = run_json([python, __file__, "--work", tool, str(path)], os.environ | threads)
                    found.setdefault((name, tool), []).append(run)
                    print(name, seed, tool, run, file=sys.stderr)
    return found


def spread(values: list[float]) -> str:
    mean = f"{100 * statistics.mean(values):.1f}"
    return mean if len(values) < 2 else f"{mean} ± {100 * statistics.stdev(values):.1f}"


def table(found: dict[tuple[str, str], list[dict[str, float]]]) -> None:
    names = list(dict.fromkeys(name for name, _ in found))
    print(f"| | {' | '.join(TOOLS)} |\n|---|{'---|' * len(TOOLS)}")
    for name in names:
        cells = [spread([run["accuracy"] for run in found[name, tool]]) for tool in TOOLS]
        print(f"| {JOBS[name]}: accuracy, % | {' | '.join(cells)} |")
    forms = {"seconds": ("training, s", 1, ".1f"), "rate": ("texts/s", 1, ",.0f"), "size": ("model, MB", 1e6, ".1f")}
    for key, (title, unit, form) in forms.items():
        for name in names:
            middle = [statistics.median(run[key] for run in found[name, tool]) / unit for tool in TOOLS]
            print(f"| {JOBS[name]}: {title} | {' | '.join(format(one, form) for one in middle)} |")


def main() -> None:
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], Path(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--peers", required=True, help="interpreter of the environment with the peers")
    parser.add_argument("--sets", default=",".join(JOBS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    table(measured(parser.parse_args()))


if __name__ == "__main__":
    main()
