"""The command line, run as a person runs it; every mistake is one line and exit status 2."""

import csv
import gzip
import io
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from malmoi.cli.commands import run
from messages import without_reading
from systems import needs_posix

pytest.importorskip("keras")

FAST = ["--epochs", "1", "--length", "5", "--dimension", "4", "--vocabulary", "200"]


def write_reviews(path):
    """A folder with a folder of ten texts a class."""
    for label, word in (("neg", "bad"), ("pos", "good")):
        folder = path / label
        folder.mkdir(parents=True)
        for number in range(10):
            (folder / f"{number}.txt").write_text(f"{word} film number {number}", encoding="utf-8")
    return path


@pytest.fixture
def reviews(tmp_path):
    return write_reviews(tmp_path / "reviews")


@pytest.fixture(scope="module")
def network_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("network")
    assert run(["train", str(write_reviews(folder / "reviews")), "-o", str(folder / "m.malmoi"), *FAST]) == 0
    return folder / "m.malmoi"


@pytest.fixture
def trained(network_file, tmp_path):
    """A file of its own for each test."""
    return shutil.copy(network_file, tmp_path / "m.malmoi")


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    """A model that a process of its own opens at once; no test changes it."""
    folder = tmp_path_factory.mktemp("bag")
    reviews, output = write_reviews(folder / "reviews"), folder / "bag.malmoi"
    assert run(["train", str(reviews), "-o", str(output), "--recipe", "bag"]) == 0
    return output


def mistake(capsys, *arguments):
    """Run a command that must fail with exit status 2; returns its one line."""
    assert run([str(argument) for argument in arguments]) == 2
    lines = without_reading(capsys.readouterr().err)
    assert len(lines) == 1, lines
    assert lines[0].startswith("malmoi: ")
    return lines[0]


def table(text):
    return list(csv.reader(io.StringIO(text)))


def test_train_prints_the_result_and_writes_model_and_curves(reviews, tmp_path, capsys):
    output = tmp_path / "m.malmoi"
    arguments = ["train", str(reviews), "-o", str(output), "--labels", "10", "--validation", "6", "--balanced", *FAST]
    assert run(arguments) == 0
    printed = capsys.readouterr()
    for expected in (
        "10 labelled, 4 unlabelled",
        "neg, pos",
        "parameters 821",
        "validation accuracy",
        "95 % interval",
    ):
        assert expected in " ".join(printed.out.split())
    assert "measured on only 6 samples" in printed.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.malmoi", "m.png", "reviews"]


def test_train_says_that_unlabelled_texts_are_not_used(reviews, tmp_path, capsys):
    (tmp_path / "more.csv").write_text("text\n" + "\n".join(f"a film {n}" for n in range(50)) + "\n")
    output = tmp_path / "m.malmoi"
    assert run(["train", str(reviews), "-o", str(output), "--unlabelled", str(tmp_path / "more.csv")]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "unlabelled texts not used: auto needs 1,000 or more, and 2,000 labels or fewer" in printed


def test_the_same_command_gives_the_same_file(reviews, tmp_path):
    for name in ("a", "b"):
        assert run(["train", str(reviews), "-o", str(tmp_path / f"{name}.malmoi"), *FAST, "--seed", "3"]) == 0
    assert (tmp_path / "a.malmoi").read_bytes() == (tmp_path / "b.malmoi").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_train_takes_vectors_and_every_option(reviews, tmp_path, capsys):
    (tmp_path / "v.txt").write_text("good 1 2 3\nbad -1 -2 -3\ngood 0 0 0\n")
    options = ["--vectors", tmp_path / "v.txt", "--trainable", "--hidden", 4, "--hidden", 3, "--dropout", 0.1]
    options += ["--padding", "post", "--truncating", "post", "--tokens", "keras", "--optimizer", "adam"]
    options += ["--learning-rate", 0.01, "--batch-size", 4, "--min-count", 2, "--epochs", 2, "--length", 4, "--summary"]
    command = ["train", reviews, "-o", tmp_path / "m.malmoi", *options]
    assert run([str(word) for word in command]) == 0
    printed = capsys.readouterr()
    assert "vectors for 2 of" in printed.out
    assert "dropout_1" in printed.out
    assert "twice; the first row is used" in printed.err


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "csv.gz"])
def test_train_and_predict_tables(tmp_path, suffix, capsys):
    rows = [(f"{word} film {number}", label) for number in range(10) for word, label in (("bad", 0), ("good", 1))]
    path = tmp_path / f"table.{suffix}"
    if suffix == "parquet":
        import polars

        polars.DataFrame(rows, schema=["text", "label"], orient="row").write_parquet(path)
    elif suffix == "jsonl":
        path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
    else:
        mark = "\t" if suffix == "tsv" else ","
        content = "text,label\n".replace(",", mark) + "".join(f"{text}{mark}{label}\n" for text, label in rows)
        path.write_bytes(gzip.compress(content.encode()) if suffix.endswith("gz") else content.encode())
    assert run(["train", str(path), "-o", str(tmp_path / "m.malmoi"), *FAST]) == 0
    capsys.readouterr()
    assert run(["predict", str(tmp_path / "m.malmoi"), str(path), "-o", str(tmp_path / "answers.csv")]) == 0
    answers = table((tmp_path / "answers.csv").read_text())
    assert answers[0] == ["label", "probability_0", "probability_1"]
    assert len(answers) == 21


def test_predict_writes_three_forms_of_the_same_answers(trained, tmp_path, capsysbinary):
    (tmp_path / "new.txt").write_text('good film\n\nbad, "so" bad\n', encoding="utf-8")
    capsysbinary.readouterr()
    assert run(["predict", str(trained), str(tmp_path / "new.txt"), "--with-text"]) == 0
    from_csv = table(capsysbinary.readouterr().out.decode())
    assert from_csv[0] == ["text", "label", "probability_neg", "probability_pos"]
    assert [row[0] for row in from_csv[1:]] == ["good film", "", 'bad, "so" bad']
    assert from_csv.pop(2) == ["", "", "", ""]
    for suffix in ("jsonl", "parquet"):
        output = tmp_path / f"a.{suffix}"
        assert run(["predict", str(trained), str(tmp_path / "new.txt"), "-o", str(output), "--with-text"]) == 0
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    import polars

    rows = polars.read_parquet(tmp_path / "a.parquet").rows()
    assert lines.pop(1) == {"text": "", "label": None, "probabilities": None}
    assert rows.pop(1) == ("", None, None, None)
    for (text, label, neg, pos), line, row in zip(from_csv[1:], lines, rows, strict=True):
        assert line == {"text": text, "label": label, "probabilities": {"neg": float(neg), "pos": float(pos)}}
        assert row[:2] == (text, label)
        assert row[2:] == pytest.approx((float(neg), float(pos)), rel=1e-5)


def test_predict_reads_lines_from_standard_input(bag):
    command = [sys.executable, "-m", "malmoi", "predict", str(bag)]
    answer = subprocess.run(command, input="good film\r\n영화\n", capture_output=True, encoding="utf-8", check=True)
    assert [row[0] for row in table(answer.stdout)][1:] in (["neg"] * 2, ["pos"] * 2, ["pos", "neg"], ["neg", "pos"])
    assert len(table(answer.stdout)) == 3
    assert answer.stderr == ""


def test_predict_of_nothing_answers_nothing(trained, tmp_path):
    (tmp_path / "none.txt").write_text("")
    assert run(["predict", str(trained), str(tmp_path / "none.txt"), "-o", str(tmp_path / "none.parquet")]) == 0
    import polars

    assert polars.read_parquet(tmp_path / "none.parquet").shape == (0, 3)


def test_info_says_what_a_model_is(trained, capsys):
    capsys.readouterr()
    assert run(["info", str(trained), "--verify"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for expected in (
        "EmbeddingClassifier",
        "neg, pos",
        "Words(",
        "max length 5",
        "training texts 16",
        "verified",
    ):
        assert expected in printed


def test_doctor_names_versions_backend_devices_and_cores(capsys):
    assert run(["doctor"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for expected in ("malmoi 0.1.0", "python 3.", "cores", "keras backend jax", "devices cpu", "jaxlib"):
        assert expected in printed


@pytest.mark.parametrize("language", ["en", "ko"])
def test_demo_trains_draws_saves_and_answers(tmp_path, capsys, language):
    assert run(["demo", "--language", language, "--folder", str(tmp_path / "new")]) == 0
    printed = capsys.readouterr().out
    assert "validation accuracy" in printed
    predictions, explanation = printed.split("two new sentences:")[1].split(
        "Explanation of the first prediction (malmoi explain):"
    )
    assert [line.split()[0] for line in predictions.splitlines() if line] == ["positive", "negative"]
    assert explanation.strip().startswith("positive: ")
    compared = printed.split("Accuracy on the same validation set:")[1]
    assert all(name in compared for name in ("kept recipe", "network (flatten)", "majority class"))
    assert sorted(path.suffix for path in (tmp_path / "new").iterdir()) == [".malmoi", ".png"]


# Bad input


def test_missing_and_empty_paths(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert "no such file or folder: nothing" in mistake(capsys, "train", "nothing", "-o", tmp_path / "m.malmoi")
    assert "empty: " in mistake(capsys, "train", tmp_path / "empty", "-o", tmp_path / "m.malmoi")
    assert "no such file or folder: none.malmoi" in mistake(capsys, "predict", "none.malmoi", "x.csv")
    assert "no such file or folder: none.malmoi" in mistake(capsys, "info", "none.malmoi")
    assert "no such file or folder: no.txt" in mistake(
        capsys, "train", tmp_path / "empty", "--vectors", "no.txt", "-o", tmp_path / "m.malmoi"
    )


def test_one_class_only(reviews, tmp_path, capsys):
    for path in (reviews / "pos").iterdir():
        path.unlink()
    (reviews / "pos").rmdir()
    assert "got neg/ with 10 .txt files" in mistake(capsys, "train", reviews, "-o", tmp_path / "m.malmoi")


def test_a_file_that_is_not_utf8_is_named_and_encoding_cures(reviews, tmp_path, capsys):
    (reviews / "neg" / "3.txt").write_bytes("schön".encode("latin-1"))
    line = mistake(capsys, "train", reviews, "-o", tmp_path / "m.malmoi")
    assert f"{reviews}/neg/3.txt: byte 3 (0xf6) is not UTF-8" in line
    assert "--encoding" in line
    assert run(["train", str(reviews), "-o", str(tmp_path / "m.malmoi"), "--encoding", "latin-1", *FAST]) == 0
    capsys.readouterr()
    for command in (["train", reviews, "-o", tmp_path / "n.malmoi"], ["predict", tmp_path / "m.malmoi", "x.txt"]):
        line = mistake(capsys, *command, "--encoding", "klingon")
        assert '--encoding must be "auto" or a Python encoding' in line
        assert "got 'klingon'" in line


def test_empty_texts_are_kept_and_counted(reviews, tmp_path, capsys):
    for name in ("1.txt", "2.txt", "3.txt"):
        (reviews / "neg" / name).write_text(" \n")
    assert run(["train", str(reviews), "-o", str(tmp_path / "m.malmoi"), "--validation", "0", *FAST]) == 0
    assert "3 texts are empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text,stars\na,1\nb,2\n", "stars"),
        (b'text,label\n"a, a",x\n"b,y\nc,x\n', "quote"),
        (b"text,label\na,x\nb\x00,y\n", "NUL"),
        (b"text,label\na,x\nb,y,z\n", "3"),
        (b"text,label\na,x\nb,x\n", "two classes or more"),
        (b"", "table.csv"),
    ],
)
def test_damaged_tables(tmp_path, capsys, content, message):
    (tmp_path / "table.csv").write_bytes(content)
    line = mistake(capsys, "train", tmp_path / "table.csv", "-o", tmp_path / "m.malmoi")
    assert "table.csv" in line
    assert message in line


def test_a_missing_label_column_lists_the_columns(tmp_path, capsys):
    (tmp_path / "table.csv").write_text("text,stars,date\na,1,x\n")
    line = mistake(capsys, "train", tmp_path / "table.csv", "-o", tmp_path / "m.malmoi")
    assert "stars" in line
    assert "date" in line
    assert "--label-column" in line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--labels", "30"], "--labels 30 and --validation 4 must be at most 20 together"),
        (["--validation", "21"], "got 21"),
        (["--validation", "-1"], "--validation must be a number of texts or a share below 1, got -1.0"),
        (["--validation", "2.5"], "--validation must be a number of texts or a share below 1, got 2.5"),
        (["--length", "0"], "max_length must be 1 or more, got 0"),
        (["--vocabulary", "2"], "max_tokens must be 3 or more, got 2"),
        (["--dimension", "0"], "dimension must be 1 or more, got 0"),
        (["--hidden", "0"], "hidden must be 1 or more"),
        (["--dropout", "1"], "dropout must be 0 or more and below 1"),
        (["--epochs", "0"], "epochs must be 1 or more, got 0"),
        (["--batch-size", "0"], "batch_size must be 1 or more, got 0"),
        (["--learning-rate", "-1"], "learning_rate must be above 0"),
        (["--optimizer", "best"], "optimizer must be one of"),
        (
            ["--network", "deep"],
            "--recipe must be one of auto, bag, fasttext, few-labels, flatten, average, conv, recurrent, got 'deep'",
        ),
        (["--tokens", "bytes"], "--tokens must be one of auto, words,"),
        (["--seed", "-1"], "seed must be 0 or more"),
        (["--length", "1000000000"], "max_length must be at most 1000000, got 1000000000"),
        (["--vocabulary", "1000000000000"], "max_tokens must be at most 2147483647, got 1000000000000"),
        (["--labels", "0"], "got 0"),
        (["--labels", "-3"], "got -3"),
        (["--trainable"], "--trainable needs --vectors"),
        (["--padding", "left"], "left"),
        (["--epochs", "many"], "--epochs"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_wrong_options(reviews, tmp_path, capsys, options, message):
    assert message in mistake(capsys, "train", reviews, "-o", tmp_path / "m.malmoi", *options)
    assert not (tmp_path / "m.malmoi").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"good 1 2\nbad 1\n", ":2: expected 2 numbers after the word, found 1; the file may be cut short"),
        (b"good 1 nan\n", ':1: every number must be finite and fit float32, found "nan"'),
        (b"", "is empty"),
        (gzip.compress(b"good 1 2\n", mtime=0)[:-9], "cannot be decompressed as gzip"),
    ],
)
def test_damaged_vectors(reviews, tmp_path, capsys, content, message):
    (tmp_path / "v.txt").write_bytes(content)
    arguments = ["train", reviews, "-o", tmp_path / "m.malmoi", "--vectors", tmp_path / "v.txt"]
    assert message in mistake(capsys, *arguments)
    assert not (tmp_path / "m.malmoi").exists()


def test_vectors_of_another_dimension(reviews, tmp_path, capsys):
    (tmp_path / "v.txt").write_text("good 1 2\n")
    arguments = ["train", reviews, "-o", tmp_path / "m.malmoi", "--vectors", tmp_path / "v.txt", "--dimension", 50]
    assert "--dimension must be that of the file, 2, got 50" in mistake(capsys, *arguments)


def test_damaged_models(trained, tmp_path, capsys):
    content = trained.read_bytes()
    path = tmp_path / "damaged.malmoi"
    capsys.readouterr()
    for damaged, message in (
        (content[: len(content) // 2], "is truncated"),
        (content[:-10] + bytes([content[-10] ^ 1]) + content[-9:], "is damaged: its checksum"),
        (content[:8] + b"\x07" + content[9:], "has format 7, this version reads up to 1; upgrade malmoi"),
        (b"PK\x03\x04" + content, "is a zip archive"),
    ):
        path.write_bytes(damaged)
        assert message in mistake(capsys, "info", path)
        assert message in mistake(capsys, "predict", path, "x.csv")


def test_an_output_that_exists_is_kept_unless_forced(trained, reviews, tmp_path, capsys):
    before = trained.read_bytes()
    capsys.readouterr()
    assert "exists; use --force" in mistake(capsys, "train", reviews, "-o", trained, "--seed", 5, *FAST)
    assert trained.read_bytes() == before
    assert run(["train", str(reviews), "-o", str(trained), "--seed", "5", "--force", *FAST]) == 0
    assert trained.read_bytes() != before
    (tmp_path / "a.csv").write_text("mine")
    (tmp_path / "t.txt").write_text("a\n")
    capsys.readouterr()
    assert "exists; use --force" in mistake(capsys, "predict", trained, tmp_path / "t.txt", "-o", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "mine"


def test_outputs_that_cannot_be(trained, reviews, tmp_path, capsys):
    capsys.readouterr()
    assert "no such folder" in mistake(capsys, "train", reviews, "-o", tmp_path / "none" / "m.malmoi")
    assert "must be a file, got the folder" in mistake(capsys, "train", reviews, "-o", tmp_path)
    (tmp_path / "t.txt").write_text("a\n")
    line = mistake(capsys, "predict", trained, tmp_path / "t.txt", "-o", tmp_path / "a.xlsx")
    assert "--format must be one of csv, jsonl, parquet, got 'xlsx'" in line


def test_a_full_disk_leaves_no_half_file(reviews, tmp_path, capsys, monkeypatch):
    import malmoi.foundation.files

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(malmoi.foundation.files.os, "fsync", full)
    line = mistake(capsys, "train", reviews, "-o", tmp_path / "m.malmoi", *FAST)
    assert "the disk is full" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reviews"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_standard_output_is_one_line(bag, tmp_path):
    (tmp_path / "t.txt").write_text("a\n" * 10)
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "malmoi", "predict", str(bag), str(tmp_path / "t.txt")]
        answer = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert answer.returncode == 2
    assert without_reading(answer.stderr)[0].startswith("malmoi: the disk is full")


@needs_posix
def test_a_reader_that_leaves_early_is_no_mistake(bag, tmp_path):
    (tmp_path / "t.txt").write_text("good film\n" * 200_000)
    malmoi = shlex.join([sys.executable, "-m", "malmoi", "predict", str(bag), str(tmp_path / "t.txt")])
    command = ["bash", "-c", f"set -o pipefail; {malmoi} | head -1"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (answer.returncode, without_reading(answer.stderr)) == (0, [])
    assert answer.stdout == "label,probability_neg,probability_pos\n"


def test_too_little_memory_is_one_line(monkeypatch, reviews, tmp_path, capsys):
    import malmoi.cli.train

    def too_much(request):
        raise MemoryError

    monkeypatch.setattr(malmoi.cli.train, "corpus_of", lambda *arguments, **options: too_much(None))
    assert "out of memory; lower --length" in mistake(capsys, "train", reviews, "-o", tmp_path / "m.malmoi")


def test_a_bug_keeps_its_traceback(monkeypatch, trained):
    import malmoi.cli.info

    def broken(path):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(malmoi.cli.info, "read_header", broken)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        run(["info", str(trained)])
