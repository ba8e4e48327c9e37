"""Checks beside the libraries that do the same, where these are installed: `make test-extras`."""

import numpy as np
import pytest

from malmoi.evaluation.checks.mojibake import repaired
from malmoi.metrics.label_quality import confident_thresholds, label_issues, normalized_margins, self_confidence


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_confident_learning_equals_cleanlab(classes):
    pytest.importorskip("cleanlab")
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    random, issues = np.random.default_rng(classes), 0
    for _ in range(20):
        truth = np.concatenate([np.arange(classes), random.integers(classes, size=120)])
        codes = np.where(random.random(len(truth)) < 0.1, random.integers(classes, size=len(truth)), truth)
        codes[:classes] = np.arange(classes)  # cleanlab warns of classes without a text
        rows = random.dirichlet(np.ones(classes), size=len(truth)) + 1.5 * np.eye(classes)[truth]
        rows /= rows.sum(axis=1, keepdims=True)
        theirs = find_label_issues(codes, rows, filter_by="confident_learning", min_examples_per_class=0, n_jobs=1)
        ours = label_issues(codes, rows, confident_thresholds(codes, rows))
        assert ours.tolist() == theirs.tolist()
        issues += int(ours.sum())
        for method, scores in (("self_confidence", self_confidence), ("normalized_margin", normalized_margins)):
            assert scores(codes, rows) == pytest.approx(get_label_quality_scores(codes, rows, method=method))
    assert issues


TEXTS = ["café", "It don’t matter", "재미있다 영화", "naïve"]


def as_cp1252(text):
    """Decode the UTF-8 of a text as CP1252, and as Latin-1 what has no character there."""
    characters = [bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode()]
    return "".join(characters)


@pytest.mark.parametrize("text", TEXTS)
def test_ftfy_repairs_what_was_decoded_wrongly(text):
    pytest.importorskip("ftfy")
    assert repaired(as_cp1252(text)) == text
    assert repaired(text) == text
