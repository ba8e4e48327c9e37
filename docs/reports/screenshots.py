"""Pictures of the example reports; needs Playwright for Python, and Chromium on the path."""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
PICTURES = [
    ("imdb-200.html", "imdb-200.png", 1180, 880, "light"),
    ("nsmc.html", "nsmc.png", 1180, 880, "dark"),
    ("nsmc.html", "nsmc-phone.png", 390, 844, "light"),
]


def main() -> None:
    """Write them beside the reports."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for page_name, picture, width, height, scheme in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto((HERE / page_name).as_uri())
            page.screenshot(path=HERE / picture)
        browser.close()


if __name__ == "__main__":
    main()
