"""The table of checks, in the order of their findings."""

from __future__ import annotations

from malmoi.evaluation.checks.bag_baseline import BAG_BASELINE
from malmoi.evaluation.checks.base import Check
from malmoi.evaluation.checks.class_balance import CLASS_BALANCE
from malmoi.evaluation.checks.class_shift import CLASS_SHIFT
from malmoi.evaluation.checks.conflicting_labels import CONFLICTING_LABELS
from malmoi.evaluation.checks.duplicates import DUPLICATES
from malmoi.evaluation.checks.known_texts import KNOWN_TEXTS
from malmoi.evaluation.checks.label_values import LABEL_VALUES
from malmoi.evaluation.checks.leaked_marks import LEAKED_MARKS
from malmoi.evaluation.checks.leaked_ngrams import LEAKED_NGRAMS
from malmoi.evaluation.checks.length_shift import LENGTH_SHIFT
from malmoi.evaluation.checks.majority_class import MAJORITY_CLASS
from malmoi.evaluation.checks.markup import MARKUP
from malmoi.evaluation.checks.miscalibration import MISCALIBRATION
from malmoi.evaluation.checks.mojibake import MOJIBAKE
from malmoi.evaluation.checks.never_predicted import NEVER_PREDICTED
from malmoi.evaluation.checks.other_language import OTHER_LANGUAGE
from malmoi.evaluation.checks.overfitting import OVERFITTING
from malmoi.evaluation.checks.shared_groups import SHARED_GROUPS
from malmoi.evaluation.checks.shared_texts import SHARED_TEXTS
from malmoi.evaluation.checks.shift import SHIFT
from malmoi.evaluation.checks.small_validation import SMALL_VALIDATION
from malmoi.evaluation.checks.suspected_labels import SUSPECTED_LABELS
from malmoi.evaluation.checks.text_lengths import TEXT_LENGTHS
from malmoi.evaluation.checks.token_coverage import TOKEN_COVERAGE
from malmoi.evaluation.checks.truncation import TRUNCATION
from malmoi.evaluation.checks.unknown_tokens import UNKNOWN_TOKENS
from malmoi.evaluation.checks.unlike_unlabelled import UNLIKE_UNLABELLED
from malmoi.evaluation.checks.unreadable_rows import UNREADABLE_ROWS
from malmoi.evaluation.checks.unseen_words import UNSEEN_WORDS
from malmoi.evaluation.checks.vector_coverage import VECTOR_COVERAGE

__all__ = ["CHECKS", "CODES", "table_rows"]

CHECKS: tuple[Check, ...] = (
    # the result
    MAJORITY_CLASS,
    BAG_BASELINE,
    OVERFITTING,
    SMALL_VALIDATION,
    MISCALIBRATION,
    NEVER_PREDICTED,
    SHIFT,
    LENGTH_SHIFT,
    CLASS_SHIFT,
    UNSEEN_WORDS,
    # leaks
    KNOWN_TEXTS,
    SHARED_TEXTS,
    SHARED_GROUPS,
    LEAKED_NGRAMS,
    LEAKED_MARKS,
    # labels
    LABEL_VALUES,
    CLASS_BALANCE,
    CONFLICTING_LABELS,
    SUSPECTED_LABELS,
    # texts
    UNREADABLE_ROWS,
    TEXT_LENGTHS,
    DUPLICATES,
    OTHER_LANGUAGE,
    MOJIBAKE,
    MARKUP,
    # tokens of a model
    TOKEN_COVERAGE,
    UNLIKE_UNLABELLED,
    TRUNCATION,
    UNKNOWN_TOKENS,
    VECTOR_COVERAGE,
)
CODES = tuple(kind.code for check in CHECKS for kind in check.kinds)
"""The codes of all findings, in order."""


def table_rows() -> list[str]:
    """Return the rows of the table in docs/checks.md, header included."""
    head = ["| code | what | threshold | why | source | where |", "|---|---|---|---|---|---|"]
    rows = []
    for check in CHECKS:
        codes = ", ".join(f"`{kind.code}`" for kind in check.kinds)
        where = "`check`" if check.thorough else "`train`, `evaluate`, `check`"
        cells = [codes, check.what, check.threshold, check.why, check.source, where]
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return head + rows
