"""Usual names of text and label columns, in English and Korean."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["BETWEEN_TEXTS", "LABEL_COLUMNS", "TEXT_COLUMNS", "usual_columns"]

TEXT_COLUMNS = (
    *("text", "review", "document", "sentence", "comment", "content", "message", "body", "description"),
    *("comment text", "review text", "review body", "tweet", "utterance", "question"),
    *("리뷰", "본문", "내용", "댓글", "문장", "텍스트", "리뷰 내용", "title", "제목"),
)
"""Usual names of the text column, most likely first."""
LABEL_COLUMNS = (
    *("label", "class", "category", "sentiment", "target", "y", "labels", "intent", "topic"),
    *("라벨", "레이블", "분류", "감정", "감성", "평가", "카테고리", "주제"),
)
"""Usual names of the label column, most likely first."""
BETWEEN_TEXTS = "\n"
"""Separator between the texts of several columns."""


def usual_columns(names: Sequence[str], usual: Sequence[str]) -> list[str]:
    """Return the column names that are among the usual ones, most likely first, ignoring case.

    Example:
        >>> usual_columns(["id", "Title", "Review_Text"], TEXT_COLUMNS)
        ['Review_Text', 'Title']
    """
    spelt = {_plain(name): name for name in reversed(names)}
    return [spelt[name] for name in usual if name in spelt]


def _plain(name: str) -> str:
    """Return a case-folded name with spaces instead of underscores and hyphens."""
    return " ".join(unicodedata.normalize("NFC", name).replace("_", " ").replace("-", " ").casefold().split())
