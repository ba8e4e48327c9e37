"""Archives and Arrow files of data that lie, or shrink while they are read."""

import io
import os
import zipfile

import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi import DataError, FormatError
from malmoi.data.readers.arrow_parts import open_arrow
from malmoi.data.readers.reading import read_batches
from malmoi.data.readers.settings import ReadSettings
from test_hostile_vectors import archive

CSV = b"text,label\ngood,1\nbad,0\n"


def texts_of(path):
    return [text for batch in read_batches(path, ReadSettings(label_column="label")) for text in batch.texts]


def table(rows=60_000):
    return polars.DataFrame({"text": [f"text {row}" for row in range(rows)], "label": [row % 2 for row in range(rows)]})


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
        list(read_batches(path, ReadSettings(label_column="label", inflate_limit_gb=0.001)))


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
    frame.write_ipc(path, compression=compression, record_batch_size=1000)
    assert len(list(open_arrow(path).parts())) > 1
    assert texts_of(path) == frame["text"].to_list()
    frame.head(0).write_ipc(path)
    assert list(open_arrow(path).parts()) == []


def test_an_arrow_file_that_shrinks_is_an_error_and_no_end_of_the_process(tmp_path, monkeypatch):
    """Cut between two parts: a mapped file would end the process with SIGBUS."""
    path = tmp_path / "a.arrow"
    table().write_ipc(path, record_batch_size=1000)
    monkeypatch.setattr("malmoi.data.readers.arrow_parts.TOGETHER_BYTES", 50_000)
    batches = read_batches(path, ReadSettings(label_column="label"))
    assert next(batches).texts[0] == "text 0"
    os.truncate(path, 10_000)
    with pytest.raises((FormatError, DataError), match=r"a\.arrow.*(shorter than when it was|must stay as it is)"):
        list(batches)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_footer_of_an_arrow_file_is_refused_or_read(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    path = folder / "footer.arrow"
    table(30).write_ipc(path, record_batch_size=10)
    content = bytearray(path.read_bytes())
    length = int.from_bytes(content[-10:-6], "little")
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.integers(len(content) - 10 - length, len(content) - 1))
        content[place] = data.draw(st.sampled_from([0, 1, 127, 128, 255]) | st.integers(0, 255))
    path.write_bytes(content)
    try:
        found = open_arrow(path)
    except FormatError:
        return
    for part in found.parts():
        assert len(part) <= 2 * len(content)


def test_a_parquet_file_that_shrinks_is_an_error(tmp_path):
    path = tmp_path / "a.parquet"
    table().write_parquet(path, row_group_size=20_000)
    batches = read_batches(path, ReadSettings(label_column="label"))
    assert next(batches).texts[0] == "text 0"
    os.truncate(path, 10_000)
    with pytest.raises(DataError, match=r"a\.parquet: the file must not change while it is read"):
        list(batches)
