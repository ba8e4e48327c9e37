"""fastText, in an environment of its own: trains on the texts of a job file, predicts labels, prints one line of JSON.

    FASTTEXT_PYTHON benchmarks/fasttext_peer.py JOB [--threads 2] [--predictions]

`bags.py` and `accuracy.py` write the job and call this (`--fasttext FASTTEXT_PYTHON`); it imports nothing of theirs. A
job is lines of JSON: settings, then the labels, then one line a text: whether it is for training, the text, the place
of its label. What is timed begins with the texts in memory: preparing them, the file that fastText reads, training.
"""

import argparse
import json
import re
import resource
import tempfile
import time
from pathlib import Path

PUNCTUATION = re.compile(r"([.!?,'\"/();:])")


def prepare_words(text: str) -> str:
    """Lower case, punctuation apart: what fastText's own example scripts do."""
    return PUNCTUATION.sub(r" \1 ", text.replace("<br />", " ").lower()).replace("\n", " ")


def prepare_plain(text: str) -> str:
    return text.replace("\n", " ")


def peak() -> float:
    """Peak memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def read_job(path: Path) -> tuple[dict, list[str], list[list], list[list]]:
    with path.open(encoding="utf-8") as lines:
        settings, labels = json.loads(next(lines)), json.loads(next(lines))
        training, test = [], []
        for line in lines:
            is_training, text, place = json.loads(line)
            (training if is_training else test).append((text, place))
    return settings, labels, training, test


def train(settings: dict, prepare, training: list, threads: int):
    import fasttext

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.writelines(f"__label__{place} {prepare(text)}\n" for text, place in training)
        file.flush()
        return fasttext.train_supervised(file.name, thread=threads, verbose=0, **settings)


def predict(model, prepare, texts: list[str]) -> tuple[list[int], list[float]]:
    """Place of the most probable label, and its probability; the first label and 0 where fastText gives none."""
    found, probabilities = model.predict([prepare(text) for text in texts])
    places = [int(labels[0].removeprefix("__label__")) if labels else 0 for labels in found]
    return places, [min(1.0, float(row[0])) if len(row) else 0.0 for row in probabilities]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--predictions", action="store_true", help="print the predictions too")
    options = parser.parse_args()
    settings, _, training, test = read_job(options.job)
    prepare = prepare_plain if settings.pop("plain") else prepare_words
    import fasttext  # noqa: F401 -- imports are not timed, as for the others

    before, start = peak(), time.perf_counter()
    model = train(settings, prepare, training, options.threads)
    seconds, after = time.perf_counter() - start, peak()
    texts = [text for text, _ in test]
    start = time.perf_counter()
    places, confidence = predict(model, prepare, texts)
    result = {
        "seconds": seconds,
        "above": after - before,
        "peak": after,
        "predict_seconds": time.perf_counter() - start,
    }
    right = sum(place == truth for place, (_, truth) in zip(places, test, strict=True))
    result |= {"accuracy": right / len(test), "texts": len(test)}
    if options.predictions:
        result |= {"places": places, "confidence": confidence}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
