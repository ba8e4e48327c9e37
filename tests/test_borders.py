"""Arrays cross the border between Python and the core where they are: none is copied, none is misread."""

import ast
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

import malmoi as mm
from border_calls import (
    CALLS,
    COLUMNS,
    F4,
    FEATURES,
    I4,
    I8,
    ROWS,
    SPLITTER,
    STORED,
    TEXTS,
    U1,
    U4,
    forward_pass,
    gram_tally,
    stored,
    zeros,
)
from malmoi import _core
from malmoi.vectorizers.sparse import to_csr

STUB = Path(_core.__file__).with_name("_core.pyi")
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="peaks are those of Linux")


@pytest.fixture(scope="module", autouse=True)
def stored_vectors(tmp_path_factory):
    """Vectors of two words in a file of our own."""
    folder = tmp_path_factory.mktemp("stored")
    (folder / "text").write_text("a 1 2 3\nb 4 5 6\n")
    mm.WordVectors.open(folder / "text").convert(folder / "own")
    STORED[:] = [mm.WordVectors.open(folder / "own").source.table.content]


def array_parameters():
    """Parameters of the core that are arrays, as the stub has them."""
    found = []
    for node in ast.parse(STUB.read_text()).body:
        for function in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(function, ast.FunctionDef):
                owner = f"{node.name}." if function is not node else ""
                arguments = [*function.args.args, *function.args.kwonlyargs]
                kinds = {one.arg: ast.unparse(one.annotation) for one in arguments if one.annotation is not None}
                found += [f"{owner}{function.name}.{name}" for name, kind in kinds.items() if is_array(kind)]
    return found


def is_array(kind):
    return any(f"_{name}" in kind for name in ("Float", "Int", "UInt", "GramState"))


def test_every_array_of_the_core_is_tried():
    assert sorted({name.partition("[")[0] for name in CALLS}) == sorted(array_parameters())


def flat(found):
    """The arrays of a result, as bytes."""
    if isinstance(found, list | tuple):
        return [one for part in found for one in flat(part)]
    return [found.tobytes()] if isinstance(found, np.ndarray) else []


@pytest.mark.parametrize("name", CALLS)
def test_arrays_are_read_where_they_are(name):
    call, right = CALLS[name]
    expected = flat(call(right))
    read_only = right.copy()
    read_only.setflags(write=False)
    for same in (read_only, np.frombuffer(right.tobytes(), right.dtype).reshape(right.shape)):
        assert flat(call(same)) == expected
    assert np.array_equal(read_only, right)  # nothing was written


def unaligned(array):
    held = bytearray(1) + array.tobytes()
    return np.frombuffer(held, array.dtype, offset=1).reshape(array.shape)


WRONG = {
    "strided": lambda right: np.repeat(right, 2, axis=-1)[..., ::2],
    "columns first": lambda right: np.asfortranarray(np.concatenate([right, right], axis=-1)),
    "unaligned": unaligned,
    "another byte order": lambda right: right.astype(right.dtype.newbyteorder()),
    "another type": lambda right: right.astype("c8"),
    "objects": lambda right: right.astype(object),
    "an axis more": lambda right: right[None],
    "an axis less": lambda right: right.ravel()[:1].reshape(()),
    "bytes": lambda right: right.tobytes(),
    "a list": lambda right: right.tolist(),
    "text": lambda right: "abc",
}


def takes(array, right):
    """Whether the core takes an array for another."""
    return (
        isinstance(array, np.ndarray)
        and (array.dtype, array.ndim) == (right.dtype, right.ndim)
        and array.flags.aligned
        and array.flags.c_contiguous
        and array.dtype.isnative
    )


PAIRS = [(name, kind) for name, (_, right) in CALLS.items() for kind in WRONG if not takes(WRONG[kind](right), right)]


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_other_arrays_are_refused(name, kind):
    call, right = CALLS[name]
    wrong = WRONG[kind](right)
    axes = "1 axis" if right.ndim == 1 else f"{right.ndim} axes"
    with pytest.raises(TypeError, match=f"must be a contiguous array {right.dtype} of {axes}, got ") as caught:
        call(wrong)
    parameter = name.split(".")[-1].partition("[")[0]
    assert f"while processing '{parameter}'" in caught.value.__notes__
    got = f"an array {wrong.dtype} of" if isinstance(wrong, np.ndarray) else type(wrong).__name__
    assert f"got {got}" in str(caught.value)


@pytest.mark.parametrize("name", CALLS)
def test_empty_arrays_are_used_or_refused(name):
    call, right = CALLS[name]
    for empty in (right[:0], right[..., :0].copy()):
        with suppress(ValueError, mm.FormatError):
            call(empty)


EXTREMES = {"f": [0, -1, np.nan, np.inf, -np.inf, 1e38, 1e-45], "i": [0, 1, 3, -1], "u": [0, 1, 3]}


def changed(right, random):
    """A right array with some values that are extreme, or with another number of rows or columns."""
    array, kind = right.copy(), right.dtype.kind
    limits = [] if kind == "f" else [np.iinfo(right.dtype).min, np.iinfo(right.dtype).max]
    for place in random.integers(array.size, size=random.integers(3)):
        array.flat[place] = random.choice(np.array([*EXTREMES[kind], *limits], right.dtype))
    forms = [array, array, array, array[:-1], np.concatenate([array, array]), array[::-1], array[..., :-1]]
    return np.ascontiguousarray(forms[random.integers(len(forms))])


@pytest.mark.parametrize("name", CALLS)
def test_other_values_and_sizes_give_a_result_or_an_error(name):
    (call, right), random, done = CALLS[name], np.random.default_rng(0), 0
    for _ in range(60):
        with suppress(ValueError, OverflowError, MemoryError, mm.MalmoiError):
            call(changed(right, random))
            done += 1
    assert done > 5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stored().rows(np.array([-1])), "row -1 does not exist"),
        (lambda: _core.hash_words(zeros(U1, 3), np.array([-1])), "ends must be in ascending order"),
        (lambda: _core.IdRows(np.array([[-1]], I4), 3).batches(zeros(I4, 1), 1, 1), "in range"),
        (lambda: _core.IdRows(zeros(I4, 1, 1), 3).batches(np.array([-1], I4), 1, 1), "in range"),
        (
            lambda: forward_pass().of_ids(np.array([[-1]], I4), np.ones((3, 2), F4), together=1, threads=1),
            "ids must be from 0 to below 3",
        ),
    ],
)
def test_negative_places_are_refused(call, message):
    with pytest.raises((ValueError, mm.MalmoiError), match=message):
        call()


# What comes out


def test_ids_are_memory_of_numpy_that_the_core_wrote_to():
    vectorizer = mm.SequenceVectorizer(max_length=4)
    for ids in (vectorizer.fit_transform(TEXTS), vectorizer.transform(TEXTS)):
        assert (ids.dtype, ids.shape) == (I4, (3, 4))
        assert ids.flags.owndata
        assert ids.flags.writeable
        assert ids.flags.c_contiguous
        assert ids.base is None
    encoded = vectorizer.encode(TEXTS)
    assert encoded.lengths.dtype == I8


def address(array):
    return array.__array_interface__["data"][0]


def test_the_arrays_of_the_core_are_those_of_the_matrix():
    tally, columns = gram_tally()
    rows = tally.rows(TEXTS, columns, local="count", weights=None, norm=None)
    matrix = to_csr(rows, 3, sparse=True)
    for part, given in zip((matrix.data, matrix.indices, matrix.indptr), rows, strict=True):
        assert address(part) == address(given)
        assert not given.flags.owndata  # the core's own memory, which the array's base frees
        assert type(given.base).__name__ == "PySliceContainer"
        assert given.flags.writeable
    assert [one.dtype for one in rows] == [F4, I4, I4]
    assert rows[2].tolist() == [0, 2, 4, 4]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_parts_of_threads_are_put_together(threads):
    texts = [f"a{number % 7} b{number % 3} c" if number % 4 else "" for number in range(100)]
    hasher = _core.GramHasher(seed=0, buckets=1000, signed=False, shortest=1, longest=2, stop_words=[])
    values, buckets, starts = hasher.rows(texts, SPLITTER, local="count", norm=None, threads=threads)
    alone = [hasher.rows([text], SPLITTER, local="count", norm=None, threads=1) for text in texts]
    assert np.array_equal(values, np.concatenate([one[0] for one in alone]))
    assert np.array_equal(buckets, np.concatenate([one[1] for one in alone]))
    assert np.diff(starts).tolist() == [len(one[0]) for one in alone]


def test_matrices_can_be_changed_in_place():
    matrix = mm.BagVectorizer(ngrams=(1, 2)).fit_transform(TEXTS)
    expected = matrix.toarray()
    expected[expected < 2] = 0
    matrix.data[matrix.data < 2] = 0
    matrix.eliminate_zeros()
    matrix.sort_indices()
    matrix.sum_duplicates()
    matrix.prune()
    assert np.array_equal(matrix.toarray(), expected)


def test_weights_share_their_arrays():
    weights, bias = np.ones((3, 2), F4), zeros(F4, 2)
    model = _core.LinearWeights(weights, bias)
    assert model.table() is weights
    assert model.bias() is bias
    before = model.scores(FEATURES, COLUMNS, TEXTS, local="count", factors=None, threads=1)
    weights *= 2
    after = model.scores(FEATURES, COLUMNS, TEXTS, local="count", factors=None, threads=1)
    assert np.array_equal(after, 2 * before)
    weights.shape = (2, 3)
    with pytest.raises(ValueError, match=r"weights must be \(columns, outputs\), got \[2, 3\] with 2 biases"):
        model.scores(FEATURES, COLUMNS, TEXTS, local="count", factors=None, threads=1)


def test_a_fit_hands_its_weights_over():
    texts, labels = ["so good", "so bad"] * 4, [1, 0] * 4
    model = mm.BagClassifier(C=1.0).fit(texts, labels)
    scorer = model.fitted.scorer
    assert address(scorer.weights.table()) == address(scorer.table)


def test_arrays_live_longer_than_what_made_them():
    def made():
        vectorizer = mm.HashedBagVectorizer(buckets=50)
        return [vectorizer.transform(TEXTS * 100).data for _ in range(20)]

    found = made()
    assert all(np.array_equal(one, found[0]) for one in found)


# Memory and time

PEAK = """
import json, resource, sys
import numpy as np
import malmoi as mm
from malmoi import _core
from scipy.sparse import csr_matrix

def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) << 10

def now():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]) << 10

def reset():
    open("/proc/self/clear_refs", "w").write("5")

def raised(work):
    reset()
    before = now()
    found = work()
    return peak() - before, found
"""


def measured(code):
    done = subprocess.run([sys.executable, "-c", PEAK + code], capture_output=True, text=True, timeout=300, check=False)
    assert not done.stderr
    return json.loads(done.stdout)


OUTPUTS = {
    "ids": """
vectorizer = mm.SequenceVectorizer(max_length=4000, n_jobs=2).fit(["a b c"])
texts = ["a b c " * 20] * 10_000
""",
    "rows of buckets": """
vectorizer = mm.HashedSequenceVectorizer(buckets=1000, max_length=4000, n_jobs=2).fit(["a"])
texts = ["a b c " * 20] * 10_000
""",
    "hashed words": """
vectorizer = mm.HashedBagVectorizer(mm.Whitespace(), ngrams=(1, 1), n_jobs=2)
texts = [" ".join(f"w{number}" for number in range(500))] * 40_000
""",
}


@ON_LINUX
@pytest.mark.parametrize("kind", OUTPUTS)
def test_the_peak_is_that_of_the_output(kind):
    code = OUTPUTS[kind] + (
        "vectorizer.transform(texts[:100])\n"
        "more, found = raised(lambda: vectorizer.transform(texts))\n"
        "size = found.nbytes if hasattr(found, 'nbytes') else found.data.nbytes + found.indices.nbytes\n"
        "print(json.dumps([more, size]))"
    )
    more, size = measured(code)
    assert size > 100 << 20
    assert size * 0.9 < more < 1.3 * size


@ON_LINUX
def test_large_arrays_are_not_copied_on_their_way_in():
    """Each array has 200 MB; a copy, or a second one in other numbers, would show."""
    code = """
splitter = _core.Splitter.whitespace(html=False, form=None, accents=False, lowercase=False)
features = _core.BagFeatures([(splitter, 0, 1, 1)], 1)
columns = _core.BagColumns.hashed(50_000_000)
bias = np.zeros(1, np.float32)
table = np.ones((50_000_000, 1), np.float32)
rows = columns.rows(features, ["a b"], local="count", threads=1)
ids = np.zeros((500_000, 100), np.int32)
values = np.ones((2_500_000, 20), np.float32)
ends = np.arange(10, 2_500_001, 10, dtype=np.uint64)
few = np.zeros((1, 1), np.float32)
words = np.frombuffer(bytes(200_000_000), np.uint8)
forward = _core.ForwardPass(1, "linear")
forward.pool(0, "mean")
forward.finish()

def linear():
    model = _core.LinearWeights(table, bias)
    return model.scores(features, columns, ["a b"], local="count", factors=table.ravel(), threads=1)

calls = {
    "weights": linear,
    "row sums": lambda: _core.row_sums(rows, table, factors=None, threads=1),
    "ids of batches": lambda: _core.IdRows(ids, 1).batches(np.arange(2, dtype=np.int32), 1, 1),
    "table of a network": lambda: forward.of_ids(np.zeros((1, 1), np.int32), table, together=1, threads=1),
    "ids of a network": lambda: forward.of_ids(ids, few, together=24, threads=1),
    "words": lambda: _core.hash_words(words, np.array([100_000_000, 200_000_000])),
    "series": lambda: _core.SeriesConvolutions.learned(
        values, ends, least=0, length=10, features=84, seed=0, threads=1),
}
print(json.dumps({name: raised(call)[0] for name, call in calls.items()}))
"""
    found = measured(code)
    assert {name: more for name, more in found.items() if more > 20 << 20} == {}


# Another thread writes


def test_arrays_that_another_thread_changes_do_no_harm():
    """Ids and places jump out of their range while the core reads them: any result, or an error, but no panic."""
    ids, table = zeros(I4, 4_000, 50), np.ones((5, 1), F4)
    order = np.arange(4_000, dtype=I4)
    forward = _core.ForwardPass(1, "linear")
    forward.pool(0, "mean")
    forward.finish()
    done = Event()

    def change():
        while not done.is_set():
            ids[::3, ::7] = 2**31 - 1
            ids[::3, ::7] = -5
            order[::2] = 2**31 - 1
            ids[:], order[:] = 0, np.arange(4_000)

    writer = Thread(target=change)
    writer.start()
    held = _core.IdRows(ids, 5)
    try:
        for _ in range(200):
            for call in (
                lambda: forward.of_ids(ids, table, together=24, threads=2),
                lambda: held.batches(order, 100, 2),
                lambda: ROWS.first_rows(order.view(U4)),
            ):
                with suppress(ValueError):
                    call()
    finally:
        done.set()
        writer.join()
