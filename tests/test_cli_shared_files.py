"""No command writes over a file that it reads, or two outputs into one file."""

from pathlib import Path

import pytest

import malmoi as mm
from malmoi.cli.commands import run
from malmoi.cli.reading import refuse_same_files
from malmoi.cli.usage import UsageError

SKIP = "--on-error skip --rejects"
CASES = [
    ("explain m.malmoi good -o m.malmoi --format json --force", "--output"),
    ("train d.csv -o d.csv --force", "--output"),
    ("train d.csv -o u.txt --unlabelled u.txt --recipe few-labels --force", "--output"),
    ("train d.csv -o r.json --recipe-file r.json --force", "--output"),
    ("train d.csv -o v.txt --vectors v.txt --force --recipe few-labels", "--output"),
    ("train d.csv -o new.malmoi --checkpoint new.malmoi --network conv", "--checkpoint"),
    ("train d.csv -o new.malmoi --checkpoint new.png --network conv", "--checkpoint"),
    ("train d.csv -o new.malmoi --checkpoint d.csv --network conv", "--checkpoint"),
    ("train d.csv -o new.malmoi --runs new.malmoi", "--runs"),
    ("train d.csv -o new.malmoi --runs r.json --recipe-file r.json", "--runs"),
    (f"train d.csv -o new.malmoi --runs r.db {SKIP} r.db", "--rejects"),
    (f"train d.csv -o new.malmoi --network conv --checkpoint c {SKIP} c", "--rejects"),
    (f"train d.csv -o new.malmoi --recipe-file r.json --force {SKIP} r.json", "--rejects"),
    (f"train n.csv --task regression -o new.malmoi --runs r.db {SKIP} r.db", "--rejects"),
    ("train d.csv --continue m.malmoi -o d.csv --force", "--output"),
    (f"train d.csv --continue m.malmoi --force {SKIP} m.malmoi", "--rejects"),
    (f"train d.csv --continue m.malmoi --force {SKIP} d.csv", "--rejects"),
    ("tune d.csv -o d.csv --force", "--output"),
    ("tune d.csv --study d.csv", "--study"),
    ("tune d.csv --study s -o s", "--study"),
    ("tune d.csv --study s --vectors v.txt -o v.txt --force", "--output"),
    ("tune d.csv --study s --runs s", "--runs"),
    (f"tune d.csv --study s {SKIP} s", "--rejects"),
    ("compare d.csv --recipes auto,r.json --json r.json --force", "--json"),
    ("compare d.csv --runs x.html -o x.html", "--runs"),
    ("compare d.csv --vectors v.txt --json v.txt --force", "--json"),
    ("compare d.csv --test t.csv --json t.csv --force", "--json"),
    (f"compare d.csv --runs r.db {SKIP} r.db", "--rejects"),
    ("learning-curve d.csv --recipes auto,r.json --json r.json --force", "--json"),
    ("learning-curve d.csv --recipes auto --json u.txt --unlabelled u.txt --force", "--json"),
    ("check d.csv --against m.malmoi -o m.malmoi --force", "--output"),
    (f"check d.csv --against t.csv --force {SKIP} t.csv", "--rejects"),
    ("predict m.malmoi d.csv -o m.malmoi --format csv --force", "--output"),
    ("predict m.malmoi d.csv -o d.csv --force", "--output"),
    (f"predict m.malmoi d.csv -o p.csv {SKIP} p.csv.part", "--rejects"),
    ("evaluate m.malmoi d.csv -o m.malmoi --format json --force", "--output"),
    (f"evaluate m.malmoi d.csv --force {SKIP} m.malmoi", "--rejects"),
    ("report m.malmoi d.csv --training t.csv --card t.csv --force", "--card"),
    ("vectorize u.txt -o x.npz --vocabulary u.txt --force", "--vocabulary"),
    ("vectorize u.txt -o x.npz --vocabulary ./x.npz", "--vocabulary"),
    ("vectorize u.txt -o x.npz --stop-words s.txt --vocabulary s.txt --force", "--vocabulary"),
    (f"vectorize u.txt -o x.npz --stop-words s.txt --force {SKIP} s.txt", "--rejects"),
    ("vectors convert v.txt -o v.txt --force", "--output"),
    ("vectors map v.txt -o v.txt --force", "--output"),
    ("vectors train u.txt -o u.txt --force", "--output"),
    (f"vectors train u.txt -o x.vec {SKIP} x.vec", "--rejects"),
    (f"vectors coverage v.txt u.txt {SKIP} new.txt --input-format lines", None),
    (f"vectors coverage v.txt u.txt {SKIP} v.txt", "--rejects"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with one file of each kind."""
    folder = tmp_path_factory.mktemp("files")
    rows = "".join(f"{word} film {number},{word}\n" for number in range(10) for word in ("bad", "good"))
    for name in ("d.csv", "t.csv"):
        (folder / name).write_text(f"text,label\n{rows}", encoding="utf-8")
    (folder / "n.csv").write_text("text,label\na,1.5\nb,2.5\n", encoding="utf-8")
    (folder / "u.txt").write_text("good film\nbad film\n", encoding="utf-8")
    (folder / "s.txt").write_text("film\n", encoding="utf-8")
    (folder / "v.txt").write_text("good 1 2\nbad 3 4\n", encoding="utf-8")
    (folder / "r.json").write_text('{"recipe": "bag"}', encoding="utf-8")
    mm.BagClassifier(C=1.0).fit(["good", "bad"] * 4, ["pos", "neg"] * 4).save(folder / "m.malmoi")
    return folder


@pytest.mark.parametrize(("command", "flag"), CASES, ids=[command for command, _ in CASES])
def test_a_file_has_one_part(folder, monkeypatch, capsys, command, flag):
    monkeypatch.chdir(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    status = run(command.split())
    error = capsys.readouterr().err
    if flag is None:
        assert status == 0
        (folder / "new.txt").unlink()
        return
    assert status == 2
    assert len(error.splitlines()) == 1
    assert f"{flag} must be another file than" in error or f"{flag} and --mistakes must be another file than" in error
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_file_of_runs_that_is_not_named_is_no_output_either(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MALMOI_RUNS", "new.malmoi")
    assert run(["train", "d.csv", "-o", "new.malmoi"]) == 2
    assert "--runs must be another file than the other files of the command, got new.malmoi" in capsys.readouterr().err


def test_files_of_globs_and_folders_and_other_names_are_found(tmp_path):
    (tmp_path / "pos").mkdir()
    text, table, link = tmp_path / "pos" / "1.txt", tmp_path / "a.csv", tmp_path / "link.csv"
    for path in (text, table):
        path.write_text("x", encoding="utf-8")
    link.symlink_to(table)
    for used, output in (
        (tmp_path, text),
        (tmp_path / "*.csv", table),
        (tmp_path / "**" / "*.txt", text),
        (table, link),
    ):
        with pytest.raises(
            UsageError, match=r"-o must be another file than the other files of the command, got .*; choose another"
        ):
            refuse_same_files("-o", output, [str(used)])
    for used, output in ((tmp_path, table), (tmp_path / "*.csv", tmp_path / "new.csv"), (Path("\0"), table)):
        refuse_same_files("-o", output, [used])
