"""The model card: the Hub's metadata and sections, from the facts alone; data never becomes markup."""

import re
from dataclasses import replace

import pytest
import yaml
from hypothesis import given, strategies
from markdown_it import MarkdownIt

import malmoi as mm
from malmoi.evaluation.checks import known_texts
from malmoi.evaluation.checks.shared_texts import LEAK
from malmoi.evaluation.findings import Finding, Severity
from malmoi.metrics.scores import Share
from malmoi.models.history import EpochRow, History
from malmoi.report.card import model_card
from malmoi.report.card_text import code, in_markdown, in_python, in_yaml, spaced, table, visible
from malmoi.report.card_words import WORDS
from malmoi.report.facts import Slice, SlicedColumn, Unavailable
from malmoi.report.gathering import gather
from report_data import bag, reviews

HOSTILE = (
    "<script>alert(1)</script>",
    "---",
    "`x` | *y* _z_ [a](javascript:b) ![i](u) # $1$",
    "line\nbreak\r\n\t| --- |",
    "\u202eevil\u200b\x1b[31m",
    "</style><!-- -->&amp;",
    "www.evil.com https://evil.com :tada:",
)
SECTIONS = (
    "# Model Card for m.malmoi",
    "## Model Details",
    "### Model Description",
    "### Model Sources",
    "## Uses",
    "### Direct Use",
    "### Out-of-Scope Use",
    "## Bias, Risks, and Limitations",
    "### Recommendations",
    "## How to Get Started with the Model",
    "## Training Details",
    "### Training Data",
    "### Training Procedure",
    "## Evaluation",
    "### Testing Data, Factors & Metrics",
    "### Results",
    "## Environmental Impact",
    "## Technical Specifications",
    "## Citation",
    "## Model Card Contact",
)
NAMED = {"name": "m.malmoi", "measured_name": "test.csv", "command": "malmoi report m.malmoi 'a b.csv'"}


@pytest.fixture(scope="module")
def facts():
    training, measured = reviews(120), reviews(80, seed=1)
    return gather(
        bag(training),
        measured,
        training=training,
        training_name="train.csv",
        created="2026-11-27",
        size_bytes=9,
        **NAMED,
    )


def metadata_of(card):
    assert card.startswith("---\n")
    return yaml.safe_load(card.split("\n---\n")[0])


def test_the_metadata_is_that_of_the_hub(facts):
    found = metadata_of(model_card(facts))
    assert found["library_name"] == "malmoi"
    assert found["pipeline_tag"] == "text-classification"
    assert {"text-classification", "binary"} <= set(found["tags"])
    assert {"accuracy", "f1"} <= set(found["metrics"])
    assert "license" not in found
    assert "datasets" not in found
    assert "language" not in found  # Latin letters
    result = found["model-index"][0]["results"][0]
    assert found["model-index"][0]["name"] == "m.malmoi"
    assert result["task"] == {"type": "text-classification", "name": "Text classification"}
    assert result["dataset"] == {"type": "test.csv", "name": "test.csv"}
    accuracy = facts.evaluation.scores["accuracy"].value
    assert result["metrics"][0] == {"type": "accuracy", "value": pytest.approx(accuracy, abs=1e-4), "name": "Accuracy"}


def test_the_sections_are_those_of_hugging_face_in_their_order(facts):
    lines = model_card(facts).splitlines()
    places = [lines.index(section) for section in SECTIONS]
    assert places == sorted(places)


def test_the_card_tells_the_facts(facts):
    card = model_card(facts)
    accuracy = facts.evaluation.scores["accuracy"]
    value, low, high = (f"{100 * share:.1f} %" for share in (accuracy.value, accuracy.low, accuracy.high))
    assert f"Accuracy {value} (95 % interval {low} to {high}) on 80 texts" in card
    assert not re.search(r"\d%", card)  # one spelling of percent
    assert "| C | 1.0 |" in card
    assert "- **Labelled training texts:** 120" in card
    assert "- **File size:** 9 bytes" in card
    assert f"`{facts.data[0].checksum}`" in card
    assert "<code>malmoi report m.malmoi 'a b.csv'</code>" in card
    assert "suspected-labels:" in card
    assert "from 200 labels in addition to 120:" in card
    bounds = next(one for one in facts.slices if one.kind == "length").slices[0].bounds
    assert f"| {bounds[0]:.0f} – {bounds[1]:.0f} |" in card


def test_what_is_not_known_is_said(facts):
    card = model_card(replace(facts, data=facts.data[1:], slices=Unavailable("too-few")))
    assert "The training data was not given when this card was created." in card
    assert "No slice has enough texts." in card
    for line in ("**Developed by:** not given", "**License:** not given", "**Carbon emitted:** unknown"):
        assert line in card
    assert "**Training time:** unknown" in card
    assert re.search(r"## Citation\n\nnot given\n", card)


def test_seconds_are_told_where_they_are_known(facts):
    histories = {"conv": History([EpochRow(0.5, 0.9, seconds=61.0), EpochRow(0.4, 0.9, seconds=60.0)])}
    card = model_card(replace(facts, histories=histories))
    assert "**Training time:** 121 seconds" in card
    assert "**Epochs:** conv: 2" in card


def test_slices_that_are_clearly_lower_are_a_limitation(facts):
    column = facts.slices[0]
    marked = replace(column.slices[0], difference=-1)
    card = model_card(replace(facts, slices=(SlicedColumn("a|b", (marked, *column.slices[1:])),)))
    assert "- Accuracy significantly below that of all other texts: a\\|b " in card
    assert re.search(r"\| lower \|\n", card)


def test_korean_cards_are_korean(facts):
    card = model_card(facts, "ko")
    assert "## 모델 정보" in card
    assert "정확도" in card
    assert metadata_of(card)["library_name"] == "malmoi"
    prose = [line for line in card.splitlines() if line.startswith("## ")]
    assert all(re.search("[가-힣]", line) for line in prose)


def test_the_language_is_given_for_korean_texts_alone(facts):
    korean = tuple(replace(data, scripts={"Hangul": 80}) for data in facts.data)
    card = model_card(replace(facts, data=korean))
    assert metadata_of(card)["language"] == ["ko"]
    assert "- **Language(s):** ko" in card


def test_korean_cards_have_no_english_sentence(facts):
    evaluation = replace(facts.evaluation, unknown_labels={"중립": 7})
    card = model_card(replace(facts, evaluation=evaluation), "ko")
    assert "텍스트 80개 중 7개의 라벨은 모델에 없는 라벨('중립')이므로 오답으로 계산합니다." in card
    assert "- **태스크:** 이진 분류\n" in card
    assert "| 균형 정확도 |" in card
    assert "- **특성:**" in card
    assert "- **문자 체계:** 라틴 문자 (80)" in card
    sentences = [line for line in card.split("\n---\n")[1].splitlines() if re.search(r"([a-z]+ ){4}", line)]
    assert [line for line in sentences if "weak" not in line and "top" not in line and "n-grams" not in line] == []


@pytest.mark.parametrize(
    ("findings", "sentence"),
    [
        ([(known_texts.KIND, {"kept": 4})], "The model may have been evaluated on its training texts, so"),
        ([(LEAK, {"count": 80, "share": 1.0})], "The model was evaluated on its training texts, so"),
        ([(LEAK, {"count": 20, "share": 0.25})], "25.0 % of the test texts are also in the training data, so"),
        ([(LEAK, {"count": 4, "share": 0.05})], ""),
        ([], ""),
    ],
    ids=["known", "all", "many", "few", "none"],
)
def test_scores_on_texts_of_the_training_are_no_metadata(facts, findings, sentence):
    found = tuple(Finding(kind, Severity.warning, values) for kind, values in findings)
    card = model_card(replace(facts, findings=found))
    front = metadata_of(card)
    assert ("model-index" in front, "metrics" in front) == (not sentence, not sentence)
    assert card.count(sentence or "left out of the metadata") == (
        4 if sentence else 0
    )  # on top, in uses, results and summary
    assert ("its scores apply to similar texts" in card) == (not sentence)


def test_cards_of_several_labels_are_of_exact_matches():
    texts, labels = ["good film", "bad film"] * 12, [["pos", "film"], ["neg", "film"]] * 12
    measured = mm.Corpus(texts, labels)
    found = gather(bag(measured), measured, created="2026-11-27", columns={"shop": ["a"] * 24}, **NAMED)
    found = replace(found, findings=())
    card = model_card(found)
    assert "\nExact match 100.0 % (95 %" in card
    assert "Exact match by slices" in card
    assert "accuracy" not in card.split("\n---\n")[1].lower()
    assert "완전 일치율 100.0 %" in model_card(found, "ko")


def test_long_names_are_shown_whole_once_and_close_numbers_apart(facts):
    name = "x" * 900
    long = replace(facts.evaluation.classes[0], label=name)
    evaluation = replace(facts.evaluation, classes=(long, *facts.evaluation.classes[1:]))
    data = replace(facts.data[1], class_counts={name: 80}, scripts={"no": 80})
    numbers = [(0.1234561, 0.1234562), (0.1234563, 0.1234564)]
    column = SlicedColumn("price", tuple(Slice("", ends, Share(1, 20)) for ends in numbers))
    model = replace(facts.model, classes=(name,))
    card = model_card(replace(facts, evaluation=evaluation, data=(data,), slices=(column,), model=model))
    assert card.count(name) == 1
    assert card.count(f"{'x' * 59}…") == 2
    assert "no letters (80)" in card
    assert "| 0.1234561 – 0.1234562 |" in card
    assert "| 0.1234563 – 0.1234564 |" in card


def test_words_have_the_same_fields_in_both_languages():
    for name, (english, korean) in WORDS.items():
        fields = [set(re.findall(r"{(\w+)", words)) for words in (english, korean)]
        assert fields[0] == fields[1], name


@pytest.fixture(scope="module")
def hostile_facts():
    """Classes, values and names of columns that hold markup; each in 20 texts; of a model that has not seen them."""
    names = [name for name in HOSTILE for _ in range(20)]
    corpus = mm.Corpus([f"word{number // 20} film {number}" for number in range(len(names))], names)
    found = gather(bag(corpus), corpus, created="2026-11-27", columns=dict.fromkeys(HOSTILE, names), **NAMED)
    return replace(found, findings=tuple(one for one in found.findings if one.code != "known-texts"))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_names_of_the_data_are_text(hostile, hostile_facts):
    facts = replace(
        hostile_facts,
        title=hostile,
        model=replace(hostile_facts.model, name=hostile),
        reproduction=replace(hostile_facts.reproduction, command=f"malmoi report {hostile}"),
    )
    for language in ("en", "ko"):
        card = model_card(facts, language)
        assert not re.search(r"<(?!/?code>)", card)
        assert all(one.isprintable() or one == "\n" for one in card)
        front = metadata_of(card)
        assert front["model-index"][0]["name"] == visible(hostile)
        assert len(re.findall(r"^---$", card, re.MULTILINE)) == 2
        for lines in re.findall(r"(?:^\|.*\|\n)+", card, re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in lines.splitlines()}) == 1
        kinds = markup_of(card.split("\n---\n", 1)[1])
        assert kinds & {"html_block", "link_open", "image", "em_open", "s_open", "blockquote_open", "hr"} == set()


def markup_of(text):
    """Kinds of the markup that a renderer of Markdown finds; of HTML only code is ours."""
    kinds = set()
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        kinds |= {token.type}
        for inner in token.children or ():
            kinds |= {inner.type} - {"html_inline"}
            assert inner.type != "html_inline" or inner.content in ("<code>", "</code>")
    return kinds


@pytest.mark.parametrize("hostile", HOSTILE)
def test_escaped_text_is_read_as_it_is(hostile):
    assert yaml.safe_load(in_yaml(hostile)) == visible(hostile)
    assert eval(in_python(hostile)) == hostile
    assert not set(in_python(hostile)) & set("<>&`\n")
    assert "\n" not in in_markdown(hostile)
    unescaped = re.sub(r"\\(.)", r"\1", in_markdown(hostile))
    for entity, character in {"&lt;": "<", "&gt;": ">", "&amp;": "&"}.items():
        unescaped = unescaped.replace(entity, character)
    assert unescaped == visible(hostile).replace("\\\\", "\\") or "\\" in visible(hostile)


@given(strategies.text(strategies.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_is_rendered_as_it_is(text):
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(f"- **n:** a{in_markdown(text)}a")
    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 1
    assert {child.type for child in inline[0].children} <= {"text", "strong_open", "strong_close"}
    assert "".join(child.content for child in inline[0].children) == f"n: a{visible(text)}a"


def test_links_and_code_are_text():
    assert in_markdown("https://evil.com www.evil.com") == "https\\://evil.com www\\.evil.com"
    assert code("a <b>") == "<code>a &lt;b&gt;</code>"
    assert table(["a"], []) == []
    assert table(["a", "b"], [("1", "2")]) == ["| a | b |", "| --- | --- |", "| 1 | 2 |", ""]
    assert visible("x" * 300, 10) == "xxxxxxxxx…"
    assert spaced("1.5% or '1.5%' or 5%가") == "1.5 % or '1.5%' or 5 %가"
