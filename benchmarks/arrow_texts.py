"""Texts of a Polars column beside the same texts as a list of str: seconds and memory of `transform`.

    python benchmarks/arrow_texts.py ../shared/data [--runs 5] [--gigabytes 1]

Every figure comes from a process of its own, in turns. It reads the texts, fits on 2,000 of them, and transforms all of
them three times. "first" is the first time, when no str has been encoded yet; "again" the best of the others. "to_list"
makes the list of the column as a part of what is timed. "grown" is the memory that the process holds more after the
work, without the output; "peak" is what it held at most more than before, without the output. `--gigabytes` measures
hashed words of a column of so much text.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

FORMS = ("column", "to_list", "list")
SETS = {"IMDB": "imdb-train.parquet", "NSMC": "nsmc-train.parquet"}
FITTED = 2_000
LENGTH = 100


def vectorizers():
    from malmoi import BagVectorizer, HashedBagVectorizer, SequenceVectorizer, Words

    return {
        "ids": SequenceVectorizer(tokens=Words(), max_length=LENGTH),
        "bags": BagVectorizer(Words()),
        "hashed": HashedBagVectorizer(Words(), ngrams=(1, 1)),
    }


def status(name: str) -> int:
    """Bytes of this process, as Linux tells them."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))


def forget_peak() -> None:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def nbytes(rows) -> int:
    arrays = [rows] if hasattr(rows, "nbytes") else [rows.data, rows.indices, rows.indptr]
    return sum(array.nbytes for array in arrays)


def large_column(gigabytes: float):
    """Distinct texts of a thousand characters, which lie in memory once each."""
    import polars as pl
    import pyarrow as pa

    path = Path(sys.argv[1]) / SETS["IMDB"]
    texts = pa.array(pl.read_parquet(path)["text"], pa.large_string())
    times = -(-int(gigabytes * 1e9) // texts.nbytes)
    return pl.from_arrow(pa.concat_arrays([texts] * times))


def work(case: dict) -> dict:
    """What one process measures."""
    import polars as pl

    if case["form"] == "large":
        column = large_column(case["gigabytes"])
    else:
        column = pl.read_parquet(Path(sys.argv[1]) / SETS[case["set"]])["text"]
    vectorizer = vectorizers()[case["work"]]
    vectorizer.fit(column[:FITTED])
    vectorizer.transform(column[:FITTED])
    texts = column.to_list() if case["form"] == "list" else column
    times, before = [], status("VmRSS")
    forget_peak()
    for _ in range(1 if case["form"] == "large" else 3):
        start = time.perf_counter()
        rows = vectorizer.transform(texts.to_list() if case["form"] == "to_list" else texts)
        times.append(time.perf_counter() - start)
        peak, output = status("VmHWM") - before, nbytes(rows)
        if len(times) == 1:
            first = {"peak": peak - output, "grown": status("VmRSS") - before - output, "output": output}
        del rows
    return {"first": times[0], "again": min(times[1:], default=times[0]), "text": column.estimated_size(), **first}


def measured(case: dict, data: str) -> dict:
    command = [sys.executable, __file__, data, "--case", json.dumps(case)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--gigabytes", type=float)
    parser.add_argument("--case", type=json.loads)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(work(options.case)))
        return
    if options.gigabytes:
        found = measured({"form": "large", "work": "hashed", "gigabytes": options.gigabytes}, options.data)
        megabytes = {name: round(found[name] / 1e6) for name in ("text", "output", "peak")}
        print(f"hashed words of a column: {megabytes} MB (peak: above text and output), {found['first']:.1f} s")
        return
    cases = [
        {"set": one, "work": made, "form": form} for one in SETS for made in ("ids", "bags", "hashed") for form in FORMS
    ]
    results: list[list[dict]] = [[] for _ in cases]
    for _ in range(options.runs):
        for case, found in zip(cases, results, strict=True):
            found.append(measured(case, options.data))
    print("| texts | work | form | first, ms | again, ms | peak, MB | grown, MB |\n|---|---|---|---|---|---|---|")
    for case, found in zip(cases, results, strict=True):
        milliseconds = [round(statistics.median(one[name] for one in found) * 1e3) for name in ("first", "again")]
        megabytes = [round(statistics.median(one[name] for one in found) / 1e6) for name in ("peak", "grown")]
        cells = [case["set"], case["work"], case["form"], *milliseconds, *megabytes]
        print(f"| {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    main()
