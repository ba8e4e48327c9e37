"""Text of others in what is printed for people, and in CSV."""

import csv
import io
import json
import logging
import re
import subprocess
import sys
import unicodedata
import warnings
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

import malmoi as mm
from malmoi.cli.cells import FORMULA, Cells
from malmoi.cli.commands import COMMANDS, run
from malmoi.cli.usage import UsageError
from malmoi.foundation.printable import HIDDEN, encodable, printable, printable_json, printable_lines
from malmoi.foundation.progress_bars import TerminalBars
from malmoi.foundation.terminal import SafeConsole

HOSTILE_CASES = Path(__file__).parents[2] / "shared" / "cases" / "hostile"
OWN_STYLE = re.compile(r"\x1b\[[0-9;]*m")
"""Colours of ours; text of others has no escape character left that could begin one."""
UNSAFE = re.compile(f"[{HIDDEN}\t\r]")
MEMBER = re.compile(f"[{HIDDEN}]")
H = "\x1b]0;P\x07\x9b2J\u202e[red]:smile:\nmalmoi: forged"
ANY = st.text(max_size=20) | st.text("\x1b[]0;m\x07\x9b\u202e\n\r\t\ud800a가:smile", max_size=20)


def unsafe(text):
    """The first character that steers a terminal or is hidden."""
    found = UNSAFE.search(OWN_STYLE.sub("", text))
    return found and ascii(text[max(found.start() - 20, 0) : found.start() + 20])


# Characters


def test_every_control_and_format_character_is_hidden():
    visible = "\u200c\u200d\u06dd\u070f\u08e2\u0890\u0891\U000110bd\U000110cd" + "".join(map(chr, range(0x600, 0x606)))
    for code in (*range(0x20000), *range(0xE0000, 0xE1000)):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in visible:
            assert MEMBER.match(character) or character in "\t\n\r", hex(code)


@pytest.mark.parametrize(
    "text", ["긍정 리뷰", "می\u200cخواهم", "क्\u200dष", "👩\u200d👩\u200d👧 ❤\ufe0f", "a\u3000b", "\u1100\u1161"]
)
def test_scripts_and_emoji_stay_readable(text):
    assert printable(text) == printable_lines(text) == text


@given(ANY)
def test_shown_text_is_one_line_and_json_stays_equal(text):
    assert UNSAFE.search(printable(text)) is None
    assert "\n" not in printable(text)
    assert printable(printable(text)) == printable(text)
    written = json.dumps({text: text}, ensure_ascii=False)
    assert json.loads(printable_json(written)) == {text: text}
    assert UNSAFE.search(printable_json(written)) is None
    encodable(printable(text), "ascii").encode("ascii")


# The console


@settings(max_examples=40)
@given(ANY)
@example("[red]x[/red]:smile:\x1b[31m")
def test_nothing_that_is_printed_steers_a_terminal(text):
    for encoding in ("utf-8", "ascii"):
        file = io.TextIOWrapper(io.BytesIO(), encoding, newline="")
        console = SafeConsole(file=file, force_terminal=True, color_system="truecolor", width=60)
        table = Table(text, "b", title=text)
        table.add_row(text, Text(text, style="bold red"))
        console.print(text, style="yellow")
        console.print(table)
        console.print(Text.assemble((text, "bold"), text))
        console.print_lines(f"a\n{printable(text)}!")
        file.flush()
        out = file.buffer.getvalue().decode(encoding)
        assert unsafe(out) is None
        first, _, rest = OWN_STYLE.sub("", out).partition("\n")
        assert first == encodable(printable(text), encoding)
        assert rest.endswith(f"a\n{encodable(printable(text), encoding)}!\n")


def test_steps_of_progress_bars_are_shown_as_text():
    file = io.StringIO()
    with TerminalBars(SafeConsole(file=file, force_terminal=True, color_system=None, width=150), timed=[H]) as bars:
        bars(H, 1, 2)
    shown = re.sub(r"\x1b\[(\?25[lh]|2K|1A)|\r", "", file.getvalue())
    assert unsafe(shown) is None
    assert "\\x1b]0;P\\x07\\x9b2J\\u202e[red]:smile:\\nmalmoi: forged" in shown
    assert "about 0:00:01 left" in shown


def test_warnings_and_lines_of_the_log_are_shown_as_text(monkeypatch, capsys):
    def command(*_, **__):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(H, RuntimeWarning, stacklevel=1)
        logging.lastResort.handle(logging.LogRecord("malmoi", logging.WARNING, "", 1, "%s", (H,), None))

    monkeypatch.setattr("malmoi.cli.commands.make_app", lambda names: command)
    monkeypatch.setattr(
        "warnings._showwarnmsg_impl", lambda message: sys.stderr.write(warnings._formatwarnmsg(message))
    )
    before = warnings.formatwarning, logging.lastResort
    assert run(["info"]) == 0
    assert (warnings.formatwarning, logging.lastResort) == before
    error = capsys.readouterr().err
    assert unsafe(error) is None
    assert error.count("forged") == 2
    assert not any(line.startswith("malmoi: forged") for line in error.splitlines())


# Commands


class Bytes(io.BytesIO):
    """What a terminal got."""

    def isatty(self):
        return True


class Screen(io.TextIOWrapper):
    """A terminal."""

    def __init__(self):
        super().__init__(Bytes(), "utf-8", write_through=True)

    def isatty(self):
        return True


@pytest.fixture
def without_pictures(monkeypatch):
    """Matplotlib is slow to import."""
    monkeypatch.setattr("malmoi.cli.series_forecast.can_draw", lambda: False)


COLUMN = f"col{H}"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files with hostile names and content: a table, a model that learned from it, runs, vectors, series."""
    folder = tmp_path_factory.mktemp("hostile")
    names = {
        "data": f"d{H}\udcff.csv",
        "model": f"m{H}.malmoi",
        "runs": f"r{H}.db",
        "vectors": f"v{H}.txt",
        "series": f"s{H}.csv",
        "script": f"old{H}.py",
    }
    places = {name: str(folder / file) for name, file in names.items()} | {"new": str(folder / f"new{H}"), "hostile": H}
    labels = {"good": f"pos{H}", "bad": f"neg{H}"}
    rows = [(f"{word} fi\x1b[2Jlm {number}", labels[word]) for number in range(15) for word in labels]
    table = io.StringIO()
    csv.writer(table).writerows([("text", COLUMN), *rows])
    Path(places["data"]).write_text(table.getvalue(), encoding="utf-8")
    mm.BagClassifier(C=1.0).fit([text for text, _ in rows], [label for _, label in rows]).save(places["model"])
    words = "".join(f"{word} {n} 1 0.5\n" for n, word in enumerate(["\x1b[2J", "\u202ebad", "good", "\x9b2Jx"]))
    Path(places["vectors"]).write_text(words, encoding="utf-8")
    lines = [f"from keras.layers.core import Dense  # {part}" for part in H.split("\n")]
    lines += [f"m.fit(x, y, class_weight={H!r})", "x = '\x1b[2J\u202e\x9b2J'"]
    Path(places["script"]).write_text("\n".join(lines).replace("\r", ""), encoding="utf-8")
    steps = "".join(f"2026-01-{day:02},{day % 7}\n" for day in range(1, 31))
    Path(places["series"]).write_text(f'day,"col{H}"\n{steps}', encoding="utf-8")
    return places


TABLE = ["{data}", "--label-column", COLUMN]
TRAINING = ["train", *TABLE, "--recipe", "bag", "--runs", "{runs}"]
RUNS = {
    "train": [
        (0, [*TRAINING, "-o", "{new}-1.malmoi", "--language", "ko"]),
        (2, ["train", "{data}", "--{hostile}"]),
    ],
    "tune": [(2, ["tune", "{data}", "--study", "{hostile}/none"])],
    "compare": [
        (2, ["compare", "{data}", "--recipes", "{hostile}"]),
        (2, ["compare", "{data}", "--label-column", "{hostile}"]),
    ],
    "learning-curve": [(0, ["learning-curve", *TABLE, "--recipes", "bag", "--labels", "10", "--draws", "1"])],
    "check": [
        (0, ["check", *TABLE, "--fix", "{new}.csv"]),
        (0, ["check", *TABLE, "--against", "{model}", "--format", "json"]),
        (2, ["check", "{data}", "--label-column", "{hostile}"]),
    ],
    "predict": [
        (0, ["predict", "{model}", "{data}", "--format", "jsonl", "--keep", "all"]),
        (0, ["predict", "{model}", "{data}", "--with-text", "--excel"]),
        (0, ["predict", "{model}", "{data}", "-o", "{new}.jsonl"]),
        (0, ["predict", "{model}", "good {hostile}", "--with-text"]),
        (2, ["predict", "{model}", "{data}", "--format", "parquet"]),
        (2, ["predict", "{model}", "{data}", "--format", "{hostile}"]),
    ],
    "explain": [
        (0, ["explain", "{model}", "good {hostile}"]),
        (0, ["explain", "{model}", "good {hostile}", "--format", "json"]),
        (0, ["explain", "{model}", "good {hostile}", "--format", "html"]),
        (2, ["explain", "{model}", "good", "--label", "{hostile}"]),
    ],
    "evaluate": [
        *((0, ["evaluate", "{model}", *TABLE, "--format", kind]) for kind in ("table", "json", "csv")),
        (0, ["evaluate", "{model}", *TABLE, "-o", "{new}.txt", "--mistakes", "{new}-wrong.csv"]),
    ],
    "report": [(2, ["report", "{model}", "{data}", "-o", "{hostile}"])],
    "series": [
        (0, ["series", "forecast", "{series}", "-o", "{new}-f.csv", "--target", COLUMN, "--no-backtest"]),
        (2, ["series", "train", "{series}", "--label-column", "{hostile}"]),
        (2, ["series", "predict", "{model}", "{series}"]),
    ],
    "runs": [
        (0, [*TRAINING, "-o", "{new}-2.malmoi", "--no-refit"]),
        (0, [*TRAINING, "-o", "{new}-3.malmoi", "--C", "1"]),
        (0, ["runs", "--runs", "{runs}"]),
        (0, ["runs", "--runs", "{runs}", "--json"]),
        (0, ["runs", "show", "1", "--runs", "{runs}"]),
        (0, ["runs", "compare", "1", "2", "--runs", "{runs}"]),
        (2, ["runs", "--runs", "{data}"]),
        (2, ["runs", "{hostile}"]),
    ],
    "vectorize": [
        (0, ["vectorize", "{data}", "-o", "{new}.npz"]),
        (2, ["vectorize", "{data}", "-o", "{hostile}"]),
    ],
    "vectors": [
        (0, ["vectors", "info", "{vectors}", "--count"]),
        (0, ["vectors", "nearest", "{vectors}", "good", "\x1b[2J"]),
        (2, ["vectors", "nearest", "{vectors}", "{hostile}"]),
        (0, ["vectors", "analogy", "{vectors}", "good", "\x1b[2J", "\x9b2Jx"]),
        (0, ["vectors", "coverage", "{vectors}", "{data}", "--tokens", "characters"]),
    ],
    "info": [
        (0, ["info", "{model}", "--verify"]),
        (2, ["info", "{data}"]),
        (2, ["info", "{hostile}"]),
        (2, ["info", "{model}", "{hostile}"]),
    ],
    "migrate": [
        (0, ["migrate", "{script}"]),
        (2, ["migrate", "{data}"]),
        (2, ["migrate", "{hostile}.py"]),
    ],
    "doctor": [(2, ["doctor", "{hostile}"])],
    "demo": [(2, ["demo", "--language", "{hostile}"])],
}


def screened(monkeypatch, words):
    """Run a command on a terminal; returns its status and all that the terminal got."""
    screens = [Screen(), Screen()]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", screens[0])
        patch.setattr(sys, "stderr", screens[1])
        status = run(words)
    shown = "".join(screen.buffer.getvalue().decode() for screen in screens)
    return status, re.sub(r"\x1b\[(\?25[lh]|2K|1A)|\r", "", shown)  # what draws progress bars


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_lets_text_of_others_steer_the_terminal(files, command, monkeypatch, without_pictures):
    for expected, words in RUNS[command]:
        status, shown = screened(monkeypatch, [word.format(**files) for word in words])
        assert status == expected, shown
        assert shown
        assert unsafe(shown) is None, words
        if "html" not in words:  # the text of which is data, with its lines
            assert not any(line.lstrip().startswith("malmoi: forged") for line in shown.splitlines()), words


def test_data_for_programs_is_exact(files, tmp_path, capsys):
    """In a pipe, and in files."""
    assert run(["predict", files["model"], files["data"], "--with-text"]) == 0
    (row, *_) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert (row["text"], row["label"]) == ("good fi\x1b[2Jlm 0", f"pos{H}")
    assert run(["explain", files["model"], f"good {H}", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == f"good {H}"


@pytest.mark.skipif(not HOSTILE_CASES.is_dir(), reason="the crafted files are not here")
@pytest.mark.parametrize(
    "words",
    [
        ["info", "classes_escape/m.malmoi"],
        ["info", "classes_formula/m.malmoi"],
        *(["check", f"escapes/{name}.csv"] for name in ("lbl", "escw", "form")),
        ["vectors", "nearest", "escapes/esc.txt", "c"],
        ["vectors", "info", "escapes/esc.txt", "--count"],
        ["vectors", "coverage", "escapes/esc.txt", "escapes/escw.csv"],
    ],
)
def test_crafted_files_do_not_steer_the_terminal(words, monkeypatch):
    status, shown = screened(monkeypatch, [str(HOSTILE_CASES / word) if "." in word else word for word in words])
    assert status == 0, shown
    assert unsafe(shown) is None


def test_a_locale_without_the_characters_shows_them_escaped(tmp_path):
    (tmp_path / "k.csv").write_text("text,label\n" + "좋다,긍정\n싫다,부정\n" * 10, encoding="utf-8")
    code = "from malmoi.cli import main; main()"
    settings = {"PYTHONIOENCODING": "ascii:strict", "PYTHONPATH": ":".join(sys.path), "COLUMNS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, "check", str(tmp_path / "k.csv"), "--language", "ko"],
        env={"PATH": "/usr/bin:/bin", **settings},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert b"\\uc548" in done.stdout or b"\\ub" in done.stdout


# Cells of CSV


FORMULAS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t5",
    "\r=1",
    "\n",
    " \xa0=1",
    "\uff1d1",
    "\ufeff@x",
    "\u200b-x",
    "\ufe62a",
]
HARMLESS = ["", "good", "a=b", "-0.5", "+3", "1e-5", "-1,5", ".5", "'=1", "긍정", "(1)", " good"]
SIGNS = [chr(code) for code in range(0xFE50, 0xFFEF)]
"""Small and full-width forms."""
CELLS = ANY | st.text("=+-@ \t\r\n\uff1d0123.,e'\u200b\x1ca", max_size=6)


def test_formulas_get_an_apostrophe_and_numbers_do_not():
    cells = Cells()
    assert [cells.text(text) for text in FORMULAS] == [f"'{text}" for text in FORMULAS]
    assert [cells.text(text) for text in HARMLESS] == HARMLESS
    assert cells.changed == len(FORMULAS)
    assert [Cells(raw=True).text(text) for text in FORMULAS] == FORMULAS
    assert Cells().row([-1, -0.5, None, "-x", True]) == [-1, -0.5, None, "'-x", True]


def is_formula(text):
    """A second, plain way to say it."""
    shown = re.sub(f"^[{HIDDEN}\\s]+", "", text)
    if text[:1] in ("\t", "\r", "\n"):
        return True
    if re.fullmatch(r"[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)(e[+-]?[0-9]+)?", text, re.IGNORECASE):
        return False
    return shown[:1] in tuple("=+-@") or (shown[:1] in SIGNS and unicodedata.normalize("NFKC", shown[0]) in "=+-@")


@given(st.lists(CELLS.filter(lambda text: not re.search("[\ud800-\udfff]", text)), max_size=20))
def test_polars_and_python_change_the_same_cells(texts):
    one, other = Cells(), Cells()
    table = other.table(pl.DataFrame({"text": pl.Series(texts, dtype=pl.String), "n": [-1] * len(texts)}))
    assert table["text"].to_list() == [one.text(text) for text in texts]
    assert table["n"].to_list() == [-1] * len(texts)
    assert one.changed == other.changed


@given(CELLS)
def test_cells_are_formulas_by_a_second_rule_too(text):
    written = Cells().text(text)
    assert written in (text, f"'{text}")
    assert (written != text) == is_formula(text)


def test_the_script_of_the_report_has_the_same_rule():
    script = (Path(mm.__file__).parent / "report/page/scripts/csv.js").read_text(encoding="utf-8")
    formula, number = re.findall(r"const (?:FORMULA|NUMBER) =\s+/(.*)/i?;", script)
    characters = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    for text in (*characters, *(f" {one}=" for one in characters[:0x3100]), *FORMULAS, *HARMLESS):
        changed = re.search(formula, text) and not re.search(number, text, re.IGNORECASE)
        assert bool(changed) == (Cells().text(text) != text), ascii(text)


def test_names_of_columns_are_cells_and_stay_different():
    cells = Cells()
    assert cells.table(pl.DataFrame({"=a": ["x"], "b": ["y"]})).columns == ["'=a", "b"]
    assert cells.changed == 1
    with pytest.raises(UsageError, match="must have different names, got \"'=a\" and '=a', which gets an apostrophe"):
        cells.table(pl.DataFrame({"=a": ["x"], "'=a": ["y"]}))


@pytest.fixture(scope="module")
def formulas(tmp_path_factory):
    """A model whose classes are formulas, and labelled texts that are."""
    folder = tmp_path_factory.mktemp("formulas")
    rows = [("@bad", "=cmd|x"), ("-good", "@SUM(1)")] * 12
    pl.DataFrame(rows, schema=["text", "label"], orient="row").write_csv(folder / "data.csv")
    mm.BagClassifier(C=1.0).fit([text for text, _ in rows], [label for _, label in rows]).save(folder / "m.malmoi")
    return folder


@pytest.mark.parametrize(
    ("words", "suffix"),
    [
        (["predict", "m.malmoi", "data.csv", "--with-text", "-o", "p.csv"], "csv"),
        (["predict", "m.malmoi", "data.csv", "--with-text", "-o", "p.jsonl"], "jsonl"),
        (["evaluate", "m.malmoi", "wrong.csv", "-o", "e.csv"], "csv"),
        (["evaluate", "m.malmoi", "wrong.csv", "-o", "e.json", "--mistakes", "w.csv"], "csv"),
        (["check", "data.csv", "--fix", "f.csv"], "csv"),
        (["check", "data.csv", "--fix", "f.parquet"], "parquet"),
        (["series", "forecast", "series.csv", "--id-column", "id", "-o", "s.csv", "--no-backtest"], "csv"),
    ],
)
def test_every_writer_of_csv_makes_formulas_harmless(formulas, words, suffix, monkeypatch, capsys, without_pictures):
    monkeypatch.chdir(formulas)
    swapped = pl.read_csv("data.csv").with_columns(label=pl.lit("=cmd|x"))
    swapped.write_csv("wrong.csv")
    steps = [(f"2026-01-{day:02}", name, day) for day in range(1, 20) for name in ("=a", "-b")]
    pl.DataFrame(steps, schema=["day", "id", "target"], orient="row").write_csv("series.csv")
    path = Path(next(word for word in reversed(words) if word.endswith(suffix)))

    def cells():
        with path.open(newline="", encoding="utf-8") as file:
            return [cell for row in csv.reader(file) for cell in row]

    assert run(words) == 0
    error = capsys.readouterr().err
    if suffix != "csv":
        assert "apostrophe" not in error
        assert run([*words, "--raw-cells", "--force"]) == 2
        assert "--raw-cells needs CSV output; leave it out" in capsys.readouterr().err
        return
    changed = sum(cell.startswith("'") for cell in cells())
    assert f"note: {changed} cells that a spreadsheet would run as formulas were prefixed with an apostrophe" in error
    assert not any(re.match(FORMULA, cell) and not re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell) for cell in cells())
    safe = cells()
    assert run([*words, "--raw-cells", "--force"]) == 0
    assert "apostrophe" not in capsys.readouterr().err
    assert cells() == [cell.removeprefix("'") for cell in safe]
    assert any(cell.startswith(("=", "@", "-b")) for cell in cells())


def test_file_names_are_no_patterns(tmp_path, without_pictures):
    """Polars would take [1] for a set of characters."""
    model, data = tmp_path / "m[1].malmoi", tmp_path / "d[1].csv"
    data.write_text("text,label\n" + "good,pos\nbad,neg\n" * 6, encoding="utf-8")
    mm.BagClassifier(C=1.0).fit(["good", "bad"] * 6, ["pos", "neg"] * 6).save(model)
    for output in ("o[1].parquet", "o[1].csv"):
        assert run(["predict", str(model), str(data), "-o", str(tmp_path / output)]) == 0
        assert (tmp_path / output).is_file()
    series = tmp_path / "s[1].csv"
    series.write_text("day,y\n" + "".join(f"2026-01-{day:02},{day % 7}\n" for day in range(1, 31)), encoding="utf-8")
    output = str(tmp_path / "f[1].csv")
    assert run(["series", "forecast", str(series), "-o", output, "--no-backtest"]) == 0
    assert Path(output).is_file()
