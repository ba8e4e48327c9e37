import csv
import gzip
import io
import json
import re
import tempfile
from pathlib import Path

import numpy as np
import polars
import pytest
import zstandard
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from malmoi import DataError, FormatError, read_corpus
from malmoi.data.labels import tidy_label

TEXTS = ["so good", 'he said "no", twice', "두 줄\r\n이다", "", "tab\there"]
LABELS = ["pos", "neg", "pos", "neg", "pos"]


def packed(path, data):
    if path.suffix == ".gz":
        data = gzip.compress(data)
    if path.suffix == ".zst":
        data = zstandard.compress(data)
    path.write_bytes(data)
    return path


def table_of(suffix, rows, names=("text", "label")):
    if suffix in (".csv", ".tsv"):
        file = io.StringIO(newline="")
        csv.writer(file, delimiter="," if suffix == ".csv" else "\t").writerows([names, *rows])
        return file.getvalue().encode()
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows).encode()


@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".ndjson", ".json"])
def test_every_table_holds_the_same_corpus(tmp_path, suffix, packing):
    path = tmp_path / f"train{suffix.upper()}{packing}"
    corpus = read_corpus(packed(path, table_of(suffix, zip(TEXTS, LABELS, strict=True))))
    assert corpus.texts == TEXTS
    assert corpus.labels.tolist() == LABELS
    assert corpus.labels.dtype.kind == "U"
    assert corpus.empty_texts == 1


def test_parquet_holds_the_same_corpus(tmp_path):
    path = tmp_path / "a[1]*" / "class=1" / "train.parquet"
    path.parent.mkdir(parents=True)
    polars.DataFrame({"text": TEXTS, "label": LABELS}, schema_overrides={"text": polars.Categorical}).write_parquet(
        path
    )
    corpus = read_corpus(path)
    assert corpus.texts == TEXTS
    assert corpus.labels.tolist() == LABELS


@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
def test_lines_are_texts_without_labels(tmp_path, packing):
    path = packed(tmp_path / f"new.txt{packing}", "\ufeffone\r\n\r\n 둘 \rhalf\nlast".encode())
    corpus = read_corpus(path, labelled=False)
    assert corpus.texts == ["one", "", " 둘 \rhalf", "last"]
    assert corpus.labels is None


def test_several_compressed_parts_are_one_file(tmp_path):
    path = tmp_path / "new.txt.zst"
    path.write_bytes(zstandard.compress(b"one\nt") + zstandard.compress(b"wo\n"))
    assert read_corpus(path, labelled=False).texts == ["one", "two"]
    path = tmp_path / "new.txt.gz"
    path.write_bytes(gzip.compress(b"one\nt") + gzip.compress(b"wo\n"))
    assert read_corpus(path, labelled=False).texts == ["one", "two"]


def test_other_encodings_and_byte_order_marks(tmp_path):
    path = tmp_path / "train.csv"
    for encoding in ("cp949", "utf-16", "utf-16-le", "utf-8-sig", "utf-8"):
        path.write_bytes("text,label\r\n좋다,1\r\n나쁘다,0\r\n".encode(encoding))
        corpus = read_corpus(path, encoding=encoding)
        assert corpus.texts == ["좋다", "나쁘다"]
        assert corpus.labels.tolist() == [1, 0]
    path.write_bytes('\ufeff"text",label\na,1\nb,0\n'.encode())
    assert read_corpus(path).texts == ["a", "b"]


@pytest.mark.parametrize(
    ("header", "text", "label"),
    [
        ("Review,Class", 0, 1),
        ("id, SENTIMENT ,document", 2, 1),
        ("title,text,y", 1, 2),
        ("content,label,category", 0, 1),
    ],
)
def test_usual_columns_are_found(tmp_path, header, text, label):
    path = tmp_path / "train.csv"
    path.write_text(f"{header}\na0,a1,a2\nb0,b1,b2\n" if header.count(",") == 2 else f"{header}\na0,a1\nb0,b1\n")
    corpus = read_corpus(path)
    assert corpus.texts == [f"a{text}", f"b{text}"]
    assert corpus.labels.tolist() == [f"a{label}", f"b{label}"]


def test_named_columns_come_first(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text('{"text": "t", "label": "l", "body": "b1", "x": true}\n\n{"body": "b2", "x": false}\n')
    corpus = read_corpus(path, text_column="body", label_column="x")
    assert corpus.texts == ["b1", "b2"]
    assert corpus.labels.tolist() == [True, False]
    assert corpus.labels.dtype == np.bool_
    path.write_text('{"label": "l1", "y": 1}\n{"label": "l2", "y": 2}\n')
    assert read_corpus(path, text_column="label").labels.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["1", "-2", "0"], [1, -2, 0]),
        (["01", "2", "3"], ["01", "2", "3"]),
        (["1.0", "2", "x"], ["1.0", "2", "x"]),
        (["9" * 19, "2", "3"], ["9" * 19, "2", "3"]),
    ],
)
def test_labels_of_a_csv_are_integers_only_if_all_are(tmp_path, written, expected):
    path = tmp_path / "train.csv"
    path.write_bytes(table_of(".csv", [("a", label) for label in written]))
    labels = read_corpus(path).labels
    assert labels.tolist() == expected
    assert labels.dtype == np.int64 or labels.dtype.kind == "U"


def test_whole_floats_are_integers(tmp_path):
    path = tmp_path / "train.parquet"
    polars.DataFrame({"text": ["a", "b"], "label": [1.0, 0.0]}).write_parquet(path)
    assert read_corpus(path).labels.dtype == np.int64
    polars.DataFrame({"text": ["a", "b"], "label": [1, 0]}, schema_overrides={"label": polars.Int8}).write_parquet(path)
    assert read_corpus(path).labels.dtype == np.int64


def test_columns_without_labels(tmp_path):
    path = tmp_path / "new.csv"
    path.write_text("text,label\na,\nb,1\n")
    assert read_corpus(path, labelled=False).labels is None
    path.write_text("text\na\n\n\n")
    assert read_corpus(path, labelled=False).texts == ["a"]


def test_a_long_field_is_read_and_the_limit_of_the_csv_module_put_back(tmp_path):
    path = tmp_path / "train.csv"
    limit = csv.field_size_limit()
    path.write_text(f"text,label\n{'a' * 1_000_000},1\nb,0\n")
    assert len(read_corpus(path).texts[0]) == 1_000_000
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".jsonl.zst", ".parquet"])
def test_progress_ends_at_the_files_size(tmp_path, suffix):
    path = tmp_path / f"train{suffix}"
    kind = suffix.split(".")[1]
    if kind == "parquet":
        polars.DataFrame({"text": TEXTS, "label": LABELS}).write_parquet(path)
    else:
        packed(path, table_of(f".{kind}", zip(TEXTS * 9999, LABELS * 9999, strict=True)))
    seen = []
    read_corpus(path, progress=lambda *step: seen.append(step))
    assert seen[-1] == ("reading", path.stat().st_size, path.stat().st_size)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
rows = st.lists(st.tuples(st.text(characters), st.text(characters, max_size=9)), min_size=1, max_size=20)


@settings(max_examples=60)
@example([("", "\r"), ("", "\n")], ".tsv")  # a carriage return that only quotes can hold
@given(rows, st.sampled_from([".csv", ".tsv", ".jsonl", ".parquet"]))
def test_what_others_write_comes_back_equal(rows, suffix):
    rows = [(text, f"l{label}") for text, label in rows] + [("last", "?")]
    # With a tab and a newline in quotes, each line can be a row of two fields whose quotes are characters.
    assume(suffix != ".tsv" or not any({"\t", "\n"} <= set("".join(row)) for row in rows))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{suffix}"
        if suffix == ".parquet":
            polars.DataFrame(rows, ["text", "label"], orient="row").write_parquet(path)
        else:
            path.write_bytes(table_of(suffix, rows))
        corpus = read_corpus(path)
    assert corpus.texts == [text for text, _ in rows]
    assert corpus.labels.tolist() == [tidy_label(label) for _, label in rows]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "a.csv: the first line must contain the column names, got an empty file"),
        (
            "a.csv",
            b'text,label\n"a, b",1\n"b\nc,2\n',
            "a.csv:3: every quote must be closed, got an unclosed quote in this row",
        ),
        ("a.csv", b'text,label\n"a, b",1\n"b" c,2\n', "a.csv:3: a closing quote must end its field, got more text"),
        ("a.csv", b"text,label\na,1\nb,2,3\n", "a.csv:3: a row must have 2 fields, as the first line has, got 3"),
        ("a.tsv", b'text\tlabel\n"a\n"\t1\nb\n', "a.tsv:4: a row must have 2 fields, as the first line has, got 1"),
        ("a.csv", b"text,label\na,1\nb\0,2\n", "a.csv:3: a row must not contain a NUL character"),
        ("a.csv", b"text,label\na,1\nb, \n", "a.csv:3: label must not be empty, got ' '; remove the row"),
        ("a.csv", b"text,label\na,1\nb,1\n", "a.csv: labels must have two classes or more, got only the label 1"),
        ("a.csv", b"text,label\n", "a.csv: data must contain labelled texts, got no rows"),
        ("a.csv", b"text,text,label\na,b,1\n", "a.csv: column names must be unique, got 'text' twice"),
        ("a.csv", b"id,label\n1,1\n", "a.csv: the text column must be called text, review, document"),
        ("a.csv", b"id,label\n1,1\n", "got the columns 'id', 'label'; name it with text_column (on the command line"),
        ("a.csv", b"text,tag\n1,1\n", "got the columns 'text', 'tag'; name it with label_column (on the command"),
        (
            "a.csv",
            b"text,label\na,%s\nb,1\n" % (b"x" * 1001),
            "a.csv:2: label must be a str of at most 1000 characters without NUL",
        ),
        ("a.jsonl", b'{"text": "a", "label": 1}\n{"text"\n', "a.jsonl:2: every line must have exactly one JSON object"),
        (
            "a.jsonl",
            b'{"text": "a", "y": 1}\n[1]\n',
            "a.jsonl:2: every line must have exactly one JSON object, got [1]",
        ),
        ("a.jsonl", b"[" * 100_000, "a.jsonl: the file must contain one JSON document, got '[[["),
        (
            "a.jsonl",
            b'{"text": "a", "label": 1}\n{"text": "a", "label": %s}' % (b"9" * 5000),
            "a.jsonl:2: every",
        ),
        (
            "a.jsonl",
            b'{"text": "a", "label": 1}\n{"text": "b"}\n',
            "a.jsonl:2: every object must have 'label', got none",
        ),
        ("a.jsonl", b'{"text": null, "label": 1}\n', "a.jsonl:1: 'text' must be text, got null; remove the row"),
        ("a.jsonl", b'{"text": 17, "label": 1}\n', "a.jsonl:1: 'text' must be text, got 17; remove the row"),
        (
            "a.jsonl",
            b'{"text": "a\\ud800", "label": 1}\n',
            "a.jsonl:1: 'text' contains a lone surrogate at character 1",
        ),
        ("a.jsonl", b'\n{"text": "a", "label": null}\n', "a.jsonl:2: label must not be empty, got null;"),
        ("a.jsonl", b'{"text": "a", "label": 1.5}\n', "a.jsonl:1: label must be a str, an int or a bool, got 1.5;"),
        (
            "a.jsonl",
            b'{"text": "a", "label": "\\ud800"}\n',
            "a.jsonl:1: 'label' contains a lone surrogate at character 0",
        ),
        ("a.jsonl", b'{"text": "a", "label": 9223372036854775808}\n', "or a 64-bit int, got 92233720368547"),
        ("a.jsonl", b'{"text": "", "y": 1}\n{"text": "", "y": "x"}\n', "a.jsonl:2: label must be of the same type as"),
        ("a.jsonl", b"", "a.jsonl: data must contain labelled texts, got no rows"),
        (
            "a.csv",
            b"text,label\n" + b"a,1\n" * 50_000 + b"\xff,1\n",
            "a.csv:50002: byte 200011 (0xff) is not UTF-8; pass",
        ),
        ("a.txt", b"a\n", "a.txt: labels must come from a table, or a folder with one folder per class, got lines"),
        (
            "a.dat",
            b"",
            "a.dat: the file must have a recognised content, or a suffix of .parquet, .arrow, .feather, .csv",
        ),
        ("nothing", b"", "got 'nothing'; rename it"),
    ],
)
def test_unusable_tables_name_the_line(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=re.escape(message)) as error:
        read_corpus(tmp_path / name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": ["a", None], "label": [1, 2]}, "a.parquet: row 2: 'text' must be text, got null"),
        (
            {"text": [1, 2], "label": [1, 2]},
            "a.parquet: 'text' must contain text, got Int64; name another with text_column",
        ),
        (
            {"text": ["a", "b"], "label": [1, None]},
            "a.parquet: row 2: label must not be empty, got null; remove the row",
        ),
        ({"text": ["a", "b"]}, "a.parquet: the label column must be called label, class"),
    ],
)
def test_unusable_parquet_names_the_row(tmp_path, columns, message):
    polars.DataFrame(columns).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=re.escape(message)):
        read_corpus(tmp_path / "a.parquet")


def test_a_column_that_is_not_there(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\na,1\nb,2\n")
    with pytest.raises(DataError, match="text_column must be a column of the file, got 'body'; the columns are 'text'"):
        read_corpus(tmp_path / "a.csv", text_column="body")
    with pytest.raises(DataError, match="label_column must be a column of the file, got 'x'; the columns are"):
        read_corpus(tmp_path / "a.csv", label_column="x")


@pytest.mark.parametrize(("kind", "column", "other"), [("label", "text", "text"), ("text", "label", "label")])
def test_one_column_is_not_text_and_label(tmp_path, kind, column, other):
    (tmp_path / "a.csv").write_text("text,label\na,1\nb,2\n")
    rule = f"a.csv: '{column}' must not be both the {kind} and the {other} column; name it with {other}_column"
    with pytest.raises(DataError, match=re.escape(rule)):
        read_corpus(tmp_path / "a.csv", **{f"{kind}_column": column})


@pytest.mark.parametrize(
    ("encoding", "data", "message"),
    [
        (
            "cp949",
            b"ab\xff",
            "a.txt: byte 2 (0xff) is not cp949; pass the file's encoding (encoding=..., on the",
        ),
        ("utf-8", "좋".encode()[:2], "a.txt:1: byte 0 (0xec) is not UTF-8"),
        ("utf-8", "abc".encode("utf-16"), "a.txt:1: byte 0 (0xff) is not UTF-8"),
        ("utf-16", b"\xff\xfea", "a.txt: byte 2 (0x61) is not UTF-16"),
    ],
)
def test_bytes_of_another_encoding_are_named(tmp_path, encoding, data, message):
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(DataError, match=re.escape(message)):
        read_corpus(tmp_path / "a.txt", labelled=False, encoding=encoding)


@pytest.mark.parametrize("encoding", ["klingon", "hex", "a\0b", None])
def test_unknown_encodings_are_refused(tmp_path, encoding):
    message = f'encoding must be "auto" or a Python encoding, such as "utf-8", "cp949" or "latin-1", got {encoding!r}'
    with pytest.raises(ValueError, match=re.escape(message)):
        read_corpus(tmp_path, encoding=encoding)


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
def test_compressed_data_cut_short_are_damaged(tmp_path, suffix):
    whole = packed(tmp_path / f"a{suffix}", table_of(".jsonl", zip(TEXTS, LABELS, strict=True))).read_bytes()
    path = tmp_path / f"b{suffix}"
    for length in range(4, len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError, match=rf"b{suffix}: compressed data are damaged"):
            read_corpus(path)


def test_a_file_that_was_inflated_on_its_way_is_read(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(table_of(".csv", zip(TEXTS, LABELS, strict=True)))
    assert read_corpus(path).texts == TEXTS


@settings(max_examples=150)
@given(st.data(), st.sampled_from([".csv", ".csv.gz", ".csv.zst", ".jsonl", ".parquet"]))
def test_flipped_bits_never_do_worse_than_an_error_of_one_line(data, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        if suffix == ".parquet":
            polars.DataFrame({"text": TEXTS, "label": LABELS}).write_parquet(path)
        else:
            packed(path, table_of(f".{suffix.split('.')[1]}", zip(TEXTS, LABELS, strict=True)))
        damaged = bytearray(path.read_bytes())
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(damaged[: data.draw(st.integers(1, len(damaged)))])
        message = None
        try:
            assert len(read_corpus(path)) <= len(TEXTS) + 1
        except (DataError, FormatError) as error:
            message = str(error)
        assert message is None or (path.name in message and "\n" not in message)


def test_columns_are_not_asked_for_where_there_are_none(tmp_path):
    (tmp_path / "a.txt").write_text("a\n")
    with pytest.raises(DataError, match="text_column must be None for lines of text, UTF-8, got 'body'"):
        read_corpus(tmp_path / "a.txt", labelled=False, text_column="body")
    with pytest.raises(ValueError, match="label_column must be None with labelled=False, got 'y'"):
        read_corpus(tmp_path / "a.txt", labelled=False, label_column="y")
    with pytest.raises(DataError, match="label_column must be None for a folder, got 'y'"):
        read_corpus(tmp_path, label_column="y")
