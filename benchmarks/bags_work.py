"""What the processes of `bags.py` do: one training, one prediction, one saved model; each prints a line of JSON.

python benchmarks/bags_work.py ../shared/data WORK SET [ARGUMENT ...] [--quick]
"""

import argparse
import json
import random
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text_peers import NaiveBayesRegression, tfidf_characters, tfidf_words, write_job
from text_sets import SETS, Labelled

WARM = 500
NEW_LABELS = 20
FIRST_SYLLABLE, SYLLABLES = 0xAC00, 11_172
Run = dict[str, float]


def fixed_bag(name: str) -> Any:
    """The fastest setting that reaches the accuracy asked for: C given, probabilities not calibrated."""
    import malmoi as mm

    if name == "imdb":
        return mm.BagClassifier(tokens=mm.Words(keep_punctuation=True), ngrams=(1, 3), C=64, calibration=None)
    return mm.BagClassifier(tokens=mm.Characters(), ngrams=(1, 4), C=4, calibration=None)


def default_bag(name: str) -> Any:
    import malmoi as mm

    return mm.BagClassifier()


def automatic(name: str) -> Any:
    import malmoi as mm

    return mm.TextClassifier()


@dataclass(frozen=True)
class System:
    """Something that is trained on texts.

    Args:
        title: its name in the tables.
        make: an untrained model, from the name of the data set; `None`: fastText, in its own environment.
        threaded: whether it uses more than one thread.
        sets: the data sets that it is measured on.
    """

    title: str
    make: Callable[[str], Any] | None
    threaded: bool = True
    sets: tuple[str, ...] = ("imdb", "nsmc")


SYSTEMS = {
    "fixed": System("malmoi, `BagClassifier`, C given, not calibrated", fixed_bag),
    "bag": System("malmoi, `BagClassifier()`", default_bag),
    "automatic": System("malmoi, `TextClassifier()`", automatic),
    "fasttext": System("fastText", None),
    "nb": System("scikit-learn, naive-Bayes 1-3-grams, liblinear", lambda _: NaiveBayesRegression(), False),
    "tfidf": System("scikit-learn, tf-idf 1-2-grams, lbfgs", lambda _: tfidf_words(), False),
    "characters": System("scikit-learn, tf-idf 1-5 characters", lambda _: tfidf_characters(), False, ("nsmc",)),
}


def peak() -> float:
    """Peak memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def start_peak() -> float:
    """Forget the peak so far where the system can (Linux), and return the memory in use, in MiB."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return peak()
    return peak_since()


def peak_since() -> float:
    """Peak memory since `start_peak`, in MiB."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return peak()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def share_right(predicted: Any, labels: list[str]) -> float:
    return sum(one == label for one, label in zip(predicted, labels, strict=True)) / len(labels)


def train_and_predict(options: argparse.Namespace, name: str, system: str) -> Run:
    make = SYSTEMS[system].make
    training, test = SETS[name].read(options.data, options.quick)
    warm = training.every(WARM)
    make(name).fit(warm.texts, warm.labels).predict(warm.texts)
    highest, before = peak(), start_peak()
    seconds, model = timed(lambda: make(name).fit(training.texts, training.labels))
    above = peak_since() - before
    predict_seconds, predicted = timed(lambda: model.predict(test.texts))
    found = {
        "seconds": seconds,
        "above": above,
        "peak": max(highest, before + above),
        "predict_seconds": predict_seconds,
    }
    return found | {"accuracy": share_right(predicted, test.labels), "texts": len(test)}


def write_fasttext_job(options: argparse.Namespace, name: str, path: str) -> Run:
    write_job(Path(path), name, *SETS[name].read(options.data, options.quick))
    return {}


def grown(texts: Labelled, size: int) -> Labelled:
    """So many texts; from the second time on two characters of each are random Korean syllables."""
    drawn = random.Random(0)
    found = texts.texts[:size]
    while len(found) < size:
        for text in texts.texts[: size - len(found)]:
            letters = list(text)
            for _ in range(2):
                place = drawn.randrange(len(letters) + 1)
                letters[place : place + 1] = chr(FIRST_SYLLABLE + drawn.randrange(SYLLABLES))
            found.append("".join(letters))
    return Labelled(found, (texts.labels * -(-size // len(texts)))[:size])


def train_on_many(options: argparse.Namespace, name: str, system: str, size: str) -> Run:
    texts = grown(SETS[name].read(options.data, False)[0], int(size))
    make, warm = SYSTEMS[system].make, texts.every(WARM)
    make(name).fit(warm.texts, warm.labels)
    before = start_peak()
    seconds, _ = timed(lambda: make(name).fit(texts.texts, texts.labels))
    return {"seconds": seconds, "before": before, "above": peak_since() - before}


def learn_more(options: argparse.Namespace, name: str, system: str) -> Run:
    """Fit on all texts but 20, then `partial_fit` on these; beside a fit on all, with the same settings."""
    make = SYSTEMS[system].make
    training, test = SETS[name].read(options.data, options.quick)
    places = list(range(len(training)))
    first, more = training.taken(places[:-NEW_LABELS]), training.taken(places[-NEW_LABELS:])
    warm = training.every(WARM)
    make(name).fit(warm.texts, warm.labels).partial_fit(more.texts, more.labels)
    model = make(name).fit(first.texts, first.labels)
    found = {"before": share_right(model.predict(test.texts), test.labels)}
    found["more_before"] = share_right(model.predict(more.texts), more.labels)
    found["partial_seconds"], model = timed(lambda: model.partial_fit(more.texts, more.labels))
    found["partial"] = share_right(model.predict(test.texts), test.labels)
    found["more_partial"] = share_right(model.predict(more.texts), more.labels)
    found["fit_seconds"], model = timed(lambda: make(name).fit(training.texts, training.labels))
    found["fit"] = share_right(model.predict(test.texts), test.labels)
    return found


def save_model(options: argparse.Namespace, name: str, kind: str, path: str) -> Run:
    import malmoi as mm

    training, _ = SETS[name].read(options.data, options.quick)
    network = mm.EmbeddingClassifier(mm.Flatten(), embedding=mm.Learned(8), max_tokens=10_000, max_length=20, epochs=3)
    model = network if kind == "network" else SYSTEMS[kind].make(name)
    model.fit(training.texts, training.labels).save(path)
    return {"size": Path(path).stat().st_size / 2**20}


WORKS = {work.__name__: work for work in (train_and_predict, write_fasttext_job, train_on_many, learn_more, save_model)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("arguments", nargs="+")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    print(json.dumps(WORKS[options.work](options, *options.arguments)))


if __name__ == "__main__":
    main()
