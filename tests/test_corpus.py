import csv
import os
import pickle
import re
import sys
from types import SimpleNamespace

import numpy as np
import polars
import pytest

from malmoi import Corpus, DataError, read_corpus
from malmoi._core import TextColumn
from malmoi.data.texts import as_texts


def numbered(labels):
    return Corpus([f"text {number}" for number in range(len(labels))], labels)


@pytest.fixture
def raw(tmp_path):
    """The layout of the raw IMDB reviews."""
    files = {
        "pos/1_8.txt": "so good\n",
        "pos/0_9.txt": "\ufeff좋다",
        "neg/10_2.txt": "",
        "neg/readme.md": "no text",
        "neg/._10_2.txt": "\0",
        "unsup/0_0.txt": "nobody knows",
        "urls_neg.txt": "https://",
        ".git/a.txt": "hidden",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path


# Folders.


def test_a_folder_per_class_is_a_corpus(raw):
    corpus = read_corpus(str(raw))
    assert corpus.texts == ["", "좋다", "so good\n"]
    assert corpus.labels.tolist() == ["neg", "pos", "pos"]
    assert repr(corpus) == "Corpus(3 texts, 2 classes)"


def test_folders_are_read_without_labels(raw):
    everything, some = read_corpus(raw, labelled=False), read_corpus(raw / "unsup", labelled=False)
    assert everything.texts == ["", "좋다", "so good\n"]
    assert some.texts == ["nobody knows"]
    assert everything.labels is some.labels is None


def test_a_folder_in_another_encoding(raw):
    for path in raw.glob("*/*.txt"):
        path.write_bytes("나쁘다\r\n".encode("cp949"))
    assert read_corpus(raw, encoding="CP949").texts == ["나쁘다\r\n"] * 3
    (raw / "pos" / "1_8.txt").write_bytes(b"a\xff")
    with pytest.raises(DataError, match=r"1_8\.txt: byte 1 \(0xff\) is not cp949; pass the file's encoding"):
        read_corpus(raw, encoding="cp949")
    with pytest.raises(DataError, match=r"1_8\.txt: byte 1 \(0xff\) is not UTF-8; pass the file's encoding"):
        read_corpus(raw)  # the others are told from their bytes
    with pytest.raises(DataError, match=r"10_2\.txt: byte 0 \(0xb3\) is not UTF-8; pass the file's encoding"):
        read_corpus(raw, encoding="utf-8")


def test_progress_counts_the_files_of_a_folder(tmp_path):
    for number in range(1001):
        path = tmp_path / str(number % 2) / f"{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(number))
    seen = []
    corpus = read_corpus(tmp_path, progress=lambda *step: seen.append(step))
    assert seen == [("reading", 1000, 1001), ("reading", 1001, 1001)]
    assert corpus.texts[:3] == ["0", "10", "100"]
    assert corpus.class_counts() == {"0": 501, "1": 500}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([], "no folders"),
        (["a.txt"], "no folders"),
        (["neg/a.txt"], "neg/ with 1 .txt files"),
        (["neg/a.txt", "pos/a.md"], "neg/ with 1 .txt files, pos/ with 0 .txt files"),
        (["train/neg/a.txt", "test/neg/a.txt"], "test/ with 0 .txt files, train/ with 0 .txt files"),
        (
            [f"{number}/a.md" for number in range(6)],
            "3/ with 0 .txt files, ...; move folders that are not classes elsewhere",
        ),
    ],
)
def test_other_layouts_are_refused(tmp_path, files, found):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a")
    rule = "a folder must contain one folder per class, two or more, each with .txt files (such as neg/ and pos/), got"
    with pytest.raises(DataError, match=re.escape(rule) + ".*" + re.escape(found)):
        read_corpus(tmp_path)


def test_a_folder_without_texts_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"a folder must contain \.txt files, got none"):
        read_corpus(tmp_path, labelled=False)


def test_paths_that_cannot_be_read(tmp_path, monkeypatch):
    for path in (tmp_path / "none.csv", tmp_path / "none", tmp_path):
        missing = path / "none" if path == tmp_path else path
        with pytest.raises(DataError, match=f"^no such file or folder: {re.escape(str(missing))}$"):
            read_corpus(missing)
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(DataError, match="no such file or folder"):
        read_corpus(tmp_path / "a.csv" / "b.csv")

    def refuse(self, *_, **__):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(DataError, match=r"a\.csv cannot be read: Permission denied$"):
        read_corpus(tmp_path / "a.csv")


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes only there")
def test_file_names_of_other_bytes_are_refused(raw):
    name = os.fsencode(raw / "neg") + b"/\xff.txt"
    with open(name, "wb"):
        pass
    with pytest.raises(DataError, match=r"file names must be UTF-8, got '\\udcff.txt'; rename it"):
        read_corpus(raw)


def test_real_reviews_are_read(data):
    corpus = read_corpus(data / "imdb-train.parquet")
    assert corpus.class_counts() == {"neg": 12_500, "pos": 12_500}
    unlabelled = read_corpus(data / "imdb-unlabelled.parquet", labelled=False)
    assert (len(unlabelled), unlabelled.labels) == (49_730, None)
    with pytest.raises(DataError, match=r"label, class, .* or similar, got the columns 'text'; name it"):
        read_corpus(data / "imdb-unlabelled.parquet")


def test_korean_reviews_are_the_same_in_every_format(data, tmp_path):
    corpus = read_corpus(data / "nsmc-test.parquet")
    table = polars.DataFrame({"text": corpus.texts, "label": corpus.labels.tolist()})
    table.write_ndjson(tmp_path / "a.jsonl")
    with (tmp_path / "a.tsv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, "excel-tab").writerows([table.columns, *table.rows()])
    for name in ("a.jsonl", "a.tsv"):
        other = read_corpus(tmp_path / name)
        assert other.texts == corpus.texts
        assert (other.labels == corpus.labels).all()
    assert corpus.empty_texts > 0


# A corpus.


def test_a_corpus_counts():
    corpus = Corpus(("a", " \u3000\n", ""), np.array([2.0, 1.0, 2.0]))
    assert len(corpus) == 3
    assert corpus.texts == ["a", " \u3000\n", ""]
    assert corpus.labels.dtype == np.int64
    assert corpus.classes.tolist() == [1, 2]
    assert corpus.class_counts() == {1: 1, 2: 2}
    assert corpus.empty_texts == 2


def test_a_corpus_may_be_empty_or_without_labels():
    for corpus in (Corpus([]), Corpus(["a"])):
        assert corpus.labels is None
        assert corpus.class_counts() == {}
        assert len(corpus.classes) == 0
    assert len(Corpus([], []).take([])) == 0


def test_a_corpus_cannot_be_changed_but_kept():
    corpus = Corpus(["a", "b"], [True, False])
    with pytest.raises(AttributeError):
        corpus.texts = []
    again = pickle.loads(pickle.dumps(corpus))
    assert again.texts == corpus.texts
    assert again.labels.dtype == np.bool_


def test_take_keeps_the_order_asked_for():
    taken = numbered([0, 1, 2]).take(np.array([2, 0, 2]))
    assert taken.texts == ["text 2", "text 0", "text 2"]
    assert taken.labels.tolist() == [2, 0, 2]


@pytest.mark.parametrize(
    ("indices", "error", "message"),
    [
        ([3], IndexError, "indices must be from 0 to 2, got 3"),
        ([0, -1], IndexError, "indices must be from 0 to 2, got -1"),
        ([0.5], TypeError, "indices must be a list of int, got [0.5]"),
        ([True, False, True], TypeError, "indices must be a list of int, got [True, False, True]"),
    ],
)
def test_wrong_indices(indices, error, message):
    with pytest.raises(error, match=re.escape(message)):
        numbered([0, 1, 2]).take(indices)


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([1, 2, 3], ValueError, "labels must have 2 items, one per text, got 3"),
        ("ab", TypeError, "labels must be a list of labels, got one str"),
        ([[1], 2], DataError, "labels[1] must be a list of labels, as labels[0] is, got 2"),
        ([[1], [None]], DataError, "labels[1] must be a str, an int or a bool, got None; remove the text"),
        (
            [[0], [1]],
            DataError,
            "lists of equal length that hold only 0 and 1 are ambiguous; pass np.asarray(labels)",
        ),
        (np.ones((2, 2, 2)), TypeError, "labels must have one axis, got ndarray with 3; pick one column"),
        (["a", " \u200b"], DataError, "labels[1] must not be empty, got ' \\u200b'; remove the text"),
        ([1, None], DataError, "labels[1] must be a str, an int or a bool, got None; remove the text"),
        ([1, float("nan")], DataError, "labels[1] must be a str, an int or a bool, got nan; remove the text"),
        ([1, True], DataError, "labels[1] must be of the same type as 1, got True; write all of them as text"),
        (
            ["a", "b\0"],
            DataError,
            r"labels[1] must be a str of at most 1000 characters without NUL and lone surrogates",
        ),
    ],
)
def test_wrong_labels(labels, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Corpus(["a", "b"], labels)


# Texts of every kind.


@pytest.mark.parametrize(
    "values",
    [
        ["a", "나"],
        ("a", "나"),
        [np.str_("a"), "나"],
        np.array(["a", "나"]),
        np.array(["a", "나"], dtype=object),
        polars.Series(["a", "나"]),
        Corpus(["a", "나"]),
        SimpleNamespace(to_pylist=lambda: ["a", "나"]),
    ],
    ids=lambda values: type(values).__name__,
)
def test_texts_come_from_every_kind_of_list(values):
    texts = as_texts(values)
    assert texts == ["a", "나"]
    assert type(texts) is (TextColumn if isinstance(values, polars.Series) else list)
    assert {type(text) for text in texts} == {str}
    assert texts is not values


def test_texts_come_from_strings_of_any_length():
    kind = pytest.importorskip("numpy.dtypes").StringDType() if hasattr(np.dtypes, "StringDType") else object
    assert as_texts(np.array(["a", "나" * 99], dtype=kind)) == ["a", "나" * 99]


def test_texts_come_from_pandas():
    pandas = pytest.importorskip("pandas")
    assert as_texts(pandas.Series(["a", "나"], index=[7, 3])) == ["a", "나"]
    with pytest.raises(TypeError, match=r"texts\[1\] must be a str, got (None|nan)"):
        as_texts(pandas.Series(["a", None]))
    with pytest.raises(TypeError, match="texts must have one axis, got DataFrame with 2; pick one column"):
        as_texts(pandas.DataFrame({"text": ["a"]}))


def test_texts_come_from_arrow():
    pyarrow = pytest.importorskip("pyarrow")
    assert as_texts(pyarrow.array(["a", "나"])) == ["a", "나"]
    assert as_texts(pyarrow.chunked_array([["a"], ["나"]])) == ["a", "나"]


def test_no_texts_are_no_texts():
    for values in ([], (), np.array([]), polars.Series([])):
        assert as_texts(values) == []


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ("text", TypeError, "texts must be a list of str, got one str; wrap it: [text]"),
        (b"text", TypeError, "texts must be a list of str, got one bytes; wrap it: [text]"),
        (None, TypeError, "texts must be a list, an array or a column, got NoneType; convert it to a list"),
        ({"a"}, TypeError, "texts must be a list, an array or a column, got set; convert it to a list"),
        (np.array([["a"]]), TypeError, "texts must have one axis, got ndarray with 2; pick one column"),
        (np.array("a"), TypeError, "texts must have one axis, got ndarray with 0; pick one column"),
        (polars.DataFrame({"text": ["a"]}), TypeError, "texts must have one axis, got DataFrame with 2"),
        (["a", None], TypeError, "texts[1] must be a str, got None; remove it, or replace it by a str"),
        (["a", float("nan")], TypeError, "texts[1] must be a str, got nan; remove it, or replace it by a str"),
        (["a", b"b"], TypeError, "texts[1] must be a str, got b'b'; decode it: item.decode(\"utf-8\")"),
        (np.array([1.5]), TypeError, "texts[0] must be a str, got 1.5"),
        (
            ["a", "나나\ud800"],
            ValueError,
            "texts[1] contains a lone surrogate at character 2, which UTF-8 cannot encode",
        ),
    ],
)
def test_what_is_no_texts(values, error, message):
    with pytest.raises(error, match=re.escape(message)):
        as_texts(values)


def test_one_column_is_not_text_and_label(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\nx,y\nz,w\n")
    with pytest.raises(ValueError, match="label_column must differ from text_column, got 'a' for both"):
        read_corpus(tmp_path / "t.csv", text_column="a", label_column="a")
