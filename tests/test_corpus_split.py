import itertools
import os
import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi import Corpus, DataError, read_corpus
from malmoi.data.unlabelled import are_among


def numbered(labels):
    return Corpus([f"text {number}" for number in range(len(labels))], labels)


def test_a_split_is_stratified_and_shuffled():
    corpus = numbered(["neg"] * 720 + ["pos"] * 280)
    first, rest = corpus.split(200, seed=0)
    assert first.class_counts() == {"neg": 144, "pos": 56}
    assert len(rest) == 800
    assert first.labels.tolist() != sorted(first.labels)
    assert rest.labels.tolist() != sorted(rest.labels)
    assert numbered([0] * 7 + [1] * 3).split(0.5, seed=0)[0].class_counts() == {0: 4, 1: 1}


def test_a_split_may_be_balanced():
    corpus = numbered(["neg"] * 720 + ["pos"] * 280 + ["odd"] * 10)
    first, rest = corpus.split(100, seed=0, balanced=True)
    assert first.class_counts() == {"neg": 45, "odd": 10, "pos": 45}
    assert len(rest) == 910


def test_a_split_by_chance_alone():
    corpus = numbered(["neg"] * 990 + ["pos"] * 10)
    counts = {corpus.split(100, seed=seed, stratify=False)[0].class_counts().get("pos", 0) for seed in range(9)}
    assert len(counts) > 1
    first, rest = Corpus(corpus.texts).split(100, seed=0)
    assert (len(first), len(rest), first.labels, rest.labels) == (100, 900, None, None)


def test_a_split_may_take_everything():
    first, rest = numbered([0, 1, 1]).split(3, seed=0)
    assert (len(first), len(rest)) == (3, 0)
    assert rest.labels.dtype == np.int64


def test_the_same_seed_gives_the_same_split():
    corpus = numbered([0, 1] * 10)
    assert corpus.split(5, seed=3)[0].texts == corpus.split(5, seed=3)[0].texts
    assert corpus.split(5, seed=3)[0].texts != corpus.split(5, seed=4)[0].texts


def test_another_process_gives_the_same_split():
    code = "from malmoi import Corpus; print(Corpus([str(n % 77) for n in range(99)]).split(9, seed=5)[0].texts)"
    answers = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_texts_are_equal_whatever_their_composition_case_and_spaces():
    same = ["So  good", " so good\n", "SO\u00a0GOOD"]
    corpus = Corpus([*same, "각", "\u1100\u1161\u11a8", *map(str, range(20))])
    for seed in range(20):
        first, _ = corpus.split(8, seed=seed)
        assert len(set(first.texts) & set(same)) in (0, 3)
        assert len(set(first.texts) & {"각", "\u1100\u1161\u11a8"}) in (0, 2)
        assert len(first) == 8


def test_others_fill_up_where_groups_do_not_fit():
    corpus = Corpus(["a"] * 3 + ["b"] * 3 + ["c"] * 2 + ["d"] * 2)
    for seed in range(30):
        assert [len(corpus.split(size, seed=seed)[0]) for size in range(2, 11)] == [2, 3, 4, 5, 6, 7, 8, 8, 10]
    with pytest.raises(
        DataError, match="size must be that of the smallest group of equal texts or more, got 1; increase it"
    ):
        corpus.split(1, seed=0)


def test_a_doubled_corpus_stays_stratified():
    corpus = Corpus([str(number // 2) for number in range(3000)], [number // 2 % 3 for number in range(3000)])
    first, _ = corpus.split(301, seed=0)
    assert len(first) == 300
    assert sorted(first.class_counts().values()) == [100, 100, 100]


groups_of_texts = st.lists(
    st.tuples(st.integers(1, 6), st.lists(st.integers(0, 2), min_size=6, max_size=6)), min_size=1
)


@settings(max_examples=200)
@given(groups_of_texts, st.data(), st.booleans())
def test_splits_are_partitions_that_share_no_text(groups, data, labelled):
    texts = [f"{number}" for number, (size, _) in enumerate(groups) for _ in range(size)]
    labels = [label for size, labels in groups for label in labels[:size]]
    corpus = Corpus(texts, labels if labelled else None)
    size = data.draw(st.integers(len(corpus.classes) or 1, len(corpus)))
    sums = {0}
    for amount, _ in groups:
        sums |= {total + amount for total in sums}
    reachable = max(total for total in sums if total <= size)
    balanced = labelled and data.draw(st.booleans())
    if not reachable:
        with pytest.raises(DataError, match="group of equal texts"):
            corpus.split(size, seed=0, balanced=balanced)
        return
    first, rest = corpus.split(size, seed=data.draw(st.integers(0, 99)), balanced=balanced)
    assert len(first) == reachable
    assert not set(first.texts) & set(rest.texts)
    pairs = [list(zip(part.texts, part.labels, strict=True)) if labelled else part.texts for part in (first, rest)]
    assert Counter(itertools.chain(*pairs)) == Counter(zip(texts, labels, strict=True) if labelled else texts)


@settings(max_examples=100)
@given(st.lists(st.sampled_from("abcd"), min_size=1), st.data(), st.booleans())
def test_classes_get_their_share(labels, data, balanced):
    corpus = numbered(labels)
    size = data.draw(st.integers(len(corpus.classes), len(corpus)))
    counts, taken = corpus.class_counts(), corpus.split(size, seed=0, balanced=balanced)[0].class_counts()
    assert sum(taken.values()) == size
    if balanced:
        most = max(taken.values())
        assert all(taken[label] in (most, most - 1) or taken[label] == counts[label] for label in taken)
    else:
        over = {label: taken[label] - size * counts[label] / len(corpus) for label in counts}
        assert all(difference < 1 for difference in over.values())
        # Only a place that a small class would not have had is taken from the others.
        assert all(difference > -1 for difference in over.values()) or min(taken.values()) == 1


def test_real_reviews_are_split_without_leaks(data):
    corpus = read_corpus(data / "nsmc-train.parquet")
    first, rest = corpus.split(0.8, seed=0)
    assert len(first) == 120_000
    assert first.class_counts() == {"neg": 60_138, "pos": 59_862}
    assert not are_among(rest.texts, first.texts).any()


@pytest.mark.parametrize(
    ("size", "options", "error", "message"),
    [
        (30_000, {}, ValueError, "size must be at most 10, the number of texts, got 30000"),
        (0, {}, ValueError, "size must be 1 text or more, got 0"),
        (-3, {}, ValueError, "size must be 1 text or more, got -3"),
        (0.01, {}, ValueError, "size must be 1 text or more, got 0"),
        (1.0, {}, ValueError, "size must be between 0 and 1 if it is a float, got 1.0; pass a number of texts as int"),
        (float("nan"), {}, ValueError, "size must be between 0 and 1 if it is a float, got nan"),
        (True, {}, TypeError, "size must be an int, or a float between 0 and 1, got True"),
        ("5", {}, TypeError, "size must be an int, or a float between 0 and 1, got '5'"),
        (2, {}, ValueError, "size must be 3 or more, one text for each class, got 2; or pass stratify=False"),
        (5, {"seed": -1}, ValueError, "seed must be 0 or more, got -1"),
        (5, {"seed": 1.5}, TypeError, "seed must be an int, got 1.5"),
        (5, {"seed": None}, TypeError, "seed must be an int, got None"),
        (5, {"balanced": True, "stratify": False}, ValueError, "balanced must be False with stratify=False, got True"),
    ],
)
def test_wrong_splits(size, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        numbered([0, 1, 2, 0, 1, 2, 0, 1, 2, 0]).split(size, **{"seed": 0, **options})


def test_a_balanced_split_needs_labels():
    with pytest.raises(ValueError, match="balanced must be False for a corpus without labels, got True"):
        Corpus(["a", "b"]).split(1, seed=0, balanced=True)


def test_every_class_has_a_place_in_the_first_part():
    labels = ["big"] * 90 + [f"rare {number}" for number in range(10)]
    corpus = Corpus([f"text {number}" for number in range(100)], np.array(labels))
    for size in (11, 20, 80):
        first, rest = corpus.split(size, seed=0)
        assert (len(first), len(rest)) == (size, 100 - size)
        assert first.classes.tolist() == corpus.classes.tolist()
