"""Write the table of checks into docs/checks.md, between its marks: `python tools/checks_table.py`."""

from __future__ import annotations

from pathlib import Path

from malmoi.evaluation.checks.table import table_rows

PAGE = Path(__file__).parent.parent / "docs" / "checks.md"
START, END = "<!-- table of checks: tools/checks_table.py -->\n", "<!-- end of the table -->"


def with_table(page: str) -> str:
    """Return the page with the table as the checks have it."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}{chr(10).join(table_rows())}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
