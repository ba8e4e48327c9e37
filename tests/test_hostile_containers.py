"""Archives and Arrow files of data that lie, or shrink while they are read."""

import inspect
import io
import os
import zipfile

import numpy as np
import polars
import pyarrow
import pyarrow.ipc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi import DataError, FormatError
from malmoi.data.readers.arrow_parts import open_arrow
from malmoi.data.readers.arrow_sizes import check_stream, inflated_bytes
from malmoi.data.readers.containers import Budget
from malmoi.data.readers.reading import read_batches
from malmoi.data.readers.settings import ReadSettings
from test_hostile_vectors import archive

CSV = b"text,label\ngood,1\nbad,0\n"


def texts_of(path):
    return [text for batch in read_batches(path, ReadSettings(label_column="label")) for text in batch.texts]


def table(rows=60_000):
    return polars.DataFrame({"text": [f"text {row}" for row in range(rows)], "label": [row % 2 for row in range(rows)]})


def write_batches(frame, path, rows, **settings):
    """An Arrow file of so many rows a batch; releases of Polars that cannot be told so write each chunk as one."""
    if "record_batch_size" in inspect.signature(polars.DataFrame.write_ipc).parameters:
        frame.write_ipc(path, record_batch_size=rows, **settings)
    else:
        chunks = [frame[start : start + rows] for start in range(0, len(frame), rows)]
        polars.concat(chunks, rechunk=False).write_ipc(path, **settings)
    found = open_arrow(path).records
    assert len(found.batches) == -(-len(frame) // rows)


@pytest.mark.parametrize(
    "content",
    [
        archive(b"a.csv", b"b.csv", CSV),
        archive(b"a.csv", content=CSV, method=77),
        archive(b"a.csv", content=CSV, packed=2**31, size=2**31),
        archive(b"a.csv", content=CSV, at=2**31),
        archive(b"a.csv", content=CSV, directory=2**31),
        archive(b"a.csv", content=CSV, crc=7),
        archive(b"\xff\xfe", content=CSV, flags=0x800),
    ],
)
def test_archives_that_lie_are_refused(tmp_path, content):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"a\.zip: .*(damaged|directory of a zip archive must have)"):
        texts_of(path)


def test_a_workbook_that_inflates_to_more_than_it_says_is_refused(tmp_path):
    pytest.importorskip("fastexcel")
    content = io.BytesIO()
    sheet = b"<worksheet>" + b" " * 3_000_000
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": sheet}.items():
            packed.writestr(name, part)
    path = tmp_path / "a.xlsx"
    path.write_bytes(content.getvalue().replace(len(sheet).to_bytes(4, "little"), (99).to_bytes(4, "little")))
    with pytest.raises(
        FormatError, match=r"a\.xlsx: 'xl/workbook\.xml' must have 99 bytes, .* found more; the file is dam"
    ):
        list(read_batches(path, ReadSettings(label_column="label", decompression_limit_gb=0.001)))


def test_names_in_archives_mean_nothing(tmp_path):
    path = tmp_path / "a.zip"
    for name in (b"/etc/a.csv", b"../../a.csv"):
        path.write_bytes(archive(name, content=CSV))
        assert texts_of(path) == ["good", "bad"]
    assert [one.name for one in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize("compression", ["uncompressed", "zstd"])
def test_an_arrow_file_is_read_in_parts(tmp_path, monkeypatch, compression):
    monkeypatch.setattr("malmoi.data.readers.arrow_parts.TOGETHER_BYTES", 3_000)
    path = tmp_path / "a.arrow"
    frame = table(20_000).with_columns(polars.col("label").cast(polars.String).cast(polars.Categorical))
    write_batches(frame, path, 1000, compression=compression)
    assert len(list(open_arrow(path).parts())) > 1
    assert texts_of(path) == frame["text"].to_list()
    frame.head(0).write_ipc(path)
    # Older releases of Polars write a batch without rows.
    batches = open_arrow(path).records.batches
    assert [len(polars.read_ipc(io.BytesIO(part))) for part in open_arrow(path).parts()] == [0] * len(batches)
    assert texts_of(path) == []


def test_an_arrow_file_that_shrinks_is_an_error_and_no_end_of_the_process(tmp_path, monkeypatch):
    """Cut between two parts: a mapped file would end the process with SIGBUS."""
    path = tmp_path / "a.arrow"
    write_batches(table(), path, 1000)
    monkeypatch.setattr("malmoi.data.readers.arrow_parts.TOGETHER_BYTES", 50_000)
    batches = read_batches(path, ReadSettings(label_column="label"))
    assert next(batches).texts[0] == "text 0"
    os.truncate(path, 10_000)
    with pytest.raises((FormatError, DataError), match=r"a\.arrow.*(shorter than when it was|must stay as it is)"):
        list(batches)


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_footer_of_an_arrow_file_is_refused_or_read(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    path = folder / "footer.arrow"
    write_batches(table(30), path, 10)
    content = bytearray(path.read_bytes())
    length = int.from_bytes(content[-10:-6], "little")
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.integers(len(content) - 10 - length, len(content) - 1))
        content[place] = data.draw(st.sampled_from([0, 1, 127, 128, 255]) | st.integers(0, 255))
    path.write_bytes(content)
    try:
        sizes = [len(part) for part in open_arrow(path).parts()]
    except FormatError:
        return
    assert max(sizes, default=0) <= 2 * len(content)


WRITERS = {
    "file": polars.DataFrame.write_ipc,
    "stream": polars.DataFrame.write_ipc_stream,
}
compressed = pytest.mark.parametrize(("form", "compression"), [(f, c) for f in WRITERS for c in ("lz4", "zstd")])


@compressed
@pytest.mark.parametrize("told", [1 << 60, 1 << 40, -2, -(1 << 63)])
def test_an_arrow_buffer_that_says_to_inflate_to_more_than_memory_is_refused(tmp_path, form, compression, told):
    """Polars takes so much memory at once, and old releases end the process where there is not so much."""
    path = tmp_path / "a.arrow"
    WRITERS[form](polars.DataFrame({"text": ["a"] * 512, "label": range(512)}), path, compression=compression)
    content, size = path.read_bytes(), (512 * 8).to_bytes(8, "little")
    assert content.count(size) == 1
    path.write_bytes(content.replace(size, told.to_bytes(8, "little", signed=True)))
    rule = r"a\.arrow: compressed data must expand to at most 1000000000 bytes, got \d{13,} or more; if you trust"
    with pytest.raises(DataError, match=rule):
        texts_of(path)


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
@pytest.mark.parametrize(("number", "rule"), [(512, "rows need at least one bit each"), (4096, "is outside its batch")])
def test_an_arrow_batch_has_no_more_rows_and_bytes_than_it_can_hold(tmp_path, form, compression, number, rule):
    path = tmp_path / "a.arrow"
    WRITERS[form](polars.DataFrame({"text": ["a"] * 512, "label": range(512)}), path, compression=compression)
    assert len(texts_of(path)) == 512
    content, size = path.read_bytes(), number.to_bytes(8, "little")
    assert size in content
    path.write_bytes(content.replace(size, (1 << 48).to_bytes(8, "little")))
    rule = rule if compression == "uncompressed" or number == 512 else "compressed data must expand to at most"
    with pytest.raises((DataError, FormatError), match=rf"a\.arrow: .*{rule}"):
        texts_of(path)


@compressed
def test_what_arrow_inflates_to_is_counted(tmp_path, form, compression):
    path = tmp_path / "a.arrow"
    numbers = {name: np.arange(640) for name in "abc"}
    write = pyarrow.ipc.new_file if form == "file" else pyarrow.ipc.new_stream
    rows = pyarrow.table(numbers)
    with write(path, rows.schema, options=pyarrow.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(rows, max_chunksize=64)  # ten batches of three buffers
    if form == "file":
        content = path.read_bytes()
        for at, metadata, body in open_arrow(path).records.batches:
            assert inflated_bytes(content[at : at + metadata + body], metadata) == 3 * 64 * 8
    else:
        check_stream(path, Budget(path, 3 * 640 * 8))
        with pytest.raises(DataError, match="must expand to at most 15359 bytes, got 15360 or more"):
            check_stream(path, Budget(path, 3 * 640 * 8 - 1))


@compressed
@settings(max_examples=40)
@given(data=st.data())
def test_damaged_metadata_of_compressed_batches_is_refused_or_read(tmp_path_factory, form, compression, data):
    path = tmp_path_factory.getbasetemp() / "batches.arrow"
    WRITERS[form](table(30), path, compression=compression)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.sampled_from([0, 1, 127, 128, 255]) | st.integers(0, 255))
    path.write_bytes(content)
    said = path.name
    try:
        texts_of(path)
    except (DataError, FormatError) as error:
        said = str(error)
    assert path.name in said


def test_a_parquet_file_that_shrinks_is_an_error(tmp_path):
    path = tmp_path / "a.parquet"
    table().write_parquet(path, row_group_size=20_000)
    batches = read_batches(path, ReadSettings(label_column="label"))
    assert next(batches).texts[0] == "text 0"
    os.truncate(path, 10_000)
    with pytest.raises(DataError, match=r"a\.parquet: the file must not change while it is read"):
        list(batches)
