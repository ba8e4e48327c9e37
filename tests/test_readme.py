"""What the README says is run as it stands, on small files of the right names."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from malmoi.cli.commands import run

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "README.md", ROOT / "README.ko.md"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """`aclImdb/train` with 10,400 short files, and a 100-dimensional vectors file."""
    folder = tmp_path_factory.mktemp("readme")
    for label, word in (("neg", "bad"), ("pos", "good")):
        (folder / "aclImdb" / "train" / label).mkdir(parents=True)
        for number in range(5_200):
            text = f"{word} film number {number}"
            (folder / "aclImdb" / "train" / label / f"{number}.txt").write_text(text)
    rows = [" ".join([word, *["0.1"] * 100]) for word in ("good", "bad", "film")]
    (folder / "glove.6B.100d.txt").write_text("\n".join(rows) + "\n")
    table = [f"{word} film number {number},{word}" for number in range(130) for word in ("good", "bad")]
    (folder / "reviews.csv").write_text("text,label\n" + "\n".join(table) + "\n")
    tests = [f"{word} play number {number},{word}" for number in range(30) for word in ("good", "bad")]
    (folder / "test.csv").write_text("text,label\n" + "\n".join(tests) + "\n")
    (folder / "new.csv").write_text("text\ngood film\n")
    (folder / "old.py").write_text("from keras.preprocessing.text import Tokenizer\nTokenizer(10)\n")
    more = [f"{word} film number {number}" for number in range(600) for word in ("good", "bad")]
    (folder / "more.csv").write_text("\n".join(["text", *more]) + "\n")
    steps = [f"pump-{pump},{(step * (1 + pump % 2)) % 7},{pump % 2}" for pump in range(20) for step in range(12)]
    (folder / "sensors.csv").write_text("\n".join(["device,pressure,label", *steps]) + "\n")
    days = [f"2026-{1 + day // 28:02}-{1 + day % 28:02},{day % 7 + day % 3}" for day in range(28)]
    hours = [f"{day[:10]} {hour:02}:00,{(hour * 7) % 24 + int(day[11:])}" for day in days for hour in range(24)]
    (folder / "demand.csv").write_text("\n".join(["time,demand", *hours]) + "\n")
    return folder


def commands_of(readme):
    """The words behind `malmoi` of every indented command."""
    lines = [line.partition("#")[0] for line in readme.read_text(encoding="utf-8").splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("    malmoi ")]


def first_example(readme):
    return re.search(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.S).group(1)


def test_the_python_examples_are_one_but_for_a_text_that_is_predicted():
    english, korean = (ast.unparse(ast.parse(first_example(readme))) for readme in READMES)
    assert english.replace("Not bad at all.", "나쁘지 않네요.") == korean


def test_the_python_example_runs(folder, tmp_path, monkeypatch, capsys):
    pytest.importorskip("keras")
    code = first_example(READMES[0])
    for name in ("aclImdb", "glove.6B.100d.txt"):
        (tmp_path / name).symlink_to(folder / name)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, READMES[0].name, "exec"), {})
    assert "1,320,065" in capsys.readouterr().out
    assert (tmp_path / "curves.png").exists()
    assert (tmp_path / "reviews.malmoi").exists()


@pytest.mark.parametrize(
    "page",
    [
        *READMES,
        *(
            ROOT / "docs" / f"{name}.md"
            for name in ("text", "vectors", "networks", "classify", "few-labels", "files", "forecasting", "series")
        ),
    ],
    ids=lambda path: path.name,
)
def test_the_other_examples_run(page, capsys):
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    others = [block for block in blocks if "aclImdb" not in block]
    assert others
    for code in others:
        exec(compile(code, page.name, "exec"), {})
    printed = capsys.readouterr().out
    sure = (
        "(1, 10)",
        "Characters(inside_words=True), because 100% of the letters are Korean",
        "['neg' 'pos' 'so-so']",
        "(60, 20) (9, 2)",
        "(1, 6) error",
        "('review',)",
        "documents 1.0",
        "seasonal-naive",
        "(40, 9996) float32",
    )
    assert any(line in printed for line in sure)


def test_the_notes_arrays_are_made(capsys):
    exec(compile((ROOT / "examples" / "one_hot.py").read_text(encoding="utf-8"), "one_hot.py", "exec"), {})
    printed = capsys.readouterr().out
    for expected in ("(2, 10, 11)", "(2, 50, 101)", "(2, 10, 1000)", "found 9 unique tokens"):
        assert expected in printed


def test_the_korean_commands_run_on_a_file_as_excel_writes_it(tmp_path, monkeypatch):
    rows = [
        f"{word} 영화 {number};{label}" for number in range(20) for word, label in (("좋은", "긍정"), ("나쁜", "부정"))
    ]
    (tmp_path / "리뷰.csv").write_bytes("\r\n".join(["리뷰;감정", *rows, ""]).encode("cp949"))
    (tmp_path / "평가.csv").write_bytes("리뷰;감정\r\n좋은 연극;긍정\r\n나쁜 연극;부정\r\n".encode("cp949"))
    (tmp_path / "새글.csv").write_bytes("리뷰\r\n좋은 영화\r\n".encode("cp949"))
    monkeypatch.chdir(tmp_path)
    commands = [words for words in commands_of(READMES[1]) if "리뷰.malmoi" in words]
    assert [words[0] for words in commands] == ["train", "evaluate", "predict", "explain", "report"]
    for words in commands:
        assert run(words) == 0
    written = (tmp_path / "예측.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbflabel,")
    assert "긍정" in written.decode("utf-8-sig")


def test_the_commands_run(folder, tmp_path, monkeypatch):
    pytest.importorskip("keras")
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    commands = [words for words in commands_of(READMES[0]) if "demo" not in words]
    assert [command[0] for command in commands] == [
        "check",
        "train",
        "evaluate",
        "predict",
        "explain",
        "train",
        "compare",
        "report",
        *["series"] * 2,
        "migrate",
    ]
    for command in commands:
        assert run(command) == 0
    assert "from malmoi.keras.preprocessing.text import Tokenizer" in (tmp_path / "new.py").read_text()
    for name in ("predictions.parquet", "report.html", "page.html", "MODEL_CARD.md"):
        assert (tmp_path / name).exists()


def test_readmes_are_short_and_say_the_same():
    english, korean = (path.read_text(encoding="utf-8") for path in READMES)
    for text in (english, korean):
        assert len(text.splitlines()) <= 120
    indented = [[line for line in text.splitlines() if line.startswith("    make")] for text in (english, korean)]
    assert indented[0] == indented[1] == ["    make demo", "    make test"]
    assert english.count("\n## ") == korean.count("\n## ")
    for text in (english, korean):
        for link in re.findall(r"\]\(([^)]+)\)", text):
            assert (ROOT / link).exists(), link


def test_notes_and_results_name_their_commands():
    for path, command in (
        (ROOT / "docs" / "notes.md", "make accuracy"),
        (ROOT / "benchmarks" / "RESULTS.md", "make bench"),
    ):
        assert command in path.read_text(encoding="utf-8")
