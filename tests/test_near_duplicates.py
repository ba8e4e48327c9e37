"""Near duplicates: equal to comparing all pairs, found across a split, the same at any thread count."""

import random
import re
import signal
import threading
import time
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi.data.near_duplicates import similar_texts
from reference import similar

WORDS = [
    "good",
    "Movie",
    "don't",
    "dont",
    "it's",
    "é",
    "CAFÉ",
    "cafe\u0301",
    "10점",
    "재밌는",
    "영화",
    "재밌는영화",
    "映画",
    "หนังดี",
]
MARKS = [" ", "  ", "\n", ", ", "! ", " 😀 ", "_", ""]
PIECES = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(MARKS)), max_size=14)
TEXTS = st.lists(PIECES.map(lambda pieces: "".join(word + mark for word, mark in pieces)), max_size=5)


def made_texts(count, words=60, vocabulary=3_000, seed=0):
    """Texts whose words are as unevenly frequent as those of a language."""
    draw = random.Random(seed)
    shares = [1 / (rank + 1) for rank in range(vocabulary)]
    return [" ".join(f"w{word}" for word in draw.choices(range(vocabulary), shares, k=words)) for _ in range(count)]


def edited(text, seed, share=0.1):
    """Another tenth of the words, in another order and case."""
    draw = random.Random(seed)
    words = text.split()
    for place in draw.sample(range(len(words)), int(len(words) * share)):
        words[place] = f"w{draw.randrange(3_000)}"
    draw.shuffle(words)
    return ", ".join(words).upper()


def folded(text):
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def groups_of(texts, **settings):
    groups = similar_texts(texts, **settings).groups
    return {frozenset(np.flatnonzero(groups == group).tolist()) for group in set(groups.tolist())}


def test_pairs_name_the_earlier_text_and_how_similar_it_is():
    found = similar_texts(["Good movie!!", "so so", "good   movie", "Movie, good", "GOOD movie!!", "this is good"])
    assert found.groups.tolist() == [0, 1, 0, 0, 0, 5]
    assert found.equal_groups.tolist() == [0, 1, 2, 3, 0, 5]
    assert found.texts.tolist() == [2, 3, 4]
    assert found.earlier.tolist() == [0, 0, 0]
    assert found.similarities.tolist() == [1, 1, 1]
    assert found.equal.tolist() == [False, False, True]
    assert [values.dtype for values in (found.groups, found.earlier, found.similarities)] == [int, int, np.float32]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("this is good", "this is not good"),
        ("what is the capital of France?", "what is the capital of Italy?"),
        ("정말 재미있는 영화", "정말 안 재미있는 영화"),
        ("!!!", "???"),
        ("", "x"),
    ],
)
def test_short_texts_that_say_something_else_are_apart(left, right):
    assert similar_texts([left, right]).groups.tolist() == [0, 1]


@settings(max_examples=80)
@given(TEXTS, st.sampled_from([0.5, 0.7, 0.9]))
def test_small_sets_equal_comparing_all_pairs(texts, threshold):
    found = similar_texts(texts, threshold=threshold)
    columns = (found.texts, found.earlier, found.similarities, found.equal)
    pairs = {later: pair for later, *pair in zip(*(column.tolist() for column in columns), strict=True)}
    for later, text in enumerate(texts):
        equal = [other for other in range(later) if folded(texts[other]) == folded(text)]
        near = {other: similar(text, texts[other], threshold) for other in range(later)}
        if later in pairs:
            earlier, similarity, is_equal = pairs[later]
            assert earlier in equal or near[earlier] == pytest.approx(similarity)
            assert (earlier in equal) == is_equal
        # From 0.9 on a pair is missed once in a billion.
        assert later in pairs or (not equal and all(one is None or one < 0.9 for one in near.values()))


@settings(max_examples=40)
@given(TEXTS, st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order(texts, draw):
    order = list(range(len(texts)))
    draw.shuffle(order)
    shuffled = groups_of([texts[place] for place in order])
    assert {frozenset(order[place] for place in group) for group in shuffled} == groups_of(texts)


def test_edited_texts_are_found_across_a_split_at_any_thread_count():
    texts = made_texts(1_200)
    training, validation = texts[:1_000], texts[1_000:]
    validation[:100] = [edited(text, seed) for seed, text in enumerate(training[:100])]
    validation[100:110] = validation[:10]  # nearer than the training texts
    found = similar_texts(training + validation, first=1_000, n_jobs=1)
    assert found.texts.tolist() == [*range(1_000, 1_110)]
    assert found.earlier.tolist() == [*range(100), *range(10)]
    assert ((found.similarities > 0.7) & (found.similarities < 1)).all()
    assert not found.equal.any()
    for threads in (2, 5):
        other = similar_texts(training + validation, first=1_000, n_jobs=threads)
        assert all((getattr(found, name) == getattr(other, name)).all() for name in vars(found))
    nearest = similar_texts(training + validation, n_jobs=2)
    assert nearest.earlier[100:].tolist() == [*range(1_000, 1_010)]
    assert nearest.equal[100:].all()
    assert nearest.groups.tolist() == found.groups.tolist()


def test_a_template_that_most_texts_share_is_one_group():
    texts = [f"Your order {number} was sent, and will come on Monday between nine and ten" for number in range(500)]
    found = similar_texts([*texts, *made_texts(100)])
    assert found.groups[:500].tolist() == [0] * 500
    assert found.groups[500:].tolist() == [*range(500, 600)]


def test_odd_texts_work():
    for texts in ([], [""], ["one text"], ["?!", "😀", "...", "_"]):
        found = similar_texts(texts)
        assert found.groups.tolist() == list(range(len(texts)))
        assert len(found.texts) == 0
    assert similar_texts(["", " ", "\n"]).groups.tolist() == [0, 0, 0]
    assert similar_texts(["Good movie!!"] * 20_000).groups.max() == 0
    large = " ".join(map(str, range(150_000)))
    assert similar_texts([large, large.replace("1", "one"), large + " end", "x" * 1_000_000]).groups.tolist() == [
        0,
        1,
        0,
        3,
    ]


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"threshold": 0.4}, ValueError, "threshold must be from 0.5 to 1.0, got 0.4"),
        ({"threshold": float("nan")}, ValueError, "threshold must be from 0.5 to 1.0, got nan"),
        ({"threshold": "high"}, TypeError, "threshold must be a number, got 'high'"),
        ({"first": 3}, ValueError, "first must be at most 2, got 3"),
        ({"first": 1.0}, TypeError, "first must be a whole number, got 1.0"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be from 1 to 1024, or -1 for all cores, got 0"),
    ],
)
def test_wrong_numbers_are_refused(arguments, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        similar_texts(["a", "b"], **arguments)


def test_wrong_texts_are_refused():
    with pytest.raises(TypeError, match="texts must be a list of str, got one str"):
        similar_texts("a text")
    with pytest.raises(ValueError, match=r"texts\[1\] contains a lone surrogate"):
        similar_texts(["a", "\ud800"])


def test_an_interrupt_ends_the_search():
    # Each is a near duplicate of the ones before it.
    texts = [" ".join(map(str, range(number, number + 300))) for number in range(20_000)]
    taken = []
    for _ in range(3):  # the fastest: a busy moment of the machine must not put the interrupt behind the end
        start = time.perf_counter()
        similar_texts(texts[:1_000], n_jobs=1)
        taken.append(time.perf_counter() - start)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # shells ignore it in what runs in the background
    try:
        threading.Timer(min(taken), signal.raise_signal, [signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            similar_texts(texts, n_jobs=1)
    finally:
        signal.signal(signal.SIGINT, before)
