"""Explanations: weights of words, by leaving them out; as text, JSON, HTML and on a terminal."""

import io
import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

import malmoi as mm
from malmoi.cli import explain
from malmoi.cli.commands import run
from malmoi.foundation.printable import printable, printable_lines
from malmoi.foundation.terminal import SafeConsole
from malmoi.models import occlusion
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.explanation import Explanation, FeatureWeight, TokenWeight
from malmoi.models.occlusion import occluded_spans, without
from malmoi.models.shading import Run, shaded_runs
from malmoi.models.task import Classification, Multilabel, regression_of
from malmoi.models.task_of_labels import classification_of

OLD_MODEL = Path(__file__).parent / "data" / "format-1.malmoi"
WEIGHTS = {"good": 2.0, "bad": -3.0, "고양이": 1.0, "👎": -1.0}


@dataclass(frozen=True, eq=False)
class Additive(FittedModel):
    """Log-odds, or a number, that is a bias and the sum of the weights of the words."""

    input_kind: ClassVar[str] = "texts"
    task: object
    kind = "Additive"
    seen: tuple = ()

    def sums(self, text):
        return 0.5 + sum(WEIGHTS.get(word, 0.0) for word in re.split(r"[ ,.!]", text.lower()))

    def outputs(self, inputs):
        self.seen.append(list(inputs)) if isinstance(self.seen, list) else None
        sums = np.array([[self.sums(text)] for text in inputs], dtype=np.float64).reshape(-1, 1)
        if not isinstance(self.task, Classification):
            return np.repeat(sums, self.task.units, axis=1).astype(np.float32)
        shares = 1 / (1 + np.exp(-sums))
        if self.task.units > 1:
            shares = np.hstack([1 - shares, shares / 2, shares / 2])
        return shares.astype(np.float32)

    def parameters(self):
        return {}

    def to_state(self, examples=None):
        raise NotImplementedError

    @classmethod
    def from_state(cls, state):
        raise NotImplementedError

    def changed_example(self, state):
        return None


BINARY = Additive(classification_of(["neg", "pos"])[0])
SEVERAL = Additive(classification_of([1, 2, 3])[0])


def weights_of(explanation):
    return [(token.token, token.start, token.end, round(token.weight, 4)) for token in explanation.tokens]


# By occlusion


def test_a_weight_is_the_change_of_the_log_odds():
    explanation = BINARY.explain("So good, not bad")
    assert weights_of(explanation) == [
        ("So", 0, 2, 0.0),
        ("good", 3, 7, -2.0),
        (",", 7, 8, 0.0),
        ("not", 9, 12, 0.0),
        ("bad", 13, 16, 3.0),
    ]
    assert (explanation.label, explanation.method, explanation.features) == ("neg", "occlusion", ())
    assert explanation.note == ""
    assert explanation.score == pytest.approx(0.5, abs=1e-5)
    assert explanation.probability == pytest.approx(1 / (1 + np.exp(-0.5)))


def test_the_other_label_has_the_opposite_weights():
    pos, neg = (BINARY.explain("so good 👎", label=label) for label in ("pos", "neg"))
    assert [round(token.weight, 4) for token in pos.tokens] == [0.0, 2.0, -1.0]
    assert [round(token.weight, 4) for token in neg.tokens] == [0.0, -2.0, 1.0]
    assert (pos.score, pos.bias) == (pytest.approx(1.5, abs=1e-5), pytest.approx(0.5, abs=1e-5))
    assert BINARY.explain("so good", label=np.str_("pos")).label == "pos"


def test_the_predicted_label_is_explained_and_all_variants_are_predicted_together():
    model = Additive(BINARY.task, seen=[])
    explanation = model.explain("good good film")
    assert explanation.label == "pos"
    assert model.seen == [["good good film", "", "good film", "good film", "good good"]]


def test_one_of_several_labels_is_explained():
    assert SEVERAL.explain("good bad").label == 1
    explanation = SEVERAL.explain("good", label=3)
    assert (explanation.label, type(explanation.label)) == (3, int)
    full, empty = (0.5 / (1 + np.exp(-s)) for s in (2.5, 0.5))
    assert explanation.tokens[0].weight == pytest.approx(
        np.log(full / (1 - full)) - np.log(empty / (1 - empty)), abs=1e-5
    )
    labels = Additive(Multilabel(np.array(["a", "b", "c"])))
    assert labels.explain("bad").label == "a"
    assert labels.explain("bad", label="b").probability == pytest.approx(0.5 / (1 + np.exp(2.5)))


def test_weights_of_numbers_are_in_the_unit_of_the_target():
    task, _ = regression_of([10.0, 30.0], standardize=True)
    explanation = Additive(task).explain("good film")
    assert weights_of(explanation) == [("good", 0, 4, 20.0), ("film", 5, 9, 0.0)]
    assert (explanation.label, explanation.probability) == (None, None)
    assert explanation.score == pytest.approx(45.0)
    assert str(explanation).startswith("prediction 45\ngood film\n+20  good\nbias +25;")
    task, _ = regression_of([[10.0, 0.0], [30.0, 1.0]], standardize=True)
    assert Additive(task).explain("good", label=1).tokens[0].weight == pytest.approx(1.0)
    for label in (None, 2, "x", True):
        with pytest.raises(ValueError, match=f"label must be the index of a target, 0 to 1, got {label!r}"):
            Additive(task).explain("good", label=label)


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_text_without_words_has_no_tokens(text):
    explanation = BINARY.explain(text)
    assert (explanation.tokens, explanation.label) == ((), "pos")
    assert explanation.score == explanation.bias
    assert explanation.character_weights().tolist() == [0.0] * len(text)
    assert "<p" in explanation.to_html()


@pytest.mark.parametrize(
    ("text", "label", "error", "message"),
    [
        ("good", "good", ValueError, "label must be one of 'neg', 'pos', got 'good'"),
        ("good", 1, ValueError, "label must be one of 'neg', 'pos', got 1"),
        (["good"], None, TypeError, r"text must be a str, got \['good'\]"),
        ("good \ud800", None, ValueError, "text must not contain a lone surrogate, got one at character 5"),
    ],
)
def test_what_cannot_be_explained_is_refused(text, label, error, message):
    with pytest.raises(error, match=message):
        BINARY.explain(text, label=label)


def test_a_model_of_many_classes_names_the_first():
    task, _ = classification_of([*range(30)])
    with pytest.raises(ValueError, match=r"label must be one of 0, 1, 2, .*, 19, \.\.\., got 'x'"):
        task.place_of("x")


def test_series_have_no_words():
    class OfSeries(Additive):
        input_kind = "series"

    with pytest.raises(TypeError, match="explain needs a model of texts, got a Additive, which predicts from series"):
        OfSeries(BINARY.task).explain("good")


def test_an_estimator_explains_once_it_is_fitted():
    class Estimator(ModelEstimator):
        pass

    with pytest.raises(NotFittedError, match="call fit first"):
        Estimator().explain("good")
    estimator = Estimator.from_fitted(BINARY)
    assert estimator.explain("good", label="neg").tokens == BINARY.explain("good", label="neg").tokens


def test_a_long_text_is_explained_by_windows_of_words(monkeypatch):
    monkeypatch.setattr(occlusion, "MOST_OCCLUSIONS", 3)
    monkeypatch.setattr(occlusion, "CHARACTERS_TOGETHER", 50)
    model = Additive(BINARY.task, seen=[])
    text = "so so good film it is bad"
    explanation = model.explain(text, label="pos")
    assert weights_of(explanation) == [
        ("so so good", 0, 10, 2.0),
        ("film it is", 11, 21, 0.0),
        ("bad", 22, 25, -3.0),
    ]
    assert explanation.note == "windows of 3 words are left out, because the text is long"
    assert [len(batch) for batch in model.seen] == [2, 2, 1]
    assert "windows of 3 words" in str(explanation)


def test_the_work_for_a_long_text_is_bounded():
    spans, together = occluded_spans("word " * 400_000)
    assert (len(spans), together) == (20, 20_000)
    spans, together = occluded_spans("가나 다라\n" * 500)
    assert (len(spans), together) == (500, 2)


@given(st.text(st.sampled_from("ab 가.👍\n"), max_size=30))
def test_parts_are_left_out_with_the_space_beside_them(text):
    spans, _ = occluded_spans(text)
    for start, end in spans:
        rest = without(text, (start, end))
        assert "".join(rest.split()) == "".join((text[:start] + text[end:]).split())
    if not re.search(r"\s\s|^\s|\s$", text):
        assert not any(re.search(r"\s\s|^\s|\s$", without(text, span)) for span in spans)


def test_a_network_is_explained(model):
    explanation = model.explain("so good", label="pos")
    so, good = explanation.tokens
    assert good.weight > so.weight
    odds = [np.log(p / (1 - p)) for p in model.predict_proba(["so good", "so"])[:, 1].astype(float)]
    assert good.weight == pytest.approx(odds[0] - odds[1], abs=1e-3)


def test_a_network_of_an_old_file_is_explained():
    pytest.importorskip("keras")
    old = mm.load(OLD_MODEL)
    explanation = old.explain("good film")
    assert [token.token for token in explanation.tokens] == ["good", "film"]
    assert explanation.label in old.classes_.tolist()


# The value

OVERLAPPING = Explanation(
    "abcde", "x", 0.5, (TokenWeight("abc", 0, 3, 3.0), TokenWeight("cd", 2, 4, -4.0)), (), 0.0, "exact", -1.0
)


def test_weights_are_spread_over_characters():
    assert OVERLAPPING.character_weights().tolist() == [1.0, 1.0, -1.0, -2.0, 0.0]
    assert OVERLAPPING.character_weights().dtype == np.float64
    # Tokens overlap: the word is shaded by the sum over its characters.
    assert [(run.text, run.shade) for run in OVERLAPPING.runs()] == [("abcde", -1.0)]


def test_words_are_shaded_by_their_weights_however_long_they_are():
    tokens = (TokenWeight("a", 0, 1, 1.0), TokenWeight("long", 2, 6, 2.0))
    runs = Explanation("a long", "x", 0.5, tokens, (), 0.0, "exact", 3.0).runs()
    assert runs == (Run("a", 0.5), Run(" ", 0.0), Run("long", 1.0))


@st.composite
def explanations(draw):
    text = draw(st.text(st.characters(exclude_characters="\r", codec="utf-8"), max_size=20))
    tokens = []
    for _ in range(draw(st.integers(0, 8)) if text else 0):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        tokens.append(TokenWeight(text[start:end], start, end, draw(st.floats(-1e6, 1e6))))
    return Explanation(text, draw(st.text(max_size=5)), 0.5, tuple(tokens), (), 0.0, "exact", 0.0)


@given(explanations())
def test_characters_have_the_weights_of_the_tokens_and_runs_the_text(explanation):
    total = sum(token.weight for token in explanation.tokens)
    assert explanation.character_weights().shape == (len(explanation.text),)
    assert explanation.character_weights().sum() == pytest.approx(total, abs=1e-6, rel=1e-9)
    runs = explanation.runs()
    assert "".join(run.text for run in runs) == explanation.text
    assert all(-1 <= run.shade <= 1 for run in runs)
    assert all(a.shade != b.shade for a, b in pairwise(runs))
    json.dumps(explanation.to_json())
    assert str(explanation).startswith(printable(explanation.headline))
    shown = "\t".join(map(printable_lines, explanation.text.replace("\r\n", "\n").split("\t")))
    assert parsed(explanation.to_html()).text_of_p(1) == shown


def test_runs_of_no_text_are_none():
    assert shaded_runs("", np.zeros(0)) == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"tokens": (TokenWeight("a", 1, 1, 0.0),)},
            r"tokens\[0\] must be within the 3 characters of the text, got 1 to 1",
        ),
        (
            {"tokens": (TokenWeight("a", 0, 4, 0.0),)},
            r"tokens\[0\] must be within the 3 characters of the text, got 0 to 4",
        ),
        ({"method": "guess"}, "method must be 'exact' or 'occlusion', got 'guess'"),
    ],
)
def test_an_explanation_that_does_not_fit_its_text_is_refused(change, message):
    values = {"tokens": (), "method": "exact", **change}
    with pytest.raises(ValueError, match=message):
        Explanation("abc", "x", 0.5, values["tokens"], (), 0.0, values["method"], 0.0)


GRAMS = Explanation(
    "good\ngood",
    np.str_("pos"),
    0.982,
    (TokenWeight("good", 0, 4, 1.0), TokenWeight("good", 5, 9, 1.5)),
    (FeatureWeight("good\ngood " * 9, 1, -0.25), FeatureWeight("good", 2, 2.5), FeatureWeight("x", 1, 0.0)),
    -0.5,
    "exact",
    4.0,
    "a note",
)


def test_an_explanation_lists_the_strongest_n_grams():
    assert [feature.name for feature in GRAMS.top_features()] == ["good", "good\ngood " * 9]
    assert GRAMS.top_features(1) == (FeatureWeight("good", 2, 2.5),)
    lines = str(GRAMS).splitlines()
    assert lines[0] == "pos: 98.2 % (log-odds +4)"
    assert lines[1:3] == ["good\\ngood", " +2.5  good (2 times)"]
    assert lines[3].startswith("-0.25  good good good")
    assert lines[3].endswith("...")
    assert lines[4] == "bias -0.5; exact: the bias and all weights sum to the score; a note"
    assert repr(GRAMS) == "Explanation('good\\ngood', 'pos', score=4, 2 tokens)"
    by_token = BINARY.explain("good bad good", label="pos").top_features()
    assert [(one.name, one.count, round(one.weight, 4)) for one in by_token] == [("good", 2, 4.0), ("bad", 1, -3.0)]


def test_json_has_all_fields_and_plain_values():
    saved = json.loads(json.dumps(GRAMS.to_json()))
    assert list(saved) == [*Explanation.__dataclass_fields__]
    assert (saved["label"], saved["tokens"][1]) == ("pos", {"token": "good", "start": 5, "end": 9, "weight": 1.5})
    assert Explanation("", np.int64(3), 0.5, (), (), 0.0, "exact", 0.0).to_json()["label"] == 3


class Parsed(HTMLParser):
    """The text of every paragraph, and whether all tags are closed."""

    def __init__(self):
        super().__init__()
        self.open, self.paragraphs, self.tags = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag in ("meta", "!doctype"):
            return
        self.open.append(tag)
        if tag == "p":
            self.paragraphs.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "p" in self.open:
            self.paragraphs[-1] += data

    def text_of_p(self, place):
        return self.paragraphs[place]


def parsed(html):
    parser = Parsed()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def test_html_escapes_the_text_and_leaves_its_direction_to_it():
    text = "<script>alert('&')</script> שלום 나쁘다"
    tokens = (TokenWeight("script", 1, 7, 1.0), TokenWeight("שלום", 28, 32, -0.5))
    html = Explanation(text, "<b>", 0.5, tokens, (), 0.0, "exact", 0.5)._repr_html_()
    page = parsed(html)
    assert page.text_of_p(1) == text
    assert not {"script", "b"} & {tag for tag, _ in page.tags}
    spans = [attributes["style"] for tag, attributes in page.tags if tag == "span"]
    assert spans[0] == "background:rgba(46,160,67,0.6);border-bottom:2px solid rgb(46,160,67)"
    assert spans[1] == "background:rgba(248,81,73,0.3);border-bottom:2px dotted rgb(248,81,73)"
    assert ("p", "auto") in [(tag, attributes.get("dir")) for tag, attributes in page.tags]
    assert "color:" not in html.replace("background-color:", "")


# The command line


@pytest.fixture
def known(monkeypatch, tmp_path):
    """A file whose model is `BINARY`, whatever it holds."""
    monkeypatch.setattr(explain, "load_fitted", lambda path: BINARY)
    return str(tmp_path / "m.malmoi")


def test_the_command_prints_text_without_colours_where_there_is_no_terminal(known, capsys):
    assert run(["explain", known, "so good, 고양이 👎", "--label", "pos"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "pos: 92.4 % (log-odds +2.5)",
        "so good, 고양이 👎",
        "        +2  good",
        "        +1  고양이",
        "        -1  👎",
        "bias +0.5; occlusion: a weight is the change of the score when the token is left out",
    ]


def test_json_and_html_go_to_standard_output_or_to_a_file(known, capfdbinary, tmp_path):
    assert run(["explain", known, "so good 나빠", "--format", "json"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["tokens"][2]["token"] == "나빠"
    page = tmp_path / "e.html"
    assert run(["explain", known, "so good <x>", "-o", str(page)]) == 0
    html = page.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "so <span" in html
    assert "&lt;" in html
    parsed(html)
    assert run(["explain", known, "good", "-o", str(page)]) == 2
    assert b"exists; use --force" in capfdbinary.readouterr().err
    assert run(["explain", known, "bad", "-o", str(page), "--force", "--format", "text"]) == 0
    assert page.read_text().startswith("neg: 92.4 %")


def test_standard_input_is_one_text(known, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO("\ufeffgood\nfilm\r\n".encode())))
    assert run(["explain", known, "-", "--format", "text"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "good\\nfilm"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"a\xff")))
    assert run(["explain", known, "-"]) == 2
    assert "standard input: byte 1 (0xff) is not UTF-8" in capsys.readouterr().err


def test_labels_are_written_as_words(monkeypatch, capsys):
    monkeypatch.setattr(explain, "load_fitted", lambda path: SEVERAL)
    assert run(["explain", "m", "good", "--label", "3", "--format", "json"]) == 0
    monkeypatch.setattr(
        explain, "load_fitted", lambda path: Additive(regression_of([[1, 2], [3, 4]], standardize=True)[0])
    )
    assert run(["explain", "m", "good", "--label", "1"]) == 0
    assert run(["explain", "m", "good", "--label", "x"]) == 2
    assert "label must be the index of a target, 0 to 1, got 'x'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--label", "x"], "label must be one of 'neg', 'pos', got 'x'"),
        (["--format", "pdf"], "--format must be one of text, json, html, got 'pdf'"),
        (["-o", "e.pdf"], "--format must be one of text, json, html, got 'pdf'"),
    ],
)
def test_a_wrong_option_is_one_line(known, capsys, options, message):
    assert run(["explain", known, "good", *options]) == 2
    assert message in capsys.readouterr().err


def test_a_model_of_series_is_refused(monkeypatch, capsys):
    model = SimpleNamespace(input_kind="series", kind="SeriesClassifier")
    monkeypatch.setattr(explain, "load_fitted", lambda path: model)
    assert run(["explain", "m", "good"]) == 2
    assert "needs a text model, got a SeriesClassifier, which predicts from series" in capsys.readouterr().err


def test_an_old_file_is_explained_on_the_command_line(capsys):
    pytest.importorskip("keras")
    assert run(["explain", str(OLD_MODEL), "good film"]) == 0
    assert "good film" in capsys.readouterr().out


def printed(explanation, **settings):
    file = io.StringIO()
    console = SafeConsole(file=file, **settings)
    explain.print_explanation(console, explanation)
    return file.getvalue()


def test_a_terminal_shows_shades_and_a_legend():
    shown = printed(BINARY.explain("so good 👎", label="pos"), force_terminal=True, color_system="truecolor")
    assert "\x1b[30;48;2;67;170;86mgood\x1b[0m" in shown
    assert " lowers " in shown
    plain = printed(BINARY.explain("so good 👎", label="pos"), force_terminal=True, no_color=True)
    assert "48;2" not in plain
    assert " lowers " not in plain


def test_control_characters_do_not_reach_the_terminal():
    shown = printed(BINARY.explain("good\x1b[2J\tfilm\n", label="pos"))
    assert "good\\x1b[2J\\tfilm\\n" in shown
    assert "\x1b" not in shown
