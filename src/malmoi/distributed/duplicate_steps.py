"""The steps of the search for near duplicates in shards; each is a function of a shard or of a range of keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.readers import ReadReport, ReadSettings, shard_batches
from malmoi.distributed.duplicate_scratch import Ints, Scratch, key_slice
from malmoi.foundation.files import whole_file
from malmoi.foundation.threads import thread_count

if TYPE_CHECKING:
    from polars import DataFrame

__all__ = ["FAMILIES", "Search"]

FAMILIES = ("rare", "all")
"""Sketches of the features that are not frequent, and of all."""
BANDS, VALUES = 20, 80
"""Bands of a sketch, and its bytes; the core checks them."""
SKETCHED_TOGETHER = 50_000
"""Number of texts whose sketches are in memory at once."""
COMPARED_TOGETHER = 200_000
"""Number of pairs of texts whose indices are in memory at once."""


@dataclass(frozen=True)
class Search:
    """A search for near duplicates in shards, step by step; picklable.

    Texts are numbered through all shards. The results of a step are in the scratch folder, for the next steps.

    Args:
        paths: file of each shard.
        settings: how they are read.
        threshold: lowest similarity.
        salt: salt of the keys of equal texts.
        scratch: the scratch folder.
        parts: number of ranges of keys, for each kind of key.
        starts: number of the first text of each shard, then the number of all texts.
    """

    paths: tuple[str, ...]
    settings: ReadSettings
    threshold: float
    salt: int
    scratch: Scratch
    parts: int = 1
    starts: tuple[int, ...] = ()

    def describe(self, shard: int) -> int:
        """Read the texts of a shard; write their features and the keys of equal texts. Return their number."""
        keys, ends, last = [np.empty((0, 2), np.uint64)], [np.empty(0, np.int64)], 0
        sets = [np.empty(0, np.uint64)]
        with self.scratch.growing(f"{shard}-features", np.uint64) as all_features:
            for batch in shard_batches(self.paths[shard], self.settings, ReadReport()):
                found = _core.duplicate_features(batch.texts, salt=self.salt, threads=thread_count())
                keys.append(found[0])
                sets.append(found[1])
                all_features.append(found[2])
                ends.append(found[3] + last)
                last += len(found[2])
        self.scratch.write(f"{shard}-ends", np.concatenate(ends))
        self.scratch.write(f"{shard}-sets", np.concatenate(sets))
        both = np.concatenate(keys)
        self._write_keys(shard, "equal", [both[:, 0], both[:, 1]], np.arange(len(both)))
        return len(both)

    def _write_keys(self, shard: int, kind: str, keys: Sequence[npt.NDArray[np.uint64]], rows: Ints) -> None:
        """Write keys in ascending order, and the row of each; keys of one row are compared in their order."""
        order = np.lexsort(keys[::-1])
        for number, key in enumerate(keys):
            self.scratch.write(f"{shard}-{kind}-key{number}", key[order])
        self.scratch.write(f"{shard}-{kind}-rows", rows[order])

    def match_equal(self, part: int) -> None:
        """Find the first of equal texts, for a range of keys."""
        self._match(part, "equal", 2)

    def match_sets(self, part: int) -> None:
        """Find the first of texts with the same features, for a range of keys."""
        self._match(part, "set", 1)

    def _match(self, part: int, kind: str, key_count: int) -> None:
        """Write each text with the keys of an earlier one, and the first of these; ascending."""
        columns: list[list[npt.NDArray[np.uint64]]] = [[] for _ in range(key_count)]
        texts: list[Ints] = []
        for shard, start in enumerate(self.starts[:-1]):
            keys = [self.scratch.read(f"{shard}-{kind}-key{number}") for number in range(key_count)]
            chosen = key_slice(keys[0], part, self.parts)
            for column, key in zip(columns, keys, strict=True):
                column.append(key[chosen])
            texts.append(self.scratch.read(f"{shard}-{kind}-rows")[chosen] + start)
        joined = [np.concatenate(column) for column in columns]
        order = np.lexsort(joined[::-1])  # stable, so that equal keys stay in the order of the texts
        numbers = np.concatenate(texts)[order]
        is_first = np.ones(len(order), np.bool_)
        is_first[1:] = np.any([column[order][1:] != column[order][:-1] for column in joined], axis=0)
        firsts = numbers[is_first][np.cumsum(is_first) - 1]
        self._write_pairs(f"part{part}-{kind}", numbers[~is_first], firsts[~is_first])

    def _write_pairs(self, name: str, texts: Ints, others: Ints) -> None:
        order = np.argsort(texts, kind="stable")
        self.scratch.write(name, np.stack([texts[order], others[order]]))

    def _of_shard(self, shard: int, names: Sequence[str]) -> Ints:
        """Return the pairs of several files whose first text is in a shard, (2, pairs), ascending by that text."""
        start, end = self.starts[shard], self.starts[shard + 1]
        found = [np.empty((2, 0), np.int64)]
        for name in names:
            pairs = self.scratch.read(name)
            chosen = slice(*np.searchsorted(pairs[0], [start, end]))
            found.append(pairs[:, chosen])
        joined = np.concatenate(found, axis=1)
        return np.asarray(joined[:, np.argsort(joined[0], kind="stable")])

    def keep_distinct(self, shard: int) -> int:
        """Leave out texts that are equal to an earlier one; write the keys of the others' sets of features.

        Returns:
            Number of the others.
        """
        pairs = self._of_shard(shard, [f"part{part}-equal" for part in range(self.parts)])
        self.scratch.write(f"{shard}-equal", pairs)
        rows = self._distinct(shard)
        sets = self.scratch.read(f"{shard}-sets")[rows]
        self._write_keys(shard, "set", [sets[sets != 0]], rows[sets != 0])
        return len(rows)

    def _distinct(self, shard: int) -> Ints:
        """Return the rows of a shard that are not equal to an earlier text."""
        count, start = self.starts[shard + 1] - self.starts[shard], self.starts[shard]
        return np.delete(np.arange(count), self.scratch.read(f"{shard}-equal")[0] - start)

    def sample(self, item: tuple[int, tuple[int, ...]]) -> tuple[npt.NDArray[np.uint64], Ints]:
        """Return the features of some of the distinct texts of a shard, and the end of each text's."""
        shard, places = item
        features, ends = self.scratch.read(f"{shard}-features"), self.scratch.read(f"{shard}-ends")
        rows = self._distinct(shard)[list(places)]
        sets = [features[ends[row - 1] if row else 0 : ends[row]] for row in rows]
        return np.concatenate(sets), np.cumsum([len(one) for one in sets])

    def sketch(self, shard: int) -> tuple[int, ...]:
        """Sketch the texts whose features no earlier text has; write keys of bands, and sketches.

        Returns:
            Number of sketches of each family.
        """
        same = self._of_shard(shard, [f"part{part}-set" for part in range(self.parts)])
        self.scratch.write(f"{shard}-same", same)
        rows = np.setdiff1d(self._distinct(shard), same[0] - self.starts[shard], assume_unique=True)
        features, ends = self.scratch.read(f"{shard}-features"), self.scratch.read(f"{shard}-ends")
        frequent = np.ascontiguousarray(self.scratch.read("frequent"))
        keys: tuple[list[Any], ...] = ([], [])
        texts: tuple[list[Ints], ...] = ([], [])
        names = [f"{shard}-{family}-sketches" for family in FAMILIES]
        with (
            self.scratch.growing(names[0], np.uint8, VALUES) as rare,
            self.scratch.growing(names[1], np.uint8, VALUES) as every,
        ):
            for start in range(0, len(rows), SKETCHED_TOGETHER):
                some = rows[start : start + SKETCHED_TOGETHER]
                made = _core.duplicate_sketches(features, ends, some, frequent=frequent, threads=thread_count())
                for number, (array, one) in enumerate(zip((rare, every), made, strict=True)):
                    texts[number].append(one[0])
                    keys[number].append(one[1])
                    array.append(one[2])
        for family, own_keys, own_texts in zip(FAMILIES, keys, texts, strict=True):
            self._write_bands(shard, family, np.concatenate([np.empty((0, BANDS), np.uint32), *own_keys]))
            self.scratch.write(f"{shard}-{family}-texts", np.concatenate([np.empty(0, np.int64), *own_texts]))
        return tuple(sum(map(len, own)) for own in texts)

    def _write_bands(self, shard: int, family: str, keys: npt.NDArray[np.uint32]) -> None:
        """Write the keys of each band in ascending order, and the sketch of each."""
        ordered, order = (np.empty((BANDS, len(keys)), np.uint32) for _ in range(2))
        for band in range(BANDS):
            order[band] = np.argsort(keys[:, band], kind="stable")
            ordered[band] = keys[order[band], band]
        self.scratch.write(f"{shard}-{family}-keys", ordered)
        self.scratch.write(f"{shard}-{family}-order", order)

    def propose(self, item: tuple[str, int, int]) -> None:
        """Find texts whose sketches agree, for a family and a range of keys of its bands."""
        family, part, parts = item
        keys: list[list[npt.NDArray[np.uint32]]] = [[] for _ in range(BANDS)]
        places: list[list[npt.NDArray[np.uint32]]] = [[] for _ in range(BANDS)]
        for shard in range(len(self.paths)):
            own, order = (self.scratch.read(f"{shard}-{family}-{name}") for name in ("keys", "order"))
            for band in range(BANDS):
                chosen = key_slice(own[band], part, parts)
                keys[band].append(own[band, chosen].copy())
                places[band].append(order[band, chosen].copy())
        shared = [_is_shared(np.concatenate(own)) for own in keys]
        rows, numbers = self._shared_sketches(family, places, shared)
        found = [np.empty((3, 0), np.int64)]
        for band in range(BANDS):
            own_keys = np.concatenate(keys[band])[shared[band]]
            later, earlier, agreements = _core.band_candidates(own_keys, rows[band], threshold=self.threshold)
            found.append(np.stack([numbers[band][later], numbers[band][earlier], agreements.astype(np.int64)]))
        self.scratch.write(f"part{part}-{family}-candidates", _distinct_columns(np.concatenate(found, axis=1)))

    def _shared_sketches(
        self, family: str, places: Sequence[Sequence[npt.NDArray[np.uint32]]], shared: Sequence[npt.NDArray[np.bool_]]
    ) -> tuple[list[npt.NDArray[np.uint8]], list[Ints]]:
        """Return the sketches that share a key in each band, and the numbers of their texts."""
        rows: list[list[npt.NDArray[np.uint8]]] = [[] for _ in range(BANDS)]
        numbers: list[list[Ints]] = [[] for _ in range(BANDS)]
        before = [0] * BANDS
        for shard, start in enumerate(self.starts[:-1]):
            sketches, texts = (self.scratch.read(f"{shard}-{family}-{name}") for name in ("sketches", "texts"))
            for band in range(BANDS):
                own = places[band][shard]
                chosen = own[shared[band][before[band] : before[band] + len(own)]]
                before[band] += len(own)
                rows[band].append(sketches[chosen])
                numbers[band].append(texts[chosen] + start)
        return [np.concatenate(one) for one in rows], [np.concatenate(one) for one in numbers]

    def verify(self, item: tuple[int, tuple[int, ...]]) -> Ints:
        """Compare the texts of a shard with their best candidates; write the most similar earlier text of each.

        Args:
            item: the shard, and the number of ranges of keys of each family.

        Returns:
            All similar pairs (2, pairs): the text and the earlier one.
        """
        shard, parts = item
        pairs = [np.empty((2, 0), np.int64)]
        for family, count in zip(FAMILIES, parts, strict=True):
            pairs.append(self._best_candidates(shard, [f"part{part}-{family}-candidates" for part in range(count)]))
        later, earlier = _distinct_columns(np.concatenate(pairs, axis=1))
        similarities = self._similarities(shard, later, earlier)
        similar = similarities > 0
        later, earlier, similarities = later[similar], earlier[similar], similarities[similar]
        order = np.lexsort((earlier, -similarities, later))
        best = order[np.unique(later[order], return_index=True)[1]]
        self.scratch.write(f"{shard}-near", np.stack([later[best], earlier[best]]))
        self.scratch.write(f"{shard}-similarities", similarities[best])
        return np.stack([later, earlier])

    def _best_candidates(self, shard: int, names: Sequence[str]) -> Ints:
        """Return the best candidates of the texts of a shard, (2, pairs)."""
        start, end = self.starts[shard], self.starts[shard + 1]
        found = [np.empty((3, 0), np.int64)]
        for name in names:
            candidates = self.scratch.read(name)
            found.append(candidates[:, slice(*np.searchsorted(candidates[0], [start, end]))])
        later, earlier, agreements = np.concatenate(found, axis=1)
        texts, places = np.unique(earlier, return_inverse=True)
        later, best = _core.best_candidates(
            (later - start).astype(np.uint32), places.astype(np.uint32), agreements.astype(np.uint8), end - start
        )
        return np.stack([later + np.int64(start), texts[best]])

    def _similarities(self, shard: int, later: Ints, earlier: Ints) -> npt.NDArray[np.float32]:
        """Return the similarity of each pair, 0 if it is too low; the later text is in a shard."""
        found = np.zeros(len(later), np.float32)
        owners = np.searchsorted(self.starts, earlier, side="right") - 1
        features, ends = self.scratch.read(f"{shard}-features"), self.scratch.read(f"{shard}-ends")
        for owner in np.unique(owners):
            others = self.scratch.read(f"{owner}-features"), self.scratch.read(f"{owner}-ends")
            chosen = np.flatnonzero(owners == owner)
            for begin in range(0, len(chosen), COMPARED_TOGETHER):
                pairs = chosen[begin : begin + COMPARED_TOGETHER]
                own, other = later[pairs] - self.starts[shard], earlier[pairs] - self.starts[owner]
                found[pairs] = _core.feature_similarities(
                    features, ends, own, *others, other, threshold=self.threshold, threads=thread_count()
                )
        return found

    def result(self, shard: int) -> DataFrame:
        """Return the texts of a shard that have an earlier similar text."""
        import polars as pl

        equal, same, near = (self.scratch.read(f"{shard}-{name}") for name in ("equal", "same", "near"))
        similarities = np.concatenate(
            [np.ones(equal.shape[1] + same.shape[1], np.float32), self.scratch.read(f"{shard}-similarities")]
        )
        texts, earlier = np.concatenate([equal, same, near], axis=1)
        groups = self._groups(np.concatenate([self._first_of_same(equal[1]), same[1], near[0]]))
        columns = {"": texts, "group_": groups, "earlier_": earlier}
        values: dict[str, Any] = {}
        paths = pl.Series(self.paths, dtype=pl.String)
        for prefix, numbers in columns.items():
            owners = np.searchsorted(self.starts, numbers, side="right") - 1
            values[f"{prefix}shard"] = paths.gather(owners)
            values[f"{prefix}row"] = numbers - np.asarray(self.starts)[owners]
        values["similarity"] = similarities
        values["equal"] = np.arange(len(texts)) < equal.shape[1]
        return pl.DataFrame(values).sort("row")

    def write_result(self, item: tuple[int, str]) -> None:
        """Write the result of a shard to a Parquet file."""
        shard, path = item
        with whole_file(path, overwrite=True) as file:  # a worker may have died after writing it
            self.result(shard).write_parquet(file)

    def _first_of_same(self, texts: Ints) -> Ints:
        """Return for each text the first with the same features."""
        found = texts.copy()
        owners = np.searchsorted(self.starts, texts, side="right") - 1
        for owner in np.unique(owners):
            chosen = owners == owner
            found[chosen] = _mapped(texts[chosen], *self.scratch.read(f"{owner}-same"))
        return found

    def _groups(self, texts: Ints) -> Ints:
        """Return the first text of the group of each text."""
        return _mapped(texts, *self.scratch.read("groups"))


def _distinct_columns(array: Ints) -> Ints:
    """Return the distinct columns of an array, in ascending order."""
    ordered = array[:, np.lexsort(array[::-1])]
    is_new = np.ones(ordered.shape[1], np.bool_)
    is_new[1:] = np.any(ordered[:, 1:] != ordered[:, :-1], axis=0)
    return ordered[:, is_new]


def _is_shared(keys: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Return which keys occur more than once."""
    order = np.argsort(keys)
    same = keys[order][1:] == keys[order][:-1]
    shared = np.zeros(len(keys), np.bool_)
    shared[order[1:][same]] = True
    shared[order[:-1][same]] = True
    return shared


def _mapped(numbers: Ints, known: Ints, values: Ints) -> Ints:
    """Replace numbers that are among the known ones, in ascending order, by the values of these."""
    if len(known) == 0:
        return numbers
    places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.where(known[places] == numbers, values[places], numbers)
