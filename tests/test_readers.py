"""Files as people have them: every format, told by its content, with its columns, and what is said of it."""

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import zipfile

import numpy as np
import polars
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi import DataError, FormatError, read_corpus
from malmoi.data.readers import FORMATS, ReadReport, ReadSettings, read_batches
from systems import needs_posix
from workbooks import workbook

TEXTS = ["so good", "so bad, really", 'she said "no"', "좋아요 😊", "", "two\nlines"]
LABELS = ["pos", "neg", "neg", "pos", "neg", "pos"]


def rows_of(path, **options):
    """Texts, labels, and what is said of the file."""
    report = ReadReport()
    batches = list(read_batches(path, ReadSettings(**options), report=report))
    texts = [text for batch in batches for text in batch.texts]
    labels = [label for batch in batches for label in batch.labels]
    return texts, labels, report


def table():
    return polars.DataFrame({"id": range(len(TEXTS)), "text": TEXTS, "label": LABELS})


def csv_text(delimiter=",", quoting=csv.QUOTE_MINIMAL, header=True):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    writer.writerows([["text", "label"]] * header + [list(row) for row in zip(TEXTS, LABELS, strict=True)])
    return buffer.getvalue()


def json_lines():
    return "".join(
        json.dumps({"text": t, "label": y}, ensure_ascii=False) + "\n" for t, y in zip(TEXTS, LABELS, strict=True)
    )


def written(form, path):
    """Write the table in a format."""
    frame, records = table(), [{"text": t, "label": y} for t, y in zip(TEXTS, LABELS, strict=True)]
    writers = {
        "csv": lambda: path.write_text(csv_text()),
        "tsv": lambda: path.write_text(csv_text("\t")),
        "jsonl": lambda: path.write_text(json_lines()),
        "json-array": lambda: path.write_text(json.dumps(records, indent=1)),
        "json-document": lambda: path.write_text(
            json.dumps({"text": dict(enumerate(TEXTS)), "label": dict(enumerate(LABELS))})
        ),
        "parquet": lambda: frame.write_parquet(path),
        "arrow": lambda: frame.write_ipc(path, compression="zstd"),
        "arrow-stream": lambda: frame.write_ipc_stream(path),
    }
    writers[form]()
    return path


FORMS = ("csv", "tsv", "jsonl", "json-array", "json-document", "parquet", "arrow", "arrow-stream")
SUFFIXES = {"jsonl": ".jsonl", "json-array": ".json", "json-document": ".json", "arrow-stream": ".arrow"}


def test_every_format_is_in_the_tables_of_these_tests():
    assert set(FORMATS) == {*FORMS, "lines", "fasttext", "excel"}


# The same rows in every format, whatever the name of the file.


@pytest.mark.parametrize("form", FORMS)
def test_every_format_gives_the_same_rows(tmp_path, form):
    path = written(form, tmp_path / f"data{SUFFIXES.get(form, '.' + form)}")
    texts, labels, report = rows_of(path)
    assert (texts, labels) == (TEXTS, LABELS)
    source = report.sources[0]
    assert (source.text_columns, source.label_columns) == (("text",), ("label",))
    assert str(source).startswith(f"{path.name}: ")


@pytest.mark.parametrize("form", ["jsonl", "json-array", "parquet", "arrow", "arrow-stream"])
@pytest.mark.parametrize("name", ["data.csv", "data.txt", "data"])
def test_content_wins_over_the_name(tmp_path, form, name):
    assert rows_of(written(form, tmp_path / name))[:2] == (TEXTS, LABELS)


PACKERS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstandard": lambda data: zstandard.ZstdCompressor().compress(data),
}


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("~", "/"), data)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json-array", "json-document"])
@pytest.mark.parametrize("kind", [*PACKERS, "zip"])
def test_text_formats_may_be_compressed_under_any_name(tmp_path, form, kind):
    data = written(form, tmp_path / f"plain.{form}").read_bytes()
    suffix = SUFFIXES.get(form, "." + form)
    path = tmp_path / f"data{suffix}"  # a name without the suffix of the compression
    path.write_bytes(PACKERS[kind](data) if kind in PACKERS else zipped(**{f"data{suffix}": data}))
    texts, labels, report = rows_of(path)
    assert (texts, labels) == (TEXTS, LABELS)
    assert kind in report.sources[0].form


@pytest.mark.parametrize("kind", PACKERS)
def test_several_compressed_streams_follow_each_other(tmp_path, kind):
    first, second = csv_text()[:40].encode(), csv_text()[40:].encode()
    (tmp_path / "a.csv").write_bytes(PACKERS[kind](first) + PACKERS[kind](second))
    assert rows_of(tmp_path / "a.csv")[:2] == (TEXTS, LABELS)


@pytest.mark.parametrize("kind", [*PACKERS, "zip"])
def test_compressed_data_that_are_cut_anywhere_are_refused(tmp_path, kind):
    whole = PACKERS[kind](csv_text().encode()) if kind in PACKERS else zipped(**{"a.csv": csv_text()})
    path = tmp_path / "a.csv"
    for size in range(10, len(whole) - 1, 7):
        path.write_bytes(whole[:size])
        with pytest.raises(FormatError, match=r"damaged|cut short"):
            rows_of(path)


def test_zip_archives_that_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(**{"a.csv": "text\nx\n", "b.csv": "text\ny\n"}))
    with pytest.raises(
        DataError, match=r"a\.zip: a zip archive must contain one file, got 2: 'a\.csv', 'b\.csv'; unpack"
    ):
        rows_of(path)
    path.write_bytes(zipped())
    with pytest.raises(DataError, match=r"must contain one file, got none"):
        rows_of(path)
    path.write_bytes(zipped(**{"[Content_Types].xml": "", "word~document.xml": ""}))
    with pytest.raises(DataError, match="got a Word document"):
        rows_of(path)
    data = bytearray(zipped(**{"a.csv": "text\nx\n"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"must not be encrypted, got 'a\.csv' with a password; unpack it"):
        rows_of(path)


def test_what_a_finder_adds_to_a_zip_is_no_member(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(**{"in~a.csv": csv_text(), "__MACOSX~a.csv": "x", "in~.DS_Store": "x"}))
    assert rows_of(path)[0] == TEXTS


def test_a_file_that_is_compressed_twice_is_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes(gzip.compress(bz2.compress(b"text\nx\n")))
    with pytest.raises(DataError, match="must be compressed only once, got bzip2 in gzip; decompress it once"):
        rows_of(tmp_path / "a.csv")


@pytest.mark.parametrize("kind", [*PACKERS, "zip"])
def test_bombs_are_refused(tmp_path, kind):
    data = b"text\n" + b"x" * 3_000_000 + b"\n"
    (tmp_path / "a.csv").write_bytes(PACKERS[kind](data) if kind in PACKERS else zipped(**{"a.csv": data}))
    with pytest.raises(DataError, match=r"must expand to at most \d+ bytes, got .*; if you trust the file, increase"):
        rows_of(tmp_path / "a.csv", labelled=False, decompression_limit_gb=0.001)
    assert len(rows_of(tmp_path / "a.csv", labelled=False)[0]) == 1


def test_a_parquet_file_whose_dictionary_inflates_is_refused(tmp_path):
    polars.DataFrame({"text": ["x" * 100_000] * 100}).write_parquet(
        tmp_path / "a.parquet", statistics=False, row_group_size=100
    )
    with pytest.raises(DataError, match="must expand to"):
        rows_of(tmp_path / "a.parquet", labelled=False, decompression_limit_gb=0.001)
    assert len(rows_of(tmp_path / "a.parquet", labelled=False)[0]) == 100


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7 ", "a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel or Word file; save it as .xlsx or CSV"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"\x89PNG\r\n", "a picture"),
        (b"\x80\x04\x95", "a Python pickle, which could run programs"),
        (b"<!DOCTYPE html><html>", "a web page; the download may have failed?"),
        (b"7z\xbc\xaf\x27", "a 7z archive; unpack it"),
        (b"a" * 257 + b"ustar", "a tar archive; unpack it"),
        (b"malmoi\r\n", "a malmoi model, not data"),
    ],
)
def test_files_of_other_kinds_are_named(tmp_path, head, kind):
    (tmp_path / "a.csv").write_bytes(head + b"\n" * 600)
    with pytest.raises(DataError, match=f"data must be texts or a table, got {kind}"):
        rows_of(tmp_path / "a.csv")


# Delimited tables.


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_delimiters_are_guessed_and_said(tmp_path, delimiter, quoting, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_text(csv_text(delimiter, quoting))
    texts, labels, report = rows_of(path)
    assert (texts, labels) == (TEXTS, LABELS)
    name = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}[delimiter]
    assert f"{name} delimited, header, double quotes, UTF-8" in str(report.sources[0])


@pytest.mark.parametrize("declared", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_line_that_tells_excel_the_delimiter_is_read(tmp_path, declared):
    (tmp_path / "a.csv").write_text(f"{declared}\ntext;label\na,b;x\nc,d;y\n")
    texts, labels, _ = rows_of(tmp_path / "a.csv")
    assert (texts, labels) == (["a,b", "c,d"], ["x", "y"])
    (tmp_path / "a.csv").write_text(f"{declared}\ntext;label\na;b\nc\n")
    with pytest.raises(DataError, match=r"a\.csv:4: a row must have 2 fields"):
        rows_of(tmp_path / "a.csv")


def test_a_given_delimiter_and_no_header(tmp_path):
    (tmp_path / "a.csv").write_text("x^y\na b^pos\n")
    assert rows_of(tmp_path / "a.csv", delimiter="^", header=False, text_column="1", label_column="2")[:2] == (
        ["x", "a b"],
        ["y", "pos"],
    )
    with pytest.raises(ValueError, match="delimiter must be one ASCII character"):
        ReadSettings(delimiter=";;")


@pytest.mark.parametrize(
    ("rows", "text", "label"),
    [
        (["so good,pos", "so bad,neg", "good film,pos", "bad film,neg"], "1", "2"),
        (["1,so good", "0,so bad", "1,good film", "0,bad film"], "2", "1"),
        (["부정\t정말 별로예요", "긍정\t정말 좋아요", "부정\t지루해요", "긍정\t최고"], "2", "1"),
        (["7;so good;pos", "8;so bad;neg", "9;good film;pos", "10;bad film;neg"], "2", "3"),
    ],
)
def test_tables_without_a_header_are_recognized(tmp_path, rows, text, label):
    (tmp_path / "a.csv").write_text("\n".join(rows))
    texts, labels, report = rows_of(tmp_path / "a.csv")
    assert len(texts) == len(rows)
    assert (report.sources[0].text_columns, report.sources[0].label_columns) == ((text,), (label,))
    assert "no header (columns are numbered)" in report.sources[0].form
    assert len(set(labels)) == 2


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_quotes_that_are_no_quoting_swallow_no_row(tmp_path, delimiter):
    texts = [f"remark {number}" for number in range(30)]
    texts[10], texts[20], texts[25] = '"remark 10', 'remark 20"', '"Good" is what they said'
    lines = [delimiter.join((str(number), text, str(number % 2))) for number, text in enumerate(texts)]
    (tmp_path / "a.tsv").write_text("\n".join([delimiter.join(("id", "document", "label")), *lines]) + "\n")
    found, _, report = rows_of(tmp_path / "a.tsv")
    assert found == texts
    assert "no quoting" in report.sources[0].form
    assert rows_of(tmp_path / "a.tsv", quoting="none")[0] == texts


def test_stray_quotes_behind_the_sample_are_an_error(tmp_path):
    rows = [f"{number}\tremark {number}\tx" for number in range(120_000)]
    rows[80_000], rows[80_010] = '80000\t"remark\tx', '80010\tremark"\tx'
    rows[3] = '3\t"quoted"\tx'
    (tmp_path / "a.tsv").write_text("\n".join(["id\ttext\tlabel", *rows]))
    rule = r"a\.tsv:80002: a quoted field must not look like several rows, got 11 lines of 3 fields each; pass quoting"
    with pytest.raises(DataError, match=rule):
        rows_of(tmp_path / "a.tsv")
    assert len(rows_of(tmp_path / "a.tsv", quoting="double")[0]) == 119_990
    skipped = rows_of(tmp_path / "a.tsv", on_error="skip")
    assert (len(skipped[0]), skipped[2].skipped) == (119_999, 1)


def test_columns_given_by_number_have_no_header(tmp_path):
    (tmp_path / "a.csv").write_text("3,1,so good\n2,0,so bad\n3,1,fine\n")
    texts, labels, _ = rows_of(tmp_path / "a.csv", text_column="3", label_column="1")
    assert (texts, labels) == (["so good", "so bad", "fine"], ["3", "2", "3"])


def test_a_header_that_cannot_be_used_is_never_skipped(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"text,label,caf\xe9\na,x,1\nb,y,2\n")
    for on_error in ("stop", "skip"):
        with pytest.raises(DataError, match=r"a\.csv:1: byte 14 \(0xe9\) is not UTF-8"):
            rows_of(tmp_path / "a.csv", on_error=on_error)


@pytest.mark.parametrize("form", ["csv", "jsonl", "lines"])
def test_names_of_files_may_hold_braces(tmp_path, form):
    path = tmp_path / "a{1}{}.txt"
    path.write_text({"csv": "text\tlabel\nx\ty\n", "jsonl": '{"text": "x"}\n', "lines": "x\n"}[form])
    batch = next(read_batches(path, ReadSettings(labelled=False)))
    assert batch.place(batch.numbers[0]) == f"{path}:{2 if form == 'csv' else 1}"


def test_rows_of_empty_fields_are_none(tmp_path):
    """As Excel writes them behind the last one."""
    (tmp_path / "a.csv").write_text("text,label\na,x\n,\nb,y\n,\n,\n")
    assert rows_of(tmp_path / "a.csv")[:2] == (["a", "b"], ["x", "y"])


def test_quoted_fields_of_several_lines_are_texts(tmp_path):
    (tmp_path / "a.csv").write_text('text,label\n"Hello, you\nbye, you",pos\n"one\n\n\ntwo",neg\n')
    assert rows_of(tmp_path / "a.csv")[0] == ["Hello, you\nbye, you", "one\n\n\ntwo"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_ends_a_row(tmp_path, ending):
    (tmp_path / "a.csv").write_bytes(f"text,label{ending}a,x{ending}{ending}b,y{ending}".encode())
    assert rows_of(tmp_path / "a.csv")[:2] == (["a", "b"], ["x", "y"])


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("a,x,z", "a row must have 2 fields, as the first line has, got 3; quote texts that contain ','"),
        ("a", "a row must have 2 fields, as the first line has, got 1"),
        ('"a" b,x', "a closing quote must end its field, got more text after it; double quotes"),
        ("a\0,x", "a row must not contain a NUL character; the file may be damaged, or UTF-16"),
        ("a, ", "label must not be empty, got ' '; remove the row"),
    ],
)
def test_bad_rows_stop_or_are_skipped(tmp_path, line, rule):
    (tmp_path / "a.csv").write_text(f"text,label\nok,x\n{line}\nfine,y\n\n{line}\n")
    with pytest.raises(DataError, match="^.*a.csv:3: " + rule.replace("(", r"\(")):
        rows_of(tmp_path / "a.csv", quoting="double")
    texts, _, report = rows_of(tmp_path / "a.csv", quoting="double", on_error="skip")
    assert (texts, report.skipped) == (["ok", "fine"], 2)
    assert [str(row).partition(": ")[0][-7:] for row in report.first_skipped] == ["a.csv:3", "a.csv:6"]
    assert rule in report.first_skipped[0].reason


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path):
    (tmp_path / "a.csv").write_text('text,label\nok,x\n"open,x\nfine,y\nend,z')
    with pytest.raises(DataError, match=r"a\.csv:3: every quote must be closed, got an unclosed quote in this row"):
        rows_of(tmp_path / "a.csv", quoting="double")
    assert rows_of(tmp_path / "a.csv", quoting="double", on_error="skip")[0] == ["ok", "fine", "end"]
    assert rows_of(tmp_path / "a.csv")[0] == ["ok", '"open', "fine", "end"]  # each line is a row: no quoting


def test_bytes_that_are_no_utf8_are_named_and_can_be_skipped(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"text,label\nok,x\n" + "나쁘다".encode("cp949") + b",y\n" + "좋다,z\n".encode())
    with pytest.raises(DataError, match=r"a\.csv:3: byte 16 \(0xb3\) is not UTF-8; pass the file's encoding"):
        rows_of(tmp_path / "a.csv")
    assert rows_of(tmp_path / "a.csv", on_error="skip")[0] == ["ok", "좋다"]


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])), min_size=2, max_size=2),
        min_size=1,
    )
)
@settings(max_examples=60)
def test_tables_that_pythons_writer_wrote_are_read_as_its_reader_does(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "property.csv"
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([["text", "label"], *rows])
    path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    expected = [row[0] for row in list(csv.reader(io.StringIO(buffer.getvalue(), newline="")))[1:] if row]
    options = {"labelled": False, "delimiter": ",", "header": True, "quoting": "double", "encoding": "utf-8"}
    assert rows_of(path, **options)[0] == expected


# Encodings.


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp949", "euc-kr"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_korean_files_of_every_encoding_are_told(tmp_path, encoding, delimiter):
    rows = [("리뷰", "라벨"), ("정말 재미있어요", "긍정"), ("지루하고 별로였다", "부정"), ("최고의 영화", "긍정")]
    text = "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    texts, labels, report = rows_of(tmp_path / "a.csv")
    assert (texts, labels) == ([row[0] for row in rows[1:]], [row[1] for row in rows[1:]])
    shown = {"euc-kr": "cp949", "utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
    assert shown.get(encoding, encoding.upper() if "utf" in encoding else encoding) in report.sources[0].form


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("naïve café déjà vu", "latin-1"),
        ("这部电影很好看我喜欢", "gb18030"),
        ("とても面白い映画でした", "shift_jis"),
        ("очень хорошо", "cp1251"),
    ],
)
def test_other_encodings_are_not_guessed(tmp_path, text, encoding):
    (tmp_path / "a.csv").write_bytes(f"text\n{text}\n".encode(encoding))
    with pytest.raises(DataError, match="is not UTF-8; pass the file's encoding"):
        rows_of(tmp_path / "a.csv", labelled=False)
    assert rows_of(tmp_path / "a.csv", labelled=False, encoding=encoding)[0] == [text]


def test_a_character_that_ends_the_sample_is_whole(tmp_path):
    rows = "가나다" * 120_000  # 3 bytes a character, in a sample of 1 MiB
    (tmp_path / "a.csv").write_text(f"text\n{rows}\n")
    assert rows_of(tmp_path / "a.csv", labelled=False)[0] == [rows]
    rows = "가나다" * 180_000  # 2 bytes a character
    (tmp_path / "a.csv").write_bytes(f"text\nx{rows}\n".encode("cp949"))
    assert rows_of(tmp_path / "a.csv", labelled=False)[0] == ["x" + rows]


FOOTERS = {
    "row groups that are a number": (b"\x45\x02\x00", "a list of structs has another type"),
    "row groups that are numbers": (b"\x49\x15\x02\x00", "a list of structs has another type"),
    "rows that are text": (b"\x49\x1c\x26\x02\x18\x01x\x00\x00", "an integer has another type"),
    "no rows": (b"\x49\x1c\x26\x02\x00\x00", "3"),
}
"""Metadata in Thrift's compact protocol: field 4 is a list of row groups, whose fields are their bytes and rows."""


@pytest.mark.parametrize(("content", "reason"), FOOTERS.values(), ids=FOOTERS)
def test_values_of_other_kinds_in_the_footer_of_a_parquet_file_are_refused(tmp_path, content, reason):
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + content + len(content).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(FormatError, match=rf"is damaged: its footer cannot be read \({reason}\)$"):
        rows_of(tmp_path / "a.parquet")


# JSON.


PANDAS = {
    "records": [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}],
    "columns": {"text": {"0": "a", "1": "b"}, "label": {"0": "x", "1": "y"}},
    "index": {"0": {"text": "a", "label": "x"}, "1": {"text": "b", "label": "y"}},
    "split": {"columns": ["text", "label"], "index": [0, 1], "data": [["a", "x"], ["b", "y"]]},
    "table": {"schema": {"fields": []}, "data": [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]},
    "lists": {"text": ["a", "b"], "label": ["x", "y"]},
}


@pytest.mark.parametrize("orientation", PANDAS)
@pytest.mark.parametrize("indent", [None, 2])
def test_what_pandas_writes_as_json_is_read(tmp_path, orientation, indent):
    (tmp_path / "a.json").write_text(json.dumps(PANDAS[orientation], indent=indent))
    assert rows_of(tmp_path / "a.json")[:2] == (["a", "b"], ["x", "y"])


def test_rows_of_values_have_numbered_columns(tmp_path):
    (tmp_path / "a.json").write_text('[["a", "x"], ["b", "y"]]')
    assert rows_of(tmp_path / "a.json", text_column="1", label_column="2")[:2] == (["a", "b"], ["x", "y"])
    (tmp_path / "a.json").write_text('["a", "b"]')
    assert rows_of(tmp_path / "a.json", labelled=False)[0] == ["a", "b"]


@pytest.mark.parametrize("columns", [5, None, {"text": 0}, "text"])
def test_columns_of_a_json_document_must_be_a_list(tmp_path, columns):
    document = {"columns": columns, "data": [["a", "x"], ["b", "y"]]}
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(DataError, match="a JSON document must contain a table: an array of objects"):
        rows_of(tmp_path / "a.json")


@pytest.mark.parametrize("form", ["lines", "array"])
def test_dotted_paths_lead_into_objects(tmp_path, form):
    rows = [
        {"data": {"body": "a", "user": {"tag": 1}}, "a.b": "x"},
        {"a.b": "y", "data": {"user": {"tag": 2}, "body": "b"}},
    ]
    text = json.dumps(rows) if form == "array" else "\n".join(map(json.dumps, rows))
    (tmp_path / "a.json").write_text(text)
    options = {"text_column": "data.body", "label_column": "a.b", "keep": ("data.user.tag", "data")}
    batch = next(iter(read_batches(tmp_path / "a.json", ReadSettings(**options))))
    assert (batch.texts, batch.labels) == (["a", "b"], ["x", "y"])
    assert batch.kept["data.user.tag"] == [1, 2]
    assert batch.kept["data"][1] == {"user": {"tag": 2}, "body": "b"}


def test_numbers_and_other_values_of_json_keep_their_kind(tmp_path):
    values = [1, -(2**63), 2**80, 1.5, 1e300, True, None, "é\n", ["a", 1], {"b": [None]}]
    rows = [{"text": "t", "id": value} for value in values]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    batch = next(iter(read_batches(tmp_path / "a.jsonl", ReadSettings(labelled=False, id_column="id"))))
    assert batch.kept["id"] == values
    assert list(map(type, batch.kept["id"])) == list(map(type, values))


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('{"text": "a"', "every line must have exactly one JSON object, got"),
        ("[1]", "every line must have exactly one JSON object, got [1]; write a list as one object per line"),
        ('{"text": 5, "label": "x"}', "'text' must be text, got 5; remove the row"),
        ('{"text": null, "label": "x"}', "'text' must be text, got null"),
        ('{"label": "x"}', "every object must have 'text', got none; remove the row"),
        ('{"text": "a"}', "every object must have 'label', got none"),
        ('{"text": "a", "label": null}', "label must not be empty, got null"),
        (
            '{"text": "a\\ud800", "label": "x"}',
            "'text' contains a lone surrogate at character 1, which UTF-8 cannot encode; remove the row",
        ),
        ("[" * 100_000, "every line must have exactly one JSON object"),
    ],
)
def test_bad_lines_of_json_stop_or_are_skipped(tmp_path, line, rule):
    good = '{"text": "ok", "label": "x"}'
    (tmp_path / "a.jsonl").write_text(f"{good}\n\n{line}\n{good}\n")
    with pytest.raises(DataError) as error:
        rows_of(tmp_path / "a.jsonl")
    assert f"a.jsonl:3: {rule}" in str(error.value)
    texts, _, report = rows_of(tmp_path / "a.jsonl", on_error="skip")
    assert (texts, report.skipped) == (["ok", "ok"], 1)


def test_not_a_number_is_read_as_python_writes_it(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        '{"text": "a", "label": "x", "score": NaN}\n{"text": "b", "label": "y", "score": 1}\n'
    )
    assert sorted(rows_of(tmp_path / "a.jsonl")[0]) == ["a", "b"]


def test_wrong_arrays_are_refused(tmp_path):
    path = tmp_path / "a.json"
    for text, rule in {
        '[{"text": "a"}, {"text": "b"': "every line must have exactly one JSON object|one JSON object",
        '[{"text": "a"}] x': "nothing must follow the closing bracket, got 'x'",
        '[{"text": "a"}, 5]': "one JSON object",
        "{}": "the text column must be called|must contain a table",
    }.items():
        path.write_text(text)
        with pytest.raises(DataError, match=rule):
            rows_of(path, labelled=False)


def test_one_line_with_a_text_is_a_row_whatever_list_of_objects_stands_beside_it(tmp_path):
    path = tmp_path / "one.json"
    for line, expected in (
        ('{"id": [{"a": 1}], "text": "good"}', ["good"]),
        ('{"id": [{}], "text": ""}', [""]),
        ('{"title": "reviews", "rows": [{"text": "good"}, {"text": "bad"}]}', ["good", "bad"]),
        ('{"review": "all of May", "rows": [{"text": "good"}, {"text": "bad"}]}', ["good", "bad"]),
    ):
        path.write_text(line + "\n")
        assert rows_of(path, labelled=False)[0] == expected


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), json_values), min_size=1
    ),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=60)
def test_json_is_read_as_pythons_parser_does(tmp_path_factory, rows, ascii_only, is_array):
    path = tmp_path_factory.getbasetemp() / "property.json"
    objects = [{"id": value, "text": text, "more": {"id": value}} for text, value in rows]

    def dump(value):
        return json.dumps(value, ensure_ascii=ascii_only)

    path.write_text(dump(objects) if is_array else "\n".join(map(dump, objects)) + "\n", encoding="utf-8")
    batches = list(
        read_batches(path, ReadSettings(labelled=False, text_column="text", keep=("id", "more.id"), encoding="utf-8"))
    )
    assert [text for batch in batches for text in batch.texts] == [text for text, _ in rows]
    for name in ("id", "more.id"):
        assert [value for batch in batches for value in batch.kept[name]] == [value for _, value in rows]


# Binary tables.


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
@pytest.mark.parametrize("rows", [1, 7, 100])
def test_parquet_row_groups_of_every_size(tmp_path, library, rows):
    texts = [f"text {number}" for number in range(250)]
    if library == "polars":
        polars.DataFrame({"text": texts}).write_parquet(tmp_path / "a.parquet", row_group_size=rows)
    else:
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(arrow.table({"text": texts}), tmp_path / "a.parquet", row_group_size=rows)
    assert rows_of(tmp_path / "a.parquet", labelled=False)[0] == texts


@pytest.mark.parametrize("form", ["parquet", "arrow", "arrow-stream"])
def test_names_of_classes_are_read_from_hugging_faces_metadata(tmp_path, form):
    arrow = pytest.importorskip("pyarrow")
    features = {
        "text": {"dtype": "string", "_type": "Value"},
        "label": {"names": ["neg", "pos"], "_type": "ClassLabel"},
    }
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    data = arrow.table({"text": ["a", "b", "c"], "label": [0, 1, 0]}).replace_schema_metadata(metadata)
    path = tmp_path / "a.data"
    if form == "parquet":
        pytest.importorskip("pyarrow.parquet").write_table(data, path)
    else:
        writer = arrow.ipc.new_stream if form == "arrow-stream" else arrow.ipc.new_file
        with arrow.OSFile(str(path), "wb") as file, writer(file, data.schema) as out:
            out.write_table(data)
    assert rows_of(path)[1] == ["neg", "pos", "neg"]


def test_categories_and_lists_of_tables(tmp_path):
    frame = polars.DataFrame({"text": ["a", "b"], "label": [["x"], ["x", "y"]]}).with_columns(
        polars.col("text").cast(polars.Categorical)
    )
    for form in ("parquet", "arrow"):
        getattr(frame, "write_parquet" if form == "parquet" else "write_ipc")(tmp_path / form)
        assert rows_of(tmp_path / form)[:2] == (["a", "b"], [["x"], ["x", "y"]])


@pytest.mark.parametrize("form", ["parquet", "arrow", "arrow-stream"])
def test_damaged_binary_tables_are_refused(tmp_path, form):
    whole = written(form, tmp_path / "whole").read_bytes()
    path = tmp_path / "a.parquet"
    for size in range(4, len(whole) - 1, 41):
        path.write_bytes(whole[:size])
        try:
            rows_of(path)
        except (FormatError, DataError):
            continue
        assert form == "arrow-stream"  # whose records may end anywhere


def test_a_text_column_of_numbers_is_refused(tmp_path):
    polars.DataFrame({"text": [1, 2]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="'text' must contain text, got Int64; name another with text_column"):
        rows_of(tmp_path / "a.parquet", labelled=False)
    polars.DataFrame({"text": ["a", None]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: row 2: 'text' must be text, got null; remove the row"):
        rows_of(tmp_path / "a.parquet", labelled=False)
    assert rows_of(tmp_path / "a.parquet", labelled=False, on_error="skip")[2].skipped == 1


def test_excel_workbooks_are_read(tmp_path):
    pytest.importorskip("fastexcel")
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook([["리뷰", "라벨"], ["좋아요", "긍정"], ["별로", "부정"]]))
    texts, labels, report = rows_of(path)
    assert (texts, labels) == (["좋아요", "별로"], ["긍정", "부정"])
    assert "Excel, sheet 'reviews', header" in report.sources[0].form
    plain = rows_of(path, header=False, text_column="1", label_column="2")
    assert plain[0] == ["리뷰", "좋아요", "별로"]
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(FormatError):
        rows_of(path)


# fastText's lines, lines of text, folders.


def test_fasttexts_lines_are_read(tmp_path):
    (tmp_path / "a.txt").write_text("__label__pos so good\n__label__neg so bad\n")
    assert rows_of(tmp_path / "a.txt")[:2] == (["so good", "so bad"], ["pos", "neg"])
    assert read_corpus(tmp_path / "a.txt").class_counts() == {"neg": 1, "pos": 1}
    (tmp_path / "b.txt").write_text("\n __label__a\t__label__b one\n\n__label__a two  words __label__c\n\n")
    assert read_corpus(tmp_path / "b.txt").labels == [("a", "b"), ("a", "c")]
    assert rows_of(tmp_path / "b.txt", labelled=False)[0] == ["one", "two  words"]
    (tmp_path / "b.txt").write_text("__label__a one\nwithout\n")
    with pytest.raises(DataError, match=r"b\.txt:2: label must not be empty, got null; remove the row"):
        rows_of(tmp_path / "b.txt")


def test_a_table_under_the_name_of_lines_is_a_table(tmp_path):
    (tmp_path / "ratings.txt").write_text("id\tdocument\tlabel\n1\t좋아요\t1\n2\t별로\t0\n")
    assert rows_of(tmp_path / "ratings.txt")[:2] == (["좋아요", "별로"], ["1", "0"])
    assert len(rows_of(tmp_path / "ratings.txt", labelled=False, input_format="lines")[0]) == 3


def test_lines_keep_blank_ones_and_have_no_columns(tmp_path):
    (tmp_path / "a.txt").write_text("one\r\n\n two\n")
    assert rows_of(tmp_path / "a.txt", labelled=False)[0] == ["one", "", " two"]
    with pytest.raises(
        DataError, match="labels must come from a table, or a folder with one folder per class, got lines"
    ):
        rows_of(tmp_path / "a.txt")
    with pytest.raises(DataError, match="text_column must be None for lines of text, UTF-8, got 'x'"):
        rows_of(tmp_path / "a.txt", labelled=False, text_column="x")


def test_folders_of_files_without_a_suffix_are_read(tmp_path):
    for name in ("sci.space/60000", "sci.space/60001", "rec.autos/1.5", "rec.autos/101551"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"caf\xc3\xa9")
    (tmp_path / "rec.autos/index.html").write_text("x")
    texts, labels, report = rows_of(tmp_path)
    assert (texts, labels) == (["café"] * 4, ["rec.autos"] * 2 + ["sci.space"] * 2)
    assert "ignored: files of other types (1)" in str(report.sources[0])


def test_a_folder_of_tables_names_the_glob(tmp_path):
    (tmp_path / "part-0.csv").write_text("text,label\na,x\n")
    with pytest.raises(DataError, match=r"to read its tables, pass '.*/\*\.csv'"):
        rows_of(tmp_path)


# Several files.


def test_globs_and_lists_of_files_are_read_in_order(tmp_path):
    for number, form in enumerate(("csv", "jsonl", "parquet")):
        written(form, tmp_path / f"part-{number}.{form}")
    assert rows_of(str(tmp_path / "part-*"))[0] == TEXTS * 3
    assert rows_of([tmp_path / "part-2.parquet", str(tmp_path / "part-[01]*")])[1] == LABELS * 3
    with pytest.raises(DataError, match=r"no file matches '.*\*\.tsv'; a glob must match one file or more"):
        rows_of(str(tmp_path / "*.tsv"))
    with pytest.raises(DataError, match="data must be one file or more, got an empty list"):
        rows_of([])
    (tmp_path / "part-3.csv").write_text("body,label\na,x\n")
    (tmp_path / "[a].csv").write_text("text,label\na,x\n")
    assert rows_of(str(tmp_path / "[a].csv"))[0] == ["a"]  # a name that is there is no glob


# Columns.


@pytest.mark.parametrize(
    ("header", "text", "label"),
    [
        ("id,title,body,label", "body", "label"),
        ("title,description,class", "description", "class"),
        ("title,review,category", "review", "category"),
        ("Title,TEXT,Sentiment", "TEXT", "Sentiment"),
        ("title,label", "title", "label"),
        ("번호,제목,내용,분류", "내용", "분류"),
        ("리뷰,감정", "리뷰", "감정"),
        ("문장,레이블", "문장", "레이블"),
        ("댓글,평가", "댓글", "평가"),
        ("본문,카테고리", "본문", "카테고리"),
        ("comment_text,labels", "comment_text", "labels"),
    ],
)
def test_usual_names_are_known(tmp_path, header, text, label):
    width = header.count(",") + 1
    (tmp_path / "a.csv").write_text("\n".join([header, ",".join("abcd"[:width]), ",".join("efgh"[:width])]))
    source = rows_of(tmp_path / "a.csv")[2].sources[0]
    assert (source.text_columns, source.label_columns) == ((text,), (label,))


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_several_text_columns_are_joined(tmp_path, form):
    frame = polars.DataFrame({"title": ["A", "B"], "body": ["one", ""], "label": ["x", "y"]})
    path = tmp_path / f"a.{form}"
    getattr(frame, {"csv": "write_csv", "jsonl": "write_ndjson", "parquet": "write_parquet"}[form])(path)
    assert rows_of(path, text_column=("title", "body"))[0] == ["A\none", "B"]


def test_columns_are_carried_along(tmp_path):
    (tmp_path / "a.csv").write_text("id,text,label,note\n7,a,x,p\n8,b,y,q\n")
    for options, expected in (
        ({"id_column": "id"}, {"id": ["7", "8"]}),
        ({"keep": ("note", "text")}, {"note": ["p", "q"], "text": ["a", "b"]}),
        (
            {"keep": "all", "id_column": "note"},
            {"note": ["p", "q"], "id": ["7", "8"], "text": ["a", "b"], "label": ["x", "y"]},
        ),
    ):
        batch = next(iter(read_batches(tmp_path / "a.csv", ReadSettings(labelled=False, **options))))
        assert batch.kept == expected
        assert list(batch.kept) == list(expected)
    with pytest.raises(DataError, match="keep must be a column of the file, got 'no'"):
        rows_of(tmp_path / "a.csv", keep=("no",))
    with pytest.raises(DataError, match="id_column must be a column of the file, got 'no'"):
        rows_of(tmp_path / "a.csv", id_column="no")


def test_two_columns_of_one_name_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("text,text,label\na,b,x\n")
    with pytest.raises(DataError, match="column names must be unique, got 'text' twice; rename one"):
        rows_of(tmp_path / "a.csv")


def test_columns_of_zeros_and_ones_are_several_labels(tmp_path):
    (tmp_path / "a.csv").write_text("text,toxic,insult\na,1,0\nb,0,0\nc,1.0,true\n")
    assert read_corpus(tmp_path / "a.csv", label_column=["toxic", "insult"]).labels == [
        ("toxic",),
        (),
        ("insult", "toxic"),
    ]
    (tmp_path / "a.csv").write_text("text,toxic,insult\na,1,0\nb,2,0\n")
    with pytest.raises(
        DataError, match=r"a\.csv:3: 'toxic' must be 0 or 1, since there are several label columns, got '2'"
    ):
        rows_of(tmp_path / "a.csv", label_column=("toxic", "insult"))


def test_labels_between_separators_are_several_labels(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\na,x|y\nb,\nc, y \n")
    assert read_corpus(tmp_path / "a.csv", label_separator="|").labels == [("x", "y"), (), ("y",)]


# Files that are no files, or change.


@needs_posix
def test_pipes_and_devices_are_refused(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="data must be a file or a folder, got a pipe; write its content to a file"):
        rows_of(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="data must be a file or a folder, got a device"):
        rows_of("/dev/null")


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text\n" + "x\n" * 3_000_000)
    batches = read_batches(path, ReadSettings(labelled=False))
    next(batches)
    with path.open("a") as file:
        file.write("more\n")
    with pytest.raises(
        DataError, match=r"the file must not change while it is read, got \d+ bytes and then \d+; read it"
    ):
        list(batches)


def test_a_header_alone_gives_no_rows(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\n")
    assert rows_of(tmp_path / "a.csv")[0] == []
    with pytest.raises(DataError, match=r"a\.csv: data must contain labelled texts, got no rows"):
        read_corpus(tmp_path / "a.csv")
    for name, text in {"b.csv": "", "c.csv": "\n\n"}.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(DataError, match="the first line must contain the column names, got an empty file"):
            rows_of(tmp_path / name)


def test_memory_is_that_of_a_batch(tmp_path):
    """Batches are bounded whatever a row holds."""
    (tmp_path / "a.csv").write_text("text\n" + "\n".join(["x" * 100_000] * 200) + "\n")
    sizes = [sum(map(len, batch.texts)) for batch in read_batches(tmp_path / "a.csv", ReadSettings(labelled=False))]
    assert sum(sizes) == 20_000_000
    assert max(sizes) < 5_000_000


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"quoting": "single"}, "quoting must be 'auto', 'double' or 'none', got 'single'"),
        ({"on_error": "ignore"}, "on_error must be 'stop' or 'skip', got 'ignore'"),
        ({"decompression_limit_gb": 0}, "decompression_limit_gb must be above 0 and at most 1,000,000, got 0"),
        ({"decompression_limit_gb": 1e308}, "decompression_limit_gb must be above 0 and at most 1,000,000, got 1e+308"),
        ({"label_separator": ""}, "label_separator must be 1 character or more, got ''"),
        ({"text_column": ("a", "a")}, "text_column must name a column once, got 'a' twice"),
        (
            {"text_column": "a", "label_column": "a"},
            "label_column must differ from text_column, got 'a' for both",
        ),
        ({"labelled": False, "label_column": "a"}, "label_column must be None with labelled=False"),
        ({"encoding": "utf-99"}, 'encoding must be "auto" or a Python encoding'),
    ],
)
def test_wrong_settings(options, rule):
    with pytest.raises(ValueError, match=re.escape(rule)):
        ReadSettings(**options)


def test_the_defaults_of_read_corpus_are_those_of_its_settings():
    import inspect
    from dataclasses import fields

    defaults = {field.name: field.default for field in fields(ReadSettings)}
    for name, parameter in inspect.signature(read_corpus).parameters.items():
        if name in defaults:
            assert parameter.default == (defaults[name] or parameter.default)


def test_real_nsmc_is_read_as_it_was_published(data, tmp_path):
    """Tabs under the name of lines; every text that holds a quote stands in quotes, with its own doubled."""
    frame = polars.read_parquet(data / "nsmc-test.parquet").head(5000)
    published = frame["text"].to_list()
    lines = [f"{number}\t{text}\t{number % 2}" for number, text in enumerate(published)]
    (tmp_path / "ratings_test.txt").write_text("\n".join(["id\tdocument\tlabel", *lines]) + "\n", encoding="utf-8")
    texts, labels, _ = rows_of(tmp_path / "ratings_test.txt")
    assert texts == [text[1:-1].replace('""', '"') if text.startswith('"') else text for text in published]
    assert np.unique(labels).tolist() == ["0", "1"]
    assert rows_of(tmp_path / "ratings_test.txt", quoting="none")[0] == published


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_first_line_of_json_may_be_longer_than_the_sample(tmp_path, suffix):
    lines = [json.dumps({"text": word * 1_200_000}) for word in ("good ", "bad ")]
    raw = ("\n".join(lines) + "\n").encode()
    path = tmp_path / f"long.jsonl{suffix}"
    path.write_bytes(gzip.compress(raw, 1) if suffix else raw)
    assert [len(text) for batch in read_batches(path, ReadSettings(labelled=False)) for text in batch.texts] == [
        6_000_000,
        4_800_000,
    ]
