"""Static sentence embeddings beside model2vec and wordllama: the same embeddings, texts a second, and what they bring.

    python benchmarks/static_embeddings.py ../shared/data --peer PYTHON [--runs 3] [--accuracy]

`--peer` is the interpreter of an environment with model2vec and wordllama, which carries its model. Every run is a
process of its own, ours and the peer's in turns; only the embedding is timed. model2vec gets wordllama's table, and a
random one with a WordPiece tokenizer of 30,000 tokens trained on IMDB, the kind of most of its models.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DRAWS, LABELS_A_CLASS = 5, 20
WORDLLAMA = ("weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json")


def ours(folder: str) -> Callable[[list[str]], Any]:
    from malmoi import TextEmbedder

    return TextEmbedder.open(folder).transform


def model2vec(folder: str) -> Callable[[list[str]], Any]:
    from model2vec import StaticModel

    return StaticModel.from_pretrained(folder).encode


def wordllama(folder: str) -> Callable[[list[str]], Any]:
    from wordllama import WordLlama

    # Its package has the tokenizer in a folder in which it does not look by itself.
    return WordLlama.load(cache_dir=Path(folder), disable_download=True).embed


TOOLS = {"ours": ours, "model2vec": model2vec, "wordllama": wordllama}


def work(tool: str, folder: str, texts: Path, target: Path) -> None:
    """Embed texts in this process; prints the seconds."""
    import numpy as np

    embed = TOOLS[tool](folder)
    lines = [json.loads(line) for line in texts.open(encoding="utf-8")]
    embed(lines[:3])
    started, used = time.perf_counter(), time.process_time()
    rows = embed(lines)
    print(json.dumps({"seconds": time.perf_counter() - started, "cpu": time.process_time() - used}))
    np.save(target, rows)


def package_folder(peer: str) -> Path:
    code = "import importlib.util; print(importlib.util.find_spec('wordllama').submodule_search_locations[0])"
    return Path(subprocess.run([peer, "-c", code], capture_output=True, text=True, check=True).stdout.strip())


def make_models(folder: Path, package: Path, texts: list[str]) -> dict[str, tuple[str, str]]:
    """Folders of model2vec's form: wordllama's table, and a random one with WordPiece; title to tool and folder."""
    import numpy as np
    from safetensors.numpy import load_file, save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=30_000, special_tokens=["[PAD]", "[UNK]"], show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    random = np.random.default_rng(0).normal(size=(tokenizer.get_vocab_size(), 256)).astype(np.float32)
    table = load_file(package / WORDLLAMA[0])["embedding.weight"].astype(np.float32)
    for name, rows, text in (
        ("wordpiece", random, tokenizer.to_str()),
        ("bpe", table, (package / WORDLLAMA[1]).read_text(encoding="utf-8")),
    ):
        (folder / name).mkdir()
        save_file({"embeddings": rows}, folder / name / "model.safetensors")
        (folder / name / "tokenizer.json").write_text(text, encoding="utf-8")
        (folder / name / "config.json").write_text('{"normalize": true, "max_length": 512}')
    return {
        "wordllama 256": ("wordllama", str(package)),
        "model2vec, WordPiece": ("model2vec", str(folder / "wordpiece")),
        "model2vec, wordllama's table": ("model2vec", str(folder / "bpe")),
    }


def speed(data: Path, peer: str, runs: int) -> None:
    import numpy as np
    import polars as pl

    imdb = pl.read_parquet(data / "imdb-train.parquet")["text"].to_list()
    sets = {"TREC": pl.read_parquet(data / "trec.parquet")["text"].to_list(), "IMDB": imdb[:: len(imdb) // 5_000]}
    print("| texts | model | ours, texts/s | peer, texts/s | ratio | processor time | largest difference |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tools = make_models(folder, package_folder(peer), imdb[:2_000])
        for title, texts in sets.items():
            path = folder / f"{title}.jsonl"
            path.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="utf-8")
            for model, (tool, place) in tools.items():
                found: dict[str, list[dict[str, float]]] = {"ours": [], tool: []}
                for _ in range(runs):
                    for name, python in (("ours", sys.executable), (tool, peer)):
                        command = [python, __file__, "--work", name, place, str(path), str(folder / f"{name}.npy")]
                        done = subprocess.run(command, capture_output=True, text=True, check=True)
                        found[name].append(json.loads(done.stdout.splitlines()[-1]))
                median = {
                    (name, unit): statistics.median(one[unit] for one in times)
                    for name, times in found.items()
                    for unit in ("seconds", "cpu")
                }
                rows = [np.load(folder / f"{name}.npy") for name in found]
                rates = [len(texts) / median[name, "seconds"] for name in found]
                print(
                    f"| {title} | {model} | {rates[0]:,.0f} | {rates[1]:,.0f} | {rates[0] / rates[1]:.1f} "
                    f"| {median['ours', 'cpu'] / median[tool, 'cpu']:.2f} of the peer's "
                    f"| {np.abs(rows[0] - rows[1]).max():.1e} |",
                    flush=True,
                )


def rotated(rows: Any, others: Any) -> tuple[Any, Any]:
    """Rows in as many dimensions as there are of them, and others beside: the same for a ridge penalty, and quick."""
    import numpy as np

    products = rows @ rows.T
    squares, directions = np.linalg.eigh(products.toarray() if hasattr(products, "toarray") else products)
    kept = squares > squares.max() * 1e-9
    lengths, directions = np.sqrt(squares[kept]), directions[:, kept]
    products = others @ rows.T
    return directions * lengths, np.asarray(products @ directions) / lengths


def accuracy(data: Path, peer: str) -> None:
    """Twenty labels a class: logistic regression on wordllama's embeddings, on our tf-idf bag, and on both."""
    import numpy as np
    import polars as pl
    from scipy.sparse import hstack
    from sklearn.linear_model import LogisticRegressionCV

    from malmoi import BagVectorizer, TextEmbedder

    embedder = TextEmbedder.open(package_folder(peer), norm="l2")
    print("| set | tf-idf | wordllama | concatenated | averaged |\n|---|---|---|---|---|")
    for name in ("trec", "20ng"):
        table = pl.read_parquet(data / f"{name}.parquet")
        training, test = (table.filter(pl.col("split") == split) for split in ("train", "test"))
        texts, labels = training["text"].to_list(), training["label"].to_numpy()
        vectors, test_vectors = embedder.transform(texts), embedder.transform(test["text"])
        truth, scores = test["label"].to_numpy(), []
        for seed in range(DRAWS):
            random = np.random.default_rng(seed)
            chosen = np.concatenate(
                [random.permutation(np.flatnonzero(labels == label))[:LABELS_A_CLASS] for label in np.unique(labels)]
            )
            bag = BagVectorizer(weighting="tfidf")
            rows, test_rows = bag.fit_transform([texts[place] for place in chosen]), bag.transform(test["text"])
            both = hstack([rows, vectors[chosen]]).tocsr(), hstack([test_rows, test_vectors]).tocsr()
            probabilities = []
            for pair in ((rows, test_rows), (vectors[chosen].astype(np.float64), test_vectors), both):
                given, asked = rotated(*pair)
                model = LogisticRegressionCV(
                    Cs=(1, 10, 100),
                    cv=4,
                    scoring="accuracy",
                    max_iter=1_000,
                    l1_ratios=(0,),
                    use_legacy_attributes=False,
                )
                probabilities.append(model.fit(given, labels[chosen]).predict_proba(asked))
            probabilities.append((probabilities[0] + probabilities[1]) / 2)
            scores.append([(model.classes_[one.argmax(axis=1)] == truth).mean() * 100 for one in probabilities])
        shown = [f"{one.mean():.1f} ± {one.std(ddof=1):.1f}" for one in np.array(scores).T]
        print(f"| {name} | {' | '.join(shown)} |", flush=True)


def main() -> None:
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], sys.argv[3], Path(sys.argv[4]), Path(sys.argv[5]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--accuracy", action="store_true")
    options = parser.parse_args()
    if options.accuracy:
        accuracy(options.data, options.peer)
    else:
        speed(options.data, options.peer, options.runs)


if __name__ == "__main__":
    main()
