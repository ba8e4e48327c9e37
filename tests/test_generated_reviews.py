"""Tests for the generator of gigabytes of reviews, benchmarks/generated_reviews.py."""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import generated_reviews
from generated_reviews import Plan, changed_texts, generate, reviews_of

TEXTS = [
    "A good film, but long <br />Not so good at all.",
    "",
    "!",
    "재미있는 영화 and so on  ",
    "it's fine it's fine",
] * 40


def changed(share: float, first: int = 0, last: int = len(TEXTS), seed: int = 0) -> list[str]:
    return changed_texts(reviews_of(TEXTS, 3), first, last, share, np.random.default_rng(seed)).to_pylist()


def test_words_before_a_single_space_may_change() -> None:
    reviews = reviews_of(TEXTS[:5], 3)
    words = [
        reviews.data[place : place + length].tobytes().decode()
        for place, length in zip(reviews.words, reviews.lengths, strict=True)
    ]
    first = ["A ", "good ", "but ", "Not ", "so ", "good ", "at "]
    assert words == [*first, "재미있는 ", "영화 ", "and ", "so ", "it's ", "fine ", "it's "]


def test_texts_are_unchanged_without_replacements() -> None:
    assert changed(0.0) == TEXTS
    assert changed(0.0, 1, 4) == TEXTS[1:4]
    assert changed_texts(reviews_of(["!", ""], 0), 0, 2, 0.5, np.random.default_rng(0)).to_pylist() == ["!", ""]


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
@pytest.mark.parametrize(("first", "last"), [(0, len(TEXTS)), (3, 4), (7, 21)])
def test_only_words_that_may_change_do(share: float, first: int, last: int) -> None:
    reviews = reviews_of(TEXTS, 3)
    vocabulary = {word.removeprefix("/>") for text in TEXTS for word in text.split(" ")}
    places = set()
    for before, after in zip(TEXTS[first:last], changed(share, first, last), strict=True):
        old, new = before.split(" "), after.split(" ")
        assert len(old) == len(new)
        assert {word.removeprefix("/>") for word in new} <= vocabulary
        assert (old[-1], before.count("  ")) == (new[-1], after.count("  "))
        places |= {(before, place) for place, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]}
    assert places or share < 1
    assert reviews.texts == len(TEXTS)


def test_share_of_changed_words() -> None:
    texts = [" ".join(f"w{number}" for number in range(100_000))]
    [text] = changed_texts(reviews_of(texts, 0), 0, 1, 0.1, np.random.default_rng(0)).to_pylist()
    differing = sum(one != other for one, other in zip(texts[0].split(), text.split(), strict=True))
    assert differing == pytest.approx(10_000, rel=0.05)


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_shards_do_not_depend_on_processes(tmp_path: Path, kind: str) -> None:
    outputs = []
    for processes in (1, 2):
        folder = tmp_path / f"{processes}"
        written, size, _ = generate(TEXTS, Plan(folder, 150, 0.2, 7, kind), 3, processes)
        paths = sorted(folder.iterdir())
        outputs.append([path.read_bytes() for path in paths])
        assert [path.name for path in paths] == [f"part-{shard:05d}.{kind}" for shard in range(3)]
        assert size == sum(map(len, outputs[-1]))
    assert outputs[0] == outputs[1]
    if kind == "parquet":
        rows = pl.read_parquet(paths)
    else:
        rows = pl.DataFrame(
            [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
        )
    assert rows["id"].to_list() == list(range(450))
    assert rows["text"].str.len_bytes().sum() == written
    assert rows["text"][0] != rows["text"][200]


def test_row_groups_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated_reviews, "GROUP_BYTES", 100)
    reviews = reviews_of(TEXTS, 0)
    sizes = [table.num_rows for table in generated_reviews.row_groups(reviews, Plan(tmp_path, 70, 0.5, 0, "jsonl"), 3)]
    assert sum(sizes) == 70
    assert max(sizes) <= 8


def test_folder_must_be_empty(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    with pytest.raises(SystemExit, match="must be empty"):
        generate(TEXTS, Plan(tmp_path, 1, 0.1, 0, "parquet"), 1, 1)
