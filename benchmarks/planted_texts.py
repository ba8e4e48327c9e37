"""Plant faults into texts and labels, and measure whether the checks of texts and leaks find them.

python benchmarks/planted_texts.py ../shared/data
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from foreign_sentences import SENTENCES

import malmoi as mm
from malmoi.evaluation.checks.base import Subject
from malmoi.evaluation.checks.leaked_marks import LEAKED_MARKS
from malmoi.evaluation.checks.leaked_ngrams import LEAKED_NGRAMS
from malmoi.evaluation.checks.markup import MARKUP
from malmoi.evaluation.checks.mojibake import MOJIBAKE
from malmoi.evaluation.checks.other_language import OTHER_LANGUAGE, spoken
from malmoi.evaluation.checks.shared_groups import SHARED_GROUPS
from malmoi.evaluation.checks.text_lengths import TEXT_LENGTHS

Texts = list[str]
Labels = list[str]
DRAWS, PLANTED = 5, 200
OWN_CHECKS = (SHARED_GROUPS, LEAKED_NGRAMS, LEAKED_MARKS, TEXT_LENGTHS, OTHER_LANGUAGE, MOJIBAKE, MARKUP)
KINDS_OF_MOJIBAKE: dict[str, Callable[[str], str]] = {
    "UTF-8 as CP1252": lambda text: text.encode().decode("cp1252", "replace"),
    "UTF-8 as Latin-1": lambda text: text.encode().decode("latin-1"),
    "UTF-8 as Latin-1, twice": lambda text: text.encode().decode("latin-1").encode().decode("latin-1"),
    "CP949 as Latin-1": lambda text: text.encode("cp949", "ignore").decode("latin-1"),
    "CP1252 as Latin-1": lambda text: text.encode("cp1252", "ignore").decode("latin-1"),
    "bytes lost": lambda text: text.encode("cp1252", "ignore").decode("utf-8", "replace"),
}


def foreign_texts(count: int, sentences: Sequence[int], random: np.random.Generator) -> Texts:
    """Texts of some sentences of one of six languages each, from as many as `sentences` says."""
    languages = list(SENTENCES)
    found = []
    for _ in range(count):
        own = SENTENCES[languages[random.integers(len(languages))]]
        found.append(" ".join(random.choice(own, size=random.choice(sentences), replace=False)))
    return found


def put(texts: Texts, planted: Texts, random: np.random.Generator) -> tuple[Texts, np.ndarray]:
    """Put texts in the place of others; return also the places."""
    places = np.sort(random.choice(len(texts), len(planted), replace=False))
    changed = list(texts)
    for place, text in zip(places.tolist(), planted, strict=True):
        changed[place] = text
    return changed, places


def broken(text: str, kind: str, random: np.random.Generator) -> str:
    """Break a text in one of the kinds; a text of ASCII gets what the kind can break first."""
    words = text.split(" ")
    extra = "재미있어요" if kind == "CP949 as Latin-1" else str(random.choice(["café", "it’s", "“so”", "naïve", "5 €"]))
    if kind in ("CP1252 as Latin-1", "bytes lost"):
        extra = str(random.choice(["it’s", "“so”", "so – so"]))
    words.insert(int(random.integers(len(words) + 1)), extra)
    return KINDS_OF_MOJIBAKE[kind](" ".join(words))


def with_token(
    texts: Texts, labels: Labels, label: str, token: str, share: float, where: str, random: np.random.Generator
) -> Texts:
    """Put a token at the beginning, the end, or anywhere into a share of the texts of one class."""
    changed = list(texts)
    for place, (text, own) in enumerate(zip(texts, labels, strict=True)):
        if own == label and random.random() < share:
            words = text.split(" ")
            at = {"begin": 0, "end": len(words), "any": int(random.integers(len(words) + 1))}[where]
            changed[place] = " ".join([*words[:at], token, *words[at:]])
    return changed


def with_marks(texts: Texts, labels: Labels, kind: str, share: float, random: np.random.Generator) -> Texts:
    """Put a mark that depends on the label at the beginning of a share of all texts."""
    first = sorted(set(labels))[0]
    changed = list(texts)
    for place, own in enumerate(labels):
        if random.random() < share:
            number, is_first = int(random.integers(10_000, 99_999)), own == first
            mark = {
                "path": f"data/train/{own}/{number}.txt",
                "prefix": f"{'ABC' if is_first else 'XYZ'}-{number}",
                "date": f"{random.integers(2001, 2008) + (0 if is_first else 8)}-0{number % 9 + 1}-11",
                "host": f"user{number}@{'mail.example.com' if is_first else 'post.example.org'}",
                "range": f"#{number % 40_000 + 10_000 if is_first else number % 40_000 + 50_000}",
                "rating": f"{number}_{number % 4 + 1 + (0 if is_first else 6)}.txt",
            }[kind]
            changed[place] = f"{mark} {changed[place]}"
    return changed


def found_places(texts: Texts, check: str) -> set[int]:
    """Places of all texts that a check flags."""
    subject = Subject(mm.Corpus(texts))
    return set(subject.damage.texts.tolist() if check == "mojibake" else spoken(subject).exceptions)


def measure_places(name: str, texts: Texts, make: Callable[[np.random.Generator], Texts], check: str) -> None:
    before = found_places(texts, check)
    shares, alarms = [], []
    for draw in range(DRAWS):
        random = np.random.default_rng(draw)
        changed, places = put(texts, make(random), random)
        found = found_places(changed, check)
        planted = set(places.tolist())
        shares.append(len(found & planted) / len(planted))
        alarms.append(len(found - planted - before))
    print(
        f"{check:9} {name:58} found {min(shares):6.1%} to {max(shares):6.1%}, new false alarms {max(alarms)}",
        flush=True,
    )


def measure_leak(name: str, make: Callable[[np.random.Generator], Texts], labels: Labels, code: str) -> None:
    found, others = 0, set()
    for draw in range(DRAWS):
        subject = Subject(mm.Corpus(make(np.random.default_rng(draw)), labels))
        warnings = [one for check in (LEAKED_NGRAMS, LEAKED_MARKS) for one in check.run(subject) if one.is_warning]
        found += code in [one.code for one in warnings]
        others |= {one.code for one in warnings} - {code}
    print(
        f"{code:12} {name:60} warned in {found} of {DRAWS} draws; other warnings: {', '.join(others) or 'none'}",
        flush=True,
    )


def costs(texts: Texts, labels: Labels, name: str) -> None:
    subject, said, total = Subject(mm.Corpus(texts, labels)), [], 0.0
    for check in OWN_CHECKS:
        start = time.perf_counter()
        list(check.run(subject))
        seconds = time.perf_counter() - start
        total += seconds
        said.append(f"{check.code} {seconds:.2f}")
    print(f"cost of {len(texts):,} {name}: {total:.2f} s ({', '.join(said)})")


def read(folder: Path, name: str) -> tuple[Texts, Labels]:
    table = pl.read_parquet(folder / name)
    return [text or "" for text in table["text"].to_list()], table["label"].to_list()


def drawn(texts: Texts, count: int, random: np.random.Generator) -> Texts:
    return [texts[place] for place in random.choice(len(texts), count, replace=False).tolist()]


def measure_languages(imdb: Texts, nsmc: Texts, short: Texts) -> None:
    for name, sentences in (("1 sentence", [1]), ("2 to 12 sentences", list(range(2, 13)))):
        for data, texts in (("25,000 of IMDB", imdb), ("10,662 of MR", short), ("25,000 of NSMC", nsmc)):
            make = partial(foreign_texts, PLANTED, sentences)
            measure_places(f"{PLANTED} of {name} in 6 languages in {data}", texts, make, "language")
    long = [text for text in nsmc if len(text) >= 20]
    measure_places(
        f"{PLANTED} of NSMC, 20 characters or more, in IMDB", imdb, partial(drawn, long, PLANTED), "language"
    )
    measure_places(f"{PLANTED} of MR in NSMC", nsmc, partial(drawn, short, PLANTED), "language")


def measure_mojibake(imdb: Texts, nsmc: Texts) -> None:
    def make(texts: Texts, kind: str, random: np.random.Generator) -> Texts:
        return [broken(text, kind, random) for text in drawn(texts, PLANTED, random)]

    for kind in KINDS_OF_MOJIBAKE:
        measure_places(f"{PLANTED} of IMDB: {kind}", imdb, partial(make, imdb, kind), "mojibake")
        if kind not in ("CP1252 as Latin-1", "bytes lost"):  # which have no Korean
            measure_places(f"{PLANTED} of NSMC: {kind}", nsmc, partial(make, nsmc, kind), "mojibake")


def measure_leaks(name: str, texts: Texts, labels: Labels, label: str) -> None:
    for token in ("SRC_POS", f"lbl-{label}", {"pos": "class: positive", "neg": "class: negative"}[label], "xqzvt"):
        for share, where in ((0.3, "begin"), (0.6, "any"), (1.0, "end")):
            make = partial(with_token, texts, labels, label, token, share, where)
            measure_leak(f"{token!r} in {share:.0%} of {label} of {name}, {where}", make, labels, "leaked-ngram")
    for kind in ("path", "prefix", "date", "host", "range", "rating"):
        for share in (0.3, 1.0):
            make = partial(with_marks, texts, labels, kind, share)
            measure_leak(f"{kind} in {share:.0%} of {name}", make, labels, "leaked-mark")


def main(folder: Path) -> None:
    imdb, labels = read(folder, "imdb-train.parquet")
    nsmc, ratings = read(folder, "nsmc-test.parquet")
    short, polarity = read(folder, "mr.parquet")
    costs(imdb, labels, "reviews of IMDB")
    costs(imdb[:20_000], labels[:20_000], "reviews of IMDB")
    measure_languages(imdb, nsmc, short)
    measure_mojibake(imdb, nsmc)
    measure_leaks("MR", short, polarity, "neg")
    measure_leaks("NSMC", nsmc, ratings, "neg")
    measure_leaks("IMDB", imdb, labels, "pos")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
