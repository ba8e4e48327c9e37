"""What malmoi's classifiers of texts are compared with: scikit-learn as people use it, and fastText."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

import numpy as np
from text_sets import SETS, Labelled, fasttext_settings

WORDS_AND_PUNCTUATION = r"\w+|[^\w\s]"


class NaiveBayesRegression:
    """Logistic regression on 1-3-grams, weighted by naive-Bayes log-count ratios; two classes.

    Source:
        Wang and Manning 2012; tokens, n-grams and solver as in the code of Mesnil et al. 2015.
    """

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression

        self.bag = CountVectorizer(ngram_range=(1, 3), binary=True, token_pattern=WORDS_AND_PUNCTUATION)
        self.regression = LogisticRegression(solver="liblinear")

    def fit(self, texts: list[str], labels: list[str]) -> Self:
        rows, truth = self.bag.fit_transform(texts).astype(np.float64), np.asarray(labels)
        counts = [1 + rows[truth == label].sum(axis=0).A1 for label in np.unique(truth)]
        self.ratios = np.log(counts[1] / counts[1].sum()) - np.log(counts[0] / counts[0].sum())
        self.regression.fit(self._weighted(rows), truth)
        return self

    def _weighted(self, rows: Any) -> Any:
        weighted = rows.tocsr().astype(np.float64)
        weighted.data *= self.ratios[weighted.indices]
        return weighted

    @property
    def classes_(self) -> Any:
        return self.regression.classes_

    def predict(self, texts: list[str]) -> Any:
        return self.regression.predict(self._weighted(self.bag.transform(texts)))

    def predict_proba(self, texts: list[str]) -> Any:
        return self.regression.predict_proba(self._weighted(self.bag.transform(texts)))


def tfidf_words() -> Any:
    """The usual pipeline: tf-idf of 1-2-grams of words, logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(max_iter=1000))


def tfidf_characters() -> Any:
    """The pipeline for texts whose words have many endings: tf-idf of 1-5 characters, logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 5), min_df=2, sublinear_tf=True)
    return make_pipeline(characters, LogisticRegression(max_iter=1000))


def write_job(path: Path, name: str, training: Labelled, test: Labelled, seed: int = 0) -> None:
    """Write what `fasttext_peer.py` reads."""
    labels = sorted(set(training.labels))
    places = {label: place for place, label in enumerate(labels)}
    settings = {**fasttext_settings(name, len(training)), "seed": seed, "plain": SETS[name].korean}
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{json.dumps(settings)}\n{json.dumps(labels)}\n")
        for is_training, part in ((True, training), (False, test)):
            for text, label in zip(part.texts, part.labels, strict=True):
                file.write(json.dumps([is_training, text, places[label]]) + "\n")


def run_json(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """Run a process and return the JSON of the last line that it prints."""
    process = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{process.stderr}")
    return json.loads(process.stdout.splitlines()[-1])


def fasttext_command(python: str, job: Path, threads: int) -> list[str]:
    return [python, str(Path(__file__).with_name("fasttext_peer.py")), str(job), "--threads", str(threads)]


def fasttext_predictions(
    python: str, name: str, training: Labelled, test: Labelled, seed: int, environment: dict[str, str]
) -> tuple[float, Any, Any]:
    """Seconds of training, predicted labels, and their probabilities."""
    with tempfile.TemporaryDirectory(prefix="malmoi-fasttext-") as folder:
        job = Path(folder) / "job.jsonl"
        write_job(job, name, training, test, seed)
        found = run_json([*fasttext_command(python, job, 2), "--predictions"], environment)
    labels = np.asarray(sorted(set(training.labels)))
    return found["seconds"], labels[found["places"]], np.asarray(found["confidence"])
