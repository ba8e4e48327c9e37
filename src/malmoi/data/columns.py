"""Usual names of the columns of texts and of labels, in English and Korean."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["BETWEEN_TEXTS", "LABEL_COLUMNS", "TEXT_COLUMNS", "usual_columns"]

TEXT_COLUMNS = (
    *("text", "review", "document", "sentence", "comment", "content", "message", "body", "description"),
    *("comment text", "review text", "review body", "tweet", "utterance", "question"),
    *("리뷰", "본문", "내용", "댓글", "문장", "텍스트", "리뷰 내용", "title", "제목"),
)
"""Usual names of the column of texts, the best first."""
LABEL_COLUMNS = (
    *("label", "class", "category", "sentiment", "target", "y", "labels", "intent", "topic"),
    *("라벨", "레이블", "분류", "감정", "감성", "평가", "카테고리", "주제"),
)
"""Usual names of the column of labels, the best first."""
BETWEEN_TEXTS = "\n"
"""What stands between the texts of several columns."""


def usual_columns(names: Sequence[str], usual: Sequence[str]) -> list[str]:
    """Return those of a table's names that are usual, the best first, whatever their case.

    Example:
        >>> usual_columns(["id", "Title", "Review_Text"], TEXT_COLUMNS)
        ['Review_Text', 'Title']
    """
    spelt = {_plain(name): name for name in reversed(names)}
    return [spelt[name] for name in usual if name in spelt]


def _plain(name: str) -> str:
    """A name without case and with spaces for underscores."""
    return " ".join(unicodedata.normalize("NFC", name).replace("_", " ").replace("-", " ").casefold().split())
