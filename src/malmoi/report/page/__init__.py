"""The report as one self-contained HTML page."""

from malmoi.report.page.document import page

__all__ = ["page"]
