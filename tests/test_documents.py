"""Vectors of texts in the core, and what is made of them, against NumPy and plain Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
import reference
from malmoi import _core
from malmoi.metrics.calibrators import log_losses
from malmoi.models.few_labels.combination import combined, kept_parts
from malmoi.models.few_labels.heads import cross_validated_head, fitted_head
from malmoi.models.few_labels.projection import principal_axes
from malmoi.models.few_labels.representations import unit_rows
from malmoi.models.linear.features import BagFeatures
from malmoi.models.linear.fitting import LinearTargets
from malmoi.models.linear.folds import Fold

FEATURES = BagFeatures((mm.Words(),), ((1, 1),))
RANDOM = np.random.default_rng(3)
TEXTS = [" ".join(RANDOM.choice([f"w{n}" for n in range(25)], size)) for size in (3, 0, 5, 8, 2, 9, 1, 7) * 5]


def rows_of(texts, local="count"):
    """Rows in the core, and the same as a dense matrix."""
    counter = _core.BagCounter()
    counter.add(FEATURES.core, texts, threads=1)
    columns, _ = counter.columns(least_texts=1, most_texts=2**32 - 1, most=None, threads=1)
    rows = columns.rows(FEATURES.core, texts, local=local, threads=1)
    dense = np.zeros((len(texts), len(columns)))
    for number, text in enumerate(texts):
        np.add.at(dense[number], FEATURES.places(text, columns).columns, 1)
    return rows, np.minimum(dense, 1) if local == "binary" else dense


def unit(matrix):
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.where(lengths == 0, 1, lengths)


ROWS, DENSE = rows_of(TEXTS)
COLUMNS = DENSE.shape[1]
FACTORS = np.linspace(1, 3, COLUMNS).astype("<f4")
WANTED = np.ones(COLUMNS, np.uint8)


@settings(max_examples=25)
@given(
    texts=st.lists(st.lists(st.sampled_from("abcdefg"), max_size=5).map(" ".join), min_size=1, max_size=6),
    width=st.integers(1, 40),
    local=st.sampled_from(["count", "binary"]),
    weighted=st.booleans(),
    threads=st.integers(1, 3),
)
def test_sums_are_a_product_of_matrices(texts, width, local, weighted, threads):
    rows, dense = rows_of(texts, local)
    table = RANDOM.normal(size=(dense.shape[1], width)).astype("<f4")
    factors = np.linspace(0.5, 2, dense.shape[1]).astype("<f4") if weighted else np.ones(dense.shape[1], "<f4")
    found = _core.row_sums(rows, table, factors=factors if weighted else None, threads=threads)
    expected = unit(dense * factors) @ table
    assert np.allclose(found, expected, atol=1e-5)
    assert np.allclose(unit_rows(expected.astype(np.float32)), unit(expected), atol=1e-6)


def components(rank, passes=8, seed=0, factors=FACTORS):
    return _core.row_components(
        ROWS, lambda *_: None, columns=COLUMNS, rank=rank, passes=passes, factors=factors, seed=seed, threads=2
    )


@pytest.mark.parametrize("factors", [FACTORS, None])
def test_components_are_those_of_numpys_decomposition(factors):
    matrix = unit(DENSE * (1 if factors is None else factors))
    _, singular, axes = np.linalg.svd(matrix, full_matrices=False)
    table, found = components(6, factors=factors)
    assert np.allclose(found, singular[:6], rtol=1e-4)
    assert np.allclose(table.T @ table, np.eye(6), atol=1e-4)
    assert np.abs(table @ table.T - axes[:6].T @ axes[:6]).max() < 0.02  # the same subspace
    assert (np.abs(np.sum(table[:, :3].T * axes[:3], axis=1)) > 0.999).all()


def test_components_beyond_the_rank_are_zeros():
    matrix = unit(DENSE * FACTORS)
    rank = np.linalg.matrix_rank(matrix)
    table, singular = components(COLUMNS)
    assert np.allclose(singular, [*np.linalg.svd(matrix)[1], *[0] * COLUMNS][:COLUMNS], atol=2e-3)
    assert np.allclose(matrix @ table[:, :rank] @ table[:, :rank].T, matrix, atol=1e-3)


@pytest.mark.parametrize(
    ("texts", "dimension"),
    [
        (TEXTS[:12], 32),  # fewer texts than n-grams
        (TEXTS, 20),
        (["a b", "b c", "c a b"] * 12, 40),  # more texts than n-grams, and two blocks
        (["a"], 2),
    ],
)
@pytest.mark.parametrize("threads", [1, 3])
def test_document_vectors_are_those_of_plain_python(texts, dimension, threads):
    rows, dense = rows_of(texts, "binary")
    wanted = np.arange(dense.shape[1]) != 2
    asked = {"dimension": dimension, "epochs": 3, "negatives": 2, "learning_rate": 0.3, "sharpness": 6.0, "seed": 5}
    found = _core.document_vectors(rows, lambda *_: None, wanted=wanted.astype(np.uint8), threads=threads, **asked)
    expected = np.array(reference.document_vectors([np.flatnonzero(row).tolist() for row in dense], wanted, **asked))
    # Single precision now and then reads the next step of the table of the logistic function.
    assert np.abs(found - expected).max() < 2e-3


# Wrong sizes


def sums(columns=25, width=3, factors=None):
    return _core.row_sums(ROWS, np.zeros((columns, width), np.float32), factors=factors, threads=1)


def parts(columns=COLUMNS, rank=3, passes=2, factors=None):
    asked = {"columns": columns, "rank": rank, "passes": passes, "factors": factors}
    return _core.row_components(ROWS, lambda *_: None, seed=0, threads=1, **asked)


def vectors(wanted=WANTED, dimension=4, epochs=1, rows=ROWS):
    asked = {"negatives": 2, "learning_rate": 0.1, "sharpness": 6.0, "seed": 0, "threads": 1}
    return _core.document_vectors(rows, lambda *_: None, wanted=wanted, dimension=dimension, epochs=epochs, **asked)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sums(width=0), "table must have 1 column or more, got 0"),
        (lambda: sums(24), "columns must be at least 25, the number in the rows, got 24"),
        (lambda: sums(0), "columns must be at least 25, the number in the rows, got 0"),
        (lambda: sums(factors=np.zeros(24, np.float32)), "factors must have 25 items, one per column, got 24"),
        (lambda: parts(columns=24), "columns must be at least 25, the number in the rows, got 24"),
        (lambda: parts(factors=np.zeros(0, np.float32)), "factors must have 25 items, one per column, got 0"),
        (lambda: parts(rank=0), "rank must be from 1 to 25, got 0"),
        (lambda: parts(rank=2**60), "rank must be from 1 to 25, got"),
        (lambda: parts(passes=0), "passes must be 1 or more, got 0"),
        (lambda: vectors(wanted=np.ones(24, np.uint8)), "columns must be at least 25, the number in the rows, got 24"),
        (lambda: vectors(dimension=0), "dimension must be from 1 to 4096, got 0"),
        (lambda: vectors(dimension=2**60), "dimension must be from 1 to 4096, got"),
        (lambda: vectors(epochs=0), "epochs must be 1 or more, got 0"),
    ],
)
def test_wrong_sizes_are_refused(call, message):
    assert COLUMNS == 25
    with pytest.raises(ValueError, match=message):
        call()


def test_no_rows_and_no_columns_are_no_problem():
    rows, _ = rows_of([])
    empty, _ = rows_of(["", ""])
    for one in (rows, empty):
        assert vectors(np.zeros(0, np.uint8), rows=one).shape == (0, 32)
        assert vectors(np.ones(2, np.uint8), rows=one).shape == (2, 32)
        asked = {"columns": 0, "rank": 1, "passes": 2, "factors": None, "seed": 0, "threads": 2}
        table, singular = _core.row_components(one, lambda *_: None, **asked)
        assert (table.shape, singular.shape) == ((0, 1), (1,))
        sums = _core.row_sums(one, np.zeros((0, 2), np.float32), factors=None, threads=2)
        assert sums.tolist() == [[0.0] * 2] * len(one)


# Projection, logistic regression, combination


def test_a_projection_is_principal_components_whitened_by_a_power():
    sample = (RANDOM.normal(size=(500, 4)) * [4, 2, 1, 0] + 7).astype(np.float32)
    for power in (1.0, 2.0):
        projection = principal_axes(sample).projection(power)
        found = projection.features(sample)
        assert found.shape == (500, 3)  # an axis without variance is left out
        assert np.allclose(found.mean(axis=0), 0, atol=1e-4)
        assert np.isclose((found**2).sum(axis=1).mean(), 1, atol=1e-4)
        spread = np.linalg.svd(sample - sample.mean(axis=0))[1][:3]
        assert np.allclose(found.std(axis=0) / found.std(axis=0)[0], (spread / spread[0]) ** power, atol=1e-3)
    far = np.linalg.norm(
        principal_axes(sample).projection(1.0).features(sample[:1] - sample[1:2] + sample.mean(axis=0))
    )
    whole = np.sqrt(sample.var(axis=0).sum())
    assert np.isclose(far, np.linalg.norm(sample[0] - sample[1]) / whole, rtol=1e-3)


@pytest.mark.parametrize("sample", [np.zeros((0, 3)), np.ones((5, 3)), np.zeros((5, 3))])
def test_a_projection_of_nothing_is_finite(sample):
    projection = principal_axes(sample.astype(np.float32)).projection(2.0)
    assert np.isfinite(projection.features(np.ones((2, 3), np.float32))).all()


def two_classes(classes, weights=None):
    classes = np.asarray(classes)
    weights = np.ones(len(classes), np.float32) if weights is None else np.asarray(weights, np.float32)
    return LinearTargets((2.0 * classes - 1)[None].astype(np.float32), classes, weights, "sigmoid")


@pytest.mark.parametrize("C", [0.1, 10.0])
def test_a_head_has_the_smallest_penalized_loss(C):
    features = RANDOM.normal(size=(60, 3)).astype(np.float32)
    targets = two_classes((features[:, 0] + RANDOM.normal(0, 1, 60) > 0).astype(int), RANDOM.uniform(0.5, 2, 60))
    head = fitted_head(features, targets, C)
    shares = 1 / (1 + np.exp(-head.scores(features)[:, 0].astype(float)))
    errors = targets.weights * (shares - targets.classes)
    assert np.allclose(features.T @ errors + head.weights[:, 0] / C, 0, atol=1e-2)  # the gradient
    assert np.isclose(errors.sum(), 0, atol=1e-2)


def test_the_best_penalty_and_power_are_those_with_the_smallest_held_out_loss():
    features = {power: RANDOM.normal(size=(40, 3)).astype(np.float32) for power in (1.0, 2.0)}
    targets = two_classes((features[2.0][:, 1] > 0).astype(int))
    folds = [Fold(np.flatnonzero(np.arange(40) % 2 != one), np.flatnonzero(np.arange(40) % 2 == one)) for one in (0, 1)]
    found = cross_validated_head(features, targets, folds)
    power, C = found.setting
    assert power == 2.0
    parts = [
        fitted_head(features[power][fold.training], targets.taken(fold.training), C).scores(
            features[power][fold.held_out]
        )
        for fold in folds
    ]
    assert np.array_equal(found.scores, np.concatenate(parts))
    with pytest.raises(ValueError, match="features must be given for one power or more, got none"):
        cross_validated_head({}, targets, folds)


def shown(share, classes, random):
    """Scores that are right for a share of the texts, on average."""
    right = random.random(len(classes)) < share
    return np.where(right, 2.0 * classes - 1, 1 - 2.0 * classes)[:, None].astype(np.float32)


def test_a_part_is_kept_where_it_lowers_the_loss_by_more_than_a_standard_error():
    random = np.random.default_rng(0)
    classes = random.integers(0, 2, 400)
    targets = two_classes(classes)
    weak, good, useless = (shown(share, classes, random) for share in (0.6, 0.85, 0.5))
    assert kept_parts([weak], [1.0], targets) == [0]
    assert kept_parts([good, useless], [1.0, 1.0], targets) == [0]
    assert kept_parts([useless, good], [1.0, 1.0], targets) == [1]
    assert kept_parts([good, good], [1.0, 1.0], targets) == [0]  # no better: the first is preferred
    other = shown(0.85, classes, random)
    assert kept_parts([good, useless, other], [1.0, 1.0, 1.0], targets) == [0, 2]
    one = targets.taken(np.array([0]))
    assert kept_parts([useless[:1], good[:1]], [1.0, 1.0], one) == [0]  # one text has no standard error


def test_parts_are_combined_as_a_mean_at_their_temperatures():
    one, other = np.array([[1.0], [-2.0]], np.float32), np.array([[4.0], [4.0]], np.float32)
    assert combined([one, other], [1.0, 2.0]).tolist() == [[1.5], [0.0]]
    shares = np.array([[0.25], [0.5]], np.float32)
    assert np.allclose(log_losses(shares, np.array([0, 1]), "sigmoid"), -np.log([0.75, 0.5]))


def test_frequent_ngrams_keep_finite_vectors_of_length_one():
    # Each n-gram is met some 100,000 times: rounding errors of its length must not add up.
    random = np.random.default_rng(1)
    words = [f"w{number:02}" for number in range(40)]
    texts = [" ".join(random.choice(words[:20] if number % 2 else words[10:], 12)) for number in range(2_000)]
    found = mm.FewLabelClassifier(["documents"], mm.Words(), (1, 1), epochs=60, dimension=32)
    found.fit(texts[:20], ["x", "y"] * 10, unlabelled=texts)
    table = found.fitted.parts[0].representation.table
    lengths = np.linalg.norm(table, axis=1)
    assert np.isfinite(table).all()
    assert np.allclose(lengths[lengths > 0], 1, atol=2e-3)
