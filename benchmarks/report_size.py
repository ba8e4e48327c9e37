"""A report of many texts and classes: seconds to gather it, bytes of the page, seconds until Chromium shows it.

    python benchmarks/report_size.py [--texts 100000] [--classes 77]

Texts are generated: words of their class, of others, common words. Chromium is asked where Playwright is installed.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

import malmoi as mm
from malmoi.report.gathering import gather
from malmoi.report.page import page


def corpus(random: np.random.Generator, texts: int, classes: int) -> mm.Corpus:
    codes = random.integers(classes, size=texts)
    wrong = np.where(random.random(texts) < 0.25, random.integers(classes, size=texts), codes)
    made = []
    for number, code in enumerate(wrong.tolist()):
        own = [f"topic{code}word{word}" for word in random.integers(30, size=3).tolist()]
        common = [f"common{word}" for word in random.integers(400, size=9).tolist()]
        made.append(" ".join([*own, *common, f"number{number}"]))
    return mm.Corpus(made, [f"class {code:02}" for code in codes.tolist()])


def opened_in(path: Path) -> float | None:
    """Seconds until Chromium has loaded the page and drawn it; the median of three."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        taken = []
        for _ in range(3):
            shown = browser.new_page()
            start = time.perf_counter()
            shown.goto(path.as_uri(), wait_until="load")
            shown.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            taken.append(time.perf_counter() - start)
        browser.close()
    return sorted(taken)[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--classes", type=int, default=77)
    options = parser.parse_args()
    random = np.random.default_rng(0)
    training = corpus(random, 20_000, options.classes)
    measured = corpus(random, options.texts, options.classes)
    model = mm.BagClassifier().fit(training.texts, training.labels)
    start = time.perf_counter()
    facts = gather(
        model.fitted,
        measured,
        name="bag",
        measured_name="generated",
        command="benchmarks/report_size.py",
        training=training,
    )
    gathered = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(page(facts), encoding="utf-8")
        size, seconds = path.stat().st_size, opened_in(path)
    shown = "Playwright is not installed" if seconds is None else f"{seconds:.2f} s"
    sizes = f"{options.texts:,} texts, {options.classes} classes"
    print(f"{sizes}: gathered in {gathered:.0f} s, {size:,} bytes, opens in {shown}")


if __name__ == "__main__":
    main()
