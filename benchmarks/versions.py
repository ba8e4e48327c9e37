"""Two versions of malmoi, each installed in an environment of its own: seconds and peak memory, old beside new.

    python benchmarks/versions.py OLD_PYTHON NEW_PYTHON [../shared/data] [--pairs 9] [--jobs main,arrays]

`OLD_PYTHON` and `NEW_PYTHON` are the interpreters of the two environments (`.venv-bench/bin/python`). Every measurement
is a process of its own. A pair runs one measurement with both versions, one directly after the other: old first, in the
next pair new first. One pair before the others is not counted: it fills the compilation cache, of which each version
has its own, and brings the files into memory.

The main job is a whole process. The other processes do the work once to warm up, then repeat it; the least seconds of
all repetitions in `--processes` processes count, because other programs on the machine only ever add to them. Processor
seconds are those of all threads; they depend less on what else runs. Peak memory is that of the whole process. The
interval of a ratio is a t interval of its logarithm over the pairs. The verdict is about the seconds: `below 1.05` if
the upper end of the interval is. The last row of a job is the geometric mean of its rows, pair by pair.
"""

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
VECTORS, WORDS = "glove.6B.100d.txt", "words.json"
VOCABULARY, SAMPLES = 10_000, 5_000
REPEATED_SECONDS, LEAST_REPEATS = 1.0, 2
LARGEST_RATIO = 1.05
COLUMNS = ("", "old, s", "new, s", "new / old (95 %)", "verdict", "processor (95 %)", "old, MiB", "new, MiB")
Work = Callable[[], object]
Prepare = Callable[[Path, Path], dict[str, Work]]


@dataclass(frozen=True)
class Case:
    """What one process measures.

    Args:
        job: `main`, `arrays`, `vectors` or `training`.
        prepare: from the folder of data and the folder that was laid out, the works that are timed, by name; `None`
            for the script of the main job, which is timed as a whole process.
    """

    job: str
    prepare: Prepare | None


@dataclass(frozen=True)
class Timing:
    """Seconds that went by, and seconds of the processor, summed over all threads."""

    seconds: float
    processor_seconds: float


@dataclass(frozen=True)
class Sample:
    """One process: what each work took, by its name, and the peak memory of the process in MiB."""

    timings: dict[str, Timing]
    mebibytes: float


def read_reviews(data: Path, samples: int | None) -> tuple[list[str], list[object]]:
    """Return texts and labels of the IMDB training reviews: all, or a sample with equally many of each label."""
    import malmoi as mm

    corpus = mm.read_corpus(data / "imdb-train.parquet")
    chosen = corpus if samples is None else corpus.split(samples, seed=0)[0]
    return list(chosen.texts), list(chosen.labels)


def on_texts(title: str, samples: int | None, work: Callable[[ModuleType, list[str]], object]) -> Prepare:
    """Return what prepares a work on the reviews' texts; the work is given malmoi and the texts."""

    def prepare(data: Path, folder: Path) -> dict[str, Work]:
        import malmoi as mm

        texts, _ = read_reviews(data, samples)
        return {title: lambda: work(mm, texts)}

    return prepare


def padded_ids(mm: ModuleType, texts: list[str]) -> object:
    return mm.SequenceVectorizer(max_length=100).fit_transform(texts)


def bag(mm: ModuleType, texts: list[str]) -> object:
    return mm.BagVectorizer(ngrams=(1, 2)).fit_transform(texts)


def hashed_bag(mm: ModuleType, texts: list[str]) -> object:
    return mm.HashedBagVectorizer(ngrams=(1, 2), norm="l2").transform(texts)


def character_bag(mm: ModuleType, texts: list[str]) -> object:
    tokens = mm.Characters(graphemes=False, squeeze_spaces=True)
    return mm.BagVectorizer(tokens, (1, 3), "tfidf").fit_transform(texts)


def glove(mm: ModuleType, texts: list[str]) -> object:
    return mm.WordVectors.train(texts, epochs=2)


def prepare_matrix(data: Path, folder: Path) -> dict[str, Work]:
    import malmoi as mm

    words = json.loads((folder / WORDS).read_text(encoding="utf-8"))
    vocabulary = mm.Vocabulary(words, [1] * len(words))
    return {f"matrix for {len(words):,} words": lambda: mm.WordVectors.open(folder / VECTORS).matrix_for(vocabulary)}


def on_network(network: str, epochs: int) -> Prepare:
    """Return what prepares the training of a network, and its predictions for the texts that it learned from."""

    def prepare(data: Path, folder: Path) -> dict[str, Work]:
        import malmoi as mm

        texts, labels = read_reviews(data, SAMPLES)
        networks = {"Flatten": mm.Flatten(), "Average": mm.Average(), "Conv": mm.Conv(32), "GRU": mm.Recurrent("gru")}
        embedding = mm.Learned(100)
        model = mm.EmbeddingClassifier(networks[network], max_length=50, embedding=embedding, epochs=epochs)
        return {
            f"{network}, fit (epochs: {epochs})": lambda: model.fit(texts, labels),
            f"{network}, predict_proba": lambda: model.predict_proba(texts),
        }

    return prepare


CASES = {
    "main": Case("main", None),
    "padded_ids": Case("arrays", on_texts("words to padded ids", None, padded_ids)),
    "bag": Case("arrays", on_texts("bag of 1-2 words", 2 * SAMPLES, bag)),
    "hashed_bag": Case("arrays", on_texts("hashed 1-2 words", None, hashed_bag)),
    "character_bag": Case("arrays", on_texts("tf-idf of 1-3 characters", SAMPLES, character_bag)),
    "matrix": Case("vectors", prepare_matrix),
    "glove": Case("vectors", on_texts("GloVe (epochs: 2)", SAMPLES, glove)),
    "flatten": Case("training", on_network("Flatten", 5)),
    "average": Case("training", on_network("Average", 5)),
    "conv": Case("training", on_network("Conv", 1)),
    "gru": Case("training", on_network("GRU", 1)),
}
JOBS = tuple(dict.fromkeys(case.job for case in CASES.values()))


def timing_of(work: Work) -> Timing:
    """Return the least seconds and the least processor seconds of some repetitions, after one that warms up."""
    work()
    seconds, processor_seconds = [], []
    while len(seconds) < LEAST_REPEATS or sum(seconds) < REPEATED_SECONDS:
        start, processor_start = time.perf_counter(), time.process_time()
        work()
        seconds.append(time.perf_counter() - start)
        processor_seconds.append(time.process_time() - processor_start)
    return Timing(min(seconds), min(processor_seconds))


def run_worker(name: str, data: Path, folder: Path) -> None:
    """Print one line of JSON for each work of a case, its name and its timing; or lay out the files."""
    if name == "lay_out":
        lay_out(data, folder)
        return
    for title, work in CASES[name].prepare(data, folder).items():
        print(json.dumps({"name": title, **asdict(timing_of(work))}), flush=True)


def lay_out(data: Path, folder: Path) -> None:
    """Write the reviews as files, a vectors file of 400,000 rows, and the most frequent words of the reviews."""
    from main_job import lay_out_reviews, lay_out_vectors

    counts = lay_out_reviews(data, folder)
    lay_out_vectors(data, folder / VECTORS, counts)
    words = [word for word, _ in counts.most_common(VOCABULARY)]
    (folder / WORDS).write_text(json.dumps(words), encoding="utf-8")


def run_process(command: list[str], environment: dict[str, str]) -> tuple[str, Sample]:
    """Return what a process printed, and what all of it took."""
    start = time.perf_counter()
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, env={**os.environ, **environment}, **pipes)
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise SystemExit(f"{' '.join(command)} failed:\n{output}")
    timing = Timing(seconds, usage.ru_utime + usage.ru_stime)
    return output, Sample({"main job, whole process": timing}, usage.ru_maxrss / 1024)


def measure(python: str, name: str, data: Path, folder: Path, cache: Path) -> Sample:
    """Return what one case takes in a process of its own, with a compilation cache of its version alone."""
    environment = {"XDG_CACHE_HOME": str(cache)}
    if CASES[name].prepare is None:
        script, reviews, vectors = HERE / "malmoi_script.py", folder / "train", folder / VECTORS
        return run_process([python, str(script), str(reviews), str(vectors), str(folder)], environment)[1]
    output, whole = run_process([python, __file__, "--worker", name, str(data), str(folder)], environment)
    rows = [json.loads(line) for line in output.splitlines() if line.startswith('{"name"')]
    return Sample({row.pop("name"): Timing(**row) for row in rows}, whole.mebibytes)


def quantile_of(python: str, pairs: int) -> float:
    """Return the quantile of the t distribution for an interval of 95 %.

    Another process imports SciPy: the peak memory of a process begins with that of the one that started it.
    """
    script = f"from scipy.stats import t; print(float(t.ppf(0.975, {pairs - 1})))"
    return float(run_process([python, "-P", "-c", script], {})[0])


def interval_of(ratios: list[float], quantile: float) -> tuple[float, float, float]:
    """Return the geometric mean of ratios and both ends of its interval."""
    logarithms = [math.log(ratio) for ratio in ratios]
    mean, margin = statistics.mean(logarithms), quantile * statistics.stdev(logarithms) / math.sqrt(len(ratios))
    return math.exp(mean), math.exp(mean - margin), math.exp(mean + margin)


def report(olds: list[Sample], news: list[Sample], quantile: float) -> list[str]:
    """Return one row of the table for each work of a case."""
    memories = [f"{statistics.median(sample.mebibytes for sample in samples):.0f}" for samples in (olds, news)]
    rows = []
    for title in olds[0].timings:
        pairs = [(old.timings[title], new.timings[title]) for old, new in zip(olds, news, strict=True)]
        medians = [f"{statistics.median(timing.seconds for timing in side):.4g}" for side in zip(*pairs, strict=True)]
        elapsed = interval_of([new.seconds / old.seconds for old, new in pairs], quantile)
        processor = interval_of([new.processor_seconds / old.processor_seconds for old, new in pairs], quantile)
        ratios = [f"{mean:.3f} ({low:.3f}-{high:.3f})" for mean, low, high in (elapsed, processor)]
        verdict = f"below {LARGEST_RATIO}" if elapsed[2] < LARGEST_RATIO else "not shown"
        rows.append(f"| {' | '.join([title, *medians, ratios[0], verdict, ratios[1], *memories])} |")
    return rows


def least_of(samples: list[Sample]) -> Sample:
    """Return the least of several processes' timings, work by work, and their median memory."""
    timings = {
        title: Timing(
            min(sample.timings[title].seconds for sample in samples),
            min(sample.timings[title].processor_seconds for sample in samples),
        )
        for title in samples[0].timings
    }
    return Sample(timings, statistics.median(sample.mebibytes for sample in samples))


def compare(pythons: dict[str, str], name: str, options: argparse.Namespace, folder: Path) -> list[list[Sample]]:
    """Return the old version's samples and the new one's, pair by pair; the first pair is left out."""
    samples: dict[str, list[Sample]] = {version: [] for version in pythons}
    for pair in range(options.pairs + 1):
        found: dict[str, list[Sample]] = {version: [] for version in pythons}
        for process in range(options.processes if CASES[name].prepare else 1):
            for version in list(pythons) if (pair + process) % 2 else reversed(pythons):
                cache = folder / f"cache-{version}"
                found[version].append(measure(pythons[version], name, options.data, folder, cache))
        for version in pythons:
            samples[version].append(least_of(found[version]))
    return [measured[1:] for measured in samples.values()]


def job_row(job: str, cases: list[list[list[Sample]]], quantile: float) -> str:
    """Return a row for a job: the geometric mean of the ratios of all its works, pair by pair."""
    pairs = zip(*(list(zip(olds, news, strict=True)) for olds, news in cases), strict=True)
    ratios = []
    for of_cases in pairs:
        logarithms = [
            math.log(new.timings[title].seconds / old.timings[title].seconds)
            for old, new in of_cases
            for title in old.timings
        ]
        ratios.append(math.exp(statistics.mean(logarithms)))
    mean, low, high = interval_of(ratios, quantile)
    verdict = f"below {LARGEST_RATIO}" if high < LARGEST_RATIO else "not shown"
    return f"| **{job}, all of it** | | | {mean:.3f} ({low:.3f}-{high:.3f}) | {verdict} | | | |"


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", metavar="OLD_PYTHON", help="interpreter that has the old version")
    parser.add_argument("new", metavar="NEW_PYTHON", help="interpreter that has the new version")
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--pairs", type=int, default=9, help="2 or more")
    parser.add_argument("--processes", type=int, default=3, help="of each side of a pair; the least counts")
    parser.add_argument("--jobs", default=",".join(JOBS), help=f"names with commas between them: {','.join(JOBS)}")
    options = parser.parse_args()
    options.jobs = options.jobs.split(",")
    unknown = sorted(set(options.jobs) - set(JOBS))
    if unknown:
        parser.error(f"--jobs must be of {', '.join(JOBS)}, got {', '.join(unknown)}")
    if options.pairs < 2:
        parser.error(f"--pairs must be 2 or more, got {options.pairs}; one pair has no interval")
    return options


def main() -> None:
    if sys.argv[1:2] == ["--worker"]:
        run_worker(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
        return
    options = read_options()
    if not (options.data / "imdb-train.parquet").exists():
        print(f"skipped: {options.data / 'imdb-train.parquet'} is not there")
        return
    pythons = {"old": options.old, "new": options.new}
    print(f"{os.cpu_count()} cores, {platform.machine()}, {options.pairs} pairs")
    for version, python in pythons.items():
        script = "import malmoi, platform; print(malmoi.__version__, malmoi.__file__, platform.python_version())"
        print(f"{version}: malmoi {run_process([python, '-P', '-c', script], {})[0].strip()}")
    quantile = quantile_of(options.old, options.pairs)
    print(f"\n| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|", flush=True)
    with tempfile.TemporaryDirectory(prefix="malmoi-versions-") as name:
        folder = Path(name)
        if {"main", "vectors"} & set(options.jobs):
            run_process([options.old, __file__, "--worker", "lay_out", str(options.data), name], {})
        for job in options.jobs:
            cases = []
            for case in (case for case, settings in CASES.items() if settings.job == job):
                cases.append(compare(pythons, case, options, folder))
                print(*report(*cases[-1], quantile), sep="\n", flush=True)
            print(job_row(job, cases, quantile), flush=True)


if __name__ == "__main__":
    main()
