"""The report page, without a browser: what it says, what it escapes, where its figures stand."""

import base64
import csv
import hashlib
import io
import json
import re
import string
import sys
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import report_example
from malmoi.errors import MissingExtraError
from malmoi.evaluation.findings import Finding, FindingKind, Severity
from malmoi.experiments.comparison import Difference
from malmoi.metrics.paired import PairedDifference
from malmoi.metrics.scores import Share
from malmoi.report.facts import Duplicates, Gain, Slice, SlicedColumn, Unavailable
from malmoi.report.page import page
from malmoi.report.page.charts.frame import Axis, share_tick
from malmoi.report.page.charts.heat_map import heat_map, layout_of, levels
from malmoi.report.page.charts.intervals import NAME_WIDTH, WIDE, Row, interval_rows
from malmoi.report.page.charts.scale import Scale, padded
from malmoi.report.page.charts.scatter import PlacedWord, scatter
from malmoi.report.page.charts.svg import place
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.document import SECTIONS
from malmoi.report.page.language import Speech
from malmoi.report.page.missing import MISSING
from malmoi.report.page.sections.baseline import baseline
from malmoi.report.page.sections.label_curve import label_curve
from malmoi.report.page.sections.recipes import recipes
from malmoi.report.page.sections.reproduction import reproduction
from malmoi.report.page.sections.slices import slices
from malmoi.report.page.sections.verdict import verdict
from malmoi.report.page.visible import fit, named, shown, width_of
from malmoi.report.page.words import SECTIONS as TITLES
from malmoi.report.page.words import WORDS
from malmoi.report.unseen import UNSEEN, parts

EXAMPLES = ("binary", "several_labels", "hostile", "bare")
VOID = {"meta", "link", "input", "br", "img"}


@cache
def made(example: str, language: str = "en") -> str:
    return page(getattr(report_example, example)(), language)


class Reader(HTMLParser):
    """Elements with their attributes, and the text of each section."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.sections: dict[str, str] = {}
        self.section = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.section = dict(attrs)["id"]
            self.sections[self.section] = ""

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.section = "" if tag == "section" else self.section

    def handle_data(self, data):
        if self.section:
            self.sections[self.section] += data


@cache
def read(example: str, language: str = "en") -> Reader:
    return Reader(made(example, language))


def told(facts, language="en"):
    view = verdict(Context(facts, Speech(language)))
    return f"{view.sentence} {view.doubts}"


def missing(example, section, language="en"):
    view = SECTIONS[section](Context(example, Speech(language)))
    assert isinstance(view, Missing)
    return view.sentence


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("example", ["binary", "bare"])
def test_sections_have_their_order_titles_and_contents(example, language):
    found = read(example, language)
    assert list(found.sections) == list(SECTIONS) == list(TITLES)
    links = [attributes["href"] for tag, attributes in found.elements if tag == "a"]
    assert [link[1:] for link in links if link[1:] in SECTIONS and link != "#data"] == [
        k for k in SECTIONS if k != "data"
    ]
    for number, key in enumerate(SECTIONS, 1):
        title = TITLES[key][language == "ko"]
        assert " ".join(found.sections[key].split()).startswith(f"{number} {title}")
    assert found.elements[0] == ("html", {"lang": language})
    assert not found.open


@pytest.mark.parametrize("example", EXAMPLES)
def test_headings_are_in_order_and_names_are_unique(example):
    found = read(example)
    levels_found = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert levels_found[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels_found))
    names = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(names) == len(set(names))
    for tag, attributes in found.elements:
        if tag == "svg" and attributes.get("role") == "img":
            assert set(attributes["aria-labelledby"].split()) <= set(names)
        if tag == "th":
            assert attributes["scope"] in ("row", "col", "rowgroup")


@pytest.mark.parametrize("example", EXAMPLES)
def test_nothing_is_asked_of_a_network_and_only_our_script_runs(example):
    text, found = made(example), read(example)
    for _, attributes in found.elements:
        assert not {"src", "srcset", "action", "style"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "#")[:1] == "#" or attributes["href"] == "data:,"
    assert not re.search(r"@import|url\(", re.search("<style>(.*?)</style>", text, re.DOTALL)[1])
    policy = next(a["content"] for t, a in found.elements if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'")
    for name in ("style", "script"):
        content = re.search(f"<{name}>(.*?)</{name}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert [a.get("type") for t, a in found.elements if t == "script"] == ["application/json", None]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_hostile_texts_are_text(language):
    text, found = made("hostile", language), read("hostile", language)
    assert not any(tag in ("img", "iframe") for tag, _ in found.elements)
    assert not UNSEEN.search(text)
    text.encode("utf-8")
    shown_texts = (*report_example.HOSTILE[:3], "abcU+202EdcbaU+2066", "U+001B[31mred", "nulU+0000 {{ 7 * 7 }} U+D800")
    for key in ("mistakes", "suspects", "duplicates", "data", "recipes", "reproduction"):
        for one in shown_texts:
            assert one in found.sections[key], (key, one)
    assert json.loads(json.dumps(report_example.HOSTILE[5])) in [
        json.loads(attributes["data-raw"]) for _, attributes in found.elements if "data-raw" in attributes
    ]
    content = re.search('id="report-data">(.*?)</script>', text, re.DOTALL)[1]
    assert not set("<>&\u2028\u2029") & set(content)


def test_data_of_scripts_holds_all_mistakes():
    facts = report_example.binary()
    data = json.loads(re.search('id="report-data">(.*?)</script>', made("binary"), re.DOTALL)[1])
    assert len(data["mistakes"]) == 60
    runs = data["mistakes"][3][4]
    assert "".join(run for run in runs if isinstance(run, str)) == "".join(
        run.text for run in facts.mistakes.shown[3].runs
    )
    shades = [run.shade for run in facts.mistakes.shown[3].runs if run.shade]
    assert [run / 8 for run in runs if isinstance(run, int)] == shades
    assert made("binary").count('<li><p class="head"><span class="labels"><span class="term">true') == data["pageSize"]


def test_words_have_the_same_fields_in_both_languages():
    for key, (english, korean) in (WORDS | MISSING).items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (english, korean)]
        assert fields[0] == fields[1], key
        assert korean
        assert not re.search("[가-힣]", english), key


def test_korean_pages_have_korean_names():
    facts = report_example.binary()
    model = replace(facts.model, rows=(("n-grams", "n"), ("features", "3"), ("top n-grams: features", "x")))
    seeds, checksums = {"report": 0, "model": 1}, {"training": "a", "measured": "b"}
    made_of = replace(facts.reproduction, seeds=seeds, checksums=checksums)
    view = reproduction(Context(replace(facts, model=model, reproduction=made_of), Speech("ko")))
    names = [str(row[0].shown) for table in view.tables for row in table.rows]
    assert names[:3] == ["n-gram", "특성", "대표 n-gram: features"]
    assert names[-4:] == ["보고서", "모델", "학습", "평가"]
    assert "(유사도: 0.93)" in read("binary", "ko").sections["data"]


def test_korean_pages_have_no_english_sentences():
    found = read("binary", "ko")
    for key in ("verdict", "baseline", "calibration", "thresholds", "suspects", "words"):
        words = re.sub(r"BagClassifier|IMDB|reviews\.csv:\d+|[A-Z][a-z ]+\.", "", found.sections[key])
        assert (
            not re.search(r"\b(the|of|with|is|are|texts|labels)\b", re.sub(r"\b\w*\d\b", "", words)) or key == "words"
        )


def test_sizes_and_the_same_bytes():
    assert len(made("binary").encode()) < 300_000
    assert len(made("many_classes").encode()) < 2_000_000
    assert made("binary") == page(report_example.binary())


@pytest.mark.parametrize(
    ("low", "value", "high", "outcome"),
    [(0.2, 0.3, 0.4, "better"), (-0.1, 0.1, 0.3, "not shown"), (-0.4, -0.3, -0.2, "worse")],
)
def test_the_verdict_is_no_better_than_the_interval(low, value, high, outcome):
    facts = report_example.binary()
    worked_out = replace(facts.evaluation.baseline, difference=PairedDifference(value, low, high, 5000))
    facts = replace(facts, evaluation=replace(facts.evaluation, baseline=worked_out), bag=None)
    clauses = {
        "better": "it is better than the majority-class baseline (50.2 %) by 30.0 points (95 % interval +20.0 to "
        "+40.0).",
        "not shown": "it is not significantly better than the majority-class baseline (50.2 %): the 95 % interval of "
        "the difference, −10.0 to +30.0 points, includes 0.",
        "worse": "it is worse than the majority-class baseline (50.2 %) by 30.0 points (95 % interval of the "
        "difference −40.0 to −20.0).",
    }
    assert [name for name, clause in clauses.items() if clause in told(facts)] == [outcome]
    assert "1 warning may affect this result." in told(facts)
    assert "보다 유의하게 높지 않습니다" in told(facts, "ko") or outcome != "not shown"


def test_the_badge_is_the_worst_of_the_outcomes():
    assert '<div class="verdict unproven">' in made("binary")
    for sign, outcome in ((1, "better"), (-1, "worse")):
        bag = PairedDifference(sign * 0.02, sign * 0.02 - 0.01, sign * 0.02 + 0.01, 5000)
        view = verdict(Context(replace(report_example.binary(), bag=bag), Speech("en")))
        assert view.outcome == outcome
        assert view.badges[0] == ("better", "Better than the majority class")


def test_the_verdict_says_whether_the_texts_are_new_to_the_model():
    facts = report_example.binary()
    assert "5,000 texts, some of which are also in the training data;" in told(facts)
    assert "5,000 texts (it is unknown whether it was trained on them);" in told(replace(facts, data=facts.data[1:]))
    none = Duplicates(across=True, total=0, equal=0, shown=())
    assert "5,000 texts that it was not trained on;" in told(replace(facts, duplicates=none))
    assert "an exact match of 62.0 % on 500 texts" in told(report_example.several_labels())


@pytest.mark.parametrize(
    ("code", "share", "badge", "clause"),
    [
        ("known-texts", None, "May have been trained on these texts", "5,000 texts that it may have been trained on;"),
        ("leak", 1.0, "Trained on these texts", "5,000 texts that it was trained on;"),
        ("leak", 0.4, "40.0 % of the texts are training texts", "40.0 % of which are also in the training data;"),
        ("leak", 0.01, "Better than the majority class", "some of which are also in the training data;"),
    ],
)
def test_no_verdict_is_green_where_the_model_learned_from_the_texts(code, share, badge, clause):
    values = {"kept": 4} if share is None else {"count": 1, "share": share}
    finding = Finding(FindingKind(code, "found", "발견"), Severity.warning, values)
    facts = replace(report_example.binary(), bag=None, findings=(finding,))
    view = verdict(Context(facts, Speech("en")))
    assert [name for _, name in view.badges] == [badge]
    assert clause in view.sentence
    outcome = "better" if share == 0.01 else "doubt"
    assert (view.outcome, view.tiles[1].outcome) == (outcome, outcome)
    assert ("does not estimate performance on new texts" in view.sentence) == (outcome == "doubt")
    assert f'<div class="verdict {outcome}">' in page(facts)
    assert ("새로운 텍스트에 대한 성능을 나타내지 않습니다" in told(facts, "ko")) == (outcome == "doubt")


def test_rounding_does_not_hide_the_sign():
    facts = report_example.binary()
    worked_out = replace(facts.evaluation.baseline, difference=PairedDifference(0.11, 0.0003, 0.216, 200))
    facts = replace(facts, evaluation=replace(facts.evaluation, baseline=worked_out), bag=None)
    assert "by 11.0 points (95 % interval +0.03 to +21.6)" in told(facts)


def test_one_of_something_is_singular():
    facts = report_example.binary()
    one = replace(facts, evaluation=replace(facts.evaluation, unknown_labels={"new": 1}, samples=1))
    one = replace(one, mistakes=replace(facts.mistakes, total=1, shown=facts.mistakes.shown[:1]))
    accuracy = replace(facts.evaluation.scores["accuracy"], samples=1)
    one = replace(one, evaluation=replace(one.evaluation, scores={"accuracy": accuracy}))
    found = Reader(page(replace(one, reproduction=replace(facts.reproduction, threads=1)))).sections
    assert "% on 1 text, some of which" in found["verdict"]
    assert "Of 1 text, 1 has a label unknown to the model (new)" in found["baseline"]
    assert "1 prediction is wrong. The label itself may be wrong." in found["mistakes"]
    assert "with 1 CPU core." in found["reproduction"]


def test_unavailable_sections_say_why_and_how():
    found = read("bare")
    assert "add --training FILE" in found.sections["suspects"]
    assert "needs the training data; add --training FILE" in found.sections["baseline"]
    assert "is itself a bag of n-grams, so it was not compared with one." in read("several_labels").sections["baseline"]
    assert "The checks have no findings." in found.sections["data"]
    failed = Unavailable("not-trained", {"error": "no <b> {labels}"})
    sentence = missing(replace(report_example.bare(), label_curve=failed), "label-curve")
    assert sentence == "The models of the learning curve could not be trained: no <b> {labels}."
    unknown = replace(report_example.bare(), slices=Unavailable("of-tomorrow"))
    assert missing(unknown, "slices").startswith("This section is not available for this model")
    for reason in ("no-epochs", "several-labels", "too-few", "not-two-classes", "no-comparison", "no-words"):
        facts = report_example.bare(reason)
        assert missing(facts, "mistakes", "ko") == MISSING[reason][1]
        assert missing(facts, "slices") == MISSING.get(f"slices/{reason}", MISSING[reason])[0]


def test_the_fitted_curve_and_the_comparison_are_drawn_apart():
    facts = report_example.binary()
    fitted, compared = label_curve(Context(facts, Speech("en"))).figures
    assert {str(row[0].shown) for row in fitted.table.rows} == {
        "bag, on subsets of the training data",
        "fitted curve: bag, on subsets of the training data",
    }
    recipes = ["majority class", "bag", "few-labels", "conv", "conv + vectors"]
    assert list(dict.fromkeys(str(row[0].shown) for row in compared.table.rows)) == recipes
    assert "power law" in fitted.texts[0]
    assert fitted.texts[2].startswith("This experiment is separate from the comparison of recipes")
    assert compared.texts == ("Error bars are 95 % intervals.", "From the comparison of recipes.")
    same = replace(facts, label_curve=replace(facts.label_curve, source="comparison"))
    (together,) = label_curve(Context(same, Speech("en"))).figures
    assert [key.name for key in together.keys].count("bag") == 1
    few = replace(facts.label_curve, fitted=tuple((n, 0.6, 0.5, 0.7) for n in (2.0, 2.3, 2.7, 3.0, 3.3, 4.0)))
    rows = label_curve(Context(replace(facts, label_curve=few), Speech("en"))).figures[0].table.rows
    assert [row[1].shown for row in rows if "fitted" in row[0].shown] == ["2", "3", "4"]


def test_slices_of_a_column_have_its_own_numbers():
    ends = ((0.0, 0.2513), (0.2574, 0.5), (0.51, 1.0))
    parts = tuple(Slice("", one, Share(90, 100)) for one in ends)
    facts = replace(report_example.binary(), slices=(SlicedColumn("score", parts),))
    (figure,) = slices(Context(facts, Speech("en"))).figures
    assert [row[0].shown for row in figure.table.rows] == ["0 to 0.25", "0.26 to 0.5", "0.51 to 1"]
    assert "1,200–1,599 characters" in read("binary").sections["slices"]
    assert "유의한 차이 없음" in Reader(page(facts, "ko")).sections["slices"]


def test_the_mark_of_a_recipe_follows_the_corrected_test():
    facts = report_example.binary()
    point = facts.comparison.points[1]
    unsure = replace(point, difference=Difference("bag", 0.03, 0.01, 0.05, 0.02, 0.2))
    sure = replace(point, difference=Difference("bag", -0.03, -0.05, -0.01, 0.001, 0.003))
    view = recipes(Context(replace(facts, comparison=replace(facts.comparison, points=(unsure, sure))), Speech("en")))
    assert [row.outcome for row in view.groups[0].rows] == ["same", "worse"]
    assert "Intervals are not corrected for multiple comparisons" in view.text
    assert "유의한 차이 없음" in read("binary", "ko").sections["recipes"]


def test_differences_are_in_points_whatever_their_sign():
    rows = numbers_of(made("binary"), "difference")[1:]
    shown_cells = re.search('<table id="table-difference".*?</table>', made("binary"), re.DOTALL)[0]
    assert "%" not in re.sub("<[^>]+>", "", shown_cells)
    assert [float(one) for one in rows[1][1:]] == [1.1, -0.4, 2.6]
    assert "The intervals are paired" in made("binary")


def test_names_are_in_one_line_and_cut():
    long, broken = "long " * 180, "a\tb\nc"
    facts = report_example.binary()
    evaluation = report_example.evaluation_of(np.array([[20, 3], [4, 30]]), (long, broken))
    counts = {long: 23, broken: 34}
    mistake = replace(facts.mistakes.shown[0], label=broken, prediction=long)
    text = page(
        replace(
            facts,
            evaluation=evaluation,
            positive=broken,
            data=(report_example.corpus("measured", 57, counts),),
            mistakes=replace(facts.mistakes, shown=(mistake,)),
            slices=(SlicedColumn("class", (Slice(broken, None, Share(30, 34)), Slice(long, None, Share(20, 23)))),),
        )
    )
    boxed = 'a<span class="unseen">U+0009</span>b<span class="unseen">U+000A</span>c'
    assert text.count(boxed) > 10
    assert broken not in re.sub("<[^>]+>", "", text)
    assert max(len(one) for one in re.findall(r"(?:long ){8,}", re.sub(r'(title|data-raw)="[^"]*"', "", text))) <= 60
    assert json.dumps(long) in (
        json.loads(json.dumps(attributes["data-raw"]))
        for _, attributes in Reader(text).elements
        if "data-raw" in attributes
    )
    assert named("short") == "short"


def test_texts_without_letters_and_percent_signs_have_one_spelling():
    kind = FindingKind("shift", '{share:.1%} of “x”, not "50%"', "{share:.1%} 이동")
    facts = replace(report_example.binary(), findings=(Finding(kind, Severity.note, {"share": 0.5}),))
    found = Reader(page(facts)).sections["data"]
    assert "Latin 4,997, Hangul 2, no letters 1" in found
    assert '50.0 % of “x”, not "50%"' in found
    assert "글자 없음 1" in read("binary", "ko").sections["data"]


def test_pages_of_several_labels_say_exact_match():
    found = read("several_labels").sections
    for key in ("slices", "label-curve", "recipes"):
        assert "xact match" in found[key]
        assert not re.search("accuracy|majority", found[key], re.IGNORECASE), key
    assert "most frequent set" in found["recipes"]
    facts = report_example.several_labels()
    empty = replace(facts.evaluation, baseline=replace(facts.evaluation.baseline, label=()))
    view = baseline(Context(replace(facts, evaluation=empty), Speech("en")))
    assert view.figures[0].texts[0].startswith("Most frequent set: always predicts “no label”.")


def test_gains_that_are_not_shown_are_called_so():
    facts = report_example.binary()
    sections = read("binary").sections
    assert sections["label-curve"].count("no significant gain") == 1
    sure = replace(facts.label_curve, gains=(Gain(200, 200, 0.02, 0.01, 0.03),))
    assert not label_curve(Context(replace(facts, label_curve=sure), Speech("en"))).gains[0].doubt
    unfitted = replace(facts, label_curve=replace(sure, gains=(), fitted=()))
    assert label_curve(Context(unfitted, Speech("en"))).unfitted.startswith("No curve could be fitted")


def test_recipes_that_failed_say_why():
    row = re.search(
        r'<th scope="row">conv</th>\s*<td colspan="6" class="failure">.*?</td>',
        made("binary"),
        re.DOTALL,
    )
    assert "failed: " in row[0]
    assert "draw 3: out of memory" in row[0]


def numbers_of(text: str, name: str) -> list[list[str]]:
    table = re.search(f'<table id="table-{name}".*?</table>', text, re.DOTALL)[0]
    rows = re.findall("<tr>(.*?)</tr>", table, re.DOTALL)
    cells = [re.findall(r"<t[hd]([^>]*)>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [
        [(re.search('data-value="([^"]*)"', a) or ["", re.sub("<[^>]+>", "", b)])[1] for a, b in row] for row in cells
    ]


def test_numbers_behind_the_figures_are_exact():
    facts = report_example.binary()
    rows = numbers_of(made("binary"), "thresholds")[1:]
    assert [float(row[2]) for row in rows] == [round(one.recall, 6) for one in facts.thresholds]
    assert rows[-1][1] == "–"
    matrix = numbers_of(made("binary"), "confusion")[1:]
    assert [[int(cell) for cell in row[1:]] for row in matrix] == facts.evaluation.confusion.tolist()
    many = numbers_of(made("many_classes"), "confusion")[1:]
    assert [
        int(cell) for row in many for cell in row[1:]
    ] == report_example.many_classes().evaluation.confusion.ravel().tolist()
    calibration = numbers_of(made("binary"), "calibration")[1:]
    assert [int(row[4]) for row in calibration] == [one.accuracy.samples for one in facts.evaluation.calibration.bins]
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    assert len(buffer.getvalue().splitlines()) == len(facts.thresholds)


def test_intervals_are_drawn_where_the_numbers_are():
    rows = [Row("a", 0.5, 0.4, 0.6, "50 %"), Row("b", 0.9, 0.85, 1.0, "90 %", 1)]
    drawn, bottom = interval_rows(WIDE, 2, Axis("share", 0.0, 1.0, share_tick), rows)
    end = WIDE - width_of("50 %") * 12 - 8
    scale = Scale(0.0, 1.0, NAME_WIDTH, end)
    boxes = re.findall(r'<rect class="interval" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)
    for (x, width), row in zip(boxes, rows, strict=True):
        assert float(x) == pytest.approx(scale(row.low), abs=0.06)
        assert float(x) + float(width) == pytest.approx(scale(row.high), abs=0.11)
    marks = re.findall(r'<use href="#mark-(\d)" x="([\d.]+)"', drawn)
    assert [(int(number), float(x)) for number, x in marks] == [
        (0, pytest.approx(scale(0.5), abs=0.06)),
        (1, pytest.approx(scale(0.9), abs=0.06)),
    ]
    assert bottom > 66


def test_a_heat_map_draws_cells_that_hold_something():
    counts = np.array([[90, 10, 0], [0, 5, 5], [0, 0, 0]])
    layout = layout_of(["a", "b", "c"], 560.0)
    drawn, _ = heat_map(["a", "b", "c"], counts, layout, ("true", "predicted"))
    assert sum(data.count("M") for data in re.findall(r'<path class="cell [^"]+" d="([^"]+)"', drawn)) == 4
    assert levels(counts).tolist() == [[8, 1, 0], [0, 4, 4], [0, 0, 0]]
    assert f"M{layout.left:.5g} {layout.top:.5g}" in drawn
    assert ">90</text>" in drawn


def test_names_of_words_do_not_lie_over_each_other():
    random = np.random.default_rng(3)
    words = [PlacedWord(f"word{n}", *random.random(2).tolist(), 0) for n in range(150)]
    drawn = scatter((680.0, 540.0), words)
    found = re.findall(r'<text class="(\w+)" x="([\d.]+)" y="([\d.]+)">([^<]+)</text>', drawn)
    boxes = []
    for kind, x, y, name in found:
        width = width_of(name) * 11
        left = float(x) - width if kind == "end" else float(x)
        if kind in ("end", "beside"):
            boxes.append((left, float(y) - 9, left + width, float(y) + 3))
    assert 50 < len(boxes) < 150
    for place_of, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[:place_of]:
            assert (
                left >= other[2] - 0.2 or other[0] >= right - 0.2 or top >= other[3] - 0.2 or other[1] >= bottom - 0.2
            )


@settings(max_examples=60)
@given(st.floats(0, 1), st.floats(0, 1), st.integers(2, 8))
def test_ticks_are_within_the_scale_and_evenly_spaced(one, other, most):
    low, high = padded([one, other], 0.0, 1.0)
    scale = Scale(low, high, 10.0, 200.0)
    ticks = scale.ticks(most)
    assert len(ticks) <= 1.25 * most + 1
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)
    assert np.allclose(np.diff(ticks), scale.step(most))
    assert 10.0 <= scale(one) <= 200.0


@settings(max_examples=60)
@given(st.text(max_size=30) | st.text("<&>\"'\x00\x1b\r\n\u202e\ud800a", max_size=10))
def test_any_text_is_shown_whole_and_safe(text):
    found = shown(text)
    assert not UNSEEN.search(found)
    assert not set("<>") & set(re.sub(r"</?(bdi|span)[^>]*>", "", found))
    raw = re.search('data-raw="([^"]*)"', found)
    if raw:
        assert (
            json.loads(
                raw[1]
                .replace("&quot;", '"')
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&#x27;", "'")
                .replace("&amp;", "&")
            )
            == text
        )
    else:
        assert "".join(parts(text)) == text
    assert width_of(fit(text, 60.0, 12.0)) * 12 <= 60.0 + 1e-9


def test_coordinates_are_short():
    assert [place(value) for value in (1.0, 1.25, -0.01, -3.0)] == ["1", "1.2", "0", "-3"]


def test_bad_input_is_refused(monkeypatch):
    facts = report_example.bare()
    with pytest.raises(ValueError, match="language must be 'en' or 'ko', got 'fr'"):
        page(facts, "fr")
    numbers = replace(facts, evaluation=replace(facts.evaluation, baseline=None, task="regression"))
    with pytest.raises(ValueError, match=r"facts\.evaluation must be of a classifier, got task regression"):
        page(numbers)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=re.escape("the report needs jinja2; pip install 'malmoi[report]'")):
        page(facts)
