"""What the processes of `fasttext_classifier.py` do, with malmoi or with fastText; each prints a line of JSON.

    PYTHON benchmarks/fasttext_work.py SYSTEM WORK ARGUMENTS

SYSTEM is `malmoi` or `fasttext`, ARGUMENTS a JSON object. It needs NumPy and the one of the two that it measures.
"""

import hashlib
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LABEL, BUCKETS = "__label__", 2_000_000
WARM = 200
"""Texts that malmoi is trained on before the clock starts, so that imports are not timed."""
Settings = dict[str, Any]
Run = dict[str, Any]


# Memory of this process, in MiB (Linux).


def status_of(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def start_peak() -> float:
    """Forget the peak so far, and return the memory in use."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return status_of("VmRSS")


def peak() -> float:
    return status_of("VmHWM")


def memory() -> dict[str, float]:
    """Resident memory; anonymous memory belongs to the process, pages of files can be shared and dropped."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    sizes = {name: int(value.split()[0]) / 1024 for name, value in (line.split(":") for line in lines)}
    private = sizes["Private_Clean"] + sizes["Private_Dirty"]
    shared = sizes["Shared_Clean"] + sizes["Shared_Dirty"]
    return {"resident": status_of("VmRSS"), "private": private, "shared": shared, "anonymous": sizes["Anonymous"]}


# The two systems. Settings have fastText's names; `calibration` is malmoi's.


class Malmoi:
    def __init__(self) -> None:
        import malmoi

        self.library, self.classifier = malmoi, malmoi.FastTextClassifier

    def title(self) -> str:
        return f"malmoi {self.library.__version__}, NumPy {numpy_version()}"

    def untrained(self, settings: Settings) -> Any:
        return self.classifier(
            dimension=settings["dim"],
            epochs=settings["epoch"],
            learning_rate=settings["lr"],
            ngrams=settings["wordNgrams"],
            characters=(settings["minn"], settings["maxn"]) if settings.get("maxn") else None,
            buckets=settings.get("bucket", BUCKETS),
            calibration=settings.get("calibration"),
            seed=settings["seed"],
            n_jobs=settings["thread"],
        )

    def warm(self, texts: list[str], labels: list[str], settings: Settings) -> None:
        step = max(1, len(texts) // WARM)
        self.train(texts[::step], labels[::step], {**settings, "epoch": 1}).predict(texts[:WARM])

    def train(self, texts: list[str], labels: list[str], settings: Settings) -> Any:
        return self.untrained(settings).fit(texts, labels)

    def train_on_file(self, path: str, settings: Settings) -> Any:
        return self.untrained(settings).fit_files(path)

    def open(self, path: str) -> Any:
        return self.classifier.open(path)

    def load(self, path: str) -> Any:
        return self.library.load(path)

    def predict(self, model: Any, texts: list[str], threads: int) -> list[str]:
        """The number of threads is that of the environment variable `MALMOI_THREADS`."""
        return model.predict(texts).tolist()

    def save(self, model: Any, path: Path) -> None:
        model.export_fasttext(path)


class FastText:
    def __init__(self) -> None:
        from importlib import import_module
        from importlib.util import find_spec

        names = [name for name in ("fasttext", "fasttext_new") if find_spec(name)]
        if not names:
            raise SystemExit("the module fasttext is not installed")
        self.library = import_module(names[0])

    def title(self) -> str:
        from importlib.metadata import packages_distributions, version

        name = packages_distributions()[self.library.__name__][0]
        return f"{name} {version(name)}, NumPy {numpy_version()}"

    def warm(self, texts: list[str], labels: list[str], settings: Settings) -> None:
        """Nothing is imported later."""

    def train(self, texts: list[str], labels: list[str], settings: Settings) -> Any:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", suffix=".txt") as file:
            file.writelines(f"{LABEL}{label} {text}\n" for text, label in zip(texts, labels, strict=True))
            file.flush()
            return self.train_on_file(file.name, settings)

    def train_on_file(self, path: str, settings: Settings, **more: Any) -> Any:
        own = {name: value for name, value in settings.items() if name != "calibration"}
        return self.library.train_supervised(path, verbose=0, **own, **more)

    def open(self, path: str) -> Any:
        return self.library.load_model(path)

    def predict(self, model: Any, texts: list[str], threads: int) -> list[str]:
        """All texts at once, the fastest way; with threads where there are any."""
        batch = getattr(model, "predict_batch", None)
        found, _ = model.predict(texts) if batch is None else batch(texts, threads=threads)
        return [labels[0].removeprefix(LABEL) if labels else "" for labels in found]

    def save(self, model: Any, path: Path) -> None:
        model.save_model(str(path))


def numpy_version() -> str:
    import numpy as np

    return np.__version__


SYSTEMS = {"malmoi": Malmoi, "fasttext": FastText}


# Works.


def lines_of(path: str) -> list[str]:
    text = Path(path).read_bytes().decode("utf-8")
    return text.removesuffix("\n").split("\n")


def labelled(path: str) -> tuple[list[str], list[str]]:
    """Texts and labels of a file whose lines begin with the label."""
    pairs = [line.split(" ", 1) for line in lines_of(path)]
    return [text for _, text in pairs], [label.removeprefix(LABEL) for label, _ in pairs]


def right(predicted: list[str], labels: list[str]) -> float:
    return sum(one == label for one, label in zip(predicted, labels, strict=True)) / len(labels)


def digest(values: list[str]) -> str:
    return hashlib.sha256("\n".join(values).encode()).hexdigest()


def about(system: Any) -> Run:
    """Which library this is, after a small training and prediction: whether it works at all."""
    texts, labels = ["so good", "so bad"] * 50, ["pos", "neg"] * 50
    settings = {"dim": 4, "epoch": 25, "lr": 0.5, "wordNgrams": 2, "thread": 1, "seed": 1}
    found = system.predict(system.train(texts, labels, settings), ["good", "bad"], 1)
    if found != ["pos", "neg"]:
        raise SystemExit(f"'good' and 'bad' must be predicted as pos and neg, got {found}")
    return {"title": f"{system.title()}, Python {platform.python_version()}"}


def train(
    system: Any, training: str, test: str, settings: Settings, bits: bool = False, output: str | None = None
) -> Run:
    """From texts in memory to a trained model; `bits`: the SHA-256 of its file too."""
    texts, labels = labelled(training)
    tested, truth = labelled(test)
    system.warm(texts, labels, settings)
    before, start = start_peak(), time.perf_counter()
    model = system.train(texts, labels, settings)
    seconds, highest = time.perf_counter() - start, peak()
    predicted = system.predict(model, tested, settings["thread"])
    found = {"seconds": seconds, "peak": highest, "above": highest - before, "accuracy": right(predicted, truth)}
    found["predictions"] = digest(predicted)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(output or f"{folder}/model.bin")
        if bits or output:
            system.save(model, path)
            found["bits"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def predict(system: Any, model: str, lines: str, threads: int, passes: int, output: str) -> Run:
    """From a file of lines to labels, some times; the labels are written to a file."""
    start = time.perf_counter()
    opened = system.open(model)
    opening, seconds, found = time.perf_counter() - start, [], [""]
    for _ in range(passes):
        start = time.perf_counter()
        found = system.predict(opened, lines_of(lines), threads)
        seconds.append(time.perf_counter() - start)
    Path(output).write_text("\n".join(found), encoding="utf-8")
    later = statistics.median(seconds[1:] or seconds)
    return {"opening": opening, "first": seconds[0], "seconds": later, "bytes": os.path.getsize(lines)}


def open_file(system: Any, model: str, small: str, lines: str, texts: int) -> Run:
    """Open a model, then predict; seconds and memory above those of a process that has done so with a small model."""
    chosen = lines_of(lines)[:texts]
    system.predict(system.open(small), chosen, 1)
    before, start = memory(), time.perf_counter()
    opened = system.open(model)
    seconds, after = time.perf_counter() - start, memory()
    start = time.perf_counter()
    system.predict(opened, chosen, 1)
    predicting, predicted = time.perf_counter() - start, memory()
    found = {"seconds": seconds, "predicting": predicting, "before": before["resident"]}
    for name, sizes in (("opened", after), ("predicted", predicted)):
        found |= {f"{name} {what}": size - before[what] for what, size in sizes.items()}
    return found


def stream(system: Any, training: str, test: str, settings: Settings) -> Run:
    """Train on a file of labelled lines."""
    before, start = start_peak(), time.perf_counter()
    model = system.train_on_file(training, settings)
    seconds, highest = time.perf_counter() - start, peak()
    tested, truth = labelled(test)
    accuracy = right(system.predict(model, tested, settings["thread"]), truth)
    return {"seconds": seconds, "before": before, "peak": highest, "accuracy": accuracy}


def autotune(system: Any, training: str, validation: str, test: str, seconds: int, threads: int, output: str) -> Run:
    """Let fastText choose its settings within some time."""
    start = time.perf_counter()
    model = system.library.train_supervised(
        training, autotuneValidationFile=validation, autotuneDuration=seconds, thread=threads, verbose=0
    )
    spent = time.perf_counter() - start
    tested, truth = labelled(test)
    accuracy = right(system.predict(model, tested, threads), truth)
    system.save(model, Path(output))
    names = ("dim", "epoch", "lr", "wordNgrams", "minn", "maxn")
    chosen = {name: getattr(model, name) for name in names if hasattr(model, name)}
    return {"seconds": spent, "accuracy": accuracy, "size": os.path.getsize(output), "settings": chosen}


def evaluate(system: Any, model: str, test: str) -> Run:
    """Accuracy of a saved model, malmoi's."""
    tested, truth = labelled(test)
    return {"accuracy": right(system.predict(system.load(model), tested, 1), truth), "size": os.path.getsize(model)}


# Files.


def lay_out(system: Any, data: str, names: list[str], folder: str, quick: bool) -> Run:
    """Write the texts of the data sets, prepared for white space as tokenizer, as files with labels."""
    from fasttext_peer import prepare_plain, prepare_words
    from text_sets import SETS

    for name in names:
        prepare = prepare_plain if SETS[name].korean else prepare_words
        for part, texts in zip(("train", "test"), SETS[name].read(Path(data), quick), strict=True):
            pairs = zip(texts.texts, texts.labels, strict=True)
            lines = [(label, prepare(text).replace("\r", " ")) for text, label in pairs]
            path = Path(folder, f"{name}-{part}")
            path.with_suffix(".txt").write_text("".join(f"{LABEL}{label} {text}\n" for label, text in lines), "utf-8")
            path.with_suffix(".lines").write_text("".join(f"{text}\n" for _, text in lines), "utf-8")
    return {}


def generate(system: Any, folder: str, sizes: list[int], test: int) -> Run:
    """Write files of generated texts: two sentences of IMDB reviews and one review of NSMC with the same label.

    The sentences of the training texts are drawn by a fixed seed. Smaller files are the beginnings of the largest; the
    test texts come from the test texts.
    """
    for part, counts in (("train", sorted(sizes)), ("test", [test])):
        draw = random.Random(0)
        pools: dict[str, list[list[str]]] = {"neg": [[], []], "pos": [[], []]}
        for place, name in enumerate(("imdb", "nsmc")):
            for text, label in zip(*labelled(f"{folder}/{name}-{part}.txt"), strict=True):
                pools[label][place] += [one for one in text.split(" . ") if one.strip()] if not place else [text]
        with Path(folder, f"stream-{part}-{counts[-1]}.txt").open("w", encoding="utf-8", newline="\n") as file:
            for number in range(1, counts[-1] + 1):
                label = draw.choice(("neg", "pos"))
                english, korean = pools[label]
                file.write(f"{LABEL}{label} {draw.choice(english)} . {draw.choice(english)} . {draw.choice(korean)}\n")
                if number in counts[:-1]:
                    file.flush()
                    Path(folder, f"stream-{part}-{number}.txt").write_bytes(Path(file.name).read_bytes())
    return {"bytes": {str(size): os.path.getsize(f"{folder}/stream-train-{size}.txt") for size in sizes}}


def divide(system: Any, training: str, fitting: str, validation: str, json_lines: str) -> Run:
    """Split a file for the choice of settings, a fifth for validation; write all of it as JSON lines too."""
    lines = lines_of(training)
    random.Random(0).shuffle(lines)
    held_out = len(lines) // 5
    Path(validation).write_text("".join(f"{line}\n" for line in lines[:held_out]), "utf-8")
    Path(fitting).write_text("".join(f"{line}\n" for line in lines[held_out:]), "utf-8")
    pairs = zip(*labelled(training), strict=True)
    rows = [json.dumps({"text": text, "label": label}, ensure_ascii=False) for text, label in pairs]
    Path(json_lines).write_text("".join(f"{row}\n" for row in rows), "utf-8")
    return {"fitting": len(lines) - held_out, "validation": held_out}


WORKS = {
    work.__name__: work
    for work in (about, train, predict, open_file, stream, autotune, evaluate, lay_out, generate, divide)
}


def main() -> None:
    name, work, arguments = sys.argv[1:]
    print(json.dumps(WORKS[work](SYSTEMS[name](), **json.loads(arguments))))


if __name__ == "__main__":
    main()
