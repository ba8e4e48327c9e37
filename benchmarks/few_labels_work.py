"""What the processes of `few_labels.py` do; each prints a line of JSON.

python benchmarks/few_labels_work.py ../shared/data WORK [ARGUMENT ...] [--static FOLDER] [--quick]
"""

import argparse
import json
import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bags_work import peak_since, share_right, start_peak, timed
from few_labels_ablation import ablation
from few_labels_sets import LABELS, Material, material
from text_peers import tfidf_characters, tfidf_words
from text_sets import SETS, Labelled

Run = dict[str, Any]
RANKS = (8, 100)


def static_of(options: argparse.Namespace) -> Any:
    import malmoi as mm

    return mm.TextEmbedder.open(options.static)


def warm(labelled: Labelled) -> None:
    """Import what is imported at the first call."""
    import malmoi as mm

    mm.FewLabelClassifier().fit(labelled.texts, labelled.labels).predict(labelled.texts)


def ours(options: argparse.Namespace, name: str, seed: str, static: str) -> Run:
    """One draw: accuracy on the test texts, seconds, memory.

    Smaller numbers of labels are fitted with the representations of the first fit, which do not depend on labels: the
    labelled and the unlabelled texts of every draw are together the same texts.
    """
    import malmoi as mm

    found, first = material(options.data, name, options.quick), LABELS[name][0]
    labelled, unlabelled = found.draw(first, int(seed))
    warm(labelled)
    embedder = static_of(options) if static == "static" else None
    start_peak()
    load = os.getloadavg()[0]
    model = mm.FewLabelClassifier(seed=int(seed), embedder=embedder)
    seconds, _ = timed(lambda: model.fit(labelled.texts, labelled.labels, unlabelled=unlabelled))
    run: Run = {"seconds": seconds, "peak": peak_since(), "unlabelled": len(unlabelled), "load": load}
    run |= {"accuracy": {}, "kept": {}, "test": len(found.test)}
    for labels in LABELS[name]:
        if labels != first:
            fewer, _ = found.draw(labels, int(seed))
            model.refit_on(fewer.texts, fewer.labels)
        predict_seconds, predicted = timed(lambda: model.predict(found.test.texts))
        run.setdefault("predict_seconds", predict_seconds)
        run["accuracy"][str(labels)] = share_right(predicted, found.test.labels)
        run["kept"][str(labels)] = [one.name for one in model.facts_.tried if one.kept]
    with tempfile.TemporaryDirectory() as folder:
        return run | {"size": model.save(Path(folder) / "model.malmoi").stat().st_size / 2**20}


def alone(options: argparse.Namespace, name: str, labels: str, seed: str) -> Run:
    """The same draw for models that learn from the labelled texts alone."""
    import malmoi as mm

    found = material(options.data, name, options.quick)
    labelled, _ = found.draw(int(labels), int(seed))
    models: dict[str, Callable[[], Any]] = {"bag": lambda: mm.BagClassifier(seed=int(seed)), "tfidf": tfidf_words}
    if SETS[name].korean:
        models["characters"] = tfidf_characters
    scores = {}
    for title, make in models.items():
        predicted = make().fit(labelled.texts, labelled.labels).predict(found.test.texts)
        scores[title] = share_right(predicted, found.test.labels)
    return scores


def latent(options: argparse.Namespace, name: str, draws: str) -> Run:
    """scikit-learn's latent semantic analysis of all training texts, once; logistic regression for every draw.

    The labelled and the unlabelled texts of every draw are together the same texts.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    found = material(options.data, name, options.quick)
    settings = {"analyzer": "char", "ngram_range": (1, 3)} if SETS[name].korean else {}
    least = 5 if len(found.pool) > 20_000 else 2
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=least, **settings)
    components = TruncatedSVD(max(RANKS), random_state=0)
    seconds, rows = timed(lambda: vectorizer.fit_transform([*found.pool.texts, *found.others]))
    more, _ = timed(lambda: components.fit(rows))
    test = components.transform(vectorizer.transform(found.test.texts))
    scores: dict[str, list[float]] = {}
    for labels in LABELS[name]:
        for seed in range(int(draws)):
            labelled, _ = found.draw(labels, seed)
            training = components.transform(vectorizer.transform(labelled.texts))
            for rank in RANKS:
                right = regression_on(training[:, :rank], labelled.labels, test[:, :rank], found.test.labels, seed)
                scores.setdefault(f"{labels}/{rank}", []).append(right)
    return {"scores": scores, "seconds": seconds + more, "columns": rows.shape[1]}


def regression_on(rows: Any, labels: list[str], test: Any, truth: list[str], seed: int) -> float:
    """Accuracy of logistic regression on rows of length 1, its penalty by cross-validation on the labels."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.preprocessing import normalize

    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    search = GridSearchCV(LogisticRegression(max_iter=1_000), {"C": [0.1, 1, 10, 100]}, cv=folds)
    return share_right(search.fit(normalize(rows), labels).predict(normalize(test)), truth)


def growth(options: argparse.Namespace, texts: str) -> Run:
    """Fit on 200 labels and so many short unlabelled texts."""
    import malmoi as mm

    training, test = SETS["nsmc"].read(options.data, False)
    found = Material(training, test.texts, Labelled([], []))
    labelled, unlabelled = found.draw(200, 0)
    unlabelled = grown([text for text in unlabelled if text.strip()], int(texts))
    warm(labelled)
    before, load = start_peak(), os.getloadavg()[0]
    seconds, model = timed(lambda: mm.FewLabelClassifier().fit(labelled.texts, labelled.labels, unlabelled=unlabelled))
    run = {"texts": len(unlabelled), "seconds": seconds, "before": before, "peak": peak_since(), "load": load}
    return run | {"tried": [one.name for one in model.facts_.tried], "distinct": model.facts_.distinct}


def grown(texts: list[str], size: int) -> list[str]:
    """So many texts, in a random order; those beyond the given ones are joined from halves of two of them."""
    drawn = random.Random(0)
    found = drawn.sample(texts, min(size, len(texts)))
    known = set(found)
    while len(found) < size:
        first, second = drawn.choice(texts), drawn.choice(texts)
        text = f"{first[: len(first) // 2]}{second[len(second) // 2 :]}"
        if text not in known:
            known.add(text)
            found.append(text)
    return found


def parts(options: argparse.Namespace, name: str, draws: str, *without: str) -> Run:
    """The ablation of one set, some parts left out."""
    found = material(options.data, name, options.quick)
    embedder = static_of(options) if options.static and not SETS[name].korean else None
    return ablation(options.data, name, found, embedder, int(draws), without)


WORKS: dict[str, Callable[..., Run]] = {
    "ours": ours,
    "alone": alone,
    "latent": latent,
    "growth": growth,
    "parts": parts,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--static", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    found = WORKS[options.work](options, *options.arguments)
    print(json.dumps(found, default=lambda value: np.asarray(value).tolist()))


if __name__ == "__main__":
    main()
