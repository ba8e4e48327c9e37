"""Every packing and form of a vectors file, our own format among them, and every way in which one can lie."""

import gzip
import io
import json
import struct
import zipfile

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from malmoi import FormatError, Vocabulary, WordVectors, _core

TEXT = b"the 1.5 2\nNew York 0.25 -1e-1\ncat 3 4\ncat 9 9\n"
WORDS = Vocabulary(["cat", "New York", "zebra", "the"], [4, 3, 2, 1])
ROWS = [[0, 0], [0, 0], [3, 4], [0.25, np.float32(-0.1)], [0, 0], [1.5, 2]]


def zipped(members, method=zipfile.ZIP_DEFLATED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, member in members.items():
            # With a time of its own, so that a test has the same name in every process.
            archive.writestr(zipfile.ZipInfo(name), member, method)
    return content.getvalue()


PACKED = {
    "plain": TEXT,
    "windows": TEXT.replace(b"\n", b" \r\n"),
    "byte order mark": b"\xef\xbb\xbf" + TEXT,
    "header": b"4 2\n" + TEXT,
    "header that lies": b"1000000000000 2\n" + TEXT,
    "gzip": gzip.compress(TEXT),
    "two gzip members": gzip.compress(TEXT[:20]) + gzip.compress(TEXT[20:]),
    "zstd": zstandard.compress(TEXT),
    "zip": zipped({"vectors.txt": TEXT}),
    "stored zip": zipped({"../../etc/vectors.txt": TEXT}, zipfile.ZIP_STORED),
    "zip with header": zipped({"v": b"4 2\n" + TEXT}),
}


@pytest.fixture
def write(tmp_path):
    def write(content, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("kind", PACKED)
def test_every_packing_gives_the_same(write, kind):
    vectors = WordVectors.open(write(PACKED[kind]))
    matrix, coverage = vectors.matrix_for(WORDS)
    assert matrix.dtype == np.float32
    assert np.array_equal(matrix, np.asarray(ROWS, dtype=np.float32))
    assert (coverage.rows, coverage.repeated, coverage.found) == (4, 1, 3)
    assert vectors.words == ["the", "New York", "cat"]
    assert vectors.vector("cat").tolist() == [3, 4]


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
@pytest.mark.parametrize("kind", ["plain", "gzip"])
def test_the_converted_file_says_the_same(write, tmp_path, kind, dtype):
    opened = WordVectors.open(write(PACKED[kind])).convert(tmp_path / "own", dtype=dtype)
    again = WordVectors.open(tmp_path / "own")
    for vectors in (opened, again):
        matrix, coverage = vectors.matrix_for(WORDS)
        assert matrix.dtype == np.float32
        assert np.allclose(matrix, ROWS, atol={"float32": 0, "float16": 1e-4, "int8": 0.02}[dtype])
        assert (coverage.found, coverage.rows, len(vectors)) == (3, 3, 3)
        assert vectors.words == ["the", "New York", "cat"]
    twice = again.convert(tmp_path / "twice", dtype=dtype)
    assert (tmp_path / "twice").read_bytes() == (tmp_path / "own").read_bytes()
    assert twice.kind == f"malmoi vectors, {dtype}"


def test_safetensors_reads_our_file(write, tmp_path):
    from safetensors.numpy import load_file

    WordVectors.open(write(TEXT)).convert(tmp_path / "own")
    tensors = load_file(tmp_path / "own")
    assert tensors["vectors"].tolist() == [[1.5, 2], [0.25, np.float32(-0.1)], [3, 4]]
    assert tensors["words"].tobytes() == b"theNew Yorkcat"
    assert tensors["ends"].tolist() == [3, 11, 14]


def test_the_hash_of_a_word_never_changes(write, tmp_path):
    WordVectors.open(write("the 1\n고양이 2\n".encode())).convert(tmp_path / "own")
    content = (tmp_path / "own").read_bytes()
    the, cat = _core.hash_words(np.frombuffer("the고양이".encode(), np.uint8), np.array([3, 12])).tolist()
    xxhash = pytest.importorskip("xxhash")
    assert [the, cat] == [xxhash.xxh3_64_intdigest(b"the"), xxhash.xxh3_64_intdigest("고양이".encode())]
    assert struct.pack("<QQ", *sorted([the, cat])) in content


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1).filter(
                lambda word: word == word.strip() and "\r" not in word and not word[-1:].isdigit()
            ),
            st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda row: row[0],
    )
)
def test_what_is_written_is_read(tmp_path_factory, rows):
    words, matrix = [row[0] for row in rows], np.asarray([row[1] for row in rows], dtype=np.float32)
    folder = tmp_path_factory.mktemp("rows")
    own = WordVectors.from_arrays(words, matrix).convert(folder / "own")
    assert own.words == words
    assert np.array_equal(own.table.vectors(slice(None)), matrix)
    found, coverage = own.matrix_for(Vocabulary(words, [1] * len(words)), lowercase=False)
    assert np.array_equal(found[2:], matrix)
    assert coverage.found == len(words)


def test_lower_case_is_a_second_choice(write):
    vectors = WordVectors.open(write(b"the 1 2\nThe 3 4\ncat 5 6\n"))
    vocabulary = Vocabulary(["The", "the", "CAT", "Dog"], [1, 1, 1, 1])
    matrix, coverage = vectors.matrix_for(vocabulary)
    assert matrix[2:].tolist() == [[3, 4], [1, 2], [5, 6], [0, 0]]
    assert (coverage.exact, coverage.lowercased, coverage.found) == (2, 1, 3)
    assert str(coverage).endswith("; 1 in lower case")
    assert vectors.matrix_for(vocabulary, lowercase=False)[1].found == 2


def test_rows_without_a_vector_are_small_and_random_if_asked(write):
    vectors = WordVectors.open(write(TEXT))
    first, coverage = vectors.matrix_for(WORDS, missing="random", seed=1)
    assert coverage.found == 3
    assert 0 < np.abs(first[4]).max() <= 0.05
    assert not first[:2].any()
    assert np.array_equal(first, vectors.matrix_for(WORDS, missing="random", seed=1)[0])
    assert not np.array_equal(first, vectors.matrix_for(WORDS, missing="random", seed=2)[0])
    with pytest.raises(ValueError, match="missing must be one of zeros, random, subwords, got 'mean'"):
        vectors.matrix_for(WORDS, missing="mean")


def test_words_of_another_encoding_are_kept_by_their_bytes(write):
    path = write("caf\u00e9 1 2\nna\u00efve 3 4\n".encode("latin-1"))
    assert WordVectors.open(path).words == ["caf\\xe9", "na\\xefve"]
    assert WordVectors.open(path).vector("caf\\xe9").tolist() == [1, 2]
    assert WordVectors.open(path, encoding="latin-1").vector("caf\u00e9").tolist() == [1, 2]
    with pytest.raises(LookupError, match="unknown encoding"):
        WordVectors.open(path, encoding="nothing")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(b"word 1 2\n" * 500, mtime=0)[:-12], r"cannot be decompressed as gzip: .*damaged or cut short"),
        (
            gzip.compress(b"word 1 2\n" * 500_000, mtime=0)[:-1],
            r"cannot be decompressed as gzip: .*damaged or cut short",
        ),
        (zstandard.compress(b"word 1 2\n" * 500_000)[:-9], r"cannot be decompressed as zstandard: .*cut short"),
        (zipped({"a": TEXT, "b": TEXT}), r"must contain one file, found 2: 'a', 'b'; unpack the one you want"),
        (zipped({}), "must contain one file, found 0"),
        (zipped({"a": b""}), "is empty"),
        (gzip.compress(b"the 1 2\n" + b" " * (200 << 20), mtime=0), r"must have at most|200 times its size"),
        (b"the 1 2\n" + b"x" * (3 << 20), r"vectors.txt:2: the line must have at most 65664 bytes"),
        (b"1000000000000 300\nthe 1 2\n", r"vectors.txt:2: expected 300 numbers after the word, found 2"),
        (b"3 2\nthe 1 2\ncat 1.5 2 3\n", r"vectors.txt:3: expected 2 numbers after the word, found 3 or more"),
    ],
)
def test_a_file_that_lies_is_refused(write, content, message):
    path = write(content)
    with pytest.raises(FormatError, match=message):
        WordVectors.open(path).matrix_for(WORDS)
    with pytest.raises(FormatError, match=message):
        _ = WordVectors.open(path).words


def test_a_zip_whose_checksum_is_wrong_is_refused(write):
    content = bytearray(zipped({"a": TEXT}, zipfile.ZIP_STORED))
    content[content.index(b"cat 3")] = ord("b")
    vectors = None
    with pytest.raises(FormatError, match="cannot be decompressed as zip"):
        vectors = WordVectors.open(write(bytes(content))).matrix_for(WORDS)
    assert vectors is None


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "own"
    WordVectors.from_arrays(["the", "cat", "zebra"], np.arange(6).reshape(3, 2)).convert(path, dtype="int8")
    return path.read_bytes()


def test_our_file_cut_at_any_byte_is_refused(write, own):
    for size in [*range(60), *range(60, len(own), 7), len(own) - 1]:
        with pytest.raises(FormatError):
            _ = WordVectors.open(write(own[:size])).table


def test_our_file_with_any_byte_changed_is_refused_or_read(write, own):
    end = own.index(b"}}") + 2
    for place in [*range(end), *range(1024, len(own))]:
        for value in (0, 0xFF, own[place] ^ 1):
            changed = own[:place] + bytes([value]) + own[place + 1 :]
            try:
                vectors = WordVectors.open(write(changed))
                matrix, _ = vectors.matrix_for(Vocabulary(["cat", "dog", "the"], [1, 1, 1]))
                _ = vectors.words
            except FormatError:
                continue
            assert matrix.shape == (5, vectors.dimension)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"__metadata__": {"malmoi_vectors": "2"}}, "has format '2', this version reads 1; upgrade malmoi"),
        ({"hashes": None}, "the tensor 'hashes' is missing"),
        (
            {"vectors": {"dtype": "F32", "shape": [1 << 60, 1 << 60], "data_offsets": [0, 6]}},
            "does not fit into the file",
        ),
        ({"vectors": {"dtype": "F64", "shape": [3, 2], "data_offsets": [0, 48]}}, "found 'vectors' of F64"),
        ({"ends": {"dtype": "I64", "shape": [3], "data_offsets": [-8, 16]}}, "does not fit into the file"),
        (
            {"scales": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}},
            "there must be one scale per row for int8",
        ),
    ],
)
def test_a_header_that_lies_is_refused(write, own, change, message):
    header = json.loads(own[8:1024])
    header.update(change)
    header = {name: entry for name, entry in header.items() if entry is not None}
    text = json.dumps(header).encode()
    with pytest.raises(FormatError, match=message):
        _ = WordVectors.open(write(struct.pack("<Q", len(text)) + text + own[1024:])).table


def test_numbers_that_float16_cannot_hold_are_refused(tmp_path):
    vectors = WordVectors.from_arrays(["big"], [[1e6]])
    with pytest.raises(ValueError, match=r"float16 holds values up to 65504, got 1e\+06; use float32"):
        vectors.convert(tmp_path / "own", dtype="float16")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="dtype must be one of float32, float16, int8, got 'int4'"):
        vectors.convert(tmp_path / "own", dtype="int4")


def test_an_existing_file_is_kept(write, tmp_path):
    path = write(TEXT)
    with pytest.raises(FileExistsError):
        WordVectors.open(path).convert(path)
    assert path.read_bytes() == TEXT


@pytest.mark.parametrize(
    ("words", "matrix", "message"),
    [
        (["a", "a"], [[1], [2]], "words must be distinct, got 'a' twice"),
        (["a"], [[np.nan]], "matrix must be finite, got NaN or infinity in row 0"),
        (["a"], [[1], [2]], r"matrix must be \(words, dimension\) for 1 words, got shape \(2, 1\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(words, matrix, message):
    with pytest.raises(ValueError, match=message):
        WordVectors.from_arrays(words, matrix)


def test_real_files_say_what_they_say(data):
    folder = data / "vectors"
    packed = WordVectors.open(folder / "torchtext_glove.840B.300d.zip")
    assert (packed.dimension, len(packed), packed.words[:3]) == (300, 100, [",", ".", "the"])
    claimed = WordVectors.open(folder / "torchtext_wiki.en.vec")
    assert (claimed.source.claimed, len(claimed)) == (2_519_370, 99)
    precise = WordVectors.open(folder / "gensim_high_precision.kv.txt")
    assert precise.vector("kangaroo.n.01") == pytest.approx([-0.00073692442452247870, -8.2699735953560340e-05])
    trained = WordVectors.open(folder / "glove-imdb.100d.txt.gz")
    assert (len(trained), trained.nearest("terrible", 1)[0][0]) == (30_559, "awful")


def test_real_text_files_equal_a_plain_reading(data):
    for path in sorted((data / "vectors").iterdir()):
        if path.suffix not in (".txt", ".vec"):
            continue
        lines = path.read_bytes().rstrip(b"\n").split(b"\n")
        rows = [line.rstrip().split(b" ") for line in lines]
        rows = rows[1:] if len(rows[0]) == 2 else rows
        vectors = WordVectors.open(path)
        assert vectors.words == [row[0].decode(errors="backslashreplace") for row in rows]
        expected = np.asarray([[float(value) for value in row[1:]] for row in rows])
        assert np.allclose(vectors.table.vectors(slice(None)), expected, rtol=1e-7, atol=0)
