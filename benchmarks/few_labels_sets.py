"""The draws of the benchmarks of few labels: which texts have labels, which have none, and what is measured on."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from text_sets import QUICK, SETS, Labelled

OTHERS = {"imdb": "imdb-unlabelled"}
"""Files of texts without labels that are learned from beside the training texts."""
LABELS = {"imdb": (200, 20), "nsmc": (200, 20), "trec": (120,)}
VALIDATION = {"imdb": 5_000, "nsmc": 5_000, "trec": 2_000}
"""Training texts on which the parts are compared."""
VALIDATION_SEED = 1_000_000
VECTORS = Path("vectors") / "glove.6B.50d.first10361.txt"


@dataclass(frozen=True)
class Material:
    """What draws are taken from.

    Args:
        pool: labelled texts, of which a draw uses some labels.
        others: texts without labels.
        test: texts that a model is measured on; none of the others equals one of them.
    """

    pool: Labelled
    others: list[str]
    test: Labelled

    def draw(self, labels: int, seed: int) -> tuple[Labelled, list[str]]:
        """So many labelled texts, as many of each class, and all other texts."""
        truth, random = np.asarray(self.pool.labels), np.random.default_rng(seed)
        classes = np.unique(truth)
        each = labels // len(classes)
        chosen = np.concatenate([random.permutation(np.flatnonzero(truth == label))[:each] for label in classes])
        mask = np.ones(len(truth), dtype=bool)
        mask[chosen] = False
        rest = [self.pool.texts[place] for place in np.flatnonzero(mask).tolist()]
        return self.pool.taken(random.permutation(chosen).tolist()), [*rest, *self.others]

    def validating(self, texts: int) -> "Material":
        """The same with some of the pool instead of the test texts; their equals are removed from the rest."""
        order = np.random.default_rng(VALIDATION_SEED).permutation(len(self.pool)).tolist()
        validation = self.pool.taken(sorted(order[:texts]))
        rest = replace(self, pool=self.pool.taken(sorted(order[texts:])))
        return without(rest, validation)


def files_of(name: str) -> list[str]:
    return [*SETS[name].files, *([f"{OTHERS[name]}.parquet"] if name in OTHERS else [])]


def material(data: Path, name: str, quick: bool) -> Material:
    """The training texts, without those that equal a test text or are empty."""
    import polars as pl

    training, test = SETS[name].read(data, quick)
    others = pl.read_parquet(data / f"{OTHERS[name]}.parquet")["text"].to_list() if name in OTHERS else []
    return without(Material(training, others[:QUICK] if quick else others, test), test)


def without(found: Material, held_out: Labelled) -> Material:
    from malmoi.data.unlabelled import are_among, without_texts

    is_removed = are_among(found.pool.texts, ["", *held_out.texts])
    pool = found.pool.taken(np.flatnonzero(~is_removed).tolist())
    return Material(pool, without_texts(found.others, held_out.texts)[0], held_out)
