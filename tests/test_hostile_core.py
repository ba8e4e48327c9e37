"""The core's functions refuse what does not fit: any arguments give a result or an error, never a panic."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from malmoi import _core
from malmoi.errors import MalmoiError

REFUSED = (ValueError, TypeError, OverflowError, MemoryError, IndexError, OSError, RuntimeError, EOFError, MalmoiError)
# Sizes are small, or too large for any machine.
SIZES = st.one_of(st.integers(0, 9), st.sampled_from([-1, 255, 256, 2**46, 2**62, 2**63 - 1, 2**64 - 1, 2**64]))
IDS = st.one_of(st.integers(-1, 3), st.sampled_from([2**31 - 2, 2**31 - 1, 2**31, -(2**31)]))
THREADS = st.integers(0, 3)
FLOATS = st.one_of(st.floats(-2, 2, width=32), st.sampled_from([0.0, float("nan"), float("inf"), -1e38]))
TEXTS = st.lists(st.text(max_size=12), max_size=4)
WORDS = st.lists(st.sampled_from(["a", "b", "c", "", "가"]), max_size=4)
PLAIN = {"html": False, "form": None, "accents": False, "lowercase": False}
SPLITTER = _core.Splitter.whitespace(**PLAIN)
FAST = settings(max_examples=30, suppress_health_check=list(HealthCheck))


def arrays(dtype, values, axes=1):
    """Arrays that the core takes, and now and then another kind that it must refuse."""
    right = st.lists(values, max_size=6).map(lambda numbers: np.array(numbers, dtype))
    if axes == 2:
        shapes = st.tuples(st.integers(0, 4), st.integers(0, 2))
        right = shapes.flatmap(
            lambda shape: st.lists(values, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]).map(
                lambda numbers: np.array(numbers, dtype).reshape(shape)
            )
        )
    return st.one_of(right, right, right, right.flatmap(lambda array: st.sampled_from(unlike(array))))


def unlike(array):
    """The same numbers in forms that are not one contiguous array of the type and the axes."""
    spaced = np.repeat(array, 2, axis=-1)[..., ::2]
    swapped = array.astype(array.dtype.newbyteorder())
    return [
        spaced,
        swapped,
        array[None],
        array.astype(object),
        array.tobytes(),
        array.tolist(),
        array.astype("c8"),
        None,
    ]


FLOAT_ARRAYS, FLOAT_TABLES = arrays("f4", FLOATS), arrays("f4", FLOATS, axes=2)
ID_TABLES = arrays("i4", st.integers(-1, 4), axes=2)
DOUBLE_ARRAYS = arrays("f8", FLOATS)
BYTE_ARRAYS = arrays("u1", st.integers(0, 255))
NUMBER_ARRAYS = st.one_of(arrays("u4", st.integers(0, 4)), arrays("u4", st.integers(0, 2**32 - 1)))
LONG_ARRAYS = st.one_of(arrays("u8", st.integers(0, 6)), arrays("u8", st.integers(0, 2**64 - 1)))


def attempt(function, *arguments, **keywords):
    """The result, or nothing where it is refused; a panic is neither."""
    try:
        return function(*arguments, **keywords)
    except REFUSED:
        return None


@FAST
@given(data=st.data())
def test_counted_tokens_take_any_arguments(data):
    draw = data.draw
    tally = _core.TokenTally(SPLITTER, threads=draw(THREADS), keep=draw(st.booleans()))
    tally.add(draw(TEXTS))
    cut = {"length": draw(SIZES), "pad_left": draw(st.booleans()), "keep_last": draw(st.booleans())}
    ids = {"unknown": draw(st.none() | IDS), **cut}
    attempt(tally.padded, kept=draw(SIZES), first_id=draw(IDS), **ids)
    table = {
        "rows": draw(FLOAT_TABLES),
        "counts": draw(st.lists(st.booleans(), max_size=4)),
        "components": draw(FLOAT_TABLES),
    }
    attempt(tally.embedded, **table, normalize=draw(st.booleans()))
    attempt(tally.counts, least=draw(SIZES), most=draw(st.none() | SIZES))
    counts = st.lists(st.one_of(st.integers(0, 5), st.just(2**64 - 1)), max_size=4)
    state = ((draw(WORDS), draw(counts), draw(counts)), draw(SIZES), draw(SIZES))
    restored = attempt(_core.TokenTally.restore, SPLITTER, draw(THREADS), state)
    if restored is not None:
        restored.merge(tally)
        restored.add(draw(TEXTS))
    index = attempt(_core.TokenIndex, draw(WORDS), draw(IDS))
    if index is not None:
        attempt(index.padded, draw(TEXTS), SPLITTER, **ids, threads=draw(THREADS))
        attempt(index.sequences, draw(TEXTS), SPLITTER, unknown=ids["unknown"], threads=draw(THREADS))


@FAST
@given(data=st.data())
def test_counted_ngrams_take_any_arguments(data):
    draw = data.draw
    orders = {"shortest": draw(SIZES), "longest": draw(SIZES), "stop_words": draw(WORDS)}
    tallies = [attempt(_core.GramTally, SPLITTER, threads=draw(THREADS), **orders) for _ in range(2)]
    tallies.append(_core.GramTally(SPLITTER, threads=1, shortest=1, longest=2, stop_words=[]))
    columns = []
    for tally in filter(None, tallies):
        tally.add(draw(TEXTS), keep=draw(st.booleans()))
        limits = {"least_count": draw(SIZES), "least_texts": draw(SIZES), "most_texts": draw(SIZES)}
        columns.append(attempt(tally.columns, **limits, most=draw(st.none() | SIZES)))
        lists = (draw(BYTE_ARRAYS), draw(NUMBER_ARRAYS), *(draw(LONG_ARRAYS) for _ in range(3)))
        columns.append(attempt(tally.restore, (draw(WORDS), lists, draw(SIZES), draw(SIZES))))
    local, norm = (
        draw(st.sampled_from(["count", "binary", "sublinear", "x"])),
        draw(st.sampled_from([None, "l1", "l2", "x"])),
    )
    for tally in filter(None, tallies):
        for chosen in filter(None, columns):
            scaling = {"local": local, "weights": draw(st.none() | DOUBLE_ARRAYS), "norm": norm}
            attempt(tally.kept_rows, chosen, **scaling)
            attempt(tally.rows, draw(TEXTS), chosen, **scaling)
            attempt(tally.names, chosen, " ", draw(SIZES), draw(SIZES))
            attempt(tally.column_counts, chosen)
            attempt(tally.state, chosen)
    hasher = attempt(_core.GramHasher, seed=draw(SIZES), buckets=draw(SIZES), signed=True, **orders)
    if hasher is not None:
        attempt(hasher.rows, draw(TEXTS), SPLITTER, local=local, norm=norm, threads=draw(THREADS))
        cut = {"length": draw(SIZES), "pad_left": True, "keep_last": draw(st.booleans())}
        attempt(hasher.padded, draw(TEXTS), SPLITTER, **cut, threads=draw(THREADS))
        attempt(hasher.sequences, draw(TEXTS), SPLITTER, draw(THREADS))
        attempt(hasher.place, draw(WORDS))
        attempt(hasher.collisions, tallies[-1], " ", draw(SIZES))


def some_rows(draw):
    features = attempt(_core.BagFeatures, [(SPLITTER, draw(SIZES), draw(SIZES), draw(SIZES))], draw(SIZES))
    features = features or _core.BagFeatures([(SPLITTER, 0, 1, 2)], 1)
    counter = _core.BagCounter()
    counter.add(features, draw(TEXTS), threads=draw(THREADS))
    limits = {"least_texts": draw(SIZES), "most_texts": draw(SIZES), "most": draw(st.none() | SIZES)}
    found = attempt(counter.columns, **limits, threads=draw(THREADS))
    columns = [found[0] if found else None, attempt(_core.BagColumns.learned, draw(LONG_ARRAYS))]
    columns.append(attempt(_core.BagColumns.hashed, draw(SIZES)))
    columns = [chosen for chosen in columns if chosen is not None]
    columns.append(_core.BagColumns.hashed(3))
    local = draw(st.sampled_from(["count", "binary"]))
    rows = [chosen.rows(features, draw(TEXTS), local=local, threads=draw(THREADS)) for chosen in columns]
    return features, columns, rows


@FAST
@given(data=st.data())
def test_linear_models_take_any_arguments(data):
    draw = data.draw
    features, columns, rows = some_rows(draw)
    lists = {"rows": draw(NUMBER_ARRAYS), "targets": draw(FLOAT_TABLES), "weights": draw(FLOAT_ARRAYS)}
    job = attempt(
        _core.LinearJob,
        **lists,
        strengths=draw(st.lists(FLOATS, max_size=2)),
        held_out=draw(NUMBER_ARRAYS),
        keep_weights=True,
    )
    weights = attempt(_core.LinearWeights, draw(FLOAT_TABLES), draw(FLOAT_ARRAYS))
    ending = {
        "epochs": draw(st.integers(0, 3)),
        "tolerance": draw(FLOATS),
        "seed": draw(SIZES),
        "threads": draw(THREADS),
    }
    losses = st.sampled_from(["logistic", "squared", "softmax", "x"])
    for some in [*rows, attempt(_core.BagRows.joined, draw(st.lists(st.sampled_from(rows), max_size=3)))]:
        if some is None:
            continue
        factors = draw(st.none() | FLOAT_ARRAYS)
        attempt(some.text_counts, columns=draw(SIZES))
        attempt(some.squares, columns=draw(SIZES), factors=factors)
        attempt(some.first_rows, draw(NUMBER_ARRAYS))
        if job is not None:
            smoothing = draw(st.none() | FLOATS)
            attempt(
                some.fit, [job], columns=draw(SIZES), factors=factors, smoothing=smoothing, loss=draw(losses), **ending
            )
        attempt(_core.row_sums, some, draw(FLOAT_TABLES), factors=factors, threads=draw(THREADS))
        passes = {"rank": draw(SIZES), "passes": draw(st.integers(0, 2)), "seed": 1}
        attempt(
            _core.row_components,
            some,
            print_nothing,
            columns=draw(SIZES),
            **passes,
            factors=factors,
            threads=draw(THREADS),
        )
        if weights is not None:
            variances = {"variances": draw(FLOAT_TABLES), "bias_variances": draw(FLOAT_ARRAYS)}
            costs = {"targets": draw(FLOAT_TABLES), "costs": draw(FLOAT_ARRAYS)}
            attempt(weights.refined, some, **costs, **variances, factors=factors, loss=draw(losses), **ending)
    for chosen in columns:
        attempt(features.places, draw(st.text(max_size=9)), chosen)
        chosen.extended(features, draw(TEXTS))
        if weights is not None:
            factors = draw(st.none() | FLOAT_ARRAYS)
            scaling = {"local": draw(st.sampled_from(["count", "binary"])), "factors": factors}
            attempt(weights.scores, features, chosen, draw(TEXTS), **scaling, threads=draw(THREADS))


def print_nothing(*_):
    """Hear nothing."""


@FAST
@given(data=st.data())
def test_document_vectors_take_any_arguments(data):
    draw = data.draw
    _, _, rows = some_rows(draw)
    wanted = draw(BYTE_ARRAYS)
    training = {
        "dimension": draw(SIZES),
        "epochs": draw(st.integers(0, 2)),
        "negatives": draw(SIZES),
        "seed": draw(SIZES),
    }
    rates = {"learning_rate": draw(FLOATS), "sharpness": draw(FLOATS)}
    attempt(_core.document_vectors, rows[-1], print_nothing, wanted=wanted, **training, **rates, threads=draw(THREADS))


@FAST
@given(data=st.data())
def test_series_and_dense_rows_take_any_arguments(data):
    draw = data.draw
    series = {"values": draw(FLOAT_TABLES), "ends": draw(LONG_ARRAYS)}
    sizes = {"least": draw(SIZES), "length": draw(SIZES)}
    features = draw(st.sampled_from([0, 1, 84, 168, 84 * 2**40]))
    learned = attempt(
        _core.SeriesConvolutions.learned, **series, **sizes, features=features, seed=1, threads=draw(THREADS)
    )
    dilations = draw(st.sampled_from([[1], [1, 2], [1, 2**62], [0], [2, 1], []]))
    counts = draw(st.sampled_from([[1], [1, 1], [2**62, 1], [0]]))
    lists = [dilations, counts, [1] * (84 * len(dilations)), [draw(st.integers(0, 2))] * (84 * len(dilations))]
    lists = [np.array(numbers, np.uint64) for numbers in lists]
    names = dict(zip(("dilations", "counts", "channel_counts", "chosen"), lists, strict=True))
    biases = np.full(84 * draw(st.integers(0, 2)), draw(FLOATS), np.float32)
    restored = attempt(
        _core.SeriesConvolutions.restored, channels=draw(SIZES), least=sizes["least"], **names, biases=biases
    )
    for convolutions in filter(None, (learned, restored)):
        attempt(
            convolutions.scores, **series, weights=draw(FLOAT_TABLES), bias=draw(FLOAT_ARRAYS), threads=draw(THREADS)
        )
        attempt(convolutions.features, **series, threads=draw(THREADS))
        table = attempt(convolutions.rows, **series, threads=draw(THREADS))
        if table is None:
            continue
        attempt(table.scale, draw(FLOAT_ARRAYS), draw(FLOAT_ARRAYS), threads=1)
        attempt(table.moments, threads=draw(THREADS))
        attempt(table.multiply, threads=draw(THREADS))
        attempt(table.weights, draw(NUMBER_ARRAYS), draw(FLOAT_TABLES), threads=draw(THREADS))
        job = attempt(
            _core.LinearJob,
            rows=draw(NUMBER_ARRAYS),
            targets=draw(FLOAT_TABLES),
            weights=draw(FLOAT_ARRAYS),
            strengths=[1.0],
            held_out=draw(NUMBER_ARRAYS),
            keep_weights=draw(st.booleans()),
        )
        loss = draw(st.sampled_from(["softmax", "logistic", "squared", "x"]))
        attempt(
            table.fit,
            [job] if job else [],
            loss=loss,
            steps=draw(st.integers(0, 3)),
            tolerance=draw(FLOATS),
            threads=draw(THREADS),
        )


@FAST
@given(data=st.data())
def test_functions_on_texts_take_any_arguments(data):
    draw = data.draw
    texts, threads = draw(TEXTS), draw(THREADS)
    for function in (_core.text_facts, _core.text_damage, _core.text_markup, _core.letters, _core.first_equals):
        attempt(function, texts, threads)
    attempt(_core.text_likeness, texts, draw(st.lists(SIZES, max_size=3)), threads)
    attempt(_core.similar_texts, texts, threshold=draw(FLOATS), first=draw(SIZES), threads=threads)
    attempt(_core.duplicate_features, texts, salt=draw(SIZES), threads=threads)
    attempt(_core.duplicate_sample, draw(SIZES))
    candidates = [draw(NUMBER_ARRAYS), draw(NUMBER_ARRAYS), draw(BYTE_ARRAYS)]
    attempt(_core.best_candidates, *candidates, draw(SIZES))
    attempt(_core.connected_groups, draw(arrays("u4", st.integers(0, 4), axes=2)), draw(SIZES))
    samples = draw(st.lists(st.lists(SIZES, max_size=2), max_size=2))
    owners = {"codes": draw(NUMBER_ARRAYS), "ends": draw(LONG_ARRAYS), "classes": draw(SIZES)}
    attempt(_core.class_counts, texts, **owners, samples=samples, share=draw(FLOATS), threads=threads)
    attempt(_core.hash_words, draw(BYTE_ARRAYS), draw(arrays("i8", st.integers(-1, 8))))
    rows = attempt(_core.IdRows, draw(ID_TABLES), draw(SIZES))
    if rows is not None:
        attempt(rows.batches, draw(arrays("i4", st.integers(-1, 4))), draw(SIZES), threads)


@FAST
@given(data=st.data())
def test_forward_passes_take_any_arguments(data):
    draw = data.draw
    forward = attempt(_core.ForwardPass, draw(SIZES), draw(st.sampled_from(["linear", "sigmoid", "softmax", "x"])))
    forward = forward or _core.ForwardPass(2, "linear")
    source = st.integers(0, 3)
    for _ in range(draw(st.integers(0, 3))):
        kernel, bias = draw(FLOAT_TABLES), draw(FLOAT_ARRAYS)
        attempt(forward.convolve, draw(source), draw(SIZES), kernel, bias)
        attempt(forward.read, draw(source), "gru", kernel, kernel, (bias, bias), is_backward=True, is_last=True)
        attempt(forward.join, draw(source), draw(SIZES))
        attempt(forward.halve, draw(source))
        attempt(forward.pool, draw(source), draw(st.sampled_from(["mean", "max", "x"])))
        attempt(forward.flatten, draw(source), draw(SIZES))
        attempt(forward.dense, draw(source), kernel, bias, draw(st.booleans()))
        attempt(forward.side_by_side, draw(st.lists(source, max_size=3)))
    if draw(st.booleans()):
        attempt(forward.pool, 0, "mean")
    forward.finish()
    ids = draw(ID_TABLES)
    attempt(forward.of_ids, ids, draw(FLOAT_TABLES), together=draw(SIZES), threads=draw(THREADS))
    mask = draw(arrays("u1", st.integers(0, 255), axes=2))
    steps = mask.shape if isinstance(mask, np.ndarray) else (1, 1)
    values = np.ones((*steps, draw(st.integers(0, 2))), np.float32)
    attempt(forward.of_values, values, mask, together=draw(SIZES), threads=draw(THREADS))


@FAST
@given(data=st.data())
def test_tables_take_any_arguments(data):
    draw = data.draw
    block = draw(st.one_of(st.binary(max_size=30), st.text(alphabet='",\n\r{}[]:1ae\\', max_size=30).map(str.encode)))
    for kind in ("delimited", "json"):
        feed = _core.ByteFeed()
        feed.push(block, draw(st.booleans()))
        if kind == "json":
            keys = st.lists(st.lists(st.sampled_from(["a", "e"]), max_size=2) | st.just(["a"] * 2000), max_size=2)
            rows = attempt(
                _core.JsonRows, feed, draw(st.booleans()), draw(keys), draw(st.lists(SIZES, max_size=2)), draw(THREADS)
            )
        else:
            dialect = (draw(st.sampled_from(list(b',"\n\ra'))), draw(st.sampled_from([None, *b'"\n,'])), draw(SIZES))
            rows = attempt(_core.DelimitedRows, feed, dialect, draw(SIZES), draw(st.lists(SIZES, max_size=3)))
        found = rows and attempt(rows.next_block)
        if found:
            found.columns(*([bytes, None] if kind == "json" else []))
            found.part(draw(st.integers(0, 40)), draw(st.integers(0, 40)))
            assert found.consumed <= len(block)
            assert found.size >= 0
            assert isinstance(found.bad, list)


@FAST
@given(data=st.data())
def test_vectors_take_any_arguments(data, tmp_path_factory):
    draw = data.draw
    path = tmp_path_factory.getbasetemp() / "hostile-vectors.txt"
    path.write_bytes(draw(st.one_of(st.binary(max_size=30), st.just(b"a 1 2\nb 3 4\n"))))
    member = draw(st.none() | st.tuples(SIZES, SIZES, SIZES, SIZES, st.booleans()))
    compression = draw(st.sampled_from(["", "gzip", "zstandard", "zip", "x"]))
    place = attempt(_core.Place, str(path), compression, member, draw(SIZES), draw(SIZES), draw(SIZES))
    words = [word.encode() for word in draw(WORDS)]
    if place is not None:
        attempt(_core.scan_vectors, place, words, draw(THREADS), None)
        rows = attempt(_core.VectorRows, place, draw(THREADS))
        if rows is not None:
            attempt(rows.next, None)
    attempt(_core.Word2VecFile.open(b"2 1\na \0\0\0\0b \0\0\0\0").scan, words)
    glove = {
        "min_count": draw(SIZES),
        "max_tokens": draw(st.none() | SIZES),
        "window": draw(SIZES),
        "symmetric": draw(st.booleans()),
        "dimension": draw(SIZES),
        "epochs": draw(st.integers(0, 2)),
        "x_max": draw(FLOATS),
        "alpha": draw(FLOATS),
        "learning_rate": draw(FLOATS),
        "seed": draw(SIZES),
        "checkpoint": None,
        "checkpoint_every": draw(SIZES),
    }
    counted = _core.GloveTexts(
        SPLITTER, draw(THREADS), draw(st.sampled_from([0, 1, 10**6])), str(tmp_path_factory.getbasetemp())
    )
    attempt(counted.add, draw(TEXTS))
    attempt(counted.words, draw(st.integers(0, 9)), draw(st.none() | st.integers(0, 9)))
    attempt(
        counted.pairs if draw(st.booleans()) else counted.train,
        glove,
        *([] if draw(st.booleans()) else [print_nothing]),
    )


@pytest.mark.parametrize("items", [b'[{"a": 1}}, {"a": 2}]', b"[}]", b'[{"a": 1}, ]]', b"[}}}}}", b"[[[[[["])
def test_stray_brackets_end(items):
    feed = _core.ByteFeed()
    feed.push(items[1:], True)
    block = _core.JsonRows(feed, True, [["a"]], [], 1).next_block()
    assert block.size + len(block.bad) <= len(items)


LIMITED = """
import resource, sys
from malmoi import _core
pages = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (pages + (24 << 20), pages + (24 << 20)))
splitter = _core.Splitter.whitespace(html=False, form=None, accents=False, lowercase=False)
tally = _core.TokenTally(splitter, threads=200, keep=False)
tally.add(["a b c"] * 1000)
print(tally.tokens)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_work_is_done_where_the_system_gives_no_more_threads():
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("3000\n", "")


def test_what_was_made_to_take_long_is_quick():
    """Each of these took minutes: the work grew with the square of the input."""
    assert len(_core.BagColumns.learned(np.arange(200_000, dtype=np.uint64) << np.uint64(32))) == 200_000
    for text in ("À" * 200_000, "°¡" * 100_000):
        _core.text_damage([text], 1)


def test_a_row_without_an_end_is_refused():
    for rows in (
        lambda feed: _core.DelimitedRows(feed, (44, 34, 0), 2, [0]),
        lambda feed: _core.JsonRows(feed, False, [["a"]], [], 1),
    ):
        feed = _core.ByteFeed()
        feed.push(b"x" * ((64 << 20) + 1), False)
        with pytest.raises(BufferError, match="a row has no end"):
            rows(feed).next_block()
