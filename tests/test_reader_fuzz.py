"""Damaged and crafted data files: every one is read, or refused with its name; nothing else comes of it.

A few examples run with the tests. `MALMOI_FUZZ_EXAMPLES=100000 pytest tests/test_reader_fuzz.py` runs more.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import malmoi as mm
from malmoi.errors import DataError, FormatError
from workbooks import workbook

EXAMPLES = int(os.environ.get("MALMOI_FUZZ_EXAMPLES", "0"))
ROWS = {
    "text": ["good film", "bad, film", 'a "quoted" one', "two\nlines", "정말 좋은 영화", "", "=1+1", "🙂 emoji"],
    "label": ["pos", "neg", "pos", "neg", "pos", "neg", "pos", "neg"],
    "n": [1, 2, 3, 4, 5, 6, 7, 8],
}


def _frame(write: Callable[[pl.DataFrame, io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    write(pl.DataFrame(ROWS), file)
    return file.getvalue()


@cache
def valid_files() -> dict[str, bytes]:
    """A small file of every format, by its suffix."""
    csv = _frame(lambda frame, file: frame.write_csv(file))
    lines = "".join(
        json.dumps(dict(zip(ROWS, row, strict=True)), ensure_ascii=False) + "\n"
        for row in zip(*ROWS.values(), strict=True)
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", csv)
    return {
        "xlsx": workbook([["text", "label"], *zip(ROWS["text"], ROWS["label"], strict=True)]),
        "csv": csv,
        "tsv": _frame(lambda frame, file: frame.write_csv(file, separator="\t")),
        "jsonl": lines.encode(),
        "json": json.dumps([json.loads(line) for line in lines.splitlines()]).encode(),
        "parquet": _frame(lambda frame, file: frame.write_parquet(file)),
        "zstd.parquet": _frame(lambda frame, file: frame.write_parquet(file, compression="zstd", row_group_size=3)),
        "plain.parquet": _frame(lambda frame, file: frame.write_parquet(file, compression="uncompressed")),
        "arrow": _frame(lambda frame, file: frame.write_ipc(file)),
        "lz4.arrow": _frame(lambda frame, file: frame.write_ipc(file, compression="lz4")),
        "stream.arrow": _frame(lambda frame, file: frame.write_ipc_stream(file)),
        "csv.gz": gzip.compress(csv),
        "csv.bz2": bz2.compress(csv),
        "csv.xz": lzma.compress(csv),
        "csv.zst": zstandard.compress(csv),
        "zip": packed.getvalue(),
        "txt": b"__label__pos good film\n__label__neg bad film\n",
    }


SPECIAL = [b"", b"\0", b"\xff", b"\n", b'"', b",", b"{", b"[[[[[[[[", b"\xef\xbb\xbf", b"\xff\xff\xff\x7f", b"9" * 40]


def mutated(content: bytes, kind: str, seed: int) -> bytes:
    """Content with a few bytes changed, taken out, put in or repeated, or cut short."""
    draw = random.Random(seed)
    result = bytearray(content)
    for _ in range(draw.choice([1, 1, 1, 2, 4, 16])):
        at = draw.randrange(len(result) + 1)
        length = draw.choice([1, 1, 2, 4, 8, 64])
        if kind == "cut":
            del result[at:]
        elif kind == "flip" and result:
            result[at % len(result)] ^= 1 << draw.randrange(8)
        elif kind == "set" and result:
            result[at % len(result)] = draw.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif kind == "put":
            result[at:at] = draw.choice(SPECIAL)
        elif kind == "over":
            piece = draw.choice(SPECIAL)
            result[at : at + len(piece)] = piece
        elif kind == "take":
            del result[at : at + length]
        elif kind == "repeat":
            result[at:at] = result[at : at + length] * draw.choice([1, 2, 50])
    return bytes(result)


def check(path: Path) -> None:
    """Read a file; what refuses it must name it, in one line."""
    said = path.name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            mm.read_corpus(path)
    except (DataError, FormatError) as error:
        said = str(error)
    assert path.name in said
    assert "\n" not in said


@pytest.mark.parametrize("suffix", sorted(valid_files()))
def test_valid_files_are_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{suffix}"
    path.write_bytes(valid_files()[suffix])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert set(mm.read_corpus(path).labels) == {"pos", "neg"}


@settings(
    max_examples=EXAMPLES or 150,
    deadline=None,
    derandomize=not EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    suffix=st.sampled_from(sorted(valid_files())),
    kind=st.sampled_from(["cut", "flip", "set", "put", "over", "take", "repeat"]),
    seed=st.integers(0, 2**32),
)
def test_damaged_files_are_read_or_refused_by_name(tmp_path: Path, suffix: str, kind: str, seed: int) -> None:
    path = tmp_path / f"rows.{suffix}"
    path.write_bytes(mutated(valid_files()[suffix], kind, seed))
    check(path)


@settings(max_examples=max(EXAMPLES // 10, 20), derandomize=not EXAMPLES)
@given(name=st.sampled_from(sorted(valid_files())), suffix=st.sampled_from(sorted(valid_files())))
def test_files_with_the_suffix_of_another_format_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("other") / f"rows.{suffix}"
    path.write_bytes(valid_files()[name])
    check(path)
