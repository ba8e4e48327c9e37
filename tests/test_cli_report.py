"""`malmoi report`: the facts of a model on files, as a page and as a card."""

import csv
import json
import re

import pytest

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.persistence import save
from report_data import bag, reviews


def page(facts, language):
    """What a page would be made from."""
    slices = facts.slices if isinstance(facts.slices, tuple) else ()
    columns = {column.kind: [one.name for one in column.slices] for column in slices}
    told = {
        "title": facts.title,
        "model": facts.model.name,
        "language": language,
        "command": facts.reproduction.command,
        "checksums": dict(facts.reproduction.checksums),
        "roles": [data.role for data in facts.data],
        "columns": columns,
        "seed": facts.reproduction.seeds["report"],
        "findings": [finding.code for finding in facts.findings],
        "size": facts.model.size_bytes,
    }
    return json.dumps(told, ensure_ascii=False)


@pytest.fixture(autouse=True)
def stand_in_page(monkeypatch, tmp_path):
    """The page has tests of its own."""
    monkeypatch.setattr("malmoi.report.page.page", page)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A model, its training data and other data."""
    folder = tmp_path_factory.mktemp("report")
    training, measured = reviews(120), reviews(80, seed=1)
    model = save(bag(training), folder / "bag.malmoi")
    write(folder / "train.csv", training)
    write(folder / "test.csv", measured)
    return {"model": str(model), "train": str(folder / "train.csv"), "test": str(folder / "test.csv")}


def write(path, corpus, **columns):
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label", "shop"])
        shops = ["a" if number % 2 else "b" for number in range(len(corpus))]
        rows.writerows(zip(corpus.texts, corpus.required_codes.to_list(), shops, strict=True))


def report(*arguments):
    return run(["report", *map(str, arguments)])


def mistake(capsys, *arguments):
    """The line of a command that is refused."""
    assert report(*arguments) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("malmoi: ")
    return line.removeprefix("malmoi: ")


def test_a_page_and_a_card_are_written(files, tmp_path, capsys):
    status = report(
        files["model"], files["test"], "--training", files["train"], "--card", "CARD.md", "--slice", "shop", "--seed", 3
    )
    assert status == 0
    told = json.loads((tmp_path / "bag.html").read_text(encoding="utf-8"))
    assert (told["title"], told["model"], told["language"], told["seed"]) == ("test.csv", "bag.malmoi", "en", 3)
    assert told["roles"] == ["training", "measured"]
    assert told["columns"]["shop"] == ["a", "b"] or told["columns"]["shop"] == ["b", "a"]
    assert re.fullmatch("[0-9a-f]{64}", told["checksums"]["bag.malmoi"])
    expected = (
        f"report {files['model']} {files['test']} --training {files['train']} --slice shop --seed 3 --card CARD.md"
    )
    assert told["command"] == f"malmoi {expected}"
    assert "# Model Card for bag.malmoi" in (tmp_path / "CARD.md").read_text(encoding="utf-8")
    out, error = capsys.readouterr()
    assert re.search(r"warning: .* labels .* \[suspected-labels\]\n", error)
    assert "  > review them, the most suspicious first" in error
    for name in ("page", "bag.html", "card", "CARD.md", "accuracy", "majority-class baseline", "warnings"):
        assert name in out


def test_the_language_and_the_reading_are_as_asked(files, tmp_path, capsys):
    arguments = (files["model"], files["test"], "--language", "ko", "-o", "k.html", "--card", "k.md")
    assert report(*arguments, "--text-column", "text", "--no-header") == 2  # names need a header
    assert report(*arguments, "--text-column", "text", "--encoding", "utf-8") == 0
    told = json.loads((tmp_path / "k.html").read_text(encoding="utf-8"))
    assert told["language"] == "ko"
    assert told["command"].endswith("--text-column text --encoding utf-8 --language ko --output k.html --card k.md")
    assert "경고: " in capsys.readouterr().err
    assert "모델 카드" in (tmp_path / "k.md").read_text(encoding="utf-8")


def test_all_columns_are_those_without_texts_and_labels(files, tmp_path):
    assert report(files["model"], files["test"], "--slice", "all") == 0
    told = json.loads((tmp_path / "bag.html").read_text(encoding="utf-8"))
    assert "shop" in told["columns"]
    assert not {"text", "label"} & set(told["columns"])


def test_skipped_rows_are_a_finding(files, tmp_path):
    rows = [{"text": text, "label": label} for text, label in [("good", "pos"), ("bad", "neg")] * 20]
    lines = [json.dumps(row) for row in [*rows, {"text": None, "label": "pos"}]]
    (tmp_path / "new.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert report(files["model"], "new.jsonl", "--on-error", "skip") == 0
    assert "unreadable-rows" in json.loads((tmp_path / "bag.html").read_text(encoding="utf-8"))["findings"]


def test_labels_that_the_model_has_never_seen_are_told(files, tmp_path, capsys):
    (tmp_path / "new.csv").write_text("text,label\ngood,pos\nbad,\x1b[31m\n", encoding="utf-8")
    assert report(files["model"], "new.csv") == 0
    error = capsys.readouterr().err
    assert "note: 1 text has a label unknown to the model ('\\x1b[31m'), of 2 in total" in error
    assert "\x1b[31m" not in error


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["--slice", "shp"], r"keep must be a column of the file, got 'shp'; .*; did you mean 'shop'\? .*--slice"),
        (["--slice", "shop", "--slice", "shop"], "--slice must name a column once, got 'shop' twice"),
        (["--slice", "shop", "--slice", "all"], "--slice must be column names, or only all"),
        (["--language", "fr"], "--language must be en or ko, got 'fr'"),
        (["--seed", "-1"], "--seed must be 0 or more, got -1"),
        (["-o", "same", "--card", "same"], "--card must be another file than --output, got same for both"),
        (["--training", "no.csv"], "no such file or folder: no.csv"),
    ],
)
def test_wrong_options_are_refused(files, capsys, arguments, rule):
    assert re.search(rule, mistake(capsys, files["model"], files["test"], *arguments))


def test_files_that_exist_are_kept(files, tmp_path, capsys):
    (tmp_path / "bag.html").write_text("mine", encoding="utf-8")
    assert "bag.html exists" in mistake(capsys, files["model"], files["test"])
    assert (tmp_path / "bag.html").read_text(encoding="utf-8") == "mine"
    assert "--output must be another file" in mistake(capsys, files["model"], files["test"], "-o", files["test"])
    assert report(files["model"], files["test"], "--force") == 0
    assert (tmp_path / "bag.html").read_text(encoding="utf-8").startswith("{")


def test_other_models_and_data_are_refused(files, tmp_path, capsys):
    numbers = mm.BagRegressor(C=1.0).fit(["a b", "b c", "c d"] * 5, [1.0, 2.0, 3.0] * 5)
    save(numbers.fitted, tmp_path / "numbers.malmoi")
    line = mistake(capsys, "numbers.malmoi", files["test"])
    assert "model must be a text classifier, got a regression model; use malmoi evaluate" in line
    (tmp_path / "texts.csv").write_text("text\ngood\nbad\n", encoding="utf-8")
    assert "the label column must be called" in mistake(capsys, files["model"], "texts.csv")
    (tmp_path / "other.csv").write_text("text,label\ngood,x\nbad,y\n", encoding="utf-8")
    assert "labels must be classes of the model" in mistake(capsys, files["model"], "other.csv")
    assert not (tmp_path / "bag.html").exists()


def test_a_missing_template_engine_is_named_before_any_work(files, capsys, monkeypatch):
    import importlib.util

    known = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "jinja2" else known(name))
    assert "pip install 'malmoi[report]'" in mistake(capsys, files["model"], files["test"])
