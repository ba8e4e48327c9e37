"""`malmoi vectorize`: convert texts into arrays, batch by batch."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.console import ProgressBars, messages
from malmoi.cli.option_values import call_with
from malmoi.cli.options import Option, options_for, with_options
from malmoi.cli.output_options import ForceOption
from malmoi.cli.reading import UNLABELLED, checked_reading, refuse_shared_files
from malmoi.cli.tokens import named_tokens
from malmoi.cli.usage import UsageError, refused_options
from malmoi.cli.writers import SUFFIXES, RowBatch, Rows, write_rows
from malmoi.data.readers import ReadReport, ReadSettings, data_paths, text_batches
from malmoi.errors import DataError
from malmoi.experiments.settings import Setting, settings_of
from malmoi.foundation.files import refuse_existing, scratch_folder, whole_file
from malmoi.tokenizers import Pattern
from malmoi.tokenizers.coverage import TokenCoverage
from malmoi.tokenizers.scripts import TokensOrAuto
from malmoi.vectorizers import BagVectorizer, HashedBagVectorizer, SequenceVectorizer

__all__ = ["KINDS", "OPTIONS", "VectorizeRequest", "vectorize", "vectorize_command"]

Vectorizer = BagVectorizer | HashedBagVectorizer | SequenceVectorizer

KINDS: dict[str, type[Vectorizer]] = {"bag": BagVectorizer, "ids": SequenceVectorizer, "hashed": HashedBagVectorizer}
"""Vectorizers by the values of `--as`."""
LEFT_OUT = ("tokens", "stop_words", "sparse_output")


def _options() -> dict[str, Option]:
    """Return one option for each setting of the vectorizers."""
    owners: dict[str, list[str]] = {}
    settings: dict[str, Setting] = {}
    for name, kind in KINDS.items():
        for path, setting in settings_of(kind).items():
            if path not in LEFT_OUT:
                settings.setdefault(path, setting)
                owners.setdefault(path, []).append(name)
    notes = {path: ", ".join(names) for path, names in owners.items() if len(names) < len(KINDS)}
    varied = {
        path: "by kind"
        for path in settings
        if len({repr(settings_of(KINDS[name])[path].default) for name in owners[path]}) > 1
    }
    made = options_for(settings, "Settings", defaults=varied, notes=notes)
    # In this command, --vocabulary is a file.
    return made | {"max_tokens": replace(made["max_tokens"], flags=made["max_tokens"].flags[:1])}


OPTIONS = _options()


@dataclass(frozen=True)
class VectorizeRequest:
    """Parsed arguments of `malmoi vectorize`.

    Args:
        data: files, globs or a folder, or "-" for lines of standard input.
        output: output file.
        kind: bag, ids or hashed.
        settings: settings of the vectorizer by name.
        tokens: the tokenizer.
        stop_words: file with one word per line.
        vocabulary: file for tokens and counts; `None`: none.
        compress: compress an .npz.
        reading: reading options by name.
        force: overwrite existing outputs.
    """

    data: Sequence[str]
    output: Path
    kind: str
    settings: Mapping[str, object]
    tokens: TokensOrAuto
    stop_words: Path | None = None
    vocabulary: Path | None = None
    compress: bool = False
    reading: Mapping[str, object] = field(default_factory=dict)
    force: bool = False


@dataclass(frozen=True)
class _Source:
    """The source of the texts, read once or twice."""

    paths: list[Path]
    settings: ReadSettings
    progress: ProgressBars

    def batches(self, report: ReadReport | None = None) -> Iterator[list[str]]:
        """Return an iterator over batches of texts."""
        return text_batches(self.paths, self.settings, report=report, progress=self.progress)

    def stamp(self) -> list[tuple[int, int]]:
        """Return sizes and modification times of the files."""
        states = [path.stat() for path in self.paths]
        return [(state.st_size, state.st_mtime_ns) for state in states]


def _vectorize(
    settings: dict[str, object],
    reading: dict[str, object],
    data: Annotated[list[str], typer.Argument(help="Texts, as for train (labels not needed), or - for lines.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Output file: .npz, .parquet or .jsonl.")],
    kind: Annotated[str, typer.Option("--as", help="Output: bag, ids (token ids) or hashed.")] = "bag",
    tokens: Annotated[
        str, typer.Option(help="Tokenizer: auto (by script), words, characters, syllables, keras...")
    ] = "auto",
    pattern: Annotated[str | None, typer.Option(help="Regular expression for tokens, instead of --tokens.")] = None,
    keep_punctuation: Annotated[bool, typer.Option("--keep-punctuation", help="Keep punctuation as tokens.")] = False,
    keep_case: Annotated[bool, typer.Option("--keep-case", help="Do not convert to lower case.")] = False,
    strip_accents: Annotated[bool, typer.Option("--strip-accents", help="Remove accents.")] = False,
    normalization: Annotated[str | None, typer.Option(help="Unicode normalization: NFC or NFKC.")] = None,
    drop_html: Annotated[bool, typer.Option("--drop-html", help="Replace HTML tags by spaces.")] = False,
    stop_words: Annotated[Path | None, typer.Option(help="Stop words: .txt file with one word per line.")] = None,
    vocabulary: Annotated[Path | None, typer.Option(help="File for tokens and their counts, as JSON Lines.")] = None,
    compress: Annotated[bool, typer.Option("--compress", help="Compress an .npz.")] = False,
    force: ForceOption = False,
) -> None:
    """Convert texts into arrays.

    Texts are read in batches, so memory does not grow with the input. Bags and ids
    store every distinct n-gram and read the input twice.
    """
    changes = {
        "keep_punctuation": keep_punctuation or None,
        "lowercase": False if keep_case else None,
        "strip_accents": strip_accents or None,
        "normalization": normalization,
        "drop_html": drop_html or None,
    }
    with refused_options():
        made = make_tokens(tokens, pattern, changes)
    request = VectorizeRequest(data, output, kind, settings, made, stop_words, vocabulary, compress, reading, force)
    vectorize(request)


vectorize_command = with_options(_vectorize, OPTIONS, UNLABELLED)


def vectorize(request: VectorizeRequest) -> None:
    """Write the arrays and print a summary."""
    start = time.perf_counter()
    with refused_options():
        vectorizer = make_vectorizer(request)
    _check_outputs(request)
    used = [*request.data, request.stop_words, request.output, request.vocabulary]
    reading = checked_reading(_reading(request), labelled=False, overwrite=request.force, others=used)
    with reading as (settings, report), _input(request.data) as paths, ProgressBars() as progress:
        source = _Source(paths, settings, progress)
        learns = not isinstance(vectorizer, HashedBagVectorizer)
        before = source.stamp() if learns else None
        characters = _learn(vectorizer, source, request, report)
        # The second reading prints nothing.
        covered: list[TokenCoverage] = []
        arrays = _arrays(vectorizer, source, before, covered, ReadReport() if learns else report)
        rows = Rows(arrays, _width(vectorizer), _names(vectorizer, request.output))
        done = write_rows(request.output, rows, overwrite=request.force, compress=request.compress)
    if request.vocabulary is not None:
        _write_vocabulary(vectorizer, request.vocabulary, overwrite=request.force)
    seconds = time.perf_counter() - start
    speed = f" ({characters / 1e6 / seconds:.0f} million characters per second)" if characters else ""
    choice = getattr(vectorizer, "choice_", f"{vectorizer.tokens!r}")
    what = f"{done.samples:,} texts, {rows.width:,} features, {done.values:,} values"
    summary = f"{request.output}: {what}; {seconds:.1f} s{speed}; tokens: {choice}"
    messages.print(f"{summary}; {_coverage_line(sum(covered, TokenCoverage()))}")


def _coverage_line(coverage: TokenCoverage) -> str:
    punctuation = coverage.uncovered_share - coverage.other_share
    shares = f"{coverage.uncovered_share:.1%} of the characters are not in a token (punctuation: {punctuation:.1%})"
    return f"{shares}; texts without a token: {coverage.texts_without_tokens:,}"


def _check_outputs(request: VectorizeRequest) -> None:
    suffix = request.output.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"--output must end in {', '.join(SUFFIXES)}, got {request.output.name!r}")
    if request.compress and suffix != ".npz":
        raise UsageError(f"--compress needs an .npz output, got {request.output.name!r}; leave it out")
    if request.vocabulary is not None and request.kind == "hashed":
        raise UsageError("--vocabulary has no effect with --as hashed, which has no vocabulary; leave it out")
    outputs = {"--output": request.output, "--vocabulary": request.vocabulary}
    refuse_shared_files(outputs.items(), [*request.data, request.stop_words])
    for path in outputs.values():
        if path is not None:
            refuse_existing(path, overwrite=request.force)


def make_vectorizer(request: VectorizeRequest) -> Vectorizer:
    """Return the vectorizer that the options describe, with checked settings.

    Raises:
        UsageError: unknown `--as`, or an option without effect.
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range.
    """
    if request.kind not in KINDS:
        raise UsageError(f"--as must be one of {', '.join(KINDS)}, got {request.kind!r}")
    known = settings_of(KINDS[request.kind])
    stop_words = {} if request.stop_words is None else {"stop_words": request.stop_words}
    for path in {**request.settings, **stop_words}:
        if path not in known:
            owners = [name for name, other in KINDS.items() if path in settings_of(other)]
            flag = OPTIONS[path].flags[0] if path in OPTIONS else "--stop-words"
            raise UsageError(f"{flag} needs --as {' or '.join(owners)}, got {request.kind}")
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in request.settings.items()}
    if request.stop_words is not None:
        settings["stop_words"] = _stop_words(request.stop_words)
    if request.kind == "hashed" and settings.get("ngrams") == "auto":
        del settings["ngrams"]  # keeps the vectorizer's default
    # Hashing is not fitted, so it cannot choose a tokenizer by script.
    if request.kind != "hashed" or request.tokens != "auto":
        settings["tokens"] = request.tokens
    vectorizer = call_with(KINDS[request.kind], settings)
    if settings.get("weighting") == "naive-bayes":
        raise UsageError("--weighting must not be 'naive-bayes', which needs labels; use BagVectorizer in Python")
    vectorizer.check_settings()
    return vectorizer


def _stop_words(path: Path) -> list[str]:
    lines = ReadSettings(labelled=False, input_format="lines")
    return [word for batch in text_batches(path, lines) for word in batch if word]


def make_tokens(name: str, pattern: str | None, changes: Mapping[str, object]) -> TokensOrAuto:
    """Return the tokenizer that the options describe.

    Args:
        name: name of the tokenizer.
        pattern: regular expression for tokens, instead of a name.
        changes: fields of the tokenizer by name; `None` leaves a field unchanged.

    Raises:
        UsageError: unknown tokenizer, or a field that it does not have.
        ValueError: the pattern is invalid.
    """
    if pattern is not None and name != "auto":
        raise UsageError("--tokens and --pattern must not be given together")
    tokens = named_tokens(name) if pattern is None else Pattern(pattern)
    changes = {field: value for field, value in changes.items() if value is not None}
    if not changes:
        return tokens
    if isinstance(tokens, str):
        names = ", ".join(f"--{field.replace('_', '-').replace('lowercase', 'keep-case')}" for field in changes)
        raise UsageError(f"--tokens must be a tokenizer for {names}, got 'auto'; use for example --tokens words")
    unknown = [field for field in changes if not hasattr(tokens, field)]
    if unknown:
        raise UsageError(f"--tokens must be a tokenizer with the setting {unknown[0].replace('_', ' ')}, got {name!r}")
    return call_with(partial(replace, tokens), changes)


def _reading(request: VectorizeRequest) -> dict[str, object]:
    """Return the reading options; standard input is read as lines."""
    given = dict(request.reading)
    if list(request.data) == ["-"]:
        given.setdefault("input_format", "lines")
    return given


@contextmanager
def _input(data: Sequence[str]) -> Iterator[list[Path]]:
    """Yield the input paths; standard input is copied to a file, because it may be read twice."""
    if list(data) != ["-"]:
        yield data_paths(data)
        return
    with scratch_folder() as folder:
        path = folder / "standard-input.txt"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield [path]


def _learn(vectorizer: Vectorizer, source: _Source, request: VectorizeRequest, report: ReadReport) -> int:
    """Fit the vectorizer on all texts; return the number of characters, or 0 for a vectorizer without fitting."""
    if isinstance(vectorizer, HashedBagVectorizer):
        return 0
    characters, empty = 0, True
    for batch in source.batches(report):
        vectorizer.partial_fit(batch, finish=False)
        characters, empty = characters + sum(map(len, batch)), False
    vectorizer.partial_fit([])
    if empty:
        raise DataError(f"{' '.join(request.data)}: DATA must have 1 text or more, got none")
    return characters


def _arrays(
    vectorizer: Vectorizer,
    source: _Source,
    before: list[tuple[int, int]] | None,
    covered: list[TokenCoverage],
    report: ReadReport,
) -> Iterator[RowBatch]:
    tokens = getattr(vectorizer, "tokens_", vectorizer.tokens)
    for batch in source.batches(report):
        covered.append(tokens.coverage(batch, n_jobs=vectorizer.n_jobs))
        yield vectorizer.transform(batch)
    if before is not None and source.stamp() != before:
        raise DataError(
            f"{source.paths[0]}: the input must not change while it is read twice, but it changed; run again"
        )


def _width(vectorizer: Vectorizer) -> int:
    if isinstance(vectorizer, SequenceVectorizer):
        return int(vectorizer.max_length)
    return int(vectorizer.buckets) if isinstance(vectorizer, HashedBagVectorizer) else len(vectorizer.counts_)


def _names(vectorizer: Vectorizer, output: Path) -> list[str] | None:
    """Return the feature names of a bag if the output has names, else `None`."""
    if output.suffix.lower() != ".jsonl" or not isinstance(vectorizer, BagVectorizer):
        return None
    return list(vectorizer.get_feature_names_out())


def _write_vocabulary(vectorizer: Vectorizer, path: Path, *, overwrite: bool) -> None:
    """Write one JSON object per line: token, column or id, and counts."""
    if isinstance(vectorizer, HashedBagVectorizer):
        return  # refused before any work
    if isinstance(vectorizer, SequenceVectorizer):
        words = vectorizer.vocabulary_
        rows = (
            {"token": token, "id": at, "count": int(count)}
            for at, (token, count) in enumerate(zip(words.words, words.counts, strict=True), 2)
        )
    else:
        columns = zip(vectorizer.get_feature_names_out(), vectorizer.counts_, vectorizer.text_counts_, strict=True)
        rows = (
            {"token": name, "column": at, "count": int(count), "texts": int(texts)}
            for at, (name, count, texts) in enumerate(columns)
        )
    with whole_file(path, overwrite=overwrite) as file:
        file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
