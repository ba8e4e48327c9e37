"""The report page in a browser: `make test-extras`, where Playwright, axe and Chromium are installed."""

import csv
import os
import re
import shutil
import time
from contextlib import contextmanager

import pytest

import report_example
from malmoi.report.page import page

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("needs Chromium: apt-get install chromium, or CHROMIUM=its path", allow_module_level=True)

WIDE, NARROW = 1280, 360
EXAMPLES = ("binary", "many_classes", "several_labels", "hostile", "bare")
SLOWEST_SECONDS = 2.0


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("reports")
    for name in EXAMPLES:
        (made / f"{name}.html").write_text(page(getattr(report_example, name)()), encoding="utf-8")
    korean = page(report_example.binary(korean=True), "ko")
    (made / "korean.html").write_text(korean, encoding="utf-8")
    return made


@pytest.fixture
def opened(browser, folder):
    """Open a report; what its console says and what it asks for fail the test."""

    @contextmanager
    def open_report(name, *, width=WIDE, scheme="light", javascript=True):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        tab, asked, said = context.new_page(), [], []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        url = (folder / f"{name}.html").as_uri()
        tab.goto(url)
        yield tab
        assert {one for one in asked if not one.startswith(("data:,", "blob:"))} == {url}
        assert said == []
        context.close()

    return open_report


def figures_are_drawn(tab):
    boxes = tab.eval_on_selector_all(
        "svg[role=img]",
        "all => all.filter(one => one.checkVisibility()).map(one => {"
        " const box = one.getBoundingClientRect();"
        " const inner = one.getBBox();"
        " return [box.width, box.height, inner.width, inner.height]; })",
    )
    assert boxes
    assert all(min(box) > 10 for box in boxes), boxes
    return len(boxes)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("name", [*EXAMPLES, "korean"])
def test_figures_are_drawn_nothing_overflows_and_axe_finds_no_fault(opened, name, width, scheme):
    with opened(name, width=width, scheme=scheme) as tab:
        figures_are_drawn(tab)
        assert tab.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
        if name == "many_classes" and (width, scheme) != (WIDE, "light"):
            return
        tab.eval_on_selector_all("details", "all => all.slice(0, 6).forEach(one => one.open = true)")
        found = axe_playwright.Axe().run(tab).response["violations"]
        faults = [
            (one["id"], node["target"])
            for one in found
            for node in one["nodes"]
            if one["impact"] in ("serious", "critical")
        ]
        assert faults == []


def test_the_report_of_many_texts_opens_in_two_seconds(browser, folder):
    assert (folder / "many_classes.html").stat().st_size < 2_000_000
    tab = browser.new_page()
    start = time.perf_counter()
    tab.goto((folder / "many_classes.html").as_uri())
    tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert time.perf_counter() - start < SLOWEST_SECONDS
    tab.close()


def test_without_javascript_everything_but_the_controls_is_there(opened):
    with opened("binary", javascript=False) as tab:
        assert figures_are_drawn(tab) > 10
        assert tab.locator("#verdict .sentence").inner_text().startswith("The model has an accuracy of 87.1 %")
        assert tab.locator("button:visible, input:visible, select:visible").count() == 0
        assert tab.locator("#mistake-list > li:visible").count() == 10
        assert "The first 10 of 60 are shown" in tab.locator("#mistakes").inner_text()
        assert tab.locator("#suspects-list > li:visible").count() == 24
        tab.locator("#figure-thresholds summary").click()
        assert tab.locator("#table-thresholds tbody tr:visible").count() == 51


def test_mistakes_are_filtered_and_paged(opened):
    with opened("binary") as tab:
        status, items = tab.locator("#mistake-status"), tab.locator("#mistake-list > li")
        assert status.inner_text() == "1–10 of 60, page 1 of 6"
        first = items.first.inner_text()
        tab.click("#mistake-next")
        assert status.inner_text() == "11–20 of 60, page 2 of 6"
        assert items.first.inner_text() != first
        tab.click("#mistake-previous")
        assert items.first.inner_text() == first
        assert tab.locator("#mistake-previous").is_disabled()
        tab.select_option("#mistake-label", "pos")
        assert set(tab.locator("#mistake-list .labels bdi:first-of-type").all_inner_texts()) == {"pos"}
        tab.fill("#mistake-search", "HUMOUR")
        assert all("humour" in text.lower() for text in items.all_inner_texts())
        tab.fill("#mistake-search", "no such words")
        assert status.inner_text() == "No mistakes match."
        assert items.count() == 0


def test_scripts_draw_what_the_page_had(opened):
    with opened("hostile", javascript=False) as tab:
        before = tab.locator("#mistake-list").inner_html()
    with opened("hostile") as tab:
        after = tab.locator("#mistake-list").inner_html()
        assert tab.locator("img, iframe").count() == 0
    clean = re.compile(r"\s+| data-raw=\"[^\"]*\"")
    assert clean.sub("", before) == clean.sub("", after)


def saved(tab, click):
    with tab.expect_download() as download:
        click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        return download.value.suggested_filename, list(csv.reader(file))


def test_suspected_labels_are_decided_by_keys_and_exported(opened):
    with opened("binary") as tab:
        facts = report_example.binary()
        tab.locator("#suspects-list > li").first.focus()
        for key in ("a", "r", "j", "a", "k", "u", "ArrowDown", "ArrowUp", "r"):
            tab.keyboard.press(key)
        decisions = tab.eval_on_selector_all("#suspects-list > li", "all => all.map(one => one.dataset.decision)")
        assert decisions[:5] == ["accepted", "rejected", "", "rejected", ""]
        assert "3 of 24 decided" in tab.locator("#suspect-status").inner_text()
        name, rows = saved(tab, lambda: tab.click(".decide [data-do=export]"))
        assert name == "decisions.csv"
        assert rows[0] == ["place", "text", "label", "suggestion", "decision"]
        one = facts.suspects.shown[0]
        assert rows[1] == [one.place, one.text, one.label, one.suggestion, "accepted"]
        assert [row[4] for row in rows[1:]] == decisions
        tab.reload()
        kept = tab.eval_on_selector_all("#suspects-list > li", "all => all.map(one => one.dataset.decision)")
        assert kept == decisions


def test_suspected_labels_are_decided_by_buttons(opened):
    with opened("binary") as tab:
        tab.locator("#suspects-list > li").nth(2).click()
        tab.click(".decide [data-do=accept]")
        tab.click(".decide [data-do=reject]")
        tab.click(".decide [data-do=undo]")
        decisions = tab.eval_on_selector_all("#suspects-list > li", "all => all.map(one => one.dataset.decision)")
        assert decisions[:4] == ["", "", "accepted", ""]


def test_exported_texts_are_exact_and_no_formulas(opened):
    with opened("hostile") as tab:
        _, rows = saved(tab, lambda: tab.click(".decide [data-do=export]"))
        names = [name.replace("\ud800", "\ufffd") for name in report_example.HOSTILE]
        assert [row[2] for row in rows[1:]] == [*names[:-1], "'" + names[-1]]
        name, table = saved(tab, lambda: tab.click("[data-table=table-classes]"))
        assert name == "classes.csv"
        assert sorted(row[0] for row in table[1:]) == sorted([*names[:-1], "'" + names[-1]])


def test_numbers_are_exported_exactly(opened):
    with opened("binary") as tab:
        _, rows = saved(tab, lambda: tab.click("[data-table=table-thresholds]"))
        facts = report_example.binary()
        assert rows[0] == ["threshold", "precision", "recall", "F1", "accuracy"]
        assert [float(row[2]) for row in rows[1:]] == [round(one.recall, 6) for one in facts.thresholds]
        texts = tab.eval_on_selector_all(
            "button.csv", "all => all.map(one => csvText(tableRows(byId(one.dataset.table))))"
        )
        assert len(texts) > 10
        for text in texts:
            rows = list(csv.reader(text.splitlines()))
            assert len({len(row) for row in rows}) == 1
            assert len(rows) > 1


def test_the_threshold_is_read_out(opened):
    with opened("binary") as tab:
        slider, told = tab.locator("#threshold"), tab.locator("#threshold-values")
        assert told.inner_text() == "threshold 0.5 · precision 80.8 % · recall 87.5 % · F1 84.0 % · accuracy 87.0 %"
        slider.focus()
        before = tab.locator("#figure-thresholds .wide .cursor").get_attribute("x1")
        tab.keyboard.press("ArrowRight")
        assert told.inner_text().startswith("threshold 0.52 ·")
        assert float(tab.locator("#figure-thresholds .wide .cursor").get_attribute("x1")) > float(before)
        tab.keyboard.press("End")
        assert told.inner_text().startswith("threshold 1 · precision – ·")


def test_the_confusion_matrix_of_many_classes_is_read_by_pointer_and_keys(opened):
    with opened("many_classes") as tab:
        facts = report_example.many_classes()
        counts, labels = facts.evaluation.confusion, [str(one.label) for one in facts.evaluation.classes]
        box = tab.locator("#figure-confusion > .scroll")
        box.focus()
        for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
            tab.keyboard.press(key)
        told = tab.locator("#confusion-readout")
        assert told.inner_text().startswith(f"true {labels[1]}, predicted {labels[1]}: {counts[1, 1]:,} (")
        place = tab.evaluate(
            "() => { const box = document.querySelector('#figure-confusion svg').getBoundingClientRect();"
            " const data = document.getElementById('confusion-readout').dataset;"
            " return [box.x + +data.left + 5.5 * data.cell, box.y + +data.top + 2.5 * data.cell]; }"
        )
        tab.mouse.move(*place)
        assert told.inner_text().startswith(f"true {labels[2]}, predicted {labels[5]}: {counts[2, 5]} (")


def test_tables_are_sorted(opened):
    with opened("many_classes") as tab:
        head = tab.locator("#table-classes thead th").nth(2)
        for order in ("descending", "ascending"):
            head.locator("button").click()
            assert head.get_attribute("aria-sort") == order
            values = tab.eval_on_selector_all(
                "#table-classes tbody tr", "rows => rows.map(row => +row.cells[2].dataset.value)"
            )
            assert values == sorted(values, reverse=order == "descending")


def test_words_are_found(opened):
    with opened("binary") as tab:
        tab.fill("#word-search", "camera")
        hits = tab.locator("#figure-word-map .word.hit text")
        number = sum("camera" in one.word for one in report_example.binary().word_map.words)
        assert hits.count() == number > 2
        assert all(hits.nth(place).is_visible() for place in range(number))
        assert tab.locator("#word-status").inner_text() == f"words found: {number}"


def test_the_theme_is_chosen_and_kept(opened):
    with opened("binary", scheme="dark") as tab:
        background = "getComputedStyle(document.body).backgroundColor"
        dark = tab.evaluate(background)
        tab.click("#theme")
        light = tab.evaluate(background)
        assert (dark, light) == ("rgb(13, 17, 23)", "rgb(255, 255, 255)")
        assert tab.locator("#theme").get_attribute("aria-pressed") == "false"
        tab.click("#theme")
        assert tab.evaluate(background) == dark


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(opened):
    with opened("binary") as tab:
        controls = tab.eval_on_selector_all(
            "a, button, input, select, summary, [tabindex='0']",
            "all => { all.forEach((one, place) => one.dataset.place = place);"
            " return all.filter(one => one.checkVisibility() && !one.disabled).map(one => +one.dataset.place); }",
        )
        reached, hidden = set(), []
        for _ in range(len(controls) + 30):
            tab.keyboard.press("Tab")
            place, outline = tab.evaluate(
                "[document.activeElement.dataset.place ?? -1, getComputedStyle(document.activeElement).outlineStyle]"
            )
            reached.add(int(place))
            if int(place) >= 0 and outline == "none":
                hidden.append(place)
        assert set(controls) <= reached
        assert hidden == []


def test_the_keyboard_alone_pages_and_opens(opened):
    with opened("binary") as tab:
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.activeElement.id") == "main"
        tab.locator("#mistake-next").focus()
        for _ in range(5):
            tab.keyboard.press("Enter")
        assert tab.locator("#mistake-status").inner_text() == "51–60 of 60, page 6 of 6"
        assert tab.evaluate("document.activeElement.id") == "mistake-previous"
        tab.locator("#figure-baseline summary").focus()
        tab.keyboard.press("Enter")
        assert tab.locator("#table-baseline").is_visible()


def test_on_paper_everything_is_light_and_shown(opened):
    with opened("binary", scheme="dark") as tab:
        tab.emulate_media(media="print", color_scheme="dark")
        assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(31, 35, 40)"
        assert tab.locator("button:visible:not(thead *), input:visible, select:visible, nav:visible").count() == 0
        assert tab.locator("#table-thresholds").is_visible()
        tab.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert tab.locator("#mistake-list > li").count() == 60
        tab.evaluate("dispatchEvent(new Event('afterprint'))")
        assert tab.locator("#mistake-list > li").count() == 10
        assert tab.pdf()[:4] == b"%PDF"
