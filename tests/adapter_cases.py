"""Texts, tables and models for the tests of the adapters of `malmoi.distributed`, and what a scorer predicts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa

import malmoi as mm

TEXTS = [
    "good film",
    None,
    "",
    "bad\nfilm\r\nbad",
    "good 😀 film 👩‍👩‍👧",
    "재미있는 영화",
    " \n\t",
    "dull",
    "x" * 30,
    "bad " * 500,
    "so good, so good",
    "nul \x00 and \u2028 line",
    "재미없는 영화",
]
"""With null, empty and blank texts, line ends, emoji and Korean."""
LEARNED = ["good film", "bad film", "so good 😀", "so dull", "재미있는 영화", "재미없는 영화"] * 4
TABLE = pa.table({"row": pa.array(range(len(TEXTS)), pa.int64()), "review": pa.array(TEXTS, pa.string())})
COPIES = 3
KINDS = ("words", "numbers", "several", "regression", "true")


def saved_models(folder: Path) -> dict[str, str]:
    """Save one model of every kind of labels, and return the paths."""
    bag = mm.BagClassifier(calibration=None)
    words = ["pos", "neg", "pos", "neg", "좋음", "neg"] * 4
    several = [("good",), ("bad",), ("good", "a b"), ("bad",), ("good",), ()] * 4
    models: dict[str, Any] = {
        "words": bag.fit(LEARNED, words),
        "numbers": mm.BagClassifier(calibration=None).fit(LEARNED, [1, 0, 1, 0, 2, 0] * 4),
        "true": mm.BagClassifier(calibration=None).fit(LEARNED, [True, False] * 12),
        "several": mm.BagClassifier(calibration=None).fit(LEARNED, several),
        "regression": mm.BagRegressor().fit(LEARNED, [0.5, 1.5, 1.0, 3.0, 2.0, 4.0] * 4),
        "case": mm.BagClassifier(calibration=None).fit(LEARNED, ["Pos", "pos"] * 12),
    }
    return {name: str(model.save(folder / f"{name}.malmoi")) for name, model in models.items()}


def table(copies: int = COPIES) -> pa.Table:
    """Return the texts several times, with row numbers."""
    texts = TEXTS * copies
    return pa.table({"row": pa.array(range(len(texts)), pa.int64()), "review": pa.array(texts, pa.string())})


def expected(path: str, data: pa.Table, **settings: Any) -> pa.Table:
    """Return what the scorer returns here for a whole table."""
    return mm.distributed.Scorer(path, "review", **settings)(data)


def same_tables(found: pa.Table, wanted: pa.Table) -> bool:
    """Whether tables have the same columns and values, bit for bit; texts may have 32 or 64 bit offsets."""
    assert found.column_names == wanted.column_names
    found = found.cast(wanted.schema).combine_chunks()
    for one, other in zip(found.columns, wanted.combine_chunks().columns, strict=True):
        assert one.null_count == other.null_count
        assert one.to_pylist() == other.to_pylist()
    return True


def parts(data: pa.Table, count: int) -> list[pa.Table]:
    """Return a table in parts, one of which is empty if there are several."""
    step = -(-data.num_rows // max(1, count - 1))
    return [data.slice(place * step, step) for place in range(count)]


def documented(engine: str) -> str:
    """Return the Python code under the heading of an engine in `docs/engines.md`."""
    page = (Path(__file__).parents[1] / "docs" / "engines.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {engine}\n(.*?)(?=^## |\Z)", page, re.S | re.M)
    assert section is not None, engine
    code = re.search(r"^```python\n(.*?)^```", section[1], re.S | re.M)
    assert code is not None, engine
    return code[1]
