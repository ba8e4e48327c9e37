"""Files of word vectors that lie, shrink, or are none: every operation refuses them, or works."""

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi import DataError, FormatError, TextEmbedder, Vocabulary, WordVectors
from malmoi.cli.commands import run
from malmoi.tokenizers import Words
from malmoi.wordvectors.evaluation import evaluate_vectors
from malmoi.wordvectors.map import word_map
from messages import without_reading
from systems import needs_posix

WORDS = ["the", "cat", "zebra", "New York", "고양이", "x"]
ROWS = np.arange(18).reshape(6, 3) - 7.5
TENSORS = {"vectors": None, "scales": "<f4", "hashes": "<u8", "hash_rows": "<u4", "ends": "<i8", "words": "u1"}
KINDS = {"float32": "<f4", "float16": "<f2", "int8": "i1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    (folder / "tests.txt").write_text("the cat 1\ncat zebra 2\nx the 3\n")
    (folder / "analogies.txt").write_text("the cat zebra x\n")
    return folder


@pytest.fixture(scope="module")
def own(folder):
    vectors = WordVectors.from_arrays(WORDS, ROWS)
    return {dtype: vectors.convert(folder / dtype, dtype=dtype).path.read_bytes() for dtype in KINDS}


def operations(folder):
    """What can be asked of vectors, by name."""
    vocabulary = Vocabulary(["cat", "dog", "The"], [3, 2, 1])
    return {
        "count": len,
        "words": lambda vectors: vectors.words,
        "contains": lambda vectors: "zebra" in vectors,
        "matrix": lambda vectors: vectors.matrix_for(vocabulary),
        "nearest": lambda vectors: vectors.nearest("cat", 3),
        "nearest to a vector": lambda vectors: vectors.nearest(np.ones(vectors.dimension), 3),
        "analogy": lambda vectors: vectors.analogy("the", "cat", "x"),
        "odd": lambda vectors: vectors.odd_one_out(["the", "cat", "x"]),
        "similarity": lambda vectors: vectors.similarity("the", "New York"),
        "convert": lambda vectors: vectors.convert(folder / "converted", overwrite=True),
        "map": lambda vectors: word_map(vectors, ["the", "cat", "x"], method="pca"),
        "pairs": lambda vectors: evaluate_vectors(vectors, folder / "tests.txt"),
        "analogies": lambda vectors: evaluate_vectors(vectors, folder / "analogies.txt"),
        "embedder": lambda vectors: TextEmbedder(vectors, tokens=Words()).fit_transform(["the cat", "x"]),
    }


def tried(folder, path):
    """The kinds of errors of all operations; others than those that are allowed come through."""
    try:
        vectors = WordVectors.open(path)
    except FormatError:
        return {"open"}
    refused, messages = set(), []
    for name, operation in operations(folder).items():
        try:
            operation(vectors)
        except FormatError as error:
            messages.append(str(error))
            refused.add(name)
        except (KeyError, DataError):  # a word that is not there any more
            pass
    assert all(str(path) in message or "row " in message for message in messages)
    return refused


def parts_of(content):
    """The header of a file, and each tensor's bytes."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    data = content[8 + length :]
    return header, {name: data[slice(*header[name]["data_offsets"])] for name in header if name != "__metadata__"}


def joined(header, tensors):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(tensors.values())


def test_whole_files_are_read_by_every_operation(folder, own):
    for dtype in KINDS:
        assert tried(folder, folder / dtype) == set()
    vectors = WordVectors.open(folder / "float32")
    assert np.array_equal(vectors.table.vectors(slice(None)), ROWS.astype(np.float32))
    assert np.array_equal(vectors.table.vectors(slice(1, 6, 2)), ROWS[1:6:2].astype(np.float32))
    memory = WordVectors.from_arrays(WORDS, ROWS)
    for word in WORDS:
        assert [name for name, _ in vectors.nearest(word)] == [name for name, _ in memory.nearest(word)]
        assert [score for _, score in vectors.nearest(word)] == pytest.approx(
            [score for _, score in memory.nearest(word)], abs=1e-6
        )


numbers = st.sampled_from([0, 1, 2, 5, 6, 7, 255, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]) | st.integers(
    0, 2**64 - 1
)


@settings(max_examples=40)
@given(st.data())
def test_one_falsified_number_is_refused_or_read(folder, own, data):
    dtype = data.draw(st.sampled_from(list(KINDS)))
    header, tensors = parts_of(own[dtype])
    name = data.draw(st.sampled_from(list(tensors)))
    content = bytearray(tensors[name])
    width = np.dtype(TENSORS[name] or KINDS[dtype]).itemsize
    place = data.draw(st.integers(0, len(content) // width - 1)) * width
    content[place : place + width] = data.draw(numbers).to_bytes(8, "little")[:width]
    path = folder / "falsified"
    path.write_bytes(joined(header, tensors | {name: bytes(content)}))
    tried(folder, path)


values = st.none() | st.booleans() | st.text(max_size=3) | numbers | st.integers(-9, 99) | st.just([]) | st.just({})


@settings(max_examples=40)
@given(st.data())
def test_one_falsified_field_of_the_header_is_refused(folder, own, data):
    header, tensors = parts_of(own["int8"])
    name = data.draw(st.sampled_from(list(header)))
    field = data.draw(st.sampled_from([None, *header[name]]))
    before = json.dumps(header)
    if field is None:
        header[name] = data.draw(values)
    elif isinstance(header[name][field], list) and data.draw(st.booleans()):
        header[name][field][data.draw(st.integers(0, len(header[name][field]) - 1))] = data.draw(values)
    else:
        header[name][field] = data.draw(values)
    path = folder / "falsified"
    path.write_bytes(joined(header, tensors))
    assert tried(folder, path) == {"open"} or json.dumps(header) == before


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b'{"a": 1, "a": 2}', "'a' occurs twice"),
        (b'{"a": ' + b"[" * 60_000, "not a safetensors header"),
        (b'{"a": NaN}', "NaN is not valid JSON"),
        (b'{"__metadata__": {"malmoi_vectors": 1}}', "metadata must map names to texts"),
        (b"{" + b" " * 70_000 + b"}", "not a safetensors header"),
        (
            b'{"a": {"dtype": "U8", "shape": [' + b"9" * 5000 + b'], "data_offsets": [0, 1]}}',
            "not a safetensors header",
        ),
    ],
)
def test_headers_that_are_none_are_refused(tmp_path, header, message):
    path = tmp_path / "own"
    path.write_bytes(joined(header, {"": b"malmoi_vectors"}))
    with pytest.raises(FormatError, match=rf"own: byte [08]: .*{message}"):
        WordVectors.open(path)


def test_tensors_that_overlap_or_leave_gaps_are_refused(tmp_path, own):
    path = tmp_path / "own"
    header, tensors = parts_of(own["int8"])
    changes = {
        "leaves a gap": {name: [offset + 1 for offset in header[name]["data_offsets"]] for name in tensors},
        "overlaps another": {"hash_rows": header["ends"]["data_offsets"][:1] * 2},
        "bytes belong to no tensor": {},
    }
    for message, offsets in changes.items():
        other = {name: dict(entry) for name, entry in header.items()}
        for name, pair in offsets.items():
            other[name]["data_offsets"] = pair if len(set(pair)) == 2 else [pair[0], pair[0] + 24]
        path.write_bytes(joined(other, tensors) + b"x")
        with pytest.raises(FormatError, match=message):
            WordVectors.open(path)


def test_the_place_of_what_is_wrong_is_said(tmp_path, own):
    header, tensors = parts_of(own["int8"])
    path = tmp_path / "own"

    def falsified(name, row, value, dtype):
        array = np.frombuffer(tensors[name], dtype=dtype).copy()
        array[row] = value
        path.write_bytes(joined(header, tensors | {name: array.tobytes()}))
        return WordVectors.open(path)

    with pytest.raises(
        FormatError,
        match=r"own: byte \d+: row 2: ends must be in ascending order .* found 2 after 6; the file is damaged",
    ):
        _ = falsified("ends", 2, 2, "<i8").words
    with pytest.raises(FormatError, match=r"own: byte \d+: row 1: its scale must be finite and 0 or more, found NaN"):
        falsified("scales", 1, np.nan, "<f4").nearest("the")
    with pytest.raises(FormatError, match=r"own: byte \d+: the table of words refers to row 77, but there are 6"):
        falsified("hash_rows", slice(None), 77, "<u4").vector("the")
    with pytest.raises(FormatError, match=r"own: byte \d+: the table of words has a wrong hash for row 0"):
        falsified("hash_rows", slice(None), 0, "<u4").vector("cat")
    with pytest.raises(FormatError, match=r"own: byte \d+: the hashes of the words must be in ascending order"):
        falsified("hashes", 0, 2**64 - 1, "<u8").vector("cat")
    with pytest.raises(FormatError, match=r"own: byte \d+: the words must fill 29 bytes, found -5"):
        falsified("ends", 5, -5, "<i8")


SHRINKING = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_hostile_vectors import operations
from malmoi import FormatError, WordVectors

folder = Path(sys.argv[1])
for dtype in ("float32", "float16", "int8"):
    opened = {name: WordVectors.open(folder / dtype) for name in operations(folder)}
    for size in (1100, 0):
        os.truncate(folder / dtype, size)
        for name, operation in operations(folder).items():
            try:
                operation(opened[name])
            except FormatError as error:
                assert "is shorter than when it was opened" in str(error), (name, error)
            else:
                assert name == "count", name
print("done")
"""


def test_a_file_that_shrinks_is_an_error_and_no_end_of_the_process(tmp_path, folder):
    """`os.truncate` below what was opened, for every operation, in a process of its own."""
    for name in ("tests.txt", "analogies.txt"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    matrix = np.random.default_rng(0).normal(size=(300, 20))
    words = [*WORDS, *map(str, range(294))]
    for dtype in KINDS:
        WordVectors.from_arrays(words, matrix).convert(tmp_path / dtype, dtype=dtype)
    command = [sys.executable, "-c", SHRINKING, str(tmp_path), str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_a_file_that_is_replaced_stays_the_one_that_was_opened(tmp_path):
    vectors = WordVectors.from_arrays(WORDS, ROWS).convert(tmp_path / "own")
    WordVectors.from_arrays(["other"], [[1]]).convert(tmp_path / "own", overwrite=True)
    assert vectors.words == WORDS
    assert WordVectors.open(tmp_path / "own").words == ["other"]


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.vec"])
def test_other_files_that_shrink_are_errors(tmp_path, name):
    from binary_files import word2vec_bytes

    rows = b"".join(b"word%d 1 2 3\n" % number for number in range(100_000))
    content = {"v.txt": rows, "v.vec": b"100000 3\n" + rows}.get(name)
    content = content or word2vec_bytes([(b"word%d" % number, [1.0, 2.0, 3.0]) for number in range(100_000)])
    path = tmp_path / name
    path.write_bytes(content)
    vectors = WordVectors.open(path)
    os.truncate(path, 700_000)
    if name == "v.bin":
        with pytest.raises(FormatError, match=r"v\.bin.*(is shorter than when it was opened|may be cut short)"):
            vectors.matrix_for(Vocabulary(["word9"], [1]))
    else:  # opened anew for every reading: a shorter file, whose last line may be cut
        for _ in range(2):
            try:
                assert len(vectors) < 100_000
            except FormatError:
                continue
    path.unlink()
    if name != "v.bin":
        with pytest.raises(FileNotFoundError) as caught:
            vectors.matrix_for(Vocabulary(["word9"], [1]))
        assert caught.value.filename == str(path)


def archive(name=b"vectors.txt", local=None, content=b"the 1 2\ncat 3 4\n", **changes):
    """A stored zip archive whose two heads may differ, or say something else."""
    from zlib import crc32

    local = name if local is None else local
    fields = {
        "flags": 0,
        "method": 0,
        "crc": crc32(content),
        "packed": len(content),
        "size": len(content),
        "extra": b"",
    }
    fields |= changes
    heads = [fields["flags"], fields["method"], 0, 33, fields["crc"], fields["packed"], fields["size"]]
    extra = fields["extra"]
    front = b"PK\3\4" + struct.pack("<5H3L2H", 20, *heads, len(local), len(extra)) + local + extra
    entry = b"PK\1\2" + struct.pack("<6H3L5H2L", 20, 20, *heads, len(name), len(extra), 0, 0, 0, 0, fields.get("at", 0))
    entry += name + extra
    body = front + content
    end = struct.pack("<4H2LH", 0, 0, 1, 1, fields.get("directory", len(entry)), fields.get("place", len(body)), 0)
    return body + entry + b"PK\5\6" + end


ZIPS = {
    "names that differ": (
        archive(local=b"other.txt"),
        r"cannot be decompressed as zip: File name in directory 'vectors.txt' and header b'other",
    ),
    "encrypted": (archive(flags=1), "is encrypted; unpack it with its password first"),
    "bzip2": (archive(method=12), "must be compressed with deflate, found method 12; unpack it first"),
    "unknown method": (archive(method=77), "must be compressed with deflate, found method 77"),
    "cut": (archive()[:-30], "cannot be decompressed as zip"),
    "sizes that lie": (archive(packed=2**31, size=2**31), "cut short|damaged"),
    "zip64 that lies": (
        archive(packed=2**32 - 1, size=2**32 - 1, extra=struct.pack("<HHQQ", 1, 16, 2**63, 2**63)),
        "cut short|damaged|cannot be unpacked",
    ),
    "short zip64": (archive(packed=2**32 - 1, extra=struct.pack("<HH", 1, 2)), "cannot be decompressed as zip"),
    "a place that lies": (archive(at=2**31), "cannot be unpacked|no zip member|damaged"),
    "a directory that lies": (archive(directory=2**31), "directory of a zip archive must have|cannot be unpacked"),
    "a name that is no text": (archive(name=b"\xff\xfe", flags=0x800), "cannot be decompressed as zip"),
    "another checksum": (archive(crc=7), "cannot be decompressed as zip"),
    "gzip with a tail": (gzip.compress(b"the 1 2\n") + b"tail", "cannot be decompressed as gzip"),
    "zstd with a tail": (zstandard.compress(b"the 1 2\n") + b"tail", "cannot be decompressed as zstandard"),
    "zstd of a large window": (b"\x28\xb5\x2f\xfd\x00\xb8\x01\x00\x00", "cannot be decompressed as zstandard|is empty"),
}


@pytest.mark.parametrize("kind", ZIPS)
def test_archives_that_lie_are_refused(tmp_path, kind):
    content, message = ZIPS[kind]
    path = tmp_path / "v.zip"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=rf"v\.zip.*({message})"):
        _ = WordVectors.open(path).words


def test_names_in_archives_mean_nothing(tmp_path):
    path = tmp_path / "v.zip"
    for name in (b"/etc/passwd", b"../../v.txt", b"a\0b", b"C:\\v.txt"):
        path.write_bytes(archive(name=name))
        assert WordVectors.open(path).words == ["the", "cat"]
    assert [one.name for one in tmp_path.iterdir()] == ["v.zip"]


def test_an_archive_of_many_members_is_refused_at_once(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for number in range(9):
            packed.writestr(zipfile.ZipInfo(f"{number}/" if number < 5 else f"{number}"), "")
    path = tmp_path / "v.zip"
    path.write_bytes(content.getvalue())
    with pytest.raises(FormatError, match="must contain one file, found 9: '5', '6', '7'"):
        WordVectors.open(path)


@settings(max_examples=40)
@given(st.data())
def test_a_damaged_archive_is_refused_or_read(folder, data):
    whole = bytearray(
        data.draw(st.sampled_from([archive(), gzip.compress(b"the 1 2\n" * 9), zstandard.compress(b"a 1\n")]))
    )
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = folder / "damaged"
    path.write_bytes(bytes(whole[: data.draw(st.integers(1, len(whole)))]))
    try:
        _ = WordVectors.open(path).words
    except FormatError:
        return


@needs_posix
def test_what_is_no_regular_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("pipe", "/dev/zero"):
        with pytest.raises(FormatError, match="must be a regular file, got a pipe, a socket or a device"):
            WordVectors.open(tmp_path / name)
    for name in ("", "loop", "x" * 300, "v.txt/v", "missing"):
        with pytest.raises(OSError, match="Errno") as caught:
            WordVectors.open(tmp_path / name)
        assert caught.value.filename == str(tmp_path / name)
    with pytest.raises(FormatError, match="is not a valid file name"):
        WordVectors.open(tmp_path / "a\0b")


def test_rows_of_too_many_numbers_are_refused_before_anything_is_made(tmp_path):
    path = tmp_path / "v"
    for content in (
        b"the" + b" 1" * 10_001 + b"\n",
        b"1 10001\nthe" + b" 1" * 10_001 + b"\n",
        b"1 10001\nthe " + bytes(4 * 10_001) + b"\n",
    ):
        path.write_bytes(content)
        with pytest.raises(FormatError, match="a row must have at most 10000 numbers, found 10001"):
            WordVectors.open(path)
    with pytest.raises(ValueError, match="a row must have at most 10000 numbers, got 10001"):
        WordVectors.from_arrays(["a"], np.ones((1, 10_001))).convert(tmp_path / "own")


@needs_posix
def test_the_command_line_says_one_line(tmp_path, own, capsys):
    header, tensors = parts_of(own["float32"])
    ends = np.frombuffer(tensors["ends"], dtype="<i8").copy()
    ends[1] = 2**62
    path = tmp_path / "own"
    path.write_bytes(joined(header, tensors | {"ends": ends.tobytes()}))
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "z.zip").write_bytes(archive(local=b"other.txt"))
    for arguments in (
        ["nearest", path, "zebra"],
        ["info", path, "--count"],
        ["convert", path, tmp_path / "new"],
        ["info", tmp_path / "z.zip"],
        ["info", tmp_path / "pipe"],
        ["info", tmp_path],
        ["info", tmp_path / ("x" * 300)],
    ):
        assert run(["vectors", *map(str, arguments)]) == 2
        assert len(without_reading(capsys.readouterr().err)) == 1
    assert not (tmp_path / "new").exists()
