"""`malmoi vectorize`: texts in, arrays out, a batch at a time."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from malmoi.cli.console import ProgressBars, UsageError, messages, refused_options
from malmoi.cli.tokenizers import named_tokens
from malmoi.cli.writers import SUFFIXES, Rows, write_rows
from malmoi.errors import DataError
from malmoi.grams import TokensOrAuto
from malmoi.output import refuse_existing, whole_file
from malmoi.streams import text_batches
from malmoi.tables import checked_encoding
from malmoi.tokens import Pattern, Tokenizer, Words
from malmoi.vectorizers import BagVectorizer, HashedBagVectorizer, SequenceVectorizer

__all__ = ["KINDS", "VectorizeRequest", "vectorize"]

KINDS = ("bag", "ids", "hashed")
COLLISION_TEXTS = 20_000

Vectorizer = BagVectorizer | HashedBagVectorizer | SequenceVectorizer


@dataclass(frozen=True)
class VectorizeRequest:
    """What the options ask for."""

    data: str
    output: Path
    kind: str = "bag"
    tokens: str = "auto"
    pattern: str | None = None
    keep_punctuation: bool = False
    keep_case: bool = False
    strip_accents: bool = False
    normalization: str | None = None
    drop_html: bool = False
    ngrams: str = "auto"
    weighting: str = "count"
    norm: str = "auto"
    min_count: int = 1
    min_texts: int = 1
    max_share: float = 1.0
    max_tokens: int | None = None
    stop_words: Path | None = None
    buckets: int = 2**20
    seed: int = 0
    length: int = 100
    padding: str = "pre"
    truncating: str = "pre"
    vocabulary: Path | None = None
    compress: bool = False
    text_column: str | None = None
    encoding: str = "utf-8"
    threads: int | None = None
    force: bool = False


@dataclass(frozen=True)
class _Source:
    """Where the texts come from; read once or twice."""

    path: Path
    text_column: str | None
    encoding: str
    progress: ProgressBars

    def batches(self) -> Iterator[list[str]]:
        """The texts, a batch at a time."""
        return text_batches(self.path, text_column=self.text_column, encoding=self.encoding, progress=self.progress)

    def stamp(self) -> tuple[int, int]:
        """What changes when the input does."""
        state = self.path.stat()
        return state.st_size, state.st_mtime_ns


def vectorize(request: VectorizeRequest) -> None:
    """Write the arrays that were asked for, and say what was done."""
    start = time.perf_counter()
    with refused_options():
        vectorizer = make_vectorizer(request)
        encoding = checked_encoding(request.encoding)
    if request.output.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--output must end in {', '.join(SUFFIXES)}, got {request.output.name!r}")
    outputs = [path for path in (request.output, request.vocabulary) if path is not None]
    if len(set(outputs)) < len(outputs):
        raise UsageError(f"--vocabulary must be another file than --output, got {request.output} for both")
    for path in outputs:
        refuse_existing(path, overwrite=request.force)
    with _input(request.data) as path, ProgressBars() as progress:
        source = _Source(path, request.text_column, encoding, progress)
        before = source.stamp() if not isinstance(vectorizer, HashedBagVectorizer) else None
        characters = _learn(vectorizer, source, request)
        rows = Rows(_arrays(vectorizer, source, before), _width(vectorizer), _names(vectorizer, request.output))
        done = write_rows(request.output, rows, overwrite=request.force, compress=request.compress)
    if request.vocabulary is not None:
        _write_vocabulary(vectorizer, request.vocabulary, overwrite=request.force)
    seconds = time.perf_counter() - start
    speed = f"{characters / 1e6 / seconds:.0f} million characters a second" if characters else f"{seconds:.1f} s"
    choice = getattr(vectorizer, "choice_", f"{vectorizer.tokens!r}")
    what = f"{done.samples:,} texts, {rows.width:,} columns, {done.values:,} values"
    messages.print(f"{request.output}: {what}; {seconds:.1f} s ({speed}); tokens: {choice}", markup=False)


def make_vectorizer(request: VectorizeRequest) -> Vectorizer:
    """The vectorizer that the options describe, its settings checked."""
    if request.kind not in KINDS:
        raise UsageError(f"--as must be one of {', '.join(KINDS)}, got {request.kind!r}")
    tokens = make_tokens(request)
    common: dict[str, Any] = {"n_jobs": request.threads}
    vectorizer: Vectorizer
    if request.kind == "ids":
        vectorizer = SequenceVectorizer(
            tokens, request.max_tokens, request.length, request.min_count, request.padding, request.truncating, **common
        )
    else:
        norm = None if request.norm == "none" else request.norm
        common |= {"norm": norm, "stop_words": _stop_words(request.stop_words)}
        if request.kind == "hashed":
            # Hashing learns nothing from the texts, so it cannot look at their script.
            fixed: Tokenizer = Words() if isinstance(tokens, str) else tokens
            orders = (1, 2) if request.ngrams == "auto" else order_range(request.ngrams)
            vectorizer = HashedBagVectorizer(
                fixed, orders, request.buckets, request.weighting, seed=request.seed, **common
            )
        else:
            vectorizer = BagVectorizer(
                tokens, "auto" if request.ngrams == "auto" else order_range(request.ngrams), request.weighting,
                min_count=request.min_count, min_texts=request.min_texts, max_share=request.max_share,
                max_tokens=request.max_tokens, **common,
            )  # fmt: skip
            if request.weighting == "naive-bayes":
                raise UsageError(
                    "--weighting must be another than 'naive-bayes', which needs labels; use BagVectorizer"
                )
    vectorizer.check_settings()
    return vectorizer


def make_tokens(request: VectorizeRequest) -> TokensOrAuto:
    """The tokenizer that the options describe."""
    tokens = named_tokens(request.tokens) if request.pattern is None else Pattern(request.pattern)
    changes: dict[str, Any] = {
        "keep_punctuation": request.keep_punctuation or None, "lowercase": False if request.keep_case else None,
        "strip_accents": request.strip_accents or None, "normalization": request.normalization,
        "drop_html": request.drop_html or None,
    }  # fmt: skip
    changes = {name: value for name, value in changes.items() if value is not None}
    if not changes:
        return tokens
    if isinstance(tokens, str):
        names = ", ".join(f"--{name.replace('_', '-').replace('lowercase', 'keep-case')}" for name in changes)
        raise UsageError(f"--tokens must name a tokenizer where {names} is given, got 'auto'; such as --tokens words")
    unknown = [name for name in changes if not hasattr(tokens, name)]
    if unknown:
        raise UsageError(
            f"--tokens must be a tokenizer that has {unknown[0].replace('_', ' ')}, got {request.tokens!r}"
        )
    return replace(tokens, **changes)


def order_range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        raise UsageError(f"--ngrams must be a range such as 1-2, or auto, got {text!r}")
    return int(first), int(last or first)


def _stop_words(path: Path | None) -> list[str]:
    return [] if path is None else [word for batch in text_batches(path) for word in batch if word]


@contextmanager
def _input(data: str) -> Iterator[Path]:
    """The input's path; standard input is kept in a file, because it may have to be read twice."""
    if data != "-":
        yield Path(data)
        return
    with tempfile.TemporaryDirectory(prefix="malmoi-") as folder:
        path = Path(folder) / "standard-input.txt"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path


def _learn(vectorizer: Vectorizer, source: _Source, request: VectorizeRequest) -> int:
    """Learn from all texts; returns how many characters they have, 0 where nothing has to be learned."""
    if isinstance(vectorizer, HashedBagVectorizer):
        return 0
    characters, empty = 0, True
    for batch in source.batches():
        vectorizer.partial_fit(batch, finish=False)
        characters, empty = characters + sum(map(len, batch)), False
    vectorizer.partial_fit([])
    if empty:
        raise DataError(f"{request.data}: there must be 1 text or more to learn from, got none")
    return characters


def _arrays(vectorizer: Vectorizer, source: _Source, before: tuple[int, int] | None) -> Iterator[Any]:
    for batch in source.batches():
        yield vectorizer.transform(batch)
    if before is not None and source.stamp() != before:
        raise DataError(f"{source.path}: the input must stay as it is while it is read twice, got a change; run again")


def _width(vectorizer: Vectorizer) -> int:
    if isinstance(vectorizer, SequenceVectorizer):
        return int(vectorizer.max_length)
    return int(vectorizer.buckets) if isinstance(vectorizer, HashedBagVectorizer) else len(vectorizer.counts_)


def _names(vectorizer: Vectorizer, output: Path) -> list[str] | None:
    """The names of a bag's columns, where the output repeats them."""
    if output.suffix.lower() != ".jsonl" or not isinstance(vectorizer, BagVectorizer):
        return None
    return list(vectorizer.get_feature_names_out())


def _write_vocabulary(vectorizer: Vectorizer, path: Path, *, overwrite: bool) -> None:
    """One JSON object a line: what stands for a column or an id, and how often it was seen."""
    if isinstance(vectorizer, HashedBagVectorizer):
        raise UsageError("--vocabulary must be left out with --as hashed, which has none")
    if isinstance(vectorizer, SequenceVectorizer):
        words = vectorizer.vocabulary_
        rows = ({"token": token, "id": at, "count": int(count)}
                for at, (token, count) in enumerate(zip(words.words, words.counts, strict=True), 2))  # fmt: skip
    else:
        columns = zip(vectorizer.get_feature_names_out(), vectorizer.counts_, vectorizer.text_counts_, strict=True)
        rows = ({"token": name, "column": at, "count": int(count), "texts": int(texts)}
                for at, (name, count, texts) in enumerate(columns))  # fmt: skip
    with whole_file(path, overwrite=overwrite) as file:
        file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
