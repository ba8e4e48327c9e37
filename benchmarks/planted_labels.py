"""Planted faults of labels and of test sets: how many are found, what is raised on untouched data, how long it takes.

python benchmarks/planted_labels.py labels   # 500 wrong labels in IMDB, and wrong labels in other sets
python benchmarks/planted_labels.py shifts   # shifted test sets
python benchmarks/planted_labels.py splits   # random splits, and the original tests: what is raised
python benchmarks/planted_labels.py large    # 1,000,000 texts made from the reviews
"""

import argparse
import resource
import time
from collections import Counter
from pathlib import Path

import numpy as np
from text_sets import SETS, Labelled

import malmoi as mm
from malmoi.evaluation.checks.base import Subject
from malmoi.evaluation.checks.table import CHECKS
from malmoi.evaluation.suspected import suspected_labels

DATA = Path(__file__).parents[2] / "shared" / "data"
SHIFT_CODES = ("shift", "length-shift", "class-shift", "unseen-words")


def with_wrong_labels(labels: list[str], count: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Labels of which some are replaced by another class at random, and the places of these."""
    random = np.random.default_rng(seed)
    places = random.choice(len(labels), count, replace=False)
    classes, found = sorted(set(labels)), list(labels)
    for place in places.tolist():
        found[place] = str(random.choice([one for one in classes if one != labels[place]]))
    return found, places


def with_other_texts(texts: list[str], others: list[str], share: float, seed: int) -> list[str]:
    """Texts of which a share is replaced by others."""
    random = np.random.default_rng(seed)
    places = random.choice(len(texts), int(share * len(texts)), replace=False)
    chosen = random.choice(len(others), len(places))
    found = list(texts)
    for place, other in zip(places.tolist(), chosen.tolist(), strict=True):
        found[place] = others[other]
    return found


def longer_half(data: Labelled, seed: int, wanted: int) -> Labelled:
    """Some of the texts that are longer than half of all."""
    random = np.random.default_rng(seed)
    median = np.median(list(map(len, data.texts)))
    places = [place for place, text in enumerate(data.texts) if len(text) > median]
    return data.taken(sorted(random.choice(places, wanted, replace=False).tolist()))


def with_class_shares(data: Labelled, label: str, share: float, wanted: int, seed: int) -> Labelled:
    """Texts of which a share has one label, and the rest another."""
    random = np.random.default_rng(seed)
    own = [place for place, one in enumerate(data.labels) if one == label]
    others = [place for place, one in enumerate(data.labels) if one != label]
    count = int(share * wanted)
    chosen = [*random.choice(own, count, replace=False), *random.choice(others, wanted - count, replace=False)]
    return data.taken(list(map(int, chosen)))


def split(data: Labelled, seed: int, share: float = 0.2) -> tuple[Labelled, Labelled]:
    """Training and test texts at random."""
    order = np.random.default_rng(seed).permutation(len(data)).tolist()
    size = int(share * len(data))
    return data.taken(order[size:]), data.taken(order[:size])


def corpus(data: Labelled) -> mm.Corpus:
    return mm.Corpus(data.texts, data.labels)


def raised(training: Labelled, test: Labelled, codes: tuple[str, ...] = SHIFT_CODES) -> dict[str, str]:
    """The code of each finding of some checks, with its severity and its sentence."""
    subject = Subject(corpus(training), corpus(test))
    runs = [one for one in CHECKS if one.code in codes]
    return {found.code: f"{found.severity}: {found.message}" for one in runs for found in one.run(subject)}


def measure_labels(draws: int, quick: bool) -> None:
    for name, share in (
        ("imdb", 0.02),
        ("trec", 0.02),
        ("agnews", 0.02),
        ("20ng", 0.02),
        ("sms", 0.02),
        ("nsmc", 0.02),
    ):
        training, _ = SETS[name].read(DATA, quick)
        training = training.every(20_000) if name == "nsmc" else training
        rows = []
        for seed in range(draws):
            labels, places = with_wrong_labels(training.labels, round(share * len(training)), seed)
            data = mm.Corpus(training.texts, labels)
            start = time.perf_counter()
            found = suspected_labels(data.texts, data.required_codes)
            seconds = time.perf_counter() - start
            ranking, count = found.ranking, len(places)
            recall = np.isin(places, ranking[: len(ranking) // 20]).mean()
            precision = np.isin(ranking[:count], places).mean()
            suspected = np.isin(found.places, places)
            rows.append((recall, precision, len(suspected), suspected.mean(), found.wrong.value, seconds))
            print(
                f"  {name} draw {seed}: in the first 5 % {recall:.3f}, precision of the first {count} {precision:.3f}"
            )
        mean = np.mean(rows, axis=0)
        print(
            f"{name}: {len(training):,} texts, {share:.0%} wrong; in the first 5 % {mean[0]:.3f}, precision "
            f"{mean[1]:.3f}; suspected {mean[2]:.0f} with precision {mean[3]:.3f}; share of wrong labels "
            f"{mean[4]:.3f}; {mean[5]:.1f} s"
        )


def measure_shifts(draws: int, quick: bool) -> None:
    imdb, imdb_test = SETS["imdb"].read(DATA, quick)
    others = {name: SETS[name].read(DATA, quick)[0].texts for name in ("mr", "nsmc", "agnews")}
    size = len(imdb_test) // 5
    for name in ("longer texts", "class shares 50 % to 70 %", *(f"30 % of {one}" for one in others)):
        counts: Counter[str] = Counter()
        for seed in range(draws):
            training, test = split(imdb, seed)
            if name == "longer texts":
                test = longer_half(imdb_test, seed, size)
            elif name.startswith("class shares"):
                test = with_class_shares(test, "pos", 0.7, size, seed)
            else:
                test = Labelled(with_other_texts(test.texts, others[name.split()[-1]], 0.3, seed), test.labels)
            found = raised(training, test)
            counts.update(f"{code} ({said.split(':')[0]})" for code, said in found.items())
            if not seed:
                print(*(f"    {code}: {said}" for code, said in found.items()), sep="\n")
        print(f"{name}: {dict(counts)} of {draws} draws")


def measure_splits(draws: int, quick: bool) -> None:
    for name in ("imdb", "nsmc", "trec", "mr", "20ng", "sms", "agnews"):
        training, test = SETS[name].read(DATA, quick)
        training = training.every(20_000) if name == "nsmc" else training
        counts: Counter[str] = Counter()
        for seed in range(draws):
            counts.update(raised(*split(training, seed)))
        print(f"{name}: {draws} random splits: {dict(counts)}")
        if len(test):
            print(f"{name}, its own test:", *(f"    {one}" for one in raised(training, test).values()), sep="\n")


def measure_large(draws: int, quick: bool) -> None:
    """Texts made of sentences of several reviews with the same label."""
    training, _ = SETS["imdb"].read(DATA, quick)
    random = np.random.default_rng(0)
    texts, labels = [], []
    by_label = {
        label: [t for t, one in zip(training.texts, training.labels, strict=True) if one == label]
        for label in ("neg", "pos")
    }
    for place in range(1_000_000):
        label = "pos" if place % 2 else "neg"
        first, second = (by_label[label][int(one)] for one in random.integers(len(by_label[label]), size=2))
        texts.append(first[: len(first) // 2] + second[len(second) // 2 :])
        labels.append(label)
    wrong, places = with_wrong_labels(labels, 20_000, 0)
    data = mm.Corpus(texts, wrong)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, processor = time.perf_counter(), time.process_time()
    found = suspected_labels(data.texts, data.required_codes)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    ranking = found.ranking
    recall = np.isin(places, ranking[: len(ranking) // 20]).mean()
    size = sum(map(len, texts)) / 1e9
    took = f"{seconds:.0f} s ({processor:.0f} s of processor time), {more:.2f} GiB more"
    print(f"{len(texts):,} texts, {size:.2f} GB: {took}; in the first 5 % {recall:.3f}")


MEASURES = {"labels": measure_labels, "shifts": measure_shifts, "splits": measure_splits, "large": measure_large}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=MEASURES)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    MEASURES[chosen.what](chosen.draws, chosen.quick)
