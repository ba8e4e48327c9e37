"""`malmoi vectorize` writes what the vectorizers make, whatever the input and the output."""

import gzip
import io
import json
import sys

import numpy as np
import polars as pl
import pytest
from scipy.sparse import load_npz

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.data.readers import assembly, tables
from messages import without_reading

TEXTS = ["The cat sat on the mat.", "", "The dog ate my homework!", "고양이가 앉았다", "the cat, the dog"]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(assembly, "TEXTS_TOGETHER", 2)
    monkeypatch.setattr(tables, "ROWS_TOGETHER", 2)


@pytest.fixture(params=["csv", "jsonl", "parquet", "txt", "jsonl.gz", "folder"])
def source(request, tmp_path):
    path = tmp_path / f"in.{request.param}"
    lines = [json.dumps({"text": text, "n": 1}, ensure_ascii=False) for text in TEXTS]
    match request.param:
        case "csv":
            pl.DataFrame({"text": TEXTS}).write_csv(path)
        case "parquet":
            pl.DataFrame({"text": TEXTS}).write_parquet(path)
        case "txt":
            path.write_text("".join(f"{text}\n" for text in TEXTS))
        case "jsonl":
            path.write_text("\n".join(lines))
        case "jsonl.gz":
            path.write_bytes(gzip.compress("\n".join(lines).encode()))
        case "folder":
            path.mkdir()
            for number, text in enumerate(TEXTS):
                (path / f"{number}.txt").write_text(text)
    return path


def mistake(capsys, *arguments):
    status = run([str(argument) for argument in arguments])
    lines = without_reading(capsys.readouterr().err)
    assert status == 2
    assert len(lines) == 1, lines
    return lines[0]


def same(left, right):
    return (left != right).nnz == 0 and left.shape == right.shape and left.dtype == right.dtype


def test_bags_of_every_input(source, tmp_path, capsys):
    assert run(["vectorize", str(source), "--tokens", "words", "-o", str(tmp_path / "bag.npz")]) == 0
    assert same(load_npz(tmp_path / "bag.npz"), mm.BagVectorizer(mm.Words()).fit_transform(TEXTS))
    assert "5 texts" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--as", "hashed", "--buckets", "64", "--norm", "l2"], mm.HashedBagVectorizer(buckets=64, norm="l2")),
        (["--as", "hashed", "--tokens", "jamo", "--ngrams", "3"], mm.HashedBagVectorizer(mm.Hangul("jamo"), (3, 3))),
        (["--weighting", "tfidf", "--min-count", "2"], mm.BagVectorizer(mm.Words(), weighting="tfidf", min_count=2)),
        (["--pattern", r"\w\w+", "--max-tokens", "3"], mm.BagVectorizer(mm.Pattern(), max_tokens=3)),
        (
            ["--tokens", "words", "--keep-case", "--keep-punctuation"],
            mm.BagVectorizer(mm.Words(lowercase=False, keep_punctuation=True)),
        ),
    ],
)
def test_options_become_settings(options, expected, tmp_path):
    (tmp_path / "in.txt").write_text("".join(f"{text}\n" for text in TEXTS))
    assert run(["vectorize", str(tmp_path / "in.txt"), *options, "-o", str(tmp_path / "o.npz")]) == 0
    assert same(load_npz(tmp_path / "o.npz"), expected.fit_transform(TEXTS))


@pytest.mark.parametrize("suffix", ["npz", "parquet", "jsonl"])
def test_ids_in_every_form(source, suffix, tmp_path):
    output = tmp_path / f"ids.{suffix}"
    command = ["vectorize", str(source), "--as", "ids", "--tokens", "words", "--length", "4", "-o", str(output)]
    assert run([*command, "--vocabulary", str(tmp_path / "words.jsonl")]) == 0
    expected = mm.SequenceVectorizer(mm.Words(), max_length=4).fit(TEXTS)
    if suffix == "npz":
        found = np.load(output)["ids"]
        assert found.dtype == np.int32
    elif suffix == "parquet":
        found = pl.read_parquet(output)["ids"].to_numpy()
    else:
        found = [json.loads(line)["ids"] for line in output.read_text().splitlines()]
    assert np.array_equal(found, expected.transform(TEXTS))
    words = [json.loads(line) for line in (tmp_path / "words.jsonl").read_text().splitlines()]
    assert [word["token"] for word in words] == expected.vocabulary_.words
    assert words[0] == {"token": "the", "id": 2, "count": 5}


def test_bags_as_tables_and_lines(source, tmp_path):
    expected = mm.BagVectorizer(mm.Words()).fit(TEXTS)
    for suffix in ("parquet", "jsonl"):
        assert run(["vectorize", str(source), "--tokens", "words", "-o", str(tmp_path / f"bag.{suffix}")]) == 0
    table, rows = pl.read_parquet(tmp_path / "bag.parquet"), expected.transform(TEXTS)
    names = expected.get_feature_names_out()
    lines = [json.loads(line) for line in (tmp_path / "bag.jsonl").read_text().splitlines()]
    for place in range(len(TEXTS)):
        row = rows[place]
        assert table["columns"][place].to_list() == row.indices.tolist()
        assert table["values"][place].to_list() == row.data.tolist()
        assert lines[place] == dict(zip(names[row.indices], row.data.tolist(), strict=True))


def test_standard_input_is_read_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(TEXTS).encode())))
    assert run(["vectorize", "-", "--tokens", "words", "-o", str(tmp_path / "bag.npz")]) == 0
    assert same(load_npz(tmp_path / "bag.npz"), mm.BagVectorizer(mm.Words()).fit_transform(TEXTS))


def test_korean_is_noticed(tmp_path, capsys):
    (tmp_path / "in.txt").write_text("영화가 좋다\n정말 재미있다\n")
    assert run(["vectorize", str(tmp_path / "in.txt"), "-o", str(tmp_path / "bag.npz"), "--compress"]) == 0
    assert "Characters(inside_words=True), because 100% of the letters are Korean" in capsys.readouterr().err
    assert load_npz(tmp_path / "bag.npz").shape[0] == 2


def test_nothing_hashed_is_nothing(tmp_path):
    (tmp_path / "in.txt").write_text("")
    for suffix in ("npz", "parquet", "jsonl"):
        command = ["vectorize", str(tmp_path / "in.txt"), "--as", "hashed", "-o", str(tmp_path / f"o.{suffix}")]
        assert run(command) == 0
    assert load_npz(tmp_path / "o.npz").shape == (0, 2**20)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--as", "bags"], "--as must be one of bag, ids, hashed, got 'bags'"),
        (["--ngrams", "2-1"], "ngrams must be the smallest and the largest n, from 1 to 255, got (2, 1); swap"),
        (["--ngrams", "x"], "--ngrams must be a range such as 1-2, or auto, got 'x'"),
        (["--tokens", "bytes"], "--tokens must be one of auto, words,"),
        (["--keep-case"], "--tokens must be a tokenizer for --keep-case, got 'auto'"),
        (["--tokens", "keras", "--strip-accents"], "--tokens must be a tokenizer with the setting strip accents"),
        (["--pattern", "a*"], "it matches the empty string"),
        (["--weighting", "naive-bayes"], "'naive-bayes', which needs labels"),
        (["--weighting", "bm25"], "weighting must be 'count', 'binary'"),
        (["--as", "hashed", "--buckets", "0"], "buckets must be 1 or more, got 0"),
        (["--max-share", "0"], "max_share must be above 0 and at most 1, got 0.0"),
        (["--min-count", "1" + 30 * "0"], "min_count must be at most 9223372036854775807"),
        (["--threads", "0"], "n_jobs must be from 1 to 1024"),
        (["--encoding", "utf-9"], 'encoding must be "auto" or a Python encoding'),
        (["--normalization", "NFD", "--tokens", "words"], "normalization must be None, 'NFC' or 'NFKC', got 'NFD'"),
        (["--stop-words", "nowhere.txt"], "no such file or folder: nowhere.txt"),
        (["--text-column", "x"], "text_column must be None for lines of text"),
    ],
)
def test_wrong_options(options, message, tmp_path, capsys):
    (tmp_path / "in.txt").write_text("a b\n")
    assert message in mistake(capsys, "vectorize", tmp_path / "in.txt", "-o", tmp_path / "o.npz", *options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt"]


def test_wrong_files(tmp_path, capsys):
    source, output = tmp_path / "in.jsonl", tmp_path / "o.npz"
    source.write_text('{"text": "a"}\n{"text": "b"}\n{"text": 3}\n')
    assert f"{source}:3: 'text' must be text, got 3" in mistake(capsys, "vectorize", source, "-o", output)
    source.write_text('{"text": "a"}\n{"label": "b"}\n')
    assert f"{source}:2: every object must have 'text'" in mistake(capsys, "vectorize", source, "-o", output)
    source.write_text("")
    assert "DATA must have 1 text or more" in mistake(capsys, "vectorize", source, "-o", output)
    assert "no such file or folder" in mistake(capsys, "vectorize", tmp_path / "none.csv", "-o", output)
    assert "--output must end in .npz, .parquet, .jsonl" in mistake(capsys, "vectorize", source, "-o", "bag.zip")
    assert "no such folder" in mistake(capsys, "vectorize", source, "-o", tmp_path / "no" / "o.npz")
    output.write_bytes(b"old")
    assert "exists; use --force" in mistake(capsys, "vectorize", source, "-o", output)
    assert output.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "o.npz"]


def test_an_input_that_changes_meanwhile_is_noticed(tmp_path, capsys, monkeypatch):
    source = tmp_path / "in.txt"
    source.write_text("a b\nc\n")
    transform = mm.BagVectorizer.transform

    def changing(vectorizer, texts):
        source.write_text("a b\nc\nd\n")
        return transform(vectorizer, texts)

    monkeypatch.setattr(mm.BagVectorizer, "transform", changing)
    said = mistake(capsys, "vectorize", source, "-o", tmp_path / "o.npz")
    assert "must not change while it is read twice" in said
    assert [path.name for path in tmp_path.iterdir()] == ["in.txt"]
