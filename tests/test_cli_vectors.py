"""`malmoi vectors ...`, as a user calls it."""

import gzip

import pytest

from binary_files import word2vec_bytes
from malmoi import WordVectors
from malmoi.cli.commands import run
from messages import without_reading

TEXT = "the 1 0 0\ncat 0.9 0.1 0\ndog 0.8 0.2 0\nKing 0 1 1\n"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text(TEXT)
    return path


def answer(capsys, *arguments):
    assert run(["vectors", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def mistake(capsys, *arguments):
    assert run(["vectors", *map(str, arguments)]) == 2
    lines = without_reading(capsys.readouterr().err)
    assert len(lines) == 1
    return lines[0]


def test_info_says_what_a_file_is(capsys, path):
    shown = answer(capsys, "info", path, "--count")
    for part in ("GloVe text", "dimension", "3", "words", "4", "the cat dog King"):
        assert part in shown


def test_nearest_and_analogy(capsys, path):
    assert answer(capsys, "nearest", path, "cat", "-n", 2).split() == ["0.9939", "the", "0.9910", "dog"]
    assert answer(capsys, "nearest", path, "cat", "dog", "-n", 1).split() == [
        "cat",
        "0.9939",
        "the",
        "dog",
        "0.9910",
        "cat",
    ]
    assert "King" in answer(capsys, "analogy", path, "the", "cat", "dog", "-n", 1)


def test_converting(capsys, path, tmp_path):
    assert run(["vectors", "convert", str(path), "-o", str(tmp_path / "own"), "--dtype", "float16"]) == 0
    assert "4 words, malmoi vectors, float16" in capsys.readouterr().err
    assert answer(capsys, "nearest", tmp_path / "own", "cat", "-n", 1).split()[1] == "the"
    assert "exists; use --force" in mistake(capsys, "convert", path, "-o", tmp_path / "own")
    assert run(["vectors", "convert", str(path), "-o", str(tmp_path / "own"), "--force"]) == 0


def test_coverage(capsys, path, tmp_path):
    (tmp_path / "texts.csv").write_text("text,label\nThe cat and the KING,a\nzebra zebra,b\n")
    shown = answer(capsys, "coverage", path, tmp_path / "texts.csv", "--tokens", "whitespace")
    shown = " ".join(shown.split())
    for part in (
        "3 of 6 (50.0%)",
        "3 of 7 (42.9%)",
        "lower-case matches 1 words",
        "frequent words without a vector zebra and KING",
    ):
        assert part in shown, shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nearest", "zebra"), "no vector for 'zebra'"),
        (("nearest", "cat", "-n", "0"), "n must be 1 or more, got 0"),
        (("convert", "-o", "there/own"), "no such folder"),
        (("convert", "-o", "own", "--dtype", "int4"), "dtype must be one of float32, float16, int8, got 'int4'"),
        (("coverage", "nothing.csv"), "nothing.csv"),
        (("info", "--words-encoding", "nothing"), 'encoding must be "auto" or a Python encoding'),
    ],
)
def test_mistakes_are_one_line(capsys, path, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    command, *rest = arguments
    assert message in mistake(capsys, command, path, *rest)


def test_a_missing_file_is_named(capsys, tmp_path):
    assert "nothing.txt" in mistake(capsys, "info", tmp_path / "nothing.txt")


def test_training(capsys, tmp_path):
    texts = tmp_path / "texts.csv"
    texts.write_text("text\n" + "the cat sat\nthe dog sat\n" * 10)
    output = tmp_path / "own"
    command = ["train", texts, "-o", output, "--epochs", 3, "--dimension", 4, "--checkpoint", tmp_path / "state"]
    assert run(["vectors", *map(str, command)]) == 0
    shown = capsys.readouterr().err
    assert "epoch   3  loss 0." in shown
    assert "4 words of 60 tokens, 10 pairs; tokens: Words()" in shown
    assert "dog" in answer(capsys, "nearest", output, "cat", "-n", 3)
    assert "exists; use --force" in mistake(capsys, *command)
    more = [*command[:5], 5, *command[6:], "--force"]
    assert run(["vectors", *map(str, more)]) == 0
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines() if line.startswith("epoch")] == ["4", "5"]
    assert "different settings" in mistake(capsys, *more, "--window", 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--epochs", 0), "epochs must be 1 or more, got 0"),
        (("--min-count", 99), "no word occurs 99 times or more"),
        (("--tokens", "words", "--pattern", "a"), "must not be given together"),
        (("--pattern", "("), "pattern"),
        (("--dtype", "int4"), "--dtype must be one of"),
        (("--folder", "nowhere"), "no such folder: nowhere"),
        (("--text-column", "words"), "words"),
    ],
)
def test_mistakes_in_training_are_one_line(capsys, tmp_path, options, message):
    (tmp_path / "texts.csv").write_text("text\nthe cat sat\n")
    assert message in mistake(capsys, "train", tmp_path / "texts.csv", "-o", tmp_path / "own", *options)


def test_a_map(capsys, path, tmp_path):
    assert run(["vectors", "map", str(path), "-o", str(tmp_path / "map.html")]) == 0
    assert "4 words, pca" in capsys.readouterr().err
    assert run(["vectors", "map", str(path), "cat", "dog", "zebra", "-o", str(tmp_path / "few.html")]) == 0
    assert "2 words, pca; without a vector: zebra" in capsys.readouterr().err
    assert "exists; use --force" in mistake(capsys, "map", path, "-o", tmp_path / "map.html")
    assert "must end in .png or .html" in mistake(capsys, "map", path, "-o", tmp_path / "map.svg")
    assert "n must be 2 or more" in mistake(capsys, "map", path, "-o", tmp_path / "other.html", "-n", 1)
    assert "got 0 of 1" in mistake(capsys, "map", path, "zebra", "-o", tmp_path / "other.html")


def test_evaluating(capsys, path, tmp_path):
    tests = tmp_path / "tests.txt"
    tests.write_text("the cat 9\ncat dog 8\ncat King 1\ncat zebra 5\n")
    assert run(["vectors", "evaluate", str(path), str(tests)]) == 0
    shown = capsys.readouterr()
    assert "over 3 of 4 pairs" in shown.out
    assert "without a vector: zebra" in shown.err
    tests.write_text(": animals\nthe cat dog King\n")
    assert "1 of      1  animals" in answer(capsys, "evaluate", path, tests)
    tests.write_text("nonsense\n")
    assert "a line must have" in mistake(capsys, "evaluate", path, tests)


@pytest.mark.parametrize("kind", ["text", "gzip", "binary", "own"])
def test_training_takes_every_kind_of_file(capsys, path, tmp_path, kind):
    pytest.importorskip("keras")
    vectors = tmp_path / kind
    if kind == "gzip":
        vectors.write_bytes(gzip.compress(path.read_bytes()))
    elif kind == "binary":
        rows = [line.split() for line in TEXT.splitlines()]
        vectors.write_bytes(word2vec_bytes([(word.encode(), list(map(float, row))) for word, *row in rows]))
    elif kind == "own":
        WordVectors.open(path).convert(vectors)
    else:
        vectors = path
    rows = [f"{'the ' * n}cat,a\n{'dog ' * n}zebra,b\n" for n in range(1, 20)]
    (tmp_path / "texts.csv").write_text("text,label\n" + "".join(rows))
    command = ["train", tmp_path / "texts.csv", "--vectors", vectors, "--epochs", 1, "-o", tmp_path / "m.malmoi"]
    assert run(list(map(str, command))) == 0
    shown = capsys.readouterr()
    assert "vectors for 3 of 4 words (75.0%)" in " ".join((shown.out + shown.err).split())
